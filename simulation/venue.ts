// Where liquidators sell: the market's price less the impact of what has been sold lately.
import type { VenueTerms } from "./scenario.js";

export class Venue {
  readonly #terms: VenueTerms;
  /** What was sold and has not been bought back by others, in the loan asset. */
  #pressure = 0;
  #since: number;

  constructor(terms: VenueTerms, time: number) {
    this.#terms = terms;
    this.#since = time;
  }

  /** Impact, as a part of the price, of having sold this much. */
  #impact(sold: number): number {
    const { onePercent, exponent } = this.#terms;
    return Math.min(0.95, 0.01 * (sold / onePercent) ** exponent);
  }

  pass(time: number): void {
    this.#pressure *= 0.5 ** ((time - this.#since) / (this.#terms.halfLifeHours * 3_600));
    this.#since = time;
  }

  /** What selling collateral worth `value` at the market price would fetch. */
  quote(value: number): number {
    // The price moves along the way: the middle of it is paid.
    return value * (1 - this.#impact(this.#pressure + value / 2));
  }

  sell(value: number): number {
    const fetched = this.quote(value);
    this.#pressure += value;
    return fetched;
  }

  /** The price that the next small sale gets, as a part of the market's. */
  get depth(): number {
    return 1 - this.#impact(this.#pressure);
  }
}
