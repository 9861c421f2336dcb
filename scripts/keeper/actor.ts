// Tries on the node what the book says is due, and sends what pays. Each try is a call on the state that a transaction
// would meet; what pays is a matter of the simulated proceeds, which have the price impact in them, against gas.
import { formatUnits, Interface, type Log } from "ethers";

import { FlashLiquidator__factory } from "../../typechain-types/index.js";
import { divUp, MAX_UINT256, PRICE_SCALE, WAD } from "../../sdk/model/numbers.js";
import { reasonOf } from "../lib/problem.ts";
import type { Book } from "./book.ts";
import { type Candidate, candidatesOf, type Due, dueOf, pivotSaving } from "./decide.ts";
import type { Log as Report } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Head, Node } from "./node.ts";
import type { Act, CoinPrice } from "./options.ts";
import type { Job, Receipt, Sender } from "./sender.ts";
import { type Market, type View, wholePrice } from "./view.ts";

export type ActorTerms = {
  flash: { address: string; adapter: string; route: string } | undefined;
  saleDiscountBps: bigint;
  beneficiary: string;
  /** In the loan asset's smallest unit. */
  minProfit: bigint;
  coinPrice: CoinPrice;
  batch: number;
  simulateOn: "pending" | "latest";
  slot: { index: number; count: number };
  acts: ReadonlySet<Act>;
  pivotSaving: number;
};

type Task = { borrower: string; maxRepayAssets: bigint; minProfit: bigint };
type Outcome = { isDone: boolean; profit: bigint; gasUsed: bigint; reason: string };
type Try = { candidate: Candidate; task: Task };

/** Parts of a liquidation or of the estate that are tried, in percent: where all of it moves the price too far, less
 * of it may pay. */
const PARTS = [100n, 50n, 25n, 10n, 3n];
/** No transaction may have more (EIP-7825). */
const MOST_GAS = 16_000_000n;
/** What a transaction costs besides its liquidations, and a margin for each of these. */
const BASE_GAS = 60_000n;
const ITEM_GAS = 40_000n;
/** What a dry run takes a liquidation or a purchase with capital for. */
const DRY_GAS = 250_000n;
/** Blocks that liquidators have before a position is flagged. */
const FLAG_AFTER = 2;
const MARKS_AT_ONCE = 40;

const flashCoder = FlashLiquidator__factory.createInterface();
const erc20Coder = new Interface([
  "event Transfer(address indexed from, address indexed to, uint256 value)",
  "function balanceOf(address) view returns (uint256)",
  "function allowance(address,address) view returns (uint256)",
  "function approve(address,uint256) returns (bool)",
]);
const feedCoder = new Interface([
  "function latestRoundData() view returns (uint80, int256, uint256, uint256, uint80)",
  "function decimals() view returns (uint8)",
]);

export class Actor {
  readonly #node: Node;
  readonly #market: Market;
  readonly #terms: ActorTerms;
  readonly #metrics: Metrics;
  readonly #log: Report;
  readonly #sender: Sender | undefined;
  /** Since which block something is there to do, by position; "estate" and "pivot" too. */
  readonly #since = new Map<string, number>();

  constructor(
    node: Node,
    market: Market,
    terms: ActorTerms,
    metrics: Metrics,
    log: Report,
    sender: Sender | undefined,
  ) {
    this.#node = node;
    this.#market = market;
    this.#terms = terms;
    this.#metrics = metrics;
    this.#log = log;
    this.#sender = sender;
  }

  async act(book: Book, view: View): Promise<void> {
    const candidates = candidatesOf(book, view, this.#market);
    this.#note(candidates, view);
    const { acts, simulateOn } = this.#terms;
    if (this.#sender?.isTooDear(view.head) === true) {
      this.#log("warn", "gas-too-dear", { baseFee: view.head.baseFee });
      return;
    }
    if (simulateOn === "latest" && this.#sender?.hasUnknown === true) return;
    const coinPrice = await this.#coinPrice(view);
    let left = candidates;
    if (candidates.length === 0) this.#metrics.set("mutua_keeper_positions_unprofitable", 0);
    else if (acts.has("liquidate")) {
      left = await this.#liquidate(
        candidates.filter((each) => this.#isMine(each.borrower, view.head)),
        view,
        coinPrice,
      );
    }
    await this.#attempt("flag", () => this.#mark(left, view, "flag"));
    await this.#attempt("foreclose", () => this.#mark(left, view, "foreclose"));
    if (acts.has("estate")) await this.#attempt("estate", () => this.#buyEstate(view, coinPrice));
    if (acts.has("pivot")) await this.#attempt("pivot", () => this.#pivot(book, view));
  }

  /** What a contract refuses, because another was quicker or for good, keeps nothing else from being done. */
  async #attempt(act: Act, run: () => Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      if (dataOf(error) === undefined) throw error;
      this.#log("warn", "refused", { act, reason: reasonOf(error) });
    }
  }

