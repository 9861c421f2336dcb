// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPoolFactory} from "./IPoolFactory.sol";
import {ILendingPool, PositionStatus} from "./ILendingPool.sol";
import {RequestStatus} from "./IInsuranceFund.sol";

/// @notice What pages and bots read, in bundles: one call a page instead of forty.
/// @dev Amounts are in their token's smallest unit, ratios and rates in 1e18ths (rates per second), prices of
/// collateral as in IPriceOracle, prices of shares as in ILendingPool. Everything has interest up to now. No call here
/// depends on the oracle working: with a broken one, `Prices.isOk` is false and the rest is there.
interface IPoolLens {
    struct Token {
        address token;
        /// At most 64 bytes of it; empty if the token has none.
        string symbol;
        uint8 decimals;
    }

    /// @notice What governance set, and what is fixed for life.
    struct Terms {
        address authority;
        address oracle;
        /// The oracle's own word: 1 or 2 independent feeds; 0 if it does not say.
        uint256 oraclePaths;
        address pendingOracle;
        uint256 pendingOracleExecutableAt;
        uint256 borrowLtvBps;
        uint256 lltvBps;
        uint256 lifFloorBps;
        uint256 lifMinBps;
        uint256 lifPeakBps;
        uint256 repayTargetBps;
        uint256 maxDeviationBps;
        uint256 supplyCap;
        uint256 borrowCap;
        uint256 collateralCap;
        uint256 minDebt;
        uint256 reserveFeePercent;
        uint256 fundFeePercent;
        uint256 reserveTargetBps;
        bool isPaused;
        bool isClosed;
        bool isBorrowingHalted;
    }

    struct Totals {
        uint256 cash;
        uint256 debtAssets;
        uint256 debtShares;
        uint256 borrowIndexWad;
        uint256 pendingFees;
        uint256 shares;
        /// At the exit price, and at the gross price.
        uint256 exitAssets;
        uint256 grossAssets;
        /// The pool's balance of the collateral token: all positions', the estate's, and what was sent there by
        /// mistake.
        uint256 collateralBalance;
    }

    struct Rates {
        uint256 borrowRatePerSecondWad;
        uint256 supplyRatePerSecondWad;
        uint256 utilisationWad;
    }

    struct Prices {
        uint256 low;
        uint256 high;
        bool isOk;
        uint256 grossPriceWad;
        uint256 exitPriceWad;
    }

    /// @notice The shortfall that the oracle shows, who bears it as it stands, and what stands before the suppliers.
    struct Cover {
        uint256 shortfall;
        uint256 fromReserve;
        uint256 fromFund;
        uint256 uncovered;
        uint256 reserveShares;
        uint256 fundShares;
        uint256 coverageRatioWad;
    }

    struct Estate {
        uint256 debtAssets;
        uint256 collateral;
        uint256 price;
        uint256 startedAt;
    }

    struct Certificates {
        uint256 unpaidFace;
        uint256 held;
    }

    struct Fund {
        Token unit;
        /// Units of those who have not asked to leave; they share `activeShares`.
        uint256 units;
        /// In pool shares, with pending premium.
        uint256 activeShares;
        uint256 coolingShares;
        /// One more each time the fund was wiped.
        uint256 generation;
    }

    /// @notice What can go in and out now, in assets. `borrowable` is the pool's room, not a borrower's.
    struct Limits {
        uint256 depositable;
        uint256 borrowable;
        uint256 flashLoan;
    }

    struct Market {
        address pool;
        Token share;
        Token asset;
        Token collateral;
        Terms terms;
        Totals totals;
        Rates rates;
        Prices prices;
        Cover cover;
        Estate estate;
        Certificates certificates;
        Fund fund;
        Limits limits;
    }

    /// @notice A market of a bundle; empty if it could not be read, so that one broken pool does not hide the others.
    struct MarketResult {
        address pool;
        bool isReadable;
        Market market;
    }

