// From logs and blocks to rows. What a log means is said once, in app/src/history/rows.ts.
import { type Context, ponder } from "ponder:registry";
import { history } from "ponder:schema";

import { rowsOf } from "../../app/src/history/rows.js";
import type { Row } from "../../app/src/history/types.js";
import { authorityAbi } from "../../sdk/abi/authority.js";
import { factoryAbi } from "../../sdk/abi/factory.js";
import { poolAbi } from "../../sdk/abi/pool.js";
import { decodeEvents, type Sources } from "../../sdk/events.js";
import { fromEnvironment } from "../settings.js";
import { entryOf, eventNames } from "./rows.js";
import { sampler } from "./sample.js";

type LogEvent = {
  /** From the engine's store a log has four topics, null where there is none. */
  readonly log: { address: string; topics: readonly (string | null)[]; data: string; logIndex: number };
  readonly block: { number: bigint; timestamp: bigint; hash: string };
  readonly transaction: { hash: string };
};
type Handler = (args: { event: LogEvent; context: Context }) => Promise<void>;
/** The names come from the ABIs here, so the engine's types, which are by name, do not help. */
const on = (name: string, handler: Handler) => (ponder.on as (name: string, handler: Handler) => void)(name, handler);

const ABIS = { pool: poolAbi, factory: factoryAbi, authority: authorityAbi };
const settings = fromEnvironment();
const sample = sampler(settings);

// Whatever becomes of the program that started it, the engine ends with it: the embedded database bears one process.
process.stdin.resume().once("end", () => process.kill(process.pid, "SIGKILL"));

async function keep({ db }: Context, { hash }: { hash: string }, rows: Row[]): Promise<void> {
  for (const row of rows) await db.insert(history).values(entryOf(row, hash)).onConflictDoNothing();
}

for (const source of Object.keys(ABIS) as (keyof typeof ABIS)[]) {
  for (const name of eventNames(ABIS[source])) {
    on(`${source}:${name}`, async ({ event: { log, block, transaction }, context }) => {
      const sources: Sources = { [source]: log.address };
      const topics = log.topics.filter((topic) => topic !== null);
      const where = { blockNumber: Number(block.number), transactionHash: transaction.hash, index: log.logIndex };
      const raw = { ...log, topics, ...where };
      for (const event of decodeEvents([raw], sources))
        await keep(context, block, rowsOf(event, Number(block.timestamp)));
    });
  }
}

ponder.on("sample:block", async ({ event: { block }, context }) => {
  await keep(context, block, await sample({ blockNumber: Number(block.number), timestamp: Number(block.timestamp) }));
});
