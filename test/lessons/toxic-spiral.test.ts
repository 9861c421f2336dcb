import { expect } from "chai";

import { expectConserved, openLoan, setPrice, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin, liquidate, whatIf } from "../scenario/story.js";

/** Bad debt of a position when each liquidation repays `part` and pays a constant bonus, as on Aave v2; whole tokens. */
function constantBonus(debt: number, value: number, part: number, bonus: number): number {
  while (debt > 0 && value > 0) {
    const repaid = Math.min(part, debt, value / (1 + bonus));
    debt -= repaid;
    value -= repaid * (1 + bonus);
    if (repaid < 1e-9) break;
  }
  return debt;
}

describe("Lesson, Aave and CRV 2022: a spiral of liquidations that each leave an ltv worse", () => {
  let w: World;

  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.dave, 100, 150_000);
  });

  // With a constant bonus of 4.5% the spiral starts at 1/1.045, 95.7%.
  for (const [price, percent] of [
    [1_700, 88],
    [1_600, 93],
    [1_560, 96],
    [1_540, 97],
    [1_531, 97.9],
  ] as const) {
    it(`at an ltv of ${percent}% no slice leaves a worse one, and no bad debt remains`, async () => {
      await setPrice(w, price);
      let slices = 0;
      for (; slices < 40; ++slices) {
        const before = await w.pool.positionOf(w.dave.address);
        const { debtAssets, collateral, status } = await w.pool.position(w.dave.address);
        if (status < 2n) break;
        const { loss } = await liquidate(w, w.dave, debtAssets < w.usd(5_100) ? debtAssets * 2n : w.usd(5_000));
        expect(loss, `loss in slice ${slices}`).to.equal(0n);
        const after = await w.pool.positionOf(w.dave.address);
        if (after.debtShares === 0n) break;
        expect(after.debtShares * before.collateral <= before.debtShares * after.collateral, "ltv").to.equal(true);
        expect(collateral > after.collateral).to.equal(true);
      }
      expect(slices > 2, "it took a row of slices").to.equal(true);
      expect(await w.pool.currentShortfall()).to.equal(0n);
      await expectConserved(w, [w.alice.address], [w.dave.address]);
    });
  }

  it("where a constant bonus of 4.5% makes bad debt of a position that could have been paid in full", async () => {
    expect(constantBonus(150_000, 156_000, 5_000, 0.045) > 700).to.equal(true);
    await setPrice(w, 1_560);
    expect((await w.pool.previewLiquidation(w.dave.address, w.usd(200_000))).lossAssets).to.equal(0n);
  });

  it("past the line at which debt is covered, forty slices lose what one does", async () => {
    await setPrice(w, 1_400); // the ether fetches 137,254.90 of 150,000
    const whole = await whatIf(async () => (await liquidate(w, w.dave)).loss);
    let loss = 0n;
    for (let slice = 0; slice < 39; ++slice) loss += (await liquidate(w, w.dave, w.usd(3_400))).loss;
    loss += (await liquidate(w, w.dave)).loss;
    // forty seconds of interest on what is left of the debt: under a hundredth of a token each
    expect(isWithin(loss, whole, w.usd(0.4)), `${loss} in slices, ${whole} in one`).to.equal(true);
    expect(await w.pool.currentShortfall()).to.equal(0n);
  });
});
