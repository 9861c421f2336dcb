// Text to whole numbers and back, exactly, with a point for the fraction and nothing else: no locale, no floats. For
// people's eyes, pass what these return on to Intl.NumberFormat, which takes decimal strings as they are.
import { PRICE_SCALE, WAD, YEAR } from "./model/numbers.js";

/** 5n · 10^17 of 18 decimals is "0.5". With `digits`, cut (not rounded) after so many: nobody has more than is shown. */
export function formatDecimal(value: bigint, decimals: number, digits = decimals): `${number}` {
  const size = (value < 0n ? -value : value).toString().padStart(decimals + 1, "0");
  const whole = size.slice(0, size.length - decimals);
  const fraction = size.slice(size.length - decimals, size.length - decimals + Math.min(digits, decimals));
  const text = `${whole}.${fraction}`.replace(/\.?0*$/, "");
  return (value < 0n && /[1-9]/.test(text) ? `-${text}` : text) as `${number}`;
}

/** "0.5" of 18 decimals is 5n · 10^17. What is not a plain number, or has more decimals than there are, is refused. */
export function parseDecimal(text: string, decimals: number): bigint {
  const match = /^(\d*)(?:\.(\d*))?$/.exec(text.trim());
  const [, whole = "", fraction = ""] = match ?? [];
  if (match === null || whole + fraction === "") throw new RangeError(`"${text}" is not a number such as 1250.5`);
  if (fraction.length > decimals) {
    throw new RangeError(`"${text}" has more than the ${decimals} decimals there are`);
  }
  return BigInt(whole + fraction.padEnd(decimals, "0"));
}

type Decimals = { readonly decimals: number };

export const formatAmount = (value: bigint, token: Decimals, digits?: number): `${number}` =>
  formatDecimal(value, token.decimals, digits);
export const parseAmount = (text: string, token: Decimals): bigint => parseDecimal(text, token.decimals);

// A price of collateral is loan wei per collateral wei, times 1e36; as text whole loan tokens for a whole collateral
// token. Its smallest step as text can be finer or coarser than 36 digits.
const PRICE_DIGITS = PRICE_SCALE.toString().length - 1;
const priceDecimals = (market: { asset: Decimals; collateral: Decimals }): number =>
  PRICE_DIGITS + market.asset.decimals - market.collateral.decimals;

export const formatPrice = (price: bigint, market: { asset: Decimals; collateral: Decimals }, digits?: number) =>
  formatDecimal(price, priceDecimals(market), digits);
export const parsePrice = (text: string, market: { asset: Decimals; collateral: Decimals }): bigint =>
  parseDecimal(text, priceDecimals(market));

/** 1e18ths; "1" is 1e18. For prices of shares, health, coverage. */
export const formatWad = (value: bigint, digits?: number): `${number}` => formatDecimal(value, 18, digits);
export const parseWad = (text: string): bigint => parseDecimal(text, 18);

/** Percent of 1e18ths: 5n · 10^17 is "50". */
export const formatPercent = (ratioWad: bigint, digits = 2): `${number}` => formatDecimal(ratioWad, 16, digits);
export const parsePercent = (text: string): bigint => parseDecimal(text.replace(/\s*%$/, ""), 16);

/** Percent of 1e4ths: 8650n is "86.5". */
export const formatBps = (bps: bigint): `${number}` => formatDecimal(bps, 2);
export const parseBps = (text: string): bigint => parseDecimal(text.replace(/\s*%$/, ""), 2);

/** A rate per second as one per year, without interest on interest; in 1e18ths. */
export const aprOf = (ratePerSecondWad: bigint): bigint => ratePerSecondWad * YEAR;

/** With interest on interest every second, rounded down; the pool compounds whenever it is called, which is at most this. */
export function apyOf(ratePerSecondWad: bigint): bigint {
  const scale = 10n ** 36n;
  let power = scale;
  let base = scale + ratePerSecondWad * (scale / WAD);
  for (let seconds = YEAR; seconds > 0n; seconds >>= 1n) {
    if (seconds & 1n) power = (power * base) / scale;
    base = (base * base) / scale;
  }
  return (power - scale) / (scale / WAD);
}

/** A rate per year, without interest on interest and in 1e18ths, as the pool's per second; rounded down. */
export const perSecond = (aprWad: bigint): bigint => aprWad / YEAR;
