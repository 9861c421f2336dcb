// Share prices at a block's end, as the lens tells them.
import { getAddress, Interface } from "ethers";

import { SAMPLE_LOG_INDEX, type PriceRow } from "../../app/src/history/types.js";
import { lensAbi } from "../../sdk/abi/lens.js";
import type { Settings } from "../settings.js";
import { ask } from "./node.js";

const lens = new Interface(lensAbi);
/** A market takes up to a million gas, and some nodes give a call 30 million. */
const MARKETS_A_CALL = 20;
/** A node that keeps no state of old blocks says so in one of many ways. Reverts are of the lens itself. */
const NOT_THERE =
  /missing trie node|state|header not found|block not found|out ?of ?range|archive|histor|prune|revert/i;

type Where = Pick<PriceRow, "blockNumber" | "timestamp">;
type Result = {
  pool: string;
  isReadable: boolean;
  market: { prices: { grossPriceWad: bigint; exitPriceWad: bigint } };
};

/**
 * Rows of one block, one for each market that can be read. None where the lens was not there yet, and none where the
 * node has no state of the block: without an archive only the newest blocks have samples. A node that is down, or has
 * had enough of us, is asked until it answers.
 */
export function sampler({ urls, lens: address, markets }: Settings): (where: Where) => Promise<PriceRow[]> {
  const pools = markets.map(({ pool }) => pool);
  const calls = Array.from({ length: Math.ceil(pools.length / MARKETS_A_CALL) }, (_, index) =>
    lens.encodeFunctionData("markets", [pools.slice(index * MARKETS_A_CALL, (index + 1) * MARKETS_A_CALL)]),
  );
  return async ({ blockNumber, timestamp }) => {
    const rows: PriceRow[] = [];
    for (const data of calls) {
      const block = `0x${blockNumber.toString(16)}`;
      const answer = await ask<string>(urls, "eth_call", [{ to: address, data }, block], NOT_THERE);
      if (answer === undefined || answer === "0x") return [];
      const [results] = lens.decodeFunctionResult("markets", answer) as unknown as [Result[]];
      for (const { pool, isReadable, market } of results) {
        if (!isReadable) continue;
        rows.push({
          kind: "price",
          cause: "sample",
          market: getAddress(pool),
          blockNumber,
          logIndex: SAMPLE_LOG_INDEX,
          timestamp,
          transactionHash: "",
          grossPriceWad: String(market.prices.grossPriceWad),
          exitPriceWad: String(market.prices.exitPriceWad),
        });
      }
    }
    return rows;
  };
}
