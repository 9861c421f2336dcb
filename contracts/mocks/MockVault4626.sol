// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Misbehaving} from "./Misbehaving.sol";
import {MockERC20} from "./MockERC20.sol";

/// @title A vault token with the rate that it is told to have
/// @notice The part of ERC-4626 that a price needs. Shares are minted for nothing.
contract MockVault4626 is MockERC20, Misbehaving {
    address public asset;
    /// @notice Smallest units of the asset for one whole share.
    uint256 public rate;

    constructor(address asset_, uint8 decimals_, uint256 rate_) MockERC20("Mock Vault", "mVLT", decimals_) {
        asset = asset_;
        rate = rate_;
    }

    function setRate(uint256 newRate) external {
        rate = newRate;
    }

    /// @dev Rounds down.
    function convertToAssets(uint256 shares) external view returns (uint256) {
        _reply(abi.encode(Math.mulDiv(shares, rate, 10 ** decimals())));
    }
}
