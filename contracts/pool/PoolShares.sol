// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

import {CertificateBook, Certificates} from "../libraries/Certificates.sol";
import {BPS, MAX_FEE_UNITS, MAX_SHARES, VIRTUAL_SHARES} from "../libraries/Constants.sol";
import {Book, Cushion, FundBook, Meter} from "./PackedState.sol";
import {PoolPricing} from "./PoolPricing.sol";
import {Account} from "./PoolStorage.sol";

/// @notice The share token. OpenZeppelin's logic for transfers, approvals and permits over the pool's packed balances;
/// the hook that settles certificates; and the moment at which fees become shares.
abstract contract PoolShares is PoolPricing, ERC20Permit {
    using Certificates for CertificateBook;

    uint256 private constant LOSS_SEEN_OFFSET = 112;
    uint256 private constant LOSS_SEEN_MASK = uint256(type(uint128).max) << LOSS_SEEN_OFFSET;

    // ---------------------------------------------------------------- ERC-20 over packed words

    function decimals() public view override returns (uint8) {
        return _assetDecimals() + 6; // a token buys 1e6 times as many share units: VIRTUAL_SHARES
    }

    function totalSupply() public view override returns (uint256) {
        return _meter.shares();
    }

    function balanceOf(address account) public view override returns (uint256) {
        if (account == address(this)) return _cushion.reserveShares();
        if (account == _fund()) return _cushion.fundShares();
        return _accounts[account].word & MAX_SHARES;
    }

    /// @dev Only transfers come here; the pool mints and burns on its own words.
    function _update(address from, address to, uint256 shares) internal override {
        if (_isCover(to)) {
            _cover(from, to, shares);
        } else {
            uint256 lossPerShare = _certificates.lossPerShare;
            _takeShares(from, shares, lossPerShare);
            _giveShares(to, shares, lossPerShare);
        }
        emit Transfer(from, to, shares);
    }

    /// Shares of the pool's and the fund's address are cover, which no transfer takes out again. Pending fees become
    /// shares first, so that a gift earns nothing of them.
    function _cover(address from, address to, uint256 shares) private {
        _requireUnlocked();
        _crystallise();
        _takeShares(from, shares, _certificates.lossPerShare);
        Cushion cushion = _cushion;
        uint256 reserve = cushion.reserveShares();
        uint256 fund = cushion.fundShares();
        _cushion =
            to == address(this)
                ? cushion.withShares(reserve + shares, fund)
                : cushion.withShares(reserve, fund + shares);
    }

    function _isCover(address account) internal view returns (bool) {
        return account == address(this) || account == _fund();
    }

    // ---------------------------------------------------------------- balances of suppliers

    /// The certificates' loss per share, as far as a caller with the book at hand has to know: nothing is read until
    /// there has been a haircut.
    function _lossPerShare(Book book) internal view returns (uint256) {
        return book.hasHaircut() ? _certificates.lossPerShare : 0;
    }

    /// Adds to a supplier's balance. It is part of the supply, which the meter keeps within its field.
    function _giveShares(address to, uint256 shares, uint256 lossPerShare) internal {
        Account storage account = _accounts[to];
        uint256 word = _settled(to, account.word, lossPerShare);
        unchecked {
            account.word = word + shares;
        }
    }

    function _takeShares(address from, uint256 shares, uint256 lossPerShare) internal {
        Account storage account = _accounts[from];
        uint256 word = account.word;
        uint256 balance = word & MAX_SHARES;
        if (shares > balance) revert ERC20InsufficientBalance(from, balance, shares);
        word = _settled(from, word, lossPerShare);
        unchecked {
            account.word = word - shares;
        }
    }

    /// Before a balance changes, its holder is credited with the haircuts it bore.
    function _settled(address holder, uint256 word, uint256 lossPerShare) private returns (uint256) {
        if (word >> LOSS_SEEN_OFFSET == lossPerShare) return word;
        _certificates.settle(holder, word & MAX_SHARES, word >> LOSS_SEEN_OFFSET);
        return (word & ~LOSS_SEEN_MASK) | (lossPerShare << LOSS_SEEN_OFFSET);
    }

    /// A holder's shares, and up to which haircut it is settled.
    function _account(address holder) internal view returns (uint256 shares, uint256 lossSeen) {
        uint256 word = _accounts[holder].word;
        return (word & MAX_SHARES, word >> LOSS_SEEN_OFFSET);
    }

    /// Marks a holder as settled to the last haircut.
    function _markSettled(address holder) internal {
        uint256 lossPerShare = _certificates.lossPerShare;
        Account storage account = _accounts[holder];
        account.word = (account.word & ~LOSS_SEEN_MASK) | (lossPerShare << LOSS_SEEN_OFFSET);
    }

    // ---------------------------------------------------------------- fees become shares

    /// Interest up to now, stored; and pending fees as shares.
    function _crystallise() internal returns (Book book, Meter meter) {
        (book, meter) = _accrued();
        (book, meter) = _crystallised(book, meter);
        _store(book, meter);
    }

    function _crystallised(Book book, Meter meter) internal returns (Book, Meter) {
        if (_pendingFees(book) != 0) {
            Crystal memory crystal = _crystal(book, meter, _grossAssets(book, meter));
            meter = meter.addShares(crystal.shares - meter.shares());
            _cushion = _cushion.withShares(crystal.reserveShares, crystal.fundShares);
            _reportCrystal(crystal.mintedToReserve, crystal.mintedToFund);
        }
        return (book.withFeeUnits(0), _restartFees(meter));
    }

    function _reportCrystal(uint256 toReserve, uint256 toFund) internal {
        emit FeesCrystallised(toReserve, toFund);
        if (toReserve != 0) emit Transfer(address(0), address(this), toReserve);
        if (toFund != 0) emit Transfer(address(0), _fund(), toFund);
    }

    /// From here the reserve takes its part of the interest only while it is under its target, and the fund's yield
    /// counts from now.
    function _restartFees(Meter meter) internal returns (Meter) {
        FundBook fundBook = _fundBook;
        if (fundBook.lastPremium() != block.timestamp) {
            fundBook = fundBook.withLastPremium(block.timestamp);
            _fundBook = fundBook;
        }
        return meter.withFeePercent(_feePercentNow(fundBook, _cushion.reserveShares(), meter.shares()));
    }

    function _feePercentNow(FundBook fundBook, uint256 reserveShares, uint256 shares) internal pure returns (uint256) {
        bool isFull = reserveShares * BPS >= (shares + VIRTUAL_SHARES) * fundBook.reserveTargetBps();
        return fundBook.fundFeePercent() + (isFull ? 0 : fundBook.reserveFeePercent());
    }

    /// Stores both hot words. A fee counter more than half full becomes shares first, so that it never overflows.
    function _store(Book book, Meter meter) internal {
        if (book.feeUnits() > MAX_FEE_UNITS / 2) (book, meter) = _crystallised(book, meter);
        _book = book;
        _meter = meter;
    }
}
