// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The part of a Uniswap v3 router (SwapRouter02: no deadline) that is used here
interface IUniswapV3Router {
    struct ExactInputSingleParams {
        address tokenIn;
        address tokenOut;
        /// The pool's fee in millionths.
        uint24 fee;
        address recipient;
        /// Zero would mean the router's own balance.
        uint256 amountIn;
        uint256 amountOutMinimum;
        /// Zero: no limit.
        uint160 sqrtPriceLimitX96;
    }

    struct ExactInputParams {
        /// token 20 bytes | fee 3 bytes | token 20 bytes | …
        bytes path;
        address recipient;
        uint256 amountIn;
        uint256 amountOutMinimum;
    }

    /// @notice Sell through one pool. Takes no more of the caller's tokens than the pool can fill.
    function exactInputSingle(ExactInputSingleParams calldata params) external payable returns (uint256 amountOut);

    /// @notice Sell through several pools, one after the other.
    function exactInput(ExactInputParams calldata params) external payable returns (uint256 amountOut);
}
