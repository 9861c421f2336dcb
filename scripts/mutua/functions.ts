// The pool's restricted functions with arguments as people write them.
import { Problem } from "../lib/problem.ts";
import type { Market } from "./market.ts";
import { bps, decimal, duration, parseAddress, parseAmount, parseBps, parseDays, parseWhole, tokens } from "./units.ts";

const MAX_CAP_TOKENS = 2n ** 31n - 1n;
const MAX_PERCENT = 100n;

type Value = bigint | string;

type Argument = {
  name: string;
  parse: (text: string, market: Market) => Value;
  show: (value: Value, market: Market) => string;
  /** As it is now, where there is such a thing. */
  now?: (terms: Terms) => bigint;
};

/** What of a market's terms these functions change. */
export type Terms = {
  supplyCap: bigint;
  borrowCap: bigint;
  borrowLtvBps: bigint;
  lltvBps: bigint;
  reserveFeePercent: bigint;
  fundFeePercent: bigint;
  reserveTargetBps: bigint;
};

type Key = keyof Terms;

const cap = (name: string, key: Key): Argument => ({
  name: `${name}, in whole tokens`,
  parse: (text) => parseWhole(text, `The ${name}`, MAX_CAP_TOKENS),
  show: (value, { asset }) => `${decimal(value as bigint, 0)} ${asset.symbol}`,
  now: (terms) => terms[key],
});

const ltv = (name: string, key: Key): Argument => ({
  name: `${name}, in percent`,
  parse: (text) => parseBps(text, `The ${name}`),
  show: (value) => bps(value as bigint),
  now: (terms) => terms[key],
});

const fee = (name: string, key: Key): Argument => ({
  name: `${name}, in whole percent`,
  parse: (text) => parseWhole(text.replace(/%$/, ""), `The ${name}`, MAX_PERCENT),
  show: (value) => `${value} %`,
  now: (terms) => terms[key],
});

const RAMP: Argument = {
  name: "ramp, in days",
  parse: (text) => parseDays(text, "The ramp in days"),
  show: (value) => duration(value as bigint),
};

const CAPS = [cap("supply cap", "supplyCap"), cap("borrow cap", "borrowCap")];
const LTVS = [ltv("borrow LTV", "borrowLtvBps"), ltv("lltv", "lltvBps")];

const account = (name: string): Argument => ({ name, parse: parseAddress, show: (value) => value as string });

export const FUNCTIONS: Readonly<Record<string, readonly Argument[]>> = {
  pause: [],
  unpause: [],
  lowerCaps: CAPS,
  raiseCaps: CAPS,
  lowerLtvs: [...LTVS, RAMP],
  raiseLtvs: LTVS,
  setFees: [
    fee("reserve fee", "reserveFeePercent"),
    fee("fund fee", "fundFeePercent"),
    ltv("reserve target", "reserveTargetBps"),
  ],
  scheduleOracle: [account("oracle")],
  executeOracle: [],
  cancelOracle: [],
  reopenBorrowing: [],
  windDown: [RAMP],
  withdrawReserve: [
    {
      name: "amount",
      parse: (text, { asset }) => parseAmount(text, asset),
      show: (value, { asset }) => tokens(value as bigint, asset),
    },
    account("receiver"),
  ],
};

export type Call = { name: string; values: Value[]; data: string; lines: [string, string][] };

/** With their units: <supply cap, in whole tokens>. */
export function argumentNames(name: string): string {
  return (FUNCTIONS[name] ?? []).map((argument) => `<${argument.name}>`).join(" ");
}

export function shortNames(name: string): string {
  return argumentNames(name).replaceAll(/,[^>]*/g, "");
}

export function requireFunction(name: string): void {
  if (FUNCTIONS[name] === undefined) {
    throw new Problem(`"${name}" is no restricted function of a pool: there are ${Object.keys(FUNCTIONS).join(", ")}`);
  }
}

/** The call that a name and texts stand for. */
export function callOf(name: string, texts: readonly string[], market: Market, terms: Terms): Call {
  requireFunction(name);
  const parameters = FUNCTIONS[name] ?? [];
  if (texts.length !== parameters.length) {
    const wanted = parameters.length === 0 ? "no values" : argumentNames(name);
    throw new Problem(`${name} takes ${wanted}: ${texts.length} given`);
  }
  const values = parameters.map((parameter, index) => parameter.parse(texts[index] ?? "", market));
  const data = market.pool.interface.encodeFunctionData(name as "raiseCaps", values as unknown as [bigint, bigint]);
  return { name, values, data, lines: linesOf(name, values, market, terms) };
}

/** The same from calldata; undefined if it is not one of these. */
export function readCall(data: string, market: Market, terms: Terms): Call | undefined {
  const parsed = market.pool.interface.parseTransaction({ data });
  if (parsed === null || FUNCTIONS[parsed.name] === undefined) return undefined;
  const values = parsed.args.toArray() as Value[];
  return { name: parsed.name, values, data, lines: linesOf(parsed.name, values, market, terms) };
}

function linesOf(name: string, values: readonly Value[], market: Market, terms: Terms): [string, string][] {
  const scale = 10n ** BigInt(market.asset.decimals);
  return (FUNCTIONS[name] ?? []).map((argument, index) => {
    const value = values[index] as Value;
    const label = argument.name.replace(/,.*/, "");
    if (argument.now === undefined) return [label, argument.show(value, market)];
    const stored = argument.now(terms);
    const now = CAPS.includes(argument) ? stored / scale : stored;
    return [label, `${argument.show(now, market)} → ${argument.show(value, market)}`];
  });
}

/** On one line: raiseCaps(2,000,000 USDT, 1,500,000 USDT). */
export function sentence({ name, values }: Call, market: Market): string {
  const texts = (FUNCTIONS[name] ?? []).map((argument, index) => argument.show(values[index] as Value, market));
  return `${name}(${texts.join(", ")})`;
}
