// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice How a pool runs code that does not fit its own.
library ModuleCall {
    /// Ends the call with what `module` answers to the same calldata, run in this contract's storage; its revert is this
    /// call's revert. Inside a static call it stays static.
    function pass(address module) internal {
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let success := delegatecall(gas(), module, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(success) {
                revert(data, returndatasize())
            }
            return(data, returndatasize())
        }
    }
}
