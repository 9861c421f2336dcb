// Why a call failed: the contract's error with its values, what it means, and what helps.
import { decodeBytes32String, Interface, isError } from "ethers";

import { type Named, plainStruct } from "./abi-types.js";
import { errorAbi } from "./abi/error.js";
import { PRICE_SCALE, Refusal } from "./model/numbers.js";
import { formatDecimal, formatPercent, formatPrice } from "./units.js";

/** Every error of every contract: a union told apart by `name`. */
export type MutuaError = Named<typeof errorAbi, "error">;
export type ErrorName = MutuaError["name"];

export type Explanation = {
  /** Who said no: a contract of Mutua's, another contract, the wallet, or the network. */
  readonly by: "mutua" | "contract" | "wallet" | "network" | "unknown";
  /** The contract's error, or ethers' code. */
  readonly name: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly sentence: string;
  readonly wayOut: string;
};

type Token = { readonly symbol: string; readonly decimals: number };
/** How amounts are shown: a market of `marketOf` or of the lens is one. Without it they are whole smallest units. */
export type Units = { readonly asset: Token; readonly collateral: Token };

type Show = {
  asset: (amount: bigint) => string;
  collateral: (amount: bigint) => string;
  price: (price: bigint) => string;
  percent: (ratioWad: bigint) => string;
  time: (timestamp: bigint) => string;
};

const inTokens = (token: Token | undefined) => (value: bigint) =>
  token === undefined ? value.toString() : `${formatDecimal(value, token.decimals, 6)} ${token.symbol}`;

function showWith(units: Units | undefined): Show {
  return {
    asset: inTokens(units?.asset),
    collateral: inTokens(units?.collateral),
    price: (value) =>
      units === undefined ? formatDecimal(value, PRICE_SCALE.toString().length - 1, 6) : formatPrice(value, units, 6),
    percent: (ratio) => `${formatPercent(ratio)} %`,
    time: (timestamp) => `${new Date(Number(timestamp) * 1_000).toISOString().slice(0, 16).replace("T", " ")} UTC`,
  };
}

type Args<N extends ErrorName> = Extract<MutuaError, { name: N }>["args"];
type Words = readonly [sentence: string, wayOut: string];

const TRY_AGAIN = "Look at the figures again and send it anew.";
const MOVED = "Take a new quote, or allow for more.";
const NOT_YOURS = "Act for yourself, or be made operator by the owner first.";
const ROLES = "The authority's table says which role may, and after which delay.";
const SIGN_AGAIN = "Sign again; if it fails once more, approve in a transaction instead.";
const BUG = "This should not happen through the SDK: please report what was called.";

