// Who can be liquidated, and liquidating them. `liv` does it, and is given what she pays with.
import { MaxUint256, type TransactionReceipt } from "ethers";

import type { IPoolLens } from "../../typechain-types/periphery/PoolLens.js";
import { sent } from "../lib/local-system.js";
import type { LocalChain, LocalMarket } from "./chain.js";

export type Position = IPoolLens.PositionInfoStructOutput;

const HEALTHY = 1n;
/** Looks, after which the interest of a position is worth reading. */
const READ_ANEW = 50;

/** Everybody with a loan. Read from the chain each time: it can be set back between two calls. */
export async function positionsOf({ lens }: LocalChain, { pool }: LocalMarket): Promise<Position[]> {
  const events = await pool.queryFilter(pool.filters.Borrowed(), 0);
  const borrowers = [...new Set(events.map(({ args }) => args.onBehalf))];
  const infos = await lens.positions(await pool.getAddress(), borrowers);
  return infos.filter(({ debtAssets }) => debtAssets > 0n);
}

/** The positions of a market that is looked at again and again: read anew when the pool has said that something is
 * different, and now and then for the interest. */
export class Book {
  readonly #chain: LocalChain;
  readonly #market: LocalMarket;
  #all: Position[] = [];
  #readUpTo = -1;
  #age = 0;

  constructor(chain: LocalChain, market: LocalMarket) {
    this.#chain = chain;
    this.#market = market;
  }

  async under(price: bigint): Promise<Position[]> {
    const { provider } = this.#chain.ethers;
    const head = await provider.getBlockNumber();
    const address = await this.#market.pool.getAddress();
    const logs = await provider.getLogs({ address, fromBlock: Math.min(this.#readUpTo + 1, head), toBlock: head });
    if (logs.length > 0 || this.#readUpTo === -1 || ++this.#age >= READ_ANEW) {
      this.#all = await positionsOf(this.#chain, this.#market);
      this.#age = 0;
    }
    this.#readUpTo = head;
    return this.#all.filter(({ liquidationPrice }) => price < liquidationPrice);
  }
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

/** More than all debts; once is enough. */
export async function fundLiquidator({ people: { liv } }: LocalChain, { pool, cash, asset }: LocalMarket) {
  const plenty = 10n ** BigInt(9 + asset.decimals);
  if ((await cash.balanceOf(liv.address)) < plenty) await sent(cash.mint(liv.address, plenty));
  await sent(cash.connect(liv).approve(await pool.getAddress(), MaxUint256));
}

/** Pays at most `most` for a part of a position, and adds what came of it to `outcome`. */
export async function liquidate(
  { people: { liv } }: LocalChain,
  { pool }: LocalMarket,
  borrower: string,
  most: bigint,
  outcome: Outcome,
): Promise<void> {
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
