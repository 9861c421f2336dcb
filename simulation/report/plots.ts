// What the page's plots show: columns of numbers over time, few enough to be drawn and sent.
import type { Comparison } from "../comparison.js";
import type { Outcome, Row } from "../run.js";
import type { Scenario } from "../scenario.js";
import { thinned } from "./thin.js";

/** Colours are names of the style sheet's; a dash tells lines apart without them. */
export type Line = {
  readonly label: string;
  readonly tone: "a" | "b" | "c" | "d" | "muted";
  readonly dash?: true;
  readonly fill?: true;
  readonly bars?: true;
  readonly points?: true;
};

export type Plot = {
  readonly unit: "price" | "part" | "amount" | "count" | "share";
  readonly x: readonly number[];
  readonly lines: readonly Line[];
  readonly columns: readonly (readonly number[])[];
  /** Times at which the oracle was not ok. */
  readonly shades?: readonly (readonly [from: number, until: number])[];
  readonly atLeastZero?: true;
};

export type Heat = {
  readonly x: readonly number[];
  /** By band, the lowest first. */
  readonly cells: readonly (readonly number[])[];
  readonly bands: readonly string[];
  /** Lines across, in bands from below: 2.5 is in the middle of the third. */
  readonly marks: readonly { readonly label: string; readonly at: number }[];
};

const PARTS = 160;
/** Equal stretches of time that a run's liquidations are summed up in. */
export const BARS = 72;

/** Seven digits that count: more than a screen can show. */
const short = (value: number): number => Number(value.toPrecision(7));

const VALUES: readonly (keyof Row)[] = [
  "price",
  "low",
  "high",
  "cash",
  "debt",
  "reserve",
  "fund",
  "shortfall",
  "uncovered",
  "grossPrice",
  "exitPrice",
  "utilisation",
  "borrowRate",
];

export function plotsOf(outcome: Outcome): Record<string, Plot> {
  const rows = thinned(outcome.rows, (row) => VALUES.map((key) => Number(row[key])), PARTS);
  const x = rows.map(({ time }) => time);
  const column = (of: (row: Row) => number): number[] => rows.map((row) => short(of(row)));
  const shades = notOk(outcome.rows);
  return {
    price: {
      unit: "price",
      x,
      shades,
      lines: [
        { label: "oracle, high", tone: "b", dash: true },
        { label: "oracle, low", tone: "d", dash: true },
        { label: "market", tone: "a" },
      ],
      columns: [column((row) => row.high), column((row) => row.low), column((row) => row.price)],
    },
    utilisation: {
      unit: "part",
      x,
      shades,
      atLeastZero: true,
      lines: [{ label: "utilisation", tone: "a", fill: true }],
      columns: [column((row) => row.utilisation)],
    },
    rate: {
      unit: "part",
      x,
      shades,
      atLeastZero: true,
      lines: [{ label: "borrow rate, a year", tone: "d" }],
      columns: [column((row) => row.borrowRate)],
    },
    money: {
      unit: "amount",
      x,
      shades,
      atLeastZero: true,
      lines: [
        { label: "lent", tone: "a" },
        { label: "cash", tone: "c", fill: true },
        { label: "estate, at the market's price", tone: "d", dash: true },
      ],
      columns: [column((row) => row.debt), column((row) => row.cash), column((row) => row.estate)],
    },
    shortfall: {
      unit: "amount",
      x,
      shades,
      atLeastZero: true,
      lines: [
        { label: "shortfall in sight", tone: "d", fill: true },
        { label: "cover: reserve and fund", tone: "a" },
        { label: "of the shortfall not covered", tone: "b", dash: true },
      ],
      columns: [
        column((row) => row.shortfall),
        column((row) => row.reserve + row.fund),
        column((row) => row.uncovered),
      ],
    },
    share: {
      unit: "share",
      x,
      shades,
      lines: [
        { label: "gross price: shortfall ignored", tone: "b", dash: true },
        { label: "exit price: what a leaver is paid", tone: "a" },
      ],
      columns: [column((row) => row.grossPrice), column((row) => row.exitPrice)],
    },
    layers: layersOf(outcome),
    ...liquidationsOf(outcome),
  };
}

export function notOk(rows: readonly Row[]): (readonly [number, number])[] {
  const spans: [number, number][] = [];
  for (const [i, { time, ok }] of rows.entries()) {
    if (ok) continue;
    const until = rows[i + 1]?.time ?? time;
    const span = spans.at(-1);
    if (span !== undefined && span[1] === time) span[1] = until;
    else spans.push([time, until]);
  }
  return spans;
}

