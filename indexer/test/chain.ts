// The real contracts on anvil, and a life in which everything happens that makes rows.
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { MaxUint256, ZeroAddress, type ContractTransactionResponse } from "ethers";
import { network } from "hardhat";

import { ABI_NAMES } from "../../scripts/deploy/deployment.js";
import { deploySystem, deployTestMarket, type Market, oraclePrice } from "../../scripts/lib/market.js";
import { type Anvil, rpc, startAnvil } from "../../test/keeper/anvil.js";
import type { MutuaAuthority } from "../../typechain-types/index.js";

const NAMES = [
  "deployer",
  "admin",
  "governor",
  "guardian",
  "oracleManager",
  "alice",
  "bob",
  "dave",
  "erin",
  "frank",
  "keeper",
] as const;
type Name = (typeof NAMES)[number];

const HOUR = 3_600;
const DAY = 24 * HOUR;

export const tokens = (whole: number): bigint => BigInt(whole) * 10n ** 18n;

export type Deployed = Readonly<Record<Name, HardhatEthersSigner>> & {
  readonly anvil: Anvil;
  readonly ethers: HardhatEthers;
  readonly rpc: (method: string, ...params: unknown[]) => Promise<unknown>;
  readonly authority: MutuaAuthority;
  readonly main: Market;
  readonly other: Market;
  /** What deployments/<network>.json has. */
  readonly deployment: {
    startBlock: number;
    chainId: number;
    contracts: Record<string, string>;
    markets: ListedMarket[];
  };
  /** Where that file is: MUTUA_DEPLOYMENTS. */
  readonly folder: string;
  readonly stop: () => Promise<void>;
};

type ListedMarket = {
  name: string;
  pool: string;
  fund: string;
  asset: TokenInfo;
  collateral: TokenInfo;
  startBlock: number;
};
type TokenInfo = { address: string; symbol: string; decimals: number };

export const sent = async (transaction: Promise<ContractTransactionResponse>) => {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("A transaction was not mined");
  return receipt;
};

/** The block's number is that of the newest. */
export async function headOf({ rpc: call }: Deployed): Promise<{ number: number; hash: string }> {
  const { number, hash } = (await call("eth_getBlockByNumber", "latest", false)) as { number: string; hash: string };
  return { number: Number(number), hash };
}

export async function deploy(): Promise<Deployed> {
  const anvil = await startAnvil(["--accounts", `${NAMES.length}`]);
  // What a call costs depends on its second, which is not that of its estimate.
  const { ethers } = await network.create({ network: "localhost", override: { url: anvil.url, gasMultiplier: 1.5 } });
  const signers = await ethers.getSigners();
  const people = Object.fromEntries(NAMES.map((name, i) => [name, signers[i]])) as Record<Name, HardhatEthersSigner>;
  const { deployer, admin, governor, guardian, oracleManager } = people;
  const call = async (method: string, ...params: unknown[]) => await rpc(anvil.url, method, params);

  const system = await deploySystem(ethers);
  const startBlock = (await ethers.provider.getBlockNumber()) + 1;
  const roles = [admin.address, governor.address, guardian.address, oracleManager.address] as const;
  const authority = await ethers.deployContract("MutuaAuthority", [...roles]);
  const main = await deployTestMarket(ethers, system, authority, deployer);
  const other = await deployTestMarket(ethers, system, authority, deployer);
  const lens = await ethers.deployContract("PoolLens");
  for (const { pool, asset, collateral, fund } of [main, other]) {
    await sent(authority.connect(admin).adopt(pool));
    for (const name of NAMES.slice(5)) {
      const person = people[name];
      await sent(asset.mint(person, tokens(100_000_000)));
      await sent(collateral.mint(person, tokens(100_000)));
      await sent(asset.connect(person).approve(pool, MaxUint256));
      await sent(collateral.connect(person).approve(pool, MaxUint256));
      await sent(pool.connect(person).approve(fund, MaxUint256));
    }
  }

  const listed = async (name: string, { pool, fund, asset, collateral, oracle }: Market) => ({
    name,
    pool: await pool.getAddress(),
    fund: await fund.getAddress(),
    oracle: await oracle.getAddress(),
    oracleKind: "fixed",
    asset: { address: await asset.getAddress(), symbol: "USDT", decimals: 18 },
    collateral: { address: await collateral.getAddress(), symbol: "ETHT", decimals: 18 },
    creator: deployer.address,
    initialOracle: await oracle.getAddress(),
    startBlock,
    seedAssets: "0",
    parameters: { name: "", symbol: "", ...Object.fromEntries(PARAMETERS.map((key) => [key, "0"])) },
  });
  const deployment = {
    network: "test",
    chainId: 31_337,
    startBlock,
    commit: "",
    contracts: {
      authority: await authority.getAddress(),
      factory: await system.factory.getAddress(),
      lens: await lens.getAddress(),
      router: ZeroAddress,
      certificates: await system.certificates.getAddress(),
      desk: await system.desk.getAddress(),
      views: await system.views.getAddress(),
      wrappedNative: ZeroAddress,
    },
    roles: {
      admin: admin.address,
      governor: governor.address,
      guardian: guardian.address,
      oracleManager: oracleManager.address,
    },
    markets: [await listed("main", main), await listed("other", other)],
    abis: Object.fromEntries(ABI_NAMES.map((name) => [name, []])),
  };
  const folder = mkdtempSync(join(tmpdir(), "indexer-"));
  writeFileSync(join(folder, "test.json"), JSON.stringify(deployment));
  const stop = async () => {
    await anvil.stop();
    if (anvil.process.exitCode === null && anvil.process.signalCode === null) await once(anvil.process, "exit");
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...people, anvil, ethers, rpc: call, authority, main, other, deployment, folder, stop };
}

