// The browser's own database as the store: one object store for states, one for rows, both by the deployment's key.
import { type Change, keyOf, type State, type Store } from "./store.js";
import type { Row } from "./types.js";

const DATABASE = "mutua-history";
const STATES = "states";
const ROWS = "rows";

function answered<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error ?? new Error("The database did not answer.")));
  });
}

function done(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(transaction.error ?? new Error("The database refused."));
    transaction.addEventListener("complete", () => resolve());
    transaction.addEventListener("abort", fail);
    transaction.addEventListener("error", fail);
  });
}

/** A browser may forbid its database: then each call of it fails. */
export class IndexedDbStore implements Store {
  readonly #key: string;
  #opened: Promise<IDBDatabase> | undefined;

  constructor(key: string) {
    this.#key = key;
  }

  get #database(): Promise<IDBDatabase> {
    this.#opened ??= open();
    return this.#opened;
  }

  async state(): Promise<State | undefined> {
    const states = (await this.#database).transaction(STATES).objectStore(STATES);
    return await answered<State | undefined>(states.get(this.#key));
  }

  async rows(): Promise<Row[]> {
    const rows = (await this.#database).transaction(ROWS).objectStore(ROWS);
    return await answered<Row[]>(rows.getAll(this.#above(-1)));
  }

  async commit(version: number, { state, dropAbove, rows = [] }: Change): Promise<boolean> {
    // One transaction: other tabs see all of it or nothing, and wait for it to end before they begin theirs.
    const transaction = (await this.#database).transaction([STATES, ROWS], "readwrite");
    const ended = done(transaction);
    const states = transaction.objectStore(STATES);
    const kept = await answered<State | undefined>(states.get(this.#key));
    const isCurrent = (kept?.version ?? 0) === version;
    if (isCurrent) {
      const table = transaction.objectStore(ROWS);
      if (dropAbove !== undefined) table.delete(this.#above(dropAbove));
      for (const row of rows) table.put(row, [this.#key, ...keyOf(row)]);
      states.put(state, this.#key);
    }
    await ended;
    return isCurrent;
  }

  /** Arrays sort after numbers, so an empty one ends a deployment's keys. */
  #above(block: number): IDBKeyRange {
    return IDBKeyRange.bound([this.#key, block + 1], [this.#key, []]);
  }
}

// oxlint-disable-next-line require-await
async function open(): Promise<IDBDatabase> {
  const opening = indexedDB.open(DATABASE, 1);
  opening.addEventListener("upgradeneeded", () => {
    opening.result.createObjectStore(STATES);
    opening.result.createObjectStore(ROWS);
  });
  return answered(opening);
}
