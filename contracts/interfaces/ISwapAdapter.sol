// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @title One way to sell a token
/// @notice Who calls it checks by itself what came in: an adapter gives no promise about the price.
interface ISwapAdapter {
    /// @notice Sell up to `amountIn` of the caller's `tokenIn`, for which the adapter must have an allowance. The
    /// proceeds, and what could not be sold, go to the caller.
    /// @param route how; each adapter has its own encoding.
    function sell(IERC20 tokenIn, IERC20 tokenOut, uint256 amountIn, bytes calldata route) external;
}
