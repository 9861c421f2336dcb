// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {vm} from "../Cheats.sol";
import {GovernanceHandler} from "../GovernanceHandler.sol";
import {Handler} from "../Handler.sol";
import {World} from "../World.sol";

/// @title All that can happen to a pool
contract Everything is GovernanceHandler {
    constructor(
        uint8 assetDecimals,
        uint8 collateralDecimals,
        uint256 salt
    ) World(assetDecimals, collateralDecimals) Handler(salt) {}
}

/// @notice The runner calls `Everything` at random. What a call promises is checked in the call; what holds always, here.
abstract contract Invariants {
    uint256 private constant CHECK_EVERY = 16;

    Everything internal everything;
    string private file;

    function _start(string memory name, uint8 assetDecimals, uint8 collateralDecimals) internal {
        everything = new Everything(assetDecimals, collateralDecimals, uint256(keccak256(bytes(name))));
        string memory folder = vm.envOr("MUTUA_WALKED", "");
        if (bytes(folder).length != 0) file = string.concat(folder, "/invariants-", name, ".log");
    }

    function targetContracts() external view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(everything);
    }

    /// Sums over everyone cost more than a call: so only after some, and at the end of a run.
    // solhint-disable-next-line func-name-mixedcase
    function invariant_everythingHolds() external view {
        if (everything.steps() % CHECK_EVERY == 0) everything.check();
    }

    function afterInvariant() external {
        everything.check();
        if (bytes(file).length != 0) vm.writeLine(file, vm.toString(everything.walked()));
    }
}

/// @notice Eighteen decimals both.
contract Invariants18 is Invariants {
    function setUp() external {
        _start("18", 18, 18);
    }
}

/// @notice Six decimals and eight.
contract Invariants6 is Invariants {
    function setUp() external {
        _start("6", 6, 8);
    }
}
