// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IEstateCallback, ILiquidationCallback} from "../interfaces/IPoolCallbacks.sol";

/// @notice One call to make, and what became of it.
struct ActorCall {
    address target;
    bytes payload;
}

/// @title A contract that liquidates and buys, and does in the callback what its `data` says
contract PoolActor is ILiquidationCallback, IEstateCallback {
    /// @notice The callback's arguments, and how often it was called.
    uint256 public callbacks;
    uint256 public lastAssets;
    uint256 public lastCollateral;
    address public lastSender;

    /// @notice What became of the calls made in the callback.
    bool[] public successes;
    bytes[] public results;

    /// @notice Call `target`; reverts with what it reverts with.
    function execute(address target, bytes calldata payload) external returns (bytes memory returned) {
        bool success;
        (success, returned) = target.call(payload);
        if (success) return returned;
        assembly ("memory-safe") {
            revert(add(returned, 32), mload(returned))
        }
    }

    function resultCount() external view returns (uint256) {
        return results.length;
    }

    /// @notice All of both lists at once.
    function outcomes() external view returns (bool[] memory, bytes[] memory) {
        return (successes, results);
    }

    /// @inheritdoc ILiquidationCallback
    function onLiquidate(uint256 repaidAssets, uint256 seizedCollateral, bytes calldata data) external {
        _act(repaidAssets, seizedCollateral, data);
    }

    /// @inheritdoc IEstateCallback
    function onBuyEstate(uint256 paidAssets, uint256 collateralBought, bytes calldata data) external {
        _act(paidAssets, collateralBought, data);
    }

    /// @dev `data` is abi.encode(ActorCall[]). Failed calls are noted, not passed on.
    function _act(uint256 assets, uint256 collateral, bytes calldata data) private {
        ++callbacks;
        (lastAssets, lastCollateral, lastSender) = (assets, collateral, msg.sender);
        ActorCall[] memory calls = abi.decode(data, (ActorCall[]));
        for (uint256 i; i < calls.length; ++i) {
            (bool success, bytes memory returned) = calls[i].target.call(calls[i].payload);
            successes.push(success);
            results.push(returned);
        }
    }
}