/** Losses so far, each layer on top of the one before. */
function layersOf({ rows, losses }: Outcome): Plot {
  const sums = { reserve: 0, fund: 0, haircut: 0 };
  const steps = [{ time: rows[0]?.time ?? 0, ...sums }];
  for (const { time, fromReserve, fromFund, haircut } of losses) {
    steps.push({ time, ...sums });
    sums.reserve += fromReserve;
    sums.fund += fromFund;
    sums.haircut += haircut;
    steps.push({ time, ...sums });
  }
  steps.push({ time: rows.at(-1)?.time ?? 0, ...sums });
  const kept = thinned(steps, (step) => [step.reserve, step.fund, step.haircut], PARTS);
  return {
    unit: "amount",
    x: kept.map(({ time }) => time),
    atLeastZero: true,
    lines: [
      { label: "suppliers, on top", tone: "d", fill: true },
      { label: "fund, on top", tone: "b", fill: true },
      { label: "reserve", tone: "a", fill: true },
    ],
    columns: [
      kept.map((step) => short(step.reserve + step.fund + step.haircut)),
      kept.map((step) => short(step.reserve + step.fund)),
      kept.map((step) => short(step.reserve)),
    ],
  };
}

/** What liquidators repaid, and the most positions at once that nobody took, in equal stretches of time. */
function liquidationsOf({ rows, notes }: Outcome): Record<string, Plot> {
  const from = rows[0]?.time ?? 0;
  const until = rows.at(-1)?.time ?? from;
  const length = Math.max(1, Math.ceil((until - from + 1) / BARS));
  const x = Array.from({ length: BARS }, (_, i) => from + i * length);
  const repaid = x.map(() => 0);
  const missed = x.map(() => new Map<number, number>());
  for (const note of notes) {
    const bar = Math.floor((note.time - from) / length);
    if (note.kind === "liquidated") repaid[bar] = (repaid[bar] ?? 0) + note.repaid;
    if (note.kind === "missed") missed[bar]?.set(note.time, (missed[bar].get(note.time) ?? 0) + 1);
  }
  return {
    repaid: {
      unit: "amount",
      x,
      atLeastZero: true,
      lines: [{ label: "repaid by liquidators", tone: "a", bars: true }],
      columns: [repaid.map(short)],
    },
    missed: {
      unit: "count",
      x,
      atLeastZero: true,
      lines: [{ label: "positions at once that nobody took", tone: "d", bars: true }],
      columns: [missed.map((times) => Math.max(0, ...times.values()))],
    },
  };
}

const BOOK_FROM = 0.5;
const BOOK_STEP = 0.05;

const bound = (step: number): string => `${Math.round(100 * (BOOK_FROM + step * BOOK_STEP))}`;

/** In each cell the most debt that the band had in its time, so that a short spike is seen. */
export function heatOf(scenario: Scenario, { rows }: Outcome): Heat {
  const parts = Math.min(PARTS, rows.length);
  const starts = Array.from({ length: parts }, (_, i) => Math.floor((i * rows.length) / parts));
  const bands = rows[0]?.book.length ?? 0;
  const cells = Array.from({ length: bands }, (_, band) =>
    starts.map((start, i) => {
      let most = 0;
      for (let k = start; k < (starts[i + 1] ?? rows.length); ++k) most = Math.max(most, rows[k]?.book[band] ?? 0);
      return short(most);
    }),
  );
  const name = (band: number): string => {
    if (band === 0) return `under ${bound(0)}\u202f%`;
    return band === bands - 1 ? `over ${bound(band - 1)}\u202f%` : `${bound(band - 1)} to ${bound(band)}\u202f%`;
  };
  const at = (ltv: number): number => Math.min(bands, Math.max(0, (ltv - BOOK_FROM) / BOOK_STEP + 1));
  return {
    x: starts.map((start) => rows[start]?.time ?? 0),
    cells,
    bands: cells.map((_, band) => name(band)),
    marks: [
      { label: "liquidation limit", at: at(scenario.market.lltv) },
      { label: "not covered from here on", at: at(1 / scenario.market.lifFloor) },
    ],
  };
}

const LOOKS = [{ tone: "a" }, { tone: "d", dash: true }, { tone: "b", dash: true }, { tone: "c" }] as const;

/** What each rule pays for a share, over time. */
export function paidPlot({ results, paid }: Comparison): Plot {
  return {
    unit: "share",
    x: paid.map(({ time }) => time),
    lines: results.map(({ title }, i) => ({ label: title, ...(LOOKS[i] ?? { tone: "muted" }) })),
    columns: results.map((_, i) => paid.map(({ prices }) => short(prices[i] ?? 0))),
  };
}
