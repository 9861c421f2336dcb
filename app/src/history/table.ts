// Rows in memory, by kind, oldest first.
import type { Kind, Row, RowOf } from "./types.js";

const before = (a: Row, b: Row): number =>
  a.blockNumber - b.blockNumber || a.logIndex - b.logIndex || (a.market < b.market ? -1 : a.market > b.market ? 1 : 0);

export class RowTable {
  readonly #rows = new Map<Kind, readonly Row[]>();
  readonly #ofMarkets = new Map<string, readonly Row[]>();

  get<K extends Kind>(kind: K, market?: string): readonly RowOf<K>[] {
    const all = this.#rows.get(kind) ?? NONE;
    if (market === undefined) return all as unknown as readonly RowOf<K>[];
    const wanted = market.toLowerCase();
    const key = `${kind} ${wanted}`;
    const known = this.#ofMarkets.get(key);
    if (known !== undefined) return known as unknown as readonly RowOf<K>[];
    const found = all.filter((row) => row.market.toLowerCase() === wanted);
    this.#ofMarkets.set(key, found);
    return found as unknown as readonly RowOf<K>[];
  }

  get size(): number {
    return [...this.#rows.values()].reduce((sum, { length }) => sum + length, 0);
  }

  all(): Row[] {
    return [...this.#rows.values()].flat();
  }

  /** Adds rows; those that are there already are replaced. */
  add(rows: readonly Row[]): void {
    for (const [kind, added] of Map.groupBy(rows, (row) => row.kind)) {
      const sorted = [...(this.#rows.get(kind) ?? []), ...added].toSorted(before);
      this.#set(
        kind,
        sorted.filter((row, i) => i + 1 === sorted.length || before(row, sorted[i + 1] as Row) !== 0),
      );
    }
  }

  /** Removes the rows of which `isGone` is true. */
  remove(isGone: (row: Row) => boolean): void {
    for (const [kind, rows] of this.#rows) {
      const kept = rows.filter((row) => !isGone(row));
      if (kept.length !== rows.length) this.#set(kind, kept);
    }
  }

  #set(kind: Kind, rows: readonly Row[]): void {
    this.#rows.set(kind, rows);
    for (const key of this.#ofMarkets.keys()) if (key.startsWith(`${kind} `)) this.#ofMarkets.delete(key);
  }
}

const NONE: readonly Row[] = [];
