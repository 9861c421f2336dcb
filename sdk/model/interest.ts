// The adaptive curve. At 90% utilisation a loan pays the rate at target, at 0% a quarter of it, at 100% four times. The
// rate at target moves by up to e^50 a year: up while more than 90% is lent, down while less.
import { MAX_FEE_UNITS, MAX_INDEX_WAD, min, monus, WAD, YEAR } from "./numbers.js";
import type { Totals } from "./state.js";

const TARGET = (9n * WAD) / 10n;
const STEEPNESS = 4n;
const ADAPTATION = (50n * WAD) / YEAR;
export const MIN_RATE_AT_TARGET = WAD / 1_000n / YEAR;
export const MAX_RATE_AT_TARGET = (2n * WAD) / YEAR;
const LN2 = 693_147_180_559_945_309n;
const WIDEST_EXPONENT = 10n * WAD;

/** −1 at 0%, 0 at the target, +1 at 100%; in 1e18ths. */
export function distanceOf(utilisation: bigint): bigint {
  const difference = utilisation - TARGET;
  return (difference * WAD) / (difference > 0n ? WAD - TARGET : TARGET);
}

function onCurve(rateAtTarget: bigint, distance: bigint): bigint {
  const slope = distance < 0n ? WAD - WAD / STEEPNESS : (STEEPNESS - 1n) * WAD;
  return (rateAtTarget * (WAD + (slope * distance) / WAD)) / WAD;
}

function bounded(rate: bigint): bigint {
  return rate < MIN_RATE_AT_TARGET ? MIN_RATE_AT_TARGET : min(rate, MAX_RATE_AT_TARGET);
}

/** e^x = 2^k · e^r with |r| ≤ ln2 / 2, and e^r by four terms. */
function exponential(exponent: bigint): bigint {
  const x = exponent > WIDEST_EXPONENT ? WIDEST_EXPONENT : exponent < -WIDEST_EXPONENT ? -WIDEST_EXPONENT : exponent;
  const k = (x + (x < 0n ? -LN2 / 2n : LN2 / 2n)) / LN2;
  const r = x - k * LN2;
  const square = (r * r) / WAD;
  const power = WAD + r + square / 2n + (square * r) / (6n * WAD);
  return k >= 0n ? power << k : power >> -k;
}

/** The borrow rate at this moment, per second. */
export function rateNow(rateAtTarget: bigint, utilisation: bigint): bigint {
  return onCurve(rateAtTarget, distanceOf(utilisation));
}

/** The mean borrow rate over a time, and the rate at target after it. */
export function ratesOver(
  rateAtTarget: bigint,
  utilisation: bigint,
  elapsed: bigint,
): { average: bigint; atTarget: bigint } {
  const distance = distanceOf(utilisation);
  const half = exponential((distance * ADAPTATION * elapsed) / (2n * WAD));
  const middle = (rateAtTarget * half) / WAD;
  const atTarget = bounded((middle * half) / WAD);
  return { average: onCurve((rateAtTarget + 2n * bounded(middle) + atTarget) / 4n, distance), atTarget };
}

/** x + x²/2 + x³/6: a little less than continuous compounding. */
export function compounded(rate: bigint, elapsed: bigint): bigint {
  const first = rate * elapsed;
  const second = (first * first) / (2n * WAD);
  return first + second + (second * first) / (3n * WAD);
}

/** The part of a pool's money that is lent. */
export const utilisationOf = (cash: bigint, debt: bigint): bigint => (debt === 0n ? 0n : (debt * WAD) / (cash + debt));

type Loans = { debtShares: bigint; index: bigint };

export const loansOf = ({ debtShares, index }: Loans): bigint => (debtShares * index) / WAD;

/** What loans fall by when debt shares go. */
export const fallOf = (loans: Loans, debtShares: bigint): bigint =>
  loansOf(loans) - loansOf({ ...loans, debtShares: loans.debtShares - debtShares });

/** Fees are counted in hundred-millionths of a token, or in wei. */
export const feeUnitOf = (assetDecimals: bigint): bigint => 10n ** monus(assetDecimals, 8n);

/** The totals with interest up to `now`. */
export function accruedTo(now: bigint, totals: Totals, estateDebt: bigint, feeUnit: bigint): Totals {
  const elapsed = now - totals.lastAccrual;
  if (elapsed === 0n) return { ...totals };
  const before = loansOf(totals);
  const { average, atTarget } = ratesOver(
    totals.rateAtTarget,
    utilisationOf(totals.cash, before + estateDebt),
    elapsed,
  );
  const index = min(totals.index + (totals.index * compounded(average, elapsed)) / WAD, MAX_INDEX_WAD);
  // Fees are counted in whole units; as the difference of two totals, so that none is rounded away step by step.
  const unit = feeUnit * 100n;
  const after = loansOf({ debtShares: totals.debtShares, index });
  const units = (after * totals.feePercent) / unit - (before * totals.feePercent) / unit;
  const feeUnits = min(totals.feeUnits + units, MAX_FEE_UNITS);
  return { ...totals, index, feeUnits, rateAtTarget: atTarget, lastAccrual: now };
}
