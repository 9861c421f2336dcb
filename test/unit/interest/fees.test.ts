import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import {
  accruedTo,
  BPS,
  feeUnitOf,
  loansOf,
  MAX_FEE_UNITS,
  MAX_RATE_AT_TARGET,
  mulDown,
  Random,
} from "../../../sdk/model/index.js";
import { freeze, load, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  ethers,
  expectConserved,
  MAX,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  type World,
  world,
  YEAR,
  ZERO,
} from "../../helpers/fixtures.js";
import { anotherMarket, deposit, grossOf, least } from "../pool/kit.js";
import { storedOf } from "./stored.js";

async function feeWorld(): Promise<World> {
  return await load(withLoans);
}

/** A million supplied, 900,000 lent: the rate stands at its target. Nothing is staked, the reserve is empty. */
async function withLoans(): Promise<World> {
  const w = await deployWorld();
  await deposit(w, w.alice, w.usd(1_000_000));
  await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(10_000), w.bob));
  await sent(w.pool.connect(w.bob).borrow(w.usd(900_000), w.bob, w.bob));
  return w;
}

async function stakedWorld(): Promise<World> {
  return await load(withStake);
}

/** The same with 50,000 of carol's shares in the fund. */
async function withStake(): Promise<World> {
  const w = await withLoans();
  await deposit(w, w.carol, w.usd(50_000));
  await sent(w.fund.connect(w.carol)["deposit(uint256,address)"](await w.pool.balanceOf(w.carol), w.carol));
  return w;
}

/** Pending fees become shares: a transfer of nothing to the pool. */
async function crystallise(w: World) {
  return await w.pool.connect(w.dave).transfer(w.pool, 0n);
}

/** To whom a transaction minted shares, and how many. */
async function mintsOf({ pool }: World, transaction: ContractTransactionResponse) {
  const mints = await pool.queryFilter(pool.filters.Transfer(ZERO), transaction.blockNumber ?? 0);
  return mints.map(({ args }) => [args.to, args.value]);
}

/** What crystallising mints, by the formulas of DESIGN §3, for the moment that is frozen. */
async function expected(w: World) {
  const gross = await grossOf(w.pool);
  const { pendingFees, reserveShares, fundShares } = await w.pool.totals(PENDING);
  return { minted: mulDown(pendingFees, gross.shares, gross.assets), pendingFees, reserveShares, fundShares };
}

