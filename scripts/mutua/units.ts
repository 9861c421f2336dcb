// Human units at the edge: amounts, percentages and times in, readable text out. Everything between is bigint.
import { getAddress, isAddress } from "ethers";

import { Problem } from "../lib/problem.ts";
import { amount } from "../lib/table.ts";

export type Token = { address: string; symbol: string; decimals: number };

export const WAD = 10n ** 18n;
export const MAX_UINT256 = (1n << 256n) - 1n;
const PRICE_DECIMALS = 36;
const YEAR = 365n * 86_400n;

/** A positive decimal number, as whole smallest units. */
function parseDecimal(text: string, decimals: number, what: string): bigint {
  if (text.startsWith("-")) throw new Problem(`${what} is above zero: "${text}" is negative`);
  if (!/^\d[\d_]*(\.\d+)?$/.test(text)) {
    throw new Problem(`${what} is a number such as 1250.5, without commas: "${text}" is not`);
  }
  const [whole = "", fraction = ""] = text.replaceAll("_", "").split(".");
  if (fraction.length > decimals) {
    throw new Problem(`${what} has at most ${decimals} decimals: "${text}" has ${fraction.length}`);
  }
  return BigInt(whole) * 10n ** BigInt(decimals) + BigInt(fraction.padEnd(decimals, "0") || "0");
}

/** An amount of a token, above zero. */
export function parseAmount(text: string, token: Token): bigint {
  const value = parseDecimal(text, token.decimals, `An amount of ${token.symbol}`);
  if (value === 0n) throw new Problem(`An amount of ${token.symbol} is above zero`);
  if (value > MAX_UINT256) throw new Problem(`${text} ${token.symbol} is more than any token can have`);
  return value;
}

/** An amount, or "max". */
export function parseAmountOrMax(text: string, token: Token): bigint | "max" {
  return text === "max" ? "max" : parseAmount(text, token);
}

/** A percentage with at most two decimals, as 1e4ths: "86.5" is 8650. */
export function parseBps(text: string, what: string): bigint {
  const value = parseDecimal(text.replace(/%$/, ""), 2, what);
  if (value > 10_000n) throw new Problem(`${what} is at most 100 percent: "${text}" is more`);
  return value;
}

/** Whole things within a bound. */
export function parseWhole(text: string, what: string, maximum: bigint): bigint {
  const value = parseDecimal(text, 0, what);
  if (value > maximum) throw new Problem(`${what} is at most ${maximum}: "${text}" is more`);
  return value;
}

/** Days, with decimals, as seconds. */
export function parseDays(text: string, what: string): bigint {
  return (parseDecimal(text, 4, what) * 86_400n) / 10_000n;
}

export function parseAddress(text: string): string {
  if (isAddress(text)) return getAddress(text);
  throw new Problem(`"${String(text)}" is not an address: 0x and 40 hex digits, with a valid checksum`);
}

/** Below one, the first four digits that are not zero; above, at most two decimals, six for what is small. */
export function tokens(value: bigint, token: Token, withSymbol = true): string {
  return `${decimal(value, token.decimals)}${withSymbol ? ` ${token.symbol}` : ""}`;
}

export function decimal(value: bigint, decimals: number): string {
  const size = value < 0n ? -value : value;
  const unit = 10n ** BigInt(decimals);
  let digits = size >= 1_000n * unit ? 2 : 6;
  if (size > 0n && size < unit) digits = Math.max(6, decimals - size.toString().length + 4);
  const text = amount(value, decimals, Math.min(digits, decimals));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** The exact amount, as one would type it again. */
export function exact(value: bigint, token: Token): string {
  const unit = 10n ** BigInt(token.decimals);
  const fraction = (value % unit).toString().padStart(token.decimals, "0").replace(/0+$/, "");
  return `${(value / unit).toString()}${fraction === "" ? "" : `.${fraction}`}`;
}

/** An oracle's price, in whole loan tokens for a whole collateral token. */
export function price(value: bigint, asset: Token, collateral: Token): string {
  return decimal(value, PRICE_DECIMALS + asset.decimals - collateral.decimals);
}

export function percent(ratioWad: bigint, digits = 2): string {
  return `${amount(ratioWad, 16, digits)} %`;
}

export function bps(value: bigint): string {
  return `${amount(value, 2, 2).replace(/\.?0+$/, "")} %`;
}

/** What a rate per second is in a year, compounded; e^x − 1 in floating point, for display. */
export function yearly(ratePerSecondWad: bigint): string {
  const rate = Number(ratePerSecondWad * YEAR) / 1e18;
  return `${(Math.expm1(rate) * 100).toFixed(2)} %`;
}

/** Health and the like: 1.2345, or a word where there is no debt. */
export function ratio(valueWad: bigint): string {
  return valueWad >= 10n ** 36n ? "no debt" : amount(valueWad, 18, 4);
}

export function time(timestamp: bigint): string {
  return `${new Date(Number(timestamp) * 1_000).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

export function duration(seconds: bigint): string {
  if (seconds < 60n) return `${seconds} s`;
  const [days, hours, minutes] = [seconds / 86_400n, (seconds / 3_600n) % 24n, (seconds / 60n) % 60n];
  const parts: [bigint, string][] = [
    [days, "d"],
    [hours, "h"],
    [minutes, "min"],
  ];
  const shown = parts.filter(([value]) => value > 0n).slice(0, 2);
  return shown.map(([value, unit]) => `${value} ${unit}`).join(" ");
}

/** JSON with bigints as strings. */
export function json(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => (typeof part === "bigint" ? part.toString() : part), 2);
}
