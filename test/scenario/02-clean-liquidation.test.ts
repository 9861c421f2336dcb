import { expect } from "chai";

import {
  expectConserved,
  MAX,
  openLoan,
  PRICE_SCALE,
  sent,
  setPrice,
  Status,
  WAD,
  world,
  type World,
} from "../helpers/fixtures.js";
import { deposit, divUp, eventsOf, isWithin, leave, type Liquidation, liquidate, story } from "./story.js";

story("02 a clean liquidation", (step) => {
  const LLTV = (86n * WAD) / 100n;
  let w: World;
  let debtShares: bigint;
  let done: Liquidation;

  step("Alice supplies a million; Dave borrows 150,000 against 100 ether at 2,000", async () => {
    w = await world();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.dave, 100, 150_000);
    ({ debtShares } = await w.pool.positionOf(w.dave.address));
    expect((await w.pool.position(w.dave.address)).status).to.equal(Status.Healthy);
  });

  step("at 1,800 he is past what he could borrow, but nobody may touch him", async () => {
    await setPrice(w, 1_800);
    const { ltvWad } = await w.pool.position(w.dave.address);
    expect(ltvWad > (8n * WAD) / 10n && ltvWad < LLTV).to.equal(true);
    // a ratio that grows by the second: of the values only the threshold and the borrower stand still
    await expect(w.pool.connect(w.liquidator).liquidate(w.dave.address, MAX, 0, w.liquidator.address, "0x"))
      .to.be.revertedWithCustomError(w.pool, "PositionHealthy")
      .withArgs(w.dave.address, (ltv: bigint) => isWithin(ltv, ltvWad, WAD / 10n ** 6n), LLTV);
  });

  step("at 1,700 he can be liquidated; suppliers see nothing of it", async () => {
    await setPrice(w, 1_700);
    expect((await w.pool.position(w.dave.address)).status).to.equal(Status.Liquidatable);
    expect(await w.pool.currentShortfall()).to.equal(0n);
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
  });

  step("a liquidator repays what brings him to 77.4%, for the incentive of his place on the ramp", async () => {
    const grossBefore = await w.pool.grossPrice();
    done = await liquidate(w, w.dave);
    const { borrowIndexWad } = await w.pool.totals();
    const debt = divUp(debtShares * borrowIndexWad, WAD);
    const value = w.eth(100) * w.priceOf(1_700);
    const ltv = divUp(debt * PRICE_SCALE, value / WAD);
    const peak = (WAD * 10_000n) / 11_000n;
    const lif = (103n * WAD) / 100n + (700n * (WAD / 10_000n) * (ltv - LLTV)) / (peak - LLTV);
    expect(lif > (103n * WAD) / 100n && lif < (110n * WAD) / 100n).to.equal(true);
    const target = (774n * WAD) / 1_000n;
    const repaid = divUp((debt - ((value / WAD) * target) / PRICE_SCALE) * WAD, WAD - (target * lif) / WAD);
    expect(done.repaid).to.equal(repaid);
    const cancelled = (repaid * WAD) / borrowIndexWad;
    const byIncentive = (repaid * lif * (PRICE_SCALE / WAD)) / w.priceOf(1_700);
    const byRatio = (w.eth(100) * cancelled) / debtShares;
    expect(byIncentive < byRatio, "the incentive leaves the ratio better than it was").to.equal(true);
    expect(done.seized).to.equal(byIncentive);
    expect((await w.pool.positionOf(w.dave.address)).debtShares).to.equal(debtShares - cancelled);
    expect((await w.pool.grossPrice()) >= grossBefore).to.equal(true);
  });

  step("nobody lost: no LossRealised, and the price went on rising", async () => {
    expect(done.loss).to.equal(0n);
    expect(eventsOf(w, done.receipt, "LossRealised")).to.deep.equal([]);
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
  });

  step("Dave is healthy again, at the target, and can't be liquidated once more", async () => {
    const { ltvWad, status } = await w.pool.position(w.dave.address);
    expect(status).to.equal(Status.Healthy);
    // debt shares and seized collateral are rounded down, at most a wei each on 66,000 tokens
    expect(isWithin(ltvWad, (774n * WAD) / 1_000n, 10n)).to.equal(true);
    await expect(
      w.pool.connect(w.liquidator).liquidate(w.dave.address, MAX, 0, w.liquidator.address, "0x"),
    ).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
  });

  step("the liquidator earned between 3 and 10 percent", async () => {
    const worth = (done.seized * w.priceOf(1_700)) / PRICE_SCALE;
    expect(worth * 100n > done.repaid * 103n && worth * 100n < done.repaid * 110n).to.equal(true);
    expect(await w.collateral.balanceOf(w.liquidator.address)).to.equal(w.eth(10_000_000) + done.seized);
  });

  step("Dave repays the rest, takes the rest of his ether, and Alice leaves in full", async () => {
    await sent(w.pool.connect(w.dave).repay(MAX, w.dave.address));
    const rest = w.eth(100) - done.seized;
    await sent(w.pool.connect(w.dave).withdrawCollateral(rest, w.dave.address, w.dave.address));
    expect((await leave(w, w.alice)) > w.usd(1_000_000)).to.equal(true);
    await expectConserved(w, [w.alice.address], [w.dave.address]);
  });
});
