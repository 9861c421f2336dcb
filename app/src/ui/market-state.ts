// What state a market is in, in a word or two each.
import type { Market } from "../../../sdk/market.js";
import type { Tone } from "./tone.js";

export type StateWord = { readonly text: string; readonly tone: Tone };

/** The gravest first; "Open" if there is nothing to say. */
export function marketState({ terms, prices, cover, estate }: Market): readonly StateWord[] {
  const words: StateWord[] = [];
  if (cover.uncovered > 0n) words.push({ text: "Uncovered shortfall", tone: "bad" });
  else if (cover.shortfall > 0n) words.push({ text: "Covered shortfall", tone: "warning" });
  if (!prices.isOk) words.push({ text: "No price", tone: "bad" });
  if (terms.isClosed) words.push({ text: "Closed", tone: "neutral" });
  else if (terms.isPaused) words.push({ text: "Paused", tone: "warning" });
  if (terms.isBorrowingHalted && !terms.isClosed) words.push({ text: "Borrowing halted", tone: "warning" });
  if (estate.debtAssets > 0n || estate.collateral > 0n) words.push({ text: "Estate for sale", tone: "warning" });
  return words.length === 0 ? [{ text: "Open", tone: "good" }] : words;
}
