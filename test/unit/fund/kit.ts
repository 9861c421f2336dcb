// What the tests of the insurance fund do again and again. A pool without fees, unless a test is about premium: so reserve
// and fund hold what the test put there.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { PRICE_SCALE, splitLoss } from "../../../sdk/model/index.js";
import { PENDING } from "../../helpers/blocks.js";
import {
  claimableUnits,
  DAY,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  time,
  type World,
} from "../../helpers/fixtures.js";
import { deposit, eventsOf, liquidate, setRawPrice, stateOf } from "../liquidation/actions.js";
import { grossOf } from "../liquidation/model.js";
import { aimLoss, deployFeeless, feelessWorld } from "../waterfall/actions.js";

export { deposit, eventsOf, feelessWorld };

export const COOLING = 14n * DAY;
export const WINDOW = 7n * DAY;
/** Units for the first share unit ever staked. */
export const FIRST_RATE = 10n ** 6n;
/** What a generation divides units by. */
export const STEP = 10n ** 9n;

export const Request = { None: 0n, Pending: 1n, Claimable: 2n, Expired: 3n, Void: 4n } as const;

/** Pool shares of a fresh pool for whole tokens. */
export const shares = (w: World, tokens: number): bigint => w.usd(tokens) * 10n ** 6n;

/** The same world each time, with Bob's and Carol's stakes of 600,000 and 400,000, and ten million of Alice's. */
export async function stakedWorld(): Promise<World> {
  return await networkHelpers.loadFixture(deployStaked);
}

async function deployStaked(): Promise<World> {
  const w = await deployFeeless();
  await deposit(w, w.alice, 10_000_000);
  await stake(w, w.bob, 600_000);
  await stake(w, w.carol, 400_000);
  return w;
}

/** Deposits whole tokens and stakes the shares. Returns the units. */
export async function stake(w: World, who: HardhatEthersSigner, tokens: number): Promise<bigint> {
  const before = await w.pool.balanceOf(who);
  await deposit(w, who, tokens);
  return await stakeShares(w, who, (await w.pool.balanceOf(who)) - before);
}

export async function stakeShares(w: World, who: HardhatEthersSigner, amount: bigint): Promise<bigint> {
  const before = await w.fund.balanceOf(who);
  await sent(w.fund.connect(who)["deposit(uint256,address)"](amount, who));
  return (await w.fund.balanceOf(who)) - before;
}

/** Asks for units, all of them unless told. Returns the request's id. */
export async function request(w: World, who: HardhatEthersSigner, units?: bigint): Promise<bigint> {
  const all = units ?? (await w.fund.balanceOf(who));
  const id = await w.fund.connect(who).requestRedeem.staticCall(all, who, who);
  await sent(w.fund.connect(who).requestRedeem(all, who, who));
  return id;
}

/** Claims all that is claimable. Returns the pool shares that arrived. */
export async function claim(w: World, who: HardhatEthersSigner): Promise<bigint> {
  const before = await w.pool.balanceOf(who);
  const units = await claimableUnits(w, who);
  await sent(w.fund.connect(who)["redeem(uint256,address,address,uint256)"](units, who, who, 0));
  return (await w.pool.balanceOf(who)) - before;
}

/** Frank borrows 1.5m against 1,000 at 2,000. */
export async function lend(w: World): Promise<void> {
  await openLoan(w, w.frank, 1_000, 1_500_000);
}

/**
 * A loss out of a loan of Frank's: exactly `loss`, or what leaves the fund just over `left` share units. The price is back
 * afterwards. Returns the shares burned, held against DESIGN §8.
 */
export async function lose(w: World, loss: bigint | { left: bigint }): Promise<bigint> {
  const { pool, frank } = w;
  if ((await pool.positionOf(frank)).debtShares === 0n) await lend(w);
  const amount = await aimLoss(w, frank, (state) => {
    if (typeof loss === "bigint") return loss;
    const { assets, shares: supply } = grossOf(state);
    return ((state.reserveShares + state.fundShares - loss.left) * assets) / supply;
  });
  const before = await stateOf(w, frank, PENDING);
  const receipt = await sent(liquidate(w, frank));
  const after = await stateOf(w, frank, { blockTag: "latest" });
  const gross = grossOf(before);
  const split = splitLoss(amount, gross.shares, gross.assets, before.reserveShares, before.fundShares);
  expect(
    eventsOf(w, receipt, "LossRealised").map(({ args }) => args.getValue("loss") as bigint),
    "the loss aimed at",
  ).to.deep.equal([amount]);
  expect(before.reserveShares - after.reserveShares, "burned of the reserve").to.equal(split.reserveShares);
  expect(before.fundShares - after.fundShares, "burned of the fund").to.equal(split.fundShares);
  await setPrice(w, 2_000);
  return split.fundShares;
}

/** Sets the price so that a block from now Frank's debt is short of just about `shortfall`, and fixes that block's time. */
export async function showShortfall(w: World, shortfall: bigint): Promise<void> {
  const timestamp = BigInt(await time.latest()) + 4n;
  await time.setNextBlockTimestamp(timestamp);
  const { debtAssets, collateral } = await stateOf(w, w.frank, PENDING);
  await time.setNextBlockTimestamp(timestamp - 1n);
  await setRawPrice(w, ((debtAssets - shortfall) * 10_200n * PRICE_SCALE) / (collateral * 10_000n));
  await time.setNextBlockTimestamp(timestamp);
}

/** Everyone of these tests, for the conservation check. */
export const everyone = (w: World) => [w.alice, w.bob, w.carol, w.dave, w.erin, w.frank, w.keeper];
