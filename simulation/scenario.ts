// A scenario file: what is simulated, in human units. Every key is checked before anything runs.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";

import { parseDocument } from "yaml";
import { z } from "zod";

import { fittedImpact, QUOTED } from "./impact.js";
import { Problem } from "./problem.js";

const part = z.number().min(0).max(1);
const positive = z.number().positive();
const count = z.number().int().min(0).max(10_000);
const factor = z.number().min(1).max(1.9999);
const some = z.number().int().min(1).max(10_000);
const hours = z.strictObject({ fromHour: z.number().min(0), hours: positive });
const instant = z.iso.datetime({ offset: true });

export const SHIPPED = path.join(import.meta.dirname, "scenarios");

const oracle = z.strictObject({
  /** Seconds after which the feed reports in any case. */
  heartbeat: positive.default(3_600),
  /** The move at which it reports at once. */
  deviation: part.default(0.005),
  /** Seconds from the market to the chain. */
  delay: z.number().min(0).default(60),
  /** Hours of the window in which nothing is reported. */
  outages: z.array(hours).default([]),
  sequencerOutages: z.array(hours).default([]),
  graceHours: z.number().min(0).default(1),
  /** From this hour on the feed says the same for ever, as a hard-coded price does. */
  frozenFrom: z.number().min(0).optional(),
});

const market = z.strictObject({
  assetDecimals: z.number().int().min(0).max(18).default(6),
  collateralDecimals: z.number().int().min(0).max(18).default(18),
  borrowLtv: part.default(0.8),
  lltv: part.default(0.86),
  lifFloor: factor.default(1.02),
  lifMin: factor.default(1.03),
  lifPeak: factor.default(1.1),
  repayTarget: z.number().min(0.0001).max(1).default(0.9),
  maxDeviation: part.default(0.02),
  reserveFee: part.default(0.1),
  fundFee: part.default(0.1),
  reserveTarget: part.default(0.02),
  minDebt: positive.max(1_000_000).default(100),
  /** Yearly, at 90% utilisation on the first day. */
  rateAtTarget: z.number().min(0.001).max(2).default(0.04),
});

const gas = z.strictObject({
  /** A series of gwei in the data folder, or a CSV of one's own; outside of its rows `gwei` holds. */
  series: z.string().optional(),
  /** The column to read, where it is not called price. */
  column: z.string().optional(),
  gwei: positive.default(20),
  /** What the chain's coin costs, in the loan asset. */
  coinPrice: positive.default(2_000),
});

const venue = z.strictObject({
  /** Depth and exponent as the shipped quotes of this collateral have them, in a calm market. */
  like: z.enum(QUOTED).optional(),
  /** The part of that depth which is there. */
  depth: positive.default(1),
  /** Selling this much, in the loan asset, costs one percent; and how the cost grows with size: 1 in proportion. */
  onePercent: positive.optional(),
  exponent: z.number().min(0.1).max(2).optional(),
  /** Hours until half of what was sold has been bought back by others. */
  halfLifeHours: positive.default(2),
});

const borrowers = z.strictObject({
  count: some.default(123),
  /** All debt together, in the loan asset; nine tenths of what there is, where the rate is at its target. */
  debt: positive.default(69_000_000),
  /** How unequal loans are: 0 all alike, 1 a few hold most. */
  inequality: z.number().min(0).max(3).default(1),
  /** Debt to collateral at the start: mean and spread. */
  ltv: part.default(0.68),
  spread: part.default(0.07),
  /** Parts that top up, that repay, and the rest walk away. */
  topUp: part.default(0.2),
  deleverage: part.default(0.2),
});

const suppliers = z.strictObject({
  count: some.default(60),
  assets: positive.default(75_000_000),
  inequality: z.number().min(0).max(3).default(1),
  /** Parts that leave when the price falls, when cash runs short, when a shortfall shows; the rest stay. */
  onPrice: part.default(0.2),
  onUtilisation: part.default(0.15),
  onNews: part.default(0.25),
  /** A fall that frightens, from the highest price so far. */
  fearAt: part.default(0.15),
  /** The slowest acts this many hours after the fastest. */
  slowestHours: z.number().min(0).default(12),
});

