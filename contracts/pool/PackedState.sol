// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolErrors} from "../interfaces/IPoolErrors.sol";
import {
    MAX_CASH,
    MAX_COLLATERAL,
    MAX_DEBT_SHARES,
    MAX_FEE_UNITS,
    MAX_INDEX_WAD,
    MAX_SHARES
} from "../libraries/Constants.sol";

// Every word below is one storage slot, read once and written once a call. A call works on the words themselves, not on
// a copy in memory: that is what keeps the pool cheap. Fields are listed from the lowest bit.

/// Slot 0, money and debt:
/// cash 96 | debtShares 96 | feeUnits 45 | highestTick 15 | hasHaircut 1 | hasPivot 1 | hasEstate 1 | isBorrowingHalted 1
/// cash in asset wei; feeUnits are pending fees in the pool's fee unit, as of the meter's last accrual.
type Book is uint256;

/// Slot 1, shares and time:
/// shares 112 | borrowIndexWad 68 | rateAtTarget 36 (wad a second) | feePercent 8 | lastAccrual 32 (unix seconds)
/// feePercent is the part of the interest that becomes fees at present: the fund's, and the reserve's below its target.
type Meter is uint256;

/// Slot 2, the junior layers: reserveShares 112 | fundShares 112 | lossCount 32
/// These are the share balances of the pool's own and of the fund's address.
type Cushion is uint256;

/// Slot 3, the fund's book:
/// coolingUnits 144 | generation 40 | lastPremium 40 (unix seconds) | reserveFeePercent 8 | fundFeePercent 8 |
/// reserveTargetBps 16
type FundBook is uint256;

/// Slot 4, what governance sets and the hot paths read:
/// oracle 160 | borrowLtvBps 14 | lltvBps 14 | supplyCapTokens 31 | borrowCapTokens 31 | isPaused 1 | isClosed 1 |
/// isOraclePending 1 | isRamping 1
type Config is uint256;

/// One a borrower: debtShares 96 | collateral 112 | timestamp 32 | tick 15 | isFlagged 1
/// timestamp: of the flag if flagged, else of the last call that raised the position's risk.
type Position is uint256;

using BookLib for Book global;
using MeterLib for Meter global;
using CushionLib for Cushion global;
using FundBookLib for FundBook global;
using ConfigLib for Config global;
using PositionLib for Position global;

/// Writes a field; the caller has checked or proved that the value fits.
function _put(uint256 word, uint256 offset, uint256 mask, uint256 value) pure returns (uint256) {
    unchecked {
        return (word & ~(mask << offset)) | (value << offset);
    }
}

/// With (amount, maximum − field) it keeps a sum within its field; a field never exceeds its maximum.
function _requireFits(uint256 value, uint256 maximum) pure {
    if (value > maximum) revert IPoolErrors.FieldOverflow(value, maximum);
}

