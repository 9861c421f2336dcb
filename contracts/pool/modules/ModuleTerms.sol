// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {PoolStorage} from "../PoolStorage.sol";

/// @notice The terms as a module reads them. One deployment of a module serves every pool: it runs in the pool's
/// storage, where the pool's constructor has put them.
abstract contract ModuleTerms is PoolStorage {
    function _asset() internal view override returns (IERC20) {
        return _terms.asset;
    }

    function _collateral() internal view override returns (IERC20) {
        return _terms.collateral;
    }

    function _fund() internal view override returns (address) {
        return _terms.fund;
    }

    function _assetDecimals() internal view override returns (uint8) {
        return _terms.assetDecimals;
    }

    function _wholeToken() internal view override returns (uint256) {
        return 10 ** _terms.assetDecimals;
    }

    function _feeUnit() internal view override returns (uint256) {
        return _terms.feeUnit;
    }

    function _priceLimit() internal view override returns (uint256) {
        return _terms.priceLimit;
    }

    function _collateralCap() internal view override returns (uint256) {
        return _terms.collateralCap;
    }

    function _minDebt() internal view override returns (uint256) {
        return _terms.minDebt;
    }

    function _lifFloorBps() internal view override returns (uint256) {
        return _terms.lifFloorBps;
    }

    function _lifMinBps() internal view override returns (uint256) {
        return _terms.lifMinBps;
    }

    function _lifPeakBps() internal view override returns (uint256) {
        return _terms.lifPeakBps;
    }

    function _repayTargetBps() internal view override returns (uint256) {
        return _terms.repayTargetBps;
    }

    function _maxDeviationBps() internal view override returns (uint256) {
        return _terms.maxDeviationBps;
    }
}
