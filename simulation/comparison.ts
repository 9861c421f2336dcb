// The same path under four rules for bad debt, and what each supplier lost under each, by the time it left.
//
// What a supplier has at the end is what could really be paid then, not what the books say. The money there is: cash, what
// the pool holds for certificates, and the debt less the open shortfall, which is what the oracle says the debtors can't
// pay. Where a loss lowers everybody's claim, that money is shared by shares. Where a deficit is never priced, claims stay
// whole and money does not suffice: they are paid in the order in which suppliers come, those first who had begun to leave,
// then by number, until there is nothing left.
import { min, mulDown, POOL, VIRTUAL_SHARES, WAD } from "../sdk/model/index.js";
import { FirstComePool, MECHANISMS, type Mechanism, UnpricedPool } from "./mechanisms.js";
import { thinned } from "./report/thin.js";
import { type Row, run } from "./run.js";
import type { Scenario } from "./scenario.js";
import type { Tick } from "./series.js";
import { PURSE_TOKENS, type World } from "./world.js";

export type Fate = {
  readonly name: string;
  readonly policy: string;
  readonly supplied: number;
  /** What it got out, and when last; nothing if it never got anything. */
  readonly taken: number;
  readonly lastExit?: number;
  /** What the rest is worth, and what the books say it is. */
  readonly left: number;
  readonly paper: number;
  /** Part of what it supplied; below zero where interest was more. */
  readonly loss: number;
};

export type Result = {
  readonly mechanism: Mechanism;
  readonly title: string;
  readonly about: string;
  readonly isInsured: boolean;
  readonly suppliers: readonly Fate[];
  /** Bad debt: booked, and still open at the end; what loans earned, and what came back after a loss. */
  readonly booked: number;
  readonly open: number;
  readonly interest: number;
  readonly recovered: number;
  /**
   * What each group has put in and neither got out nor has left, interest and all: together booked + open − interest −
   * recovered. Below zero where a group earned more than it lost.
   */
  readonly reserveLoss: number;
  readonly insurersLoss: number;
  readonly suppliersLoss: number;
  /** What leavers were paid beyond their part of what the oracle said the pool could pay: it is missing to the rest. */
  readonly excess: number;
  /** Loss of those who had left with all they had, and of the rest: parts of what they supplied. */
  readonly lossOfLeavers: number;
  readonly lossOfStayers: number;
  readonly least: number;
  readonly most: number;
};

export type Comparison = {
  readonly from: number;
  readonly until: number;
  readonly results: readonly Result[];
  /** What a share was paid at under each rule, in their order: fewer steps than there were, with every extreme. */
  readonly paid: readonly { readonly time: number; readonly prices: readonly number[] }[];
};

const PARTS = 100;
/** Left with all but a thousandth is left. */
const REST = 0.001;

export async function compare(
  scenario: Scenario,
  ticks: readonly Tick[],
  gas: readonly Tick[],
  seed: number,
): Promise<Comparison> {
  const results: Result[] = [];
  const paid = ticks.map(({ time }) => ({ time, prices: [] as number[] }));
  for (const mechanism of Object.keys(MECHANISMS) as Mechanism[]) {
    const { result, rows } = await resultOf(mechanism, scenario, ticks, gas, seed);
    results.push(result);
    for (const [i, { exitPrice }] of rows.entries()) paid[i]?.prices.push(exitPrice);
  }
  return {
    from: ticks[0]?.time ?? 0,
    until: ticks.at(-1)?.time ?? 0,
    results,
    paid: thinned(paid, ({ prices }) => prices, PARTS),
  };
}

/** Without insurance nobody stakes, and suppliers get all of the interest. The draws of everyone else stay the same. */
export function uninsured(scenario: Scenario): Scenario {
  return {
    ...scenario,
    reserve: 0,
    insurers: { ...scenario.insurers, stake: 0 },
    market: { ...scenario.market, reserveFee: 0, fundFee: 0, reserveTarget: 0 },
  };
}

async function resultOf(
  mechanism: Mechanism,
  scenario: Scenario,
  ticks: readonly Tick[],
  gas: readonly Tick[],
  seed: number,
): Promise<{ result: Result; rows: readonly Row[] }> {
  const { title, about, Pool: PoolOf, isInsured } = MECHANISMS[mechanism];
  const tally = new Tally();
  const outcome = await run(
    isInsured ? scenario : uninsured(scenario),
    ticks,
    gas,
    seed,
    (world) => tally.take(world),
    PoolOf,
  );
  return { result: { mechanism, title, about, isInsured, ...tally.result() }, rows: outcome.rows };
}

/** Follows a run: who took money out when, and what was lost and came back. */
class Tally {
  #world: World | undefined;
  readonly #lastExit = new Map<string, number>();
  #booked = 0n;
  #recovered = 0n;

