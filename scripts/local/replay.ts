// A shipped crisis on a market, price by price, with the real time between them. After each price liquidators act by the
// rules of the simulation (simulation/agents/liquidators.ts): a transaction waits while the chain of that time was
// congested, what they can pay is bounded and comes back only when what they took is sold, and what does not pay after
// gas and the impact of selling is left. Their capital and the depth they sell into are scaled to the market's debt.
// Nobody else moves: what suppliers, insurers and borrowers do is for whoever looks on.
import type { Running } from "../../app/src/local/api.js";
import { isWithin } from "../../simulation/feed.js";
import { at } from "../../simulation/series.js";
import { Venue } from "../../simulation/venue.js";
import { sent } from "../lib/local-system.js";
import { type LocalChain, type LocalMarket, nextBlockAt, timeOf } from "./chain.js";
import type { Play } from "./crises.js";
import { Book, fundLiquidator, liquidate, nothing, type Outcome } from "./liquidations.js";
import { priceNumber } from "./texts.js";

const GAS = 260_000;
/** Parts of the capital that are tried, the largest first. */
const PARTS = [100n, 50n, 25n, 10n, 3n];
const PRICE_DIGITS = 10n ** 9n;
const PRICE_SCALE = 10n ** 36n;
const BPS = 10_000n;

export type Played = Outcome & { first: bigint; lowest: bigint; last: bigint; step: number };

export class Replay {
  readonly #chain: LocalChain;
  readonly #market: LocalMarket;
  readonly #play: Play;
  #step = 0;
  #price = 0n;
  #isStopped = false;

  constructor(chain: LocalChain, market: LocalMarket, play: Play) {
    this.#chain = chain;
    this.#market = market;
    this.#play = play;
  }

