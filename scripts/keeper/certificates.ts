// Who could claim out of recoveries, and how much: reported, never claimed, since the money is the holder's to ask for.
import { formatUnits } from "ethers";

import type { Book } from "./book.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Node } from "./node.ts";
import type { Market, View } from "./view.ts";

const AT_ONCE = 200;
/** Holders who are asked for in a round: anybody can make thousands, and liquidations are not to wait for them. */
const MOST_A_ROUND = 2 * AT_ONCE;

export class Certificates {
  readonly #node: Node;
  readonly #market: Market;
  readonly #metrics: Metrics;
  readonly #log: Log;
  readonly #claimable = new Map<string, bigint>();
  /** Who is yet to be asked for, and whether all have to be anew after that. */
  #queue: string[] = [];
  #isDue = true;

  constructor(node: Node, market: Market, metrics: Metrics, log: Log) {
    this.#node = node;
    this.#market = market;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Asks anew after money has come back or been claimed, over as many rounds as it takes. */
  async report(book: Book, view: View, recoveries: boolean): Promise<void> {
    if (recoveries) this.#isDue = true;
    if (this.#queue.length === 0 && this.#isDue) {
      this.#queue = [...book.holders];
      this.#isDue = false;
    }
    if (view.recovered === 0n) {
      this.#queue = [];
      this.#claimable.clear();
    }
    const some = this.#queue.slice(0, MOST_A_ROUND);
    const found = await this.#read(some, view);
    this.#queue = this.#queue.slice(some.length);
    const { decimals } = this.#market.asset;
    for (const holder of some) {
      const assets = found.get(holder) ?? 0n;
      if (assets > 0n && this.#claimable.get(holder) !== assets) {
        this.#log("info", "certificate-claimable", { holder, assets: formatUnits(assets, decimals) });
      }
      if (assets > 0n) this.#claimable.set(holder, assets);
      else this.#claimable.delete(holder);
    }
    let sum = 0n;
    for (const assets of this.#claimable.values()) sum += assets;
    this.#metrics.set("mutua_keeper_certificates_claimable_assets", Number(formatUnits(sum, decimals)));
    this.#metrics.set("mutua_keeper_certificates_claimable_holders", this.#claimable.size);
  }

  async #read(holders: readonly string[], { head }: View): Promise<Map<string, bigint>> {
    const coder = this.#market.pool.interface;
    const found = new Map<string, bigint>();
    for (let from = 0; from < holders.length; from += AT_ONCE) {
      const some = holders.slice(from, from + AT_ONCE);
      const calls = some.map((holder) => coder.encodeFunctionData("certificateOf", [holder]));
      const answer = await this.#node.ask<string>("eth_call", [
        { to: this.#market.address, data: coder.encodeFunctionData("multicall", [calls]) },
        `0x${head.number.toString(16)}`,
      ]);
      const [parts] = coder.decodeFunctionResult("multicall", answer) as unknown as [string[]];
      for (const [i, holder] of some.entries()) {
        const [, claimable] = coder.decodeFunctionResult("certificateOf", parts[i] as string) as unknown as bigint[];
        if (claimable !== undefined && claimable > 0n) found.set(holder, claimable);
      }
    }
    return found;
  }
}
