// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Create2} from "@openzeppelin/contracts/utils/Create2.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

import {ILendingPool, PoolParams} from "../interfaces/ILendingPool.sol";
import {IPoolFactory} from "../interfaces/IPoolFactory.sol";
import {pageOf} from "../libraries/Paging.sol";

/// @title Where pools come from, and the list of them
/// @notice Duty: creates pools from one piece of code, known by its hash, and lists them with their funds. Holds no
/// money, has no owner, and no power over a pool once it is created. Anyone may create one.
///
/// A pool's code and this contract's together are more than a contract may be, so the caller brings the code and it is
/// held against the hash. That is what being listed means: this code, these parameters, nothing about tokens, oracle or
/// authority. Pools of worthless tokens, of lying oracles and of authorities that were never asked can be listed as
/// well. An app takes its list from the authority it trusts (`MutuaAuthority.adoptedPools`), or filters this one.
///
/// Nobody can block the list: it is read in pages, in order of creation, so that what is added later moves nothing, and
/// an entry costs its creator a pool's deployment.
contract PoolFactory is IPoolFactory {
    using SafeCast for uint256;

    /// @inheritdoc IPoolFactory
    bytes32 public immutable poolCreationCodeHash;

    /// @inheritdoc IPoolFactory
    address public immutable poolModules;

    address[] private _pools;
    mapping(address asset => mapping(address collateral => address[])) private _poolsOf;
    mapping(address pool => Listing) private _listings;

    /// @param creationCodeHash keccak256 of the pool's creation code, linked to its libraries, without arguments.
    /// @param modules the code that every pool of this factory runs beside its own.
    constructor(bytes32 creationCodeHash, address modules) {
        poolCreationCodeHash = creationCodeHash;
        poolModules = modules;
    }

    /// @inheritdoc IPoolFactory
    function createPool(bytes calldata creationCode, PoolParams calldata params) external returns (address pool) {
        bytes memory initCode = _initCode(creationCode, params);
        bytes32 salt = _salt(msg.sender);
        pool = Create2.computeAddress(salt, keccak256(initCode));
        if (pool.code.length != 0) revert PoolExists(pool);
        _deploy(initCode, salt);

        // The oracle's own word. A hostile one can do no more than make this creation fail: it is called statically.
        uint256 oraclePaths = params.oracle.pathCount();
        _listings[pool] = Listing({
            creator: msg.sender,
            createdAt: block.timestamp.toUint48(),
            oraclePaths: oraclePaths.toUint8()
        });
        _pools.push(pool);
        _poolsOf[address(params.asset)][address(params.collateral)].push(pool);
        emit PoolCreated(
            pool,
            ILendingPool(pool).fund(),
            address(params.asset),
            address(params.collateral),
            address(params.oracle),
            params.authority,
            oraclePaths,
            msg.sender
        );
    }

    /// @inheritdoc IPoolFactory
    function poolAddress(
        address creator,
        bytes calldata creationCode,
        PoolParams calldata params
    ) external view returns (address) {
        return Create2.computeAddress(_salt(creator), keccak256(_initCode(creationCode, params)));
    }

    /// @inheritdoc IPoolFactory
    function poolCount() external view returns (uint256) {
        return _pools.length;
    }

    /// @inheritdoc IPoolFactory
    function poolAt(uint256 index) external view returns (address) {
        if (index >= _pools.length) revert IndexOutOfRange(index, _pools.length);
        return _pools[index];
    }

    /// @inheritdoc IPoolFactory
    function pools(uint256 from, uint256 count) external view returns (address[] memory) {
        return pageOf(_pools, from, count);
    }

    /// @inheritdoc IPoolFactory
    function poolCountOf(address asset, address collateral) external view returns (uint256) {
        return _poolsOf[asset][collateral].length;
    }

    /// @inheritdoc IPoolFactory
    function poolsOf(
        address asset,
        address collateral,
        uint256 from,
        uint256 count
    ) external view returns (address[] memory) {
        return pageOf(_poolsOf[asset][collateral], from, count);
    }

    /// @inheritdoc IPoolFactory
    function isPool(address pool) external view returns (bool) {
        return _listings[pool].createdAt != 0;
    }

    /// @inheritdoc IPoolFactory
    function listing(address pool) external view returns (Listing memory) {
        return _listings[pool];
    }

    function _initCode(bytes calldata creationCode, PoolParams calldata params) private view returns (bytes memory) {
        bytes32 hash = keccak256(creationCode);
        if (hash != poolCreationCodeHash) revert WrongCreationCode(hash, poolCreationCodeHash);
        return bytes.concat(creationCode, abi.encode(params, poolModules));
    }

    /// The address depends on who creates the pool, so nobody can take another's.
    function _salt(address creator) private pure returns (bytes32) {
        return bytes32(uint256(uint160(creator)));
    }

    /// Deploys and, if the constructor reverts, reverts with the constructor's own error.
    function _deploy(bytes memory initCode, bytes32 salt) private {
        address created;
        assembly ("memory-safe") {
            created := create2(0, add(initCode, 0x20), mload(initCode), salt)
            if iszero(created) {
                if returndatasize() {
                    let free := mload(0x40)
                    returndatacopy(free, 0, returndatasize())
                    revert(free, returndatasize())
                }
            }
        }
        if (created == address(0)) revert DeploymentFailed();
    }
}
