// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ILiquidationCallback} from "../interfaces/IPoolCallbacks.sol";

/// @title A pool that is none
/// @notice Names any two tokens, calls back as often and with the amounts it is told, with data of its own if it has
/// some, hands out collateral if it has some, and pulls nothing.
contract HostilePool {
    address public asset;
    address public collateralToken;
    uint256 public callbacks;
    uint256 public repaidAssets;
    uint256 public seizedCollateral;
    bytes public data;

    constructor(address asset_, address collateral_) {
        (asset, collateralToken) = (asset_, collateral_);
    }

    function prepare(uint256 callbacks_, uint256 repaid, uint256 seized) external {
        (callbacks, repaidAssets, seizedCollateral) = (callbacks_, repaid, seized);
    }

    function forge(bytes calldata data_) external {
        data = data_;
    }

    function liquidate(
        address,
        uint256,
        uint256,
        address,
        bytes calldata own
    ) external returns (uint256, uint256, uint256) {
        bytes memory told = own;
        if (data.length != 0) told = data;
        for (uint256 i; i < callbacks; ++i) {
            if (IERC20(collateralToken).balanceOf(address(this)) >= seizedCollateral) {
                IERC20(collateralToken).transfer(msg.sender, seizedCollateral);
            }
            ILiquidationCallback(msg.sender).onLiquidate(repaidAssets, seizedCollateral, told);
        }
        return (0, 0, 0);
    }
}
