// What no path may break: every token is in somebody's hands, every share and every debt is counted once.
import { Problem } from "./problem.js";
import type { World } from "./world.js";

export function requireConserved(world: World): void {
  const { pool, model, purses } = world;
  const { state } = pool;
  const full = world.purse("");
  let [asset, collateral] = [0n, 0n];
  for (const purse of purses.values()) {
    asset += full.asset - purse.asset;
    collateral += full.collateral - purse.collateral;
  }
  let [debtShares, held] = [0n, state.estateCollateral];
  for (const position of pool.positions.values()) {
    debtShares += position.debtShares;
    held += position.collateral;
  }
  let shares = state.reserveShares + state.fundShares;
  for (const holding of pool.holdings.values()) shares += holding.shares;
  must("asset", state.totals.cash + state.certificates.held + model.donated.asset, asset);
  must("collateral", held + model.donated.collateral, collateral);
  must("shares", state.totals.shares, shares);
  must("debt shares", state.totals.debtShares, debtShares);
}

function must(what: string, counted: bigint, summed: bigint): void {
  if (counted !== summed)
    throw new Problem(`conservation: ${what}: the pool counts ${counted}, its holders ${summed}`, 1);
}
