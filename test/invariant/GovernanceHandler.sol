// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PositionStatus} from "../../contracts/interfaces/ILendingPool.sol";
import {Actor} from "./Actor.sol";
import {fail} from "./Cheats.sol";
import {FundHandler} from "./FundHandler.sol";
import {IOracle} from "./World.sol";

/// @title Roles, the oracle, time, and the stories that are too long to come about by chance
abstract contract GovernanceHandler is FundHandler {
    /// What the oracle says when nothing is wrong with it, in millionths of a token for a coin.
    uint256 private price = 2_000e6;
    bool private isBroken;

    // ---------------------------------------------------------------- roles

    function pause(uint256 seed) external step(seed) {
        if (_oneIn(2)) return;
        _govern(abi.encodeCall(pool.pause, ()));
        // A pause is for 72 hours; mostly it is ended sooner, or there would be nothing to see.
        if (_oneIn(4)) return;
        _pass(_random(2 hours));
        _govern(abi.encodeCall(pool.unpause, ()));
    }

    function unpause(uint256 seed) external step(seed) {
        _govern(abi.encodeCall(pool.unpause, ()));
    }

    function setCaps(uint256 seed) external step(seed) {
        bool isLower = _oneIn(2);
        uint32 supply = uint32(isLower ? _random(50_000_000) : 1_000_000_000);
        uint32 debt = uint32(isLower ? _random(20_000_000) : 900_000_000);
        _govern(
            isLower ? abi.encodeCall(pool.lowerCaps, (supply, debt)) : abi.encodeCall(pool.raiseCaps, (supply, debt))
        );
        if (isLower && !_oneIn(4)) _govern(abi.encodeCall(pool.raiseCaps, (1_000_000_000, 900_000_000)));
    }

    function lowerLtvs(uint256 seed) external step(seed) {
        if (!_oneIn(3)) return;
        uint256 lltv = 7_000 + _random(1_600);
        _govern(abi.encodeCall(pool.lowerLtvs, (uint16(lltv - 600), uint16(lltv), uint32(_random(40 days)))));
    }

    function raiseLtvs(uint256 seed) external step(seed) {
        _govern(abi.encodeCall(pool.raiseLtvs, (8_000, 8_600)));
    }

    function setFees(uint256 seed) external step(seed) {
        (, uint256 cooling, ) = pool.fundAccount();
        _govern(
            abi.encodeCall(pool.setFees, (uint8(_random(25)), uint8(_random(25)), uint16(_oneIn(4) ? 0 : _random(600))))
        );
        (, uint256 coolingAfter, ) = pool.fundAccount();
        if (coolingAfter > cooling) fail("F-2: cooling shares earned", coolingAfter, cooling);
    }

    function withdrawReserve(uint256 seed) external step(seed) {
        uint256 worth = pool.convertToAssets(pool.balanceOf(address(pool)));
        uint256 assets = _upTo(worth / (_oneIn(4) ? 1 : 4));
        uint256 shown = pool.currentShortfall();
        (, , , , , , , uint256 targetBps, , , ) = pool.config();
        bool ok = _govern(abi.encodeCall(pool.withdrawReserve, (assets, address(governor))));
        if (ok && shown != 0) fail("G-1: reserve taken in a shortfall", assets, shown);
        uint256 left = pool.balanceOf(address(pool));
        if (ok && left * BPS < pool.totalSupply() * targetBps)
            fail("G-1: reserve taken under its target", left, targetBps);
    }

    function scheduleOracle(uint256 seed) external step(seed) {
        if (!_oneIn(3)) return;
        uint256 next = 1 - _indexInForce();
        _setOracle(next, price, price, true);
        oracles[next].misbehave(0, 0);
        _governOracle(abi.encodeCall(pool.scheduleOracle, (oracles[next])));
    }

    function executeOracle(uint256 seed) external step(seed) {
        (, uint256 from) = pool.pendingOracle();
        if (from > time && _oneIn(2)) _pass(from - time);
        _governOracle(abi.encodeCall(pool.executeOracle, ()));
    }

    function cancelOracle(uint256 seed) external step(seed) {
        if (_oneIn(2)) _governOracle(abi.encodeCall(pool.cancelOracle, ()));
    }

    function reopenBorrowing(uint256 seed) external step(seed) {
        _govern(abi.encodeCall(pool.reopenBorrowing, ()));
    }

    /// One way, so that few runs do it before their end.
    function windDown(uint256 seed) external step(seed) {
        if (!_oneIn(40)) return;
        if (!_govern(abi.encodeCall(pool.windDown, (uint32(14 days + _random(30 days)))))) return;
        ++paths[uint256(Path.WindDown)];
    }

    /// G-1: nobody but the roles can use any of it.
    function pretendToGovern(uint256 seed) external step(seed) {
        uint256 kind = _random(14);
        bytes memory data = abi.encodeCall(pool.pause, ());
        if (kind == 1) data = abi.encodeCall(pool.unpause, ());
        if (kind == 2) data = abi.encodeCall(pool.lowerCaps, (0, 0));
        if (kind == 3) data = abi.encodeCall(pool.raiseCaps, (2_000_000_000, 2_000_000_000));
        if (kind == 4) data = abi.encodeCall(pool.lowerLtvs, (0, 1, 365 days));
        if (kind == 5) data = abi.encodeCall(pool.raiseLtvs, (8_500, 8_900));
        if (kind == 6) data = abi.encodeCall(pool.setFees, (0, 0, 0));
        if (kind == 7) data = abi.encodeCall(pool.scheduleOracle, (oracles[1]));
        if (kind == 8) data = abi.encodeCall(pool.executeOracle, ());
        if (kind == 9) data = abi.encodeCall(pool.cancelOracle, ());
        if (kind == 10) data = abi.encodeCall(pool.reopenBorrowing, ());
        if (kind == 11) data = abi.encodeCall(pool.windDown, (14 days));
        if (kind == 12) data = abi.encodeCall(pool.withdrawReserve, (1, address(people[0])));
        if (kind == 13) data = abi.encodeCall(pool.setAuthority, (address(people[0])));
        (bool ok, ) = _send(_someone(), address(pool), data);
        if (ok) fail("G-1: a restricted call by a stranger", kind, 0);
    }

    function _govern(bytes memory data) private returns (bool ok) {
        bool isHeld = _oneIn(4);
        bytes32 before = isHeld ? _belongings() : bytes32(0);
        (ok, ) = _send(governor, address(pool), data);
        if (isHeld && _belongings() != before)
            fail("G-1: a role changed what belongs to someone", uint32(bytes4(data)), 0);
    }

    /// A change of oracle may change the price.
    function _governOracle(bytes memory data) private {
        bool isHeld = _oneIn(4);
        bytes32 before = isHeld ? _belongings() : bytes32(0);
        (bool ok, ) = _sendUnpriced(governor, address(pool), data);
        if (isHeld && _belongings() != before)
            fail("G-1: a role changed what belongs to someone", uint32(bytes4(data)), ok ? 1 : 0);
    }

    /// All that anyone owns or owes.
    function _belongings() private view returns (bytes32 hash) {
        for (uint256 i; i < PEOPLE; ++i) {
            address who = address(people[i]);
            (uint256 face, uint256 claimable) = pool.certificateOf(who);
            Loan memory loan = _loan(who);
            hash = keccak256(
                abi.encode(
                    hash,
                    asset.balanceOf(who),
                    collateral.balanceOf(who),
                    pool.balanceOf(who),
                    fund.balanceOf(who),
                    loan,
                    face,
                    claimable
                )
            );
        }
    }

    // ---------------------------------------------------------------- the oracle

    function movePrice(uint256 seed) external step(seed) {
        uint256 kind = _random(8);
        if (kind < 3) price = (price * (90 + _random(21))) / 100;
        else if (kind == 3) price = (price * (20 + _random(75))) / 100;
        else if (kind == 4) price = (price * (105 + _random(150))) / 100;
        else price = 2_000e6;
        if (price < 1e6 || price > 1e12) price = 2_000e6;
        _setOracle(_indexInForce(), price, price, true);
    }

    /// Two feeds apart, down to a low of nothing.
    function pullApart(uint256 seed) external step(seed) {
        isBroken = true;
        uint256 low = _oneIn(8) ? _random(price) : (price * (90 + _random(11))) / 100;
        _setOracle(_indexInForce(), low, price, true);
        if (!_oneIn(3)) return;
        uint256 other = 1 - _indexInForce();
        _setOracle(other, low, price, true);
    }

    /// A feed that reverts, burns all gas, answers too little, or says that it is not ok; or prices out of all bounds.
    function breakOracle(uint256 seed) external step(seed) {
        IOracle oracle = _inForce();
        isBroken = true;
        uint256 kind = _random(6);
        if (kind == 0) oracle.misbehave(1, 0);
        if (kind == 1) oracle.misbehave(2, 0);
        if (kind == 2) oracle.misbehave(4, _random(96));
        if (kind == 3) _setOracle(_indexInForce(), (price * _random(101)) / 100, price, false);
        if (kind == 4) oracle.set(0, _oneIn(2) ? 0 : MAX, _oneIn(2));
        if (kind == 5) oracle.set(_priceOf(price) / (1 + _random(1e9)), _priceOf(price), true);
        if (_oneIn(3)) return;
        // Most outages are over soon: exits first, at what is left of the price.
        if (_oneIn(2)) _exitNow();
        _mend();
    }

    function mendOracle(uint256 seed) external step(seed) {
        _mend();
    }

    function _mend() private {
        isBroken = false;
        _inForce().misbehave(0, 0);
        _setOracle(_indexInForce(), price, price, true);
        (address pending, ) = pool.pendingOracle();
        if (pending != address(0)) _setOracle(pending == address(oracles[0]) ? 0 : 1, price, price, true);
    }

    /// G-1: whatever is broken, whoever can leave leaves.
    function _exitNow() private {
        Actor who = _someone();
        uint256 shares = pool.maxRedeem(address(who)) / 8;
        if (pool.previewRedeem(shares) == 0) return;
        (bool ok, ) = _send(
            who,
            address(pool),
            abi.encodeWithSignature("redeem(uint256,address,address)", shares, address(who), address(who))
        );
        if (!ok) fail("G-1: no exit while the oracle is broken", shares, 0);
    }

    function _setOracle(uint256 i, uint256 low, uint256 high, bool ok) private {
        oracles[i].set(_priceOf(low), _priceOf(high), ok);
    }

    function _indexInForce() private view returns (uint256) {
        return address(_inForce()) == address(oracles[0]) ? 0 : 1;
    }

    function _inForce() private view returns (IOracle) {
        (address oracle, , , , , , , , , , ) = pool.config();
        return IOracle(oracle);
    }

    // ---------------------------------------------------------------- time

    /// Hours to months. Cooling shares earn nothing however long it takes.
    function wait_(uint256 seed) external step(seed) {
        uint256 kind = _random(8);
        (, uint256 cooling, ) = pool.fundAccount();
        _pass(
            kind == 7
                ? _random(120 days)
                : kind > 4
                    ? _random(8 days)
                    : _random(1 days)
        );
        (, uint256 coolingAfter, ) = pool.fundAccount();
        if (cooling != coolingAfter) fail("F-2: cooling shares changed with time", coolingAfter, cooling);
    }

    // ---------------------------------------------------------------- stories

    /// A loan at the limit, an hour, and a crash that leaves it insolvent. Others act on it, or the price comes back.
    function doom(uint256 seed) external step(seed) {
        _prepare();
        if (!_openLoan(_someone(), 7_500 + _random(500))) return;
        _pass(1 + _random(1 hours));
        price = (price * (25 + _random(60))) / 100;
        if (price < 1e6) price = 1e6;
        _setOracle(_indexInForce(), price, price, true);
        if (_oneIn(2)) _exitNow();
    }

    /// Some of the fund is cooling.
    function _cool(Actor who) private {
        uint256 shares = pool.balanceOf(address(who)) / 50;
        bytes memory data = abi.encodeWithSignature("deposit(uint256,address)", shares, address(who));
        (bool ok, bytes memory returned) = _send(who, address(fund), data);
        if (!ok) return;
        uint256 units = abi.decode(returned, (uint256)) / 2;
        _send(who, address(fund), abi.encodeCall(fund.requestRedeem, (units, address(who), address(who))));
    }

    /// Makes borrowing possible, if governance can.
    function _prepare() private {
        if (isBroken) _mend();
        (, , , , , , , , , , bool isHalted) = pool.config();
        if (isHalted) _govern(abi.encodeCall(pool.reopenBorrowing, ()));
    }

    /// Flagged, and saved by the price: anyone clears the flag, and it can't be foreclosed.
    function flagAndCure(uint256 seed) external step(seed) {
        address borrower = _find(PositionStatus.Foreclosable);
        (bool ok, ) = _send(_someone(), address(pool), abi.encodeCall(pool.flag, (borrower)));
        if (!ok) return;
        _pass(_random(36 hours));
        uint256 before = price;
        price *= 10;
        _mend();
        (, , , PositionStatus status, ) = pool.position(borrower);
        if (status < PositionStatus.Foreclosable) {
            (ok, ) = _send(_someone(), address(pool), abi.encodeCall(pool.foreclose, (borrower)));
            if (ok) fail("L-2: a cured position was foreclosed", 0, 0);
            (ok, ) = _send(_someone(), address(pool), abi.encodeCall(pool.unflag, (borrower)));
            if (!ok) fail("L-2: a cured position stayed flagged", 0, 0);
        }
        price = before;
        if (_oneIn(2)) _mend();
    }

    /// The same, and all the way: the loan is liquidated at once, and takes what there is of reserve and fund.
    function crash(uint256 seed) external step(seed) {
        _prepare();
        Actor borrower = _someone();
        bool isSlow = _oneIn(2);
        if (isSlow) _cool(_someone());
        if (!_openLoan(borrower, 7_900)) return;
        _pass(1 + _random(1 hours));
        uint256 before = price;
        price = (price * (20 + _random(60))) / 100;
        if (price < 1e6) price = 1e6;
        _setOracle(_indexInForce(), price, price, true);
        (, , , PositionStatus status, ) = pool.position(address(borrower));
        // A pause stops no loss (W-4).
        bool isPaused = _oneIn(4) && _govern(abi.encodeCall(pool.pause, ()));
        // At times bit by bit, so that a loss ends inside the fund.
        for (uint256 i = 2; isSlow && i < 6; ++i) _liquidate(_someone(), address(borrower), i * minDebt, 0, "");
        if (status == PositionStatus.Insolvent) _liquidate(_someone(), address(borrower), MAX, 0, "");
        if (isPaused) _govern(abi.encodeCall(pool.unpause, ()));
        price = before;
        if (_oneIn(2)) _mend();
    }
}
