// What the estate asks for its collateral: high / lifFloor at first, and evenly less until nothing after sixty days.
import { BPS, DAY, divUp, monus, mulDown, mulUp, PRICE_SCALE } from "./numbers.js";
import { recoveryPrice } from "./shortfall.js";

/** The estate's clock runs in 2^-32 seconds, and so do these ages. */
export const ESTATE_CLOCK = 32n;
export const ESTATE_PERIOD = (60n * DAY) << ESTATE_CLOCK;

export const estatePriceUp = (high: bigint, age: bigint, lifFloorBps: bigint): bigint =>
  mulUp(divUp(high * BPS, lifFloorBps), ESTATE_PERIOD - age, ESTATE_PERIOD);

export function estateShortfall(
  debt: bigint,
  collateral: bigint,
  low: bigint,
  age: bigint,
  lifFloorBps: bigint,
): bigint {
  const price = mulDown(recoveryPrice(low, lifFloorBps), ESTATE_PERIOD - age, ESTATE_PERIOD);
  return monus(debt, mulDown(collateral, price, PRICE_SCALE));
}
