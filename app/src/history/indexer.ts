// The past from an indexer (indexer/ in this repository), where a deployment has one: the same rows, read by somebody
// else's scan.
import { getAddress } from "ethers";

import { checkedPage, isAfter, type Page } from "./checked.js";
import { RowTable } from "./table.js";
import { type History, type Kind, type Progress, type Row, type RowOf, SAMPLE_LOG_INDEX } from "./types.js";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** All rows of one market, or of one kind. */
type Feed = { readonly market: string } | { readonly kind: Kind };

const PAGE = 1_000;
const TIMEOUT = 15_000;
/** The head is known to a browser a moment before an indexer has it. */
const LONGEST_LAG = 60_000;
/** All that one poll may take, and that is kept: a tab that an indexer could fill would be its. */
const MOST_PAGES = 1_000;
const MOST_CHARACTERS = 100_000_000;
const LONGEST_POLL = 120_000;
const MOST_ROWS = 500_000;

/** Why an indexer is of no use now: a sentence. */
export class IndexerProblem extends Error {}

const NONSENSE = "The indexer's answer makes no sense.";
const ENDLESS = "The indexer's answer has no end.";

/** What is left of what a poll may take. */
type Left = { pages: number; characters: number; readonly until: number };

const belongs = (feed: Feed, row: Row): boolean =>
  "market" in feed ? row.market === feed.market : row.kind === feed.kind;

export class IndexerHistory implements History {
  readonly #url: string;
  readonly #chainId: number;
  readonly #fetch: Fetch;
  readonly #now: () => number;
  readonly #feeds = new Map<string, { feed: Feed; finalTo: number }>();
  readonly #table = new RowTable();
  readonly #listeners = new Set<() => void>();
  #index: string | undefined;
  /** The newest head that it did not have yet when it was last asked, and since when. */
  #awaited: { number: number; since: number } | undefined;
  #progress: Progress = { source: "indexer", isComplete: false, part: 0, knownSince: null, notice: null };

  constructor(
    url: string,
    chainId: number,
    fetcher: Fetch = async (to, init) => await fetch(to, init),
    now: () => number = Date.now,
  ) {
    this.#url = url.replace(/\/+$/, "");
    this.#chainId = chainId;
    this.#fetch = fetcher;
    this.#now = now;
  }

  /** Only what was asked for once is fetched, from the next `poll` on. */
  rows<K extends Kind>(kind: K, market?: string): readonly RowOf<K>[] {
    this.want(kind, market);
    return this.#table.get(kind, market);
  }

