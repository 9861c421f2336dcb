// How many blocks' logs to ask a node for at once. Nodes differ by a factor of ten thousand, and say so only by refusing.

export const MOST_BLOCKS = 10_000;

/** Half after each refusal. After an answer twice as many, but from near what was refused on an eighth more. */
export class Span {
  readonly #most: number;
  #blocks: number;
  #refused = Infinity;

  constructor(most = MOST_BLOCKS) {
    this.#most = most;
    this.#blocks = most;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** Whether fewer can be asked for. */
  shrink(): boolean {
    this.#refused = this.#blocks;
    this.#blocks = Math.ceil(this.#blocks / 2);
    return this.#blocks < this.#refused;
  }

  grow(): void {
    if (this.#blocks >= this.#refused) this.#refused = Infinity;
    const doubled = this.#blocks * 2;
    const more = doubled < this.#refused ? doubled : this.#blocks + Math.ceil(this.#blocks / 8);
    this.#blocks = Math.min(this.#most, more);
  }
}
