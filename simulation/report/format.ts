// Numbers and times as people read them. All times are UTC.

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
const MINUS = "\u2212";
/** A space that does not break, narrow before a unit. */
const THIN = "\u202f";

const two = (value: number): string => String(value).padStart(2, "0");

function fixed(value: number, digits: number): string {
  const text = Math.abs(value).toFixed(digits);
  const [whole = "", part] = text.split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/gu, ",");
  const isZero = !/[1-9]/u.test(text);
  return `${value < 0 && !isZero ? MINUS : ""}${grouped}${part === undefined ? "" : `.${part}`}`;
}

/** Whole units from a thousand on, cents below. */
export const amount = (value: number): string => fixed(value, Math.abs(value) >= 1_000 ? 0 : 2);

/** How many of something. */
export const whole = (value: number): string => fixed(value, 0);

/** Three digits and a word: for sentences. */
export function brief(value: number): string {
  const size = Math.abs(value);
  if (size >= 999_500_000) return `${fixed(value / 1e9, 2)}${THIN}bn`;
  if (size >= 999_500) return `${fixed(value / 1e6, 2)}${THIN}m`;
  if (size >= 999.5) return `${fixed(value / 1e3, 1)}${THIN}k`;
  return fixed(value, 0);
}

export const percent = (part: number, digits = 2): string => `${fixed(part * 100, digits)}${THIN}%`;

/** Five digits that count, as prices are given. */
export function price(value: number): string {
  if (value === 0) return "0";
  const digits = Math.max(0, 4 - Math.floor(Math.log10(Math.abs(value))));
  return fixed(value, Math.min(digits, 9));
}

export const count = (value: number, one: string, many = `${one}s`): string =>
  `${whole(value)} ${value === 1 ? one : many}`;

export function day(seconds: number): string {
  const date = new Date(seconds * 1_000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
}

export function instant(seconds: number): string {
  const date = new Date(seconds * 1_000);
  return `${day(seconds)}, ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

/** Without the year, where a caption has it. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1_000);
  return `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${two(date.getUTCHours())}:${two(date.getUTCMinutes())}`;
}

export const iso = (seconds: number): string => new Date(seconds * 1_000).toISOString().replace(".000Z", "Z");

export function duration(seconds: number): string {
  if (seconds < 5_400) return count(Math.round(seconds / 60), "minute");
  if (seconds < 172_800) return count(Math.round(seconds / 3_600), "hour");
  return count(Math.round(seconds / 86_400), "day");
}
