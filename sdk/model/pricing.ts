// What everything is worth, now: interest, the oracle, the shortfall, and the two prices of a share.
import { settled, statusOf, NO_CERTIFICATE } from "./certificates.js";
import { ESTATE_CLOCK, ESTATE_PERIOD, estatePriceUp, estateShortfall } from "./estate.js";
import { accruedTo, fallOf, loansOf, rateNow, utilisationOf } from "./interest.js";
import {
  exceeds,
  isForeclosable,
  isInsolvent,
  ltvOf,
  quoteLiquidation,
  type Debtor,
  type Quote,
} from "./liquidation.js";
import {
  max,
  MAX_SHARES,
  MAX_UINT256,
  min,
  monus,
  mulDown,
  mulUp,
  RAY,
  Refusal,
  VIRTUAL_ASSETS,
  VIRTUAL_SHARES,
  WAD,
  YEAR,
} from "./numbers.js";
import { type Account, FUND, isCover, Machine, NOBODY, POOL, type Position, type Price, type Totals } from "./state.js";
import { ledgerShortfall, recoveryPrice } from "./shortfall.js";
import { type Exit, exitOf, splitLoss } from "./waterfall.js";

const PAR_FRACTION = 1_000n;
const DUST_DIVISOR = 1_000n;

/** The state as if pending fees were shares already. */
export type Crystal = {
  shares: bigint;
  assets: bigint;
  reserve: bigint;
  fund: bigint;
  toReserve: bigint;
  toFund: bigint;
};

export type Status = "None" | "Healthy" | "Liquidatable" | "Foreclosable" | "Insolvent";

export const priceWad = (assets: bigint, shares: bigint): bigint => (assets * WAD * VIRTUAL_SHARES) / shares;

export class Pricing extends Machine {
  // ---------------------------------------------------------------- interest

  /** A copy of the totals with interest up to now. */
  accrued(): Totals {
    return accruedTo(this.now, this.state.totals, this.state.estateDebt, this.terms.feeUnit);
  }

  /** All debt outstanding, the estate's included. */
  protected debtOf(t: Totals): bigint {
    return loansOf(t) + this.state.estateDebt;
  }

  protected debtUp(debtShares: bigint, t: Totals): bigint {
    return mulUp(debtShares, t.index, WAD);
  }

  protected pendingFees(t: Totals): bigint {
    return t.feeUnits * this.terms.feeUnit;
  }

  /** What belongs to the shares, the shortfall ignored. */
  protected grossOf(t: Totals): bigint {
    return monus(t.cash + this.debtOf(t), this.pendingFees(t));
  }

  /** Below a thousandth of the first price nothing mints. */
  protected isBelowMintingPrice(gross: bigint, shares: bigint): boolean {
    return (gross + VIRTUAL_ASSETS) * VIRTUAL_SHARES * PAR_FRACTION < shares + VIRTUAL_SHARES;
  }

  protected mintable(assets: bigint, gross: bigint, shares: bigint): bigint {
    if (this.isBelowMintingPrice(gross, shares)) return 0n;
    const minted = mulDown(assets, shares + VIRTUAL_SHARES, gross + VIRTUAL_ASSETS);
    return minted > MAX_SHARES - shares ? 0n : minted;
  }

  protected sharesForDown(assets: bigint, t: Totals, gross: bigint): bigint {
    return mulDown(assets, t.shares + VIRTUAL_SHARES, gross + VIRTUAL_ASSETS);
  }

  protected assetsForUp(shares: bigint, t: Totals, gross: bigint): bigint {
    return mulUp(shares, gross + VIRTUAL_ASSETS, t.shares + VIRTUAL_SHARES);
  }

  // ---------------------------------------------------------------- the oracle

  protected read(oracle: string): Price {
    const answer = this.oracles.get(oracle) ?? { low: 0n, high: 0n, ok: false };
    const low = min(answer.low, this.terms.priceLimit);
    const high = min(answer.high, this.terms.priceLimit);
    return { low, high, ok: answer.ok && low !== 0n && low <= high };
  }

