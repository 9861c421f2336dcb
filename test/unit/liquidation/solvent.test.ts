import { expect } from "chai";

import { incentiveOf, ltvOf, PRICE_SCALE, Random, WAD } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  deployWorld,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  setPrices,
  type World,
} from "../../helpers/fixtures.js";
import { deposit, liquidate, liquidateExactly, priceAtLtv, setRawPrice, worldWithLoan } from "./actions.js";
import { debtOf, TERMS } from "./model.js";

const PERCENT = WAD / 100n;
const TARGET = (86n * 90n * PERCENT) / 100n;

/** Puts Bob's position at this ltv, but for the interest of a few seconds. */
async function setLtv(w: World, ltvWad: bigint): Promise<void> {
  const { debtAssets, collateral } = await w.pool.position(w.bob);
  await setRawPrice(w, priceAtLtv(debtAssets, collateral, ltvWad));
}

describe("LendingPool.liquidate, solvent", () => {
  let w: World;
  beforeEach(async () => {
    w = await worldWithLoan();
  });

  const cases: [string, bigint, bigint][] = [
    ["just over the lltv", 86n * PERCENT + 10n ** 9n, 103n * PERCENT],
    // (88.4545 − 86) / (90.9090 − 86) is a half: 1.03 + 0.07 / 2
    ["half-way up the ramp", (86n * PERCENT + (WAD * 10n) / 11n) / 2n, (1_065n * WAD) / 1_000n],
    ["at 1/lifPeak", (WAD * 10n) / 11n, 110n * PERCENT],
    ["between 1/lifPeak and 1/lifFloor", 95n * PERCENT, (WAD * 100n) / 95n],
    ["a hair under 1/lifFloor", (WAD * 100n) / 102n - 10n ** 9n, 102n * PERCENT],
  ];
  for (const [where, ltvWad, roundLif] of cases) {
    it(`pays the incentive to the wei ${where}`, async () => {
      await setLtv(w, ltvWad);
      const { before, repaid, seized, loss, after } = await liquidateExactly(w, w.bob);
      const debt = debtOf(before.debtShares, before.index);
      const lif = incentiveOf(ltvOf(debt, before.collateral * before.high), 8_600n, TERMS);
      // A second of interest moves the ltv by some 1e-9, and the incentive by at most 2 in 1e-9 of it.
      expect(lif - roundLif < 10n ** 11n && roundLif - lif < 10n ** 11n, "the round number").to.equal(true);
      // Less the price's own rounding: 1 wei of collateral.
      const paidOut = (repaid * lif) / WAD;
      const value = (seized * before.high) / PRICE_SCALE;
      expect(paidOut - value <= before.high / PRICE_SCALE + 2n && paidOut >= value, "value seized").to.equal(true);
      expect(loss).to.equal(0n);
      expect(after.grossPrice >= before.grossPrice).to.equal(true);
      await expectConserved(w, [w.alice], [w.bob]);
    });
  }

  it("never pays more than 1/ltv (L-1)", async () => {
    for (const ltvWad of [86n * PERCENT + 1n, 89n * PERCENT, (WAD * 10n) / 11n, 93n * PERCENT, 98n * PERCENT]) {
      const lif = incentiveOf(ltvWad, 8_600n, TERMS);
      expect(lif * ltvWad <= WAD * WAD, `LIF · ltv at ${ltvWad}`).to.equal(true);
    }
    await setLtv(w, 93n * PERCENT);
    const { before, repaid, seized } = await liquidateExactly(w, w.bob, { max: w.usd(500_000) });
    const debt = debtOf(before.debtShares, before.index);
    // value seized / repaid ≤ value / debt
    expect(seized * debt <= before.collateral * repaid, "LIF · ltv ≤ 1").to.equal(true);
  });

  it("brings a position down to the repay target, where it is healthy", async () => {
    await setLtv(w, 88n * PERCENT);
    const { after } = await liquidateExactly(w, w.bob);
    const ltv = ltvOf(debtOf(after.debtShares, after.index), after.collateral * after.high);
    // The incentive, its product with the target, and the ltv itself are each rounded to 1e-18.
    expect(ltv <= TARGET + 3n && ltv >= TARGET - 3n, `${ltv}`).to.equal(true);
    expect((await w.pool.position(w.bob)).status).to.equal(1n);
    await expect(liquidate(w, w.bob)).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
  });

  it("takes all from 1/lifPeak on", async () => {
    await setLtv(w, 91n * PERCENT);
    const { after, before, seized } = await liquidateExactly(w, w.bob);
    expect(after.debtShares).to.equal(0n);
    // LIF and ltv are rounded to 1e-18 each, and there are 1e21 wei of collateral.
    expect(before.collateral - seized <= 2_001n, "rounding of LIF = 1/ltv").to.equal(true);
  });

  it("repays what the caller names, if that is less", async () => {
    await setLtv(w, 88n * PERCENT);
    const { repaid } = await liquidateExactly(w, w.bob, { max: w.usd(12_345) });
    expect(repaid).to.equal(w.usd(12_345));
    const full = await liquidateExactly(w, w.bob);
    expect(full.repaid > w.usd(12_345)).to.equal(true);
  });

  it("leaves minDebt where the caller's maximum would leave dust", async () => {
    await setLtv(w, 95n * PERCENT); // all of it may go
    await freeze();
    const { debtAssets } = await w.pool.position(w.bob, PENDING);
    const { after, repaid, before } = await liquidateExactly(w, w.bob, { max: debtAssets - 1n });
    expect(repaid).to.equal(debtOf(before.debtShares, before.index) - TERMS.minDebt);
    const rest = debtOf(after.debtShares, after.index);
    expect(rest >= TERMS.minDebt && rest <= TERMS.minDebt + 1n, "L-3: minDebt, but for a debt share").to.equal(true);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  describe("given a debt of which any rest would be dust", () => {
    beforeEach(async () => {
      await openLoan(w, w.carol, 0.1, 150);
      await setPrice(w, 1_700);
    });

    it("repays all, and leaves the rest of the collateral to the borrower", async () => {
      const { before, after, repaid, seized } = await liquidateExactly(w, w.carol);
      expect(repaid).to.equal(debtOf(before.debtShares, before.index));
      expect(after.debtShares).to.equal(0n);
      expect(seized < before.collateral && seized > 0n).to.equal(true);
      await sent(w.pool.connect(w.carol).withdrawCollateral(after.collateral, w.carol, w.carol));
      await expectConserved(w, [w.alice], [w.bob, w.carol]);
    });

    it("goes no further than minDebt for less, and then by nothing", async () => {
      const { after } = await liquidateExactly(w, w.carol, { max: w.usd(149) });
      const rest = debtOf(after.debtShares, after.index);
      expect(rest >= TERMS.minDebt && rest <= TERMS.minDebt + 1n).to.equal(true);
      await setPrice(w, 1_500);
      // What is left is minDebt and some seconds of interest: a hundredth of a cent may still go, not more.
      const second = await liquidateExactly(w, w.carol, { max: w.usd(50) });
      expect(second.repaid < w.usd(0.0001)).to.equal(true);
      const whole = await liquidateExactly(w, w.carol);
      expect(whole.after.debtShares).to.equal(0n);
    });
  });

  it("seizes at the high price", async () => {
    await setPrices(w, 1_000, 1_700);
    const { before, repaid, seized } = await liquidateExactly(w, w.bob, { max: w.usd(1_000) });
    const lif = incentiveOf(
      ltvOf(debtOf(before.debtShares, before.index), before.collateral * before.high),
      8_600n,
      TERMS,
    );
    expect(seized).to.equal((repaid * lif * 10n ** 18n) / w.priceOf(1_700));
  });

  const seed = 20_260_731;
  for (const [assetDecimals, collateralDecimals] of [
    [18n, 18n],
    [6n, 18n],
    [6n, 8n],
  ] as const) {
    it(`agrees with the model at random, ${assetDecimals}/${collateralDecimals} decimals, seed ${seed}`, async () => {
      const v = await deployWorld({ assetDecimals, collateralDecimals });
      const terms = { ...TERMS, minDebt: v.usd(100) };
      const random = new Random(seed);
      await deposit(v, v.alice, 10_000_000);
      for (let round = 0; round < 6; ++round) {
        await setPrice(v, 2_000);
        await openLoan(v, v.bob, 10 + random.part() * 90, 12_000 + random.part() * 3_000);
        const { debtAssets, collateral } = await v.pool.position(v.bob);
        const ltv = 86n * PERCENT + BigInt(random.below(12e16)) + 10n ** 12n;
        await setRawPrice(v, priceAtLtv(debtAssets, collateral, ltv));
        const parts = 1 + random.below(3);
        for (let part = 1; part <= parts; ++part) {
          const { status } = await v.pool.position(v.bob);
          if (status < 2n) break;
          const maximum = part === parts ? MAX : BigInt(random.below(Number(debtAssets)));
          const { loss } = await liquidateExactly(v, v.bob, { max: maximum }, terms);
          expect(loss).to.equal(0n);
        }
        await expectConserved(v, [v.alice], [v.bob]);
        if ((await v.pool.positionOf(v.bob)).debtShares > 0n) await sent(v.pool.connect(v.bob).repay(MAX, v.bob));
        const left = (await v.pool.positionOf(v.bob)).collateral;
        if (left > 0n) await sent(v.pool.connect(v.bob).withdrawCollateral(left, v.bob, v.bob));
      }
    });
  }
});
