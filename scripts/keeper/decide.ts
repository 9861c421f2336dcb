// What there is to do, from the book and a view alone: no request, a few multiplications a position.
import { exceeds, isForeclosable, isInsolvent, quoteLiquidation } from "../../sdk/model/liquidation.js";
import type { Quote } from "../../sdk/model/liquidation.js";
import { DAY, divUp, MAX_UINT256, PRICE_SCALE, WAD } from "../../sdk/model/numbers.js";
import { thresholdOf } from "../../sdk/model/shortfall.js";
import { tickOf } from "../../sdk/model/tick.js";
import type { Book, Position } from "./book.ts";
import type { Market, View } from "./view.ts";

export type Candidate = {
  borrower: string;
  position: Position;
  quote: Quote;
  /** What the seized collateral is worth at high beyond what it costs, in the loan asset. */
  premium: bigint;
  isForeclosable: boolean;
  isInsolvent: boolean;
};

/** Between the flag and foreclosure, and how long a flag holds. */
const WAIT = Number(DAY);
const DEADLINE = 2 * WAIT;
/** What reading a tick costs a withdrawal. */
const TICK_GAS = 2_400;

/** The positions over the lltv, the most rewarding first. None without a price: then nobody can be liquidated. */
export function candidatesOf(book: Book, view: View, { terms }: Market): Candidate[] {
  if (!view.ok) return [];
  const found: Candidate[] = [];
  for (const [borrower, position] of book.positions) {
    const { debtShares, collateral } = position;
    if (debtShares === 0n) continue;
    const debt = divUp(debtShares * view.indexWad, WAD);
    const value = collateral * view.high;
    if (!exceeds(debt, value, view.lltvBps)) continue;
    const debtor = { debtShares, debt, collateral };
    const quote = quoteLiquidation(debtor, view.indexWad, view.high, view.lltvBps, MAX_UINT256, terms);
    found.push({
      borrower,
      position,
      quote,
      premium: (quote.seized * view.high) / PRICE_SCALE - quote.repaid,
      isForeclosable: isForeclosable(debt, value, terms.lifPeakBps),
      isInsolvent: isInsolvent(debt, value, terms.lifFloorBps),
    });
  }
  return found.toSorted((a, b) => (a.premium < b.premium ? 1 : a.premium > b.premium ? -1 : 0));
}

/** Whether it can be flagged, or foreclosed, in a block of this time. */
export function dueOf({ position: { flaggedAt }, isForeclosable: isDeep }: Candidate, time: number): Due | undefined {
  if (!isDeep) return undefined;
  if (flaggedAt === 0 || time > flaggedAt + DEADLINE) return "flag";
  return time >= flaggedAt + WAIT ? "foreclose" : undefined;
}

export type Due = "flag" | "foreclose";

/** Gas that moving the pivot would save each withdrawal: the ticks that one has to read now. */
export function pivotSaving(book: Book, view: View, { terms }: Market): number {
  const first = thresholdOf(view.low, view.indexWad, terms.lifFloorBps) + 1;
  if (first > view.highestTick) return 0;
  const ticks = new Set<number>();
  for (const { debtShares, collateral } of book.positions.values()) {
    if (debtShares !== 0n) ticks.add(tickOf(debtShares, collateral));
  }
  const count = (from: number, end: number): number => [...ticks].filter((tick) => tick >= from && tick < end).length;
  const { pivotTick, highestTick } = view;
  if (pivotTick === 0) return count(first, highestTick + 1) * TICK_GAS;
  if (first <= pivotTick) return count(first, pivotTick) * TICK_GAS;
  return Math.min(count(pivotTick, first), count(first, highestTick + 1)) * TICK_GAS;
}
