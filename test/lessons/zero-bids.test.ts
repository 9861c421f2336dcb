import { expect } from "chai";

import { DAY, expectConserved, MAX, openLoan, sent, setPrice, time, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin, liquidate } from "../scenario/story.js";

describe("Lesson, Maker's Black Thursday 2020: a single bidder who offers nothing", () => {
  let w: World;

  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.dave, 100, 150_000);
    await setPrice(w, 1_020); // ether fell by half: the hundred fetch 100,000
  });

  it("a lone liquidator has no price to name: nothing buys nothing, a wei a wei's worth", async () => {
    const { pool, liquidator, dave } = w;
    await expect(
      pool.connect(liquidator).liquidate(dave.address, 0, 0, liquidator.address, "0x"),
    ).to.be.revertedWithCustomError(pool, "ZeroAmount");
    const tiny = await liquidate(w, dave, 1_000_000n);
    // 1,000 dollars of ether for 1,000 dollars: at 1,020 with the incentive of 1.02
    expect(tiny.seized).to.equal(1_000n);
    expect(tiny.repaid).to.equal(1_000_000n);
    const rest = await liquidate(w, dave);
    expect(isWithin(rest.repaid, w.usd(100_000) - 1_000_000n, 1n), "and all for no less than all").to.equal(true);
  });

  it("an estate asks a price, and it starts at the full one", async () => {
    const { pool, keeper, erin, dave } = w;
    await sent(pool.connect(keeper).flag(dave.address));
    await time.increase(DAY);
    await sent(pool.connect(keeper).foreclose(dave.address));
    await expect(pool.connect(erin).buyEstate(0, 0, erin.address, "0x")).to.be.revertedWithCustomError(
      pool,
      "ZeroAmount",
    );
    const before = await w.collateral.balanceOf(erin.address);
    await sent(pool.connect(erin).buyEstate(1_000_000n, 0, erin.address, "0x"));
    expect((await w.collateral.balanceOf(erin.address)) - before <= 1_001n).to.equal(true);
  });

  it("after sixty days without a buyer it goes for nothing, when nobody can lose by it any more", async () => {
    const { pool, keeper, erin, dave } = w;
    await sent(pool.connect(keeper).flag(dave.address));
    await time.increase(DAY);
    await sent(pool.connect(keeper).foreclose(dave.address));
    const prices: bigint[] = [];
    for (let i = 0; i < 6; ++i) {
      prices.push(await pool.exitPrice());
      await time.increase(10n * DAY);
    }
    for (const [i, price] of prices.slice(1).entries()) {
      expect(price < (prices[i] ?? 0n), "it fell in the open, in steps of ten days").to.equal(true);
    }
    expect((await pool.estate()).price).to.equal(0n);
    const before = await pool.exitPrice();
    await sent(pool.connect(erin).buyEstate(MAX, w.eth(100), erin.address, "0x"));
    expect(isWithin(await pool.exitPrice(), before, 1n)).to.equal(true);
    await expectConserved(w, [w.alice.address], [dave.address]);
  });
});
