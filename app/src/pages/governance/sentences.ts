// What governance does, in words: of an event that was, of a call that is scheduled, of what a role may do. No DOM in here.
import { Interface } from "ethers";

import { authorityAbi } from "../../../../sdk/abi/authority.js";
import { poolAbi } from "../../../../sdk/abi/pool.js";
import type { GovernanceEvent, GovernanceRow } from "../../history/types.js";
import { amountText, bpsText, durationText, type TokenUnits, wholeText } from "../../ui/format.js";

/** A sentence with what is shown by components of its own. */
export type Phrase = string | { readonly address: string } | { readonly time: bigint };
export type Sentence = readonly Phrase[];

/** Whom sentences are about. */
export type Market = {
  readonly name: string;
  readonly title: string;
  readonly pool: string;
  readonly asset: TokenUnits;
};
export type World = { readonly markets: readonly Market[]; readonly authority: string };

export const ROLES = ["admin", "guardian", "governor", "oracle manager"] as const;

type Values = Readonly<Record<string, string>>;

function say(texts: TemplateStringsArray, ...parts: readonly Phrase[]): Sentence {
  return texts
    .flatMap((text, i): Phrase[] => (i === 0 ? [text] : [parts[i - 1] ?? "", text]))
    .filter((each) => each !== "");
}

const by = (values: Values, name: string): string => values[name] ?? "";
const whole = (values: Values, name: string): string => wholeText(BigInt(values[name] ?? 0));
const bps = (values: Values, name: string): string => bpsText(BigInt(values[name] ?? 0));
const percent = (values: Values, name: string): string => bpsText(BigInt(values[name] ?? 0) * 100n);
const duration = (values: Values, name: string): string => durationText(BigInt(values[name] ?? 0));
const address = (values: Values, name: string): Phrase => ({ address: by(values, name) });
const time = (values: Values, name: string): Phrase => ({ time: BigInt(values[name] ?? 0) });

export const roleName = (roleId: string | bigint): string => ROLES[Number(roleId)] ?? `role ${roleId}`;
const role = (values: Values, name = "roleId"): string => roleName(by(values, name));

export const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
export const marketAt = ({ markets }: World, pool: string): Market | undefined =>
  markets.find((market) => isSame(market.pool, pool));

const symbolOf = (world: World, pool: string): string => marketAt(world, pool)?.asset.symbol ?? "tokens";

/** A market by its tokens, the authority by its name, anything else by its address. */
function targetOf(world: World, target: string): Phrase {
  const market = marketAt(world, target);
  if (market !== undefined) return market.title;
  return isSame(target, world.authority) ? "the authority" : { address: target };
}

const caps = (values: Values, symbol: string): Sentence =>
  say`Caps: ${whole(values, "supplyCapTokens")} ${symbol} supplied, ${whole(values, "borrowCapTokens")} lent.`;
const fees = (values: Values): Sentence =>
  say`Of the interest ${percent(values, "reserveFeePercent")} to the reserve, until it has ${bps(values, "reserveTargetBps")} of all shares, and ${percent(values, "fundFeePercent")} to insurers.`;
const ltvs = (values: Values): Sentence =>
  Number(by(values, "rampSeconds")) === 0
    ? say`Borrowing up to an LTV of ${bps(values, "borrowLtvBps")}, liquidation above ${bps(values, "lltvBps")}.`
    : say`Borrowing up to an LTV of ${bps(values, "borrowLtvBps")} from now on; the liquidation LTV falls to ${bps(values, "lltvBps")} over ${duration(values, "rampSeconds")}.`;
const reserve = (values: Values, asset: TokenUnits | undefined): Sentence =>
  say`${asset === undefined ? whole(values, "assets") : amountText(BigInt(by(values, "assets")), asset)} taken from the reserve, to ${address(values, "receiver")}`;

type Told = (values: Values, row: GovernanceRow, world: World) => Sentence | undefined;
const nothing: Told = () => undefined;

