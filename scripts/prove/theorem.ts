// A theorem runs code of the contracts on any input within its assumptions, and claims things of what comes out.
import { ask } from "./solver.ts";
import { Machine, type Stub } from "./machine.ts";
import { ARITHMETIC, type Claim, type Lemma, nextPlan, Path, WayEnds } from "./path.ts";
import type { Edit, Source } from "./source.ts";
import { not, smt } from "./terms.ts";

export interface Mutant extends Edit {
  /** What is wrong with it, in words. */
  readonly what: string;
  /** The claim that it must break. */
  readonly breaks: string;
  /** Narrows the search for a counterexample; the counterexample holds all the same. */
  readonly near?: readonly string[];
}

export interface Theorem {
  readonly name: string;
  readonly run: (path: Path, machine: Machine) => void;
  readonly stubs?: Readonly<Record<string, Stub>>;
  /** Inputs that satisfy all assumptions: so that no claim is true for want of a case. */
  readonly example: Readonly<Record<string, bigint>>;
  readonly mutants: readonly Mutant[];
}

export interface Verdict {
  readonly label: string;
  readonly isProved: boolean;
  /** Of how many cases (ways through the code, or operations) it was proved. */
  readonly cases: number;
  readonly seconds: number;
  readonly counterexample: string;
}

export type Lemmas = Readonly<Record<string, Lemma>>;

function* pathsOf(theorem: Theorem, source: Source, lemmas: Lemmas): Generator<Path> {
  for (let plan: number[] | undefined = []; plan !== undefined; ) {
    const path: Path = new Path(plan, lemmas);
    try {
      theorem.run(path, new Machine(source, path, theorem.stubs ?? {}));
    } catch (error) {
      // Where the code reverts there is nothing to claim but what was noted on the way there.
      if (!(error instanceof WayEnds)) throw error;
    }
    yield path;
    plan = nextPlan(path.forks);
  }
}

/** Refutes the opposite of a claim. It may rest on what the arithmetic was claimed to do before. */
function question(path: Path, claim: Claim, near: readonly string[] = []) {
  const before = path.claims.slice(0, claim.claimsBefore).filter(({ label }) => label === ARITHMETIC);
  const assertions = [
    ...path.facts.slice(0, claim.factsBefore),
    ...before.filter(({ holds }) => holds !== true).map(({ holds }) => smt(holds)),
    ...near.map((text) => smt(path.term(text))),
    smt(not(claim.holds)),
  ];
  return { declarations: path.declarations, assertions };
}

const readable = (model: readonly (readonly [string, string])[]): string =>
  model.map(([name, value]) => `${name} = ${value}`).join(", ");

/** All claims of a theorem, in the order in which they appear. */
export function prove(theorem: Theorem, source: Source, lemmas: Lemmas): Verdict[] {
  checkExample(theorem, source, lemmas);
  const found = new Map<string, { cases: number; seconds: number; open: string }>();
  const known = new Set<string>();
  for (const path of pathsOf(theorem, source, lemmas)) {
    for (const claim of path.claims) {
      const state = found.get(claim.label) ?? { cases: 0, seconds: 0, open: "" };
      found.set(claim.label, state);
      if (claim.holds === true) continue;
      const { declarations, assertions } = question(path, claim);
      const key = assertions.join("\n");
      if (known.has(key)) continue;
      known.add(key);
      const start = performance.now();
      const { verdict, model } = ask(declarations, assertions, path.inputs.map((name) => `|${name}|`));
      state.seconds += (performance.now() - start) / 1000;
      state.cases++;
      if (process.env["PROVE_TRACE"]) {
        const ms = performance.now() - start;
        if (ms > 500 || verdict !== "unsat") console.error(`${ms.toFixed(0)} ms ${verdict} ${claim.label}: ${smt(claim.holds).slice(0, 300)} [${path.forks.map((f) => f.taken).join("")}]`);
      }
      if (verdict !== "unsat" && state.open === "") state.open = verdict === "sat" ? readable(model) : "not decided";
    }
  }
  return [...found].map(([label, { cases, seconds, open }]) => ({
    label,
    isProved: open === "",
    cases,
    seconds,
    counterexample: open,
  }));
}

/** The example must satisfy every assumption and claim, so the claims are about something. */
function checkExample(theorem: Theorem, source: Source, lemmas: Lemmas): void {
  const path = new Path([], lemmas, theorem.example);
  try {
    theorem.run(path, new Machine(source, path, theorem.stubs ?? {}));
  } catch (error) {
    if (error instanceof WayEnds) throw new Error(`the example of "${theorem.name}" is outside of its assumptions`);
    throw error;
  }
  for (const { label, holds } of path.claims) {
    if (holds !== true) throw new Error(`the example of "${theorem.name}" contradicts: ${label}`);
  }
}

/** Looks for inputs on which a mutant breaks its claim. */
export function refute(theorem: Theorem, mutant: Mutant, source: Source, lemmas: Lemmas): Verdict {
  const start = performance.now();
  const mutated = source.with(mutant);
  let cases = 0;
  let counterexample = "";
  for (const path of pathsOf(theorem, mutated, lemmas)) {
    for (const claim of path.claims.filter(({ label, holds }) => label === mutant.breaks && holds !== true)) {
      cases++;
      const { declarations, assertions } = question(path, claim, mutant.near);
      const { verdict, model } = ask(declarations, assertions, path.inputs.map((name) => `|${name}|`));
      if (verdict === "sat") counterexample = readable(model);
      if (counterexample !== "") break;
    }
    if (counterexample !== "") break;
  }
  return {
    label: mutant.what,
    isProved: counterexample === "",
    cases,
    seconds: (performance.now() - start) / 1000,
    counterexample,
  };
}
