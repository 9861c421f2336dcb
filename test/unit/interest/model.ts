// Interest as DESIGN.md §3 says it, in bigint: the adaptive curve, the third-order step, and fees in whole units.
import { ethers, WAD, type World, YEAR } from "../../helpers/fixtures.js";
import { least, MAX_FEE_UNITS, MAX_INDEX_WAD } from "../pool/kit.js";

export const MIN_RATE = WAD / 1_000n / YEAR;
export const MAX_RATE = (2n * WAD) / YEAR;
const TARGET = (9n * WAD) / 10n;
const ADAPTATION = (50n * WAD) / YEAR;
const LN2 = 693_147_180_559_945_309n;
const STEEPNESS = 4n;

/** What the two hot words hold about interest, as of the last accrual. */
export type Stored = {
  cash: bigint;
  debtShares: bigint;
  feeUnits: bigint;
  index: bigint;
  rateAtTarget: bigint;
  feePercent: bigint;
  lastAccrual: bigint;
};

/** −1 at 0% utilisation, 0 at 90%, 1 at 100%; in 1e18ths. */
export function distanceOf(utilisation: bigint): bigint {
  const difference = utilisation - TARGET;
  return (difference * WAD) / (difference > 0n ? WAD - TARGET : TARGET);
}

export function rateOnCurve(rateAtTarget: bigint, utilisation: bigint): bigint {
  const distance = distanceOf(utilisation);
  const slope = distance < 0n ? WAD - WAD / STEEPNESS : (STEEPNESS - 1n) * WAD;
  return (rateAtTarget * (WAD + (slope * distance) / WAD)) / WAD;
}

const bounded = (rate: bigint): bigint => (rate < MIN_RATE ? MIN_RATE : least(rate, MAX_RATE));

/** e^x as 2^k · e^r with four terms of the series. */
export function expDown(exponent: bigint): bigint {
  const limit = 10n * WAD;
  const x = exponent > limit ? limit : exponent < -limit ? -limit : exponent;
  const k = (x + (x < 0n ? -LN2 / 2n : LN2 / 2n)) / LN2;
  const r = x - k * LN2;
  const square = (r * r) / WAD;
  const power = WAD + r + square / 2n + (square * r) / (6n * WAD);
  return k >= 0n ? power << k : power >> -k;
}

export function ratesOver(rateAtTarget: bigint, utilisation: bigint, elapsed: bigint) {
  const half = expDown((distanceOf(utilisation) * ADAPTATION * elapsed) / (2n * WAD));
  const middle = bounded((rateAtTarget * half) / WAD);
  const end = bounded((((rateAtTarget * half) / WAD) * half) / WAD);
  return { average: rateOnCurve((rateAtTarget + 2n * middle + end) / 4n, utilisation), end };
}

/** x + x²/2 + x³/6 */
export function compounded(rate: bigint, elapsed: bigint): bigint {
  const first = rate * elapsed;
  const second = (first * first) / (2n * WAD);
  return first + second + (second * first) / (3n * WAD);
}

export const utilisationOf = (cash: bigint, debt: bigint): bigint => (debt === 0n ? 0n : (debt * WAD) / (cash + debt));

export const loansOf = (stored: Stored): bigint => (stored.debtShares * stored.index) / WAD;

export function accruedTo(stored: Stored, timestamp: bigint, feeUnit: bigint): Stored {
  const elapsed = timestamp - stored.lastAccrual;
  if (elapsed === 0n) return stored;
  const loans = loansOf(stored);
  const { average, end } = ratesOver(stored.rateAtTarget, utilisationOf(stored.cash, loans), elapsed);
  const index = least(stored.index + (stored.index * compounded(average, elapsed)) / WAD, MAX_INDEX_WAD);
  const after = { ...stored, index, rateAtTarget: end, lastAccrual: timestamp };
  const unit = feeUnit * 100n;
  const units = (loansOf(after) * stored.feePercent) / unit - (loans * stored.feePercent) / unit;
  return { ...after, feeUnits: least(stored.feeUnits + units, MAX_FEE_UNITS) };
}

/** A fee unit is a hundred-millionth of a token, or a wei. */
export const feeUnitOf = (decimals: bigint): bigint => (decimals > 8n ? 10n ** (decimals - 8n) : 1n);

const field = (word: bigint, offset: bigint, width: bigint): bigint => (word >> offset) & ((1n << width) - 1n);

/** Reads the two hot words: the slots after OpenZeppelin's own are found by the one that holds the last accrual. */
export async function storedOf(w: World): Promise<Stored> {
  const pool = await w.pool.getAddress();
  const read = async (slot: bigint) => BigInt(await ethers.provider.getStorage(pool, slot));
  const supply = await w.pool.totalSupply();
  const now = BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0);
  for (let slot = 0n; slot < 24n; ++slot) {
    const meter = await read(slot + 1n);
    const index = (meter >> 112n) & MAX_INDEX_WAD;
    const lastAccrual = meter >> 224n;
    const isMeter = (meter & ((1n << 112n) - 1n)) === supply && index >= WAD && lastAccrual <= now;
    if (!isMeter) continue;
    const book = await read(slot);
    return {
      cash: field(book, 0n, 96n),
      debtShares: field(book, 96n, 96n),
      feeUnits: field(book, 192n, 45n),
      index,
      rateAtTarget: field(meter, 180n, 36n),
      feePercent: field(meter, 216n, 8n),
      lastAccrual,
    };
  }
  throw new Error("The pool's words were not found.");
}
