// What is called rarely: foreclosure and the estate, recoveries, the fund's book, governance.
import { NO_CERTIFICATE, repayFace, settled, statusOf } from "./certificates.js";
import { ESTATE_CLOCK } from "./estate.js";
import { fallOf } from "./interest.js";
import { isForeclosable, ltvOf } from "./liquidation.js";
import {
  BPS,
  DAY,
  HOUR,
  max,
  MAX_COOLING_UNITS,
  MAX_UINT128,
  min,
  monus,
  mulDown,
  mulUp,
  PRICE_SCALE,
  RAY,
  Refusal,
  requireFits,
  VIRTUAL_ASSETS,
  VIRTUAL_SHARES,
  WAD,
} from "./numbers.js";
import { LossPool } from "./pool.js";
import { type Account, feePercentFor, FUND, NOBODY, POOL, type Position, type Totals } from "./state.js";

const FORECLOSURE_WAIT = 24n * HOUR;
const FORECLOSURE_DEADLINE = 48n * HOUR;
const MAX_FUND_INDEX_RAY = 10n ** 30n;
const PAUSE_PERIOD = 72n * HOUR;
const PAUSE_COOLDOWN = 7n * DAY;
const ORACLE_DELAY = 3n * DAY;
const SECONDS_PER_LTV_BP = DAY / 100n;
const MIN_WIND_DOWN_RAMP = 14n * DAY;
const MAX_RAMP = 365n * DAY;
const MAX_CAP_TOKENS = (1n << 31n) - 1n;
const MAX_FEE_PERCENT = 50n;

export class Pool extends LossPool {
  // ---------------------------------------------------------------- foreclosure

  flag(borrower: Account): void {
    this.call(() => {
      const { position } = this.foreclosable(borrower, this.accrued());
      if (this.isRaisedNow(position)) throw new Refusal("RaisedInThisBlock", borrower);
      if (position.isFlagged && this.now <= position.timestamp + FORECLOSURE_DEADLINE) {
        throw new Refusal("AlreadyFlagged", borrower, position.timestamp);
      }
      this.positions.set(borrower, { ...position, timestamp: this.now, isFlagged: true });
      this.emit(POOL, "Flagged", borrower, this.now);
    });
  }

  unflag(borrower: Account): void {
    this.call(() => {
      const { debtShares, collateral, isFlagged } = this.positions.get(borrower);
      if (!isFlagged) throw new Refusal("NotFlagged", borrower);
      const debt = this.debtUp(debtShares, this.accrued());
      const value = collateral * this.okPrice().high;
      if (isForeclosable(debt, value, this.terms.lifPeakBps)) {
        throw new Refusal("PositionUnhealthy", debt, value / PRICE_SCALE);
      }
      this.clearFlag(borrower);
    });
  }

  foreclose(borrower: Account): bigint {
    return this.call(() => {
      const t = this.accrued();
      const { position, high } = this.foreclosable(borrower, t);
      if (!position.isFlagged) throw new Refusal("NotFlagged", borrower);
      const from = position.timestamp + FORECLOSURE_WAIT;
      const until = position.timestamp + FORECLOSURE_DEADLINE;
      if (this.now < from || this.now > until) {
        throw new Refusal("OutsideForeclosureWindow", this.now, from, until);
      }
      const { debtShares, collateral } = position;
      const grossBefore = this.grossOf(t);
      const fall = fallOf(t, debtShares);
      const kept = min(fall, (collateral * high * BPS) / (this.terms.lifFloorBps * PRICE_SCALE));
      const loss = fall - kept;
      t.debtShares -= debtShares;
      this.place(borrower, position, 0n, 0n);
      this.addToEstate(collateral, kept);
      if (loss !== 0n) this.realise(t, borrower, loss, grossBefore);
      this.store(t);
      this.emit(POOL, "Foreclosed", borrower, collateral, debtShares, kept, loss);
      return loss;
    });
  }