  /** While another oracle is announced, low is the lower of both. */
  price(): Price {
    const price = this.read(this.state.oracle);
    if (this.state.pendingOracle === undefined) return price;
    return { ...price, low: min(price.low, this.read(this.state.pendingOracle).low) };
  }

  protected okPrice(): Price {
    const price = this.price();
    if (!price.ok) throw new Refusal("OracleNotOk", price.low, price.high);
    return price;
  }

  // ---------------------------------------------------------------- the shortfall

  /** What `low` says can't be recovered: of the positions, and of the estate. */
  protected shortfallOf(t: Totals, low: bigint): bigint {
    const { lifFloorBps } = this.terms;
    const { estateDebt, estateCollateral } = this.state;
    if (recoveryPrice(low, lifFloorBps) === 0n) return this.debtOf(t);
    const ofPositions = ledgerShortfall(this.positions.values(), t.index, low, lifFloorBps);
    const ofEstate = estateShortfall(estateDebt, estateCollateral, low, this.estateAge(), lifFloorBps);
    return min(ofPositions + ofEstate, this.debtOf(t));
  }

  /** In 2^-32 seconds; at most its whole period. */
  protected estateAge(): bigint {
    return min((this.now << ESTATE_CLOCK) - this.state.estateStart, ESTATE_PERIOD);
  }

  protected estatePriceNow(high: bigint): bigint {
    return estatePriceUp(high, this.estateAge(), this.terms.lifFloorBps);
  }

  // ---------------------------------------------------------------- the two prices

  /** Cooling shares, rounded up: so all claims together never exceed the fund. */
  protected coolingShares(): bigint {
    return mulUp(this.state.coolingUnits, this.state.coolingIndexRay, RAY);
  }

  /** The fund gets its part for active shares only, and at most a yield of 100% a year; the rest is the reserve's. */
  protected crystalOf(t: Totals, gross: bigint): Crystal {
    const { reserveShares: reserve, fundShares: fund, fundFeePercent, lastPremium } = this.state;
    const fees = this.pendingFees(t);
    const crystal = { shares: t.shares, assets: gross + fees, reserve, fund, toReserve: 0n, toFund: 0n };
    const minted = fees === 0n ? 0n : this.mintable(fees, gross, t.shares);
    if (minted === 0n) return crystal;
    let toFund = 0n;
    if (fund !== 0n) {
      const active = fund - this.coolingShares();
      toFund = (minted * fundFeePercent) / t.feePercent;
      toFund = (toFund * active) / fund;
      toFund = min(toFund, (active * (this.now - lastPremium)) / YEAR);
    }
    const toReserve = minted - toFund;
    return {
      ...crystal,
      shares: t.shares + minted,
      reserve: reserve + toReserve,
      fund: fund + toFund,
      toReserve,
      toFund,
    };
  }

  protected exitFor(t: Totals, shortfall: bigint): Exit {
    const gross = this.grossOf(t);
    const open = { assets: gross + VIRTUAL_ASSETS, shares: t.shares + VIRTUAL_SHARES };
    if (shortfall === 0n) return { ...open, uncovered: 0n };
    const { assets, shares, reserve, fund } = this.crystalOf(t, gross);
    const crystal = { assets: assets + VIRTUAL_ASSETS, shares: shares + VIRTUAL_SHARES, cover: reserve + fund };
    return exitOf(open, crystal, shortfall);
  }

  protected exitNow(t: Totals): Exit {
    return this.exitFor(t, this.shortfallOf(t, this.price().low));
  }

  /** Up to this much uncovered shortfall deposits stay open, and up to this haircut borrowing does. */
  protected isMoreThanDust(assets: bigint, gross: bigint): boolean {
    return assets > gross / DUST_DIVISOR;
  }

  protected isHaltingHaircut(haircut: bigint, assets: bigint): boolean {
    return haircut * DUST_DIVISOR > assets;
  }

  // ---------------------------------------------------------------- views

