// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title A token that refuses to move nothing
contract NoZeroTransferToken is MockERC20 {
    error TransferOfNothing();

    constructor(uint8 decimals_) MockERC20("No Zero Transfers", "NOZERO", decimals_) {}

    function _update(address from, address to, uint256 value) internal override {
        if (value == 0) revert TransferOfNothing();
        super._update(from, to, value);
    }
}
