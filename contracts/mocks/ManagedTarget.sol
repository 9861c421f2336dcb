// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

/// @title A contract whose every other function is restricted
/// @notice Stands in for a pool where only the question who may call matters.
contract ManagedTarget is AccessManaged {
    event Called(address indexed caller, bytes4 indexed selector);

    constructor(address initialAuthority) AccessManaged(initialAuthority) {}

    fallback() external restricted {
        emit Called(msg.sender, msg.sig);
    }
}