const PARAMETERS = [
  "borrowLtvBps",
  "lltvBps",
  "lifFloorBps",
  "lifMinBps",
  "lifPeakBps",
  "repayTargetBps",
  "maxDeviationBps",
  "reserveFeePercent",
  "fundFeePercent",
  "reserveTargetBps",
  "supplyCapTokens",
  "borrowCapTokens",
  "collateralCap",
  "minDebt",
  "initialRateAtTargetPerSecondWad",
];

export async function wait({ rpc: call }: Deployed, seconds: number): Promise<void> {
  await call("evm_increaseTime", seconds);
  await call("evm_mine");
}

async function setPrice({ deployer }: Deployed, { oracle }: Market, whole: number): Promise<void> {
  const price = oraclePrice(whole);
  await sent(oracle.connect(deployer).set(price, price, true));
}

export async function openLoan({ pool }: Market, who: HardhatEthersSigner, collateral: number, debt: number) {
  await sent(pool.connect(who).supplyCollateral(tokens(collateral), who.address));
  await sent(pool.connect(who).borrow(tokens(debt), who.address, who.address));
}

/** Suppliers, an insurer, loans, a crash with all that it brings, money that comes back. */
export async function live(d: Deployed): Promise<void> {
  const { alice, bob, dave, erin, frank, keeper, main, other } = d;
  const { pool, fund } = main;
  await sent(pool.connect(alice)["deposit(uint256,address)"](tokens(1_000_000), alice.address));
  await sent(pool.connect(bob)["deposit(uint256,address)"](tokens(20_000), bob.address));
  await sent(fund.connect(bob)["deposit(uint256,address)"]((await pool.balanceOf(bob)) / 2n, bob.address));
  await sent(pool.connect(bob)["withdraw(uint256,address,address)"](tokens(1_000), bob.address, bob.address));
  await sent(pool.connect(keeper).topUpReserve(tokens(2_000)));
  await openLoan(main, dave, 100, 150_000);
  await openLoan(main, erin, 100, 150_000);
  await openLoan(main, frank, 100, 80_000);
  await openLoan(main, frank, 1, 100);

  // A loan can't be liquidated in its own second, and anvil mines several blocks in one.
  await wait(d, HOUR);
  await setPrice(d, main, 1_020);
  await sent(pool.connect(keeper).liquidate(erin, MaxUint256, 0, keeper, "0x"));
  await sent(pool.connect(keeper).flag(dave));
  await wait(d, 25 * HOUR);
  await sent(pool.connect(keeper).foreclose(dave));
  await wait(d, 6 * DAY);
  await sent(pool.connect(keeper).buyEstate(tokens(30_000), 0, keeper, "0x"));
  await setPrice(d, main, 820);
  await sent(pool.connect(keeper).flag(frank));
  await setPrice(d, main, 2_000);
  await sent(pool.connect(keeper).unflag(frank));
  await sent(pool.connect(keeper).recover(tokens(10_000)));
  await sent(pool.connect(alice).claimRecovery(alice));

  // And a total loss, in the other market.
  await sent(other.pool.connect(alice)["deposit(uint256,address)"](tokens(10_000), alice.address));
  await openLoan(other, dave, 10, 10_000);
  await wait(d, HOUR);
  await setPrice(d, other, 0.000_001);
  await sent(other.pool.connect(keeper).liquidate(dave, MaxUint256, 0, keeper, "0x"));
}