const EXPLANATIONS: { readonly [N in ErrorName]: (args: Args<N>, show: Show) => Words } = {
  // input
  ZeroAmount: () => ["The amount is zero, or so small that it rounds to nothing.", "Name a larger amount."],
  InvalidAddress: ({ account }) => [`${account} can't receive this.`, "Name another receiver."],
  BelowMinimum: ({ amount, minimum }) => [
    `It would have brought ${amount}, and at least ${minimum} was asked for: the price has moved.`,
    MOVED,
  ],
  AboveMaximum: ({ amount, maximum }) => [`It would take ${amount}, and the most allowed is ${maximum}.`, MOVED],
  NotAuthorised: ({ caller, owner }) => [`${caller} may not act for ${owner}.`, NOT_YOURS],
  NotFund: () => ["Only the pool's insurance fund may call this.", "Use the fund's own functions."],
  SignatureExpired: ({ deadline }) => [`The signature was good until ${deadline}.`, "Sign again."],
  SignatureInvalid: ({ owner }) => [`The signature is not ${owner}'s.`, "Sign again with that account."],

  // the state of the pool
  Locked: () => ["The pool is in the middle of another call.", "Call it outside of a callback."],
  PoolPaused: () => [
    "New deposits and loans are paused, for at most 72 hours.",
    "Withdrawing, repaying, adding collateral and liquidating work meanwhile.",
  ],
  PoolClosed: () => [
    "This pool takes no more deposits or loans, for good.",
    "Withdraw or repay when you like, and use another pool for new business.",
  ],
  BorrowingHalted: () => [
    "New loans stopped when suppliers bore a loss.",
    "Wait until governance reopens borrowing; everything else works.",
  ],
  OracleNotOk: () => [
    "There is no reliable price at the moment.",
    "Withdrawing, repaying and adding collateral work; try the rest when the feed is back.",
  ],
  OracleGasTooLow: ({ required }) => ["The transaction has too little gas for the oracle.", `Add ${required} gas.`],
  PricesTooFarApart: ({ low, high }, show) => [
    `The two price feeds disagree: ${show.price(low)} and ${show.price(high)}.`,
    "Borrow when they have met again.",
  ],
  UncoveredShortfall: ({ uncoveredAssets }, show) => [
    `${show.asset(uncoveredAssets)} of bad debt is not covered by reserve and fund: a deposit would share in it.`,
    "Deposit when the price has recovered or the loss is booked.",
  ],
  SupplyCapExceeded: ({ assets, cap }, show) => [
    `The pool would hold ${show.asset(assets)}; its cap is ${show.asset(cap)}.`,
    "Deposit less.",
  ],
  BorrowCapExceeded: ({ assets, cap }, show) => [
    `All debt would be ${show.asset(assets)}; the cap is ${show.asset(cap)}.`,
    "Borrow less.",
  ],
  CollateralCapExceeded: ({ amount, cap }, show) => [
    `The pool would hold ${show.collateral(amount)}; its cap is ${show.collateral(cap)}.`,
    "Add less.",
  ],
  InsufficientCash: ({ requested, cash }, show) => [
    `${show.asset(requested)} is asked for, and the pool has ${show.asset(cash)} at hand; the rest is lent.`,
    "Take what is there, and the rest when loans are repaid: the rate rises until they are.",
  ],
  FieldOverflow: ({ value, maximum }) => [`${value} is more than the pool can count (${maximum}).`, "Name less."],

  // positions
  NoDebt: ({ borrower }) => [`${borrower} owes nothing.`, "There is nothing to do."],
  InsufficientCollateral: ({ requested, collateral }, show) => [
    `${show.collateral(requested)} is asked for, and the position has ${show.collateral(collateral)}.`,
    "Take less.",
  ],
  DebtBelowMinimum: ({ debtAssets, minimum }, show) => [
    `A debt of ${show.asset(debtAssets)} would be under the minimum of ${show.asset(minimum)}.`,
    "Borrow more, or repay all of it.",
  ],
  PositionUnhealthy: ({ debtAssets, maxDebtAssets }, show) => [
    `The debt would be ${show.asset(debtAssets)}, and the collateral carries ${show.asset(maxDebtAssets)}.`,
    "Borrow less, repay some, or add collateral.",
  ],
  PositionHealthy: ({ ltvWad, thresholdWad }, show) => [
    `The position's loan-to-value is ${show.percent(ltvWad)}; this needs ${show.percent(thresholdWad)}.`,
    "Wait: it may never get there.",
  ],
  RaisedInThisBlock: () => ["The position was changed by its owner in this very block.", "Try in the next block."],
  NotFlagged: () => ["The position is not flagged.", "Flag it, and come back a day later."],
  AlreadyFlagged: ({ flaggedAt }, show) => [
    `The position was flagged at ${show.time(flaggedAt)}.`,
    "Foreclose it between 24 and 48 hours after that.",
  ],
  OutsideForeclosureWindow: ({ from, until }, show) => [
    `It can be foreclosed between ${show.time(from)} and ${show.time(until)}.`,
    "Come back then; after that, flag it anew.",
  ],
  EstateEmpty: () => ["There is no foreclosed collateral for sale.", "There is nothing to do."],

  // flash loans
  UnsupportedToken: ({ token }) => [`The pool does not lend ${token}.`, "Ask for its loan asset."],
  FlashLoanRejected: () => ["The receiver did not accept the flash loan.", "Return the value ERC-3156 names."],

  // governance
  InvalidParameter: ({ name, value, bound }) => [
    `${parameterName(name)} can't be ${value}: the bound is ${bound}.`,
    "Name a value within it.",
  ],
  NotTightening: ({ current, proposed }) => [
    `${proposed} is not tighter than ${current}.`,
    "Loosening has functions of its own, with a delay.",
  ],
  NotLoosening: ({ current, proposed }) => [
    `${proposed} is not looser than ${current}.`,
    "Tightening has functions of its own, without delay.",
  ],
  PauseCoolingDown: ({ allowedAt }, show) => ["A pause can't be repeated at once.", `From ${show.time(allowedAt)} on.`],
  NotPaused: () => ["The pool is not paused.", "There is nothing to do."],
  NoPendingOracle: () => ["No new oracle is announced.", "Announce one first."],
  OracleChangePending: ({ oracle }) => [`${oracle} is announced already.`, "Cancel it first."],
  TooEarly: ({ allowedAt }, show) => ["The waiting time is not over.", `Come back after ${show.time(allowedAt)}.`],
  ReserveBelowTarget: ({ reserveAssets, targetAssets }, show) => [
    `The reserve has ${show.asset(reserveAssets)}, and its target is ${show.asset(targetAssets)}.`,
    "Take only what is above the target.",
  ],
  ShortfallExists: ({ shortfall }, show) => [
    `The oracle shows a shortfall of ${show.asset(shortfall)}.`,
    "Nothing leaves the reserve until it is gone.",
  ],
  WindingDown: () => ["The pool is being wound down.", "That can't be undone."],

  // the fund
  ExceedsClaimable: ({ requested, claimable }) => [
    `${requested} is asked for, and ${claimable} can be claimed at present.`,
    "Wait until the rest has cooled; while losses show, claim with a limit of your own.",
  ],
  PreviewUnsupported: () => ["A redemption by request has no preview.", "Ask the lens what a request is worth."],
  RequestNotExpired: ({ expiresAt }, show) => [
    "The request can still be claimed.",
    `Only its owner can cancel it until ${show.time(expiresAt)}.`,
  ],
  RequestNotOpen: ({ requestId }) => [`Request ${requestId} was claimed or cancelled.`, "There is nothing to do."],
  RequestVoid: ({ requestId }) => [
    `Request ${requestId} is void: losses have used up the fund since.`,
    "Nothing is left of it.",
  ],
  TooManyRequests: ({ maximum }) => [`${maximum} requests are open, which is the most.`, "Claim or cancel one first."],

  // the router
  DeadlinePassed: ({ deadline }, show) => [`The transaction was good until ${show.time(deadline)}.`, TRY_AGAIN],
  InsufficientNative: () => ["The steps need more of the native coin than was sent.", "Send more with it."],
  InvalidReceiver: ({ receiver }) => [`${receiver} can't receive this.`, "Name another receiver."],
  LtvAboveMaximum: ({ ltvWad, maximum }, show) => [
    `The loan-to-value would be ${show.percent(ltvWad)}, and you allowed ${show.percent(maximum)}.`,
    MOVED,
  ],
  NativeNotAccepted: () => ["The router takes the native coin only with a call.", "Call one of its functions."],
  NativeTransferFailed: ({ receiver }) => [`${receiver} does not take the native coin.`, "Take the wrapped token."],
  NotListed: ({ pool }) => [`${pool} is not in the factory's list.`, "Use the address of a listed pool."],
  NotWrappedNative: ({ token }) => [`${token} is not the wrapped native coin.`, "Use the function for tokens."],
  OperatorNotSet: () => ["The signature did not make the router an operator.", "Sign again."],
  PermitFailed: () => ["The token did not take the signature.", SIGN_AGAIN],
  RateAboveMaximum: () => ["The borrow rate is above what you allowed.", MOVED],
  Reentered: () => ["The router is in the middle of another call.", "Call it from outside."],

  // tokens
  ERC20InsufficientAllowance: ({ allowance, needed }) => [
    `The allowance is ${allowance}, and ${needed} is needed.`,
    "Approve the token first.",
  ],
  ERC20InsufficientBalance: ({ balance, needed }) => [
    `The account has ${balance}, and ${needed} is needed.`,
    "Name less, or get more of the token.",
  ],
  ERC20InvalidApprover: () => ["The zero address can't approve.", BUG],
  ERC20InvalidReceiver: () => ["The zero address can't receive.", "Name another receiver."],
  ERC20InvalidSender: () => ["The zero address can't send.", BUG],
  ERC20InvalidSpender: () => ["The zero address can't spend.", "Name another spender."],
  ERC2612ExpiredSignature: ({ deadline }, show) => [`The signature was good until ${show.time(deadline)}.`, SIGN_AGAIN],
  ERC2612InvalidSigner: () => ["The signature is another account's, or for other values.", SIGN_AGAIN],
  InvalidAccountNonce: () => ["The signature was used already.", SIGN_AGAIN],
  ECDSAInvalidSignature: () => ["The signature is not a valid one.", SIGN_AGAIN],
  ECDSAInvalidSignatureLength: () => ["The signature is not a valid one.", SIGN_AGAIN],
  ECDSAInvalidSignatureS: () => ["The signature is not a valid one.", SIGN_AGAIN],
  SafeERC20FailedOperation: ({ token }) => [
    `The token ${token} refused.`,
    "Check balance and allowance; some tokens refuse certain accounts.",
  ],
  FailedCall: () => ["A call within the transaction failed without a reason.", TRY_AGAIN],
  AddressEmptyCode: ({ target }) => [`There is no contract at ${target}.`, "Check network and address."],
  InsufficientBalance: ({ needed }) => [`The contract lacks ${needed} of the native coin.`, BUG],

  // reading and creating
  TicksOutOfOrder: ({ fromTick, toTick }) => [`Tick ${fromTick} comes after ${toTick}.`, "Swap them."],
  IndexOutOfRange: ({ index, length }) => [`There are ${length} pools, none at ${index}.`, "Ask for fewer."],
  DeploymentFailed: () => ["The pool's constructor failed without a word.", "Give the transaction more gas."],
  PoolExists: ({ pool }) => [`This pool exists: ${pool}.`, "Use it, or change a parameter."],
  WrongCreationCode: () => ["This is not the code that the factory creates pools from.", "Use the released build."],
  SafeCastOverflowedUintDowncast: ({ value }) => [`${value} is too large.`, "Name less."],
  InvalidShortString: () => ["A name is not valid.", BUG],
  StringTooLong: ({ str }) => [`The name "${str}" is too long.`, "Choose one of at most 23 bytes."],

  // the authority
  AccessManagedInvalidAuthority: ({ authority }) => [`${authority} can't be an authority.`, ROLES],
  AccessManagedRequiredDelay: ({ delay }) => [
    "This takes effect after a delay.",
    `Schedule it, and execute it ${delay} seconds later.`,
  ],
  AccessManagedUnauthorized: ({ caller }) => [`${caller} does not have the role for this.`, ROLES],
  AccessManagerAlreadyScheduled: () => ["The same is scheduled already.", "Execute or cancel that."],
  AccessManagerBadConfirmation: () => ["To give a role up, name your own account.", "Name the caller."],
  AccessManagerExpired: () => ["It was not executed within a week of being ready.", "Schedule it anew."],
  AccessManagerInvalidInitialAdmin: () => ["The first admin can't be the zero address.", "Name an account."],
  AccessManagerLockedFunction: () => ["Nobody can change who may call this.", ROLES],
  AccessManagerLockedRole: () => ["This role can't be changed.", ROLES],
  AccessManagerNotReady: () => ["The delay is not over.", "Execute it later."],
  AccessManagerNotScheduled: () => ["This is not scheduled.", "Schedule it first, with the same values."],
  AccessManagerUnauthorizedAccount: ({ msgsender }) => [`${msgsender} does not have the role for this.`, ROLES],
  AccessManagerUnauthorizedCall: ({ caller }) => [`${caller} may not call this.`, ROLES],
  AccessManagerUnauthorizedCancel: ({ msgsender }) => [
    `${msgsender} can't cancel this.`,
    "Who scheduled it, the role's guardian or an admin can.",
  ],
  AccessManagerUnauthorizedConsume: () => ["Only the target itself may do this.", ROLES],
  AlreadyAdopted: ({ pool }) => [`${pool} is under this authority already.`, "There is nothing to do."],
  FunctionRoleFixed: () => ["The role for this function is fixed.", ROLES],
  InvalidAccount: ({ account }) => [`${account} can't have a role.`, "Name another account."],
  NotOracleManager: ({ account }) => [`${account} is not an oracle manager.`, "There is nothing to do."],
  NotUnderThisAuthority: ({ authority }) => [`The pool's authority is ${authority}.`, "Ask that one."],
  RoleAdminFixed: () => ["Who grants this role is fixed.", ROLES],
};

