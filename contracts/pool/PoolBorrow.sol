// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

import {BPS, MAX_COLLATERAL, PRICE_SCALE, WAD} from "../libraries/Constants.sol";
import {LiquidationMath} from "../libraries/LiquidationMath.sol";
import {Rounding} from "../libraries/Rounding.sol";
import {ShortfallLedger, TickLedger} from "../libraries/ShortfallLedger.sol";
import {Book, Config, Meter, Position, PositionLib, _requireFits} from "./PackedState.sol";
import {PositionSlot} from "./PoolStorage.sol";
import {PoolSupply} from "./PoolSupply.sol";

/// @notice What borrowers do: collateral in and out, borrow, repay; and who may act for them.
abstract contract PoolBorrow is PoolSupply {
    using SafeERC20 for IERC20;
    using ShortfallLedger for TickLedger;

    bytes32 private constant SET_OPERATOR_TYPEHASH = keccak256(
        "SetOperator(address owner,address operator,bool approved,uint256 nonce,uint256 deadline)"
    );

    // ---------------------------------------------------------------- collateral

    function supplyCollateral(uint256 amount, address onBehalf) external locked {
        if (amount == 0) revert ZeroAmount();
        if (onBehalf == address(0)) revert InvalidAddress(onBehalf);
        PositionSlot storage slot = _positions[onBehalf];
        Position position = slot.word;
        uint256 collateral = position.collateral() + amount;
        uint256 debtShares = position.debtShares();
        _requireFits(collateral, MAX_COLLATERAL);
        if (collateral > _collateralCap()) revert CollateralCapExceeded(collateral, _collateralCap());

        if (debtShares == 0) {
            slot.word = PositionLib.withoutDebt(collateral);
        } else {
            Book book = _book;
            Book moved = _place(book, slot, position, debtShares, collateral);
            if (Book.unwrap(moved) != Book.unwrap(book)) _book = moved;
            if (position.isFlagged()) _unflagIfCured(onBehalf);
        }
        emit CollateralSupplied(msg.sender, onBehalf, amount);
        _collateral().safeTransferFrom(msg.sender, address(this), amount);
        // A cap, not accounting: whoever gives tokens away can only fill it. A debtor may always add.
        if (debtShares == 0) _requireWithinCollateralCap();
    }

    function withdrawCollateral(uint256 amount, address onBehalf, address receiver) external locked {
        if (amount == 0) revert ZeroAmount();
        _requireReceiver(receiver);
        _requireOwnerOrOperator(onBehalf);
        PositionSlot storage slot = _positions[onBehalf];
        Position position = slot.word;
        uint256 collateral = position.collateral();
        if (amount > collateral) revert InsufficientCollateral(amount, collateral);
        unchecked {
            collateral -= amount;
        }
        uint256 debtShares = position.debtShares();
        if (debtShares == 0) {
            slot.word = PositionLib.withoutDebt(collateral);
        } else {
            // Interest is needed for the check only: nothing of it is stored.
            (, Meter meter) = _accrued();
            Config config = _config;
            (uint256 low, ) = _okPrice(config);
            _requireHealthy(config, _debtAssetsUp(debtShares, meter), collateral, low);
            Book book = _book;
            Book moved = _place(book, slot, position.raised(block.timestamp), position, debtShares, collateral);
            if (Book.unwrap(moved) != Book.unwrap(book)) _book = moved;
            if (position.isFlagged()) emit Unflagged(onBehalf);
        }
        emit CollateralWithdrawn(msg.sender, onBehalf, receiver, amount);
        _collateral().safeTransfer(receiver, amount);
    }

    // ---------------------------------------------------------------- debt

    function borrow(uint256 assets, address onBehalf, address receiver) external locked returns (uint256 debtShares) {
        if (assets == 0) revert ZeroAmount();
        _requireReceiver(receiver);
        _requireOwnerOrOperator(onBehalf);
        (Book book, Meter meter) = _accrued();
        book = book.subCash(assets);
        debtShares = Rounding.mulDivUp(assets, WAD, meter.borrowIndex());
        PositionSlot storage slot = _positions[onBehalf];
        Position position = slot.word;
        uint256 collateral = position.collateral();
        uint256 positionShares = position.debtShares() + debtShares;
        book = book.addDebtShares(debtShares);
        _requireBorrowable(book, meter, _debtAssetsUp(positionShares, meter), collateral);

        _store(_place(book, slot, position.raised(block.timestamp), position, positionShares, collateral), meter);
        if (position.isFlagged()) emit Unflagged(onBehalf);
        emit Borrowed(msg.sender, onBehalf, receiver, assets, debtShares);
        _asset().safeTransfer(receiver, assets);
    }

    function _requireBorrowable(Book book, Meter meter, uint256 debtAssets, uint256 collateral) private view {
        unchecked {
            Config config = _config;
            if (_isPaused(config)) revert PoolPaused();
            if (book.isBorrowingHalted()) revert BorrowingHalted();
            uint256 cap = config.borrowCapTokens() * _wholeToken();
            uint256 debt = _debtOutstanding(book, meter);
            if (debt > cap) revert BorrowCapExceeded(debt, cap);
            if (debtAssets < _minDebt()) revert DebtBelowMinimum(debtAssets, _minDebt());
            (uint256 low, uint256 high) = _okPrice(config);
            if (high * BPS > low * (BPS + _maxDeviationBps())) revert PricesTooFarApart(low, high);
            _requireHealthy(config, debtAssets, collateral, low);
        }
    }

    function repay(uint256 assets, address onBehalf) external locked returns (uint256 repaidAssets) {
        if (assets == 0) revert ZeroAmount();
        (Book book, Meter meter) = _accrued();
        PositionSlot storage slot = _positions[onBehalf];
        Position position = slot.word;
        uint256 debtShares = position.debtShares();
        if (debtShares == 0) revert NoDebt(onBehalf);
        uint256 debt = _debtAssetsUp(debtShares, meter);
        uint256 cancelled;
        if (assets >= debt) {
            (repaidAssets, cancelled) = (debt, debtShares);
        } else {
            repaidAssets = assets;
            cancelled = Rounding.mulDivDown(assets, WAD, meter.borrowIndex());
            uint256 rest = _debtAssetsUp(debtShares - cancelled, meter);
            if (rest < _minDebt()) revert DebtBelowMinimum(rest, _minDebt());
        }

        book = book.subDebtShares(cancelled).addCash(repaidAssets);
        _store(_place(book, slot, position, debtShares - cancelled, position.collateral()), meter);
        if (position.isFlagged()) _unflagIfCured(onBehalf);
        emit Repaid(msg.sender, onBehalf, repaidAssets, cancelled);
        _asset().safeTransferFrom(msg.sender, address(this), repaidAssets);
    }

    // ---------------------------------------------------------------- operators

    function setOperator(address operator, bool approved) external {
        _setOperator(msg.sender, operator, approved);
    }

    function setOperatorWithSig(
        address owner,
        address operator,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external {
        if (block.timestamp > deadline) revert SignatureExpired(deadline, block.timestamp);
        bytes32 digest = _hashTypedDataV4(
            keccak256(abi.encode(SET_OPERATOR_TYPEHASH, owner, operator, approved, _useNonce(owner), deadline))
        );
        if (!SignatureChecker.isValidSignatureNow(owner, digest, signature)) revert SignatureInvalid(owner);
        _setOperator(owner, operator, approved);
    }

    function _setOperator(address owner, address operator, bool approved) private {
        _operators[owner][operator] = approved;
        emit OperatorSet(owner, operator, approved);
    }

    // ---------------------------------------------------------------- checks

    function _requireHealthy(Config config, uint256 debtAssets, uint256 collateral, uint256 low) private pure {
        unchecked {
            uint256 value = collateral * low;
            if (LiquidationMath.exceeds(debtAssets, value, config.borrowLtvBps())) {
                revert PositionUnhealthy(debtAssets, (value * config.borrowLtvBps()) / (PRICE_SCALE * BPS));
            }
        }
    }

    function _requireWithinCollateralCap() private view {
        uint256 held = _collateral().balanceOf(address(this));
        if (held > _collateralCap()) revert CollateralCapExceeded(held, _collateralCap());
    }
}
