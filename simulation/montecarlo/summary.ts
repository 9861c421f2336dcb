// What came of all paths: how bad it gets, how often, and how sure that is.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { table } from "../../scripts/lib/table.js";
import { Problem } from "../problem.js";
import { writeDistributions } from "../report/write.js";
import { FIGURES } from "../scenario.js";
import { seedOf } from "./bootstrap.js";
import { type Header, type Results, placeOf, writeJournal } from "./journal.js";
import { type Column, COUNTS, type PathResult, PEOPLE } from "./path.js";
import type { Changes, Meta } from "./plan.js";
import { type Interval, mean, type Quantile, quantileWithInterval, wilson } from "./statistics.js";

export const COLUMNS = [...Object.keys(FIGURES), ...Object.keys(COUNTS)] as Column[];

/** Where less is worse. */
const FLOORS: ReadonlySet<Column> = new Set<Column>(["coverage", "exitPrice"]);

/** `p95`: 95 of 100 paths end no worse. */
const PARTS = { p50: 0.5, p95: 0.95, p99: 0.99 } as const;
type Part = keyof typeof PARTS;

export type Spread = Readonly<Record<Part, Quantile>> & { readonly mean: number; readonly worst: number };

export type Distribution = {
  readonly changes: Changes;
  readonly paths: number;
  /** How many paths had a haircut, and how likely one is by that. */
  readonly haircuts: number;
  readonly haircutProbability: Interval & { readonly value: number };
  readonly columns: Readonly<Record<Column, Spread>>;
};

export type Summary = { readonly digest: string; readonly meta: Meta; readonly distributions: readonly Distribution[] };

export function summaryOf({ digest, meta }: Header, results: Results): Summary {
  const distributions = meta.variants.map((changes, variant) => {
    const of = Array.from(
      { length: meta.paths },
      (_, number) => results.get(placeOf({ variant, path: number }, meta)) as PathResult,
    );
    return distributionOf(changes, of);
  });
  return { digest, meta, distributions };
}

export function distributionOf(changes: Changes, results: readonly PathResult[]): Distribution {
  const haircuts = results.filter(({ fromSuppliers }) => fromSuppliers > 0).length;
  const columns = COLUMNS.map((column): [Column, Spread] => [
    column,
    spreadOf(
      results.map((result) => result[column]),
      FLOORS.has(column),
    ),
  ]);
  return {
    changes,
    paths: results.length,
    haircuts,
    haircutProbability: { value: haircuts / results.length, ...wilson(haircuts, results.length) },
    columns: Object.fromEntries(columns) as Record<Column, Spread>,
  };
}

function spreadOf(values: readonly number[], isFloor: boolean): Spread {
  const sign = isFloor ? -1 : 1;
  // From the best to the worst; what is a floor is turned over and back.
  const sorted = values.map((value) => sign * value).toSorted((a, b) => a - b);
  const turned = (value: number | undefined): number | undefined =>
    value === undefined ? undefined : sign * value + 0;
  const at = (part: number): Quantile => {
    const { value, low, high } = quantileWithInterval(sorted, part);
    const [better, worse] = [turned(low), turned(high)];
    return { value: sign * value + 0, low: isFloor ? worse : better, high: isFloor ? better : worse };
  };
  return {
    mean: mean(values),
    p50: at(PARTS.p50),
    p95: at(PARTS.p95),
    p99: at(PARTS.p99),
    worst: sign * (sorted.at(-1) as number) + 0,
  };
}

// ---------------------------------------------------------------- files

const SUMMARY = "monte-carlo.json";

/** The same from one thread or many, from one machine or shards: what tells them apart goes to the terminal. */
export function writeResults(folder: string, header: Header, results: Results): Summary {
  const { meta } = header;
  const summary = summaryOf(header, results);
  const keys = Object.keys(meta.variants[0] ?? {});
  const lines = meta.variants.flatMap((changes, variant) =>
    Array.from({ length: meta.paths }, (_, number) => {
      const result = results.get(placeOf({ variant, path: number }, meta)) as PathResult;
      const cells = [...keys.map((key) => changes[key]), number, seedOf(meta.seed, number, PEOPLE)];
      return [...cells, ...COLUMNS.map((column) => result[column])].join(",");
    }),
  );
  writeJournal(folder, header, results);
  writeFileSync(
    path.join(folder, "paths.csv"),
    `${[[...keys, "path", "seed", ...COLUMNS].join(","), ...lines].join("\n")}\n`,
  );
  writeFileSync(path.join(folder, SUMMARY), `${JSON.stringify(summary, undefined, 2)}\n`);
  writeDistributions(folder, summary);
  return summary;
}

