import { expect } from "chai";

import { expectConserved, openLoan, sent, setPrice, VIRTUAL_SHARES, type World } from "../helpers/fixtures.js";
import { deposit, divUp, feelessWorld, leave, type Liquidation, liquidate, lossOf, stake, story } from "./story.js";

story("04 a loss that the reserve absorbs", (step) => {
  let w: World;
  let done: Liquidation;
  let priceBefore: bigint;

  step("a reserve of 50,000, a fund of 100,000, Alice's 850,000; Dave borrows 150,000 on 100 ether", async () => {
    w = await feelessWorld();
    await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(50_000)));
    await stake(w, w.bob, 100_000);
    await deposit(w, w.alice, 850_000);
    await openLoan(w, w.dave, 100, 150_000);
  });

  step("at 1,326 his ether fetches 130,000: 20,000 are missing, and no supplier can see it in the price", async () => {
    await setPrice(w, 1_326);
    const interest = (await w.pool.totals()).debtAssets - w.usd(150_000);
    expect(await w.pool.currentShortfall()).to.equal(w.usd(20_000) + interest);
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    const [fromReserve, fromFund, haircut] = await w.pool.previewWaterfall(w.usd(20_000));
    expect([fromReserve, fromFund, haircut]).to.deep.equal([w.usd(20_000), 0n, 0n]);
  });

  step("deposits stay open: the shortfall is covered", async () => {
    expect((await w.pool.maxDeposit(w.erin.address)) > 0n).to.equal(true);
    await deposit(w, w.erin, 50_000);
  });

  step("the liquidation burns what the loss is worth from the reserve, and from nobody else", async () => {
    priceBefore = await w.pool.grossPrice();
    const { reserveShares, fundShares } = await w.pool.totals();
    const supply = await w.pool.totalSupply();
    done = await liquidate(w, w.dave);
    const event = lossOf(w, done.receipt);
    expect(done.repaid).to.equal(w.usd(130_000));
    expect([event.fromReserve, event.fromFund, event.haircut]).to.deep.equal([event.loss, 0n, 0n]);
    const after = await w.pool.totals();
    // all debt is gone, so what there is now is cash; before the loss there was that much more
    const burned = divUp(event.loss * (supply + VIRTUAL_SHARES), after.cash + event.loss + 1n);
    expect(reserveShares - after.reserveShares).to.equal(burned);
    expect(await w.pool.totalSupply()).to.equal(supply - burned);
    expect(after.fundShares).to.equal(fundShares);
  });

  step("the price did not fall, there is no certificate, and borrowing goes on", async () => {
    expect((await w.pool.grossPrice()) >= priceBefore).to.equal(true);
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
    expect((await w.pool.config()).isBorrowingHalted).to.equal(false);
    await openLoan(w, w.frank, 100, 50_000);
  });

  step("Alice and Erin leave with what they brought and more", async () => {
    expect((await leave(w, w.alice)) >= w.usd(850_000)).to.equal(true);
    expect((await leave(w, w.erin)) >= w.usd(50_000) - 1n, "a deposit rounds down, an exit too").to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address, w.erin.address], [w.dave.address, w.frank.address]);
  });
});