  /** Whether that is new. */
  want(kind: Kind, market?: string): boolean {
    // The configuration may have it in any case, the rows have it in checksum case.
    const feed: Feed = market === undefined ? { kind } : { market: getAddress(market.toLowerCase()) };
    const key = JSON.stringify(feed);
    if (this.#feeds.has(key)) return false;
    this.#feeds.set(key, { feed, finalTo: -1 });
    return true;
  }

  progress(): Progress {
    return this.#progress;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Fetches what is new. Whether that is all up to `head`: indexers are a moment behind. An IndexerProblem if it does not
   * answer, answers nonsense or without end, is of another chain, or lags.
   */
  async poll(head: { readonly number: number }): Promise<boolean> {
    const left = { pages: MOST_PAGES, characters: MOST_CHARACTERS, until: this.#now() + LONGEST_POLL };
    // Indexed anew meanwhile: once more, and only once.
    const page = (await this.#updateAll(head, left)) ?? (await this.#updateAll(head, left));
    if (page === undefined) throw new IndexerProblem(ENDLESS);
    this.#requireNew(page, head);
    const number = page.indexedTo?.number ?? -1;
    const isAtHead = number >= head.number;
    const isComplete = isAtHead || this.#progress.isComplete;
    const blocks = Math.max(1, head.number - page.startBlock);
    const part = isComplete ? 1 : Math.max(0, number - page.startBlock) / blocks;
    if (part !== this.#progress.part) this.#progress = { ...this.#progress, isComplete, part };
    for (const listener of this.#listeners) listener();
    return isAtHead;
  }

  /** The newest page; undefined, and nothing kept, if everything was indexed anew. */
  async #updateAll(head: { readonly number: number }, left: Left): Promise<Page | undefined> {
    let page: Page | undefined;
    for (const each of this.#feeds.values()) {
      page = await this.#update(each, head, left);
      if (page === undefined) return undefined;
    }
    return page ?? (await this.#page({}, undefined, 1, left));
  }

  async #update(
    each: { feed: Feed; finalTo: number },
    head: { readonly number: number },
    left: Left,
  ): Promise<Page | undefined> {
    const { feed, finalTo } = each;
    const rows: Row[] = [];
    let [first, page]: (Page | undefined)[] = [];
    let after = finalTo < 0 ? undefined : `${finalTo}.${SAMPLE_LOG_INDEX}`;
    do {
      page = await this.#page(feed, after, PAGE, left);
      if (this.#index !== undefined && page.index !== this.#index) {
        this.#forget();
        return undefined;
      }
      this.#index = page.index;
      first ??= page;
      const newest = page.indexedTo?.number ?? -1;
      const isExpected = (row: Row) => belongs(feed, row) && row.blockNumber > finalTo && row.blockNumber <= newest;
      if (!page.rows.every(isExpected)) throw new IndexerProblem(NONSENSE);
      rows.push(...page.rows);
      if (page.next !== null && !isAfter(page.next, after)) throw new IndexerProblem(ENDLESS);
      after = page.next ?? undefined;
    } while (after !== undefined);
    this.#table.remove((row) => row.blockNumber > finalTo && belongs(feed, row));
    if (this.#table.size + rows.length > MOST_ROWS) {
      this.#forget();
      throw new IndexerProblem(ENDLESS);
    }
    this.#table.add(rows);
    // As the first page says: what became final while others were fetched may have changed before it did.
    const final = Math.min(first?.finalTo ?? -1, first?.indexedTo?.number ?? -1, head.number);
    each.finalTo = Math.max(finalTo, final);
    return page;
  }

  #forget(): void {
    this.#index = undefined;
    this.#table.remove(() => true);
    for (const each of this.#feeds.values()) each.finalTo = -1;
  }

  async #page(feed: Feed | object, after: string | undefined, limit: number, left: Left): Promise<Page> {
    if (--left.pages < 0 || this.#now() > left.until) throw new IndexerProblem(ENDLESS);
    const query = new URLSearchParams({ ...feed, ...(after === undefined ? {} : { after }), limit: String(limit) });
    let text: string;
    try {
      const answer = await this.#fetch(`${this.#url}/rows?${query.toString()}`, {
        signal: AbortSignal.timeout(TIMEOUT),
      });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      text = await textOf(answer, left);
    } catch (error) {
      if (error instanceof IndexerProblem) throw error;
      throw new IndexerProblem("The indexer does not answer.", { cause: error });
    }
    const page = parsed(text);
    // The rows of an event stay together, so that a page may have a few more.
    if (page === undefined || page.rows.length > limit + 10) throw new IndexerProblem(NONSENSE);
    if (page.chainId !== this.#chainId) throw new IndexerProblem(`The indexer is one of chain ${page.chainId}.`);
    return page;
  }

  #requireNew({ isReady, indexedTo }: Page, head: { readonly number: number }): void {
    const now = this.#now();
    const number = indexedTo?.number ?? -1;
    if (!isReady) throw new IndexerProblem("The indexer is still reading the chain.");
    if (this.#awaited === undefined || number >= this.#awaited.number) {
      this.#awaited = number >= head.number ? undefined : { number: head.number, since: now };
    } else if (now - this.#awaited.since > LONGEST_LAG) {
      throw new IndexerProblem(`The indexer lags behind: it is at block ${number}, the chain at ${head.number}.`);
    }
  }
}

/** No more of it than is left, however long it is. */
async function textOf(answer: Response, left: Left): Promise<string> {
  const decoder = new TextDecoder();
  const reader = answer.body?.getReader();
  let text = "";
  for (;;) {
    const { done = true, value } = (await reader?.read()) ?? {};
    if (done) return text;
    text += decoder.decode(value, { stream: true });
    left.characters -= value?.length ?? 0;
    if (left.characters < 0) {
      await reader?.cancel();
      throw new IndexerProblem(ENDLESS);
    }
  }
}

function parsed(text: string): Page | undefined {
  try {
    return checkedPage(JSON.parse(text));
  } catch {
    return undefined;
  }
}
