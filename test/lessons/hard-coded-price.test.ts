import { expect } from "chai";

import { DAY, expectConserved, MAX, openLoan, sent, setPrice, time, WAD, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin, leave, liquidate, whatIf, worthOf } from "../scenario/story.js";
import { believed, feedOf, inFeed, NO_FEED, oracleOn } from "./kit.js";

describe("Lesson, Stream xUSD and Elixir deUSD 2025, Resolv USR 2026, Helio 2022: a price that was written down", () => {
  let w: World;

  // The pool's oracle says 2,000 for ever. In truth the collateral is worth 200 from here on.
  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 500_000);
    await deposit(w, w.bob, 500_000);
    await openLoan(w, w.dave, 100, 150_000);
  });

  it("a loss that no feed shows stays hidden: the first ones leave in full (what it does not solve)", async () => {
    expect(await w.pool.currentShortfall()).to.equal(0n);
    const first = await leave(w, w.alice);
    expect(first >= w.usd(500_000)).to.equal(true);
    // the oracle's owner writes down what the market knew: the others bear it all, 130,000 of what is left
    await setPrice(w, 204);
    const rest = await worthOf(w, w.bob);
    expect(rest < w.usd(370_001) && rest > w.usd(369_999), `${rest}`).to.equal(true);
  });

  it("the moment a true oracle is announced nobody gains by leaving, three days before it is in force", async () => {
    const feed = await feedOf(204);
    const next = await oracleOn(w, [{ collateral: await believed(feed, 20, 20_000), loan: NO_FEED }]);
    const address = await next.getAddress();
    await sent(w.pool.connect(w.oracleManager).scheduleOracle(address));
    // 20,000 of 150,000 are recovered: 13% of a million is gone
    expect(await w.pool.exitPrice()).to.equal((87n * WAD) / 100n);
    const first = await whatIf(async () => await leave(w, w.alice));
    expect(first).to.equal(w.usd(435_000));

    const pool = await w.pool.getAddress();
    const data = w.pool.interface.encodeFunctionData("executeOracle");
    await sent(w.authority.connect(w.governor).schedule(pool, data, 0));
    await time.increase(3n * DAY);
    await sent(feed.setAnswer(inFeed(204)));
    await sent(w.authority.connect(w.governor).execute(pool, data));
    await liquidate(w, w.dave);
    // who stayed has the same: interest on the lost debt is in assets and shortfall alike
    expect(isWithin(await worthOf(w, w.alice), first, 1n)).to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address], [w.dave.address]);
  });

  it("meanwhile nobody borrows against it at the old price, nor comes in at it", async () => {
    const feed = await feedOf(204);
    const next = await oracleOn(w, [{ collateral: await believed(feed, 20, 20_000), loan: NO_FEED }]);
    await sent(w.pool.connect(w.oracleManager).scheduleOracle(await next.getAddress()));
    await sent(w.pool.connect(w.frank).supplyCollateral(w.eth(100), w.frank.address));
    await expect(
      w.pool.connect(w.frank).borrow(w.usd(1_000), w.frank.address, w.frank.address),
    ).to.be.revertedWithCustomError(w.pool, "PricesTooFarApart");
    await expect(
      w.pool.connect(w.erin)["deposit(uint256,address)"](w.usd(1_000), w.erin.address),
    ).to.be.revertedWithCustomError(w.pool, "UncoveredShortfall");
    await expect(
      w.pool.connect(w.liquidator).liquidate.staticCall(w.dave.address, MAX, 0, w.liquidator.address, "0x"),
    ).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
  });
});
