// Where liquidators sell: the market's price less the impact of what they have sold lately.
import type { VenueTerms } from "./scenario.js";

/** However much is sold, this part of the price is paid. */
const LEAST_PAID = 0.05;

export class Venue {
  readonly #terms: VenueTerms;
  /** What was sold and has not been bought back by others, in the loan asset. */
  #pressure = 0;
  #since: number;

  constructor(terms: VenueTerms, time: number) {
    this.#terms = terms;
    this.#since = time;
  }

  /** What selling this much costs, from where the market stands undisturbed. */
  #cost(sold: number): number {
    const { onePercent, exponent } = this.#terms;
    return sold * 0.01 * (sold / onePercent) ** exponent;
  }

  pass(time: number): void {
    this.#pressure *= 0.5 ** ((time - this.#since) / (this.#terms.halfLifeHours * 3_600));
    this.#since = time;
  }

  /** What selling collateral worth `value` at the market price would fetch: it goes on where the last sale ended. */
  quote(value: number): number {
    const cost = this.#cost(this.#pressure + value) - this.#cost(this.#pressure);
    return Math.max(value * LEAST_PAID, value - cost);
  }

  sell(value: number): void {
    this.#pressure += value;
  }
}
