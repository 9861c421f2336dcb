// What these attacks have in common: Mallory, a contract that makes any calls in one transaction; pools on oracles and
// tokens of one's own; gas of a transaction.
import type { BaseContract, ContractTransactionResponse } from "ethers";

import type { ILendingPool, InsuranceFund, MockERC20 } from "../../typechain-types/index.js";
import {
  createPool,
  DEFAULT_PARAMETERS,
  ethers,
  type MarketParameters,
  MAX,
  sent,
  type World,
} from "../helpers/fixtures.js";

export type Call = { target: string; payload: string };

/** What a call made by Mallory came to. */
export type Result = { success: boolean; data: string };

/** The data of a callback that makes Mallory do these. */
export function encode(calls: readonly Call[]): string {
  return ethers.AbiCoder.defaultAbiCoder().encode(["tuple(address target, bytes payload)[]"], [calls]);
}

/** A contract of the attacker's. */
export async function deployMallory() {
  const contract = await ethers.deployContract("PoolActor");
  const address = await contract.getAddress();
  /** Calldata with which anyone who calls Mallory makes her do these. */
  const script = (calls: readonly Call[]) =>
    contract.interface.encodeFunctionData("onLiquidate", [0, 0, encode(calls)]);
  const results = async (): Promise<Result[]> => {
    const [successes, data] = await contract.outcomes();
    return data.map((each, i) => ({ success: successes[i] === true, data: each }));
  };
  return {
    address,
    contract,
    script,
    results,
    /** One call as Mallory; reverts with what it reverts with. */
    do: (target: BaseContract, payload: string) => contract.execute(target, payload),
    /** All of them in one transaction, whatever becomes of each. */
    doAll: async (calls: readonly Call[]): Promise<Result[]> => {
      const before = Number(await contract.resultCount());
      await sent(contract.onLiquidate(0, 0, encode(calls), { gasLimit: 15_000_000 }));
      return (await results()).slice(before);
    },
  };
}

export type Mallory = Awaited<ReturnType<typeof deployMallory>>;

export function call(contract: BaseContract, name: string, args: readonly unknown[] = []): Call {
  return {
    target: contract.target as string,
    payload: ethers.Interface.from(contract.interface.fragments).encodeFunctionData(name, args),
  };
}

/** Mallory with tokens of the world, approved to pool and fund. */
export async function equip(w: World, mallory: Mallory, assets: bigint, collateral: bigint): Promise<void> {
  await sent(w.asset.mint(mallory.address, assets));
  await sent(w.collateral.mint(mallory.address, collateral));
  await mallory.doAll([
    call(w.asset, "approve", [w.pool.target, MAX]),
    call(w.collateral, "approve", [w.pool.target, MAX]),
    call(w.pool, "approve", [w.fund.target, MAX]),
  ]);
}

export type Parts = {
  asset?: MockERC20;
  collateral?: MockERC20;
  oracle?: BaseContract;
  parameters?: Partial<MarketParameters>;
};

/** Another pool of the same people, who all have tokens and have approved it. `world.oracle` stays what it was. */
export async function marketOf(w: World, parts: Parts): Promise<World> {
  const asset = parts.asset ?? w.asset;
  const collateral = parts.collateral ?? w.collateral;
  const { pool, fund }: { pool: ILendingPool; fund: InsuranceFund } = await createPool(
    w.system,
    {
      ...DEFAULT_PARAMETERS,
      reserveFeePercent: 0n,
      fundFeePercent: 0n,
      ...parts.parameters,
      asset: await asset.getAddress(),
      collateral: await collateral.getAddress(),
      oracle: (parts.oracle ?? w.oracle).target,
      authority: await w.authority.getAddress(),
    },
    w.deployer,
  );
  await sent(w.authority.connect(w.admin).adopt(await pool.getAddress()));
  for (const who of [w.alice, w.bob, w.carol, w.dave, w.erin, w.frank, w.liquidator, w.keeper]) {
    if (parts.asset !== undefined) await sent(asset.mint(who.address, w.usd(1_000_000_000)));
    if (parts.collateral !== undefined) await sent(collateral.mint(who.address, w.eth(10_000_000)));
    await sent(asset.connect(who).approve(pool, MAX));
    await sent(collateral.connect(who).approve(pool, MAX));
    await sent(pool.connect(who).approve(fund, MAX));
  }
  return { ...w, pool, fund, asset, collateral };
}

export async function gasOf(transaction: Promise<ContractTransactionResponse>): Promise<bigint> {
  return (await sent(transaction)).gasUsed;
}
