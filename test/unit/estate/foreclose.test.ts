import { expect } from "chai";

import { ESTATE_PERIOD, ltvOf, PRICE_SCALE, WAD } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  setPrices,
  time,
  type World,
} from "../../helpers/fixtures.js";
import { stateOf, worldWithLoan } from "../liquidation/actions.js";
import { debtOf, distance, estatePrice, grossOf, shortfallOfEstate } from "../liquidation/model.js";
import { withoutCollateral } from "../liquidation/storage.js";
import { expectClose } from "../waterfall/actions.js";
import { estateAge, flagAndWait, forecloseExactly, HOUR } from "./actions.js";

describe("LendingPool.foreclose", () => {
  let w: World;
  beforeEach(async () => {
    w = await worldWithLoan();
  });

  const foreclose = () => w.pool.connect(w.keeper).foreclose(w.bob);

  it("refuses a position without debt", async () => {
    await expect(w.pool.foreclose(w.carol)).to.be.revertedWithCustomError(w.pool, "NoDebt").withArgs(w.carol.address);
  });

  it("refuses while the oracle is not ok", async () => {
    await setPrice(w, 1_400);
    await flagAndWait(w, w.bob);
    await setPrices(w, 1_400, 1_400, false);
    await expect(foreclose())
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(w.priceOf(1_400), w.priceOf(1_400));
  });

  it("refuses a position that prices have cured", async () => {
    await setPrice(w, 1_400);
    await flagAndWait(w, w.bob);
    await setPrice(w, 1_700);
    await freeze();
    const { debtShares, collateral, index, high } = await stateOf(w, w.bob, PENDING);
    await expect(foreclose())
      .to.be.revertedWithCustomError(w.pool, "PositionHealthy")
      .withArgs(w.bob.address, ltvOf(debtOf(debtShares, index), collateral * high), (WAD * 10n) / 11n);
  });

  it("refuses without a flag", async () => {
    await setPrice(w, 1_400);
    await expect(foreclose()).to.be.revertedWithCustomError(w.pool, "NotFlagged").withArgs(w.bob.address);
  });

  describe("given a flag", () => {
    let flaggedAt: bigint;
    beforeEach(async () => {
      await setPrice(w, 1_400);
      flaggedAt = await freeze();
      await sent(w.pool.flag(w.bob));
    });

    for (const [name, after] of [
      ["a second before 24 hours", 24n * HOUR - 1n],
      ["a second after 48 hours", 48n * HOUR + 1n],
    ] as const) {
      it(`refuses ${name}`, async () => {
        await time.setNextBlockTimestamp(flaggedAt + after);
        await expect(foreclose())
          .to.be.revertedWithCustomError(w.pool, "OutsideForeclosureWindow")
          .withArgs(flaggedAt + after, flaggedAt + 24n * HOUR, flaggedAt + 48n * HOUR);
      });
    }

    for (const [name, after] of [
      ["at 24 hours", 24n * HOUR],
      ["at 48 hours", 48n * HOUR],
    ] as const) {
      it(`forecloses ${name}`, async () => {
        await time.setNextBlockTimestamp(flaggedAt + after);
        await sent(foreclose());
        expect((await w.pool.positionOf(w.bob)).debtShares).to.equal(0n);
        await expectConserved(w, [w.alice], [w.bob]);
      });
    }

    it("forecloses a day after it was flagged anew", async () => {
      await time.setNextBlockTimestamp(flaggedAt + 48n * HOUR + 1n);
      await flagAndWait(w, w.bob);
      const { kept } = await forecloseExactly(w, w.bob);
      expect(kept > 0n).to.equal(true);
    });
  });

  it("keeps what the collateral fetches, realises the rest, and moves no price (P-3)", async () => {
    await setPrice(w, 1_020);
    await sent(w.pool.connect(w.erin).topUpReserve(w.usd(100_000)));
    await flagAndWait(w, w.bob);
    const { before, after, kept, loss } = await forecloseExactly(w, w.bob);
    expect(kept).to.equal(w.usd(1_000_000));
    expectClose(loss, before.shortfall, 2n, "the loss is the shortfall");
    // floor(low · κ) against ceil: a wei; and a burned share.
    expectClose(after.exitPrice, before.exitPrice, 1n, "P-3");
    expect(after.shortfall).to.equal(0n);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("keeps all of the debt between 1/lifPeak and 1/lifFloor", async () => {
    await setPrice(w, 1_600);
    await flagAndWait(w, w.bob);
    const { before, after, kept, loss } = await forecloseExactly(w, w.bob);
    expect(loss).to.equal(0n);
    expect(distance(kept, debtOf(before.debtShares, before.index)) <= 1n).to.equal(true);
    expectClose(after.exitPrice, before.exitPrice, 0n, "P-3");
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("keeps what the high price says", async () => {
    await setPrices(w, 700, 1_020);
    await flagAndWait(w, w.bob);
    const { kept, after } = await forecloseExactly(w, w.bob);
    expect(kept).to.equal(w.usd(1_000_000));
    // What the low price leaves of it stays in the shortfall: a million less 700,000 / 1.02.
    expect(after.shortfall).to.equal(shortfallOfEstate(kept, w.eth(1_000), w.priceOf(700), 0n));
    expect(after.shortfall > w.usd(313_000)).to.equal(true);
  });

  it("forecloses while paused, without cash or cover (W-4)", async () => {
    await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(10_000), w.carol));
    await sent(w.pool.connect(w.carol).borrow((await w.pool.totals()).cash, w.carol, w.carol));
    await setPrice(w, 1_400);
    await flagAndWait(w, w.bob);
    await sent(w.pool.connect(w.guardian).pause());
    const { loss, before } = await forecloseExactly(w, w.bob);
    expect(loss > 0n && before.cash === 0n).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob, w.carol]);
  });

  it("realises all of a debt without collateral", async () => {
    await withoutCollateral(w, w.bob);
    await flagAndWait(w, w.bob);
    const { kept, loss, before } = await forecloseExactly(w, w.bob);
    expect([kept, loss]).to.deep.equal([0n, before.debtAssets]);
    expect([...(await w.pool.estate())]).to.deep.equal([0n, 0n, 0n, 0n]);
    await expect(w.pool.connect(w.liquidator).buyEstate(MAX, 0, w.liquidator, "0x")).to.be.revertedWithCustomError(
      w.pool,
      "EstateEmpty",
    );
  });

  it("mixes the ages of what it adds exactly linearly", async () => {
    await openLoan(w, w.carol, 250, 374_000);
    await openLoan(w, w.dave, 3_000, 4_400_000);
    await setPrice(w, 1_400);
    await sent(w.pool.flag(w.carol));
    await flagAndWait(w, w.bob);
    const first = await forecloseExactly(w, w.bob);
    expect(first.age).to.equal(0n);
    await time.setNextBlockTimestamp(first.timestamp + 15n * HOUR);
    await sent(w.pool.flag(w.dave));
    await time.increase(5n * HOUR);

    const second = await forecloseExactly(w, w.carol);
    const elapsed = (second.timestamp - first.timestamp) << 32n;
    // 1,000 of 1,250 are as old as the first, the rest is new: 4/5.
    expect(second.age).to.equal((elapsed * 4n) / 5n);

    await time.increaseTo(first.timestamp + 15n * HOUR + 24n * HOUR);
    const third = await forecloseExactly(w, w.dave);
    const beforeThird = second.age + ((third.timestamp - second.timestamp) << 32n);
    expect(third.age).to.equal((beforeThird * 1_250n) / 4_250n);
    // The price of the whole is that of the parts, within the price's own rounding.
    const { price } = await w.pool.estate();
    const high = w.priceOf(1_400);
    const parts = (estatePrice(high, beforeThird) * 1_250n + estatePrice(high, 0n) * 3_000n) / 4_250n;
    expect(distance(price, parts) <= price / ((60n * DAY) << 32n) + 1n, `${price} against ${parts}`).to.equal(true);
    // The age is rounded down to 2^-32 seconds: what the line falls in that time, for all of the collateral, spread
    // over the assets; always upwards.
    const worth = (w.eth(4_250) * high) / PRICE_SCALE / ESTATE_PERIOD;
    const { assets } = grossOf(third.after);
    expect(third.after.exitPrice + 1n >= third.before.exitPrice, "P-2").to.equal(true);
    expectClose(third.after.exitPrice, third.before.exitPrice, (worth * WAD) / assets + 2n, "P-3");
    expect(await estateAge(w, third.timestamp)).to.equal(third.age);
    await expectConserved(w, [w.alice], [w.bob, w.carol, w.dave]);
  });

  it("covers what an older estate lacks with what the collateral is worth beyond its debt, and by just that (P-3)", async () => {
    await openLoan(w, w.carol, 250, 374_000);
    await setPrice(w, 1_600);
    await flagAndWait(w, w.bob);
    await forecloseExactly(w, w.bob);
    await time.increase(6n * DAY);
    await flagAndWait(w, w.carol);
    const { before, after, kept, loss } = await forecloseExactly(w, w.carol);
    expect(loss).to.equal(0n);
    const surplus = (w.eth(250) * w.priceOf(1_600) * 10_000n) / (10_200n * PRICE_SCALE) - kept;
    expect(before.shortfall > surplus && surplus > w.usd(17_000)).to.equal(true);
    // The age is rounded down to 2^-32 seconds: what the line falls in that time, for all of the collateral.
    const clock = (w.eth(1_250) * w.priceOf(1_600)) / PRICE_SCALE / ESTATE_PERIOD;
    expectClose(before.shortfall - after.shortfall, surplus, clock + 2n, "the surplus");
    expect(after.exitPrice > before.exitPrice).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob, w.carol]);
  });
});
