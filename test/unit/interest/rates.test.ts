import { expect } from "chai";

import {
  accruedTo,
  compounded,
  distanceOf,
  feeUnitOf,
  loansOf,
  MAX_INDEX_WAD,
  MAX_RATE_AT_TARGET,
  MIN_RATE_AT_TARGET,
  Random,
  rateNow,
  ratesOver,
  utilisationOf,
} from "../../../sdk/model/index.js";
import { freeze, load, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  MAX,
  openLoan,
  sent,
  time,
  WAD,
  type World,
  world,
  YEAR,
} from "../../helpers/fixtures.js";
import { deposit } from "../pool/kit.js";
import { storedOf } from "./stored.js";

const FIRST_RATE = (4n * WAD) / 100n / YEAR;

async function quietWorld(): Promise<World> {
  return await load(quiet);
}

/** A thousand supplied, and bob with collateral for as much. */
async function quiet(): Promise<World> {
  const w = await deployWorld();
  await deposit(w, w.alice, w.usd(1_000));
  await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(10), w.bob));
  return w;
}

/** A world whose pool starts at the highest rate. */
async function dearWorld(): Promise<World> {
  return await load(dear);
}

async function dear(): Promise<World> {
  const w = await deployWorld({ parameters: { initialRateAtTargetPerSecondWad: MAX_RATE_AT_TARGET } });
  await deposit(w, w.alice, w.usd(1_000));
  await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(1_000), w.bob));
  return w;
}

async function dayAt(percent: number, seconds: bigint): Promise<{ from: bigint; to: bigint; w: World }> {
  const w = await quietWorld();
  const { pool, bob } = w;
  if (percent !== 0) await sent(pool.connect(bob).borrow(w.usd(percent * 10), bob, bob));
  else await sent(pool.accrue());
  const before = await storedOf(w);
  await freeze(seconds);
  await sent(pool.accrue());
  const after = await storedOf(w);
  const expected = ratesOver(before.rateAtTarget, utilisationOf(before.cash, loansOf(before)), seconds);
  expect(after.rateAtTarget).to.equal(expected.atTarget);
  await expectConserved(w, [w.alice], [bob]);
  return { from: before.rateAtTarget, to: after.rateAtTarget, w };
}

