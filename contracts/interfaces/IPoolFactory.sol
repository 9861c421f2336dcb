// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {PoolParams} from "./ILendingPool.sol";

/// @notice Creates pools from one piece of code and lists them. Being listed says nothing about a pool's tokens, oracle
/// or authority.
interface IPoolFactory {
    /// @notice What is kept of a pool besides what the pool itself tells.
    struct Listing {
        address creator;
        uint48 createdAt;
        /// How many independent feeds the first oracle said it has. A later oracle is in the pool's own events.
        uint8 oraclePaths;
    }

    /// @notice A new pool. `authority` and `oracle` are its creator's choice: naming one needs nobody's consent.
    event PoolCreated(
        address indexed pool,
        address fund,
        address indexed asset,
        address indexed collateral,
        address oracle,
        address authority,
        uint256 oraclePaths,
        address creator
    );

    error WrongCreationCode(bytes32 hash, bytes32 expectedHash);
    error PoolExists(address pool);
    /// The constructor failed without a word, for instance out of gas.
    error DeploymentFailed();
    error IndexOutOfRange(uint256 index, uint256 length);

    /// @notice Create and list a pool. `creationCode` is the pool's, linked, without arguments: its hash must be
    /// `poolCreationCodeHash`. `params` are checked by the pool's constructor, whose error comes through.
    /// @dev The same creator can't create the same pool twice.
    function createPool(bytes calldata creationCode, PoolParams calldata params) external returns (address pool);

    /// @notice Where `creator` would create, or has created, this pool.
    function poolAddress(
        address creator,
        bytes calldata creationCode,
        PoolParams calldata params
    ) external view returns (address);

    function poolCreationCodeHash() external view returns (bytes32);

    /// @notice The modules that every pool created here has.
    function poolModules() external view returns (address);

    function poolCount() external view returns (uint256);

    function poolAt(uint256 index) external view returns (address);

    /// @notice Up to `count` pools from index `from` on, oldest first.
    function pools(uint256 from, uint256 count) external view returns (address[] memory);

    function poolCountOf(address asset, address collateral) external view returns (uint256);

    /// @notice Up to `count` pools of this asset and collateral, from index `from` of these on, oldest first.
    function poolsOf(
        address asset,
        address collateral,
        uint256 from,
        uint256 count
    ) external view returns (address[] memory);

    function isPool(address pool) external view returns (bool);

    /// @notice What is known of a listed pool; zeros if it is not listed.
    function listing(address pool) external view returns (Listing memory);
}
