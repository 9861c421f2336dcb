// One path through a scenario: the price moves, the feed reports, everyone acts in turn, and what became of the pool is
// written down step by step.
import { readFileSync } from "node:fs";
import path from "node:path";

import type { Pool } from "../sdk/model/index.js";
import { borrowersAct } from "./agents/borrowers.js";
import { governorActs } from "./agents/governor.js";
import { Insurers } from "./agents/insurers.js";
import { keeperActs } from "./agents/keeper.js";
import { Liquidators } from "./agents/liquidators.js";
import { Suppliers } from "./agents/suppliers.js";
import type { Note, View } from "./agents/view.js";
import { Feed } from "./feed.js";
import { Problem } from "./problem.js";
import type { Scenario } from "./scenario.js";
import { at, between, readSeries, stretched, type Tick, ticksOf } from "./series.js";
import { Venue } from "./venue.js";
import { ORACLE, World } from "./world.js";

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

export type Loss = { time: number; loss: number; fromReserve: number; fromFund: number; haircut: number };

export type Outcome = {
  rows: Row[];
  losses: Loss[];
  notes: (Note & { time: number })[];
  /** What each supplier put in, took out and when, and what the rest is worth at the end. */
  suppliers: { name: string; policy: string; supplied: number; taken: number; lastExit?: number; left: number }[];
  insurers: { name: string; staked: number; taken: number; left: number }[];
};

/** The engine beside the model, if there is one: told of each step's operations in order. */
export type Follower = (world: World) => Promise<void>;

export function loadTicks(scenario: Scenario, series: string): Tick[] {
  const isOwn = series.endsWith(".csv");
  const file = isOwn ? path.resolve(scenario.folder, series) : path.join(DATA, `${series}.csv`);
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Problem(`${scenario.name}: price.series: there is no file ${file}`);
  }
  return ticksOf(readSeries(text, path.basename(file)), scenario.price.shape);
}

/** The market's prices in the scenario's window. */
export function pathOf(scenario: Scenario): Tick[] {
  const { series, from, until, stretch, invert } = scenario.price;
  const all = loadTicks(scenario, series);
  const window = between(
    all,
    from === undefined ? -Infinity : Date.parse(from) / 1_000,
    until === undefined ? Infinity : Date.parse(until) / 1_000,
  );
  if (window.length < 2)
    throw new Problem(`${scenario.name}: price.from and until leave ${window.length} rows of the series`);
  const ticks = invert ? window.map(({ time, price }) => ({ time, price: 1 / price })) : window;
  return stretched(ticks, stretch);
}

export async function run(
  scenario: Scenario,
  ticks: readonly Tick[],
  gas: readonly Tick[],
  seed: number,
  follow?: Follower,
  PoolOf?: typeof Pool,
): Promise<Outcome> {
  const first = ticks[0] as Tick;
  const world = new World(scenario, seed, first.price, BigInt(first.time), PoolOf);
  if (follow !== undefined) await follow(world);
  world.done = [];
  world.pool.events = [];
  const feed = new Feed(scenario.oracle, first.price, first.time);
  const venue = new Venue(scenario.venue, first.time);
  const liquidators = new Liquidators();
  const suppliers = new Suppliers();
  const insurers = new Insurers();
  const outcome: Outcome = { rows: [], losses: [], notes: [], suppliers: [], insurers: [] };
  const exits = new Map<string, { taken: number; last: number }>();
  let peak = first.price;
  let [shortfallSince, haircutSince]: (number | undefined)[] = [];
  let shown = { low: 0n, high: 0n, ok: false };

  for (const { time, price } of ticks) {
    world.advanceTo(BigInt(time));
    venue.pass(time);
    peak = Math.max(peak, price);
    const seen = feed.observe(time, first.time, price);
    const next = { low: world.oraclePrice(seen.value), high: world.oraclePrice(feed.last), ok: seen.ok };
    if (next.low !== shown.low || next.high !== shown.high || next.ok !== shown.ok) {
      shown = next;
      world.act("nobody", "price", ORACLE, next.low, next.high, next.ok);
    }
    if (shortfallSince === undefined && world.pool.currentShortfall() > 0n) shortfallSince = time;

    const note = (event: Note): void => {
      outcome.notes.push({ time, ...event });
      if (event.kind !== "left") return;
      const exit = exits.get(event.who) ?? { taken: 0, last: time };
      exits.set(event.who, { taken: exit.taken + event.assets, last: time });
    };
    const view: View = {
      world,
      venue,
      time,
      elapsed: time - first.time,
      price,
      peak,
      gwei: gas.length === 0 ? scenario.gas.gwei : at(gas, time),
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
      const [, , loss, fromReserve, fromFund, haircut] = values as bigint[];
      const tokens = (amount: bigint | undefined): number => world.assetTokens(amount ?? 0n);
      outcome.losses.push({
        time,
        loss: tokens(loss),
        fromReserve: tokens(fromReserve),
        fromFund: tokens(fromFund),
        haircut: tokens(haircut),
      });
      if ((haircut ?? 0n) > 0n) haircutSince ??= time;
    }
    world.pool.events = [];
    outcome.rows.push(rowOf(world, time, price));
    if (follow !== undefined) await follow(world);
    world.done = [];
  }

  for (const { name, policy, supplied } of world.suppliers) {
    const exit = exits.get(name);
    const left = world.assetTokens(world.pool.convertToAssets(world.pool.balanceOf(name)));
    const lastExit = exit === undefined ? {} : { lastExit: exit.last };
    outcome.suppliers.push({ name, policy, supplied, taken: exit?.taken ?? 0, ...lastExit, left });
  }
  for (const { name, staked } of world.insurers) {
    const units = world.fund.balanceOf(name);
    const cooling = world.fund
      .openRequests(name)
      .reduce((sum, id) => sum + (world.fund.requestOf(id)?.coolingUnits ?? 0n), 0n);
    const shares = world.fund.convertToAssets(units) + world.pool.previewLeaveFund(cooling).paid;
    const left = world.assetTokens(world.pool.convertToAssets(shares));
    outcome.insurers.push({ name, staked, taken: exits.get(name)?.taken ?? 0, left });
  }
  return outcome;
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
  for (const { name } of world.borrowers) {
    const position = pool.positionOf(name);
    if (position.debtShares === 0n) continue;
    const debt = world.assetTokens((position.debtShares * totals.index) / 10n ** 18n);
    const ltv = debt / (world.collateralTokens(position.collateral) * price);
    const bin = Math.min(BOOK_BINS - 1, Math.max(0, Math.floor((ltv - BOOK_FROM) / BOOK_STEP) + 1));
    book[bin] = (book[bin] ?? 0) + debt;
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
