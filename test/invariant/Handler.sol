// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IPoolErrors} from "../../contracts/interfaces/IPoolErrors.sol";
import {Actor, Intrusion} from "./Actor.sol";
import {Book} from "./Book.sol";
import {fail, Log, vm} from "./Cheats.sol";
import {IToken} from "./World.sol";

/// @title How a handler calls
/// @notice Randomness, time, and the one way every call to pool and fund takes: counted, and held to P-2.
abstract contract Handler is Book {
    struct Count {
        uint64 calls;
        uint64 reverts;
    }

    /// Paths a run has walked. Named in PATHS.
    enum Path {
        LossOnSuppliers, // an insolvent liquidation that reaches suppliers
        Foreclosure,
        EstateBelow, // sold for less than it owed: a loss
        EstateAbove, // sold for more than it owed: a recovery
        FundWiped,
        SecondIncident, // a haircut after a recovery
        WindDown,
        LiquidatedInWindDown,
        FullRepayment, // all certificates repaid, and claimed
        FundWorn, // the generation moved on without a wipe
        Covered, // a loss that reserve and fund covered
        LossInParts,
        CoolingBurned // a loss that took a part of the fund while some of it was cooling
    }

    bytes4 private constant PANIC = 0x4e487b71;
    /// Only these tests fail with a string: a callback's failure, on its way through the pool.
    bytes4 private constant STRING = 0x08c379a0;

    /// Before a call, what P-2 needs to know after it.
    uint256 private touchedShares;
    uint256 private touchedTick;

    uint256 private entropy;
    uint256 private immutable SALT;

    /// Calls the fuzzer made.
    uint256 public steps;
    /// Selectors as they were first called; those of the fund with a bit above.
    uint256[] private selectors;
    mapping(uint256 selector => Count) private counts;
    uint256[13] internal paths;

    constructor(uint256 salt) {
        SALT = salt;
    }

    // ---------------------------------------------------------------- randomness and time

    /// Every action begins here: its randomness comes from the fuzzer's number alone, so that a sequence that fails can
    /// be made shorter. In two of three some time passes.
    modifier step(uint256 seed) {
        entropy = uint256(keccak256(abi.encode(seed, SALT)));
        ++steps;
        touchedShares = 0;
        if (_random(3) != 0) _pass(1 + _random(_oneIn(4) ? 2 hours : 60));
        _;
    }

    function _random(uint256 below) internal returns (uint256) {
        entropy = uint256(keccak256(abi.encode(entropy)));
        return entropy % below;
    }

    function _oneIn(uint256 n) internal returns (bool) {
        return _random(n) == 0;
    }

    function _pass(uint256 elapsed) internal {
        time += elapsed;
        vm.warp(time);
    }

    function _someone() internal returns (Actor) {
        return people[_random(PEOPLE)];
    }

    /// Anything up to `most`: nothing, a wei, all, any size in between.
    function _upTo(uint256 most) internal returns (uint256) {
        uint256 kind = _random(16);
        if (most == 0 || kind == 0) return 0;
        if (kind == 1) return 1;
        if (kind < 5) return most;
        if (kind < 10) return _random(most) + 1;
        return (_random(most) + 1) >> _random(64);
    }

    /// Loan assets: wei, tokens, or up to two million.
    function _assets() internal returns (uint256) {
        uint256 kind = _random(12);
        if (kind == 0) return _random(1_000);
        if (kind < 4) return _random(1_000 * token);
        return _random((kind == 11 ? 2_000_000 : 200_000) * token) + 1;
    }

    // ---------------------------------------------------------------- calls

    /// A call to the pool or the fund. It must not lower the exit price, nor fail but by an error with a name.
    function _send(Actor who, address target, bytes memory data) internal returns (bool ok, bytes memory returned) {
        uint256 before = pool.exitPrice();
        (ok, returned) = _sendUnpriced(who, target, data);
        if (ok) _requireNotLower(before);
    }

    /// The same for calls that change the oracle.
    function _sendUnpriced(
        Actor who,
        address target,
        bytes memory data
    ) internal returns (bool ok, bytes memory returned) {
        IToken armed = _oneIn(48) ? (_oneIn(2) ? asset : collateral) : IToken(address(0));
        if (address(armed) != address(0)) armed.arm(address(pool), _lockedCall(), 1);
        (ok, returned) = who.execute(target, data);
        uint256 selector = uint32(bytes4(data)) | (target == address(fund) ? 1 << 32 : 0);
        Count storage count = counts[selector];
        if (count.calls == 0) selectors.push(selector);
        ++count.calls;
        if (!ok) {
            ++count.reverts;
            if (returned.length < 4) fail("W-4: a revert without an error", selector, 0);
            if (bytes4(returned) == PANIC) fail("W-4: a panic", selector, 0);
            if (bytes4(returned) == STRING) _failAgain(returned);
        }
        if (address(armed) != address(0)) _requireRepelled(armed, ok);
    }

    function _failAgain(bytes memory failure) private pure {
        assembly ("memory-safe") {
            revert(add(failure, 0x20), mload(failure))
        }
    }

    function _requireRepelled(IToken armed, bool ok) private {
        if (ok && armed.callCount() != 0) {
            if (armed.lastSuccess()) fail("A-3: entered again through a token", 0, 0);
            if (bytes4(armed.lastReturnData()) != IPoolErrors.Locked.selector) fail("A-3: not by the lock", 0, 0);
        }
        armed.arm(address(0), "", 0);
    }

    /// Remembers a position that the next call moves: its tick's uncertainty may pass to the price.
    function _touch(address borrower) internal {
        Loan memory loan = _loan(borrower);
        (touchedShares, touchedTick) = (loan.debtShares, loan.tick);
    }

    function _requireNotLower(uint256 before) internal view {
        uint256 after_ = pool.exitPrice();
        if (after_ >= before) return;
        (uint256 wei_, uint256 boundary) = _priceTolerance(before);
        if (before - after_ > wei_ + boundary) fail("P-2: a call lowered the exit price", before, after_);
    }

    /// P-3 for a call that ran just now: the price is what it was, if nothing was in the boundary tick.
    function _requireSame(uint256 before) internal view {
        (uint256 low, uint256 high, bool ok) = pool.currentPrice();
        if (low != high || !ok) return;
        (uint256 tolerance, uint256 boundary) = _priceTolerance(before);
        if (boundary != 0) return;
        uint256 after_ = pool.exitPrice();
        uint256 change = after_ > before ? after_ - before : before - after_;
        if (change > tolerance) fail("P-3: the price moved", before, after_);
    }

    /// P-3 where a surplus raises the price: the shortfall is what it must be, if nothing was in the boundary tick.
    function _requireShortfall(uint256 expected) internal view {
        (uint256 low, uint256 high, bool ok) = pool.currentPrice();
        if (low != high || !ok) return;
        (, uint256 boundary) = _priceTolerance(WAD);
        if (boundary != 0) return;
        uint256 shortfall = pool.currentShortfall();
        uint256 change = shortfall > expected ? shortfall - expected : expected - shortfall;
        if (change > _roundings(high)) fail("P-3: not the surplus in the shortfall", expected, shortfall);
    }

    /// What the price may move by: some roundings, and four shares, against all assets; and what the boundary tick hides
    /// (P-1), with the position that the call moved if it was there.
    function _priceTolerance(uint256 price) private view returns (uint256 forWei, uint256 forBoundary) {
        Totals memory t = _totals();
        uint256 left = _atLeast1(_atLeast1(t.cash + t.debt, t.fees), pool.currentShortfall());
        (uint256 low, uint256 high, ) = pool.currentPrice();
        // A share is worth more than a wei where few are left.
        uint256 roundings = _roundings(high) + 4 * (price / 1e24 + 1);
        forWei = Math.mulDiv(price, roundings, left, Math.Rounding.Ceil) + 2;
        if (low == 0) return (forWei, 0);
        uint256 threshold = _threshold(low, t.index);
        (uint256 shares, ) = pool.tickSums(threshold);
        if (touchedShares != 0 && touchedTick == threshold) shares += touchedShares;
        if (shares != 0) forBoundary = Math.mulDiv(price, (shares * t.index) / WAD / 256 + 1, left) + 1;
    }

    /// In assets: some wei, two a position, and the estate's clock, which has 2^-32 seconds of 60 days.
    function _roundings(uint256 high) private view returns (uint256) {
        (, uint256 forSale, , ) = pool.estate();
        return 8 + 2 * PEOPLE + (forSale * high) / PRICE_SCALE / (60 days << 32);
    }

    function _atLeast1(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a - b : 1;
    }

    /// What a run did, for the table: calls and reverts of each selector, and how often each path was walked.
    function walked() external view returns (bytes memory) {
        uint256[] memory calls = new uint256[](selectors.length);
        uint256[] memory reverts = new uint256[](selectors.length);
        for (uint256 i; i < selectors.length; ++i) {
            (calls[i], reverts[i]) = (counts[selectors[i]].calls, counts[selectors[i]].reverts);
        }
        return abi.encode(steps, paths, selectors, calls, reverts);
    }

    // ---------------------------------------------------------------- intrusions

    /// A call that the pool's lock must refuse, whoever makes it.
    function _lockedCall() internal returns (bytes memory) {
        address who = address(_someone());
        uint256 kind = _random(18);
        if (kind == 0) return abi.encodeWithSignature("deposit(uint256,address)", token, who);
        if (kind == 1) return abi.encodeWithSignature("mint(uint256,address)", token * VIRTUAL_SHARES, who);
        if (kind == 2) return abi.encodeWithSignature("withdraw(uint256,address,address)", 1, who, who);
        if (kind == 3) return abi.encodeWithSignature("redeem(uint256,address,address)", token, who, who);
        if (kind == 4) return abi.encodeCall(pool.supplyCollateral, (coin, who));
        if (kind == 5) return abi.encodeCall(pool.withdrawCollateral, (1, who, who));
        if (kind == 6) return abi.encodeCall(pool.borrow, (minDebt, who, who));
        if (kind == 7) return abi.encodeCall(pool.repay, (MAX, who));
        if (kind == 8) return abi.encodeCall(pool.liquidate, (who, MAX, 0, who, ""));
        if (kind == 9) return abi.encodeCall(pool.flag, (who));
        if (kind == 10) return abi.encodeCall(pool.foreclose, (who));
        if (kind == 11) return abi.encodeCall(pool.buyEstate, (MAX, 0, who, ""));
        if (kind == 12) return abi.encodeCall(pool.recover, (1));
        if (kind == 13) return abi.encodeCall(pool.claimRecovery, (who));
        if (kind == 14) return abi.encodeCall(pool.topUpReserve, (1));
        if (kind == 15) return abi.encodeCall(pool.transfer, (address(pool), 0));
        if (kind == 16) return abi.encodeCall(pool.pivot, ());
        return abi.encodeCall(pool.accrue, ());
    }

    /// Data for a callback: mostly a call that must meet the lock, at times one that is allowed.
    function _intrusion() internal returns (bytes memory) {
        uint256 kind = _random(8);
        if (kind == 0) {
            bytes memory payload = abi.encodeWithSignature("deposit(uint256,address)", 1, address(_someone()));
            return abi.encode(Intrusion(address(fund), payload, true));
        }
        if (kind == 1) {
            bytes memory payload = abi.encodeCall(pool.approve, (address(_someone()), 0));
            return abi.encode(Intrusion(address(pool), payload, false));
        }
        return abi.encode(Intrusion(address(pool), _lockedCall(), true));
    }

    // ---------------------------------------------------------------- losses

    /// What a loss is held against.
    struct Before {
        uint256 price;
        uint256 cooling;
        uint256 fundShares;
        uint256 generation;
        uint256 unpaidFace;
        uint256[PEOPLE] balances;
        /// Two holders, and what their shares are worth.
        uint256[2] holders;
        uint256[2] worth;
    }

    struct Loss {
        bool isRealised;
        uint256 loss;
        uint256 fromReserve;
        uint256 fromFund;
        uint256 haircut;
        uint256 recovered; // to certificates
        bool isSurplus; // anything recovered
    }

    function _beforeLoss() internal returns (Before memory b) {
        b.price = pool.exitPrice();
        (b.fundShares, b.cooling, b.generation) = pool.fundAccount();
        (b.unpaidFace, ) = pool.certificates();
        for (uint256 i; i < PEOPLE; ++i) {
            b.balances[i] = pool.balanceOf(address(people[i]));
            if (b.balances[i] != 0) (b.holders[0], b.holders[1]) = (b.holders[1], i);
        }
        for (uint256 i; i < 2; ++i) b.worth[i] = pool.convertToAssets(b.balances[b.holders[i]]);
        vm.recordLogs();
    }

    /// Reads what the call reported, and holds it to W-1, W-2, W-3 and F-2. `returned` is what the caller was told.
    function _afterLoss(Before memory b, uint256 returned) internal returns (Loss memory loss) {
        Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i; i < logs.length; ++i) {
            if (logs[i].emitter != address(pool)) continue;
            if (logs[i].topics[0] == LOSS_REALISED) {
                if (loss.isRealised) fail("W-1: two losses in one call", 0, 0);
                loss.isRealised = true;
                (loss.loss, loss.fromReserve, loss.fromFund, loss.haircut) = abi.decode(
                    logs[i].data,
                    (uint256, uint256, uint256, uint256)
                );
            }
            if (logs[i].topics[0] == RECOVERED) {
                (loss.recovered, ) = abi.decode(logs[i].data, (uint256, uint256));
                loss.isSurplus = true;
            }
        }
        if (loss.loss != returned) fail("W-1: the loss is not the event's", returned, loss.loss);
        _noteRepayment(b.unpaidFace, loss.recovered);
        if (loss.isRealised) _checkLoss(b, loss);
    }

    function _checkLoss(Before memory b, Loss memory loss) private {
        uint256 parts = loss.fromReserve + loss.fromFund + loss.haircut;
        if (parts != loss.loss) fail("W-1: the parts are not the loss", parts, loss.loss);
        (uint256 fundShares, uint256 cooling, uint256 generation) = pool.fundAccount();
        uint256 reserve = pool.balanceOf(address(pool));
        if (loss.haircut != 0 && reserve + fundShares != 0) {
            fail("W-2: a haircut with reserve or fund left", reserve, fundShares);
        }
        if (loss.fromFund != 0 && reserve != 0) fail("W-2: the fund before the reserve", reserve, loss.fromFund);
        _checkShared(b);
        if (loss.fromFund != 0) _checkCooling(b, fundShares, cooling);

        if (loss.haircut != 0) {
            if (past.recoveryCount != 0 && past.haircutCount != 0) ++paths[uint256(Path.SecondIncident)];
            _noteHaircut(loss.haircut);
        } else {
            ++paths[uint256(Path.Covered)];
        }
        if (generation >= b.generation + 8) ++paths[uint256(Path.FundWiped)];
        else if (generation > b.generation) ++paths[uint256(Path.FundWorn)];
    }

    /// W-3: nobody's shares were touched, and what they are worth fell by the same part for all.
    function _checkShared(Before memory b) private view {
        for (uint256 i; i < PEOPLE; ++i) {
            uint256 balance = pool.balanceOf(address(people[i]));
            if (balance != b.balances[i]) fail("W-3: a loss touched someone's shares", balance, b.balances[i]);
        }
        uint256[2] memory left;
        for (uint256 i; i < 2; ++i) left[i] = pool.convertToAssets(b.balances[b.holders[i]]);
        (uint256 one, uint256 other) = (left[0] * b.worth[1], left[1] * b.worth[0]);
        uint256 apart = one > other ? one - other : other - one;
        // each of the four is rounded down by less than a wei
        if (apart > left[0] + left[1] + b.worth[0] + b.worth[1] + 4) fail("W-3: unequal parts", one, other);
    }

    /// F-2: cooling shares lose what the whole fund loses.
    function _checkCooling(Before memory b, uint256 fundShares, uint256 cooling) private {
        if (b.cooling == 0) return;
        if (fundShares != 0) ++paths[uint256(Path.CoolingBurned)];
        uint256 due = Math.mulDiv(b.cooling, fundShares, b.fundShares);
        uint256 apart = due > cooling ? due - cooling : cooling - due;
        // The index has at least 18 digits; units of the pool are rounded by one a step of a generation.
        if (apart > 2 + b.cooling / 1e9) fail("F-2: cooling shares did not lose pro rata", cooling, due);
    }

    bytes32 internal constant LOSS_REALISED = keccak256(
        "LossRealised(uint256,address,uint256,uint256,uint256,uint256,uint256,uint256)"
    );
    bytes32 internal constant RECOVERED = keccak256("Recovered(address,uint256,uint256)");
}
