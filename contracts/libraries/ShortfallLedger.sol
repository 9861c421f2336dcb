// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Book, Position} from "../pool/PackedState.sol";
import {highestBit} from "./Bits.sol";
import {MAX_DEBT_SHARES} from "./Constants.sol";
import {Rounding} from "./Rounding.sol";

/// One tick's word, in a struct so that code can point at it and find it once.
struct TickSums {
    uint256 word;
}

/// @notice All debt by its tick, so that the part which a price leaves uncovered is known without walking positions.
/// @param sums one slot a tick: debtShares 96 | collateral 159 | a bit that stays set, so that a tick used before is
/// never written from zero again.
/// @param bitmap which ticks hold debt.
/// @param pivot tick 15 | debtShares 96 | collateral 145, the sums over all ticks from `tick` up. Without it, reading a
/// deep crash costs a slot a tick; with it, only the ticks between it and the price are read.
struct TickLedger {
    mapping(uint256 tick => TickSums) sums;
    mapping(uint256 index => uint256 word) bitmap;
    uint256 pivot;
}

/// @notice Keeps the tick ledger. Σ debt shares fit 96 bits because the book's total does; Σ collateral fits 145 bits
/// because positions are below 2^112 and fewer than 2^33.
library ShortfallLedger {
    uint256 private constant USED = 1 << 255;
    uint256 private constant PIVOT_TICK_OFFSET = 241;

    /// Moves a position's debt and collateral from where they were to where they are. Positions without debt are not
    /// in the ledger. Returns the book with its highest tick.
    function move(TickLedger storage self, Book book, Position from, Position to) internal returns (Book) {
        unchecked {
            // a tick's sums contain those of each position in it; upper bounds as above
            uint256 oldSums = _sumsOf(from);
            uint256 newSums = _sumsOf(to);
            uint256 oldTick = from.tick();
            uint256 newTick = to.tick();
            if (book.hasPivot()) self.pivot = _movedPivot(self.pivot, oldTick, oldSums, newTick, newSums);

            if (oldTick == newTick && oldSums != 0 && newSums != 0) {
                TickSums storage same = self.sums[oldTick];
                same.word = same.word - oldSums + newSums;
                return book;
            }
            if (newSums != 0) {
                TickSums storage entered = self.sums[newTick];
                uint256 sums = entered.word;
                if (sums & ~USED == 0) self.bitmap[newTick >> 8] |= 1 << (newTick & 0xff);
                entered.word = (sums + newSums) | USED;
                if (newTick > book.highestTick()) book = book.withHighestTick(newTick);
            }
            if (oldSums != 0) {
                TickSums storage left = self.sums[oldTick];
                uint256 sums = left.word - oldSums;
                left.word = sums;
                if (sums == USED) {
                    self.bitmap[oldTick >> 8] &= ~(1 << (oldTick & 0xff));
                    if (oldTick == book.highestTick()) book = book.withHighestTick(_highestUpTo(self, oldTick));
                }
            }
            return book;
        }
    }

    /// Σ over all ticks above `threshold`, from the pivot where that is nearer than from the top.
    function sumsAbove(
        TickLedger storage self,
        Book book,
        uint256 threshold
    ) internal view returns (uint256 debtShares, uint256 collateral) {
        unchecked {
            uint256 first = threshold + 1;
            uint256 end = book.highestTick() + 1;
            if (first >= end) return (0, 0);
            uint256 total;
            if (book.hasPivot()) {
                uint256 pivot = self.pivot;
                uint256 pivotTick = pivot >> PIVOT_TICK_OFFSET;
                uint256 pivotSums = pivot & ((1 << PIVOT_TICK_OFFSET) - 1);
                if (first <= pivotTick) {
                    total = pivotSums + _sumRange(self, first, Rounding.min(pivotTick, end));
                } else if (first - pivotTick < end - first) {
                    total = pivotSums - _sumRange(self, pivotTick, first);
                } else {
                    total = _sumRange(self, first, end);
                }
            } else {
                total = _sumRange(self, first, end);
            }
            return (total & MAX_DEBT_SHARES, total >> 96);
        }
    }

    /// Puts the pivot just above `threshold`, or drops it if nothing is there.
    function setPivot(TickLedger storage self, Book book, uint256 threshold) internal returns (Book) {
        if (threshold >= book.highestTick()) {
            self.pivot = 0;
            return book.withPivot(false);
        }
        (uint256 debtShares, uint256 collateral) = sumsAbove(self, book, threshold);
        self.pivot = ((threshold + 1) << PIVOT_TICK_OFFSET) | (collateral << 96) | debtShares;
        return book.withPivot(true);
    }

    function sumsAt(
        TickLedger storage self,
        uint256 tick
    ) internal view returns (uint256 debtShares, uint256 collateral) {
        uint256 sums = self.sums[tick].word & ~USED;
        return (sums & MAX_DEBT_SHARES, sums >> 96);
    }

    function pivotState(
        TickLedger storage self
    ) internal view returns (uint256 tick, uint256 debtShares, uint256 collateral) {
        uint256 pivot = self.pivot;
        return (pivot >> PIVOT_TICK_OFFSET, pivot & MAX_DEBT_SHARES, (pivot & ((1 << PIVOT_TICK_OFFSET) - 1)) >> 96);
    }

    function _sumsOf(Position position) private pure returns (uint256) {
        uint256 debtShares = position.debtShares();
        return debtShares == 0 ? 0 : debtShares | (position.collateral() << 96);
    }

    function _movedPivot(
        uint256 pivot,
        uint256 oldTick,
        uint256 oldSums,
        uint256 newTick,
        uint256 newSums
    ) private pure returns (uint256) {
        unchecked {
            uint256 pivotTick = pivot >> PIVOT_TICK_OFFSET;
            if (oldTick >= pivotTick) pivot -= oldSums;
            if (newTick >= pivotTick) pivot += newSums;
            return pivot;
        }
    }

    /// Σ over the ticks in [first, end), both fields at once: neither carries into the other.
    function _sumRange(TickLedger storage self, uint256 first, uint256 end) private view returns (uint256 total) {
        unchecked {
            if (first >= end) return 0;
            uint256 lastIndex = (end - 1) >> 8;
            for (uint256 index = first >> 8; index <= lastIndex; ++index) {
                uint256 word = self.bitmap[index];
                if (index == first >> 8) word &= type(uint256).max << (first & 0xff);
                if (index == lastIndex) word &= type(uint256).max >> (255 - ((end - 1) & 0xff));
                while (word != 0) {
                    uint256 lowest = word & (~word + 1);
                    total += self.sums[(index << 8) | highestBit(lowest)].word & ~USED;
                    word ^= lowest;
                }
            }
        }
    }

    /// The highest tick in use, at or below `tick`; 0 if there is none.
    function _highestUpTo(TickLedger storage self, uint256 tick) private view returns (uint256) {
        unchecked {
            for (uint256 index = (tick >> 8) + 1; index != 0; --index) {
                uint256 word = self.bitmap[index - 1];
                if (word != 0) return ((index - 1) << 8) | highestBit(word);
            }
            return 0;
        }
    }
}
