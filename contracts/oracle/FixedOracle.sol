// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {MAX_PRICE} from "../libraries/Constants.sol";

/// @title A price that its owner sets
/// @notice For local chains, rehearsals and gas measurements: one call, one storage slot. A pool with real money behind
///         it must not use it, since whoever owns it names the price.
contract FixedOracle is IPriceOracle, Ownable {
    event PriceSet(uint256 low, uint256 high, bool ok);

    error PriceTooLarge(uint256 price, uint256 maximum);
    error PricesCrossed(uint256 low, uint256 high);

    // Slot 1, all that is read while low and high are equal.
    uint192 private _low;
    bool private _ok;
    bool private _isSplit;
    // Slot 2, used only if they are not.
    uint192 private _high;

    constructor(address initialOwner, uint256 low, uint256 high, bool ok) Ownable(initialOwner) {
        _set(low, high, ok);
    }

    /// @notice Name the price. Unit as in `IPriceOracle.price`.
    function set(uint256 low, uint256 high, bool ok) external onlyOwner {
        _set(low, high, ok);
    }

    /// @inheritdoc IPriceOracle
    function price() external view returns (uint256 low, uint256 high, bool ok) {
        low = _low;
        ok = _ok;
        high = _isSplit ? _high : low;
    }

    /// @inheritdoc IPriceOracle
    function pathCount() external pure returns (uint256) {
        return 1;
    }

    function _set(uint256 low, uint256 high, bool ok) private {
        if (low > high) revert PricesCrossed(low, high);
        if (high > MAX_PRICE) revert PriceTooLarge(high, MAX_PRICE);
        // Both fit 192 bits by the check above.
        (_low, _ok, _isSplit) = (uint192(low), ok, low != high);
        _high = uint192(high);
        emit PriceSet(low, high, ok);
    }
}
