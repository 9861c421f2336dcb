// The node as the keeper sees it: requests end in time, and what fails is counted.
import type { JsonRpcProvider, Log } from "ethers";

import type { Metrics } from "./metrics.ts";

export type Head = {
  number: number;
  hash: string;
  parentHash: string;
  timestamp: number;
  baseFee: bigint;
};

type RawBlock = {
  number: string;
  hash: string;
  parentHash: string;
  timestamp: string;
  baseFeePerGas?: string;
};
/** As the node gives it: numbers in hex. */
type RawLog = Omit<Log, "index" | "blockNumber"> & { blockNumber: string; logIndex: string };

const TIMEOUT_MS = 20_000;

export class Node {
  readonly provider: JsonRpcProvider;
  readonly #metrics: Metrics;

  constructor(provider: JsonRpcProvider, metrics: Metrics) {
    this.provider = provider;
    this.#metrics = metrics;
  }

  async ask<T>(method: string, params: unknown[]): Promise<T> {
    return await this.timed(this.provider.send(method, params) as Promise<T>);
  }

  /** The answer, or an error after twenty seconds. Reverts are answers: they are not counted as errors of the node. */
  async timed<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no answer in ${TIMEOUT_MS / 1_000} s`)), TIMEOUT_MS);
    });
    try {
      return await Promise.race([answer, late]);
    } catch (error) {
      if ((error as { code?: string }).code !== "CALL_EXCEPTION") this.#metrics.add("mutua_keeper_rpc_errors_total");
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  async head(): Promise<Head> {
    const block = await this.block("latest");
    if (block === undefined) throw new Error("the node has no latest block");
    return block;
  }

  async block(tag: number | "latest"): Promise<Head | undefined> {
    const name = typeof tag === "number" ? `0x${tag.toString(16)}` : tag;
    const block = await this.ask<RawBlock | null>("eth_getBlockByNumber", [name, false]);
    if (block === null) return undefined;
    return {
      number: Number(block.number),
      hash: block.hash,
      parentHash: block.parentHash,
      timestamp: Number(block.timestamp),
      baseFee: BigInt(block.baseFeePerGas ?? 0),
    };
  }

  /** By number it may be asked for a range; by hash the answer is of that very block. */
  async logs(address: string, range: { blockHash: string } | { from: number; to: number }): Promise<Log[]> {
    const filter =
      "blockHash" in range
        ? { address, blockHash: range.blockHash }
        : { address, fromBlock: `0x${range.from.toString(16)}`, toBlock: `0x${range.to.toString(16)}` };
    const logs = await this.ask<RawLog[]>("eth_getLogs", [filter]);
    return logs.map((log): Log => {
      const numbers = { blockNumber: Number(log.blockNumber), index: Number(log.logIndex) };
      return Object.assign(log, numbers);
    });
  }
}