const insurers = z.strictObject({
  count: count.default(10),
  /** In the loan asset, out of what suppliers have beside it. */
  stake: z.number().min(0).default(1_500_000),
  /** The part of them that asks for redemption once frightened. */
  flee: part.default(0.5),
});

const liquidators = z.strictObject({
  count: count.default(4),
  /** What each can pay before it has sold what it took. */
  capital: positive.default(3_000_000),
  /** Least profit, in the loan asset, after gas and price impact. */
  leastProfit: z.number().min(0).default(20),
  /** Minutes until what was paid has come back from selling what was taken. */
  turnMinutes: z.number().min(0).default(30),
  /** Gwei from which a transaction waits, so many minutes for each time over. */
  congestedGwei: positive.default(150),
  minutes: z.number().min(0).default(15),
  /** Hours of the window in which no liquidator is there. */
  absentHours: z.array(hours).default([]),
});

const governor = z.strictObject({
  /** An honest oracle is announced at this hour: its price counts at once where it is lower, alone three days later. */
  newOracleAtHour: z.number().min(0).optional(),
  /** Pauses new deposits and loans after such a fall within a day; never if absent. */
  pauseAt: part.optional(),
  /** Opens borrowing again this long after a haircut; never if absent. */
  reopenAfterHours: positive.optional(),
});

/** The figures that an assertion can name; `figures.ts` says how each is taken from an outcome. */
export const FIGURES = {
  haircut: "what haircuts took off a share, as a part of its price",
  supplierLoss: "what suppliers lost, as a part of what they supplied",
  unfairness: "the loss of the supplier who lost most less that of who lost least, as parts of what they supplied",
  shortfall: "the largest visible shortfall, as a part of the assets",
  uncovered: "the largest part of it that reserve and fund did not cover, as a part of the assets",
  exitPrice: "the lowest exit price, as a part of the first",
  coverage: "the least that reserve and fund were worth, as a part of the debt",
  reserveLoss: "what the reserve paid, as a part of what it was at the start",
  fundLoss: "what insurers lost, as a part of their stake",
  loss: "all losses, as a part of the debt at the start",
  overdue: "debt at the end in positions that could be liquidated, as a part of the debt at the start",
} as const;
export type Figure = keyof typeof FIGURES;

const ASSERTION = /^(\w+)\s*(<=|>=|≤|≥|<|>)\s*(-?\d+(?:\.\d+)?)(\s*%)?$/u;
export type Assertion = { figure: Figure; sign: "<=" | ">=" | "<" | ">"; bound: number; text: string };

const schema = z.strictObject({
  title: z.string().min(1),
  about: z.string().optional(),
  price: z.strictObject({
    /** A series of the data folder without its ending, or a path to a CSV of one's own. */
    series: z.string().min(1),
    /** The column to read, where there are neither candles nor a column price. */
    column: z.string().optional(),
    venue: z.string().min(1),
    from: instant.optional(),
    until: instant.optional(),
    shape: z.enum(["close", "wicks"]).default("close"),
    /** The power that every rise and fall is taken to. */
    stretch: positive.default(1),
    /** The loan asset is what the series prices: the collateral's price is its inverse. */
    invert: z.boolean().default(false),
  }),
  reserve: z.number().min(0).default(500_000),
  market: market.prefault({}),
  oracle: oracle.prefault({}),
  gas: gas.prefault({}),
  venue: venue.prefault({}),
  borrowers: borrowers.prefault({}),
  suppliers: suppliers.prefault({}),
  insurers: insurers.prefault({}),
  liquidators: liquidators.prefault({}),
  governor: governor.prefault({}),
  assert: z.array(z.string()).default([]),
});

