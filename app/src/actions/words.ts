// Figures of previews as lines of text, the same on every page.
import { apyOf, formatWad } from "../../../sdk/index.js";
import { MAX_UINT256, WAD } from "../../../sdk/model/numbers.js";
import { bpsText, decimalText, percentText, priceText, type TokenUnits } from "../ui/format.js";
import type { Loan } from "./borrow.js";

type Units = { readonly asset: TokenUnits; readonly collateral: TokenUnits };

/** Of a rate per second, with interest on interest. */
export const apyText = (ratePerSecondWad: bigint): string => percentText(apyOf(ratePerSecondWad));

/** lltv / ltv: under 1 the position can be liquidated. */
export function healthText(healthWad: bigint): string {
  if (healthWad === MAX_UINT256) return "no debt";
  return healthWad > 100n * WAD ? "over 100" : decimalText(formatWad(healthWad, 2));
}

export const ltvText = (ltvWad: bigint): string => (ltvWad === MAX_UINT256 ? "no price" : percentText(ltvWad));

export function toneOf({ status, healthWad }: Pick<Loan, "status" | "healthWad">): "good" | "warning" | "bad" {
  if (status === "None") return "good";
  if (status !== "Healthy") return "bad";
  return healthWad * 10n < 11n * WAD ? "warning" : "good";
}

export function liquidationText({ liquidationPrice }: Pick<Loan, "liquidationPrice">, units: Units): string {
  if (liquidationPrice === 0n) return "none";
  if (liquidationPrice === MAX_UINT256) return "any price";
  return `${priceText(liquidationPrice, units)} ${units.asset.symbol}`;
}

export const fallText = ({ status, fallBps }: Pick<Loan, "status" | "fallBps">): string =>
  status === "None" ? "any" : fallBps === 0n ? "none" : bpsText(fallBps);
