// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ILendingPool} from "../../contracts/interfaces/ILendingPool.sol";
import {IEstateCallback, ILiquidationCallback} from "../../contracts/interfaces/IPoolCallbacks.sol";
import {IPoolErrors} from "../../contracts/interfaces/IPoolErrors.sol";
import {fail} from "./Cheats.sol";

/// @notice What an actor does while the pool calls it: one call that must meet the lock, or one that is allowed.
struct Intrusion {
    address target;
    bytes payload;
    bool mustMeetLock;
}

/// @title One of the people of a run
/// @notice A contract, so that it can be called back, and then tries to enter the pool again. It signs everything.
contract Actor is ILiquidationCallback, IEstateCallback, IERC3156FlashBorrower, IERC1271 {
    bytes32 private constant FLASH_LOAN_MAGIC = keccak256("ERC3156FlashBorrower.onFlashLoan");

    ILendingPool private immutable POOL;

    /// @notice How often it was called back.
    uint256 public callbacks;

    constructor(ILendingPool pool) {
        POOL = pool;
    }

    function execute(address target, bytes calldata data) external returns (bool success, bytes memory returned) {
        return target.call(data);
    }

    function onLiquidate(uint256, uint256, bytes calldata data) external {
        _intrude(data);
    }

    function onBuyEstate(uint256, uint256, bytes calldata data) external {
        _intrude(data);
    }

    /// @dev With "keep" as data it parts with the money: the pool can't have it back, so the loan must fail.
    function onFlashLoan(
        address,
        address token,
        uint256 assets,
        uint256,
        bytes calldata data
    ) external returns (bytes32) {
        if (bytes32(data) == "keep") IERC20(token).transfer(address(1), IERC20(token).balanceOf(address(this)));
        else _intrude(data);
        return assets == 0 ? bytes32(0) : FLASH_LOAN_MAGIC;
    }

    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return IERC1271.isValidSignature.selector;
    }

    function _intrude(bytes calldata data) private {
        ++callbacks;
        Intrusion memory intrusion = abi.decode(data, (Intrusion));
        (bool success, bytes memory returned) = intrusion.target.call(intrusion.payload);
        if (intrusion.mustMeetLock) {
            if (success || bytes4(returned) != IPoolErrors.Locked.selector)
                fail("A-3: entered again in a callback", 0, 0);
        }
        if (POOL.maxWithdraw(address(this)) != 0) fail("A-3: a limit above zero in a callback", 0, 0);
        if (POOL.maxDeposit(address(this)) != 0) fail("A-3: a limit above zero in a callback", 0, 1);
        try POOL.exitPrice() returns (uint256) {
            fail("A-3: a price in a callback", 0, 0);
        } catch {}
    }
}
