// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {CertificateBook, Certificates} from "../libraries/Certificates.sol";
import {DUST_DIVISOR, FUND_MIN_INDEX_RAY, VIRTUAL_ASSETS, VIRTUAL_SHARES, WAD} from "../libraries/Constants.sol";
import {Rounding} from "../libraries/Rounding.sol";
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
    function _realise(
        Book book,
        Meter meter,
        address borrower,
        uint256 loss,
        uint256 grossBefore
    ) internal returns (Book, Meter) {
        Layers memory layers = _layers(book, meter, loss, grossBefore);
        if (layers.isCrystallised) book = book.withFeeUnits(0);
        Waterfall.Split memory split = Waterfall.split(loss, layers.shares, layers.assets, layers.reserve, layers.fund);
        uint256 sharesLeft = layers.shares - _burn(layers, split);
        meter = meter.withShares(sharesLeft - VIRTUAL_SHARES);
        if (layers.isCrystallised) meter = _restartFees(meter);
        if (split.haircut != 0) book = _noteHaircut(book, split.haircut, meter.shares(), layers.assets);
        if (_isBelowMintingPrice(layers.assets - loss - VIRTUAL_ASSETS, meter.shares())) _close();

        emit LossRealised(
            _cushion.lossCount(),
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

    /// Pending fees are reserve and premium, so they become shares before anything more than the reserve is touched.
    /// Where the reserve covers the loss alone they can wait: becoming shares leaves the price where it is.
    function _layers(Book book, Meter meter, uint256 loss, uint256 grossBefore) private returns (Layers memory layers) {
        Cushion cushion = _cushion;
        layers.shares = meter.shares() + VIRTUAL_SHARES;
        layers.assets = grossBefore + VIRTUAL_ASSETS;
        layers.reserve = cushion.reserveShares();
        layers.fund = cushion.fundShares();
        if (Waterfall.needUp(loss, layers.shares, layers.assets) <= layers.reserve) return layers;

        Crystal memory crystal = _crystal(book, meter, grossBefore);
        layers.shares = crystal.shares + VIRTUAL_SHARES;
        layers.assets = crystal.grossAssets + VIRTUAL_ASSETS;
        layers.reserve = crystal.reserveShares;
        layers.fund = crystal.fundShares;
        layers.isCrystallised = true;
        if (crystal.mintedToReserve + crystal.mintedToFund != 0) {
            _reportCrystal(crystal.mintedToReserve, crystal.mintedToFund);
        }
    }

    /// Burns what the split takes from reserve and fund. Returns all shares burned.
    function _burn(Layers memory layers, Waterfall.Split memory split) private returns (uint256 burned) {
        if (split.fundShares != 0) _slashFund(layers.fund, split);
        burned = split.reserveShares + split.fundShares;
        _cushion = _cushion
            .withShares(layers.reserve - split.reserveShares, layers.fund - split.fundShares)
            .withNextLoss();
        if (split.reserveShares != 0) emit Transfer(address(this), address(0), split.reserveShares);
        if (split.fundShares != 0) emit Transfer(_fund(), address(0), split.fundShares);
    }

    /// The cooling index falls with the fund. A fund burned to nothing, or to a billionth, starts a new generation: old
    /// units are void, and what is left of it burns too.
    function _slashFund(uint256 fund, Waterfall.Split memory split) private {
        FundBook fundBook = _fundBook;
        uint256 generation = fundBook.generation();
        uint256 left = fund - split.fundShares;
        uint256 index = left == 0 ? 0 : Rounding.mulDivDown(_indexOf(generation), left, fund);
        if (index >= FUND_MIN_INDEX_RAY) {
            _coolingIndexRay[generation] = index;
            return;
        }
        _fundBook = fundBook.withNextGeneration();
        split.fundShares = fund;
        emit FundWiped(generation + 1);
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
