import { expect } from "chai";

import { divUp, ESTATE_PERIOD, PRICE_SCALE, Random } from "../../../sdk/model/index.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  setPrices,
  time,
  type World,
  ZERO,
} from "../../helpers/fixtures.js";
import { amountsOf, eventsOf, setRawPrice, stake, worldWithLoan } from "../liquidation/actions.js";
import { distance, estatePrice } from "../liquidation/model.js";
import { expectClose } from "../waterfall/actions.js";
import { buyExactly, estateAge, flagAndWait, forecloseExactly } from "./actions.js";

describe("LendingPool.buyEstate", () => {
  let w: World;

  /** Bob's 1,000 foreclosed at this price. */
  async function foreclosedAt(price: number): Promise<void> {
    w = await worldWithLoan();
    await setPrice(w, price);
    await flagAndWait(w, w.bob);
    await forecloseExactly(w, w.bob);
  }

  const buy = (max: bigint, min = 0n, receiver: string = w.liquidator.address) =>
    w.pool.connect(w.liquidator).buyEstate(max, min, receiver, "0x");

  it("refuses without an estate", async () => {
    w = await worldWithLoan();
    await expect(buy(MAX)).to.be.revertedWithCustomError(w.pool, "EstateEmpty");
  });

  it("refuses while the oracle is not ok", async () => {
    await foreclosedAt(1_400);
    await setPrices(w, 1_400, 1_500, false);
    await expect(buy(MAX))
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(w.priceOf(1_400), w.priceOf(1_500));
  });

  it("refuses receivers that would bury the collateral", async () => {
    await foreclosedAt(1_400);
    for (const receiver of [ZERO, await w.pool.getAddress(), await w.fund.getAddress()]) {
      await expect(buy(MAX, 0n, receiver))
        .to.be.revertedWithCustomError(w.pool, "InvalidAddress")
        .withArgs(receiver);
    }
  });

  it("refuses to sell nothing, and less than asked for", async () => {
    await foreclosedAt(1_400);
    await expect(buy(0n)).to.be.revertedWithCustomError(w.pool, "ZeroAmount");
    await expect(buy(MAX, w.eth(1_000) + 1n))
      .to.be.revertedWithCustomError(w.pool, "BelowMinimum")
      .withArgs(w.eth(1_000), w.eth(1_000) + 1n);
    await sent(buy(MAX, w.eth(1_000)));
  });

  it("asks for high / lifFloor rounded up, be it by the last digit alone", async () => {
    w = await deployWorld({ parameters: { lifFloorBps: 10_001n } });
    await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(10_000_000), w.alice));
    await openLoan(w, w.bob, 1_000, 1_500_000);
    await setPrice(w, 1_500);
    await flagAndWait(w, w.bob);
    await sent(w.pool.foreclose(w.bob));
    const high = (w.priceOf(1_400) / 10_001n) * 10_001n - 1n;
    expect((high * 10_000n) % 10_001n, "a single digit over").to.equal(1n);
    await setRawPrice(w, high);
    const left = ESTATE_PERIOD - (await estateAge(w, BigInt(await time.latest())));
    const price = (start: bigint) => divUp(start * left, ESTATE_PERIOD);
    const down = (high * 10_000n) / 10_001n;
    expect((await w.pool.estate()).price).to.equal(price(down + 1n));
    expect(price(down + 1n) > price(down)).to.equal(true);
  });

  it("sells a part on the first day, against debt, and moves no price (P-3)", async () => {
    await foreclosedAt(1_020);
    const { paid, cancelled, bought, before, after } = await buyExactly(w, w.usd(400_000));
    // By hand: a second or two of 60 days after 1,000 each; 400 of them, and a little more.
    expect(bought).to.be.closeTo(w.eth(400), w.eth(0.001));
    expect(paid <= w.usd(400_000) && paid >= w.usd(400_000) - 2_000n).to.equal(true);
    expect(cancelled >= paid).to.equal(true);
    // The estate's price is rounded up for the buyer and down for the shortfall: some wei of 1e25.
    expectClose(after.exitPrice, before.exitPrice, 1n, "P-3");
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("sells all: what is short is a loss of nobody's, and moves no price (P-3)", async () => {
    await foreclosedAt(1_020);
    await time.increase(10n * DAY);
    const { paid, cancelled, bought, before, after, receipt } = await buyExactly(w);
    expect(bought).to.equal(w.eth(1_000));
    expect(cancelled).to.equal(w.usd(1_000_000));
    // 50 of 60 days are left
    expect(paid).to.be.closeTo((w.usd(1_000_000) * 5n) / 6n, w.usd(1));
    expect(eventsOf(w, receipt, "LossRealised")[0]?.args.getValue("borrower")).to.equal(ZERO);
    expectClose(amountsOf(w, receipt, "LossRealised")("loss"), before.shortfall, 2n, "the loss is the shortfall");
    expectClose(after.exitPrice, before.exitPrice, 1n, "P-3");
    expect([...(await w.pool.estate())]).to.deep.equal([0n, 0n, 0n, 0n]);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("pays a surplus to the certificates first, and then to the reserve", async () => {
    await foreclosedAt(1_020); // half a million was lost, and certificates were written
    const [face] = await w.pool.certificateOf(w.alice);
    expect(face > w.usd(490_000)).to.equal(true);
    await setPrice(w, 3_000);
    const { paid, cancelled, after, before } = await buyExactly(w);
    expect(paid > w.usd(2_900_000) && cancelled === w.usd(1_000_000)).to.equal(true);
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
    expect(after.reserveShares > before.reserveShares).to.equal(true);
    expect(after.exitPrice >= before.exitPrice).to.equal(true);
    // Rounding of one claim: a wei for each of its divisions.
    const [, claimable] = await w.pool.certificateOf(w.alice);
    expectClose(claimable, face, 17n, "all of the face");
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("pays debt first, and then recovers with every payment", async () => {
    await foreclosedAt(1_600); // solvent: all of the debt was kept
    const first = await buyExactly(w, w.usd(1_000_000));
    expect(first.cancelled).to.equal(first.paid);
    await setPrice(w, 4_000);
    const second = await buyExactly(w, w.usd(600_000));
    expect(second.cancelled < second.paid && second.cancelled > w.usd(499_000), "the rest of the debt").to.equal(true);
    expect((await w.pool.estate()).debtAssets).to.equal(0n);
    const third = await buyExactly(w, w.usd(100_000));
    expect([third.cancelled, third.before.shortfall]).to.deep.equal([0n, 0n]);
    expect(third.after.grossPrice >= third.before.grossPrice).to.equal(true);
    await buyExactly(w);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("asks a price that falls in a line to zero, and counts it as shortfall", async () => {
    await foreclosedAt(1_020);
    const start = await w.pool.estate();
    const high = w.priceOf(1_020);
    expect(start.price).to.equal(w.priceOf(1_000));
    let last = start.price;
    let lastExit = await w.pool.exitPrice();
    for (const days of [1n, 14n, 15n, 29n]) {
      await time.increase(days * DAY);
      const age = await estateAge(w, BigInt(await time.latest()));
      const { price } = await w.pool.estate();
      expect(price).to.equal(estatePrice(high, age));
      expect(price < last).to.equal(true);
      const open = await w.pool.currentShortfall();
      // E is what it was worth at the start: short is what the line has lost since.
      const lost = (w.usd(1_000_000) * age) / ESTATE_PERIOD;
      expect(distance(open, lost) <= 2n * 10n ** 3n, `${open} against ${lost}`).to.equal(true);
      const exit = await w.pool.exitPrice();
      expect(exit < lastExit).to.equal(true);
      [last, lastExit] = [price, exit];
    }
  });

  for (const days of [60n, 400n]) {
    it(`gives all of it away after ${days} days`, async () => {
      await foreclosedAt(1_020);
      await time.increase(days * DAY);
      expect((await w.pool.estate()).price).to.equal(0n);
      expect(await w.pool.currentShortfall()).to.equal(w.usd(1_000_000));
      const { paid, bought, cancelled, before, after } = await buyExactly(w, 0n);
      expect([paid, bought, cancelled]).to.deep.equal([0n, w.eth(1_000), w.usd(1_000_000)]);
      expectClose(after.exitPrice, before.exitPrice, 1n, "P-3");
      await expectConserved(w, [w.alice], [w.bob]);
    });
  }

  it("is paid by the high price", async () => {
    await foreclosedAt(1_020);
    await setPrices(w, 510, 2_040);
    const { paid, bought } = await buyExactly(w, w.usd(200_000));
    expect(bought).to.be.closeTo(w.eth(100), w.eth(0.001));
    expect(paid > 0n).to.equal(true);
  });

  it("sells while paused, and to another receiver", async () => {
    await foreclosedAt(1_400);
    await sent(w.pool.connect(w.guardian).pause());
    const { bought } = await buyExactly(w, w.usd(10_000), w.liquidator, w.carol.address);
    expect(bought > 0n).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  const seed = 7_919;
  it(`agrees with the model at random, and never lowers the exit price, seed ${seed} (P-2)`, async () => {
    w = await worldWithLoan();
    const random = new Random(seed);
    await sent(w.pool.connect(w.erin).topUpReserve(w.usd(20_000)));
    await stake(w, w.frank, 20_000);
    await openLoan(w, w.carol, 500, 700_000);
    await setPrice(w, 1_300);
    await sent(w.pool.flag(w.carol));
    await flagAndWait(w, w.bob);
    await forecloseExactly(w, w.bob);
    let sales = 0;
    for (let i = 0; i < 14; ++i) {
      await time.increase(BigInt(random.below(3 * 86_400)) + 1n);
      await setPrice(w, 600 + random.part() * 1_400);
      if ((await w.pool.estate()).collateral === 0n) break;
      const { before, after, paid, bought } = await buyExactly(w, w.usd(1 + random.part() * 100_000));
      expect(after.exitPrice + 1n >= before.exitPrice, `seed ${seed}, sale ${i}`).to.equal(true);
      expect(divUp(bought * estatePrice(before.high, 0n), PRICE_SCALE) >= paid, "the most it ever asks").to.equal(true);
      ++sales;
    }
    expect(sales > 8, `seed ${seed}: ${sales} sales`).to.equal(true);
    await buyExactly(w);
    await expectConserved(w, [w.alice, w.frank], [w.bob, w.carol]);
  });
});
