// Random numbers from a seed: the same ones each time.

/** A small, fast generator of 32 bits (mulberry32). */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  #next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A number in [0, 1). */
  part(): number {
    return this.#next() / 2 ** 32;
  }

  /** An integer in [0, below). */
  below(below: number): number {
    return Math.floor(this.part() * below);
  }

  /** An integer in [0, limit), not uniform in the lowest digits of wide ones. */
  upTo(limit: bigint): bigint {
    const fraction = (BigInt(this.#next()) << 32n) | BigInt(this.#next());
    return (limit * fraction) >> 64n;
  }

  /** From a normal distribution of mean 0 and spread 1, nearly: the sum of twelve, which needs no logarithm. */
  normal(): number {
    let sum = -6;
    for (let i = 0; i < 12; ++i) sum += this.part();
    return sum;
  }

  chance(percent: number): boolean {
    return this.below(100) < percent;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)] as T;
  }

  weighted<T>(choices: readonly (readonly [number, T])[]): T {
    let rest = this.below(choices.reduce((sum, [weight]) => sum + weight, 0));
    for (const [weight, choice] of choices) {
      if (rest < weight) return choice;
      rest -= weight;
    }
    throw new Error("There is nothing to choose from.");
  }
}
