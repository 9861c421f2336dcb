// Borrowers near their limit: some add collateral while they have any, some sell other things and repay, the rest walk
// away.
import { NEAR, type View } from "./view.js";

/** Of the debt, each time. */
const PART = 0.2;

export function borrowersAct(view: View): void {
  const { world } = view;
  const { pool } = world;
  const worry = Number(pool.lltvNow()) * 1e14 * NEAR;
  for (const borrower of view.near) {
    if (borrower.policy === "walk away" || borrower.spare <= 0) continue;
    const { ltv, debt } = pool.position(borrower.name);
    if (debt === 0n || Number(ltv) < worry) continue;
    const owed = world.assetTokens(debt);
    let amount = Math.min(borrower.spare, owed * PART);
    if (borrower.policy === "deleverage" && owed - amount < world.scenario.market.minDebt) {
      // A rest that small may not be owed: all of it, or nothing.
      if (borrower.spare < owed) continue;
      amount = owed;
    }
    const acted =
      borrower.policy === "top up"
        ? world.act(borrower.name, "supplyCollateral", world.collateral(amount / view.price), borrower.name)
        : world.act(borrower.name, "repay", world.assets(amount), borrower.name);
    borrower.spare -= amount;
    if (acted.ok) view.note({ kind: "did", who: borrower.name, what: borrower.policy });
  }
}
