// Prices over time, from a CSV of readings or candles. Nothing is filled in: what a file lacks is said.
import { Problem } from "./problem.js";

/** Unix seconds, and the price in the file's own unit. */
export type Tick = { readonly time: number; readonly price: number };

export type Shape = "close" | "wicks";

/** A reading has one price; a candle opens, and reaches its extremes in the order that fits where it closes. */
type Row = { time: number; open: number; high: number; low: number; close: number };

/** More than this many times the usual distance between two rows is a gap. */
const GAP_FACTOR = 3;

export function readSeries(text: string, name: string): Row[] {
  const lines = text.split(/\r?\n/u).filter((line) => line.trim() !== "");
  const header = lines[0]?.split(",").map((cell) => cell.trim()) ?? [];
  const at = (column: string): number => header.indexOf(column);
  const isCandles = ["open", "high", "low", "close"].every((column) => at(column) >= 0);
  if (at("timestamp_utc_iso") < 0 || (!isCandles && at("price") < 0)) {
    throw new Problem(
      `${name}: the first line must name the columns timestamp_utc_iso and price, or timestamp_utc_iso, open, high, ` +
        `low and close; it has ${header.length === 0 ? "nothing" : header.join(", ")}`,
    );
  }
  if (lines.length < 3)
    throw new Problem(`${name}: there must be at least two rows of prices, there are ${lines.length - 1}`);

  const rows = lines.slice(1).map((line, i): Row => {
    const cells = line.split(",");
    const where = `${name}, line ${i + 2}`;
    const time = Date.parse(cells[at("timestamp_utc_iso")] ?? "") / 1_000;
    if (!Number.isFinite(time)) {
      throw new Problem(`${where}: "${cells[at("timestamp_utc_iso")] ?? ""}" is not a time like 2020-03-12T00:00:00Z`);
    }
    const value = (column: string): number => {
      const cell = cells[at(column)]?.trim() ?? "";
      const number = Number(cell);
      if (cell === "" || !Number.isFinite(number) || number <= 0) {
        throw new Problem(`${where}: ${column} must be a price above zero, it is "${cell}"`);
      }
      return number;
    };
    if (!isCandles) {
      const price = value("price");
      return { time, open: price, high: price, low: price, close: price };
    }
    const row = { time, open: value("open"), high: value("high"), low: value("low"), close: value("close") };
    if (row.low > Math.min(row.open, row.close) || row.high < Math.max(row.open, row.close)) {
      throw new Problem(`${where}: open and close must lie between low and high`);
    }
    return row;
  });

  const distances = rows.slice(1).map((row, i) => row.time - (rows[i] as Row).time);
  const usual = distances.toSorted((a, b) => a - b)[Math.floor(distances.length / 2)] as number;
  for (const [i, distance] of distances.entries()) {
    const where = `${name}, line ${i + 3}`;
    if (distance <= 0) throw new Problem(`${where}: times must rise, this one is not after the one before`);
    if (distance > GAP_FACTOR * usual) {
      throw new Problem(
        `${where}: ${distance} s are missing before this row, where rows are ${usual} s apart; cut the window so that it ` +
          `has no gap`,
      );
    }
  }
  return rows;
}

/** The rows as single prices; a candle with its wicks gives four, at equal distances. */
export function ticksOf(rows: readonly Row[], shape: Shape): Tick[] {
  if (shape === "close") return rows.map(({ time, close }) => ({ time, price: close }));
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

export function between(ticks: readonly Tick[], from: number, until: number): Tick[] {
  return ticks.filter(({ time }) => time >= from && time <= until);
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
