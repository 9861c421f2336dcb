// A position's place in the shortfall ledger: debt shares per collateral as a floating-point number with six mantissa
// bits. Interest does not move it.

const MANTISSA_BITS = 6;
/** Above every tick of a position with collateral. */
export const NO_COLLATERAL = 256 << MANTISSA_BITS;

export function tickOf(debtShares: bigint, collateral: bigint): number {
  return collateral === 0n ? NO_COLLATERAL : tickOfRatio((debtShares << 128n) / collateral);
}

/** The tick of a ratio times 2^128. */
export function tickOfRatio(ratio: bigint): number {
  if (ratio < 1n << BigInt(MANTISSA_BITS)) return Number(ratio);
  const shift = highestBit(ratio) - MANTISSA_BITS;
  const leading = Number(ratio >> BigInt(shift)); // 64 to 127
  return ((shift + 1) << MANTISSA_BITS) + leading - (1 << MANTISSA_BITS);
}

function highestBit(value: bigint): number {
  const hex = value.toString(16);
  return 4 * hex.length - 1 - (Math.clz32(Number.parseInt(hex.charAt(0), 16)) - 28);
}
