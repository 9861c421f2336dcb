// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title What a pool is to the lens's reading of the ledger
/// @notice One debt share and one collateral in every tick, up to the last one, and no interest yet.
contract LedgerStandIn {
    function totals() external pure returns (uint256, uint256, uint256, uint256, uint256, uint256, uint256) {
        return (0, 1, 1, 1e18, 0, 0, 0);
    }

    function ledgerState() external pure returns (uint256, uint256, uint256, uint256) {
        return (256 << 6, 0, 0, 0);
    }

    function lifFloorBps() external pure returns (uint256) {
        return 10_200;
    }

    function tickSums(uint256) external pure returns (uint256, uint256) {
        return (1, 1);
    }
}
