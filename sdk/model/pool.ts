// The pool: suppliers, borrowers, liquidators, and the loss. Each public method is one call of the contract, named after
// it, with the caller first. It returns what the call returns; what moves in or out of the caller's hands is in that.
import { NO_CERTIFICATE, settled, writeHaircut } from "./certificates.js";
import { exceeds, isForeclosable, ltvOf } from "./liquidation.js";
import {
  BPS,
  MAX_CASH,
  MAX_COLLATERAL,
  MAX_DEBT_SHARES,
  MAX_FEE_UNITS,
  MAX_SHARES,
  MAX_UINT256,
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
import { priceWad, Pricing } from "./pricing.js";
import {
  type Account,
  feePercentFor,
  FUND,
  isCover,
  NO_POSITION,
  NOBODY,
  POOL,
  type Position,
  type Totals,
} from "./state.js";
import { thresholdOf } from "./shortfall.js";
import { tickOf } from "./tick.js";
import { splitLoss } from "./waterfall.js";

const MIN_FUND_INDEX_RAY = 10n ** 18n;
const GENERATION_STEP = 10n ** 9n;
const WIPE_GENERATIONS = 8n;

export type Liquidation = { repaid: bigint; seized: bigint; loss: bigint };

export class LossPool extends Pricing {
  // ---------------------------------------------------------------- suppliers

  deposit(caller: Account, assets: bigint, receiver: Account, minShares = 0n): bigint {
    return this.call(() => {
      const t = this.accrued();
      const gross = this.grossOf(t);
      requireFits(assets, MAX_CASH);
      const shares = this.sharesForDown(assets, t, gross);
      if (shares < minShares) throw new Refusal("BelowMinimum", shares, minShares);
      this.enter(t, gross, caller, assets, shares, receiver);
      return shares;
    });
  }

  mint(caller: Account, shares: bigint, receiver: Account, maxAssets = MAX_UINT256): bigint {
    return this.call(() => {
      const t = this.accrued();
      const gross = this.grossOf(t);
      requireFits(shares, MAX_SHARES);
      const assets = this.assetsForUp(shares, t, gross);
      if (assets > maxAssets) throw new Refusal("AboveMaximum", assets, maxAssets);
      this.enter(t, gross, caller, assets, shares, receiver);
      return assets;
    });
  }

  private enter(t: Totals, gross: bigint, caller: Account, assets: bigint, shares: bigint, receiver: Account): void {
    if (assets === 0n || shares === 0n) throw new Refusal("ZeroAmount");
    this.requireReceiver(receiver);
    this.requireOpen(t, gross, assets);
    this.addCash(t, assets);
    this.addShares(t, shares);
    this.store(t);
    this.giveShares(receiver, shares);
    this.emit(POOL, "Transfer", NOBODY, receiver, shares);
    this.emit(POOL, "Deposit", caller, receiver, assets, shares);
  }

  private requireOpen(t: Totals, gross: bigint, assets: bigint): void {
    if (this.isPaused()) throw new Refusal("PoolPaused");
    if (this.state.isClosed || this.isBelowMintingPrice(gross, t.shares)) throw new Refusal("PoolClosed");
    const cap = this.state.supplyCapTokens * this.terms.wholeToken;
    if (gross + assets > cap) throw new Refusal("SupplyCapExceeded", gross + assets, cap);
    const { uncovered } = this.exitFor(t, this.shortfallOf(t, this.okPrice().low));
    if (this.isMoreThanDust(uncovered, gross)) throw new Refusal("UncoveredShortfall", uncovered, gross / 1_000n);
  }

  withdraw(caller: Account, assets: bigint, receiver: Account, owner: Account, maxShares = MAX_UINT256): bigint {
    return this.call(() => {
      const t = this.accrued();
      if (assets > t.cash) throw new Refusal("InsufficientCash", assets, t.cash);
      const exit = this.exitNow(t);
      const shares = mulUp(assets, exit.shares, exit.assets);
      if (shares > maxShares) throw new Refusal("AboveMaximum", shares, maxShares);
      this.leave(t, caller, assets, shares, receiver, owner);
      return shares;
    });
  }

  redeem(caller: Account, shares: bigint, receiver: Account, owner: Account, minAssets = 0n): bigint {
    return this.call(() => {
      const t = this.accrued();
      requireFits(shares, MAX_SHARES);
      const exit = this.exitNow(t);
      const assets = mulDown(shares, exit.assets, exit.shares);
      if (assets < minAssets) throw new Refusal("BelowMinimum", assets, minAssets);
      this.leave(t, caller, assets, shares, receiver, owner);
      return assets;
    });
  }

  private leave(t: Totals, caller: Account, assets: bigint, shares: bigint, receiver: Account, owner: Account): void {
    if (assets === 0n || shares === 0n) throw new Refusal("ZeroAmount");
    this.requireReceiver(receiver);
    if (caller !== owner) this.spendAllowance(owner, caller, shares);
    this.takeShares(owner, shares);
    this.subCash(t, assets);
    t.shares -= shares;
    this.store(t);
    this.emit(POOL, "Transfer", owner, NOBODY, shares);
    this.emit(POOL, "Withdraw", caller, receiver, owner, assets, shares);
  }

  /** Free of charge and back in the same call: nothing changes. */
  flashLoan(assets: bigint): void {
    const { cash } = this.state.totals;
    if (assets === 0n) throw new Refusal("ZeroAmount");
    if (assets > cash) throw new Refusal("InsufficientCash", assets, cash);
  }

  // ---------------------------------------------------------------- shares

  approve(owner: Account, spender: Account, shares: bigint): void {
    this.call(() => {
      this.allowances.set(`${owner}>${spender}`, shares);
      this.emit(POOL, "Approval", owner, spender, shares);
    });
  }

  transfer(from: Account, to: Account, shares: bigint): void {
    this.call(() => {
      if (to === NOBODY) throw new Refusal("ERC20InvalidReceiver", to);
      if (isCover(to)) this.cover(from, to, shares);
      else {
        this.takeShares(from, shares);
        this.giveShares(to, shares);
      }
      this.emit(POOL, "Transfer", from, to, shares);
    });
  }

  transferFrom(caller: Account, from: Account, to: Account, shares: bigint): void {
    this.call(() => {
      this.spendAllowance(from, caller, shares);
      this.transfer(from, to, shares);
    });
  }

  /** Shares of the pool's and the fund's address are cover: fees become shares first, so that a gift earns none. */
  private cover(from: Account, to: Account, shares: bigint): void {
    this.crystallise();
    this.takeShares(from, shares);
    if (to === POOL) this.state.reserveShares += shares;
    else this.state.fundShares += shares;
  }

  private spendAllowance(owner: Account, spender: Account, shares: bigint): void {
    const allowance = this.allowances.get(`${owner}>${spender}`);
    if (allowance === MAX_UINT256) return;
    if (allowance < shares) throw new Refusal("ERC20InsufficientAllowance", spender, allowance, shares);
    this.allowances.set(`${owner}>${spender}`, allowance - shares);
  }

  protected giveShares(to: Account, shares: bigint): void {
    this.settle(to);
    const holding = this.holdings.get(to);
    this.holdings.set(to, { ...holding, shares: holding.shares + shares });
  }

  protected takeShares(from: Account, shares: bigint): void {
    const balance = this.holdings.get(from).shares;
    if (shares > balance) throw new Refusal("ERC20InsufficientBalance", from, balance, shares);
    this.settle(from);
    const holding = this.holdings.get(from);
    this.holdings.set(from, { ...holding, shares: holding.shares - shares });
  }

  /** Before a balance changes, its holder's certificate gets what it bore. */
  protected settle(holder: Account): void {
    const book = this.state.certificates;
    const { shares, lossSeen } = this.holdings.get(holder);
    if (lossSeen === book.lossPerShare) return;
    const certificate = this.certificates.get(holder) ?? NO_CERTIFICATE;
    this.certificates.set(holder, settled(book, certificate, shares, lossSeen));
    this.holdings.set(holder, { shares, lossSeen: book.lossPerShare });
  }

  // ---------------------------------------------------------------- totals

  protected addCash(t: Totals, assets: bigint): void {
    requireFits(assets, MAX_CASH - t.cash);
    t.cash += assets;
  }

  protected subCash(t: Totals, assets: bigint): void {
    if (assets > t.cash) throw new Refusal("InsufficientCash", assets, t.cash);
    t.cash -= assets;
  }

  protected addShares(t: Totals, shares: bigint): void {
    requireFits(shares, MAX_SHARES - t.shares);
    t.shares += shares;
  }

  /** A fee counter more than half full becomes shares first. */
  protected store(t: Totals): void {
    if (t.feeUnits > MAX_FEE_UNITS / 2n) this.feesToShares(t);
    this.state.totals = t;
  }

  protected crystallise(): Totals {
    const t = this.accrued();
    this.feesToShares(t);
    this.store(t);
    return t;
  }

  private feesToShares(t: Totals): void {
    if (t.feeUnits !== 0n) {
      const crystal = this.crystalOf(t, this.grossOf(t));
      this.addShares(t, crystal.shares - t.shares);
      this.state.reserveShares = crystal.reserve;
      this.state.fundShares = crystal.fund;
      this.emit(POOL, "FeesCrystallised", crystal.toReserve, crystal.toFund);
      if (crystal.toReserve !== 0n) this.emit(POOL, "Transfer", NOBODY, POOL, crystal.toReserve);
      if (crystal.toFund !== 0n) this.emit(POOL, "Transfer", NOBODY, FUND, crystal.toFund);
    }
    t.feeUnits = 0n;
    this.restartFees(t);
  }

  /** From here the reserve takes its part only while under its target, and the fund's yield counts from now. */
  private restartFees(t: Totals): void {
    this.state.lastPremium = this.now;
    t.feePercent = feePercentFor(this.state, this.state.reserveShares, t.shares);
  }

  accrue(): void {
    this.call(() => this.store(this.accrued()));
  }

  /** Sums of deep ticks are a matter of gas: here only where they start is kept. */
  pivot(): void {
    this.call(() => {
      const threshold = thresholdOf(this.price().low, this.accrued().index, this.terms.lifFloorBps);
      this.state.pivotTick = threshold >= this.highestTick() ? 0 : threshold + 1;
      this.emit(POOL, "Pivoted", BigInt(threshold));
    });
  }

  // ---------------------------------------------------------------- borrowers

  /** `held` is the pool's balance of the collateral token afterwards, which only a position without debt is held to. */
  supplyCollateral(caller: Account, amount: bigint, onBehalf: Account, held = 0n): void {
    this.call(() => {
      if (amount === 0n) throw new Refusal("ZeroAmount");
      if (onBehalf === NOBODY) throw new Refusal("InvalidAddress", onBehalf);
      const cap = this.terms.collateralCap;
      const position = this.positions.get(onBehalf);
      const collateral = position.collateral + amount;
      requireFits(collateral, MAX_COLLATERAL);
      if (collateral > cap) throw new Refusal("CollateralCapExceeded", collateral, cap);
      this.place(onBehalf, position, position.debtShares, collateral);
      if (position.isFlagged) this.unflagIfCured(onBehalf);
      this.emit(POOL, "CollateralSupplied", caller, onBehalf, amount);
      if (position.debtShares === 0n && held > cap) throw new Refusal("CollateralCapExceeded", held, cap);
    });
  }

  withdrawCollateral(caller: Account, amount: bigint, onBehalf: Account, receiver: Account): void {
    this.call(() => {
      if (amount === 0n) throw new Refusal("ZeroAmount");
      this.requireReceiver(receiver);
      this.requireOwnerOrOperator(caller, onBehalf);
      const position = this.positions.get(onBehalf);
      const { debtShares, collateral } = position;
      if (amount > collateral) throw new Refusal("InsufficientCollateral", amount, collateral);
      if (debtShares !== 0n) {
        const { low } = this.okPrice();
        this.requireHealthy(this.debtUp(debtShares, this.accrued()), collateral - amount, low);
      }
      this.place(onBehalf, this.raised(position), debtShares, collateral - amount);
      if (position.isFlagged) this.emit(POOL, "Unflagged", onBehalf);
      this.emit(POOL, "CollateralWithdrawn", caller, onBehalf, receiver, amount);
    });
  }

  borrow(caller: Account, assets: bigint, onBehalf: Account, receiver: Account): bigint {
    return this.call(() => {
      if (assets === 0n) throw new Refusal("ZeroAmount");
      this.requireReceiver(receiver);
      this.requireOwnerOrOperator(caller, onBehalf);
      const t = this.accrued();
      this.subCash(t, assets);
      const debtShares = mulUp(assets, WAD, t.index);
      const position = this.positions.get(onBehalf);
      const positionShares = position.debtShares + debtShares;
      requireFits(debtShares, MAX_DEBT_SHARES - t.debtShares);
      t.debtShares += debtShares;
      this.requireBorrowable(t, this.debtUp(positionShares, t), position.collateral);
      this.place(onBehalf, this.raised(position), positionShares, position.collateral);
      this.store(t);
      if (position.isFlagged) this.emit(POOL, "Unflagged", onBehalf);
      this.emit(POOL, "Borrowed", caller, onBehalf, receiver, assets, debtShares);
      return debtShares;
    });
  }

  private requireBorrowable(t: Totals, debt: bigint, collateral: bigint): void {
    if (this.isPaused()) throw new Refusal("PoolPaused");
    if (this.state.isBorrowingHalted) throw new Refusal("BorrowingHalted");
    const cap = this.state.borrowCapTokens * this.terms.wholeToken;
    if (this.debtOf(t) > cap) throw new Refusal("BorrowCapExceeded", this.debtOf(t), cap);
    if (debt < this.terms.minDebt) throw new Refusal("DebtBelowMinimum", debt, this.terms.minDebt);
    const { low, high } = this.okPrice();
    if (high * BPS > low * (BPS + this.terms.maxDeviationBps)) throw new Refusal("PricesTooFarApart", low, high);
    this.requireHealthy(debt, collateral, low);
  }

  private requireHealthy(debt: bigint, collateral: bigint, low: bigint): void {
    const value = collateral * low;
    const { borrowLtvBps } = this.state;
    if (exceeds(debt, value, borrowLtvBps)) {
      throw new Refusal("PositionUnhealthy", debt, (value * borrowLtvBps) / (PRICE_SCALE * BPS));
    }
  }

  repay(caller: Account, assets: bigint, onBehalf: Account): bigint {
    return this.call(() => {
      if (assets === 0n) throw new Refusal("ZeroAmount");
      const t = this.accrued();
      const position = this.positions.get(onBehalf);
      const { debtShares, collateral } = position;
      if (debtShares === 0n) throw new Refusal("NoDebt", onBehalf);
      const debt = this.debtUp(debtShares, t);
      const isAll = assets >= debt;
      const repaid = isAll ? debt : assets;
      const cancelled = isAll ? debtShares : mulDown(assets, WAD, t.index);
      const rest = this.debtUp(debtShares - cancelled, t);
      if (!isAll && rest < this.terms.minDebt) throw new Refusal("DebtBelowMinimum", rest, this.terms.minDebt);
      t.debtShares -= cancelled;
      this.addCash(t, repaid);
      this.place(onBehalf, position, debtShares - cancelled, collateral);
      this.store(t);
      if (position.isFlagged) this.unflagIfCured(onBehalf);
      this.emit(POOL, "Repaid", caller, onBehalf, repaid, cancelled);
      return repaid;
    });
  }

  setOperator(owner: Account, operator: Account, approved: boolean): void {
    this.call(() => {
      this.operators.set(`${owner}>${operator}`, approved);
      this.emit(POOL, "OperatorSet", owner, operator, approved);
    });
  }

  protected place(borrower: Account, position: Position, debtShares: bigint, collateral: bigint): void {
    const placed =
      debtShares === 0n
        ? { ...NO_POSITION, collateral }
        : { ...position, debtShares, collateral, tick: tickOf(debtShares, collateral) };
    this.positions.set(borrower, placed);
  }

  /** The owner's own risk-raising call: no liquidation in this block. It has left the position healthy: no flag. */
  private raised(position: Position): Position {
    return { ...position, timestamp: this.now, isFlagged: false };
  }

  protected clearFlag(borrower: Account): void {
    this.positions.set(borrower, { ...this.positions.get(borrower), timestamp: 0n, isFlagged: false });
    this.emit(POOL, "Unflagged", borrower);
  }

  /** Whoever mends a flagged position takes its flag away; without a price nobody can tell, and it stays. */
  private unflagIfCured(borrower: Account): void {
    const { debtShares, collateral, isFlagged } = this.positions.get(borrower);
    if (!isFlagged) {
      this.emit(POOL, "Unflagged", borrower);
      return;
    }
    const { high, ok } = this.price();
    const debt = this.debtUp(debtShares, this.accrued());
    if (!ok || isForeclosable(debt, collateral * high, this.terms.lifPeakBps)) return;
    this.clearFlag(borrower);
  }

  // ---------------------------------------------------------------- liquidators

  liquidate(caller: Account, borrower: Account, maxRepay: bigint, minSeized: bigint, receiver: Account): Liquidation {
    return this.call(() => {
      this.requireReceiver(receiver);
      const t = this.accrued();
      const position = this.positions.get(borrower);
      if (position.debtShares === 0n) throw new Refusal("NoDebt", borrower);
      if (this.isRaisedNow(position)) throw new Refusal("RaisedInThisBlock", borrower);
      const { high } = this.okPrice();
      const debtor = this.debtor(position, t);
      const value = debtor.collateral * high;
      const lltv = this.lltvNow();
      if (!exceeds(debtor.debt, value, lltv)) {
        throw new Refusal("PositionHealthy", borrower, ltvOf(debtor.debt, value), (lltv * WAD) / BPS);
      }
      const quote = this.quoteFor(debtor, t.index, high, lltv, maxRepay);
      const { repaid, cancelled, seized } = quote;
      if (cancelled === 0n) throw new Refusal("ZeroAmount");
      if (seized < minSeized) throw new Refusal("BelowMinimum", seized, minSeized);

      const loss = this.lossOf(t, quote);
      const grossBefore = this.grossOf(t);
      t.debtShares -= cancelled;
      this.addCash(t, repaid);
      this.place(borrower, position, position.debtShares - cancelled, position.collateral - seized);
      if (loss !== 0n) this.realise(t, borrower, loss, grossBefore);
      this.store(t);
      if (position.isFlagged) this.unflagIfCured(borrower);
      this.emit(POOL, "Liquidated", caller, borrower, repaid, cancelled, seized, loss);
      return { repaid, seized, loss };
    });
  }

  // ---------------------------------------------------------------- the loss

  /** `t` is without the lost debt already; `grossBefore` are the gross assets before. Can't be refused. */
  protected realise(t: Totals, borrower: Account, loss: bigint, grossBefore: bigint): void {
    const s = this.state;
    const before = { reserve: s.reserveShares, fund: s.fundShares };
    let layers = { shares: t.shares, assets: grossBefore, reserve: s.reserveShares, fund: s.fundShares };
    // Pending fees are reserve and premium. Where the reserve alone covers the loss they can wait.
    const need = mulUp(loss, t.shares + VIRTUAL_SHARES, grossBefore + VIRTUAL_ASSETS);
    const mustCrystallise = need > s.reserveShares;
    if (mustCrystallise) layers = this.crystalOf(t, grossBefore);
    const shares = layers.shares + VIRTUAL_SHARES;
    const assets = layers.assets + VIRTUAL_ASSETS;
    const split = splitLoss(loss, shares, assets, layers.reserve, layers.fund);

    if (split.fundShares !== 0n) this.slashFund(layers.fund, split.fundShares);
    s.reserveShares = layers.reserve - split.reserveShares;
    s.fundShares = layers.fund - split.fundShares;
    s.lossCount = (s.lossCount + 1n) % (1n << 32n);
    this.emitChange(POOL, before.reserve, s.reserveShares);
    this.emitChange(FUND, before.fund, s.fundShares);
    t.shares = layers.shares - split.reserveShares - split.fundShares;
    if (mustCrystallise) {
      t.feeUnits = 0n;
      this.restartFees(t);
    }
    if (split.haircut !== 0n) {
      s.certificates = writeHaircut(s.certificates, split.haircut, t.shares, VIRTUAL_SHARES);
      if (this.isHaltingHaircut(split.haircut, assets) && !s.isBorrowingHalted) {
        s.isBorrowingHalted = true;
        this.emit(POOL, "BorrowingHaltSet", true);
      }
    }
    if (this.isBelowMintingPrice(assets - loss - VIRTUAL_ASSETS, t.shares) && !s.isClosed) {
      s.isClosed = true;
      this.emit(POOL, "DepositsClosed");
    }
    this.emit(
      POOL,
      "LossRealised",
      s.lossCount,
      borrower,
      loss,
      split.fromReserve,
      split.fromFund,
      split.haircut,
      priceWad(assets, shares),
      priceWad(assets - loss, t.shares + VIRTUAL_SHARES),
    );
  }

  /** What fees minted and the loss burned, as one transfer. */
  private emitChange(account: Account, before: bigint, after: bigint): void {
    if (after < before) this.emit(POOL, "Transfer", account, NOBODY, before - after);
    if (after > before) this.emit(POOL, "Transfer", NOBODY, account, after - before);
  }

  /** Cooling shares fall with the fund. A wipe voids all units; a worn index moves nine digits into the generation. */
  private slashFund(fund: bigint, burned: bigint): void {
    const s = this.state;
    if (burned === fund) {
      s.coolingUnits = 0n;
      s.coolingIndexRay = RAY;
      s.generation += WIPE_GENERATIONS;
      return;
    }
    let product = s.coolingIndexRay * (fund - burned);
    while (product < MIN_FUND_INDEX_RAY * fund) {
      product *= GENERATION_STEP;
      s.coolingUnits /= GENERATION_STEP;
      s.generation += 1n;
    }
    s.coolingIndexRay = product / fund;
  }
}
