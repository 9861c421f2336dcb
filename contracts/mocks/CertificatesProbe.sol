// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Certificate, CertificateBook, Certificates} from "../libraries/Certificates.sol";

/// @title A book of certificates by itself
contract CertificatesProbe {
    CertificateBook public book;

    function write(uint256 assets, uint256 shares, uint256 virtualShares) external {
        Certificates.write(book, assets, shares, virtualShares);
    }

    function repay(uint256 assets) external returns (uint256) {
        return Certificates.repay(book, assets);
    }

    function settle(address holder, uint256 shares, uint256 lossSeen) external {
        Certificates.settle(book, holder, shares, lossSeen);
    }

    function claim(address holder, uint256 shares, uint256 lossSeen) external returns (uint256) {
        return Certificates.claim(book, holder, shares, lossSeen);
    }

    function statusOf(address holder, uint256 shares, uint256 lossSeen) external view returns (uint256, uint256) {
        return Certificates.statusOf(book, holder, shares, lossSeen);
    }

    function certificateOf(address holder) external view returns (Certificate memory) {
        return book.holders[holder];
    }
}
