// What the attacks share: blocks with several calls in a chosen order, and the attacker without capital.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { ContractTransactionResponse } from "ethers";

import type { FlashActor } from "../../typechain-types/index.js";
import { connection, deployWorld, ethers, MAX, sent, time, type World } from "../helpers/fixtures.js";
import { call } from "./tools.js";

const { provider } = connection;

/** A market without fees, to be built upon by a fixture: one fixture must not load another. */
export async function deployFeeless(): Promise<World> {
  return await deployWorld({ parameters: { reserveFeePercent: 0n, fundFeePercent: 0n } });
}

/** One block with these calls, in this order. Reverts if one of them does. */
export async function inOneBlock(calls: readonly (() => Promise<ContractTransactionResponse>)[]): Promise<void> {
  await time.setNextBlockTimestamp((await time.latest()) + 1);
  await provider.send("evm_setAutomine", [false]);
  const responses: ContractTransactionResponse[] = [];
  try {
    for (const make of calls) responses.push(await make());
    await provider.send("evm_mine", []);
  } finally {
    await provider.send("evm_setAutomine", [true]);
  }
  for (const response of responses) await response.wait();
}

/** For a call in a block with others: nothing is estimated, and the earlier call pays more and so comes first. */
export function turn(place: number): { gasLimit: number; maxFeePerGas: bigint; maxPriorityFeePerGas: bigint } {
  const fee = BigInt(20 - place) * 10n ** 9n;
  return { gasLimit: 2_000_000, maxFeePerGas: 100n * 10n ** 9n, maxPriorityFeePerGas: fee };
}

/** Loan and collateral tokens of an account. */
export async function purse(w: World, who: { address: string }): Promise<{ assets: bigint; collateral: bigint }> {
  return { assets: await w.asset.balanceOf(who.address), collateral: await w.collateral.balanceOf(who.address) };
}

/** What collateral is worth at a price in whole loan tokens, rounded down. */
export function valueAt(w: World, collateral: bigint, tokens: number): bigint {
  return (collateral * w.priceOf(tokens)) / 10n ** 36n;
}

/** A contract of the attacker's, with unlimited approvals of the pool and the fund. */
export async function flashActor(w: World, owner: HardhatEthersSigner): Promise<FlashActor & { address: string }> {
  const actor = await ethers.deployContract("FlashActor", owner);
  await sent(
    actor.run([
      call(w.asset, "approve", [w.pool.target, MAX]),
      call(w.collateral, "approve", [w.pool.target, MAX]),
      call(w.pool, "approve", [w.fund.target, MAX]),
    ]),
  );
  return Object.assign(actor, { address: await actor.getAddress() });
}
