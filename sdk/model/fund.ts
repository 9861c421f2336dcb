// The insurance fund: who staked pool shares, who is leaving, and since when. The pool keeps the amounts.
import {
  CLAIM_WINDOW,
  COOLING_PERIOD,
  max,
  MAX_OPEN_REQUESTS,
  MAX_UINT256,
  MAX_UNITS,
  min,
  mulDown,
  mulUp,
  Refusal,
  VIRTUAL_POOL_SHARES,
  VIRTUAL_UNITS,
} from "./numbers.js";
import type { Pool } from "./desk.js";
import { type Account, FUND, NOBODY, type Request, type Units } from "./state.js";

const GENERATION_STEP = 10n ** 9n;
const WIPE_GENERATIONS = 8n;

export type RequestStatus = "None" | "Pending" | "Claimable" | "Expired" | "Void";

/** A unit counts a billionth for each generation since, and nothing after a wipe. */
function aged(units: bigint, since: bigint, generation: bigint): bigint {
  const generations = generation - since;
  return generations < WIPE_GENERATIONS ? units / GENERATION_STEP ** generations : 0n;
}

export class Fund {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  // ---------------------------------------------------------------- in

  deposit(caller: Account, poolShares: bigint, receiver: Account, minUnits = 0n): bigint {
    return this.#pool.call(() => {
      const units = this.previewDeposit(poolShares);
      if (units < minUnits) throw new Refusal("BelowMinimum", units, minUnits);
      this.#enter(caller, poolShares, units, receiver);
      return units;
    });
  }

  mint(caller: Account, units: bigint, receiver: Account, maxPoolShares = MAX_UINT256): bigint {
    return this.#pool.call(() => {
      const poolShares = this.previewMint(units);
      if (poolShares > maxPoolShares) throw new Refusal("AboveMaximum", poolShares, maxPoolShares);
      this.#enter(caller, poolShares, units, receiver);
      return poolShares;
    });
  }

  #enter(caller: Account, poolShares: bigint, units: bigint, receiver: Account): void {
    if (units === 0n) throw new Refusal("ZeroAmount");
    if (receiver === NOBODY) throw new Refusal("ERC20InvalidReceiver", receiver);
    this.#move(NOBODY, receiver, units);
    this.#pool.emit(FUND, "Deposit", caller, receiver, poolShares, units);
    this.#pool.transferFrom(FUND, caller, FUND, poolShares);
  }

  // ---------------------------------------------------------------- requests

  requestRedeem(caller: Account, units: bigint, controller: Account, owner: Account): bigint {
    return this.#pool.call(() => {
      this.#requireActsFor(caller, owner);
      this.#requireActsFor(caller, controller);
      const poolShares = this.convertToAssets(units);
      this.#move(owner, NOBODY, units);
      const { state, now } = this.#pool;
      const { generation } = state;
      const id = this.#enqueue(controller);
      this.#pool.emit(FUND, "RedeemRequest", controller, owner, id, caller, units);
      const coolingUnits = this.#pool.startCooling(poolShares);
      if (coolingUnits === 0n) throw new Refusal("ZeroAmount");
      this.#pool.requests.set(String(id), { controller, requestedAt: now, generation, units, coolingUnits });
      this.#pool.emit(FUND, "CoolingStarted", id, poolShares, coolingUnits);
      return id;
    });
  }

  cancelRedeem(caller: Account, id: bigint): bigint {
    return this.#pool.call(() => {
      this.#requireActsFor(caller, this.#open(id).controller);
      return this.#returnToActive(caller, id);
    });
  }

  returnExpired(caller: Account, id: bigint): bigint {
    return this.#pool.call(() => {
      const expiresAt = this.#open(id).requestedAt + COOLING_PERIOD + CLAIM_WINDOW;
      if (this.#pool.now < expiresAt) throw new Refusal("RequestNotExpired", id, this.#pool.now, expiresAt);
      return this.#returnToActive(caller, id);
    });
  }

  #returnToActive(caller: Account, id: bigint): bigint {
    const { generation } = this.#pool.state;
    const stored = this.#open(id);
    if (this.statusOf(id) === "Void") throw new Refusal("RequestVoid", id, stored.generation, generation);
    const { controller } = stored;
    const coolingUnits = aged(stored.coolingUnits, stored.generation, generation);
    this.#pool.requests.set(String(id), undefined);
    this.#setQueue(
      controller,
      this.#queue(controller).filter((other) => other !== id),
    );
    const rate = this.#rate();
    const poolShares = this.#pool.stopCooling(coolingUnits);
    const units = mulDown(poolShares, rate.units, rate.shares);
    this.#move(NOBODY, controller, units);
    this.#pool.emit(FUND, "RequestReturned", id, controller, caller, poolShares, units);
    return units;
  }

  // ---------------------------------------------------------------- claims

  /** Without a least it takes nothing less than the whole worth. */
  redeem(
    caller: Account,
    units: bigint,
    receiver: Account,
    controller: Account,
    minPoolShares: bigint = MAX_UINT256,
  ): bigint {
    return this.#pool.call(() => {
      this.#requireActsFor(caller, controller);
      return this.#claim(caller, units, max(minPoolShares, 1n), receiver, controller);
    });
  }

  /** Without a most it takes nothing less than the whole worth. */
  withdraw(caller: Account, poolShares: bigint, receiver: Account, controller: Account, maxUnits?: bigint): bigint {
    return this.#pool.call(() => {
      this.#requireActsFor(caller, controller);
      if (poolShares === 0n) throw new Refusal("ZeroAmount");
      const units = this.#unitsFor(poolShares, controller, maxUnits === undefined);
      if (maxUnits !== undefined && units > maxUnits) throw new Refusal("AboveMaximum", units, maxUnits);
      this.#claim(caller, units, poolShares, receiver, controller);
      return units;
    });
  }

  /** `least` of 2^256 − 1 stands for the whole worth. */
  #claim(caller: Account, units: bigint, least: bigint, receiver: Account, controller: Account): bigint {
    if (units === 0n) throw new Refusal("ZeroAmount");
    const coolingUnits = this.#takeClaimable(units, controller);
    const whole = least === MAX_UINT256 ? max(this.#pool.previewLeaveFund(coolingUnits).gross, 1n) : least;
    const poolShares = this.#pool.leaveFund(coolingUnits, whole, receiver);
    this.#pool.emit(FUND, "Withdraw", caller, receiver, controller, poolShares, units);
    return poolShares;
  }

  /** Oldest first; a part of a request takes the same part of its cooling units, rounded down. */
  #takeClaimable(units: bigint, controller: Account): bigint {
    this.#requireLiveQueue(controller);
    let missing = units;
    let coolingUnits = 0n;
    const kept: bigint[] = [];
    for (const id of this.#queue(controller)) {
      const status = this.statusOf(id);
      if (status === "Void") continue;
      const request = this.#present(id);
      if (missing === 0n || status !== "Claimable") {
        kept.push(id);
        continue;
      }
      const taken = min(missing, request.units);
      const takenCooling = mulDown(request.coolingUnits, taken, request.units);
      missing -= taken;
      coolingUnits += takenCooling;
      this.#pool.emit(FUND, "RequestClaimed", id, taken, takenCooling);
      if (taken === request.units) {
        this.#pool.requests.set(String(id), undefined);
        continue;
      }
      kept.push(id);
      this.#pool.requests.set(String(id), {
        ...request,
        units: request.units - taken,
        coolingUnits: request.coolingUnits - takenCooling,
      });
    }
    if (missing !== 0n) throw new Refusal("ExceedsClaimable", controller, units, units - missing);
    this.#setQueue(controller, kept);
    return coolingUnits;
  }

  /** The units whose claim pays at least `poolShares`. */
  #unitsFor(poolShares: bigint, controller: Account, isWholeWorth: boolean): bigint {
    this.#requireLiveQueue(controller);
    const all = this.claimable(controller).coolingUnits;
    const preview = this.#pool.previewLeaveFund(all);
    const paid = isWholeWorth && preview.paid < preview.gross ? 0n : preview.paid;
    if (poolShares > paid) throw new Refusal("ExceedsClaimable", controller, poolShares, paid);
    let missing = min(all, mulUp(all, poolShares + 1n, paid));
    let units = 0n;
    for (const id of this.#queue(controller)) {
      if (missing === 0n || this.statusOf(id) !== "Claimable") continue;
      const request = this.#present(id);
      const taken = min(missing, request.coolingUnits);
      missing -= taken;
      units += mulUp(request.units, taken, request.coolingUnits);
    }
    return units;
  }

  // ---------------------------------------------------------------- units

  transfer(from: Account, to: Account, units: bigint): void {
    this.#pool.call(() => {
      if (to === NOBODY) throw new Refusal("ERC20InvalidReceiver", to);
      this.#move(from, to, units);
    });
  }

  setOperator(controller: Account, operator: Account, approved: boolean): void {
    this.#pool.call(() => {
      this.#pool.fundOperators.set(`${controller}>${operator}`, approved);
      this.#pool.emit(FUND, "OperatorSet", controller, operator, approved);
    });
  }

  #requireActsFor(caller: Account, account: Account): void {
    if (caller !== account && !this.#pool.fundOperators.get(`${account}>${caller}`)) {
      throw new Refusal("NotAuthorised", caller, account);
    }
  }

  #move(from: Account, to: Account, units: bigint): void {
    const { state } = this.#pool;
    const { generation } = state;
    if (from === NOBODY) state.fundSupply = this.#fitting(this.totalSupply() + units);
    else {
      const balance = this.balanceOf(from);
      if (balance < units) throw new Refusal("ERC20InsufficientBalance", from, balance, units);
      this.#pool.units.set(from, { units: balance - units, generation });
    }
    if (to === NOBODY) state.fundSupply = { units: this.totalSupply() - units, generation };
    else this.#pool.units.set(to, this.#fitting(this.balanceOf(to) + units));
    this.#pool.emit(FUND, "Transfer", from, to, units);
  }

  #fitting(units: bigint): Units {
    if (units > MAX_UNITS) throw new Refusal("FieldOverflow", units, MAX_UNITS);
    return { units, generation: this.#pool.state.generation };
  }

  // ---------------------------------------------------------------- requests and queues

  #open(id: bigint): Request {
    const request = this.#pool.requests.get(String(id));
    if (request === undefined) throw new Refusal("RequestNotOpen", id);
    return request;
  }

  /** With its amounts at the present generation. */
  #present(id: bigint): Request {
    const request = this.#open(id);
    const { generation } = this.#pool.state;
    return {
      ...request,
      units: aged(request.units, request.generation, generation),
      coolingUnits: aged(request.coolingUnits, request.generation, generation),
      generation,
    };
  }

  /** Ids in a controller's queue; empty if all of it is void. */
  #queue(controller: Account): readonly bigint[] {
    const queue = this.#pool.queues.get(controller);
    if (queue === undefined || this.#pool.state.generation >= queue.generation + WIPE_GENERATIONS) return [];
    return queue.ids;
  }

  #setQueue(controller: Account, ids: readonly bigint[]): void {
    const generation = this.#pool.queues.get(controller)?.generation ?? 0n;
    this.#pool.queues.set(controller, { generation, ids });
  }

  #requireLiveQueue(controller: Account): void {
    const queue = this.#pool.queues.get(controller);
    const first = queue?.ids[0];
    if (queue === undefined || first === undefined || this.#queue(controller).length > 0) return;
    throw new Refusal("RequestVoid", first, queue.generation, this.#pool.state.generation);
  }

  #enqueue(controller: Account): bigint {
    const { state } = this.#pool;
    let ids = this.#queue(controller);
    if (ids.length === MAX_OPEN_REQUESTS) {
      for (const id of ids) if (this.statusOf(id) === "Void") this.#pool.requests.set(String(id), undefined);
      ids = ids.filter((id) => this.#pool.requests.get(String(id)) !== undefined);
    }
    if (ids.length === MAX_OPEN_REQUESTS) {
      throw new Refusal("TooManyRequests", controller, BigInt(MAX_OPEN_REQUESTS));
    }
    state.lastRequestId += 1n;
    this.#pool.queues.set(controller, { generation: state.generation, ids: [...ids, state.lastRequestId] });
    return state.lastRequestId;
  }

  // ---------------------------------------------------------------- views

  totalSupply(): bigint {
    const { units, generation } = this.#pool.state.fundSupply;
    return aged(units, generation, this.#pool.state.generation);
  }

  balanceOf(account: Account): bigint {
    const { units, generation } = this.#pool.units.get(account);
    return aged(units, generation, this.#pool.state.generation);
  }

  /** Active pool shares. */
  totalAssets(): bigint {
    const { total, cooling } = this.#pool.fundAccount();
    return total - cooling;
  }

  #rate(): { units: bigint; shares: bigint } {
    return { units: this.totalSupply() + VIRTUAL_UNITS, shares: this.totalAssets() + VIRTUAL_POOL_SHARES };
  }

  previewDeposit(poolShares: bigint): bigint {
    const { units, shares } = this.#rate();
    return mulDown(poolShares, units, shares);
  }

  previewMint(units: bigint): bigint {
    const rate = this.#rate();
    return mulUp(units, rate.shares, rate.units);
  }

  convertToAssets(units: bigint): bigint {
    const rate = this.#rate();
    return mulDown(units, rate.shares, rate.units);
  }

  statusOf(id: bigint): RequestStatus {
    if (this.#pool.requests.get(String(id)) === undefined) return "None";
    const { units, coolingUnits, requestedAt } = this.#present(id);
    if (units === 0n || coolingUnits === 0n) return "Void";
    const age = this.#pool.now - requestedAt;
    if (age < COOLING_PERIOD) return "Pending";
    return age < COOLING_PERIOD + CLAIM_WINDOW ? "Claimable" : "Expired";
  }

  requestOf(id: bigint): (Request & { status: RequestStatus }) | undefined {
    if (this.#pool.requests.get(String(id)) === undefined) return undefined;
    return { ...this.#present(id), status: this.statusOf(id) };
  }

  openRequests(controller: Account): readonly bigint[] {
    return this.#queue(controller);
  }

  /** What a controller can claim now, in units and in the pool's cooling units. */
  claimable(controller: Account): { units: bigint; coolingUnits: bigint } {
    const sums = { units: 0n, coolingUnits: 0n };
    for (const id of this.#queue(controller)) {
      if (this.statusOf(id) !== "Claimable") continue;
      const request = this.#present(id);
      sums.units += request.units;
      sums.coolingUnits += request.coolingUnits;
    }
    return sums;
  }

  /** What a claim of everything would take and pay; nothing if a part would be withheld. */
  maxClaim(controller: Account): { units: bigint; poolShares: bigint } {
    const { units, coolingUnits } = this.claimable(controller);
    const { gross, paid } = this.#pool.previewLeaveFund(coolingUnits);
    return paid === 0n || paid < gross ? { units: 0n, poolShares: 0n } : { units, poolShares: paid };
  }
}
