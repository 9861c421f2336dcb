// Scales, limits and the few roundings that everything else is made of. All amounts are bigint in the token's smallest
// unit; a scaled number carries its scale in its name.

export const WAD = 10n ** 18n;
export const RAY = 10n ** 27n;
export const BPS = 10_000n;
export const YEAR = 365n * 86_400n;
export const DAY = 86_400n;
export const HOUR = 3_600n;
/** Prices are loan wei per collateral wei, times this. */
export const PRICE_SCALE = 10n ** 36n;

/** Shares and assets that nobody owns: the first price is 1e6 shares for one asset. */
export const VIRTUAL_SHARES = 10n ** 6n;
export const VIRTUAL_ASSETS = 1n;

// Fixed in the fund's code.
export const COOLING_PERIOD = 14n * DAY;
export const CLAIM_WINDOW = 7n * DAY;
export const MAX_OPEN_REQUESTS = 16;
export const VIRTUAL_UNITS = 10n ** 6n;
export const VIRTUAL_POOL_SHARES = 1n;

// What the pool's fields hold. A model without them would go on where the chain refuses.
export const MAX_SHARES = (1n << 112n) - 1n;
export const MAX_CASH = (1n << 96n) - 1n;
export const MAX_DEBT_SHARES = (1n << 96n) - 1n;
export const MAX_COLLATERAL = (1n << 112n) - 1n;
export const MAX_INDEX_WAD = (1n << 68n) - 1n;
export const MAX_FEE_UNITS = (1n << 45n) - 1n;
export const MAX_COOLING_UNITS = (1n << 144n) - 1n;
export const MAX_UNITS = (1n << 208n) - 1n;
export const MAX_UINT128 = (1n << 128n) - 1n;
export const MAX_UINT256 = (1n << 256n) - 1n;
export const MAX_VALUE = 1n << 240n;
export const MAX_PRICE = 1n << 191n;

export const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
export const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
/** max(0, a − b) */
export const monus = (a: bigint, b: bigint): bigint => (a > b ? a - b : 0n);
/** ceil(a / b) for what is not negative */
export const divUp = (a: bigint, b: bigint): bigint => (a + b - 1n) / b;
/** floor(a · b / c) */
export const mulDown = (a: bigint, b: bigint, c: bigint): bigint => (a * b) / c;
/** ceil(a · b / c) */
export const mulUp = (a: bigint, b: bigint, c: bigint): bigint => (a * b + c - 1n) / c;

/**
 * Why a call is refused: the contract's error with its values. Nothing has changed when it is thrown. It is an answer, not
 * a fault, and simulations get many: so it carries no stack.
 */
export class Refusal extends Error {
  readonly reason: string;
  readonly values: readonly unknown[];

  constructor(reason: string, ...values: readonly unknown[]) {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0;
    super(`${reason}(${values.map(String).join(", ")})`);
    Error.stackTraceLimit = stackTraceLimit;
    this.name = "Refusal";
    this.reason = reason;
    this.values = values;
  }
}

export function requireFits(value: bigint, maximum: bigint): void {
  if (value > maximum) throw new Refusal("FieldOverflow", value, maximum);
}
