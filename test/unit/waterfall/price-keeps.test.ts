import { expect } from "chai";

import { Random, splitLoss, WAD } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  time,
  type World,
  world,
} from "../../helpers/fixtures.js";
import { deposit, liquidate, stake, stateOf, worldWithLoan } from "../liquidation/actions.js";
import { crystallised, exitFor, shown, threshold, tickOfPosition } from "../liquidation/model.js";
import { crowd, lend } from "../shortfall/actions.js";
import { expectClose, feelessWorld, realiseExactly } from "./actions.js";

describe("What realising a loss does to the exit price", () => {
  let w: World;

  async function layered(reserve: number, fund: number, fees = false): Promise<void> {
    w = fees ? await world() : await feelessWorld();
    await deposit(w, w.alice, 10_000_000);
    if (reserve > 0) await sent(w.pool.connect(w.erin).topUpReserve(w.usd(reserve)));
    if (fund > 0) await stake(w, w.frank, fund);
    await openLoan(w, w.bob, 1_000, 1_500_000);
    if (fees) await time.increase(200n * DAY);
  }

  for (const [name, reserve, fund, fees] of [
    ["no cover", 0, 0, false],
    ["a reserve that is too small", 100_000, 0, false],
    ["a reserve and a fund that are too small", 100_000, 200_000, false],
    ["cover to spare", 400_000, 400_000, false],
    ["a reserve to spare and fees pending", 900_000, 0, true],
    ["little cover and fees pending", 50_000, 50_000, true],
    ["nothing but fees pending", 0, 0, true],
  ] as const) {
    it(`nothing, given ${name} (P-3)`, async () => {
      await layered(reserve, fund, fees);
      await setPrice(w, 1_020);
      const { before, after, loss } = await realiseExactly(w, w.bob);
      // The shortfall's floor and the payment's ceiling: two wei of 1e25, and a burned share; under 1e-18 together, so
      // at most the last digit of the price.
      expectClose(after.exitPrice, before.exitPrice, 1n, "P-3");
      expectClose(loss, before.shortfall, 2n, "the loss is the shortfall");
      expect(after.shortfall).to.equal(0n);
      await expectConserved(w, [w.alice, w.frank], [w.bob]);
    });
  }

  it("nothing, in parts (P-3, L-2)", async () => {
    await layered(100_000, 200_000, true);
    await setPrice(w, 1_020);
    for (const max of [1, 50_000, 200_000, 300_000]) {
      await freeze();
      const before = await stateOf(w, w.bob, PENDING);
      await sent(liquidate(w, w.bob, { max: w.usd(max) }));
      const after = await stateOf(w, w.bob, { blockTag: "latest" });
      expectClose(after.exitPrice, before.exitPrice, 1n, `P-3 after ${max}`);
      expect(after.shortfall > 0n && after.shortfall < before.shortfall).to.equal(true);
    }
    const { before, after } = await realiseExactly(w, w.bob);
    expectClose(after.exitPrice, before.exitPrice, 1n, "P-3 at the end");
    await expectConserved(w, [w.alice, w.frank], [w.bob]);
  });

  it("nothing, with other insolvent positions left (P-3)", async () => {
    await layered(100_000, 200_000, true);
    await openLoan(w, w.carol, 500, 700_000);
    await openLoan(w, w.dave, 100, 150_000);
    await setPrice(w, 1_020);
    for (const borrower of [w.carol, w.bob, w.dave]) {
      const { before, after } = await realiseExactly(w, borrower);
      expectClose(after.exitPrice, before.exitPrice, 1n, "P-3");
    }
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    await expectConserved(w, [w.alice, w.frank], [w.bob, w.carol, w.dave]);
  });

  it("nothing, when pending fees become shares (P-3)", async () => {
    await layered(50_000, 50_000, true);
    await setPrice(w, 1_020);
    await freeze();
    const before = await stateOf(w, w.bob, PENDING);
    expect(before.pendingFees > 0n && before.shortfall > 0n).to.equal(true);
    // A gift of shares to the reserve is the plainest call that crystallises; here of a single unit.
    await sent(w.pool.connect(w.alice).transfer(w.pool, 1));
    const after = await stateOf(w, w.bob, { blockTag: "latest" });
    expect([after.pendingFees, after.shortfall]).to.deep.equal([0n, before.shortfall]);
    expectClose(after.exitPrice, before.exitPrice, 1n, "P-3");
    expectClose(after.grossPrice, before.grossPrice, 1n, "gross");
    await expectConserved(w, [w.alice, w.frank], [w.bob]);
  });

  const seed = 90_210;
  it(`no call lowers it, seed ${seed} (P-2)`, async () => {
    w = await world();
    const { pool, alice, dave, erin, frank, liquidator } = w;
    const random = new Random(seed);
    await deposit(w, alice, 5_000_000);
    await stake(w, frank, 20_000);
    const people = await crowd(w, 6);
    for (const person of people) {
      await lend(w, person, w.eth(100), w.usd(60_000 + random.part() * 95_000));
      await sent(w.asset.mint(person, w.usd(1_000_000)));
      await sent(w.asset.connect(person).approve(pool, MAX));
    }
    let [done, low] = [0, 0];
    for (let step = 0; step < 110; ++step) {
      if (step % 10 === 0) await setPrice(w, step % 30 === 20 ? 1_900 : 500 + random.part() * 1_300);
      const who = random.pick(people);
      const { debtAssets } = await pool.position(who);
      const amount = w.usd(1 + random.part() * 30_000);
      const shares = await pool.balanceOf(alice);
      const calls = [
        () => pool.connect(dave)["deposit(uint256,address)"](amount, dave),
        () => pool.connect(dave)["mint(uint256,address)"](amount * 10n ** 6n, dave),
        () => pool.connect(alice)["withdraw(uint256,address,address)"](amount, alice, alice),
        () => pool.connect(alice)["redeem(uint256,address,address)"](shares / 50n + 1n, alice, alice),
        () => pool.connect(who).supplyCollateral(w.eth(random.part() * 20 + 0.001), who),
        () => pool.connect(who).borrow(amount, who, who),
        () => pool.connect(who).repay(random.part() < 0.2 ? MAX : debtAssets / 3n, who),
        () => pool.connect(liquidator).liquidate(who, random.part() < 0.5 ? MAX : amount, 0, liquidator, "0x"),
        () => pool.connect(erin).topUpReserve(amount / 10n),
        () => pool.connect(erin).recover(amount / 10n),
        () => pool.connect(erin).flag(who),
        () => pool.connect(erin).foreclose(who),
        () => pool.connect(liquidator).buyEstate(amount, 0, liquidator, "0x"),
        () => pool.connect(erin).pivot(),
        () => pool.connect(alice).transfer(pool, shares / 10_000n),
        () => pool.connect(alice).claimRecovery(alice),
      ] as const;
      const call = random.pick(calls);
      await freeze(random.part() < 0.1 ? DAY : 1n + BigInt(random.below(3_000)));
      const before = await stateOf(w, who, PENDING);
      // The boundary tick's debt: what P leaves open below the truth (P-1).
      const theta = threshold(before.low, before.index);
      const boundary = ((await pool.tickSums(theta)).debtShares * before.index) / WAD / 256n;
      try {
        await sent(call());
      } catch {
        continue; // it was not allowed: nothing changed
      }
      ++done;
      if (before.exitPrice < before.grossPrice) ++low;
      const after = await stateOf(w, who, { blockTag: "latest" });
      const tolerance = (boundary * before.exitPrice) / (crystallised(before).assets || 1n) + 2n;
      expect(
        after.exitPrice + tolerance >= before.exitPrice,
        `P-2, seed ${seed}, step ${step}, ${call.toString()}: ${before.exitPrice} to ${after.exitPrice}`,
      ).to.equal(true);
    }
    expect(done > 45 && low > 5, `seed ${seed}: ${done} calls, ${low} below the gross price`).to.equal(true);
    for (const person of people) {
      const position = await pool.positionOf(person);
      if (position.debtShares > 0n) expect(position.tick).to.equal(tickOfPosition(position));
    }
    await expectConserved(w, [alice, dave, frank], people);
  });
});

