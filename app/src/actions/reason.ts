// Why an action can't be taken: what was typed, what is in the wallet, or what the pool would say. All of them are known
// before anything is signed.
import { errorOf, explain, formatAmount, type Token, type Units } from "../../../sdk/index.js";
import { Refusal } from "../../../sdk/model/numbers.js";

export type Reason = {
  readonly by: "input" | "wallet" | "pool";
  /** The contract's error where it is one; else a word of ours. */
  readonly name: string;
  readonly sentence: string;
  readonly wayOut: string;
};

type Symbol = Pick<Token, "symbol" | "decimals">;

/** An amount in a sentence, in the user's locale; cut after six digits, as the SDK's own sentences are. */
export const inSentence = (value: bigint, token: Symbol): string => {
  const number = new Intl.NumberFormat(undefined, { maximumFractionDigits: 6 }).format(formatAmount(value, token, 6));
  return `${number} ${token.symbol}`;
};

/** The contract's refusal, in the SDK's words. */
export function poolRefuses(refusal: Refusal, units: Units): Reason {
  if (errorOf(refusal) === undefined) throw new RangeError(`No contract has an error ${refusal.reason}.`);
  const { name, sentence, wayOut } = explain(refusal, units);
  return { by: "pool", name, sentence, wayOut };
}

export const poolSays = (units: Units, name: string, ...values: readonly unknown[]): Reason =>
  poolRefuses(new Refusal(name, ...values), units);

export function* tooLittleInWallet(has: bigint, needed: bigint, token: Symbol): Iterable<Reason> {
  if (needed <= has) return;
  yield {
    by: "wallet",
    name: "Balance",
    sentence: `${inSentence(needed, token)} would be needed, and the wallet has ${inSentence(has, token)}.`,
    wayOut: `Name less, or get more ${token.symbol}.`,
  };
}

export const NOTHING: Reason = {
  by: "input",
  name: "Zero",
  sentence: "The amount is zero.",
  wayOut: "Name a larger amount.",
};
