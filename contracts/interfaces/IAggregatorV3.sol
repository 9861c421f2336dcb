// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The part of a Chainlink-style feed that is read here
/// @notice Fits a price feed as well as the feed that tells whether the sequencer of a layer 2 is up.
interface IAggregatorV3 {
    /// @notice How many decimals the answer of a price feed has.
    function decimals() external view returns (uint8);

    /// @notice The latest round.
    /// @return roundId Not used here.
    /// @return answer A price feed: the price. A sequencer feed: 0 = up, 1 = down.
    /// @return startedAt Unix seconds. A sequencer feed: when the answer last changed.
    /// @return updatedAt Unix seconds. A price feed: when the answer was written; 0 while a round is incomplete.
    /// @return answeredInRound Obsolete: not used here.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