  /** What there is to do since when, and the figures of it. */
  #note(candidates: readonly Candidate[], { head }: View): void {
    const names = new Set(candidates.map(({ borrower }) => borrower));
    for (const key of this.#since.keys()) if (key.startsWith("0x") && !names.has(key)) this.#since.delete(key);
    for (const borrower of names) if (!this.#since.has(borrower)) this.#since.set(borrower, head.number);
    const waits = candidates.map(({ borrower }) => head.number - (this.#since.get(borrower) ?? head.number));
    this.#metrics.set("mutua_keeper_positions_liquidatable", candidates.length);
    this.#metrics.set("mutua_keeper_positions_foreclosable", candidates.filter((each) => each.isForeclosable).length);
    this.#metrics.set("mutua_keeper_positions_insolvent", candidates.filter((each) => each.isInsolvent).length);
    this.#metrics.set("mutua_keeper_oldest_liquidatable_blocks", Math.max(0, ...waits));
  }

  /** Of several keepers of one owner each has its part; what one leaves undone is everybody's a block later. */
  #isMine(key: string, head: Head): boolean {
    if (this.#sender?.isBusyWith(key) === true) return false;
    const since = this.#since.get(key) ?? head.number;
    this.#since.set(key, since);
    const { index, count } = this.#terms.slot;
    const owner = key.startsWith("0x") ? Number.parseInt(key.slice(-8), 16) % count : 0;
    return owner === index || head.number > since;
  }

  // ---------------------------------------------------------------- liquidations

  /** The candidates that it was tried for without success. */
  async #liquidate(candidates: readonly Candidate[], view: View, coinPrice: bigint): Promise<Candidate[]> {
    if (this.#terms.flash === undefined) return await this.#liquidateWithCapital(candidates, view, coinPrice);
    let left = [...candidates];
    let lost = 0;
    for (const part of PARTS) {
      // Where many don't pay, it is because the venue is full: then a batch shows whether less of them would.
      const some = part === 100n ? left : left.slice(0, this.#terms.batch);
      const tries = some.map((candidate): Try => {
        const maxRepayAssets = part === 100n ? MAX_UINT256 : (candidate.quote.repaid * part) / 100n;
        return { candidate, task: { borrower: candidate.borrower, maxRepayAssets, minProfit: 0n } };
      });
      left = left.slice(some.length);
      for (let from = 0; from < tries.length; from += this.#terms.batch) {
        const result = await this.#tryBatch(tries.slice(from, from + this.#terms.batch), view, coinPrice);
        left.unshift(...result.left);
        lost += result.lost;
      }
      if (left.length === 0) break;
    }
    this.#metrics.add("mutua_keeper_races_lost_total", lost);
    this.#metrics.set("mutua_keeper_positions_unprofitable", left.length);
    if (left.length > 0) this.#log("debug", "does-not-pay", { positions: left.length });
    return left;
  }

  /** Simulates a batch and sends what pays of it; returns what did not pay, and how many others were quicker at. */
  async #tryBatch(tries: readonly Try[], view: View, coinPrice: bigint): Promise<{ left: Candidate[]; lost: number }> {
    const outcomes = await this.#simulate(tries.map(({ task }) => task));
    const overhead = BASE_GAS / BigInt(tries.length);
    const paying: Task[] = [];
    const left: Candidate[] = [];
    let [gas, profit, lost] = [BASE_GAS, 0n, 0];
    for (const [i, { candidate, task }] of tries.entries()) {
      const outcome = outcomes[i] as Outcome;
      const least = this.#gasCost(outcome.gasUsed + overhead, view.head, coinPrice) + this.#terms.minProfit;
      if (outcome.isDone && outcome.profit >= least) {
        paying.push({ ...task, minProfit: least });
        gas += (outcome.gasUsed * 13n) / 10n + ITEM_GAS;
        profit += outcome.profit;
      } else if (this.#isTaken(outcome)) {
        lost += 1;
      } else {
        left.push(candidate);
      }
    }
    if (paying.length === 0) return { left, lost };
    const borrowers = paying.map(({ borrower }) => borrower);
    await this.#send(
      {
        kind: "liquidate",
        to: this.#flash.address,
        data: flashCoder.encodeFunctionData("liquidateMany", [this.#market.address, paying, this.#sale]),
        gas: gas < MOST_GAS ? gas : MOST_GAS,
        borrowers,
      },
      view,
      { borrowers, expectedProfit: this.#assets(profit) },
    );
    return { left, lost };
  }

  async #simulate(tasks: readonly Task[]): Promise<Outcome[]> {
    const data = flashCoder.encodeFunctionData("liquidateMany", [this.#market.address, [...tasks], this.#sale]);
    try {
      const answer = await this.#call(this.#flash.address, data);
      return flashCoder.decodeFunctionResult("liquidateMany", answer)[0] as Outcome[];
    } catch (error) {
      const reverted = dataOf(error);
      const parsed = reverted === undefined ? null : flashCoder.parseError(reverted);
      if (parsed?.name !== "NothingDone") throw error;
      return parsed.args[0] as Outcome[];
    }
  }

  /** Somebody has liquidated or repaid it meanwhile. */
  #isTaken({ isDone, reason }: Outcome): boolean {
    if (isDone || reason.length < 10) return false;
    const name = this.#market.pool.interface.parseError(reason)?.name;
    return name === "PositionHealthy" || name === "NoDebt";
  }

  async #liquidateWithCapital(candidates: readonly Candidate[], view: View, coinPrice: bigint): Promise<Candidate[]> {
    const { pool, address } = this.#market;
    let purse = await this.#purse();
    const left: Candidate[] = [];
    for (const candidate of candidates) {
      const { borrower } = candidate;
      // The pool takes what it may. A wei less than all of a debt would be a good deal less, or dust would stay.
      const most = purse;
      const encode = (least: bigint) =>
        pool.interface.encodeFunctionData("liquidate", [borrower, most, least, this.#terms.beneficiary, "0x"]);
      try {
        const preview = pool.interface.decodeFunctionResult(
          "previewLiquidation",
          await this.#call(address, pool.interface.encodeFunctionData("previewLiquidation", [borrower, most])),
        );
        const [repaid, seized] = preview as unknown as [bigint, bigint];
        if (repaid === 0n && seized === 0n) continue;
        const gas = await this.#estimatePaid(encode(0n));
        const cost = repaid + this.#gasCost(gas, view.head, coinPrice) + this.#terms.minProfit;
        const price = (view.high * (10_000n - this.#terms.saleDiscountBps)) / 10_000n;
        const least = price === 0n ? MAX_UINT256 : divUp(cost * PRICE_SCALE, price);
        if (seized < least) {
          left.push(candidate);
          continue;
        }
        purse -= repaid;
        const job = {
          kind: "liquidate",
          to: address,
          data: encode(least),
          gas: (gas * 13n) / 10n,
          borrowers: [borrower],
        };
        const worth = (seized * price) / PRICE_SCALE - repaid;
        await this.#send(job, view, { borrowers: [borrower], expectedProfit: this.#assets(worth) });
      } catch (error) {
        if (dataOf(error) === undefined) throw error;
        left.push(candidate);
      }
    }
    this.#metrics.set("mutua_keeper_positions_unprofitable", left.length);
    return left;
  }

  async #purse(): Promise<bigint> {
    if (this.#sender === undefined) return MAX_UINT256;
    const data = erc20Coder.encodeFunctionData("balanceOf", [this.#sender.address]);
    const [balance] = erc20Coder.decodeFunctionResult("balanceOf", await this.#call(this.#market.asset.address, data));
    this.#metrics.set("mutua_keeper_asset_balance", this.#tokens(balance as bigint));
    return balance as bigint;
  }

  /** With capital the pool takes the keeper's tokens: it must be allowed to. */
  async approve(head: Head): Promise<void> {
    if (this.#sender === undefined || this.#terms.flash !== undefined) return;
    const { address, asset } = this.#market;
    const data = erc20Coder.encodeFunctionData("allowance", [this.#sender.address, address]);
    const [allowance] = erc20Coder.decodeFunctionResult("allowance", await this.#call(asset.address, data));
    if ((allowance as bigint) >= MAX_UINT256 / 2n) return;
    const approval = erc20Coder.encodeFunctionData("approve", [address, MAX_UINT256]);
    await this.#sender.send({ kind: "approve", to: asset.address, data: approval, gas: 100_000n, borrowers: [] }, head);
  }

  // ---------------------------------------------------------------- flags and foreclosure

  async #mark(candidates: readonly Candidate[], view: View, due: Due): Promise<void> {
    if (!this.#terms.acts.has(due)) return;
    const { pool, address } = this.#market;
    const { head } = view;
    const waits = this.#terms.acts.has("liquidate") && due === "flag" ? FLAG_AFTER : 0;
    const borrowers = candidates
      .filter((each) => dueOf(each, head.timestamp) === due)
      .map(({ borrower }) => borrower)
      .filter((borrower) => this.#isMine(borrower, head) && head.number - (this.#since.get(borrower) ?? 0) >= waits);
    const encode = (borrower: string) => pool.interface.encodeFunctionData(due as "flag", [borrower]);
    for (let from = 0; from < borrowers.length; from += MARKS_AT_ONCE) {
      const possible: string[] = [];
      for (const borrower of borrowers.slice(from, from + MARKS_AT_ONCE)) {
        const isPossible = await this.#reverts(address, encode(borrower)).then((reverts) => !reverts);
        if (isPossible) possible.push(borrower);
        else this.#metrics.add("mutua_keeper_races_lost_total");
      }
      if (possible.length === 0) continue;
      const data = pool.interface.encodeFunctionData("multicall", [possible.map(encode)]);
      const gas = ((await this.#estimate(address, data)) * 13n) / 10n;
      await this.#send({ kind: due, to: address, data, gas, borrowers: possible }, view, { borrowers: possible });
    }
  }

  // ---------------------------------------------------------------- estate and pivot

  async #buyEstate(view: View, coinPrice: bigint): Promise<void> {
    if (view.estateCollateral === 0n || !view.ok || this.#sender?.isBusyWith("estate") === true) return;
    let best: { profit: bigint; job: Job } | undefined;
    for (const part of PARTS) {
      const found = await this.#tryEstate(part, view, coinPrice);
      if (found !== undefined && (best === undefined || found.profit > best.profit)) best = found;
    }
    if (best === undefined) this.#since.delete("estate");
    else if (this.#isMine("estate", view.head)) {
      await this.#send(best.job, view, { expectedProfit: this.#assets(best.profit) });
    }
  }

  async #tryEstate(part: bigint, view: View, coinPrice: bigint): Promise<{ profit: bigint; job: Job } | undefined> {
    const { flash, beneficiary, minProfit, saleDiscountBps } = this.#terms;
    const { pool, address } = this.#market;
    const amount = (view.estateCollateral * part) / 100n;
    // A wei more than today's price: the price falls with time, and never rises but with the oracle's.
    const most = divUp(amount * view.estatePrice, PRICE_SCALE) + 1n;
    try {
      if (flash !== undefined) {
        const encode = (least: bigint) =>
          flashCoder.encodeFunctionData("buyEstate", [address, most, least, this.#sale]);
        const answer = await this.#call(flash.address, encode(0n));
        const [profit] = flashCoder.decodeFunctionResult("buyEstate", answer) as unknown as [bigint];
        const gas = await this.#estimate(flash.address, encode(0n));
        const least = this.#gasCost(gas, view.head, coinPrice) + minProfit;
        if (profit < least) return undefined;
        const job = { kind: "estate", to: flash.address, data: encode(least), gas: (gas * 13n) / 10n };
        return { profit, job: { ...job, borrowers: ["estate"] } };
      }
      if (most > (await this.#purse())) return undefined;
      const price = (view.high * (10_000n - saleDiscountBps)) / 10_000n;
      const encode = (least: bigint) =>
        pool.interface.encodeFunctionData("buyEstate", [most, least, beneficiary, "0x"]);
      const gas = await this.#estimatePaid(encode(0n));
      const profit = (amount * price) / PRICE_SCALE - most;
      const costs = this.#gasCost(gas, view.head, coinPrice) + minProfit;
      if (profit < costs) return undefined;
      const least = divUp((most + costs) * PRICE_SCALE, price);
      const job = { kind: "estate", to: address, data: encode(least), gas: (gas * 13n) / 10n, borrowers: ["estate"] };
      return { profit, job };
    } catch (error) {
      if (dataOf(error) === undefined) throw error;
      return undefined;
    }
  }

  async #pivot(book: Book, view: View): Promise<void> {
    const saving = pivotSaving(book, view, this.#market);
    this.#metrics.set("mutua_keeper_pivot_saving_gas", saving);
    if (saving < this.#terms.pivotSaving) this.#since.delete("pivot");
    else if (this.#isMine("pivot", view.head)) {
      const { pool, address } = this.#market;
      const data = pool.interface.encodeFunctionData("pivot");
      const gas = ((await this.#estimate(address, data)) * 13n) / 10n;
      await this.#send({ kind: "pivot", to: address, data, gas, borrowers: ["pivot"] }, view, { saving });
    }
  }

  // ---------------------------------------------------------------- what became of it

  /** Counts what a mined transaction has done. */
  mined(job: Job, { logs }: Receipt, hash: string): void {
    const done = new Set<string>();
    for (const log of logs) {
      if (log.address.toLowerCase() === this.#market.address.toLowerCase()) {
        const borrower = this.#count(job, log, hash);
        if (borrower !== undefined) done.add(borrower);
      } else {
        this.#countProfit(job, log);
      }
    }
    if (job.kind !== "liquidate") return;
    const lost = job.borrowers.filter((borrower) => !done.has(borrower)).length;
    this.#metrics.add("mutua_keeper_races_lost_total", lost);
    if (lost > 0) this.#log("info", "races-lost", { positions: lost, hash });
  }

  /** The borrower of a liquidation. */
  #count(job: Job, log: Log, hash: string): string | undefined {
    const event = this.#market.pool.interface.parseLog(log);
    if (event === null) return undefined;
    const { name, args } = event;
    if (name === "Flagged") this.#metrics.add("mutua_keeper_flags_total");
    if (name === "Foreclosed") this.#metrics.add("mutua_keeper_foreclosures_total");
    if (name === "EstateSold") this.#metrics.add("mutua_keeper_estate_purchases_total");
    if (name === "Pivoted") this.#metrics.add("mutua_keeper_pivots_total");
    if (name !== "Liquidated") {
      if (["Flagged", "Foreclosed", "EstateSold", "Pivoted"].includes(name)) {
        this.#log("info", job.kind, { ...args.toObject(), hash });
      }
      return undefined;
    }
    const { borrower, repaidAssets, seizedCollateral, lossAssets } = args.toObject() as {
      borrower: string;
      repaidAssets: bigint;
      seizedCollateral: bigint;
      lossAssets: bigint;
    };
    this.#metrics.add("mutua_keeper_liquidations_total");
    this.#metrics.add("mutua_keeper_liquidated_assets_total", this.#tokens(repaidAssets));
    this.#metrics.add("mutua_keeper_realised_loss_assets_total", this.#tokens(lossAssets));
    this.#log("info", "liquidated", {
      borrower,
      repaid: this.#assets(repaidAssets),
      seized: formatUnits(seizedCollateral, this.#market.collateral.decimals),
      loss: this.#assets(lossAssets),
      hash,
    });
    return borrower;
  }

  /** What a flash contract has sent to the beneficiary. */
  #countProfit(job: Job, log: Log): void {
    if (this.#terms.flash === undefined || log.address.toLowerCase() !== this.#market.asset.address.toLowerCase())
      return;
    const event = erc20Coder.parseLog(log);
    if (event?.name !== "Transfer" || event.args[0] !== this.#terms.flash.address) return;
    if (event.args[1] !== this.#terms.beneficiary || job.to !== this.#terms.flash.address) return;
    this.#metrics.add("mutua_keeper_profit_assets_total", this.#tokens(event.args[2] as bigint));
  }

  // ---------------------------------------------------------------- shared

  get #flash(): { address: string; adapter: string; route: string } {
    if (this.#terms.flash === undefined) throw new Error("no flash contract");
    return this.#terms.flash;
  }

  get #sale(): { adapter: string; route: string; beneficiary: string } {
    return { adapter: this.#flash.adapter, route: this.#flash.route, beneficiary: this.#terms.beneficiary };
  }

  async #send(job: Job, view: View, fields: Record<string, unknown>): Promise<void> {
    if (this.#sender === undefined) this.#log("info", `would-${job.kind}`, { block: view.head.number, ...fields });
    else await this.#sender.send(job, view.head);
  }

  async #call(to: string, data: string): Promise<string> {
    const from = this.#sender?.address ?? this.#terms.beneficiary;
    const gas = `0x${MOST_GAS.toString(16)}`;
    return await this.#node.ask<string>("eth_call", [{ from, to, data, gas }, this.#terms.simulateOn]);
  }

  async #reverts(to: string, data: string): Promise<boolean> {
    try {
      await this.#call(to, data);
      return false;
    } catch (error) {
      if (dataOf(error) === undefined) throw error;
      this.#log("debug", "would-revert", { reason: reasonOf(error) });
      return true;
    }
  }

  async #estimate(to: string, data: string): Promise<bigint> {
    const from = this.#sender?.address ?? this.#terms.beneficiary;
    return BigInt(await this.#node.ask<string>("eth_estimateGas", [{ from, to, data }, this.#terms.simulateOn]));
  }

  /** Of a call for which the pool takes tokens: a dry run has none, so it can't be tried. */
  async #estimatePaid(data: string): Promise<bigint> {
    return this.#sender === undefined ? DRY_GAS : await this.#estimate(this.#market.address, data);
  }

  #gasCost(gas: bigint, head: Head, coinPrice: bigint): bigint {
    return this.#sender === undefined
      ? (gas * head.baseFee * coinPrice) / WAD
      : divUp(gas * this.#sender.gasPrice(head) * coinPrice, WAD);
  }

  /** What 1e18 wei of the native coin are worth, in the loan asset's smallest unit. */
  async #coinPrice(view: View): Promise<bigint> {
    const { coinPrice } = this.#terms;
    if (coinPrice.kind === "feed") return await this.#feedPrice(coinPrice.feed);
    if (coinPrice.kind === "asset") return WAD;
    if (coinPrice.kind === "collateral") return (view.high * WAD) / PRICE_SCALE;
    const [whole = "0", part = ""] = coinPrice.tokens.split(".");
    return (BigInt(whole + part) * 10n ** BigInt(this.#market.asset.decimals)) / 10n ** BigInt(part.length);
  }

  async #feedPrice(feed: string): Promise<bigint> {
    const read = async (name: "latestRoundData" | "decimals") =>
      feedCoder.decodeFunctionResult(name, await this.#call(feed, feedCoder.encodeFunctionData(name)));
    const answer = (await read("latestRoundData"))[1] as bigint;
    const decimals = (await read("decimals"))[0] as bigint;
    if (answer <= 0n) throw new Error(`the feed ${feed} has no price`);
    return (answer * 10n ** BigInt(this.#market.asset.decimals)) / 10n ** decimals;
  }

  #assets(amount: bigint): string {
    return formatUnits(amount, this.#market.asset.decimals);
  }

  #tokens(amount: bigint): number {
    return Number(this.#assets(amount));
  }
}

/** The bytes that a call reverted with; undefined if the node failed rather than the call. */
export function dataOf(error: unknown): string | undefined {
  const { code, data } = error as { code?: string; data?: string | null };
  return code === "CALL_EXCEPTION" ? (data ?? "0x") : undefined;
}

const tokens = (amount: bigint, decimals: number): number => Number(formatUnits(amount, decimals));

/** Prices, debt and estate of a view. */
export function showView(view: View, book: Book, market: Market, metrics: Metrics): void {
  let [debtors, flagged] = [0, 0];
  for (const { debtShares, flaggedAt } of book.positions.values()) {
    if (debtShares !== 0n) debtors += 1;
    if (flaggedAt !== 0) flagged += 1;
  }
  metrics.set("mutua_keeper_positions", debtors);
  metrics.set("mutua_keeper_positions_flagged", flagged);
  metrics.set("mutua_keeper_debt_assets", tokens(view.debtAssets, market.asset.decimals));
  metrics.set("mutua_keeper_price_ok", view.ok);
  metrics.set("mutua_keeper_price_low", wholePrice(view.low, market));
  metrics.set("mutua_keeper_price_high", wholePrice(view.high, market));
  metrics.set("mutua_keeper_estate_collateral", tokens(view.estateCollateral, market.collateral.decimals));
  metrics.set("mutua_keeper_estate_debt_assets", tokens(view.estateDebt, market.asset.decimals));
}
