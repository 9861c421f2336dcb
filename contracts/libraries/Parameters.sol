// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolErrors} from "../interfaces/IPoolErrors.sol";
import {BPS, MAX_CAP_TOKENS, MAX_FEE_PERCENT} from "./Constants.sol";

/// @notice The relations that a pool's parameters must keep, at construction and at each change.
library Parameters {
    function atMost(bytes32 name, uint256 value, uint256 bound) internal pure {
        if (value > bound) revert IPoolErrors.InvalidParameter(name, value, bound);
    }

    function atLeast(bytes32 name, uint256 value, uint256 bound) internal pure {
        if (value < bound) revert IPoolErrors.InvalidParameter(name, value, bound);
    }

    function requireCaps(uint256 supplyCapTokens, uint256 borrowCapTokens) internal pure {
        atMost("supplyCapTokens", supplyCapTokens, MAX_CAP_TOKENS);
        atMost("borrowCapTokens", borrowCapTokens, MAX_CAP_TOKENS);
    }

    function requireFees(uint256 reservePercent, uint256 fundPercent, uint256 reserveTargetBps) internal pure {
        atMost("feePercent", reservePercent + fundPercent, MAX_FEE_PERCENT);
        atMost("reserveTargetBps", reserveTargetBps, BPS);
    }

    /// borrowLtv < lltv < 1/lifPeak, and a liquidated position ends where it could borrow again.
    function requireLtvs(
        uint256 borrowLtvBps,
        uint256 lltvBps,
        uint256 lifPeakBps,
        uint256 repayTargetBps
    ) internal pure {
        if (borrowLtvBps >= lltvBps) revert IPoolErrors.InvalidParameter("borrowLtvBps", borrowLtvBps, lltvBps);
        if (lltvBps * lifPeakBps >= BPS * BPS) {
            revert IPoolErrors.InvalidParameter("lltvBps", lltvBps, (BPS * BPS) / lifPeakBps);
        }
        if (repayTargetBps * lltvBps >= borrowLtvBps * BPS) {
            revert IPoolErrors.InvalidParameter("repayTargetBps", repayTargetBps, (borrowLtvBps * BPS) / lltvBps);
        }
    }
}
