// Staking in the fund and the way out of it: what it would change, when, and why it would be refused.
import { claimOf, type Cooling, coolingOf, exitValue, type Market } from "../../../sdk/index.js";
import {
  CLAIM_WINDOW,
  COOLING_PERIOD,
  MAX_OPEN_REQUESTS,
  MAX_UINT256,
  min,
  monus,
  mulDown,
  mulUp,
  VIRTUAL_ASSETS,
  VIRTUAL_POOL_SHARES,
  VIRTUAL_SHARES,
  VIRTUAL_UNITS,
  WAD,
} from "../../../sdk/model/numbers.js";
import { type Rates, ratesAfter } from "./rates.js";
import { inSentence, NOTHING, poolSays, type Reason } from "./reason.js";
import { depositReasons, type Moment, type Preview, sharesFor } from "./supply.js";

export type Stake = {
  readonly units: bigint;
  /** The pool shares behind them, and what these are worth at the exit price. */
  readonly poolShares: bigint;
  readonly assets: bigint;
  /** Of the active stake; in 1e18ths. */
  readonly partWad: bigint;
  /** In requests that can still be claimed or returned, before what a claim withholds; in assets. */
  readonly coolingAssets: bigint;
  /** What reserve and fund are worth, as a part of all debt; the maximum without debt. */
  readonly coverageWad: bigint;
};

export type StakePreview = Preview<Stake & Rates> & {
  /** Units that are got or given, and the pool shares behind them. */
  readonly units: bigint;
  readonly poolShares: bigint;
};

/** How the fund stands, as far as an action moves it. */
type Book = { units: bigint; active: bigint; cooling: bigint; reserve: bigint; market: Market };

const bookOf = (market: Market): Book => ({
  units: market.fund.units,
  active: market.fund.activeShares,
  cooling: market.fund.coolingShares,
  reserve: market.cover.reserveShares,
  market,
});

/** Units for pool shares: those who stake share the active shares. */
export const unitsFor = ({ fund }: Market, poolShares: bigint): bigint =>
  mulDown(poolShares, fund.units + VIRTUAL_UNITS, fund.activeShares + VIRTUAL_POOL_SHARES);

const sharesOf = ({ units, active }: Pick<Book, "units" | "active">, given: bigint): bigint =>
  mulDown(given, active + VIRTUAL_POOL_SHARES, units + VIRTUAL_UNITS);

function stakeOf(book: Book, units: bigint, coolingShares: bigint): Stake {
  const poolShares = sharesOf(book, units);
  const { debtAssets } = book.market.totals;
  const cover = mulDown(
    book.reserve + book.active + book.cooling,
    book.market.totals.grossAssets + VIRTUAL_ASSETS,
    book.market.totals.shares + VIRTUAL_SHARES,
  );
  return {
    units,
    poolShares,
    assets: exitValue(book.market, poolShares),
    partWad: book.units === 0n ? 0n : mulDown(units, WAD, book.units),
    coolingAssets: exitValue(book.market, coolingShares),
    coverageWad: debtAssets === 0n ? MAX_UINT256 : mulDown(cover, WAD, debtAssets),
  };
}

/** What of so many of the fund's shares would burn for the losses that the oracle shows; in assets at the exit price. */
export function claimsOn(market: Market, poolShares: bigint): bigint {
  const { cover, fund, totals } = market;
  const all = fund.activeShares + fund.coolingShares;
  if (all === 0n) return 0n;
  const burned = mulUp(cover.fromFund, totals.shares + VIRTUAL_SHARES, totals.grossAssets + VIRTUAL_ASSETS);
  return exitValue(market, mulDown(poolShares, min(burned, all), all));
}

const coolingSharesOf = ({ account }: Moment): bigint =>
  account.stake.requests.reduce((sum, { grossShares }) => sum + grossShares, 0n);

// ---------------------------------------------------------------- in

export type StakeInPreview = StakePreview & {
  /** Of the losses that the oracle shows and the fund would bear: this stake's part, in assets. */
  readonly claimsTaken: bigint;
};

/** The pool's asset into shares and these into units, in one transaction. */
export function stakeAssets(moment: Moment, assets: bigint): StakeInPreview {
  const { market } = moment;
  const poolShares = sharesFor(market, assets);
  const grown = {
    ...market,
    totals: {
      ...market.totals,
      cash: market.totals.cash + assets,
      shares: market.totals.shares + poolShares,
      grossAssets: market.totals.grossAssets + assets,
    },
  };
  return stakeIn(moment, grown, poolShares, { cash: assets, fundShares: poolShares }, [
    ...depositReasons(moment, assets),
  ]);
}

