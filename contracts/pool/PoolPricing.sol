// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {
    BPS,
    ESTATE_CLOCK_BITS,
    ESTATE_PERIOD,
    MAX_FEE_UNITS,
    MAX_INDEX_WAD,
    MAX_SHARES,
    ORACLE_GAS,
    PAR_FRACTION,
    PERCENT,
    PRICE_SCALE,
    RAY,
    VIRTUAL_ASSETS,
    VIRTUAL_SHARES,
    WAD,
    YEAR
} from "../libraries/Constants.sol";
import {Interest} from "../libraries/Interest.sol";
import {Rounding} from "../libraries/Rounding.sol";
import {ShortfallLedger, TickLedger} from "../libraries/ShortfallLedger.sol";
import {Tick} from "../libraries/Tick.sol";
import {Book, Config, Cushion, FundBook, Meter} from "./PackedState.sol";
import {PoolStorage} from "./PoolStorage.sol";

/// @notice What everything is worth: interest up to now, the oracle, the live shortfall, and the two prices of a share.
/// @dev A price of shares is a fraction (assets, shares): assets per share, virtual ones included. Unchecked blocks rest
/// on the widths of the fields: cash and debt shares 96 bits, index 68, shares 112, so debt and assets stay below 2^105.
abstract contract PoolPricing is PoolStorage {
    using ShortfallLedger for TickLedger;

    /// The state as it would be if pending fees were shares: what a loss, the fund and the exit price start from.
    struct Crystal {
        uint256 shares;
        uint256 grossAssets;
        uint256 reserveShares;
        uint256 fundShares;
        uint256 mintedToReserve;
        uint256 mintedToFund;
    }

    /// A shortfall laid on the junior layers, in shares.
    struct Exit {
        uint256 assets;
        uint256 shares;
        uint256 uncoveredAssets;
    }

    // ---------------------------------------------------------------- interest

    /// Both hot words with interest up to now. Pure reading: the caller stores them or not.
    function _accrued() internal view returns (Book book, Meter meter) {
        book = _book;
        meter = _meter;
        if (meter.lastAccrual() != block.timestamp) (book, meter) = _withInterest(book, meter);
    }

    function _withInterest(Book book, Meter meter) private view returns (Book, Meter) {
        unchecked {
            uint256 elapsed = block.timestamp - meter.lastAccrual();
            uint256 index = meter.borrowIndex();
            uint256 loansBefore = (book.debtShares() * index) / WAD;
            (uint256 rate, uint256 rateAtTarget) = Interest.rates(
                meter.rateAtTarget(),
                _utilisation(book, loansBefore + _estateDebtOf(book)),
                elapsed
            );
            uint256 newIndex = Rounding.min(
                index + (index * Interest.compoundedDown(rate, elapsed)) / WAD,
                MAX_INDEX_WAD
            );
            uint256 percent = meter.feePercent();
            if (percent != 0) {
                // Whole units only. The remainder is not lost: it stays in the fees that all debt so far stands for, and
                // while the debt is the same these differences add up to the exact fee.
                uint256 loansAfter = (book.debtShares() * newIndex) / WAD;
                uint256 unit = _feeUnit() * PERCENT;
                uint256 units = book.feeUnits() + (loansAfter * percent) / unit - (loansBefore * percent) / unit;
                book = book.withFeeUnits(Rounding.min(units, MAX_FEE_UNITS));
            }
            return (book, meter.accrued(newIndex, rateAtTarget, block.timestamp));
        }
    }

    function _utilisation(Book book, uint256 debt) internal pure returns (uint256) {
        unchecked {
            return debt == 0 ? 0 : (debt * WAD) / (book.cash() + debt);
        }
    }

    // ---------------------------------------------------------------- assets

    function _estateDebtOf(Book book) internal view returns (uint256) {
        return book.hasEstate() ? _estateDebt : 0;
    }

    /// B: all debt outstanding, the estate's included.
    function _debtOutstanding(Book book, Meter meter) internal view returns (uint256) {
        unchecked {
            return (book.debtShares() * meter.borrowIndex()) / WAD + _estateDebtOf(book);
        }
    }

    function _pendingFees(Book book) internal view returns (uint256) {
        unchecked {
            return book.feeUnits() * _feeUnit();
        }
    }

    /// TA: what belongs to the shares. Fees are a part of the interest, and interest is in the debt; but they come in
    /// whole units, and some of these may be more than all a pool of dust has.
    function _grossAssets(Book book, Meter meter) internal view returns (uint256) {
        unchecked {
            return Rounding.monus(book.cash() + _debtOutstanding(book, meter), _pendingFees(book));
        }
    }

    function _debtAssetsUp(uint256 debtShares, Meter meter) internal pure returns (uint256) {
        return Rounding.mulDivUp(debtShares, meter.borrowIndex(), WAD);
    }

    /// Below a thousandth of the first price nothing mints.
    function _isBelowMintingPrice(uint256 grossAssets, uint256 shares) internal pure returns (bool) {
        unchecked {
            return (grossAssets + VIRTUAL_ASSETS) * (VIRTUAL_SHARES * PAR_FRACTION) < shares + VIRTUAL_SHARES;
        }
    }

    // ---------------------------------------------------------------- the oracle

    /// Low and high as the pool acts on them. While a change of oracle is announced, low is the lower of both: nobody
    /// leaves ahead of it.
    function _price(Config config) internal view returns (uint256 low, uint256 high, bool ok) {
        (low, high, ok) = _read(config.oracle());
        if (config.isOraclePending()) {
            (uint256 nextLow, , ) = _read(_pendingOracle);
            low = Rounding.min(low, nextLow);
        }
    }

    /// The gas is given in full or not at all: whoever calls with too little can't make the feed look broken. A revert,
    /// a short answer or nonsense counts as low = 0, not ok.
    function _read(address oracle) internal view returns (uint256 low, uint256 high, bool ok) {
        // 63/64 of what is left can be passed on; the rest covers the call itself
        uint256 required = ORACLE_GAS + ORACLE_GAS / 32;
        if (gasleft() < required) revert OracleGasTooLow(gasleft(), required);
        bytes4 selector = IPriceOracle.price.selector;
        uint256 okWord;
        assembly ("memory-safe") {
            let memory_ := mload(0x40)
            mstore(memory_, selector)
            let success := staticcall(ORACLE_GAS, oracle, memory_, 4, memory_, 0x60)
            if and(success, gt(returndatasize(), 0x5f)) {
                low := mload(memory_)
                high := mload(add(memory_, 0x20))
                okWord := mload(add(memory_, 0x40))
            }
        }
        high = Rounding.min(high, _priceLimit());
        low = Rounding.min(low, _priceLimit());
        ok = okWord == 1 && low != 0 && low <= high;
    }

    function _okPrice(Config config) internal view returns (uint256 low, uint256 high) {
        bool ok;
        (low, high, ok) = _price(config);
        if (!ok) revert OracleNotOk(low, high);
    }

    // ---------------------------------------------------------------- the shortfall

    /// P: what `low` says can't be recovered. Ticks above θ are insolvent as a whole, those below solvent as a whole.
    function _shortfall(Book book, Meter meter, uint256 low) internal view returns (uint256 shortfall) {
        unchecked {
            uint256 highest = book.highestTick();
            if (highest == 0 && !book.hasEstate()) return 0;
            // q, what a unit of collateral recovers; a position is insolvent where debt shares / collateral > perShare
            uint256 recovery = (low * BPS) / _lifFloorBps();
            if (recovery == 0) return _debtOutstanding(book, meter);
            uint256 index = meter.borrowIndex();
            uint256 perShare = (recovery * WAD) / index; // ≤ recovery < 2^191, since the index is ≥ 1
            if (!Tick.isBelow(highest, perShare, PRICE_SCALE)) {
                shortfall = _bookShortfall(book, index, recovery, perShare);
            }
            if (book.hasEstate()) {
                uint256 expected = Math.saturatingMul(_estateCollateral, _faded(recovery, _estateAge())) / PRICE_SCALE;
                shortfall += Rounding.monus(_estateDebt, expected);
            }
            return Rounding.min(shortfall, _debtOutstanding(book, meter));
        }
    }

    function _bookShortfall(
        Book book,
        uint256 index,
        uint256 recovery,
        uint256 perShare
    ) private view returns (uint256) {
        uint256 threshold = _threshold(perShare);
        (uint256 debtShares, uint256 collateral) = _ledger.sumsAbove(book, threshold);
        uint256 above = _uncovered(debtShares, collateral, index, recovery);
        (debtShares, collateral) = _ledger.sumsAt(threshold);
        return above + _uncovered(debtShares, collateral, index, recovery);
    }

    /// θ, the tick in which positions turn insolvent.
    function _threshold(uint256 perShare) internal pure returns (uint256) {
        return Tick.ofRatio(Math.mulDiv(perShare, 1 << 128, PRICE_SCALE)); // < 2^(191 + 128 − 119)
    }

    /// Debt less what its collateral recovers. In insolvent ticks collateral · recovery is under the debt times 1e36,
    /// in the boundary tick at most 1/64 above: both products fit.
    function _uncovered(
        uint256 debtShares,
        uint256 collateral,
        uint256 index,
        uint256 recovery
    ) private pure returns (uint256) {
        unchecked {
            return Rounding.monus((debtShares * index) / WAD, Rounding.mulDivUp(collateral, recovery, PRICE_SCALE));
        }
    }

    /// The estate's age in its own clock, at most its whole period.
    function _estateAge() internal view returns (uint256) {
        unchecked {
            return
                Rounding.min((block.timestamp << ESTATE_CLOCK_BITS) - _estateStart, ESTATE_PERIOD << ESTATE_CLOCK_BITS);
        }
    }

    /// A price that falls in a line to zero over the estate's period. Rounded down.
    function _faded(uint256 price, uint256 age) internal pure returns (uint256) {
        unchecked {
            uint256 period = ESTATE_PERIOD << ESTATE_CLOCK_BITS;
            return (price * (period - age)) / period;
        }
    }

    /// Today's price of the estate, rounded up: high / lifFloor, falling to zero.
    function _estatePriceUp(uint256 high) internal view returns (uint256) {
        uint256 period = ESTATE_PERIOD << ESTATE_CLOCK_BITS;
        uint256 start = Rounding.divUp(high * BPS, _lifFloorBps());
        return Rounding.mulDivUp(start, period - _estateAge(), period);
    }

    // ---------------------------------------------------------------- pending fees as shares

    /// Fees become shares at the gross price: the reserve's part, and the fund's, which counts for active units only
    /// and is at most a yield of 100% a year. What the fund does not get is the reserve's.
    function _crystal(Book book, Meter meter, uint256 grossAssets) internal view returns (Crystal memory crystal) {
        unchecked {
            Cushion cushion = _cushion;
            crystal.shares = meter.shares();
            crystal.reserveShares = cushion.reserveShares();
            crystal.fundShares = cushion.fundShares();
            uint256 fees = _pendingFees(book);
            crystal.grossAssets = grossAssets + fees;
            if (fees == 0) return crystal;

            uint256 minted = _mintableShares(fees, grossAssets, crystal.shares);
            if (minted == 0) return crystal;
            uint256 toFund;
            if (crystal.fundShares != 0) {
                FundBook fundBook = _fundBook;
                uint256 active = crystal.fundShares - _coolingShares(fundBook);
                toFund = (minted * fundBook.fundFeePercent()) / meter.feePercent();
                toFund = (toFund * active) / crystal.fundShares;
                toFund = Rounding.min(toFund, (active * (block.timestamp - fundBook.lastPremium())) / YEAR);
            }
            crystal.mintedToFund = toFund;
            crystal.mintedToReserve = minted - toFund;
            crystal.shares += minted;
            crystal.fundShares += toFund;
            crystal.reserveShares += crystal.mintedToReserve;
        }
    }

    /// Shares for assets at the gross price, rounded down; none where nothing mints, or where they would not fit.
    function _mintableShares(uint256 assets, uint256 grossAssets, uint256 shares) internal pure returns (uint256) {
        unchecked {
            if (_isBelowMintingPrice(grossAssets, shares)) return 0;
            uint256 minted = Rounding.mulDivDown(assets, shares + VIRTUAL_SHARES, grossAssets + VIRTUAL_ASSETS);
            return minted > MAX_SHARES - shares ? 0 : minted;
        }
    }

    /// What is cooling, rounded up: so the sum of all cooling units' worth never exceeds the fund.
    function _coolingShares(FundBook fundBook) internal view returns (uint256) {
        uint256 units = fundBook.coolingUnits();
        return units == 0 ? 0 : Rounding.mulDivUp(units, _indexOf(fundBook.generation()), RAY);
    }

    function _indexOf(uint256 generation) internal view returns (uint256) {
        uint256 index = _coolingIndexRay[generation];
        return index == 0 ? RAY : index;
    }

    // ---------------------------------------------------------------- the two prices

    /// The exit price for a shortfall: reserve and fund burn first; what they don't cover, every share bears alike.
    function _exit(Book book, Meter meter, uint256 shortfall) internal view returns (Exit memory exit) {
        unchecked {
            uint256 grossAssets = _grossAssets(book, meter);
            exit.assets = grossAssets + VIRTUAL_ASSETS;
            exit.shares = meter.shares() + VIRTUAL_SHARES;
            if (shortfall == 0) return exit;

            Crystal memory crystal = _crystal(book, meter, grossAssets);
            uint256 supply = crystal.shares + VIRTUAL_SHARES;
            uint256 value = crystal.grossAssets + VIRTUAL_ASSETS;
            uint256 need = Rounding.mulDivUp(shortfall, supply, value);
            uint256 cover = Rounding.min(need, crystal.reserveShares + crystal.fundShares);
            if (need > cover) exit.uncoveredAssets = shortfall - Rounding.mulDivDown(cover, value, supply);
            // The shortfall is at most the debt, and the debt is in the assets.
            uint256 assetsLeft = value - shortfall;
            uint256 sharesLeft = supply - cover;
            if (assetsLeft * exit.shares < exit.assets * sharesLeft) {
                exit.assets = assetsLeft;
                exit.shares = sharesLeft;
            }
        }
    }

    function _exitNow(Book book, Meter meter) internal view returns (Exit memory) {
        (uint256 low, , ) = _price(_config);
        return _exit(book, meter, _shortfall(book, meter, low));
    }

    function _sharesForDown(uint256 assets, Meter meter, uint256 grossAssets) internal pure returns (uint256) {
        unchecked {
            return Rounding.mulDivDown(assets, meter.shares() + VIRTUAL_SHARES, grossAssets + VIRTUAL_ASSETS);
        }
    }

    function _assetsForUp(uint256 shares, Meter meter, uint256 grossAssets) internal pure returns (uint256) {
        unchecked {
            return Rounding.mulDivUp(shares, grossAssets + VIRTUAL_ASSETS, meter.shares() + VIRTUAL_SHARES);
        }
    }
}
