// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Address} from "@openzeppelin/contracts/utils/Address.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {IPoolFactory} from "../interfaces/IPoolFactory.sol";
import {IWrappedNative} from "../interfaces/IWrappedNative.sol";

/// @title Several steps in one transaction, and the native coin
/// @notice Duty: permits, assets to fund units and back, wrapping and unwrapping. Holds nothing between transactions,
/// has no owner, no storage, and keeps no allowance: each is given for one call and used up in it.
///
/// Whose money. Tokens, shares, collateral and debt are only ever those of the caller (`msg.sender`, a batch's too). So
/// an allowance, a pool's operator right or a fund's, given to this contract, serves its giver alone. Others can be
/// given something: shares, units, collateral, a repayment.
///
/// Which pools. Those that the factory lists, whose code is known by its hash. Their tokens may be hostile all the
/// same, so nothing here can be called from within a step, and a step hands on exactly what it took.
///
/// The native coin. What was sent with the transaction is counted once, at its start, and each `…Native` step names the
/// amount it takes from it; what is left at the end goes back to the caller. `msg.value` is not looked at again, nor is
/// this contract's balance: coins or tokens that get here in any other way stay here, and nobody can take them, since a
/// way to sweep them would be a way to take another's.
///
/// Limits. Where a price enters, a step names the least to accept or the most to pay. Where none enters (collateral,
/// debt) there is nothing to limit; `requirePosition` and `requireBefore` put conditions on a whole batch.
contract Router {
    using SafeERC20 for IERC20;

    // Where a transaction is: nothing under way, between the steps of a batch, within a step.
    uint256 private constant FREE = 0;
    uint256 private constant BETWEEN_STEPS = 1;
    uint256 private constant WITHIN_STEP = 2;

    IPoolFactory public immutable factory;
    IWrappedNative public immutable wrappedNative;

    uint256 private transient _phase;
    uint256 private transient _nativeLeft;

    error Reentered();
    error NotListed(address pool);
    error InvalidReceiver(address receiver);
    error NotWrappedNative(address token, address wrappedNative);
    error InsufficientNative(uint256 required, uint256 left);
    error NativeTransferFailed(address receiver, uint256 amount);
    error NativeNotAccepted(address sender);
    error PermitFailed(address token, uint256 allowance, uint256 required);
    error OperatorNotSet(address pool, address owner, bool approved);
    error LtvAboveMaximum(uint256 ltvWad, uint256 maximum);
    error RateAboveMaximum(uint256 ratePerSecondWad, uint256 maximum);
    error DeadlinePassed(uint256 deadline, uint256 timestamp);

    /// Every entry but `multicall`: one at a time, and what is left of the native coin goes back at the end.
    modifier step() {
        uint256 phase = _enter();
        _;
        _leave(phase);
    }

    /// @param factory_ whose pools this router serves.
    /// @param wrappedNative_ the chain's wrapped native coin.
    constructor(IPoolFactory factory_, IWrappedNative wrappedNative_) {
        factory = factory_;
        wrappedNative = wrappedNative_;
    }

    /// Coins come in from unwrapping, and with the functions below.
    receive() external payable {
        if (msg.sender != address(wrappedNative)) revert NativeNotAccepted(msg.sender);
    }

    // ---------------------------------------------------------------- batches

    /// @notice Run `calls` to this contract in order, as the caller, all or none. Batches do not nest.
    /// @dev OpenZeppelin's Multicall takes no value. Here every step is payable, but none reads `msg.value`.
    function multicall(bytes[] calldata calls) external payable returns (bytes[] memory results) {
        if (_phase != FREE) revert Reentered();
        _nativeLeft = msg.value;
        _phase = BETWEEN_STEPS;
        results = new bytes[](calls.length);
        for (uint256 i = 0; i < calls.length; ++i) {
            results[i] = Address.functionDelegateCall(address(this), calls[i]);
        }
        _leave(FREE);
    }

    /// @notice Use the caller's ERC-2612 signature that lets this router take `value` of `token`.
    /// @dev If somebody has used the signature already, or the token has no permit, an allowance that suffices will do.
    function selfPermit(
        address token,
        uint256 value,
        uint256 deadline,
        uint8 v,
        bytes32 r,
        bytes32 s
    ) external payable step {
        try IERC20Permit(token).permit(msg.sender, address(this), value, deadline, v, r, s) {} catch {
            uint256 allowance = IERC20(token).allowance(msg.sender, address(this));
            if (allowance < value) revert PermitFailed(token, allowance, value);
        }
    }

    /// @notice Use the caller's signature that makes this router its operator in `pool`, or ends that.
    /// @dev Likewise tolerant of a signature that somebody has used already.
    function setOperatorWithSig(
        address pool,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external payable step {
        ILendingPool listed = _listed(pool);
        try listed.setOperatorWithSig(msg.sender, address(this), approved, deadline, signature) {} catch {
            if (listed.isOperator(msg.sender, address(this)) != approved) {
                revert OperatorNotSet(pool, msg.sender, approved);
            }
        }
    }

    /// @notice Go on only if the caller's ltv in `pool` (at the high price) and the pool's borrow rate are at most
    /// this.
    function requirePosition(address pool, uint256 maxLtvWad, uint256 maxBorrowRatePerSecondWad) external payable step {
        ILendingPool listed = _listed(pool);
        (, , uint256 ltvWad, , ) = listed.position(msg.sender);
        if (ltvWad > maxLtvWad) revert LtvAboveMaximum(ltvWad, maxLtvWad);
        uint256 rate = listed.borrowRate();
        if (rate > maxBorrowRatePerSecondWad) revert RateAboveMaximum(rate, maxBorrowRatePerSecondWad);
    }

    /// @notice Go on only at or before `deadline`, in unix seconds.
    function requireBefore(uint256 deadline) external payable step {
        if (block.timestamp > deadline) revert DeadlinePassed(deadline, block.timestamp);
    }

    // ---------------------------------------------------------------- suppliers

    /// @notice The caller's `assets` into pool shares for `receiver`.
    function deposit(
        address pool,
        uint256 assets,
        address receiver,
        uint256 minShares
    ) external payable step returns (uint256 shares) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        return _deposit(listed, _pull(listed.asset(), assets), assets, receiver, minShares);
    }

    /// @notice The same with native coin.
    function depositNative(
        address pool,
        uint256 assets,
        address receiver,
        uint256 minShares
    ) external payable step returns (uint256 shares) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        return _deposit(listed, _wrap(listed.asset(), assets), assets, receiver, minShares);
    }

    /// @notice Withdraw exactly `assets` of the caller's at the exit price, as native coin. Needs an allowance of pool
    /// shares.
    function withdrawNative(
        address pool,
        uint256 assets,
        address receiver,
        uint256 maxShares
    ) external payable step returns (uint256 shares) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        _requireWrappedNative(listed.asset());
        shares = listed.withdraw(assets, address(this), msg.sender, maxShares);
        _unwrapTo(receiver, assets);
    }

    /// @notice Redeem exactly `shares` of the caller's at the exit price, as native coin. Needs an allowance of pool
    /// shares.
    function redeemNative(
        address pool,
        uint256 shares,
        address receiver,
        uint256 minAssets
    ) external payable step returns (uint256 assets) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        return _redeemNative(listed, shares, receiver, msg.sender, minAssets);
    }

    // ---------------------------------------------------------------- insurers

    /// @notice The caller's `assets` into pool shares, and these into fund units for `receiver`.
    function depositAndStake(
        address pool,
        uint256 assets,
        address receiver,
        uint256 minUnits
    ) external payable step returns (uint256 units) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        uint256 shares = _deposit(listed, _pull(listed.asset(), assets), assets, address(this), 0);
        return _stake(listed, shares, receiver, minUnits);
    }

    /// @notice The same with native coin.
    function depositAndStakeNative(
        address pool,
        uint256 assets,
        address receiver,
        uint256 minUnits
    ) external payable step returns (uint256 units) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        uint256 shares = _deposit(listed, _wrap(listed.asset(), assets), assets, address(this), 0);
        return _stake(listed, shares, receiver, minUnits);
    }

    /// @notice The caller's pool `shares` into fund units for `receiver`: after a permit, without a second transaction.
    function stake(
        address pool,
        uint256 shares,
        address receiver,
        uint256 minUnits
    ) external payable step returns (uint256 units) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        _pull(pool, shares);
        return _stake(listed, shares, receiver, minUnits);
    }

    /// @notice Claim `units` of the caller's that have cooled, and redeem the pool shares at the exit price for
    /// `receiver`. The caller must have made this router its operator in the fund.
    /// @dev If the pool has too little cash it reverts, and the claim can still be made at the fund, in shares.
    function claimAndRedeem(
        address pool,
        uint256 units,
        address receiver,
        uint256 minAssets
    ) external payable step returns (uint256 assets) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        return listed.redeem(_claim(listed, units), receiver, address(this), minAssets);
    }

    /// @notice The same, as native coin.
    function claimAndRedeemNative(
        address pool,
        uint256 units,
        address receiver,
        uint256 minAssets
    ) external payable step returns (uint256 assets) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        return _redeemNative(listed, _claim(listed, units), receiver, address(this), minAssets);
    }

    // ---------------------------------------------------------------- borrowers

    /// @notice Add `amount` of the caller's collateral to the position of `onBehalf`.
    function supplyCollateral(address pool, uint256 amount, address onBehalf) external payable step {
        ILendingPool listed = _listed(pool);
        _requireReceiver(onBehalf);
        _supplyCollateral(listed, _pull(listed.collateralToken(), amount), amount, onBehalf);
    }

    /// @notice The same with native coin.
    function supplyCollateralNative(address pool, uint256 amount, address onBehalf) external payable step {
        ILendingPool listed = _listed(pool);
        _requireReceiver(onBehalf);
        _supplyCollateral(listed, _wrap(listed.collateralToken(), amount), amount, onBehalf);
    }

    /// @notice Take `amount` out of the caller's collateral; type(uint256).max is all of it. The caller must have made
    /// this router its operator in the pool.
    function withdrawCollateral(
        address pool,
        uint256 amount,
        address receiver
    ) external payable step returns (uint256 withdrawn) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        withdrawn = _collateralAmount(listed, amount);
        listed.withdrawCollateral(withdrawn, msg.sender, receiver);
    }

    /// @notice The same, as native coin.
    function withdrawCollateralNative(
        address pool,
        uint256 amount,
        address receiver
    ) external payable step returns (uint256 withdrawn) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        _requireWrappedNative(listed.collateralToken());
        withdrawn = _collateralAmount(listed, amount);
        listed.withdrawCollateral(withdrawn, msg.sender, address(this));
        _unwrapTo(receiver, withdrawn);
    }

    /// @notice Borrow `assets` against the caller's collateral. The caller must have made this router its operator in
    /// the pool.
    function borrow(address pool, uint256 assets, address receiver) external payable step returns (uint256 debtShares) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        return listed.borrow(assets, msg.sender, receiver);
    }

    /// @notice The same, as native coin.
    function borrowNative(
        address pool,
        uint256 assets,
        address receiver
    ) external payable step returns (uint256 debtShares) {
        ILendingPool listed = _listed(pool);
        _requireReceiver(receiver);
        _requireWrappedNative(listed.asset());
        debtShares = listed.borrow(assets, msg.sender, address(this));
        _unwrapTo(receiver, assets);
    }

    /// @notice Repay the debt of `onBehalf` with the caller's assets: all of it, but at most `maxAssets`, of which no
    /// more than the debt is taken. type(uint256).max: whatever it is.
    function repay(
        address pool,
        uint256 maxAssets,
        address onBehalf
    ) external payable step returns (uint256 repaidAssets) {
        ILendingPool listed = _listed(pool);
        uint256 assets = _repayAmount(listed, maxAssets, onBehalf);
        return _repay(listed, _pull(listed.asset(), assets), assets, onBehalf);
    }

    /// @notice The same with native coin. Send a little more than the debt to repay all of it; the rest comes back.
    function repayNative(
        address pool,
        uint256 maxAssets,
        address onBehalf
    ) external payable step returns (uint256 repaidAssets) {
        ILendingPool listed = _listed(pool);
        uint256 assets = _repayAmount(listed, maxAssets, onBehalf);
        return _repay(listed, _wrap(listed.asset(), assets), assets, onBehalf);
    }

    // ---------------------------------------------------------------- givers

    /// @notice Give `assets` in native coin to the pool's reserve.
    function topUpReserveNative(address pool, uint256 assets) external payable step {
        ILendingPool listed = _listed(pool);
        _wrap(listed.asset(), assets).forceApprove(pool, assets);
        listed.topUpReserve(assets);
    }

    // ---------------------------------------------------------------- steps of steps

    function _deposit(
        ILendingPool pool,
        IERC20 asset,
        uint256 assets,
        address receiver,
        uint256 minShares
    ) private returns (uint256) {
        asset.forceApprove(address(pool), assets);
        return pool.deposit(assets, receiver, minShares);
    }

    function _stake(
        ILendingPool pool,
        uint256 shares,
        address receiver,
        uint256 minUnits
    ) private returns (uint256 units) {
        address fund = pool.fund();
        IERC20(address(pool)).forceApprove(fund, shares);
        return IInsuranceFund(fund).deposit(shares, receiver, minUnits);
    }

    function _claim(ILendingPool pool, uint256 units) private returns (uint256 shares) {
        return IInsuranceFund(pool.fund()).redeem(units, address(this), msg.sender);
    }

    function _redeemNative(
        ILendingPool pool,
        uint256 shares,
        address receiver,
        address owner,
        uint256 minAssets
    ) private returns (uint256 assets) {
        _requireWrappedNative(pool.asset());
        assets = pool.redeem(shares, address(this), owner, minAssets);
        _unwrapTo(receiver, assets);
    }

    function _supplyCollateral(ILendingPool pool, IERC20 collateral, uint256 amount, address onBehalf) private {
        collateral.forceApprove(address(pool), amount);
        pool.supplyCollateral(amount, onBehalf);
    }

    function _collateralAmount(ILendingPool pool, uint256 amount) private view returns (uint256) {
        if (amount != type(uint256).max) return amount;
        (, uint256 collateral, , , ) = pool.positionOf(msg.sender);
        return collateral;
    }

    /// The debt in this second, to the wei: the pool takes neither more nor less for all of it.
    function _repayAmount(ILendingPool pool, uint256 maxAssets, address onBehalf) private view returns (uint256) {
        (uint256 debtAssets, , , , ) = pool.position(onBehalf);
        return Math.min(maxAssets, debtAssets);
    }

    function _repay(ILendingPool pool, IERC20 asset, uint256 assets, address onBehalf) private returns (uint256) {
        asset.forceApprove(address(pool), assets);
        return pool.repay(assets, onBehalf);
    }

    function _pull(address token, uint256 amount) private returns (IERC20) {
        IERC20(token).safeTransferFrom(msg.sender, address(this), amount);
        return IERC20(token);
    }

    function _wrap(address token, uint256 amount) private returns (IERC20) {
        _requireWrappedNative(token);
        uint256 left = _nativeLeft;
        if (amount > left) revert InsufficientNative(amount, left);
        unchecked {
            _nativeLeft = left - amount; // checked above
        }
        wrappedNative.deposit{value: amount}();
        return IERC20(token);
    }

    function _unwrapTo(address receiver, uint256 amount) private {
        wrappedNative.withdraw(amount);
        _sendNative(receiver, amount);
    }

    function _sendNative(address receiver, uint256 amount) private {
        (bool success, ) = receiver.call{value: amount}("");
        if (!success) revert NativeTransferFailed(receiver, amount);
    }

    function _enter() private returns (uint256 phase) {
        phase = _phase;
        if (phase == WITHIN_STEP) revert Reentered();
        if (phase == FREE) _nativeLeft = msg.value;
        _phase = WITHIN_STEP;
    }

    /// The phase falls back last: who is paid here can't call in either.
    function _leave(uint256 phase) private {
        if (phase == FREE) {
            uint256 left = _nativeLeft;
            if (left != 0) {
                _nativeLeft = 0;
                _phase = WITHIN_STEP;
                _sendNative(msg.sender, left);
            }
        }
        _phase = phase;
    }

    function _listed(address pool) private view returns (ILendingPool) {
        if (!factory.isPool(pool)) revert NotListed(pool);
        return ILendingPool(pool);
    }

    function _requireReceiver(address receiver) private view {
        if (receiver == address(0) || receiver == address(this)) revert InvalidReceiver(receiver);
    }

    function _requireWrappedNative(address token) private view {
        if (token != address(wrappedNative)) revert NotWrappedNative(token, address(wrappedNative));
    }
}
