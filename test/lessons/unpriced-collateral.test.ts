import { expect } from "chai";

import { expectConserved, MAX, openLoan, setPrices, sent, setPrice, WAD, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin, leave, worthOf } from "../scenario/story.js";

describe("Lesson, Aave: a deficit that can't be booked while the collateral has no price", () => {
  let w: World;

  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 500_000);
    await deposit(w, w.bob, 500_000);
    await openLoan(w, w.dave, 100, 150_000);
    await openLoan(w, w.frank, 100, 100_000);
    await setPrices(w, 0, 2_000, false);
  });

  it("is in the exit price without being booked: everybody gets the same part of the cash", async () => {
    const { debtAssets } = await w.pool.totals();
    expect(await w.pool.currentShortfall()).to.equal(debtAssets);
    expect(await w.pool.exitPrice()).to.equal((75n * WAD) / 100n);
    const alice = await leave(w, w.alice);
    expect(alice).to.equal(w.usd(375_000));
    expect(isWithin(await leave(w, w.bob), alice, 1n), "a wei of rounding").to.equal(true);
  });

  it("stops nobody from paying: loans are repaid and collateral comes out without a price", async () => {
    await sent(w.pool.connect(w.frank).repay(MAX, w.frank.address));
    await sent(w.pool.connect(w.frank).withdrawCollateral(w.eth(100), w.frank.address, w.frank.address));
    await expect(w.pool.connect(w.liquidator).liquidate.staticCall(w.dave.address, MAX, 0, w.liquidator.address, "0x"))
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(0n, w.priceOf(2_000));
  });

  it("is gone when the price is back, in favour of who stayed (what it does not solve)", async () => {
    await leave(w, w.alice);
    await setPrice(w, 2_000);
    expect((await worthOf(w, w.bob)) > w.usd(624_999), "Bob has what Alice forwent").to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address], [w.dave.address, w.frank.address]);
  });
});
