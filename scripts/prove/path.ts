// One way through a piece of code: what is known on it, what must hold on it, and which way was taken at each fork.
import { parse } from "./claim.ts";
import { ask } from "./solver.ts";
import {
  add,
  type Bool,
  both,
  Formula,
  implies,
  type Int,
  isAtMost,
  isBelow,
  isEqual,
  multiply,
  not,
  smt,
  type Term,
} from "./terms.ts";

/** The way ends here: the code reverts, or an assumption does not hold. */
export class WayEnds extends Error {}

/** A struct in memory or storage: passed on by reference. */
export class Struct {
  readonly type: string;
  readonly fields: Map<string, Value>;

  constructor(type: string, fields: Map<string, Value>) {
    this.type = type;
    this.fields = fields;
  }

  copy(): Struct {
    return new Struct(this.type, new Map(this.fields));
  }
}

/** A mapping from anything to structs: an entry appears when it is first looked at. */
export class Mapping {
  readonly entries = new Map<string, Struct>();
  readonly fresh: () => Struct;

  constructor(fresh: () => Struct) {
    this.fresh = fresh;
  }
}

/** Something of which only the name is known. Used as a number or a condition, it can be any. */
export class Unknown {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }
}

export type Value = Term | Struct | Mapping | Unknown | readonly Value[] | undefined;

export interface Claim {
  readonly label: string;
  readonly holds: Bool;
  /** What it may rest on: the facts, and what was claimed of the arithmetic, before it. */
  readonly declarationsBefore: number;
  readonly factsBefore: number;
  readonly claimsBefore: number;
}

/** Work for a question that is only asked to save others. */
const GLANCE = 20_000;

const WORD = (1n << 256n) - 1n;

export class Path {
  readonly declarations: string[] = [];
  readonly facts: string[] = [];
  readonly claims: Claim[] = [];
  /** Set where it is not of interest that checked arithmetic reverts. */
  mayRevert = false;
  /** Set in search of a counterexample: steps need not hold in a mutant. */
  readonly skipsSteps: boolean;
  /** The way taken at each fork, and how many there were. */
  readonly forks: { taken: number; ways: number }[] = [];

  readonly #plan: readonly number[];
  readonly #example: Readonly<Record<string, bigint>> | undefined;
  readonly #bindings = new Map<string, Value>();
  readonly #known = new Map<string, Value>();
  readonly #guards: Bool[] = [];
  readonly inputs: string[] = [];
  /** Steps to take in the middle of the code: when this name gets a value. */
  readonly lemmas = new Map<string, () => void>();

  constructor(plan: readonly number[], example?: Readonly<Record<string, bigint>>, skipsSteps = false) {
    this.#plan = plan;
    this.skipsSteps = skipsSteps;
    this.#example = example;
  }

  // ---------------------------------------------------------------- names

  /** A number that can be any from 0 to `maximum`. */
  input(name: string, maximum = WORD): Int {
    const known = this.#bindings.get(name);
    if (known !== undefined) return known as Int;
    const value = this.#example === undefined ? this.#declare(name, "Int") : (this.#example[name] ?? 0n);
    this.inputs.push(name);
    this.#bindings.set(name, value);
    this.#require(both(isAtMost(0n, value), isAtMost(value, maximum)));
    return value;
  }

  flag(name: string): Bool {
    const known = this.#bindings.get(name);
    if (known !== undefined) return known as Bool;
    const value = this.#example === undefined ? this.#declare(name, "Bool") : (this.#example[name] ?? 0n) !== 0n;
    this.#bindings.set(name, value);
    return value;
  }

  /** Gives a value a name for claims. A term that is not a name yet becomes one. */
  bind(name: string, value: Value): Value {
    const bound = value instanceof Formula && !value.smt.startsWith("|") ? this.#named(name, value) : value;
    this.#bindings.set(name, bound);
    this.lemmas.get(name)?.();
    return bound;
  }

  /** What was bound to a name. */
  value(name: string): Value {
    return this.#bindings.get(name);
  }

  #named(name: string, term: Formula): Formula {
    const key = `name ${term.smt}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known as Formula;
    const isBool = /^\((?:and|or|not|=>|=|<|<=) /.test(term.smt);
    const constant = this.#declare(name, isBool ? "Bool" : "Int");
    this.facts.push(`(= ${constant.smt} ${term.smt})`);
    this.#known.set(key, constant);
    return constant;
  }

  /** a · b. The same product has the same name wherever it is made, so that what is known of it is found. */
  product(a: Int, b: Int): Int {
    const product = multiply(a, b);
    return a instanceof Formula && b instanceof Formula ? this.#named("p", product as Formula) : product;
  }

  #declare(name: string, sort: "Int" | "Bool"): Formula {
    const taken = this.declarations.filter((line) => line.startsWith(`(declare-const |${name}`)).length;
    const symbol = taken === 0 ? `|${name}|` : `|${name}'${taken}|`;
    this.declarations.push(`(declare-const ${symbol} ${sort})`);
    return new Formula(symbol);
  }

  /** The term that a claim's text stands for. */
  term(text: string): Term {
    return parse(text, (name) => {
      const whole = this.#bindings.get(name);
      if (whole !== undefined) return this.#asTerm(whole, name);
      const [first = "", ...rest] = name.split(".");
      let value = this.#bindings.get(first);
      for (const field of rest) value = value instanceof Struct ? value.fields.get(field) : undefined;
      return this.#asTerm(value, name);
    });
  }