function parameterName(bytes: string): string {
  try {
    return bytes.startsWith("0x") ? decodeBytes32String(bytes) : bytes;
  } catch {
    return bytes;
  }
}

// ---------------------------------------------------------------- decoding

let known: Interface | undefined;

/** The error in what a call reverted with; undefined if it is not one of Mutua's. */
export function decodeError(data: string): MutuaError | undefined {
  known ??= new Interface(errorAbi);
  const parsed = /^0x([0-9a-f]{2}){4,}$/i.test(data) ? known.parseError(data) : null;
  if (parsed === null) return undefined;
  const fragment = errorAbi.find(({ name }) => name === parsed.name);
  if (fragment === undefined) return undefined;
  return { name: fragment.name, args: plainStruct(fragment.inputs, parsed.args) } as unknown as MutuaError;
}

/** Where clients put the bytes of a revert. */
const NESTS = ["data", "error", "info", "cause", "payload", "value"];

/** The bytes a call reverted with, wherever ethers, viem, a wallet or a node put them. */
export function revertData(error: unknown): string | undefined {
  const seen = new Set<unknown>();
  const find = (value: unknown): string | undefined => {
    if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
    seen.add(value);
    const fields = value as Record<string, unknown>;
    for (const key of ["data", "raw"]) {
      const bytes = fields[key];
      if (typeof bytes === "string" && /^0x([0-9a-f]{2}){4,}$/i.test(bytes)) return bytes;
    }
    for (const key of NESTS) {
      const inner = find(fields[key]);
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  return find(error);
}

// Error(string) and Panic(uint256), which any contract can revert with.
const PLAIN = new Interface(["error Error(string reason)", "error Panic(uint256 code)"]);

/** Any failure, as a sentence and a way out: what a contract, a wallet, a node or `health` refused with. */
export function explain(error: unknown, units?: Units): Explanation {
  const data = error instanceof Refusal ? undefined : revertData(error);
  const mutua = error instanceof Refusal ? errorOf(error) : data === undefined ? undefined : decodeError(data);
  if (mutua !== undefined) {
    const words = EXPLANATIONS[mutua.name] as (args: unknown, show: Show) => Words;
    const [sentence, wayOut] = words(mutua.args, showWith(units));
    return { by: "mutua", name: mutua.name, args: mutua.args, sentence, wayOut };
  }
  if (data !== undefined) return explainForeign(data);
  return explainClient(error);
}

/** What `health` predicts, as the contract would say it. */
export function errorOf(refusal: Refusal): MutuaError | undefined {
  const fragment = errorAbi.find(({ name }) => name === refusal.reason);
  if (fragment === undefined) return undefined;
  return { name: fragment.name, args: plainStruct(fragment.inputs, refusal.values) } as unknown as MutuaError;
}

function explainForeign(data: string): Explanation {
  const parsed = PLAIN.parseError(data);
  const said = String(parsed?.args[0]);
  return {
    by: "contract",
    name: parsed?.name ?? data.slice(0, 10),
    args: parsed === null ? { data } : { reason: said },
    sentence: parsed === null ? "Another contract refused, for a reason of its own." : `A contract refused: ${said}.`,
    wayOut: "Check the tokens' balances and rules.",
  };
}

function explainClient(error: unknown): Explanation {
  const { code, shortMessage, message } = (error ?? {}) as Record<string, unknown>;
  const as = (by: Explanation["by"], name: string, sentence: string, wayOut: string) => ({
    by,
    name,
    args: {},
    sentence,
    wayOut,
  });
  if (isError(error, "ACTION_REJECTED") || code === 4001) {
    return as("wallet", "ACTION_REJECTED", "You declined in the wallet.", "Nothing was sent; start again if you like.");
  }
  if (isError(error, "INSUFFICIENT_FUNDS")) {
    return as("wallet", "INSUFFICIENT_FUNDS", "The account can't pay for gas.", "Send it some of the native coin.");
  }
  if (isError(error, "NONCE_EXPIRED") || isError(error, "REPLACEMENT_UNDERPRICED")) {
    return as("wallet", error.code, "Another transaction of this account is in the way.", "Wait for it and try again.");
  }
  if (isError(error, "NETWORK_ERROR") || isError(error, "SERVER_ERROR") || isError(error, "TIMEOUT")) {
    return as("network", error.code, "The node does not answer.", "Check the connection, or use another node.");
  }
  if (isError(error, "CALL_EXCEPTION")) {
    const wayOut = "Check the connection; then look at the figures again and send it anew.";
    return as("unknown", error.code, "The call failed, and no reason came back.", wayOut);
  }
  const said = [shortMessage, message, error].find((each): each is string => typeof each === "string" && each !== "");
  return as("unknown", typeof code === "string" ? code : "UNKNOWN", said ?? "It failed.", TRY_AGAIN);
}
