// A market and an account as they are at one moment, and what follows from them without asking the chain again. Amounts
// are in their token's smallest unit, ratios and rates in 1e18ths, prices as the contracts have them; field by field in
// contracts/interfaces/IPoolLens.sol.
import type { Answer, RequestStatus } from "./abi-types.js";
import type { lensAbi } from "./abi/lens.js";
import { BPS, min, monus, mulDown, mulUp, VIRTUAL_ASSETS, VIRTUAL_SHARES, WAD } from "./model/numbers.js";

export type Market = Answer<typeof lensAbi, "market">;
export type MarketResult = Answer<typeof lensAbi, "markets">[number];
export type Account = Answer<typeof lensAbi, "account">;
export type AccountResult = Answer<typeof lensAbi, "accounts">[number];
export type Position = Account["position"];
export type StakeRequest = Account["stake"]["requests"][number];
export type Tick = Answer<typeof lensAbi, "ledger">[number];
export type LossPreview = Answer<typeof lensAbi, "previewLosses">[number];

/** 0.1%: how much a price may move, by default, between the look at it and the transaction. */
export const DEFAULT_SLIPPAGE_BPS = 10n;

/** The least to accept of what `expected` promises. */
export const atLeast = (expected: bigint, slippageBps = DEFAULT_SLIPPAGE_BPS): bigint =>
  mulDown(expected, monus(BPS, slippageBps), BPS);
/** The most to give for it. */
export const atMost = (expected: bigint, slippageBps = DEFAULT_SLIPPAGE_BPS): bigint =>
  mulUp(expected, BPS + slippageBps, BPS);

/**
 * What shares are worth to who leaves now. To the wei while no shortfall shows; else by the exit price of 18 digits, which
 * makes it less by at most shares / 1e24 + 1 wei.
 */
export function exitValue({ totals, prices, cover }: Market, shares: bigint): bigint {
  if (cover.shortfall === 0n) return grossValue(totals, shares);
  return worth(shares, prices.exitPriceWad);
}

/** What shares are worth with the shortfall ignored: what deposits pay. */
const grossValue = ({ grossAssets, shares: supply }: Market["totals"], shares: bigint): bigint =>
  mulDown(shares, grossAssets + VIRTUAL_ASSETS, supply + VIRTUAL_SHARES);

// ---------------------------------------------------------------- a loss

export type Bearing = {
  /** Shares in the wallet, in assets: what they would get now, and after the loss. */
  readonly supplied: { readonly before: bigint; readonly after: bigint; readonly haircut: bigint };
  /** The stake in the fund, cooling requests included, in assets, before what a claim withholds. */
  readonly staked: { readonly before: bigint; readonly after: bigint; readonly lost: bigint };
};

/**
 * What a loss (an entry of `lens.previewLosses`) would take from one account. Prices have 18 digits here and what burns is
 * rounded up, so `after` can be less than what the account will have by shares / 1e24 + 2 wei.
 */
export function bearing(market: Market, account: Account, loss: LossPreview): Bearing {
  const { totals, fund } = market;
  const supplied = {
    before: worth(account.shares, loss.exitPriceBefore),
    after: worth(account.shares, loss.exitPriceAfter),
  };
  const staked = stakeShares(account);
  const inFund = fund.activeShares + fund.coolingShares;
  const need = mulUp(loss.fromFund, totals.shares + VIRTUAL_SHARES, totals.grossAssets + VIRTUAL_ASSETS);
  const left = inFund === 0n ? 0n : mulDown(staked, monus(inFund, need), inFund);
  const stake = { before: worth(staked, loss.exitPriceBefore), after: worth(left, loss.exitPriceAfter) };
  return {
    supplied: { ...supplied, haircut: supplied.before - supplied.after },
    staked: { ...stake, lost: stake.before - stake.after },
  };
}

const worth = (shares: bigint, priceWad: bigint): bigint => mulDown(shares, priceWad, WAD * VIRTUAL_SHARES);

const stakeShares = ({ stake }: Account): bigint =>
  stake.requests.reduce((sum, { grossShares }) => sum + grossShares, stake.poolShares);

// ---------------------------------------------------------------- the way out of the fund

export type Cooling = StakeRequest & {
  /** At `now`, which the chain's answer may be behind of. */
  readonly status: RequestStatus;
  readonly secondsToClaim: bigint;
  readonly secondsToExpiry: bigint;
  /** What the request is worth at the exit price: with the visible claims on the fund ignored, and net of them. */
  readonly grossAssets: bigint;
  readonly paidAssets: bigint;
};

/** Where each request of a staker stands at a time, oldest first. */
export function coolingOf(market: Market, account: Account, now: bigint): readonly Cooling[] {
  return account.stake.requests.map((request) => ({
    ...request,
    status: statusAt(request, now),
    secondsToClaim: monus(request.claimableAt, now),
    secondsToExpiry: monus(request.expiresAt, now),
    grossAssets: exitValue(market, request.grossShares),
    paidAssets: exitValue(market, request.paidShares),
  }));
}

function statusAt({ status, claimableAt, expiresAt }: StakeRequest, now: bigint): RequestStatus {
  if (status === "None" || status === "Void") return status;
  if (now < claimableAt) return "Pending";
  return now < expiresAt ? "Claimable" : "Expired";
}

/** What a claim of `units` would take and be paid now, oldest request first; "all": whatever has cooled. */
export function claimOf(
  account: Account,
  units: bigint | "all",
): { units: bigint; grossShares: bigint; paidShares: bigint } {
  const claim = { units: 0n, grossShares: 0n, paidShares: 0n };
  const cooled = account.stake.requests.filter(({ status }) => status === "Claimable");
  let missing = units === "all" ? cooled.reduce((sum, request) => sum + request.units, 0n) : units;
  for (const request of cooled) {
    const taken = min(missing, request.units);
    missing -= taken;
    claim.units += taken;
    claim.grossShares += mulDown(request.grossShares, taken, request.units);
    claim.paidShares += mulDown(request.paidShares, taken, request.units);
  }
  return claim;
}
