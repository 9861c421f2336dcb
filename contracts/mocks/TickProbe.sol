// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Tick} from "../libraries/Tick.sol";

/// @title Ticks, asked one by one
contract TickProbe {
    function ofRatio(uint256 ratioX128) external pure returns (uint256) {
        return Tick.ofRatio(ratioX128);
    }

    function isBelow(uint256 tick, uint256 numerator, uint256 denominator) external pure returns (bool) {
        return Tick.isBelow(tick, numerator, denominator);
    }
}
