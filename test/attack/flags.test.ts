// Mallory would like a borrower's collateral cheaply through a flag; or is a borrower and would like to keep its own from
// being foreclosed.
import { expect } from "chai";

import { BPS } from "../../sdk/model/index.js";
import { freeze, PENDING } from "../helpers/blocks.js";
import {
  expectConserved,
  HOUR,
  MAX,
  openLoan,
  sent,
  setPrice,
  setPrices,
  Status,
  time,
  WAD,
  type World,
} from "../helpers/fixtures.js";
import { deposit, divUp, feelessWorld, isWithin, whatIf } from "../scenario/story.js";

const PRICE_SCALE = 10n ** 36n;
const LIF_PEAK = 11_000n;

describe("Attack: flags", () => {
  let w: World;

  // Bob owes 1,500,000 on 1,000 ether: 75% at 2,000. Mallory is Carol.
  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 10_000_000);
    await openLoan(w, w.bob, 1_000, 1_500_000);
  });

  describe("on a wick: a healthy borrower is flagged while the price is at 1,640 for one block", () => {
    beforeEach(async () => {
      await setPrice(w, 1_640);
      await sent(w.pool.connect(w.carol).flag(w.bob.address));
      await setPrice(w, 2_000);
    });

    it("gets nothing: a day later the position is healthy, and the flag is worth nothing", async () => {
      await time.increase(24n * HOUR);
      await expect(w.pool.connect(w.carol).foreclose(w.bob.address)).to.be.revertedWithCustomError(
        w.pool,
        "PositionHealthy",
      );
      expect((await w.pool.position(w.bob.address)).status).to.equal(Status.Healthy);
      expect((await w.pool.position(w.bob.address)).collateral).to.equal(w.eth(1_000));
    });

    it("gets nothing from a second wick a day later, once anyone has cleared the flag", async () => {
      await sent(w.pool.connect(w.keeper).unflag(w.bob.address));
      await time.increase(24n * HOUR);
      await setPrice(w, 1_640);
      await expect(w.pool.connect(w.carol).foreclose(w.bob.address))
        .to.be.revertedWithCustomError(w.pool, "NotFlagged")
        .withArgs(w.bob.address);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("gets 2% from two wicks a day apart and no one awake between: a 13th of what one wick gives a liquidator", async () => {
      // the liquidator needs no flag: at 91.5% all of the collateral goes for the debt, on the first wick
      const liquidated = await whatIf(async () => {
        await setPrice(w, 1_640);
        await freeze();
        const debt = (await w.pool.position(w.bob.address, PENDING)).debtAssets;
        const [repaid, seized] = await w.pool.previewLiquidation(w.bob.address, MAX, PENDING);
        await sent(w.pool.connect(w.carol).liquidate(w.bob.address, MAX, 0, w.carol.address, "0x"));
        expect(repaid).to.equal(debt);
        // the incentive is 1/ltv, cut to 18 digits
        expect(isWithin(seized, w.eth(1_000), 10n ** 6n)).to.equal(true);
        return seized * 2_000n - repaid;
      });

      await time.increase(24n * HOUR);
      await setPrice(w, 1_640);
      await sent(w.pool.connect(w.carol).foreclose(w.bob.address));
      await setPrice(w, 2_000);
      const before = await w.asset.balanceOf(w.carol.address);
      const reserveBefore = (await w.pool.totals()).reserveShares;
      await sent(w.pool.connect(w.carol).buyEstate(MAX, 0, w.carol.address, "0x"));
      const paid = before - (await w.asset.balanceOf(w.carol.address));
      const gain = w.usd(2_000_000) - paid;
      // 1/1.02 of 2,000,000 and the fall over 60 days, 0.38 a second, for the few blocks between
      expect(gain >= w.usd(39_215) && gain <= w.usd(39_300), `${gain}`).to.equal(true);
      expect(liquidated >= w.usd(499_000), `${liquidated}`).to.equal(true);
      // What Bob loses beyond his debt and these 2% is the reserve's, not Mallory's.
      const reserve = ((await w.pool.totals()).reserveShares - reserveBefore) / 10n ** 6n;
      expect(reserve >= w.usd(460_000) && reserve <= w.usd(461_000), `${reserve}`).to.equal(true);
      await expectConserved(w, [w.alice], [w.bob]);
    });
  });

  describe("kept off: Bob is in the zone, at 1,640, and wants to keep his collateral without paying", () => {
    beforeEach(async () => {
      await setPrice(w, 1_640);
      await sent(w.pool.connect(w.keeper).flag(w.bob.address));
    });

    it("a wei of collateral, a wei repaid, a stranger's wei: the flag and its clock stay", async () => {
      const { timestamp } = await w.pool.positionOf(w.bob.address);
      await sent(w.pool.connect(w.bob).supplyCollateral(1, w.bob.address));
      await sent(w.pool.connect(w.bob).repay(1, w.bob.address));
      await sent(w.pool.connect(w.carol).supplyCollateral(1, w.bob.address));
      const after = await w.pool.positionOf(w.bob.address);
      expect([after.isFlagged, after.timestamp]).to.deep.equal([true, timestamp]);
    });

    it("his friend can't restart the clock: not by unflagging, not by flagging again", async () => {
      await expect(w.pool.connect(w.carol).unflag(w.bob.address)).to.be.revertedWithCustomError(
        w.pool,
        "PositionUnhealthy",
      );
      const { timestamp } = await w.pool.positionOf(w.bob.address);
      for (const wait of [23n, 13n, 11n]) {
        await time.increase(wait * HOUR);
        await expect(w.pool.connect(w.carol).flag(w.bob.address))
          .to.be.revertedWithCustomError(w.pool, "AlreadyFlagged")
          .withArgs(w.bob.address, timestamp);
      }
      await sent(w.pool.connect(w.keeper).foreclose(w.bob.address)); // 47 hours after the flag
      expect((await w.pool.position(w.bob.address)).status).to.equal(Status.None);
    });

    it("he can't borrow or take out a wei to lose the flag: both need a healthy position", async () => {
      for (const attempt of [
        w.pool.connect(w.bob).borrow(1, w.bob.address, w.bob.address),
        w.pool.connect(w.bob).withdrawCollateral(1, w.bob.address, w.bob.address),
      ]) {
        await expect(attempt).to.be.revertedWithCustomError(w.pool, "PositionUnhealthy");
      }
    });

    it("the flag's friend who lets it expire gains a day, and only where every keeper sleeps through one", async () => {
      await time.increase(48n * HOUR + 1n);
      await expect(w.pool.connect(w.keeper).foreclose(w.bob.address)).to.be.revertedWithCustomError(
        w.pool,
        "OutsideForeclosureWindow",
      );
      await sent(w.pool.connect(w.keeper).flag(w.bob.address));
      await time.increase(24n * HOUR);
      await sent(w.pool.connect(w.keeper).foreclose(w.bob.address));
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("what works is to pay: down to a wei under the zone, and a day's interest every day; liquidators may act all the time", async () => {
      const paidBefore = await w.asset.balanceOf(w.bob.address);
      for (let day = 0; day < 7; ++day) {
        await time.increase(24n * HOUR - 60n);
        await freeze();
        const { debtAssets, collateral } = await w.pool.position(w.bob.address, PENDING);
        // the zone starts at debt = value / lifPeak; a wei of debt more because cancelled shares round down
        const zone = divUp(collateral * w.priceOf(1_640) * BPS, PRICE_SCALE * LIF_PEAK);
        await sent(w.pool.connect(w.bob).repay(debtAssets - zone + 2n, w.bob.address));
        expect((await w.pool.positionOf(w.bob.address)).isFlagged).to.equal(false);
        // and who would rather have him out needs no flag
        const [repaid, seized] = await w.pool.previewLiquidation(w.bob.address, MAX);
        expect(repaid > 0n && seized > 0n, `day ${day}`).to.equal(true);
        await time.increase(60n);
        await sent(w.pool.connect(w.keeper).flag(w.bob.address)); // interest has carried him back
      }
      const paid = paidBefore - (await w.asset.balanceOf(w.bob.address));
      const { debtAssets, collateral } = await w.pool.position(w.bob.address);
      // He has paid what he was over the zone, and all interest since; his collateral covers the debt 1.1 times.
      expect(paid > w.usd(9_090), `${paid}`).to.equal(true);
      const value = (collateral * w.priceOf(1_640)) / PRICE_SCALE;
      expect(debtAssets < (value * BPS) / LIF_PEAK + w.usd(1), "but for a minute's interest").to.equal(true);
      expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
      expect((await w.pool.exitPrice()) > WAD).to.equal(true);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("with one of two feeds in hand he clears the flag on a false high: a day each time, and no supplier is deceived", async () => {
      const honest = await w.pool.exitPrice();
      await setPrices(w, 1_640, 1_700);
      await sent(w.pool.connect(w.bob).unflag(w.bob.address));
      await setPrice(w, 1_640);
      await sent(w.pool.connect(w.keeper).flag(w.bob.address));
      // the exit price goes by low: it knew throughout (and has earned a few seconds of interest)
      expect((await w.pool.exitPrice()) >= honest).to.equal(true);
      await time.increase(24n * HOUR);
      await sent(w.pool.connect(w.keeper).foreclose(w.bob.address));
      await expectConserved(w, [w.alice], [w.bob]);
    });
  });
});
