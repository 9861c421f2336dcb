// The oracle as a price feed is: it reports when the price has moved by its deviation or its heartbeat has run out, a
// little late, and not at all in an outage. What the pool sees follows from the age of the last report.
import type { Price } from "../sdk/model/index.js";
import type { OracleTerms } from "./scenario.js";

/** What ChainlinkOracle takes off a late feed, at once and then in a line to zero. */
const LATE_MARKDOWN = 0.15;
const LATE_SECONDS = 48 * 3_600;

export class Feed {
  readonly #terms: OracleTerms;
  #reported: { price: number; time: number };
  /** Reports on their way. */
  #pending: { price: number; due: number }[] = [];

  constructor(terms: OracleTerms, price: number, time: number) {
    this.#terms = terms;
    this.#reported = { price, time };
  }

  /** The feed's view at a time at which the market price is `price`. */
  observe(time: number, start: number, price: number): { value: number; ok: boolean; isNew: boolean } {
    const { heartbeat, deviation, delay, outages, frozenFrom } = this.#terms;
    const hour = (time - start) / 3_600;
    const isOut = outages.some(({ fromHour, hours }) => hour >= fromHour && hour < fromHour + hours);
    const isFrozen = frozenFrom !== undefined && hour >= frozenFrom;
    const last = this.#pending.at(-1)?.price ?? this.#reported.price;
    const moved = Math.abs(price / last - 1) >= deviation;
    const isDue = time - this.#reported.time >= heartbeat && this.#pending.length === 0;
    if (isFrozen) {
      // Stuck: it says the same for ever, and says that it is fresh.
      this.#reported = { price: this.#reported.price, time };
    } else if (!isOut && (moved || isDue)) this.#pending.push({ price, due: time + delay });

    let isNew = false;
    while (!isOut && this.#pending[0] !== undefined && this.#pending[0].due <= time) {
      const { price: value, due } = this.#pending.shift() as { price: number; due: number };
      this.#reported = { price: value, time: due };
      isNew = true;
    }
    const late = Math.max(0, time - this.#reported.time - heartbeat);
    const part = late === 0 ? 1 : (1 - LATE_MARKDOWN) * Math.max(0, 1 - late / LATE_SECONDS);
    const isDown = this.#terms.sequencerOutages.some(
      // The grace time after a restart counts as down: borrowers first.
      ({ fromHour, hours }) => hour >= fromHour && hour < fromHour + hours + this.#terms.graceHours,
    );
    return { value: this.#reported.price * part, ok: late === 0 && !isDown, isNew };
  }

  /** High is what the feed last said, whatever its age. */
  get last(): number {
    return this.#reported.price;
  }
}

export const asPrice = (low: number, high: number, ok: boolean, scale: (price: number) => bigint): Price => ({
  low: scale(low),
  high: scale(high),
  ok,
});
