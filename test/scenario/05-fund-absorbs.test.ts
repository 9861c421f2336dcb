import { expect } from "chai";

import {
  DAY,
  expectConserved,
  openLoan,
  RAY,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  type World,
} from "../helpers/fixtures.js";
import {
  claimUnits,
  deposit,
  divUp,
  feelessWorld,
  leave,
  type Liquidation,
  liquidate,
  lossOf,
  requestUnits,
  stake,
  story,
} from "./story.js";

story("05 a loss that the fund absorbs", (step) => {
  let w: World;
  let done: Liquidation;
  let fundAfter: bigint;
  let priceBefore: bigint;

  step("a reserve of 5,000; Bob stakes 60,000 and Carol 40,000; Alice supplies 895,000", async () => {
    w = await feelessWorld();
    await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(5_000)));
    await stake(w, w.bob, 60_000);
    await stake(w, w.carol, 40_000);
    await deposit(w, w.alice, 895_000);
    await openLoan(w, w.dave, 100, 150_000);
  });

  step("Carol asks to leave: her 40,000 are cooling", async () => {
    await requestUnits(w, w.carol);
    const account = await w.pool.fundAccount();
    expect(account.totalShares).to.equal(w.usd(100_000) * VIRTUAL_SHARES);
    expect(account.coolingShares).to.equal(w.usd(40_000) * VIRTUAL_SHARES);
  });

  step(
    "at 1,275 Dave's ether fetches 125,000: reserve and fund cover the 25,000, so the exit price stands",
    async () => {
      await setPrice(w, 1_275);
      const interest = (await w.pool.totals()).debtAssets - w.usd(150_000);
      expect(await w.pool.currentShortfall()).to.equal(w.usd(25_000) + interest);
      expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    },
  );

  step("the liquidation empties the reserve and takes the rest from the fund", async () => {
    priceBefore = await w.pool.grossPrice();
    const supply = (await w.pool.totalSupply()) + VIRTUAL_SHARES;
    const { reserveShares, fundShares } = await w.pool.totals();
    done = await liquidate(w, w.dave);
    const event = lossOf(w, done.receipt);
    const after = await w.pool.totals();
    const assets = after.cash + event.loss + 1n;
    const need = divUp(event.loss * supply, assets);
    expect(after.reserveShares).to.equal(0n);
    expect(after.fundShares).to.equal(fundShares - (need - reserveShares));
    expect(event.fromReserve).to.equal((reserveShares * assets) / supply);
    expect(event.fromFund).to.equal(event.loss - event.fromReserve);
    expect(event.haircut).to.equal(0n);
    fundAfter = after.fundShares;
  });

  step("active and cooling stakes lost the same part", async () => {
    const { coolingShares, generation } = await w.pool.fundAccount();
    const before = w.usd(100_000) * VIRTUAL_SHARES;
    const index = (RAY * fundAfter) / before;
    expect(coolingShares).to.equal(divUp(w.usd(40_000) * VIRTUAL_SHARES * index, RAY));
    expect(await w.fund.totalAssets()).to.equal(fundAfter - coolingShares);
    expect(generation).to.equal(0n);
  });

  step("no supplier lost, and borrowing goes on", async () => {
    expect((await w.pool.grossPrice()) >= priceBefore).to.equal(true);
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
    expect((await w.pool.config()).isBorrowingHalted).to.equal(false);
  });

  step("a fortnight later Carol gets what is left of hers, and Bob asks for his", async () => {
    await time.increase(14n * DAY);
    const { coolingShares } = await w.pool.fundAccount();
    expect(await claimUnits(w, w.carol)).to.be.oneOf([coolingShares, coolingShares - 1n]); // cooling rounds up
    await requestUnits(w, w.bob);
    await time.increase(14n * DAY);
    const bobShares = await claimUnits(w, w.bob);
    const carolShares = await w.pool.balanceOf(w.carol.address);
    // 60 to 40, in share units of 1e-24 tokens: the index rounds away up to 4e28 / 1e27 of them, units a few more
    const difference = bobShares * 40n - carolShares * 60n;
    expect((difference < 0n ? -difference : difference) < 60n * 200n).to.equal(true);
  });

  step("everyone leaves; Alice in full", async () => {
    expect((await leave(w, w.alice)) >= w.usd(895_000)).to.equal(true);
    const bob = await leave(w, w.bob);
    const carol = await leave(w, w.carol);
    // 100,000 less what the reserve did not cover: 20,000 and a few seconds' interest, of which they earned a tenth
    const together = bob + carol;
    expect(together > w.usd(79_999) && together < w.usd(80_000)).to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address, w.carol.address], [w.dave.address]);
  });
});