  get running(): Running {
    const { crisis, ticks } = this.#play;
    const date = new Date((ticks[this.#step]?.time ?? 0) * 1_000).toISOString();
    const price = priceNumber(this.#price, this.#market);
    const { id, title, steps } = crisis;
    return { id, title, market: this.#market.name, step: this.#step + 1, steps, date, price };
  }

  /** After the price that is being played. */
  stop(): void {
    this.#isStopped = true;
  }

  async run(stepsPerSecond: number): Promise<Played> {
    const { ethers } = this.#chain;
    const { oracle } = this.#market;
    const { ticks } = this.#play;
    const [first] = await oracle.price();
    const firstTick = ticks[0] ?? { time: 0, price: 1 };
    const liquidators = await Liquidators.of(this.#chain, this.#market, this.#play);
    const started = await timeOf(ethers);
    const played: Played = { ...nothing(), first, lowest: first, last: first, step: 0 };
    let due = Date.now();
    for (const [step, { time, price }] of ticks.entries()) {
      if (this.#isStopped) break;
      const part = BigInt(Math.max(1, Math.round((price / firstTick.price) * Number(PRICE_DIGITS))));
      const now = (first * part) / PRICE_DIGITS;
      await nextBlockAt(ethers, started + 1 + time - firstTick.time);
      await sent(oracle.set(now, now, true));
      [this.#step, this.#price] = [step, now];
      await liquidators.act(time, now, played);
      played.lowest = now < played.lowest ? now : played.lowest;
      [played.last, played.step] = [now, step + 1];
      due += 1_000 / stepsPerSecond;
      await new Promise((resolve) => setTimeout(resolve, Math.max(0, due - Date.now())));
    }
    return played;
  }
}

type Liquidator = { capital: bigint; readonly due: { time: number; assets: bigint }[] };

class Liquidators {
  readonly #chain: LocalChain;
  readonly #market: LocalMarket;
  readonly #play: Play;
  readonly #venue: Venue;
  readonly #all: Liquidator[];
  readonly #unit: number;
  readonly #book: Book;
  /** What collateral is worth to who is just solvent, as a part of the debt. */
  readonly #solventBps: bigint;
  #since: ReadonlyMap<string, number> = new Map();

  constructor(chain: LocalChain, market: LocalMarket, play: Play, debt: number, lifFloorBps: bigint) {
    this.#chain = chain;
    this.#market = market;
    this.#play = play;
    this.#unit = 10 ** market.asset.decimals;
    this.#book = new Book(chain, market);
    this.#solventBps = (BPS * BPS) / lifFloorBps;
    const { scenario, ticks } = play;
    const scale = debt / scenario.borrowers.debt;
    const terms = { ...scenario.venue, onePercent: scenario.venue.onePercent * scale };
    this.#venue = new Venue(terms, ticks[0]?.time ?? 0);
    const capital = this.#assets(scenario.liquidators.capital * scale);
    this.#all = Array.from({ length: scenario.liquidators.count }, () => ({ capital, due: [] }));
  }

  static async of(chain: LocalChain, market: LocalMarket, play: Play): Promise<Liquidators> {
    const { totals, terms } = await chain.lens.market(await market.pool.getAddress());
    const debt = Number(totals.debtAssets) / 10 ** market.asset.decimals;
    await fundLiquidator(chain, market);
    return new Liquidators(chain, market, play, Math.max(1, debt), terms.lifFloorBps);
  }

  async act(time: number, price: bigint, outcome: Outcome): Promise<void> {
    const { scenario, ticks, gas } = this.#play;
    const terms = scenario.liquidators;
    this.#venue.pass(time);
    for (const each of this.#all) {
      while (each.due[0] !== undefined && each.due[0].time <= time) each.capital += each.due.shift()?.assets ?? 0n;
    }
    const gwei = gas.length === 0 ? scenario.gas.gwei : at(gas, time);
    const wait = terms.minutes * 60 * Math.floor(gwei / terms.congestedGwei);
    const gasCost = GAS * gwei * 1e-9 * scenario.gas.coinPrice;
    const isAbsent = isWithin(terms.absentHours, (time - (ticks[0]?.time ?? 0)) / 3_600);
    const open = await this.#book.under(price);
    this.#since = new Map(open.map(({ borrower }) => [borrower, this.#since.get(borrower) ?? time]));
    let insolventPay = true;
    for (const position of open) {
      const since = this.#since.get(position.borrower) ?? time;
      if (isAbsent || time < since + wait) continue;
      // For an insolvent one each pays the same part of what it gets: what does not pay once pays nowhere.
      const isInsolvent = position.debtAssets * BPS > ((position.collateral * price) / PRICE_SCALE) * this.#solventBps;
      if (isInsolvent && !insolventPay) continue;
      const isTaken = await this.#take(position.borrower, price, time, gasCost, outcome);
      if (isInsolvent) insolventPay = isTaken;
    }
  }

  /** By the first who has something to pay with; what does not pay for one pays for nobody. */
  async #take(borrower: string, price: bigint, time: number, gasCost: number, outcome: Outcome): Promise<boolean> {
    const { pool } = this.#market;
    const { market, liquidators } = this.#play.scenario;
    const least = this.#assets(market.minDebt);
    const liquidator = this.#all.find(({ capital }) => capital >= least);
    if (liquidator === undefined) return false;
    for (const part of PARTS) {
      const most = (liquidator.capital * part) / 100n;
      const [repaid, seized] = await pool.previewLiquidation(borrower, most);
      if (repaid === 0n || seized === 0n) continue;
      const value = Number((seized * price) / PRICE_SCALE) / this.#unit;
      const profit = this.#venue.quote(value) - Number(repaid) / this.#unit - gasCost;
      if (profit < liquidators.leastProfit) continue;
      await liquidate(this.#chain, this.#market, borrower, most, outcome);
      this.#venue.sell(value);
      liquidator.capital -= repaid;
      liquidator.due.push({ time: time + liquidators.turnMinutes * 60, assets: repaid });
      return true;
    }
    return false;
  }

  #assets(tokens: number): bigint {
    return BigInt(Math.floor(tokens * 100)) * 10n ** BigInt(this.#market.asset.decimals - 2);
  }
}
