// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {ILendingPool} from "../interfaces/ILendingPool.sol";

/// @title A borrower; its maker tells it when
contract CrowdMember {
    function open(ILendingPool pool, uint256 debt, address receiver) external {
        pool.borrow(debt, address(this), receiver);
    }
}

/// @title Many borrowers in one transaction
/// @notice Must hold the collateral. The loans' money stays here.
contract Crowd {
    /// @notice One loan of one new borrower for each pair of collateral and debt.
    function open(ILendingPool pool, uint256[] calldata collaterals, uint256[] calldata debts) external {
        IERC20(pool.collateralToken()).approve(address(pool), type(uint256).max);
        for (uint256 i; i < collaterals.length; ++i) {
            CrowdMember member = new CrowdMember();
            pool.supplyCollateral(collaterals[i], address(member));
            member.open(pool, debts[i], address(this));
        }
    }
}
