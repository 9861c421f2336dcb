// A run as files: a page that needs nothing beside it, and its numbers for other programs. The same run gives the same
// bytes: there is no clock in them, and no path of the machine.
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

import type { Comparison } from "../comparison.js";
import { figuresOf } from "../figures.js";
import type { Summary } from "../montecarlo/summary.js";
import type { Outcome } from "../run.js";
import { csv } from "./csv.js";
import { iso } from "./format.js";
import { type ReportInput, withoutPlace } from "./input.js";
import { manyPageOf, pageOf } from "./page.js";

export async function writeReport(folder: string, report: ReportInput): Promise<void> {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(filesOfReport(report))) writeFileSync(path.join(folder, name), text);
}

/** The page of many paths, beside what Monte Carlo writes itself. */
export function writeDistributions(folder: string, summary: Summary): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, "report.html"), manyPageOf(summary));
}

export function filesOfReport(report: ReportInput): Record<string, string> {
  const { outcome, comparison } = report;
  return {
    "report.html": pageOf(report),
    "outcome.json": `${JSON.stringify(jsonOf(report), undefined, 1)}\n`,
    "rows.csv": rowsCsv(outcome),
    "suppliers.csv": suppliersCsv(outcome),
    "liquidations.csv": liquidationsCsv(outcome),
    ...(comparison === undefined ? {} : { "comparison.csv": comparisonCsv(comparison) }),
  };
}

function jsonOf({ scenario, outcome, provenance, comparison, monteCarlo }: ReportInput): unknown {
  const figures = figuresOf(scenario, outcome);
  return { provenance, scenario: withoutPlace(scenario), figures, outcome, comparison, monteCarlo };
}

function rowsCsv({ rows }: Outcome): string {
  const first = rows[0];
  if (first === undefined) return "";
  const keys = (Object.keys(first) as (keyof typeof first)[]).filter((key) => key !== "book" && key !== "time");
  const bands = first.book.map((_, band) => `book${band}`);
  return csv(
    ["time", ...keys, ...bands],
    rows.map((row) => [iso(row.time), ...keys.map((key) => row[key]), ...row.book]),
  );
}

const timeCell = (time: number | undefined): string | undefined => (time === undefined ? undefined : iso(time));

function suppliersCsv({ suppliers }: Outcome): string {
  return csv(
    ["name", "policy", "supplied", "gotOut", "left", "loss", "firstExit", "lastExit"],
    suppliers.map(({ name, policy, supplied, taken, left, firstExit, lastExit }) => [
      name,
      policy,
      supplied,
      taken,
      left,
      1 - (taken + left) / supplied,
      timeCell(firstExit),
      timeCell(lastExit),
    ]),
  );
}

/** Those that were done, and those that were due and that nobody did. */
function liquidationsCsv({ notes }: Outcome): string {
  return csv(
    ["time", "what", "borrower", "by", "repaid", "seized", "loss", "profit", "reason"],
    notes.flatMap((note) => {
      if (note.kind === "liquidated") {
        const { time, borrower, by, repaid, seized, loss, profit } = note;
        return [[iso(time), "liquidated", borrower, by, repaid, seized, loss, profit, undefined]];
      }
      if (note.kind !== "missed") return [];
      const { time, borrower, reason } = note;
      return [[iso(time), "missed", borrower, undefined, undefined, undefined, undefined, undefined, reason]];
    }),
  );
}

function comparisonCsv({ results }: Comparison): string {
  return csv(
    ["mechanism", "name", "policy", "supplied", "gotOut", "left", "leftOnPaper", "loss", "lastExit"],
    results.flatMap(({ mechanism, suppliers }) =>
      suppliers.map(({ name, policy, supplied, taken, left, paper, loss, lastExit }) => [
        mechanism,
        name,
        policy,
        supplied,
        taken,
        left,
        paper,
        loss,
        timeCell(lastExit),
      ]),
    ),
  );
}
