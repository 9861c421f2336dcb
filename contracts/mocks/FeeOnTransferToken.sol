// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title A token of which a part is burned on every transfer
contract FeeOnTransferToken is MockERC20 {
    uint256 private constant BPS = 1e4;

    uint256 public feeBps;

    constructor(uint8 decimals_, uint256 feeBps_) MockERC20("Fee On Transfer", "FEE", decimals_) {
        feeBps = feeBps_;
    }

    function setFeeBps(uint256 newFeeBps) external {
        feeBps = newFeeBps;
    }

    function _update(address from, address to, uint256 value) internal override {
        // Rounds down.
        uint256 fee = from == address(0) || to == address(0) ? 0 : (value * feeBps) / BPS;
        super._update(from, to, value - fee);
        if (fee != 0) super._update(from, address(0), fee);
    }
}
