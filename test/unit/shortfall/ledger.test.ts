import { expect } from "chai";

import { Random, tickOfRatio } from "../../../sdk/model/index.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  MAX,
  sent,
  setPrice,
  time,
  type World,
  world,
} from "../../helpers/fixtures.js";
import { setRawPrice } from "../liquidation/actions.js";
import { shortfallOf, tickOfPosition } from "../liquidation/model.js";
import { crowd, expectLedger, lend, positionsOf, supplied } from "./actions.js";

/** A pool in which debt may be a wei, so that ratios go from 2^-100 to 2^19. */
async function deployAnyRatio(): Promise<World> {
  const w = await deployWorld({ parameters: { minDebt: 1n, collateralCap: 2n ** 100n } });
  await supplied(w, 900_000_000);
  await sent(w.collateral.mint(w.bob, 2n ** 100n));
  await setRawPrice(w, (1n << 139n) - 1n); // as high as a collateral of 2^100 allows
  return w;
}

/** Opens a loan of this ratio, looks at its tick, and closes it. */
async function expectTick(w: World, collateral: bigint, debt: bigint): Promise<void> {
  const { pool, bob } = w;
  await lend(w, bob, collateral, debt);
  const position = await pool.positionOf(bob);
  expect(position.collateral).to.equal(collateral);
  expect(position.tick, `${position.debtShares} / ${collateral}`).to.equal(tickOfPosition(position));
  await expectLedger(w, [bob]);
  await sent(pool.connect(bob).repay(MAX, bob));
  await sent(pool.connect(bob).withdrawCollateral(collateral, bob, bob));
}

