// The past from an indexer (indexer/ in this repository), where a deployment has one: the same rows, read by somebody
// else's scan.
import { RowTable } from "./table.js";
import { type History, type Kind, type Progress, type Row, type RowOf, SAMPLE_LOG_INDEX } from "./types.js";

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What an indexer answers to GET <indexerUrl>/rows. */
type Page = {
  /** Another word when everything was indexed anew. */
  readonly index: string;
  readonly chainId: number;
  readonly startBlock: number;
  /** False while it has not reached the head for the first time. */
  readonly isReady: boolean;
  readonly indexedTo: { readonly number: number; readonly timestamp: number } | null;
  /** Rows up to this block don't change any more. */
  readonly finalTo: number | null;
  readonly rows: readonly Row[];
  readonly next: string | null;
};

/** All rows of one market, or of one kind. */
type Feed = { readonly market: string } | { readonly kind: Kind };

const PAGE = 1_000;
const TIMEOUT = 15_000;
/** The head is known to a browser a moment before an indexer has it. */
const LONGEST_LAG = 60_000;

/** Why an indexer is of no use now: a sentence. */
export class IndexerProblem extends Error {}

const belongs = (feed: Feed, row: Row): boolean =>
  "market" in feed ? row.market.toLowerCase() === feed.market.toLowerCase() : row.kind === feed.kind;

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
    const feed: Feed = market === undefined ? { kind } : { market };
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
   * answer, is of another chain, or lags.
   */
  async poll(head: { readonly number: number }): Promise<boolean> {
    let page: Page | undefined;
    for (const each of this.#feeds.values()) page = await this.#update(each);
    page ??= await this.#page({}, undefined, 1);
    this.#requireNew(page, head);
    const number = page.indexedTo?.number ?? -1;
    const isAtHead = number >= head.number;
    const isComplete = isAtHead || this.#progress.isComplete;
    const part = isComplete ? 1 : Math.max(0, number - page.startBlock) / (head.number - page.startBlock);
    if (part !== this.#progress.part) this.#progress = { ...this.#progress, isComplete, part };
    for (const listener of this.#listeners) listener();
    return isAtHead;
  }

  async #update(each: { feed: Feed; finalTo: number }): Promise<Page> {
    const { feed } = each;
    const rows: Row[] = [];
    let [first, page]: (Page | undefined)[] = [];
    let after = each.finalTo < 0 ? undefined : `${each.finalTo}.${SAMPLE_LOG_INDEX}`;
    do {
      page = await this.#page(feed, after, PAGE);
      if (this.#index !== undefined && page.index !== this.#index) {
        this.#forget();
        return await this.#update(each);
      }
      this.#index = page.index;
      first ??= page;
      rows.push(...page.rows);
      after = page.next ?? undefined;
    } while (after !== undefined);
    this.#table.remove((row) => row.blockNumber > each.finalTo && belongs(feed, row));
    this.#table.add(rows);
    // As the first page says: what became final while others were fetched may have changed before it did.
    each.finalTo = Math.max(each.finalTo, Math.min(first?.finalTo ?? -1, first?.indexedTo?.number ?? -1));
    return page;
  }

  #forget(): void {
    this.#index = undefined;
    this.#table.remove(() => true);
    for (const each of this.#feeds.values()) each.finalTo = -1;
  }

  async #page(feed: Feed | object, after: string | undefined, limit: number): Promise<Page> {
    const query = new URLSearchParams({ ...feed, ...(after === undefined ? {} : { after }), limit: String(limit) });
    let page: Page;
    try {
      const answer = await this.#fetch(`${this.#url}/rows?${query.toString()}`, {
        signal: AbortSignal.timeout(TIMEOUT),
      });
      if (!answer.ok) throw new Error(`status ${answer.status}`);
      page = (await answer.json()) as Page;
      if (!Array.isArray(page.rows)) throw new Error("no rows");
    } catch (error) {
      throw new IndexerProblem("The indexer does not answer.", { cause: error });
    }
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
