// One path through a scenario: the price moves, the feed reports, everyone acts in turn, and what became of the pool is
// written down step by step.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import type { Pool } from "../sdk/model/index.js";
import { borrowersAct } from "./agents/borrowers.js";
import { governorActs } from "./agents/governor.js";
import { Insurers } from "./agents/insurers.js";
import { keeperActs } from "./agents/keeper.js";
import { Liquidators } from "./agents/liquidators.js";
import { Suppliers } from "./agents/suppliers.js";
import { NEAR, type Note, type View } from "./agents/view.js";
import { requireConserved } from "./conservation.js";
import { Feed, isWithin } from "./feed.js";
import { Problem } from "./problem.js";
import type { OracleTerms, Scenario } from "./scenario.js";
import { at, readSeries, stretched, type Tick, ticksOf, window } from "./series.js";
import { Venue } from "./venue.js";
import { ORACLE, ORACLE_TWO, World } from "./world.js";

export const DATA = path.join(import.meta.dirname, "data");

export type Row = {
  time: number;
  price: number;
  low: number;
  high: number;
  ok: boolean;
  cash: number;
  debt: number;
  gross: number;
  reserve: number;
  fund: number;
  shortfall: number;
  uncovered: number;
  grossPrice: number;
  exitPrice: number;
  utilisation: number;
  borrowRate: number;
  estate: number;
  /** Debt by loan-to-value, in steps of a twentieth from 0.5 on; all below in the first. */
  book: number[];
};

export type Loss = {
  time: number;
  borrower: string;
  loss: number;
  fromReserve: number;
  fromFund: number;
  haircut: number;
  /** What the loss took off a share's gross price, as a part of it. */
  part: number;
};

export type Outcome = {
  rows: Row[];
  losses: Loss[];
  notes: (Note & { time: number })[];
  /** What each supplier put in, took out and when, and what the rest is worth at the end. */
  suppliers: {
    name: string;
    policy: string;
    /** Seconds from the reason to the first attempt. */
    delay: number;
    supplied: number;
    taken: number;
    firstExit?: number;
    lastExit?: number;
    left: number;
  }[];
  insurers: { name: string; staked: number; taken: number; left: number }[];
  /** Debt at the end in positions that could be liquidated. */
  overdue: number;
};

/** The engine beside the model, if there is one: told of each step's operations in order, and closed at the end. */
export type Follower = ((world: World) => Promise<void>) & { close?: (() => Promise<void>) | undefined };

/** A series of the data folder by its name, or a CSV of one's own by its path from the scenario. */
function seriesFile(scenario: Scenario, series: string, key: string): string {
  const file = series.endsWith(".csv") ? path.resolve(scenario.folder, series) : path.join(DATA, `${series}.csv`);
  if (existsSync(file)) return file;
  const shipped = readdirSync(DATA).filter((name) => name.endsWith(".csv"));
  throw new Problem(
    `${path.basename(scenario.file)}: ${key}: found "${series}", must be a path to a .csv or one of ` +
      shipped.map((name) => name.replace(/\.csv$/u, "")).join(", "),
  );
}

/** Every file that a scenario is made of. */
export function filesOf(scenario: Scenario): string[] {
  const { price, gas } = scenario;
  const files = [scenario.file, seriesFile(scenario, price.series, "price.series")];
  if (gas.series !== undefined) files.push(seriesFile(scenario, gas.series, "gas.series"));
  return files;
}

/** All of a series, or its rows from one time to another. */
export function loadTicks(
  scenario: Scenario,
  series: string,
  from = -Infinity,
  until = Infinity,
  column = scenario.price.column,
): Tick[] {
  const file = seriesFile(scenario, series, "price.series");
  const rows = readSeries(readFileSync(file, "utf8"), path.basename(file), column);
  return ticksOf(window(rows, path.basename(file), from, until), scenario.price.shape);
}

const secondsOf = (instant: string | undefined): number | undefined =>
  instant === undefined ? undefined : Date.parse(instant) / 1_000;

/** The market's prices in the scenario's window. */
export function pathOf(scenario: Scenario): Tick[] {
  const { series, from, until, stretch, invert } = scenario.price;
  const ticks = loadTicks(scenario, series, secondsOf(from), secondsOf(until));
  return stretched(invert ? ticks.map(({ time, price }) => ({ time, price: 1 / price })) : ticks, stretch);
}

