// What a liquidation does to one position. `high` is the price that is hostile to the borrower.
import { BPS, divUp, min, monus, mulUp, PRICE_SCALE, WAD } from "./numbers.js";

export type LiquidationTerms = {
  lifFloorBps: bigint;
  lifMinBps: bigint;
  lifPeakBps: bigint;
  repayTargetBps: bigint;
  minDebt: bigint;
};

export type Debtor = { debtShares: bigint; debt: bigint; collateral: bigint };

export type Quote = { repaid: bigint; cancelled: bigint; seized: bigint };

/** Debt per collateral value, rounded up; the maximum without value. `value` is collateral · price, times 1e36. */
export function ltvOf(debt: bigint, value: bigint): bigint {
  const valueDown = value / WAD;
  if (valueDown === 0n) return debt === 0n ? 0n : (1n << 256n) - 1n;
  return mulUp(debt, PRICE_SCALE, valueDown);
}

export const exceeds = (debt: bigint, value: bigint, ltvBps: bigint): boolean =>
  debt * PRICE_SCALE * BPS > value * ltvBps;

/** From 1/lifPeak on a liquidator takes all the collateral. */
export const isForeclosable = (debt: bigint, value: bigint, lifPeakBps: bigint): boolean =>
  debt * PRICE_SCALE * lifPeakBps >= value * BPS;

/** Above 1/lifFloor the collateral does not cover the debt. */
export const isInsolvent = (debt: bigint, value: bigint, lifFloorBps: bigint): boolean =>
  debt * PRICE_SCALE * lifFloorBps > value * BPS;

/** Linear from lifMin at the lltv to lifPeak at 1/lifPeak, and never above 1/ltv. */
export function incentiveOf(ltv: bigint, lltvBps: bigint, terms: LiquidationTerms): bigint {
  const ceiling = (WAD * WAD) / ltv;
  const lltv = (lltvBps * WAD) / BPS;
  const peak = (WAD * BPS) / terms.lifPeakBps;
  if (ltv >= peak) return ceiling;
  const slope = ((terms.lifPeakBps - terms.lifMinBps) * WAD) / BPS;
  const rise = ltv > lltv ? (slope * (ltv - lltv)) / (peak - lltv) : 0n;
  return min((terms.lifMinBps * WAD) / BPS + rise, ceiling);
}

export function quoteLiquidation(
  debtor: Debtor,
  indexWad: bigint,
  high: bigint,
  lltvBps: bigint,
  maxRepay: bigint,
  terms: LiquidationTerms,
): Quote {
  return isInsolvent(debtor.debt, debtor.collateral * high, terms.lifFloorBps)
    ? quoteInsolvent(debtor, indexWad, high, maxRepay, terms)
    : quoteSolvent(debtor, indexWad, high, lltvBps, maxRepay, terms);
}

/** Repay until the ltv is at the target t: debt − x = t · (value − x · lif). */
function quoteSolvent(
  { debtShares, debt, collateral }: Debtor,
  indexWad: bigint,
  high: bigint,
  lltvBps: bigint,
  maxRepay: bigint,
  terms: LiquidationTerms,
): Quote {
  const value = collateral * high;
  const lif = incentiveOf(ltvOf(debt, value), lltvBps, terms);
  const target = (lltvBps * terms.repayTargetBps * WAD) / (BPS * BPS);
  let most = divUp((debt - ((value / WAD) * target) / PRICE_SCALE) * WAD, WAD - (target * lif) / WAD);
  if (most >= debt || debt - most < terms.minDebt) most = debt;
  let repaid = min(most, maxRepay);
  if (repaid < debt && debt - repaid < terms.minDebt) repaid = monus(debt, terms.minDebt);
  const cancelled = repaid === debt ? debtShares : (repaid * WAD) / indexWad;
  const seized = min((repaid * lif * PRICE_SCALE) / (high * WAD), (collateral * cancelled) / debtShares);
  return { repaid, cancelled, seized };
}

/** What collateral of an insolvent position costs. */
export const insolventCost = (collateral: bigint, high: bigint, lifFloorBps: bigint): bigint =>
  divUp(collateral * high * BPS, lifFloorBps * PRICE_SCALE);

/** Buy collateral at high / lifFloor; the debt goes in the same proportion. */
function quoteInsolvent(
  { debtShares, collateral }: Debtor,
  indexWad: bigint,
  high: bigint,
  maxRepay: bigint,
  terms: LiquidationTerms,
): Quote {
  const whole = insolventCost(collateral, high, terms.lifFloorBps);
  if (maxRepay >= whole) return { repaid: whole, cancelled: debtShares, seized: collateral };

  let seized = (maxRepay * terms.lifFloorBps * PRICE_SCALE) / (high * BPS);
  const least = mulUp(terms.minDebt, WAD, indexWad);
  if (debtShares < least + mulUp(debtShares, seized, collateral)) {
    // What stays must be a debt that may be: so less is taken.
    seized = (collateral * monus(debtShares, least)) / debtShares;
  }
  if (seized === 0n) return { repaid: 0n, cancelled: 0n, seized: 0n };
  const repaid = insolventCost(seized, high, terms.lifFloorBps);
  return { repaid, cancelled: mulUp(debtShares, seized, collateral), seized };
}
