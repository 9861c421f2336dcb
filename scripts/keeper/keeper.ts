// One round a block: the book up to the head, what became of what was sent, what is to do, and the checkpoint.
import { setTimeout as sleep } from "node:timers/promises";

import { type HDNodeWallet, parseUnits, type Wallet } from "ethers";

import { NOBODY } from "../deploy/deployment.ts";
import type { Connection } from "../lib/connection.ts";
import { reasonOf } from "../lib/problem.ts";
import { Actor, showView } from "./actor.ts";
import { Book } from "./book.ts";
import { Certificates } from "./certificates.ts";
import { readCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { Follower } from "./follower.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import { type Head, Node } from "./node.ts";
import type { CoinPrice, Options } from "./options.ts";
import { Sender } from "./sender.ts";
import { readMarket, readView, type Market } from "./view.ts";

const LONGEST_PAUSE_MS = 30_000;
const SHORTEST_PAUSE_MS = 500;
/** How long a stop waits for transactions under way. */
const DRAIN_MS = 15_000;
/** A checkpoint of nothing new is written every so many blocks. */
const CHECKPOINT_BLOCKS = 100;

export type KeeperTarget = { pool: string; startBlock: number; coinPrice: CoinPrice; checkpoint: string };

export class Keeper {
  readonly #options: Options;
  readonly #target: KeeperTarget;
  readonly #chainId: bigint;
  readonly #node: Node;
  readonly #market: Market;
  readonly #book: Book;
  readonly #follower: Follower;
  readonly #actor: Actor;
  readonly #certificates: Certificates;
  readonly #sender: Sender | undefined;
  readonly #metrics: Metrics;
  readonly #log: Log;
  /** The last block whose round came to its end. */
  #done: Head | undefined;
  /** The block of the last checkpoint; undefined: none of this life. */
  #written: number | undefined;
  #isApproved = false;
  #isStopping = false;
  #wake: AbortController | undefined;

  private constructor(
    options: Options,
    target: KeeperTarget,
    chainId: bigint,
    node: Node,
    market: Market,
    signer: Wallet | HDNodeWallet | undefined,
    metrics: Metrics,
    log: Log,
  ) {
    this.#options = options;
    this.#target = target;
    this.#chainId = chainId;
    this.#node = node;
    this.#market = market;
    this.#metrics = metrics;
    this.#log = log;
    this.#book = new Book(market.pool.interface, options.undoBlocks);
    const { startBlock } = target;
    const follow = { pool: market.address, startBlock, chunkBlocks: options.chunkBlocks };
    this.#follower = new Follower(node, this.#book, follow, metrics, log);
    this.#certificates = new Certificates(node, market, metrics, log);
    const { tip, maxGasPrice, stuckBlocks } = options;
    this.#sender =
      signer === undefined || options.isDryRun
        ? undefined
        : new Sender(node, signer, { chainId, tip, maxGasPrice, stuckBlocks }, metrics, log, (...mined) =>
            this.#actor.mined(...mined),
          );
    const terms = {
      ...options,
      // A dry run has no account; nobody's address does for what is only tried.
      beneficiary: options.beneficiary ?? signer?.address ?? NOBODY,
      minProfit: parseUnits(options.minProfit, market.asset.decimals),
      coinPrice: target.coinPrice,
    };
    this.#actor = new Actor(node, market, terms, metrics, log, this.#sender);
  }

  static async start(
    options: Options,
    target: KeeperTarget,
    { provider, chainId, signer }: Connection,
    metrics: Metrics,
    log: Log,
  ): Promise<Keeper> {
    const node = new Node(provider, metrics);
    const market = await readMarket(provider, target.pool);
    const keeper = new Keeper(options, target, chainId, node, market, signer, metrics, log);
    const isResumed = readCheckpoint(target.checkpoint, { chainId, pool: target.pool }, keeper.#book);
    metrics.set("mutua_keeper_dry_run", options.isDryRun);
    log("info", "started", {
      chainId,
      pool: target.pool,
      asset: market.asset.symbol,
      collateral: market.collateral.symbol,
      account: keeper.#sender?.address ?? null,
      dryRun: options.isDryRun,
      mode: options.flash === undefined ? "capital" : "flash",
      from: isResumed ? keeper.#book.last?.number : target.startBlock,
      resumed: isResumed,
    });
    return keeper;
  }

  /** Until `stop`. What fails is tried again, at growing intervals. */
  async run(): Promise<void> {
    let pause = 0;
    while (!this.#isStopping) {
      try {
        const isNew = await this.#round();
        this.#metrics.set("mutua_keeper_up", 1);
        if (pause > 0) this.#log("info", "reconnected");
        pause = 0;
        if (this.#options.isOnce) break;
        if (!isNew) await this.#sleep(this.#options.pollMs);
      } catch (error) {
        this.#metrics.set("mutua_keeper_up", 0);
        if (this.#options.isOnce) throw error;
        pause = Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, 2 * pause));
        this.#log("error", "round-failed", { reason: reasonOf(error), pauseMs: pause });
        await this.#sleep(pause * (0.75 + Math.random() / 2));
      }
    }
    await this.#drain();
    this.#checkpoint(true);
    this.#log("info", "stopped", { block: this.#book.last?.number ?? null });
  }

  stop(): void {
    this.#isStopping = true;
    this.#wake?.abort();
  }

  async #round(): Promise<boolean> {
    const { head, recoveries } = await this.#follower.advance();
    if (head.hash === this.#done?.hash) return false;
    const started = performance.now();
    const view = await readView(this.#node, this.#market, head);
    const isMismatch = view.debtShares !== this.#book.debtShares;
    this.#metrics.set("mutua_keeper_book_mismatch", isMismatch);
    if (isMismatch) {
      this.#log("error", "book-mismatch", { block: head.number, book: this.#book.debtShares, pool: view.debtShares });
      this.#metrics.add("mutua_keeper_resyncs_total");
      this.#book.clear();
      throw new Error("the book did not fit the pool: reading it anew");
    }
    showView(view, this.#book, this.#market, this.#metrics);
    await this.#sender?.settle(head);
    if (!this.#isApproved) await this.#actor.approve(head);
    this.#isApproved = true;
    const { jitterMs } = this.#options;
    if (jitterMs > 0) await this.#sleep(Math.random() * jitterMs);
    if (!this.#isStopping) await this.#actor.act(this.#book, view);
    await this.#certificates.report(this.#book, view, recoveries);
    this.#done = head;
    try {
      this.#checkpoint(false);
    } catch (error) {
      // It saves time at the next start; a full disk is no reason to be late now.
      this.#log("error", "checkpoint-failed", { reason: reasonOf(error) });
    }
    const seconds = (performance.now() - started) / 1_000;
    this.#metrics.add("mutua_keeper_rounds_total");
    this.#metrics.set("mutua_keeper_block", head.number);
    this.#metrics.set("mutua_keeper_block_timestamp_seconds", head.timestamp);
    this.#metrics.set("mutua_keeper_round_seconds", seconds);
    this.#log("debug", "round", { block: head.number, seconds: Number(seconds.toFixed(3)) });
    return true;
  }

  #checkpoint(isForced: boolean): void {
    const last = this.#book.last;
    if (last === undefined) return;
    const written = this.#written;
    const isDue =
      written === undefined ||
      last.number < written ||
      last.number >= written + CHECKPOINT_BLOCKS ||
      this.#book.marks.some(({ number, undo }) => number > written && undo.length > 0);
    if (!isForced && !isDue) return;
    writeCheckpoint(this.#target.checkpoint, { chainId: this.#chainId, pool: this.#target.pool }, this.#book);
    this.#written = last.number;
  }

  /** Transactions under way get a while to be mined; what is not is named, and lives on or not without us. */
  async #drain(): Promise<void> {
    const sender = this.#sender;
    if (sender === undefined) return;
    const until = Date.now() + DRAIN_MS;
    while (sender.pending.length > 0 && Date.now() < until) {
      try {
        await sender.settle(await this.#node.head());
      } catch {
        // The node may be why we stop.
      }
      if (sender.pending.length > 0) await sleep(Math.min(500, this.#options.pollMs));
    }
    for (const { nonce, hashes } of sender.pending)
      this.#log("warn", "abandoned", { nonce, hash: hashes.at(-1) ?? null });
  }

  async #sleep(milliseconds: number): Promise<void> {
    this.#wake = new AbortController();
    await sleep(milliseconds, undefined, { signal: this.#wake.signal }).catch(() => undefined);
  }
}
