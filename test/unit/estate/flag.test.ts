import { expect } from "chai";

import { ltvOf, PRICE_SCALE, WAD } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  connection,
  MAX,
  networkHelpers,
  sent,
  setPrice,
  setPrices,
  time,
  type World,
} from "../../helpers/fixtures.js";
import { amountsOf, eventsOf, liquidate, setRawPrice, stateOf, worldWithLoan } from "../liquidation/actions.js";
import { debtOf } from "../liquidation/model.js";
import { HOUR } from "./actions.js";

const THRESHOLD = (WAD * 10_000n) / 11_000n;
const GAS = { gasLimit: 2_000_000 };

describe("Flags", () => {
  let w: World;
  beforeEach(async () => {
    w = await worldWithLoan();
  });

  const flag = () => w.pool.connect(w.keeper).flag(w.bob);
  const unflag = () => w.pool.connect(w.keeper).unflag(w.bob);
  const isFlagged = async () => (await w.pool.positionOf(w.bob)).isFlagged;

  describe("LendingPool.flag", () => {
    it("refuses a position without debt", async () => {
      await setPrice(w, 1_400);
      await expect(w.pool.flag(w.carol)).to.be.revertedWithCustomError(w.pool, "NoDebt").withArgs(w.carol.address);
    });

    it("refuses while the oracle is not ok", async () => {
      await setPrices(w, 1_400, 1_400, false);
      await expect(flag())
        .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
        .withArgs(w.priceOf(1_400), w.priceOf(1_400));
    });

    it("refuses under 1/lifPeak at the high price, and names both ratios", async () => {
      await setPrices(w, 1_000, 1_651);
      await freeze();
      const { debtShares, collateral, index, high } = await stateOf(w, w.bob, PENDING);
      await expect(flag())
        .to.be.revertedWithCustomError(w.pool, "PositionHealthy")
        .withArgs(w.bob.address, ltvOf(debtOf(debtShares, index), collateral * high), THRESHOLD);
    });

    it("takes the last price of the zone, and not the next", async () => {
      const timestamp = BigInt(await time.latest()) + 10n;
      await time.setNextBlockTimestamp(timestamp);
      const { debtShares, collateral, index } = await stateOf(w, w.bob, PENDING);
      // d · 1e36 · lifPeak ≥ c · high · 1e4
      const last = (debtOf(debtShares, index) * PRICE_SCALE * 11_000n) / (collateral * 10_000n);
      const snapshot = await networkHelpers.takeSnapshot();
      await time.setNextBlockTimestamp(timestamp - 1n);
      await setRawPrice(w, last);
      await time.setNextBlockTimestamp(timestamp);
      await sent(flag());
      await snapshot.restore();
      await time.setNextBlockTimestamp(timestamp - 1n);
      await setRawPrice(w, last + 1n);
      await time.setNextBlockTimestamp(timestamp);
      await expect(flag()).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
    });

    it("notes the time and tells, also while paused", async () => {
      await setPrice(w, 1_600);
      await sent(w.pool.connect(w.guardian).pause());
      const before = await w.pool.positionOf(w.bob);
      const timestamp = await freeze();
      const receipt = await sent(flag());
      expect(amountsOf(w, receipt, "Flagged")("timestamp")).to.equal(timestamp);
      const after = await w.pool.positionOf(w.bob);
      expect([after.isFlagged, after.timestamp]).to.deep.equal([true, timestamp]);
      expect([after.debtShares, after.collateral, after.tick]).to.deep.equal([
        before.debtShares,
        before.collateral,
        before.tick,
      ]);
      const { status, flaggedAt } = await w.pool.position(w.bob);
      expect([status, flaggedAt]).to.deep.equal([3n, timestamp]);
    });

    it("refuses a position whose risk rose in this block", async () => {
      await connection.provider.request({ method: "evm_setAutomine", params: [false] });
      await w.pool.connect(w.bob).borrow(w.usd(1), w.bob, w.bob, GAS);
      const price = w.priceOf(1_400);
      await w.oracle.connect(w.deployer).set(price, price, true, GAS);
      await networkHelpers.mine();
      await connection.provider.request({ method: "evm_setAutomine", params: [true] });
      await expect(w.pool.flag.staticCall(w.bob))
        .to.be.revertedWithCustomError(w.pool, "RaisedInThisBlock")
        .withArgs(w.bob.address);
      await sent(flag());
    });

    it("refuses a second flag for 48 hours, and takes it after", async () => {
      await setPrice(w, 1_600);
      const first = await freeze();
      await sent(flag());
      await expect(flag()).to.be.revertedWithCustomError(w.pool, "AlreadyFlagged").withArgs(w.bob.address, first);
      await time.setNextBlockTimestamp(first + 48n * HOUR);
      await expect(flag()).to.be.revertedWithCustomError(w.pool, "AlreadyFlagged").withArgs(w.bob.address, first);
      await time.setNextBlockTimestamp(first + 48n * HOUR + 1n);
      await sent(flag());
      expect((await w.pool.positionOf(w.bob)).timestamp).to.equal(first + 48n * HOUR + 1n);
    });
  });

  describe("LendingPool.unflag", () => {
    it("refuses without a flag", async () => {
      await expect(unflag()).to.be.revertedWithCustomError(w.pool, "NotFlagged").withArgs(w.bob.address);
    });

    it("refuses while the oracle is not ok", async () => {
      await setPrice(w, 1_600);
      await sent(flag());
      await setPrices(w, 1_900, 1_900, false);
      await expect(unflag())
        .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
        .withArgs(w.priceOf(1_900), w.priceOf(1_900));
    });

    it("refuses while the position is still in the zone", async () => {
      await setPrice(w, 1_600);
      await sent(flag());
      await freeze();
      const { debtShares, collateral, index, high } = await stateOf(w, w.bob, PENDING);
      await expect(unflag())
        .to.be.revertedWithCustomError(w.pool, "PositionUnhealthy")
        .withArgs(debtOf(debtShares, index), (collateral * high) / PRICE_SCALE);
    });

    it("clears the flag of a position under it", async () => {
      await setPrice(w, 1_600);
      await sent(flag());
      await setPrice(w, 1_700);
      const receipt = await sent(unflag());
      expect(eventsOf(w, receipt, "Unflagged")[0]?.args.getValue("borrower")).to.equal(w.bob.address);
      expect(await isFlagged()).to.equal(false);
      expect((await w.pool.position(w.bob)).flaggedAt).to.equal(0n);
    });
  });

  describe("A flag", () => {
    beforeEach(async () => {
      await setPrice(w, 1_640); // 91.5%: twenty more of a thousand collateral cure it
      await sent(flag());
    });

    const cures: [string, () => Promise<unknown>, () => Promise<unknown>][] = [
      [
        "collateral",
        () => sent(w.pool.connect(w.carol).supplyCollateral(w.eth(1), w.bob)),
        () => sent(w.pool.connect(w.carol).supplyCollateral(w.eth(20), w.bob)),
      ],
      [
        "a repayment",
        () => sent(w.pool.connect(w.carol).repay(w.usd(1), w.bob)),
        () => sent(w.pool.connect(w.carol).repay(w.usd(20_000), w.bob)),
      ],
      ["all of the debt repaid", () => Promise.resolve(), () => sent(w.pool.connect(w.carol).repay(MAX, w.bob))],
      [
        "all of the debt liquidated",
        () => sent(liquidate(w, w.bob, { max: w.usd(1_000) })),
        () => sent(liquidate(w, w.bob)),
      ],
    ];
    for (const [name, tooLittle, enough] of cures) {
      it(`is cleared by ${name}`, async () => {
        await tooLittle();
        expect(await isFlagged(), "too little").to.equal(true);
        await enough();
        expect(await isFlagged()).to.equal(false);
        const events = await w.pool.queryFilter(w.pool.filters.Unflagged(w.bob.address));
        expect(events.length, "told once").to.equal(1);
      });
    }

    it("is cleared by a liquidation of a part, when prices have risen meanwhile", async () => {
      await setPrice(w, 1_660);
      expect(await isFlagged()).to.equal(true);
      const receipt = await sent(liquidate(w, w.bob, { max: w.usd(1_000) }));
      expect(eventsOf(w, receipt, "Unflagged").length).to.equal(1);
      expect(await isFlagged()).to.equal(false);
    });

    it("is cleared by borrowing or withdrawing collateral after prices came back", async () => {
      await setPrice(w, 2_500);
      let receipt = await sent(w.pool.connect(w.bob).borrow(w.usd(1), w.bob, w.bob));
      expect(eventsOf(w, receipt, "Unflagged").length).to.equal(1);
      expect(await isFlagged()).to.equal(false);
      await setPrice(w, 1_600);
      await sent(flag());
      await setPrice(w, 2_500);
      receipt = await sent(w.pool.connect(w.bob).withdrawCollateral(w.eth(1), w.bob, w.bob));
      expect(eventsOf(w, receipt, "Unflagged").length).to.equal(1);
      expect(await isFlagged()).to.equal(false);
    });

    it("is not reported gone where there was none", async () => {
      const { pool, carol } = w;
      const none = async (call: ReturnType<typeof pool.accrue>) =>
        expect(eventsOf(w, await sent(call), "Unflagged")).to.deep.equal([]);
      await none(pool.connect(carol).supplyCollateral(w.eth(10), carol));
      await none(pool.connect(carol).borrow(w.usd(1_000), carol, carol));
      await none(pool.connect(carol).borrow(w.usd(1), carol, carol));
      await none(pool.connect(carol).supplyCollateral(w.eth(1), carol));
      await none(pool.connect(carol).withdrawCollateral(w.eth(1), carol, carol));
      await none(pool.connect(carol).repay(w.usd(1), carol));
      await none(pool.connect(carol).repay(MAX, carol));
    });

    it("stays while there is no price to tell a cure by", async () => {
      await setPrices(w, 0, 1_640, false);
      await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(500), w.bob));
      await sent(w.pool.connect(w.carol).repay(w.usd(20_000), w.bob));
      expect(await isFlagged()).to.equal(true);
      await setPrice(w, 1_640);
      await sent(unflag());
      expect(await isFlagged()).to.equal(false);
    });

    it("leaves no mark behind when it is cleared in its own block (L-2)", async () => {
      await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(20), w.bob));
      await setPrice(w, 1_600);
      const { pool, carol } = w;
      await sent(
        pool
          .connect(carol)
          .multicall([
            pool.interface.encodeFunctionData("flag", [w.bob.address]),
            pool.interface.encodeFunctionData("supplyCollateral", [w.eth(20), w.bob.address]),
          ]),
      );
      expect(await isFlagged()).to.equal(false);
      // Asked at the time of the last block.
      expect((await pool.previewLiquidation(w.bob, MAX)).repaidAssets > 0n).to.equal(true);
    });
  });
});
