// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

import {RAY, VIRTUAL_ASSETS, VIRTUAL_SHARES, WAD} from "../libraries/Constants.sol";
import {LiquidationInput, LiquidationMath, LiquidationQuote, LiquidationTerms} from "../libraries/LiquidationMath.sol";
import {Rounding} from "../libraries/Rounding.sol";
import {ShortfallLedger, TickLedger} from "../libraries/ShortfallLedger.sol";
import {Tick} from "../libraries/Tick.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {Book, Config, Cushion, Meter, Position, PositionLib} from "./PackedState.sol";
import {PositionSlot} from "./PoolStorage.sol";
import {PoolWaterfall} from "./PoolWaterfall.sol";

/// @notice What the pool and its modules share beyond prices and the waterfall: positions in the ledger, and the checks
/// that more than one of them makes. Here the storage layout is complete.
abstract contract PoolCore is PoolWaterfall, AccessManaged {
    using ShortfallLedger for TickLedger;

    // ---------------------------------------------------------------- positions

    /// Stores a position with new amounts, and moves it in the ledger.
    function _place(
        Book book,
        PositionSlot storage slot,
        Position position,
        uint256 debtShares,
        uint256 collateral
    ) internal returns (Book) {
        return _place(book, slot, position, position, debtShares, collateral);
    }

    /// The same with a changed mark: `marked` is stored, `before` is where the ledger has it.
    function _place(
        Book book,
        PositionSlot storage slot,
        Position marked,
        Position before,
        uint256 debtShares,
        uint256 collateral
    ) internal returns (Book) {
        Position placed =
            debtShares == 0
                ? PositionLib.withoutDebt(collateral)
                : marked.withAmounts(debtShares, collateral, Tick.ofPosition(debtShares, collateral));
        slot.word = placed;
        return _ledger.move(book, before, placed);
    }

    /// Whoever mends a flagged position takes its flag away. Without a price nobody can tell: the flag stays, and
    /// `unflag` or `foreclose` decides later.
    function _unflagIfCured(address borrower) internal {
        PositionSlot storage slot = _positions[borrower];
        Position position = slot.word;
        if (!position.isFlagged()) {
            emit Unflagged(borrower);
            return;
        }
        (, uint256 high, bool ok) = _price(_config);
        if (!ok) return;
        (, Meter meter) = _accrued();
        uint256 debt = _debtAssetsUp(position.debtShares(), meter);
        if (LiquidationMath.isForeclosable(debt, position.collateral() * high, _lifPeakBps())) return;
        slot.word = position.unflagged();
        emit Unflagged(borrower);
    }

    /// The lltv in force: during a ramp between where it was and where it goes. Rounded up, for the borrower: else a
    /// ramp started anew in each block would lose a whole basis point each time.
    function _lltvNow(Config config) internal view returns (uint256) {
        uint256 end = config.lltvBps();
        if (!config.isRamping() || block.timestamp >= _rampEnd) return end;
        uint256 left = uint256(_rampEnd) - block.timestamp;
        return end + Rounding.mulDivUp(_rampFromBps - end, left, uint256(_rampEnd) - _rampStart);
    }

    /// The loss is what the pool's debt falls by beyond what is paid, so that assets fall by exactly that.
    function _lossOf(Book book, Meter meter, LiquidationQuote memory result) internal pure returns (uint256) {
        return Rounding.monus(_fallOf(book, meter, result.cancelledShares), result.repaidAssets);
    }

    function _liquidationInput(
        Position position,
        Meter meter,
        uint256 high,
        uint256 maxRepayAssets
    ) internal view returns (LiquidationInput memory) {
        return
            LiquidationInput({
                debtShares: position.debtShares(),
                debtAssets: _debtAssetsUp(position.debtShares(), meter),
                collateral: position.collateral(),
                indexWad: meter.borrowIndex(),
                high: high,
                lltvBps: _lltvNow(_config),
                maxRepayAssets: maxRepayAssets
            });
    }

    function _liquidationTerms() internal view returns (LiquidationTerms memory) {
        return LiquidationTerms(_lifFloorBps(), _lifMinBps(), _lifPeakBps(), _repayTargetBps(), _minDebt());
    }

    /// What the debt outstanding falls by when `debtShares` of it go.
    function _fallOf(Book book, Meter meter, uint256 debtShares) internal pure returns (uint256) {
        unchecked {
            uint256 index = meter.borrowIndex();
            return (book.debtShares() * index) / WAD - ((book.debtShares() - debtShares) * index) / WAD;
        }
    }

    /// In the block in which its owner raised a position's risk it is left alone. Nobody else's call sets this mark.
    function _isRaisedNow(Position position) internal view returns (bool) {
        return position.timestamp() == block.timestamp && !position.isFlagged();
    }

    // ---------------------------------------------------------------- the fund

    /// A leaver is paid its part of what the visible claims leave of the fund. Fees are shares already.
    function _leaving(
        Book book,
        Meter meter,
        Cushion cushion,
        uint256 units,
        uint256 index
    ) internal view returns (uint256 gross, uint256 paid) {
        uint256 fund = cushion.fundShares();
        gross = Rounding.min(Rounding.mulDivDown(units, index, RAY), fund);
        if (gross == 0) return (0, 0);
        (uint256 low, , ) = _price(_config);
        uint256 shortfall = _shortfall(book, meter, low);
        uint256 need = Waterfall.needUp(
            shortfall,
            meter.shares() + VIRTUAL_SHARES,
            _grossAssets(book, meter) + VIRTUAL_ASSETS
        );
        uint256 claims = Rounding.monus(need, cushion.reserveShares());
        paid = Rounding.mulDivDown(gross, Rounding.monus(fund, claims), fund);
    }

    // ---------------------------------------------------------------- checks

    function _requireOwnerOrOperator(address owner) internal view {
        if (msg.sender != owner && !_operators[owner][msg.sender]) revert NotAuthorised(msg.sender, owner);
    }

    /// Tokens sent to the pool or the fund would be nobody's.
    function _requireReceiver(address receiver) internal view {
        if (receiver == address(0) || _isCover(receiver)) revert InvalidAddress(receiver);
    }

    function _isPaused(Config config) internal view returns (bool) {
        return config.isPaused() && block.timestamp < _pausedUntil;
    }
}
