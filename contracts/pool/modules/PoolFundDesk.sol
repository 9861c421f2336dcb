// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {FUND_MAX_INDEX_RAY, RAY} from "../../libraries/Constants.sol";
import {Rounding} from "../../libraries/Rounding.sol";
import {Book, Cushion, FundBook, Meter} from "../PackedState.sol";
import {PoolEstate} from "./PoolEstate.sol";

/// @notice The insurance fund's side of the book: who stays, who is cooling, and what a leaver gets. Kept here, so that
/// a slash is a line in the pool's own storage and calls nobody. Who owns what is the fund's business.
abstract contract PoolFundDesk is PoolEstate {
    modifier onlyFund() {
        if (msg.sender != _fund()) revert NotFund(msg.sender);
        _;
    }

    function startCooling(uint256 shares) external locked onlyFund returns (uint256 units) {
        _crystallise();
        FundBook fundBook = _fundBook;
        uint256 active = _cushion.fundShares() - _coolingShares(fundBook);
        if (shares > active) revert AboveMaximum(shares, active);
        units = Rounding.mulDivDown(shares, RAY, _indexOf(fundBook.generation()));
        _fundBook = fundBook.withCoolingUnits(fundBook.coolingUnits() + units);
    }

    function stopCooling(uint256 units) external locked onlyFund returns (uint256 shares) {
        _crystallise();
        FundBook fundBook = _takeUnits(units);
        shares = Rounding.mulDivDown(units, _indexOf(fundBook.generation()), RAY);
        _fundBook = fundBook;
    }

    function leaveFund(
        uint256 units,
        uint256 minShares,
        address receiver
    ) external locked onlyFund returns (uint256 shares) {
        _requireReceiver(receiver);
        (Book book, Meter meter) = _crystallise();
        FundBook fundBook = _takeUnits(units);
        Cushion cushion = _cushion;
        uint256 gross;
        (gross, shares) = _leaving(book, meter, cushion, units, _indexOf(fundBook.generation()));
        if (shares < minShares) revert BelowMinimum(shares, minShares);

        _fundBook = fundBook;
        _cushion = _withoutLeaver(fundBook.generation(), cushion, gross, shares);
        _giveShares(receiver, shares, _lossPerShare(book));
        emit FundLeft(receiver, units, gross, shares);
        emit Transfer(_fund(), receiver, shares);
    }

    function _takeUnits(uint256 units) private view returns (FundBook) {
        FundBook fundBook = _fundBook;
        uint256 cooling = fundBook.coolingUnits();
        if (units > cooling) revert AboveMaximum(units, cooling);
        return fundBook.withCoolingUnits(cooling - units);
    }

    /// What was withheld falls to all who stay, active and cooling alike: the index of cooling shares rises with the
    /// fund. Where nobody stays, or too little to share it among, it is the reserve's.
    function _withoutLeaver(
        uint256 generation,
        Cushion cushion,
        uint256 gross,
        uint256 paid
    ) private returns (Cushion) {
        uint256 fund = cushion.fundShares();
        uint256 reserve = cushion.reserveShares();
        if (gross == paid) return cushion.withShares(reserve, fund - paid);

        uint256 index =
            fund == gross ? type(uint256).max : Rounding.mulDivDown(_indexOf(generation), fund - paid, fund - gross);
        if (index <= FUND_MAX_INDEX_RAY) {
            _coolingIndexRay[generation] = index;
            return cushion.withShares(reserve, fund - paid);
        }
        emit Transfer(_fund(), address(this), gross - paid);
        return cushion.withShares(reserve + gross - paid, fund - gross);
    }
}