/** Gas prices: the series where it has rows, the one figure before and after them. */
export function gasOf(scenario: Scenario): Tick[] {
  const { series, column, gwei } = scenario.gas;
  if (series === undefined) return [];
  const file = seriesFile(scenario, series, "gas.series");
  const rows = readSeries(readFileSync(file, "utf8"), path.basename(file), column);
  const ticks = ticksOf(rows, "close");
  const [last, before] = [ticks.at(-1), ticks.at(-2)] as [Tick, Tick];
  return [{ time: -Infinity, price: gwei }, ...ticks, { time: 2 * last.time - before.time, price: gwei }];
}

export async function run(
  scenario: Scenario,
  ticks: readonly Tick[],
  gas: readonly Tick[],
  seed: number,
  follow?: Follower,
  PoolOf?: typeof Pool,
): Promise<Outcome> {
  try {
    return await play(scenario, ticks, gas, seed, follow, PoolOf);
  } finally {
    await follow?.close?.();
  }
}

async function play(
  scenario: Scenario,
  ticks: readonly Tick[],
  gas: readonly Tick[],
  seed: number,
  follow: Follower | undefined,
  PoolOf: typeof Pool | undefined,
): Promise<Outcome> {
  const first = ticks[0] as Tick;
  const world = new World(scenario, seed, first.price, BigInt(first.time), PoolOf);
  if (follow !== undefined) await follow(world);
  world.done = [];
  world.pool.events = [];
  const feeds = [new Reporter(ORACLE, scenario.oracle, first)];
  if (scenario.governor.newOracleAtHour !== undefined) {
    const { frozenFrom: _, ...honest } = scenario.oracle;
    feeds.push(new Reporter(ORACLE_TWO, honest, first));
  }
  const venue = new Venue(scenario.venue, first.time);
  const liquidators = new Liquidators();
  const suppliers = new Suppliers();
  const insurers = new Insurers();
  const outcome: Outcome = { rows: [], losses: [], notes: [], suppliers: [], insurers: [], overdue: 0 };
  const exits = new Map<string, { taken: number; first: number; last: number }>();
  let peak = first.price;
  let [shortfallSince, haircutSince]: (number | undefined)[] = [];

  for (const { time, price } of ticks) {
    world.advanceTo(BigInt(time));
    venue.pass(time);
    peak = Math.max(peak, price);
    // While the sequencer is down nobody gets anything onto the chain.
    if (isWithin(scenario.oracle.sequencerOutages, (time - first.time) / 3_600)) {
      outcome.rows.push(rowOf(world, time, price));
      continue;
    }
    for (const each of feeds) each.report(world, time, first.time, price);
    if (shortfallSince === undefined && world.pool.currentShortfall() > 0n) shortfallSince = time;

    const note = (event: Note): void => {
      outcome.notes.push({ time, ...event });
      if (event.kind !== "left") return;
      const exit = exits.get(event.who) ?? { taken: 0, first: time };
      exits.set(event.who, { taken: exit.taken + event.assets, first: exit.first, last: time });
    };
    const view: View = {
      world,
      venue,
      time,
      elapsed: time - first.time,
      price,
      peak,
      gwei: gas.length === 0 ? scenario.gas.gwei : at(gas, time),
      near: world.near(NEAR * 0.999),
      shortfallSince,
      haircutSince,
      note,
    };
    liquidators.act(view);
    keeperActs(view);
    suppliers.act(view);
    borrowersAct(view);
    insurers.act(view);
    governorActs(view);

    for (const { name, values } of world.pool.events) {
      if (name !== "LossRealised") continue;
      const [, borrower, ...amounts] = values as [bigint, string, ...bigint[]];
      const [loss = 0n, fromReserve = 0n, fromFund = 0n, haircut = 0n, before = 0n, after = 0n] = amounts;
      if (fromReserve + fromFund + haircut !== loss) throw new Problem("conservation: the parts of a loss differ", 1);
      outcome.losses.push({
        time,
        borrower,
        loss: world.assetTokens(loss),
        fromReserve: world.assetTokens(fromReserve),
        fromFund: world.assetTokens(fromFund),
        haircut: world.assetTokens(haircut),
        part: haircut === 0n || before === 0n ? 0 : 1 - Number(after) / Number(before),
      });
      if (haircut > 0n) haircutSince ??= time;
    }
    world.pool.events = [];
    requireConserved(world);
    outcome.rows.push(rowOf(world, time, price));
    if (follow !== undefined) await follow(world);
    world.done = [];
  }

  for (const { name, policy, delay, supplied } of world.suppliers) {
    const exit = exits.get(name);
    const left = world.assetTokens(world.pool.convertToAssets(world.pool.balanceOf(name)));
    const times = exit === undefined ? {} : { firstExit: exit.first, lastExit: exit.last };
    outcome.suppliers.push({ name, policy, delay, supplied, taken: exit?.taken ?? 0, ...times, left });
  }
  for (const { name, staked } of world.insurers) {
    const units = world.fund.balanceOf(name);
    const cooling = world.fund
      .openRequests(name)
      .reduce((sum, id) => sum + (world.fund.requestOf(id)?.coolingUnits ?? 0n), 0n);
    const inFund = world.fund.convertToAssets(units) + world.pool.previewLeaveFund(cooling).paid;
    const left = world.assetTokens(world.pool.convertToAssets(inFund + world.pool.balanceOf(name)));
    outcome.insurers.push({ name, staked, taken: exits.get(name)?.taken ?? 0, left });
  }
  for (const { name } of world.near(NEAR)) {
    const { status, debt } = world.pool.position(name);
    if (status !== "Healthy" && status !== "None") outcome.overdue += world.assetTokens(debt);
  }
  return outcome;
}