library BookLib {
    uint256 private constant HAIRCUT = 1 << 252;
    uint256 private constant PIVOT = 1 << 253;
    uint256 private constant ESTATE = 1 << 254;
    uint256 private constant HALTED = 1 << 255;

    function cash(Book self) internal pure returns (uint256) {
        return Book.unwrap(self) & MAX_CASH;
    }

    function debtShares(Book self) internal pure returns (uint256) {
        return (Book.unwrap(self) >> 96) & MAX_DEBT_SHARES;
    }

    function feeUnits(Book self) internal pure returns (uint256) {
        return (Book.unwrap(self) >> 192) & MAX_FEE_UNITS;
    }

    function highestTick(Book self) internal pure returns (uint256) {
        return (Book.unwrap(self) >> 237) & 0x7fff;
    }

    function hasHaircut(Book self) internal pure returns (bool) {
        return Book.unwrap(self) & HAIRCUT != 0;
    }

    function hasPivot(Book self) internal pure returns (bool) {
        return Book.unwrap(self) & PIVOT != 0;
    }

    function hasEstate(Book self) internal pure returns (bool) {
        return Book.unwrap(self) & ESTATE != 0;
    }

    function isBorrowingHalted(Book self) internal pure returns (bool) {
        return Book.unwrap(self) & HALTED != 0;
    }

    function addCash(Book self, uint256 amount) internal pure returns (Book) {
        unchecked {
            _requireFits(amount, MAX_CASH - cash(self));
            return Book.wrap(Book.unwrap(self) + amount);
        }
    }

    /// Reverts if there is not enough.
    function subCash(Book self, uint256 amount) internal pure returns (Book) {
        if (amount > cash(self)) revert IPoolErrors.InsufficientCash(amount, cash(self));
        unchecked {
            return Book.wrap(Book.unwrap(self) - amount);
        }
    }

    function addDebtShares(Book self, uint256 amount) internal pure returns (Book) {
        unchecked {
            _requireFits(amount, MAX_DEBT_SHARES - debtShares(self));
            return Book.wrap(Book.unwrap(self) + (amount << 96));
        }
    }

    /// `amount` is part of a position's debt shares, and those are part of the sum.
    function subDebtShares(Book self, uint256 amount) internal pure returns (Book) {
        unchecked {
            return Book.wrap(Book.unwrap(self) - (amount << 96));
        }
    }

    function withFeeUnits(Book self, uint256 units) internal pure returns (Book) {
        return Book.wrap(_put(Book.unwrap(self), 192, MAX_FEE_UNITS, units));
    }

    function withHighestTick(Book self, uint256 tick) internal pure returns (Book) {
        return Book.wrap(_put(Book.unwrap(self), 237, 0x7fff, tick));
    }

    function withHaircut(Book self) internal pure returns (Book) {
        return Book.wrap(Book.unwrap(self) | HAIRCUT);
    }

    function withPivot(Book self, bool value) internal pure returns (Book) {
        return Book.wrap(value ? Book.unwrap(self) | PIVOT : Book.unwrap(self) & ~PIVOT);
    }

    function withEstate(Book self, bool value) internal pure returns (Book) {
        return Book.wrap(value ? Book.unwrap(self) | ESTATE : Book.unwrap(self) & ~ESTATE);
    }

    function withBorrowingHalted(Book self, bool value) internal pure returns (Book) {
        return Book.wrap(value ? Book.unwrap(self) | HALTED : Book.unwrap(self) & ~HALTED);
    }
}

library MeterLib {
    function shares(Meter self) internal pure returns (uint256) {
        return Meter.unwrap(self) & MAX_SHARES;
    }

    function borrowIndex(Meter self) internal pure returns (uint256) {
        return (Meter.unwrap(self) >> 112) & MAX_INDEX_WAD;
    }

    function rateAtTarget(Meter self) internal pure returns (uint256) {
        return (Meter.unwrap(self) >> 180) & 0xfffffffff;
    }

    function feePercent(Meter self) internal pure returns (uint256) {
        return (Meter.unwrap(self) >> 216) & 0xff;
    }

    function lastAccrual(Meter self) internal pure returns (uint256) {
        return Meter.unwrap(self) >> 224;
    }

    function addShares(Meter self, uint256 amount) internal pure returns (Meter) {
        unchecked {
            _requireFits(amount, MAX_SHARES - shares(self));
            return Meter.wrap(Meter.unwrap(self) + amount);
        }
    }

    /// `amount` was somebody's balance, and balances are part of the sum.
    function subShares(Meter self, uint256 amount) internal pure returns (Meter) {
        unchecked {
            return Meter.wrap(Meter.unwrap(self) - amount);
        }
    }

    function withShares(Meter self, uint256 newShares) internal pure returns (Meter) {
        return Meter.wrap(_put(Meter.unwrap(self), 0, MAX_SHARES, newShares));
    }

    function withFeePercent(Meter self, uint256 percent) internal pure returns (Meter) {
        return Meter.wrap(_put(Meter.unwrap(self), 216, 0xff, percent));
    }

    /// All of interest at once. Index and rate are bounded by Interest and Accrual; the time ends in 2106.
    function accrued(
        Meter self,
        uint256 newIndex,
        uint256 newRateAtTarget,
        uint256 timestamp
    ) internal pure returns (Meter) {
        uint256 kept = Meter.unwrap(self) & (MAX_SHARES | (0xff << 216));
        return Meter.wrap(kept | (newIndex << 112) | (newRateAtTarget << 180) | (timestamp << 224));
    }
}

