// What an agent can know when it acts.
import type { Venue } from "../venue.js";
import type { Borrower, World } from "../world.js";

export type View = {
  readonly world: World;
  readonly venue: Venue;
  /** Unix seconds, and seconds since the start. */
  readonly time: number;
  readonly elapsed: number;
  /** What the collateral trades at, and the highest of it so far. */
  readonly price: number;
  readonly peak: number;
  readonly gwei: number;
  /** Who may be near the limit at the oracle's price: everybody else is safely below it. */
  readonly near: readonly Borrower[];
  /** When a shortfall was first seen, a haircut first taken; undefined while neither was. */
  readonly shortfallSince: number | undefined;
  readonly haircutSince: number | undefined;
  readonly note: (event: Note) => void;
};

/** What a report tells of an agent's step. */
export type Note =
  | { kind: "liquidated"; by: string; borrower: string; repaid: number; seized: number; loss: number; profit: number }
  | { kind: "missed"; borrower: string; reason: string }
  | { kind: "left"; who: string; assets: number }
  | { kind: "sold"; by: string; paid: number; collateral: number; profit: number }
  | { kind: "did"; who: string; what: string };

/** The part of the limit from which borrowers worry, and from which anyone looks at a position. */
export const NEAR = 0.95;

/** The cost of a call in the loan asset. */
export function gasCost(view: View, gas: number): number {
  return gas * view.gwei * 1e-9 * view.world.scenario.gas.coinPrice;
}
