// Sentences about a market, as the controls answer them.
import { amount } from "../lib/table.js";
import type { LocalChain, LocalMarket, Token } from "./chain.js";
import { isLiquidatable, type Outcome, positionsOf } from "./liquidations.js";

/** Of prices of the oracle: whole asset tokens for a whole collateral token. */
const priceDecimals = ({ asset, collateral }: LocalMarket): number => 36 + asset.decimals - collateral.decimals;

export const assets = (value: bigint, { decimals, symbol }: Token): string =>
  `${amount(value, decimals, value !== 0n && value < 100n * 10n ** BigInt(decimals) ? 2 : 0)} ${symbol}`;
export const priceText = (price: bigint, market: LocalMarket): string =>
  amount(price, priceDecimals(market), 2).replace(/\.00$/, "");
export const exitText = (priceWad: bigint): string => amount(priceWad, 18, 4);
export const priceNumber = (price: bigint, market: LocalMarket): number =>
  Number(price / 10n ** BigInt(priceDecimals(market) - 6)) / 1e6;
export const dateText = (timestamp: number): string =>
  new Date(timestamp * 1_000).toLocaleDateString("en-GB", { dateStyle: "long", timeZone: "UTC" });

const count = (number: number, one: string, many = `${one}s`): string => `${number} ${number === 1 ? one : many}`;

/** "7 of 33 positions can be liquidated; a shortfall of 41,200 tUSD shows: exit price 0.9700." */
export async function standing(chain: LocalChain, market: LocalMarket): Promise<string> {
  const all = await positionsOf(chain, market);
  const reachable = all.filter(isLiquidatable).length;
  const { cover, prices } = await chain.lens.market(await market.pool.getAddress());
  const can = `${reachable} of ${count(all.length, "position")} can be liquidated`;
  const exit = `exit price ${exitText(prices.exitPriceWad)}`;
  if (cover.shortfall === 0n) return `${can}; no shortfall: ${exit}.`;
  const shows = `${can}; a shortfall of ${assets(cover.shortfall, market.asset)} shows`;
  if (cover.uncovered > 0n) {
    return `${shows}, ${assets(cover.uncovered, market.asset)} more than reserve and fund cover: ${exit}.`;
  }
  const by = cover.fromFund > 0n ? "reserve and fund cover" : "the reserve covers";
  return `${shows}, which ${by}: ${exit}.`;
}

/** "5 liquidated; loss 41,200 tUSD: reserve 20,000, fund 21,200, suppliers 0." */
export function told({ positions, repaid, loss, fromReserve, fromFund, haircut }: Outcome, { asset }: LocalMarket) {
  const done = `${positions} liquidated, ${assets(repaid, asset)} repaid`;
  if (loss === 0n) return `${done}; no loss.`;
  const part = (value: bigint): string => assets(value, asset).replace(` ${asset.symbol}`, "");
  const parts = `reserve ${part(fromReserve)}, fund ${part(fromFund)}, suppliers ${part(haircut)}`;
  return `${done}; loss ${assets(loss, asset)}: ${parts}.`;
}