describe("The shortfall ledger", () => {
  let w: World;

  describe("tick", () => {
    it("is exponent and six bits of the ratio, as the model has it", () => {
      // By hand: 2^128 is 1.000000b with exponent 128; (128 − 5) · 64. Then the ends of the first tick, and the limits.
      expect(tickOfRatio(1n << 128n)).to.equal(123 * 64);
      expect(tickOfRatio((1n << 128n) - 1n)).to.equal(123 * 64 - 1);
      expect(tickOfRatio((1n << 128n) + (1n << 122n) - 1n)).to.equal(123 * 64);
      expect(tickOfRatio((1n << 128n) + (1n << 122n))).to.equal(123 * 64 + 1);
      expect([0n, 1n, 63n, 64n, 127n, 128n].map(tickOfRatio)).to.deep.equal([0, 1, 63, 64, 127, 128]);
      expect(tickOfRatio((1n << 224n) - 1n) < 256 << 6).to.equal(true);
    });

    it("is right at the edges", async () => {
      w = await deployAnyRatio();
      const one = 10n ** 18n;
      for (const [collateral, debt] of [
        [2n ** 100n, 1n],
        [2n ** 100n, 10n ** 26n],
        [10n ** 20n, one],
        [2n ** 80n, 2n ** 80n],
        [2n ** 80n, 2n ** 80n - 2n],
        [2n ** 80n + 1n, 2n ** 80n],
        [2n ** 70n, (2n ** 70n * 65n) / 64n],
        [2n ** 70n, (2n ** 70n * 65n) / 64n - 1n],
        [2n ** 70n, (2n ** 70n * 127n) / 64n],
        [2n ** 70n, 2n ** 71n - 1n],
        [3n * one, one],
      ] as const) {
        await expectTick(w, collateral, debt);
      }
      expect((await w.pool.ledgerState()).highestTick).to.equal(0n);
    });

    const seed = 314;
    it(`is right at random, seed ${seed}`, async () => {
      w = await deployAnyRatio();
      const random = new Random(seed);
      for (let i = 0; i < 25; ++i) {
        const debt = BigInt(Math.floor(2 ** (random.part() * 80))) + 1n;
        // Worth at least twice the debt at the price above, which is 2^139 / 10^36: about 696,000.
        const least = debt / 100_000n + 1n;
        const collateral = least * BigInt(Math.floor(2 ** (random.part() * 30)) + 1) + BigInt(random.below(1e6));
        await expectTick(w, collateral > 2n ** 100n ? 2n ** 100n : collateral, debt);
      }
      expect((await w.pool.ledgerState()).highestTick).to.equal(0n);
    });

    it("stays while interest accrues", async () => {
      w = await world();
      await supplied(w);
      await lend(w, w.bob, w.eth(1_000), w.usd(1_500_000));
      const before = await w.pool.positionOf(w.bob);
      await time.increase(100n * DAY);
      await sent(w.pool.accrue());
      await sent(w.pool.connect(w.bob).supplyCollateral(1, w.bob));
      const after = await w.pool.positionOf(w.bob);
      expect((await w.pool.position(w.bob)).debtAssets > w.usd(1_501_000)).to.equal(true);
      expect([after.tick, after.debtShares]).to.deep.equal([before.tick, before.debtShares]);
      await expectLedger(w, [w.bob]);
    });
  });

  it("follows positions that open, grow, shrink, move and close (A-2)", async () => {
    w = await world();
    await supplied(w);
    const seed = 2_718;
    const random = new Random(seed);
    const people = [w.bob, w.carol, ...(await crowd(w, 5))];
    for (const person of people) await sent(w.asset.connect(person).approve(w.pool, MAX));
    let done = 0;
    for (let step = 0; step < 90; ++step) {
      const who = random.pick(people);
      if (who === undefined) continue;
      const pool = w.pool.connect(who);
      const { debtShares, collateral } = await pool.positionOf(who);
      const dice = random.part();
      if (dice < 0.35) await sent(pool.supplyCollateral(w.eth(1 + random.part() * 50), who));
      else if (dice < 0.65) {
        const debt = (await pool.position(who)).debtAssets;
        const room = (collateral * 1_590n - debt) / 2n;
        if (room < w.usd(101)) continue;
        await sent(pool.borrow(w.usd(101) + BigInt(random.below(Number(room - w.usd(101)))), who, who));
      } else if (dice < 0.8) {
        if (debtShares === 0n) continue;
        await sent(w.asset.mint(who, w.usd(1_000_000)));
        const most = (await pool.position(who)).debtAssets - w.usd(100);
        const part = BigInt(random.below(Number(most)));
        await sent(pool.repay(random.part() < 0.3 || part === 0n ? MAX : part, who));
      } else if (collateral > 0n && debtShares === 0n) {
        await sent(pool.withdrawCollateral(collateral / 2n + 1n, who, who));
      } else continue;
      ++done;
      if (done % 5 === 0) await expectLedger(w, people);
    }
    expect(done > 50, `seed ${seed}: ${done} steps`).to.equal(true);
    await expectLedger(w, people);
    await expectConserved(w, [w.alice], people);
  });

  it("finds the next highest tick when the highest empties, across words of the bitmap", async () => {
    w = await world();
    await supplied(w);
    const [a, b, c] = await crowd(w, 3);
    if (!a || !b || !c) throw new Error("three borrowers");
    // Ratios apart by 1, 40 and 2^8: other bits of one word, and other words.
    await lend(w, a, w.eth(10_000), w.usd(1_000));
    await lend(w, b, w.eth(10), w.usd(12_000));
    await lend(w, c, w.eth(10), w.usd(12_500));
    const ticks = [];
    for (const person of [a, b, c]) ticks.push((await w.pool.positionOf(person)).tick);
    const [first, second, third] = ticks;
    if (first === undefined || second === undefined || third === undefined) throw new Error("three ticks");
    expect(third > second && second > first && third >> 8n === second >> 8n && second >> 8n > first >> 8n).to.equal(
      true,
    );
    const highest = async () => (await w.pool.ledgerState()).highestTick;
    expect(await highest()).to.equal(third);
    for (const [person, left] of [
      [c, second],
      [b, first],
      [a, 0n],
    ] as const) {
      await sent(w.asset.mint(person, w.usd(100_000)));
      await sent(w.asset.connect(person).approve(w.pool, MAX));
      await sent(w.pool.connect(person).repay(MAX, person));
      expect(await highest()).to.equal(left);
    }
    await setPrice(w, 1);
    expect(await w.pool.currentShortfall(), "an empty book").to.equal(0n);
  });

  it("keeps a tick that one of two leaves, the highest too", async () => {
    w = await world();
    await supplied(w, 1_000_000);
    const people = await crowd(w, 4);
    for (const [i, debt] of [100_000, 100_000, 150_000, 150_000].entries()) {
      const person = people[i];
      if (person === undefined) throw new Error("A crowd of four");
      await lend(w, person, w.eth(100), w.usd(debt));
      await sent(w.asset.mint(person, w.usd(1_000_000)));
      await sent(w.asset.connect(person).approve(w.pool, MAX));
    }
    const ticks = await Promise.all(people.map(async (person) => (await w.pool.positionOf(person)).tick));
    expect([ticks[0] === ticks[1], ticks[2] === ticks[3]]).to.deep.equal([true, true]);
    for (const leaver of [people[0], people[2]]) {
      if (leaver !== undefined) await sent(w.pool.connect(leaver).repay(MAX, leaver));
      await expectLedger(w, people);
      await setPrice(w, 500);
      const { borrowIndexWad } = await w.pool.totals();
      const { low } = await w.pool.currentPrice();
      expect(await w.pool.currentShortfall()).to.equal(shortfallOf(await positionsOf(w, people), borrowIndexWad, low));
      await setPrice(w, 2_000);
    }
  });

  it("starts a tick that was used before from nothing", async () => {
    w = await world();
    await supplied(w);
    await lend(w, w.bob, w.eth(1_000), w.usd(1_000_000));
    const { tick } = await w.pool.positionOf(w.bob);
    await sent(w.pool.connect(w.bob).repay(MAX, w.bob));
    expect([...(await w.pool.tickSums(tick))]).to.deep.equal([0n, 0n]);
    await lend(w, w.carol, w.eth(1_000), w.usd(1_000_000));
    expect((await w.pool.positionOf(w.carol)).tick).to.equal(tick);
    await expectLedger(w, [w.bob, w.carol]);
  });

  it("does not see collateral without debt", async () => {
    w = await world();
    await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(5), w.bob));
    expect((await w.pool.positionOf(w.bob)).tick).to.equal(0n);
    expect([...(await w.pool.tickSums(0))]).to.deep.equal([0n, 0n]);
    expect([...(await w.pool.ledgerState())]).to.deep.equal([0n, 0n, 0n, 0n]);
    await setPrice(w, 0);
    expect(await w.pool.currentShortfall()).to.equal(0n);
  });
});
