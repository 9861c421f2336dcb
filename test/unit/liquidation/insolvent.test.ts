import { expect } from "chai";

import { divUp, insolventCost, NO_COLLATERAL, PRICE_SCALE, Random } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  deployWorld,
  expectConserved,
  MAX,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  setPrices,
  time,
  type World,
} from "../../helpers/fixtures.js";
import { deposit, eventsOf, liquidate, liquidateExactly, setRawPrice, stateOf, worldWithLoan } from "./actions.js";
import { debtOf, distance, TERMS } from "./model.js";
import { withoutCollateral } from "./storage.js";

describe("LendingPool.liquidate, insolvent", () => {
  let w: World;
  beforeEach(async () => {
    w = await worldWithLoan();
  });

  it("takes all collateral, cancels all debt and realises the rest", async () => {
    await setPrice(w, 1_400);
    const { before, after, repaid, seized, loss } = await liquidateExactly(w, w.bob);
    // 1,400,000 / 1.02, rounded up
    expect(repaid).to.equal(1_372_549_019_607_843_137_254_902n);
    expect(seized).to.equal(w.eth(1_000));
    expect([after.debtShares, after.collateral, after.totalDebtShares]).to.deep.equal([0n, 0n, 0n]);
    // What the pool's debt falls by is rounded down, what the borrower owed is rounded up.
    expect(distance(loss, debtOf(before.debtShares, before.index) - repaid) <= 1n).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("is paid at the high price, not at the low one", async () => {
    await setPrices(w, 700, 1_400);
    const { repaid } = await liquidateExactly(w, w.bob);
    expect(repaid).to.equal(1_372_549_019_607_843_137_254_902n);
  });

  it("starts one price unit under debt · lifFloor", async () => {
    const timestamp = BigInt(await time.latest()) + 20n;
    await time.setNextBlockTimestamp(timestamp);
    const { debtShares, collateral, index } = await stateOf(w, w.bob, PENDING);
    const debt = debtOf(debtShares, index);
    const solvent = divUp(debt * PRICE_SCALE * TERMS.lifFloorBps, collateral * 10_000n);
    await time.setNextBlockTimestamp(timestamp - 10n);
    await setRawPrice(w, solvent);
    await time.setNextBlockTimestamp(timestamp);
    const snapshot = await networkHelpers.takeSnapshot();
    const receipt = await sent(liquidate(w, w.bob));
    expect(eventsOf(w, receipt, "LossRealised").length).to.equal(0);

    await snapshot.restore();
    await time.setNextBlockTimestamp(timestamp - 5n);
    await setRawPrice(w, solvent - 1n);
    await time.setNextBlockTimestamp(timestamp);
    expect((await w.pool.position(w.bob, PENDING)).status).to.equal(4n);
    await sent(liquidate(w, w.bob));
    // The line is crossed by less than a wei of debt: there is nothing to lose, and nothing to pay but all of it.
    expect((await w.pool.positionOf(w.bob)).collateral).to.equal(0n);
  });

  it("takes what maxRepayAssets buys, and leaves the position as insolvent as it was", async () => {
    await setPrice(w, 1_400);
    const { before, after, repaid, seized, loss } = await liquidateExactly(w, w.bob, { max: w.usd(500_000) });
    expect(repaid).to.equal(insolventCost(seized, before.high, TERMS.lifFloorBps));
    expect(repaid <= w.usd(500_000) && repaid > w.usd(500_000) - 2_000n, "one wei of collateral").to.equal(true);
    expect(loss > 0n).to.equal(true);
    // debt / collateral falls only by the rounding of the debt shares cancelled: one of them
    expect(after.debtShares * before.collateral <= before.debtShares * after.collateral).to.equal(true);
    expect((after.debtShares + 1n) * before.collateral > before.debtShares * after.collateral).to.equal(true);
    expect((await w.pool.position(w.bob)).status).to.equal(4n);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  for (const parts of [2, 3, 7]) {
    it(`loses in ${parts} parts what one in whole loses (L-2)`, async () => {
      await setPrice(w, 1_400);
      const { pool, liquidator } = w;
      const timestamp = await freeze(5n);
      const snapshot = await networkHelpers.takeSnapshot();
      const whole = await liquidateExactly(w, w.bob);
      const wholeAt = await time.latest();

      await snapshot.restore();
      const call = (max: bigint) =>
        pool.interface.encodeFunctionData("liquidate", [w.bob.address, max, 0, liquidator.address, "0x"]);
      const step = whole.repaid / BigInt(parts);
      await time.setNextBlockTimestamp(wholeAt);
      expect(BigInt(wholeAt) >= timestamp - 5n).to.equal(true);
      const receipt = await sent(
        pool.connect(liquidator).multicall([...Array.from({ length: parts - 1 }, () => call(step)), call(MAX)]),
      );
      const losses = eventsOf(w, receipt, "LossRealised").map((event) => event.args.getValue("loss") as bigint);
      expect(losses.length).to.equal(parts);
      const sum = losses.reduce((a, b) => a + b, 0n);
      expect(distance(sum, whole.loss) <= BigInt(parts), `${sum - whole.loss} wei`).to.equal(true);
      const after = await stateOf(w, w.bob, { blockTag: "latest" });
      expect([after.debtShares, after.collateral]).to.deep.equal([0n, 0n]);
      expect(distance(after.cash, whole.after.cash) <= BigInt(parts)).to.equal(true);
      await expectConserved(w, [w.alice], [w.bob]);
    });
  }

  it("stops at minDebt where the rest would be dust", async () => {
    await setPrice(w, 1_400);
    const { before, after, seized } = await liquidateExactly(w, w.bob, { max: w.usd(1_372_549) });
    expect(seized < before.collateral).to.equal(true);
    const rest = debtOf(after.debtShares, after.index);
    // What stays is minDebt and at most what a wei of collateral stands for.
    expect(rest >= TERMS.minDebt && rest < TERMS.minDebt + 2_000n, `${rest}`).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob]);

    const again = await liquidateExactly(w, w.bob);
    expect(again.after.debtShares).to.equal(0n);
  });

  it("takes all or nothing of a debt that is hardly more than minDebt", async () => {
    await openLoan(w, w.carol, 1, 100);
    await setPrice(w, 99);
    const { before, repaid, after } = await liquidateExactly(w, w.carol, { max: w.usd(50) });
    const spare = debtOf(before.debtShares, before.index) - TERMS.minDebt;
    expect(repaid <= spare, "no more than interest has added to minDebt").to.equal(true);
    expect(debtOf(after.debtShares, after.index) >= TERMS.minDebt).to.equal(true);
    const whole = await liquidateExactly(w, w.carol);
    expect(whole.after.debtShares).to.equal(0n);
    await expectConserved(w, [w.alice], [w.bob, w.carol]);
  });

  it("cancels all of a debt without collateral for nothing", async () => {
    // No call leads there: it is what the last wei of collateral leaving with debt behind would look like.
    await withoutCollateral(w, w.bob);
    await sent(w.pool.connect(w.bob).repay(w.usd(1), w.bob));
    expect((await w.pool.positionOf(w.bob)).tick).to.equal(BigInt(NO_COLLATERAL));
    expect(await w.pool.currentShortfall()).to.equal((await w.pool.totals()).debtAssets);
    const [, , ltvWad, status] = await w.pool.position(w.bob);
    expect([ltvWad, status]).to.deep.equal([MAX, 4n]);
    await expect(liquidate(w, w.bob, { min: 1n }))
      .to.be.revertedWithCustomError(w.pool, "BelowMinimum")
      .withArgs(0, 1);

    const { before, after, repaid, seized, loss } = await liquidateExactly(w, w.bob, { max: 0n });
    expect([repaid, seized]).to.deep.equal([0n, 0n]);
    expect(loss).to.equal(before.debtAssets);
    expect([after.debtShares, after.shortfall]).to.deep.equal([0n, 0n]);
    expect((await w.pool.ledgerState()).highestTick).to.equal(0n);
  });

  it("refuses to take less than asked for", async () => {
    await setPrice(w, 1_400);
    await expect(liquidate(w, w.bob, { min: w.eth(1_000) + 1n }))
      .to.be.revertedWithCustomError(w.pool, "BelowMinimum")
      .withArgs(w.eth(1_000), w.eth(1_000) + 1n);
  });

  const seed = 4_711;
  for (const [assetDecimals, collateralDecimals] of [
    [18n, 18n],
    [6n, 18n],
    [8n, 6n],
  ] as const) {
    it(`agrees with the model at random, ${assetDecimals}/${collateralDecimals} decimals, seed ${seed}`, async () => {
      const v = await deployWorld({ assetDecimals, collateralDecimals });
      const terms = { ...TERMS, minDebt: v.usd(100) };
      const random = new Random(seed);
      await deposit(v, v.alice, 1_000_000);
      for (let round = 0; round < 5; ++round) {
        await setPrice(v, 2_000);
        if ((await v.pool.config()).isBorrowingHalted) {
          const data = v.pool.interface.encodeFunctionData("reopenBorrowing");
          await sent(v.authority.connect(v.governor).schedule(v.pool, data, 0));
          await time.increase(3n * 86_400n);
          await sent(v.authority.connect(v.governor).execute(v.pool, data));
        }
        await openLoan(v, v.bob, 10 + random.part() * 10, 10_000 + random.part() * 5_000);
        await setPrice(v, 50 + random.part() * 350);
        const parts = 1 + random.below(3);
        for (let part = 1; part <= parts; ++part) {
          const { debtAssets } = await v.pool.position(v.bob);
          if (debtAssets === 0n) break;
          const maximum =
            part === parts ? MAX : BigInt(Math.floor(random.part() * Number(debtAssets) * 0.3)) + v.usd(1);
          await liquidateExactly(v, v.bob, { max: maximum }, terms);
        }
        expect((await v.pool.positionOf(v.bob)).debtShares).to.equal(0n);
        await expectConserved(v, [v.alice], [v.bob]);
      }
    });
  }
});
