import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";
import { network } from "hardhat";

import type { PoolParamsStruct } from "../../../typechain-types/periphery/PoolFactory.js";

const { ethers, networkHelpers } = await network.create();
const { loadFixture, time } = networkHelpers;

const FUND = "0x000000000000000000000000000000000000F00D";
const AUTHORITY = "0x00000000000000000000000000000000000000AA";
const MODULES = "0x0000000000000000000000000000000000000d00";
const ALL = ethers.MaxUint256;

/** A factory of stand-ins: what matters here is the list, and that the code is what it should be. */
async function factoryOfStandIns() {
  const [creator, other] = await ethers.getSigners();
  if (!creator || !other) throw new Error("two signers");
  const { bytecode: code } = await ethers.getContractFactory("PoolStandIn");
  const hash = ethers.keccak256(code);
  const factory = await ethers.deployContract("PoolFactory", [hash, MODULES]);
  const dollar = await ethers.deployContract("MockERC20", ["Dollar", "USD", 6]);
  const ether = await ethers.deployContract("MockERC20", ["Ether", "ETH", 18]);
  const oracle = await ethers.deployContract("MockOracle");
  const params: PoolParamsStruct = {
    asset: await dollar.getAddress(),
    collateral: await ether.getAddress(),
    oracle: await oracle.getAddress(),
    authority: AUTHORITY,
    name: "Mutua USD/ETH",
    symbol: "mUSD",
    borrowLtvBps: 7_500,
    lltvBps: 8_000,
    lifFloorBps: 10_200,
    lifMinBps: 10_300,
    lifPeakBps: 11_000,
    repayTargetBps: 9_000,
    maxDeviationBps: 200,
    reserveFeePercent: 10,
    fundFeePercent: 10,
    reserveTargetBps: 200,
    supplyCapTokens: 1_000_000,
    borrowCapTokens: 1_000_000,
    collateralCap: 10n ** 24n,
    minDebt: 100,
    initialRateAtTargetPerSecondWad: 10n ** 9n,
  };
  return { creator, other, factory, oracle, code, hash, params };
}

type Fixture = Awaited<ReturnType<typeof factoryOfStandIns>>;

/** Creates a pool and returns its address. */
async function created({ factory, creator, code }: Fixture, params: PoolParamsStruct): Promise<string> {
  const pool = await factory.poolAddress(creator.address, code, params);
  await mined(factory.createPool(code, params));
  return pool;
}

async function mined(transaction: Promise<ContractTransactionResponse>): Promise<void> {
  await (await transaction).wait();
}

