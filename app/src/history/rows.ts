// From an event to its rows. Pure and without memory: one event at a time, in any order.
import { getAddress, Interface } from "ethers";

import { authorityAbi } from "../../../sdk/abi/authority.js";
import { factoryAbi } from "../../../sdk/abi/factory.js";
import { poolAbi } from "../../../sdk/abi/pool.js";
import type { AuthorityEvent, FactoryEvent, MutuaEvent, PoolEvent } from "../../../sdk/events.js";
import { GOVERNANCE_EVENTS, type GovernanceEvent, type PriceRow, type Row, type Where } from "./types.js";

/** Shares have six decimals more than their asset. */
const SHARES_PER_ASSET_WAD = 10n ** 24n;
/** Amounts are rounded by up to a wei: from here on that is a millionth of the price at most. */
const LEAST_TELLING_ASSETS = 1_000_000n;

const POOL_EVENTS = [
  "Deposit",
  "Withdraw",
  "ReserveToppedUp",
  "LossRealised",
  "Recovered",
  "RecoveryClaimed",
  "EstateSold",
  "Flagged",
  "Unflagged",
  "Foreclosed",
  "Liquidated",
  "Borrowed",
  "CollateralSupplied",
];

const isGovernance = (name: string): name is GovernanceEvent => (GOVERNANCE_EVENTS as readonly string[]).includes(name);

/** The first topics of all events that make rows: what a log filter asks for. */
export function rowTopics(): string[] {
  const wanted = new Set<string>([...POOL_EVENTS, ...GOVERNANCE_EVENTS]);
  const topics = new Set<string>();
  for (const abi of [poolAbi, factoryAbi, authorityAbi]) {
    new Interface(abi).forEachEvent(({ name, topicHash }) => {
      if (wanted.has(name)) topics.add(topicHash);
    });
  }
  return [...topics];
}

/** What an event of `decodeEvents` tells; nothing for most. `timestamp` is its block's. */
export function rowsOf(event: MutuaEvent, timestamp: number): Row[] {
  const where: Where = {
    market: marketOf(event),
    blockNumber: event.blockNumber,
    logIndex: event.logIndex,
    timestamp,
    transactionHash: event.transactionHash,
  };
  if (event.source === "fund") return [];
  if (isGovernance(event.name)) return governanceRows(event, where);
  return event.source === "pool" ? poolRows(event, where) : [];
}

/** An operation's market is its target's, if that is a pool: the row has the target, and a page knows the pools. */
function marketOf(event: MutuaEvent): string {
  if (event.source === "pool") return getAddress(event.address);
  if (event.name === "PoolCreated" || event.name === "PoolAdopted") return getAddress(event.args.pool);
  return "";
}

function governanceRows(event: PoolEvent | FactoryEvent | AuthorityEvent, where: Where): Row[] {
  const values = Object.fromEntries(Object.entries(event.args).map(([name, value]) => [name, String(value)]));
  const row: Row = { kind: "governance", ...where, event: event.name as GovernanceEvent, values };
  // Only a reserve withdrawal tells a price: there is no shortfall then, so it is the exit price too.
  if (event.name !== "ReserveWithdrawn") return [row];
  const { assets, shares } = event.args;
  return [row, ...priceRows(where, "reserveWithdrawal", { gross: [assets, shares], exit: [assets, shares] })];
}

function poolRows(event: PoolEvent, where: Where): Row[] {
  switch (event.name) {
    case "Deposit":
      return priceRows(where, "deposit", { gross: [event.args.assets, event.args.shares] });
    case "Withdraw":
      return priceRows(where, "withdrawal", { exit: [event.args.assets, event.args.shares] });
    case "ReserveToppedUp":
      return priceRows(where, "topUp", { gross: [event.args.assets, event.args.shares] });
    case "LossRealised": {
      const { lossId, borrower, loss, fromReserve, fromFund, haircut, priceBefore, priceAfter } = event.args;
      return [
        { kind: "price", ...where, cause: "loss", grossPriceWad: String(priceAfter), exitPriceWad: null },
        {
          kind: "loss",
          ...where,
          lossId: String(lossId),
          borrower,
          lossAssets: String(loss),
          fromReserve: String(fromReserve),
          fromFund: String(fromFund),
          haircut: String(haircut),
          priceBeforeWad: String(priceBefore),
          priceAfterWad: String(priceAfter),
        },
      ];
    }
    case "Recovered": {
      const { caller, toCertificates, toReserve } = event.args;
      return [
        { kind: "recovery", ...where, caller, toCertificates: String(toCertificates), toReserve: String(toReserve) },
      ];
    }
    case "RecoveryClaimed":
      return [{ kind: "claim", ...where, holder: event.args.holder, assets: String(event.args.assets) }];
    case "EstateSold": {
      const { caller, receiver, collateral, paidAssets, cancelledAssets } = event.args;
      return [
        {
          kind: "estateSale",
          ...where,
          caller,
          receiver,
          collateral: String(collateral),
          paidAssets: String(paidAssets),
          cancelledAssets: String(cancelledAssets),
        },
      ];
    }
    case "Flagged":
    case "Unflagged":
      return [{ kind: "flag", ...where, borrower: event.args.borrower, isFlagged: event.name === "Flagged" }];
    case "Foreclosed": {
      const { borrower, collateral, debtShares, keptAssets, lossAssets } = event.args;
      return [
        {
          kind: "foreclosure",
          ...where,
          borrower,
          collateral: String(collateral),
          debtShares: String(debtShares),
          keptAssets: String(keptAssets),
          lossAssets: String(lossAssets),
        },
      ];
    }
    case "Liquidated": {
      const { caller, borrower, repaidAssets, debtShares, seizedCollateral, lossAssets } = event.args;
      return [
        {
          kind: "liquidation",
          ...where,
          liquidator: caller,
          borrower,
          repaidAssets: String(repaidAssets),
          debtShares: String(debtShares),
          seizedCollateral: String(seizedCollateral),
          lossAssets: String(lossAssets),
        },
      ];
    }
    case "Borrowed":
    case "CollateralSupplied":
      return [{ kind: "position", ...where, borrower: event.args.onBehalf }];
    default:
      return [];
  }
}

type Amounts = readonly [assets: bigint, shares: bigint];

function priceRows(
  where: Where,
  cause: PriceRow["cause"],
  { gross, exit }: { gross?: Amounts; exit?: Amounts },
): PriceRow[] {
  const [assets, shares] = gross ?? exit ?? [0n, 0n];
  if (assets < LEAST_TELLING_ASSETS || shares < LEAST_TELLING_ASSETS) return [];
  const price = (amounts?: Amounts) =>
    amounts === undefined ? null : String((amounts[0] * SHARES_PER_ASSET_WAD) / amounts[1]);
  return [{ kind: "price", ...where, cause, grossPriceWad: price(gross), exitPriceWad: price(exit) }];
}
