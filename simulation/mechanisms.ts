// The same market under other rules for bad debt: only what differs from Mutua is said here. The market, its oracle, its
// rate curve and everyone in it stay the same. So do two things that these protocols would do otherwise: rates follow
// Mutua's curve, and exits are whole calls at each step.
import {
  BPS,
  type Debtor,
  exceeds,
  type Exit,
  min,
  mulDown,
  mulUp,
  Pool,
  POOL,
  PRICE_SCALE,
  type Quote,
  Refusal,
  type Totals,
  WAD,
} from "../sdk/model/index.js";

/**
 * Recognition at full liquidation, and exits in order of arrival, as in Morpho Blue: a supplier is paid the full price
 * until a liquidation has taken a position's last collateral; then what is left of its debt is everybody's loss. Any part
 * of a position can be liquidated, for a premium that follows from the lltv alone. Left out: Morpho's fee and its
 * supply in shares of other markets.
 */
export class FirstComePool extends Pool {
  /** What leavers have been paid beyond their part of what the oracle said the pool could pay: the others' money. */
  excess = 0n;

  /** The shortfall stays in sight, for those who act on news; no price contains it. */
  protected override exitFor(t: Totals): Exit {
    return super.exitFor(t, 0n);
  }

  override redeem(caller: string, shares: bigint, receiver: string, owner: string, minAssets = 0n): bigint {
    const t = this.accrued();
    const fair = super.exitFor(t, this.shortfallOf(t, this.price().low) + this.hiddenLoss());
    const paid = super.redeem(caller, shares, receiver, owner, minAssets);
    this.excess += paid - mulDown(shares, fair.assets, fair.shares);
    return paid;
  }

  /** What is lost and still in the books. */
  protected hiddenLoss(): bigint {
    return 0n;
  }

  protected override quoteFor(debtor: Debtor, index: bigint, high: bigint, _lltv: bigint, maxRepay: bigint): Quote {
    const { debt, debtShares, collateral } = debtor;
    const premium = this.premiumWad();
    const price = high * WAD;
    const whole = mulUp(collateral, price, premium * PRICE_SCALE);
    const repaid = min(maxRepay, min(debt, whole));
    if (repaid === whole && whole < debt) return { repaid, cancelled: debtShares, seized: collateral };
    return {
      repaid,
      cancelled: repaid === debt ? debtShares : mulDown(repaid, WAD, index),
      seized: min(collateral, mulDown(repaid, premium * PRICE_SCALE, price)),
    };
  }

  /** min(1.15, 1 / (1 − 0.3 · (1 − lltv))) */
  protected premiumWad(): bigint {
    const below = (3n * WAD * (BPS - this.state.lltvBps)) / (10n * BPS);
    return min((115n * WAD) / 100n, (WAD * WAD) / (WAD - below));
  }

  /** There is no such thing: nobody takes over what no liquidator wants. */
  override flag(borrower: string): void {
    throw new Refusal("NoForeclosure", borrower);
  }
}

/** Above this health factor only half of a debt can be repaid by a liquidator, unless debt or collateral is small. */
const HEALTH_FOR_HALF_BPS = 9_500n;
const SMALL_TOKENS = 2_000n;

/**
 * A deficit that is never priced, as in Aave v3.3 before anything covers it: when the last collateral is gone, what is
 * left of the debt is burned and booked as the reserve's deficit, the index of claims is not lowered, and exits are paid
 * in full while there is cash. The close factor is Aave's. Left out: its fee, its rule against small remainders, and the
 * coverage by Umbrella; the premium, which governance sets for each asset there, is Morpho's.
 */
export class UnpricedPool extends FirstComePool {
  #deficit = 0n;

  protected override hiddenLoss(): bigint {
    return this.#deficit;
  }

  /** Nothing is refused after it, so there is nothing to take back. */
  protected override realise(_totals: Totals, borrower: string, loss: bigint): void {
    this.#deficit += loss;
    const price = this.grossPrice();
    this.emit(POOL, "LossRealised", 0n, borrower, loss, 0n, 0n, loss, price, price);
  }

  /** All claims, those on nobody included. */
  protected override grossOf(totals: Totals): bigint {
    return super.grossOf(totals) + this.#deficit;
  }

  protected override quoteFor(debtor: Debtor, index: bigint, high: bigint, lltv: bigint, maxRepay: bigint): Quote {
    const { debt, collateral } = debtor;
    const value = collateral * high;
    const small = SMALL_TOKENS * this.terms.wholeToken;
    const isHalf =
      debt >= small && value >= small * PRICE_SCALE && !exceeds(debt * HEALTH_FOR_HALF_BPS, value * BPS, lltv);
    return super.quoteFor(debtor, index, high, lltv, isHalf ? min(maxRepay, debt / 2n) : maxRepay);
  }
}

export const MECHANISMS = {
  mutua: {
    title: "Mutua",
    about: "A visible shortfall is in the exit price: reserve, fund, then all alike.",
    Pool,
    isInsured: true,
  },
  firstCome: {
    title: "Recognised at full liquidation",
    about: "Exits pay the full price until a liquidation has taken a position's last collateral, as in Morpho Blue.",
    Pool: FirstComePool,
    isInsured: false,
  },
  unpriced: {
    title: "A deficit that is never priced",
    about: "Exits pay the full price while there is cash, as in Aave v3 before anything covers the deficit.",
    Pool: UnpricedPool,
    isInsured: false,
  },
  uninsured: {
    title: "Mutua without reserve and fund",
    about: "A visible shortfall is in the exit price: all alike.",
    Pool,
    isInsured: false,
  },
} as const;

export type Mechanism = keyof typeof MECHANISMS;
