// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

import {IUniswapV3Router} from "../interfaces/IUniswapV3Router.sol";

/// @title A router of the Uniswap v3 kind over markets of constant product
/// @notice Reserves are numbers that anyone sets; the tokens that are paid out must have been sent here. It can be told
/// to misbehave.
contract MockUniswapV3Router is IUniswapV3Router {
    using SafeERC20 for IERC20;

    uint256 private constant FEE_SCALE = 1e6;
    uint256 private constant TOKEN_BYTES = 20;
    uint256 private constant HOP_BYTES = 23;

    mapping(bytes32 market => mapping(address token => uint256)) public reserves;

    /// @notice Takes what is sold and pays nothing.
    bool public keepsMoney;
    /// @notice Takes only this part of what is offered, in percent.
    uint256 public filledPercent = 100;
    /// @notice Called in the middle of a sale, if set; and what became of it.
    address public callee;
    bytes public payload;
    bool public lastSuccess;
    bytes public lastReturned;

    error NoMarket(address tokenIn, address tokenOut, uint24 fee);

    function setReserves(address tokenA, address tokenB, uint24 fee, uint256 reserveA, uint256 reserveB) external {
        mapping(address => uint256) storage market = reserves[_key(tokenA, tokenB, fee)];
        (market[tokenA], market[tokenB]) = (reserveA, reserveB);
    }

    function misbehave(bool keepsMoney_, uint256 filledPercent_, address callee_, bytes calldata payload_) external {
        (keepsMoney, filledPercent, callee, payload) = (keepsMoney_, filledPercent_, callee_, payload_);
    }

    function exactInputSingle(ExactInputSingleParams calldata params) external payable returns (uint256 amountOut) {
        uint256 amountIn = _take(params.tokenIn, params.amountIn);
        amountOut = _swap(params.tokenIn, params.tokenOut, params.fee, amountIn);
        _pay(params.tokenOut, params.recipient, amountOut);
    }

    function exactInput(ExactInputParams calldata params) external payable returns (uint256 amountOut) {
        bytes calldata path = params.path;
        address token = address(bytes20(path[:TOKEN_BYTES]));
        amountOut = _take(token, params.amountIn);
        while (path.length > HOP_BYTES) {
            address next = address(bytes20(path[HOP_BYTES:HOP_BYTES + TOKEN_BYTES]));
            amountOut = _swap(token, next, uint24(bytes3(path[TOKEN_BYTES:HOP_BYTES])), amountOut);
            (token, path) = (next, path[HOP_BYTES:]);
        }
        _pay(token, params.recipient, amountOut);
    }

    function _take(address token, uint256 offered) private returns (uint256 amountIn) {
        amountIn = (offered * filledPercent) / 100;
        IERC20(token).safeTransferFrom(msg.sender, address(this), amountIn);
        if (callee != address(0)) (lastSuccess, lastReturned) = callee.call(payload);
    }

    function _swap(address tokenIn, address tokenOut, uint24 fee, uint256 amountIn) private returns (uint256 out) {
        mapping(address => uint256) storage market = reserves[_key(tokenIn, tokenOut, fee)];
        uint256 reserveIn = market[tokenIn];
        uint256 reserveOut = market[tokenOut];
        if (reserveIn == 0 || reserveOut == 0) revert NoMarket(tokenIn, tokenOut, fee);
        uint256 counted = (amountIn * (FEE_SCALE - fee)) / FEE_SCALE;
        out = (reserveOut * counted) / (reserveIn + counted);
        (market[tokenIn], market[tokenOut]) = (reserveIn + amountIn, reserveOut - out);
    }

    function _pay(address token, address recipient, uint256 amount) private {
        if (!keepsMoney) IERC20(token).safeTransfer(recipient, amount);
    }

    function _key(address tokenA, address tokenB, uint24 fee) private pure returns (bytes32) {
        return
            tokenA < tokenB ? keccak256(abi.encode(tokenA, tokenB, fee)) : keccak256(abi.encode(tokenB, tokenA, fee));
    }
}
