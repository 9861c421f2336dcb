// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title Calls a view with a given amount of gas and says what it took
/// @notice Measures a call as another contract makes it, without the cost of a transaction.
contract GasProbe {
    /// @return success Whether the call succeeded.
    /// @return gasUsed What it took, with 2,600 for the cold account and a little for the instructions around it.
    /// @return returned What it returned, or reverted with.
    function probe(
        address target,
        uint256 gasLimit,
        bytes calldata data
    ) external view returns (bool success, uint256 gasUsed, bytes memory returned) {
        uint256 before = gasleft();
        (success, returned) = target.staticcall{gas: gasLimit}(data);
        gasUsed = before - gasleft();
    }
}
