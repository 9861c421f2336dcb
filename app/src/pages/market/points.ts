// The share prices of the past as lines for a chart. Floats from here on: they are for the eye only.
import type { PriceRow } from "../../history/types.js";

export type Points = {
  /** Unix seconds, each once, oldest first. */
  readonly times: readonly number[];
  readonly gross: readonly (number | null)[];
  readonly exit: readonly (number | null)[];
};

export type Now = { readonly timestamp: number; readonly grossPriceWad: bigint; readonly exitPriceWad: bigint };

const priceOf = (wad: string): number => Number(wad) / 1e18;

/** What is told since a time, and what is true now. Of one second the last word counts. */
export function pointsOf(rows: readonly PriceRow[], now: Now, since = 0): Points {
  const [times, gross, exit]: [number[], (number | null)[], (number | null)[]] = [[], [], []];
  const add = (time: number, grossPrice: number | null, exitPrice: number | null): void => {
    const last = times.length - 1;
    if (times[last] === time) {
      gross[last] = grossPrice ?? gross[last] ?? null;
      exit[last] = exitPrice ?? exit[last] ?? null;
    } else {
      times.push(time);
      gross.push(grossPrice);
      exit.push(exitPrice);
    }
  };
  for (const { timestamp, grossPriceWad, exitPriceWad } of rows) {
    if (timestamp < since || timestamp > now.timestamp) continue;
    add(
      timestamp,
      grossPriceWad === null ? null : priceOf(grossPriceWad),
      exitPriceWad === null ? null : priceOf(exitPriceWad),
    );
  }
  add(now.timestamp, priceOf(now.grossPriceWad.toString()), priceOf(now.exitPriceWad.toString()));
  return { times, gross, exit };
}
