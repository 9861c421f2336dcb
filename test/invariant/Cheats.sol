// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A log as the test runner records it.
struct Log {
    bytes32[] topics;
    bytes data;
    address emitter;
}

/// @notice What these tests use of the test runner's cheat codes.
interface ICheats {
    function warp(uint256 timestamp) external;

    function recordLogs() external;

    function getRecordedLogs() external returns (Log[] memory logs);

    function readFile(string calldata path) external view returns (string memory);

    function writeLine(string calldata path, string calldata line) external;

    function envOr(string calldata name, string calldata fallback_) external view returns (string memory);

    function parseJsonString(string calldata json, string calldata key) external pure returns (string memory);

    function parseBytes(string calldata hex_) external pure returns (bytes memory);

    function replace(
        string calldata text,
        string calldata from,
        string calldata to
    ) external pure returns (string memory);

    function indexOf(string calldata text, string calldata part) external pure returns (uint256);

    function toString(uint256 value) external pure returns (string memory);

    function toString(address value) external pure returns (string memory);

    function toString(bytes calldata value) external pure returns (string memory);

    function addr(uint256 privateKey) external pure returns (address);

    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
}

ICheats constant vm = ICheats(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

/// @notice Ends the run. Every message begins with the id of what did not hold.
function fail(string memory what, uint256 a, uint256 b) pure {
    revert(string.concat(what, ": ", vm.toString(a), ", ", vm.toString(b)));
}
