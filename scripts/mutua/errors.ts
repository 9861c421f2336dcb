// What a contract refused, by its own name, with its values in human units and a hint how to mend it.
import { type ErrorDescription, type Interface, isCallException, isError } from "ethers";

import { Problem, reasonOf, revertData } from "../lib/problem.ts";
import { percent, price, time, type Token, tokens } from "./units.ts";

export type Tokens = { asset: Token; collateral: Token };

type Kind = "asset" | "collateral" | "percent" | "price" | "time" | "word" | "as it is";

/** Units of the values of an error, in their order, and what helps. What is not here is shown as it is. */
const KNOWN: Record<string, { units?: readonly Kind[]; hint: string }> = {
  // the pool: input
  ZeroAmount: { hint: "Name an amount above zero; a very small one can round to nothing." },
  BelowMinimum: { hint: "The price moved further than --slippage allows. Try again, or allow more." },
  AboveMaximum: { hint: "The price moved further than --slippage allows. Try again, or allow more." },
  NotAuthorised: { hint: "Only the owner or its operator may do that." },
  // state of the pool
  Locked: { hint: "The pool is inside another call. Try again." },
  PoolPaused: { hint: "New deposits and loans are paused; see `status` for until when. Everything else works." },
  PoolClosed: { hint: "The pool takes no more deposits or loans. Exits and repayments work." },
  BorrowingHalted: { hint: "Borrowing stopped after a haircut. The governor can propose reopenBorrowing." },
  OracleNotOk: {
    units: ["price", "price"],
    hint: "A feed is late or out of bounds. Exits, repay and adding collateral work.",
  },
  PricesTooFarApart: { units: ["price", "price"], hint: "The two price paths disagree. Wait until they meet." },
  UncoveredShortfall: { units: ["asset", "asset"], hint: "Deposits are closed while a shortfall is uncovered." },
  SupplyCapExceeded: { units: ["asset", "asset"], hint: "Supply less, or wait for the cap to be raised." },
  BorrowCapExceeded: { units: ["asset", "asset"], hint: "Borrow less, or wait for the cap to be raised." },
  CollateralCapExceeded: { units: ["collateral", "collateral"], hint: "Add less." },
  InsufficientCash: {
    units: ["asset", "asset"],
    hint: "The rest is lent out. Take what is there, and try again later.",
  },
  // positions
  NoDebt: { hint: "There is nothing to repay." },
  InsufficientCollateral: { units: ["collateral", "collateral"], hint: "Take less, or `max`." },
  DebtBelowMinimum: { units: ["asset", "asset"], hint: "Borrow more, or repay all of it with `max`." },
  PositionUnhealthy: { units: ["asset", "asset"], hint: "Borrow less, repay some, or add collateral." },
  PositionHealthy: { units: ["as it is", "percent", "percent"], hint: "It can't be liquidated or flagged." },
  // governance
  InvalidParameter: { units: ["word", "as it is", "as it is"], hint: "The value is outside its bound." },
  NotTightening: { hint: "Lowering functions only lower. Loosening goes through the raising one." },
  NotLoosening: { hint: "Raising functions only raise. Tightening goes through the lowering one." },
  PauseCoolingDown: { units: ["time"], hint: "A pool can be paused again seven days after its last pause ended." },
  NotPaused: { hint: "There is no pause to end." },
  NoPendingOracle: { hint: "No oracle is announced: scheduleOracle comes first." },
  OracleChangePending: { hint: "Cancel the announced oracle with cancelOracle first." },
  TooEarly: { units: ["time", "time"], hint: "Wait until then." },
  ReserveBelowTarget: { units: ["asset", "asset"], hint: "Only what is above the target can be taken." },
  ShortfallExists: { units: ["asset"], hint: "Nothing is taken from the reserve while there is a shortfall." },
  WindingDown: { hint: "The pool is winding down, for good." },
  // the fund
  RequestNotOpen: { hint: "It was claimed or returned already." },
  ExceedsClaimable: { hint: "Part of the request is still cooling; `position` shows from when." },
  TooManyRequests: { hint: "Claim or cancel an open request first." },
  // the authority
  AccessManagedUnauthorized: { hint: "This account does not have the role. `propose` lists functions and roles." },
  AccessManagerUnauthorizedCall: { hint: "This account does not have the role. `propose` lists functions and roles." },
  AccessManagerUnauthorizedCancel: { hint: "Who proposed it, the role's guardian or an admin can cancel it." },
  AccessManagerAlreadyScheduled: { hint: "The same is proposed already; see `propose`." },
  AccessManagerNotScheduled: { hint: "Propose it first, with the same values." },
  AccessManagerNotReady: { hint: "Its waiting time is not over; see `propose`." },
  AccessManagerExpired: { hint: "It was not executed within a week of being ready. Propose it anew." },
  // the router
  PermitFailed: { hint: "The token did not take the signature. Approve the pool, and run the command again." },
  NotListed: { hint: "The pool is not in the router's factory." },
  // tokens
  ERC20InsufficientBalance: { hint: "The account does not have that much." },
  ERC20InsufficientAllowance: { hint: "Approve more first." },
  ERC4626ExceededMaxRedeem: { hint: "Take less: `position` shows how much." },
  ERC4626ExceededMaxWithdraw: { hint: "Take less: `position` shows how much." },
  ERC4626ExceededMaxDeposit: { hint: "Supply less: `status` shows how much fits." },
};

