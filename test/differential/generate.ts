// Random operations that lead somewhere: amounts around what the model says is the most, the least or the whole; prices
// that wander, crash, come back, part or fall silent; waits from none to months. Every choice comes from the seed.
import { DAY, HOUR, MAX_UINT256, type Random } from "../../sdk/model/index.js";
import { ORACLES } from "./names.js";
import type { Operation, Part, Value, World } from "../../sdk/model/operations.js";

type Made = { call: string; values: Value[]; caller?: string; wait?: bigint };
type Maker = (g: Generator, caller: string) => Made;

export class Generator {
  readonly random: Random;
  readonly world: World;
  /** A whole token of each kind. */
  readonly unit: { asset: bigint; collateral: bigint };
  /** The price that prices wander around: whole loan tokens for a collateral token, times 1e36 and decimals. */
  readonly #fair: bigint;
  #crash = 100;
  /** Without crashes: so that funds live long enough to be left. */
  readonly #isCalm: boolean;
  readonly actors: readonly string[];

  constructor(
    random: Random,
    world: World,
    actors: readonly string[],
    unit: { asset: bigint; collateral: bigint },
    fair: bigint,
  ) {
    this.random = random;
    this.world = world;
    this.actors = actors;
    this.unit = unit;
    this.#fair = fair;
    this.#isCalm = random.chance(35);
  }