describe("Interest, rates", () => {
  describe("the curve", () => {
    // utilisation in percent, and the rate as a part of the rate at target
    const points = [
      { percent: 0, numerator: 1n, denominator: 4n },
      { percent: 45, numerator: 5n, denominator: 8n },
      { percent: 90, numerator: 1n, denominator: 1n },
      { percent: 95, numerator: 5n, denominator: 2n },
      { percent: 100, numerator: 4n, denominator: 1n },
    ];
    for (const { percent, numerator, denominator } of points) {
      it(`at ${percent}% pays ${numerator}/${denominator} of the rate at target`, async () => {
        const w = await quietWorld();
        const { pool, bob } = w;
        if (percent !== 0) await sent(pool.connect(bob).borrow(w.usd(percent * 10), bob, bob));
        else await sent(pool.accrue());
        const stored = await storedOf(w);
        const utilisation = await pool.utilisation();
        expect(utilisation).to.equal(utilisationOf(stored.cash, loansOf(stored)));
        // debt is a wei above what was lent at most: 1e-21 of the debt
        expect(utilisation - (WAD * BigInt(percent)) / 100n <= 1n).to.equal(true);
        const rate = await pool.borrowRate();
        expect(rate).to.equal(rateNow(stored.rateAtTarget, utilisation));
        // rounding down of the curve's factor and of the rate: a unit of 1e-18 a second each
        const exact = (stored.rateAtTarget * numerator) / denominator;
        expect(rate >= exact - 1n && rate <= exact + 1n).to.equal(true);
        await expectConserved(w, [w.alice], [bob]);
      });
    }

    it("is continuous at the target and monotone", () => {
      let last = 0n;
      for (let utilisation = 0n; utilisation <= WAD; utilisation += WAD / 200n) {
        const rate = rateNow(MAX_RATE_AT_TARGET, utilisation);
        expect(rate >= last).to.equal(true);
        last = rate;
      }
      expect([distanceOf(0n), distanceOf((9n * WAD) / 10n), distanceOf(WAD)]).to.deep.equal([-WAD, 0n, WAD]);
    });
  });

  describe("adaptation", () => {
    // In how far the rate at target moves in a day, by the exact exponential: the series of the half period is within
    // 0.07%, squared 0.14%.
    const SERIES = 0.001_4;

    for (const { percent, exponent } of [
      { percent: 0, exponent: -50 / 365 },
      { percent: 45, exponent: -25 / 365 },
      { percent: 95, exponent: 25 / 365 },
      { percent: 100, exponent: 50 / 365 },
    ]) {
      it(`at ${percent}% the rate at target moves by e^(${exponent.toFixed(4)}) in a day`, async () => {
        const { from, to } = await dayAt(percent, DAY);
        const ratio = Number(to) / Number(from);
        expect(Math.abs(ratio / Math.exp(exponent) - 1) < SERIES, `${ratio}`).to.equal(true);
      });
    }

    for (const [percent, days] of [
      [100, 7n],
      [100, 12n],
      [100, 16n],
      [100, 28n],
      [0, 7n],
      [0, 12n],
      [0, 16n],
      [0, 26n],
    ] as const) {
      it(`at ${percent}% it moves by the same law over ${days} days, further than the series alone would go`, async () => {
        // half an exponent of 0.69, 1.19, 1.58 and 2.77 times ln 2: taken apart at the nearest whole number, on either side
        const { from, to } = await dayAt(percent, days * DAY); // exactly as the model
        const exponent = ((percent === 0 ? -50 : 50) * Number(days)) / 365;
        // the series of each half is within 0.07%
        expect(Math.abs(Number(to) / Number(from) / Math.exp(exponent) - 1)).to.be.lessThan(0.0015);
        expect(to > MIN_RATE_AT_TARGET && to < MAX_RATE_AT_TARGET).to.equal(true);
      });
    }

    for (const [percent, bound] of [
      [100, MAX_RATE_AT_TARGET],
      [0, MIN_RATE_AT_TARGET],
    ] as const) {
      it(`at ${percent}% it is at its bound after twenty years that nobody touched the pool`, async () => {
        expect((await dayAt(percent, 20n * YEAR)).to).to.equal(bound);
      });
    }

    it("stands still at the target", async () => {
      const { from, to } = await dayAt(90, 30n * DAY);
      // utilisation is 1e-21 off at most, which the exponent does not see
      expect(to).to.equal(from);
    });

    it("stops at the floor: 0.1% a year", async () => {
      const { to, w } = await dayAt(0, 100n * DAY);
      expect(to).to.equal(MIN_RATE_AT_TARGET);
      await time.increase(1_000n * DAY);
      await sent(w.pool.accrue());
      expect((await storedOf(w)).rateAtTarget).to.equal(MIN_RATE_AT_TARGET);
      expect(await w.pool.borrowRate()).to.equal(MIN_RATE_AT_TARGET / 4n);
    });

    it("stops at the cap: 200% a year", async () => {
      const { to, w } = await dayAt(100, 40n * DAY);
      expect(to).to.equal(MAX_RATE_AT_TARGET);
      expect(await w.pool.borrowRate()).to.equal(4n * MAX_RATE_AT_TARGET);
    });

    it("comes back from cap and floor at once", async () => {
      const { w } = await dayAt(100, 40n * DAY);
      await sent(w.pool.connect(w.bob).repay(MAX, w.bob));
      await time.increase(DAY);
      await sent(w.pool.accrue());
      expect((await storedOf(w)).rateAtTarget < MAX_RATE_AT_TARGET).to.equal(true);
    });
  });

  describe("the index", () => {
    it("grows by the third-order step of the mean rate, exactly, over random times and utilisations", async () => {
      const seed = 4_711;
      console.log(`        seed ${seed}`);
      const random = new Random(seed);
      const w = await quietWorld();
      const { pool, bob, alice } = w;
      await sent(pool.connect(bob).borrow(w.usd(500), bob, bob));
      for (let round = 0; round < 20; ++round) {
        let model = await storedOf(w);
        const seconds = 1n + random.upTo(10n ** (1n + random.upTo(6n)));
        const timestamp = await freeze(seconds);
        model = accruedTo(timestamp, model, 0n, feeUnitOf(18n));
        const label = `seed ${seed}, round ${round}`;
        // views are as of now without anything being stored
        expect((await pool.totals(PENDING)).borrowIndexWad, label).to.equal(model.index);
        expect((await pool.totals(PENDING)).debtAssets, label).to.equal(loansOf(model));
        const step = random.upTo(4n);
        if (step === 0n) await deposit(w, alice, w.usd(Number(1n + random.upTo(200n))));
        else if (step === 1n) {
          const { cash } = await pool.totals(PENDING);
          if (cash > w.usd(20)) await sent(pool.connect(bob).borrow(cash / 2n, bob, bob));
          else await sent(pool.accrue());
        } else if (step === 2n) await sent(pool.connect(bob).repay(w.usd(50), bob));
        else await sent(pool.accrue());
        const stored = await storedOf(w);
        expect(stored.index, label).to.equal(model.index);
        expect(stored.rateAtTarget, label).to.equal(model.rateAtTarget);
        expect(stored.feeUnits, label).to.equal(model.feeUnits);
        expect(stored.lastAccrual, label).to.equal(timestamp);
        await expectConserved(w, [alice], [bob]);
      }
    });

    it("is a little under continuous compounding, never over", () => {
      for (const years of [0.01, 0.1, 0.5, 1]) {
        const elapsed = BigInt(Math.round(years * Number(YEAR)));
        const growth = Number(compounded((8n * WAD) / 100n / YEAR, elapsed)) / 1e18;
        const exact = Math.expm1(0.08 * years);
        // the fourth term is what is left out
        expect(growth <= exact).to.equal(true);
        expect(exact - growth < (0.08 * years) ** 4 / 20 + 1e-9).to.equal(true);
      }
    });

    it("grows once a block, whoever calls", async () => {
      const w = await quietWorld();
      const { pool, bob } = w;
      await sent(pool.connect(bob).borrow(w.usd(500), bob, bob));
      await freeze(DAY);
      const data = pool.interface.encodeFunctionData("accrue");
      const { borrowIndexWad } = await pool.totals(PENDING);
      await sent(pool.multicall([data, data, data]));
      expect((await storedOf(w)).index).to.equal(borrowIndexWad);
    });

    it("stops at its cap instead of reverting, and everything else goes on", async () => {
      const w = await dearWorld();
      const { pool, alice, bob } = w;
      await sent(pool.connect(bob).borrow(w.usd(1_000), bob, bob));
      for (let year = 0; year < 4; ++year) {
        await time.increase(YEAR);
        await sent(pool.accrue());
      }
      expect((await pool.totals()).borrowIndexWad).to.equal(MAX_INDEX_WAD);
      const { debtAssets } = await pool.position(bob);
      await time.increase(50n * YEAR);
      expect((await pool.position(bob)).debtAssets).to.equal(debtAssets);
      await sent(pool.accrue());
      await sent(pool.connect(bob).repay(w.usd(1_000), bob));
      await sent(pool.connect(alice)["withdraw(uint256,address,address)"](w.usd(500), alice, alice));
      await deposit(w, w.carol, w.usd(10));
      await sent(pool.connect(bob).repay(MAX, bob));
      expect((await pool.position(bob)).debtAssets).to.equal(0n);
      await expectConserved(w, [alice, w.carol], [bob]);
    });
  });

  it("utilisation is debt over cash and debt, zero without debt", async () => {
    const w = await world();
    expect(await w.pool.utilisation()).to.equal(0n);
    await deposit(w, w.alice, w.usd(1_000));
    expect(await w.pool.utilisation()).to.equal(0n);
    await openLoan(w, w.bob, 1, 250);
    const { cash, debtAssets } = await w.pool.totals();
    expect(await w.pool.utilisation()).to.equal(utilisationOf(cash, debtAssets));
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("supply rate is what loans pay less fees, on all gross assets", async () => {
    const w = await quietWorld();
    const { pool, bob } = w;
    await sent(pool.connect(bob).borrow(w.usd(500), bob, bob));
    await freeze(DAY);
    await sent(pool.accrue());
    const stored = await storedOf(w);
    const rate = rateNow(stored.rateAtTarget, utilisationOf(stored.cash, loansOf(stored)));
    expect(await pool.borrowRate()).to.equal(rate);
    expect(await pool.supplyRate()).to.equal(
      (rate * loansOf(stored) * (100n - stored.feePercent)) / (100n * (await pool.grossAssets())),
    );
    expect(FIRST_RATE > rate, "it has fallen at 50%").to.equal(true);
  });
});
