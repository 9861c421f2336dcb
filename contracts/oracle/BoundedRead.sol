// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Reading a contract that isn't trusted
/// @notice A view call that can neither revert its caller, nor take more gas than it was given, nor flood the memory.
/// @dev A failed call and an answer that is too short both show as a small `size`. A target without code gives size 0.
library BoundedRead {
    /// @notice The caller was given too little gas to tell a broken source from a starved one.
    error NotEnoughGas(uint256 available, uint256 required);

    /// @dev What a call costs beside the gas it hands over: 2,600 for a cold account, as much again if that account
    ///      delegates its code, and the instructions around it.
    uint256 internal constant CALL_OVERHEAD_GAS = 6_000;

    /// @param gasLimit What the target gets, exactly: less of it available reverts. Else whoever chooses the gas of the
    ///        transaction could make a working source look broken.
    /// @return size Bytes the target returned, also where that is more than is kept; 0 if the call failed.
    /// @return words The first 160 bytes of it.
    function read(
        address target,
        uint256 gasLimit,
        bytes memory data
    ) internal view returns (uint256 size, uint256[5] memory words) {
        // At most 63/64 of what is left can be handed over (EIP-150), so a 63rd of the limit has to be there on top.
        uint256 required = gasLimit + gasLimit / 63 + CALL_OVERHEAD_GAS;
        if (gasleft() < required) revert NotEnoughGas(gasleft(), required);
        assembly ("memory-safe") {
            // Never copies more than the five words, however much comes back.
            if staticcall(gasLimit, target, add(data, 32), mload(data), words, 160) {
                size := returndatasize()
            }
        }
    }
}
