// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolErrors} from "../interfaces/IPoolErrors.sol";
import {PoolParams} from "../interfaces/ILendingPool.sol";

/// @title What a pool is to the factory: a constructor with parameters, and a fund
contract PoolStandIn {
    address public immutable fund = address(0xF00D);
    string public name;
    uint256 public minDebt;
    address public modules;

    /// @dev A minimal debt of 0 fails with an error, one of 1 without a word.
    constructor(PoolParams memory params, address modules_) {
        if (params.minDebt == 0) revert IPoolErrors.InvalidParameter("minDebt", 0, 1);
        if (params.minDebt == 1) {
            assembly ("memory-safe") {
                revert(0, 0)
            }
        }
        name = params.name;
        minDebt = params.minDebt;
        modules = modules_;
    }
}
