// Which positions a fall of the price would reach first.
import type { Position } from "../../../../sdk/market.js";
import { monus, WAD } from "../../../../sdk/model/numbers.js";

/** Positions that a fall of the price by a fifth makes liquidatable. */
const NEAR = WAD / 5n;

/** By how much of itself the price must fall until the position can be liquidated; zero if it can be. */
export const distanceWad = ({ healthWad }: Pick<Position, "healthWad">): bigint =>
  healthWad === 0n ? 0n : WAD - (WAD * WAD) / (monus(healthWad, WAD) + WAD);

/** Those with debt that are near, nearest first. */
export const atRisk = (positions: readonly Position[]): readonly Position[] =>
  positions
    .filter((position) => position.debtAssets > 0n && distanceWad(position) <= NEAR)
    .toSorted((a, b) => Number(a.healthWad > b.healthWad) - Number(a.healthWad < b.healthWad));
