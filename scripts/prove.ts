// Proves what can be proved of the contracts, and that the proofs would notice: each mutant must be refuted.
//   npm run prove            everything
//   npm run prove -- tick    the theorems with "tick" in their names; there can be several such words
// One process proves one theorem at a time; there is one for each processor.
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

/** Waits for the number of a theorem, and answers with what came of it. */
function work(): void {
  const source = Source.read();
  process.on("message", (index: number) => {
    const theorem = THEOREMS[index];
    if (theorem !== undefined) process.send?.(reportOn(theorem, source));
  });
  process.send?.("ready");
}

/** Hands theorems to one process until none is left. */
function helper(queue: number[], done: (report: Report) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = fork(import.meta.filename, [], { env: { ...process.env, PROVE_WORKER: "1" } });
    let isIdle = false;
    child.on("message", (message: Report | "ready") => {
      if (message !== "ready") done(message);
      const next = queue.shift();
      isIdle = next === undefined;
      if (next === undefined) child.kill();
      else child.send(next);
    });
    child.on("exit", () => (isIdle ? resolve() : reject(new Error("a process ended in the middle of a proof"))));
  });
}

async function main(): Promise<number> {
  const words = process.argv.slice(2).map((word) => word.toLowerCase());
  const isWanted = ({ name }: Theorem): boolean =>
    words.length === 0 || words.some((word) => name.toLowerCase().includes(word));
  const queue = THEOREMS.flatMap((theorem, index) => (isWanted(theorem) ? [index] : []));
  let [failures, seconds] = [0, 0];
  const helpers = Array.from({ length: Math.min(availableParallelism(), queue.length) }, () =>
    helper(queue, (report) => {
      failures += report.failures;
      seconds += report.seconds;
      console.log(`${report.lines.join("\n")}\n`);
    }),
  );
  await Promise.all(helpers);
  const verdict = failures === 0 ? "all proved, all mutants refuted" : `${failures} FAILED`;
  console.log(`${verdict}, in ${seconds.toFixed(0)} s of processor time`);
  return failures === 0 ? 0 : 1;
}

if (process.env["PROVE_WORKER"] === undefined) process.exitCode = await main();
else work();
