// Supplying and leaving: what it would change, and why it would be refused.
import { type Account, exitValue, type Market } from "../../../sdk/index.js";
import { min, monus, mulDown, mulUp, VIRTUAL_ASSETS, VIRTUAL_SHARES, WAD } from "../../../sdk/model/numbers.js";
import { type Rates, ratesAfter } from "./rates.js";
import { inSentence, NOTHING, poolSays, type Reason, tooLittleInWallet } from "./reason.js";

/** A market and an account as one block has them; `timestamp` is the chain's. */
export type Moment = { readonly market: Market; readonly account: Account; readonly timestamp: bigint };

export type Holding = {
  readonly shares: bigint;
  /** What they would bring now, cash permitting. */
  readonly exitAssets: bigint;
  /** Of all shares of the pool; in 1e18ths. */
  readonly partWad: bigint;
  readonly walletAssets: bigint;
};

/** Before → after, and what stands in the way; nothing does where `reasons` is empty. */
export type Preview<T> = { readonly before: T; readonly after: T; readonly reasons: readonly Reason[] };

export type SupplyPreview = Preview<Holding & Rates> & {
  readonly assets: bigint;
  readonly shares: bigint;
};

const partOf = (shares: bigint, all: bigint): bigint => (all === 0n ? 0n : mulDown(shares, WAD, all));

const holdingOf = ({ market, account }: Moment): Holding => ({
  shares: account.shares,
  exitAssets: account.exitAssets,
  partWad: partOf(account.shares, market.totals.shares),
  walletAssets: account.assetBalance,
});

// ---------------------------------------------------------------- in

/** Deposits pay the gross price. */
export const sharesFor = ({ totals }: Market, assets: bigint): bigint =>
  mulDown(assets, totals.shares + VIRTUAL_SHARES, totals.grossAssets + VIRTUAL_ASSETS);

export function deposit(moment: Moment, assets: bigint): SupplyPreview {
  const { market, account } = moment;
  const shares = sharesFor(market, assets);
  const after = account.shares + shares;
  return {
    assets,
    shares,
    before: { ...holdingOf(moment), ...ratesAfter(market) },
    after: {
      shares: after,
      exitAssets: worthAfterDeposit(market, assets, shares, after),
      partWad: partOf(after, market.totals.shares + shares),
      walletAssets: monus(account.assetBalance, assets),
      ...ratesAfter(market, { cash: assets }),
    },
    reasons: [...depositReasons(moment, assets)],
  };
}

/** In the order in which the pool checks; what is in the wallet first, for that is what people can change. */
export function* depositReasons({ market, account }: Moment, assets: bigint): Iterable<Reason> {
  const { terms, totals, prices, cover } = market;
  if (assets === 0n) {
    yield NOTHING;
    return;
  }
  yield* tooLittleInWallet(account.assetBalance, assets, market.asset);
  if (sharesFor(market, assets) === 0n) yield poolSays(market, "ZeroAmount");
  if (terms.isPaused) yield poolSays(market, "PoolPaused");
  if (terms.isClosed || isBelowMintingPrice(totals)) yield poolSays(market, "PoolClosed");
  const held = totals.grossAssets + assets;
  if (held > terms.supplyCap) yield poolSays(market, "SupplyCapExceeded", held, terms.supplyCap);
  if (!prices.isOk) {
    yield poolSays(market, "OracleNotOk", prices.low, prices.high);
    return;
  }
  const limit = totals.grossAssets / DUST_DIVISOR;
  if (cover.uncovered > limit) yield poolSays(market, "UncoveredShortfall", cover.uncovered, limit);
}

/** Why the pool takes no deposits at all at present, whatever the amount. */
export const depositStops = (moment: Moment): readonly Reason[] =>
  [...depositReasons(moment, 10n ** BigInt(moment.market.asset.decimals))].filter(({ by }) => by === "pool");

/** Up to a thousandth of the pool may be bad debt that nothing covers. */
const DUST_DIVISOR = 1_000n;
const PAR_FRACTION = 1_000n;

/** Worn down below a thousandth of par a pool never takes deposits again. */
const isBelowMintingPrice = ({ grossAssets, shares }: Market["totals"]): boolean =>
  (grossAssets + VIRTUAL_ASSETS) * VIRTUAL_SHARES * PAR_FRACTION < shares + VIRTUAL_SHARES;