/** Tells the pool's oracle what a feed says, when it says something else. */
class Reporter {
  readonly #name: string;
  readonly #feed: Feed;
  #shown = { low: 0n, high: 0n, ok: false };

  constructor(name: string, terms: OracleTerms, { price, time }: Tick) {
    this.#name = name;
    this.#feed = new Feed(terms, price, time);
  }

  report(world: World, time: number, start: number, price: number): void {
    const { value, ok } = this.#feed.observe(time, start, price);
    const next = { low: world.oraclePrice(value), high: world.oraclePrice(this.#feed.last), ok };
    const { low, high } = this.#shown;
    if (next.low === low && next.high === high && next.ok === this.#shown.ok) return;
    this.#shown = next;
    world.act("nobody", "price", this.#name, next.low, next.high, next.ok);
  }
}

const BOOK_FROM = 0.5;
const BOOK_STEP = 0.05;
const BOOK_BINS = 14;

function rowOf(world: World, time: number, price: number): Row {
  const { pool } = world;
  const { low, high, ok } = pool.price();
  const scale = 10 ** (36 + world.scenario.market.assetDecimals - world.scenario.market.collateralDecimals);
  const totals = pool.totals();
  const shortfall = pool.currentShortfall();
  const gross = pool.grossAssets();
  const grossPrice = Number(pool.grossPrice()) / 1e18;
  const exitPrice = Number(pool.exitPrice()) / 1e18;
  const worth = (shares: bigint): number => world.assetTokens(shares) * grossPrice * 1e-6;
  const book = Array.from({ length: BOOK_BINS }, () => 0);
  const index = Number(totals.index) / 1e18;
  const unit = 10 ** (world.scenario.market.collateralDecimals - world.scenario.market.assetDecimals);
  for (const { debtShares, ratio } of world.loans()) {
    const ltv = (ratio * index * unit) / price;
    const bin = Math.min(BOOK_BINS - 1, Math.max(0, Math.floor((ltv - BOOK_FROM) / BOOK_STEP) + 1));
    book[bin] = (book[bin] ?? 0) + (debtShares * index) / 10 ** world.scenario.market.assetDecimals;
  }
  return {
    time,
    price,
    low: Number(low) / scale,
    high: Number(high) / scale,
    ok,
    cash: world.assetTokens(totals.cash),
    debt: world.assetTokens(totals.debt),
    gross: world.assetTokens(gross),
    reserve: worth(totals.reserve),
    fund: worth(totals.fund),
    shortfall: world.assetTokens(shortfall),
    uncovered: world.assetTokens(gross) * (1 - exitPrice / grossPrice),
    grossPrice,
    exitPrice,
    utilisation: Number(pool.utilisation()) / 1e18,
    borrowRate: (Number(pool.borrowRate()) / 1e18) * 365 * 86_400,
    estate: world.collateralTokens(pool.state.estateCollateral) * price,
    book,
  };
}