library CushionLib {
    function reserveShares(Cushion self) internal pure returns (uint256) {
        return Cushion.unwrap(self) & MAX_SHARES;
    }

    function fundShares(Cushion self) internal pure returns (uint256) {
        return (Cushion.unwrap(self) >> 112) & MAX_SHARES;
    }

    function lossCount(Cushion self) internal pure returns (uint256) {
        return Cushion.unwrap(self) >> 224;
    }

    /// Both are parts of the supply, which fits.
    function withShares(Cushion self, uint256 reserve, uint256 fund) internal pure returns (Cushion) {
        return Cushion.wrap(((Cushion.unwrap(self) >> 224) << 224) | (fund << 112) | reserve);
    }

    /// Wraps after 4e9 losses: it only numbers events.
    function withNextLoss(Cushion self) internal pure returns (Cushion) {
        unchecked {
            return Cushion.wrap(Cushion.unwrap(self) + (1 << 224));
        }
    }
}

library FundBookLib {
    uint256 internal constant MAX_UNITS = type(uint144).max;

    function coolingUnits(FundBook self) internal pure returns (uint256) {
        return FundBook.unwrap(self) & MAX_UNITS;
    }

    function generation(FundBook self) internal pure returns (uint256) {
        return (FundBook.unwrap(self) >> 144) & type(uint40).max;
    }

    function lastPremium(FundBook self) internal pure returns (uint256) {
        return (FundBook.unwrap(self) >> 184) & type(uint40).max;
    }

    function reserveFeePercent(FundBook self) internal pure returns (uint256) {
        return (FundBook.unwrap(self) >> 224) & 0xff;
    }

    function fundFeePercent(FundBook self) internal pure returns (uint256) {
        return (FundBook.unwrap(self) >> 232) & 0xff;
    }

    function reserveTargetBps(FundBook self) internal pure returns (uint256) {
        return FundBook.unwrap(self) >> 240;
    }

    function withCoolingUnits(FundBook self, uint256 units) internal pure returns (FundBook) {
        _requireFits(units, MAX_UNITS);
        return FundBook.wrap(_put(FundBook.unwrap(self), 0, MAX_UNITS, units));
    }

    /// 2^40 generations, eight a wipe, outlast any chain.
    function withGeneration(FundBook self, uint256 newGeneration) internal pure returns (FundBook) {
        return FundBook.wrap(_put(FundBook.unwrap(self), 144, type(uint40).max, newGeneration));
    }

    function withLastPremium(FundBook self, uint256 timestamp) internal pure returns (FundBook) {
        return FundBook.wrap(_put(FundBook.unwrap(self), 184, type(uint40).max, timestamp));
    }

    function withFees(
        FundBook self,
        uint256 reservePercent,
        uint256 fundPercent,
        uint256 targetBps
    ) internal pure returns (FundBook) {
        uint256 kept = FundBook.unwrap(self) & type(uint224).max;
        return FundBook.wrap(kept | (reservePercent << 224) | (fundPercent << 232) | (targetBps << 240));
    }
}