const EVENTS: Readonly<Record<GovernanceEvent, Told>> = {
  PoolCreated: () => say`Market created.`,
  OracleSet: (values) => say`Oracle: ${address(values, "oracle")}`,
  OracleScheduled: (values) =>
    say`Oracle ${address(values, "oracle")} announced. It can be put in force from ${time(values, "executableAt")}; until then the lower of both prices counts.`,
  OracleCancelled: (values) => say`Announced oracle ${address(values, "oracle")} put aside.`,
  LtvsSet: ltvs,
  CapsSet: (values, { market }, world) => caps(values, symbolOf(world, market)),
  FeesSet: fees,
  PauseSet: (values, { timestamp }) =>
    Number(by(values, "until")) > timestamp
      ? say`Deposits and loans paused until ${time(values, "until")}.`
      : say`Pause ended early.`,
  BorrowingHaltSet: (values) =>
    by(values, "isHalted") === "true" ? say`New loans halted, after a haircut.` : say`New loans allowed again.`,
  DepositsClosed: () => say`Closed to deposits for good: a share is worth less than a thousandth of the first price.`,
  WindDownStarted: (values) =>
    say`Wind-down begun: no deposits or loans any more, and the liquidation LTV falls to zero over ${duration(values, "rampSeconds")}.`,
  ReserveWithdrawn: (values, { market }, world) => reserve(values, marketAt(world, market)?.asset),
  // A market of this page has its authority: only another one is worth a word.
  AuthorityUpdated: (values, _, world) =>
    isSame(by(values, "authority"), world.authority)
      ? undefined
      : say`Handed to another authority: ${address(values, "authority")}`,
  PoolAdopted: () => say`The roles of this page put in force.`,
  RoleGranted: (values) =>
    by(values, "newMember") === "true"
      ? say`${address(values, "account")} is ${role(values)}${delayed(values)}.`
      : say`Delay of ${role(values)} ${address(values, "account")}: ${duration(values, "delay")}, from ${time(values, "since")}.`,
  RoleRevoked: (values) => say`${address(values, "account")} is no longer ${role(values)}.`,
  RoleLabel: (values) =>
    Number(by(values, "roleId")) < ROLES.length
      ? undefined
      : say`Role ${by(values, "roleId")} is called ${by(values, "label")}.`,
  RoleAdminChanged: (values) => say`Role ${role(values)} is granted by ${role(values, "admin")}.`,
  RoleGuardianChanged: (values) =>
    say`What is scheduled as ${role(values)} can be cancelled as ${role(values, "guardian")}.`,
  RoleGrantDelayChanged: (values) =>
    say`Granting the role of ${role(values)} takes ${duration(values, "delay")}, from ${time(values, "since")}.`,
  TargetClosed: (values, _, world) =>
    by(values, "closed") === "true"
      ? say`Restricted functions of ${targetOf(world, by(values, "target"))} closed to everybody.`
      : say`Restricted functions of ${targetOf(world, by(values, "target"))} open again.`,
  TargetFunctionRoleUpdated: (values, _, world) =>
    say`${functionOf(by(values, "selector"))} of ${targetOf(world, by(values, "target"))} is up to the ${role(values)}.`,
  TargetAdminDelayUpdated: (values, _, world) =>
    say`Changing who may call ${targetOf(world, by(values, "target"))} takes ${duration(values, "delay")}, from ${time(values, "since")}.`,
  // These need others: see `changesOf`.
  OperationScheduled: nothing,
  OperationExecuted: nothing,
  OperationCanceled: nothing,
};

const delayed = (values: Values): string =>
  by(values, "delay") === "0" ? "" : `, with a delay of ${duration(values, "delay")}`;

/** What happened; undefined where there is nothing to say. */
export const happened = (row: GovernanceRow, world: World): Sentence | undefined =>
  EVENTS[row.event](row.values, row, world);

// ---------------------------------------------------------------- calls

