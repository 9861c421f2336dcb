// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice How a mock answers.
enum Behaviour {
    Honest,
    Revert,
    BurnGas, // takes all the gas it was given
    NeedGas, // reverts at once with less than `amount` gas left; else burns that much and answers
    Resize // answers with `amount` bytes: the true answer cut short, or followed by zeros
}

/// @title What a source that can't be trusted may do
/// @notice Base of the mocks that stand for one.
abstract contract Misbehaving {
    error MockReverted();

    Behaviour public behaviour;
    uint256 public behaviourAmount;

    function misbehave(Behaviour newBehaviour, uint256 amount) external {
        behaviour = newBehaviour;
        behaviourAmount = amount;
    }

    /// @dev Ends the call with this answer, or with what became of it.
    function _reply(bytes memory answer) internal view {
        uint256 size = answer.length;
        if (behaviour == Behaviour.Revert) revert MockReverted();
        if (behaviour == Behaviour.BurnGas) {
            assembly ("memory-safe") {
                invalid()
            }
        }
        if (behaviour == Behaviour.NeedGas) {
            uint256 amount = behaviourAmount;
            uint256 start = gasleft();
            if (start < amount) revert MockReverted();
            while (start - gasleft() + 1_000 < amount) {}
        }
        if (behaviour == Behaviour.Resize) size = behaviourAmount;
        assembly {
            return(add(answer, 32), size)
        }
    }
}
