// The market that a scenario describes: the pool and everyone in it, ready for the first step. What agents do goes
// through `act`: on the model at once, and written down, so that the contracts can be asked to do the same.
import { Fund, type ModelEvent, Pool, type Position, Refusal } from "../sdk/model/index.js";
import { applyToModel, type Operation, type Value, type World as ModelWorld } from "../sdk/model/operations.js";
import { Random } from "../sdk/model/random.js";
import { Problem } from "./problem.js";
import type { Scenario } from "./scenario.js";

export const ORACLE = "oracle one";
/** What a governor puts in its place; there if the scenario has one. */
export const ORACLE_TWO = "oracle two";
/** Seconds from deployment to the first step: everyone has come in by then. */
export const SET_UP_SECONDS = 3_600n;

export type Supplier = {
  readonly name: string;
  readonly policy: "stay" | "price" | "utilisation" | "news";
  /** Seconds from the reason to the first attempt. */
  readonly delay: number;
  readonly supplied: number;
};

export type Borrower = {
  readonly name: string;
  readonly policy: "top up" | "deleverage" | "walk away";
  /** What is left to save the position with: collateral or assets, in the loan asset at the start. */
  spare: number;
};

export type Insurer = { readonly name: string; readonly flees: boolean; readonly staked: number };

export type Acted = { ok: true } | { ok: false; reason: string };

/** What was done, when, and what came of it on the model. */
export type Deed = { readonly operation: Operation; readonly time: bigint; readonly outcome: ModelOutcome };
export type ModelOutcome = { events: ModelEvent[] } | { refusal: string; values: unknown[] };

/** The spread of the logarithm of insurers' stakes; and what a borrower has beside the position, as a part of the debt. */
const STAKE_INEQUALITY = 0.5;
const MOST_SPARE = 0.3;

/** Tokens of each kind that everyone starts with: nobody is ever short of them but by an agent's own rule. */
export const PURSE_TOKENS = 10n ** 12n;

export class World {
  readonly scenario: Scenario;
  readonly random: Random;
  readonly model: ModelWorld;
  readonly suppliers: Supplier[] = [];
  readonly borrowers: Borrower[] = [];
  readonly insurers: Insurer[] = [];
  readonly liquidators: string[];
  /** What was done since it was last taken, in order. */
  done: Deed[] = [];
  readonly purses = new Map<string, { asset: bigint; collateral: bigint }>();
  readonly #unit: { asset: number; collateral: number };
  readonly #scale: number;
  readonly #ratios = new WeakMap<Position, { debtShares: number; ratio: number }>();
  #waited = 0n;
  /** Unix seconds at which the pool was created. */
  readonly createdAt: bigint;

  /** `PoolOf` is the rule for bad debt that is compared with Mutua's. */
  constructor(scenario: Scenario, seed: number, firstPrice: number, time: bigint, PoolOf: typeof Pool = Pool) {
    this.scenario = scenario;
    this.random = new Random(4 * seed);
    const { market } = scenario;
    this.#unit = { asset: 10 ** market.assetDecimals, collateral: 10 ** market.collateralDecimals };
    this.#scale = 36 + market.assetDecimals - market.collateralDecimals;
    const price = this.oraclePrice(firstPrice);
    this.createdAt = time - SET_UP_SECONDS;
    const pool = new PoolOf(
      {
        assetDecimals: BigInt(market.assetDecimals),
        borrowLtvBps: bps(market.borrowLtv),
        lltvBps: bps(market.lltv),
        lifFloorBps: bps(market.lifFloor),
        lifMinBps: bps(market.lifMin),
        lifPeakBps: bps(market.lifPeak),
        repayTargetBps: bps(market.repayTarget),
        maxDeviationBps: bps(market.maxDeviation),
        reserveFeePercent: BigInt(Math.round(market.reserveFee * 100)),
        fundFeePercent: BigInt(Math.round(market.fundFee * 100)),
        reserveTargetBps: bps(market.reserveTarget),
        supplyCapTokens: 2_000_000_000n,
        borrowCapTokens: 2_000_000_000n,
        collateralCap: 10n ** BigInt(10 + market.collateralDecimals),
        minDebt: this.assets(market.minDebt),
        initialRateAtTarget: BigInt(Math.floor((market.rateAtTarget * 1e18) / (365 * 86_400))),
      },
      ORACLE,
      { low: price, high: price, ok: true },
      this.createdAt,
    );
    if (scenario.governor.newOracleAtHour !== undefined)
      pool.oracles.set(ORACLE_TWO, { low: price, high: price, ok: true });
    this.model = { pool, fund: new Fund(pool), heldCollateral: 0n, donated: { asset: 0n, collateral: 0n } };
    pool.events = [];
    this.advanceTo(time - SET_UP_SECONDS / 2n);
    this.liquidators = Array.from({ length: scenario.liquidators.count }, (_, i) => `liquidator ${i + 1}`);
    this.#addSuppliers(new Random(4 * seed + 1));
    this.#addInsurers(new Random(4 * seed + 2));
    this.#addBorrowers(new Random(4 * seed + 3), firstPrice);
    this.advanceTo(time);
  }

