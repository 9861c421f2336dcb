// From an event to its rows. Pure and without memory: one event at a time, in any order.
import { getAddress, Interface } from "ethers";

import { authorityAbi } from "../../../sdk/abi/authority.js";
import { factoryAbi } from "../../../sdk/abi/factory.js";
import { poolAbi } from "../../../sdk/abi/pool.js";
import type { MutuaEvent, PoolEvent } from "../../../sdk/events.js";
import { GOVERNANCE_EVENTS, type GovernanceEvent, type PriceRow, type Row, type Where } from "./types.js";

/** Shares have six decimals more than their asset. */
const SHARES_PER_ASSET_WAD = 10n ** 24n;
/** Amounts are rounded by up to a wei: from here on that is a millionth of the price at most. */
const LEAST_TELLING_AMOUNT = 1_000_000n;

type Without<R, K extends keyof Where> = R extends Row ? Omit<R, K> : never;
/** A row, but for where it comes from. */
type Told = Without<Row, keyof Where>;
type Args<N> = Extract<PoolEvent, { name: N }>["args"];

/** What a pool's events tell beside decisions. */
const TOLD: { readonly [N in PoolEvent["name"]]?: (args: Args<N>) => Told[] } = {
  Deposit: (args) => price("deposit", args, { isGross: true }),
  Withdraw: (args) => price("withdrawal", args, { isExit: true }),
  ReserveToppedUp: (args) => price("topUp", args, { isGross: true }),
  // There is no shortfall when the reserve is withdrawn, so both prices are one.
  ReserveWithdrawn: (args) => price("reserveWithdrawal", args, { isGross: true, isExit: true }),
  LossRealised: ({ lossId, borrower, loss, fromReserve, fromFund, haircut, priceBefore, priceAfter }) => [
    { kind: "price", cause: "loss", grossPriceWad: String(priceAfter), exitPriceWad: null },
    {
      kind: "loss",
      borrower,
      ...texts({ lossId, lossAssets: loss, fromReserve, fromFund, haircut }),
      ...texts({ priceBeforeWad: priceBefore, priceAfterWad: priceAfter }),
    },
  ],
  Recovered: (args) => [{ kind: "recovery", ...texts(args) }],
  RecoveryClaimed: (args) => [{ kind: "claim", ...texts(args) }],
  EstateSold: (args) => [{ kind: "estateSale", ...texts(args) }],
  Flagged: ({ borrower }) => [{ kind: "flag", borrower, isFlagged: true }],
  Unflagged: ({ borrower }) => [{ kind: "flag", borrower, isFlagged: false }],
  Foreclosed: (args) => [{ kind: "foreclosure", ...texts(args) }],
  Liquidated: ({ caller, ...args }) => [{ kind: "liquidation", liquidator: caller, ...texts(args) }],
  Borrowed: ({ onBehalf }) => [{ kind: "position", borrower: onBehalf }],
  CollateralSupplied: ({ onBehalf }) => [{ kind: "position", borrower: onBehalf }],
};

const isGovernance = (name: string): name is GovernanceEvent => (GOVERNANCE_EVENTS as readonly string[]).includes(name);

/** The first topics of all events that make rows: what a log filter asks for. */
export function rowTopics(): string[] {
  const topics = new Set<string>();
  for (const abi of [poolAbi, factoryAbi, authorityAbi]) {
    new Interface(abi).forEachEvent(({ name, topicHash }) => {
      if (isGovernance(name) || name in TOLD) topics.add(topicHash);
    });
  }
  return [...topics];
}

/** What an event of `decodeEvents` tells; nothing for most. `timestamp` is its block's. */
export function rowsOf(event: MutuaEvent, timestamp: number): Row[] {
  if (event.source === "fund") return [];
  const { blockNumber, logIndex, transactionHash } = event;
  const where = { market: marketOf(event), blockNumber, logIndex, timestamp, transactionHash };
  return [...governance(event), ...pool(event)].map((told) => ({ ...told, ...where }));
}

/** An operation's market is its target's, if that is a pool: the row has the target, and a page knows the pools. */
function marketOf(event: MutuaEvent): string {
  if (event.source === "pool") return getAddress(event.address);
  if (event.name === "PoolCreated" || event.name === "PoolAdopted") return getAddress(event.args.pool);
  return "";
}

function governance(event: MutuaEvent): Told[] {
  if (!isGovernance(event.name)) return [];
  const values = Object.fromEntries(Object.entries(event.args).map(([name, value]) => [name, String(value)]));
  return [{ kind: "governance", event: event.name, values }];
}

function pool(event: MutuaEvent): Told[] {
  if (event.source !== "pool") return [];
  return (TOLD[event.name] as ((args: unknown) => Told[]) | undefined)?.(event.args) ?? [];
}

function price(
  cause: PriceRow["cause"],
  { assets, shares }: { assets: bigint; shares: bigint },
  { isGross = false, isExit = false },
): Told[] {
  if (assets < LEAST_TELLING_AMOUNT || shares < LEAST_TELLING_AMOUNT) return [];
  const wad = String((assets * SHARES_PER_ASSET_WAD) / shares);
  return [{ kind: "price", cause, grossPriceWad: isGross ? wad : null, exitPriceWad: isExit ? wad : null }];
}

/** The same with text for whole numbers. */
function texts<A extends Record<string, string | bigint>>(values: A): { [N in keyof A]: string } {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)])) as {
    [N in keyof A]: string;
  };
}
