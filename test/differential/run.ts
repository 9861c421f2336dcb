// Plays operations on the contracts and on the model side by side and compares them after each one: the outcome or the
// refusal with its values, every event, all totals, prices and rates, and the accounts it names; now and then all of them.
import { inspect } from "node:util";

import { expect } from "chai";

import { Fund, type ModelEvent, Pool, Random, Refusal } from "../../sdk/model/index.js";
import { Chain, type Outcome, PURSE_TOKENS } from "../../scripts/lib/chain.js";
import { expectedState, expectedViews, type Word } from "../../scripts/lib/words.js";
import { Generator, WIND_DOWN } from "./generate.js";
import { ACTORS, type Decimals, ORACLES, parametersFor } from "./names.js";
import { applyToModel, type Operation, type World } from "../../sdk/model/operations.js";

/** Whole loan tokens for a whole collateral token. */
const FAIR_PRICE = 2_000n;
/** After each such many operations every account is compared, and the views that cost more. */
const FULL_EVERY = 12;

export const fairPrice = ({ asset, collateral }: Decimals): bigint =>
  (FAIR_PRICE * 10n ** (36n + asset)) / 10n ** collateral;

/** How often each call was accepted and refused, and each path walked. */
export type Tally = {
  calls: Map<string, { accepted: number; refused: number }>;
  refusals: Map<string, number>;
  paths: Map<string, number>;
};

export const newTally = (): Tally => ({ calls: new Map(), refusals: new Map(), paths: new Map() });

export class Pair {
  readonly chain: Chain;
  readonly decimals: Decimals;
  readonly tally: Tally;
  world: World;
  #purses = new Map<string, { asset: bigint; collateral: bigint }>();
  #played = 0;
  #hasRecovered = false;

  private constructor(chain: Chain, decimals: Decimals, tally: Tally) {
    this.chain = chain;
    this.decimals = decimals;
    this.tally = tally;
    this.world = this.#newWorld();
  }

  static async deploy(decimals: Decimals, tally = newTally()): Promise<Pair> {
    const chain = await Chain.deploy({
      parameters: parametersFor(decimals),
      collateralDecimals: decimals.collateral,
      price: fairPrice(decimals),
      actors: ACTORS,
      oracles: ORACLES,
    });
    return new Pair(chain, decimals, tally);
  }

  #newWorld(): World {
    const { asset, collateral } = this.decimals;
    const price = { low: fairPrice(this.decimals), high: fairPrice(this.decimals), ok: true };
    const pool = new Pool(parametersFor(this.decimals), ORACLES[0], price, this.chain.createdAt);
    pool.oracles.set(ORACLES[1], { ...price });
    pool.events = [];
    pool.now = this.chain.start;
    for (const name of ACTORS) {
      const purse = { asset: PURSE_TOKENS * 10n ** asset, collateral: PURSE_TOKENS * 10n ** collateral };
      this.#purses.set(name, purse);
    }
    return { pool, fund: new Fund(pool), heldCollateral: 0n, donated: { asset: 0n, collateral: 0n } };
  }

  /** Both sides as they were at the start. */
  async restart(): Promise<void> {
    await this.chain.restart();
    this.world = this.#newWorld();
    this.#played = 0;
    this.#hasRecovered = false;
    // Every actor lets the fund take shares for a stake.
    for (const name of ACTORS) {
      await this.play({ call: "approve", caller: name, values: ["fund", (1n << 256n) - 1n], wait: 0n });
    }
  }

  /** A generator of operations for this market as it stands. */
  generator(seed: number): Generator {
    const unit = { asset: 10n ** this.decimals.asset, collateral: 10n ** this.decimals.collateral };
    return new Generator(new Random(seed), this.world, ACTORS, unit, fairPrice(this.decimals));
  }

  async play(operation: Operation): Promise<void> {
    const { pool, fund } = this.world;
    pool.now += operation.wait;
    const expected = this.#playOnModel(operation);
    const actual = await this.chain.send(operation, pool.now);
    expect(actual, "outcome").to.deep.equal(expected);
    this.#count(operation, expected);

    const isFull = ++this.#played % FULL_EVERY === 0;
    const accounts = isFull ? ACTORS : this.#concerned(operation);
    compare(await this.chain.state(accounts), expectedState(this.world, this.#purses, accounts));
    if (!isFull) return;
    const ids = ACTORS.flatMap((name) => [...fund.openRequests(name)]);
    const amounts = [1n, pool.state.totals.cash / 3n, pool.totals().debt / 5n, pool.state.totals.shares / 7n];
    const amount = amounts[(this.#played / FULL_EVERY) % amounts.length] as bigint;
    compare(await this.chain.views(ACTORS, ids, amount), expectedViews(this.world, ACTORS, ids, amount));
  }

  /** The accounts that an operation names. */
  #concerned({ caller, values, parts }: Operation): string[] {
    const named = new Set<unknown>([caller, ...values, ...(parts ?? []).flatMap((part) => part.values)]);
    return ACTORS.filter((name) => named.has(name));
  }

  #playOnModel(operation: Operation): Outcome {
    const { pool } = this.world;
    pool.events = [];
    try {
      for (const { account, token, amount } of applyToModel(this.world, operation)) {
        if (token === "collateral") this.world.heldCollateral -= amount;
        const purse = this.#purses.get(account);
        if (purse !== undefined) purse[token] += amount;
      }
      return { events: pool.events };
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return { refusal: error.reason, values: [...error.values] };
    }
  }

  #count({ call, parts }: Operation, outcome: Outcome): void {
    const { calls, refusals, paths } = this.tally;
    const isAccepted = "events" in outcome;
    for (const name of [call, ...(parts ?? []).map((part) => part.call)]) {
      const counts = calls.get(name) ?? { accepted: 0, refused: 0 };
      ++counts[isAccepted ? "accepted" : "refused"];
      calls.set(name, counts);
    }
    if (!isAccepted) {
      refusals.set(outcome.refusal, (refusals.get(outcome.refusal) ?? 0) + 1);
      return;
    }
    for (const event of outcome.events) {
      for (const path of this.#pathsOf(event)) paths.set(path, (paths.get(path) ?? 0) + 1);
    }
  }

  #pathsOf({ name, values }: ModelEvent): string[] {
    const value = (i: number): bigint => values[i] as bigint;
    if (name === "Recovered") {
      if (value(1) > 0n) this.#hasRecovered = true;
      return [value(1) > 0n ? "recovery to certificates" : "recovery to the reserve"];
    }
    if (name === "Foreclosed") return ["foreclosure"];
    if (name === "FundLeft")
      return [value(3) < value(2) ? "claim from the fund, part of it withheld" : "claim from the fund"];
    if (name === "EstateSold") {
      return [value(3) > value(4) ? "estate above what was owed" : "estate at or below what was owed"];
    }
    if (name === "WindDownStarted") return ["wind-down"];
    if (name === "DepositsClosed") return ["closed after a near-total loss"];
    if (name !== "LossRealised") return [];
    const [, , , fromReserve, fromFund, haircut] = values as bigint[];
    const paths = [];
    if (haircut === 0n && fromFund === 0n) paths.push("loss covered by the reserve");
    if (haircut === 0n && fromFund !== 0n) paths.push("loss reaching the fund");
    if (haircut !== 0n) {
      paths.push("loss reaching suppliers");
      if (fromFund !== 0n) paths.push("fund wiped");
      if (fromReserve === 0n && fromFund === 0n) paths.push("loss with no cover left");
      if (this.#hasRecovered) paths.push("second incident, after a recovery");
    }
    return paths;
  }
}

function compare(actual: readonly bigint[], expected: readonly Word[]): void {
  const wrong: string[] = [];
  for (const [i, [name, value]] of expected.entries()) {
    if (actual[i] !== value) wrong.push(`${name}: the chain has ${actual[i]}, the model ${value}`);
  }
  if (actual.length !== expected.length) wrong.push(`the chain has ${actual.length} words, not ${expected.length}`);
  expect(wrong.join("\n"), "state").to.equal("");
}

/** Where a sequence went wrong, and what led there. */
export class Divergence extends Error {
  readonly operations: readonly Operation[];

  constructor(cause: unknown, operations: readonly Operation[]) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    const difference = cause instanceof Object && "actual" in cause && "expected" in cause ? describe(cause) : "";
    super(`${reason}${difference}`, { cause });
    this.name = "Divergence";
    this.operations = operations;
  }
}