type Keys = z.infer<typeof schema>;
export type VenueTerms = { onePercent: number; exponent: number; halfLifeHours: number };
export type Scenario = Omit<Keys, "assert" | "venue"> & {
  name: string;
  folder: string;
  file: string;
  venue: VenueTerms;
  assert: Assertion[];
};
export type OracleTerms = z.infer<typeof oracle>;

/** A shipped scenario by its name, or a file by its path from `here`. */
export function findScenario(name: string, here: string): Scenario {
  if (/\.ya?ml$/u.test(name)) return loadScenario(path.resolve(here, name));
  const file = path.join(SHIPPED, `${name}.yaml`);
  if (path.basename(name) === name && existsSync(file)) return loadScenario(file);
  throw new Problem(`there is no scenario "${name}"; shipped are ${shippedNames().join(", ")}; a file ends in .yaml`);
}

function shippedNames(): string[] {
  return readdirSync(SHIPPED)
    .filter((file) => file.endsWith(".yaml"))
    .map((file) => file.replace(/\.yaml$/u, ""))
    .toSorted();
}

export function shippedScenarios(): Scenario[] {
  return shippedNames().map((name) => loadScenario(path.join(SHIPPED, `${name}.yaml`)));
}

export function loadScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Problem(`${path.basename(file)}: there is no such scenario file`);
  }
  return parseScenario(text, file);
}

export function parseScenario(text: string, file: string): Scenario {
  const name = path.basename(file);
  const document = parseDocument(text);
  const broken = document.errors[0];
  if (broken !== undefined) throw new Problem(`${name}: ${broken.message.split("\n")[0]?.replace(/:$/u, "")}`);
  const keys: unknown = document.toJS();
  const result = schema.safeParse(keys);
  if (!result.success) {
    const issue = result.error.issues[0] as z.core.$ZodIssue;
    throw new Problem(`${name}: ${describe(issue, keys)}`);
  }
  checkTogether(result.data, name);
  return {
    ...result.data,
    name: name.replace(/\.ya?ml$/u, ""),
    folder: path.dirname(file),
    file,
    venue: venueOf(result.data.venue),
    assert: result.data.assert.map((line, i) => parseAssertion(line, `${name}: assert.${i}`)),
  };
}

/** One's own figures, or else those of the quotes; without either, a market like that of ether. */
function venueOf({ like, depth, onePercent, exponent, halfLifeHours }: Keys["venue"]): VenueTerms {
  const fitted = fittedImpact(like ?? "WETH");
  return {
    onePercent: onePercent ?? fitted.onePercent * depth,
    exponent: exponent ?? fitted.exponent,
    halfLifeHours,
  };
}

/** What one key alone can't tell; the pool's constructor would refuse some of it too, less kindly. */
function checkTogether({ price, market: m, borrowers: b, suppliers: s, venue: v }: Keys, name: string): void {
  const must = (isSo: boolean, key: string, found: unknown, allowed: string): void => {
    if (!isSo) throw new Problem(`${name}: ${key}: found ${shown(found)}, must be ${allowed}`);
  };
  const { from, until } = price;
  if (from !== undefined && until !== undefined) {
    must(Date.parse(from) < Date.parse(until), "price.until", until, `after price.from, ${from}`);
  }
  must(
    v.onePercent === undefined || (v.like === undefined && v.depth === 1),
    "venue.onePercent",
    v.onePercent,
    "absent beside venue.like and venue.depth",
  );
  must(m.borrowLtv < m.lltv, "market.borrowLtv", m.borrowLtv, `under market.lltv, ${m.lltv}`);
  must(m.lifFloor <= m.lifMin, "market.lifFloor", m.lifFloor, `at most market.lifMin, ${m.lifMin}`);
  must(m.lifMin <= m.lifPeak, "market.lifMin", m.lifMin, `at most market.lifPeak, ${m.lifPeak}`);
  must(m.lltv * m.lifPeak < 1, "market.lltv", m.lltv, `under 1 / market.lifPeak, ${(1 / m.lifPeak).toFixed(4)}`);
  must(
    m.repayTarget * m.lltv < m.borrowLtv,
    "market.repayTarget",
    m.repayTarget,
    `under market.borrowLtv / market.lltv, ${(m.borrowLtv / m.lltv).toFixed(4)}`,
  );
  must(m.reserveFee + m.fundFee <= 0.5, "market.fundFee", m.fundFee, "at most 0.5 together with market.reserveFee");
  must(b.ltv < m.borrowLtv, "borrowers.ltv", b.ltv, `under market.borrowLtv, ${m.borrowLtv}`);
  must(b.topUp + b.deleverage <= 1, "borrowers.deleverage", b.deleverage, "at most 1 together with borrowers.topUp");
  must(b.debt <= s.assets, "borrowers.debt", b.debt, `at most suppliers.assets, ${s.assets}: it is lent out of them`);
  const least = b.count * m.minDebt * 2;
  must(b.debt >= least, "borrowers.debt", b.debt, `at least twice market.minDebt for each borrower, ${least}`);
  must(
    s.onPrice + s.onUtilisation + s.onNews <= 1,
    "suppliers.onNews",
    s.onNews,
    "at most 1 together with suppliers.onPrice and suppliers.onUtilisation",
  );
}

