import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { Random } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import { expectConserved, MAX, sent, setPrice, setPrices, type World, world } from "../../helpers/fixtures.js";
import { amountsOf, liquidate } from "../liquidation/actions.js";
import { shortfallOf, threshold, tickOfPosition } from "../liquidation/model.js";
import { crowd, expectLedger, lend, positionsOf, supplied } from "./actions.js";

describe("LendingPool.pivot", () => {
  let w: World;
  let people: HardhatEthersSigner[];

  beforeEach(async () => {
    w = await world();
    await supplied(w, 100_000_000);
    people = await crowd(w, 10);
    for (const [i, person] of people.entries()) {
      await lend(w, person, w.eth(100), w.usd(20_000 * (i + 1) * 0.75 + 101 * i));
      await sent(w.asset.mint(person, w.usd(1_000_000)));
      await sent(w.asset.connect(person).approve(w.pool, MAX));
    }
  });

  async function expectModel(): Promise<void> {
    const positions = await positionsOf(w, people);
    const { low } = await w.pool.currentPrice();
    const { borrowIndexWad } = await w.pool.totals();
    expect(await w.pool.currentShortfall()).to.equal(shortfallOf(positions, borrowIndexWad, low));
    await expectLedger(w, people);
  }

  it("leaves the shortfall what it was, and can be called by anyone", async () => {
    await setPrice(w, 600);
    await freeze();
    const before = await w.pool.currentShortfall(PENDING);
    const exitBefore = await w.pool.exitPrice(PENDING);
    const receipt = await sent(w.pool.connect(w.keeper).pivot());
    const { low } = await w.pool.currentPrice();
    const theta = threshold(low, (await w.pool.totals()).borrowIndexWad);
    expect(amountsOf(w, receipt, "Pivoted")("tick")).to.equal(theta);
    const { pivotTick, pivotDebtShares, pivotCollateral } = await w.pool.ledgerState();
    expect(pivotTick).to.equal(theta + 1n);
    expect(pivotDebtShares > 0n && pivotCollateral > 0n).to.equal(true);
    expect(before > 0n).to.equal(true);
    expect(await w.pool.currentShortfall()).to.equal(before);
    expect(await w.pool.exitPrice()).to.equal(exitBefore);
    await expectModel();
    await expectConserved(w, [w.alice], people);
  });

  it("is kept up while positions move across it", async () => {
    await setPrice(w, 700);
    await sent(w.pool.pivot());
    const seed = 55;
    const random = new Random(seed);
    for (let step = 0; step < 40; ++step) {
      const who = random.pick(people);
      const { debtAssets, status } = await w.pool.position(who);
      const dice = random.part();
      if (dice < 0.35) await sent(w.pool.connect(who).supplyCollateral(w.eth(1 + random.part() * 60), who));
      else if (dice < 0.55 && debtAssets > w.usd(2_000)) {
        await sent(w.pool.connect(who).repay(random.part() < 0.2 ? MAX : debtAssets / 3n, who));
      } else if (dice < 0.75 && status >= 2n) {
        await sent(liquidate(w, who, { max: random.part() < 0.5 ? debtAssets / 4n : MAX }));
      } else if (status <= 1n && debtAssets < w.usd(1_000)) {
        const { isBorrowingHalted } = await w.pool.config();
        if (!isBorrowingHalted) {
          await sent(w.pool.connect(who).supplyCollateral(w.eth(100), who));
          await sent(w.pool.connect(who).borrow(w.usd(101 + random.part() * 30_000), who, who));
        }
      }
      if (step % 4 === 0) await expectModel();
    }
    expect((await w.pool.ledgerState()).pivotTick > 0n, `seed ${seed}`).to.equal(true);
    await expectModel();
    await expectConserved(w, [w.alice], people);
  });

  it("counts who comes to stand at its own tick, and no more who leaves from there", async () => {
    await setPrice(w, 700);
    await sent(w.pool.pivot());
    const { pivotTick } = await w.pool.ledgerState();
    const [who] = people.slice(-1) as [HardhatEthersSigner];
    const { debtShares, collateral } = await w.pool.positionOf(who);
    const tickWith = (more: bigint) => tickOfPosition({ debtShares, collateral: collateral + more });
    expect(tickWith(0n) > pivotTick).to.equal(true);
    // The least collateral that brings it down to that tick.
    let [less, enough] = [0n, collateral * 100n];
    while (enough - less > 1n) {
      const middle = (less + enough) / 2n;
      if (tickWith(middle) > pivotTick) less = middle;
      else enough = middle;
    }
    await sent(w.pool.connect(who).supplyCollateral(enough, who));
    expect((await w.pool.positionOf(who)).tick).to.equal(pivotTick);
    await expectModel();
    await sent(w.pool.connect(who).supplyCollateral(enough, who));
    expect((await w.pool.positionOf(who)).tick < pivotTick).to.equal(true);
    await expectModel();
  });

  it("serves prices above and below it, from the nearer side", async () => {
    await setPrice(w, 700);
    await sent(w.pool.pivot());
    for (const price of [699, 650, 500, 200, 100, 1, 720, 800, 1_000, 1_300, 1_500, 1_529, 1_600, 2_000]) {
      await setPrice(w, price);
      await expectModel();
    }
    expect(await w.pool.currentShortfall(), "healthy").to.equal(0n);
  });

  it("moves to where the price is when called again", async () => {
    await setPrice(w, 700);
    await sent(w.pool.pivot());
    const first = (await w.pool.ledgerState()).pivotTick;
    await setPrice(w, 300);
    await sent(w.pool.pivot());
    const second = (await w.pool.ledgerState()).pivotTick;
    expect(second < first).to.equal(true);
    await expectModel();
    await setPrice(w, 1_200);
    await sent(w.pool.pivot());
    expect((await w.pool.ledgerState()).pivotTick > first).to.equal(true);
    await expectModel();
  });

  it("is dropped in a healthy book", async () => {
    await setPrice(w, 700);
    await sent(w.pool.pivot());
    await setPrice(w, 2_000);
    await sent(w.pool.connect(w.keeper).pivot());
    const { highestTick, pivotTick, pivotDebtShares, pivotCollateral } = await w.pool.ledgerState();
    expect([pivotTick, pivotDebtShares, pivotCollateral]).to.deep.equal([0n, 0n, 0n]);
    expect(highestTick > 0n).to.equal(true);
    await setPrice(w, 700);
    await expectModel();
    const [who] = people;
    if (who !== undefined) await sent(w.pool.connect(who).supplyCollateral(w.eth(1), who));
    await expectModel();
  });

  it("outlives the last debt above it, and is dropped with the next call", async () => {
    await setPrice(w, 600);
    await sent(w.pool.pivot());
    for (const person of people) await sent(w.pool.connect(person).repay(MAX, person));
    const { highestTick, pivotDebtShares, pivotCollateral } = await w.pool.ledgerState();
    expect([highestTick, pivotDebtShares, pivotCollateral]).to.deep.equal([0n, 0n, 0n]);
    expect(await w.pool.currentShortfall()).to.equal(0n);
    await sent(w.pool.pivot());
    expect((await w.pool.ledgerState()).pivotTick).to.equal(0n);
    await expectConserved(w, [w.alice], people);
  });

  it("is right with a loan in each tick, across words of the bitmap, from both sides", async () => {
    // A word of the bitmap begins where debt is 512 a collateral: ten ticks below it and ten above.
    const ratios = Array.from({ length: 20 }, (_, i) => (i < 10 ? 512 - 4 * (10 - i) + 2 : 512 + 8 * (i - 10) + 4));
    for (const person of people) await sent(w.pool.connect(person).repay(MAX, person));
    people = await crowd(w, 10 + ratios.length);
    people.splice(0, 10);
    for (const [i, person] of people.entries()) await lend(w, person, w.eth(100), w.usd((ratios[i] ?? 0) * 100));
    const ticks = await Promise.all(people.map(async (person) => Number((await w.pool.positionOf(person)).tick)));
    expect(ticks).to.deep.equal(Array.from({ length: 20 }, (_, i) => 33 * 256 - 10 + i));
    for (const pivotAt of [478, 498, 506, 510, 516, 524, 560]) {
      await setPrice(w, pivotAt * 1.02);
      await sent(w.pool.pivot());
      for (const ratio of [474, 494, 506, 510, 514, 516, 530, 580]) {
        await setPrice(w, ratio * 1.02);
        const positions = await positionsOf(w, people);
        const { low } = await w.pool.currentPrice();
        const { borrowIndexWad } = await w.pool.totals();
        expect(await w.pool.currentShortfall(), `pivot at ${pivotAt}, price at ${ratio}`).to.equal(
          shortfallOf(positions, borrowIndexWad, low),
        );
      }
      await expectLedger(w, people);
    }
  });

  it("goes by the low price while the oracle is not ok", async () => {
    await setPrices(w, 600, 2_000, false);
    await sent(w.pool.pivot());
    expect((await w.pool.ledgerState()).pivotTick > 0n).to.equal(true);
    await expectModel();
    await setPrices(w, 0, 2_000, false);
    await sent(w.pool.pivot());
    expect(await w.pool.currentShortfall(), "P = B").to.equal((await w.pool.totals()).debtAssets);
  });
});