  next(): Operation {
    const { random } = this;
    const caller = random.pick(this.actors);
    const wait = random.weighted<() => bigint>([
      [12, () => 0n],
      [50, () => BigInt(1 + random.below(120))],
      [16, () => random.upTo(12n * HOUR)],
      [12, () => 24n * HOUR + random.upTo(30n * HOUR)],
      [5, () => random.upTo(20n * DAY)],
      [3, () => 14n * DAY + random.upTo(8n * DAY)],
      [1, () => random.upTo(400n * DAY)],
    ])();
    if (random.chance(3)) {
      const makers = [deposit, supplyCollateral, repay, borrow, withdraw, redeem, accrue];
      const parts: Part[] = Array.from({ length: 1 + random.below(3) }, () => random.pick(makers)(this, caller));
      return { call: "multicall", caller, values: [], wait, parts };
    }
    const made = (random.chance(45) ? this.#atHand(caller) : undefined) ?? random.weighted(MAKERS)(this, caller);
    return { call: made.call, caller: made.caller ?? caller, values: made.values, wait: made.wait ?? wait };
  }

  /** Something that the market as it stands asks for, if there is any: chance alone would seldom find its moment. */
  #atHand(caller: string): Made | undefined {
    const { random } = this;
    const { pool, fund } = this.world;
    const debtors = this.actors.filter((name) => pool.positionOf(name).debtShares !== 0n);
    const suppliers = this.actors.filter((name) => pool.balanceOf(name) !== 0n);
    const canGrow = !pool.state.isClosed && !pool.isPaused();
    if (canGrow && (suppliers.length < 3 || pool.state.totals.cash < pool.totals().debt / 10n)) {
      return deposit(this, caller);
    }
    if (canGrow && debtors.length < 3) return this.#towardsDebt(caller);
    if (debtors.length === 0) return undefined;

    const choices: (readonly [number, () => Made])[] = [];
    const worst = this.debtor();
    const { status, flaggedAt } = pool.position(worst);
    const isSunk = status === "Insolvent" || status === "Foreclosable";
    if (isSunk && flaggedAt === 0n) choices.push([8, () => ({ call: "flag", values: [worst] })]);
    if (isSunk && flaggedAt !== 0n) {
      const ripe = flaggedAt + 24n * HOUR + random.upTo(23n * HOUR);
      choices.push([14, () => ({ call: "foreclose", values: [worst], wait: ripe > pool.now ? ripe - pool.now : 0n })]);
    }
    if (isSunk || status === "Liquidatable") choices.push([8, () => liquidate(this, caller)]);
    else if (!this.#isCalm || random.chance(5)) choices.push([5, () => this.#sink(worst, caller)]);
    if (pool.state.estateCollateral !== 0n) choices.push([6, () => buyEstate(this, caller)]);
    if (pool.state.certificates.unpaidFace !== 0n) choices.push([2, () => recover(this, caller)]);
    const waiting = this.actors.find((name) => fund.openRequests(name).length > 0);
    const id = waiting === undefined ? undefined : fund.openRequests(waiting)[0];
    if (id !== undefined && waiting !== undefined && fund.statusOf(id) === "Pending") {
      const ripe = (fund.requestOf(id)?.requestedAt ?? 0n) + 14n * DAY + random.upTo(2n * DAY);
      choices.push([3, () => ({ ...accrue(this, caller), wait: ripe - pool.now })]);
    }
    if (this.actors.some((name) => fund.claimable(name).units !== 0n)) {
      choices.push([4, () => (random.chance(60) ? unstake : unstakeShares)(this, caller)]);
    }
    if (!pool.price().ok || pool.price().low < this.#fair / 2n) choices.push([3, () => this.#recovered(caller)]);
    if (pool.isPaused()) choices.push([2, () => ({ call: "unpause", values: [] })]);
    if (pool.state.isBorrowingHalted) choices.push([3, () => ({ call: "reopenBorrowing", values: [] })]);
    return choices.length === 0 ? undefined : random.weighted(choices)();
  }

  #towardsDebt(caller: string): Made {
    const { pool } = this.world;
    if (pool.price().low < this.#fair / 2n || !pool.price().ok) return this.#recovered(caller);
    if (pool.state.isBorrowingHalted && !pool.state.isWindingDown) return { call: "reopenBorrowing", values: [] };
    const ready = this.actors.filter((name) => {
      const { collateral, debtShares } = pool.positionOf(name);
      return debtShares === 0n && (collateral * pool.price().low) / 10n ** 36n > 2n * pool.terms.minDebt;
    });
    const borrower = ready.length === 0 ? caller : this.random.pick(ready);
    return { ...(ready.length === 0 ? supplyCollateral : borrow)(this, borrower), caller: borrower };
  }

  #recovered(caller: string): Made {
    const price = (this.#fair * BigInt(90 + this.random.below(30))) / 100n;
    return { call: "price", caller, values: [ORACLES[0], price, price, true] };
  }

  /** A price at which somebody's collateral is worth a little more than the debt, or less. */
  #sink(borrower: string, caller: string): Made {
    const { debt, collateral } = this.world.pool.position(borrower);
    if (collateral === 0n) return price(this, caller);
    const worth = (debt * 10n ** 36n * BigInt(60 + this.random.below(60))) / (collateral * 100n);
    const low = this.random.chance(80) ? worth : worth - this.random.upTo(worth / 50n);
    return { call: "price", caller, values: [ORACLES[0], low, worth, true] };
  }

  /** Around a limit: mostly a part of it, sometimes all, one more or less, nothing, a wei, everything there is. */
  around(limit: bigint): bigint {
    const { random } = this;
    return random.weighted<() => bigint>([
      [70, () => random.upTo(limit)],
      [10, () => limit],
      [3, () => limit + 1n],
      [3, () => (limit > 0n ? limit - 1n : 0n)],
      [4, () => random.upTo(1_000n)],
      [2, () => 1n],
      [2, () => 0n],
      [6, () => random.upTo(limit / 1_000n)],
    ])();
  }

  assets(mostTokens: number): bigint {
    return this.around(BigInt(1 + this.random.below(mostTokens)) * this.unit.asset);
  }

  someone(): string {
    return this.random.pick(this.actors);
  }

  /** Mostly the caller; sometimes another, now and then one that can't receive. */
  receiver(caller: string): string {
    if (this.random.chance(90)) return caller;
    return this.random.weighted([
      [7, this.someone()],
      [1, "pool"],
      [1, "fund"],
      [1, "nobody"],
    ]);
  }

  /** Who acts for whom: mostly oneself. */
  owner(caller: string): string {
    return this.random.chance(92) ? caller : this.someone();
  }

  /** A limit that the caller names: mostly none. */
  atLeast(about: bigint): bigint {
    return this.random.chance(92) ? 0n : this.around(about);
  }

  atMost(about: bigint): bigint {
    return this.random.chance(92) ? MAX_UINT256 : this.around(about);
  }

  /** Whoever has a debt, if anybody has; the worst off first, mostly. */
  debtor(): string {
    const debtors = this.actors.filter((name) => this.world.pool.positionOf(name).debtShares !== 0n);
    if (debtors.length === 0 || this.random.chance(3)) return this.someone();
    if (this.random.chance(40)) return this.random.pick(debtors);
    return debtors.reduce((worst, name) =>
      this.world.pool.positionOf(name).tick > this.world.pool.positionOf(worst).tick ? name : worst,
    );
  }

  flagged(): string {
    const flagged = this.actors.filter((name) => this.world.pool.positionOf(name).isFlagged);
    return flagged.length === 0 ? this.debtor() : this.random.pick(flagged);
  }

  newPrice(): { low: bigint; high: bigint; ok: boolean } {
    const { random } = this;
    if (this.#isCalm) {
      const price = (this.#fair * BigInt(95 + random.below(10))) / 100n;
      return { low: price - random.upTo(price / 200n), high: price, ok: random.chance(97) };
    }
    // In percent of the fair price: small steps, a crash now and then, a way back.
    this.#crash = random.weighted<() => number>([
      [30, () => 100],
      [30, () => Math.max(1, this.#crash + random.below(21) - 10)],
      [20, () => 30 + random.below(60)],
      [6, () => 1 + random.below(30)],
      [6, () => 100 + random.below(100)],
      [1, () => 0],
    ])();
    const high = (this.#fair * BigInt(this.#crash)) / 100n + random.upTo(this.#fair / 1_000n);
    const low = random.weighted<() => bigint>([
      [80, () => high],
      [14, () => high - random.upTo(high / 40n)],
      [5, () => random.upTo(high)],
      [1, () => 0n],
    ])();
    return { low, high, ok: random.chance(93) };
  }

  requestId(caller: string): bigint {
    const own = this.world.fund.openRequests(caller);
    if (own.length > 0 && this.random.chance(85)) return this.random.pick(own);
    return this.random.upTo(this.world.pool.state.lastRequestId + 1n);
  }
}

const deposit: Maker = (g, caller) => {
  const assets = g.assets(g.random.chance(80) ? 100_000 : 20_000_000);
  return { call: "deposit", values: [assets, g.receiver(caller), g.atLeast(g.world.pool.previewDeposit(assets))] };
};

const mint: Maker = (g, caller) => {
  const shares = g.world.pool.previewDeposit(g.assets(50_000));
  return { call: "mint", values: [shares, g.receiver(caller), g.atMost(g.world.pool.previewMint(shares))] };
};

const withdraw: Maker = (g, caller) => {
  const owner = g.owner(caller);
  const assets = g.around(g.world.pool.maxWithdraw(owner));
  const limit = g.atMost(g.world.pool.previewWithdraw(assets));
  return { call: "withdraw", values: [assets, g.receiver(caller), owner, limit] };
};

const redeem: Maker = (g, caller) => {
  const owner = g.owner(caller);
  const shares = g.around(g.random.chance(50) ? g.world.pool.balanceOf(owner) : g.world.pool.maxRedeem(owner));
  const limit = g.atLeast(g.world.pool.previewRedeem(shares));
  return { call: "redeem", values: [shares, g.receiver(caller), owner, limit] };
};

const supplyCollateral: Maker = (g, caller) => {
  const tokens = g.random.chance(97) ? BigInt(1 + g.random.below(100)) : 10_000_000n;
  return { call: "supplyCollateral", values: [g.around(tokens * g.unit.collateral), g.owner(caller)] };
};

const withdrawCollateral: Maker = (g, caller) => {
  const owner = g.owner(caller);
  const amount = g.around(g.world.pool.positionOf(owner).collateral);
  return { call: "withdrawCollateral", values: [amount, owner, g.receiver(caller)] };
};

/** Mostly as much as the position bears at the low price, give or take. */
const borrow: Maker = (g, caller) => {
  const { pool } = g.world;
  const owner = g.owner(caller);
  const { debt, collateral } = pool.position(owner);
  const most = (collateral * pool.price().low * pool.state.borrowLtvBps) / 10n ** 40n;
  const room = most > debt ? most - debt : 0n;
  const { cash } = pool.state.totals;
  const about = g.random.chance(90) && room > cash ? cash : room;
  return { call: "borrow", values: [g.around(g.random.chance(60) ? about : about / 2n), owner, g.receiver(caller)] };
};

const repay: Maker = (g, caller) => {
  const owner = g.random.chance(70) ? caller : g.debtor();
  const { debt } = g.world.pool.position(owner);
  return { call: "repay", values: [g.random.chance(15) ? MAX_UINT256 : g.around(debt), owner] };
};

const accrue: Maker = () => ({ call: "accrue", values: [] });

const liquidate: Maker = (g, caller) => {
  const borrower = g.debtor();
  const { debt } = g.world.pool.position(borrower);
  const most = g.random.chance(45) ? MAX_UINT256 : g.around(debt);
  const least = g.atLeast(g.world.pool.previewLiquidation(borrower, most).seized);
  return { call: "liquidate", values: [borrower, most, least, g.receiver(caller)] };
};

const buyEstate: Maker = (g, caller) => {
  const { collateral, price } = g.world.pool.estate();
  const all = (collateral * price) / 10n ** 36n + 1n;
  const most = g.random.chance(20) ? MAX_UINT256 : g.around(all);
  return { call: "buyEstate", values: [most, g.atLeast(collateral), g.receiver(caller)] };
};

const transfer: Maker = (g, caller) => {
  const to = g.random.weighted([
    [12, g.someone()],
    [2, "pool"],
    [2, "fund"],
    [1, "nobody"],
  ]);
  const shares = g.random.chance(10) ? 0n : g.around(g.world.pool.balanceOf(caller) / 4n);
  return { call: "transfer", values: [to, shares] };
};

const transferFrom: Maker = (g, caller) => {
  const from = g.owner(caller);
  return { call: "transferFrom", values: [from, g.someone(), g.around(g.world.pool.balanceOf(from) / 4n)] };
};

const stake: Maker = (g, caller) => {
  const shares = g.around(g.world.pool.balanceOf(caller) / 3n);
  return { call: "stake", values: [shares, g.receiver(caller), g.atLeast(g.world.fund.previewDeposit(shares))] };
};

const mintUnits: Maker = (g, caller) => {
  const units = g.world.fund.previewDeposit(g.around(g.world.pool.balanceOf(caller) / 5n));
  return { call: "mintUnits", values: [units, g.receiver(caller), g.atMost(g.world.fund.previewMint(units))] };
};

const requestRedeem: Maker = (g, caller) => {
  const owner = g.owner(caller);
  return { call: "requestRedeem", values: [g.around(g.world.fund.balanceOf(owner)), g.owner(caller), owner] };
};

/** Whoever can claim, if anybody can. */
function claimant(g: Generator, caller: string): string {
  const claimants = g.actors.filter((name) => g.world.fund.claimable(name).units !== 0n);
  return claimants.length > 0 ? g.random.pick(claimants) : caller;
}

const unstake: Maker = (g, caller) => {
  const controller = claimant(g, caller);
  const { units } = g.world.fund.claimable(controller);
  const by = g.random.chance(95) ? controller : caller;
  const values = [g.around(units), g.receiver(controller), controller];
  if (g.random.chance(40)) return { call: "unstakeWhole", caller: by, values };
  return { call: "unstake", caller: by, values: [...values, g.atLeast(g.world.fund.maxClaim(controller).poolShares)] };
};

const unstakeShares: Maker = (g, caller) => {
  const controller = claimant(g, caller);
  const { units, coolingUnits } = g.world.fund.claimable(controller);
  const by = g.random.chance(95) ? controller : caller;
  const values = [g.around(g.world.pool.previewLeaveFund(coolingUnits).paid), g.receiver(controller), controller];
  if (g.random.chance(40)) return { call: "unstakeSharesWhole", caller: by, values };
  return { call: "unstakeShares", caller: by, values: [...values, g.atMost(units)] };
};

const recover: Maker = (g) => {
  const { unpaidFace } = g.world.pool.state.certificates;
  return { call: "recover", values: [unpaidFace === 0n ? g.assets(100) : g.around(unpaidFace + unpaidFace / 8n)] };
};

const claimRecovery: Maker = (g, caller) => {
  const holders = g.actors.filter((name) => g.world.pool.certificateOf(name).claimable !== 0n);
  const holder = holders.length > 0 ? g.random.pick(holders) : caller;
  return { call: "claimRecovery", caller: g.random.chance(90) ? holder : caller, values: [holder] };
};

const price: Maker = (g, caller) => {
  const oracle = g.random.chance(90) ? ORACLES[0] : ORACLES[1];
  const { low, high, ok } = g.newPrice();
  return { call: "price", caller, values: [oracle, low, high, ok] };
};

const lowerCaps: Maker = (g) => {
  const { supplyCapTokens, borrowCapTokens } = g.world.pool.state;
  return { call: "lowerCaps", values: [g.around(supplyCapTokens), g.around(borrowCapTokens)] };
};

const raiseCaps: Maker = (g) => ({
  call: "raiseCaps",
  values: [
    g.random.chance(70) ? 1_000_000_000n : g.around(3_000_000_000n),
    g.random.chance(70) ? 900_000_000n : g.around(3_000_000_000n),
  ],
});

const lowerLtvs: Maker = (g) => {
  const { borrowLtvBps, lltvBps } = g.world.pool.state;
  const lltv = lltvBps > 400n ? lltvBps - g.random.upTo(400n) : lltvBps;
  const seconds = (g.world.pool.lltvNow() - lltv) * 864n;
  const below = lltv > 100n ? lltv - 100n : 0n;
  const borrowLtv = borrowLtvBps < lltv ? borrowLtvBps : below;
  return { call: "lowerLtvs", values: [g.random.chance(80) ? borrowLtv : 0n, lltv, g.around(seconds)] };
};

const raiseLtvs: Maker = (g) => ({
  call: "raiseLtvs",
  values: g.random.chance(80) ? [8_000n, 8_600n] : [g.around(8_000n), g.around(9_200n)],
});

const setFees: Maker = (g) => ({
  call: "setFees",
  values: [
    g.random.upTo(26n),
    g.random.upTo(26n),
    g.random.weighted([
      [3, 200n],
      [1, g.random.upTo(10_001n)],
    ]),
  ],
});

const MAKERS: readonly (readonly [number, Maker])[] = [
  [50, deposit],
  [15, mint],
  [30, withdraw],
  [30, redeem],
  [40, supplyCollateral],
  [18, withdrawCollateral],
  [60, borrow],
  [30, repay],
  [75, liquidate],
  [90, price],
  [20, (g) => ({ call: "flag", values: [g.debtor()] })],
  [4, (g) => ({ call: "unflag", values: [g.flagged()] })],
  [30, (g) => ({ call: "foreclose", values: [g.flagged()] })],
  [20, buyEstate],
  [15, transfer],
  [6, transferFrom],
  [6, (g, caller) => ({ call: "approve", values: [g.someone(), g.around(g.world.pool.balanceOf(caller))] })],
  [2, (g, caller) => ({ call: "permit", values: [g.someone(), g.around(g.world.pool.balanceOf(caller))] })],
  [4, (g) => ({ call: "setOperator", values: [g.someone(), g.random.chance(70)] })],
  [1, (g) => ({ call: "setOperatorWithSig", values: [g.someone(), g.random.chance(70)] })],
  [8, accrue],
  [10, () => ({ call: "pivot", values: [] })],
  [18, recover],
  [18, claimRecovery],
  [6, (g) => ({ call: "topUpReserve", values: [g.assets(5_000)] })],
  [3, (g) => ({ call: "flashLoan", values: ["flash borrower", "asset", g.around(g.world.pool.state.totals.cash)] })],
  [2, (g) => ({ call: "donateAsset", values: ["pool", g.assets(100)] })],
  [1, (g) => ({ call: "donateCollateral", values: ["pool", g.around(g.unit.collateral)] })],
  [45, stake],
  [8, mintUnits],
  [24, requestRedeem],
  [10, (g, caller) => ({ call: "cancelRedeem", values: [g.requestId(caller)] })],
  [6, (g, caller) => ({ call: "returnExpired", values: [g.requestId(caller)] })],
  [24, unstake],
  [14, unstakeShares],
  [6, (g, caller) => ({ call: "transferUnits", values: [g.someone(), g.around(g.world.fund.balanceOf(caller))] })],
  [3, (g) => ({ call: "setFundOperator", values: [g.someone(), g.random.chance(70)] })],
  [3, () => ({ call: "pause", values: [] })],
  [4, () => ({ call: "unpause", values: [] })],
  [2, lowerCaps],
  [4, raiseCaps],
  [3, lowerLtvs],
  [4, raiseLtvs],
  [4, setFees],
  [3, (g) => ({ call: "scheduleOracle", values: [g.random.pick(ORACLES)] })],
  [4, () => ({ call: "executeOracle", values: [] })],
  [4, () => ({ call: "cancelOracle", values: [] })],
  [14, () => ({ call: "reopenBorrowing", values: [] })],
  [4, (g, caller) => ({ call: "withdrawReserve", values: [g.assets(1_000), g.receiver(caller)] })],
  [6, () => ({ call: "nothing", values: [] })],
];

/** Ends a market: from here on a sequence winds down. */
export const WIND_DOWN = (g: Generator, caller: string): Operation => ({
  call: "windDown",
  caller,
  values: [14n * DAY + g.random.upTo(30n * DAY)],
  wait: 1n,
});