  private foreclosable(borrower: Account, t: Totals): { position: Position; high: bigint } {
    const position = this.positions.get(borrower);
    if (position.debtShares === 0n) throw new Refusal("NoDebt", borrower);
    const { high } = this.okPrice();
    const debt = this.debtUp(position.debtShares, t);
    const value = position.collateral * high;
    const { lifPeakBps } = this.terms;
    if (!isForeclosable(debt, value, lifPeakBps)) {
      throw new Refusal("PositionHealthy", borrower, ltvOf(debt, value), (WAD * BPS) / lifPeakBps);
    }
    return { position, high };
  }

  /** New collateral comes at age zero; the age of all becomes the mean, which leaves the worth of all as it was. */
  private addToEstate(collateral: bigint, kept: bigint): void {
    if (collateral === 0n) return;
    const s = this.state;
    const old = s.estateCollateral;
    const age = old === 0n ? 0n : mulDown(this.estateAge(), old, old + collateral);
    s.estateStart = (this.now << ESTATE_CLOCK) - age;
    s.estateCollateral = old + collateral;
    s.estateDebt += kept;
  }

  // ---------------------------------------------------------------- the estate's sale

  buyEstate(
    caller: Account,
    maxPaid: bigint,
    minCollateral: bigint,
    receiver: Account,
  ): { paid: bigint; bought: bigint } {
    return this.call(() => {
      this.requireReceiver(receiver);
      const s = this.state;
      const t = this.accrued();
      if (s.estateCollateral === 0n) throw new Refusal("EstateEmpty");
      const price = this.estatePriceNow(this.okPrice().high);
      const all = s.estateCollateral;
      const bought = price === 0n ? all : min(all, (min(maxPaid, MAX_UINT128) * PRICE_SCALE) / price);
      if (bought === 0n) throw new Refusal("ZeroAmount");
      if (bought < minCollateral) throw new Refusal("BelowMinimum", bought, minCollateral);
      const paid = mulUp(bought, price, PRICE_SCALE);

      // Debt first, and at least in proportion: beyond it a recovery, short of it a loss.
      const grossBefore = this.grossOf(t);
      const debt = s.estateDebt;
      const cancelled = bought === all ? debt : min(debt, max(paid, mulUp(debt, bought, all)));
      s.estateDebt -= cancelled;
      s.estateCollateral -= bought;
      this.addCash(t, min(paid, cancelled));
      if (paid > cancelled) this.takeRecovery(t, caller, paid - cancelled);
      if (cancelled > paid) this.realise(t, NOBODY, cancelled - paid, grossBefore);
      this.store(t);
      this.emit(POOL, "EstateSold", caller, receiver, bought, paid, cancelled);
      return { paid, bought };
    });
  }

  // ---------------------------------------------------------------- recoveries

  recover(caller: Account, assets: bigint): void {
    this.call(() => {
      if (assets === 0n) throw new Refusal("ZeroAmount");
      const t = this.accrued();
      this.takeRecovery(t, caller, assets);
      this.store(t);
    });
  }

  /** To the certificates as far as anything is owed; what is over to the reserve. */
  private takeRecovery(t: Totals, caller: Account, assets: bigint): void {
    const { book, taken } = repayFace(this.state.certificates, assets);
    this.state.certificates = book;
    this.emit(POOL, "Recovered", caller, taken, assets - taken);
    if (assets !== taken) this.toReserve(t, assets - taken);
  }

  claimRecovery(caller: Account, holder: Account): bigint {
    return this.call(() => {
      this.requireOwnerOrOperator(caller, holder);
      const s = this.state;
      const { shares, lossSeen } = this.holdings.get(holder);
      const certificate = settled(s.certificates, this.certificates.get(holder) ?? NO_CERTIFICATE, shares, lossSeen);
      const { claimable } = statusOf(s.certificates, certificate);
      this.certificates.set(holder, { ...certificate, credit: certificate.credit - claimable });
      this.holdings.set(holder, { shares, lossSeen: s.certificates.lossPerShare });
      s.certificates = { ...s.certificates, held: s.certificates.held - claimable };
      if (claimable !== 0n) this.emit(POOL, "RecoveryClaimed", holder, claimable);
      return claimable;
    });
  }