/** Shares that the account has into units. */
export function stakeShares(moment: Moment, shares: bigint | "all"): StakeInPreview {
  const { market, account } = moment;
  const poolShares = shares === "all" ? account.shares : shares;
  return stakeIn(moment, market, poolShares, { fundShares: poolShares }, [
    ...tooFewShares(moment, poolShares, account.shares),
  ]);
}

function* tooFewShares({ market }: Moment, wanted: bigint, has: bigint): Iterable<Reason> {
  if (wanted === 0n && has > 0n) yield NOTHING;
  if (has > 0n && wanted <= has) return;
  const worth = (shares: bigint) => inSentence(exitValue(market, shares), market.asset);
  yield {
    by: "wallet",
    name: "Shares",
    sentence: has === 0n ? "This account has no shares of the pool." : `The shares are worth ${worth(has)}.`,
    wayOut: has === 0n ? `Stake ${market.asset.symbol} instead: it is supplied on the way.` : "Name less.",
  };
}

function stakeIn(
  moment: Moment,
  grown: Market,
  poolShares: bigint,
  shift: { cash?: bigint; fundShares: bigint },
  reasons: readonly Reason[],
): StakeInPreview {
  const { market, account } = moment;
  const units = unitsFor(market, poolShares);
  const book = bookOf(market);
  const after = { ...book, market: grown, units: book.units + units, active: book.active + poolShares };
  const cooling = coolingSharesOf(moment);
  const inFund = after.active + after.cooling;
  const forFund = min(market.cover.fromFund + market.cover.uncovered, exitValue(grown, inFund));
  const isNothing = poolShares > 0n && units === 0n;
  return {
    units,
    poolShares,
    claimsTaken: inFund === 0n ? 0n : mulDown(forFund, poolShares, inFund),
    before: { ...stakeOf(book, account.stake.units, cooling), ...ratesAfter(market) },
    after: { ...stakeOf(after, account.stake.units + units, cooling), ...ratesAfter(market, shift) },
    reasons: reasons.length === 0 && isNothing ? [poolSays(market, "ZeroAmount")] : reasons,
  };
}

// ---------------------------------------------------------------- asking to leave

export type LeavePreview = StakePreview & {
  /** By the chain's clock, if it were asked for now. */
  readonly claimableAt: bigint;
  readonly expiresAt: bigint;
};

/** Units whose shares are worth `assets` now, rounded down; all of them for what all are worth. */
export const unitsWorth = ({ account: { stake } }: Moment, assets: bigint): bigint =>
  assets >= stake.assets ? stake.units : mulDown(stake.units, assets, stake.assets);

export function requestLeave(moment: Moment, wanted: bigint | "all"): LeavePreview {
  const { market, account, timestamp } = moment;
  const units = wanted === "all" ? account.stake.units : wanted;
  const book = bookOf(market);
  const poolShares = sharesOf(book, units);
  const given = min(poolShares, book.active);
  const after = {
    ...book,
    units: monus(book.units, units),
    active: book.active - given,
    cooling: book.cooling + given,
  };
  const cooling = coolingSharesOf(moment);
  return {
    units,
    poolShares,
    claimableAt: timestamp + COOLING_PERIOD,
    expiresAt: timestamp + COOLING_PERIOD + CLAIM_WINDOW,
    before: { ...stakeOf(book, account.stake.units, cooling), ...ratesAfter(market) },
    after: {
      ...stakeOf(after, monus(account.stake.units, units), cooling + given),
      ...ratesAfter(market),
    },
    reasons: [...leaveReasons(moment, units, poolShares)],
  };
}

function* leaveReasons({ market, account }: Moment, units: bigint, poolShares: bigint): Iterable<Reason> {
  const { stake } = account;
  if (stake.units === 0n) {
    yield {
      by: "wallet",
      name: "NoStake",
      sentence: "This account has no active stake in the fund.",
      wayOut: "What has been asked back is in the requests.",
    };
    return;
  }
  if (units === 0n || poolShares === 0n) yield NOTHING;
  if (units > stake.units) {
    yield {
      by: "wallet",
      name: "Stake",
      sentence: `The stake is worth ${inSentence(stake.assets, market.asset)}.`,
      wayOut: "Name less, or all of it.",
    };
  }
  const open = stake.requests.filter(({ status }) => status !== "Void" && status !== "None");
  if (open.length >= MAX_OPEN_REQUESTS) {
    yield poolSays(market, "TooManyRequests", account.user, BigInt(MAX_OPEN_REQUESTS));
  }
}

