// The logs of many blocks. Nodes answer for some thousand blocks at a time, or for as many as they like.
import type { Log, Provider } from "ethers";

import { Span } from "../../app/src/history/span.ts";

export type LogFilter = { address: string | string[]; topics: (string | string[])[] };
export type LogRange = {
  from: number;
  to: number;
  /** Asked for at once to begin with; all if not said. What is refused is asked for in halves. */
  mostBlocks?: number;
};

/** All logs of the range, in their order. `report` is called with the last block read so far. */
export async function readLogs(
  provider: Pick<Provider, "getLogs">,
  filter: LogFilter,
  { from: first, to: last, mostBlocks = Math.max(1, last - first + 1) }: LogRange,
  report: (block: number) => void = () => undefined,
): Promise<Log[]> {
  const logs: Log[] = [];
  const span = new Span(mostBlocks);
  for (let from = first; from <= last;) {
    const to = Math.min(from + span.blocks - 1, last);
    try {
      logs.push(...(await provider.getLogs({ ...filter, fromBlock: from, toBlock: to })));
    } catch (error) {
      if (!span.shrink()) throw error;
      continue;
    }
    span.grow();
    from = to + 1;
    report(to);
  }
  return logs;
}
