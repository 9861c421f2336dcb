// The history that pages hold: one object, whichever source is behind it, and the samples of this session.
import { RowTable } from "./table.js";
import {
  type History,
  type Kind,
  type PriceRow,
  type Progress,
  type RowOf,
  SAMPLE_LOG_INDEX,
  type Where,
} from "./types.js";

const NOTHING_YET: Progress = { source: "logs", isComplete: false, part: 0, knownSince: null, notice: null };
const NO_ROWS: readonly never[] = [];
/** A session that is left open for days still draws quickly. */
const MOST_SAMPLES = 5_000;

export type Sample = Pick<PriceRow, "grossPriceWad" | "exitPriceWad"> &
  Pick<Where, "market" | "blockNumber" | "timestamp">;

export class SwitchedHistory implements History {
  readonly #listeners = new Set<() => void>();
  readonly #samples = new RowTable();
  readonly #merged = new Map<string, { parts: readonly (readonly PriceRow[])[]; rows: readonly PriceRow[] }>();
  #source: History | undefined;
  #notice: string | null = null;
  #progress: { of: Progress; shown: Progress } = { of: NOTHING_YET, shown: NOTHING_YET };
  #unsubscribe = (): void => undefined;

  /** Called with each kind and market that a page asks for. */
  onAsked: (kind: Kind, market?: string) => void = () => undefined;
  /** Whose prices were asked for, and what is called when it is one more. */
  readonly pricesAsked = new Set<string>();
  onPricesAsked: () => void = () => undefined;

  use(source: History, notice: string | null = null): void {
    if (source === this.#source && notice === this.#notice) return;
    this.#unsubscribe();
    this.#source = source;
    this.#notice = notice;
    this.#unsubscribe = source.subscribe(() => this.#tell());
    this.#tell();
  }

  rows<K extends Kind>(kind: K, market?: string): readonly RowOf<K>[] {
    this.onAsked(kind, market);
    const rows = this.#source?.rows(kind, market) ?? NO_ROWS;
    if (kind !== "price") return rows;
    if (market !== undefined && !this.pricesAsked.has(market)) {
      this.pricesAsked.add(market);
      // Not while a page renders.
      queueMicrotask(this.onPricesAsked);
    }
    return this.#withSamples(rows as readonly PriceRow[], market) as unknown as readonly RowOf<K>[];
  }

  readonly progress = (): Progress => {
    const of = this.#source?.progress() ?? NOTHING_YET;
    if (of !== this.#progress.of || this.#progress.shown.notice !== (this.#notice ?? of.notice)) {
      this.#progress = { of, shown: { ...of, notice: this.#notice ?? of.notice } };
    }
    return this.#progress.shown;
  };

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Prices as this session sees them. A chain that has turned takes its blocks' samples along. */
  sample(sample: Sample): void {
    const { market, blockNumber } = sample;
    const samples = this.#samples.get("price", market);
    if ((samples.at(-1)?.blockNumber ?? -1) >= blockNumber) {
      this.#samples.remove((row) => row.market === market && row.blockNumber >= blockNumber);
    }
    const [oldest] = samples;
    if (samples.length >= MOST_SAMPLES) this.#samples.remove((row) => row === oldest);
    this.addSamples([sample]);
  }

  addSamples(samples: readonly Sample[]): void {
    this.#samples.add(
      samples.map((each) => ({
        kind: "price",
        cause: "sample",
        logIndex: SAMPLE_LOG_INDEX,
        transactionHash: "",
        ...each,
      })),
    );
    this.#tell();
  }

  #withSamples(rows: readonly PriceRow[], market?: string): readonly PriceRow[] {
    const samples = this.#samples.get("price", market);
    if (samples.length === 0) return rows;
    const key = market ?? "";
    const known = this.#merged.get(key);
    if (known?.parts[0] === rows && known.parts[1] === samples) return known.rows;
    const both = new RowTable();
    both.add([...rows, ...samples]);
    const merged = both.get("price");
    this.#merged.set(key, { parts: [rows, samples], rows: merged });
    return merged;
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }
}