describe("LendingPool.previewWaterfall", () => {
  let w: World;
  beforeEach(async () => {
    w = await worldWithLoan();
    await sent(w.pool.connect(w.erin).topUpReserve(w.usd(100_000)));
    await stake(w, w.frank, 200_000);
    await time.increase(50n * DAY);
  });

  async function expectPreview(loss: bigint): Promise<{ exitPriceBefore: bigint; exitPriceAfter: bigint }> {
    const state = await stateOf(w, w.bob, { blockTag: "latest" });
    const crystal = crystallised(state);
    const { totalShares } = await w.pool.fundAccount();
    const split = splitLoss(loss, crystal.shares, crystal.assets, crystal.cover - totalShares, totalShares);
    const preview = await w.pool.previewWaterfall(loss);
    expect([...preview]).to.deep.equal([
      split.fromReserve,
      split.fromFund,
      split.haircut,
      shown(exitFor(state, state.shortfall)),
      shown(exitFor(state, loss > state.shortfall ? loss : state.shortfall)),
    ]);
    return preview;
  }

  it("is the model's split", async () => {
    await sent(w.pool.accrue());
    for (const loss of [0n, 1n, w.usd(1), w.usd(99_000), w.usd(150_000), w.usd(400_000), w.usd(1_500_000)]) {
      const { exitPriceBefore, exitPriceAfter } = await expectPreview(loss);
      expect(exitPriceAfter < exitPriceBefore, "a haircut").to.equal(loss > w.usd(350_000));
    }
    expect([...(await w.pool.previewWaterfall(0))].slice(0, 3)).to.deep.equal([0n, 0n, 0n]);
  });

  it("leaves the exit price where it is for a loss within the shortfall", async () => {
    await setPrice(w, 1_020);
    const shortfall = await w.pool.currentShortfall();
    for (const loss of [1n, shortfall / 2n, shortfall]) {
      const { exitPriceBefore, exitPriceAfter } = await expectPreview(loss);
      expect(exitPriceAfter).to.equal(exitPriceBefore);
    }
    const { exitPriceBefore, exitPriceAfter } = await expectPreview(shortfall + w.usd(100_000));
    expect(exitPriceAfter < exitPriceBefore).to.equal(true);
  });

  it("refuses a loss of more than all debt", async () => {
    const { debtAssets } = await w.pool.totals();
    await expectPreview(debtAssets);
    await expect(w.pool.previewWaterfall(debtAssets + 1n))
      .to.be.revertedWithCustomError(w.pool, "AboveMaximum")
      .withArgs(debtAssets + 1n, debtAssets);
  });
});