function describe(cause: { actual: unknown; expected: unknown }): string {
  if (typeof cause.actual === "string") return "";
  return `\nthe chain: ${inspect(cause.actual, { depth: 6 })}\nthe model: ${inspect(cause.expected, { depth: 6 })}`;
}

/** Plays given operations from the start. */
async function replay(pair: Pair, operations: readonly Operation[]): Promise<void> {
  await pair.restart();
  for (const [i, operation] of operations.entries()) {
    try {
      await pair.play(operation);
    } catch (error) {
      throw new Divergence(error, operations.slice(0, i + 1));
    }
  }
}

/** Plays `length` random operations from the start. */
export async function playRandom(pair: Pair, seed: number, length: number): Promise<void> {
  await pair.restart();
  const generator = pair.generator(seed);
  // One sequence in eight ends a market; the rest live on.
  const windDownAt = generator.random.chance(12) ? Math.floor(length / 2) : -1;
  const operations: Operation[] = [];
  for (let i = 0; i < length; ++i) {
    const operation = i === windDownAt ? WIND_DOWN(generator, "ann") : generator.next();
    operations.push(operation);
    try {
      await pair.play(operation);
    } catch (error) {
      throw new Divergence(error, operations);
    }
  }
}

/** Leaves operations out as long as the two sides still part, so that what is left is the reason. */
export async function shrink(pair: Pair, operations: readonly Operation[]): Promise<Divergence | undefined> {
  let best: Divergence | undefined;
  let rest = [...operations];
  for (let size = Math.ceil(rest.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < rest.length;) {
      // What is left out keeps its time.
      const removed = rest.slice(from, from + size).reduce((sum, { wait }) => sum + wait, 0n);
      const following = rest.slice(from + size);
      const next = following[0];
      const shorter = [
        ...rest.slice(0, from),
        ...(next === undefined ? [] : [{ ...next, wait: next.wait + removed }, ...following.slice(1)]),
      ];
      const divergence = await divergenceOf(pair, shorter);
      if (divergence === undefined) from += size;
      else {
        best = divergence;
        rest = [...divergence.operations];
      }
    }
  }
  return best;
}

async function divergenceOf(pair: Pair, operations: readonly Operation[]): Promise<Divergence | undefined> {
  try {
    await replay(pair, operations);
    return undefined;
  } catch (error) {
    if (error instanceof Divergence) return error;
    throw error;
  }
}

/** Operations as they stand in a test. */
export function asSource(operations: readonly Operation[]): string {
  const literal = (value: unknown): string => {
    if (typeof value === "bigint") return `${value}n`;
    if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
    if (typeof value === "object" && value !== null) {
      return `{ ${Object.entries(value)
        .map(([key, each]) => `${key}: ${literal(each)}`)
        .join(", ")} }`;
    }
    return JSON.stringify(value);
  };
  return operations.map((operation) => `  ${literal(operation)},`).join("\n");
}
