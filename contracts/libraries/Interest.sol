// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {
    ADAPTATION_PER_SECOND_WAD,
    CURVE_STEEPNESS,
    MAX_RATE_AT_TARGET_WAD,
    MIN_RATE_AT_TARGET_WAD,
    TARGET_UTILISATION_WAD,
    WAD
} from "./Constants.sol";

/// @notice The adaptive curve. At 90% utilisation debt pays the rate at target; from there the rate falls to a quarter
/// at 0% and rises to four times at 100%. The rate at target itself grows while utilisation is above 90% and shrinks
/// while it is below.
/// @dev Pure and in WAD; no state, so that the pool can run it on its packed words.
library Interest {
    int256 private constant ONE = int256(WAD);
    int256 private constant LN2_WAD = 0.693147180559945309e18;
    /// Beyond e^±10 in half a period every rate is at its bound: the bounds are a factor of 2000 apart.
    int256 private constant MAX_HALF_EXPONENT_WAD = 10e18;

    /// @return averageRate the mean borrow rate over `elapsed`, per second.
    /// @return endRateAtTarget the rate at target afterwards.
    function rates(
        uint256 rateAtTarget,
        uint256 utilisationWad,
        uint256 elapsed
    ) internal pure returns (uint256 averageRate, uint256 endRateAtTarget) {
        unchecked {
            // Bounds: |distance| ≤ 1e18, elapsed < 2^32, rates < 2^36, factors < e^20: nothing nears 2^255.
            int256 distance = _distanceFromTarget(utilisationWad);
            int256 halfExponent = (distance * int256(ADAPTATION_PER_SECOND_WAD * elapsed)) / (2 * ONE);
            uint256 halfGrowth = _expDown(halfExponent);
            // Growth over the whole period is that of its half, squared: one exponential instead of two.
            uint256 middle = _bounded((rateAtTarget * halfGrowth) / WAD);
            endRateAtTarget = _bounded((((rateAtTarget * halfGrowth) / WAD) * halfGrowth) / WAD);
            averageRate = onCurve((rateAtTarget + 2 * middle + endRateAtTarget) / 4, distance);
        }
    }

    /// The borrow rate at this moment, per second.
    function currentRate(uint256 rateAtTarget, uint256 utilisationWad) internal pure returns (uint256) {
        return onCurve(rateAtTarget, _distanceFromTarget(utilisationWad));
    }

    /// e^x − 1 for a rate over a time, as the first three terms: a little less than continuous compounding.
    function compoundedDown(uint256 ratePerSecond, uint256 elapsed) internal pure returns (uint256) {
        unchecked {
            uint256 first = ratePerSecond * elapsed; // < 2^38 · 2^32
            uint256 second = (first * first) / (2 * WAD);
            uint256 third = (second * first) / (3 * WAD);
            return first + second + third;
        }
    }

    function onCurve(uint256 rateAtTarget, int256 distance) internal pure returns (uint256) {
        unchecked {
            int256 slope = distance < 0 ? ONE - ONE / int256(CURVE_STEEPNESS) : int256(CURVE_STEEPNESS) * ONE - ONE;
            return (rateAtTarget * uint256(ONE + (slope * distance) / ONE)) / WAD; // |distance| ≤ 1, so the factor ≥ 1/4
        }
    }

    /// −1 at 0%, 0 at the target, +1 at 100%.
    function _distanceFromTarget(uint256 utilisationWad) private pure returns (int256) {
        unchecked {
            int256 difference = int256(utilisationWad) - int256(TARGET_UTILISATION_WAD);
            uint256 width = difference > 0 ? WAD - TARGET_UTILISATION_WAD : TARGET_UTILISATION_WAD;
            return (difference * ONE) / int256(width);
        }
    }

    function _bounded(uint256 rateAtTarget) private pure returns (uint256) {
        if (rateAtTarget < MIN_RATE_AT_TARGET_WAD) return MIN_RATE_AT_TARGET_WAD;
        return rateAtTarget > MAX_RATE_AT_TARGET_WAD ? MAX_RATE_AT_TARGET_WAD : rateAtTarget;
    }

    /// e^x = 2^k · e^r with |r| ≤ ln2 / 2, e^r by four terms: within 0.07% below or above.
    function _expDown(int256 x) private pure returns (uint256) {
        unchecked {
            if (x > MAX_HALF_EXPONENT_WAD) x = MAX_HALF_EXPONENT_WAD;
            if (x < -MAX_HALF_EXPONENT_WAD) x = -MAX_HALF_EXPONENT_WAD;
            // Over hours x is small and k is 0.
            int256 k =
                x < LN2_WAD / 2 && x > -LN2_WAD / 2 ? int256(0) : (x + (x < 0 ? -LN2_WAD / 2 : LN2_WAD / 2)) / LN2_WAD;
            int256 r = x - k * LN2_WAD;
            int256 square = (r * r) / ONE;
            uint256 power = uint256(ONE + r + square / 2 + (square * r) / (6 * ONE)); // positive: r > −0.35
            return k >= 0 ? power << uint256(k) : power >> uint256(-k);
        }
    }
}