  #asTerm(value: Value, name: string): Term {
    if (value instanceof Formula || typeof value === "bigint" || typeof value === "boolean") return value;
    if (value instanceof Unknown) return this.input(value.name);
    throw new Error(`"${name}" is not a number here`);
  }

  // ---------------------------------------------------------------- what is known and what must hold

  assume(text: string): void {
    this.#require(this.term(text) as Bool);
  }

  /** From here on only what satisfies `condition`: where it is evaluated. */
  require(condition: Bool): void {
    this.#require(implies(this.#guard(), condition));
  }

  #require(condition: Bool): void {
    if (condition === false) throw new WayEnds();
    if (condition !== true) this.facts.push(smt(condition));
  }

  /** A step on the way: proved like what the machine's arithmetic needs, and known from here on. */
  step(text: string): void {
    if (this.skipsSteps) return;
    const holds = this.term(text) as Bool;
    this.obligation(holds);
    this.#require(holds);
  }

  /** A step that follows from `known` alone: each of these is proved here, then the step without anything else. */
  conclude(text: string, ...known: readonly string[]): void {
    if (this.skipsSteps) return;
    for (const premise of known) this.step(premise);
    const from = known.map((premise) => this.term(premise) as Bool);
    const follows = implies(from.reduce(both, true as Bool), this.term(text) as Bool);
    this.#claim(ARITHMETIC, follows, 0, 0);
    this.#require(follows);
  }

  claim(label: string, text: string): void {
    this.#claim(label, this.term(text) as Bool);
  }

  #claim(label: string, holds: Bool, factsBefore = this.facts.length, claimsBefore = this.claims.length): void {
    this.claims.push({ label, holds, declarationsBefore: this.declarations.length, factsBefore, claimsBefore });
  }

  /** What the machine's arithmetic needs to be that of integers; under what leads there. */
  obligation(condition: Bool): void {
    this.#claim(ARITHMETIC, implies(this.#guard(), condition));
  }

  // ---------------------------------------------------------------- forks

  get isGuarded(): boolean {
    return this.#guards.length > 0;
  }

  #guard(): Bool {
    return this.#guards.reduce((all, guard) => both(all, guard), true as Bool);
  }

  under<T>(guard: Bool, run: () => T): T {
    this.#guards.push(guard);
    try {
      return run();
    } finally {
      this.#guards.pop();
    }
  }

  #take(ways: number): number {
    if (this.isGuarded) throw new Error("a fork inside of an expression");
    const taken = this.#plan[this.forks.length] ?? 0;
    this.forks.push({ taken, ways });
    return taken;
  }

  /** Goes one way: where the condition holds, or where it does not. */
  fork(condition: Bool): boolean {
    if (typeof condition === "boolean") return condition;
    const key = `if ${condition.smt}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known as boolean;
    const holds = this.canBe(condition) && (!this.canBe(not(condition)) || this.#take(2) === 0);
    this.#known.set(key, holds);
    this.facts.push(smt(holds ? condition : not(condition)));
    return holds;
  }

  /** Whether a condition is possible here. In doubt it is. */
  canBe(condition: Bool): boolean {
    if (typeof condition === "boolean") return condition;
    return ask(this.declarations, [...this.facts, condition.smt], [], GLANCE).verdict !== "unsat";
  }

  /** Goes one way for each value from 0 to `limit` that `term` can have; it must be under `limit`. */
  enumerate(term: Int, limit: number): bigint {
    if (typeof term === "bigint") return term;
    const key = `value ${term.smt}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known as bigint;
    this.obligation(isBelow(term, BigInt(limit)));
    const value = this.#onlyValue(term) ?? BigInt(this.#take(limit));
    this.#known.set(key, value);
    this.facts.push(smt(isEqual(term, value)));
    return value;
  }

  /** The value of a term that can have no other here. */
  #onlyValue(term: Formula): bigint | undefined {
    const { verdict, model } = ask(this.declarations, this.facts, [term.smt]);
    const value = model[0]?.[1];
    if (verdict !== "sat" || value === undefined || !/^\d+$/.test(value)) return undefined;
    return this.canBe(not(isEqual(term, BigInt(value)))) ? undefined : BigInt(value);
  }

  // ---------------------------------------------------------------- division

  /** floor(n / d) for n ≥ 0, d > 0: the integer q with q · d ≤ n < (q + 1) · d. */
  quotient(n: Int, d: Int): Int {
    if (typeof n === "bigint" && typeof d === "bigint") return d === 0n ? 0n : n / d;
    if (d === 1n) return n;
    const key = `${smt(n)} / ${smt(d)}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known as Int;
    const q = this.#declare("q", "Int");
    const isQuotient = both(isAtMost(multiply(q, d), n), isBelow(n, add(multiply(q, d), d)));
    this.facts.push(smt(isAtMost(0n, q)), smt(implies(both(isBelow(0n, d), isAtMost(0n, n)), isQuotient)));
    this.#known.set(key, q);
    return q;
  }
}

/** The label of what the machine's arithmetic needs. */
export const ARITHMETIC = "no operation wraps, truncates or divides by zero; steps";

/** The way after one that took `forks`: the last fork that has one left goes on to its next. */
export function nextPlan(forks: readonly { taken: number; ways: number }[]): number[] | undefined {
  const plan = forks.map(({ taken }) => taken);
  for (let last = forks.length - 1; last >= 0; last--) {
    const fork = forks[last];
    if (fork !== undefined && fork.taken + 1 < fork.ways) return [...plan.slice(0, last), fork.taken + 1];
  }
  return undefined;
}
