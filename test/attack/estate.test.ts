// The estate's price falls for sixty days. The attacker wants its collateral cheaper than that, or to move the price.
// Frank owes 600,000 against 400; foreclosed at 1,530 the estate owes 600,000, and opens at 600,000 for all of it.
import { expect } from "chai";

import { load, PENDING } from "../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  time,
  type World,
} from "../helpers/fixtures.js";
import { deposit, isWithin, whatIf, worthOf } from "../scenario/story.js";
import { deployFeeless } from "./moves.js";

const W = 60n * DAY;

async function foreclose(w: World, who: { address: string }): Promise<void> {
  await sent(w.pool.connect(w.keeper).flag(who.address));
  await time.increase(DAY);
  await sent(w.pool.connect(w.keeper).foreclose(who.address));
}

/** The estate of Frank's, and Carol's loan at 94% that can be foreclosed whenever one likes. */
async function deployEstate(): Promise<World> {
  const w = await deployFeeless();
  await deposit(w, w.alice, 1_000_000);
  await deposit(w, w.bob, 500_000);
  await openLoan(w, w.frank, 400, 600_000);
  await openLoan(w, w.carol, 100, 144_000);
  await setPrice(w, 1_530);
  await foreclose(w, w.frank);
  return w;
}

/** What all of the estate would fetch now. */
async function whole(w: World): Promise<bigint> {
  const { collateral, price } = await w.pool.estate(PENDING);
  return (collateral * price) / 10n ** 36n;
}

/** Buys what `assets` pay for. Returns what was paid and what came. */
async function buy(w: World, who: World["alice"], assets: bigint): Promise<{ paid: bigint; collateral: bigint }> {
  const [cash, coins] = [await w.asset.balanceOf(who.address), await w.collateral.balanceOf(who.address)];
  await sent(w.pool.connect(who).buyEstate(assets, 0, who.address, "0x"));
  return {
    paid: cash - (await w.asset.balanceOf(who.address)),
    collateral: (await w.collateral.balanceOf(who.address)) - coins,
  };
}

