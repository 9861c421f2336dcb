// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ILiquidationCallback} from "../interfaces/IPoolCallbacks.sol";
import {BPS, WAD} from "../libraries/Constants.sol";
import {LiquidationInput, LiquidationMath, LiquidationQuote} from "../libraries/LiquidationMath.sol";
import {Book, Meter, Position} from "./PackedState.sol";
import {PoolBorrow} from "./PoolBorrow.sol";

/// @notice Liquidation in its two branches. See LiquidationMath for the amounts.
abstract contract PoolLiquidation is PoolBorrow {
    using SafeERC20 for IERC20;

    /// @dev The order is the safety argument: interest, checks, then position, ledger, totals and the waterfall are
    /// stored; only then collateral leaves, the caller is called, and it pays. Whoever re-enters meets the lock.
    function liquidate(
        address borrower,
        uint256 maxRepayAssets,
        uint256 minSeizedCollateral,
        address receiver,
        bytes calldata data
    ) external locked returns (uint256 repaidAssets, uint256 seizedCollateral, uint256 lossAssets) {
        _requireReceiver(receiver);
        LiquidationQuote memory result = _liquidate(borrower, maxRepayAssets, minSeizedCollateral);
        (repaidAssets, seizedCollateral, lossAssets) = (
            result.repaidAssets,
            result.seizedCollateral,
            result.lossAssets
        );
        if (seizedCollateral != 0) _collateral().safeTransfer(receiver, seizedCollateral);
        if (data.length != 0) ILiquidationCallback(msg.sender).onLiquidate(repaidAssets, seizedCollateral, data);
        if (repaidAssets != 0) _asset().safeTransferFrom(msg.sender, address(this), repaidAssets);
    }

    function _liquidate(
        address borrower,
        uint256 maxRepayAssets,
        uint256 minSeizedCollateral
    ) private returns (LiquidationQuote memory result) {
        (Book book, Meter meter) = _accrued();
        Position position = _positions[borrower].word;
        result = _quoteEligible(borrower, position, meter, maxRepayAssets);
        if (result.cancelledShares == 0) revert ZeroAmount();
        if (result.seizedCollateral < minSeizedCollateral) {
            revert BelowMinimum(result.seizedCollateral, minSeizedCollateral);
        }
        result.lossAssets = _lossOf(book, meter, result);
        _applyLiquidation(book, meter, borrower, position, result);
        if (position.isFlagged()) _unflagIfCured(borrower);
        emit Liquidated(
            msg.sender,
            borrower,
            result.repaidAssets,
            result.cancelledShares,
            result.seizedCollateral,
            result.lossAssets
        );
    }

    function _quoteEligible(
        address borrower,
        Position position,
        Meter meter,
        uint256 maxRepayAssets
    ) private view returns (LiquidationQuote memory) {
        unchecked {
            if (position.debtShares() == 0) revert NoDebt(borrower);
            if (_isRaisedNow(position)) revert RaisedInThisBlock(borrower);
            (, uint256 high) = _okPrice(_config);
            LiquidationInput memory input = _liquidationInput(position, meter, high, maxRepayAssets);
            uint256 value = input.collateral * high;
            if (!LiquidationMath.exceeds(input.debtAssets, value, input.lltvBps)) {
                uint256 ltvWad = LiquidationMath.ltvUp(input.debtAssets, value);
                revert PositionHealthy(borrower, ltvWad, input.lltvBps * (WAD / BPS));
            }
            return LiquidationMath.quote(input, _liquidationTerms());
        }
    }

    /// Book and position after the liquidation; the loss, if there is one, runs down the waterfall.
    function _applyLiquidation(
        Book book,
        Meter meter,
        address borrower,
        Position position,
        LiquidationQuote memory result
    ) private {
        unchecked {
            uint256 grossBefore = result.lossAssets == 0 ? 0 : _grossAssets(book, meter);
            book = book.subDebtShares(result.cancelledShares).addCash(result.repaidAssets);
            book = _place(
                book,
                _positions[borrower],
                position,
                position.debtShares() - result.cancelledShares,
                position.collateral() - result.seizedCollateral
            );
            if (result.lossAssets != 0) {
                (book, meter) = _realise(book, meter, borrower, result.lossAssets, grossBefore);
            }
            _store(book, meter);
        }
    }
}