  get pool(): Pool {
    return this.model.pool;
  }

  get fund(): Fund {
    return this.model.fund;
  }

  // ---------------------------------------------------------------- units

  assets(tokens: number): bigint {
    return toUnits(tokens, this.#unit.asset);
  }

  collateral(tokens: number): bigint {
    return toUnits(tokens, this.#unit.collateral);
  }

  assetTokens(amount: bigint): number {
    return Number(amount) / this.#unit.asset;
  }

  collateralTokens(amount: bigint): number {
    return Number(amount) / this.#unit.collateral;
  }

  /** Nine digits are enough for a price, and the same on every engine. */
  oraclePrice(price: number): bigint {
    return BigInt(Math.round(price * 1e9)) * 10n ** BigInt(this.#scale - 9);
  }

  // ---------------------------------------------------------------- doing

  advanceTo(time: bigint): void {
    if (time <= this.pool.now) return;
    this.#waited += time - this.pool.now;
    this.pool.now = time;
  }

  act(caller: string, call: string, ...values: Value[]): Acted {
    const operation = { call, caller, values, wait: this.#waited };
    this.#waited = 0n;
    const emitted = this.pool.events?.length ?? 0;
    const time = this.pool.now;
    try {
      for (const { account, token, amount } of applyToModel(this.model, operation)) {
        if (token === "collateral") this.model.heldCollateral -= amount;
        const purse = this.purse(account);
        this.purses.set(account, { ...purse, [token]: purse[token] + amount });
      }
      this.done.push({ operation, time, outcome: { events: this.pool.events?.slice(emitted) ?? [] } });
      return { ok: true };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.done.push({ operation, time, outcome: { refusal: error.reason, values: [...error.values] } });
      return { ok: false, reason: error.reason };
    }
  }

  purse(account: string): { asset: bigint; collateral: bigint } {
    const { assetDecimals, collateralDecimals } = this.scenario.market;
    return (
      this.purses.get(account) ?? {
        asset: PURSE_TOKENS * 10n ** BigInt(assetDecimals),
        collateral: PURSE_TOKENS * 10n ** BigInt(collateralDecimals),
      }
    );
  }

  // ---------------------------------------------------------------- who owes what, in floating point

  /** Debt shares of everyone who has some, and their ratio to the collateral, in smallest units. */
  *loans(): Generator<{ borrower: Borrower; debtShares: number; ratio: number }> {
    for (const borrower of this.borrowers) {
      const position = this.pool.positionOf(borrower.name);
      if (position.debtShares === 0n) continue;
      let known = this.#ratios.get(position);
      if (known === undefined) {
        const debtShares = Number(position.debtShares);
        known = { debtShares, ratio: debtShares / Number(position.collateral) };
        this.#ratios.set(position, known);
      }
      yield { borrower, ...known };
    }
  }

  /** Who is at this part of the limit or above it, at the oracle's high. */
  near(part: number): Borrower[] {
    const index = Number(this.pool.accrued().index) / 1e18;
    const limit = (part * Number(this.pool.lltvNow()) * Number(this.pool.price().high)) / (1e40 * index);
    const found: Borrower[] = [];
    for (const { borrower, ratio } of this.loans()) if (ratio >= limit) found.push(borrower);
    return found;
  }

  /** Everyone who may do something. */
  get everyone(): string[] {
    return [
      ...this.suppliers.map(({ name }) => name),
      ...this.insurers.map(({ name }) => name),
      ...this.borrowers.map(({ name }) => name),
      ...this.liquidators,
      "keeper",
      "treasury",
      "governor",
    ];
  }

  /** For what a scenario needs to begin with: it must work. */
  #must(caller: string, call: string, ...values: Value[]): void {
    const acted = this.act(caller, call, ...values);
    if (acted.ok) return;
    throw new Problem(`${this.scenario.name}: at the start ${caller} can't ${call}: the pool answers ${acted.reason}`);
  }

  // ---------------------------------------------------------------- who there is

  // Each kind has random numbers of its own: without insurers the borrowers are still the same.

  #addSuppliers(random: Random): void {
    const { suppliers, reserve } = this.scenario;
    const { onPrice, onUtilisation, onNews } = suppliers;
    for (const [i, assets] of parts(random, suppliers.count, suppliers.assets, suppliers.inequality).entries()) {
      const name = `supplier ${i + 1}`;
      const draw = random.part();
      const policy =
        draw < onPrice
          ? "price"
          : draw < onPrice + onUtilisation
            ? "utilisation"
            : draw < onPrice + onUtilisation + onNews
              ? "news"
              : "stay";
      this.suppliers.push({ name, policy, delay: random.part() * suppliers.slowestHours * 3_600, supplied: assets });
      this.#must(name, "deposit", this.assets(assets), name, 0n);
    }
    if (reserve > 0) this.#must("treasury", "topUpReserve", this.assets(reserve));
  }

  #addInsurers(random: Random): void {
    const { insurers } = this.scenario;
    for (const [i, stake] of parts(random, insurers.count, insurers.stake, STAKE_INEQUALITY).entries()) {
      const name = `insurer ${i + 1}`;
      this.insurers.push({ name, flees: random.part() < insurers.flee, staked: stake });
      if (stake === 0) continue;
      this.#must(name, "approve", "fund", (1n << 256n) - 1n);
      this.#must(name, "deposit", this.assets(stake), name, 0n);
      this.#must(name, "stake", this.pool.balanceOf(name), name, 0n);
    }
  }

  #addBorrowers(random: Random, price: number): void {
    const { borrowers, market } = this.scenario;
    for (const [i, size] of parts(random, borrowers.count, borrowers.debt, borrowers.inequality).entries()) {
      const name = `borrower ${i + 1}`;
      const debt = Math.max(size, market.minDebt * 1.01);
      const ltv = Math.min(
        market.borrowLtv - 0.002,
        Math.max(0.05, borrowers.ltv + borrowers.spread * random.normal()),
      );
      const draw = random.part();
      const policy =
        draw < borrowers.topUp ? "top up" : draw < borrowers.topUp + borrowers.deleverage ? "deleverage" : "walk away";
      this.borrowers.push({ name, policy, spare: debt * random.part() * MOST_SPARE });
      this.#must(name, "supplyCollateral", this.collateral(debt / ltv / price), name);
      this.#must(name, "borrow", this.assets(debt), name, name);
    }
  }
}

/** Random parts of a sum; `inequality` is the spread of their logarithm. */
function parts(random: Random, count: number, sum: number, inequality: number): number[] {
  const weights = Array.from({ length: count }, () => Math.exp(inequality * random.normal()));
  const all = weights.reduce((total, weight) => total + weight, 0);
  // Cents, so that no digit hangs on the last bit of a float.
  return weights.map((weight) => Math.floor((sum * weight * 100) / all) / 100);
}

const bps = (value: number): bigint => BigInt(Math.round(value * 10_000));

function toUnits(tokens: number, unit: number): bigint {
  // Six digits of a token, and the rest zeros.
  return unit >= 1e6 ? BigInt(Math.round(tokens * 1e6)) * BigInt(unit / 1e6) : BigInt(Math.floor(tokens * unit));
}
