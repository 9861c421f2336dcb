// The past from the chain's own logs, without anybody's server: read once, kept in the browser, gone on with at the next
// visit.
//
// The newest blocks come first. What a visitor looks for is mostly recent: the last losses, the price of this week, the
// loans that are open. So the page is of use after the first answer, and what is still missing is the far past; while
// with the oldest first nothing on it could be trusted until all is read.
import type { Deployment } from "../../../sdk/deployment.js";
import { decodeEvents, type Sources } from "../../../sdk/events.js";
import { type Blocks, countOf, cover, highestGap, knownFrom, uncover } from "./coverage.js";
import { rowsOf, rowTopics } from "./rows.js";
import { Span } from "./span.js";
import { type Mark, MemoryStore, type State, type Store } from "./store.js";
import { RowTable } from "./table.js";
import type { History, Kind, Progress, Row, RowOf } from "./types.js";

/** One call of JSON-RPC. Whoever gives it keeps to the node's limits. */
export type Request = (method: string, params: readonly unknown[]) => Promise<unknown>;

export type Head = { readonly number: number; readonly hash: string };
type Header = Head & { readonly timestamp: number };

/** A chain hardly turns deeper than this: blocks above are looked at twice, and their hashes kept. */
const DEPTH = 64;
/** Blocks whose time is asked for at once, and in one range: only where a node's logs don't have it. */
const HEADERS_A_REQUEST = 20;
const HEADERS_A_RANGE = 100;
/** The date of how far it has got is asked for every so many ranges. */
const RANGES_A_DATE = 8;
const LONGEST_WAIT = 30_000;

const NOT_KEPT = "This browser keeps nothing for this page, so the history is read anew at each visit.";

/** The file has the block of the authority's creation, which is before that of any market. */
export function firstBlockOf(deployment: Deployment & { readonly startBlock?: number }): number {
  return deployment.startBlock ?? Math.min(...deployment.markets.map(({ startBlock }) => startBlock));
}

/** Who keeps what: a deployment is its chain and its contracts. */
export function storeKeyOf({ chainId, contracts, markets }: Deployment): string {
  return [chainId, contracts.authority, contracts.factory, ...markets.map(({ pool }) => pool)].join(" ").toLowerCase();
}

type RawLog = Readonly<
  Record<"address" | "data" | "blockNumber" | "blockHash" | "transactionHash" | "logIndex", string>
> & {
  readonly topics: readonly string[];
  /** Of newer nodes only. */
  readonly blockTimestamp?: string;
};

type Reading = { readonly blocks: Blocks; readonly rows: readonly Row[] };

const NOTHING_READ: State = { version: 0, rowsVersion: 0, covered: [], marks: [] };

const hex = (value: number): string => `0x${value.toString(16)}`;

export class LogHistory implements History {
  readonly #request: Request;
  readonly #first: number;
  readonly #sources: ReadonlyMap<string, Sources>;
  readonly #filter: { readonly address: readonly string[]; readonly topics: readonly [readonly string[]] };
  readonly #span: Span;
  readonly #table = new RowTable();
  readonly #listeners = new Set<() => void>();
  #store: Store;
  #state: State | undefined;
  /** The deployment's first block as the chain has it in this visit. */
  #firstHeader: Header | undefined;
  /** The head up to which the marks have been looked at. */
  #checked: string | undefined;
  #since: { block: number; timestamp: number } | undefined;
  #ranges = 0;
  #hasNewRows = false;
  #keepNotice: string | null = null;
  #progress: Progress = { source: "logs", isComplete: false, part: 0, knownSince: null, notice: null };

