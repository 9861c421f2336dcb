import { expect } from "chai";

import type { MockFeed, MockVault4626 } from "../../typechain-types/index.js";
import { MockERC20__factory } from "../../typechain-types/index.js";
import { marketOf } from "../attack/tools.js";
import { ethers, expectConserved, MAX, sent, WAD, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld } from "../scenario/story.js";
import { believed, feedOf, NO_FEED, oracleOn } from "./kit.js";

/** A pool whose collateral is a vault's token, worth 1 ether of 2,000; rates between 0.9 and 1.1 are believed. */
async function vaultMarket(): Promise<{ w: World; vault: MockVault4626; feed: MockFeed }> {
  const world = await feelessWorld();
  const vault = await ethers.deployContract("MockVault4626", [await world.collateral.getAddress(), 18, WAD]);
  const token = MockERC20__factory.connect(await vault.getAddress(), world.deployer);
  const feed = await feedOf(2_000);
  const oracle = await oracleOn(world, [{ collateral: await believed(feed, 200, 20_000), loan: NO_FEED }], token, {
    underlying: await world.collateral.getAddress(),
    minRate: (9n * WAD) / 10n,
    maxRate: (11n * WAD) / 10n,
  });
  const w = await marketOf(world, { oracle, collateral: token });
  await deposit(w, w.alice, 1_000_000);
  await sent(w.pool.connect(w.dave).supplyCollateral(w.eth(100), w.dave.address));
  return { w, vault, feed };
}

describe("Lesson, Cream 2021, Lodestar 2022, Resupply 2025: a vault's rate, raised by a donation", () => {
  it("a rate that doubles at once is cut to its bound, and nobody borrows at it (Cream, Lodestar)", async () => {
    const { w, vault } = await vaultMarket();
    await sent(vault.setRate(2n * WAD));
    expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(2_200), w.priceOf(2_200), false]);
    await expect(w.pool.connect(w.dave).borrow(w.usd(100), w.dave.address, w.dave.address))
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(w.priceOf(2_200), w.priceOf(2_200));
  });

  it("a rate so large that a quotient rounds to nothing gives no free debt (Resupply)", async () => {
    const { w, vault } = await vaultMarket();
    await sent(vault.setRate(2_000n * 10n ** 33n));
    expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(2_200), w.priceOf(2_200), false]);
    await expect(
      w.pool.connect(w.dave).borrow(w.usd(1_000_000), w.dave.address, w.dave.address),
    ).to.be.revertedWithCustomError(w.pool, "OracleNotOk");
    // and a rate of nothing is no price at all, not a price of nothing for the debt
    await sent(vault.setRate(0));
    expect((await w.pool.currentPrice()).ok).to.equal(false);
    expect((await w.pool.currentPrice()).low).to.equal(0n);
  });

  it("within its bounds a donation is believed: the margin of the LTV has to be wider (what it does not solve)", async () => {
    const { w, vault } = await vaultMarket();
    await sent(vault.setRate((11n * WAD) / 10n));
    const most = w.usd(176_000) - 1n; // 80% of 220,000, against ether for 200,000
    await sent(w.pool.connect(w.dave).borrow(most, w.dave.address, w.dave.address));
    await sent(vault.setRate(WAD));
    expect(await w.pool.currentShortfall()).to.equal(0n);
    await expectConserved(w, [w.alice.address], [w.dave.address]);
  });

  it("pushed down within its bounds it liquidates: both paths share the one rate (what it does not solve)", async () => {
    const { w, vault } = await vaultMarket();
    await sent(w.pool.connect(w.dave).borrow(w.usd(158_000), w.dave.address, w.dave.address));
    await sent(vault.setRate((9n * WAD) / 10n));
    const liquidate = async () =>
      await w.pool.connect(w.liquidator).liquidate.staticCall(w.dave.address, MAX, 0, w.liquidator.address, "0x");
    // 158,000 on 180,000 is past 86%; it costs him the incentive, and suppliers nothing
    const { repaidAssets, seizedCollateral, lossAssets } = await liquidate();
    expect(lossAssets).to.equal(0n);
    expect(seizedCollateral * 1_800n * 100n <= repaidAssets * 110n).to.equal(true);
    await sent(vault.setRate((9n * WAD) / 10n - 1n));
    await expect(liquidate()).to.be.revertedWithCustomError(w.pool, "OracleNotOk");
  });
});
