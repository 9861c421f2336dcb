// All debt by its ratio to the collateral, from the pool's ledger, and what of it a fall of the price would uncover.
import type { Market, Tick } from "../../../../sdk/market.js";
import { BPS, min, monus, mulDown, PRICE_SCALE, WAD } from "../../../../sdk/model/numbers.js";
import { ledgerShortfall, thresholdOf } from "../../../../sdk/model/shortfall.js";

/** Doublings of the ratio: from where collateral is worth all debt, so many down and so many up are read. */
const TICKS_A_DOUBLING = 64;
const DOWN = 6;
const UP = 4;

/** The ticks to ask the lens for: LTVs of about 1.5% to 1,600%. */
export function tickRange({ prices, totals, terms }: Market): { from: bigint; to: bigint } | undefined {
  if (prices.low === 0n) return undefined;
  const middle = thresholdOf(prices.low, totals.borrowIndexWad, terms.lifFloorBps);
  return {
    from: BigInt(Math.max(middle - DOWN * TICKS_A_DOUBLING, 0)),
    to: BigInt(middle + UP * TICKS_A_DOUBLING),
  };
}

export type Zone = "healthy" | "liquidatable" | "insolvent";

export type Bar = {
  readonly fromWad: bigint;
  /** The last bar has no end. */
  readonly toWad: bigint | undefined;
  readonly debtAssets: bigint;
  /** Where its middle lies. */
  readonly zone: Zone;
};

export type Book = {
  readonly bars: readonly Bar[];
  readonly endWad: bigint;
  /** From here on a position can be liquidated; and from here on its collateral does not bring in all of its debt. */
  readonly liquidationWad: bigint;
  readonly shortfallWad: bigint;
  readonly debtAt: Readonly<Record<Zone, bigint>>;
  /** Debt that is in none of the ticks read. */
  readonly unreadAssets: bigint;
};

/** What is above the last of them is in one bar more. */
const BARS = 44n;
/** Where the bars end, in percent: the first that leaves at most a twentieth of the debt above. */
const ENDS = [110n, 165n, 220n, 440n];

const ltvOf = ({ debtAssets, collateral }: Tick, price: bigint): bigint | undefined => {
  const value = mulDown(collateral, price, PRICE_SCALE);
  return value === 0n ? undefined : (debtAssets * WAD) / value;
};

function endOf(ticks: readonly Tick[], price: bigint): bigint {
  const above = (percent: bigint): bigint =>
    ticks.reduce((sum, tick) => {
      const ltvWad = ltvOf(tick, price);
      return ltvWad === undefined || ltvWad * 100n >= percent * WAD ? sum + tick.debtAssets : sum;
    }, 0n);
  const all = above(0n);
  return ENDS.find((percent) => above(percent) * 20n <= all) ?? 440n;
}

/** Each tick, a band of a 64th, is in the bar of its positions' average LTV at the low price. */
export function bookOf(market: Market, ticks: readonly Tick[]): Book {
  const { terms, prices, totals, estate } = market;
  const endWad = (endOf(ticks, prices.low) * WAD) / 100n;
  const width = endWad / BARS;
  const liquidationWad = (terms.lltvBps * WAD) / BPS;
  const shortfallWad = (BPS * WAD) / terms.lifFloorBps;
  const zoneOf = (ltvWad: bigint): Zone => {
    if (ltvWad > shortfallWad) return "insolvent";
    return ltvWad > liquidationWad ? "liquidatable" : "healthy";
  };
  const debts = Array.from({ length: Number(BARS) + 1 }, () => 0n);
  const debtAt = { healthy: 0n, liquidatable: 0n, insolvent: 0n };
  for (const tick of ticks) {
    const ltvWad = ltvOf(tick, prices.low);
    const place = ltvWad === undefined ? BARS : min(ltvWad / width, BARS);
    debts[Number(place)] = (debts[Number(place)] ?? 0n) + tick.debtAssets;
    debtAt[ltvWad === undefined ? "insolvent" : zoneOf(ltvWad)] += tick.debtAssets;
  }
  const bars = debts.map((debtAssets, index): Bar => {
    const fromWad = BigInt(index) * width;
    const isLast = index === debts.length - 1;
    return { fromWad, toWad: isLast ? undefined : fromWad + width, debtAssets, zone: zoneOf(fromWad + width / 2n) };
  });
  const read = ticks.reduce((sum, { debtAssets }) => sum + debtAssets, 0n);
  const unreadAssets = monus(monus(totals.debtAssets, estate.debtAssets), read + BigInt(ticks.length));
  return { bars, endWad, liquidationWad, shortfallWad, debtAt, unreadAssets };
}

/** What the oracle would show as uncovered at this low price: of the positions read, and of the estate. */
export function shortfallAt(market: Market, ticks: readonly Tick[], low: bigint): bigint {
  const { terms, totals, prices, estate } = market;
  const positions = ticks.map(({ debtShares, collateral, tick }) => ({ debtShares, collateral, tick: Number(tick) }));
  const ofPositions = ledgerShortfall(positions, totals.borrowIndexWad, low, terms.lifFloorBps);
  // The estate's price has the age in it, and moves as the oracle's does.
  const estatePrice = prices.high === 0n ? 0n : mulDown(estate.price, low, prices.high);
  const ofEstate = monus(estate.debtAssets, mulDown(estate.collateral, estatePrice, PRICE_SCALE));
  return min(ofPositions + ofEstate, totals.debtAssets);
}

/** A price that has fallen by so many percent. */
export const fallen = (price: bigint, percent: bigint): bigint => (price * (100n - percent)) / 100n;
