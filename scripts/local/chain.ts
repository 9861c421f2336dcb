// What is on the local chain, for those who set it up and control it.
import type { HardhatEthers } from "@nomicfoundation/hardhat-ethers/types";

import type { People } from "../lib/local-system.js";
import type {
  FixedOracle,
  ILendingPool,
  InsuranceFund,
  MockERC20,
  MutuaAuthority,
  PoolLens,
} from "../../typechain-types/index.js";

export type Token = { address: string; symbol: string; decimals: number };

export type LocalMarket = {
  /** As in the deployment's file. */
  name: string;
  pool: ILendingPool;
  fund: InsuranceFund;
  oracle: FixedOracle;
  /** Anyone can mint it. */
  cash: MockERC20;
  asset: Token;
  collateral: Token;
};

export type LocalChain = {
  ethers: HardhatEthers;
  people: People;
  authority: MutuaAuthority;
  lens: PoolLens;
  markets: LocalMarket[];
};

export const DAY = 86_400;

export async function timeOf(ethers: HardhatEthers): Promise<number> {
  const block = await ethers.provider.getBlock("latest");
  if (block === null) throw new Error("The chain has no block");
  return block.timestamp;
}

/** The next block is of that time, or a second after the newest if that is later. */
export async function nextBlockAt(ethers: HardhatEthers, timestamp: number): Promise<void> {
  const next = Math.max(timestamp, (await timeOf(ethers)) + 1);
  await ethers.provider.send("evm_setNextBlockTimestamp", [next]);
}

/** Lets time pass, and mines a block. */
export async function pass(ethers: HardhatEthers, seconds: number): Promise<void> {
  await ethers.provider.send("evm_increaseTime", [seconds]);
  await ethers.provider.send("evm_mine", []);
}
