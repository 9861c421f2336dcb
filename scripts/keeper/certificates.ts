// Who could claim out of recoveries, and how much: reported, never claimed, since the money is the holder's to ask for.
import { formatUnits } from "ethers";

import type { Book } from "./book.ts";
import type { Log } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Node } from "./node.ts";
import type { Market, View } from "./view.ts";

const AT_ONCE = 200;

export class Certificates {
  readonly #node: Node;
  readonly #market: Market;
  readonly #metrics: Metrics;
  readonly #log: Log;
  #claimable = new Map<string, bigint>();
  #isFresh = false;

  constructor(node: Node, market: Market, metrics: Metrics, log: Log) {
    this.#node = node;
    this.#market = market;
    this.#metrics = metrics;
    this.#log = log;
  }

  /** Asks anew after money has come back or been claimed. */
  async report(book: Book, view: View, recoveries: boolean): Promise<void> {
    if (this.#isFresh && !recoveries) return;
    const before = this.#claimable;
    this.#claimable = view.recovered === 0n ? new Map() : await this.#read([...book.holders], view);
    this.#isFresh = true;
    const { decimals } = this.#market.asset;
    let sum = 0n;
    for (const [holder, assets] of this.#claimable) {
      sum += assets;
      if (before.get(holder) !== assets) {
        this.#log("info", "certificate-claimable", { holder, assets: formatUnits(assets, decimals) });
      }
    }
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
