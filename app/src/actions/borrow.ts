// Borrowing, repaying and moving collateral: the position before and after, and why it would be refused.
import {
  type Borrower,
  debtOf,
  type Health,
  health,
  type Market,
  maxSafeBorrow,
  type Plan,
} from "../../../sdk/index.js";
import { BPS, max, min, monus, mulDown, WAD } from "../../../sdk/model/numbers.js";
import { type Rates, ratesAfter } from "./rates.js";
import { NOTHING, poolRefuses, type Reason, tooLittleInWallet } from "./reason.js";
import type { Moment, Preview } from "./supply.js";

export type Loan = Omit<Health, "refusal"> &
  Rates & {
    /** By how much the price may fall until the position can be liquidated; zero where it can be, all without debt. */
    readonly fallBps: bigint;
    readonly walletAssets: bigint;
    readonly walletCollateral: bigint;
  };

export type LoanPreview = Preview<Loan> & {
  /** What would move, whatever the plan says of "all". */
  readonly repaid: bigint;
  readonly taken: bigint;
};

/** Any of: add collateral, repay, borrow, take collateral out; done in this order in one transaction. */
export function loan(moment: Moment, plan: Plan): LoanPreview {
  const { market, account } = moment;
  const { position } = account;
  const planned = health(market, position, plan);
  const { refusal, ...after } = planned;
  const { refusal: _, ...before } = health(market, position);
  const { addCollateral = 0n, borrow = 0n } = plan;
  const repaid = repaidBy(market, position, plan);
  const taken = monus(position.collateral + addCollateral, after.collateral);
  const walletAssets = account.assetBalance;
  const walletCollateral = account.collateralBalance;
  const moved = borrow - repaid;
  return {
    repaid,
    taken,
    before: { ...before, ...ratesAfter(market), fallBps: fallOf(market, before), walletAssets, walletCollateral },
    after: {
      ...after,
      ...ratesAfter(market, { cash: max(-moved, -market.totals.cash), debt: moved }),
      fallBps: fallOf(market, after),
      walletAssets: monus(walletAssets + borrow, repaid),
      walletCollateral: monus(walletCollateral + taken, addCollateral),
    },
    reasons: [
      ...(addCollateral === 0n && borrow === 0n && repaid === 0n && taken === 0n && refusal === undefined
        ? [NOTHING]
        : []),
      ...tooLittleInWallet(walletCollateral, addCollateral, market.collateral),
      ...tooLittleInWallet(walletAssets, repaid, market.asset),
      ...(refusal === undefined ? [] : [poolRefuses(refusal, market)]),
    ],
  };
}

function repaidBy(market: Market, { debtShares }: Borrower, { repay = 0n }: Plan): bigint {
  const debt = debtOf(debtShares, market.totals.borrowIndexWad);
  return repay === "all" ? debt : min(repay, debt);
}

export function fallOf({ prices }: Market, { liquidationPrice }: Pick<Health, "liquidationPrice">): bigint {
  if (prices.high === 0n) return liquidationPrice === 0n ? BPS : 0n;
  return mulDown(monus(prices.high, liquidationPrice), BPS, prices.high);
}

/** Why the pool lends nothing at all at present, however much collateral there is. */
export function borrowStops({ market, account }: Moment): readonly Reason[] {
  const { collateralCap: collateral, minDebt } = market.terms;
  const { refusal } = health(market, { ...account.position, debtShares: 0n, collateral }, { borrow: minDebt });
  return refusal === undefined ? [] : [poolRefuses(refusal, market)];
}

// ---------------------------------------------------------------- how much is wise, and how much is possible

/** Cut to three digits that say something: for amounts that are offered, which need not be exact. */
export function roundAmount(value: bigint): bigint {
  const unit = 10n ** BigInt(Math.max(value.toString().length - 3, 0));
  return (value / unit) * unit;
}

export type SafeBorrow = { readonly fallBps: bigint; readonly assets: bigint };

/** For each fall of the price: about the most to borrow so that the position, with more collateral, bears it; if any. */
export function safeBorrows(
  { market, account }: Moment,
  addCollateral: bigint,
  fallsBps: readonly bigint[] = [5_000n, 3_000n, 2_000n, 1_000n],
): readonly SafeBorrow[] {
  const position = { ...account.position, collateral: account.position.collateral + addCollateral };
  return fallsBps
    .map((fallBps) => ({ fallBps, assets: roundAmount(maxSafeBorrow(market, position, fallBps)) }))
    .filter(({ assets }) => assets > 0n && account.position.debtAssets + assets >= market.terms.minDebt);
}

/** The most the pool would lend on the position with more collateral, minutes from now too. */
export const mostToBorrow = ({ market, account }: Moment, addCollateral: bigint): bigint =>
  maxSafeBorrow(market, { ...account.position, collateral: account.position.collateral + addCollateral }, 0n);

/** What can be added: the wallet's, as far as the pool's cap has room. */
export function mostToAdd({ market, account }: Moment): bigint {
  const { terms, totals } = market;
  const held = account.position.debtShares === 0n ? totals.collateralBalance : account.position.collateral;
  return min(account.collateralBalance, monus(terms.collateralCap, held));
}

/**
 * The most to repay of a part: what the wallet has, or what leaves the least debt there can be. Who has enough for all of
 * it repays "all".
 */
export function mostToRepay({ market, account }: Moment): bigint | "all" {
  const debt = debtOf(account.position.debtShares, market.totals.borrowIndexWad);
  if (account.assetBalance >= debt) return "all";
  return min(account.assetBalance, monus(debt, market.terms.minDebt));
}

/** What can be taken out now, a little of it left for interest until the transaction is mined. */
export function mostToTake({ market, account }: Moment): bigint {
  const { withdrawableCollateral: most, debtShares, collateral } = health(market, account.position);
  if (debtShares === 0n) return most;
  const growth = mulDown(collateral, market.rates.borrowRatePerSecondWad * SECONDS_TO_SEND, WAD) + 1n;
  return monus(most, growth);
}

const SECONDS_TO_SEND = 600n;