  totals(): {
    cash: bigint;
    debt: bigint;
    debtShares: bigint;
    index: bigint;
    pendingFees: bigint;
    reserve: bigint;
    fund: bigint;
  } {
    const t = this.accrued();
    return {
      cash: t.cash,
      debt: this.debtOf(t),
      debtShares: t.debtShares,
      index: t.index,
      pendingFees: this.pendingFees(t),
      reserve: this.state.reserveShares,
      fund: this.state.fundShares,
    };
  }

  balanceOf(account: Account): bigint {
    if (account === POOL) return this.state.reserveShares;
    if (account === FUND) return this.state.fundShares;
    return this.holdings.get(account).shares;
  }

  currentShortfall(): bigint {
    return this.shortfallOf(this.accrued(), this.price().low);
  }

  grossAssets(): bigint {
    return this.grossOf(this.accrued());
  }

  grossPrice(): bigint {
    const t = this.accrued();
    return priceWad(this.grossOf(t) + VIRTUAL_ASSETS, t.shares + VIRTUAL_SHARES);
  }

  exitPrice(): bigint {
    const exit = this.exitNow(this.accrued());
    return priceWad(exit.assets, exit.shares);
  }

  totalAssets(): bigint {
    return this.convertToAssets(this.state.totals.shares);
  }

  convertToAssets(shares: bigint): bigint {
    const exit = this.exitNow(this.accrued());
    return mulDown(shares, exit.assets, exit.shares);
  }

  convertToShares(assets: bigint): bigint {
    const exit = this.exitNow(this.accrued());
    return mulDown(assets, exit.shares, exit.assets);
  }

  previewDeposit(assets: bigint): bigint {
    const t = this.accrued();
    return this.sharesForDown(assets, t, this.grossOf(t));
  }

  previewMint(shares: bigint): bigint {
    const t = this.accrued();
    return this.assetsForUp(shares, t, this.grossOf(t));
  }

  previewWithdraw(assets: bigint): bigint {
    const exit = this.exitNow(this.accrued());
    return mulUp(assets, exit.shares, exit.assets);
  }

  previewRedeem(shares: bigint): bigint {
    return this.convertToAssets(shares);
  }

  /** What can still come in, in assets and in shares. */
  room(receiver: Account): { assets: bigint; shares: bigint } {
    const nothing = { assets: 0n, shares: 0n };
    if (this.isPaused() || this.state.isClosed || receiver === NOBODY || isCover(receiver)) return nothing;
    const t = this.accrued();
    const gross = this.grossOf(t);
    if (this.isBelowMintingPrice(gross, t.shares)) return nothing;
    const { low, ok } = this.price();
    if (!ok || this.isMoreThanDust(this.exitFor(t, this.shortfallOf(t, low)).uncovered, gross)) return nothing;
    const assets = monus(this.state.supplyCapTokens * this.terms.wholeToken, gross);
    const shares = this.sharesForDown(assets, t, gross);
    const most = MAX_SHARES - t.shares;
    if (shares <= most) return { assets, shares };
    return { assets: mulDown(most, gross + VIRTUAL_ASSETS, t.shares + VIRTUAL_SHARES), shares: most };
  }

  maxWithdraw(owner: Account): bigint {
    if (isCover(owner)) return 0n;
    return min(this.convertToAssets(this.balanceOf(owner)), this.state.totals.cash);
  }

  maxRedeem(owner: Account): bigint {
    if (isCover(owner)) return 0n;
    const cash = this.state.totals.cash;
    const exit = this.exitNow(this.accrued());
    const balance = this.balanceOf(owner);
    const worth = mulDown(balance, exit.assets, exit.shares);
    if (worth === 0n) return 0n;
    if (worth <= cash) return balance;
    // Rounded twice, so few shares can be worth nothing: those can't be redeemed.
    const shares = mulDown(cash, exit.shares, exit.assets);
    return mulDown(shares, exit.assets, exit.shares) === 0n ? 0n : shares;
  }

  /** What reserve and fund are worth, as a part of the debt. */
  coverageRatio(): bigint {
    const t = this.accrued();
    const debt = this.debtOf(t);
    if (debt === 0n) return MAX_UINT256;
    const crystal = this.crystalOf(t, this.grossOf(t));
    const cover = mulDown(
      crystal.reserve + crystal.fund,
      crystal.assets + VIRTUAL_ASSETS,
      crystal.shares + VIRTUAL_SHARES,
    );
    return (cover * WAD) / debt;
  }