  topUpReserve(caller: Account, assets: bigint): void {
    this.call(() => {
      if (assets === 0n) throw new Refusal("ZeroAmount");
      const t = this.accrued();
      const shares = this.toReserve(t, assets);
      this.store(t);
      this.emit(POOL, "ReserveToppedUp", caller, assets, shares);
    });
  }

  /** Cash for shares of the reserve at the gross price; far below par, cash for no shares. */
  private toReserve(t: Totals, assets: bigint): bigint {
    const shares = this.mintable(assets, this.grossOf(t), t.shares);
    this.addCash(t, assets);
    if (shares === 0n) return 0n;
    this.state.reserveShares += shares;
    this.emit(POOL, "Transfer", NOBODY, POOL, shares);
    this.addShares(t, shares);
    return shares;
  }

  // ---------------------------------------------------------------- the fund's book; the fund calls

  startCooling(shares: bigint): bigint {
    return this.call(() => {
      this.crystallise();
      const s = this.state;
      const active = s.fundShares - this.coolingShares();
      if (shares > active) throw new Refusal("AboveMaximum", shares, active);
      const units = mulDown(shares, RAY, s.coolingIndexRay);
      requireFits(s.coolingUnits + units, MAX_COOLING_UNITS);
      s.coolingUnits += units;
      return units;
    });
  }

  stopCooling(units: bigint): bigint {
    return this.call(() => {
      this.crystallise();
      this.takeCooling(units);
      return mulDown(units, this.state.coolingIndexRay, RAY);
    });
  }

  /** Who leaves is paid net of the visible claims; what is withheld falls to all who stay, cooling or not. */
  leaveFund(units: bigint, minShares: bigint, receiver: Account): bigint {
    return this.call(() => {
      this.requireReceiver(receiver);
      const t = this.crystallise();
      this.takeCooling(units);
      const s = this.state;
      const fund = s.fundShares;
      const { gross, paid } = this.leavingOf(t, units, fund, s.reserveShares);
      if (paid < minShares) throw new Refusal("BelowMinimum", paid, minShares);

      s.fundShares = fund - paid;
      if (gross !== paid) {
        const index = fund === gross ? undefined : mulDown(s.coolingIndexRay, fund - paid, fund - gross);
        if (index !== undefined && index <= MAX_FUND_INDEX_RAY) s.coolingIndexRay = index;
        else {
          // Nobody to share it, or too little: the reserve's.
          s.fundShares = fund - gross;
          s.reserveShares += gross - paid;
          this.emit(POOL, "Transfer", FUND, POOL, gross - paid);
        }
      }
      this.giveShares(receiver, paid);
      this.emit(POOL, "FundLeft", receiver, units, gross, paid);
      this.emit(POOL, "Transfer", FUND, receiver, paid);
      return paid;
    });
  }

  private takeCooling(units: bigint): void {
    const cooling = this.state.coolingUnits;
    if (units > cooling) throw new Refusal("AboveMaximum", units, cooling);
    this.state.coolingUnits = cooling - units;
  }

  // ---------------------------------------------------------------- governance; who may call is the authority's matter

  pause(): void {
    this.call(() => {
      const { pausedUntil } = this.state;
      const allowedAt = pausedUntil + PAUSE_COOLDOWN;
      if (pausedUntil !== 0n && this.now < allowedAt) throw new Refusal("PauseCoolingDown", allowedAt);
      this.state.pausedUntil = this.now + PAUSE_PERIOD;
      this.emit(POOL, "PauseSet", this.state.pausedUntil);
    });
  }

  unpause(): void {
    this.call(() => {
      if (!this.isPaused()) throw new Refusal("NotPaused");
      this.state.pausedUntil = this.now;
      this.emit(POOL, "PauseSet", this.now);
    });
  }

  lowerCaps(supplyCapTokens: bigint, borrowCapTokens: bigint): void {
    this.call(() => {
      notAbove(supplyCapTokens, this.state.supplyCapTokens);
      notAbove(borrowCapTokens, this.state.borrowCapTokens);
      this.setCaps(supplyCapTokens, borrowCapTokens);
    });
  }