  async take(world: World): Promise<void> {
    this.#world = world;
    for (const { operation, time, outcome } of world.done) {
      if (!("events" in outcome)) continue;
      if (operation.call === "redeem") this.#lastExit.set(operation.caller, Number(time));
      for (const { name, values } of outcome.events) {
        if (name === "LossRealised") this.#booked += values[2] as bigint;
        if (name === "Recovered") this.#recovered += (values[1] as bigint) + (values[2] as bigint);
      }
    }
  }

  result(): Omit<Result, "mechanism" | "title" | "about" | "isInsured"> {
    const world = this.#world;
    if (world === undefined) throw new Error("Nothing was run.");
    const { pool } = world;
    const tokens = (amount: bigint): number => world.assetTokens(amount);
    // Pending fees become shares of reserve and fund, which changes no price.
    pool.transfer("keeper", POOL, 0n);
    const open = pool.currentShortfall();

    const left = this.#left(world, open);
    const suppliers = world.suppliers.map(({ name, policy, supplied }): Fate => {
      const taken = tokens(gainOf(world, name)) + supplied;
      const has = tokens(left.get(name) ?? 0n);
      const lastExit = this.#lastExit.get(name);
      return {
        name,
        policy,
        supplied,
        taken,
        ...(lastExit === undefined ? {} : { lastExit }),
        left: has,
        paper: tokens(paperOf(world, pool.balanceOf(name))),
        loss: 1 - (taken + has) / supplied,
      };
    });

    const { debt, reserve, fund } = pool.totals();
    const layers = pool.previewWaterfall(open);
    const insurers = world.insurers.map(({ name }) => name);
    const insurersLeft =
      paperOf(world, fund) - layers.fromFund + sumOf(insurers, (name) => worthOf(world, pool.balanceOf(name), name));
    const reserveLeft = paperOf(world, reserve) - layers.fromReserve;
    // What borrowers, and those who pay for them, have got so far: the pool is the other side.
    const others = [...world.borrowers.map(({ name }) => name), ...world.liquidators, "keeper"];
    const lent = sumOf(others, (name) => gainOf(world, name));
    const gone = suppliers.filter((fate) => fate.lastExit !== undefined && fate.left <= fate.supplied * REST);
    return {
      suppliers,
      booked: tokens(this.#booked),
      open: tokens(open),
      interest: tokens(debt - lent - this.#recovered + this.#booked),
      recovered: tokens(this.#recovered),
      reserveLoss: tokens(-gainOf(world, "treasury") - reserveLeft),
      insurersLoss: tokens(-sumOf(insurers, (name) => gainOf(world, name)) - insurersLeft),
      suppliersLoss: suppliers.reduce((sum, fate) => sum + fate.supplied - fate.taken - fate.left, 0),
      // Mutua's exit price is that part.
      excess: pool instanceof FirstComePool ? tokens(pool.excess) : 0,
      lossOfLeavers: lossOf(gone),
      lossOfStayers: lossOf(suppliers.filter((fate) => !gone.includes(fate))),
      least: Math.min(...suppliers.map(({ loss }) => loss)),
      most: Math.max(...suppliers.map(({ loss }) => loss)),
    };
  }

  #left(world: World, open: bigint): Map<string, bigint> {
    const { pool } = world;
    const names = world.suppliers.map(({ name }) => name);
    const { cash, debt } = pool.totals();
    const paper = (name: string): bigint => paperOf(world, pool.balanceOf(name));
    if (pool instanceof UnpricedPool) {
      let money = cash + debt - open;
      const isLeaving = (name: string): boolean => this.#lastExit.has(name);
      const queue = [...names.filter(isLeaving), ...names.filter((name) => !isLeaving(name))];
      return new Map(
        queue.map((name) => {
          const paid = min(money, paper(name));
          money -= paid;
          return [name, paid];
        }),
      );
    }
    if (pool instanceof FirstComePool) {
      return new Map(names.map((name) => [name, mulDown(paper(name), cash + debt - open, cash + debt)]));
    }
    return new Map(names.map((name) => [name, worthOf(world, pool.balanceOf(name), name)]));
  }
}

/** Out of the pool less into it, over the whole run. */
const gainOf = (world: World, name: string): bigint =>
  world.purse(name).asset - PURSE_TOKENS * 10n ** BigInt(world.scenario.market.assetDecimals);

/** What the books say that shares are worth. */
const paperOf = ({ pool }: World, shares: bigint): bigint => mulDown(shares, pool.grossPrice(), WAD * VIRTUAL_SHARES);

/** What Mutua pays for shares, and what it owes their holder out of recoveries. */
const worthOf = ({ pool }: World, shares: bigint, holder: string): bigint =>
  pool.convertToAssets(shares) + pool.certificateOf(holder).claimable;

const sumOf = <T>(list: readonly T[], of: (item: T) => bigint): bigint =>
  list.reduce((sum, item) => sum + of(item), 0n);

function lossOf(fates: readonly Fate[]): number {
  const supplied = fates.reduce((sum, fate) => sum + fate.supplied, 0);
  const has = fates.reduce((sum, fate) => sum + fate.taken + fate.left, 0);
  return supplied === 0 ? 0 : 1 - has / supplied;
}
