// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {highestBit} from "./Bits.sol";

/// @notice Ticks of x = debtShares / collateral. A tick is x as a floating-point number with six mantissa bits, so it
/// is exact and monotone, and a tick is at most 1/64 wide. Interest does not change x: accrual moves nobody.
library Tick {
    uint256 internal constant MANTISSA_BITS = 6;
    /// Above every tick of a position with collateral.
    uint256 internal constant NO_COLLATERAL = 256 << MANTISSA_BITS;

    /// The tick of a position. `debtShares` has 96 bits, so the shift is exact.
    function ofPosition(uint256 debtShares, uint256 collateral) internal pure returns (uint256) {
        unchecked {
            return collateral == 0 ? NO_COLLATERAL : ofRatio((debtShares << 128) / collateral);
        }
    }

    /// The tick of x · 2^128.
    function ofRatio(uint256 ratioX128) internal pure returns (uint256) {
        unchecked {
            // Under 2^6 every integer is a tick; above, exponent and the six bits after the leading one. The sums fit
            // 15 bits.
            if (ratioX128 < (1 << MANTISSA_BITS)) return ratioX128;
            uint256 shift = highestBit(ratioX128) - MANTISSA_BITS;
            return ((shift + 1) << MANTISSA_BITS) + (ratioX128 >> shift) - (1 << MANTISSA_BITS);
        }
    }

    /// Whether every position in `tick` or below has x · 2^128 < y, with y = numerator · 2^128 / denominator; exactly
    /// `tick < ofRatio(y)`. `denominator` must be under 2^248.
    function isBelow(uint256 tick, uint256 numerator, uint256 denominator) internal pure returns (bool) {
        unchecked {
            // The first ratio above the tick is mantissa · 2^shift.
            uint256 next = tick + 1;
            uint256 mantissa = next;
            uint256 shift;
            if (next >= (1 << MANTISSA_BITS)) {
                shift = (next >> MANTISSA_BITS) - 1;
                mantissa = (next & ((1 << MANTISSA_BITS) - 1)) + (1 << MANTISSA_BITS);
            }
            // mantissa · 2^shift ≤ numerator · 2^128 / denominator, without the wide products
            uint256 product = mantissa * denominator; // 7 + 248 bits
            if (shift <= 128) {
                uint256 k = 128 - shift;
                uint256 quotient = product >> k;
                return (quotient << k) == product ? quotient <= numerator : quotient < numerator;
            }
            return product <= (numerator >> (shift - 128));
        }
    }
}
