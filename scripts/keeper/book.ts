// Every position of a pool, rebuilt from its events, with what is needed to take the last blocks back.
import type { Interface, Log } from "ethers";
import { ZeroAddress } from "ethers";

export type Position = {
  readonly debtShares: bigint;
  readonly collateral: bigint;
  /** Unix seconds; 0 if not flagged. */
  readonly flaggedAt: number;
};

/** A block that is in the book, and what the positions it changed were before. */
export type Mark = { number: number; hash: string; undo: [borrower: string, before: Position][] };

/** What a round has to know beyond positions. */
export type Applied = { recoveries: boolean };

const word = ({ debtShares, collateral, flaggedAt }: Position) => [`${debtShares}`, `${collateral}`, flaggedAt];
const EMPTY: Position = { debtShares: 0n, collateral: 0n, flaggedAt: 0 };
const isEmpty = ({ debtShares, collateral }: Position): boolean => debtShares === 0n && collateral === 0n;

export class Book {
  readonly #coder: Interface;
  readonly #keptMarks: number;
  readonly #positions = new Map<string, Position>();
  /** Everybody who ever got shares of the pool: certificates stay with them. */
  readonly holders = new Set<string>();
  #marks: Mark[] = [];
  #debtShares = 0n;

  constructor(coder: Interface, keptMarks: number) {
    this.#coder = coder;
    this.#keptMarks = keptMarks;
  }

  /** Sum over all positions. */
  get debtShares(): bigint {
    return this.#debtShares;
  }

  get last(): Mark | undefined {
    return this.#marks.at(-1);
  }

  get marks(): readonly Mark[] {
    return this.#marks;
  }

  get positions(): ReadonlyMap<string, Position> {
    return this.#positions;
  }

  positionOf(borrower: string): Position {
    return this.#positions.get(borrower) ?? EMPTY;
  }

  clear(): void {
    this.#positions.clear();
    this.holders.clear();
    this.#marks = [];
    this.#debtShares = 0n;
  }

  /** Takes a block's events in. Blocks come in order; those without events may be left out. */
  apply(number: number, hash: string, logs: readonly Log[]): Applied {
    const before = new Map<string, Position>();
    const applied: Applied = { recoveries: false };
    for (const log of logs) {
      const event = this.#coder.parseLog(log);
      if (event === null) continue;
      const { name, args } = event;
      if (name === "Transfer") {
        if (args["to"] !== ZeroAddress) this.holders.add(args["to"] as string);
      } else if (name === "Recovered" || name === "RecoveryClaimed") {
        applied.recoveries = true;
      } else {
        this.#change(name, args, before);
      }
    }
    this.#marks.push({ number, hash, undo: [...before] });
    if (this.#marks.length > this.#keptMarks) this.#marks.splice(0, this.#marks.length - this.#keptMarks);
    return applied;
  }

  #change(name: string, args: Record<string, unknown>, before: Map<string, Position>): void {
    const borrower = (args["onBehalf"] ?? args["borrower"]) as string | undefined;
    if (borrower === undefined) return;
    const old = this.positionOf(borrower);
    const next = changed(name, args, old);
    if (next === old) return;
    if (!before.has(borrower)) before.set(borrower, old);
    this.#put(borrower, next);
  }

  #put(borrower: string, position: Position): void {
    this.#debtShares += position.debtShares - this.positionOf(borrower).debtShares;
    if (isEmpty(position)) this.#positions.delete(borrower);
    else this.#positions.set(borrower, position);
  }

  /** Takes back every block above `number`. */
  rollBackTo(number: number): void {
    for (let last = this.last; last !== undefined && last.number > number; last = this.last) {
      for (const [borrower, position] of last.undo) this.#put(borrower, position);
      this.#marks.pop();
    }
  }

  toJSON(): unknown {
    return {
      marks: this.#marks.map(({ number, hash, undo }) => [number, hash, undo.map(([who, was]) => [who, ...word(was)])]),
      positions: [...this.#positions].map(([borrower, position]) => [borrower, ...word(position)]),
      holders: [...this.holders],
    };
  }

  /** From what `toJSON` gave. Throws on anything else. */
  restore(json: unknown): void {
    this.clear();
    type Word = [string, string, string, number];
    const { marks, positions, holders } = json as {
      marks: [number, string, Word[]][];
      positions: Word[];
      holders: string[];
    };
    const read = ([borrower, debtShares, collateral, flaggedAt]: Word): [string, Position] => [
      borrower,
      { debtShares: BigInt(debtShares), collateral: BigInt(collateral), flaggedAt },
    ];
    for (const each of positions) this.#put(...read(each));
    this.#marks = marks.map(([number, hash, undo]) => ({ number, hash, undo: undo.map(read) }));
    for (const holder of holders) this.holders.add(holder);
  }
}

function changed(name: string, args: Record<string, unknown>, old: Position): Position {
  const amount = (key: string): bigint => args[key] as bigint;
  switch (name) {
    case "CollateralSupplied":
      return { ...old, collateral: old.collateral + amount("amount") };
    case "CollateralWithdrawn":
      return { ...old, collateral: old.collateral - amount("amount") };
    case "Borrowed":
      return { ...old, debtShares: old.debtShares + amount("debtShares") };
    case "Repaid":
      return { ...old, debtShares: old.debtShares - amount("debtShares") };
    case "Liquidated":
      return {
        ...old,
        debtShares: old.debtShares - amount("debtShares"),
        collateral: old.collateral - amount("seizedCollateral"),
      };
    case "Flagged":
      return { ...old, flaggedAt: Number(amount("timestamp")) };
    case "Unflagged":
      return { ...old, flaggedAt: 0 };
    case "Foreclosed":
      return EMPTY;
    default:
      return old;
  }
}
