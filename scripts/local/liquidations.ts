// Who can be liquidated, and liquidating them. `liv` does it, and is given what she pays with.
import { MaxUint256, type TransactionReceipt } from "ethers";

import type { IPoolLens } from "../../typechain-types/periphery/PoolLens.js";
import { sent } from "../lib/local-system.js";
import type { LocalChain, LocalMarket } from "./chain.js";

export type Position = IPoolLens.PositionInfoStructOutput;

export const HEALTHY = 1n;

/** Everybody with a loan. Read from the chain each time: it can be set back between two calls. */
export async function positionsOf({ lens }: LocalChain, { pool }: LocalMarket): Promise<Position[]> {
  const events = await pool.queryFilter(pool.filters.Borrowed(), 0);
  const borrowers = [...new Set(events.map(({ args }) => args.onBehalf))];
  const infos = await lens.positions(await pool.getAddress(), borrowers);
  return infos.filter(({ debtAssets }) => debtAssets > 0n);
}

export const isLiquidatable = ({ status }: Position): boolean => status > HEALTHY;

/** Sums of what liquidations did. */
export type Outcome = {
  positions: number;
  repaid: bigint;
  loss: bigint;
  fromReserve: bigint;
  fromFund: bigint;
  haircut: bigint;
};

export const nothing = (): Outcome => ({
  positions: 0,
  repaid: 0n,
  loss: 0n,
  fromReserve: 0n,
  fromFund: 0n,
  haircut: 0n,
});

/** Pays at most `most` for a part of a position, and adds what came of it to `outcome`. */
export async function liquidate(
  { people: { liv } }: LocalChain,
  { pool, cash }: LocalMarket,
  borrower: string,
  most: bigint,
  outcome: Outcome,
): Promise<void> {
  const [repay] = await pool.previewLiquidation(borrower, most);
  // Interest of some seconds on top; the pool takes what it needs.
  await sent(cash.mint(liv.address, repay + repay / 1_000n + 1n));
  if ((await cash.allowance(liv.address, await pool.getAddress())) < repay * 2n) {
    await sent(cash.connect(liv).approve(await pool.getAddress(), MaxUint256));
  }
  const receipt = await sent(pool.connect(liv).liquidate(borrower, most, 0n, liv.address, "0x"));
  outcome.positions += 1;
  addEvents(pool, receipt, outcome);
}

function addEvents(pool: LocalMarket["pool"], receipt: TransactionReceipt, outcome: Outcome): void {
  for (const log of receipt.logs) {
    const event = pool.interface.parseLog(log);
    if (event?.name === "Liquidated") outcome.repaid += event.args["repaidAssets"] as bigint;
    if (event?.name !== "LossRealised") continue;
    for (const part of ["loss", "fromReserve", "fromFund", "haircut"] as const) {
      outcome[part] += event.args[part] as bigint;
    }
  }
}
