// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Why a pool refuses. One error a reason, with the values that broke the condition.
interface IPoolErrors {
    // input
    error ZeroAmount();
    error InvalidAddress(address account);
    error BelowMinimum(uint256 amount, uint256 minimum);
    error AboveMaximum(uint256 amount, uint256 maximum);
    error NotAuthorised(address caller, address owner);
    error NotFund(address caller);
    error SignatureExpired(uint256 deadline, uint256 timestamp);
    error SignatureInvalid(address owner);

    // state of the pool
    error Locked();
    error PoolPaused();
    error PoolClosed();
    error BorrowingHalted();
    error OracleNotOk(uint256 low, uint256 high);
    error OracleGasTooLow(uint256 available, uint256 required);
    error PricesTooFarApart(uint256 low, uint256 high);
    error UncoveredShortfall(uint256 uncoveredAssets, uint256 limit);
    error SupplyCapExceeded(uint256 assets, uint256 cap);
    error BorrowCapExceeded(uint256 assets, uint256 cap);
    error CollateralCapExceeded(uint256 amount, uint256 cap);
    error InsufficientCash(uint256 requested, uint256 cash);
    error FieldOverflow(uint256 value, uint256 maximum);

    // positions
    error NoDebt(address borrower);
    error InsufficientCollateral(uint256 requested, uint256 collateral);
    error DebtBelowMinimum(uint256 debtAssets, uint256 minimum);
    error PositionUnhealthy(uint256 debtAssets, uint256 maxDebtAssets);
    error PositionHealthy(address borrower, uint256 ltvWad, uint256 thresholdWad);
    error RaisedInThisBlock(address borrower);
    error NotFlagged(address borrower);
    error AlreadyFlagged(address borrower, uint256 flaggedAt);
    error OutsideForeclosureWindow(uint256 timestamp, uint256 from, uint256 until);
    error EstateEmpty();

    // flash loans
    error UnsupportedToken(address token);
    error FlashLoanRejected(bytes32 returned);

    // governance and construction
    error InvalidParameter(bytes32 name, uint256 value, uint256 bound);
    error NotTightening(uint256 current, uint256 proposed);
    error NotLoosening(uint256 current, uint256 proposed);
    error PauseCoolingDown(uint256 allowedAt);
    error NotPaused();
    error NoPendingOracle();
    error OracleChangePending(address oracle);
    error TooEarly(uint256 timestamp, uint256 allowedAt);
    error ReserveBelowTarget(uint256 reserveAssets, uint256 targetAssets);
    error ShortfallExists(uint256 shortfall);
    error WindingDown();
}