describe("Interest, fees", () => {
  describe("pending", () => {
    it("charges both parts from the first day", async () => {
      const w = await feeWorld();
      const before = await storedOf(w);
      expect(before.feePercent).to.equal(20n);
      const timestamp = await freeze(30n * DAY);
      const after = accruedTo(timestamp, before, 0n, feeUnitOf(18n));
      const interest = loansOf(after) - loansOf(before);
      const { pendingFees } = await w.pool.totals(PENDING);
      const unit = feeUnitOf(18n);
      // whole units: less than two of them lost to the remainders at both ends
      expect(pendingFees <= interest / 5n + unit && pendingFees + unit >= interest / 5n).to.equal(true);
      expect(pendingFees).to.equal(after.feeUnits * unit);
    });

    for (const percent of [0n, 1n]) {
      it(`of ${percent}% in all are just that`, async () => {
        const w = await deployWorld({ parameters: { reserveFeePercent: percent, fundFeePercent: 0n } });
        await deposit(w, w.alice, w.usd(1_000_000));
        await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(1_000), w.bob));
        await sent(w.pool.connect(w.bob).borrow(w.usd(900_000), w.bob, w.bob));
        const before = await storedOf(w);
        expect(before.feePercent).to.equal(percent);
        const after = accruedTo(await freeze(30n * DAY), before, 0n, feeUnitOf(18n));
        const { pendingFees } = await w.pool.totals(PENDING);
        expect(pendingFees).to.equal(after.feeUnits * feeUnitOf(18n));
        expect(pendingFees > 0n).to.equal(percent > 0n);
      });
    }

    it("are no assets of the shares", async () => {
      const w = await feeWorld();
      await freeze(30n * DAY);
      const totals = await w.pool.totals(PENDING);
      expect(totals.pendingFees > 0n).to.equal(true);
      expect(await w.pool.grossAssets(PENDING)).to.equal(totals.cash + totals.debtAssets - totals.pendingFees);
    });

    for (const decimals of [6n, 8n, 18n]) {
      it(`with ${decimals} decimals: many small accruals charge what one big one does, to the unit`, async () => {
        const seed = Number(decimals) + 100;
        console.log(`        seed ${seed}`);
        const random = new Random(seed);
        const base = await world();
        const asset = await ethers.deployContract("MockERC20", ["Asset", "A", decimals]);
        const w = await anotherMarket(base, { asset });
        const { pool, bob } = w;
        await deposit(w, w.alice, w.usd(1_000));
        await sent(pool.connect(bob).supplyCollateral(w.eth(10), bob));
        await sent(pool.connect(bob).borrow(w.usd(900), bob, bob));
        const start = await storedOf(w);
        expect(start.feeUnits).to.equal(0n);
        const unit = feeUnitOf(decimals);
        for (let step = 0; step < 60; ++step) {
          await freeze(1n + random.upTo(step % 10 === 0 ? 5_000n : 4n));
          await sent(pool.accrue());
        }
        const end = await storedOf(w);
        // the debt's share of the fee at both ends, in whole units: nothing is lost in between
        const percent = start.feePercent;
        const units = (loansOf(end) * percent) / (100n * unit) - (loansOf(start) * percent) / (100n * unit);
        expect(end.feeUnits).to.equal(units);
        expect((await pool.totals()).pendingFees).to.equal(units * unit);
        const exact = ((loansOf(end) - loansOf(start)) * percent) / 100n;
        const difference = units * unit - exact;
        expect(difference <= unit && difference >= -unit, "within a unit of the exact fee").to.equal(true);
        expect(units > 0n).to.equal(true);
        await expectConserved(w, [w.alice], [bob]);
      });
    }

    it("a counter more than half full becomes shares at the next call that stores", async () => {
      const w = await deployWorld({ parameters: { initialRateAtTargetPerSecondWad: MAX_RATE_AT_TARGET } });
      const { pool, bob } = w;
      await deposit(w, w.alice, w.usd(6_500_000));
      await sent(pool.connect(bob).supplyCollateral(w.eth(40_000), bob));
      await sent(pool.connect(bob).borrow(w.usd(5_850_000), bob, bob));
      const unit = feeUnitOf(18n);
      await freeze(15n * DAY);
      expect((await pool.totals(PENDING)).pendingFees / unit < MAX_FEE_UNITS / 2n).to.equal(true);
      await sent(pool.accrue());
      expect((await pool.totals()).pendingFees > 0n).to.equal(true);
      await freeze(15n * DAY);
      const { minted, pendingFees } = await expected(w);
      expect(pendingFees / unit > MAX_FEE_UNITS / 2n).to.equal(true);
      await expect(pool.accrue()).to.emit(pool, "FeesCrystallised").withArgs(minted, 0n);
      expect((await pool.totals()).pendingFees).to.equal(0n);
      expect((await pool.totals()).reserveShares).to.equal(minted);
      await expectConserved(w, [w.alice], [bob]);
    });

    it("a counter that would overflow stays at its maximum, and nothing reverts", async () => {
      const w = await deployWorld({ parameters: { initialRateAtTargetPerSecondWad: MAX_RATE_AT_TARGET } });
      const { pool, bob } = w;
      await deposit(w, w.alice, w.usd(888_000_000));
      await sent(pool.connect(bob).supplyCollateral(w.eth(5_000_000), bob));
      await sent(pool.connect(bob).borrow(w.usd(799_000_000), bob, bob));
      await freeze(400n * DAY);
      expect((await pool.totals(PENDING)).pendingFees).to.equal(MAX_FEE_UNITS * feeUnitOf(18n));
      await sent(pool.connect(w.alice)["withdraw(uint256,address,address)"](w.usd(1), w.alice, w.alice));
      expect((await pool.totals()).pendingFees).to.equal(0n);
      await expectConserved(w, [w.alice], [bob]);
    });
  });

  describe("crystallised", () => {
    it("are shares from the first unit on, a wei with six decimals", async () => {
      const w = await anotherMarket(await world(), {
        asset: await ethers.deployContract("MockERC20", ["Asset", "A", 6]),
      });
      await deposit(w, w.alice, w.usd(1_000));
      await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(10), w.bob));
      await sent(w.pool.connect(w.bob).borrow(w.usd(900), w.bob, w.bob));
      let seconds = 1n;
      while ((await freeze(seconds), (await w.pool.totals(PENDING)).pendingFees) === 0n) ++seconds;
      const { minted, pendingFees } = await expected(w);
      expect(pendingFees).to.equal(1n);
      await expect(crystallise(w)).to.emit(w.pool, "FeesCrystallised").withArgs(minted, 0n);
      expect(minted > 999_000n).to.equal(true);
    });

    it("leave the gross price where it is (P-3)", async () => {
      const w = await stakedWorld();
      await freeze(30n * DAY);
      const price = await w.pool.grossPrice(PENDING);
      const gross = await grossOf(w.pool);
      const { minted, pendingFees } = await expected(w);
      await crystallise(w);
      const after = await w.pool.grossPrice();
      // rounding: shares are rounded down, so the price can only rise, by less than a share unit's worth
      expect(after >= price).to.equal(true);
      expect(after).to.equal(((gross.assets + pendingFees) * 10n ** 18n * VIRTUAL_SHARES) / (gross.shares + minted));
      expect(after - price <= 1n).to.equal(true);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("go to the reserve alone while nobody stakes", async () => {
      const w = await feeWorld();
      await freeze(30n * DAY);
      const { minted } = await expected(w);
      const transaction = await crystallise(w);
      await expect(transaction).to.emit(w.pool, "FeesCrystallised").withArgs(minted, 0n);
      expect(await mintsOf(w, transaction)).to.deep.equal([[await w.pool.getAddress(), minted]]);
      expect((await w.pool.totals()).reserveShares).to.equal(minted);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("are split between reserve and fund as their percentages", async () => {
      const w = await stakedWorld();
      const { feePercent } = await storedOf(w);
      await freeze(30n * DAY);
      const { minted, reserveShares, fundShares } = await expected(w);
      const toFund = mulDown(minted, 10n, feePercent);
      const transaction = await crystallise(w);
      await expect(transaction)
        .to.emit(w.pool, "FeesCrystallised")
        .withArgs(minted - toFund, toFund);
      await expect(transaction)
        .to.emit(w.pool, "Transfer")
        .withArgs(ZERO, await w.fund.getAddress(), toFund);
      const after = await w.pool.totals();
      expect(after.reserveShares).to.equal(reserveShares + minted - toFund);
      expect(after.fundShares).to.equal(fundShares + toFund);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("count for active units only; the cooling part's premium is the reserve's (F-2)", async () => {
      const w = await stakedWorld();
      const { fund, carol, pool } = w;
      const units = await fund.balanceOf(carol);
      await sent(fund.connect(carol).requestRedeem(units / 4n, carol, carol));
      const { feePercent } = await storedOf(w);
      await freeze(30n * DAY);
      const account = await pool.fundAccount();
      const { minted, fundShares } = await expected(w);
      const active = fundShares - account.coolingShares;
      expect(account.coolingShares > 0n).to.equal(true);
      const toFund = mulDown(mulDown(minted, 10n, feePercent), active, fundShares);
      await expect(crystallise(w))
        .to.emit(pool, "FeesCrystallised")
        .withArgs(minted - toFund, toFund);
      const after = await pool.fundAccount();
      expect(after.coolingShares).to.equal(account.coolingShares);
      expect(after.totalShares).to.equal(fundShares + toFund);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("give all to the reserve when all units are cooling", async () => {
      const w = await stakedWorld();
      await sent(w.fund.connect(w.carol).requestRedeem(await w.fund.balanceOf(w.carol), w.carol, w.carol));
      await freeze(10n * DAY);
      const { minted } = await expected(w);
      const { totalShares, coolingShares } = await w.pool.fundAccount();
      // rounding: what is not a whole unit stays active, and earns at most its own yield
      const active = totalShares - coolingShares;
      const transaction = await crystallise(w);
      const toFund = (await w.pool.totals()).fundShares - totalShares;
      expect(toFund <= active).to.equal(true);
      await expect(transaction)
        .to.emit(w.pool, "FeesCrystallised")
        .withArgs(minted - toFund, toFund);
    });

    it("are at most a yield of 100% a year for the fund: a tiny stake harvests nothing", async () => {
      const w = await feeWorld();
      const { pool, carol, fund } = w;
      await deposit(w, carol, w.usd(1));
      await sent(fund.connect(carol)["deposit(uint256,address)"](10n ** 12n, carol));
      const since = BigInt(await time.latest());
      const timestamp = await freeze(30n * DAY);
      const { minted, fundShares } = await expected(w);
      const { feePercent } = await storedOf(w);
      const cap = (fundShares * (timestamp - since)) / YEAR;
      expect(mulDown(minted, 10n, feePercent) > cap).to.equal(true);
      await expect(crystallise(w))
        .to.emit(pool, "FeesCrystallised")
        .withArgs(minted - cap, cap);
      expect((await pool.totals()).fundShares).to.equal(fundShares + cap);
      await expectConserved(w, [w.alice, carol], [w.bob]);
    });

    it("of one second are capped at that second's yield, so a flash stake earns nothing", async () => {
      const w = await feeWorld();
      const { pool, fund, carol } = w;
      await deposit(w, carol, w.usd(100_000));
      await time.increase(30n * DAY);
      // the deposit itself crystallises what was pending, for nobody
      const shares = await pool.balanceOf(carol);
      await sent(fund.connect(carol)["deposit(uint256,address)"](shares, carol));
      expect((await pool.totals()).fundShares).to.equal(shares);
      await freeze(1n);
      const { minted, fundShares } = await expected(w);
      const { feePercent } = await storedOf(w);
      await crystallise(w);
      const got = (await pool.totals()).fundShares - fundShares;
      expect(got).to.equal(least(mulDown(minted, 10n, feePercent), fundShares / YEAR));
    });

    it("stop for the reserve once it is at its target, and start again below", async () => {
      const w = await stakedWorld();
      const { pool, alice } = w;
      const supply = await pool.totalSupply();
      // 2% of all shares, with what it adds
      await sent(pool.connect(alice).transfer(pool, (supply * 2n) / 100n));
      // the percentage is settled whenever fees become shares: the gift itself came after that
      await crystallise(w);
      let totals = await pool.totals();
      expect(totals.reserveShares * BPS >= (await pool.totalSupply()) * 200n).to.equal(true);
      expect((await storedOf(w)).feePercent).to.equal(10n);
      await freeze(30n * DAY);
      const { minted } = await expected(w);
      const transaction = await crystallise(w);
      await expect(transaction).to.emit(pool, "FeesCrystallised").withArgs(0n, minted);
      expect(await mintsOf(w, transaction)).to.deep.equal([[await w.fund.getAddress(), minted]]);
      // the supply grows, and with it the target: from the next time on the reserve has its part again
      await deposit(w, alice, w.usd(500_000));
      await crystallise(w);
      totals = await pool.totals();
      expect(totals.reserveShares * BPS < (await pool.totalSupply()) * 200n).to.equal(true);
      expect((await storedOf(w)).feePercent).to.equal(20n);
      await expectConserved(w, [alice], [w.bob]);
    });

    it("count from the last time on: twice in a block mints once", async () => {
      const w = await stakedWorld();
      const { pool } = w;
      await freeze(30n * DAY);
      const data = pool.interface.encodeFunctionData("transfer", [await pool.getAddress(), 0n]);
      const { minted } = await expected(w);
      const supply = await pool.totalSupply();
      const { blockNumber } = await sent(pool.connect(w.dave).multicall([data, data]));
      expect((await pool.totalSupply()) - supply).to.equal(minted);
      expect(await pool.queryFilter(pool.filters.FeesCrystallised(), blockNumber)).to.have.length(1);
      expect((await pool.totals()).pendingFees).to.equal(0n);
    });

    it("are dropped in favour of the shares where nothing mints", async () => {
      const w = await deployWorld({ parameters: { reserveTargetBps: 0n, fundFeePercent: 10n } });
      const { pool, bob, alice } = w;
      await deposit(w, alice, w.usd(1_000_000));
      await sent(pool.connect(bob).supplyCollateral(w.eth(1_000), bob));
      await sent(pool.connect(bob).borrow(w.usd(1_000_000), bob, bob));
      await setPrice(w, 0.000_01);
      await sent(pool.connect(w.liquidator).liquidate(bob, MAX, 0n, w.liquidator, "0x"));
      expect((await pool.config()).isClosed).to.equal(true);
      const supply = await pool.totalSupply();
      await sent(pool.connect(w.carol).transfer(pool, 0n));
      expect(await pool.totalSupply()).to.equal(supply);
      expect((await pool.totals()).pendingFees).to.equal(0n);
      await expectConserved(w, [alice], [bob]);
    });
  });
});
