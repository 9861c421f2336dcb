// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import {PositionStatus} from "../../interfaces/ILendingPool.sol";
import {CertificateBook, Certificates} from "../../libraries/Certificates.sol";
import {
    DUST_DIVISOR,
    ESTATE_CLOCK_BITS,
    MAX_SHARES,
    PERCENT,
    VIRTUAL_ASSETS,
    VIRTUAL_SHARES,
    WAD
} from "../../libraries/Constants.sol";
import {Interest} from "../../libraries/Interest.sol";
import {LiquidationInput, LiquidationMath, LiquidationQuote} from "../../libraries/LiquidationMath.sol";
import {Rounding} from "../../libraries/Rounding.sol";
import {ShortfallLedger, TickLedger} from "../../libraries/ShortfallLedger.sol";
import {Waterfall} from "../../libraries/Waterfall.sol";
import {ModuleCall} from "../ModuleCall.sol";
import {Book, Config, Cushion, FundBook, Meter, Position, _requireFits} from "../PackedState.sol";
import {PoolCore} from "../PoolCore.sol";
import {ModuleTerms} from "./ModuleTerms.sol";

/// @title The pool's views: everything that only reads
/// @notice Code that a pool runs by delegatecall, in its own storage. See PoolDesk for why. While the pool is inside a
/// call with an external call in it, limits are zero and prices revert.
contract PoolViews is PoolCore, ModuleTerms {
    using Certificates for CertificateBook;
    using ShortfallLedger for TickLedger;

    /// The most that a conversion takes: more than any field holds, and products stay within 256 bits.
    uint256 private constant MAX_INPUT = type(uint128).max;

    address private immutable DESK;

    constructor(address desk) ERC20("", "") ERC20Permit("") AccessManaged(address(1)) {
        if (desk.code.length == 0) revert InvalidAddress(desk);
        DESK = desk;
    }

    /// @dev What is not a view is PoolDesk's.
    fallback() external {
        ModuleCall.pass(DESK);
    }

    // ---------------------------------------------------------------- ERC-4626 views

    function asset() external view returns (address) {
        return address(_asset());
    }

    function totalAssets() external view returns (uint256) {
        (, Meter meter, Exit memory exit) = _view();
        return Rounding.mulDivDown(meter.shares(), exit.assets, exit.shares);
    }

    function convertToShares(uint256 assets) external view returns (uint256) {
        _requireFits(assets, MAX_INPUT);
        (, , Exit memory exit) = _view();
        return Rounding.mulDivDown(assets, exit.shares, exit.assets);
    }

    function convertToAssets(uint256 shares) public view returns (uint256) {
        _requireFits(shares, MAX_INPUT);
        (, , Exit memory exit) = _view();
        return Rounding.mulDivDown(shares, exit.assets, exit.shares);
    }

    function previewRedeem(uint256 shares) external view returns (uint256) {
        return convertToAssets(shares);
    }

    function previewWithdraw(uint256 assets) external view returns (uint256) {
        _requireFits(assets, MAX_INPUT);
        (, , Exit memory exit) = _view();
        return Rounding.mulDivUp(assets, exit.shares, exit.assets);
    }

    function previewDeposit(uint256 assets) external view returns (uint256) {
        _requireFits(assets, MAX_INPUT);
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        return _sharesForDown(assets, meter, _grossAssets(book, meter));
    }

    function previewMint(uint256 shares) external view returns (uint256) {
        _requireFits(shares, MAX_INPUT);
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        return _assetsForUp(shares, meter, _grossAssets(book, meter));
    }

    function maxDeposit(address receiver) external view returns (uint256 assets) {
        (assets, ) = _room(receiver);
    }

    function maxMint(address receiver) external view returns (uint256 shares) {
        (, shares) = _room(receiver);
    }

    function maxWithdraw(address owner) external view returns (uint256) {
        if (_isLocked() || _isCover(owner)) return 0;
        (Book book, , Exit memory exit) = _view();
        uint256 worth = Rounding.mulDivDown(balanceOf(owner), exit.assets, exit.shares);
        return Rounding.min(worth, book.cash());
    }

    function maxRedeem(address owner) external view returns (uint256) {
        if (_isLocked() || _isCover(owner)) return 0;
        (Book book, , Exit memory exit) = _view();
        uint256 balance = balanceOf(owner);
        uint256 worth = Rounding.mulDivDown(balance, exit.assets, exit.shares);
        if (worth == 0) return 0;
        if (worth <= book.cash()) return balance;
        // Rounded twice: so few shares can be worth nothing, and `redeem` refuses those.
        uint256 shares = Rounding.mulDivDown(book.cash(), exit.shares, exit.assets);
        return Rounding.mulDivDown(shares, exit.assets, exit.shares) == 0 ? 0 : shares;
    }

    // ---------------------------------------------------------------- ERC-3156

    function maxFlashLoan(address token) external view returns (uint256) {
        return token == address(_asset()) && !_isLocked() ? _book.cash() : 0;
    }

    function flashFee(address token, uint256) external view returns (uint256) {
        if (token != address(_asset())) revert UnsupportedToken(token);
        return 0;
    }

    // ---------------------------------------------------------------- prices

    function currentShortfall() external view returns (uint256) {
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        (uint256 low, , ) = _price(_config);
        return _shortfall(book, meter, low);
    }

    function grossPrice() external view returns (uint256) {
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        return _priceWad(_grossAssets(book, meter) + VIRTUAL_ASSETS, meter.shares() + VIRTUAL_SHARES);
    }

    function exitPrice() external view returns (uint256) {
        (, , Exit memory exit) = _view();
        return _priceWad(exit.assets, exit.shares);
    }

    function grossAssets() external view returns (uint256) {
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        return _grossAssets(book, meter);
    }

    function coverageRatio() external view returns (uint256) {
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        uint256 debt = _debtOutstanding(book, meter);
        if (debt == 0) return type(uint256).max;
        Crystal memory crystal = _crystal(book, meter, _grossAssets(book, meter));
        uint256 cover = Rounding.mulDivDown(
            crystal.reserveShares + crystal.fundShares,
            crystal.grossAssets + VIRTUAL_ASSETS,
            crystal.shares + VIRTUAL_SHARES
        );
        return Rounding.mulDivDown(cover, WAD, debt);
    }

    function previewWaterfall(
        uint256 lossAssets
    )
        external
        view
        returns (
            uint256 fromReserve,
            uint256 fromFund,
            uint256 haircut,
            uint256 exitPriceBefore,
            uint256 exitPriceAfter
        )
    {
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        (uint256 low, , ) = _price(_config);
        uint256 shortfall = _shortfall(book, meter, low);
        Exit memory exit = _exit(book, meter, shortfall);
        exitPriceBefore = _priceWad(exit.assets, exit.shares);
        uint256 debt = _debtOutstanding(book, meter);
        if (lossAssets > debt) revert AboveMaximum(lossAssets, debt);

        Crystal memory crystal = _crystal(book, meter, _grossAssets(book, meter));
        Waterfall.Split memory split = Waterfall.split(
            lossAssets,
            crystal.shares + VIRTUAL_SHARES,
            crystal.grossAssets + VIRTUAL_ASSETS,
            crystal.reserveShares,
            crystal.fundShares
        );
        // The exit price sees only what the loss adds to the shortfall that is in it already.
        exit = _exit(book, meter, Rounding.max(shortfall, lossAssets));
        exitPriceAfter = _priceWad(exit.assets, exit.shares);
        return (split.fromReserve, split.fromFund, split.haircut, exitPriceBefore, exitPriceAfter);
    }

    // ---------------------------------------------------------------- rates

    function utilisation() external view returns (uint256) {
        (Book book, Meter meter) = _accrued();
        return _utilisation(book, _debtOutstanding(book, meter));
    }

    function borrowRate() public view returns (uint256) {
        (Book book, Meter meter) = _accrued();
        return Interest.currentRate(meter.rateAtTarget(), _utilisation(book, _debtOutstanding(book, meter)));
    }

    function supplyRate() external view returns (uint256) {
        (Book book, Meter meter) = _accrued();
        uint256 grossAssets_ = _grossAssets(book, meter);
        if (grossAssets_ == 0) return 0;
        uint256 loans = (book.debtShares() * meter.borrowIndex()) / WAD;
        return (borrowRate() * loans * (PERCENT - meter.feePercent())) / (PERCENT * grossAssets_);
    }

    // ---------------------------------------------------------------- positions

    function position(
        address borrower
    )
        external
        view
        returns (uint256 debtAssets, uint256 collateral, uint256 ltvWad, PositionStatus status, uint256 flaggedAt)
    {
        (, Meter meter) = _accrued();
        Config config_ = _config;
        (, uint256 high, ) = _price(config_);
        Position position_ = _positions[borrower].word;
        collateral = position_.collateral();
        debtAssets = _debtAssetsUp(position_.debtShares(), meter);
        uint256 value = collateral * high;
        ltvWad = LiquidationMath.ltvUp(debtAssets, value);
        if (debtAssets == 0) status = PositionStatus.None;
        else if (LiquidationMath.isInsolvent(debtAssets, value, _lifFloorBps())) status = PositionStatus.Insolvent;
        else if (LiquidationMath.isForeclosable(debtAssets, value, _lifPeakBps())) status = PositionStatus.Foreclosable;
        else if (LiquidationMath.exceeds(debtAssets, value, _lltvNow(config_))) status = PositionStatus.Liquidatable;
        else status = PositionStatus.Healthy;
        flaggedAt = position_.isFlagged() ? position_.timestamp() : 0;
    }

    function positionOf(
        address borrower
    ) external view returns (uint256 debtShares, uint256 collateral, uint256 tick, uint256 timestamp, bool isFlagged) {
        Position position_ = _positions[borrower].word;
        return (
            position_.debtShares(),
            position_.collateral(),
            position_.tick(),
            position_.timestamp(),
            position_.isFlagged()
        );
    }

    // ---------------------------------------------------------------- the whole state, for lenses and bots

    function totals()
        external
        view
        returns (
            uint256 cash,
            uint256 debtAssets,
            uint256 debtShares,
            uint256 borrowIndexWad,
            uint256 pendingFees,
            uint256 reserveShares,
            uint256 fundShares
        )
    {
        (Book book, Meter meter) = _accrued();
        Cushion cushion = _cushion;
        return (
            book.cash(),
            _debtOutstanding(book, meter),
            book.debtShares(),
            meter.borrowIndex(),
            _pendingFees(book),
            cushion.reserveShares(),
            cushion.fundShares()
        );
    }

    function currentPrice() external view returns (uint256 low, uint256 high, bool ok) {
        return _price(_config);
    }

    function estate() external view returns (uint256 debtAssets, uint256 collateral, uint256 price, uint256 startedAt) {
        if (!_book.hasEstate()) return (0, 0, 0, 0);
        (, uint256 high, ) = _price(_config);
        return (_estateDebt, _estateCollateral, _estatePriceUp(high), _estateStart >> ESTATE_CLOCK_BITS);
    }

    function tickSums(uint256 tick) external view returns (uint256 debtShares, uint256 collateral) {
        return _ledger.sumsAt(tick);
    }

    function ledgerState()
        external
        view
        returns (uint256 highestTick, uint256 pivotTick, uint256 pivotDebtShares, uint256 pivotCollateral)
    {
        highestTick = _book.highestTick();
        (pivotTick, pivotDebtShares, pivotCollateral) = _ledger.pivotState();
    }

    function config()
        external
        view
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
    {
        Config config_ = _config;
        FundBook fundBook = _fundBook;
        oracle = config_.oracle();
        borrowLtvBps = config_.borrowLtvBps();
        lltvBps = _lltvNow(config_);
        supplyCap = config_.supplyCapTokens() * _wholeToken();
        borrowCap = config_.borrowCapTokens() * _wholeToken();
        reserveFeePercent = fundBook.reserveFeePercent();
        fundFeePercent = fundBook.fundFeePercent();
        reserveTargetBps = fundBook.reserveTargetBps();
        isPaused = _isPaused(config_);
        isClosed = config_.isClosed();
        isBorrowingHalted = _book.isBorrowingHalted();
    }

    function collateralToken() external view returns (address) {
        return address(_collateral());
    }

    function fund() external view returns (address) {
        return _fund();
    }

    function minDebt() external view returns (uint256) {
        return _minDebt();
    }

    function collateralCap() external view returns (uint256) {
        return _collateralCap();
    }

    function lifFloorBps() external view returns (uint256) {
        return _lifFloorBps();
    }

    function lifMinBps() external view returns (uint256) {
        return _lifMinBps();
    }

    function lifPeakBps() external view returns (uint256) {
        return _lifPeakBps();
    }

    function repayTargetBps() external view returns (uint256) {
        return _repayTargetBps();
    }

    function maxDeviationBps() external view returns (uint256) {
        return _maxDeviationBps();
    }

    // ---------------------------------------------------------------- liquidation, certificates, operators

    function previewLiquidation(
        address borrower,
        uint256 maxRepayAssets
    ) external view returns (uint256 repaidAssets, uint256 seizedCollateral, uint256 lossAssets) {
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        Position position_ = _positions[borrower].word;
        (, uint256 high, bool ok) = _price(_config);
        if (!ok || position_.debtShares() == 0 || _isRaisedNow(position_)) return (0, 0, 0);
        LiquidationInput memory input = _liquidationInput(position_, meter, high, maxRepayAssets);
        if (!LiquidationMath.exceeds(input.debtAssets, input.collateral * high, input.lltvBps)) return (0, 0, 0);
        LiquidationQuote memory result = LiquidationMath.quote(input, _liquidationTerms());
        return (result.repaidAssets, result.seizedCollateral, _lossOf(book, meter, result));
    }

    function certificateOf(address holder) external view returns (uint256 unpaidFace, uint256 claimable) {
        (uint256 shares, uint256 lossSeen) = _account(holder);
        return _certificates.statusOf(holder, shares, lossSeen);
    }

    function certificates() external view returns (uint256 unpaidFace, uint256 held) {
        return (_certificates.unpaidFace, _certificates.held);
    }

    function fundAccount() external view returns (uint256 totalShares, uint256 coolingShares, uint256 generation) {
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        FundBook fundBook = _fundBook;
        totalShares = _crystal(book, meter, _grossAssets(book, meter)).fundShares;
        return (totalShares, _coolingShares(fundBook), fundBook.generation());
    }

    function fundGeneration() external view returns (uint256) {
        return _fundBook.generation();
    }

    function previewLeaveFund(uint256 units) external view returns (uint256 grossShares, uint256 paidShares) {
        _requireUnlocked();
        (Book book, Meter meter) = _accrued();
        Crystal memory crystal = _crystal(book, meter, _grossAssets(book, meter));
        book = book.withFeeUnits(0);
        meter = meter.withShares(crystal.shares);
        Cushion cushion = _cushion.withShares(crystal.reserveShares, crystal.fundShares);
        FundBook fundBook = _fundBook;
        units = Rounding.min(units, fundBook.coolingUnits());
        return _leaving(book, meter, cushion, units, _indexOf(fundBook.generation()));
    }

    function pendingOracle() external view returns (address oracle, uint256 executableAt) {
        return (_pendingOracle, _pendingOracleFrom);
    }

    function isOperator(address owner, address operator) external view returns (bool) {
        return _operators[owner][operator];
    }

    // ---------------------------------------------------------------- shared

    /// State and exit price for a view; not while the pool is inside a call.
    function _view() internal view returns (Book book, Meter meter, Exit memory exit) {
        _requireUnlocked();
        (book, meter) = _accrued();
        exit = _exitNow(book, meter);
    }

    /// What can still come in: within the supply cap and the field of the share total; nothing where a deposit reverts.
    function _room(address receiver) private view returns (uint256 assets, uint256 shares) {
        Config config_ = _config;
        if (_isLocked() || _isPaused(config_) || config_.isClosed()) return (0, 0);
        if (receiver == address(0) || _isCover(receiver)) return (0, 0);
        (Book book, Meter meter) = _accrued();
        uint256 gross = _grossAssets(book, meter);
        if (_isBelowMintingPrice(gross, meter.shares())) return (0, 0);
        (uint256 low, , bool ok) = _price(config_);
        if (!ok) return (0, 0);
        if (_exit(book, meter, _shortfall(book, meter, low)).uncoveredAssets > gross / DUST_DIVISOR) return (0, 0);
        assets = Rounding.monus(config_.supplyCapTokens() * _wholeToken(), gross);
        shares = _sharesForDown(assets, meter, gross);
        uint256 most = MAX_SHARES - meter.shares();
        if (shares > most) {
            shares = most;
            assets = Rounding.mulDivDown(most, gross + VIRTUAL_ASSETS, meter.shares() + VIRTUAL_SHARES);
        }
    }
}
