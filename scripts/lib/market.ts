// Deploys a whole market: authority, modules, factory, oracle, pool with its fund, lens and router. Used by the local
// chain, the gas table and the tests alike, so that all of them run what a user would.
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { BaseContract, ContractRunner } from "ethers";

import { PRICE_SCALE, RAY, VIRTUAL_SHARES, WAD, YEAR } from "../../sdk/model/index.js";
import {
  FixedOracle__factory,
  InsuranceFund__factory,
  ILendingPool__factory,
  type FixedOracle,
  type InsuranceFund,
  type ILendingPool,
  type MockERC20,
  type MutuaAuthority,
  type PoolDesk,
  type PoolFactory,
  type PoolViews,
} from "../../typechain-types/index.js";
import type { PoolParamsStruct } from "../../typechain-types/LendingPool.js";

export { PRICE_SCALE, RAY, VIRTUAL_SHARES, WAD, YEAR };

/** What the code of every pool needs once on a chain. */
export type System = {
  certificates: BaseContract;
  desk: PoolDesk;
  views: PoolViews;
  factory: PoolFactory;
  poolCreationCode: string;
};

export type Market = {
  pool: ILendingPool;
  fund: InsuranceFund;
  oracle: FixedOracle;
  asset: MockERC20;
  collateral: MockERC20;
};

/** Everything of PoolParams that is not an address. */
export type MarketParameters = Omit<PoolParamsStruct, "asset" | "collateral" | "oracle" | "authority">;

/** Parameters for a volatile collateral; amounts for a loan asset and a collateral of 18 decimals. */
export const DEFAULT_PARAMETERS = {
  name: "Mutua USD-ETH",
  symbol: "mUSD-ETH",
  borrowLtvBps: 8_000n,
  lltvBps: 8_600n,
  lifFloorBps: 10_200n,
  lifMinBps: 10_300n,
  lifPeakBps: 11_000n,
  repayTargetBps: 9_000n,
  maxDeviationBps: 200n,
  reserveFeePercent: 10n,
  fundFeePercent: 10n,
  reserveTargetBps: 200n,
  supplyCapTokens: 1_000_000_000n,
  borrowCapTokens: 900_000_000n,
  collateralCap: 10_000_000n * WAD,
  minDebt: 100n * WAD,
  initialRateAtTargetPerSecondWad: (4n * WAD) / 100n / YEAR,
} satisfies MarketParameters;

/** A price in whole loan tokens for a whole collateral token, as the oracle gives it. */
export function oraclePrice(tokens: number | bigint, assetDecimals = 18n, collateralDecimals = 18n): bigint {
  const cents = BigInt(Math.round(Number(tokens) * 1e6));
  return (cents * 10n ** (36n + assetDecimals)) / (10n ** collateralDecimals * 10n ** 6n);
}

export async function deploySystem(ethers: HardhatEthers): Promise<System> {
  const certificates = await ethers.deployContract("Certificates");
  const libraries = { Certificates: await certificates.getAddress() };
  const desk = await ethers.deployContract("PoolDesk", { libraries });
  const views = await ethers.deployContract("PoolViews", [await desk.getAddress()], { libraries });
  const poolCreationCode = (await ethers.getContractFactory("LendingPool", { libraries })).bytecode;
  const factory = await ethers.deployContract("PoolFactory", [
    ethers.keccak256(poolCreationCode),
    await views.getAddress(),
  ]);
  return { certificates, desk, views, factory, poolCreationCode };
}

/** Creates a pool through the factory; the caller's `runner` is who will be its creator. */
export async function createPool(
  system: System,
  params: PoolParamsStruct,
  runner: ContractRunner,
): Promise<{ pool: ILendingPool; fund: InsuranceFund }> {
  const factory = system.factory.connect(runner);
  const address = await factory.createPool.staticCall(system.poolCreationCode, params);
  await (await factory.createPool(system.poolCreationCode, params)).wait();
  const pool = ILendingPool__factory.connect(address, runner);
  return { pool, fund: InsuranceFund__factory.connect(await pool.fund(), runner) };
}

export type MarketOptions = {
  parameters?: Partial<MarketParameters>;
  assetDecimals?: bigint;
  collateralDecimals?: bigint;
  /** In whole loan tokens for a whole collateral token. */
  price?: number;
};

/** Test tokens, an oracle whose price the deployer sets, and a pool of them. */
export async function deployTestMarket(
  ethers: HardhatEthers,
  system: System,
  authority: MutuaAuthority,
  deployer: HardhatEthersSigner,
  options: MarketOptions = {},
): Promise<Market> {
  const assetDecimals = options.assetDecimals ?? 18n;
  const collateralDecimals = options.collateralDecimals ?? 18n;
  const asset = await ethers.deployContract("MockERC20", ["Test dollar", "USDT", assetDecimals], deployer);
  const collateral = await ethers.deployContract("MockERC20", ["Test ether", "ETHT", collateralDecimals], deployer);
  const price = oraclePrice(options.price ?? 2_000, assetDecimals, collateralDecimals);
  const oracle = await new FixedOracle__factory(deployer).deploy(deployer.address, price, price, true);
  const { pool, fund } = await createPool(
    system,
    {
      ...DEFAULT_PARAMETERS,
      minDebt: 100n * 10n ** assetDecimals,
      collateralCap: 10_000_000n * 10n ** collateralDecimals,
      ...options.parameters,
      asset: await asset.getAddress(),
      collateral: await collateral.getAddress(),
      oracle: await oracle.getAddress(),
      authority: await authority.getAddress(),
    },
    deployer,
  );
  return { pool, fund, oracle, asset, collateral };
}