describe("PoolFactory", () => {
  describe("createPool", () => {
    it("deploys at the address it foretold, with its modules, lists the pool and tells", async () => {
      const { factory, creator, code, hash, params } = await loadFixture(factoryOfStandIns);
      expect(await factory.poolCreationCodeHash()).to.equal(hash);
      const pool = await factory.poolAddress(creator.address, code, params);
      expect(await factory.isPool(pool)).to.equal(false);
      expect(await factory.createPool.staticCall(code, params)).to.equal(pool);
      await expect(factory.createPool(code, params))
        .to.emit(factory, "PoolCreated")
        .withArgs(pool, FUND, params.asset, params.collateral, params.oracle, AUTHORITY, 1, creator.address);
      expect(await factory.isPool(pool)).to.equal(true);
      const standIn = await ethers.getContractAt("PoolStandIn", pool);
      expect(await standIn.name()).to.equal(params.name);
      expect(await standIn.minDebt()).to.equal(params.minDebt);
      expect(await standIn.modules()).to.equal(ethers.getAddress(MODULES));
      expect(await factory.poolModules()).to.equal(ethers.getAddress(MODULES));
    });

    it("keeps the creator, the time and the oracle's number of feeds", async () => {
      const fixture = await loadFixture(factoryOfStandIns);
      const { factory, creator, oracle, params } = fixture;
      await mined(oracle.setPathCount(2));
      const pool = await created(fixture, params);
      expect([...(await factory.listing(pool))]).to.deep.equal([creator.address, BigInt(await time.latest()), 2n]);
      expect([...(await factory.listing(AUTHORITY))]).to.deep.equal([ethers.ZeroAddress, 0n, 0n]);
    });

    it("refuses another code", async () => {
      const { factory, creator, code, hash, params } = await loadFixture(factoryOfStandIns);
      for (const wrong of ["0x", `${code}00`, code.slice(0, -2)]) {
        const error = [ethers.keccak256(wrong), hash];
        await expect(factory.createPool(wrong, params))
          .to.be.revertedWithCustomError(factory, "WrongCreationCode")
          .withArgs(...error);
        await expect(factory.poolAddress(creator.address, wrong, params))
          .to.be.revertedWithCustomError(factory, "WrongCreationCode")
          .withArgs(...error);
      }
    });

    it("passes the constructor's error on", async () => {
      const { factory, code, params } = await loadFixture(factoryOfStandIns);
      const errors = await ethers.getContractAt("IPoolErrors", AUTHORITY);
      await expect(factory.createPool(code, { ...params, minDebt: 0 }))
        .to.be.revertedWithCustomError(errors, "InvalidParameter")
        .withArgs(ethers.encodeBytes32String("minDebt"), 0, 1);
    });

    it("has an error of its own for a constructor that fails without a word", async () => {
      const { factory, code, params } = await loadFixture(factoryOfStandIns);
      await expect(factory.createPool(code, { ...params, minDebt: 1 })).to.be.revertedWithCustomError(
        factory,
        "DeploymentFailed",
      );
    });

    it("refuses an oracle that can't say how many feeds it has, or names more than 255", async () => {
      const { factory, oracle, code, params } = await loadFixture(factoryOfStandIns);
      const noOracle = params.asset;
      await expect(factory.createPool(code, { ...params, oracle: noOracle })).to.be.revertedWithoutReason(ethers);
      await mined(oracle.setPathCount(256));
      await expect(factory.createPool(code, params))
        .to.be.revertedWithCustomError(factory, "SafeCastOverflowedUintDowncast")
        .withArgs(8, 256);
    });

    it("refuses the same pool of the same creator", async () => {
      const fixture = await loadFixture(factoryOfStandIns);
      const { factory, code, params } = fixture;
      const pool = await created(fixture, params);
      await expect(factory.createPool(code, params))
        .to.be.revertedWithCustomError(factory, "PoolExists")
        .withArgs(pool);
    });

    it("lets another creator create the same pool once more", async () => {
      const fixture = await loadFixture(factoryOfStandIns);
      const { factory, other, code, params } = fixture;
      const pool = await created(fixture, params);
      const second = await factory.poolAddress(other.address, code, params);
      await mined(factory.connect(other).createPool(code, params));
      expect(second).not.to.equal(pool);
      expect(await factory.pools(0, ALL)).to.deep.equal([pool, second]);
      expect((await factory.listing(second)).creator).to.equal(other.address);
    });
  });

  describe("the list", () => {
    it("gives pages in order of creation, of all pools and of a pair", async () => {
      const fixture = await loadFixture(factoryOfStandIns);
      const { factory, params } = fixture;
      const { asset, collateral } = params;
      const [a, b, c] = [
        await created(fixture, params),
        await created(fixture, { ...params, asset: collateral, collateral: asset }),
        await created(fixture, { ...params, symbol: "other" }),
      ];
      expect(await factory.poolCount()).to.equal(3n);
      expect([await factory.poolAt(0), await factory.poolAt(1), await factory.poolAt(2)]).to.deep.equal([a, b, c]);
      for (const [from, count, page] of [
        [0, 0, []],
        [0, 2, [a, b]],
        [1, 2, [b, c]],
        [2, ALL, [c]],
        [3, 1, []],
        [ALL, ALL, []],
      ] as const) {
        expect(await factory.pools(from, count)).to.deep.equal(page);
      }
      expect(await factory.poolCountOf(asset, collateral)).to.equal(2n);
      expect(await factory.poolsOf(asset, collateral, 0, ALL)).to.deep.equal([a, c]);
      expect(await factory.poolsOf(asset, collateral, 1, 1)).to.deep.equal([c]);
      expect(await factory.poolsOf(collateral, asset, 0, ALL)).to.deep.equal([b]);
      expect(await factory.poolsOf(asset, asset, 0, ALL)).to.deep.equal([]);
    });

    it("has nothing beyond its end", async () => {
      const fixture = await loadFixture(factoryOfStandIns);
      await created(fixture, fixture.params);
      await expect(fixture.factory.poolAt(1))
        .to.be.revertedWithCustomError(fixture.factory, "IndexOutOfRange")
        .withArgs(1, 1);
    });
  });
});