/** Knows the errors of these contracts. */
export function errorParser(interfaces: readonly Interface[]): (data: string) => ErrorDescription | undefined {
  return (data) => {
    for (const known of interfaces) {
      const found = known.parseError(data);
      if (found !== null) return found;
    }
    return undefined;
  };
}

function word(value: unknown): string {
  const bytes = Buffer.from(String(value).slice(2), "hex");
  return bytes.toString("utf8").replace(/\0+$/, "");
}

function shown(value: unknown, kind: Kind | undefined, { asset, collateral }: Tokens): string {
  if (typeof value !== "bigint") return kind === "word" ? word(value) : String(value);
  if (kind === "asset") return tokens(value, asset);
  if (kind === "collateral") return tokens(value, collateral);
  if (kind === "percent") return percent(value);
  if (kind === "price") return price(value, asset, collateral);
  return kind === "time" ? time(value) : value.toString();
}

export function describeRevert(error: ErrorDescription, units: Tokens): string {
  if (error.name === "Error") return String(error.args[0]);
  const known = KNOWN[error.name];
  const values = error.fragment.inputs.map(
    (input, index) => `${input.name} ${shown(error.args[index], known?.units?.[index], units)}`,
  );
  const list = values.length === 0 ? "" : ` (${values.join(", ")})`;
  return `${error.name}${list}.${known === undefined ? "" : ` ${known.hint}`}`;
}

/** What is needed to name an error and the amounts in it. */
export type Dictionary = { parseError: (data: string) => ErrorDescription | undefined; tokens: Tokens };

/** Any failure, in one line. */
export function explain(error: unknown, dictionary?: Dictionary): string {
  if (error instanceof Problem) return error.message;
  const data = revertData(error);
  if (data !== undefined && dictionary !== undefined) {
    const revert = dictionary.parseError(data);
    if (revert !== undefined) return describeRevert(revert, dictionary.tokens);
    return `A contract refused with an error that is not Mutua's: ${data.slice(0, 74)}`;
  }
  if (isError(error, "INSUFFICIENT_FUNDS")) return "The account has too little of the chain's coin to pay for gas";
  if (isError(error, "TIMEOUT")) return "The node did not answer in time: try again, or name another one with --rpc";
  if (isCallException(error)) return `The call failed: ${error.reason ?? error.shortMessage}`;
  return reasonOf(error);
}
