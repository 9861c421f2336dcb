// Claims and assumptions are written as in Solidity, over integers that never wrap: "a * b <= c && c < 2 ** 128 => d > 0".
import {
  add,
  type Bool,
  both,
  either,
  implies,
  type Int,
  isAtMost,
  isBelow,
  isEqual,
  multiply,
  not,
  subtract,
  type Term,
} from "./terms.ts";

type Operator = (left: Term, right: Term) => Term;

const ints = (operator: (left: Int, right: Int) => Term): Operator => operator as Operator;
const bools = (operator: (left: Bool, right: Bool) => Bool): Operator => operator as Operator;

/** Binding powers from loose to tight. */
const OPERATORS: Readonly<Record<string, readonly [power: number, operator: Operator]>> = {
  "<=>": [1, isEqual],
  "=>": [2, bools(implies)],
  "||": [3, bools(either)],
  "&&": [4, bools(both)],
  "==": [5, isEqual],
  "!=": [5, (left, right) => not(isEqual(left, right))],
  "<=": [5, ints(isAtMost)],
  ">=": [5, ints((left, right) => isAtMost(right, left))],
  "<": [5, ints(isBelow)],
  ">": [5, ints((left, right) => isBelow(right, left))],
  "+": [6, ints(add)],
  "-": [6, ints(subtract)],
  "*": [7, ints(multiply)],
  "**": [8, ints((left, right) => (left as bigint) ** (right as bigint))],
};

const TOKEN = /\s*(<=>|=>|\|\||&&|\*\*|[=!<>]=|[-+*<>()!]|\d+(?:e\d+)?|[A-Za-z_][\w.]*)/y;

/** The words of a claim: names, numbers and operators. */
function words(text: string): string[] {
  const found: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (match?.[1] === undefined) throw new Error(`can't read "${text}" at ${at}`);
    found.push(match[1]);
  }
  return found;
}

function number(word: string): bigint {
  const [digits = "", zeros = "0"] = word.split("e");
  return BigInt(digits) * 10n ** BigInt(zeros);
}

/** The term that `text` stands for, with names looked up by `lookup`. */
export function parse(text: string, lookup: (name: string) => Term): Term {
  const rest = words(text);

  function operand(): Term {
    const word = rest.shift() ?? "";
    if (word === "!") return not(operand() as Bool);
    if (word === "(") {
      const inner = expression(0);
      if (rest.shift() !== ")") throw new Error(`a bracket is open in "${text}"`);
      return inner;
    }
    if (/^\d/.test(word)) return number(word);
    if (/^[A-Za-z_]/.test(word)) return lookup(word);
    throw new Error(`unexpected "${word}" in "${text}"`);
  }

  function expression(least: number): Term {
    let left = operand();
    for (;;) {
      const [power, operator] = OPERATORS[rest[0] ?? ""] ?? [];
      if (power === undefined || operator === undefined || power < least) return left;
      rest.shift();
      // "=>" groups to the right, all others to the left
      left = operator(left, expression(power === 2 ? power : power + 1));
    }
  }

  const term = expression(0);
  if (rest.length > 0) throw new Error(`"${rest.join(" ")}" is left over in "${text}"`);
  return term;
}
