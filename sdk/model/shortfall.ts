// What the oracle says that positions can't pay back.
import { BPS, monus, mulUp, PRICE_SCALE, WAD } from "./numbers.js";
import { tickOfRatio } from "./tick.js";

/** What a unit of collateral brings. */
export const recoveryPrice = (low: bigint, lifFloorBps: bigint): bigint => (low * BPS) / lifFloorBps;

/** The tick in which positions turn insolvent at a price. */
export const thresholdOf = (low: bigint, indexWad: bigint, lifFloorBps: bigint): number =>
  tickOfRatio((((recoveryPrice(low, lifFloorBps) * WAD) / indexWad) << 128n) / PRICE_SCALE);

export const uncoveredOf = (debtShares: bigint, collateral: bigint, indexWad: bigint, recovery: bigint): bigint =>
  monus((debtShares * indexWad) / WAD, mulUp(collateral, recovery, PRICE_SCALE));

/**
 * Of the positions above the threshold together, and of those in its tick together. (Positions in that tick may be
 * solvent: there lies the only error, and it is towards less.)
 */
export function ledgerShortfall(
  positions: Iterable<{ debtShares: bigint; collateral: bigint; tick: number }>,
  indexWad: bigint,
  low: bigint,
  lifFloorBps: bigint,
): bigint {
  const recovery = recoveryPrice(low, lifFloorBps);
  const threshold = thresholdOf(low, indexWad, lifFloorBps);
  let [debtAbove, collateralAbove, debtIn, collateralIn] = [0n, 0n, 0n, 0n];
  for (const position of positions) {
    if (position.tick < threshold || position.debtShares === 0n) continue;
    if (position.tick > threshold) {
      debtAbove += position.debtShares;
      collateralAbove += position.collateral;
    } else {
      debtIn += position.debtShares;
      collateralIn += position.collateral;
    }
  }
  return (
    uncoveredOf(debtAbove, collateralAbove, indexWad, recovery) + uncoveredOf(debtIn, collateralIn, indexWad, recovery)
  );
}
