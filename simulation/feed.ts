// The oracle as a price feed is: it reports when the price has moved by its deviation or its heartbeat has run out, a
// little late, and not at all in an outage. What the pool sees follows from the age of the last report.
import type { OracleTerms } from "./scenario.js";

/** What ChainlinkOracle takes off a late feed, at once and then in a line to zero. */
const LATE_MARKDOWN = 0.15;
const LATE_SECONDS = 48 * 3_600;

type Reading = { readonly time: number; readonly price: number };

type Hours = { readonly fromHour: number; readonly hours: number };

export const isWithin = (spans: readonly Hours[], hour: number, more = 0): boolean =>
  spans.some(({ fromHour, hours }) => hour >= fromHour && hour < fromHour + hours + more);

export class Feed {
  readonly #terms: OracleTerms;
  #reported: Reading;
  /** The market as far back as reports are late; oldest first. */
  readonly #market: Reading[];

  constructor(terms: OracleTerms, price: number, time: number) {
    this.#terms = terms;
    this.#reported = { price, time };
    this.#market = [{ price, time }];
  }

  /** The feed's view at a time at which the market price is `price`. */
  observe(time: number, start: number, price: number): { value: number; ok: boolean } {
    const { heartbeat, deviation, delay, outages, sequencerOutages, graceHours, frozenFrom } = this.#terms;
    const hour = (time - start) / 3_600;
    const isOut = isWithin(outages, hour) || isWithin(sequencerOutages, hour);
    const isFrozen = frozenFrom !== undefined && hour >= frozenFrom;
    this.#market.push({ time, price });
    const value = this.#marketAt(time - delay);
    const isDue = time - this.#reported.time >= heartbeat;
    if (isFrozen) {
      // Stuck: it says the same for ever, and says that it is fresh.
      this.#reported = { price: this.#reported.price, time };
    } else if (!isOut && (isDue || Math.abs(value / this.#reported.price - 1) >= deviation)) {
      this.#reported = { price: value, time };
    }
    const late = Math.max(0, time - this.#reported.time - heartbeat);
    const part = late === 0 ? 1 : (1 - LATE_MARKDOWN) * Math.max(0, 1 - late / LATE_SECONDS);
    // The grace time after a restart counts as down: borrowers first.
    const isDown = isWithin(sequencerOutages, hour, graceHours);
    return { value: this.#reported.price * part, ok: late === 0 && !isDown };
  }

  /** Between two steps the market moves in a straight line: a step may be much longer than a report takes. */
  #marketAt(time: number): number {
    const market = this.#market;
    while (market[1] !== undefined && market[1].time <= time) market.shift();
    const [before, after] = market as [Reading, Reading | undefined];
    if (after === undefined || time <= before.time) return before.price;
    return before.price + ((after.price - before.price) * (time - before.time)) / (after.time - before.time);
  }

  /** High is what the feed last said, whatever its age. */
  get last(): number {
    return this.#reported.price;
  }
}
