// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAuthority} from "@openzeppelin/contracts/access/manager/IAuthority.sol";

/// @title An authority that lets everyone do everything
/// @notice For tests of what restricted functions do, not of who may call them.
contract OpenAuthority is IAuthority {
    function canCall(address, address, bytes4) external pure returns (bool) {
        return true;
    }
}
