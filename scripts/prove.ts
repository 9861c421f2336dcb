// Proves what can be proved of the contracts, and that the proofs would notice: each mutant must be refuted.
//   npm run prove            everything
//   npm run prove -- tick    the theorems with "tick" in their names; there can be several such words
import { parse } from "./prove/claim.ts";
import { LEMMAS } from "./prove/lemmas.ts";
import { ask } from "./prove/solver.ts";
import { Source } from "./prove/source.ts";
import { type Term, Formula, not, smt, type Bool } from "./prove/terms.ts";
import { prove, refute, type Theorem } from "./prove/theorem.ts";
import { CLAIM, INCIDENT, REPAY, WRITE } from "./prove/theorems/certificates.ts";
import { BORROWING, DEPOSIT, EXIT_PRICE, MINT, REPAYING } from "./prove/theorems/conversions.ts";
import { INSOLVENT, SOLVENT } from "./prove/theorems/liquidation.ts";
import { BELOW_TICK, POSITION_TICK, TICK } from "./prove/theorems/tick.ts";
import { WATERFALL } from "./prove/theorems/waterfall.ts";

const THEOREMS: readonly Theorem[] = [
  WATERFALL,
  SOLVENT,
  INSOLVENT,
  EXIT_PRICE,
  DEPOSIT,
  MINT,
  BORROWING,
  REPAYING,
  WRITE,
  REPAY,
  CLAIM,
  INCIDENT,
  TICK,
  BELOW_TICK,
  POSITION_TICK,
];

const words = process.argv.slice(2).map((word) => word.toLowerCase());
const wanted = THEOREMS.filter(
  ({ name }) => words.length === 0 || words.some((word) => name.toLowerCase().includes(word)),
);
const source = Source.read();
let failures = 0;

function report(isGood: boolean, label: string, result: string, seconds: number): void {
  if (!isGood) failures++;
  console.log(`  ${label.padEnd(84)} ${result.padEnd(24)} ${seconds.toFixed(1).padStart(6)} s`);
}

console.log("lemmas about integers");
for (const [name, { over, given, then }] of Object.entries(LEMMAS)) {
  const start = performance.now();
  const lookup = (variable: string): Term => new Formula(`|${variable}|`);
  const { verdict } = ask(
    over.map((variable) => `(declare-const |${variable}| Int)`),
    [smt(parse(given, lookup)), smt(not(parse(then, lookup) as Bool))],
  );
  report(verdict === "unsat", `${name}: ${given} => ${then}`, verdict === "unsat" ? "proved" : "NOT PROVED", (performance.now() - start) / 1000);
}

for (const theorem of wanted) {
  console.log(`\n${theorem.name}`);
  for (const { label, isProved, cases, seconds, counterexample } of prove(theorem, source, LEMMAS)) {
    report(isProved, label, isProved ? `proved, ${cases} cases` : "NOT PROVED", seconds);
    if (!isProved) console.log(`    ${counterexample}`);
  }
  for (const mutant of theorem.mutants) {
    const { counterexample, seconds } = refute(theorem, mutant, source, LEMMAS);
    const isRefuted = counterexample !== "";
    report(isRefuted, `mutant: ${mutant.what}`, isRefuted ? "refuted" : "NOT REFUTED", seconds);
    console.log(`    ${isRefuted ? counterexample : `still holds: ${mutant.breaks}`}`);
  }
}

console.log(failures === 0 ? "\nall proved, all mutants refuted" : `\n${failures} FAILED`);
process.exit(failures === 0 ? 0 : 1); // the solver keeps threads
