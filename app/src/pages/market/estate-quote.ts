// What an amount buys of the estate.
import type { Market } from "../../../../sdk/market.js";
import { min, mulDown, mulUp, PRICE_SCALE } from "../../../../sdk/model/numbers.js";

/** At the price of the market's second; at most all there is. */
export function estateQuote({ estate }: Pick<Market, "estate">, budget: bigint): { paid: bigint; bought: bigint } {
  if (estate.price === 0n) return { paid: 0n, bought: estate.collateral };
  const bought = min(estate.collateral, mulDown(budget, PRICE_SCALE, estate.price));
  return { paid: mulUp(bought, estate.price, PRICE_SCALE), bought };
}