// ---------------------------------------------------------------- back among the active ones

export function cancelRequest(moment: Moment, requestId: bigint): StakePreview {
  const { market, account, timestamp } = moment;
  const request = coolingOf(market, account, timestamp).find((each) => each.requestId === requestId);
  const isLive = request !== undefined && request.status !== "Void" && request.status !== "None";
  const poolShares = isLive ? request.grossShares : 0n;
  const units = unitsFor(market, poolShares);
  const book = bookOf(market);
  const after = {
    ...book,
    units: book.units + units,
    active: book.active + poolShares,
    cooling: monus(book.cooling, poolShares),
  };
  const cooling = coolingSharesOf(moment);
  return {
    units,
    poolShares,
    before: { ...stakeOf(book, account.stake.units, cooling), ...ratesAfter(market) },
    after: {
      ...stakeOf(after, account.stake.units + units, monus(cooling, poolShares)),
      ...ratesAfter(market),
    },
    reasons: isLive ? [] : [notOpen(moment, requestId, request)],
  };
}

const notOpen = ({ market }: Moment, requestId: bigint, request: Cooling | undefined): Reason =>
  request?.status === "Void"
    ? poolSays(market, "RequestVoid", requestId, 0n, market.fund.generation)
    : poolSays(market, "RequestNotOpen", requestId);

// ---------------------------------------------------------------- claiming

export type ClaimPreview = {
  readonly units: bigint;
  readonly grossShares: bigint;
  readonly paidShares: bigint;
  /** In assets at the exit price. What is withheld stays with the other stakers. */
  readonly grossAssets: bigint;
  readonly paidAssets: bigint;
  readonly withheldAssets: bigint;
  /** The next request to cool, where nothing has. */
  readonly nextClaimableAt: bigint | undefined;
  readonly reasons: readonly Reason[];
};

/**
 * What a claim would be paid. Fund and standard refuse a claim of which anything is withheld, unless it names the least
 * that it takes: `acceptsLess` says that it does.
 */
export function claim(moment: Moment, wanted: bigint | "all", acceptsLess = false): ClaimPreview {
  const { market, account, timestamp } = moment;
  const requests = coolingOf(market, account, timestamp);
  const present = { ...account, stake: { ...account.stake, requests } };
  const { units, grossShares, paidShares } = claimOf(present, wanted);
  const grossAssets = exitValue(market, grossShares);
  const paidAssets = exitValue(market, paidShares);
  const pending = requests.filter(({ status }) => status === "Pending").map(({ claimableAt }) => claimableAt);
  return {
    units,
    grossShares,
    paidShares,
    grossAssets,
    paidAssets,
    withheldAssets: grossAssets - paidAssets,
    nextClaimableAt: pending.reduce<bigint | undefined>(
      (first, each) => (first === undefined || each < first ? each : first),
      undefined,
    ),
    reasons: [...claimReasons(moment, wanted, { units, grossShares, paidShares }, acceptsLess)],
  };
}

type Claim = Pick<ClaimPreview, "units" | "grossShares" | "paidShares">;

function* claimReasons(
  { market, account }: Moment,
  wanted: bigint | "all",
  { units, grossShares, paidShares }: Claim,
  acceptsLess: boolean,
): Iterable<Reason> {
  if (wanted !== "all" && wanted > units) {
    yield poolSays(market, "ExceedsClaimable", account.user, wanted, units);
    return;
  }
  if (units === 0n) {
    yield wanted === "all" ? NOTHING_COOLED : NOTHING;
    return;
  }
  const gross = inSentence(exitValue(market, grossShares), market.asset);
  if (paidShares === 0n) {
    yield {
      by: "pool",
      name: "BelowMinimum",
      sentence: `The losses that the oracle shows use up the whole fund: of ${gross} nothing would be paid.`,
      wayOut: "Wait within the window: what is withheld falls if the price rises.",
    };
  } else if (paidShares < grossShares && !acceptsLess) {
    const paid = inSentence(exitValue(market, paidShares), market.asset);
    yield {
      by: "pool",
      name: "BelowMinimum",
      sentence: `While the oracle shows losses, the fund pays ${paid} of ${gross}, and only to who accepts less.`,
      wayOut: "Wait within the window, or accept less: what is withheld stays with the other stakers for good.",
    };
  }
}

const NOTHING_COOLED: Reason = {
  by: "pool",
  name: "ExceedsClaimable",
  sentence: "Nothing can be claimed at present.",
  wayOut: "A request can be claimed from two weeks after it was made, for a week.",
};
