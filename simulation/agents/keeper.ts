// The keeper needs no capital: it flags what nobody liquidates, forecloses a day later, and buys from the estate what it
// can sell for more.
import { gasCost, type View } from "./view.js";

const GAS = 250_000;
/** From a flag to the earliest and the latest time of foreclosing. */
const WAIT = 86_400n;
const LATEST = 2n * WAIT;
/** Parts of the estate that are tried, the largest first. */
const PARTS = [1, 0.3, 0.1, 0.03, 0.01];

export function keeperActs(view: View): void {
  const { world } = view;
  const { pool } = world;
  if (!pool.price().ok) return;
  for (const { name } of view.near) {
    const { status, flaggedAt } = pool.position(name);
    if (status !== "Foreclosable" && status !== "Insolvent") continue;
    if (flaggedAt === 0n || pool.now > flaggedAt + LATEST) {
      if (world.act("keeper", "flag", name).ok) view.note({ kind: "did", who: "keeper", what: `flags ${name}` });
    } else if (pool.now >= flaggedAt + WAIT && world.act("keeper", "foreclose", name).ok) {
      view.note({ kind: "did", who: "keeper", what: `forecloses ${name}` });
    }
  }
  buyFromEstate(view);
}

function buyFromEstate(view: View): void {
  const { world } = view;
  if (world.pool.state.estateCollateral === 0n) return;
  const { collateral, price } = world.pool.estate();
  for (const part of PARTS) {
    const amount = (collateral * BigInt(Math.round(part * 100))) / 100n;
    const value = world.collateralTokens(amount) * view.price;
    const cost = (amount * price) / 10n ** 36n + 1n;
    const paid = world.assetTokens(cost);
    const profit = view.venue.quote(value) - paid - gasCost(view, GAS);
    if (profit < world.scenario.liquidators.leastProfit) continue;
    if (!world.act("keeper", "buyEstate", cost, 0n, "keeper").ok) return;
    view.venue.sell(value);
    view.note({ kind: "sold", by: "keeper", paid, collateral: world.collateralTokens(amount), profit });
    return;
  }
}
