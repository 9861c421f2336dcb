// Integers and truth values that are known (bigint, boolean) or stand for a formula in SMT-LIB. Known ones are calculated
// at once: so the same code that writes formulas also runs on plain numbers.

/** A formula. Its integers are mathematical: they have no width and don't wrap. */
export class Formula {
  readonly smt: string;

  constructor(text: string) {
    this.smt = text;
  }
}

export type Int = bigint | Formula;
export type Bool = boolean | Formula;
export type Term = bigint | boolean | Formula;

export function smt(term: Term): string {
  if (term instanceof Formula) return term.smt;
  if (typeof term === "boolean") return String(term);
  return term < 0n ? `(- ${-term})` : String(term);
}

const apply = (operator: string, ...args: readonly Term[]): Formula =>
  new Formula(`(${operator} ${args.map(smt).join(" ")})`);

export function add(a: Int, b: Int): Int {
  if (typeof a === "bigint" && typeof b === "bigint") return a + b;
  if (a === 0n) return b;
  return b === 0n ? a : apply("+", a, b);
}

export function subtract(a: Int, b: Int): Int {
  if (typeof a === "bigint" && typeof b === "bigint") return a - b;
  return b === 0n ? a : apply("-", a, b);
}

export function multiply(a: Int, b: Int): Int {
  if (typeof a === "bigint" && typeof b === "bigint") return a * b;
  if (a === 0n || b === 0n) return 0n;
  if (a === 1n) return b;
  return b === 1n ? a : apply("*", a, b);
}

export function isAtMost(a: Int, b: Int): Bool {
  return typeof a === "bigint" && typeof b === "bigint" ? a <= b : apply("<=", a, b);
}

export function isBelow(a: Int, b: Int): Bool {
  return typeof a === "bigint" && typeof b === "bigint" ? a < b : apply("<", a, b);
}

export function isEqual(a: Term, b: Term): Bool {
  if (!(a instanceof Formula) && !(b instanceof Formula)) return a === b;
  return smt(a) === smt(b) ? true : apply("=", a, b);
}

export function not(a: Bool): Bool {
  return typeof a === "boolean" ? !a : apply("not", a);
}

export function both(a: Bool, b: Bool): Bool {
  if (a === false || b === false) return false;
  if (a === true) return b;
  return b === true ? a : apply("and", a, b);
}

export function either(a: Bool, b: Bool): Bool {
  return not(both(not(a), not(b)));
}

export function implies(a: Bool, b: Bool): Bool {
  if (a === false || b === true) return true;
  if (a === true) return b;
  return b === false ? not(a) : apply("=>", a, b);
}

export function choose(condition: Bool, a: Term, b: Term): Term {
  if (typeof condition === "boolean") return condition ? a : b;
  return smt(a) === smt(b) ? a : apply("ite", condition, a, b);
}
