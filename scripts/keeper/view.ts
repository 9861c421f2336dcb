// What a pool says at a block, in one call; and what never changes about it.
import { Contract, formatUnits, type JsonRpcProvider } from "ethers";

import { ILendingPool__factory, type ILendingPool } from "../../typechain-types/index.js";
import type { LiquidationTerms } from "../../sdk/model/liquidation.js";
import { Problem } from "../lib/problem.ts";
import type { Head, Node } from "./node.ts";

export type Token = { address: string; symbol: string; decimals: number };

export type Market = {
  address: string;
  pool: ILendingPool;
  asset: Token;
  collateral: Token;
  terms: LiquidationTerms;
};

export type View = {
  head: Head;
  debtShares: bigint;
  debtAssets: bigint;
  indexWad: bigint;
  low: bigint;
  high: bigint;
  ok: boolean;
  lltvBps: bigint;
  estateDebt: bigint;
  estateCollateral: bigint;
  estatePrice: bigint;
  highestTick: number;
  pivotTick: number;
  /** Held for claims out of recoveries. */
  recovered: bigint;
};

const ERC20 = ["function symbol() view returns (string)", "function decimals() view returns (uint8)"];

export async function readMarket(provider: JsonRpcProvider, address: string): Promise<Market> {
  const pool = ILendingPool__factory.connect(address, provider);
  try {
    const [lifFloorBps, lifMinBps, lifPeakBps, repayTargetBps, minDebt, asset, collateral] = await Promise.all([
      pool.lifFloorBps(),
      pool.lifMinBps(),
      pool.lifPeakBps(),
      pool.repayTargetBps(),
      pool.minDebt(),
      pool.asset(),
      pool.collateralToken(),
    ]);
    return {
      address,
      pool,
      asset: await readToken(provider, asset),
      collateral: await readToken(provider, collateral),
      terms: { lifFloorBps, lifMinBps, lifPeakBps, repayTargetBps, minDebt },
    };
  } catch (error) {
    if ((error as { code?: string }).code !== "BAD_DATA" && (error as { code?: string }).code !== "CALL_EXCEPTION") {
      throw error;
    }
    throw new Problem(`${address} is no pool of Mutua on this chain: give another --pool, or the chain it is on`);
  }
}

async function readToken(provider: JsonRpcProvider, address: string): Promise<Token> {
  const token = new Contract(address, ERC20, provider);
  const decimals = Number((await token.getFunction("decimals")()) as bigint);
  const symbol = await (token.getFunction("symbol")() as Promise<string>).catch(() => address.slice(0, 8));
  return { address, symbol, decimals };
}

const NAMES = ["totals", "currentPrice", "config", "estate", "ledgerState", "certificates"] as const;

/** All at one block, so that none of it contradicts the rest. */
export async function readView(node: Node, market: Market, head: Head): Promise<View> {
  const coder = market.pool.interface;
  // The coder's types know each name by itself only.
  const encoded = NAMES.map((name) => coder.encodeFunctionData(name as "totals"));
  const answer = await node.ask<string>("eth_call", [
    { to: market.address, data: coder.encodeFunctionData("multicall", [encoded]) },
    `0x${head.number.toString(16)}`,
  ]);
  const [parts] = coder.decodeFunctionResult("multicall", answer) as unknown as [string[]];
  const read = (index: number): Record<string, bigint> =>
    coder.decodeFunctionResult(NAMES[index] as "totals", parts[index] as string);
  const [totals, price, config, estate, ledger, certificates] = NAMES.map((_, index) => read(index)) as [
    Record<string, bigint>,
    Record<string, bigint>,
    Record<string, bigint>,
    Record<string, bigint>,
    Record<string, bigint>,
    Record<string, bigint>,
  ];
  return {
    head,
    debtShares: totals["debtShares"] as bigint,
    debtAssets: totals["debtAssets"] as bigint,
    indexWad: totals["borrowIndexWad"] as bigint,
    low: price["low"] as bigint,
    high: price["high"] as bigint,
    ok: Boolean(price["ok"]),
    lltvBps: config["lltvBps"] as bigint,
    estateDebt: estate["debtAssets"] as bigint,
    estateCollateral: estate["collateral"] as bigint,
    estatePrice: estate["price"] as bigint,
    highestTick: Number(ledger["highestTick"]),
    pivotTick: Number(ledger["pivotTick"]),
    recovered: certificates["held"] as bigint,
  };
}

/** Of `high` or `low`: whole loan tokens for a whole collateral token. */
export function wholePrice(price: bigint, { asset, collateral }: Market): number {
  return Number(formatUnits(price, 36 + asset.decimals - collateral.decimals));
}
