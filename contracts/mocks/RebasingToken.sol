// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MockERC20} from "./MockERC20.sol";

/// @title A token whose balances all change at once
contract RebasingToken is MockERC20 {
    uint256 private constant WAD = 1e18;

    /// @notice What a unit held is worth, in 1e18ths.
    uint256 public indexWad = WAD;

    constructor(uint8 decimals_) MockERC20("Rebasing", "REB", decimals_) {}

    /// @notice Set what every balance is multiplied by, counted from the start.
    function rebase(uint256 newIndexWad) external {
        indexWad = newIndexWad;
    }

    /// @dev Rounds down.
    function balanceOf(address account) public view override returns (uint256) {
        return (super.balanceOf(account) * indexWad) / WAD;
    }

    /// @dev Rounds down.
    function totalSupply() public view override returns (uint256) {
        return (super.totalSupply() * indexWad) / WAD;
    }

    /// @dev The token beneath moves units, and its events name units. Rounds down.
    function _update(address from, address to, uint256 value) internal override {
        super._update(from, to, (value * WAD) / indexWad);
    }
}
