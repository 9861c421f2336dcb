// Real crashes as a feed reports them: a price whenever it has moved by its deviation.
import { readFileSync } from "node:fs";

import { readSeries, ticksOf } from "../../simulation/series.js";

/** From the window's first price down to its lowest and up to its last. */
export function crash(file: string, deviation: number): number[] {
  const text = readFileSync(new URL(`../../simulation/data/${file}`, import.meta.url), "utf8");
  const prices: number[] = [];
  for (const { price } of ticksOf(readSeries(text, file), "wicks")) {
    const last = prices.at(-1);
    if (last === undefined || Math.abs(price / last - 1) >= deviation) prices.push(price);
  }
  return prices;
}
