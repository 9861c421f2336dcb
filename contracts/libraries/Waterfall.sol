// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Rounding} from "./Rounding.sol";

/// @notice How a loss runs down: the reserve, then the fund, then all suppliers alike. Each layer takes the least of
/// what it has and what is left; the last takes the remainder, so that the parts sum to the loss.
/// @dev Pure. Bounds: losses and assets below 2^105, shares below 2^113.
library Waterfall {
    struct Split {
        uint256 reserveShares; // burned
        uint256 fundShares; // burned
        uint256 fromReserve; // the same in assets, and what is left over as the haircut
        uint256 fromFund;
        uint256 haircut;
    }

    /// Shares whose burning makes up for `loss` at the price assets / shares, rounded up.
    function needUp(uint256 loss, uint256 shares, uint256 assets) internal pure returns (uint256) {
        return Rounding.mulDivUp(loss, shares, assets);
    }

    /// @param shares all shares, and @param assets all assets before the loss, virtual ones included.
    /// @param reserve what the reserve holds in shares, @param fund what the fund holds.
    function split(
        uint256 loss,
        uint256 shares,
        uint256 assets,
        uint256 reserve,
        uint256 fund
    ) internal pure returns (Split memory) {
        unchecked {
            uint256 need = needUp(loss, shares, assets);
            uint256 reserveShares = Rounding.min(need, reserve);
            uint256 fundShares = Rounding.min(need - reserveShares, fund);

            // In assets: a layer that covers the rest takes the rest, else what its shares are worth, rounded down.
            uint256 fromReserve =
                reserveShares == need ? loss : Rounding.min(Rounding.mulDivDown(reserveShares, assets, shares), loss);
            uint256 rest = loss - fromReserve;
            uint256 fromFund =
                reserveShares + fundShares == need
                    ? rest
                    : Rounding.min(Rounding.mulDivDown(fundShares, assets, shares), rest);
            return Split(reserveShares, fundShares, fromReserve, fromFund, rest - fromFund);
        }
    }
}
