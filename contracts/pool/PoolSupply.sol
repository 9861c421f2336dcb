// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {DUST_DIVISOR, MAX_CASH, MAX_SHARES} from "../libraries/Constants.sol";
import {Rounding} from "../libraries/Rounding.sol";
import {Book, Config, Meter, _requireFits} from "./PackedState.sol";
import {PoolCore} from "./PoolCore.sol";

/// @notice What suppliers do: deposits at the gross price, exits at the exit price; and the ERC-3156 flash loan.
abstract contract PoolSupply is PoolCore {
    using SafeERC20 for IERC20;

    bytes32 private constant FLASH_LOAN_MAGIC = keccak256("ERC3156FlashBorrower.onFlashLoan");

    // ---------------------------------------------------------------- in

    function deposit(uint256 assets, address receiver) external returns (uint256 shares) {
        return _deposit(assets, receiver, 0);
    }

    function deposit(uint256 assets, address receiver, uint256 minShares) external returns (uint256 shares) {
        return _deposit(assets, receiver, minShares);
    }

    function mint(uint256 shares, address receiver) external returns (uint256 assets) {
        return _mintShares(shares, receiver, type(uint256).max);
    }

    function mint(uint256 shares, address receiver, uint256 maxAssets) external returns (uint256 assets) {
        return _mintShares(shares, receiver, maxAssets);
    }

    function _deposit(uint256 assets, address receiver, uint256 minShares) private locked returns (uint256 shares) {
        (Book book, Meter meter) = _accrued();
        uint256 grossAssets = _grossAssets(book, meter);
        _requireFits(assets, MAX_CASH);
        shares = _sharesForDown(assets, meter, grossAssets);
        if (shares < minShares) revert BelowMinimum(shares, minShares);
        _enter(book, meter, grossAssets, assets, shares, receiver);
    }

    function _mintShares(uint256 shares, address receiver, uint256 maxAssets) private locked returns (uint256 assets) {
        (Book book, Meter meter) = _accrued();
        uint256 grossAssets = _grossAssets(book, meter);
        _requireFits(shares, MAX_SHARES);
        assets = _assetsForUp(shares, meter, grossAssets);
        if (assets > maxAssets) revert AboveMaximum(assets, maxAssets);
        _enter(book, meter, grossAssets, assets, shares, receiver);
    }

    function _enter(
        Book book,
        Meter meter,
        uint256 grossAssets,
        uint256 assets,
        uint256 shares,
        address receiver
    ) private {
        if (assets == 0 || shares == 0) revert ZeroAmount();
        _requireReceiver(receiver); // shares of the pool's and the fund's address are cover, not a deposit
        _requireOpen(book, meter, grossAssets, assets);

        _store(book.addCash(assets), meter.addShares(shares));
        _giveShares(receiver, shares, _lossPerShare(book));
        emit Transfer(address(0), receiver, shares);
        emit IERC4626.Deposit(msg.sender, receiver, assets, shares);
        _asset().safeTransferFrom(msg.sender, address(this), assets);
    }

    /// Deposits pay the gross price, so they stop where it would charge the newcomer for an old shortfall.
    function _requireOpen(Book book, Meter meter, uint256 grossAssets, uint256 assets) private view {
        unchecked {
            Config config = _config;
            if (_isPaused(config)) revert PoolPaused();
            if (config.isClosed() || _isBelowMintingPrice(grossAssets, meter.shares())) revert PoolClosed();
            uint256 cap = config.supplyCapTokens() * _wholeToken();
            if (grossAssets + assets > cap) revert SupplyCapExceeded(grossAssets + assets, cap);
            (uint256 low, ) = _okPrice(config);
            uint256 shortfall = _shortfall(book, meter, low);
            if (shortfall != 0) {
                uint256 uncovered = _exit(book, meter, shortfall).uncoveredAssets;
                uint256 limit = grossAssets / DUST_DIVISOR;
                if (uncovered > limit) revert UncoveredShortfall(uncovered, limit);
            }
        }
    }

    // ---------------------------------------------------------------- out

    function withdraw(uint256 assets, address receiver, address owner) external returns (uint256 shares) {
        return _withdraw(assets, receiver, owner, type(uint256).max);
    }

    function withdraw(
        uint256 assets,
        address receiver,
        address owner,
        uint256 maxShares
    ) external returns (uint256 shares) {
        return _withdraw(assets, receiver, owner, maxShares);
    }

    function redeem(uint256 shares, address receiver, address owner) external returns (uint256 assets) {
        return _redeem(shares, receiver, owner, 0);
    }

    function redeem(
        uint256 shares,
        address receiver,
        address owner,
        uint256 minAssets
    ) external returns (uint256 assets) {
        return _redeem(shares, receiver, owner, minAssets);
    }

    function _withdraw(
        uint256 assets,
        address receiver,
        address owner,
        uint256 maxShares
    ) private locked returns (uint256 shares) {
        (Book book, Meter meter) = _accrued();
        if (assets > book.cash()) revert InsufficientCash(assets, book.cash());
        Exit memory exit = _exitNow(book, meter);
        shares = Rounding.mulDivUp(assets, exit.shares, exit.assets);
        if (shares > maxShares) revert AboveMaximum(shares, maxShares);
        _leave(book, meter, assets, shares, receiver, owner);
    }

    function _redeem(
        uint256 shares,
        address receiver,
        address owner,
        uint256 minAssets
    ) private locked returns (uint256 assets) {
        (Book book, Meter meter) = _accrued();
        _requireFits(shares, MAX_SHARES);
        Exit memory exit = _exitNow(book, meter);
        assets = Rounding.mulDivDown(shares, exit.assets, exit.shares);
        if (assets < minAssets) revert BelowMinimum(assets, minAssets);
        _leave(book, meter, assets, shares, receiver, owner);
    }

    function _leave(Book book, Meter meter, uint256 assets, uint256 shares, address receiver, address owner) private {
        if (assets == 0 || shares == 0) revert ZeroAmount();
        _requireReceiver(receiver);
        if (msg.sender != owner) _spendAllowance(owner, msg.sender, shares);

        _takeShares(owner, shares, _lossPerShare(book));
        _store(book.subCash(assets), meter.subShares(shares));
        emit Transfer(owner, address(0), shares);
        emit IERC4626.Withdraw(msg.sender, receiver, owner, assets, shares);
        _asset().safeTransfer(receiver, assets);
    }

    // ---------------------------------------------------------------- ERC-3156

    /// @dev Free of charge. Nothing else of the pool can be used meanwhile.
    function flashLoan(
        IERC3156FlashBorrower receiver,
        address token,
        uint256 assets,
        bytes calldata data
    ) external locked returns (bool) {
        if (token != address(_asset())) revert UnsupportedToken(token);
        if (assets == 0) revert ZeroAmount();
        uint256 cash = _book.cash();
        if (assets > cash) revert InsufficientCash(assets, cash);

        _asset().safeTransfer(address(receiver), assets);
        bytes32 returned = receiver.onFlashLoan(msg.sender, token, assets, 0, data);
        if (returned != FLASH_LOAN_MAGIC) revert FlashLoanRejected(returned);
        _asset().safeTransferFrom(address(receiver), address(this), assets);
        return true;
    }
}
