// A scenario file: what is simulated, in human units. Every key is checked before anything runs.
import { readFileSync } from "node:fs";
import path from "node:path";

import { parseDocument } from "yaml";
import { z } from "zod";

import { Problem } from "./problem.js";

const part = z.number().min(0).max(1);
const positive = z.number().positive();
const count = z.number().int().min(0).max(10_000);
const hours = z.strictObject({ fromHour: z.number().min(0), hours: positive });
const instant = z.iso.datetime({ offset: true });

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
  lifFloor: z.number().min(1).default(1.02),
  lifMin: z.number().min(1).default(1.03),
  lifPeak: z.number().min(1).default(1.1),
  repayTarget: part.default(0.9),
  maxDeviation: part.default(0.02),
  reserveFee: part.default(0.1),
  fundFee: part.default(0.1),
  reserveTarget: part.default(0.02),
  minDebt: positive.default(100),
  /** Yearly, at 90% utilisation on the first day. */
  rateAtTarget: positive.default(0.04),
});

const gas = z.strictObject({
  /** A series of gwei in the data folder, or one figure for all of the time. */
  series: z.string().optional(),
  gwei: positive.default(20),
  /** What the chain's coin costs, in the loan asset. */
  coinPrice: positive.default(2_000),
});

const venue = z.strictObject({
  /** Selling this much, in the loan asset, moves the price by one percent. */
  onePercent: positive.default(5_000_000),
  /** How impact grows with size: 1 in proportion, 0.5 with the root. */
  exponent: z.number().min(0.1).max(2).default(0.7),
  /** Hours until half of what was sold has been bought back by others. */
  halfLifeHours: positive.default(6),
});

const borrowers = z.strictObject({
  count: count.default(120),
  /** All debt together, in the loan asset. */
  debt: positive.default(60_000_000),
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
  count: count.default(60),
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
  /** Gwei from which a liquidator's transaction waits, a step for each time over. */
  congestedGwei: positive.default(200),
  /** The step at which they wake up: none but the estate's buyers before it. */
  absentHours: z.array(hours).default([]),
});

const governor = z.strictObject({
  /** Pauses new deposits and loans after such a fall within a day; never if absent. */
  pauseAt: part.optional(),
  /** Opens borrowing again this long after a haircut; never if absent. */
  reopenAfterHours: positive.optional(),
});

/** The figures that an assertion can name. */
export const FIGURES = [
  "haircut",
  "coverage",
  "shortfall",
  "uncovered",
  "exitPrice",
  "supplierLoss",
  "fundLoss",
  "reserveLoss",
  "unliquidated",
] as const;
export type Figure = (typeof FIGURES)[number];

const ASSERTION = new RegExp(`^(${FIGURES.join("|")})\\s*(<=|>=|<|>)\\s*(\\d+(?:\\.\\d+)?)$`, "u");
export type Assertion = { figure: Figure; sign: "<=" | ">=" | "<" | ">"; bound: number; text: string };

const schema = z.strictObject({
  title: z.string().min(1),
  about: z.string().optional(),
  price: z.strictObject({
    /** A series of the data folder without its ending, or a path to a CSV of one's own. */
    series: z.string().min(1),
    venue: z.string().min(1),
    from: instant.optional(),
    until: instant.optional(),
    shape: z.enum(["close", "wicks"]).default("close"),
    /** The power that every rise and fall is taken to. */
    stretch: positive.default(1),
    /** The loan asset per unit of the series: 1, or the inverse of a second series for a loan asset off its par. */
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

export type Scenario = Omit<z.infer<typeof schema>, "assert"> & { name: string; folder: string; assert: Assertion[] };
export type OracleTerms = z.infer<typeof oracle>;
export type VenueTerms = z.infer<typeof venue>;

export function loadScenario(file: string): Scenario {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    throw new Problem(`${file}: no such scenario file`);
  }
  return parseScenario(text, file);
}

export function parseScenario(text: string, file: string): Scenario {
  const document = parseDocument(text);
  const broken = document.errors[0];
  if (broken !== undefined) throw new Problem(`${file}: ${broken.message.split("\n")[0]}`);
  const result = schema.safeParse(document.toJS());
  if (!result.success) {
    const issue = result.error.issues[0];
    const key = issue === undefined || issue.path.length === 0 ? "the file" : issue.path.join(".");
    throw new Problem(`${file}: ${key}: ${describe(issue)}`);
  }
  const { assert, ...scenario } = result.data;
  if (scenario.market.borrowLtv >= scenario.market.lltv) {
    throw new Problem(`${file}: market.borrowLtv: must be under market.lltv, ${scenario.market.lltv}`);
  }
  return {
    ...scenario,
    name: path.basename(file).replace(/\.ya?ml$/u, ""),
    folder: path.dirname(file),
    assert: assert.map((line, i) => parseAssertion(line, `${file}: assert.${i}`)),
  };
}

function describe(issue: z.core.$ZodIssue | undefined): string {
  if (issue === undefined) return "is not right";
  if (issue.code === "unrecognized_keys") return `there is no key "${issue.keys.join('", "')}" here`;
  return issue.message.replace(/^Invalid input: /u, "");
}

function parseAssertion(line: string, where: string): Assertion {
  const match = ASSERTION.exec(line.trim());
  if (match === null) {
    throw new Problem(`${where}: "${line}" is not like "haircut <= 0.05"; figures are ${FIGURES.join(", ")}`);
  }
  return {
    figure: match[1] as Figure,
    sign: match[2] as Assertion["sign"],
    bound: Number(match[3]),
    text: line.trim(),
  };
}
