// DESIGN §5 to §9 in bigint, written from the text: no provider, no clock.
export const WAD = 10n ** 18n;
export const BPS = 10_000n;
export const PRICE_SCALE = 10n ** 36n;
export const VIRTUAL_SHARES = 10n ** 6n;
export const DAY = 86_400n;
/** The estate's price falls to zero over this time; its clock runs in 2^-32 seconds. */
export const ESTATE_PERIOD = (60n * DAY) << 32n;

export const ceilDiv = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
export const monus = (a: bigint, b: bigint): bigint => (a > b ? a - b : 0n);
export const distance = (a: bigint, b: bigint): bigint => (a > b ? a - b : b - a);

// ---------------------------------------------------------------- §5 liquidation

export type Terms = { lifFloorBps: bigint; lifMinBps: bigint; lifPeakBps: bigint; targetBps: bigint; minDebt: bigint };

/** The market of the fixtures. */
export const TERMS: Terms = {
  lifFloorBps: 10_200n,
  lifMinBps: 10_300n,
  lifPeakBps: 11_000n,
  targetBps: 9_000n,
  minDebt: 100n * WAD,
};

/** debt / value, rounded up, with value = collateral · price in loan wei times 1e36. */
export function ltvUp(debt: bigint, value: bigint): bigint {
  const down = value / WAD;
  return down === 0n ? 2n ** 256n - 1n : ceilDiv(debt * PRICE_SCALE, down);
}

/** From lifMin at the lltv in a line to lifPeak at 1/lifPeak; never above 1/ltv. */
export function incentive(ltv: bigint, lltvBps: bigint, terms: Terms = TERMS): bigint {
  const most = (WAD * WAD) / ltv;
  const from = (lltvBps * WAD) / BPS;
  const peak = (WAD * BPS) / terms.lifPeakBps;
  if (ltv >= peak) return most;
  const lif = (terms.lifMinBps * WAD) / BPS;
  const rise = (((terms.lifPeakBps - terms.lifMinBps) * WAD) / BPS) * (ltv - from);
  return min(lif + rise / (peak - from), most);
}

export type Liquidated = { repaid: bigint; cancelled: bigint; seized: bigint };
export type Position = { debtShares: bigint; collateral: bigint };

export const debtOf = (debtShares: bigint, index: bigint): bigint => ceilDiv(debtShares * index, WAD);
export const isInsolvent = (debt: bigint, value: bigint, terms: Terms = TERMS): boolean =>
  debt * PRICE_SCALE * terms.lifFloorBps > value * BPS;

/** What a solvent position repays to come down to τ · lltv: x = (d − t·v) / (1 − t·lif). */
export function solventQuote(
  { debtShares, collateral }: Position,
  index: bigint,
  high: bigint,
  lltvBps: bigint,
  maxRepay: bigint,
  terms: Terms = TERMS,
): Liquidated {
  const debt = debtOf(debtShares, index);
  const value = collateral * high;
  const lif = incentive(ltvUp(debt, value), lltvBps, terms);
  const target = (lltvBps * terms.targetBps * WAD) / (BPS * BPS);
  let most = ceilDiv((debt - ((value / WAD) * target) / PRICE_SCALE) * WAD, WAD - (target * lif) / WAD);
  if (most >= debt || debt - most < terms.minDebt) most = debt;
  let repaid = min(most, maxRepay);
  if (repaid < debt && debt - repaid < terms.minDebt) repaid = monus(debt, terms.minDebt);
  const cancelled = repaid === debt ? debtShares : (repaid * WAD) / index;
  return {
    repaid,
    cancelled,
    seized: min((repaid * lif * (PRICE_SCALE / WAD)) / high, (collateral * cancelled) / debtShares),
  };
}

/** ceil(c · high / lifFloor) */
export const recovered = (collateral: bigint, high: bigint, terms: Terms = TERMS): bigint =>
  ceilDiv(collateral * high * BPS, terms.lifFloorBps * PRICE_SCALE);

/** Collateral at high / lifFloor; debt goes in proportion. */
export function insolventQuote(
  { debtShares, collateral }: Position,
  index: bigint,
  high: bigint,
  maxRepay: bigint,
  terms: Terms = TERMS,
): Liquidated {
  const whole = recovered(collateral, high, terms);
  if (maxRepay >= whole) return { repaid: whole, cancelled: debtShares, seized: collateral };
  let seized = (maxRepay * terms.lifFloorBps * PRICE_SCALE) / (high * BPS);
  const least = ceilDiv(terms.minDebt * WAD, index);
  if (debtShares - ceilDiv(debtShares * seized, collateral) < least) {
    seized = (collateral * monus(debtShares, least)) / debtShares;
  }
  return { repaid: recovered(seized, high, terms), cancelled: ceilDiv(debtShares * seized, collateral), seized };
}

/** What floor(D · I) falls by when debt shares go. */
export const fallOf = (totalDebtShares: bigint, cancelled: bigint, index: bigint): bigint =>
  (totalDebtShares * index) / WAD - ((totalDebtShares - cancelled) * index) / WAD;

// ---------------------------------------------------------------- §6 the ledger

export const MANTISSA_BITS = 6n;
export const NO_COLLATERAL = 256n << MANTISSA_BITS;

export function tickOfRatio(ratioX128: bigint): bigint {
  if (ratioX128 < 1n << MANTISSA_BITS) return ratioX128;
  const b = BigInt(ratioX128.toString(2).length - 1);
  const shift = b - MANTISSA_BITS;
  return ((shift + 1n) << MANTISSA_BITS) + ((ratioX128 >> shift) & ((1n << MANTISSA_BITS) - 1n));
}

