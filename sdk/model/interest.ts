// The adaptive curve. At 90% utilisation a loan pays the rate at target, at 0% a quarter of it, at 100% four times. The
// rate at target moves by up to e^50 a year: up while more than 90% is lent, down while less.
import { min, WAD, YEAR } from "./numbers.js";

const TARGET = (9n * WAD) / 10n;
const STEEPNESS = 4n;
const ADAPTATION = (50n * WAD) / YEAR;
const LOWEST = WAD / 1_000n / YEAR;
const HIGHEST = (2n * WAD) / YEAR;
const LN2 = 693_147_180_559_945_309n;
const WIDEST_EXPONENT = 10n * WAD;

/** −1 at 0%, 0 at the target, +1 at 100%; in 1e18ths. */
function distanceOf(utilisation: bigint): bigint {
  const difference = utilisation - TARGET;
  return (difference * WAD) / (difference > 0n ? WAD - TARGET : TARGET);
}

function onCurve(rateAtTarget: bigint, distance: bigint): bigint {
  const slope = distance < 0n ? WAD - WAD / STEEPNESS : (STEEPNESS - 1n) * WAD;
  return (rateAtTarget * (WAD + (slope * distance) / WAD)) / WAD;
}

function bounded(rate: bigint): bigint {
  return rate < LOWEST ? LOWEST : min(rate, HIGHEST);
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
