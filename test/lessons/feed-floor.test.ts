import { expect } from "chai";

import type { MockFeed } from "../../typechain-types/index.js";
import { marketOf } from "../attack/tools.js";
import { expectConserved, HOUR, openLoan, sent, time, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, leave } from "../scenario/story.js";
import { believed, feedOf, inFeed, NO_FEED, oracleOn } from "./kit.js";

// The feed never says less than 100. The collateral falls to 10.
async function marketBelieving(least: number): Promise<{ w: World; feed: MockFeed }> {
  const world = await feelessWorld();
  const feed = await feedOf(2_000);
  const oracle = await oracleOn(world, [{ collateral: await believed(feed, least, 20_000), loan: NO_FEED }]);
  const w = await marketOf(world, { oracle });
  await deposit(w, w.alice, 500_000);
  await deposit(w, w.bob, 500_000);
  await openLoan(w, w.dave, 100, 150_000);
  await sent(w.pool.connect(w.frank).supplyCollateral(w.eth(10_000), w.frank.address));
  await sent(feed.setAnswer(inFeed(100)));
  return { w, feed };
}

describe("Lesson, Venus and Blizz with LUNA 2022: a feed that stops at its own floor", () => {
  it("a bound above the floor closes the market there: cheap tokens borrow nothing", async () => {
    const { w } = await marketBelieving(101);
    await expect(w.pool.connect(w.frank).borrow(w.usd(100_000), w.frank.address, w.frank.address))
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(w.priceOf(100), w.priceOf(100));
    expect(await w.pool.maxDeposit(w.alice.address)).to.equal(0n);
  });

  it("what is in the market already is valued at the floor until the feed falls silent (what it does not solve)", async () => {
    const { w, feed } = await marketBelieving(101);
    const early = await leave(w, w.alice, w.usd(100_000) * 10n ** 6n);
    expect(early > w.usd(85_900) && early < w.usd(86_000), "for 9,804 of ether that is worth 980").to.equal(true);
    expect(await feed.answer()).to.equal(inFeed(100));
    // no new round: late after an hour, 15% off at once, and nothing 48 hours later
    await time.increase(HOUR + 60n);
    expect((await w.pool.currentPrice()).low <= (w.priceOf(100) * 85n) / 100n).to.equal(true);
    await time.increase(48n * HOUR);
    expect((await w.pool.currentPrice()).low).to.equal(0n);
    const late = await leave(w, w.alice, w.usd(100_000) * 10n ** 6n);
    expect(late < early).to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address], [w.dave.address, w.frank.address]);
  });

  it("with a bound under the floor the pool lends against it, up to the caps (what it does not solve)", async () => {
    const { w } = await marketBelieving(50);
    await sent(w.pool.connect(w.guardian).lowerCaps(1_000_000n, 200_000n));
    await expect(
      w.pool.connect(w.frank).borrow(w.usd(50_000), w.frank.address, w.frank.address),
    ).to.be.revertedWithCustomError(w.pool, "BorrowCapExceeded");
    await sent(w.pool.connect(w.frank).borrow(w.usd(49_000), w.frank.address, w.frank.address));
  });
});
