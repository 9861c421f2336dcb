// All that a pool and its fund know, and how a call changes it: whole or not at all.
import { type Certificate, type CertificateBook, NO_CERTIFICATES } from "./certificates.js";
import { feeUnitOf } from "./interest.js";
import type { LiquidationTerms } from "./liquidation.js";
import { BPS, MAX_PRICE, MAX_VALUE, min, RAY, Refusal, VIRTUAL_SHARES, WAD } from "./numbers.js";

/** Any string names an account, except the pool, its fund and nobody (the zero address). */
export type Account = string;
export const POOL: Account = "pool";
export const FUND: Account = "fund";
export const NOBODY: Account = "nobody";

/** What a pool is made with. LTVs, caps, fees and the oracle can change later; the rest is for life. */
export type Parameters = LiquidationTerms & {
  assetDecimals: bigint;
  maxDeviationBps: bigint;
  collateralCap: bigint;
  borrowLtvBps: bigint;
  lltvBps: bigint;
  supplyCapTokens: bigint;
  borrowCapTokens: bigint;
  reserveFeePercent: bigint;
  fundFeePercent: bigint;
  reserveTargetBps: bigint;
  initialRateAtTarget: bigint;
};

export type Terms = Parameters & { wholeToken: bigint; feeUnit: bigint; priceLimit: bigint };

/** What an oracle answers; all zero and not ok where it can't be read. */
export type Price = { low: bigint; high: bigint; ok: boolean };

/** What interest moves. As of `lastAccrual`, except in the copy that a call works on. */
export type Totals = {
  cash: bigint;
  debtShares: bigint;
  shares: bigint;
  index: bigint;
  rateAtTarget: bigint;
  feeUnits: bigint;
  feePercent: bigint;
  lastAccrual: bigint;
};

export type Position = {
  readonly debtShares: bigint;
  readonly collateral: bigint;
  /** Of the flag if flagged, else of the last call that raised the risk. */
  readonly timestamp: bigint;
  readonly isFlagged: boolean;
  readonly tick: number;
};
export const NO_POSITION: Position = { debtShares: 0n, collateral: 0n, timestamp: 0n, isFlagged: false, tick: 0 };

/** A supplier's shares, and the loss per share up to which its certificate is written. */
export type Holding = { readonly shares: bigint; readonly lossSeen: bigint };
export const NO_HOLDING: Holding = { shares: 0n, lossSeen: 0n };

/** Fund units, of a generation: units of an older one count a billionth for each since. */
export type Units = { readonly units: bigint; readonly generation: bigint };
export const NO_UNITS: Units = { units: 0n, generation: 0n };

export type Request = {
  readonly controller: Account;
  readonly requestedAt: bigint;
  readonly generation: bigint;
  readonly units: bigint;
  readonly coolingUnits: bigint;
};

/** A controller's open requests, oldest first, and the generation of the newest. */
export type Queue = { readonly generation: bigint; readonly ids: readonly bigint[] };

/** Everything that is one value. Replaced, never changed in place: a refused call puts the old one back. */
export type State = {
  totals: Totals;
  // the junior layers
  reserveShares: bigint;
  fundShares: bigint;
  lossCount: bigint;
  // the fund's book
  coolingUnits: bigint;
  coolingIndexRay: bigint;
  generation: bigint;
  lastPremium: bigint;
  fundSupply: Units;
  lastRequestId: bigint;
  // the estate; its start in 2^-32 seconds
  estateDebt: bigint;
  estateCollateral: bigint;
  estateStart: bigint;
  certificates: CertificateBook;
  // governance
  oracle: string;
  pendingOracle: string | undefined;
  pendingOracleFrom: bigint;
  borrowLtvBps: bigint;
  lltvBps: bigint;
  rampFromBps: bigint;
  rampStart: bigint;
  rampEnd: bigint;
  isWindingDown: boolean;
  supplyCapTokens: bigint;
  borrowCapTokens: bigint;
  reserveFeePercent: bigint;
  fundFeePercent: bigint;
  reserveTargetBps: bigint;
  pausedUntil: bigint;
  isClosed: boolean;
  isBorrowingHalted: boolean;
  pivotTick: number;
};

/** What the contracts would emit; `values` in the event's order. */
export type ModelEvent = { readonly from: Account; readonly name: string; readonly values: readonly unknown[] };

/** A map whose changes are taken back when the call that made them is refused. */
class Book<V> {
  readonly #entries = new Map<string, V>();
  readonly #nothing: V;
  readonly #undo: (() => void)[];

  constructor(nothing: V, undo: (() => void)[]) {
    this.#nothing = nothing;
    this.#undo = undo;
  }

  get(key: string): V {
    return this.#entries.get(key) ?? this.#nothing;
  }