library ConfigLib {
    uint256 private constant PAUSED = 1 << 250;
    uint256 private constant CLOSED = 1 << 251;
    uint256 private constant ORACLE_PENDING = 1 << 252;
    uint256 private constant RAMPING = 1 << 253;

    function oracle(Config self) internal pure returns (address) {
        return address(uint160(Config.unwrap(self)));
    }

    function borrowLtvBps(Config self) internal pure returns (uint256) {
        return (Config.unwrap(self) >> 160) & 0x3fff;
    }

    /// The lltv at the end of a ramp, if one is under way.
    function lltvBps(Config self) internal pure returns (uint256) {
        return (Config.unwrap(self) >> 174) & 0x3fff;
    }

    function supplyCapTokens(Config self) internal pure returns (uint256) {
        return (Config.unwrap(self) >> 188) & 0x7fffffff;
    }

    function borrowCapTokens(Config self) internal pure returns (uint256) {
        return (Config.unwrap(self) >> 219) & 0x7fffffff;
    }

    function isPaused(Config self) internal pure returns (bool) {
        return Config.unwrap(self) & PAUSED != 0;
    }

    function isClosed(Config self) internal pure returns (bool) {
        return Config.unwrap(self) & CLOSED != 0;
    }

    function isOraclePending(Config self) internal pure returns (bool) {
        return Config.unwrap(self) & ORACLE_PENDING != 0;
    }

    function isRamping(Config self) internal pure returns (bool) {
        return Config.unwrap(self) & RAMPING != 0;
    }

    function withOracle(Config self, address newOracle) internal pure returns (Config) {
        return Config.wrap(_put(Config.unwrap(self), 0, type(uint160).max, uint160(newOracle)));
    }

    function withLtvs(Config self, uint256 borrowBps, uint256 liquidationBps) internal pure returns (Config) {
        uint256 word = _put(Config.unwrap(self), 160, 0x3fff, borrowBps);
        return Config.wrap(_put(word, 174, 0x3fff, liquidationBps));
    }

    function withCaps(Config self, uint256 supplyTokens, uint256 borrowTokens) internal pure returns (Config) {
        uint256 word = _put(Config.unwrap(self), 188, 0x7fffffff, supplyTokens);
        return Config.wrap(_put(word, 219, 0x7fffffff, borrowTokens));
    }

    function withPaused(Config self, bool value) internal pure returns (Config) {
        return _withFlag(self, PAUSED, value);
    }

    function withClosed(Config self) internal pure returns (Config) {
        return _withFlag(self, CLOSED, true);
    }

    function withOraclePending(Config self, bool value) internal pure returns (Config) {
        return _withFlag(self, ORACLE_PENDING, value);
    }

    function withRamping(Config self, bool value) internal pure returns (Config) {
        return _withFlag(self, RAMPING, value);
    }

    function _withFlag(Config self, uint256 flag, bool value) private pure returns (Config) {
        return Config.wrap(value ? Config.unwrap(self) | flag : Config.unwrap(self) & ~flag);
    }
}

library PositionLib {
    uint256 private constant FLAGGED = 1 << 255;

    function debtShares(Position self) internal pure returns (uint256) {
        return Position.unwrap(self) & MAX_DEBT_SHARES;
    }

    function collateral(Position self) internal pure returns (uint256) {
        return (Position.unwrap(self) >> 96) & MAX_COLLATERAL;
    }

    function timestamp(Position self) internal pure returns (uint256) {
        return (Position.unwrap(self) >> 208) & type(uint32).max;
    }

    function tick(Position self) internal pure returns (uint256) {
        return (Position.unwrap(self) >> 240) & 0x7fff;
    }

    function isFlagged(Position self) internal pure returns (bool) {
        return Position.unwrap(self) & FLAGGED != 0;
    }

    /// New amounts and tick; timestamp and flag stay. The caller keeps the amounts within their fields.
    function withAmounts(
        Position self,
        uint256 newDebtShares,
        uint256 newCollateral,
        uint256 newTick
    ) internal pure returns (Position) {
        uint256 kept = Position.unwrap(self) & (FLAGGED | (uint256(type(uint32).max) << 208));
        return Position.wrap(kept | newDebtShares | (newCollateral << 96) | (newTick << 240));
    }

    /// Without debt there is nothing to mark: an empty position leaves an empty slot.
    function withoutDebt(uint256 newCollateral) internal pure returns (Position) {
        return Position.wrap(newCollateral << 96);
    }

    /// Marks the moment of a risk-raising call, which the position has survived healthy: so it is not flagged.
    function raised(Position self, uint256 time) internal pure returns (Position) {
        return Position.wrap(_put(Position.unwrap(self) & ~FLAGGED, 208, type(uint32).max, time));
    }

    function flagged(Position self, uint256 time) internal pure returns (Position) {
        return Position.wrap(_put(Position.unwrap(self), 208, type(uint32).max, time) | FLAGGED);
    }

    /// The flag's time goes too: else it would read as a risk-raising call, and whoever flags and cures a position in
    /// one block would keep it from being liquidated in that block.
    function unflagged(Position self) internal pure returns (Position) {
        return Position.wrap(_put(Position.unwrap(self) & ~FLAGGED, 208, type(uint32).max, 0));
    }
}
