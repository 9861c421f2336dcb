// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// The place of the highest bit that is set, counted from 0. The word must not be zero. One instruction (EIP-7939) where
/// a binary search would take forty.
function highestBit(uint256 word) pure returns (uint256 bit) {
    assembly ("memory-safe") {
        bit := sub(255, clz(word))
    }
}
