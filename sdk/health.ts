// A position after an action that has not been taken yet.
import type { PositionStatus } from "./abi-types.js";
import { debtOf } from "./interest.js";
import type { Market, Position } from "./market.js";
import { exceeds, isForeclosable, isInsolvent, ltvOf } from "./model/liquidation.js";
import { BPS, divUp, MAX_UINT256, min, monus, mulDown, mulUp, PRICE_SCALE, Refusal, WAD } from "./model/numbers.js";

/** Done in this order. Amounts in the token's smallest unit. */
export type Plan = {
  readonly addCollateral?: bigint;
  readonly repay?: bigint | "all";
  readonly borrow?: bigint;
  readonly removeCollateral?: bigint | "all";
};

/** What is looked at of a position; the lens's answer has it. */
export type Borrower = Pick<Position, "borrower" | "debtShares" | "collateral">;

export type Health = {
  readonly debtAssets: bigint;
  readonly debtShares: bigint;
  readonly collateral: bigint;
  /** At the high price, as the pool judges; the maximum without a price. */
  readonly ltvWad: bigint;
  readonly status: PositionStatus;
  /** lltv / ltv: under 1e18 the position can be liquidated. The maximum without debt. */
  readonly healthWad: bigint;
  /** The high price under which it can be liquidated; zero without debt. */
  readonly liquidationPrice: bigint;
  /** What more it could carry, the pool's own limits aside. */
  readonly borrowableAssets: bigint;
  readonly withdrawableCollateral: bigint;
  /** Why the pool would refuse the plan, if it would: the error's name and values, for `explain`. */
  readonly refusal: Refusal | undefined;
};

type Loan = { debtShares: bigint; collateral: bigint; cash: bigint; allShares: bigint };

/**
 * The position with a plan carried out at the moment of `market`; without a plan, as it is. To the wei what the lens says
 * of it then. A plan that would be refused is carried out all the same, as far as there is anything to take.
 */
export function health(market: Market, position: Borrower, plan: Plan = {}): Health {
  const loan = {
    debtShares: position.debtShares,
    collateral: position.collateral,
    cash: market.totals.cash,
    allShares: market.totals.debtShares,
  };
  const refusals = [
    ...addCollateral(market, loan, plan.addCollateral ?? 0n),
    ...repay(market, loan, position, plan.repay ?? 0n),
    ...borrow(market, loan, plan.borrow ?? 0n),
    ...removeCollateral(market, loan, plan.removeCollateral ?? 0n),
  ];
  return { ...describe(market, loan), refusal: refusals[0] };
}

// ---------------------------------------------------------------- the steps, in the pool's order of checks

function* addCollateral({ terms, totals }: Market, loan: Loan, amount: bigint): Iterable<Refusal> {
  if (amount === 0n) return;
  loan.collateral += amount;
  const cap = terms.collateralCap;
  if (loan.collateral > cap) yield new Refusal("CollateralCapExceeded", loan.collateral, cap);
  const held = totals.collateralBalance + amount;
  if (loan.debtShares === 0n && held > cap) yield new Refusal("CollateralCapExceeded", held, cap);
}

function* repay(market: Market, loan: Loan, { borrower }: Borrower, assets: bigint | "all"): Iterable<Refusal> {
  if (assets === 0n) return;
  const index = market.totals.borrowIndexWad;
  const debt = debtOf(loan.debtShares, index);
  if (debt === 0n) {
    yield new Refusal("NoDebt", borrower);
    return;
  }
  const isAll = assets === "all" || assets >= debt;
  const cancelled = isAll ? loan.debtShares : mulDown(assets, WAD, index);
  loan.cash += isAll ? debt : assets;
  loan.debtShares -= cancelled;
  loan.allShares -= cancelled;
  const rest = debtOf(loan.debtShares, index);
  const { minDebt } = market.terms;
  if (!isAll && rest < minDebt) yield new Refusal("DebtBelowMinimum", rest, minDebt);
}

function* borrow({ terms, totals, estate, prices }: Market, loan: Loan, assets: bigint): Iterable<Refusal> {
  if (assets === 0n) return;
  if (assets > loan.cash) yield new Refusal("InsufficientCash", assets, loan.cash);
  const debtShares = mulUp(assets, WAD, totals.borrowIndexWad);
  loan.cash = monus(loan.cash, assets);
  loan.debtShares += debtShares;
  loan.allShares += debtShares;
  if (terms.isPaused) yield new Refusal("PoolPaused");
  if (terms.isBorrowingHalted) yield new Refusal("BorrowingHalted");
  const all = mulDown(loan.allShares, totals.borrowIndexWad, WAD) + estate.debtAssets;
  if (all > terms.borrowCap) yield new Refusal("BorrowCapExceeded", all, terms.borrowCap);
  const debt = debtOf(loan.debtShares, totals.borrowIndexWad);
  if (debt < terms.minDebt) yield new Refusal("DebtBelowMinimum", debt, terms.minDebt);
  const { low, high, isOk } = prices;
  if (!isOk) yield new Refusal("OracleNotOk", low, high);
  if (!arePricesClose({ terms, prices })) yield new Refusal("PricesTooFarApart", low, high);
  yield* unhealthy({ terms, totals, prices }, loan);
}

