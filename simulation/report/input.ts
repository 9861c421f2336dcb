// What a report is made of.
import type { Comparison } from "../comparison.js";
import type { Summary } from "../montecarlo/summary.js";
import type { Provenance } from "../provenance.js";
import type { Outcome } from "../run.js";
import type { Scenario } from "../scenario.js";

export type ReportInput = {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
  readonly provenance: Provenance;
  readonly comparison?: Comparison;
  readonly monteCarlo?: Summary;
};

/** Where the file lay is nobody's business. */
export function withoutPlace({
  folder: _folder,
  file: _file,
  ...scenario
}: Scenario): Omit<Scenario, "folder" | "file"> {
  return scenario;
}
