// What only events tell: who has borrowed, what is proposed and by whom, how long a pause lasts.
import type { Log } from "ethers";

import type { Market } from "./market.ts";

/** Blocks asked for at once; halved where a node refuses so many. */
const MOST_BLOCKS = 10_000;
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
  const { pool, authority, deployment, deployed } = market;
  const logs = await readLogs(market, report, {
    address: [deployed.pool, deployment.contracts.authority],
    topics: [
      [
        pool.getEvent("Borrowed").fragment.topicHash,
        pool.getEvent("PauseSet").fragment.topicHash,
        pool.getEvent("WindDownStarted").fragment.topicHash,
        authority.getEvent("OperationScheduled").fragment.topicHash,
      ],
    ],
  });
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

async function readLogs(
  { provider, deployed }: Market,
  report: Report,
  filter: { address: string[]; topics: string[][] },
): Promise<Log[]> {
  const last = await provider.getBlockNumber();
  const logs: Log[] = [];
  let size = MOST_BLOCKS;
  let reported = Date.now();
  for (let from = deployed.startBlock; from <= last;) {
    const to = Math.min(from + size - 1, last);
    try {
      logs.push(...(await provider.getLogs({ ...filter, fromBlock: from, toBlock: to })));
    } catch (error) {
      if (size === 1) throw error;
      size = Math.ceil(size / 2);
      continue;
    }
    from = to + 1;
    if (Date.now() - reported > REPORT_EVERY_MS) {
      reported = Date.now();
      const part = Math.floor(((to - deployed.startBlock) * 100) / Math.max(1, last - deployed.startBlock));
      report(`Reading events: block ${to} of ${last}, ${part} %`);
    }
  }
  return logs;
}
