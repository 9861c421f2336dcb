// A market on a chain of its own that answers over HTTP, with a deployment file: what commands and dApps talk to.
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { network } from "hardhat";

import { type AbiName, type Deployment, writeDeployment } from "../../scripts/deploy/deployment.ts";
import { sent } from "../../scripts/lib/local-system.js";
import {
  createPool,
  DEFAULT_PARAMETERS,
  deploySystem,
  deployTestMarket,
  type Market,
  oraclePrice,
} from "../../scripts/lib/market.js";
import * as types from "../../typechain-types/index.js";

export const PEOPLE = ["deployer", "admin", "governor", "guardian", "oracleManager", "ada", "bruno", "chen"] as const;
export type People = Record<(typeof PEOPLE)[number], HardhatEthersSigner>;

export type Served = Market & {
  ethers: HardhatEthers;
  url: string;
  people: People;
  authority: types.MutuaAuthority;
  lens: types.PoolLens;
  router: types.Router;
  deployment: Deployment;
  /** A second market, of a dollar whose approvals return nothing and that has no permit, written into the file too. */
  addPlainMarket: () => Promise<{ pool: types.ILendingPool; asset: types.NoReturnToken }>;
  removePlainMarket: () => void;
  setPrice: (tokens: number, isOk?: boolean) => Promise<void>;
  passTime: (seconds: bigint) => Promise<void>;
  /** Goes back to this moment whenever the returned function is called. */
  snapshot: () => Promise<() => Promise<void>>;
  close: () => Promise<void>;
};

const ABIS: Record<AbiName, readonly object[]> = {
  MutuaAuthority: types.MutuaAuthority__factory.abi,
  PoolFactory: types.PoolFactory__factory.abi,
  PoolLens: types.PoolLens__factory.abi,
  Router: types.Router__factory.abi,
  LendingPool: types.ILendingPool__factory.abi,
  InsuranceFund: types.InsuranceFund__factory.abi,
  ChainlinkOracle: types.ChainlinkOracle__factory.abi,
  FixedOracle: types.FixedOracle__factory.abi,
  ERC20: types.MockERC20__factory.abi,
};

/** Asset and collateral in their smallest units. */
export const usd = (tokens: number): bigint => BigInt(Math.round(tokens * 1e6));
export const eth = (tokens: number): bigint => usd(tokens) * 10n ** 12n;

const address = async (contract: { getAddress: () => Promise<string> }) => await contract.getAddress();

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => void probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}

/** A dollar of 6 decimals against an ether of 18 at 2,000; ada, bruno and chen have plenty of both. */
export async function serve(): Promise<Served> {
  const port = await freePort();
  const server = await network.createServer("node", "127.0.0.1", port);
  await server.listen();
  const url = `http://127.0.0.1:${port}`;
  const { ethers, provider } = await network.create({ network: "localhost", override: { url } });
  const signers = await ethers.getSigners();
  const people = Object.fromEntries(PEOPLE.map((name, index) => [name, signers[index]])) as People;
  const { deployer, admin, governor, guardian, oracleManager } = people;

  const system = await deploySystem(ethers);
  const authority = await ethers.deployContract("MutuaAuthority", [
    admin.address,
    governor.address,
    guardian.address,
    oracleManager.address,
  ]);
  const parameters = { ...DEFAULT_PARAMETERS, minDebt: 100n * 10n ** 6n };
  const market = await deployTestMarket(ethers, system, authority, deployer, { parameters, assetDecimals: 6n });
  await sent(authority.connect(admin).adopt(await market.pool.getAddress()));
  const lens = await ethers.deployContract("PoolLens");
  const wrapped = await ethers.deployContract("MockWETH");
  const router = await ethers.deployContract("Router", [await system.factory.getAddress(), await wrapped.getAddress()]);
  for (const name of PEOPLE.slice(5)) {
    await sent(market.asset.mint(people[name].address, usd(1_000_000)));
    await sent(market.collateral.mint(people[name].address, eth(1_000)));
  }

  const deployment: Deployment = {
    network: "local",
    chainId: 31_337,
    startBlock: 1,
    commit: "0".repeat(40),
    contracts: {
      authority: await address(authority),
      factory: await address(system.factory),
      lens: await address(lens),
      router: await address(router),
      certificates: await address(system.certificates),
      desk: await address(system.desk),
      views: await address(system.views),
      wrappedNative: await address(wrapped),
    },
    roles: {
      admin: admin.address,
      governor: governor.address,
      guardian: guardian.address,
      oracleManager: oracleManager.address,
    },
    markets: [
      {
        name: "usd-eth",
        pool: await address(market.pool),
        fund: await address(market.fund),
        oracle: await address(market.oracle),
        initialOracle: await address(market.oracle),
        oracleKind: "fixed",
        asset: { address: await address(market.asset), symbol: "USDT", decimals: 6 },
        collateral: { address: await address(market.collateral), symbol: "ETHT", decimals: 18 },
        creator: deployer.address,
        startBlock: 1,
        seedAssets: 0n,
        parameters,
      },
    ],
    abis: ABIS as unknown as Deployment["abis"],
  };
  const folder = mkdtempSync(join(tmpdir(), "mutua-"));
  const before = process.env["MUTUA_DEPLOYMENTS"];
  process.env["MUTUA_DEPLOYMENTS"] = folder;
  writeDeployment(deployment);

  return {
    ...market,
    ethers,
    url,
    people,
    authority,
    lens,
    router,
    deployment,
    addPlainMarket: async () => {
      const asset = await ethers.deployContract("NoReturnToken", [6]);
      const plain = { ...parameters, name: "Mutua NORET-ETH", symbol: "mNORET-ETH" };
      const { pool, fund } = await createPool(
        system,
        { ...plain, asset, collateral: market.collateral, oracle: market.oracle, authority },
        deployer,
      );
      const [first] = deployment.markets;
      if (first === undefined) throw new Error("The first market is missing");
      deployment.markets.push({
        ...first,
        name: "noret-eth",
        pool: await address(pool),
        fund: await address(fund),
        asset: { address: await address(asset), symbol: "NORET", decimals: 6 },
        parameters: plain,
      });
      writeDeployment(deployment);
      return { pool, asset };
    },
    removePlainMarket: () => {
      deployment.markets.splice(1);
      writeDeployment(deployment);
    },
    setPrice: async (tokens, isOk = true) => {
      const price = oraclePrice(tokens, 6n);
      await sent(market.oracle.connect(deployer).set(price, price, isOk));
    },
    passTime: async (seconds) => {
      await provider.request({ method: "evm_increaseTime", params: [Number(seconds)] });
      await provider.request({ method: "evm_mine", params: [] });
    },
    snapshot: async () => {
      let id = await provider.request({ method: "evm_snapshot", params: [] });
      return async () => {
        await provider.request({ method: "evm_revert", params: [id] });
        id = await provider.request({ method: "evm_snapshot", params: [] });
      };
    },
    close: async () => {
      if (before === undefined) delete process.env["MUTUA_DEPLOYMENTS"];
      else process.env["MUTUA_DEPLOYMENTS"] = before;
      rmSync(folder, { recursive: true, force: true });
      await server.close();
    },
  };
}
