// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Rounding} from "./Rounding.sol";

/// @notice Who bore which haircut, and what has been paid back.
/// @param lossPerShare X: all haircuts so far, per share, times 1e36.
/// @param unpaidFace T: what recoveries still owe, in assets.
/// @param remaining φ: the part of the face written since the last full repayment, or before, that is still unpaid;
/// 1e36 is all. Kept at 1e27 or more by moving nine digits at a time into `epoch`.
/// @param epoch ep: how often nine digits were moved. Eight more make every older face count as repaid.
/// @param normalisedBase N: lossPerShare divided by what remained when each part was written, up to `lossBase`;
/// beyond, haircuts count at today's `remaining`.
/// @param held recoveries not yet claimed, in assets. Not part of the pool's cash.
struct CertificateBook {
    uint128 lossPerShare;
    uint128 unpaidFace;
    uint128 remaining;
    uint128 held;
    uint128 lossBase;
    uint64 epoch;
    uint256 normalisedBase;
    mapping(address holder => Certificate) holders;
}

/// @param normalisedFace n: the holder's face divided by what remained when it was written, times 1e9.
/// @param normalisedLoss N_u: the pool's N when this holder was last settled.
/// @param credit the holder's face less what was claimed, in assets.
struct Certificate {
    uint256 normalisedFace;
    uint256 normalisedLoss;
    uint192 credit;
    uint64 epoch;
}

/// @notice Certificates of loss, kept by two cumulative indices, so that writing one for every supplier and repaying
/// them all pro rata takes the same time for one holder or a million.
/// @dev unpaid(u) = n · φ and claimable(u) = credit − unpaid(u). Face is rounded down where it is credited and up
/// where it is still owed: what all holders can claim is never more than what was recovered.
library Certificates {
    uint256 internal constant SCALE = 1e36;
    uint256 private constant STEP = 1e9; // one epoch
    uint256 private constant FLOOR = 1e27; // the least `remaining`
    uint256 private constant MAX_EPOCHS = 8; // 72 digits: nothing is left of a 256-bit number worth naming

    /// Notes a haircut of `assets`, borne by `shares` and the virtual shares. Never reverts: at the limits of a field
    /// it notes less.
    function write(CertificateBook storage self, uint256 assets, uint256 shares, uint256 virtualShares) internal {
        unchecked {
            // assets < 2^104, SCALE < 2^120
            uint256 perShare = (assets * SCALE) / (shares + virtualShares);
            perShare = Rounding.min(perShare, type(uint128).max - self.lossPerShare);
            // perShare · shares ≤ assets · SCALE
            uint256 face = Rounding.mulDivUp(perShare, shares, SCALE);
            self.lossPerShare += uint128(perShare);
            self.unpaidFace = uint128(Rounding.min(self.unpaidFace + face, type(uint128).max));
        }
    }

    /// Takes `assets` for the holders, as far as anything is owed. Returns what was taken.
    function repay(CertificateBook storage self, uint256 assets) external returns (uint256 taken) {
        uint256 owed = self.unpaidFace;
        taken = Rounding.min(assets, owed);
        if (taken == 0) return 0;
        uint256 left = owed - taken;
        uint256 base = _normalisedUp(self);
        uint256 remaining = _remaining(self);
        uint256 epoch = self.epoch;
        if (left == 0) {
            remaining = SCALE;
            base = 0;
            epoch += MAX_EPOCHS;
        } else {
            remaining = Math.mulDiv(remaining, left, owed, Math.Rounding.Ceil);
            while (remaining < FLOOR) {
                remaining *= STEP;
                base = Rounding.divUp(base, STEP);
                ++epoch;
            }
        }
        self.held += uint128(taken);
        self.unpaidFace = uint128(left);
        self.remaining = uint128(remaining);
        self.epoch = uint64(epoch);
        self.normalisedBase = base;
        self.lossBase = self.lossPerShare;
    }

    /// Credits a holder with what its `shares` bore since `lossSeen`, before its balance changes.
    function settle(CertificateBook storage self, address holder, uint256 shares, uint256 lossSeen) external {
        _store(self, holder, _settled(self, holder, shares, lossSeen));
    }

    /// Settles and takes what the holder can claim out of the recoveries held.
    function claim(
        CertificateBook storage self,
        address holder,
        uint256 shares,
        uint256 lossSeen
    ) external returns (uint256 assets) {
        Certificate memory certificate = _settled(self, holder, shares, lossSeen);
        assets = Rounding.monus(certificate.credit, _unpaidFace(self, certificate));
        assets = Rounding.min(assets, self.held);
        certificate.credit -= uint192(assets);
        self.held -= uint128(assets);
        _store(self, holder, certificate);
    }

    /// What `holder` is still owed, and what it can claim.
    function statusOf(
        CertificateBook storage self,
        address holder,
        uint256 shares,
        uint256 lossSeen
    ) external view returns (uint256 unpaidFace, uint256 claimable) {
        Certificate memory certificate = _settled(self, holder, shares, lossSeen);
        unpaidFace = _unpaidFace(self, certificate);
        claimable = Rounding.min(Rounding.monus(certificate.credit, unpaidFace), self.held);
        unpaidFace = Rounding.min(unpaidFace, certificate.credit);
    }

    function _store(CertificateBook storage self, address holder, Certificate memory certificate) private {
        self.holders[holder] = certificate;
    }

    function _settled(
        CertificateBook storage self,
        address holder,
        uint256 shares,
        uint256 lossSeen
    ) private view returns (Certificate memory certificate) {
        certificate = self.holders[holder];
        uint256 epochs = self.epoch - certificate.epoch;
        if (epochs != 0) {
            // Owed rounds up; where the holder was rounds down: both leave the holder with no more than its due.
            uint256 divisor = epochs < MAX_EPOCHS ? STEP ** epochs : 0;
            certificate.normalisedFace = divisor == 0 ? 0 : Rounding.divUp(certificate.normalisedFace, divisor);
            certificate.normalisedLoss = divisor == 0 ? 0 : certificate.normalisedLoss / divisor;
            certificate.epoch = self.epoch;
        }
        uint256 loss = self.lossPerShare - lossSeen;
        if (loss != 0) {
            if (shares != 0) {
                uint256 normalised = Rounding.monus(_normalisedUp(self), certificate.normalisedLoss);
                certificate.credit += uint192(Math.mulDiv(shares, loss, SCALE));
                certificate.normalisedFace += Math.mulDiv(shares, normalised, FLOOR, Math.Rounding.Ceil);
            }
            certificate.normalisedLoss = _normalisedDown(self);
        }
    }

    function _unpaidFace(CertificateBook storage self, Certificate memory certificate) private view returns (uint256) {
        return Math.mulDiv(certificate.normalisedFace, _remaining(self), SCALE * STEP, Math.Rounding.Ceil);
    }

    function _remaining(CertificateBook storage self) private view returns (uint256) {
        uint256 remaining = self.remaining;
        return remaining == 0 ? SCALE : remaining; // unwritten: nothing was ever repaid
    }

    function _normalisedUp(CertificateBook storage self) private view returns (uint256) {
        return
            self.normalisedBase +
            Math.mulDiv(self.lossPerShare - self.lossBase, SCALE, _remaining(self), Math.Rounding.Ceil);
    }

    function _normalisedDown(CertificateBook storage self) private view returns (uint256) {
        return self.normalisedBase + Math.mulDiv(self.lossPerShare - self.lossBase, SCALE, _remaining(self));
    }
}
