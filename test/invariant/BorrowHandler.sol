// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Actor} from "./Actor.sol";
import {fail} from "./Cheats.sol";
import {SupplyHandler} from "./SupplyHandler.sol";

/// @title What borrowers do, and who acts for them
abstract contract BorrowHandler is SupplyHandler {
    function supplyCollateral(uint256 seed) external step(seed) {
        Actor who = _someone();
        address onBehalf = address(_oneIn(4) ? _someone() : who);
        _touch(onBehalf);
        uint256 amount = _upTo(_coins());
        (bool ok, ) = _send(who, address(pool), abi.encodeCall(pool.supplyCollateral, (amount, onBehalf)));
        if (ok != (amount != 0)) fail("G-1: collateral was refused", amount, 0);
    }

    function withdrawCollateral(uint256 seed) external step(seed) {
        Actor who = _someone();
        address onBehalf = address(_oneIn(8) ? _someone() : who);
        Loan memory loan = _loan(onBehalf);
        if (loan.collateral == 0 && !_oneIn(8)) return;
        _touch(onBehalf);
        uint256 amount = _upTo(_oneIn(2) ? loan.collateral : loan.collateral / 4);
        bool mayAct = onBehalf == address(who) || pool.isOperator(onBehalf, address(who));
        bytes memory data = abi.encodeCall(pool.withdrawCollateral, (amount, onBehalf, address(_someone())));
        (bool ok, ) = _send(who, address(pool), data);
        if (ok && !mayAct) fail("G-1: a stranger took collateral", amount, 0);
        if (ok && loan.debtShares != 0) _requireHealthy(onBehalf);
        if (!ok && loan.debtShares == 0 && amount != 0 && mayAct)
            fail("G-1: collateral without debt was kept", amount, 0);
    }

    function borrow(uint256 seed) external step(seed) {
        Actor who = _someone();
        address onBehalf = address(_oneIn(8) ? _someone() : who);
        uint256 assets = _oneIn(8) ? _assets() : _upTo(_room(onBehalf));
        _borrow(who, onBehalf, assets);
    }

    /// Collateral and loan at once, near the limit: without it few would borrow.
    function openLoan(uint256 seed) external step(seed) {
        Actor who = _someone();
        _openLoan(who, 7_000 + _random(1_000));
    }

    function repay(uint256 seed) external step(seed) {
        Actor who = _someone();
        address onBehalf = _debtor();
        (uint256 debt, , , , ) = pool.position(onBehalf);
        _touch(onBehalf);
        uint256 assets = _oneIn(3) ? MAX : _upTo(debt);
        (bool ok, ) = _send(who, address(pool), abi.encodeCall(pool.repay, (assets, onBehalf)));
        bool mustWork = debt != 0 && assets != 0 && (assets >= debt || debt - assets >= minDebt);
        if (mustWork && !ok) fail("G-1: a repayment was refused", assets, debt);
    }

    function setOperator(uint256 seed) external step(seed) {
        Actor owner = _someone();
        Actor operator = _someone();
        bool approved = _oneIn(2);
        if (_oneIn(2)) {
            _send(owner, address(pool), abi.encodeCall(pool.setOperator, (address(operator), approved)));
            return;
        }
        // The actors sign everything, so anyone can bring this. Expired it is refused.
        bool isLate = _oneIn(4);
        bytes memory data = abi.encodeCall(
            pool.setOperatorWithSig,
            (address(owner), address(operator), approved, isLate ? time - 1 : time, "")
        );
        (bool ok, ) = _send(_someone(), address(pool), data);
        if (ok == isLate) fail("G-1: a signature", isLate ? 1 : 0, time);
    }

    // ---------------------------------------------------------------- shared

    function _borrow(Actor who, address onBehalf, uint256 assets) internal returns (bool ok) {
        bool mayAct = onBehalf == address(who) || pool.isOperator(onBehalf, address(who));
        _touch(onBehalf);
        (ok, ) = _send(who, address(pool), abi.encodeCall(pool.borrow, (assets, onBehalf, address(who))));
        if (ok && !mayAct) fail("G-1: a stranger borrowed", assets, 0);
        if (ok) _requireHealthy(onBehalf);
    }

    function _openLoan(Actor who, uint256 ltvBps) internal returns (bool) {
        uint256 collateral_ = _random(200 * coin) + coin / 10;
        _touch(address(who));
        _send(who, address(pool), abi.encodeCall(pool.supplyCollateral, (collateral_, address(who))));
        return _borrow(who, address(who), (_room(address(who)) * ltvBps) / 8_000);
    }

    /// L-3: within borrowLtv at the low price.
    function _requireHealthy(address borrower) private view {
        (uint256 debt, uint256 collateral_, , , ) = pool.position(borrower);
        (uint256 low, , bool ok) = pool.currentPrice();
        (, uint256 borrowLtvBps, , , , , , , , , ) = pool.config();
        if (!ok || debt * (PRICE_SCALE * BPS) > collateral_ * low * borrowLtvBps) {
            fail("L-3: a position beyond borrowLtv after its owner's call", debt, collateral_);
        }
        if (debt != 0 && debt < minDebt) fail("L-3: a debt under the minimum", debt, minDebt);
    }

    /// Someone in debt, if there is anyone.
    function _debtor() internal returns (address borrower) {
        uint256 from = _random(PEOPLE);
        for (uint256 i; i < PEOPLE; ++i) {
            borrower = address(people[(from + i) % PEOPLE]);
            if (_loan(borrower).debtShares != 0) return borrower;
        }
    }

    /// What can still be borrowed.
    function _room(address borrower) internal view returns (uint256) {
        Loan memory loan = _loan(borrower);
        Totals memory t = _totals();
        (uint256 low, , ) = pool.currentPrice();
        (, uint256 borrowLtvBps, , , , , , , , , ) = pool.config();
        uint256 most = (loan.collateral * low * borrowLtvBps) / (PRICE_SCALE * BPS);
        uint256 debt = _debtUp(loan.debtShares, t.index);
        most = most > debt ? most - debt : 0;
        return most > t.cash ? t.cash : most;
    }

    function _coins() private returns (uint256) {
        return _oneIn(8) ? _random(1_000) : _random(100 * coin);
    }
}
