// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ActorCall} from "./PoolActor.sol";

/// @title An attacker without capital
/// @notice Borrows for one transaction, makes its calls with the loan, and pays back. A failed call fails it all.
contract FlashActor is IERC3156FlashBorrower {
    function attack(IERC3156FlashLender lender, address token, uint256 amount, ActorCall[] calldata calls) external {
        lender.flashLoan(this, token, amount, abi.encode(calls));
    }

    /// @notice Make the calls without a loan.
    function run(ActorCall[] calldata calls) external {
        for (uint256 i; i < calls.length; ++i) _call(calls[i]);
    }

    function onFlashLoan(
        address,
        address token,
        uint256 amount,
        uint256 fee,
        bytes calldata data
    ) external returns (bytes32) {
        ActorCall[] memory calls = abi.decode(data, (ActorCall[]));
        for (uint256 i; i < calls.length; ++i) _call(calls[i]);
        IERC20(token).approve(msg.sender, amount + fee);
        return keccak256("ERC3156FlashBorrower.onFlashLoan");
    }

    function _call(ActorCall memory step) private {
        (bool success, bytes memory returned) = step.target.call(step.payload);
        if (success) return;
        assembly ("memory-safe") {
            revert(add(returned, 32), mload(returned))
        }
    }
}
