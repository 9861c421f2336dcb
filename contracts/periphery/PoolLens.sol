// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Bytes} from "@openzeppelin/contracts/utils/Bytes.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IInsuranceFund} from "../interfaces/IInsuranceFund.sol";
import {ILendingPool} from "../interfaces/ILendingPool.sol";
import {IPoolFactory} from "../interfaces/IPoolFactory.sol";
import {IPoolLens} from "../interfaces/IPoolLens.sol";
import {IPriceOracle} from "../interfaces/IPriceOracle.sol";
import {BPS, MAX_PRICE, PRICE_SCALE, VIRTUAL_SHARES, WAD} from "../libraries/Constants.sol";
import {Tick} from "../libraries/Tick.sol";

/// @title Pools, accounts and ledgers in bundles
/// @notice Duty: reads. Holds no money, has no storage, and nothing on chain depends on it. Trusts what it reads: ask
/// only about pools that a factory lists.
contract PoolLens is IPoolLens {
    uint256 private constant MAX_SYMBOL_LENGTH = 64;

    /// What all positions of a pool are judged by, read once.
    struct Scale {
        uint256 borrowLtvBps;
        uint256 lltvBps;
        uint256 low;
        bool isBorrowingPriced;
        bool isOk;
        uint256 borrowIndexWad;
    }

    // ---------------------------------------------------------------- markets

    /// @inheritdoc IPoolLens
    function market(ILendingPool pool) external view returns (Market memory bundle) {
        bundle.pool = address(pool);
        bundle.share = _token(address(pool));
        bundle.asset = _token(pool.asset());
        bundle.collateral = _token(pool.collateralToken());
        bundle.terms = _terms(pool);
        (bundle.totals, bundle.cover) = _totals(pool);
        bundle.rates = Rates(pool.borrowRate(), pool.supplyRate(), pool.utilisation());
        bundle.prices = _prices(pool);
        (bundle.estate.debtAssets, bundle.estate.collateral, bundle.estate.price, bundle.estate.startedAt) = pool
            .estate();
        (bundle.certificates.unpaidFace, bundle.certificates.held) = pool.certificates();
        bundle.fund = _fund(pool);
        bundle.limits = _limits(pool, bundle);
    }

    /// @inheritdoc IPoolLens
    function markets(address[] memory pools) public view returns (MarketResult[] memory results) {
        results = new MarketResult[](pools.length);
        for (uint256 i = 0; i < pools.length; ++i) {
            results[i].pool = pools[i];
            try this.market{gas: gasleft() / (pools.length - i + 1)}(ILendingPool(pools[i])) returns (
                Market memory bundle
            ) {
                results[i].isReadable = true;
                results[i].market = bundle;
            } catch {} // isReadable stays false
        }
    }

    /// @inheritdoc IPoolLens
    function marketsOf(
        IPoolFactory factory,
        uint256 from,
        uint256 count
    ) external view returns (MarketResult[] memory) {
        return markets(factory.pools(from, count));
    }

    // ---------------------------------------------------------------- accounts

    /// @inheritdoc IPoolLens
    function account(ILendingPool pool, address user) external view returns (Account memory bundle) {
        bundle.pool = address(pool);
        bundle.user = user;
        bundle.shares = pool.balanceOf(user);
        bundle.exitAssets = pool.convertToAssets(bundle.shares);
        bundle.grossAssets = Math.mulDiv(bundle.shares, pool.grossPrice(), VIRTUAL_SHARES * WAD);
        bundle.withdrawableAssets = pool.maxWithdraw(user);
        bundle.redeemableShares = pool.maxRedeem(user);
        (bundle.certificateUnpaidFace, bundle.certificateClaimable) = pool.certificateOf(user);
        bundle.position = _position(pool, user, _scale(pool));
        bundle.stake = _stake(pool, user);
        IERC20 asset = IERC20(pool.asset());
        bundle.assetBalance = asset.balanceOf(user);
        bundle.assetAllowance = asset.allowance(user, address(pool));
        IERC20 collateral = IERC20(pool.collateralToken());
        bundle.collateralBalance = collateral.balanceOf(user);
        bundle.collateralAllowance = collateral.allowance(user, address(pool));
    }

    /// @inheritdoc IPoolLens
    function accounts(address[] calldata pools, address user) external view returns (AccountResult[] memory results) {
        results = new AccountResult[](pools.length);
        for (uint256 i = 0; i < pools.length; ++i) {
            results[i].pool = pools[i];
            try this.account{gas: gasleft() / (pools.length - i + 1)}(ILendingPool(pools[i]), user) returns (
                Account memory bundle
            ) {
                results[i].isReadable = true;
                results[i].account = bundle;
            } catch {} // isReadable stays false
        }
    }

    /// @inheritdoc IPoolLens
    function positions(
        ILendingPool pool,
        address[] calldata borrowers
    ) external view returns (PositionInfo[] memory infos) {
        Scale memory scale = _scale(pool);
        infos = new PositionInfo[](borrowers.length);
        for (uint256 i = 0; i < borrowers.length; ++i) {
            infos[i] = _position(pool, borrowers[i], scale);
        }
    }

    // ---------------------------------------------------------------- ledger and losses

    /// @inheritdoc IPoolLens
    function ledger(
        ILendingPool pool,
        uint256 fromTick,
        uint256 toTick
    ) external view returns (TickInfo[] memory ticks) {
        if (fromTick > toTick) revert TicksOutOfOrder(fromTick, toTick);
        (, , , uint256 borrowIndexWad, , , ) = pool.totals();
        (uint256 highestTick, , , ) = pool.ledgerState();
        uint256 end = Math.min(toTick, highestTick) + 1;
        if (fromTick >= end) return ticks;
        uint256 lifFloorBps = pool.lifFloorBps();

        ticks = new TickInfo[](end - fromTick);
        uint256 used = 0;
        for (uint256 tick = fromTick; tick < end; ++tick) {
            (uint256 debtShares, uint256 collateral) = pool.tickSums(tick);
            if (debtShares == 0) continue;
            ticks[used] = TickInfo({
                tick: tick,
                debtShares: debtShares,
                debtAssets: Math.mulDiv(debtShares, borrowIndexWad, WAD),
                collateral: collateral,
                firstInsolventBelow: _insolventBelow(tick + 1, borrowIndexWad, lifFloorBps),
                allInsolventBelow: _insolventBelow(tick, borrowIndexWad, lifFloorBps)
            });
            ++used;
        }
        assembly ("memory-safe") {
            mstore(ticks, used) // used ≤ the length it was allocated with
        }
    }

    /// @inheritdoc IPoolLens
    function previewLosses(
        ILendingPool pool,
        uint256[] calldata losses
    ) external view returns (LossPreview[] memory previews) {
        (, uint256 debtAssets, , , , , ) = pool.totals();
        previews = new LossPreview[](losses.length);
        for (uint256 i = 0; i < losses.length; ++i) {
            LossPreview memory preview = previews[i];
            preview.loss = Math.min(losses[i], debtAssets);
            (
                preview.fromReserve,
                preview.fromFund,
                preview.haircut,
                preview.exitPriceBefore,
                preview.exitPriceAfter
            ) = pool.previewWaterfall(preview.loss);
        }
    }

    // ---------------------------------------------------------------- parts of a market

    function _terms(ILendingPool pool) private view returns (Terms memory terms) {
        terms.authority = IAccessManaged(address(pool)).authority();
        (
            terms.oracle,
            terms.borrowLtvBps,
            terms.lltvBps,
            terms.supplyCap,
            terms.borrowCap,
            terms.reserveFeePercent,
            terms.fundFeePercent,
            terms.reserveTargetBps,
            terms.isPaused,
            terms.isClosed,
            terms.isBorrowingHalted
        ) = pool.config();
        terms.oraclePaths = _oraclePaths(terms.oracle);
        (terms.pendingOracle, terms.pendingOracleExecutableAt) = pool.pendingOracle();
        terms.lifFloorBps = pool.lifFloorBps();
        terms.lifMinBps = pool.lifMinBps();
        terms.lifPeakBps = pool.lifPeakBps();
        terms.repayTargetBps = pool.repayTargetBps();
        terms.maxDeviationBps = pool.maxDeviationBps();
        terms.collateralCap = pool.collateralCap();
        terms.minDebt = pool.minDebt();
    }

    function _totals(ILendingPool pool) private view returns (Totals memory totals, Cover memory cover) {
        (
            totals.cash,
            totals.debtAssets,
            totals.debtShares,
            totals.borrowIndexWad,
            totals.pendingFees,
            cover.reserveShares,
            cover.fundShares
        ) = pool.totals();
        totals.shares = pool.totalSupply();
        totals.exitAssets = pool.totalAssets();
        totals.grossAssets = pool.grossAssets();
        totals.collateralBalance = IERC20(pool.collateralToken()).balanceOf(address(pool));
        cover.shortfall = pool.currentShortfall();
        (cover.fromReserve, cover.fromFund, cover.uncovered, , ) = pool.previewWaterfall(cover.shortfall);
        cover.coverageRatioWad = pool.coverageRatio();
    }

    function _prices(ILendingPool pool) private view returns (Prices memory prices) {
        (prices.low, prices.high, prices.isOk) = pool.currentPrice();
        prices.grossPriceWad = pool.grossPrice();
        prices.exitPriceWad = pool.exitPrice();
    }

    function _fund(ILendingPool pool) private view returns (Fund memory fund) {
        address unit = pool.fund();
        fund.unit = _token(unit);
        fund.units = IERC20(unit).totalSupply();
        uint256 totalShares;
        (totalShares, fund.coolingShares, fund.generation) = pool.fundAccount();
        fund.activeShares = totalShares - fund.coolingShares;
    }

    function _limits(ILendingPool pool, Market memory bundle) private view returns (Limits memory limits) {
        limits.depositable = pool.maxDeposit(address(this));
        limits.flashLoan = pool.maxFlashLoan(bundle.asset.token);
        Terms memory terms = bundle.terms;
        if (
            !terms.isPaused &&
            !terms.isClosed &&
            !terms.isBorrowingHalted &&
            _isBorrowingPriced(bundle.prices, terms.maxDeviationBps)
        ) {
            limits.borrowable = Math.min(
                bundle.totals.cash,
                Math.saturatingSub(terms.borrowCap, bundle.totals.debtAssets)
            );
        }
    }

    // ---------------------------------------------------------------- parts of an account

    function _scale(ILendingPool pool) private view returns (Scale memory scale) {
        (, scale.borrowLtvBps, scale.lltvBps, , , , , , , , ) = pool.config();
        Prices memory prices = _prices(pool);
        scale.low = prices.low;
        scale.isOk = prices.isOk;
        scale.isBorrowingPriced = _isBorrowingPriced(prices, pool.maxDeviationBps());
        (, , , scale.borrowIndexWad, , , ) = pool.totals();
    }

    function _position(
        ILendingPool pool,
        address borrower,
        Scale memory scale
    ) private view returns (PositionInfo memory info) {
        info.borrower = borrower;
        (info.debtAssets, info.collateral, info.ltvWad, info.status, info.flaggedAt) = pool.position(borrower);
        (info.debtShares, , info.tick, info.timestamp, ) = pool.positionOf(borrower);
        (info.repayAssets, info.seizedCollateral, info.lossAssets) = pool.previewLiquidation(
            borrower,
            type(uint256).max
        );
        info.healthWad =
            info.ltvWad == 0 ? type(uint256).max : Math.mulDiv(scale.lltvBps * WAD, WAD / BPS, info.ltvWad);
        info.liquidationPrice = _liquidationPrice(info.debtAssets, info.collateral, scale.lltvBps);
        info.borrowableAssets = _borrowableAssets(info, scale);
        info.withdrawableCollateral = _withdrawableCollateral(info, scale);
    }

    function _liquidationPrice(uint256 debtAssets, uint256 collateral, uint256 lltvBps) private pure returns (uint256) {
        if (debtAssets == 0) return 0;
        if (collateral == 0 || lltvBps == 0) return type(uint256).max;
        return Math.mulDiv(debtAssets * BPS, PRICE_SCALE, collateral * lltvBps, Math.Rounding.Ceil);
    }

    function _borrowableAssets(PositionInfo memory info, Scale memory scale) private pure returns (uint256) {
        if (!scale.isBorrowingPriced) return 0;
        uint256 limit = Math.mulDiv(Math.mulDiv(info.collateral, scale.low, PRICE_SCALE), scale.borrowLtvBps, BPS);
        // New debt is rounded up to a whole debt share and then to a whole wei.
        uint256 margin = scale.borrowIndexWad / WAD + 2;
        return Math.saturatingSub(limit, info.debtAssets + margin);
    }

    function _withdrawableCollateral(PositionInfo memory info, Scale memory scale) private pure returns (uint256) {
        if (info.debtAssets == 0) return info.collateral;
        if (!scale.isOk || scale.low == 0 || scale.borrowLtvBps == 0) return 0;
        // The collateral that has to stay, rounded up at every step.
        uint256 value = Math.ceilDiv(info.debtAssets * BPS, scale.borrowLtvBps);
        uint256 staying = Math.mulDiv(value, PRICE_SCALE, scale.low, Math.Rounding.Ceil);
        return Math.saturatingSub(info.collateral, staying);
    }

    function _stake(ILendingPool pool, address user) private view returns (Stake memory stake) {
        IInsuranceFund fund = IInsuranceFund(pool.fund());
        stake.units = fund.balanceOf(user);
        stake.poolShares = fund.convertToAssets(stake.units);
        stake.assets = pool.convertToAssets(stake.poolShares);
        stake.claimableUnits = fund.maxRedeem(user);
        uint256[] memory requestIds = fund.openRequests(user);
        stake.requests = new Request[](requestIds.length);
        for (uint256 i = 0; i < requestIds.length; ++i) {
            Request memory request = stake.requests[i];
            request.requestId = requestIds[i];
            uint256 coolingUnits;
            (, request.units, coolingUnits, request.claimableAt, request.expiresAt, request.status) = fund.requestOf(
                requestIds[i]
            );
            (request.grossShares, request.paidShares) = pool.previewLeaveFund(coolingUnits);
        }
    }

    // ---------------------------------------------------------------- helpers

    function _isBorrowingPriced(Prices memory prices, uint256 maxDeviationBps) private pure returns (bool) {
        // both prices are under 2^192
        return prices.isOk && prices.high * BPS <= prices.low * (BPS + maxDeviationBps);
    }

    /// The least `low` at which the pool no longer counts the whole of `tick` as insolvent. The pool's own steps,
    /// undone one by one: floor(low · 1e4 / lifFloorBps) · 1e18 / index, against the tick's lowest ratio. Exact.
    function _insolventBelow(uint256 tick, uint256 borrowIndexWad, uint256 lifFloorBps) private pure returns (uint256) {
        if (tick >= Tick.NO_COLLATERAL) return type(uint256).max;
        uint256 mantissa = tick & ((1 << Tick.MANTISSA_BITS) - 1);
        uint256 exponent = tick >> Tick.MANTISSA_BITS;
        uint256 ratioX128 = exponent == 0 ? tick : (mantissa + (1 << Tick.MANTISSA_BITS)) << (exponent - 1);
        uint256 perShare = Math.mulDiv(ratioX128, PRICE_SCALE, 1 << 128, Math.Rounding.Ceil);
        if (perShare > MAX_PRICE) return type(uint256).max; // no price is that high
        uint256 recovery = Math.mulDiv(perShare, borrowIndexWad, WAD, Math.Rounding.Ceil);
        return Math.mulDiv(recovery, lifFloorBps, BPS, Math.Rounding.Ceil);
    }

    function _oraclePaths(address oracle) private view returns (uint256) {
        (bool success, bytes memory data) = oracle.staticcall(abi.encodeCall(IPriceOracle.pathCount, ()));
        return success && data.length >= 32 ? uint256(bytes32(data)) : 0;
    }

    function _token(address token) private view returns (Token memory) {
        return Token(token, _symbol(token), IERC20Metadata(token).decimals());
    }

    /// A token's symbol, as a string or, in old tokens, 32 bytes; empty if it is neither.
    function _symbol(address token) private view returns (string memory) {
        (bool success, bytes memory data) = token.staticcall(abi.encodeCall(IERC20Metadata.symbol, ()));
        if (!success || data.length < 32) return "";
        if (data.length == 32) {
            uint256 size = 0;
            while (size < 32 && data[size] != 0) ++size;
            return string(Bytes.slice(data, 0, size));
        }
        if (data.length < 64) return "";
        (uint256 offset, uint256 length) = abi.decode(data, (uint256, uint256));
        if (offset != 32 || length > data.length - 64) return "";
        return string(Bytes.slice(data, 64, 64 + Math.min(length, MAX_SYMBOL_LENGTH)));
    }
}