// ---------------------------------------------------------------- what is wrong, in one line

function shown(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "nothing";
  return Array.isArray(value) ? "a list" : "a group of keys";
}

function describe(issue: z.core.$ZodIssue, keys: unknown): string {
  const { path: at } = issue;
  const key = at.length === 0 ? "the file" : at.join(".");
  if (issue.code === "unrecognized_keys") {
    const unknown = [...at, issue.keys[0]].join(".");
    return `${unknown}: there is no such key; allowed are ${allowedAt(at).join(", ")}`;
  }
  const found = at.reduce<unknown>((value, step) => (value as Record<PropertyKey, unknown> | null)?.[step], keys);
  if (found === undefined || found === null) return `${key}: is missing; it must be ${wanted(issue)}`;
  return `${key}: found ${shown(found)}, must be ${wanted(issue)}`;
}

const KINDS: Readonly<Record<string, string>> = {
  number: "a number",
  int: "a whole number",
  string: "a text",
  boolean: "true or false",
  array: "a list",
  object: "a group of keys",
};

function wanted(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type") return KINDS[issue.expected] ?? issue.expected;
  if (issue.code === "too_small") {
    if (issue.origin === "string") return "a text that is not empty";
    return `a number ${issue.inclusive === false ? "above" : "of at least"} ${issue.minimum}`;
  }
  if (issue.code === "too_big") return `a number of at most ${issue.maximum}`;
  if (issue.code === "invalid_value") return `one of ${issue.values.join(", ")}`;
  return issue.code === "invalid_format" ? "a time like 2020-03-12T00:00:00Z" : issue.message;
}

/** The keys that a group may have; the way to it goes through defaults and lists. */
function allowedAt(at: readonly PropertyKey[]): string[] {
  type Node = { def: { innerType?: Node; element?: Node; shape?: Record<string, Node> } };
  const bare = (node: Node): Node => (node.def.innerType === undefined ? node : bare(node.def.innerType));
  let node = bare(schema as unknown as Node);
  for (const step of at) node = bare(node.def.element ?? (node.def.shape?.[String(step)] as Node));
  return Object.keys(node.def.shape ?? {});
}

function parseAssertion(line: string, where: string): Assertion {
  const match = ASSERTION.exec(line.trim());
  const figure = match?.[1] as Figure;
  if (match === null || FIGURES[figure] === undefined) {
    throw new Problem(
      `${where}: found "${line}", must be like "haircut <= 0.05", of ${Object.keys(FIGURES).join(", ")}`,
    );
  }
  const sign = { "≤": "<=", "≥": ">=" }[match[2] as string] ?? match[2];
  const bound = Number(match[3]) / (match[4] === undefined ? 1 : 100);
  return { figure, sign: sign as Assertion["sign"], bound, text: line.trim() };
}
