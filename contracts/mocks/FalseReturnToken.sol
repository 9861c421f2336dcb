// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title A token that returns false where others revert
contract FalseReturnToken is MockERC20 {
    /// @notice Set: every transfer fails, with enough balance and allowance too.
    bool public isFrozen;

    constructor(uint8 decimals_) MockERC20("False Return", "FALSE", decimals_) {}

    function setFrozen(bool frozen) external {
        isFrozen = frozen;
    }

    function transfer(address to, uint256 amount) public override returns (bool) {
        if (isFrozen || to == address(0) || balanceOf(msg.sender) < amount) return false;
        return super.transfer(to, amount);
    }

    function transferFrom(address from, address to, uint256 amount) public override returns (bool) {
        if (isFrozen || to == address(0) || balanceOf(from) < amount) return false;
        if (allowance(from, msg.sender) < amount) return false;
        return super.transferFrom(from, to, amount);
    }
}
