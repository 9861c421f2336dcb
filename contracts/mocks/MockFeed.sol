// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAggregatorV3} from "../interfaces/IAggregatorV3.sol";
import {Misbehaving} from "./Misbehaving.sol";

/// @title A price feed or sequencer feed that says what it is told to
contract MockFeed is IAggregatorV3, Misbehaving {
    uint8 public decimals;
    uint80 public roundId;
    int256 public answer;
    uint256 public startedAt;
    uint256 public updatedAt;

    constructor(uint8 decimals_, int256 answer_) {
        decimals = decimals_;
        setAnswer(answer_);
    }

    /// @notice A new round as of now.
    function setAnswer(int256 newAnswer) public {
        setRound(newAnswer, block.timestamp, block.timestamp);
    }

    function setRound(int256 newAnswer, uint256 newStartedAt, uint256 newUpdatedAt) public {
        ++roundId;
        answer = newAnswer;
        startedAt = newStartedAt;
        updatedAt = newUpdatedAt;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        // The unused fields stay zero: nothing may depend on `answeredInRound`.
        _reply(abi.encode(roundId, answer, startedAt, updatedAt, uint80(0)));
    }
}
