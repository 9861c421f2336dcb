// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IEstateCallback} from "../../interfaces/IPoolCallbacks.sol";
import {
    BPS,
    ESTATE_CLOCK_BITS,
    FORECLOSURE_DEADLINE,
    FORECLOSURE_WAIT,
    PRICE_SCALE,
    WAD
} from "../../libraries/Constants.sol";
import {LiquidationMath} from "../../libraries/LiquidationMath.sol";
import {Rounding} from "../../libraries/Rounding.sol";
import {Book, Meter, Position} from "../PackedState.sol";
import {PoolCore} from "../PoolCore.sol";

/// @notice Foreclosure, for when nobody liquidates: no capital needed. And the sale of what the pool took over.
abstract contract PoolEstate is PoolCore {
    using SafeERC20 for IERC20;

    // ---------------------------------------------------------------- flag

    function flag(address borrower) external locked {
        (, Meter meter) = _accrued();
        (Position position, ) = _requireForeclosable(borrower, meter);
        if (_isRaisedNow(position)) revert RaisedInThisBlock(borrower);
        if (position.isFlagged() && block.timestamp <= position.timestamp() + FORECLOSURE_DEADLINE) {
            revert AlreadyFlagged(borrower, position.timestamp());
        }
        _positions[borrower].word = position.flagged(block.timestamp);
        emit Flagged(borrower, block.timestamp);
    }

    function unflag(address borrower) external locked {
        Position position = _positions[borrower].word;
        if (!position.isFlagged()) revert NotFlagged(borrower);
        (, Meter meter) = _accrued();
        (, uint256 high) = _okPrice(_config);
        uint256 debt = _debtAssetsUp(position.debtShares(), meter);
        uint256 value = position.collateral() * high;
        if (LiquidationMath.isForeclosable(debt, value, _lifPeakBps())) {
            revert PositionUnhealthy(debt, value / PRICE_SCALE);
        }
        _positions[borrower].word = position.unflagged();
        emit Unflagged(borrower);
    }

    // ---------------------------------------------------------------- foreclose

    function foreclose(address borrower) external locked returns (uint256 lossAssets) {
        (Book book, Meter meter) = _accrued();
        (Position position, uint256 high) = _requireForeclosable(borrower, meter);
        if (!position.isFlagged()) revert NotFlagged(borrower);
        uint256 from = position.timestamp() + FORECLOSURE_WAIT;
        uint256 until = position.timestamp() + FORECLOSURE_DEADLINE;
        if (block.timestamp < from || block.timestamp > until) {
            revert OutsideForeclosureWindow(block.timestamp, from, until);
        }

        uint256 kept;
        (kept, lossAssets) = _takeOver(book, meter, borrower, position, high);
        emit Foreclosed(borrower, position.collateral(), position.debtShares(), kept, lossAssets);
    }

    /// What the collateral fetches today stays owed, by the estate; the rest is lost.
    function _takeOver(
        Book book,
        Meter meter,
        address borrower,
        Position position,
        uint256 high
    ) private returns (uint256 kept, uint256 lossAssets) {
        uint256 collateral = position.collateral();
        uint256 grossBefore = _grossAssets(book, meter);
        uint256 fall = _fallOf(book, meter, position.debtShares());
        kept = Rounding.min(fall, (collateral * high * BPS) / (_lifFloorBps() * PRICE_SCALE));
        lossAssets = fall - kept;
        book = _place(book.subDebtShares(position.debtShares()), _positions[borrower], position, 0, 0);
        book = _addToEstate(book, collateral, kept);
        if (lossAssets != 0) (book, meter) = _realise(book, meter, borrower, lossAssets, grossBefore);
        _store(book, meter);
    }

    /// New collateral comes at age zero; the estate's age becomes the mean by collateral, which leaves its price for
    /// all of it together what the two parts had. The price is linear in age, so this is exact.
    function _addToEstate(Book book, uint256 collateral, uint256 kept) private returns (Book) {
        if (collateral == 0) return book;
        uint256 old = _estateCollateral;
        uint256 age = Rounding.mulDivDown(_estateAge(), old, old + collateral);
        _estateStart = uint64((block.timestamp << ESTATE_CLOCK_BITS) - age);
        _estateCollateral = uint128(old + collateral);
        _estateDebt += uint128(kept);
        return book.withEstate(true);
    }

    // ---------------------------------------------------------------- sell

    function buyEstate(
        uint256 maxPaidAssets,
        uint256 minCollateral,
        address receiver,
        bytes calldata data
    ) external locked returns (uint256 paidAssets, uint256 collateralBought) {
        _requireReceiver(receiver);
        (Book book, Meter meter) = _accrued();
        if (!book.hasEstate()) revert EstateEmpty();
        (, uint256 high) = _okPrice(_config);
        uint256 price = _estatePriceUp(high);
        uint256 collateral = _estateCollateral;
        // A price of zero gives it all away: that ends every sale.
        collateralBought =
            price == 0
                ? collateral
                : Rounding.min(collateral, (Rounding.min(maxPaidAssets, type(uint128).max) * PRICE_SCALE) / price);
        if (collateralBought == 0) revert ZeroAmount();
        if (collateralBought < minCollateral) revert BelowMinimum(collateralBought, minCollateral);
        paidAssets = Math.mulDiv(collateralBought, price, PRICE_SCALE, Math.Rounding.Ceil);

        uint256 cancelled = _sellEstate(book, meter, collateral, collateralBought, paidAssets);
        emit EstateSold(msg.sender, receiver, collateralBought, paidAssets, cancelled);
        _collateral().safeTransfer(receiver, collateralBought);
        if (data.length != 0) IEstateCallback(msg.sender).onBuyEstate(paidAssets, collateralBought, data);
        if (paidAssets != 0) _asset().safeTransferFrom(msg.sender, address(this), paidAssets);
    }

    /// Debt first: a payment cancels what the estate owes, at least in proportion to the collateral that goes. What it
    /// pays beyond is a recovery; what it leaves uncovered is a loss.
    function _sellEstate(
        Book book,
        Meter meter,
        uint256 collateral,
        uint256 bought,
        uint256 paid
    ) private returns (uint256 cancelled) {
        uint256 grossBefore = _grossAssets(book, meter);
        uint256 debt = _estateDebt;
        cancelled =
            bought == collateral
                ? debt
                : Rounding.min(debt, Rounding.max(paid, Rounding.mulDivUp(debt, bought, collateral)));
        _estateDebt = uint128(debt - cancelled);
        _estateCollateral = uint128(collateral - bought);
        if (bought == collateral) book = book.withEstate(false);

        if (paid > cancelled) {
            (book, meter) = _recover(book.addCash(cancelled), meter, paid - cancelled);
        } else {
            book = book.addCash(paid);
            if (cancelled > paid) (book, meter) = _realise(book, meter, address(0), cancelled - paid, grossBefore);
        }
        _store(book, meter);
    }

    /// Money that has come back, or comes with this call: to the certificates, and what is over to the reserve.
    function _recover(Book book, Meter meter, uint256 assets) internal virtual returns (Book, Meter);

    // ---------------------------------------------------------------- shared

    /// From 1/lifPeak at high, with a price: the zone in which a liquidator takes all collateral.
    function _requireForeclosable(
        address borrower,
        Meter meter
    ) private view returns (Position position, uint256 high) {
        position = _positions[borrower].word;
        if (position.debtShares() == 0) revert NoDebt(borrower);
        (, high) = _okPrice(_config);
        uint256 debt = _debtAssetsUp(position.debtShares(), meter);
        uint256 value = position.collateral() * high;
        if (!LiquidationMath.isForeclosable(debt, value, _lifPeakBps())) {
            revert PositionHealthy(borrower, LiquidationMath.ltvUp(debt, value), (WAD * BPS) / _lifPeakBps());
        }
    }
}