export const tickOf = ({ debtShares, collateral }: Position): bigint =>
  collateral === 0n ? NO_COLLATERAL : tickOfRatio((debtShares << 128n) / collateral);

/** q, what a unit of collateral recovers. */
export const recoveryPrice = (low: bigint, terms: Terms = TERMS): bigint => (low * BPS) / terms.lifFloorBps;

/** θ: positions above it are insolvent, those below solvent. */
export const threshold = (low: bigint, index: bigint, terms: Terms = TERMS): bigint =>
  tickOfRatio((((recoveryPrice(low, terms) * WAD) / index) << 128n) / PRICE_SCALE);

const uncovered = (debtShares: bigint, collateral: bigint, index: bigint, q: bigint): bigint =>
  monus((debtShares * index) / WAD, ceilDiv(collateral * q, PRICE_SCALE));

/** P of the positions alone, from a list of them. */
export function ledgerShortfall(
  positions: readonly Position[],
  index: bigint,
  low: bigint,
  terms: Terms = TERMS,
): bigint {
  const q = recoveryPrice(low, terms);
  const theta = threshold(low, index, terms);
  let [debtAbove, collateralAbove, debtAt, collateralAt] = [0n, 0n, 0n, 0n];
  for (const position of positions) {
    if (position.debtShares === 0n) continue;
    const tick = tickOf(position);
    if (tick > theta) {
      debtAbove += position.debtShares;
      collateralAbove += position.collateral;
    } else if (tick === theta) {
      debtAt += position.debtShares;
      collateralAt += position.collateral;
    }
  }
  return uncovered(debtAbove, collateralAbove, index, q) + uncovered(debtAt, collateralAt, index, q);
}

/** The sum over positions of what each one leaves uncovered: what P bounds from below. */
export function trueShortfall(positions: readonly Position[], index: bigint, low: bigint, terms: Terms = TERMS) {
  const q = recoveryPrice(low, terms);
  return positions.reduce((sum, { debtShares, collateral }) => sum + uncovered(debtShares, collateral, index, q), 0n);
}

// ---------------------------------------------------------------- §7 prices, §8 waterfall

export type Books = {
  cash: bigint;
  debtAssets: bigint;
  pendingFees: bigint;
  supply: bigint;
  reserveShares: bigint;
  fundShares: bigint;
};

export type Fraction = { assets: bigint; shares: bigint };

export const grossOf = (books: Books): Fraction => ({
  assets: books.cash + books.debtAssets - books.pendingFees + 1n,
  shares: books.supply + VIRTUAL_SHARES,
});

/** A price as the pool shows it: assets per 1e6 share units, times 1e18. */
export const priceWad = ({ assets, shares }: Fraction): bigint => (assets * WAD * VIRTUAL_SHARES) / shares;

/** Pending fees as shares, at the gross price. */
export function crystallised(books: Books): Fraction & { cover: bigint; minted: bigint } {
  const gross = grossOf(books);
  const minted = (books.pendingFees * gross.shares) / gross.assets;
  return {
    assets: gross.assets + books.pendingFees,
    shares: gross.shares + minted,
    cover: books.reserveShares + books.fundShares + minted,
    minted,
  };
}

/** e = min(g, (TA + Φ − P + 1) / (S + V − cov)), and what of P is uncovered. */
export function exitOf(books: Books, shortfall: bigint): Fraction & { uncovered: bigint } {
  const gross = grossOf(books);
  if (shortfall === 0n) return { ...gross, uncovered: 0n };
  const { assets, shares, cover } = crystallised(books);
  const need = ceilDiv(shortfall * shares, assets);
  const burned = min(need, cover);
  const open = need > burned ? shortfall - (burned * assets) / shares : 0n;
  const net = { assets: assets - shortfall, shares: shares - burned };
  return { ...(net.assets * gross.shares < gross.assets * net.shares ? net : gross), uncovered: open };
}

export type Split = {
  reserveShares: bigint;
  fundShares: bigint;
  fromReserve: bigint;
  fromFund: bigint;
  haircut: bigint;
};

/** A loss down the layers; assets and shares with the virtual ones. */
export function waterfall(loss: bigint, { assets, shares }: Fraction, reserve: bigint, fund: bigint): Split {
  const need = ceilDiv(loss * shares, assets);
  const reserveShares = min(need, reserve);
  const fundShares = min(need - reserveShares, fund);
  const fromReserve = reserveShares === need ? loss : min(loss, (reserveShares * assets) / shares);
  const rest = loss - fromReserve;
  const fromFund = reserveShares + fundShares === need ? rest : min(rest, (fundShares * assets) / shares);
  return { reserveShares, fundShares, fromReserve, fromFund, haircut: rest - fromFund };
}

// ---------------------------------------------------------------- §9 the estate

/** Today's price, rounded up, with the age in 2^-32 seconds. */
export const estatePrice = (high: bigint, age: bigint, terms: Terms = TERMS): bigint =>
  ceilDiv(ceilDiv(high * BPS, terms.lifFloorBps) * (ESTATE_PERIOD - min(age, ESTATE_PERIOD)), ESTATE_PERIOD);

/** E − floor(C · floor(low · κ)), or nothing. */
export const estateShortfall = (debt: bigint, collateral: bigint, low: bigint, age: bigint, terms: Terms = TERMS) =>
  monus(
    debt,
    (collateral * ((recoveryPrice(low, terms) * (ESTATE_PERIOD - min(age, ESTATE_PERIOD))) / ESTATE_PERIOD)) /
      PRICE_SCALE,
  );

// ---------------------------------------------------------------- random numbers with a seed

/** Mulberry32. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}