/** The most that a deposit can be; zero where none is taken. */
export const mostToDeposit = ({ market, account }: Moment): bigint =>
  min(account.assetBalance, market.limits.depositable);

/**
 * The worth of `shares` after a deposit. While a part of the shortfall is uncovered (the pool takes deposits up to a
 * thousandth of it) a newcomer takes part in it: then by the exit price of 18 digits.
 */
function worthAfterDeposit(market: Market, assets: bigint, minted: bigint, shares: bigint): bigint {
  const { totals, cover, prices } = market;
  if (cover.uncovered === 0n) {
    const gross = totals.grossAssets + assets + VIRTUAL_ASSETS;
    return mulDown(shares, gross, totals.shares + minted + VIRTUAL_SHARES);
  }
  const left = totals.grossAssets + totals.pendingFees + VIRTUAL_ASSETS - cover.shortfall;
  const sharesLeft = mulDown(left, WAD * VIRTUAL_SHARES, prices.exitPriceWad);
  return mulDown(shares, left + assets, sharesLeft + minted);
}

// ---------------------------------------------------------------- out

export type WithdrawPreview = SupplyPreview & {
  /** What could be taken at once: the worth of the shares, or all the cash there is. */
  readonly availableNow: bigint;
  /** Of "all": what has to wait until loans are repaid. */
  readonly waiting: bigint;
};

/** Take `assets`, or "all": then as much as the pool has cash for. */
export function withdraw(moment: Moment, wanted: bigint | "all"): WithdrawPreview {
  const { market, account } = moment;
  const availableNow = account.withdrawableAssets;
  const assets = wanted === "all" ? availableNow : wanted;
  const isWhole = wanted === "all" && account.redeemableShares === account.shares;
  const shares = isWhole ? account.shares : min(sharesToBurn(market, assets), account.shares);
  const left = account.shares - shares;
  return {
    assets,
    shares,
    availableNow,
    waiting: wanted === "all" ? account.exitAssets - availableNow : 0n,
    before: { ...holdingOf(moment), ...ratesAfter(market) },
    after: {
      shares: left,
      exitAssets: exitValue(market, left),
      partWad: partOf(left, market.totals.shares - shares),
      walletAssets: account.assetBalance + assets,
      ...ratesAfter(market, { cash: -min(assets, market.totals.cash) }),
    },
    reasons: [...withdrawReasons(moment, assets)],
  };
}

function* withdrawReasons({ market, account }: Moment, assets: bigint): Iterable<Reason> {
  if (account.shares === 0n) {
    yield {
      by: "wallet",
      name: "NoShares",
      sentence: "This account has no shares of the pool.",
      wayOut: "A stake in the fund is left by a request, on the page of the fund.",
    };
    return;
  }
  if (assets > market.totals.cash) yield poolSays(market, "InsufficientCash", assets, market.totals.cash);
  if (assets === 0n) yield market.totals.cash === 0n ? noCash(market) : NOTHING;
  yield* tooFewShares(account, assets, market);
}

/** All is lent out: "all" is nothing then. */
const noCash = (market: Market): Reason => poolSays(market, "InsufficientCash", 1n, 0n);

function* tooFewShares({ exitAssets }: Account, assets: bigint, { asset }: Market): Iterable<Reason> {
  if (assets <= exitAssets) return;
  yield {
    by: "wallet",
    name: "Shares",
    sentence: `${inSentence(assets, asset)} is asked for, and the shares are worth ${inSentence(exitAssets, asset)}.`,
    wayOut: "Name less, or take all.",
  };
}

/** Shares that `assets` cost who leaves, rounded up; by the exit price of 18 digits while a shortfall shows. */
function sharesToBurn({ totals, prices, cover }: Market, assets: bigint): bigint {
  if (cover.shortfall === 0n) {
    return mulUp(assets, totals.shares + VIRTUAL_SHARES, totals.grossAssets + VIRTUAL_ASSETS);
  }
  return mulUp(assets, WAD * VIRTUAL_SHARES, prices.exitPriceWad);
}
