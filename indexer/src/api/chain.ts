// After a pause the chain can be another one than the rows are of: the engine does not look at what it holds final.
import { desc } from "ponder";
import { db } from "ponder:api";
import { history } from "ponder:schema";

import { TOO_DEEP, type Settings } from "../../settings.js";
import { ask } from "../node.js";

/** Looks at the newest block that has rows; where it is not the chain's any more, says so to run.ts. */
export async function expectSameChain({ urls }: Settings): Promise<void> {
  const [newest] = await db.select().from(history).orderBy(desc(history.blockNumber)).limit(1);
  if (newest === undefined) return;
  const params = [`0x${newest.blockNumber.toString(16)}`, false];
  const block = await ask<{ hash: string } | null>(urls, "eth_getBlockByNumber", params);
  // The node may be behind.
  if (block !== null && block !== undefined && block.hash !== newest.blockHash)
    console.log(JSON.stringify({ msg: TOO_DEEP }));
}
