// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a pool asks about the price of its collateral
/// @notice Two prices rather than one: each side of a position is judged by the one that errs in its favour.
/// @dev Unit of both prices: smallest units of the loan asset for one smallest unit of the collateral, times 1e36.
///      One token of 18 decimals worth 2,000 of a loan asset of 6 decimals: 2000e6 · 1e36 / 1e18 = 2e27.
interface IPriceOracle {
    /// @notice The collateral's price, and whether it may be acted upon.
    /// @dev Promises, given the 300,000 gas that a pool provides:
    ///      - it never reverts, whatever the sources behind it do;
    ///      - low ≤ high ≤ 2^191, and with one path and ok, low = high;
    ///      - with less gas than it needs it reverts, rather than answer as if a source were broken.
    ///      A caller that sees a revert must take it as (0, 0, false).
    /// @return low Protects the suppliers: prices borrowing, withdrawing collateral and the shortfall. Falls while a
    ///         source is late and is zero when one can't be read. Meaningful when not ok as well: exits use it then.
    /// @return high Protects the borrowers: prices what is hostile to one, being liquidated, seized or foreclosed.
    ///         For display only when not ok.
    /// @return ok Every source is fresh and within its bounds. If not: no deposit, no borrowing, no withdrawing of
    ///         collateral under debt, no liquidation and no foreclosure.
    function price() external view returns (uint256 low, uint256 high, bool ok);

    /// @notice How many sources that share no feed stand behind the price: 1 or 2. With 1, nothing contradicts it.
    function pathCount() external view returns (uint256);
}
