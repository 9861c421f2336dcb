// Rows on their way into the table and out of it.
import { rowTopics } from "../../app/src/history/rows.js";
import type { PositionRow, Row } from "../../app/src/history/types.js";
import { Interface, type InterfaceAbi } from "ethers";

/** What of a row is a column of its own; the rest is `data`. */
export type Entry = {
  id: string;
  kind: string;
  market: string;
  blockNumber: number;
  logIndex: number;
  timestamp: number;
  transactionHash: string;
  blockHash: string;
  data: Record<string, unknown>;
};

/** Of an account's positions in a market only the first is kept: it has one id. */
function idOf(row: Row): string {
  if (row.kind === "position") return positionId(row);
  return [row.blockNumber, row.logIndex, row.kind, row.market].join(".");
}

const positionId = ({ market, borrower }: PositionRow) => ["position", market, borrower].join(".");

export function entryOf(row: Row, blockHash: string): Entry {
  const { kind, market, blockNumber, logIndex, timestamp, transactionHash, ...data } = row;
  return { id: idOf(row), kind, market, blockNumber, logIndex, timestamp, transactionHash, blockHash, data };
}

export function rowOf({ id: _id, blockHash: _hash, data, ...where }: Entry): Row {
  return { ...where, ...data } as Row;
}

/** Names of the events of a contract that make rows. */
export function eventNames(abi: InterfaceAbi): string[] {
  const topics = new Set(rowTopics());
  const names: string[] = [];
  new Interface(abi).forEachEvent(({ name, topicHash }) => {
    if (topics.has(topicHash)) names.push(name);
  });
  return names;
}
