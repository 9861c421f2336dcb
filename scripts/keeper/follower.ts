// Brings the book to the head of the chain: block after block, over gaps in ranges, and back where the chain turned.
import type { Log } from "ethers";

import type { Book } from "./book.ts";
import type { Log as Report } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Head, Node } from "./node.ts";

export type FollowTerms = { pool: string; startBlock: number; chunkBlocks: number };

const REPORT_EVERY_MS = 2_000;

export class Follower {
  readonly #node: Node;
  readonly #book: Book;
  readonly #terms: FollowTerms;
  readonly #metrics: Metrics;
  readonly #log: Report;
  #chunk: number;

  constructor(node: Node, book: Book, terms: FollowTerms, metrics: Metrics, log: Report) {
    this.#node = node;
    this.#book = book;
    this.#terms = terms;
    this.#metrics = metrics;
    this.#log = log;
    this.#chunk = terms.chunkBlocks;
  }

  /** The head, which the book is at now, and whether recoveries moved. */
  async advance(): Promise<{ head: Head; recoveries: boolean }> {
    const head = await this.#node.head();
    if (this.#book.last?.hash === head.hash) return { head, recoveries: false };
    await this.#rollBack(head);
    const first = (this.#book.last?.number ?? this.#terms.startBlock - 1) + 1;
    return { head, recoveries: await this.#read(first, head) };
  }

  /** Takes back the blocks that are no longer on the chain; all of them if the turn is deeper than what is kept. */
  async #rollBack(head: Head): Promise<void> {
    const from = this.#book.last;
    if (from === undefined || (from.number + 1 === head.number && from.hash === head.parentHash)) return;
    for (let mark = this.#book.last; mark !== undefined; mark = this.#book.last) {
      const isOnChain = mark.number <= head.number && (await this.#node.block(mark.number))?.hash === mark.hash;
      if (isOnChain) break;
      this.#book.rollBackTo(mark.number - 1);
    }
    const last = this.#book.last;
    if (last === from) return;
    this.#metrics.add("mutua_keeper_reorgs_total");
    this.#log("warn", "reorg", { from: from.number, to: last?.number ?? null, head: head.number });
    if (last === undefined) {
      this.#book.clear();
      this.#metrics.add("mutua_keeper_resyncs_total");
    }
  }

  async #read(first: number, head: Head): Promise<boolean> {
    let recoveries = false;
    let reported = Date.now();
    for (let from = first; from <= head.number;) {
      const to = Math.min(from + this.#chunk - 1, head.number);
      const logs = await this.#logsOf(from, to, head);
      if (logs === undefined) continue;
      if (this.#apply(logs.entries, to, logs.hash)) recoveries = true;
      from = to + 1;
      if (from <= head.number && Date.now() - reported > REPORT_EVERY_MS) {
        reported = Date.now();
        this.#log("info", "reading", { block: to, of: head.number, positions: this.#book.positions.size });
      }
    }
    return recoveries;
  }

  /** The events of some blocks, and the last one's hash: of one and the same chain. Undefined: ask for fewer. */
  async #logsOf(from: number, to: number, head: Head): Promise<{ entries: Log[]; hash: string } | undefined> {
    if (from === head.number) {
      return { entries: await this.#node.logs(this.#terms.pool, { blockHash: head.hash }), hash: head.hash };
    }
    const before = to === head.number ? head.hash : (await this.#node.block(to))?.hash;
    let entries: Log[];
    try {
      entries = await this.#node.logs(this.#terms.pool, { from, to });
    } catch (error) {
      if (this.#chunk === 1) throw error;
      this.#chunk = Math.ceil(this.#chunk / 2);
      this.#log("debug", "smaller-range", { blocks: this.#chunk });
      return undefined;
    }
    // Back up by and by: what failed may have been the node, not the range.
    this.#chunk = Math.min(this.#terms.chunkBlocks, this.#chunk + Math.ceil(this.#chunk / 8));
    if (before === undefined || (await this.#node.block(to))?.hash !== before) {
      throw new Error("the chain turned while its events were read");
    }
    return { entries, hash: before };
  }

  #apply(logs: readonly Log[], to: number, hash: string): boolean {
    let recoveries = false;
    const blocks = new Map<number, Log[]>();
    for (const log of logs) {
      const block = blocks.get(log.blockNumber) ?? [];
      block.push(log);
      blocks.set(log.blockNumber, block);
    }
    for (const [number, entries] of blocks) {
      if (number === to) continue;
      recoveries = this.#book.apply(number, (entries[0] as Log).blockHash, entries).recoveries || recoveries;
    }
    return this.#book.apply(to, hash, blocks.get(to) ?? []).recoveries || recoveries;
  }
}
