// The same market under other rules for bad debt: only what differs from Mutua is said here.
import {
  mulDown,
  mulUp,
  Pool,
  PRICE_SCALE,
  BPS,
  type Quote,
  type Debtor,
  type Totals,
  WAD,
  POOL,
} from "../sdk/model/index.js";

export const MECHANISMS = {
  mutua: {
    title: "Mutua",
    about: "a visible shortfall is in the exit price; reserve, fund, then all alike",
    Pool,
    hasInsurance: true,
    hasForeclosure: true,
  },
  uninsured: {
    title: "Mutua without reserve and fund",
    about: "a visible shortfall is in the exit price; all alike",
    Pool,
    hasInsurance: false,
    hasForeclosure: true,
  },
  firstCome: {
    title: "recognised at full liquidation",
    about: "exits pay the full price until a liquidation has taken a position's last collateral, as on Morpho",
    get Pool() {
      return FirstComePool;
    },
    hasInsurance: false,
    hasForeclosure: false,
  },
  unpriced: {
    title: "a deficit that is never priced",
    about: "exits pay the full price for as long as there is cash, as on Aave",
    get Pool() {
      return UnpricedPool;
    },
    hasInsurance: false,
    hasForeclosure: false,
  },
} as const;

export type Mechanism = keyof typeof MECHANISMS;

/** No shortfall is seen; a liquidation cancels what it pays for, and only the last collateral makes the rest a loss. */
class FirstComePool extends Pool {
  protected override shortfallOf(): bigint {
    return 0n;
  }

  protected override quoteFor(debtor: Debtor, index: bigint, high: bigint, lltvBps: bigint, maxRepay: bigint): Quote {
    const { debt, debtShares, collateral } = debtor;
    const cost = mulUp(collateral, high * BPS, this.terms.lifPeakBps * PRICE_SCALE);
    if (debt < cost) return super.quoteFor(debtor, index, high, lltvBps, maxRepay);
    if (maxRepay >= cost) return { repaid: cost, cancelled: debtShares, seized: collateral };
    const cancelled = mulDown(maxRepay, WAD, index);
    const seized = mulDown(maxRepay, this.terms.lifPeakBps * PRICE_SCALE, high * BPS);
    return { repaid: maxRepay, cancelled, seized };
  }
}

/** The loss becomes a claim on nobody, which the books go on counting. */
class UnpricedPool extends FirstComePool {
  #deficit = 0n;

  protected override realise(_totals: Totals, borrower: string, loss: bigint): void {
    this.#deficit += loss;
    this.emit(POOL, "LossRealised", 0n, borrower, loss, 0n, 0n, loss, 0n, 0n);
  }

  protected override grossOf(totals: Totals): bigint {
    return super.grossOf(totals) + this.#deficit;
  }
}
