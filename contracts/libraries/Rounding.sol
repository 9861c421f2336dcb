// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Plain 256-bit division with its direction in the name. Products are not checked: every caller passes values
/// whose bounds (the widths of the packed fields, see Constants) keep the product within 256 bits.
library Rounding {
    /// floor(a · b / c)
    function mulDivDown(uint256 a, uint256 b, uint256 c) internal pure returns (uint256) {
        unchecked {
            return (a * b) / c;
        }
    }

    /// ceil(a · b / c)
    function mulDivUp(uint256 a, uint256 b, uint256 c) internal pure returns (uint256) {
        unchecked {
            return (a * b + (c - 1)) / c;
        }
    }

    /// ceil(a / b)
    function divUp(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return (a + (b - 1)) / b;
        }
    }

    /// max(0, a − b)
    function monus(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            return a > b ? a - b : 0; // guarded
        }
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        return a < b ? a : b;
    }
}
