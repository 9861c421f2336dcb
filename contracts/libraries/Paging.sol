// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Up to `count` entries of `list` from index `from` on; none if the list ends before.
function pageOf(address[] storage list, uint256 from, uint256 count) view returns (address[] memory page) {
    uint256 length = list.length;
    if (from >= length) return page;
    uint256 left = length - from;
    page = new address[](count < left ? count : left);
    for (uint256 i = 0; i < page.length; ++i) {
        page[i] = list[from + i];
    }
}
