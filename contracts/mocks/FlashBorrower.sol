// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC3156FlashBorrower} from "@openzeppelin/contracts/interfaces/IERC3156FlashBorrower.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title The least that can take a flash loan
/// @notice It approves once, and does nothing with what it borrows: what a loan costs is then the lender's own gas.
contract FlashBorrower is IERC3156FlashBorrower {
    bytes32 private constant MAGIC = keccak256("ERC3156FlashBorrower.onFlashLoan");

    function approve(IERC20 token, address spender) external {
        token.approve(spender, type(uint256).max);
    }

    function onFlashLoan(address, address, uint256, uint256, bytes calldata) external pure returns (bytes32) {
        return MAGIC;
    }
}
