// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {RequestStatus} from "../../contracts/interfaces/IInsuranceFund.sol";
import {Actor} from "./Actor.sol";
import {fail} from "./Cheats.sol";
import {LiquidationHandler} from "./LiquidationHandler.sol";

/// @title What stakers do
abstract contract FundHandler is LiquidationHandler {
    // ---------------------------------------------------------------- in

    function stake(uint256 seed) external step(seed) {
        Actor who = _someone();
        address receiver = address(_oneIn(4) ? _someone() : who);
        uint256 shares = _stakeOf(who);
        if (_oneIn(2)) {
            _stake(who, abi.encodeWithSignature("deposit(uint256,address)", shares, receiver));
        } else {
            uint256 least = _oneIn(8) ? MAX : 0;
            _stake(who, abi.encodeWithSignature("deposit(uint256,address,uint256)", shares, receiver, least));
        }
    }

    function stakeUnits(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 units = fund.convertToShares(_stakeOf(who));
        if (_oneIn(2)) {
            _stake(who, abi.encodeWithSignature("mint(uint256,address)", units, address(who)));
        } else {
            uint256 most = _oneIn(8) ? 0 : MAX;
            _stake(who, abi.encodeWithSignature("mint(uint256,address,uint256)", units, address(who), most));
        }
    }

    /// Stakes are small beside the pool, or no loss would ever get past the fund.
    function _stakeOf(Actor who) private returns (uint256) {
        uint256 balance = pool.balanceOf(address(who));
        return _oneIn(16) ? _upTo(balance) : _upTo(balance / 50);
    }

    function _stake(Actor who, bytes memory data) private {
        (, uint256 cooling, ) = pool.fundAccount();
        uint256 price = pool.exitPrice();
        (bool ok, ) = _send(who, address(fund), data);
        if (!ok) return;
        (, uint256 coolingAfter, ) = pool.fundAccount();
        if (coolingAfter > cooling) fail("F-2: cooling shares earned", coolingAfter, cooling);
        if (price > pool.exitPrice()) _requireSame(price);
    }

    // ---------------------------------------------------------------- out

    function requestRedeem(uint256 seed) external step(seed) {
        Actor who = _someone();
        address owner = address(_oneIn(8) ? _someone() : who);
        address controller = address(_oneIn(8) ? _someone() : who);
        if (fund.balanceOf(owner) == 0 && !_oneIn(8)) return;
        uint256 units = _upTo(fund.balanceOf(owner));
        bool mayAct = _actsFor(who, owner) && _actsFor(who, controller);
        (bool ok, ) = _send(who, address(fund), abi.encodeCall(fund.requestRedeem, (units, controller, owner)));
        if (ok && !mayAct) fail("G-1: a stranger asked for a redemption", units, 0);
    }

    /// F-1 in both forms; what can be claimed can be claimed, whatever is paused, and the standard's form takes no less
    /// than the whole worth.
    function claimUnits(uint256 seed) external step(seed) {
        Actor controller = _withRequest();
        uint256 most = fund.maxRedeem(address(controller));
        uint256 units = _claimable(address(controller));
        units = _oneIn(16) ? units + 1 : _upTo(units);
        Actor who = _oneIn(8) ? _someone() : controller;
        bool isPlain = _oneIn(2);
        bool ok = _leave(who, address(controller), _redeem(units, _someone(), controller, isPlain));
        if (units == most && most != 0 && _actsFor(who, address(controller)) && !ok) {
            fail("G-1: a claim on the fund was refused", units, most);
        }
        if (isPlain && units > most && ok) fail("F-1: a claim without a limit took less than its worth", units, most);
    }

    function _redeem(uint256 units, Actor to, Actor from, bool isPlain) private pure returns (bytes memory) {
        return
            isPlain
                ? abi.encodeWithSignature("redeem(uint256,address,address)", units, address(to), address(from))
                : abi.encodeWithSignature(
                    "redeem(uint256,address,address,uint256)",
                    units,
                    address(to),
                    address(from),
                    0
                );
    }

    /// Units whose time has come, whatever a claim would pay for them.
    function _claimable(address controller) private view returns (uint256 units) {
        uint256[] memory ids = fund.openRequests(controller);
        for (uint256 i; i < ids.length; ++i) units += fund.claimableRedeemRequest(ids[i], controller);
    }

    function claimShares(uint256 seed) external step(seed) {
        Actor controller = _withRequest();
        uint256 most = fund.maxWithdraw(address(controller));
        uint256 shares = _upTo(most);
        bytes memory data = abi.encodeWithSignature(
            "withdraw(uint256,address,address)",
            shares,
            address(controller),
            address(controller)
        );
        if (_oneIn(2)) {
            data = abi.encodeWithSignature(
                "withdraw(uint256,address,address,uint256)",
                shares,
                address(_someone()),
                address(controller),
                MAX
            );
        }
        bool ok = _leave(controller, address(controller), data);
        if (shares != 0 && !ok) fail("G-1: a claim on the fund was refused", shares, most);
    }

    function _leave(Actor who, address controller, bytes memory data) private returns (bool ok) {
        (, , uint256 uncovered, , ) = pool.previewWaterfall(pool.currentShortfall());
        (ok, ) = _send(who, address(fund), data);
        if (!ok) return false;
        if (!_actsFor(who, controller)) fail("G-1: a stranger claimed", 0, 0);
        if (uncovered != 0) return true;
        (, , uncovered, , ) = pool.previewWaterfall(pool.currentShortfall());
        if (uncovered != 0) fail("F-1: leaving uncovered what was covered", uncovered, 0);
    }

    /// In, ask, wait and out: two weeks in which others could do nothing.
    function stakeAndLeave(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 shares = _stakeOf(who);
        bytes memory data = abi.encodeWithSignature("deposit(uint256,address)", shares, address(who));
        (bool ok, bytes memory returned) = _send(who, address(fund), data);
        if (!ok) return;
        uint256 units = abi.decode(returned, (uint256));
        data = abi.encodeCall(fund.requestRedeem, (units - _random(units), address(who), address(who)));
        (ok, ) = _send(who, address(fund), data);
        if (!ok || _oneIn(2)) return;
        _pass(14 days + _random(7 days));
        uint256 most = fund.maxRedeem(address(who));
        units = _claimable(address(who));
        ok = _leave(who, address(who), _redeem(units, who, who, false));
        if (most != 0 && !ok) fail("G-1: a claim on the fund was refused", units, shares);
    }

    function cancelRedeem(uint256 seed) external step(seed) {
        Actor controller = _withRequest();
        uint256[] memory ids = fund.openRequests(address(controller));
        if (ids.length == 0) return;
        Actor who = _oneIn(8) ? _someone() : controller;
        uint256 id = ids[_random(ids.length)];
        (bool ok, ) = _send(who, address(fund), abi.encodeCall(fund.cancelRedeem, (id)));
        if (ok && !_actsFor(who, address(controller))) fail("G-1: a stranger cancelled a request", id, 0);
    }

    function returnExpired(uint256 seed) external step(seed) {
        Actor controller = _withRequest();
        uint256[] memory ids = fund.openRequests(address(controller));
        if (ids.length == 0) return;
        uint256 id = ids[_random(ids.length)];
        (, , , , uint256 expiresAt, RequestStatus status) = fund.requestOf(id);
        if (time < expiresAt && _oneIn(3)) {
            _pass(expiresAt - time);
            status = RequestStatus.Expired;
        }
        (bool ok, ) = _send(_someone(), address(fund), abi.encodeCall(fund.returnExpired, (id)));
        if (ok && status != RequestStatus.Expired) fail("F-1: returned before it expired", expiresAt, time);
    }

    // ---------------------------------------------------------------- units

    function moveUnits(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 units = _upTo(fund.balanceOf(address(who)));
        (bool ok, ) = _send(
            who,
            address(fund),
            abi.encodeCall(fund.transfer, (_oneIn(8) ? signer : address(_someone()), units))
        );
        if (!ok) fail("G-1: a transfer of units was refused", units, 0);
        Actor spender = _someone();
        units = _upTo(fund.balanceOf(address(who)));
        _send(who, address(fund), abi.encodeCall(fund.approve, (address(spender), units)));
        bytes memory data = abi.encodeCall(fund.transferFrom, (address(who), address(_someone()), units));
        _send(spender, address(fund), data);
        if (address(spender) == address(who)) return;
        _send(who, address(fund), abi.encodeCall(fund.approve, (address(spender), 0)));
        data = abi.encodeCall(fund.transferFrom, (address(who), address(spender), 1));
        (ok, ) = _send(spender, address(fund), data);
        if (ok) fail("G-1: units moved without an allowance", units, 0);
    }

    function setFundOperator(uint256 seed) external step(seed) {
        Actor owner = _someone();
        _send(owner, address(fund), abi.encodeCall(fund.setOperator, (address(_someone()), _oneIn(3))));
    }

    /// The pool's side of it is the fund's alone.
    function pretendToBeFund(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 kind = _random(3);
        bytes memory data = abi.encodeCall(pool.startCooling, (_assets()));
        if (kind == 1) data = abi.encodeCall(pool.stopCooling, (_assets()));
        if (kind == 2) data = abi.encodeCall(pool.leaveFund, (_assets(), 0, address(who)));
        (bool ok, ) = _send(who, address(pool), data);
        if (ok) fail("G-1: the fund's own call, made by a stranger", kind, 0);
    }

    // ---------------------------------------------------------------- shared

    function _actsFor(Actor who, address account) private view returns (bool) {
        return address(who) == account || fund.isOperator(account, address(who));
    }

    /// Someone with an open request, if there is anyone; mostly at a time at which it can be claimed.
    function _withRequest() private returns (Actor who) {
        uint256 from = _random(PEOPLE);
        who = people[from];
        for (uint256 i; i < PEOPLE; ++i) {
            Actor candidate = people[(from + i) % PEOPLE];
            uint256[] memory ids = fund.openRequests(address(candidate));
            if (ids.length == 0) continue;
            (, , , uint256 claimableAt, , ) = fund.requestOf(ids[0]);
            if (time < claimableAt && _oneIn(4)) _pass(claimableAt - time + _random(2 hours));
            return candidate;
        }
    }
}
