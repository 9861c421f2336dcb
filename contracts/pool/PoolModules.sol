// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ILendingPool, PositionStatus} from "../interfaces/ILendingPool.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";

/// @notice The functions that a pool passes on to its two modules: PoolDesk for what is called rarely, PoolViews for
/// what only reads. The modules are fixed for life, as the pool is. What each function promises stands in ILendingPool.
/// @dev A module's answer, or its revert, is the answer of the call: the empty bodies are never reached.
abstract contract PoolModules is ILendingPool {
    address internal immutable DESK;
    address internal immutable VIEWS;

    modifier inDesk() {
        _call(DESK);
        _;
    }

    modifier inViews() {
        _callView(VIEWS);
        _;
    }

    // ---------------------------------------------------------------- PoolDesk

    function flag(address borrower) external inDesk {}

    function unflag(address borrower) external inDesk {}

    function foreclose(address borrower) external inDesk returns (uint256 lossAssets) {}

    function buyEstate(
        uint256 maxPaidAssets,
        uint256 minCollateral,
        address receiver,
        bytes calldata data
    ) external inDesk returns (uint256 paidAssets, uint256 collateralBought) {}

    function accrue() external inDesk {}

    function pivot() external inDesk {}

    function recover(uint256 assets) external inDesk {}

    function claimRecovery(address holder) external inDesk returns (uint256 assets) {}

    function topUpReserve(uint256 assets) external inDesk {}

    function startCooling(uint256 shares) external inDesk returns (uint256 units) {}

    function stopCooling(uint256 units) external inDesk returns (uint256 shares) {}

    function leaveFund(uint256 units, uint256 minShares, address receiver) external inDesk returns (uint256 shares) {}

    function pause() external inDesk {}

    function unpause() external inDesk {}

    function lowerCaps(uint32 supplyCapTokens, uint32 borrowCapTokens) external inDesk {}

    function raiseCaps(uint32 supplyCapTokens, uint32 borrowCapTokens) external inDesk {}

    function lowerLtvs(uint16 borrowLtvBps, uint16 lltvBps, uint32 rampSeconds) external inDesk {}

    function raiseLtvs(uint16 borrowLtvBps, uint16 lltvBps) external inDesk {}

    function setFees(uint8 reserveFeePercent, uint8 fundFeePercent, uint16 reserveTargetBps) external inDesk {}

    function scheduleOracle(IPriceOracle oracle) external inDesk {}

    function executeOracle() external inDesk {}

    function cancelOracle() external inDesk {}

    function reopenBorrowing() external inDesk {}

    function windDown(uint32 rampSeconds) external inDesk {}

    function withdrawReserve(uint256 assets, address receiver) external inDesk {}

    // ---------------------------------------------------------------- PoolViews

    function asset() external view inViews returns (address assetToken) {}

    function totalAssets() external view inViews returns (uint256 assets) {}

    function convertToShares(uint256 assets) external view inViews returns (uint256 shares) {}

    function convertToAssets(uint256 shares) external view inViews returns (uint256 assets) {}

    function previewDeposit(uint256 assets) external view inViews returns (uint256 shares) {}

    function previewMint(uint256 shares) external view inViews returns (uint256 assets) {}

    function previewWithdraw(uint256 assets) external view inViews returns (uint256 shares) {}

    function previewRedeem(uint256 shares) external view inViews returns (uint256 assets) {}

    function maxDeposit(address receiver) external view inViews returns (uint256 assets) {}

    function maxMint(address receiver) external view inViews returns (uint256 shares) {}

    function maxWithdraw(address owner) external view inViews returns (uint256 assets) {}

    function maxRedeem(address owner) external view inViews returns (uint256 shares) {}

    function maxFlashLoan(address token) external view inViews returns (uint256 assets) {}

    function flashFee(address token, uint256 amount) external view inViews returns (uint256 fee) {}

    function isOperator(address owner, address operator) external view inViews returns (bool approved) {}

    function fundAccount()
        external
        view
        inViews
        returns (uint256 totalShares, uint256 coolingShares, uint256 generation)
    {}

    function fundGeneration() external view inViews returns (uint256 generation) {}

    function previewLeaveFund(uint256 units) external view inViews returns (uint256 grossShares, uint256 paidShares) {}

    function currentShortfall() external view inViews returns (uint256 assets) {}

    function grossPrice() external view inViews returns (uint256 priceWad) {}

    function exitPrice() external view inViews returns (uint256 priceWad) {}

    function grossAssets() external view inViews returns (uint256 assets) {}

    function coverageRatio() external view inViews returns (uint256 ratioWad) {}

    function previewWaterfall(
        uint256 lossAssets
    )
        external
        view
        inViews
        returns (
            uint256 fromReserve,
            uint256 fromFund,
            uint256 haircut,
            uint256 exitPriceBefore,
            uint256 exitPriceAfter
        )
    {}

    function previewLiquidation(
        address borrower,
        uint256 maxRepayAssets
    ) external view inViews returns (uint256 repaidAssets, uint256 seizedCollateral, uint256 lossAssets) {}

    function position(
        address borrower
    )
        external
        view
        inViews
        returns (uint256 debtAssets, uint256 collateral, uint256 ltvWad, PositionStatus status, uint256 flaggedAt)
    {}

    function positionOf(
        address borrower
    )
        external
        view
        inViews
        returns (uint256 debtShares, uint256 collateral, uint256 tick, uint256 timestamp, bool isFlagged)
    {}

    function certificateOf(address holder) external view inViews returns (uint256 unpaidFace, uint256 claimable) {}

    function certificates() external view inViews returns (uint256 unpaidFace, uint256 held) {}

    function borrowRate() external view inViews returns (uint256 ratePerSecondWad) {}

    function supplyRate() external view inViews returns (uint256 ratePerSecondWad) {}

    function utilisation() external view inViews returns (uint256 ratioWad) {}

    function totals()
        external
        view
        inViews
        returns (
            uint256 cash,
            uint256 debtAssets,
            uint256 debtShares,
            uint256 borrowIndexWad,
            uint256 pendingFees,
            uint256 reserveShares,
            uint256 fundShares
        )
    {}

    function currentPrice() external view inViews returns (uint256 low, uint256 high, bool ok) {}

    function estate()
        external
        view
        inViews
        returns (uint256 debtAssets, uint256 collateral, uint256 price, uint256 startedAt)
    {}

    function tickSums(uint256 tick) external view inViews returns (uint256 debtShares, uint256 collateral) {}

    function ledgerState()
        external
        view
        inViews
        returns (uint256 highestTick, uint256 pivotTick, uint256 pivotDebtShares, uint256 pivotCollateral)
    {}

    function config()
        external
        view
        inViews
        returns (
            address oracle,
            uint256 borrowLtvBps,
            uint256 lltvBps,
            uint256 supplyCap,
            uint256 borrowCap,
            uint256 reserveFeePercent,
            uint256 fundFeePercent,
            uint256 reserveTargetBps,
            bool isPaused,
            bool isClosed,
            bool isBorrowingHalted
        )
    {}

    function collateralToken() external view inViews returns (address token) {}

    function fund() external view inViews returns (address insuranceFund) {}

    function minDebt() external view inViews returns (uint256 assets) {}

    function collateralCap() external view inViews returns (uint256 amount) {}

    function lifFloorBps() external view inViews returns (uint256 factorBps) {}

    function lifMinBps() external view inViews returns (uint256 factorBps) {}

    function lifPeakBps() external view inViews returns (uint256 factorBps) {}

    function repayTargetBps() external view inViews returns (uint256 ratioBps) {}

    function maxDeviationBps() external view inViews returns (uint256 deviationBps) {}

    function pendingOracle() external view inViews returns (address oracle, uint256 executableAt) {}

    // ---------------------------------------------------------------- how

    /// By a pointer, so that the compiler does not take the empty bodies for unreachable code.
    function _call(address module) private {
        function(address) internal pass = _pass;
        pass(module);
    }

    /// The same for a view, which may not delegate. PoolViews writes nothing, and a static call stays one.
    function _callView(address module) private view {
        function(address) internal pass = _pass;
        function(address) internal view passView;
        assembly ("memory-safe") {
            passView := pass
        }
        passView(module);
    }

    /// Ends the call with what the module answers to the same calldata.
    function _pass(address module) private {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let success := delegatecall(gas(), module, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(success) {
                revert(data, returndatasize())
            }
            return(data, returndatasize())
        }
    }
}
