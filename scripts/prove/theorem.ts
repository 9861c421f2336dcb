// A theorem runs code of the contracts on any input within its assumptions, and claims things of what comes out.
import { type Answer, ask } from "./solver.ts";
import { Machine, type Stub } from "./machine.ts";
import { ARITHMETIC, type Claim, nextPlan, Path, WayEnds } from "./path.ts";
import type { Edit, Source } from "./source.ts";
import { not, smt } from "./terms.ts";

export interface Mutant extends Edit {
  /** What is wrong with it, in words. */
  readonly what: string;
  /** The claim that it must break. */
  readonly breaks: string;
  /** Narrows the search for a counterexample; the counterexample holds all the same. */
  readonly near?: readonly string[];
  /** Inputs that are tried instead of searched for. */
  readonly at?: Readonly<Record<string, bigint>>;
}

export interface Theorem {
  readonly name: string;
  readonly run: (path: Path, machine: Machine) => void;
  readonly stubs?: Readonly<Record<string, Stub>>;
  /** Inputs that satisfy all assumptions: so that no claim is true for want of a case. */
  readonly example: Readonly<Record<string, bigint>>;
  readonly mutants: readonly Mutant[];
}

/** Seconds of work of this process: on a busy machine they take longer. */
export function processorSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

export interface Verdict {
  readonly label: string;
  readonly isProved: boolean;
  /** Of how many cases (ways through the code, or operations) it was proved. */
  readonly cases: number;
  readonly seconds: number;
  readonly counterexample: string;
}

function* pathsOf(theorem: Theorem, source: Source, skipsSteps = false): Generator<Path> {
  for (let plan: number[] | undefined = []; plan !== undefined;) {
    const path: Path = new Path(plan, undefined, skipsSteps);
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

/** Asks for a case in which a claim is false. It may rest on what the arithmetic was claimed to do before. */
function contradict(path: Path, claim: Claim, near: readonly string[] = []): Answer {
  const before = path.claims.slice(0, claim.claimsBefore).filter(({ label }) => label === ARITHMETIC);
  const declarations = path.declarations.slice(0, claim.declarationsBefore);
  const assertions = [
    ...path.facts.slice(0, claim.factsBefore),
    ...before.filter(({ holds }) => holds !== true).map(({ holds }) => smt(holds)),
    ...near.map((text) => smt(path.term(text))),
    smt(not(claim.holds)),
  ];
  const shown = path.inputs.map((name) => `|${name}|`);
  return ask(
    declarations,
    assertions,
    shown.filter((symbol) => declarations.includes(`(declare-const ${symbol} Int)`)),
  );
}

const readable = (model: readonly (readonly [string, string])[]): string =>
  model.map(([name, value]) => `${name} = ${value}`).join(", ");

/** All claims of a theorem, in the order in which they appear. */
export function prove(theorem: Theorem, source: Source): Verdict[] {
  checkExample(theorem, source);
  const found = new Map<string, { cases: number; seconds: number; open: string }>();
  for (const path of pathsOf(theorem, source)) {
    for (const claim of path.claims) {
      const state = found.get(claim.label) ?? { cases: 0, seconds: 0, open: "" };
      found.set(claim.label, state);
      if (claim.holds === true) continue;
      const start = processorSeconds();
      const { verdict, model } = contradict(path, claim);
      state.seconds += processorSeconds() - start;
      state.cases++;
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
function checkExample(theorem: Theorem, source: Source): void {
  const path = new Path([], theorem.example);
  try {
    theorem.run(path, new Machine(source, path, theorem.stubs ?? {}));
  } catch (error) {
    if (error instanceof WayEnds) {
      throw new Error(`the example of "${theorem.name}" is outside of its assumptions`, { cause: error });
    }
    throw error;
  }
  for (const { label, holds } of path.claims) {
    if (holds !== true) throw new Error(`the example of "${theorem.name}" contradicts: ${label}`);
  }
}

/** Looks for inputs on which a mutant breaks its claim. */
export function refute(theorem: Theorem, mutant: Mutant, source: Source): Verdict {
  const start = processorSeconds();
  const mutated = source.with(mutant);
  let cases = 0;
  let counterexample = "";
  if (mutant.at !== undefined) {
    const path = new Path([], mutant.at, true);
    theorem.run(path, new Machine(mutated, path, theorem.stubs ?? {}));
    if (path.claims.some(({ label, holds }) => label === mutant.breaks && holds === false)) {
      counterexample = readable(Object.entries(mutant.at).map(([name, value]) => [name, String(value)]));
    }
  }
  for (const path of mutant.at === undefined ? pathsOf(theorem, mutated, true) : []) {
    for (const claim of path.claims.filter(({ label, holds }) => label === mutant.breaks && holds !== true)) {
      cases++;
      const { verdict, model } = contradict(path, claim, mutant.near);
      if (verdict === "sat") counterexample = readable(model);
      if (counterexample !== "") break;
    }
    if (counterexample !== "") break;
  }
  return {
    label: mutant.what,
    isProved: counterexample === "",
    cases,
    seconds: processorSeconds() - start,
    counterexample,
  };
}
