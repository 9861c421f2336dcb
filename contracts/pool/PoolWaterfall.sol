// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CertificateBook, Certificates} from "../libraries/Certificates.sol";
import {
    DUST_DIVISOR,
    FUND_GENERATION_STEP,
    FUND_MIN_INDEX_RAY,
    FUND_WIPE_GENERATIONS,
    VIRTUAL_ASSETS,
    VIRTUAL_SHARES,
    WAD
} from "../libraries/Constants.sol";
import {Waterfall} from "../libraries/Waterfall.sol";
import {Book, Cushion, FundBook, Meter} from "./PackedState.sol";
import {PoolShares} from "./PoolShares.sol";

/// @notice The loss itself. No external call, no role, no pause: it cannot revert.
abstract contract PoolWaterfall is PoolShares {
    using Certificates for CertificateBook;

    /// The layers before a loss; shares and assets include the virtual ones.
    struct Layers {
        uint256 shares;
        uint256 assets;
        uint256 reserve;
        uint256 fund;
        bool isCrystallised;
    }

    /// Runs `loss` down the waterfall. `grossBefore` are the gross assets before it; book and meter already are without
    /// the debt that was lost. Returns both words to be stored.
    /// @dev Nothing here is checked for overflow, so that nothing can revert: shares are below 2^113, assets and losses
    /// below 2^105, a layer never burns more than it has, and a loss is part of the assets.
    function _realise(
        Book book,
        Meter meter,
        address borrower,
        uint256 loss,
        uint256 grossBefore
    ) internal returns (Book, Meter) {
        unchecked {
            Layers memory layers = _layers(book, meter, loss, grossBefore);
            if (layers.isCrystallised) book = book.withFeeUnits(0);
            Waterfall.Split memory split = Waterfall.split(
                loss,
                layers.shares,
                layers.assets,
                layers.reserve,
                layers.fund
            );
            uint256 lossId = _burn(layers, split);
            uint256 sharesLeft = layers.shares - split.reserveShares - split.fundShares;
            meter = meter.withShares(sharesLeft - VIRTUAL_SHARES);
            if (layers.isCrystallised) meter = _restartFees(meter);
            if (split.haircut != 0) book = _noteHaircut(book, split.haircut, meter.shares(), layers.assets);
            if (_isBelowMintingPrice(layers.assets - loss - VIRTUAL_ASSETS, meter.shares())) _close();

            emit LossRealised(
                lossId,
                borrower,
                loss,
                split.fromReserve,
                split.fromFund,
                split.haircut,
                _priceWad(layers.assets, layers.shares),
                _priceWad(layers.assets - loss, sharesLeft)
            );
            return (book, meter);
        }
    }

    /// Pending fees are reserve and premium, so they become shares before anything more than the reserve is touched.
    /// Where the reserve covers the loss alone they can wait: becoming shares leaves the price where it is.
    function _layers(Book book, Meter meter, uint256 loss, uint256 grossBefore) private view returns (Layers memory) {
        unchecked {
            Cushion cushion = _cushion;
            uint256 shares = meter.shares() + VIRTUAL_SHARES;
            uint256 assets = grossBefore + VIRTUAL_ASSETS;
            if (Waterfall.needUp(loss, shares, assets) <= cushion.reserveShares()) {
                return Layers(shares, assets, cushion.reserveShares(), cushion.fundShares(), false);
            }
            Crystal memory crystal = _crystal(book, meter, grossBefore);
            shares = crystal.shares + VIRTUAL_SHARES;
            assets = crystal.grossAssets + VIRTUAL_ASSETS;
            return Layers(shares, assets, crystal.reserveShares, crystal.fundShares, true);
        }
    }

    /// Burns what the split takes from reserve and fund. Returns the loss's number.
    function _burn(Layers memory layers, Waterfall.Split memory split) private returns (uint256 lossId) {
        unchecked {
            if (split.fundShares != 0) _slashFund(layers.fund, split.fundShares);
            uint256 reserveLeft = layers.reserve - split.reserveShares;
            uint256 fundLeft = layers.fund - split.fundShares;
            Cushion cushion = _cushion;
            _cushion = cushion.withShares(reserveLeft, fundLeft).withNextLoss();
            _reportChange(address(this), cushion.reserveShares(), reserveLeft);
            _reportChange(_fund(), cushion.fundShares(), fundLeft);
            return _cushion.lossCount(); // wraps after 4e9 losses: it only numbers events
        }
    }

    /// What fees minted and the loss burned, as one transfer.
    function _reportChange(address account, uint256 before, uint256 left) private {
        unchecked {
            if (left < before) emit Transfer(account, address(0), before - left);
            if (left > before) emit Transfer(address(0), account, left - before);
        }
    }

    /// The cooling index falls with the fund. A fund burned to nothing moves eight generations on: older units are void.
    /// Before the index gets short of digits it moves nine of them into one generation, and units of the old one count a
    /// billionth: so a worn fund stays as exact as a new one, and who joins it late is not burned with its dust.
    function _slashFund(uint256 fund, uint256 burned) private {
        unchecked {
            FundBook fundBook = _fundBook;
            uint256 generation = fundBook.generation();
            if (burned == fund) {
                _fundBook = fundBook.withCoolingUnits(0).withGeneration(generation + FUND_WIPE_GENERATIONS);
                return;
            }
            // index ≤ 2^120, left < 2^112; and a product that is scaled up is below 2^60 · 2^112
            uint256 product = _indexOf(generation) * (fund - burned);
            if (product < FUND_MIN_INDEX_RAY * fund) {
                uint256 units = fundBook.coolingUnits();
                while (product < FUND_MIN_INDEX_RAY * fund) {
                    product *= FUND_GENERATION_STEP;
                    units /= FUND_GENERATION_STEP;
                    ++generation;
                }
                _fundBook = fundBook.withCoolingUnits(units).withGeneration(generation);
            }
            _coolingIndexRay[generation] = product / fund;
        }
    }

    /// What no layer covered: fewer assets behind the same shares. Writes the certificates, and stops new loans unless
    /// it is dust.
    function _noteHaircut(Book book, uint256 haircut, uint256 shares, uint256 assets) private returns (Book) {
        _certificates.write(haircut, shares, VIRTUAL_SHARES);
        if (haircut * DUST_DIVISOR > assets && !book.isBorrowingHalted()) {
            book = book.withBorrowingHalted(true);
            emit BorrowingHaltSet(true);
        }
        return book.withHaircut();
    }

    function _close() private {
        if (_config.isClosed()) return;
        _config = _config.withClosed();
        emit DepositsClosed();
    }

    /// Assets per 1e6 share units, times 1e18: 1e18 in a fresh pool.
    function _priceWad(uint256 assets, uint256 shares) internal pure returns (uint256) {
        return (assets * (WAD * VIRTUAL_SHARES)) / shares;
    }
}
