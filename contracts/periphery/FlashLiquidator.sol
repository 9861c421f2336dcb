// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {IEstateCallback, ILiquidationCallback} from "../interfaces/IPoolCallbacks.sol";
import {ISwapAdapter} from "../interfaces/ISwapAdapter.sol";

/// @title Liquidations and estate sales without capital
/// @notice Duty: take the collateral, sell it through an adapter, pay the pool out of the proceeds, and send what is
/// left to a beneficiary, or revert where that is less than the caller asks for.
///
/// Trusts nobody. Anyone may call it, with any pool and any adapter, hostile ones too: it has no owner, no storage and
/// no money of its own, and each call ends with the balances it found and with no allowance. So nothing of others is
/// ever within reach. Tokens sent here by mistake can be taken by anyone.
///
/// What bounds a sandwich is the least profit that the caller names: no route, no order and no router can make a call
/// succeed with less.
contract FlashLiquidator is ILiquidationCallback, IEstateCallback {
    using SafeERC20 for IERC20;

    /// How collateral is sold, and who gets what is left.
    struct Sale {
        ISwapAdapter adapter;
        bytes route;
        address beneficiary;
    }

    /// One liquidation: as for `ILendingPool.liquidate`, and the least that must be left of it, in the loan asset.
    struct Task {
        address borrower;
        uint256 maxRepayAssets;
        uint256 minProfit;
    }

    /// What became of it. A failed one has cost gas and changed nothing.
    struct Outcome {
        bool isDone;
        uint256 profit;
        uint256 gasUsed;
        bytes reason;
    }

    /// The pool of the call under way; nobody else may call back. With it its tokens, asked for once: what it says later
    /// moves nothing else. And what the call started from and asks for.
    address private transient _pool;
    IERC20 private transient _asset;
    IERC20 private transient _collateral;
    uint256 private transient _assetsBefore;
    uint256 private transient _collateralBefore;
    uint256 private transient _minProfit;

    error Reentered();
    error UnexpectedCallback(address caller, address pool);
    error InvalidBeneficiary(address beneficiary);
    error ProfitTooLow(uint256 proceeds, uint256 required);
    error NothingDone(Outcome[] outcomes);

    /// @notice Liquidate one position.
    /// @return profit what the beneficiary got, in the loan asset. Collateral that nobody would buy comes on top.
    function liquidate(ILendingPool pool, Task calldata task, Sale calldata sale) external returns (uint256 profit) {
        _enter(pool, task.minProfit, sale.beneficiary);
        pool.liquidate(task.borrower, task.maxRepayAssets, 0, address(this), abi.encode(sale.adapter, sale.route));
        return _leave(sale.beneficiary);
    }

    /// @notice Liquidate several positions, each by itself: what fails is left out. Reverts if all of them fail.
    function liquidateMany(
        ILendingPool pool,
        Task[] calldata tasks,
        Sale calldata sale
    ) external returns (Outcome[] memory outcomes) {
        outcomes = new Outcome[](tasks.length);
        bool isAnyDone;
        for (uint256 i; i < tasks.length; ++i) {
            uint256 gasBefore = gasleft();
            try this.liquidate(pool, tasks[i], sale) returns (uint256 profit) {
                isAnyDone = true;
                outcomes[i] = Outcome(true, profit, gasBefore - gasleft(), "");
            } catch (bytes memory reason) {
                outcomes[i] = Outcome(false, 0, gasBefore - gasleft(), reason);
            }
        }
        if (!isAnyDone) revert NothingDone(outcomes);
    }

    /// @notice Buy foreclosed collateral for at most `maxPaidAssets`, and sell it.
    /// @return profit as for `liquidate`.
    function buyEstate(
        ILendingPool pool,
        uint256 maxPaidAssets,
        uint256 minProfit,
        Sale calldata sale
    ) external returns (uint256 profit) {
        _enter(pool, minProfit, sale.beneficiary);
        pool.buyEstate(maxPaidAssets, 0, address(this), abi.encode(sale.adapter, sale.route));
        return _leave(sale.beneficiary);
    }

    /// @inheritdoc ILiquidationCallback
    function onLiquidate(uint256 repaidAssets, uint256 seizedCollateral, bytes calldata data) external {
        _sellAndApprove(repaidAssets, seizedCollateral, data);
    }

    /// @inheritdoc IEstateCallback
    function onBuyEstate(uint256 paidAssets, uint256 collateralBought, bytes calldata data) external {
        _sellAndApprove(paidAssets, collateralBought, data);
    }

    /// The collateral is here; what it fetches must cover the debt and the least profit before the pool may take.
    function _sellAndApprove(uint256 owed, uint256 amount, bytes calldata data) private {
        if (msg.sender != _pool) revert UnexpectedCallback(msg.sender, _pool);
        (ISwapAdapter adapter, bytes memory route) = abi.decode(data, (ISwapAdapter, bytes));
        if (amount != 0) {
            IERC20 collateral = _collateral;
            collateral.forceApprove(address(adapter), amount);
            adapter.sell(collateral, _asset, amount, route);
            _revoke(collateral, address(adapter));
        }
        _requireGain(owed + _minProfit);
        if (owed != 0) _asset.forceApprove(msg.sender, owed);
    }

    function _enter(ILendingPool pool, uint256 minProfit, address beneficiary) private {
        if (_pool != address(0)) revert Reentered();
        if (beneficiary == address(0) || beneficiary == address(this)) revert InvalidBeneficiary(beneficiary);
        _pool = address(pool);
        _minProfit = minProfit;
        _asset = IERC20(pool.asset());
        _collateral = IERC20(pool.collateralToken());
        _assetsBefore = _asset.balanceOf(address(this));
        _collateralBefore = _collateral.balanceOf(address(this));
    }

    function _leave(address beneficiary) private returns (uint256 profit) {
        (IERC20 asset, IERC20 collateral) = (_asset, _collateral);
        _revoke(asset, _pool);
        profit = _requireGain(_minProfit);
        if (profit != 0) asset.safeTransfer(beneficiary, profit);
        uint256 left = collateral.balanceOf(address(this)) - _collateralBefore;
        if (left != 0) collateral.safeTransfer(beneficiary, left);
        _pool = address(0);
    }

    function _requireGain(uint256 required) private view returns (uint256 gained) {
        gained = _asset.balanceOf(address(this)) - _assetsBefore;
        if (gained < required) revert ProfitTooLow(gained, required);
    }

    function _revoke(IERC20 token, address spender) private {
        if (token.allowance(address(this), spender) != 0) token.forceApprove(spender, 0);
    }
}
