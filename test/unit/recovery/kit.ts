// A pool without cover and without fees: every loss is a haircut as a whole. Frank owes 6 million against 4,000 at 2,000,
// and parts of that debt are lost by liquidating them.
import { expect } from "chai";

import {
  deployWorld,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  VIRTUAL_SHARES,
  type World,
} from "../../helpers/fixtures.js";
import { amountsOf, deposit, liquidate } from "../liquidation/actions.js";

export const SCALE = 10n ** 36n;
export const ceilDiv = (a: bigint, b: bigint) => (a + b - 1n) / b;

export const shares = (w: World, tokens: number): bigint => w.usd(tokens) * VIRTUAL_SHARES;

async function deployLent(): Promise<World> {
  const w = await deployWorld({ parameters: { reserveFeePercent: 0n, fundFeePercent: 0n } });
  await deposit(w, w.alice, 6_000_000);
  await deposit(w, w.bob, 3_000_000);
  await deposit(w, w.carol, 1_000_000);
  await openLoan(w, w.frank, 4_000, 6_000_000);
  return w;
}

/** Alice 6, Bob 3, Carol 1 million, at the first price. */
export async function lentWorld(): Promise<World> {
  return await networkHelpers.loadFixture(deployLent);
}

export type Haircut = { haircut: bigint; perShare: bigint };

/** The liquidator pays up to `repay` tokens at a price of 510: for each 500 of them 1,000 more are lost. */
export async function lose(w: World, repay: number): Promise<Haircut> {
  await setPrice(w, 510);
  const faceBefore = (await w.pool.certificates()).unpaidFace;
  const receipt = await sent(liquidate(w, w.frank, { max: w.usd(repay) }));
  const haircut = amountsOf(w, receipt, "LossRealised")("haircut");
  expect(haircut, "nothing covers").to.equal(amountsOf(w, receipt, "Liquidated")("lossAssets"));
  const supply = await w.pool.totalSupply();
  const perShare = (haircut * SCALE) / (supply + VIRTUAL_SHARES);
  expect((await w.pool.certificates()).unpaidFace - faceBefore, "T").to.equal(ceilDiv(perShare * supply, SCALE));
  return { haircut, perShare };
}

/** After it, no debt is left that a shortfall could come from. */
export async function loseRest(w: World): Promise<Haircut> {
  return await lose(w, 100_000_000);
}

export async function recover(w: World, assets: bigint) {
  return await sent(w.pool.connect(w.keeper).recover(assets));
}

/** What a claim brings. */
export async function claim(w: World, who: World["alice"]): Promise<bigint> {
  const before = await w.asset.balanceOf(who);
  await sent(w.pool.connect(who).claimRecovery(who));
  return (await w.asset.balanceOf(who)) - before;
}

export const holders = (w: World) => [w.alice, w.bob, w.carol, w.dave, w.erin, w.keeper];
