// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {PositionStatus} from "../../contracts/interfaces/ILendingPool.sol";
import {Actor} from "./Actor.sol";
import {BorrowHandler} from "./BorrowHandler.sol";
import {fail} from "./Cheats.sol";

/// @title Liquidation, foreclosure, the estate, and recoveries
abstract contract LiquidationHandler is BorrowHandler {
    /// A liquidation as it was asked for, and the position before it.
    struct Attempt {
        address borrower;
        uint256 most;
        Loan loan;
        uint256 debt;
        uint256 index;
        bool isEligible;
        bool isInsolvent;
        Before b;
    }

    // ---------------------------------------------------------------- liquidate

    function liquidate(uint256 seed) external step(seed) {
        address borrower = _find(PositionStatus.Liquidatable);
        (uint256 debt, , , , ) = pool.position(borrower);
        uint256 most = _oneIn(2) ? MAX : _upTo(debt);
        bytes memory data;
        if (_oneIn(3)) data = _intrusion();
        _liquidate(_someone(), borrower, most, _oneIn(16) ? MAX : 0, data);
    }

    /// L-2: in parts it loses what it loses in whole.
    function liquidateInParts(uint256 seed) external step(seed) {
        address borrower = _find(PositionStatus.Insolvent);
        (uint256 repaid, , uint256 whole) = pool.previewLiquidation(borrower, MAX);
        if (whole == 0) return;
        uint256 parts = 2 + _random(4);
        uint256 lost;
        for (uint256 i = 1; i <= parts; ++i) {
            uint256 most = i == parts ? MAX : (repaid / parts) + _random(1_000);
            (bool ok, uint256 loss) = _liquidate(_someone(), borrower, most, 0, "");
            if (ok) lost += loss;
        }
        if (_loan(borrower).debtShares != 0) return;
        // A part rounds its payment up by a wei and its debt by a debt share.
        (, , , uint256 index, , , ) = pool.totals();
        uint256 tolerance = parts * (3 + index / WAD);
        if (lost > whole + tolerance || whole > lost + tolerance)
            fail("L-2: parts lost what the whole does not", lost, whole);
        ++paths[uint256(Path.LossInParts)];
    }

    /// L-2: whatever a stranger does to it first, a position that stays over its lltv can be liquidated.
    function meddleAndLiquidate(uint256 seed) external step(seed) {
        address borrower = _find(PositionStatus.Liquidatable);
        if (!_isEligible(borrower)) return;
        Actor stranger = _someone();
        if (address(stranger) == borrower) return;
        _touch(borrower);
        uint256 kind = _random(5);
        if (kind == 0) _send(stranger, address(pool), abi.encodeCall(pool.supplyCollateral, (1, borrower)));
        if (kind == 1) _send(stranger, address(pool), abi.encodeCall(pool.repay, (1, borrower)));
        if (kind == 2) _send(stranger, address(pool), abi.encodeCall(pool.flag, (borrower)));
        if (kind == 3) {
            _send(stranger, address(pool), abi.encodeCall(pool.flag, (borrower)));
            _send(stranger, address(pool), abi.encodeCall(pool.unflag, (borrower)));
        }
        if (kind == 4) _liquidate(stranger, borrower, minDebt, 0, "");
        (, , , PositionStatus status, ) = pool.position(borrower);
        if (status < PositionStatus.Liquidatable) return;
        (bool ok, ) = _liquidate(_someone(), borrower, MAX, 0, "");
        if (!ok) fail("L-2: a stranger's call keeps a position from being liquidated", kind, uint256(status));
    }

    function _liquidate(
        Actor who,
        address borrower,
        uint256 most,
        uint256 least,
        bytes memory data
    ) internal returns (bool ok, uint256 loss) {
        Attempt memory a = _attempt(borrower, most);
        bytes memory returned;
        (ok, returned) = _send(
            who,
            address(pool),
            abi.encodeCall(pool.liquidate, (borrower, most, least, address(_someone()), data))
        );
        if (!ok) {
            if (a.isEligible && most == MAX && least == 0)
                fail("W-4: an eligible position was not liquidated", a.debt, a.loan.collateral);
            return (false, 0);
        }
        uint256 repaid;
        uint256 seized;
        (repaid, seized, loss) = abi.decode(returned, (uint256, uint256, uint256));
        if (!a.isEligible) fail("L-2: liquidated though not eligible", a.debt, a.loan.collateral);
        _afterLiquidation(a, repaid, seized, loss);
    }

    function _attempt(address borrower, uint256 most) private returns (Attempt memory a) {
        (a.borrower, a.most) = (borrower, most);
        a.loan = _loan(borrower);
        PositionStatus status;
        (a.debt, , , status, ) = pool.position(borrower);
        (, , , a.index, , , ) = pool.totals();
        a.isInsolvent = status == PositionStatus.Insolvent;
        a.isEligible = _isEligible(borrower);
        _touch(borrower);
        if (a.isEligible) a.b = _beforeLoss();
    }

    function _afterLiquidation(Attempt memory a, uint256 repaid, uint256 seized, uint256 lossAssets) private {
        Loss memory loss = _afterLoss(a.b, lossAssets);
        Loan memory left = _loan(a.borrower);
        if (repaid > a.most) fail("L-1: paid more than allowed", repaid, a.most);
        if (a.isInsolvent) {
            _requireSame(a.b.price);
            if (loss.haircut != 0) ++paths[uint256(Path.LossOnSuppliers)];
        } else {
            if (lossAssets != 0) fail("L-1: a solvent position made a loss", lossAssets, a.debt);
            // what was seized, at the ratio of the position, is at most what was cancelled of the debt by paying
            if (seized * a.loan.debtShares * a.index > a.loan.collateral * repaid * WAD) {
                fail("L-1: seized beyond 1/ltv", seized, repaid);
            }
            if (left.debtShares * a.loan.collateral > a.loan.debtShares * left.collateral) {
                fail("L-1: the ltv rose", left.debtShares, left.collateral);
            }
        }
        if (a.loan.collateral - left.collateral != seized) fail("A-2: not what was seized", seized, left.collateral);
        (, , uint256 lltvBps, , , , , , , , ) = pool.config();
        if (lltvBps < 8_600 && paths[uint256(Path.WindDown)] != 0) ++paths[uint256(Path.LiquidatedInWindDown)];
    }

    // ---------------------------------------------------------------- flag, foreclose

    function flag(uint256 seed) external step(seed) {
        address borrower = _find(PositionStatus.Foreclosable);
        _send(_someone(), address(pool), abi.encodeCall(pool.flag, (borrower)));
    }

    function unflag(uint256 seed) external step(seed) {
        address borrower = _oneIn(2) ? address(_someone()) : _findFlagged();
        (, , , PositionStatus status, uint256 flaggedAt) = pool.position(borrower);
        (, , bool isPriced) = pool.currentPrice();
        (bool ok, ) = _send(_someone(), address(pool), abi.encodeCall(pool.unflag, (borrower)));
        bool isDue = isPriced && flaggedAt != 0 && status < PositionStatus.Foreclosable;
        if (ok != isDue) fail("L-2: a flag", flaggedAt, uint256(status));
    }

    function foreclose(uint256 seed) external step(seed) {
        address borrower = _findFlagged();
        (, , , , uint256 flaggedAt) = pool.position(borrower);
        // Mostly inside the window of 24 to 48 hours.
        uint256 from = flaggedAt + 24 hours;
        if (flaggedAt != 0 && time < from && !_oneIn(6)) _pass(from - time + (_oneIn(4) ? 0 : _random(24 hours)));
        _foreclose(borrower);
    }

    /// Flag, wait and foreclose, with nobody in between.
    function flagAndForeclose(uint256 seed) external step(seed) {
        address borrower = _find(PositionStatus.Foreclosable);
        (bool ok, ) = _send(_someone(), address(pool), abi.encodeCall(pool.flag, (borrower)));
        if (!ok) return;
        _pass(24 hours + _random(24 hours));
        _foreclose(borrower);
    }

    function _foreclose(address borrower) private {
        (uint256 debt, uint256 collateral_, , , ) = pool.position(borrower);
        bool isDue = _isForeclosureDue(borrower);
        uint256 shortfall = pool.currentShortfall();
        uint256 surplus = _surplusForEstate(debt, collateral_);
        _touch(borrower);
        Before memory b = _beforeLoss();
        (bool ok, bytes memory returned) = _send(_someone(), address(pool), abi.encodeCall(pool.foreclose, (borrower)));
        if (ok != isDue) fail("W-4: a foreclosure", debt, collateral_);
        if (!ok) return;
        ++paths[uint256(Path.Foreclosure)];
        uint256 lossAssets = abi.decode(returned, (uint256));
        _afterLoss(b, lossAssets);
        if (surplus == 0) _requireSame(b.price);
        else _requireShortfall(shortfall - surplus);
        if (lossAssets > debt) fail("W-1: a loss above the debt", lossAssets, debt);
        if (_loan(borrower).debtShares + _loan(borrower).collateral != 0)
            fail("A-2: foreclosed, but not gone", debt, 0);
    }

    function _isForeclosureDue(address borrower) private view returns (bool) {
        (, , , PositionStatus status, uint256 flaggedAt) = pool.position(borrower);
        (, , bool isPriced) = pool.currentPrice();
        if (!isPriced || flaggedAt == 0 || status < PositionStatus.Foreclosable) return false;
        return time >= flaggedAt + 24 hours && time <= flaggedAt + 48 hours;
    }

    /// Collateral that is worth more than its debt covers what an older estate has lost by its age.
    function _surplusForEstate(uint256 debt, uint256 collateral_) private view returns (uint256) {
        (uint256 owed, uint256 forSale, uint256 price, ) = pool.estate();
        (, uint256 high, ) = pool.currentPrice();
        uint256 expected = (forSale * price) / PRICE_SCALE;
        uint256 worth = (collateral_ * high * BPS) / (LIF_FLOOR_BPS * PRICE_SCALE);
        if (expected >= owed || debt >= worth) return 0;
        return Math.min(owed - expected, worth - debt);
    }

    // ---------------------------------------------------------------- the estate

    function buyEstate(uint256 seed) external step(seed) {
        (uint256 debt, uint256 collateral_, uint256 price, ) = pool.estate();
        uint256 most = _oneIn(2) ? MAX : _upTo((collateral_ * price) / PRICE_SCALE);
        bytes memory data;
        if (_oneIn(3)) data = _intrusion();
        Before memory b = _beforeLoss();
        _touch(address(0));
        (bool ok, bytes memory returned) = _send(
            _someone(),
            address(pool),
            abi.encodeCall(pool.buyEstate, (most, _oneIn(16) ? MAX : 0, address(_someone()), data))
        );
        if (ok) _afterSale(b, debt, collateral_, returned);
    }

    /// Nothing keeps anyone from buying all of it.
    function buyWholeEstate(uint256 seed) external step(seed) {
        (uint256 debt, uint256 collateral_, , ) = pool.estate();
        if (collateral_ == 0) return;
        if (_oneIn(2)) _pass(_random(20 days));
        (, , bool isPriced) = pool.currentPrice();
        Before memory b = _beforeLoss();
        _touch(address(0));
        (bool ok, bytes memory returned) = _send(
            _someone(),
            address(pool),
            abi.encodeCall(pool.buyEstate, (MAX, 0, address(_someone()), ""))
        );
        if (ok != isPriced) fail("W-4: the estate was not for sale", debt, collateral_);
        if (ok) _afterSale(b, debt, collateral_, returned);
    }

    function _afterSale(Before memory b, uint256 debt, uint256 collateral_, bytes memory returned) private {
        (uint256 paid, uint256 bought) = abi.decode(returned, (uint256, uint256));
        (uint256 debtLeft, uint256 collateralLeft, , ) = pool.estate();
        if (collateralLeft + bought != collateral_) fail("A-3: not what the estate sold", bought, collateralLeft);
        uint256 cancelled = debt - debtLeft;
        Loss memory loss = _afterLoss(b, cancelled > paid ? cancelled - paid : 0);
        if (loss.isSurplus != (paid > cancelled)) fail("R-1: a surplus", paid, cancelled);
        if (loss.isSurplus) ++paths[uint256(Path.EstateAbove)];
        else _requireSame(b.price);
        if (cancelled > paid) ++paths[uint256(Path.EstateBelow)];
    }

    // ---------------------------------------------------------------- money that comes back

    function recover(uint256 seed) external step(seed) {
        (uint256 unpaid, ) = pool.certificates();
        uint256 kind = _random(4);
        uint256 assets =
            kind == 0
                ? 1
                : kind == 1
                    ? _assets()
                    : _upTo(unpaid);
        _recover(assets);
    }

    /// R-1: full repayment is reachable: all face is repaid, and everyone claims.
    function recoverAll(uint256 seed) external step(seed) {
        (uint256 unpaid, ) = pool.certificates();
        if (unpaid == 0) return;
        _recover(unpaid + (_oneIn(2) ? _assets() : 0));
        uint256 left;
        (left, ) = pool.certificates();
        if (left != 0) fail("R-1: face left after full repayment", left, unpaid);
        for (uint256 i; i < PEOPLE; ++i) {
            (uint256 face, ) = pool.certificateOf(address(people[i]));
            if (face != 0) fail("R-1: someone is owed after full repayment", face, i);
            _claim(people[i], address(people[i]));
        }
        ++paths[uint256(Path.FullRepayment)];
    }

    function claimRecovery(uint256 seed) external step(seed) {
        address holder = address(_someone());
        Actor who = _someone();
        if (_oneIn(2)) who = Actor(holder);
        _claim(who, holder);
    }

    function topUpReserve(uint256 seed) external step(seed) {
        uint256 assets = _oneIn(3) ? _assets() : _random(5_000 * token);
        (, uint256 cooling, ) = pool.fundAccount();
        (bool ok, ) = _send(_someone(), address(pool), abi.encodeCall(pool.topUpReserve, (assets)));
        if (ok != (assets != 0)) fail("W-4: a gift to the reserve was refused", assets, 0);
        (, uint256 coolingAfter, ) = pool.fundAccount();
        if (coolingAfter > cooling) fail("F-2: cooling shares earned", coolingAfter, cooling);
    }

    function _recover(uint256 assets) private {
        (uint256 unpaid, uint256 held) = pool.certificates();
        (bool ok, ) = _send(_someone(), address(pool), abi.encodeCall(pool.recover, (assets)));
        if (ok != (assets != 0)) fail("R-1: a recovery was refused", assets, unpaid);
        if (!ok) return;
        (uint256 unpaidAfter, uint256 heldAfter) = pool.certificates();
        uint256 paid = unpaid - unpaidAfter;
        if (paid != (assets < unpaid ? assets : unpaid)) fail("R-1: not what certificates are due", paid, unpaid);
        if (heldAfter != held + paid) fail("R-1: not held for the holders", heldAfter, held + paid);
        _noteRepayment(unpaid, paid);
    }

    function _claim(Actor who, address holder) private {
        (, uint256 claimable) = pool.certificateOf(holder);
        uint256 balance = asset.balanceOf(holder);
        bool mayAct = address(who) == holder || pool.isOperator(holder, address(who));
        (bool ok, bytes memory returned) = _send(who, address(pool), abi.encodeCall(pool.claimRecovery, (holder)));
        if (ok != mayAct) fail("R-1: a claim", claimable, mayAct ? 1 : 0);
        if (!ok) return;
        uint256 paid = abi.decode(returned, (uint256));
        if (paid != claimable || asset.balanceOf(holder) != balance + paid)
            fail("R-1: not what was claimable", paid, claimable);
        plain[holder].claimed += paid;
        past.claimed += paid;
    }

    // ---------------------------------------------------------------- whom

    /// Someone in this state or worse, if there is anyone; in one case of eight, anyone.
    function _find(PositionStatus least) internal returns (address borrower) {
        uint256 from = _random(PEOPLE);
        borrower = address(people[from]);
        if (_oneIn(8)) return borrower;
        (, uint256 high, ) = pool.currentPrice();
        (, , , uint256 index, , , ) = pool.totals();
        uint256 bps = BPS;
        if (least == PositionStatus.Liquidatable) (, , bps, , , , , , , , ) = pool.config();
        if (least == PositionStatus.Foreclosable) bps = (BPS * BPS) / LIF_PEAK_BPS;
        for (uint256 i; i < PEOPLE; ++i) {
            address candidate = address(people[(from + i) % PEOPLE]);
            Loan memory loan = _loan(candidate);
            if (loan.debtShares == 0) continue;
            if (_debtUp(loan.debtShares, index) * (PRICE_SCALE * BPS) > loan.collateral * high * bps) return candidate;
        }
    }

    function _findFlagged() private returns (address borrower) {
        uint256 from = _random(PEOPLE);
        borrower = address(people[from]);
        for (uint256 i; i < PEOPLE; ++i) {
            address candidate = address(people[(from + i) % PEOPLE]);
            if (_loan(candidate).isFlagged) return candidate;
        }
    }

    /// By the rule: a price, over the lltv in force at high, and not raised by its owner in this block.
    function _isEligible(address borrower) internal view returns (bool) {
        Loan memory loan = _loan(borrower);
        if (loan.debtShares == 0) return false;
        if (loan.timestamp == time && !loan.isFlagged) return false;
        (, uint256 high, bool ok) = pool.currentPrice();
        if (!ok) return false;
        (, , uint256 lltvBps, , , , , , , , ) = pool.config();
        (, , , uint256 index, , , ) = pool.totals();
        return _debtUp(loan.debtShares, index) * (PRICE_SCALE * BPS) > loan.collateral * high * lltvBps;
    }
}
