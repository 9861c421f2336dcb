// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a liquidator implements to pay out of the collateral it just got.
interface ILiquidationCallback {
    /// @dev Called by the pool after the collateral was sent and before `repaidAssets` are pulled from the caller.
    function onLiquidate(uint256 repaidAssets, uint256 seizedCollateral, bytes calldata data) external;
}

/// @notice What an estate buyer implements to pay out of the collateral it just got.
interface IEstateCallback {
    /// @dev Called by the pool after the collateral was sent and before `paidAssets` are pulled from the caller.
    function onBuyEstate(uint256 paidAssets, uint256 collateralBought, bytes calldata data) external;
}
