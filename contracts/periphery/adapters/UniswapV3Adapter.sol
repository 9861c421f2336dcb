// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {ISwapAdapter} from "../../interfaces/ISwapAdapter.sol";
import {IUniswapV3Router} from "../../interfaces/IUniswapV3Router.sol";

/// @title Sells through a router of the Uniswap v3 kind
/// @notice Duty: one sale a call. Holds nothing between calls, has no owner, keeps no allowance, and names no limit of
/// price: its caller checks what came in.
///
/// A route is the fee of the one pool between the two tokens (3 bytes, in millionths), or the router's path through
/// several (token 20 bytes, fee 3 bytes, token 20 bytes, …) from the token sold to the token bought.
contract UniswapV3Adapter is ISwapAdapter {
    using SafeERC20 for IERC20;

    uint256 private constant FEE_BYTES = 3;
    uint256 private constant TOKEN_BYTES = 20;

    IUniswapV3Router public immutable router;

    bool private transient _isSelling;

    error Reentered();
    error InvalidRoute(bytes route);

    constructor(IUniswapV3Router router_) {
        router = router_;
    }

    /// @inheritdoc ISwapAdapter
    /// @dev A pool whose liquidity ends takes a part only, and the router then pulls no more than that.
    function sell(IERC20 tokenIn, IERC20 tokenOut, uint256 amountIn, bytes calldata route) external {
        if (_isSelling) revert Reentered();
        if (amountIn == 0) return;
        _isSelling = true;
        uint256 before = tokenIn.balanceOf(address(this));
        tokenIn.safeTransferFrom(msg.sender, address(this), amountIn);
        tokenIn.forceApprove(address(router), amountIn);
        _swap(tokenIn, tokenOut, amountIn, route);
        uint256 left = tokenIn.balanceOf(address(this)) - before;
        if (left != 0) tokenIn.safeTransfer(msg.sender, left);
        if (tokenIn.allowance(address(this), address(router)) != 0) tokenIn.forceApprove(address(router), 0);
        _isSelling = false;
    }

    function _swap(IERC20 tokenIn, IERC20 tokenOut, uint256 amountIn, bytes calldata route) private {
        if (route.length == FEE_BYTES) {
            router.exactInputSingle(
                IUniswapV3Router.ExactInputSingleParams({
                    tokenIn: address(tokenIn),
                    tokenOut: address(tokenOut),
                    fee: uint24(bytes3(route)),
                    recipient: msg.sender,
                    amountIn: amountIn,
                    amountOutMinimum: 0,
                    sqrtPriceLimitX96: 0
                })
            );
            return;
        }
        if (!_isPath(route, tokenIn, tokenOut)) revert InvalidRoute(route);
        router.exactInput(
            IUniswapV3Router.ExactInputParams({
                path: route,
                recipient: msg.sender,
                amountIn: amountIn,
                amountOutMinimum: 0
            })
        );
    }

    /// At least one hop, whole ones only, from the one token to the other.
    function _isPath(bytes calldata route, IERC20 tokenIn, IERC20 tokenOut) private pure returns (bool) {
        uint256 length = route.length;
        if (length <= TOKEN_BYTES || (length - TOKEN_BYTES) % (TOKEN_BYTES + FEE_BYTES) != 0) return false;
        return
            address(bytes20(route[:TOKEN_BYTES])) == address(tokenIn) &&
            address(bytes20(route[length - TOKEN_BYTES:])) == address(tokenOut);
    }
}