  previewWaterfall(loss: bigint): {
    fromReserve: bigint;
    fromFund: bigint;
    haircut: bigint;
    exitPriceBefore: bigint;
    exitPriceAfter: bigint;
  } {
    const t = this.accrued();
    const debt = this.debtOf(t);
    if (loss > debt) throw new Refusal("AboveMaximum", loss, debt);
    const shortfall = this.shortfallOf(t, this.price().low);
    const before = this.exitFor(t, shortfall);
    const after = this.exitFor(t, max(shortfall, loss));
    const crystal = this.crystalOf(t, this.grossOf(t));
    const { fromReserve, fromFund, haircut } = splitLoss(
      loss,
      crystal.shares + VIRTUAL_SHARES,
      crystal.assets + VIRTUAL_ASSETS,
      crystal.reserve,
      crystal.fund,
    );
    return {
      fromReserve,
      fromFund,
      haircut,
      exitPriceBefore: priceWad(before.assets, before.shares),
      exitPriceAfter: priceWad(after.assets, after.shares),
    };
  }

  utilisation(): bigint {
    const t = this.accrued();
    return utilisationOf(t.cash, this.debtOf(t));
  }

  borrowRate(): bigint {
    const t = this.accrued();
    return rateNow(t.rateAtTarget, utilisationOf(t.cash, this.debtOf(t)));
  }

  /** What a share earns after fees. */
  supplyRate(): bigint {
    const t = this.accrued();
    const gross = this.grossOf(t);
    return gross === 0n ? 0n : (this.borrowRate() * loansOf(t) * (100n - t.feePercent)) / (100n * gross);
  }

  isPaused(): boolean {
    return this.now < this.state.pausedUntil;
  }

  /** The lltv in force: during a ramp between where it was and where it goes. Rounded up, for the borrower. */
  lltvNow(): bigint {
    const { lltvBps, rampFromBps, rampStart, rampEnd } = this.state;
    if (this.now >= rampEnd) return lltvBps;
    return lltvBps + mulUp(rampFromBps - lltvBps, rampEnd - this.now, rampEnd - rampStart);
  }

  positionOf(borrower: Account): Position {
    return this.positions.get(borrower);
  }

  position(borrower: Account): { debt: bigint; collateral: bigint; ltv: bigint; status: Status; flaggedAt: bigint } {
    const { debtShares, collateral, timestamp, isFlagged } = this.positions.get(borrower);
    const debt = this.debtUp(debtShares, this.accrued());
    const value = collateral * this.price().high;
    const { lifFloorBps, lifPeakBps } = this.terms;
    let status: Status = "Healthy";
    if (debt === 0n) status = "None";
    else if (isInsolvent(debt, value, lifFloorBps)) status = "Insolvent";
    else if (isForeclosable(debt, value, lifPeakBps)) status = "Foreclosable";
    else if (exceeds(debt, value, this.lltvNow())) status = "Liquidatable";
    return { debt, collateral, ltv: ltvOf(debt, value), status, flaggedAt: isFlagged ? timestamp : 0n };
  }

  protected debtor(position: Position, t: Totals): Debtor {
    return {
      debtShares: position.debtShares,
      debt: this.debtUp(position.debtShares, t),
      collateral: position.collateral,
    };
  }

  protected isRaisedNow(position: Position): boolean {
    return position.timestamp === this.now && !position.isFlagged;
  }

  /** A step of its own, so that simulations can set another rule beside it. */
  protected quoteFor(debtor: Debtor, index: bigint, high: bigint, lltvBps: bigint, maxRepay: bigint): Quote {
    return quoteLiquidation(debtor, index, high, lltvBps, maxRepay, this.terms);
  }

  /** The loss is what the debt outstanding falls by beyond what is paid: assets fall by exactly that. */
  protected lossOf(t: Totals, quote: Quote): bigint {
    return monus(fallOf(t, quote.cancelled), quote.repaid);
  }

