import { expect } from "chai";

import { DAY, expectConserved, MAX, openLoan, sent, time, VIRTUAL_SHARES, WAD } from "../helpers/fixtures.js";
import { deposit, fedWorld, type FedWorld, isWithin, leave, liquidate, lossOf, story } from "./story.js";

story("13 a collapse straight through a feed's bound", (step) => {
  let w: FedWorld;
  let exitPrice: bigint;
  let bobPaid: bigint;
  let next: string;

  step(
    "answers between 200 and 20,000 are believed; Alice and Bob supply, Dave borrows 150,000 on 100 ether",
    async () => {
      w = await fedWorld();
      await deposit(w, w.alice, 500_000);
      await deposit(w, w.bob, 500_000);
      await openLoan(w, w.dave, 100, 150_000);
    },
  );

  step("an answer too high to believe is capped, and stops the market; nobody's exit changes", async () => {
    await w.report(50_000);
    expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(20_000), w.priceOf(20_000), false]);
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    await w.report(2_000);
  });

  step("ether collapses to 102: low is the answer as it is, not the bound, and not an older price", async () => {
    await w.report(102);
    expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(102), w.priceOf(102), false]);
    const interest = (await w.pool.totals()).debtAssets - w.usd(150_000);
    expect(await w.pool.currentShortfall()).to.equal(w.usd(140_000) + interest);
    exitPrice = await w.pool.exitPrice();
    expect(exitPrice).to.equal((86n * WAD) / 100n);
  });

  step("so Bob can't leave at a price that is over: he gets 86% for half of his", async () => {
    bobPaid = await leave(w, w.bob, w.usd(250_000) * VIRTUAL_SHARES);
    expect(bobPaid).to.equal(w.usd(215_000));
    expect(await w.pool.exitPrice()).to.equal(exitPrice);
  });

  step("not ok: nobody is liquidated at a price outside the bounds, and nobody comes in", async () => {
    const { pool, alice, liquidator, dave } = w;
    for (const call of [
      () => pool.connect(liquidator).liquidate.staticCall(dave.address, MAX, 0, liquidator.address, "0x"),
      () => pool.connect(alice)["deposit(uint256,address)"].staticCall(w.usd(1), alice.address),
    ]) {
      await expect(call()).to.be.revertedWithCustomError(pool, "OracleNotOk").withArgs(w.priceOf(102), w.priceOf(102));
    }
  });

  step(
    "the price stays there. An oracle with lower bounds is announced; the exit price stays where it is",
    async () => {
      next = await (await w.deployOracle(10, 20_000)).getAddress();
      await sent(w.pool.connect(w.oracleManager).scheduleOracle(next));
      await w.report(102);
      expect(await w.pool.exitPrice()).to.equal(exitPrice);
      expect((await w.pool.currentPrice()).ok, "the old one counts until then").to.equal(false);
    },
  );

  step(
    "three days later the governor puts it in force, and the loss can be realised, with the same price",
    async () => {
      const pool = await w.pool.getAddress();
      const data = w.pool.interface.encodeFunctionData("executeOracle");
      await sent(w.authority.connect(w.governor).schedule(pool, data, 0));
      await time.increase(3n * DAY);
      await w.report(102);
      await sent(w.authority.connect(w.governor).execute(pool, data));
      expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(102), w.priceOf(102), true]);
      expect(await w.pool.exitPrice()).to.equal(exitPrice);
      const { receipt, repaid } = await liquidate(w, w.dave);
      expect(repaid).to.equal(w.usd(10_000));
      const loss = lossOf(w, receipt);
      expect(loss.haircut).to.equal(loss.loss);
      expect(await w.pool.exitPrice()).to.equal(exitPrice);
    },
  );

  step("who left in the middle of it and who stayed got the same", async () => {
    expect(isWithin(await leave(w, w.bob), bobPaid, 1n)).to.equal(true);
    expect(isWithin(await leave(w, w.alice), 2n * bobPaid, 1n)).to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address], [w.dave.address]);
  });
});
