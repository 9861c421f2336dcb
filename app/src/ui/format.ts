// Numbers and times as people read them: exact decimal text from the SDK, in the reader's locale. No DOM in here.
import { formatAmount, formatPrice, formatWad } from "../../../sdk/units.js";

export type TokenUnits = { readonly symbol: string; readonly decimals: number };
type Decimals = { readonly decimals: number };

const formats = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.NumberFormat(undefined, options);
  formats.set(key, known);
  return known;
}

/** Cut, never rounded up: nobody has more than is shown. Small amounts keep four digits that say something. */
export function decimalText(decimal: `${number}`): string {
  const size = decimal.replace("-", "");
  const zeros = /^0\.(0*)/.exec(size)?.[1]?.length;
  const digits = zeros === undefined ? (size.split(".")[0] ?? "").length : 0;
  const maximumFractionDigits = zeros === undefined ? (digits >= 6 ? 0 : 2) : Math.min(zeros + 4, 20);
  return numberFormat({ maximumFractionDigits, roundingMode: "trunc" }).format(decimal);
}

/** 1.23M, for tables and pictures; the exact amount belongs into the title. */
export function compactText(decimal: `${number}`): string {
  const whole = decimal.replace("-", "").split(".")[0] ?? "";
  if (whole.length < 5) return decimalText(decimal);
  return numberFormat({ notation: "compact", maximumSignificantDigits: 4, roundingMode: "trunc" }).format(decimal);
}

/** Less than this is dust: it is said to be there, and no more. */
const DUST = { text: "0.000001", digits: 6 } as const;

export type AmountStyle = { readonly isCompact?: boolean; readonly hasSymbol?: boolean };

export function amountText(
  value: bigint,
  token: TokenUnits,
  { isCompact, hasSymbol = true }: AmountStyle = {},
): string {
  const isDust = value > 0n && value < 10n ** BigInt(Math.max(token.decimals - DUST.digits, 0));
  const text = isDust ? DUST.text : formatAmount(value, token);
  const shown = isCompact === true ? compactText(text) : decimalText(text);
  return `${isDust ? "<" : ""}${shown}${hasSymbol ? ` ${token.symbol}` : ""}`;
}

/** All digits there are. */
export const exactText = (value: bigint, token: TokenUnits): string =>
  `${numberFormat({ maximumFractionDigits: 20 }).format(formatAmount(value, token))} ${token.symbol}`;

/** Of 1e18ths. What is not nothing does not look like it. */
export function percentText(ratioWad: bigint, digits = 2): string {
  const format = numberFormat({ style: "percent", maximumFractionDigits: digits });
  const least = 10n ** BigInt(16 - digits);
  if (ratioWad > 0n && ratioWad < least) return `<${format.format(formatWad(least))}`;
  return format.format(formatWad(ratioWad));
}

export const bpsText = (bps: bigint): string => percentText(bps * 10n ** 14n);

/** Loan tokens for one of the collateral. */
export const priceText = (price: bigint, market: { asset: Decimals; collateral: Decimals }): string =>
  decimalText(formatPrice(price, market));

/** Assets a share, of 1e18ths: six digits, as haircuts are read from it. */
export const sharePriceText = (priceWad: bigint): string =>
  numberFormat({ minimumFractionDigits: 4, maximumFractionDigits: 6, roundingMode: "trunc" }).format(
    formatWad(priceWad),
  );

export const wholeText = (value: number | bigint): string => numberFormat({}).format(value);

// ---------------------------------------------------------------- time

const dateTime = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "short" });
/** The last that a Date can be: contracts know later ones. */
const LAST_MS = 8.64e15;
const asDate = (timestamp: bigint): Date => new Date(Math.min(Number(timestamp) * 1_000, LAST_MS));

export const timeText = (timestamp: bigint): string => dateTime.format(asDate(timestamp));
export const clockText = (timestamp: bigint): string => clock.format(asDate(timestamp));
export const isoTime = (timestamp: bigint): string => asDate(timestamp).toISOString();

const UNITS = [
  ["day", 86_400n],
  ["hour", 3_600n],
  ["minute", 60n],
  ["second", 1n],
] as const;

/** The two largest units: "13 days 4 hours". */
export function durationText(seconds: bigint): string {
  const parts: string[] = [];
  let rest = seconds;
  for (const [name, size] of UNITS) {
    const count = rest / size;
    rest %= size;
    if (count > 0n) parts.push(`${wholeText(count)} ${name}${count === 1n ? "" : "s"}`);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.length === 0 ? "0 seconds" : parts.join(" ");
}

/** "in 3 days", "2 hours ago", by the chain's clock. */
export function fromNowText(timestamp: bigint, now: bigint): string {
  if (timestamp === now) return "now";
  return timestamp > now ? `in ${durationText(timestamp - now)}` : `${durationText(now - timestamp)} ago`;
}

// ---------------------------------------------------------------- what people type

export type Separators = { readonly group: string; readonly decimal: string };

export function separatorsOf(locale?: string): Separators {
  const parts = new Intl.NumberFormat(locale).formatToParts(12_345_678.9);
  const find = (type: string, otherwise: string) => parts.find((part) => part.type === type)?.value ?? otherwise;
  return { group: find("group", ","), decimal: find("decimal", ".") };
}

const SPACES = /[\s\u00a0\u202f'’_]/gu;
const escaped = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/**
 * What was typed as plain decimal text; nothing if it is not a number. The reader's own separators are understood, a group
 * only where it has three digits and no zero leads; any other single point or comma is the decimal one.
 */
export function readNumber(text: string, { group, decimal }: Separators = separatorsOf()): `${number}` | undefined {
  const typed = text.trim().replace(SPACES, "");
  const visible = group.replace(SPACES, "");
  const grouped =
    visible === "" ? undefined : new RegExp(`^[1-9]\\d{0,2}(${escaped(visible)}\\d{3})+(?=$|${escaped(decimal)})`, "u");
  const plain = grouped?.test(typed) === true ? typed.replaceAll(visible, "") : typed;
  const pointed = plain.replace(decimal, ".").replace(/^([^.]*),([^.,]*)$/, "$1.$2");
  return /^(\d+\.?\d*|\.\d+)$/.test(pointed) ? (pointed as `${number}`) : undefined;
}