  /** What `liquidate` would do now; nothing if the position is not eligible. */
  previewLiquidation(borrower: Account, maxRepay: bigint): { repaid: bigint; seized: bigint; loss: bigint } {
    const nothing = { repaid: 0n, seized: 0n, loss: 0n };
    const position = this.positions.get(borrower);
    const { high, ok } = this.price();
    if (!ok || position.debtShares === 0n || this.isRaisedNow(position)) return nothing;
    const t = this.accrued();
    const debtor = this.debtor(position, t);
    if (!exceeds(debtor.debt, debtor.collateral * high, this.lltvNow())) return nothing;
    const quote = this.quoteFor(debtor, t.index, high, this.lltvNow(), maxRepay);
    return { repaid: quote.repaid, seized: quote.seized, loss: this.lossOf(t, quote) };
  }

  certificateOf(holder: Account): { unpaid: bigint; claimable: bigint } {
    const book = this.state.certificates;
    const { shares, lossSeen } = this.holdings.get(holder);
    return statusOf(book, settled(book, this.certificates.get(holder) ?? NO_CERTIFICATE, shares, lossSeen));
  }

  estate(): { debt: bigint; collateral: bigint; price: bigint; startedAt: bigint } {
    const { estateDebt: debt, estateCollateral: collateral, estateStart } = this.state;
    if (collateral === 0n) return { debt: 0n, collateral: 0n, price: 0n, startedAt: 0n };
    return { debt, collateral, price: this.estatePriceNow(this.price().high), startedAt: estateStart >> ESTATE_CLOCK };
  }

  /** Σ of the ledger's ticks from one on, or in one. */
  ticksFrom(tick: number): { debtShares: bigint; collateral: bigint } {
    return this.sumPositions((position) => position.tick >= tick);
  }

  tickSums(tick: number): { debtShares: bigint; collateral: bigint } {
    return this.sumPositions((position) => position.tick === tick);
  }

  private sumPositions(isIn: (position: Position) => boolean): { debtShares: bigint; collateral: bigint } {
    const sums = { debtShares: 0n, collateral: 0n };
    for (const position of this.positions.values()) {
      if (position.debtShares === 0n || !isIn(position)) continue;
      sums.debtShares += position.debtShares;
      sums.collateral += position.collateral;
    }
    return sums;
  }

  highestTick(): number {
    let highest = 0;
    for (const position of this.positions.values()) {
      if (position.debtShares !== 0n && position.tick > highest) highest = position.tick;
    }
    return highest;
  }

  /** The fund's pool shares with pending premium, what of them is cooling, and the generation. */
  fundAccount(): { total: bigint; cooling: bigint; generation: bigint } {
    const t = this.accrued();
    return {
      total: this.crystalOf(t, this.grossOf(t)).fund,
      cooling: this.coolingShares(),
      generation: this.state.generation,
    };
  }

  /** What cooling units are worth, and what leaving pays for them now. */
  previewLeaveFund(units: bigint): { gross: bigint; paid: bigint } {
    const t = this.accrued();
    const crystal = this.crystalOf(t, this.grossOf(t));
    return this.leavingOf(
      { ...t, feeUnits: 0n, shares: crystal.shares },
      min(units, this.state.coolingUnits),
      crystal.fund,
      crystal.reserve,
    );
  }

  /** A leaver gets its part of what the visible claims leave of the fund. Fees are shares already. */
  protected leavingOf(t: Totals, units: bigint, fund: bigint, reserve: bigint): { gross: bigint; paid: bigint } {
    const gross = min(mulDown(units, this.state.coolingIndexRay, RAY), fund);
    if (gross === 0n) return { gross, paid: 0n };
    const shortfall = this.shortfallOf(t, this.price().low);
    const need = mulUp(shortfall, t.shares + VIRTUAL_SHARES, this.grossOf(t) + VIRTUAL_ASSETS);
    return { gross, paid: mulDown(gross, monus(fund, monus(need, reserve)), fund) };
  }
}
