import { expect } from "chai";

import { expectConserved, MAX, openLoan, sent, Status, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin } from "../scenario/story.js";

describe("Lesson, Euler 2023: a donation that makes one's own loan bad, and its liquidation profitable", () => {
  let w: World;

  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await deposit(w, w.dave, 200_000); // with 200,000 of ether: as much of his own as he can bring in
    await openLoan(w, w.dave, 100, 159_000);
  });

  it("shares given away are shares given away: the giver's loan stays as it was", async () => {
    const before = await w.pool.positionOf(w.dave.address);
    const price = await w.pool.grossPrice();
    const shares = await w.pool.balanceOf(w.dave.address);
    await sent(w.pool.connect(w.dave).transfer(await w.pool.getAddress(), shares / 2n));
    await sent(w.pool.connect(w.dave).transfer(await w.fund.getAddress(), shares - shares / 2n));
    const after = await w.pool.positionOf(w.dave.address);
    expect([after.debtShares, after.collateral]).to.deep.equal([before.debtShares, before.collateral]);
    expect((await w.pool.position(w.dave.address)).status).to.equal(Status.Healthy);
    await expect(
      w.pool.connect(w.erin).liquidate.staticCall(w.dave.address, MAX, 0, w.erin.address, "0x"),
    ).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
    // seconds of interest: under 1e-8 of the assets
    expect(isWithin(await w.pool.grossPrice(), price, 10n ** 10n), "and no price moves").to.equal(true);
    await expectConserved(w, [w.alice.address, w.dave.address], [w.dave.address]);
  });

  it("what does lower a position is checked", async () => {
    await expect(
      w.pool.connect(w.dave).withdrawCollateral(w.eth(1), w.dave.address, w.dave.address),
    ).to.be.revertedWithCustomError(w.pool, "PositionUnhealthy");
    await expect(
      w.pool.connect(w.dave).borrow(w.usd(1_001), w.dave.address, w.dave.address),
    ).to.be.revertedWithCustomError(w.pool, "PositionUnhealthy");
  });

  it("and who makes a loan liquidatable can't liquidate it in the same block", async () => {
    // the lock for a block is the position's, whoever calls; the price is the only way down from here
    const calls = [
      w.pool.interface.encodeFunctionData("borrow", [w.usd(500), w.dave.address, w.dave.address]),
      w.pool.interface.encodeFunctionData("liquidate", [w.dave.address, MAX, 0, w.dave.address, "0x"]),
    ];
    await expect(w.pool.connect(w.dave).multicall(calls))
      .to.be.revertedWithCustomError(w.pool, "RaisedInThisBlock")
      .withArgs(w.dave.address);
  });
});
