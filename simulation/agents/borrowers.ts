// Borrowers near their limit: some add collateral while they have any, some sell other things and repay, the rest walk.
import type { View } from "./view.js";

/** They act from this part of the lltv on. */
const WORRY_AT = 0.95;

export function borrowersAct(view: View): void {
  const { world } = view;
  const { pool } = world;
  const worry = Number(pool.lltvNow()) * 1e14 * WORRY_AT;
  for (const borrower of world.borrowers) {
    if (borrower.policy === "walk away" || borrower.spare <= 0) continue;
    if (pool.positionOf(borrower.name).debtShares === 0n) continue;
    const { ltv, debt } = pool.position(borrower.name);
    if (Number(ltv) < worry) continue;
    // A fifth of the debt at a time, as far as there is something.
    const amount = Math.min(borrower.spare, world.assetTokens(debt) / 5);
    const acted =
      borrower.policy === "top up"
        ? world.act(borrower.name, "supplyCollateral", world.collateral(amount / view.price), borrower.name)
        : world.act(borrower.name, "repay", world.assets(amount), borrower.name);
    borrower.spare -= amount;
    if (acted.ok) view.note({ kind: "did", who: borrower.name, what: borrower.policy });
  }
}