/** Every event of governance there is, in both pools and their authority. */
export async function decide(d: Deployed): Promise<void> {
  const { ethers, admin, governor, guardian, oracleManager, keeper, deployer, authority, main, other } = d;
  const { pool } = main;
  await sent(pool.connect(guardian).pause());
  await sent(pool.connect(guardian).unpause());
  await sent(pool.connect(guardian).lowerCaps(2_000_000, 1_500_000));
  await sent(pool.connect(guardian).lowerLtvs(7_500, 8_000, 8 * DAY));
  const price = oraclePrice(2_100);
  const next = await ethers.deployContract("FixedOracle", [deployer.address, price, price, true]);
  await sent(pool.connect(oracleManager).scheduleOracle(next));
  await sent(pool.connect(guardian).cancelOracle());
  await sent(pool.connect(oracleManager).scheduleOracle(next));
  await sent(pool.connect(keeper).topUpReserve(tokens(200_000)));

  const { interface: calls } = pool;
  const governed: [typeof pool, string][] = [
    [pool, calls.encodeFunctionData("raiseCaps", [3_000_000, 2_500_000])],
    [pool, calls.encodeFunctionData("setFees", [11, 9, 300])],
    [pool, calls.encodeFunctionData("reopenBorrowing")],
    [pool, calls.encodeFunctionData("executeOracle")],
    [other.pool, calls.encodeFunctionData("windDown", [30 * DAY])],
    [pool, calls.encodeFunctionData("withdrawReserve", [tokens(1_000), governor.address])],
  ];
  for (const [target, data] of governed) await sent(authority.connect(governor).schedule(target, data, 0));
  const unwanted = calls.encodeFunctionData("raiseLtvs", [8_000, 8_600]);
  await sent(authority.connect(governor).schedule(pool, unwanted, 0));
  await sent(authority.connect(guardian).cancel(governor, pool, unwanted));
  await wait(d, 3 * DAY);
  for (const [target, data] of governed) await sent(authority.connect(governor).execute(target, data));

  const rules = authority.interface;
  const role = 77n;
  const another = await ethers.deployContract("OpenAuthority");
  const administered = [
    rules.encodeFunctionData("labelRole", [role, "watchers"]),
    rules.encodeFunctionData("setRoleAdmin", [role, 0]),
    rules.encodeFunctionData("setRoleGuardian", [role, 0]),
    rules.encodeFunctionData("setGrantDelay", [role, 5 * DAY]),
    rules.encodeFunctionData("grantRole", [role, keeper.address, 0]),
    rules.encodeFunctionData("revokeRole", [role, keeper.address]),
    rules.encodeFunctionData("setTargetAdminDelay", [await other.pool.getAddress(), 8 * DAY]),
    rules.encodeFunctionData("setTargetClosed", [await other.pool.getAddress(), true]),
  ];
  for (const data of administered) await sent(authority.connect(admin).schedule(authority, data, 0));
  const move = rules.encodeFunctionData("updateAuthority", [await main.pool.getAddress(), await another.getAddress()]);
  await sent(authority.connect(admin).schedule(authority, move, 0));
  await wait(d, 7 * DAY);
  for (const data of [...administered, move]) await sent(authority.connect(admin).execute(authority, data));
}
