import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { divUp, monus, PRICE_SCALE, Random, recoveryPrice, WAD } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  ethers,
  expectConserved,
  sent,
  setPrice,
  setPrices,
  time,
  type World,
  world,
} from "../../helpers/fixtures.js";
import { setRawPrice, stateOf, worldWithLoan } from "../liquidation/actions.js";
import { shortfallOf, TERMS, threshold, tickOfPosition, trueShortfall } from "../liquidation/model.js";
import { crowd, expectLedger, lend, positionsOf, supplied } from "./actions.js";

describe("LendingPool.currentShortfall", () => {
  let w: World;

  it("is zero in a healthy book", async () => {
    w = await worldWithLoan();
    expect(await w.pool.currentShortfall()).to.equal(0n);
    await setPrice(w, 1_531); // 1,500,000 · 1.02 and some seconds of interest
    expect(await w.pool.currentShortfall()).to.equal(0n);
  });

  it("is one position's debt less what its collateral fetches", async () => {
    w = await worldWithLoan();
    await setPrice(w, 1_020);
    const { debtAssets } = await w.pool.totals();
    // 1,000 · 1,020 / 1.02 is a million; q is rounded down, and what the collateral fetches up, so a wei more.
    expect(await w.pool.currentShortfall()).to.equal(debtAssets - w.usd(1_000_000));
  });

  it("starts where the collateral fetches a wei less than the debt", async () => {
    w = await worldWithLoan();
    const timestamp = BigInt(await time.latest()) + 100n;
    await time.setNextBlockTimestamp(timestamp);
    const { debtAssets, collateral } = await stateOf(w, w.bob, PENDING);
    for (const missing of [0n, 1n, 5n]) {
      const q = ((debtAssets - missing) * PRICE_SCALE) / collateral;
      const low = divUp(q * TERMS.lifFloorBps, 10_000n);
      await time.setNextBlockTimestamp(BigInt(await time.latest()) + 10n);
      await setRawPrice(w, low);
      await time.setNextBlockTimestamp(timestamp);
      expect(await w.pool.currentShortfall(PENDING)).to.equal(missing);
    }
  });

  describe("given many positions", () => {
    let people: HardhatEthersSigner[];
    const seed = 1_618;

    beforeEach(async () => {
      w = await world();
      await supplied(w, 100_000_000);
      const random = new Random(seed);
      people = await crowd(w, 12);
      for (const [i, person] of people.entries()) {
        // Crowded on purpose: half of them within a tick of each other.
        const ltv = i % 2 === 0 ? 0.7 + random.part() * 0.01 : 0.05 + random.part() * 0.7;
        const collateral = 10 + random.part() * 2_000;
        await lend(w, person, w.eth(collateral), w.usd(collateral * 2_000 * ltv));
      }
    });

    it(`is the model's sum over ticks, within P-1 of the truth, at every price, seed ${seed}`, async () => {
      const positions = await positionsOf(w, people);
      const random = new Random(seed + 1);
      let inBoundaryTick = 0;
      for (let i = 0; i < 30; ++i) {
        // Every other price puts the brink next to a position of the crowd.
        const p = random.pick(positions);
        const brink = (p.debtShares * PRICE_SCALE * TERMS.lifFloorBps) / (p.collateral * 10_000n);
        const near = brink + (brink / 100_000n) * BigInt(random.below(2_000) - 1_000);
        await setRawPrice(w, i % 2 === 0 ? near : w.priceOf(1 + random.part() * 2_000));
        await time.increase(BigInt(random.below(5)) * DAY + 1n);
        const { low } = await w.pool.currentPrice();
        const { borrowIndexWad: index } = await w.pool.totals();
        const shortfall = await w.pool.currentShortfall();
        expect(shortfall, `seed ${seed}, price ${low}`).to.equal(shortfallOf(positions, index, low));

        const truth = trueShortfall(positions, index, low);
        const theta = threshold(low, index);
        const boundary = positions.filter((position) => tickOfPosition(position) === theta);
        if (boundary.length > 0) ++inBoundaryTick;
        const boundaryDebt = boundary.reduce((sum, { debtShares }) => sum + (debtShares * index) / WAD, 0n);
        const wei = 2n * BigInt(positions.length);
        expect(shortfall <= truth + wei, `P-1 above: ${shortfall} against ${truth}`).to.equal(true);
        expect(truth <= shortfall + boundaryDebt / 256n + wei, `P-1 below: ${truth} against ${shortfall}`).to.equal(
          true,
        );
      }
      expect(inBoundaryTick > 5, `seed ${seed}: the boundary tick was in use ${inBoundaryTick} times`).to.equal(true);
      await expectLedger(w, people);
      await expectConserved(w, [w.alice], people);
    });

    it("is all debt when the low price is zero, and the pool still answers", async () => {
      await setPrices(w, 0, 2_000);
      const { debtAssets, cash } = await w.pool.totals();
      expect(await w.pool.currentShortfall()).to.equal(debtAssets);
      // Exits go on, at what the cash is worth.
      const price = await w.pool.exitPrice();
      expect(price > 0n && price <= (cash * WAD) / w.usd(100_000_000) + 1n).to.equal(true);
      await sent(w.pool.connect(w.alice)["withdraw(uint256,address,address)"](w.usd(1), w.alice, w.alice));
      expect((await w.pool.currentPrice()).ok).to.equal(false);
    });

    it("is all debt when nothing is recovered", async () => {
      await setRawPrice(w, 1n); // low / lifFloor is less than one
      expect(await w.pool.currentShortfall()).to.equal((await w.pool.totals()).debtAssets);
      await setRawPrice(w, 2n);
      const positions = await positionsOf(w, people);
      const { borrowIndexWad, debtAssets } = await w.pool.totals();
      const model = shortfallOf(positions, borrowIndexWad, 2n);
      expect(recoveryPrice(2n, TERMS.lifFloorBps)).to.equal(1n);
      expect(await w.pool.currentShortfall()).to.equal(model < debtAssets ? model : debtAssets);
    });
  });

  it("goes by the low price", async () => {
    w = await worldWithLoan();
    await setPrices(w, 1_020, 1_900);
    const { debtAssets } = await w.pool.totals();
    expect(await w.pool.currentShortfall()).to.equal(debtAssets - w.usd(1_000_000));
  });

  it("goes by the low price when the oracle is not ok", async () => {
    w = await worldWithLoan();
    await setPrices(w, 1_020, 1_900, false);
    const { debtAssets } = await w.pool.totals();
    expect(await w.pool.currentShortfall()).to.equal(debtAssets - w.usd(1_000_000));
  });

  it("goes by the lower low while another oracle is announced", async () => {
    w = await worldWithLoan();
    const low = w.priceOf(1_020);
    const next = await ethers.deployContract("FixedOracle", [w.deployer.address, low, low, true], w.deployer);
    await sent(w.pool.connect(w.oracleManager).scheduleOracle(next));
    const { debtAssets } = await w.pool.totals();
    expect(await w.pool.currentShortfall()).to.equal(debtAssets - w.usd(1_000_000));
  });

  it("grows with the debt", async () => {
    w = await worldWithLoan();
    await setPrice(w, 1_400);
    const before = await w.pool.currentShortfall();
    const debtBefore = (await w.pool.totals()).debtAssets;
    await time.increase(30n * DAY);
    await freeze();
    const { debtAssets } = await w.pool.totals(PENDING);
    expect((await w.pool.currentShortfall(PENDING)) - before).to.equal(debtAssets - debtBefore);
    expect(monus(debtAssets, debtBefore) > 0n).to.equal(true);
  });
});
