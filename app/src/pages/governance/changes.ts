// What has changed and what is about to, from the rows of the history. No DOM in here.
import type { GovernanceRow } from "../../history/types.js";
import { happened, isSame, type Market, marketAt, type Sentence, willDo, type World } from "./sentences.js";

export type Operation = {
  readonly id: string;
  readonly nonce: string;
  readonly proposer: string;
  readonly target: string;
  readonly data: string;
  readonly executableAt: bigint;
};

/** All of one transaction. */
export type Change = {
  readonly transactionHash: string;
  readonly timestamp: number;
  /** None: it concerns the authority itself. */
  readonly markets: readonly Market[];
  readonly sentences: readonly Sentence[];
};

/** Of whom and of what the chain is asked at each block: the last ones, as many as roles ever need. */
const MOST_ASKED = 200;

const operationKey = ({ values }: GovernanceRow): string => `${values["operationId"]} ${values["nonce"]}`;

function operationOf({ values }: GovernanceRow): Operation {
  const text = (name: string): string => values[name] ?? "";
  return {
    id: text("operationId"),
    nonce: text("nonce"),
    proposer: text("caller"),
    target: text("target"),
    data: text("data"),
    executableAt: BigInt(values["schedule"] ?? 0),
  };
}

const scheduledOf = (rows: readonly GovernanceRow[]): Map<string, Operation> =>
  new Map(
    rows.filter(({ event }) => event === "OperationScheduled").map((row) => [operationKey(row), operationOf(row)]),
  );

/** Scheduled, and neither executed nor cancelled, of those scheduled last: soonest first. */
export function openOperations(rows: readonly GovernanceRow[]): Operation[] {
  const open = scheduledOf(rows);
  for (const row of rows) {
    if (row.event === "OperationExecuted" || row.event === "OperationCanceled") open.delete(operationKey(row));
  }
  return [...open.values()].slice(-MOST_ASKED).toSorted((a, b) => Number(a.executableAt - b.executableAt));
}

/** Newest first. */
export function changesOf(rows: readonly GovernanceRow[], world: World): Change[] {
  const scheduled = scheduledOf(rows);
  const changes: Change[] = [];
  for (const [transactionHash, group] of Map.groupBy(rows, (row) => row.transactionHash)) {
    const markets = new Set<Market>();
    const sentences: Sentence[] = [];
    // The constructor's settings come before the factory's word, and are told after it.
    group.sort((a, b) => Number(b.event === "PoolCreated") - Number(a.event === "PoolCreated"));
    const isAdoption = group.some(({ event }) => event === "PoolAdopted");
    for (const row of group) {
      // Adopting a market gives each of its functions to a role: that is one decision.
      if (isAdoption && row.event === "TargetFunctionRoleUpdated") continue;
      const operation = scheduled.get(operationKey(row));
      const market = marketAt(world, row.market === "" ? (operation?.target ?? "") : row.market);
      if (market !== undefined) markets.add(market);
      const sentence = row.event.startsWith("Operation")
        ? operationSentence(row, operation, world)
        : happened(row, world);
      if (sentence !== undefined) sentences.push(sentence);
    }
    const [first] = group;
    if (first === undefined || sentences.length === 0) continue;
    changes.push({ transactionHash, timestamp: first.timestamp, markets: [...markets], sentences });
  }
  return changes.toReversed();
}

function operationSentence({ event }: GovernanceRow, operation: Operation | undefined, world: World): Sentence {
  if (operation === undefined)
    return [event === "OperationExecuted" ? "A scheduled call was made." : "A scheduled call was cancelled."];
  const { proposer, executableAt, target, data } = operation;
  const call = willDo(data, target, world);
  if (event === "OperationCanceled") return ["Cancelled, what ", { address: proposer }, " had scheduled: ", ...call];
  if (event === "OperationExecuted") return ["As ", { address: proposer }, " had scheduled:"];
  return ["Scheduled by ", { address: proposer }, ", to run from ", { time: executableAt }, " on: ", ...call];
}

/** A liquidation LTV that is falling now. */
export type Ramp = { readonly pool: string; readonly toBps: bigint; readonly endsAt: bigint };

/** Of each market the last word on its LTVs counts. */
export function rampsOf(rows: readonly GovernanceRow[], now: bigint): Ramp[] {
  const last = new Map<string, Ramp>();
  for (const { event, values, market: pool, timestamp } of rows) {
    if (event !== "LtvsSet") continue;
    const endsAt = BigInt(timestamp) + BigInt(values["rampSeconds"] ?? 0);
    last.set(pool, { pool, toBps: BigInt(values["lltvBps"] ?? 0), endsAt });
  }
  return [...last.values()].filter(({ endsAt }) => endsAt > now);
}

/** Until when a market is paused; undefined where it is not, or where it is not known yet. */
export function pausedUntil(rows: readonly GovernanceRow[], pool: string): bigint | undefined {
  const row = rows.findLast(({ event, market }) => event === "PauseSet" && isSame(market, pool));
  return row === undefined ? undefined : BigInt(row.values["until"] ?? 0);
}

/** Grants and delays that are decided but not in force yet. */
export const comingGrants = (rows: readonly GovernanceRow[], now: bigint): readonly GovernanceRow[] =>
  rows.filter(({ event, values }) => event === "RoleGranted" && BigInt(values["since"] ?? 0) > now);

/** The file says who had the roles on the first day, the rows who was given one last; the chain says who has one now. */
export function candidatesOf(rows: readonly GovernanceRow[], deployment: object): readonly string[] {
  const { roles = {} } = deployment as { readonly roles?: Readonly<Record<string, string>> };
  const granted = rows.filter(({ event }) => event === "RoleGranted").map(({ values }) => values["account"] ?? "");
  const last = new Map(granted.toReversed().map((each) => [each.toLowerCase(), each]));
  const first = Object.values(roles).map((each) => [each.toLowerCase(), each] as const);
  return [...new Map([...first, ...[...last].slice(0, MOST_ASKED)]).values()];
}