/** What a finished run has written, for a report on the same scenario. */
export function readSummary(folder: string, scenario: string): Summary {
  const file = path.join(folder, SUMMARY);
  if (!existsSync(file)) throw new Problem(`--paths: there is no ${SUMMARY} in ${folder}: monte-carlo --out writes it`);
  const summary = JSON.parse(readFileSync(file, "utf8")) as Summary;
  if (summary.meta.scenario === scenario) return summary;
  throw new Problem(`--paths: ${folder} is of the scenario ${summary.meta.scenario}, not of ${scenario}`);
}

// ---------------------------------------------------------------- terminal

const AMOUNTS: ReadonlySet<Column> = new Set<Column>(["lost", "fromReserve", "fromFund", "fromSuppliers"]);
const NUMBERS: ReadonlySet<Column> = new Set<Column>(["liquidations", "missed"]);

const percent = (value: number): string => `${(100 * value).toFixed(Math.abs(value) < 0.01 && value !== 0 ? 3 : 2)}%`;

function shown(column: Column, value: number): string {
  if (AMOUNTS.has(column)) return Math.round(value).toLocaleString("en");
  return NUMBERS.has(column) ? String(Math.round(value)) : percent(value);
}

function withInterval(column: Column, { value, low, high }: Quantile): string {
  const side = (bound: number | undefined): string => (bound === undefined ? "?" : shown(column, bound));
  return `${shown(column, value)} [${side(low)}, ${side(high)}]`;
}

export function haircutLine({ haircuts, paths, haircutProbability: { value, low, high } }: Distribution): string {
  return `A haircut in ${haircuts} of ${paths.toLocaleString("en")} paths: ${percent(value)} [${percent(low)}, ${percent(high)}]`;
}

export function describe({ meta, distributions }: Summary): string {
  const few = distributions.length === 1;
  const parts = distributions.map((distribution) => {
    const named = Object.entries(distribution.changes).map(([key, value]) => `${key} = ${value}`);
    const rows = COLUMNS.map((column) => {
      const { mean: average, p50, p95, p99, worst } = distribution.columns[column];
      const quantiles = [p50, p95, p99].map((quantile) => withInterval(column, quantile));
      return [column, shown(column, average), ...quantiles, shown(column, worst)];
    });
    const drawn = table(["", "mean", "p50", "p95", "p99", "worst"], rows);
    return [...(few ? [] : [named.join(", ")]), haircutLine(distribution), drawn].join("\n");
  });
  const head =
    `${meta.title}: ${meta.paths.toLocaleString("en")} paths of ${meta.steps} steps, in blocks of ${meta.block}` +
    `${meta.volatility === 1 ? "" : `, moves times ${meta.volatility}`}${meta.isDriftless ? ", without drift" : ""}, ` +
    `seed ${meta.seed}`;
  const foot =
    "p95: 95 of 100 paths end no worse. In brackets 95% intervals: of quantiles by order statistics, of the probability " +
    "by Wilson; ? where there are too few paths.";
  return [head, ...(few ? [] : [sweepTable(distributions)]), ...parts, foot].join("\n\n");
}

/** The markets of a sweep side by side. */
function sweepTable(distributions: readonly Distribution[]): string {
  const keys = Object.keys(distributions[0]?.changes ?? {});
  const rows = distributions.map(({ changes, haircutProbability: { value, low, high }, columns }) => [
    keys.map((key) => String(changes[key])).join(", "),
    `${percent(value)} [${percent(low)}, ${percent(high)}]`,
    withInterval("haircut", columns.haircut.p99),
    withInterval("loss", columns.loss.p99),
    withInterval("coverage", columns.coverage.p99),
    shown("liquidations", columns.liquidations.mean),
  ]);
  const head = [keys.join(", "), "haircut happens", "haircut p99", "loss p99", "coverage p99", "liquidations"];
  return table(head, rows);
}
