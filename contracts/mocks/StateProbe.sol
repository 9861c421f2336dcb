// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IInsuranceFund, RequestStatus} from "../interfaces/IInsuranceFund.sol";
import {ILendingPool, PositionStatus} from "../interfaces/ILendingPool.sol";

/// @title Reads a pool and its fund whole, in one call
/// @notice Words in the order in which test/differential/chain.ts names them; the first is the time they are as of.
contract StateProbe {
    struct Words {
        uint256[] list;
        uint256 length;
    }

    /// @notice What every call is followed by: totals, prices, rates, and what each account has.
    function state(
        ILendingPool pool,
        IInsuranceFund fund,
        address[] calldata accounts
    ) external view returns (uint256[] memory) {
        Words memory words = _start(64 + 16 * accounts.length);
        _push(words, block.timestamp);
        _totals(words, pool);
        _prices(words, pool);
        for (uint256 i; i < accounts.length; ++i) _account(words, pool, fund, accounts[i]);
        return _done(words);
    }

    /// @notice What only reads and costs more: limits, previews, requests. `amount` is what to preview.
    function views(
        ILendingPool pool,
        IInsuranceFund fund,
        address[] calldata accounts,
        uint256[] calldata requestIds,
        uint256 amount
    ) external view returns (uint256[] memory) {
        Words memory words = _start(64 + 16 * accounts.length + 8 * requestIds.length);
        _push(words, block.timestamp);
        _book(words, pool, fund);
        _previews(words, pool, fund, amount);
        for (uint256 i; i < accounts.length; ++i) _limits(words, pool, fund, accounts[i], amount);
        for (uint256 i; i < requestIds.length; ++i) _request(words, fund, requestIds[i]);
        return _done(words);
    }

    function _totals(Words memory words, ILendingPool pool) private view {
        (
            uint256 cash,
            uint256 debtAssets,
            uint256 debtShares,
            uint256 index,
            uint256 pendingFees,
            uint256 reserve,
            uint256 fundShares
        ) = pool.totals();
        _push(words, cash);
        _push(words, debtAssets);
        _push(words, debtShares);
        _push(words, index);
        _push(words, pendingFees);
        _push(words, reserve);
        _push(words, fundShares);
        _push(words, pool.totalSupply());
    }

    function _prices(Words memory words, ILendingPool pool) private view {
        _push(words, pool.grossPrice());
        _push(words, pool.exitPrice());
        _push(words, pool.currentShortfall());
        _push(words, pool.borrowRate());
        _push(words, pool.supplyRate());
        (uint256 unpaid, uint256 held) = pool.certificates();
        _push(words, unpaid);
        _push(words, held);
    }

    function _book(Words memory words, ILendingPool pool, IInsuranceFund fund) private view {
        (uint256 low, uint256 high, bool ok) = pool.currentPrice();
        _push(words, low);
        _push(words, high);
        _push(words, ok ? 1 : 0);
        (uint256 debt, uint256 collateral, uint256 price, uint256 startedAt) = pool.estate();
        _push(words, debt);
        _push(words, collateral);
        _push(words, price);
        _push(words, startedAt);
        (uint256 highestTick, uint256 pivotTick, uint256 pivotDebt, uint256 pivotCollateral) = pool.ledgerState();
        _push(words, highestTick);
        _push(words, pivotTick);
        _push(words, pivotDebt);
        _push(words, pivotCollateral);
        (uint256 total, uint256 cooling, uint256 generation) = pool.fundAccount();
        _push(words, total);
        _push(words, cooling);
        _push(words, generation);
        _push(words, fund.totalSupply());
        _push(words, IERC20(pool.asset()).balanceOf(address(pool)));
        _push(words, IERC20(pool.collateralToken()).balanceOf(address(pool)));
        _config(words, pool);
    }

    function _config(Words memory words, ILendingPool pool) private view {
        (
            ,
            uint256 borrowLtv,
            uint256 lltv,
            uint256 supplyCap,
            uint256 borrowCap,
            uint256 reserveFee,
            uint256 fundFee,
            uint256 reserveTarget,
            bool isPaused,
            bool isClosed,
            bool isHalted
        ) = pool.config();
        _push(words, borrowLtv);
        _push(words, lltv);
        _push(words, supplyCap);
        _push(words, borrowCap);
        _push(words, reserveFee);
        _push(words, fundFee);
        _push(words, reserveTarget);
        _push(words, (isPaused ? 1 : 0) + (isClosed ? 2 : 0) + (isHalted ? 4 : 0));
    }

    function _account(Words memory words, ILendingPool pool, IInsuranceFund fund, address account) private view {
        _push(words, pool.balanceOf(account));
        _push(words, fund.balanceOf(account));
        _push(words, IERC20(pool.asset()).balanceOf(account));
        _push(words, IERC20(pool.collateralToken()).balanceOf(account));
        (uint256 debtShares, uint256 collateral, uint256 tick, uint256 timestamp, bool isFlagged) = pool.positionOf(
            account
        );
        _push(words, debtShares);
        _push(words, collateral);
        _push(words, tick);
        _push(words, timestamp);
        _push(words, isFlagged ? 1 : 0);
        (uint256 unpaid, uint256 claimable) = pool.certificateOf(account);
        _push(words, unpaid);
        _push(words, claimable);
    }

    function _previews(Words memory words, ILendingPool pool, IInsuranceFund fund, uint256 amount) private view {
        _push(words, pool.grossAssets());
        _push(words, pool.totalAssets());
        _push(words, pool.coverageRatio());
        _push(words, pool.utilisation());
        _push(words, pool.convertToAssets(amount));
        _push(words, pool.convertToShares(amount));
        _push(words, pool.previewDeposit(amount));
        _push(words, pool.previewMint(amount));
        _push(words, pool.previewWithdraw(amount));
        _push(words, pool.previewRedeem(amount));
        _push(words, fund.totalAssets());
        _push(words, fund.previewDeposit(amount));
        _push(words, fund.previewMint(amount));
        _push(words, fund.convertToAssets(amount));
        (, uint256 debt, , , , , ) = pool.totals();
        (uint256 reserve, uint256 fundPart, uint256 haircut, uint256 before, uint256 afterwards) = pool
            .previewWaterfall(amount < debt ? amount : debt);
        _push(words, reserve);
        _push(words, fundPart);
        _push(words, haircut);
        _push(words, before);
        _push(words, afterwards);
        (uint256 gross, uint256 paid) = pool.previewLeaveFund(amount);
        _push(words, gross);
        _push(words, paid);
    }

    function _limits(
        Words memory words,
        ILendingPool pool,
        IInsuranceFund fund,
        address account,
        uint256 amount
    ) private view {
        _push(words, pool.maxDeposit(account));
        _push(words, pool.maxMint(account));
        _push(words, pool.maxWithdraw(account));
        _push(words, pool.maxRedeem(account));
        _push(words, fund.maxRedeem(account));
        _push(words, fund.maxWithdraw(account));
        _push(words, fund.openRequests(account).length);
        (uint256 debt, uint256 collateral, uint256 ltv, PositionStatus status, uint256 flaggedAt) = pool.position(
            account
        );
        _push(words, debt);
        _push(words, collateral);
        _push(words, ltv);
        _push(words, uint256(status));
        _push(words, flaggedAt);
        (uint256 repaid, uint256 seized, uint256 loss) = pool.previewLiquidation(account, amount);
        _push(words, repaid);
        _push(words, seized);
        _push(words, loss);
    }

    function _request(Words memory words, IInsuranceFund fund, uint256 id) private view {
        (, uint256 units, uint256 coolingUnits, uint256 claimableAt, , RequestStatus status) = fund.requestOf(id);
        _push(words, units);
        _push(words, coolingUnits);
        _push(words, claimableAt);
        _push(words, uint256(status));
    }

    function _start(uint256 capacity) private pure returns (Words memory words) {
        words.list = new uint256[](capacity);
    }

    function _push(Words memory words, uint256 word) private pure {
        words.list[words.length] = word;
        ++words.length;
    }

    function _done(Words memory words) private pure returns (uint256[] memory list) {
        list = words.list;
        uint256 length = words.length;
        assembly ("memory-safe") {
            mstore(list, length)
        }
    }
}
