import { expect } from "chai";

import { DAY, expectConserved, openLoan, sent, time, WAD, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld } from "../scenario/story.js";

describe("Lesson, Silo 2023: more lent than was supplied, by a gift, and an interest that explodes", () => {
  let w: World;

  beforeEach(async () => {
    w = await feelessWorld();
    await sent(w.pool.connect(w.erin)["deposit(uint256,address)"](100_000n, w.erin.address));
    await sent(w.asset.connect(w.erin).transfer(await w.pool.getAddress(), w.usd(1_000)));
  });

  it("what was given is not lent", async () => {
    await sent(w.pool.connect(w.frank).supplyCollateral(w.eth(10), w.frank.address));
    await expect(w.pool.connect(w.frank).borrow(w.usd(1_000), w.frank.address, w.frank.address))
      .to.be.revertedWithCustomError(w.pool, "InsufficientCash")
      .withArgs(w.usd(1_000), 100_000n);
    expect(await w.pool.utilisation()).to.equal(0n);
  });

  it("utilisation ends at one, and the rate at four times that at target", async () => {
    await deposit(w, w.alice, 1_000);
    await openLoan(w, w.dave, 10, 1_000);
    const { cash, debtAssets } = await w.pool.totals();
    expect(await w.pool.utilisation()).to.equal((debtAssets * WAD) / (cash + debtAssets));
    expect((await w.pool.utilisation()) <= WAD).to.equal(true);
    await sent(w.asset.connect(w.erin).transfer(await w.pool.getAddress(), w.usd(1_000_000)));
    expect((await w.pool.utilisation()) <= WAD).to.equal(true);
    await time.increase(DAY);
    const grown = (await w.pool.totals()).debtAssets - w.usd(1_000);
    // 4% a year at target, at full use 16%, and rising within the day by e^(50/365): under 0.06%
    expect(grown > 0n && grown < w.usd(0.6), `${grown}`).to.equal(true);
    await expectConserved(w, [w.alice.address, w.erin.address], [w.dave.address]);
  });
});
