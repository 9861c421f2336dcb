// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {CertificateBook, Certificates} from "../../libraries/Certificates.sol";
import {Book, Cushion, Meter} from "../PackedState.sol";
import {PoolFundDesk} from "./PoolFundDesk.sol";

/// @notice Money that comes back after a loss. It goes to those who bore the haircuts, whether they still hold shares
/// or not; what exceeds all that is owed is the reserve's. Reserve and fund get nothing back directly.
abstract contract PoolRecovery is PoolFundDesk {
    using SafeERC20 for IERC20;
    using Certificates for CertificateBook;

    function recover(uint256 assets) external locked {
        if (assets == 0) revert ZeroAmount();
        (Book book, Meter meter) = _accrued();
        (book, meter) = _recover(book, meter, assets);
        _store(book, meter);
        _asset().safeTransferFrom(msg.sender, address(this), assets);
    }

    /// @dev Paid to the holder itself, and only at its own or its operator's call: pushed to an exchange pair, anyone
    /// could skim it.
    function claimRecovery(address holder) external locked returns (uint256 assets) {
        _requireOwnerOrOperator(holder);
        (uint256 shares, uint256 lossSeen) = _account(holder);
        assets = _certificates.claim(holder, shares, lossSeen);
        _markSettled(holder);
        if (assets == 0) return 0;
        emit RecoveryClaimed(holder, assets);
        _asset().safeTransfer(holder, assets);
    }

    function topUpReserve(uint256 assets) external locked {
        if (assets == 0) revert ZeroAmount();
        (Book book, Meter meter) = _accrued();
        uint256 shares;
        (book, meter, shares) = _toReserve(book, meter, assets);
        _store(book, meter);
        emit ReserveToppedUp(msg.sender, assets, shares);
        _asset().safeTransferFrom(msg.sender, address(this), assets);
    }

    function _recover(Book book, Meter meter, uint256 assets) internal override returns (Book, Meter) {
        uint256 taken = book.hasHaircut() ? _certificates.repay(assets) : 0;
        emit Recovered(msg.sender, taken, assets - taken);
        if (assets != taken) (book, meter, ) = _toReserve(book, meter, assets - taken);
        return (book, meter);
    }

    /// Cash against shares of the reserve, at the gross price; below a thousandth of the first price without shares, in
    /// favour of all.
    function _toReserve(Book book, Meter meter, uint256 assets) private returns (Book, Meter, uint256 shares) {
        shares = _mintableShares(assets, _grossAssets(book, meter), meter.shares());
        book = book.addCash(assets);
        if (shares == 0) return (book, meter, 0);
        Cushion cushion = _cushion;
        _cushion = cushion.withShares(cushion.reserveShares() + shares, cushion.fundShares());
        emit Transfer(address(0), address(this), shares);
        return (book, meter.addShares(shares), shares);
    }
}
