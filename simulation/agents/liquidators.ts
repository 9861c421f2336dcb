// Liquidators take what pays after gas and the impact of selling. Each has so much capital and is busy for as long as
// its transaction waits in a congested chain; the quickest that can pay gets the position.
import { gasCost, type View } from "./view.js";

/** What a liquidation costs, by docs/gas.md, with a swap on top. */
const GAS = 260_000;
/** Parts of the capital that are tried, the largest first. */
const PARTS = [1, 0.5, 0.25, 0.1, 0.03];

export class Liquidators {
  /** When each is free again. */
  readonly #busyUntil = new Map<string, number>();

  act(view: View): void {
    const { world, elapsed } = view;
    const hour = elapsed / 3_600;
    const isAbsent = world.scenario.liquidators.absentHours.some(
      ({ fromHour, hours }) => hour >= fromHour && hour < fromHour + hours,
    );
    if (!world.pool.price().ok) return;
    for (const { name } of world.borrowers) {
      if (!isLiquidatable(view, name)) continue;
      if (isAbsent) view.note({ kind: "missed", borrower: name, reason: "nobody there" });
      else this.#handle(view, name);
    }
  }

  #handle(view: View, borrower: string): void {
    const { world, time } = view;
    const free = world.liquidators.find((name) => (this.#busyUntil.get(name) ?? 0) <= time);
    if (free === undefined) {
      view.note({ kind: "missed", borrower, reason: "all waiting for their transactions" });
      return;
    }
    const { congestedGwei } = world.scenario.liquidators;
    const wait = Math.floor(view.gwei / congestedGwei) * 600;
    let reason = "does not pay";
    for (const part of PARTS) {
      const most = world.assets(world.scenario.liquidators.capital * part);
      const preview = world.pool.previewLiquidation(borrower, most);
      if (preview.seized === 0n && preview.repaid === 0n) continue;
      const value = world.collateralTokens(preview.seized) * view.price;
      const profit = view.venue.quote(value) - world.assetTokens(preview.repaid) - gasCost(view, GAS);
      if (profit < world.scenario.liquidators.leastProfit) continue;
      const acted = world.act(free, "liquidate", borrower, most, preview.seized, free);
      if (!acted.ok) {
        reason = acted.reason;
        continue;
      }
      view.venue.sell(value);
      this.#busyUntil.set(free, time + wait);
      view.note({
        kind: "liquidated",
        by: free,
        borrower,
        repaid: world.assetTokens(preview.repaid),
        seized: world.collateralTokens(preview.seized),
        loss: world.assetTokens(preview.loss),
        profit,
      });
      return;
    }
    view.note({ kind: "missed", borrower, reason });
  }
}

function isLiquidatable({ world }: View, borrower: string): boolean {
  const { debtShares } = world.pool.positionOf(borrower);
  if (debtShares === 0n) return false;
  const { status } = world.pool.position(borrower);
  return status !== "Healthy" && status !== "None";
}
