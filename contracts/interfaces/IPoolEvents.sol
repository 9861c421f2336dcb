// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What a pool reports. Together with the ERC-20 and ERC-4626 events these rebuild every balance and position.
interface IPoolEvents {
    event CollateralSupplied(address indexed caller, address indexed onBehalf, uint256 amount);
    event CollateralWithdrawn(address caller, address indexed onBehalf, address indexed receiver, uint256 amount);
    event Borrowed(
        address caller,
        address indexed onBehalf,
        address indexed receiver,
        uint256 assets,
        uint256 debtShares
    );
    event Repaid(address indexed caller, address indexed onBehalf, uint256 assets, uint256 debtShares);
    event OperatorSet(address indexed owner, address indexed operator, bool approved);

    event Liquidated(
        address indexed caller,
        address indexed borrower,
        uint256 repaidAssets,
        uint256 debtShares,
        uint256 seizedCollateral,
        uint256 lossAssets
    );
    event Flagged(address indexed borrower, uint256 timestamp);
    event Unflagged(address indexed borrower);
    event Foreclosed(
        address indexed borrower,
        uint256 collateral,
        uint256 debtShares,
        uint256 keptAssets,
        uint256 lossAssets
    );
    event EstateSold(
        address indexed caller,
        address indexed receiver,
        uint256 collateral,
        uint256 paidAssets,
        uint256 cancelledAssets
    );

    /// @notice A loss ran down the waterfall. All but the prices in assets; the parts sum to `loss`. Prices as `grossPrice`.
    event LossRealised(
        uint256 indexed lossId,
        address indexed borrower,
        uint256 loss,
        uint256 fromReserve,
        uint256 fromFund,
        uint256 haircut,
        uint256 priceBefore,
        uint256 priceAfter
    );
    event FeesCrystallised(uint256 reserveShares, uint256 fundShares);
    event ReserveToppedUp(address indexed caller, uint256 assets, uint256 shares);
    event Recovered(address indexed caller, uint256 toCertificates, uint256 toReserve);
    event RecoveryClaimed(address indexed holder, uint256 assets);
    event Pivoted(uint256 tick);
    event FundLeft(address indexed receiver, uint256 units, uint256 grossShares, uint256 paidShares);

    event PauseSet(uint256 until);
    event CapsSet(uint256 supplyCapTokens, uint256 borrowCapTokens);
    event LtvsSet(uint256 borrowLtvBps, uint256 lltvBps, uint256 rampSeconds);
    event FeesSet(uint256 reserveFeePercent, uint256 fundFeePercent, uint256 reserveTargetBps);
    event OracleScheduled(address indexed oracle, uint256 executableAt);
    event OracleSet(address indexed oracle);
    event OracleCancelled(address indexed oracle);
    event BorrowingHaltSet(bool isHalted);
    event DepositsClosed();
    event WindDownStarted(uint256 rampSeconds);
    event ReserveWithdrawn(address indexed receiver, uint256 assets, uint256 shares);
}
