// A market and an account as the lens would answer, in round figures, without a chain: 1,000,000 supplied of a token with
// 6 decimals, 500,000 lent against a collateral with 18 at a price of 2,000; 20,000 in the fund, 10,000 in the reserve.
import type { Account, Market, StakeRequest } from "../../sdk/index.js";
import { PRICE_SCALE, WAD, YEAR } from "../../sdk/model/numbers.js";
import type { Moment } from "../../app/src/actions/supply.js";

export const usd = (tokens: number): bigint => BigInt(Math.round(tokens * 1e6));
export const eth = (tokens: number): bigint => BigInt(Math.round(tokens * 1e6)) * 10n ** 12n;
/** Shares that are worth so many tokens at par. */
export const shares = (tokens: number): bigint => usd(tokens) * 1_000_000n;
/** A price of whole tokens, as the oracle gives it. */
export const price = (tokens: number): bigint => (usd(tokens) * PRICE_SCALE) / 10n ** 18n;

export const NOW = 1_800_000_000n;
export const DAY = 86_400n;
const ADDRESS = `0x${"11".repeat(20)}`;

type Deep<T> = { readonly [K in keyof T]?: T[K] extends object ? Partial<T[K]> : T[K] };

const MARKET: Market = {
  pool: ADDRESS,
  share: { token: ADDRESS, symbol: "mUSD", decimals: 12 },
  asset: { token: ADDRESS, symbol: "USD", decimals: 6 },
  collateral: { token: ADDRESS, symbol: "ETH", decimals: 18 },
  terms: {
    authority: ADDRESS,
    oracle: ADDRESS,
    oraclePaths: 2n,
    pendingOracle: `0x${"0".repeat(40)}`,
    pendingOracleExecutableAt: 0n,
    borrowLtvBps: 8_000n,
    lltvBps: 8_600n,
    lifFloorBps: 10_200n,
    lifMinBps: 10_300n,
    lifPeakBps: 11_000n,
    repayTargetBps: 9_000n,
    maxDeviationBps: 200n,
    supplyCap: usd(2_000_000),
    borrowCap: usd(900_000),
    collateralCap: eth(10_000),
    minDebt: usd(100),
    reserveFeePercent: 10n,
    fundFeePercent: 10n,
    reserveTargetBps: 200n,
    isPaused: false,
    isClosed: false,
    isBorrowingHalted: false,
  },
  totals: {
    cash: usd(500_000),
    debtAssets: usd(500_000),
    debtShares: usd(500_000),
    borrowIndexWad: WAD,
    pendingFees: 0n,
    shares: shares(1_000_000),
    exitAssets: usd(1_000_000),
    grossAssets: usd(1_000_000),
    collateralBalance: eth(500),
  },
  // at 50% the curve is at two thirds of the rate at target, which is 9%
  rates: {
    borrowRatePerSecondWad: (6n * WAD) / 100n / YEAR,
    supplyRatePerSecondWad: (24n * WAD) / 1_000n / YEAR,
    utilisationWad: WAD / 2n,
  },
  prices: { low: price(2_000), high: price(2_000), isOk: true, grossPriceWad: WAD, exitPriceWad: WAD },
  cover: {
    shortfall: 0n,
    fromReserve: 0n,
    fromFund: 0n,
    uncovered: 0n,
    reserveShares: shares(10_000),
    fundShares: shares(20_000),
    coverageRatioWad: (6n * WAD) / 100n,
  },
  estate: { debtAssets: 0n, collateral: 0n, price: 0n, startedAt: 0n },
  certificates: { unpaidFace: 0n, held: 0n },
  fund: {
    unit: { token: ADDRESS, symbol: "iUSD", decimals: 18 },
    units: shares(20_000) * 1_000_000n,
    activeShares: shares(20_000),
    coolingShares: 0n,
    generation: 0n,
  },
  limits: { depositable: usd(1_000_000), borrowable: usd(400_000), flashLoan: usd(500_000) },
};

const ACCOUNT: Account = {
  pool: ADDRESS,
  user: ADDRESS,
  shares: shares(100_000),
  exitAssets: usd(100_000),
  grossAssets: usd(100_000),
  withdrawableAssets: usd(100_000),
  redeemableShares: shares(100_000),
  certificateUnpaidFace: 0n,
  certificateClaimable: 0n,
  position: {
    borrower: ADDRESS,
    debtAssets: usd(50_000),
    collateral: eth(50),
    ltvWad: WAD / 2n,
    status: "Healthy",
    flaggedAt: 0n,
    healthWad: (172n * WAD) / 100n,
    liquidationPrice: price(1_162.790698),
    borrowableAssets: usd(30_000),
    withdrawableCollateral: eth(18.75),
    debtShares: usd(50_000),
    tick: 1n,
    timestamp: NOW - DAY,
    repayAssets: 0n,
    seizedCollateral: 0n,
    lossAssets: 0n,
  },
  stake: {
    units: shares(5_000) * 1_000_000n,
    poolShares: shares(5_000),
    assets: usd(5_000),
    claimableUnits: 0n,
    requests: [],
  },
  assetBalance: usd(900),
  assetAllowance: 0n,
  collateralBalance: eth(10),
  collateralAllowance: 0n,
};

function merged<T extends object>(base: T, changes: Deep<T>): T {
  const entries = Object.entries(base).map(([key, value]: [string, unknown]) => {
    const change: unknown = changes[key as keyof T];
    if (change === undefined) return [key, value] as const;
    const isObject = typeof change === "object" && !Array.isArray(change);
    return [key, isObject ? { ...(value as object), ...(change as object) } : change] as const;
  });
  return Object.fromEntries(entries) as T;
}

/** The market and the account with some of their fields changed. */
export const momentOf = (market: Deep<Market> = {}, account: Deep<Account> = {}): Moment => ({
  market: merged(MARKET, market),
  account: merged(ACCOUNT, account),
  timestamp: NOW,
});

/** A request for shares worth so many tokens, made so many days ago; with part of it withheld. */
export function requestOf(id: bigint, tokens: number, daysAgo: bigint, withheld = 0): StakeRequest {
  const age = daysAgo * DAY;
  return {
    requestId: id,
    units: shares(tokens) * 1_000_000n,
    claimableAt: NOW - age + 14n * DAY,
    expiresAt: NOW - age + 21n * DAY,
    status: age < 14n * DAY ? "Pending" : age < 21n * DAY ? "Claimable" : "Expired",
    grossShares: shares(tokens),
    paidShares: shares(tokens - withheld),
  };
}