  set(key: string, value: V): void {
    const before = this.#entries.get(key);
    this.#undo.push(() => (before === undefined ? this.#entries.delete(key) : this.#entries.set(key, before)));
    if (value === this.#nothing) this.#entries.delete(key);
    else this.#entries.set(key, value);
  }

  entries(): IterableIterator<[string, V]> {
    return this.#entries.entries();
  }

  values(): IterableIterator<V> {
    return this.#entries.values();
  }
}

export class Machine {
  readonly terms: Terms;
  /** Unix seconds. The caller moves it; it never goes back. */
  now: bigint;
  /** By name; the caller sets what they answer. */
  readonly oracles = new Map<string, Price>();
  /** What calls have emitted, oldest first; the caller empties it. Nothing is kept unless it is there. */
  events: ModelEvent[] | undefined;

  state: State;
  readonly #undo: (() => void)[] = [];
  #isInCall = false;
  readonly holdings = new Book<Holding>(NO_HOLDING, this.#undo);
  readonly positions = new Book<Position>(NO_POSITION, this.#undo);
  readonly certificates = new Book<Certificate | undefined>(undefined, this.#undo);
  /** owner>operator, of the pool. */
  readonly operators = new Book<boolean>(false, this.#undo);
  /** owner>spender, in shares. */
  readonly allowances = new Book<bigint>(0n, this.#undo);
  readonly units = new Book<Units>(NO_UNITS, this.#undo);
  readonly requests = new Book<Request | undefined>(undefined, this.#undo);
  readonly queues = new Book<Queue | undefined>(undefined, this.#undo);
  /** controller>operator, of the fund. */
  readonly fundOperators = new Book<boolean>(false, this.#undo);

  constructor(parameters: Parameters, oracle: string, price: Price, now: bigint) {
    const { assetDecimals, collateralCap } = parameters;
    this.terms = {
      ...parameters,
      wholeToken: 10n ** assetDecimals,
      feeUnit: feeUnitOf(assetDecimals),
      priceLimit: min(MAX_VALUE / collateralCap, MAX_PRICE),
    };
    this.now = now;
    this.oracles.set(oracle, price);
    this.state = {
      totals: {
        cash: 0n,
        debtShares: 0n,
        shares: 0n,
        index: WAD,
        rateAtTarget: parameters.initialRateAtTarget,
        feeUnits: 0n,
        feePercent: feePercentFor(parameters, 0n, 0n),
        lastAccrual: now,
      },
      reserveShares: 0n,
      fundShares: 0n,
      lossCount: 0n,
      coolingUnits: 0n,
      coolingIndexRay: RAY,
      generation: 0n,
      lastPremium: now,
      fundSupply: NO_UNITS,
      lastRequestId: 0n,
      estateDebt: 0n,
      estateCollateral: 0n,
      estateStart: 0n,
      certificates: NO_CERTIFICATES,
      oracle,
      pendingOracle: undefined,
      pendingOracleFrom: 0n,
      borrowLtvBps: parameters.borrowLtvBps,
      lltvBps: parameters.lltvBps,
      rampFromBps: 0n,
      rampStart: 0n,
      rampEnd: 0n,
      isWindingDown: false,
      supplyCapTokens: parameters.supplyCapTokens,
      borrowCapTokens: parameters.borrowCapTokens,
      reserveFeePercent: parameters.reserveFeePercent,
      fundFeePercent: parameters.fundFeePercent,
      reserveTargetBps: parameters.reserveTargetBps,
      pausedUntil: 0n,
      isClosed: false,
      isBorrowingHalted: false,
      pivotTick: 0,
    };
  }

  /** Runs a call. If it is refused, everything is as it was before. Calls inside calls are one. */
  call<T>(action: () => T): T {
    if (this.#isInCall) return action();
    const before = this.state;
    const emitted = this.events?.length ?? 0;
    this.#isInCall = true;
    this.state = { ...before };
    try {
      return action();
    } catch (error) {
      this.state = before;
      for (const undo of this.#undo.toReversed()) undo();
      this.events?.splice(emitted);
      throw error;
    } finally {
      this.#undo.length = 0;
      this.#isInCall = false;
    }
  }

  emit(from: Account, name: string, ...values: readonly unknown[]): void {
    this.events?.push({ from, name, values });
  }

  protected requireOwnerOrOperator(caller: Account, owner: Account): void {
    if (caller !== owner && !this.operators.get(`${owner}>${caller}`)) {
      throw new Refusal("NotAuthorised", caller, owner);
    }
  }

  protected requireReceiver(receiver: Account): void {
    if (receiver === NOBODY || isCover(receiver)) throw new Refusal("InvalidAddress", receiver);
  }
}

/** Shares of these two are the junior layers. */
export const isCover = (account: Account): boolean => account === POOL || account === FUND;

/** The part of the interest that becomes fees: the fund's, and the reserve's while it is under its target. */
export function feePercentFor(
  fees: { reserveFeePercent: bigint; fundFeePercent: bigint; reserveTargetBps: bigint },
  reserveShares: bigint,
  shares: bigint,
): bigint {
  const isFull = reserveShares * BPS >= (shares + VIRTUAL_SHARES) * fees.reserveTargetBps;
  return fees.fundFeePercent + (isFull ? 0n : fees.reserveFeePercent);
}
