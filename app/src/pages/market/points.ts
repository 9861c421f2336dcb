// The share prices of the past as lines for a chart. Floats from here on: they are for the eye only.
import type { LossRow, PriceRow } from "../../history/types.js";

export type Points = {
  /** Unix seconds, each once, oldest first. */
  readonly times: readonly number[];
  readonly gross: readonly (number | null)[];
  readonly exit: readonly (number | null)[];
};

export type Now = { readonly timestamp: number; readonly grossPriceWad: bigint; readonly exitPriceWad: bigint };

const priceOf = (wad: string): number => Number(wad) / 1e18;

/** A loss is a step: a second before it the price was another. */
function withSteps(rows: readonly PriceRow[], losses: readonly LossRow[]): readonly Told[] {
  if (losses.length === 0) return rows;
  const before = new Map(losses.map((loss) => [`${loss.transactionHash} ${loss.logIndex}`, loss]));
  return rows.flatMap((row): Told[] => {
    const loss = row.cause === "loss" ? before.get(`${row.transactionHash} ${row.logIndex}`) : undefined;
    if (loss === undefined) return [row];
    return [{ timestamp: row.timestamp - 1, grossPriceWad: loss.priceBeforeWad, exitPriceWad: null }, row];
  });
}

type Told = Pick<PriceRow, "timestamp" | "grossPriceWad" | "exitPriceWad">;

/** What is told since a time, and what is true now. Of one second the last word counts. */
export function pointsOf(rows: readonly PriceRow[], now: Now, since = 0, losses: readonly LossRow[] = []): Points {
  const [times, gross, exit]: [number[], (number | null)[], (number | null)[]] = [[], [], []];
  const add = (time: number, grossPrice: number | null, exitPrice: number | null): void => {
    const last = times.length - 1;
    if ((times[last] ?? 0) > time) return;
    if (times[last] === time) {
      gross[last] = grossPrice ?? gross[last] ?? null;
      exit[last] = exitPrice ?? exit[last] ?? null;
    } else {
      times.push(time);
      gross.push(grossPrice);
      exit.push(exitPrice);
    }
  };
  for (const { timestamp, grossPriceWad, exitPriceWad } of withSteps(rows, losses)) {
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
