import { expect } from "chai";

import { expectConserved, HOUR, MAX, openLoan, sent, time, VIRTUAL_SHARES } from "../helpers/fixtures.js";
import { deposit, fedWorld, type FedWorld, isWithin, leave, now, story } from "./story.js";

/** DESIGN §4: 15% off as soon as a feed is late, and from there in a line to nothing over 48 hours. */
function markedDown(price: bigint, late: bigint): bigint {
  return (price * 8_500n * (48n * HOUR - late)) / (10_000n * 48n * HOUR);
}

story("12 an oracle outage", (step) => {
  let w: FedWorld;
  let silentSince: bigint;

  const lateNow = async () => (await now()) - silentSince - HOUR;

  step(
    "two feeds say 2,000; Alice and Bob supply 500,000 each, Dave borrows 150,000, Frank only parks ether",
    async () => {
      w = await fedWorld();
      await deposit(w, w.alice, 500_000);
      await deposit(w, w.bob, 500_000);
      await openLoan(w, w.dave, 100, 150_000);
      await sent(w.pool.connect(w.frank).supplyCollateral(w.eth(10), w.frank.address));
      expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(2_000), w.priceOf(2_000), true]);
    },
  );

  step("one feed falls silent past its heartbeat: low is marked down by 15%, high is the other's", async () => {
    silentSince = await w.oracleOf.second.updatedAt();
    await time.increaseTo(silentSince + HOUR - 1n);
    await sent(w.oracleOf.first.setAnswer(2_010n * 10n ** 8n));
    expect((await w.pool.currentPrice()).ok, "an hour is on time").to.equal(true);
    await time.increaseTo(silentSince + HOUR + 60n);
    expect(await w.pool.currentPrice()).to.deep.equal([markedDown(w.priceOf(2_000), 60n), w.priceOf(2_010), false]);
    // 1,700 still covers his debt: nobody's exit is lower for it
    expect(await w.pool.currentShortfall()).to.equal(0n);
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
  });

  step("then both are silent, for twelve hours", async () => {
    await time.increaseTo(silentSince + 13n * HOUR);
    expect(await lateNow()).to.equal(12n * HOUR);
    const { low, high, ok } = await w.pool.currentPrice();
    expect(low).to.equal(markedDown(w.priceOf(2_000), 12n * HOUR));
    expect(low).to.equal(w.priceOf(1_275)); // 2,000 · 0.85 · 36/48
    expect(high, "the last price known, for display").to.equal(w.priceOf(2_010));
    expect(ok).to.equal(false);
  });

  step(
    "what needs a price stops: deposits, loans, collateral out of debt, liquidation, flag and foreclosure",
    async () => {
      const { low, high } = await w.pool.currentPrice();
      const { pool, alice, dave, frank, keeper, liquidator } = w;
      const calls = [
        () => pool.connect(alice)["deposit(uint256,address)"].staticCall(1_000n, alice.address),
        () => pool.connect(alice)["mint(uint256,address)"].staticCall(10n ** 9n, alice.address),
        () => pool.connect(frank).borrow.staticCall(w.usd(200), frank.address, frank.address),
        () => pool.connect(dave).withdrawCollateral.staticCall(1n, dave.address, dave.address),
        () => pool.connect(liquidator).liquidate.staticCall(dave.address, MAX, 0, liquidator.address, "0x"),
        () => pool.connect(keeper).flag.staticCall(dave.address),
        () => pool.connect(keeper).foreclose.staticCall(dave.address),
      ];
      for (const call of calls) {
        await expect(call()).to.be.revertedWithCustomError(pool, "OracleNotOk").withArgs(low, high);
      }
      expect(await pool.maxDeposit(alice.address)).to.equal(0n);
      expect(await pool.maxMint(alice.address)).to.equal(0n);
      expect(await pool.previewLiquidation(dave.address, MAX)).to.deep.equal([0n, 0n, 0n]);
    },
  );

  step("suppliers can leave, at what the marked-down price leaves them", async () => {
    const paid = await leave(w, w.bob, (await w.pool.balanceOf(w.bob.address)) / 2n);
    // at the block of the exit: what the ether fetches at low / 1.02, everything else there is, for a million shares
    const low = markedDown(w.priceOf(2_000), await lateNow());
    const recovery = (low * 10_000n) / 10_200n;
    const fetched = (w.eth(100) * recovery) / 10n ** 36n;
    const assets = w.usd(850_000) + fetched + 1n;
    const expected = (w.usd(250_000) * VIRTUAL_SHARES * assets) / (w.usd(1_000_000) * VIRTUAL_SHARES + VIRTUAL_SHARES);
    expect(isWithin(paid, expected, 1n), "the shortfall rounds its collateral up, this down").to.equal(true);
    expect(paid < w.usd(243_800) && paid > w.usd(243_700)).to.equal(true);
  });

  step("repaying, adding collateral, transfers, top-ups, and collateral without debt work as always", async () => {
    await sent(w.pool.connect(w.dave).repay(w.usd(10_000), w.dave.address));
    await sent(w.pool.connect(w.dave).supplyCollateral(w.eth(5), w.dave.address));
    await sent(w.pool.connect(w.frank).withdrawCollateral(w.eth(10), w.frank.address, w.frank.address));
    await sent(w.pool.connect(w.alice).transfer(w.erin.address, w.usd(1) * VIRTUAL_SHARES));
    await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(1)));
    await sent(w.pool.accrue());
    expect(await w.collateral.balanceOf(w.frank.address)).to.equal(w.eth(10_000_000));
  });

  step("after two more days low is nothing, and whoever still leaves gets a part of the cash alone", async () => {
    await time.increaseTo(silentSince + 49n * HOUR);
    const { low, ok } = await w.pool.currentPrice();
    expect([low, ok]).to.deep.equal([0n, false]);
    const { debtAssets } = await w.pool.totals();
    expect(await w.pool.currentShortfall()).to.equal(debtAssets);
  });

  step("the feeds come back at 1,990, and so does everything else: nobody was liquidated over a silence", async () => {
    await w.report(1_990);
    expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(1_990), w.priceOf(1_990), true]);
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    expect(await w.pool.queryFilter(w.pool.filters.LossRealised())).to.deep.equal([]);
    await deposit(w, w.carol, 10_000);
    await openLoan(w, w.frank, 1, 1_000);
    await sent(w.pool.connect(w.frank).repay(MAX, w.frank.address));
    await sent(w.pool.connect(w.dave).withdrawCollateral(w.eth(1), w.dave.address, w.dave.address));
    await sent(w.pool.connect(w.dave).repay(MAX, w.dave.address));
    // who stayed has also what Bob forwent: two thirds of 6,250 for her
    expect((await leave(w, w.alice)) > w.usd(499_999 + 4_166)).to.equal(true);
    await expectConserved(
      w,
      [w.alice.address, w.bob.address, w.carol.address, w.erin.address],
      [w.dave.address, w.frank.address],
    );
  });
});
