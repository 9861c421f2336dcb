// The whole system on a local chain, with test tokens and people who hold them: what `npm start` shows, and what its
// test runs.
import type { HardhatEthers, HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import {
  type ContractTransactionReceipt,
  type ContractTransactionResponse,
  HDNodeWallet,
  MaxUint256,
  Mnemonic,
} from "ethers";

import type { FixedOracle, MockWETH, MutuaAuthority, PoolLens, Router } from "../../typechain-types/index.js";
import {
  createPool,
  DEFAULT_PARAMETERS,
  deploySystem,
  deployTestMarket,
  type Market,
  oraclePrice,
  type System,
  WAD,
  YEAR,
} from "./market.js";

/** The accounts in their order: who they are in the story, or what they may do. */
const NAMES = [
  "deployer",
  "admin",
  "governor",
  "guardian",
  "oracleManager",
  "ada",
  "bruno",
  "chen",
  "dina",
  "erik",
  "fay",
  "gil",
  "hana",
  "liv",
] as const;

export type Name = (typeof NAMES)[number];
export type People = Record<Name, HardhatEthersSigner>;

/** The people with test tokens; the first five have roles instead. */
export const HOLDERS = NAMES.slice(5);

export type LocalSystem = {
  people: People;
  system: System;
  authority: MutuaAuthority;
  lens: PoolLens;
  router: Router;
  wrapped: MockWETH;
  /** The market of the story. Its interest is the least there can be, so that round figures stay round. */
  story: Market;
  /** A market with everyday parameters, untouched by the story. Its collateral is the wrapped native coin. */
  open: Omit<Market, "collateral"> & { collateral: MockWETH };
};

export const STORY_PARAMETERS = {
  ...DEFAULT_PARAMETERS,
  initialRateAtTargetPerSecondWad: WAD / 1_000n / YEAR + 1n,
};
export const OPEN_PARAMETERS = { ...DEFAULT_PARAMETERS, name: "Mutua USD-WETH", symbol: "mUSD-WETH" };

export const tokens = (whole: bigint): bigint => whole * WAD;

/** Waits for a transaction and returns its receipt. */
export async function sent(transaction: Promise<ContractTransactionResponse>): Promise<ContractTransactionReceipt> {
  const receipt = await (await transaction).wait();
  if (receipt === null) throw new Error("A transaction was not mined");
  return receipt;
}

/** Deploys everything; every one of `HOLDERS` gets test tokens and lets both pools and the router take them. */
export async function deployLocalSystem(ethers: HardhatEthers): Promise<LocalSystem> {
  const signers = await ethers.getSigners();
  const people = Object.fromEntries(NAMES.map((name, index) => [name, signers[index]])) as People;
  const { deployer, admin, governor, guardian, oracleManager } = people;
  const system = await deploySystem(ethers);
  const authority = await ethers.deployContract("MutuaAuthority", [
    admin.address,
    governor.address,
    guardian.address,
    oracleManager.address,
  ]);
  const story = await deployTestMarket(ethers, system, authority, deployer, { parameters: STORY_PARAMETERS });
  const wrapped = await ethers.deployContract("MockWETH");
  const oracle = await deployOracle(ethers, deployer);
  const open = {
    ...(await createPool(
      system,
      {
        ...OPEN_PARAMETERS,
        asset: await story.asset.getAddress(),
        collateral: await wrapped.getAddress(),
        oracle: await oracle.getAddress(),
        authority: await authority.getAddress(),
      },
      deployer,
    )),
    oracle,
    asset: story.asset,
    collateral: wrapped,
  };
  const lens = await ethers.deployContract("PoolLens");
  const router = await ethers.deployContract("Router", [await system.factory.getAddress(), await wrapped.getAddress()]);
  for (const { pool } of [story, open]) await sent(authority.connect(admin).adopt(await pool.getAddress()));

  const local = { people, system, authority, lens, router, wrapped, story, open };
  for (const name of HOLDERS) await equip(local, people[name]);
  await fillOpenMarket(local);
  return local;
}

async function deployOracle(ethers: HardhatEthers, owner: HardhatEthersSigner): Promise<FixedOracle> {
  const price = oraclePrice(2_000);
  return await ethers.deployContract("FixedOracle", [owner.address, price, price, true], owner);
}

async function equip({ story, open, router }: LocalSystem, person: HardhatEthersSigner): Promise<void> {
  const spenders = [await story.pool.getAddress(), await open.pool.getAddress(), await router.getAddress()];
  await sent(story.asset.mint(person.address, tokens(100_000_000n)));
  await sent(story.collateral.mint(person.address, tokens(100_000n)));
  for (const token of [story.asset, story.collateral, open.collateral]) {
    for (const spender of spenders) await sent(token.connect(person).approve(spender, MaxUint256));
  }
  await sent(story.pool.connect(person).approve(await story.fund.getAddress(), MaxUint256));
  await sent(open.pool.connect(person).approve(await open.fund.getAddress(), MaxUint256));
}

/** Something to look at: a million supplied, a part of it staked, and a loan. */
async function fillOpenMarket({ people: { fay, hana }, open }: LocalSystem): Promise<void> {
  const pool = open.pool.connect(fay);
  await sent(pool["deposit(uint256,address)"](tokens(1_000_000n), fay.address));
  await sent(open.fund.connect(fay)["deposit(uint256,address)"](tokens(50_000n) * 1_000_000n, fay.address));
  await sent(open.collateral.connect(hana).deposit({ value: tokens(500n) }));
  await sent(open.pool.connect(hana).supplyCollateral(tokens(500n), hana.address));
  await sent(open.pool.connect(hana).borrow(tokens(400_000n), hana.address, hana.address));
}

/** The private keys of the accounts, from the phrase that every Hardhat node in the world uses. */
export function developmentKeys(): Map<Name, { address: string; privateKey: string }> {
  const phrase = Mnemonic.fromPhrase(`${"test ".repeat(11)}junk`);
  const root = HDNodeWallet.fromMnemonic(phrase, "m/44'/60'/0'/0");
  return new Map(
    NAMES.map((name, index) => {
      const { address, privateKey } = root.deriveChild(index);
      return [name, { address, privateKey }];
    }),
  );
}
