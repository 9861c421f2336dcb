// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {Misbehaving} from "./Misbehaving.sol";

/// @title An oracle that keeps none of its promises
/// @notice Any prices, crossed and oversized ones too, and any behaviour.
contract MockOracle is IPriceOracle, Misbehaving {
    uint256 public low;
    uint256 public high;
    bool public ok;
    uint256 public pathCount = 1;

    function set(uint256 newLow, uint256 newHigh, bool newOk) external {
        (low, high, ok) = (newLow, newHigh, newOk);
    }

    function setPathCount(uint256 count) external {
        pathCount = count;
    }

    function price() external view returns (uint256, uint256, bool) {
        _reply(abi.encode(low, high, ok));
    }
}