  raiseCaps(supplyCapTokens: bigint, borrowCapTokens: bigint): void {
    this.call(() => {
      notBelow(supplyCapTokens, this.state.supplyCapTokens);
      notBelow(borrowCapTokens, this.state.borrowCapTokens);
      this.setCaps(supplyCapTokens, borrowCapTokens);
    });
  }

  private setCaps(supplyCapTokens: bigint, borrowCapTokens: bigint): void {
    atMost("supplyCapTokens", supplyCapTokens, MAX_CAP_TOKENS);
    atMost("borrowCapTokens", borrowCapTokens, MAX_CAP_TOKENS);
    Object.assign(this.state, { supplyCapTokens, borrowCapTokens });
    this.emit(POOL, "CapsSet", supplyCapTokens, borrowCapTokens);
  }

  lowerLtvs(borrowLtvBps: bigint, lltvBps: bigint, rampSeconds: bigint): void {
    this.call(() => {
      const s = this.state;
      notAbove(borrowLtvBps, s.borrowLtvBps);
      const from = this.lltvNow();
      notAbove(lltvBps, s.lltvBps);
      // Nor may the line of a ramp under way become flatter.
      const left = monus(s.rampEnd, this.now);
      if ((from - s.lltvBps) * rampSeconds > (from - lltvBps) * left) {
        throw new Refusal("NotTightening", left, rampSeconds);
      }
      if (borrowLtvBps >= lltvBps) throw new Refusal("InvalidParameter", "borrowLtvBps", borrowLtvBps, lltvBps);
      atLeast("rampSeconds", rampSeconds, (from - lltvBps) * SECONDS_PER_LTV_BP);
      this.startRamp(borrowLtvBps, lltvBps, rampSeconds);
    });
  }

  raiseLtvs(borrowLtvBps: bigint, lltvBps: bigint): void {
    this.call(() => {
      const s = this.state;
      if (s.isWindingDown) throw new Refusal("WindingDown");
      notBelow(borrowLtvBps, s.borrowLtvBps);
      notBelow(lltvBps, this.lltvNow());
      const { lifPeakBps, repayTargetBps } = this.terms;
      if (borrowLtvBps >= lltvBps) throw new Refusal("InvalidParameter", "borrowLtvBps", borrowLtvBps, lltvBps);
      if (lltvBps * lifPeakBps >= BPS * BPS) {
        throw new Refusal("InvalidParameter", "lltvBps", lltvBps, (BPS * BPS) / lifPeakBps);
      }
      if (repayTargetBps * lltvBps >= borrowLtvBps * BPS) {
        throw new Refusal("InvalidParameter", "repayTargetBps", repayTargetBps, (borrowLtvBps * BPS) / lltvBps);
      }
      Object.assign(s, { borrowLtvBps, lltvBps, rampEnd: 0n });
      this.emit(POOL, "LtvsSet", borrowLtvBps, lltvBps, 0n);
    });
  }

  private startRamp(borrowLtvBps: bigint, lltvBps: bigint, rampSeconds: bigint): void {
    const s = this.state;
    if (s.isWindingDown) throw new Refusal("WindingDown");
    const rampFromBps = this.lltvNow();
    atMost("rampSeconds", rampSeconds, MAX_RAMP);
    Object.assign(s, { borrowLtvBps, lltvBps, rampFromBps, rampStart: this.now, rampEnd: this.now + rampSeconds });
    this.emit(POOL, "LtvsSet", borrowLtvBps, lltvBps, rampSeconds);
  }

  setFees(reserveFeePercent: bigint, fundFeePercent: bigint, reserveTargetBps: bigint): void {
    this.call(() => {
      atMost("feePercent", reserveFeePercent + fundFeePercent, MAX_FEE_PERCENT);
      atMost("reserveTargetBps", reserveTargetBps, BPS);
      const t = this.crystallise();
      Object.assign(this.state, { reserveFeePercent, fundFeePercent, reserveTargetBps });
      t.feePercent = feePercentFor(this.state, this.state.reserveShares, t.shares);
      this.store(t);
      this.emit(POOL, "FeesSet", reserveFeePercent, fundFeePercent, reserveTargetBps);
    });
  }

