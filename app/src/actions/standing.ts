// All that an account has in a market, on one line each, and what of it wants attention.
import { type Cooling, coolingOf, exitValue, type Health, health } from "../../../sdk/index.js";
import { BPS, PRICE_SCALE, WAD } from "../../../sdk/model/numbers.js";
import { claimsOn } from "./insure.js";
import type { Moment } from "./supply.js";

export type Standing = {
  /** At the exit price, whether or not the pool has the cash. */
  readonly suppliedAssets: bigint;
  /** As far as there is cash. */
  readonly withdrawableAssets: bigint;
  /** The active stake, and what of it would go for the losses that show. */
  readonly stakedAssets: bigint;
  readonly stakeClaims: bigint;
  /** Of requests that are not over, as a claim would pay them now, and what it would withhold. */
  readonly coolingAssets: bigint;
  readonly withheldAssets: bigint;
  readonly requests: readonly Cooling[];
  readonly position: Omit<Health, "refusal">;
  /** At the low price, which is what the pool lends on. */
  readonly collateralAssets: bigint;
  readonly certificateUnpaidFace: bigint;
  readonly certificateClaimable: bigint;
  readonly isEmpty: boolean;
  readonly alerts: readonly Alert[];
};

/** The worst first; words for them are the page's. */
export type Alert =
  | { readonly kind: "insolvent" | "liquidatable" | "close"; readonly fallBps: bigint }
  | { readonly kind: "expired" | "claimable" | "void"; readonly request: Cooling }
  | { readonly kind: "recovered"; readonly assets: bigint };

/** A fall of the price that happens in a day. */
const CLOSE_BPS = 1_000n;

export function standing({ market, account, timestamp }: Moment): Standing {
  const requests = coolingOf(market, account, timestamp);
  const live = requests.filter(({ status }) => status !== "None" && status !== "Void");
  const sum = (field: "grossAssets" | "paidAssets") => live.reduce((total, each) => total + each[field], 0n);
  const { refusal: _, ...position } = health(market, account.position);
  const { certificateUnpaidFace, certificateClaimable } = account;
  const value = account.position.collateral * market.prices.low;
  return {
    suppliedAssets: account.exitAssets,
    withdrawableAssets: account.withdrawableAssets,
    stakedAssets: exitValue(market, account.stake.poolShares),
    stakeClaims: claimsOn(market, account.stake.poolShares),
    coolingAssets: sum("paidAssets"),
    withheldAssets: sum("grossAssets") - sum("paidAssets"),
    requests,
    position,
    collateralAssets: value / PRICE_SCALE,
    certificateUnpaidFace,
    certificateClaimable,
    isEmpty:
      account.shares === 0n &&
      account.stake.units === 0n &&
      requests.length === 0 &&
      position.debtShares === 0n &&
      position.collateral === 0n &&
      certificateUnpaidFace === 0n &&
      certificateClaimable === 0n,
    alerts: [
      ...loanAlerts(position),
      ...requests.flatMap((request) => requestAlert(request)),
      ...(certificateClaimable > 0n ? [{ kind: "recovered", assets: certificateClaimable } as const] : []),
    ],
  };
}

function loanAlerts({ status, healthWad }: Standing["position"]): readonly Alert[] {
  // With a fall of f the health is health · (1 − f): it is 1 at f = 1 − 1 / health.
  const fallBps = healthWad <= WAD ? 0n : BPS - (BPS * WAD + healthWad - 1n) / healthWad;
  switch (status) {
    case "Insolvent":
      return [{ kind: "insolvent", fallBps }];
    case "Foreclosable":
    case "Liquidatable":
      return [{ kind: "liquidatable", fallBps }];
    case "Healthy":
      return fallBps < CLOSE_BPS ? [{ kind: "close", fallBps }] : [];
    case "None":
      break;
  }
  return [];
}

function requestAlert(request: Cooling): readonly Alert[] {
  switch (request.status) {
    case "Claimable":
      return [{ kind: "claimable", request }];
    case "Expired":
      return [{ kind: "expired", request }];
    case "Void":
      return [{ kind: "void", request }];
    case "Pending":
    case "None":
      break;
  }
  return [];
}