describe("Attack: the estate", () => {
  for (const age of [5n, 30n, 55n, 59n]) {
    it(`Carol's loan foreclosed into it after ${age} days: its price moves to the mean, and what it fetches as a whole stays`, async () => {
      const w = await load(deployEstate);
      const { pool, carol } = w;
      await time.increase((age - 1n) * DAY);
      await sent(pool.connect(w.keeper).flag(carol.address));
      await time.increase(DAY);
      const next = BigInt(await time.latest()) + 1n;
      await time.setNextBlockTimestamp(next);
      const before = {
        fetches: await whole(w),
        exit: await pool.exitPrice(PENDING),
        estate: await pool.estate(PENDING),
      };
      const shortfall = await pool.currentShortfall(PENDING);
      await sent(pool.connect(carol).foreclose(carol.address));
      const after = {
        fetches: await whole(w),
        exit: await pool.exitPrice(PENDING),
        estate: await pool.estate(PENDING),
      };
      // a day's price of Carol's 100: 150,000 at the start, less a second or two of a sixtieth of 600,000 a day
      const gained = after.fetches - before.fetches;
      expect(isWithin(gained, w.usd(150_000), w.usd(1)), "the parts' sum").to.equal(true);
      expect(after.estate.price > before.estate.price).to.equal(true);
      // she was solvent: what her collateral fetches beyond her debt helps against the old shortfall
      expect((await pool.currentShortfall(PENDING)) <= shortfall).to.equal(true);
      expect(after.exit >= before.exit - 10n ** 12n, "and nobody lost").to.equal(true);

      // the attack: her own 100 back at the mean price instead of a fresh one's. What she saves on them is what the
      // old 400 are dearer by, and the pool's: the exit price does not move when she buys
      const exit = await pool.exitPrice(PENDING);
      const worth = await worthOf(w, w.alice);
      const bought = await buy(w, carol, (await whole(w)) / 5n);
      expect(isWithin(bought.collateral, w.eth(100), w.eth(0.001))).to.equal(true);
      const mean = (w.usd(750_000) * 100n) / 500n - (w.usd(600_000) * age * DAY * 100n) / (W * 500n);
      expect(isWithin(bought.paid, mean, w.usd(2)), "the mean").to.equal(true);
      // seconds of a falling price: 0.12 each of 1,500,000
      expect(isWithin(await pool.exitPrice(), exit, 10n ** 12n), "P-3").to.equal(true);
      expect(isWithin(await worthOf(w, w.alice), worth, w.usd(2))).to.equal(true);
      await expectConserved(w, [w.alice, w.bob], [w.frank.address, carol.address]);
    });
  }

  it("dust foreclosed into it each day to hold its price up, or its age down: a day is worth what dust is", async () => {
    const w = await load(deployEstate);
    const { pool } = w;
    await sent(pool.connect(w.carol).repay(MAX, w.carol.address));
    await sent(pool.connect(w.carol).withdrawCollateral(w.eth(100), w.carol.address, w.carol.address));
    // five smallest loans, made where they can be foreclosed at 1,530
    const dust = [w.carol, w.dave, w.erin, w.liquidator, w.keeper];
    await setPrice(w, 2_000);
    for (const who of dust) await openLoan(w, who, 0.0685, 100);
    await setPrice(w, 1_530);
    const undisturbed = await whatIf(async () => {
      await time.increase(10n * DAY);
      return (await pool.estate(PENDING)).price;
    });
    const start = BigInt(await time.latest());
    for (const who of dust) {
      await sent(pool.connect(w.bob).flag(who.address));
      await time.increase(DAY);
      await sent(pool.connect(w.bob).foreclose(who.address));
    }
    await time.increaseTo(start + 10n * DAY);
    const { price } = await pool.estate(PENDING);
    // five times 0.0685 of 400, of ten days' fall of a sixth: 3e-5 of the price at most
    expect(price >= undisturbed).to.equal(true);
    expect(((price - undisturbed) * 10n ** 6n) / undisturbed < 200n, "at most 0.02%").to.equal(true);
  });

  it("in many parts: no cheaper than in one, to the wei a part; by a wei at a time neither", async () => {
    const w = await load(deployEstate);
    await time.increase(20n * DAY);
    const one = await whatIf(async () => ({ ...(await buy(w, w.dave, MAX)), alice: await worthOf(w, w.alice) }));
    const sum = { paid: 0n, collateral: 0n };
    for (let i = 0; i < 12; ++i) {
      const part = await buy(w, w.dave, i === 11 ? MAX : one.paid / 12n);
      sum.paid += part.paid;
      sum.collateral += part.collateral;
    }
    expect(sum.collateral).to.equal(one.collateral);
    // the price falls by 0.12 a second for all of it, and in twelve blocks and more seconds of a slow machine a little
    expect(isWithin(sum.paid, one.paid, w.usd(5))).to.equal(true);
    expect(isWithin(await worthOf(w, w.alice), one.alice, w.usd(5))).to.equal(true);
    await expectConserved(w, [w.alice, w.bob], [w.frank.address, w.carol.address]);
  });

  for (const [decimals, collateralDecimals] of [
    [6n, 18n],
    [18n, 8n],
  ] as const) {
    it(`by the least amount there is, with ${decimals} and ${collateralDecimals} decimals: never less than the price, and a loss of a wei at most beyond its part`, async () => {
      const w = await deployWorld({
        assetDecimals: decimals,
        collateralDecimals,
        parameters: { reserveFeePercent: 0n, fundFeePercent: 0n },
      });
      const { pool, dave } = w;
      await deposit(w, w.alice, 1_500_000);
      await openLoan(w, w.frank, 400, 600_000);
      await setPrice(w, 1_530);
      await foreclose(w, w.frank);
      await time.increase(50n * DAY);
      for (const assets of [1n, 2n, 3n, w.usd(0.000_02)]) {
        const { price, debtAssets, collateral } = await pool.estate();
        const least = price > 10n ** 36n ? price / 10n ** 36n + 1n : 1n;
        const part = await buy(w, dave, assets > least ? assets : least);
        const after = await pool.estate();
        // paid at least the price of its block, which is at most a second or two lower
        expect(part.paid * 10n ** 36n >= (part.collateral * after.price * 999n) / 1_000n).to.equal(true);
        const share = (debtAssets * part.collateral) / collateral;
        const cancelled = debtAssets - after.debtAssets;
        expect(cancelled - share <= 1n || cancelled === part.paid, "its part of the debt, rounded up").to.equal(true);
      }
      await expectConserved(w, [w.alice], [w.frank.address]);
    });
  }

  it("for nothing, when sixty days have passed and nobody bid: the price of shares knew it all along", async () => {
    const w = await load(deployEstate);
    const { pool, dave } = w;
    await sent(pool.connect(w.carol).repay(MAX, w.carol.address));
    // a minute before the end all 400 cost 7 at most; every bid before would have been more for the pool
    await time.increase(W - 60n - DAY);
    await time.increaseTo((await pool.estate()).startedAt + W - 60n);
    const last = await whatIf(async () => await buy(w, dave, MAX));
    expect(last.paid > 0n && last.paid < w.usd(7)).to.equal(true);
    expect(last.collateral).to.equal(w.eth(400));

    await time.increase(120n);
    const before = await pool.exitPrice();
    const gift = await buy(w, dave, 0n);
    expect(gift.paid).to.equal(0n);
    expect(gift.collateral).to.equal(w.eth(400));
    // he has 400 for nothing because nobody wanted them for less and less; who supplies loses nothing by his taking them
    expect(isWithin(await pool.exitPrice(), before, 1n)).to.equal(true);
    await expect(pool.connect(dave).buyEstate(0, 0, dave.address, "0x")).to.be.revertedWithCustomError(
      pool,
      "EstateEmpty",
    );
    await expectConserved(w, [w.alice, w.bob], [w.frank.address, w.carol.address]);
  });

  it("in front of another's bid, so that it fails or is dear: a bid names what it pays and what it gets", async () => {
    const w = await load(deployEstate);
    const { pool, carol, dave } = w;
    await time.increase(29n * DAY);
    await sent(pool.connect(w.keeper).flag(carol.address));
    await time.increase(DAY);
    const { price } = await pool.estate(PENDING);
    const budget = (w.eth(100) * price) / 10n ** 36n + w.usd(1);
    // Carol forecloses herself first: the mean is dearer, and Dave's bid is refused, not filled at the new price
    await sent(pool.connect(carol).foreclose(carol.address));
    await expect(pool.connect(dave).buyEstate(budget, w.eth(100), dave.address, "0x")).to.be.revertedWithCustomError(
      pool,
      "BelowMinimum",
    );
    // he bids again without a minimum, and pays his budget, at a price which is the pool's gain
    const bought = await buy(w, dave, budget);
    expect(bought.paid <= budget && bought.collateral < w.eth(100)).to.equal(true);
  });
});