  withdrawReserve(assets: bigint, receiver: Account): void {
    this.call(() => {
      if (assets === 0n) throw new Refusal("ZeroAmount");
      this.requireReceiver(receiver);
      const s = this.state;
      const t = this.crystallise();
      const shortfall = this.shortfallOf(t, this.okPrice().low);
      if (shortfall !== 0n) throw new Refusal("ShortfallExists", shortfall);
      const value = this.grossOf(t) + VIRTUAL_ASSETS;
      const supply = t.shares + VIRTUAL_SHARES;
      const shares = mulUp(assets, supply, value);
      const target = mulUp(t.shares, s.reserveTargetBps, BPS);
      if (shares + target > s.reserveShares) {
        throw new Refusal("ReserveBelowTarget", mulDown(s.reserveShares, value, supply), mulUp(target, value, supply));
      }
      s.reserveShares -= shares;
      this.subCash(t, assets);
      t.shares -= shares;
      this.store(t);
      this.emit(POOL, "Transfer", POOL, NOBODY, shares);
      this.emit(POOL, "ReserveWithdrawn", receiver, assets, shares);
    });
  }

  scheduleOracle(oracle: string): void {
    this.call(() => {
      const { pendingOracle } = this.state;
      if (pendingOracle !== undefined) throw new Refusal("OracleChangePending", pendingOracle);
      const { low, high, ok } = this.read(oracle);
      if (!ok) throw new Refusal("OracleNotOk", low, high);
      this.state.pendingOracle = oracle;
      this.state.pendingOracleFrom = this.now + ORACLE_DELAY;
      this.emit(POOL, "OracleScheduled", oracle, this.state.pendingOracleFrom);
    });
  }

  executeOracle(): void {
    this.call(() => {
      const { pendingOracle, pendingOracleFrom } = this.state;
      if (pendingOracle === undefined) throw new Refusal("NoPendingOracle");
      if (this.now < pendingOracleFrom) throw new Refusal("TooEarly", this.now, pendingOracleFrom);
      const { low, high, ok } = this.read(pendingOracle);
      if (!ok) throw new Refusal("OracleNotOk", low, high);
      Object.assign(this.state, { oracle: pendingOracle, pendingOracle: undefined, pendingOracleFrom: 0n });
      this.emit(POOL, "OracleSet", pendingOracle);
    });
  }

  cancelOracle(): void {
    this.call(() => {
      const { pendingOracle } = this.state;
      if (pendingOracle === undefined) throw new Refusal("NoPendingOracle");
      Object.assign(this.state, { pendingOracle: undefined, pendingOracleFrom: 0n });
      this.emit(POOL, "OracleCancelled", pendingOracle);
    });
  }

  reopenBorrowing(): void {
    this.call(() => {
      if (this.state.isWindingDown) throw new Refusal("WindingDown");
      this.state.isBorrowingHalted = false;
      this.emit(POOL, "BorrowingHaltSet", false);
    });
  }

  windDown(rampSeconds: bigint): void {
    this.call(() => {
      atLeast("rampSeconds", rampSeconds, MIN_WIND_DOWN_RAMP);
      this.startRamp(0n, 0n, rampSeconds);
      Object.assign(this.state, { isWindingDown: true, isClosed: true, isBorrowingHalted: true });
      this.emit(POOL, "WindDownStarted", rampSeconds);
    });
  }
}

function notAbove(proposed: bigint, current: bigint): void {
  if (proposed > current) throw new Refusal("NotTightening", current, proposed);
}

function notBelow(proposed: bigint, current: bigint): void {
  if (proposed < current) throw new Refusal("NotLoosening", current, proposed);
}

function atMost(name: string, value: bigint, bound: bigint): void {
  if (value > bound) throw new Refusal("InvalidParameter", name, value, bound);
}

function atLeast(name: string, value: bigint, bound: bigint): void {
  if (value < bound) throw new Refusal("InvalidParameter", name, value, bound);
}