let codecs: { pool: Interface; authority: Interface } | undefined;

function codecOf(name: "pool" | "authority"): Interface {
  codecs ??= { pool: new Interface(poolAbi), authority: new Interface(authorityAbi) };
  return codecs[name];
}

export const isExecuteOracle = (data: string): boolean => functionOf(data.slice(0, 10)) === "executeOracle";

function functionOf(selector: string): string {
  const known = codecOf("pool").getFunction(selector) ?? codecOf("authority").getFunction(selector);
  return known?.name ?? selector;
}

const CALLS: Readonly<Record<string, (values: Values, target: string, world: World) => Sentence>> = {
  raiseCaps: (values, target, world) => caps(values, symbolOf(world, target)),
  raiseLtvs: ltvs,
  setFees: fees,
  executeOracle: () => say`The announced oracle is put in force.`,
  reopenBorrowing: () => say`New loans are allowed again.`,
  windDown: (values) =>
    say`Wind-down: no deposits or loans any more, and the liquidation LTV falls to zero over ${duration(values, "rampSeconds")}. It can't be undone.`,
  withdrawReserve: (values, target, world) => reserve(values, marketAt(world, target)?.asset),
  grantRole: (values) => say`${address(values, "account")} becomes ${role(values)}.`,
  revokeRole: (values) => say`${address(values, "account")} is no longer ${role(values)}.`,
  updateAuthority: (values, _, world) =>
    say`Another authority for ${targetOf(world, by(values, "target"))}: ${address(values, "newAuthority")}`,
};

/** What a scheduled call will do. One that is not known is shown as it is. */
export function willDo(data: string, target: string, world: World): Sentence {
  const codec = codecOf(isSame(target, world.authority) ? "authority" : "pool");
  let parsed;
  try {
    parsed = codec.parseTransaction({ data });
  } catch {
    parsed = null;
  }
  if (parsed === null) return say`Unknown call ${data.slice(0, 10)}.`;
  const { name, fragment, args } = parsed;
  const values = Object.fromEntries(fragment.inputs.map((input, i) => [input.name, String(args[i])]));
  const known = CALLS[name];
  if (known !== undefined) return known(values, target, world);
  return say`${name}(${Object.values(values).join(", ")})`;
}

// ---------------------------------------------------------------- what a role may do

/** By the function's name; of the table that the authority enforces. */
export const POWERS: Readonly<Record<string, string>> = {
  pause: "stop new deposits and loans; it ends by itself after three days",
  unpause: "end a pause early",
  lowerCaps: "lower how much may be supplied and lent",
  lowerLtvs: "lower the LTVs; the liquidation LTV falls in a line, by at most 1% a day",
  cancelOracle: "put an announced oracle aside",
  scheduleOracle: "announce another oracle; until it is in force or put aside, the lower of both prices counts",
  executeOracle: "put the announced oracle in force, three days after its announcement at the earliest",
  raiseCaps: "raise how much may be supplied and lent",
  raiseLtvs: "raise the LTVs",
  setFees: "set what reserve and fund get of the interest",
  reopenBorrowing: "allow new loans again after a haircut",
  windDown: "close the market for good: every loan has to be repaid in turn, and suppliers leave in full",
  withdrawReserve: "take from the reserve what is above its target, while there is no shortfall",
};

/** Of the authority itself; the same in every deployment. */
export const OWN_POWERS: Readonly<Record<string, readonly { does: string; delay: bigint }[]>> = {
  admin: [
    { does: "put these roles in force for a new market", delay: 0n },
    { does: "cancel whatever anybody has scheduled", delay: 0n },
    {
      does: "grant and revoke roles, close a market's restricted functions, hand a market to another authority",
      delay: 604_800n,
    },
  ],
  guardian: [
    { does: "cancel what governor and oracle manager have scheduled", delay: 0n },
    { does: "dismiss an oracle manager", delay: 0n },
  ],
};
