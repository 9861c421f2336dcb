// Typed contracts, and reads as plain objects.
import { type BlockTag, Contract, type ContractRunner, type Overrides } from "ethers";

import type { InsuranceFund } from "../typechain-types/InsuranceFund.js";
import type { MutuaAuthority } from "../typechain-types/access/MutuaAuthority.js";
import type { ILendingPool } from "../typechain-types/interfaces/ILendingPool.js";
import type { PoolFactory } from "../typechain-types/periphery/PoolFactory.js";
import type { PoolLens } from "../typechain-types/periphery/PoolLens.js";
import type { Router } from "../typechain-types/periphery/Router.js";
import { type Abi, plain, type Reader } from "./abi-types.js";
import { authorityAbi } from "./abi/authority.js";
import { factoryAbi } from "./abi/factory.js";
import { fundAbi } from "./abi/fund.js";
import { lensAbi } from "./abi/lens.js";
import { poolAbi } from "./abi/pool.js";
import { routerAbi } from "./abi/router.js";

export type { ILendingPool, InsuranceFund, MutuaAuthority, PoolFactory, PoolLens, Router };
export type { BlockTag, ContractRunner };

const connect = (address: string, abi: Abi, runner: ContractRunner): unknown => new Contract(address, abi, runner);

/** The whole pool: ERC-20, ERC-4626 and everything of its own. */
export const poolAt = (address: string, runner: ContractRunner) => connect(address, poolAbi, runner) as ILendingPool;
export const fundAt = (address: string, runner: ContractRunner) => connect(address, fundAbi, runner) as InsuranceFund;
export const routerAt = (address: string, runner: ContractRunner) => connect(address, routerAbi, runner) as Router;
export const factoryAt = (address: string, runner: ContractRunner) =>
  connect(address, factoryAbi, runner) as PoolFactory;
export const authorityAt = (address: string, runner: ContractRunner) =>
  connect(address, authorityAbi, runner) as MutuaAuthority;

export type Lens = Reader<typeof lensAbi, Overrides>;

/** Batched reads, as plain objects: `lens.market(pool)`, `lens.markets([…])`, `lens.account(pool, user)`, … */
export function lensAt(address: string, runner: ContractRunner): Lens {
  const contract = new Contract(address, lensAbi, runner);
  const views = lensAbi.filter((fragment) => fragment.type === "function");
  return Object.fromEntries(
    views.map(({ name, outputs: [output] }) => [
      name,
      async (...values: unknown[]) => plain(output, await contract.getFunction(name)(...values)),
    ]),
  ) as Lens;
}
