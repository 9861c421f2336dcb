// Proves what can be proved of the contracts, and that the proofs would notice: each mutant must be refuted.
//   npm run prove            everything
//   npm run prove -- tick    the theorems with "tick" in their names; there can be several such words
// As many at a time as there are processors.
import { fork } from "node:child_process";
import { availableParallelism } from "node:os";

import { Source } from "./prove/source.ts";
import { processorSeconds, prove, refute, type Theorem } from "./prove/theorem.ts";
import { CLAIM, REPAY, WRITE } from "./prove/theorems/certificates.ts";
import { BORROWING, DEPOSIT, EXIT_PRICE, MINT, REPAYING } from "./prove/theorems/conversions.ts";
import { INSOLVENT, SOLVENT } from "./prove/theorems/liquidation.ts";
import { POSITION_TICK, TICK } from "./prove/theorems/tick.ts";
import { WATERFALL } from "./prove/theorems/waterfall.ts";

/** The longest first: so that no processor waits long at the end. */
const THEOREMS: readonly Theorem[] = [
  SOLVENT,
  TICK,
  CLAIM,
  INSOLVENT,
  REPAY,
  WRITE,
  EXIT_PRICE,
  WATERFALL,
  DEPOSIT,
  MINT,
  BORROWING,
  REPAYING,
  POSITION_TICK,
];

interface Report {
  readonly lines: readonly string[];
  readonly failures: number;
  readonly seconds: number;
}

function line(label: string, result: string, seconds: number): string {
  return `  ${label.padEnd(96)} ${result.padEnd(18)} ${seconds.toFixed(1).padStart(6)} s`;
}

/** A theorem and its mutants. */
function reportOn(theorem: Theorem, source: Source): Report {
  const start = processorSeconds();
  const lines = [theorem.name];
  let failures = 0;
  for (const { label, isProved, cases, seconds, counterexample } of prove(theorem, source)) {
    lines.push(line(label, isProved ? `proved (${cases})` : "NOT PROVED", seconds));
    if (!isProved) lines.push(`    ${counterexample}`);
    if (!isProved) failures++;
  }
  for (const mutant of theorem.mutants) {
    const { counterexample, seconds } = refute(theorem, mutant, source);
    const isRefuted = counterexample !== "";
    lines.push(line(`mutant: ${mutant.what}`, isRefuted ? "refuted" : "NOT REFUTED", seconds));
    lines.push(isRefuted ? `    ${mutant.breaks}: not with ${counterexample}` : `    still holds: ${mutant.breaks}`);
    if (!isRefuted) failures++;
  }
  return { lines, failures, seconds: processorSeconds() - start };
}

/** Answers with what came of the theorem of this number. */
function work(index: number): void {
  const theorem = THEOREMS[index];
  if (theorem !== undefined) process.send?.(reportOn(theorem, Source.read()));
}

/** Each theorem has a process of its own: what the solver has learned from one would change how it works on another. */
function proveApart(index: number): Promise<Report> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [], { env: { ...process.env, PROVE_THEOREM: String(index) } });
    child.once("message", (report: Report) => {
      resolve(report);
      child.kill();
    });
    child.once("exit", () => reject(new Error("a process ended in the middle of a proof")));
  });
}

async function main(): Promise<number> {
  const words = process.argv.slice(2).map((word) => word.toLowerCase());
  const isWanted = ({ name }: Theorem): boolean =>
    words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
  const queue = THEOREMS.flatMap((theorem, index) => (isWanted(theorem) ? [index] : []));
  let [failures, seconds] = [0, 0];
  const proveInTurn = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const report = await proveApart(next);
      failures += report.failures;
      seconds += report.seconds;
      console.log(`${report.lines.join("\n")}\n`);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, proveInTurn));
  const verdict = failures === 0 ? "all proved, all mutants refuted" : `${failures} FAILED`;
  console.log(`${verdict}, in ${seconds.toFixed(0)} s of processor time`);
  return failures === 0 ? 0 : 1;
}

const mine = process.env["PROVE_THEOREM"];
if (mine === undefined) process.exitCode = await main();
else work(Number(mine));
