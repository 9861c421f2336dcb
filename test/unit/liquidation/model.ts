// The formulas of the reference model for the market of the fixtures, and its prices from what the pool's views say.
import { DEFAULT_PARAMETERS } from "../../../scripts/lib/market.js";
import {
  type Exit,
  estatePriceUp,
  estateShortfall,
  exitOf,
  type Fraction,
  ledgerShortfall,
  type LiquidationTerms,
  max,
  min,
  mulUp,
  priceWad,
  recoveryPrice,
  thresholdOf,
  tickOf,
  uncoveredOf,
  VIRTUAL_ASSETS,
  VIRTUAL_SHARES,
  WAD,
} from "../../../sdk/model/index.js";

export const TERMS: LiquidationTerms = DEFAULT_PARAMETERS;
const { lifFloorBps } = TERMS;

export const distance = (a: bigint, b: bigint): bigint => max(a, b) - min(a, b);

export const debtOf = (debtShares: bigint, index: bigint): bigint => mulUp(debtShares, index, WAD);

// ---------------------------------------------------------------- the ledger

export type Position = { debtShares: bigint; collateral: bigint };

export const tickOfPosition = ({ debtShares, collateral }: Position): bigint => BigInt(tickOf(debtShares, collateral));

/** The tick above which positions are insolvent, and below which solvent. */
export const threshold = (low: bigint, index: bigint): bigint => BigInt(thresholdOf(low, index, lifFloorBps));

/** The shortfall of positions as the ledger counts it. */
export function shortfallOf(positions: readonly Position[], index: bigint, low: bigint): bigint {
  const placed = positions.map((position) => ({ ...position, tick: tickOf(position.debtShares, position.collateral) }));
  return ledgerShortfall(placed, index, low, lifFloorBps);
}

/** What each position leaves uncovered, summed: what the ledger's shortfall bounds from below. */
export function trueShortfall(positions: readonly Position[], index: bigint, low: bigint): bigint {
  const recovery = recoveryPrice(low, lifFloorBps);
  return positions.reduce(
    (sum, { debtShares, collateral }) => sum + uncoveredOf(debtShares, collateral, index, recovery),
    0n,
  );
}

export const estatePrice = (high: bigint, age: bigint): bigint => estatePriceUp(high, age, lifFloorBps);

export const shortfallOfEstate = (debt: bigint, collateral: bigint, low: bigint, age: bigint): bigint =>
  estateShortfall(debt, collateral, low, age, lifFloorBps);

// ---------------------------------------------------------------- prices of shares

export type Books = {
  cash: bigint;
  debtAssets: bigint;
  pendingFees: bigint;
  supply: bigint;
  reserveShares: bigint;
  fundShares: bigint;
};

export const grossOf = (books: Books): Fraction => ({
  assets: books.cash + books.debtAssets - books.pendingFees + VIRTUAL_ASSETS,
  shares: books.supply + VIRTUAL_SHARES,
});

/** A price as the pool shows it. */
export const shown = ({ assets, shares }: Fraction): bigint => priceWad(assets, shares);

/** Pending fees as shares, at the gross price. */
export function crystallised(books: Books): Fraction & { cover: bigint; minted: bigint } {
  const gross = grossOf(books);
  const minted = (books.pendingFees * gross.shares) / gross.assets;
  return {
    assets: gross.assets + books.pendingFees,
    shares: gross.shares + minted,
    cover: books.reserveShares + books.fundShares + minted,
    minted,
  };
}

export const exitFor = (books: Books, shortfall: bigint): Exit =>
  exitOf(grossOf(books), crystallised(books), shortfall);
