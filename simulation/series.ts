// Prices over time, from a CSV of readings or candles. Nothing is filled in: what a file lacks is said.
import { Problem } from "./problem.js";

/** Unix seconds, and the price in the file's own unit. */
export type Tick = { readonly time: number; readonly price: number };

export type Shape = "close" | "wicks";

/** A reading has one price; a candle opens, and reaches its extremes in the order that fits where it closes. */
export type Row = { time: number; open: number; high: number; low: number; close: number; line: number };

/** More than this many times the usual distance between two rows is a gap. */
const GAP_FACTOR = 3;
const CANDLE = ["open", "high", "low", "close"];

/** `column` is the one to read, where the file has neither candles nor a column price. */
export function readSeries(source: string, name: string, column?: string): Row[] {
  const lines = source
    .split(/\r?\n/u)
    .map((text, i) => ({ text, line: i + 1 }))
    .filter(({ text }) => text.trim() !== "");
  const header = lines[0]?.text.split(",").map((cell) => cell.trim()) ?? [];
  const columnOf = (cell: string): number => header.indexOf(cell);
  const isCandles = column === undefined && CANDLE.every((cell) => columnOf(cell) >= 0);
  const one = column ?? "price";
  if (columnOf("timestamp_utc_iso") < 0 || (!isCandles && columnOf(one) < 0)) {
    throw new Problem(
      `${name}: the first line must name the columns timestamp_utc_iso and ${one}` +
        `${column === undefined ? `, or timestamp_utc_iso, ${CANDLE.join(", ")}` : ""}; it has ` +
        (header.length === 0 ? "nothing" : header.join(", ")),
    );
  }
  if (lines.length < 3)
    throw new Problem(`${name}: there must be at least two rows of prices, there are ${lines.length - 1}`);

  const rows = lines.slice(1).map(({ text, line }): Row => {
    const cells = text.split(",");
    const where = `${name}, line ${line}`;
    const time = Date.parse(cells[columnOf("timestamp_utc_iso")] ?? "") / 1_000;
    if (!Number.isFinite(time)) {
      throw new Problem(
        `${where}: "${cells[columnOf("timestamp_utc_iso")] ?? ""}" is not a time like 2020-03-12T00:00:00Z`,
      );
    }
    const value = (of: string): number => {
      const cell = cells[columnOf(of)]?.trim() ?? "";
      const number = Number(cell);
      if (cell === "" || !Number.isFinite(number) || number <= 0) {
        throw new Problem(`${where}: ${of} must be a price above zero, it is "${cell}"`);
      }
      return number;
    };
    if (!isCandles) {
      const price = value(one);
      return { time, open: price, high: price, low: price, close: price, line };
    }
    const row = { time, open: value("open"), high: value("high"), low: value("low"), close: value("close"), line };
    if (row.low > Math.min(row.open, row.close) || row.high < Math.max(row.open, row.close)) {
      throw new Problem(`${where}: open and close must lie between low and high`);
    }
    return row;
  });

  for (const [i, { time, line }] of rows.entries()) {
    if (i > 0 && time <= (rows[i - 1] as Row).time) {
      throw new Problem(`${name}, line ${line}: times must rise, this one is not after the one before`);
    }
  }
  return rows;
}

/** The rows from one time to another: at least two, without a gap. */
export function window(rows: readonly Row[], name: string, from: number, until: number): Row[] {
  const inside = rows.filter(({ time }) => time >= from && time <= until);
  if (inside.length < 2) {
    const [first, last] = [rows[0], rows.at(-1)].map((row) => new Date((row as Row).time * 1_000).toISOString());
    throw new Problem(
      `${name}: ${inside.length} rows lie between price.from and price.until, there must be at least two; the file goes ` +
        `from ${first} to ${last}`,
    );
  }
  const distances = inside.slice(1).map((row, i) => row.time - (inside[i] as Row).time);
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] as number;
  for (const [i, distance] of distances.entries()) {
    if (distance <= GAP_FACTOR * usual) continue;
    throw new Problem(
      `${name}, line ${(inside[i + 1] as Row).line}: ${distance} s are missing before this row, where rows are ${usual} s ` +
        `apart; choose price.from and price.until so that there is no gap`,
    );
  }
  return inside;
}

/** The rows as single prices; a candle with its wicks gives four, at equal distances. */
export function ticksOf(rows: readonly Row[], shape: Shape): Tick[] {
  const hasWicks = rows.some(({ low, high }) => low < high);
  if (shape === "close" || !hasWicks) return rows.map(({ time, close }) => ({ time, price: close }));
  return rows.flatMap(({ time, open, high, low, close }, i) => {
    const length = (rows[i + 1]?.time ?? 2 * time - (rows[i - 1] as Row).time) - time;
    const prices = close < open ? [open, high, low, close] : [open, low, high, close];
    return prices.map((price, k) => ({ time: Math.floor(time + (length * k) / 4), price }));
  });
}

/** Moves away from the first price, to the power of `factor`: 2 squares every rise and fall. */
export function stretched(ticks: readonly Tick[], factor: number): Tick[] {
  const first = ticks[0]?.price ?? 1;
  return ticks.map(({ time, price }) => ({ time, price: first * (price / first) ** factor }));
}

/** The last value at or before a time; the first one before that. */
export function at(ticks: readonly Tick[], time: number): number {
  let [low, high] = [0, ticks.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((ticks[middle] as Tick).time <= time) low = middle;
    else high = middle;
  }
  return ticks[low]?.price ?? 0;
}
