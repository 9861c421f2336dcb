// What only events tell: who has borrowed, what is proposed and by whom, how long a pause lasts.
import { MOST_BLOCKS } from "../../app/src/history/span.ts";
import { readLogs } from "../lib/logs.ts";
import type { Market } from "./market.ts";

const REPORT_EVERY_MS = 2_000;

export type Operation = {
  id: string;
  proposer: string;
  target: string;
  data: string;
  /** Unix seconds from which it can be executed, and from which no longer. */
  executableAt: bigint;
  expiresAt: bigint;
};

export type Scan = {
  borrowers: string[];
  /** Unix seconds; undefined where there has been none. */
  pausedUntil?: bigint;
  isWindingDown: boolean;
  operations: Operation[];
};

export type Report = (text: string) => void;

/** Reads the market's events from its first block to the last. */
export async function scan(market: Market, report: Report): Promise<Scan> {
  const { pool, authority, deployment, deployed, provider } = market;
  const events = [
    pool.getEvent("Borrowed"),
    pool.getEvent("PauseSet"),
    pool.getEvent("WindDownStarted"),
    authority.getEvent("OperationScheduled"),
  ];
  const filter = {
    address: [deployed.pool, deployment.contracts.authority],
    topics: [events.map(({ fragment }) => fragment.topicHash)],
  };
  const range = { from: deployed.startBlock, to: await provider.getBlockNumber(), mostBlocks: MOST_BLOCKS };
  const logs = await readLogs(provider, filter, range, progress(range, report));
  const borrowers = new Set<string>();
  const scheduled = new Map<string, Pick<Operation, "proposer" | "target" | "data">>();
  const result: Scan = { borrowers: [], isWindingDown: false, operations: [] };
  for (const log of logs) {
    const event = (pool.interface.parseLog(log) ?? authority.interface.parseLog(log)) as {
      name: string;
      args: Record<string, unknown>;
    } | null;
    if (event === null) continue;
    const { name, args } = event;
    if (name === "Borrowed") borrowers.add(String(args["onBehalf"]));
    if (name === "PauseSet") result.pausedUntil = args["until"] as bigint;
    if (name === "WindDownStarted") result.isWindingDown = true;
    if (name === "OperationScheduled") {
      scheduled.set(String(args["operationId"]), {
        proposer: String(args["caller"]),
        target: String(args["target"]),
        data: String(args["data"]),
      });
    }
  }
  result.borrowers = [...borrowers];
  result.operations = await stillOpen(market, scheduled);
  return result;
}

/** Executed, cancelled and expired ones have no schedule any more. */
async function stillOpen(
  { authority }: Market,
  scheduled: ReadonlyMap<string, Pick<Operation, "proposer" | "target" | "data">>,
): Promise<Operation[]> {
  if (scheduled.size === 0) return [];
  const expiration = await authority.expiration();
  const open: Operation[] = [];
  for (const [id, operation] of scheduled) {
    const executableAt = await authority.getSchedule(id);
    if (executableAt !== 0n) open.push({ id, ...operation, executableAt, expiresAt: executableAt + expiration });
  }
  return open.toSorted((a, b) => Number(a.executableAt - b.executableAt));
}

/** A word every two seconds. */
function progress({ from, to }: { from: number; to: number }, report: Report): (block: number) => void {
  let reported = Date.now();
  return (block) => {
    if (Date.now() - reported <= REPORT_EVERY_MS) return;
    reported = Date.now();
    report(`Reading events: block ${block} of ${to}, ${Math.floor(((block - from) * 100) / Math.max(1, to - from))} %`);
  };
}
