// One list of everything that can be called: how the chain is asked, and what the model does. An operation is plain
// data, so that a sequence can be printed, cut down and kept as a test.
import type { Pool } from "./desk.js";
import type { Fund } from "./fund.js";

export type Value = string | bigint | boolean;

export type Operation = {
  readonly call: string;
  readonly caller: string;
  /** In the contract's order; accounts and oracles by name. */
  readonly values: readonly Value[];
  /** Seconds since the operation before. */
  readonly wait: bigint;
  /** Of `multicall`: calls of the pool in one transaction, all or none. */
  readonly parts?: readonly Part[];
};

export type Part = { readonly call: string; readonly values: readonly Value[] };

/** What callers pay and get, token by token; the pool is the other side. */
export type Flow = { readonly account: string; readonly token: "asset" | "collateral"; readonly amount: bigint };

export type World = { pool: Pool; fund: Fund; heldCollateral: bigint; donated: { asset: bigint; collateral: bigint } };

type Call = {
  /** `pool`, `fund` or the asset token, and the function's signature. Absent where the chain needs another way. */
  on: "pool" | "fund" | "asset" | "collateral" | "oracle" | "none";
  signature: string;
  apply: (world: World, caller: string, values: readonly Value[]) => Flow[];
};

const text = (values: readonly Value[], i: number): string => values[i] as string;
const amount = (values: readonly Value[], i: number): bigint => values[i] as bigint;
const truth = (values: readonly Value[], i: number): boolean => values[i] as boolean;

const asset = (account: string, change: bigint): Flow => ({ account, token: "asset", amount: change });
const collateral = (account: string, change: bigint): Flow => ({ account, token: "collateral", amount: change });

/** A call of the pool that moves no token and takes what it takes in the contract's order, without its caller. */
function plain(signature: string, apply: (pool: Pool, values: readonly Value[], caller: string) => unknown): Call {
  return {
    on: "pool",
    signature,
    apply: ({ pool }, caller, values) => {
      apply(pool, values, caller);
      return [];
    },
  };
}

function ofFund(signature: string, apply: (fund: Fund, caller: string, values: readonly Value[]) => unknown): Call {
  return {
    on: "fund",
    signature,
    apply: ({ fund }, caller, values) => {
      apply(fund, caller, values);
      return [];
    },
  };
}

