// A line on the terminal that says how far a run is; nothing where the output goes to a file.
const WIDTH = 30;

export class Progress {
  readonly #all: number;
  readonly #what: string;
  readonly #start = performance.now();
  #done = 0;
  readonly #isShown = process.stderr.isTTY;

  constructor(all: number, what: string) {
    this.#all = all;
    this.#what = what;
  }

  step(): void {
    this.#done += 1;
    if (!this.#isShown) return;
    const part = this.#done / this.#all;
    const left = ((performance.now() - this.#start) / 1_000 / this.#done) * (this.#all - this.#done);
    const bar = "#".repeat(Math.round(part * WIDTH)).padEnd(WIDTH, "·");
    process.stderr.write(`\r[${bar}] ${this.#done} of ${this.#all} ${this.#what}, ${duration(left)} left\u001B[K`);
  }

  end(): void {
    if (this.#isShown) process.stderr.write("\r\u001B[K");
  }
}

export function duration(seconds: number): string {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5_400 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
