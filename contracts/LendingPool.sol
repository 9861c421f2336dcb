// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";

import {InsuranceFund} from "./InsuranceFund.sol";
import {ILendingPool, PoolParams} from "./interfaces/ILendingPool.sol";
import {
    BPS,
    MAX_COLLATERAL,
    MAX_PRICE,
    MAX_RATE_AT_TARGET_WAD,
    MAX_VALUE,
    MIN_RATE_AT_TARGET_WAD,
    WAD
} from "./libraries/Constants.sol";
import {Parameters} from "./libraries/Parameters.sol";
import {Rounding} from "./libraries/Rounding.sol";
import {ModuleCall} from "./pool/ModuleCall.sol";
import {Config, FundBook, Meter} from "./pool/PackedState.sol";
import {PoolLiquidation} from "./pool/PoolLiquidation.sol";
import {Terms} from "./pool/PoolTerms.sol";

/// @title A Mutua lending pool
/// @notice Holds one loan asset (its cash and the recoveries not yet claimed) and all collateral of its borrowers.
/// Suppliers share bad debt pro rata: a shortfall that the oracle shows is in the exit price before anyone acts on it,
/// and a loss runs down reserve, fund and suppliers in the transaction that realises it.
/// Anyone may supply, borrow, liquidate, foreclose and recover; the roles of its authority may tighten and, with a
/// delay, loosen its limits. It trusts its two tokens to be plain ERC-20s, and its oracle for prices only.
/// @dev Read its parts in the order money moves: PoolPricing, PoolShares, PoolWaterfall and PoolCore, which all share;
/// PoolSupply, PoolBorrow, PoolLiquidation, which run here; the modules PoolDesk (estate, fund, recovery, governance)
/// and PoolViews, which run in this contract's storage. State: PoolStorage, PackedState, PoolTerms.
contract LendingPool is PoolLiquidation, Multicall {
    address private immutable MODULES;
    IERC20 private immutable ASSET;
    IERC20 private immutable COLLATERAL;
    address private immutable FUND;
    uint8 private immutable ASSET_DECIMALS;
    uint256 private immutable WHOLE_TOKEN;
    uint256 private immutable FEE_UNIT;
    uint256 private immutable PRICE_LIMIT;
    uint256 private immutable COLLATERAL_CAP;
    uint256 private immutable MIN_DEBT;
    uint256 private immutable LIF_FLOOR_BPS;
    uint256 private immutable LIF_MIN_BPS;
    uint256 private immutable LIF_PEAK_BPS;
    uint256 private immutable REPAY_TARGET_BPS;
    uint256 private immutable MAX_DEVIATION_BPS;

    constructor(
        PoolParams memory params,
        address modules
    ) ERC20(params.name, params.symbol) ERC20Permit(params.name) AccessManaged(params.authority) {
        _check(params);
        if (modules.code.length == 0) revert InvalidAddress(modules);
        MODULES = modules;

        ASSET = params.asset;
        COLLATERAL = params.collateral;
        ASSET_DECIMALS = params.asset.decimals();
        WHOLE_TOKEN = 10 ** ASSET_DECIMALS;
        FEE_UNIT = ASSET_DECIMALS > 8 ? 10 ** (ASSET_DECIMALS - 8) : 1;
        PRICE_LIMIT = Rounding.min(MAX_VALUE / params.collateralCap, MAX_PRICE);
        COLLATERAL_CAP = params.collateralCap;
        MIN_DEBT = params.minDebt;
        LIF_FLOOR_BPS = params.lifFloorBps;
        LIF_MIN_BPS = params.lifMinBps;
        LIF_PEAK_BPS = params.lifPeakBps;
        REPAY_TARGET_BPS = params.repayTargetBps;
        MAX_DEVIATION_BPS = params.maxDeviationBps;
        FUND = address(
            new InsuranceFund(
                ILendingPool(address(this)),
                string.concat("Fund of ", params.name),
                string.concat("f", params.symbol),
                ASSET_DECIMALS + 6
            )
        );
        _terms = Terms({
            asset: ASSET,
            lifFloorBps: params.lifFloorBps,
            lifMinBps: params.lifMinBps,
            lifPeakBps: params.lifPeakBps,
            repayTargetBps: params.repayTargetBps,
            maxDeviationBps: params.maxDeviationBps,
            assetDecimals: ASSET_DECIMALS,
            collateral: COLLATERAL,
            fund: FUND,
            minDebt: uint128(params.minDebt),
            feeUnit: uint128(FEE_UNIT),
            collateralCap: uint112(params.collateralCap),
            priceLimit: PRICE_LIMIT
        });
        _start(params);
    }

    /// Each relation between parameters that the code relies on.
    function _check(PoolParams memory params) private view {
        Parameters.atMost("nameLength", bytes(params.name).length, 23); // the fund's is 8 longer, and EIP-712 takes 31
        uint8 assetDecimals = params.asset.decimals();
        Parameters.atMost("assetDecimals", assetDecimals, 18);
        if (address(params.collateral).code.length == 0 || address(params.asset) == address(params.collateral)) {
            revert InvalidAddress(address(params.collateral));
        }
        if (params.authority.code.length == 0) revert InvalidAddress(params.authority);
        Parameters.atMost("lifPeakBps", params.lifPeakBps, 2 * BPS - 1);
        Parameters.atMost("lifMinBps", params.lifMinBps, params.lifPeakBps);
        Parameters.atMost("lifFloorBps", params.lifFloorBps, params.lifMinBps);
        Parameters.atLeast("lifFloorBps", params.lifFloorBps, BPS);
        Parameters.atLeast("repayTargetBps", params.repayTargetBps, 1);
        Parameters.requireLtvs(params.borrowLtvBps, params.lltvBps, params.lifPeakBps, params.repayTargetBps);
        Parameters.atMost("maxDeviationBps", params.maxDeviationBps, BPS);
        Parameters.atLeast("collateralCap", params.collateralCap, 1);
        Parameters.atMost("collateralCap", params.collateralCap, MAX_COLLATERAL);
        Parameters.atLeast("minDebt", params.minDebt, 1);
        Parameters.atMost("minDebt", params.minDebt, 10 ** assetDecimals * 1e6); // a million tokens
        Parameters.requireCaps(params.supplyCapTokens, params.borrowCapTokens);
        Parameters.requireFees(params.reserveFeePercent, params.fundFeePercent, params.reserveTargetBps);
        Parameters.atLeast("initialRate", params.initialRateAtTargetPerSecondWad, MIN_RATE_AT_TARGET_WAD);
        Parameters.atMost("initialRate", params.initialRateAtTargetPerSecondWad, MAX_RATE_AT_TARGET_WAD);
    }

    /// The state of the first day.
    function _start(PoolParams memory params) private {
        FundBook fundBook = FundBook.wrap(0).withLastPremium(block.timestamp).withFees(
            params.reserveFeePercent,
            params.fundFeePercent,
            params.reserveTargetBps
        );
        _fundBook = fundBook;
        _meter = Meter.wrap(0).accrued(WAD, params.initialRateAtTargetPerSecondWad, block.timestamp).withFeePercent(
            _feePercentNow(fundBook, 0, 0)
        );
        _config = Config
            .wrap(0)
            .withOracle(address(params.oracle))
            .withLtvs(params.borrowLtvBps, params.lltvBps)
            .withCaps(params.supplyCapTokens, params.borrowCapTokens);
        emit OracleSet(address(params.oracle));
        emit LtvsSet(params.borrowLtvBps, params.lltvBps, 0);
        emit CapsSet(params.supplyCapTokens, params.borrowCapTokens);
        emit FeesSet(params.reserveFeePercent, params.fundFeePercent, params.reserveTargetBps);
    }

    /// @dev Whatever is not here is in a module: PoolViews for what only reads, and from there PoolDesk for what is called
    /// rarely. The modules are fixed for life, as the pool is. ILendingPool has the whole interface.
    fallback() external {
        ModuleCall.pass(MODULES);
    }

    // ---------------------------------------------------------------- the terms, from code

    function _asset() internal view override returns (IERC20) {
        return ASSET;
    }

    function _collateral() internal view override returns (IERC20) {
        return COLLATERAL;
    }

    function _fund() internal view override returns (address) {
        return FUND;
    }

    function _assetDecimals() internal view override returns (uint8) {
        return ASSET_DECIMALS;
    }

    function _wholeToken() internal view override returns (uint256) {
        return WHOLE_TOKEN;
    }

    function _feeUnit() internal view override returns (uint256) {
        return FEE_UNIT;
    }

    function _priceLimit() internal view override returns (uint256) {
        return PRICE_LIMIT;
    }

    function _collateralCap() internal view override returns (uint256) {
        return COLLATERAL_CAP;
    }

    function _minDebt() internal view override returns (uint256) {
        return MIN_DEBT;
    }

    function _lifFloorBps() internal view override returns (uint256) {
        return LIF_FLOOR_BPS;
    }

    function _lifMinBps() internal view override returns (uint256) {
        return LIF_MIN_BPS;
    }

    function _lifPeakBps() internal view override returns (uint256) {
        return LIF_PEAK_BPS;
    }

    function _repayTargetBps() internal view override returns (uint256) {
        return REPAY_TARGET_BPS;
    }

    function _maxDeviationBps() internal view override returns (uint256) {
        return MAX_DEVIATION_BPS;
    }
}