const CALLS: Readonly<Record<string, Call>> = {
  // suppliers
  deposit: {
    on: "pool",
    signature: "deposit(uint256,address,uint256)",
    apply: ({ pool }, caller, v) => {
      pool.deposit(caller, amount(v, 0), text(v, 1), amount(v, 2));
      return [asset(caller, -amount(v, 0))];
    },
  },
  mint: {
    on: "pool",
    signature: "mint(uint256,address,uint256)",
    apply: ({ pool }, caller, v) => [asset(caller, -pool.mint(caller, amount(v, 0), text(v, 1), amount(v, 2)))],
  },
  withdraw: {
    on: "pool",
    signature: "withdraw(uint256,address,address,uint256)",
    apply: ({ pool }, caller, v) => {
      pool.withdraw(caller, amount(v, 0), text(v, 1), text(v, 2), amount(v, 3));
      return [asset(text(v, 1), amount(v, 0))];
    },
  },
  redeem: {
    on: "pool",
    signature: "redeem(uint256,address,address,uint256)",
    apply: ({ pool }, caller, v) => [
      asset(text(v, 1), pool.redeem(caller, amount(v, 0), text(v, 1), text(v, 2), amount(v, 3))),
    ],
  },
  approve: plain("approve(address,uint256)", (pool, v, caller) => pool.approve(caller, text(v, 0), amount(v, 1))),
  permit: plain("permit", (pool, v, caller) => pool.approve(caller, text(v, 0), amount(v, 1))),
  transfer: plain("transfer(address,uint256)", (pool, v, caller) => pool.transfer(caller, text(v, 0), amount(v, 1))),
  transferFrom: plain("transferFrom(address,address,uint256)", (pool, v, caller) =>
    pool.transferFrom(caller, text(v, 0), text(v, 1), amount(v, 2)),
  ),
  flashLoan: plain("flashLoan(address,address,uint256,bytes)", (pool, v) => pool.flashLoan(amount(v, 2))),

  // borrowers
  supplyCollateral: {
    on: "pool",
    signature: "supplyCollateral(uint256,address)",
    apply: ({ pool, heldCollateral }, caller, v) => {
      pool.supplyCollateral(caller, amount(v, 0), text(v, 1), heldCollateral + amount(v, 0));
      return [collateral(caller, -amount(v, 0))];
    },
  },
  withdrawCollateral: {
    on: "pool",
    signature: "withdrawCollateral(uint256,address,address)",
    apply: ({ pool }, caller, v) => {
      pool.withdrawCollateral(caller, amount(v, 0), text(v, 1), text(v, 2));
      return [collateral(text(v, 2), amount(v, 0))];
    },
  },
  borrow: {
    on: "pool",
    signature: "borrow(uint256,address,address)",
    apply: ({ pool }, caller, v) => {
      pool.borrow(caller, amount(v, 0), text(v, 1), text(v, 2));
      return [asset(text(v, 2), amount(v, 0))];
    },
  },
  repay: {
    on: "pool",
    signature: "repay(uint256,address)",
    apply: ({ pool }, caller, v) => [asset(caller, -pool.repay(caller, amount(v, 0), text(v, 1)))],
  },
  setOperator: plain("setOperator(address,bool)", (pool, v, caller) =>
    pool.setOperator(caller, text(v, 0), truth(v, 1)),
  ),
  setOperatorWithSig: plain("setOperatorWithSig", (pool, v, caller) =>
    pool.setOperator(caller, text(v, 0), truth(v, 1)),
  ),

  // liquidators
  liquidate: {
    on: "pool",
    signature: "liquidate(address,uint256,uint256,address,bytes)",
    apply: ({ pool }, caller, v) => {
      const { repaid, seized } = pool.liquidate(caller, text(v, 0), amount(v, 1), amount(v, 2), text(v, 3));
      return [asset(caller, -repaid), collateral(text(v, 3), seized)];
    },
  },
  flag: plain("flag(address)", (pool, v) => pool.flag(text(v, 0))),
  unflag: plain("unflag(address)", (pool, v) => pool.unflag(text(v, 0))),
  foreclose: plain("foreclose(address)", (pool, v) => pool.foreclose(text(v, 0))),
  buyEstate: {
    on: "pool",
    signature: "buyEstate(uint256,uint256,address,bytes)",
    apply: ({ pool }, caller, v) => {
      const { paid, bought } = pool.buyEstate(caller, amount(v, 0), amount(v, 1), text(v, 2));
      return [asset(caller, -paid), collateral(text(v, 2), bought)];
    },
  },

  // anyone
  accrue: plain("accrue()", (pool) => pool.accrue()),
  pivot: plain("pivot()", (pool) => pool.pivot()),
  recover: {
    on: "pool",
    signature: "recover(uint256)",
    apply: ({ pool }, caller, v) => {
      pool.recover(caller, amount(v, 0));
      return [asset(caller, -amount(v, 0))];
    },
  },
  claimRecovery: {
    on: "pool",
    signature: "claimRecovery(address)",
    apply: ({ pool }, caller, v) => [asset(text(v, 0), pool.claimRecovery(caller, text(v, 0)))],
  },
  topUpReserve: {
    on: "pool",
    signature: "topUpReserve(uint256)",
    apply: ({ pool }, caller, v) => {
      pool.topUpReserve(caller, amount(v, 0));
      return [asset(caller, -amount(v, 0))];
    },
  },
  donateAsset: {
    on: "asset",
    signature: "transfer(address,uint256)",
    apply: ({ donated }, caller, v) => {
      donated.asset += amount(v, 1);
      return [asset(caller, -amount(v, 1))];
    },
  },
  donateCollateral: {
    on: "collateral",
    signature: "transfer(address,uint256)",
    apply: ({ donated }, caller, v) => {
      donated.collateral += amount(v, 1);
      return [collateral(caller, -amount(v, 1))];
    },
  },

  // insurers
  stake: ofFund("deposit(uint256,address,uint256)", (fund, caller, v) =>
    fund.deposit(caller, amount(v, 0), text(v, 1), amount(v, 2)),
  ),
  mintUnits: ofFund("mint(uint256,address,uint256)", (fund, caller, v) =>
    fund.mint(caller, amount(v, 0), text(v, 1), amount(v, 2)),
  ),
  requestRedeem: ofFund("requestRedeem(uint256,address,address)", (fund, caller, v) =>
    fund.requestRedeem(caller, amount(v, 0), text(v, 1), text(v, 2)),
  ),
  cancelRedeem: ofFund("cancelRedeem(uint256)", (fund, caller, v) => fund.cancelRedeem(caller, amount(v, 0))),
  returnExpired: ofFund("returnExpired(uint256)", (fund, caller, v) => fund.returnExpired(caller, amount(v, 0))),
  unstake: ofFund("redeem(uint256,address,address,uint256)", (fund, caller, v) =>
    fund.redeem(caller, amount(v, 0), text(v, 1), text(v, 2), amount(v, 3)),
  ),
  unstakeShares: ofFund("withdraw(uint256,address,address,uint256)", (fund, caller, v) =>
    fund.withdraw(caller, amount(v, 0), text(v, 1), text(v, 2), amount(v, 3)),
  ),
  unstakeWhole: ofFund("redeem(uint256,address,address)", (fund, caller, v) =>
    fund.redeem(caller, amount(v, 0), text(v, 1), text(v, 2)),
  ),
  unstakeSharesWhole: ofFund("withdraw(uint256,address,address)", (fund, caller, v) =>
    fund.withdraw(caller, amount(v, 0), text(v, 1), text(v, 2)),
  ),
  transferUnits: ofFund("transfer(address,uint256)", (fund, caller, v) =>
    fund.transfer(caller, text(v, 0), amount(v, 1)),
  ),
  setFundOperator: ofFund("setOperator(address,bool)", (fund, caller, v) =>
    fund.setOperator(caller, text(v, 0), truth(v, 1)),
  ),

  // governance
  pause: plain("pause()", (pool) => pool.pause()),
  unpause: plain("unpause()", (pool) => pool.unpause()),
  lowerCaps: plain("lowerCaps(uint32,uint32)", (pool, v) => pool.lowerCaps(amount(v, 0), amount(v, 1))),
  raiseCaps: plain("raiseCaps(uint32,uint32)", (pool, v) => pool.raiseCaps(amount(v, 0), amount(v, 1))),
  lowerLtvs: plain("lowerLtvs(uint16,uint16,uint32)", (pool, v) =>
    pool.lowerLtvs(amount(v, 0), amount(v, 1), amount(v, 2)),
  ),
  raiseLtvs: plain("raiseLtvs(uint16,uint16)", (pool, v) => pool.raiseLtvs(amount(v, 0), amount(v, 1))),
  setFees: plain("setFees(uint8,uint8,uint16)", (pool, v) => pool.setFees(amount(v, 0), amount(v, 1), amount(v, 2))),
  scheduleOracle: plain("scheduleOracle(address)", (pool, v) => pool.scheduleOracle(text(v, 0))),
  executeOracle: plain("executeOracle()", (pool) => pool.executeOracle()),
  cancelOracle: plain("cancelOracle()", (pool) => pool.cancelOracle()),
  reopenBorrowing: plain("reopenBorrowing()", (pool) => pool.reopenBorrowing()),
  windDown: plain("windDown(uint32)", (pool, v) => pool.windDown(amount(v, 0))),
  withdrawReserve: {
    on: "pool",
    signature: "withdrawReserve(uint256,address)",
    apply: ({ pool }, _caller, v) => {
      pool.withdrawReserve(amount(v, 0), text(v, 1));
      return [asset(text(v, 1), amount(v, 0))];
    },
  },

  // the world
  price: {
    on: "oracle",
    signature: "set(uint256,uint256,bool)",
    apply: ({ pool }, _caller, v) => {
      pool.oracles.set(text(v, 0), { low: amount(v, 1), high: amount(v, 2), ok: truth(v, 3) });
      return [];
    },
  },
  nothing: { on: "none", signature: "", apply: () => [] },
};

/** Plays an operation on the model. Refused, it throws and has changed nothing. */
export function applyToModel(world: World, operation: Operation): Flow[] {
  const { call, caller, values, parts } = operation;
  if (parts === undefined) return callOf(call).apply(world, caller, values);
  return world.pool.call(() => {
    const inCall = { ...world };
    return parts.flatMap((part) => {
      const flows = callOf(part.call).apply(inCall, caller, part.values);
      for (const { token, amount: change } of flows) if (token === "collateral") inCall.heldCollateral -= change;
      return flows;
    });
  });
}

export function callOf(name: string): Call {
  const call = CALLS[name];
  if (call === undefined) throw new Error(`There is no operation "${name}".`);
  return call;
}
