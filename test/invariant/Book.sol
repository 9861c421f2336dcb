// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {fail} from "./Cheats.sol";
import {World} from "./World.sol";

/// @title What holds at every moment
/// @notice Sums over all people and all positions, the plain way, held against what the pool keeps in indices.
/// @dev Ids and formulas are those of docs/invariants.md. A bound that is not zero names its rounding.
abstract contract Book is World {
    struct Totals {
        uint256 cash;
        uint256 debt;
        uint256 debtShares;
        uint256 index;
        uint256 fees;
        uint256 reserve;
        uint256 fundShares;
    }

    struct Loan {
        uint256 debtShares;
        uint256 collateral;
        uint256 tick;
        uint256 timestamp;
        bool isFlagged;
    }

    /// A certificate kept the plain way: face by face, in 1e-9 wei.
    struct PlainCertificate {
        uint256 faceE9;
        uint256 repaidE9;
        uint256 claimed;
    }

    /// What happened, as the handlers saw it.
    struct Past {
        uint256 donatedAssets;
        uint256 donatedCollateral;
        uint256 haircuts; // in assets
        uint256 haircutCount;
        uint256 repaidToCertificates;
        uint256 claimed;
        uint256 recoveryCount;
        uint256 collateralIn; // in wei of the collateral
    }

    Past internal past;
    mapping(address holder => PlainCertificate) internal plain;

    // ---------------------------------------------------------------- all of them

    function check() public view {
        Totals memory t = _totals();
        _checkShares(t);
        _checkFund(t);
        _checkPositions(t);
        _checkMoney(t);
        _checkShortfall(t);
        if (past.haircutCount != 0) _checkCertificates();
    }

    // ---------------------------------------------------------------- A-1

    function _checkShares(Totals memory t) private view {
        uint256 sum = pool.balanceOf(signer) + t.reserve + t.fundShares;
        for (uint256 i; i < PEOPLE; ++i) sum += pool.balanceOf(address(people[i]));
        sum += pool.balanceOf(address(governor));
        if (sum != pool.totalSupply()) fail("A-1: shares are not the sum of balances", sum, pool.totalSupply());
        if (pool.balanceOf(address(pool)) != t.reserve) fail("A-1: the reserve is the pool's balance", t.reserve, 0);
        if (pool.balanceOf(address(fund)) != t.fundShares) fail("A-1: the fund is its balance", t.fundShares, 0);
    }

    function _checkFund(Totals memory t) private view {
        (uint256 total, uint256 cooling, uint256 generation) = pool.fundAccount();
        if (total < t.fundShares) fail("A-1: the fund with its premium is less than without", total, t.fundShares);
        if (cooling > total) fail("A-1: more cooling than the fund has", cooling, total);
        if (fund.totalAssets() != total - cooling) fail("A-1: active is not the rest", fund.totalAssets(), total);
        uint256 units = fund.balanceOf(signer);
        for (uint256 i; i < PEOPLE; ++i) units += fund.balanceOf(address(people[i]));
        uint256 supply = fund.totalSupply();
        // Where a generation has worn, each holding is rounded down by itself.
        if (generation == 0 ? units != supply : units > supply) fail("A-1: units are not their sum", units, supply);
        if (fund.convertToAssets(units) > total - cooling) fail("A-1: units claim more than is active", units, total);
        _checkRequests(cooling);
    }

    function _checkRequests(uint256 cooling) private view {
        uint256 units;
        for (uint256 i; i < PEOPLE; ++i) {
            uint256[] memory ids = fund.openRequests(address(people[i]));
            for (uint256 j; j < ids.length; ++j) {
                (, , uint256 coolingUnits, , , ) = fund.requestOf(ids[j]);
                units += coolingUnits;
            }
        }
        if (units == 0) return;
        (uint256 gross, ) = pool.previewLeaveFund(units);
        if (gross > cooling) fail("A-1: requests claim more than is cooling", gross, cooling);
    }

    // ---------------------------------------------------------------- A-2, L-3

    function _checkPositions(Totals memory t) private view {
        (uint256 highest, uint256 pivot, uint256 pivotDebt, uint256 pivotCollateral) = pool.ledgerState();
        Loan[PEOPLE] memory loans;
        uint256[5] memory sums; // debt, debt from the pivot on, collateral from the pivot on, highest tick, collateral
        for (uint256 i; i < PEOPLE; ++i) {
            Loan memory loan = _loan(address(people[i]));
            loans[i] = loan;
            sums[4] += loan.collateral;
            if (loan.debtShares == 0) continue;
            sums[0] += loan.debtShares;
            if (loan.tick > sums[3]) sums[3] = loan.tick;
            if (loan.tick >= pivot) {
                sums[1] += loan.debtShares;
                sums[2] += loan.collateral;
            }
            uint256 debt = _debtUp(loan.debtShares, t.index);
            if (debt < minDebt) fail("L-3: a debt under the minimum", debt, minDebt);
            if (loan.tick != _tickOf(loan.debtShares, loan.collateral)) fail("A-2: the tick", loan.tick, i);
        }
        if (sums[0] != t.debtShares) fail("A-2: debt is not the sum of positions", sums[0], t.debtShares);
        if (sums[3] != highest) fail("A-2: the highest tick", sums[3], highest);
        if (pivot != 0 && sums[1] != pivotDebt) fail("A-2: debt from the pivot on", sums[1], pivotDebt);
        if (pivot != 0 && sums[2] != pivotCollateral)
            fail("A-2: collateral from the pivot on", sums[2], pivotCollateral);
        _checkTicks(loans);
        (, uint256 estateCollateral, , ) = pool.estate();
        uint256 held = collateral.balanceOf(address(pool));
        uint256 known = sums[4] + estateCollateral + past.donatedCollateral;
        if (known != held) fail("A-3: collateral is not what positions and estate have", known, held);
    }

    function _checkTicks(Loan[PEOPLE] memory loans) private view {
        for (uint256 i; i < PEOPLE; ++i) {
            if (loans[i].debtShares == 0) continue;
            uint256 debtShares;
            uint256 locked;
            for (uint256 j; j < PEOPLE; ++j) {
                if (loans[j].debtShares == 0 || loans[j].tick != loans[i].tick) continue;
                debtShares += loans[j].debtShares;
                locked += loans[j].collateral;
            }
            (uint256 tickDebt, uint256 tickCollateral) = pool.tickSums(loans[i].tick);
            if (tickDebt != debtShares) fail("A-2: debt of a tick", tickDebt, debtShares);
            if (tickCollateral != locked) fail("A-2: collateral of a tick", tickCollateral, locked);
        }
    }

    // ---------------------------------------------------------------- A-3, A-4

    function _checkMoney(Totals memory t) private view {
        (, uint256 held) = pool.certificates();
        uint256 known = t.cash + held + past.donatedAssets;
        uint256 balance = asset.balanceOf(address(pool));
        if (known != balance) fail("A-3: cash and recoveries held are not what came and stayed", known, balance);
        // The sum of floors is at most the floor of the sum.
        uint256 owed = pool.totalAssets();
        if (owed > t.cash + t.debt) fail("A-4: more is owed to shares than there is", owed, t.cash + t.debt);
        uint256 sum = pool.convertToAssets(t.reserve) + pool.convertToAssets(t.fundShares);
        if (sum > owed) fail("A-4: the parts are more than the whole", sum, owed);
    }

    // ---------------------------------------------------------------- P-1

    function _checkShortfall(Totals memory t) private view {
        (uint256 low, , ) = pool.currentPrice();
        uint256 shown = pool.currentShortfall();
        if (shown > t.debt) fail("P-1: a shortfall above all debt", shown, t.debt);
        if (low == 0) {
            (, uint256 collateral_, , ) = pool.estate();
            if ((t.debtShares != 0 || collateral_ != 0) && shown != t.debt) fail("P-1: without a price", shown, t.debt);
            return;
        }
        uint256 recovery = (low * BPS) / LIF_FLOOR_BPS;
        uint256 lost;
        uint256 count = 1;
        for (uint256 i; i < PEOPLE; ++i) {
            Loan memory loan = _loan(address(people[i]));
            if (loan.debtShares == 0) continue;
            ++count;
            uint256 debt = _debtUp(loan.debtShares, t.index);
            uint256 worth = Math.mulDiv(loan.collateral, recovery, PRICE_SCALE);
            if (debt > worth) lost += debt - worth;
        }
        (uint256 least, uint256 most) = _estateShortfall(recovery);
        if (shown > lost + most) fail("P-1: more than the true shortfall", shown, lost + most);
        (uint256 boundary, ) = pool.tickSums(_threshold(low, t.index));
        // 2 wei a position, one of them for the estate.
        uint256 slack = (boundary * t.index) / WAD / 256 + 2 * count;
        if (Math.min(lost + least, t.debt) > shown + slack) fail("P-1: less than the bound", lost + least, shown);
    }

    /// The estate's clock is finer than the second in which the pool shows it: its shortfall lies between the two.
    function _estateShortfall(uint256 recovery) private view returns (uint256 least, uint256 most) {
        (uint256 debt, uint256 collateral_, , uint256 startedAt) = pool.estate();
        if (collateral_ == 0) return (0, 0);
        uint256 age = Math.min(time - startedAt, 60 days);
        uint256 younger = age == 0 || time - startedAt > 60 days ? age : age - 1;
        uint256 worth = Math.mulDiv(collateral_, (recovery * (60 days - younger)) / 60 days, PRICE_SCALE);
        least = debt > worth ? debt - worth : 0;
        worth = Math.mulDiv(collateral_, (recovery * (60 days - age)) / 60 days, PRICE_SCALE);
        most = debt > worth ? debt - worth + 1 : 1;
    }

    // ---------------------------------------------------------------- R-1

    function _checkCertificates() private view {
        (uint256 unpaid, uint256 held) = pool.certificates();
        if (held + past.claimed != past.repaidToCertificates) {
            fail("R-1: what is held is not what came less what was claimed", held, past.repaidToCertificates);
        }
        if (unpaid + past.repaidToCertificates > past.haircuts) {
            fail("R-1: more face than haircuts", unpaid + past.repaidToCertificates, past.haircuts);
        }
        uint256 sum = _checkCertificate(signer);
        for (uint256 i; i < PEOPLE; ++i) sum += _checkCertificate(address(people[i]));
        if (sum > held) fail("R-1: more can be claimed than is held", sum, held);
    }

    /// Against the plain ledger. Never above; below by at most 17 wei, and a wei for each time it rounded.
    function _checkCertificate(address holder) private view returns (uint256 claimable) {
        uint256 face;
        (face, claimable) = pool.certificateOf(holder);
        PlainCertificate memory kept = plain[holder];
        uint256 due = kept.repaidE9 / 1e9;
        uint256 got = kept.claimed + claimable;
        // the plain ledger rounds by less than a 1e-9th of a wei each time
        if (got > due + 1) fail("R-1: paid above the face that was repaid", got, due);
        uint256 tolerance = 17 + past.haircutCount + past.recoveryCount;
        if (got + tolerance < due) fail("R-1: less than the face that was repaid", got, due);
        if (face > kept.faceE9 / 1e9 + tolerance)
            fail("R-1: more unpaid face than was written", face, kept.faceE9 / 1e9);
    }

    // ---------------------------------------------------------------- the plain ledger of certificates

    function _noteHaircut(uint256 haircut) internal {
        ++past.haircutCount;
        past.haircuts += haircut;
        // Haircuts burn reserve and fund first, and nobody's shares: balances are those that bore it.
        uint256 perShare = (haircut * 1e36) / (pool.totalSupply() + VIRTUAL_SHARES);
        _noteFace(signer, perShare);
        for (uint256 i; i < PEOPLE; ++i) _noteFace(address(people[i]), perShare);
    }

    function _noteFace(address holder, uint256 perShare) private {
        plain[holder].faceE9 += Math.mulDiv(pool.balanceOf(holder), perShare, 1e27);
    }

    /// `owed` is all unpaid face before, `paid` what of it was repaid.
    function _noteRepayment(uint256 owed, uint256 paid) internal {
        if (paid == 0) return;
        ++past.recoveryCount;
        past.repaidToCertificates += paid;
        _noteRepaid(signer, owed, paid);
        for (uint256 i; i < PEOPLE; ++i) _noteRepaid(address(people[i]), owed, paid);
    }

    function _noteRepaid(address holder, uint256 owed, uint256 paid) private {
        PlainCertificate storage kept = plain[holder];
        uint256 part = Math.mulDiv(kept.faceE9, paid, owed);
        kept.faceE9 -= part;
        kept.repaidE9 += part;
    }

    // ---------------------------------------------------------------- readings

    function _totals() internal view returns (Totals memory t) {
        (t.cash, t.debt, t.debtShares, t.index, t.fees, t.reserve, t.fundShares) = pool.totals();
    }

    function _loan(address borrower) internal view returns (Loan memory loan) {
        (loan.debtShares, loan.collateral, loan.tick, loan.timestamp, loan.isFlagged) = pool.positionOf(borrower);
    }

    function _debtUp(uint256 debtShares, uint256 index) internal pure returns (uint256) {
        return (debtShares * index + WAD - 1) / WAD;
    }

    /// θ, the tick in which positions turn insolvent.
    function _threshold(uint256 low, uint256 index) internal pure returns (uint256) {
        uint256 perShare = (((low * BPS) / LIF_FLOOR_BPS) * WAD) / index;
        return _tick(Math.mulDiv(perShare, 1 << 128, PRICE_SCALE));
    }

    function _tickOf(uint256 debtShares, uint256 collateral_) internal pure returns (uint256) {
        return collateral_ == 0 ? 256 << 6 : _tick((debtShares << 128) / collateral_);
    }

    function _tick(uint256 ratio) private pure returns (uint256) {
        if (ratio < 64) return ratio;
        uint256 b = Math.log2(ratio);
        return ((b - 5) << 6) + ((ratio >> (b - 6)) & 63);
    }
}