    struct PositionInfo {
        address borrower;
        uint256 debtAssets;
        uint256 collateral;
        /// At the high price; the maximum with no price.
        uint256 ltvWad;
        PositionStatus status;
        uint256 flaggedAt;
        /// lltv / ltv: under 1e18 the position can be liquidated. The maximum without debt.
        uint256 healthWad;
        /// The high price under which the position can be liquidated; zero without debt.
        uint256 liquidationPrice;
        /// What more the position could carry, at the low price and to the safe side; the pool's own limits aside.
        uint256 borrowableAssets;
        uint256 withdrawableCollateral;
        uint256 debtShares;
        uint256 tick;
        /// Of the last call that raised the risk, or of the flag.
        uint256 timestamp;
        /// What a liquidator who pays as much as is allowed would pay and get, and what it would cost the pool. Zeros
        /// if the position is not eligible.
        uint256 repayAssets;
        uint256 seizedCollateral;
        uint256 lossAssets;
    }

    struct Request {
        uint256 requestId;
        uint256 units;
        uint256 claimableAt;
        uint256 expiresAt;
        RequestStatus status;
        /// In pool shares: gross, and what a claim would be paid if it were made now.
        uint256 grossShares;
        uint256 paidShares;
    }

    struct Stake {
        uint256 units;
        /// The units' part of the active shares, and what these are worth at the exit price.
        uint256 poolShares;
        uint256 assets;
        uint256 claimableUnits;
        /// Where this account is the controller; oldest first.
        Request[] requests;
    }

    struct Account {
        address pool;
        address user;
        uint256 shares;
        /// At the exit price, and at the gross price.
        uint256 exitAssets;
        uint256 grossAssets;
        /// As far as the pool has cash.
        uint256 withdrawableAssets;
        uint256 redeemableShares;
        uint256 certificateUnpaidFace;
        uint256 certificateClaimable;
        PositionInfo position;
        Stake stake;
        /// What is in the wallet, and what the pool may take of it.
        uint256 assetBalance;
        uint256 assetAllowance;
        uint256 collateralBalance;
        uint256 collateralAllowance;
    }

    struct AccountResult {
        address pool;
        bool isReadable;
        Account account;
    }

    /// @notice All debt whose ratio to its collateral lies in one narrow band.
    struct TickInfo {
        uint256 tick;
        uint256 debtShares;
        uint256 debtAssets;
        uint256 collateral;
        /// With `low` at or above the first no position of the tick is insolvent, and under the second the pool counts
        /// all of them as insolvent. From tick 64 on they are a 64th apart at most; both rise with the debt's interest.
        uint256 firstInsolventBelow;
        uint256 allInsolventBelow;
    }

    struct LossPreview {
        uint256 loss;
        uint256 fromReserve;
        uint256 fromFund;
        uint256 haircut;
        uint256 exitPriceBefore;
        uint256 exitPriceAfter;
    }

    error TicksOutOfOrder(uint256 fromTick, uint256 toTick);

    function market(ILendingPool pool) external view returns (Market memory);

    /// @notice Several markets. Each gets an equal part of the gas that is left, so that none can use up another's; a
    /// million a market is plenty.
    function markets(address[] memory pools) external view returns (MarketResult[] memory);

    /// @notice A page of a factory's list.
    function marketsOf(IPoolFactory factory, uint256 from, uint256 count) external view returns (MarketResult[] memory);

    function account(ILendingPool pool, address user) external view returns (Account memory);

    /// @notice One user in several pools. Each gets an equal part of the gas that is left.
    function accounts(address[] calldata pools, address user) external view returns (AccountResult[] memory);

    function positions(
        ILendingPool pool,
        address[] calldata borrowers
    ) external view returns (PositionInfo[] memory infos);

    /// @notice The ticks in use from `fromTick` to `toTick`, both included, lowest first. Reads about 3,000 gas a tick,
    /// used or not; nothing is above `ILendingPool.ledgerState`'s highest tick.
    function ledger(
        ILendingPool pool,
        uint256 fromTick,
        uint256 toTick
    ) external view returns (TickInfo[] memory ticks);

    /// @notice What each of these losses, on its own, would take from whom. One above all debt is taken to be all debt.
    function previewLosses(
        ILendingPool pool,
        uint256[] calldata losses
    ) external view returns (LossPreview[] memory previews);
}
