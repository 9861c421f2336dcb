// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @notice What a pool is for life.
struct Terms {
    IERC20 asset;
    uint16 lifFloorBps;
    uint16 lifMinBps;
    uint16 lifPeakBps;
    uint16 repayTargetBps;
    uint16 maxDeviationBps;
    uint8 assetDecimals;
    IERC20 collateral;
    address fund;
    uint128 minDebt; // asset wei
    uint128 feeUnit; // asset wei: a hundred-millionth of a token, or one wei
    uint112 collateralCap; // collateral wei
    uint256 priceLimit; // so that a position's value product fits; see MAX_VALUE
}

/// @notice How code that the pool and its modules share reads the terms: the pool from its code, at no cost; a module,
/// which serves every pool, from the pool's storage.
abstract contract PoolTerms {
    function _asset() internal view virtual returns (IERC20);

    function _collateral() internal view virtual returns (IERC20);

    function _fund() internal view virtual returns (address);

    function _assetDecimals() internal view virtual returns (uint8);

    function _wholeToken() internal view virtual returns (uint256);

    function _feeUnit() internal view virtual returns (uint256);

    function _priceLimit() internal view virtual returns (uint256);

    function _collateralCap() internal view virtual returns (uint256);

    function _minDebt() internal view virtual returns (uint256);

    function _lifFloorBps() internal view virtual returns (uint256);

    function _lifMinBps() internal view virtual returns (uint256);

    function _lifPeakBps() internal view virtual returns (uint256);

    function _repayTargetBps() internal view virtual returns (uint256);

    function _maxDeviationBps() internal view virtual returns (uint256);
}
