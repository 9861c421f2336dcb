import { expect } from "chai";

import { ILendingPool__factory } from "../../../typechain-types/index.js";
import type { PoolParamsStruct } from "../../../typechain-types/LendingPool.js";
import {
  createPool,
  DEFAULT_PARAMETERS,
  ethers,
  MAX,
  openLoan,
  sent,
  VIRTUAL_SHARES,
  WAD,
  type World,
  world,
  YEAR,
  ZERO,
} from "../../helpers/fixtures.js";
import { anotherMarket, deposit, MAX_CAP_TOKENS } from "./kit.js";

const MAX_COLLATERAL = (1n << 112n) - 1n;
const MIN_RATE = WAD / 1_000n / YEAR;
const MAX_RATE = (2n * WAD) / YEAR;

async function parametersOf(w: World, changes: Partial<PoolParamsStruct> = {}): Promise<PoolParamsStruct> {
  return {
    ...DEFAULT_PARAMETERS,
    asset: await w.asset.getAddress(),
    collateral: await w.collateral.getAddress(),
    oracle: await w.oracle.getAddress(),
    authority: await w.authority.getAddress(),
    ...changes,
  };
}

describe("LendingPool, construction", () => {
  describe("refuses", () => {
    const cases: { why: string; changes: Partial<PoolParamsStruct>; name: string; value: bigint; bound: bigint }[] = [
      { why: "a name of 24 bytes", changes: { name: "x".repeat(24) }, name: "nameLength", value: 24n, bound: 23n },
      {
        why: "a name of 8 letters in 24 bytes",
        changes: { name: "€".repeat(8) },
        name: "nameLength",
        value: 24n,
        bound: 23n,
      },
      { why: "lifPeak of two", changes: { lifPeakBps: 20_000n }, name: "lifPeakBps", value: 20_000n, bound: 19_999n },
      {
        why: "lifMin over lifPeak",
        changes: { lifMinBps: 11_001n },
        name: "lifMinBps",
        value: 11_001n,
        bound: 11_000n,
      },
      {
        why: "lifFloor over lifMin",
        changes: { lifFloorBps: 10_301n },
        name: "lifFloorBps",
        value: 10_301n,
        bound: 10_300n,
      },
      {
        why: "lifFloor under one",
        changes: { lifFloorBps: 9_999n },
        name: "lifFloorBps",
        value: 9_999n,
        bound: 10_000n,
      },
      { why: "no repay target", changes: { repayTargetBps: 0n }, name: "repayTargetBps", value: 0n, bound: 1n },
      {
        why: "borrowLtv at the lltv",
        changes: { borrowLtvBps: 8_600n },
        name: "borrowLtvBps",
        value: 8_600n,
        bound: 8_600n,
      },
      {
        why: "borrowLtv over the lltv",
        changes: { borrowLtvBps: 8_601n },
        name: "borrowLtvBps",
        value: 8_601n,
        bound: 8_600n,
      },
      // 9091 · 11000 > 1e8; at lifPeak 1.25 an lltv of 0.8 is exactly 1/lifPeak, and refused too
      { why: "lltv over 1/lifPeak", changes: { lltvBps: 9_091n }, name: "lltvBps", value: 9_091n, bound: 9_090n },
      {
        why: "lltv at 1/lifPeak",
        changes: { lifPeakBps: 12_500n, borrowLtvBps: 7_900n, lltvBps: 8_000n },
        name: "lltvBps",
        value: 8_000n,
        bound: 8_000n,
      },
      // 0.9302 · 0.86 = 0.79997 < 0.8 < 0.9303 · 0.86
      {
        why: "a repay target above borrowLtv",
        changes: { repayTargetBps: 9_303n },
        name: "repayTargetBps",
        value: 9_303n,
        bound: 9_302n,
      },
      {
        why: "a repay target at borrowLtv",
        changes: { borrowLtvBps: 4_300n, repayTargetBps: 5_000n },
        name: "repayTargetBps",
        value: 5_000n,
        bound: 5_000n,
      },
      {
        why: "a deviation over one",
        changes: { maxDeviationBps: 10_001n },
        name: "maxDeviationBps",
        value: 10_001n,
        bound: 10_000n,
      },
      { why: "no collateral cap", changes: { collateralCap: 0n }, name: "collateralCap", value: 0n, bound: 1n },
      {
        why: "a collateral cap over its field",
        changes: { collateralCap: MAX_COLLATERAL + 1n },
        name: "collateralCap",
        value: MAX_COLLATERAL + 1n,
        bound: MAX_COLLATERAL,
      },
      { why: "no minimal debt", changes: { minDebt: 0n }, name: "minDebt", value: 0n, bound: 1n },
      {
        why: "a minimal debt over a million tokens",
        changes: { minDebt: 1_000_000n * WAD + 1n },
        name: "minDebt",
        value: 1_000_000n * WAD + 1n,
        bound: 1_000_000n * WAD,
      },
      {
        why: "a supply cap over its field",
        changes: { supplyCapTokens: MAX_CAP_TOKENS + 1n },
        name: "supplyCapTokens",
        value: MAX_CAP_TOKENS + 1n,
        bound: MAX_CAP_TOKENS,
      },
      {
        why: "a borrow cap over its field",
        changes: { borrowCapTokens: MAX_CAP_TOKENS + 1n },
        name: "borrowCapTokens",
        value: MAX_CAP_TOKENS + 1n,
        bound: MAX_CAP_TOKENS,
      },
      {
        why: "fees over half the interest",
        changes: { reserveFeePercent: 25n, fundFeePercent: 26n },
        name: "feePercent",
        value: 51n,
        bound: 50n,
      },
      {
        why: "a reserve target over one",
        changes: { reserveTargetBps: 10_001n },
        name: "reserveTargetBps",
        value: 10_001n,
        bound: 10_000n,
      },
      {
        why: "a rate under 0.1% a year",
        changes: { initialRateAtTargetPerSecondWad: MIN_RATE - 1n },
        name: "initialRate",
        value: MIN_RATE - 1n,
        bound: MIN_RATE,
      },
      {
        why: "a rate over 200% a year",
        changes: { initialRateAtTargetPerSecondWad: MAX_RATE + 1n },
        name: "initialRate",
        value: MAX_RATE + 1n,
        bound: MAX_RATE,
      },
    ];
    for (const { why, changes, name, value, bound } of cases) {
      it(`${why}: InvalidParameter(${name})`, async () => {
        const w = await world();
        await expect(createPool(w.system, await parametersOf(w, changes), w.deployer))
          .to.be.revertedWithCustomError(w.pool, "InvalidParameter")
          .withArgs(ethers.encodeBytes32String(name), value, bound);
      });
    }

    it("an asset of 19 decimals: InvalidParameter(assetDecimals)", async () => {
      const w = await world();
      const asset = await ethers.deployContract("MockERC20", ["Fine", "FINE", 19]);
      await expect(createPool(w.system, await parametersOf(w, { asset: await asset.getAddress() }), w.deployer))
        .to.be.revertedWithCustomError(w.pool, "InvalidParameter")
        .withArgs(ethers.encodeBytes32String("assetDecimals"), 19n, 18n);
    });

    it("an asset without code", async () => {
      const w = await world();
      const params = await parametersOf(w, { asset: w.alice.address });
      await expect(createPool(w.system, params, w.deployer)).to.be.revert(ethers);
    });

    it("a collateral without code, or the asset itself: InvalidAddress", async () => {
      const w = await world();
      for (const collateral of [ZERO, w.alice.address, await w.asset.getAddress()]) {
        await expect(createPool(w.system, await parametersOf(w, { collateral }), w.deployer))
          .to.be.revertedWithCustomError(w.pool, "InvalidAddress")
          .withArgs(collateral);
      }
    });

    it("an authority without code: InvalidAddress", async () => {
      const w = await world();
      for (const authority of [ZERO, w.alice.address]) {
        await expect(createPool(w.system, await parametersOf(w, { authority }), w.deployer))
          .to.be.revertedWithCustomError(w.pool, "InvalidAddress")
          .withArgs(authority);
      }
    });

    it("missing modules: InvalidAddress", async () => {
      const w = await world();
      const libraries = { Certificates: await w.system.certificates.getAddress() };
      const factory = await ethers.getContractFactory("LendingPool", { libraries });
      for (const modules of [ZERO, w.alice.address]) {
        await expect(factory.deploy(await parametersOf(w), modules))
          .to.be.revertedWithCustomError(w.pool, "InvalidAddress")
          .withArgs(modules);
      }
      const views = await ethers.getContractFactory("PoolViews", { libraries });
      for (const desk of [ZERO, w.alice.address]) {
        await expect(views.deploy(desk)).to.be.revertedWithCustomError(w.pool, "InvalidAddress").withArgs(desk);
      }
    });
  });

  it("accepts each parameter at its bound", async () => {
    const w = await world();
    const bounds: Partial<PoolParamsStruct>[] = [
      { name: "x".repeat(23) },
      { lifFloorBps: 10_000n, lifMinBps: 10_000n },
      { lifFloorBps: 10_300n },
      { lifMinBps: 11_000n },
      { lifPeakBps: 19_999n, lltvBps: 5_000n, borrowLtvBps: 4_999n },
      { borrowLtvBps: 8_599n },
      { lltvBps: 9_090n, repayTargetBps: 8_800n },
      { repayTargetBps: 9_302n },
      { repayTargetBps: 1n },
      { maxDeviationBps: 0n },
      { maxDeviationBps: 10_000n },
      { collateralCap: 1n },
      { collateralCap: MAX_COLLATERAL },
      { minDebt: 1n },
      { minDebt: 1_000_000n * WAD },
      { supplyCapTokens: MAX_CAP_TOKENS, borrowCapTokens: MAX_CAP_TOKENS },
      { supplyCapTokens: 0n, borrowCapTokens: 0n },
      { reserveFeePercent: 50n, fundFeePercent: 0n },
      { reserveFeePercent: 0n, fundFeePercent: 50n },
      { reserveTargetBps: 10_000n },
      { initialRateAtTargetPerSecondWad: MIN_RATE },
      { initialRateAtTargetPerSecondWad: MAX_RATE },
    ];
    for (const changes of bounds) {
      const params = await parametersOf(w, changes);
      const address = await w.system.factory.createPool.staticCall(w.system.poolCreationCode, params);
      expect(address, Object.keys(changes).join()).to.not.equal(ZERO);
    }
  });

  describe("the first day", () => {
    it("reports oracle, LTVs, caps and fees", async () => {
      const w = await world();
      const libraries = { Certificates: await w.system.certificates.getAddress() };
      const factory = await ethers.getContractFactory("LendingPool", { libraries });
      const pool = await factory.deploy(await parametersOf(w), await w.system.views.getAddress());
      const transaction = pool.deploymentTransaction();
      const events = ILendingPool__factory.connect(await pool.getAddress(), w.deployer);
      await expect(transaction)
        .to.emit(events, "OracleSet")
        .withArgs(await w.oracle.getAddress());
      await expect(transaction).to.emit(events, "LtvsSet").withArgs(8_000n, 8_600n, 0n);
      await expect(transaction).to.emit(events, "CapsSet").withArgs(1_000_000_000n, 900_000_000n);
      await expect(transaction).to.emit(events, "FeesSet").withArgs(10n, 10n, 200n);
    });

    it("has the parameters in force", async () => {
      const w = await world();
      const { pool } = w;
      expect([...(await pool.config())]).to.deep.equal([
        await w.oracle.getAddress(),
        8_000n,
        8_600n,
        1_000_000_000n * WAD,
        900_000_000n * WAD,
        10n,
        10n,
        200n,
        false,
        false,
        false,
      ]);
      expect(await pool.asset()).to.equal(await w.asset.getAddress());
      expect(await pool.collateralToken()).to.equal(await w.collateral.getAddress());
      expect(await pool.authority()).to.equal(await w.authority.getAddress());
      expect(await pool.minDebt()).to.equal(100n * WAD);
      expect(await pool.collateralCap()).to.equal(10_000_000n * WAD);
      expect(await pool.lifFloorBps()).to.equal(10_200n);
      expect(await pool.lifMinBps()).to.equal(10_300n);
      expect(await pool.lifPeakBps()).to.equal(11_000n);
      expect(await pool.repayTargetBps()).to.equal(9_000n);
      expect(await pool.maxDeviationBps()).to.equal(200n);
      expect([...(await pool.pendingOracle())]).to.deep.equal([ZERO, 0n]);
      expect([...(await pool.currentPrice())]).to.deep.equal([w.priceOf(2_000), w.priceOf(2_000), true]);
    });

    it("holds nothing, at a price of one", async () => {
      const w = await world();
      const { pool } = w;
      const totals = await pool.totals();
      expect([totals.cash, totals.debtAssets, totals.debtShares, totals.pendingFees]).to.deep.equal([0n, 0n, 0n, 0n]);
      expect([totals.reserveShares, totals.fundShares]).to.deep.equal([0n, 0n]);
      expect(await pool.totalSupply()).to.equal(0n);
      expect(await pool.totalAssets()).to.equal(0n);
      expect(await pool.grossAssets()).to.equal(0n);
      expect(await pool.grossPrice()).to.equal(WAD);
      expect(await pool.exitPrice()).to.equal(WAD);
      expect(await pool.convertToShares(7n)).to.equal(7n * VIRTUAL_SHARES);
      expect(await pool.convertToAssets(7n * VIRTUAL_SHARES)).to.equal(7n);
      expect(await pool.currentShortfall()).to.equal(0n);
      expect(await pool.coverageRatio()).to.equal(MAX);
      expect(await pool.utilisation()).to.equal(0n);
      expect(await pool.supplyRate()).to.equal(0n);
      expect([...(await pool.estate())]).to.deep.equal([0n, 0n, 0n, 0n]);
      expect([...(await pool.ledgerState())]).to.deep.equal([0n, 0n, 0n, 0n]);
      expect([...(await pool.certificates())]).to.deep.equal([0n, 0n]);
      expect([...(await pool.fundAccount())]).to.deep.equal([0n, 0n, 0n]);
      expect(await pool.maxDeposit(w.alice)).to.equal(1_000_000_000n * WAD);
      expect(await pool.maxMint(w.alice)).to.equal(1_000_000_000n * WAD * VIRTUAL_SHARES);
    });

    it("names the share token and the fund's, and counts six more decimals than the asset", async () => {
      const w = await world();
      expect(await w.pool.name()).to.equal("Mutua USD-ETH");
      expect(await w.pool.symbol()).to.equal("mUSD-ETH");
      expect(await w.pool.decimals()).to.equal(24n);
      expect(await w.fund.asset()).to.equal(await w.pool.getAddress());
      expect(await w.fund.name()).to.equal("Fund of Mutua USD-ETH");
      expect(await w.fund.symbol()).to.equal("fmUSD-ETH");
      const domain = await w.pool.eip712Domain();
      expect([domain.name, domain.version, domain.verifyingContract]).to.deep.equal([
        "Mutua USD-ETH",
        "1",
        await w.pool.getAddress(),
      ]);
    });

    it("starts at the given rate, index one, as of its block", async () => {
      const w = await world();
      const system = { ...w.system };
      const { pool } = await createPool(system, await parametersOf(w, { name: "Another" }), w.deployer);
      expect((await pool.totals()).borrowIndexWad).to.equal(WAD);
      // at 0% utilisation a quarter of the rate at target
      expect(await pool.borrowRate()).to.equal(DEFAULT_PARAMETERS.initialRateAtTargetPerSecondWad / 4n);
    });

    it("bounds prices so that no value overflows, and takes what is above for the bound", async () => {
      const w = await world();
      const oracle = await ethers.deployContract("MockOracle");
      await sent(oracle.set(MAX, MAX, true));
      const caps = [1n, 1n << 49n, 10_000_000n * WAD, MAX_COLLATERAL];
      for (const collateralCap of caps) {
        const params = await parametersOf(w, {
          collateralCap,
          oracle: await oracle.getAddress(),
          name: `${collateralCap % 1000n}`,
        });
        const { pool } = await createPool(w.system, params, w.deployer);
        const limit = (1n << 240n) / collateralCap < 1n << 191n ? (1n << 240n) / collateralCap : 1n << 191n;
        expect([...(await pool.currentPrice())]).to.deep.equal([limit, limit, true]);
      }
    });

    it("is open to suppliers and borrowers at once", async () => {
      const w = await world();
      await deposit(w, w.alice, w.usd(1_000));
      await openLoan(w, w.bob, 1, 500);
      // one wei of rounding up: the index has left one
      expect((await w.pool.position(w.bob)).debtAssets).to.equal(w.usd(500) + 1n);
    });
  });

  it("has shares of 12, 14 and 24 decimals for assets of 6, 8 and 18, at the same first price", async () => {
    const w = await world();
    for (const decimals of [6n, 8n, 18n]) {
      const asset = await ethers.deployContract("MockERC20", ["Asset", "A", decimals]);
      const own = await anotherMarket(w, { asset });
      expect(await own.pool.decimals()).to.equal(decimals + 6n);
      expect(await own.pool.exitPrice()).to.equal(WAD);
      await deposit(own, own.alice, own.usd(3));
      expect(await own.pool.balanceOf(own.alice)).to.equal(3n * 10n ** (decimals + 6n));
      expect(await own.pool.exitPrice()).to.equal(WAD);
    }
  });

  it("leaves a module called directly with nothing: no role, no money", async () => {
    const w = await world();
    const desk = ILendingPool__factory.connect(await w.system.desk.getAddress(), w.alice);
    await expect(desk.pause())
      .to.be.revertedWithCustomError(w.pool, "AccessManagedUnauthorized")
      .withArgs(w.alice.address);
    await expect(desk.recover(1n)).to.be.revert(ethers);
  });
});