  constructor(deployment: Deployment, request: Request, store: Store, span = new Span()) {
    const { contracts, markets } = deployment;
    this.#request = request;
    this.#store = store;
    this.#span = span;
    this.#first = firstBlockOf(deployment);
    this.#sources = new Map(
      [
        { authority: contracts.authority },
        { factory: contracts.factory },
        ...markets.map(({ pool }): Sources => ({ pool })),
      ].map((sources) => [Object.values(sources)[0]?.toLowerCase() ?? "", sources]),
    );
    this.#filter = { address: [...this.#sources.keys()], topics: [rowTopics()] };
  }

  // ---------------------------------------------------------------- for pages

  rows<K extends Kind>(kind: K, market?: string): readonly RowOf<K>[] {
    return this.#table.get(kind, market);
  }

  progress(): Progress {
    return this.#progress;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  // ---------------------------------------------------------------- reading

  /**
   * Reads for as long as `newest` gives a head; undefined where reading has to rest, such as in a hidden tab. `wait` ends
   * early when there is a new head.
   */
  async run(
    newest: () => Head | undefined,
    wait: (milliseconds: number) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    let failures = 0;
    while (!signal.aborted) {
      try {
        const head = newest();
        const isDone = head === undefined || !(await this.advance(head));
        failures = 0;
        if (isDone) await wait(LONGEST_WAIT);
      } catch (error) {
        // It may have been too much at once: nodes say that in a hundred ways.
        if (this.#span.shrink()) continue;
        ++failures;
        this.#publish({ ...this.#progress, notice: `The node gives no logs: ${sentenceOf(error)} It is asked again.` });
        await wait(Math.min(LONGEST_WAIT, 500 * 2 ** failures));
      }
    }
  }

  /** One range of blocks up to a head. False: there is nothing to do until there is another head. */
  async advance(head: Head): Promise<boolean> {
    await this.#synchronise();
    const state = await this.#onChain(head);
    if (state === undefined) return false;
    const gap = highestGap(state.covered, this.#first, head.number);
    if (gap === undefined) {
      await this.#report(state, head);
      return false;
    }
    const { blocks, rows } = await this.#read({ from: Math.max(gap.from, gap.to - this.#span.blocks + 1), to: gap.to });
    this.#span.grow();
    // With the same head before and after, all blocks below it were the same while their logs were read.
    if (blocks.to > head.number - DEPTH && (await this.#header(head.number))?.hash !== head.hash) return false;
    const next = {
      ...state,
      version: state.version + 1,
      rowsVersion: state.rowsVersion + (rows.length === 0 ? 0 : 1),
      covered: cover(state.covered, blocks),
      marks: blocks.to === head.number ? await this.#marks(state.marks, head) : state.marks,
    };
    if (!(await this.#commit(next, { rows }))) return true;
    this.#change(rows);
    await this.#report(next, head);
    return true;
  }

  /** What other tabs have read since. */
  async #synchronise(): Promise<void> {
    try {
      const kept = await this.#store.state();
      if (kept?.version === this.#state?.version) return;
      if (kept?.rowsVersion !== this.#state?.rowsVersion) {
        this.#change(await this.#store.rows(), () => true);
      }
      this.#state = kept;
      this.#checked = undefined;
    } catch {
      await this.#keepInMemory();
    }
  }

  /** The state, without the blocks that are not on the chain any more. Undefined: the chain is not that far. */
  async #onChain(head: Head): Promise<State | undefined> {
    this.#firstHeader ??= await this.#header(this.#first);
    if (this.#firstHeader === undefined) return undefined;
    const state = this.#state ?? NOTHING_READ;
    if (this.#checked === head.hash) return state;
    const marks = [...state.marks];
    for (let mark = marks.at(-1); mark !== undefined; mark = marks.at(-1)) {
      if (await this.#isOnChain(mark, head)) break;
      marks.pop();
    }
    this.#checked = head.hash;
    if (marks.length === state.marks.length) return state;
    const last = marks.at(-1)?.number ?? -1;
    const next = {
      version: state.version + 1,
      rowsVersion: state.rowsVersion + 1,
      covered: uncover(state.covered, last),
      marks,
    };
    if (!(await this.#commit(next, { dropAbove: last }))) return await this.#again(head);
    this.#change([], ({ blockNumber }) => blockNumber > last);
    // Not one mark is left: it is another chain, or one that was started anew, with another first block.
    if (last === -1) this.#firstHeader = await this.#header(this.#first);
    await this.#report(next, head);
    return this.#firstHeader === undefined ? undefined : next;
  }

  async #again(head: Head): Promise<State | undefined> {
    await this.#synchronise();
    return await this.#onChain(head);
  }

  async #isOnChain(mark: Mark, head: Head): Promise<boolean> {
    if (mark.number >= head.number) return mark.hash === head.hash;
    return (await this.#header(mark.number))?.hash === mark.hash;
  }

  /** With the head as the last one. One at least is deeper than chains turn. */
  async #marks(marks: readonly Mark[], { number, hash }: Head): Promise<Mark[]> {
    const depth = Math.max(this.#first, number - DEPTH);
    if (marks.length === 0) {
      const anchor = await this.#header(depth);
      return anchor === undefined || anchor.number === number ? [{ number, hash }] : [markOf(anchor), { number, hash }];
    }
    const deepest = marks.findLastIndex((mark) => mark.number <= depth);
    return [...marks.slice(Math.max(0, deepest)), { number, hash }];
  }

  async #commit(state: State, change: { rows?: readonly Row[]; dropAbove?: number }): Promise<boolean> {
    try {
      if (!(await this.#store.commit(state.version - 1, { state, ...change }))) return false;
    } catch {
      await this.#keepInMemory();
      if (!(await this.#store.commit(state.version - 1, { state, ...change }))) return false;
    }
    this.#state = state;
    return true;
  }

  /** The browser's store is full, forbidden or broken: what is known stays until the page is left. */
  async #keepInMemory(): Promise<void> {
    this.#store = new MemoryStore();
    this.#keepNotice = NOT_KEPT;
    if (this.#state !== undefined) await this.#store.commit(0, { state: this.#state, rows: this.#table.all() });
  }

  // ---------------------------------------------------------------- the node

  async #read(blocks: Blocks): Promise<Reading> {
    const range = { fromBlock: hex(blocks.from), toBlock: hex(blocks.to) };
    const logs = (await this.#request("eth_getLogs", [{ ...this.#filter, ...range }])) as readonly RawLog[];
    const untimed = new Set(
      logs.filter((log) => log.blockTimestamp === undefined).map((log) => Number(log.blockNumber)),
    );
    // Too many to ask for: the highest of them, and the rest with the next range.
    const numbers = [...untimed].toSorted((a, b) => b - a).slice(0, HEADERS_A_RANGE);
    const from = numbers.length < untimed.size ? (numbers.at(-1) ?? blocks.from) : blocks.from;
    const times = await this.#timesOf(numbers);
    const rows = logs.flatMap((log) => {
      const blockNumber = Number(log.blockNumber);
      const sources = this.#sources.get(log.address.toLowerCase());
      if (sources === undefined || blockNumber < from) return [];
      const timestamp = log.blockTimestamp === undefined ? times.get(blockNumber) : Number(log.blockTimestamp);
      if (timestamp === undefined) throw new Error(`Block ${blockNumber} is gone.`);
      return decodeEvents([{ ...log, blockNumber, index: Number(log.logIndex) }], sources).flatMap((event) =>
        rowsOf(event, timestamp),
      );
    });
    return { blocks: { from, to: blocks.to }, rows };
  }

  async #timesOf(numbers: readonly number[]): Promise<Map<number, number>> {
    const times = new Map<number, number>();
    for (let i = 0; i < numbers.length; i += HEADERS_A_REQUEST) {
      const some = numbers.slice(i, i + HEADERS_A_REQUEST);
      const headers = await Promise.all(some.map(async (number) => await this.#header(number)));
      for (const header of headers) if (header !== undefined) times.set(header.number, header.timestamp);
    }
    return times;
  }

  async #header(number: number): Promise<Header | undefined> {
    const block = (await this.#request("eth_getBlockByNumber", [hex(number), false])) as {
      hash: string;
      timestamp: string;
    } | null;
    return block === null ? undefined : { number, hash: block.hash, timestamp: Number(block.timestamp) };
  }

  // ---------------------------------------------------------------- what is told

  async #report(state: State, head: Head): Promise<void> {
    const from = knownFrom(state.covered, head.number);
    const isComplete = from === this.#first;
    if (from !== undefined && from !== this.#since?.block) {
      const isDue = this.#since === undefined || this.#ranges++ % RANGES_A_DATE === 0;
      const header = isComplete ? this.#firstHeader : isDue ? await this.#header(from) : undefined;
      if (header !== undefined) this.#since = { block: from, timestamp: header.timestamp };
    }
    const known = countOf(state.covered) / (head.number - this.#first + 1);
    this.#publish({
      source: "logs",
      isComplete,
      part: isComplete ? 1 : Math.min(known, 0.999),
      knownSince: from === undefined ? null : (this.#since?.timestamp ?? null),
      notice: this.#keepNotice,
    });
  }

  #publish(progress: Progress): void {
    const isNew = JSON.stringify(progress) !== JSON.stringify(this.#progress);
    if (!isNew && !this.#hasNewRows) return;
    if (isNew) this.#progress = progress;
    this.#hasNewRows = false;
    for (const listener of this.#listeners) listener();
  }

  #change(rows: readonly Row[], isGone?: (row: Row) => boolean): void {
    if (isGone !== undefined) this.#table.remove(isGone);
    this.#table.add(rows);
    this.#hasNewRows = true;
  }
}

const markOf = ({ number, hash }: Header): Mark => ({ number, hash });

function sentenceOf(error: unknown): string {
  const { message } = error as { message?: unknown };
  const text = typeof message === "string" ? message.trim() : "no reason given";
  return text.endsWith(".") ? text : `${text}.`;
}
