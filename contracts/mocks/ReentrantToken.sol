// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title A token that calls back on a transfer
contract ReentrantToken is MockERC20 {
    address public callee;
    bytes public payload;
    /// @notice Calls left to make. One is taken before each call, so that a call into the token itself ends.
    uint256 public callsLeft;

    /// @notice What became of the calls.
    uint256 public callCount;
    bool public lastSuccess;
    bytes public lastReturnData;

    constructor(uint8 decimals_) MockERC20("Reentrant", "REENT", decimals_) {}

    /// @notice Call `newCallee` with `newPayload` after each of the next `calls` transfers, mints and burns excepted.
    function arm(address newCallee, bytes calldata newPayload, uint256 calls) external {
        (callee, payload, callsLeft) = (newCallee, newPayload, calls);
        (callCount, lastSuccess, lastReturnData) = (0, false, "");
    }

    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, value);
        if (callsLeft == 0 || from == address(0) || to == address(0)) return;
        --callsLeft;
        ++callCount;
        (lastSuccess, lastReturnData) = callee.call(payload);
    }
}