function* removeCollateral(market: Market, loan: Loan, amount: bigint | "all"): Iterable<Refusal> {
  if (amount === 0n) return;
  const taken = amount === "all" ? loan.collateral : amount;
  if (taken > loan.collateral) yield new Refusal("InsufficientCollateral", taken, loan.collateral);
  loan.collateral = monus(loan.collateral, taken);
  if (loan.debtShares === 0n) return;
  const { low, high, isOk } = market.prices;
  if (!isOk) yield new Refusal("OracleNotOk", low, high);
  yield* unhealthy(market, loan);
}

type Priced = Pick<Market, "terms" | "prices">;

const arePricesClose = ({ terms, prices }: Priced): boolean =>
  prices.high * BPS <= prices.low * (BPS + terms.maxDeviationBps);

function* unhealthy({ terms, totals, prices }: Priced & Pick<Market, "totals">, loan: Loan): Iterable<Refusal> {
  const debt = debtOf(loan.debtShares, totals.borrowIndexWad);
  const value = loan.collateral * prices.low;
  if (exceeds(debt, value, terms.borrowLtvBps)) {
    yield new Refusal("PositionUnhealthy", debt, (value * terms.borrowLtvBps) / (PRICE_SCALE * BPS));
  }
}

// ---------------------------------------------------------------- what it looks like then

function describe(market: Market, { debtShares, collateral }: Loan): Omit<Health, "refusal"> {
  const { terms, totals, prices } = market;
  const debtAssets = debtOf(debtShares, totals.borrowIndexWad);
  const value = collateral * prices.high;
  const ltvWad = ltvOf(debtAssets, value);
  return {
    debtAssets,
    debtShares,
    collateral,
    ltvWad,
    status: statusOf(terms, debtAssets, value),
    healthWad: ltvWad === 0n ? MAX_UINT256 : (terms.lltvBps * WAD * (WAD / BPS)) / ltvWad,
    liquidationPrice: liquidationPrice(terms, debtAssets, collateral),
    borrowableAssets: borrowable(market, debtAssets, collateral),
    withdrawableCollateral: withdrawable(market, debtAssets, collateral),
  };
}

function statusOf(terms: Market["terms"], debt: bigint, value: bigint): PositionStatus {
  if (debt === 0n) return "None";
  if (isInsolvent(debt, value, terms.lifFloorBps)) return "Insolvent";
  if (isForeclosable(debt, value, terms.lifPeakBps)) return "Foreclosable";
  return exceeds(debt, value, terms.lltvBps) ? "Liquidatable" : "Healthy";
}

function liquidationPrice({ lltvBps }: Market["terms"], debt: bigint, collateral: bigint): bigint {
  if (debt === 0n) return 0n;
  if (collateral === 0n || lltvBps === 0n) return MAX_UINT256;
  return mulUp(debt * BPS, PRICE_SCALE, collateral * lltvBps);
}

function borrowable(market: Market, debt: bigint, collateral: bigint): bigint {
  const { terms, totals, prices } = market;
  if (!prices.isOk || !arePricesClose(market)) return 0n;
  const limit = mulDown(mulDown(collateral, prices.low, PRICE_SCALE), terms.borrowLtvBps, BPS);
  // New debt is rounded up to a whole debt share and then to a whole wei.
  return monus(limit, debt + totals.borrowIndexWad / WAD + 2n);
}

function withdrawable({ terms, prices }: Market, debt: bigint, collateral: bigint): bigint {
  if (debt === 0n) return collateral;
  if (!prices.isOk || prices.low === 0n || terms.borrowLtvBps === 0n) return 0n;
  return monus(collateral, mulUp(divUp(debt * BPS, terms.borrowLtvBps), PRICE_SCALE, prices.low));
}

// ---------------------------------------------------------------- how much is wise

/** By default a loan should bear this fall of the price, and this much time may pass before the transaction. */
const SAFE_PRICE_FALL_BPS = 1_000n;
const SECONDS_TO_SEND = 600n;

/**
 * The most that can be borrowed now so that the position can't be liquidated after the collateral's price has fallen by
 * `priceFallBps` (10% if absent), and never more than the pool gives. Zero where the debt would be under its minimum.
 */
export function maxSafeBorrow(market: Market, position: Borrower, priceFallBps = SAFE_PRICE_FALL_BPS): bigint {
  const { terms, totals, prices, rates, limits } = market;
  const debtAssets = debtOf(position.debtShares, totals.borrowIndexWad);
  const growth = mulUp(debtAssets, rates.borrowRatePerSecondWad * SECONDS_TO_SEND, WAD);
  const fallen = mulDown(prices.low, monus(BPS, priceFallBps), BPS);
  const safe = mulDown(mulDown(position.collateral, fallen, PRICE_SCALE), terms.lltvBps, BPS);
  const margin = growth + totals.borrowIndexWad / WAD + 2n;
  const room = min(
    monus(safe, debtAssets + margin),
    monus(borrowable(market, debtAssets, position.collateral), growth),
  );
  const most = min(room, limits.borrowable);
  return debtAssets + most < terms.minDebt ? 0n : most;
}
