// What money going in or out does to everybody's rates, by the curve of the pool. The rate at target is not in the lens's
// answer, so it is taken from the rate of now: what comes out can be off by a few 1e18ths of a second's rate.
import type { Market } from "../../../sdk/index.js";
import { rateNow, utilisationOf } from "../../../sdk/model/interest.js";
import { divUp, min, mulDown, WAD, YEAR } from "../../../sdk/model/numbers.js";

export type Rates = {
  /** Per second, without interest on interest; in 1e18ths. */
  readonly borrowRateWad: bigint;
  readonly supplyRateWad: bigint;
  /** What a stake earns on top of the shares it is made of; zero while nobody would get it. */
  readonly premiumRateWad: bigint;
  readonly utilisationWad: bigint;
};

/** What a planned action moves. */
export type Shift = { readonly cash?: bigint; readonly debt?: bigint; readonly fundShares?: bigint };

export function ratesAfter(market: Market, { cash = 0n, debt = 0n, fundShares = 0n }: Shift = {}): Rates {
  const { totals, rates, cover, terms, estate } = market;
  const debtAssets = totals.debtAssets + debt;
  const utilisationWad = utilisationOf(totals.cash + cash, debtAssets);
  const borrowRate =
    cash === 0n && debt === 0n ? rates.borrowRatePerSecondWad : rateNow(rateAtTarget(rates), utilisationWad);
  const interest = borrowRate * (debtAssets - estate.debtAssets);
  const gross = totals.grossAssets + cash + debt;
  const supplyRate = gross === 0n ? 0n : (interest * (100n - feePercent(market))) / (100n * gross);
  const fund = mulDown(cover.fundShares + fundShares, totals.grossAssets, totals.shares === 0n ? 1n : totals.shares);
  const premium = fund === 0n ? 0n : (interest * terms.fundFeePercent) / (100n * fund);
  return {
    borrowRateWad: borrowRate,
    supplyRateWad: supplyRate,
    // The pool caps it at a yield of 100% a year.
    premiumRateWad: min(premium, WAD / YEAR),
    utilisationWad,
  };
}

/** At a rate at target of 1e18: where on the curve this utilisation is. */
const onCurve = (utilisationWad: bigint): bigint => rateNow(WAD, utilisationWad);

const rateAtTarget = ({ borrowRatePerSecondWad, utilisationWad }: Market["rates"]): bigint =>
  divUp(borrowRatePerSecondWad * WAD, onCurve(utilisationWad));

/**
 * The part of the interest that is not the suppliers', in whole percent: the reserve's falls away when it has reached its
 * target, which only the supply rate shows.
 */
function feePercent({ totals, rates, terms, estate }: Market): bigint {
  const full = rates.borrowRatePerSecondWad * (totals.debtAssets - estate.debtAssets);
  if (full === 0n || rates.supplyRatePerSecondWad === 0n) return terms.reserveFeePercent + terms.fundFeePercent;
  const kept = (200n * rates.supplyRatePerSecondWad * totals.grossAssets + full) / (2n * full);
  return 100n - kept;
}
