// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";

import {Actor} from "./Actor.sol";
import {fail, vm} from "./Cheats.sol";
import {Handler} from "./Handler.sol";

/// @title What suppliers do, and everyone with shares
abstract contract SupplyHandler is Handler {
    bytes32 private constant PERMIT_TYPEHASH = keccak256(
        "Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)"
    );

    // ---------------------------------------------------------------- in

    function deposit(uint256 seed) external step(seed) {
        address receiver = address(_someone());
        uint256 assets = _assets();
        bytes memory data = abi.encodeWithSignature("deposit(uint256,address)", assets, receiver);
        if (_oneIn(2)) {
            uint256 least = _oneIn(8) ? MAX : 0;
            data = abi.encodeWithSignature("deposit(uint256,address,uint256)", assets, receiver, least);
        }
        (bool ok, bytes memory returned) = _send(_someone(), address(pool), data);
        if (ok && abi.decode(returned, (uint256)) == 0) fail("P-4: a deposit for no shares", assets, 0);
    }

    function mint(uint256 seed) external step(seed) {
        address receiver = address(_someone());
        uint256 shares = _assets() * VIRTUAL_SHARES;
        bytes memory data = abi.encodeWithSignature("mint(uint256,address)", shares, receiver);
        if (_oneIn(2)) {
            uint256 most = _oneIn(8) ? 0 : MAX;
            data = abi.encodeWithSignature("mint(uint256,address,uint256)", shares, receiver, most);
        }
        _send(_someone(), address(pool), data);
    }

    // ---------------------------------------------------------------- out

    /// Exits work whatever is paused or broken (G-1), as far as there is cash.
    function withdraw(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 most = pool.maxWithdraw(address(who));
        uint256 assets = _oneIn(16) ? _assets() : _upTo(most);
        address receiver = address(_oneIn(2) ? who : _someone());
        bytes memory data = abi.encodeWithSignature(
            "withdraw(uint256,address,address)",
            assets,
            receiver,
            address(who)
        );
        bool isLimited = _oneIn(2);
        uint256 limit = _oneIn(8) ? 0 : MAX;
        if (isLimited) {
            data = abi.encodeWithSignature(
                "withdraw(uint256,address,address,uint256)",
                assets,
                receiver,
                address(who),
                limit
            );
        }
        (bool ok, ) = _send(who, address(pool), data);
        bool mustWork = assets != 0 && assets <= most && (!isLimited || limit != 0);
        if (mustWork && !ok) fail("G-1: a withdrawal was refused", assets, most);
        if (ok && assets > most + 1) fail("G-1: more than the limit was withdrawn", assets, most);
    }

    function redeem(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 most = pool.maxRedeem(address(who));
        uint256 shares = _oneIn(16) ? _assets() * VIRTUAL_SHARES : _upTo(most);
        uint256 due = pool.previewRedeem(shares);
        address receiver = address(_oneIn(2) ? who : _someone());
        bytes memory data = abi.encodeWithSignature("redeem(uint256,address,address)", shares, receiver, address(who));
        bool isLimited = _oneIn(2);
        uint256 limit = _oneIn(8) ? MAX : due;
        if (isLimited) {
            data = abi.encodeWithSignature(
                "redeem(uint256,address,address,uint256)",
                shares,
                receiver,
                address(who),
                limit
            );
        }
        (bool ok, bytes memory returned) = _send(who, address(pool), data);
        bool mustWork = shares <= most && due != 0 && (!isLimited || limit <= due);
        if (mustWork && !ok) fail("G-1: a redemption was refused", shares, most);
        if (ok && abi.decode(returned, (uint256)) != due) fail("P-4: not what was previewed", due, shares);
    }

    // ---------------------------------------------------------------- in and out in one block

    function depositRedeem(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 assets = _assets();
        bytes memory data = abi.encodeWithSignature("deposit(uint256,address)", assets, address(who));
        (bool ok, bytes memory returned) = _send(who, address(pool), data);
        if (!ok) return;
        uint256 shares = abi.decode(returned, (uint256));
        data = abi.encodeWithSignature("redeem(uint256,address,address)", shares, address(who), address(who));
        (ok, returned) = _send(who, address(pool), data);
        if (!ok) return;
        uint256 back = abi.decode(returned, (uint256));
        if (back > assets) fail("P-4: deposit and redeem gained", assets, back);
    }

    function mintWithdraw(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 shares = _assets() * VIRTUAL_SHARES + _random(1e6);
        bytes memory data = abi.encodeWithSignature("mint(uint256,address)", shares, address(who));
        (bool ok, bytes memory returned) = _send(who, address(pool), data);
        if (!ok) return;
        uint256 paid = abi.decode(returned, (uint256));
        if (pool.previewRedeem(shares) > paid) fail("P-4: minted shares are worth more than paid", paid, shares);
        if (pool.balanceOf(address(who)) < pool.previewWithdraw(paid)) return;
        data = abi.encodeWithSignature("withdraw(uint256,address,address)", paid, address(who), address(who));
        (ok, returned) = _send(who, address(pool), data);
        if (!ok) return;
        uint256 burned = abi.decode(returned, (uint256));
        if (burned < shares) fail("P-4: mint and withdraw gained", shares, burned);
    }

    // ---------------------------------------------------------------- the share token

    function transfer(uint256 seed) external step(seed) {
        Actor who = _someone();
        address to = _oneIn(4) ? signer : address(_someone());
        uint256 shares = _upTo(pool.balanceOf(address(who)));
        (bool ok, ) = _send(who, address(pool), abi.encodeCall(pool.transfer, (to, shares)));
        if (!ok) fail("G-1: a transfer was refused", shares, 0);
    }

    /// Shares given to the pool are reserve, shares given to the fund are fund; nothing else moves.
    function transferToCover(uint256 seed) external step(seed) {
        Actor who = _someone();
        address to = _oneIn(2) ? address(pool) : address(fund);
        uint256 balance = pool.balanceOf(address(who));
        // Rarely much: or there would soon be nothing but cover.
        uint256 shares = _oneIn(3) ? 0 : _upTo(_oneIn(8) ? balance : balance / 1_000);
        uint256 price = pool.exitPrice();
        (, uint256 cooling, ) = pool.fundAccount();
        uint256 gross = pool.grossPrice();
        _touch(address(0));
        (bool ok, ) = _send(who, address(pool), abi.encodeCall(pool.transfer, (to, shares)));
        if (!ok) fail("G-1: a gift was refused", shares, 0);
        (, uint256 coolingAfter, ) = pool.fundAccount();
        if (coolingAfter > cooling) fail("F-2: cooling shares earned", coolingAfter, cooling);
        // A gift of nothing is no gift: fees become shares and no price moves.
        if (shares == 0) _requireSame(price);
        if (pool.grossPrice() + 2 < gross) fail("A-3: a gift lowered the gross price", gross, pool.grossPrice());
    }

    function approveAndMove(uint256 seed) external step(seed) {
        Actor owner = _someone();
        Actor spender = _someone();
        uint256 shares = _upTo(pool.balanceOf(address(owner)));
        _send(owner, address(pool), abi.encodeCall(pool.approve, (address(spender), shares)));
        uint256 kind = _random(3);
        bytes memory data = abi.encodeCall(pool.transferFrom, (address(owner), address(_someone()), shares));
        if (kind == 1) {
            data = abi.encodeWithSignature("redeem(uint256,address,address)", shares, address(spender), address(owner));
        }
        if (kind == 2) data = abi.encodeCall(pool.transferFrom, (address(owner), address(pool), shares / 10_000));
        _send(spender, address(pool), data);
        if (address(spender) == address(owner)) return;
        // What is left of the allowance is taken back; without one nobody moves a share.
        _send(owner, address(pool), abi.encodeCall(pool.approve, (address(spender), 0)));
        data = abi.encodeCall(pool.transferFrom, (address(owner), address(spender), 1));
        (bool ok, ) = _send(spender, address(pool), data);
        if (ok) fail("G-1: shares moved without an allowance", shares, 0);
    }

    /// Pool shares and fund units alike.
    function permit(uint256 seed) external step(seed) {
        Actor spender = _someone();
        address token_ = _oneIn(2) ? address(pool) : address(fund);
        bytes memory data = _permit(token_, address(spender), time + _random(100));
        (bool ok, ) = _send(spender, token_, data);
        if (!ok) fail("G-1: a permit was refused", time, 0);
        uint256 amount = _upTo(IERC20(token_).balanceOf(signer));
        _send(spender, token_, abi.encodeCall(pool.transferFrom, (signer, address(_someone()), amount)));
        // the same signature again
        (ok, ) = _send(spender, token_, data);
        if (ok) fail("G-1: a signature was used twice", time, 0);
    }

    function _permit(address token_, address spender, uint256 deadline) private view returns (bytes memory) {
        IERC20Permit target = IERC20Permit(token_);
        bytes32 content = keccak256(abi.encode(PERMIT_TYPEHASH, signer, spender, MAX, target.nonces(signer), deadline));
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", target.DOMAIN_SEPARATOR(), content));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(SIGNER_KEY, digest);
        return abi.encodeCall(target.permit, (signer, spender, MAX, deadline, v, r, s));
    }

    /// Several calls in one transaction.
    function multicall(uint256 seed) external step(seed) {
        Actor who = _someone();
        bytes[] memory calls = new bytes[](3);
        calls[0] = abi.encodeWithSignature("deposit(uint256,address)", _assets(), address(who));
        calls[1] = abi.encodeCall(pool.accrue, ());
        calls[2] = abi.encodeCall(pool.transfer, (address(_someone()), _upTo(pool.balanceOf(address(who)))));
        _send(who, address(pool), abi.encodeCall(pool.multicall, (calls)));
    }

    // ---------------------------------------------------------------- loans for a moment, gifts of tokens

    function flashLoan(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 cash = pool.maxFlashLoan(address(asset));
        uint256 assets = _oneIn(8) ? cash + 1 : _upTo(cash);
        bytes memory wish = _intrusion();
        bool keeps = _oneIn(8);
        if (keeps) wish = "keep";
        address lent = _oneIn(16) ? address(collateral) : address(asset);
        bytes memory data = abi.encodeCall(pool.flashLoan, (who, lent, assets, wish));
        (bool ok, ) = _send(_someone(), address(pool), data);
        bool mustWork = assets != 0 && assets <= cash && lent == address(asset) && !keeps;
        if (ok != mustWork) fail("A-3: a flash loan", assets, cash);
    }

    /// Tokens sent to the pool move no price.
    function giveTokens(uint256 seed) external step(seed) {
        Actor who = _someone();
        uint256 price = pool.exitPrice();
        uint256 gross = pool.grossPrice();
        uint256 amount = _assets();
        if (_oneIn(2)) {
            who.execute(address(asset), abi.encodeCall(asset.transfer, (address(pool), amount)));
            past.donatedAssets += amount;
        } else {
            amount = _upTo(coin);
            who.execute(address(collateral), abi.encodeCall(asset.transfer, (address(pool), amount)));
            past.donatedCollateral += amount;
        }
        if (pool.exitPrice() != price || pool.grossPrice() != gross)
            fail("A-3: a gift of tokens moved a price", price, gross);
    }

    function accrue(uint256 seed) external step(seed) {
        uint256 price = pool.exitPrice();
        (bool ok, ) = _send(_someone(), address(pool), abi.encodeCall(pool.accrue, ()));
        if (!ok) fail("W-4: accrue was refused", 0, 0);
        if (pool.exitPrice() < price) _requireSame(price);
    }

    function pivot(uint256 seed) external step(seed) {
        uint256 shown = pool.currentShortfall();
        (bool ok, ) = _send(_someone(), address(pool), abi.encodeCall(pool.pivot, ()));
        if (!ok) fail("W-4: pivot was refused", 0, 0);
        if (pool.currentShortfall() != shown)
            fail("P-1: the pivot changed the shortfall", shown, pool.currentShortfall());
    }
}
