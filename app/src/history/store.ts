// Where rows and progress are kept between visits.
import type { Blocks } from "./coverage.js";
import type { Row } from "./types.js";

export type Mark = { readonly number: number; readonly hash: string };

/** How far the logs of a deployment have been read. */
export type State = {
  /** One more with each commit, by whichever tab. */
  readonly version: number;
  /** One more with each commit that added or dropped rows. */
  readonly rowsVersion: number;
  readonly covered: readonly Blocks[];
  /** Blocks near the head, as they were when their logs were read; lowest first. A hash stands for all blocks before it. */
  readonly marks: readonly Mark[];
};

export type Change = {
  readonly state: State;
  /** Rows of later blocks are dropped first. */
  readonly dropAbove?: number;
  readonly rows?: readonly Row[];
};

/** Shared by the tabs of a browser. */
export interface Store {
  /** What is kept; undefined if nothing is. */
  state(): Promise<State | undefined>;
  rows(): Promise<Row[]>;
  /** All of it or nothing. False, and nothing done, if the state kept is not of `version` (0: none) any more. */
  commit(version: number, change: Change): Promise<boolean>;
}

export const keyOf = ({ blockNumber, logIndex, kind, market }: Row): (string | number)[] => [
  blockNumber,
  logIndex,
  kind,
  market,
];

/** For tests, and where the browser keeps nothing. */
export class MemoryStore implements Store {
  #state: State | undefined;
  #rows = new Map<string, Row>();

  // oxlint-disable-next-line require-await
  async state(): Promise<State | undefined> {
    return this.#state;
  }

  // oxlint-disable-next-line require-await
  async rows(): Promise<Row[]> {
    return [...this.#rows.values()];
  }

  // oxlint-disable-next-line require-await
  async commit(version: number, { state, dropAbove, rows = [] }: Change): Promise<boolean> {
    if ((this.#state?.version ?? 0) !== version) return false;
    this.#state = state;
    for (const [key, row] of this.#rows) {
      if (dropAbove !== undefined && row.blockNumber > dropAbove) this.#rows.delete(key);
    }
    for (const row of rows) this.#rows.set(keyOf(row).join(" "), row);
    return true;
  }
}
