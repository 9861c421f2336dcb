// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IERC4626} from "@openzeppelin/contracts/interfaces/IERC4626.sol";
import {IERC3156FlashLender} from "@openzeppelin/contracts/interfaces/IERC3156FlashLender.sol";

import {IPoolErrors} from "./IPoolErrors.sol";
import {IPoolEvents} from "./IPoolEvents.sol";
import {IPriceOracle} from "./IPriceOracle.sol";

/// @notice What a pool is built from. Everything but the oracle, the LTVs, the two caps and the fees is fixed for life.
struct PoolParams {
    /// The loan asset; at most 18 decimals.
    IERC20Metadata asset;
    /// The one collateral token.
    IERC20Metadata collateral;
    IPriceOracle oracle;
    /// The AccessManager that answers who may call the restricted functions.
    address authority;
    /// Name and symbol of the pool's share token; the fund's are derived from them.
    string name;
    string symbol;
    /// A loan may be taken up to this debt-to-collateral ratio, in 1e4ths.
    uint16 borrowLtvBps;
    /// Above this ratio a position can be liquidated, in 1e4ths.
    uint16 lltvBps;
    /// Liquidation incentive factors in 1e4ths, e.g. 10200, 10300, 11000: what an insolvent position, a position just
    /// past the lltv, and one at the end of the ramp pay to the liquidator.
    uint16 lifFloorBps;
    uint16 lifMinBps;
    uint16 lifPeakBps;
    /// A solvent liquidation brings a position down to this fraction of the lltv, in 1e4ths.
    uint16 repayTargetBps;
    /// With the oracle's high more than this above its low, nobody borrows; in 1e4ths.
    uint16 maxDeviationBps;
    /// The reserve's share of the interest, in whole percent, until it reaches its target.
    uint8 reserveFeePercent;
    /// The fund's share of the interest (its premium), in whole percent.
    uint8 fundFeePercent;
    /// The reserve's target as a part of the gross assets, in 1e4ths.
    uint16 reserveTargetBps;
    /// Caps in whole tokens of the loan asset.
    uint32 supplyCapTokens;
    uint32 borrowCapTokens;
    /// Cap on all collateral, in the collateral's smallest unit. Fixed for life.
    uint256 collateralCap;
    /// A position's debt is zero or at least this, in the loan asset's smallest unit.
    uint256 minDebt;
    /// The borrow rate at 90% utilisation on the first day, per second, in 1e18ths.
    uint256 initialRateAtTargetPerSecondWad;
}

/// @notice Where a borrower's position stands. Ordered from good to bad.
enum PositionStatus {
    None, // no debt
    Healthy, // at or under the lltv
    Liquidatable, // over the lltv
    Foreclosable, // at or over 1/lifPeak: it can be flagged
    Insolvent // a liquidation realises a loss
}

/// @notice A lending pool of one loan asset against one collateral, whose suppliers share bad debt pro rata.
/// @dev Prices of shares are `grossPrice` (what deposits pay) and `exitPrice` (what withdrawals get: net of every
/// shortfall the oracle shows that reserve and fund do not cover). All ERC-4626 conversions use the exit price, except
/// `previewDeposit` and `previewMint`. While the pool is inside a callback, limits are zero and prices revert.
/// Every amount is in its token's smallest unit. Every rounding is against the caller.
interface ILendingPool is
    IPoolErrors,
    IPoolEvents,
    IERC4626,
    IERC20Permit,
    IERC5267,
    IERC20Errors,
    IERC3156FlashLender,
    IAccessManaged
{
    // ---------------------------------------------------------------- suppliers

    /// @notice Deposit exactly `assets` at the gross price. Shares are rounded down.
    /// @param minShares the least to accept.
    function deposit(uint256 assets, address receiver, uint256 minShares) external returns (uint256 shares);

    /// @notice Mint exactly `shares` at the gross price. Assets are rounded up.
    /// @param maxAssets the most to pay.
    function mint(uint256 shares, address receiver, uint256 maxAssets) external returns (uint256 assets);

    /// @notice Withdraw exactly `assets` at the exit price. Shares are rounded up.
    /// @param maxShares the most to burn.
    function withdraw(
        uint256 assets,
        address receiver,
        address owner,
        uint256 maxShares
    ) external returns (uint256 shares);

    /// @notice Redeem exactly `shares` at the exit price. Assets are rounded down.
    /// @param minAssets the least to accept.
    function redeem(
        uint256 shares,
        address receiver,
        address owner,
        uint256 minAssets
    ) external returns (uint256 assets);

    // ---------------------------------------------------------------- borrowers

    /// @notice Add collateral to a position. Never paused, needs no oracle. A position in debt may add beyond the
    /// pool's collateral cap, up to the cap for itself alone.
    function supplyCollateral(uint256 amount, address onBehalf) external;

    /// @notice Take collateral out; in debt the position must be within borrowLtv at the low price afterwards.
    /// @dev Caller is `onBehalf` or its operator.
    function withdrawCollateral(uint256 amount, address onBehalf, address receiver) external;

    /// @notice Borrow `assets`; the position must be within borrowLtv at the low price afterwards.
    /// @dev Caller is `onBehalf` or its operator. Debt shares are rounded up.
    function borrow(uint256 assets, address onBehalf, address receiver) external returns (uint256 debtShares);

    /// @notice Repay up to `assets` of a position's debt; type(uint256).max repays all of it. Never paused.
    /// @dev Cancelled debt shares are rounded down; a full repayment clears to exactly zero.
    function repay(uint256 assets, address onBehalf) external returns (uint256 repaidAssets);

    /// @notice Let `operator` borrow, withdraw collateral and claim recoveries for the caller.
    function setOperator(address operator, bool approved) external;

    /// @notice The same by an EIP-712 signature of `owner` over
    /// SetOperator(address owner,address operator,bool approved,uint256 nonce,uint256 deadline).
    /// @dev Nonces are shared with ERC-2612 permits. Contract wallets sign by ERC-1271.
    function setOperatorWithSig(
        address owner,
        address operator,
        bool approved,
        uint256 deadline,
        bytes calldata signature
    ) external;

    function isOperator(address owner, address operator) external view returns (bool approved);

    // ---------------------------------------------------------------- liquidators

    /// @notice Liquidate a position above its lltv. Solvent: repay part of the debt, seize collateral at a premium.
    /// Insolvent: buy collateral at high/lifFloor; the debt it leaves uncovered is a loss, realised at once.
    /// @param maxRepayAssets the most to pay. @param minSeizedCollateral the least to accept.
    /// @param data if not empty, `onLiquidate` of the caller is called after it got the collateral and before it pays.
    function liquidate(
        address borrower,
        uint256 maxRepayAssets,
        uint256 minSeizedCollateral,
        address receiver,
        bytes calldata data
    ) external returns (uint256 repaidAssets, uint256 seizedCollateral, uint256 lossAssets);

    /// @notice Mark a position at or over 1/lifPeak, so that it can be foreclosed 24 to 48 hours later.
    function flag(address borrower) external;

    /// @notice Clear the flag of a position that is under 1/lifPeak again.
    function unflag(address borrower) external;

    /// @notice Take a flagged position over into the estate. No token moves.
    function foreclose(address borrower) external returns (uint256 lossAssets);

    /// @notice Buy foreclosed collateral at a price that falls from high/lifFloor to zero over 60 days.
    /// @param data if not empty, `onBuyEstate` of the caller is called after it got the collateral and before it pays.
    function buyEstate(
        uint256 maxPaidAssets,
        uint256 minCollateral,
        address receiver,
        bytes calldata data
    ) external returns (uint256 paidAssets, uint256 collateralBought);

    // ---------------------------------------------------------------- anyone

    /// @notice Bring interest up to date. (Pending fees become shares, and whether the reserve takes its part of the
    /// interest is decided anew, when shares are sent to the pool or the fund, zero shares included.)
    function accrue() external;

    /// @notice Bring the bounded sum over deep ticks up to date with the price, so that reading a deep shortfall is
    /// cheap for everybody; in a healthy book, drop it.
    function pivot() external;

    /// @notice Pay money back to those who bore haircuts; what exceeds all unpaid face goes to the reserve.
    function recover(uint256 assets) external;

    /// @notice Pay out what `holder` can claim. Caller is the holder or its operator; the money goes to the holder.
    function claimRecovery(address holder) external returns (uint256 assets);

    /// @notice Give assets to the reserve.
    function topUpReserve(uint256 assets) external;

    // ---------------------------------------------------------------- the fund's own calls

    /// @notice Move `shares` of the fund from active to cooling. @return units to claim with; rounded down.
    function startCooling(uint256 shares) external returns (uint256 units);

    /// @notice Move cooling `units` back to active. @return shares what they are worth now; rounded down.
    function stopCooling(uint256 units) external returns (uint256 shares);

    /// @notice Pay cooling `units` out, net of the visible claims on the fund. @return shares paid; rounded down.
    function leaveFund(uint256 units, uint256 minShares, address receiver) external returns (uint256 shares);

    /// @notice The fund's pool shares as if pending premium were paid now: all, the part cooling, and the generation
    /// (one more each time nine digits of its index were used up: units count a billionth from then on; eight more each
    /// time it was wiped: units from before are void).
    function fundAccount() external view returns (uint256 totalShares, uint256 coolingShares, uint256 generation);

    /// @notice The generation alone. Answers also while the pool is inside a call.
    function fundGeneration() external view returns (uint256 generation);

    /// @notice What cooling `units` are worth: gross, and what `leaveFund` would pay now.
    function previewLeaveFund(uint256 units) external view returns (uint256 grossShares, uint256 paidShares);

    // ---------------------------------------------------------------- views

    /// @notice What the oracle says can't be recovered and is not yet realised. A lower bound; see docs.
    function currentShortfall() external view returns (uint256 assets);

    /// @notice Assets per share, times 1e18, scaled so that a fresh pool is at 1e18 (that is, per 1e6 share units).
    function grossPrice() external view returns (uint256 priceWad);

    /// @notice The same, net of the shortfall that reserve and fund do not cover.
    function exitPrice() external view returns (uint256 priceWad);

    /// @notice Assets per share with the shortfall ignored, times the supply.
    function grossAssets() external view returns (uint256 assets);

    /// @notice What reserve and fund are worth, as a part of the debt, in 1e18ths; the maximum with no debt.
    function coverageRatio() external view returns (uint256 ratioWad);

    /// @notice What a loss of `lossAssets` would take from whom, now. A loss up to the current shortfall is taken to
    /// be the shortfall's realisation, so it leaves the exit price where it is.
    function previewWaterfall(
        uint256 lossAssets
    )
        external
        view
        returns (
            uint256 fromReserve,
            uint256 fromFund,
            uint256 haircut,
            uint256 exitPriceBefore,
            uint256 exitPriceAfter
        );

    /// @notice What `liquidate` would do now; zeros if the position is not eligible.
    function previewLiquidation(
        address borrower,
        uint256 maxRepayAssets
    ) external view returns (uint256 repaidAssets, uint256 seizedCollateral, uint256 lossAssets);

    /// @notice A borrower's position. `ltvWad` and `status` are at the high price; with no price the ltv is the maximum.
    function position(
        address borrower
    )
        external
        view
        returns (uint256 debtAssets, uint256 collateral, uint256 ltvWad, PositionStatus status, uint256 flaggedAt);

    /// @notice The raw position: debt shares, collateral, its tick in the shortfall ledger, and the time of its last
    /// risk-raising call (or of its flag, if flagged).
    function positionOf(
        address borrower
    ) external view returns (uint256 debtShares, uint256 collateral, uint256 tick, uint256 timestamp, bool isFlagged);

    /// @notice A holder's certificates: what is still owed out of recoveries, and what can be claimed now.
    function certificateOf(address holder) external view returns (uint256 unpaidFace, uint256 claimable);

    /// @notice The sum of all unpaid face, and the money held for claims.
    function certificates() external view returns (uint256 unpaidFace, uint256 held);

    /// @notice The interest that debt pays, and what a share earns after fees; per second, in 1e18ths.
    function borrowRate() external view returns (uint256 ratePerSecondWad);

    function supplyRate() external view returns (uint256 ratePerSecondWad);

    /// @notice Debt as a part of cash + debt, in 1e18ths.
    function utilisation() external view returns (uint256 ratioWad);

    /// @notice Everything the pool counts, with interest up to now.
    function totals()
        external
        view
        returns (
            uint256 cash,
            uint256 debtAssets,
            uint256 debtShares,
            uint256 borrowIndexWad,
            uint256 pendingFees,
            uint256 reserveShares,
            uint256 fundShares
        );

    /// @notice The price the pool acts on: the oracle's, bounded, and while an oracle change is pending with the lower
    /// of both lows.
    function currentPrice() external view returns (uint256 low, uint256 high, bool ok);

    /// @notice Foreclosed collateral for sale, what it still owes, and today's price (loan wei per collateral wei,
    /// times 1e36).
    function estate() external view returns (uint256 debtAssets, uint256 collateral, uint256 price, uint256 startedAt);

    /// @notice The sums of one tick of the shortfall ledger.
    function tickSums(uint256 tick) external view returns (uint256 debtShares, uint256 collateral);

    /// @notice Highest tick in use, and the pivot with its sums (zero if there is none).
    function ledgerState()
        external
        view
        returns (uint256 highestTick, uint256 pivotTick, uint256 pivotDebtShares, uint256 pivotCollateral);

    /// @notice What governance can change, as it is now. LTVs are those in force at this moment.
    function config()
        external
        view
        returns (
            address oracle,
            uint256 borrowLtvBps,
            uint256 lltvBps,
            uint256 supplyCap,
            uint256 borrowCap,
            uint256 reserveFeePercent,
            uint256 fundFeePercent,
            uint256 reserveTargetBps,
            bool isPaused,
            bool isClosed,
            bool isBorrowingHalted
        );

    function collateralToken() external view returns (address token);

    function fund() external view returns (address insuranceFund);

    function minDebt() external view returns (uint256 assets);

    function collateralCap() external view returns (uint256 amount);

    function lifFloorBps() external view returns (uint256 factorBps);

    function lifMinBps() external view returns (uint256 factorBps);

    function lifPeakBps() external view returns (uint256 factorBps);

    function repayTargetBps() external view returns (uint256 ratioBps);

    function maxDeviationBps() external view returns (uint256 deviationBps);

    /// @notice Several calls in one transaction, all or none.
    function multicall(bytes[] calldata data) external returns (bytes[] memory results);

    // ---------------------------------------------------------------- governance (restricted)

    /// @notice Guardian: no new deposits and loans for 72 hours; ends by itself, and can't be repeated for 7 days after.
    function pause() external;

    /// @notice End a pause early.
    function unpause() external;

    /// @notice Tighten at once: caps in whole tokens, neither above what it is.
    function lowerCaps(uint32 supplyCapTokens, uint32 borrowCapTokens) external;

    /// @notice Loosen, through the delay: caps in whole tokens, neither below what it is.
    function raiseCaps(uint32 supplyCapTokens, uint32 borrowCapTokens) external;

    /// @notice Tighten: borrowLtv falls at once, lltv linearly over `rampSeconds`, by at most 1% a day.
    function lowerLtvs(uint16 borrowLtvBps, uint16 lltvBps, uint32 rampSeconds) external;

    /// @notice Loosen, through the delay; ends a ramp.
    function raiseLtvs(uint16 borrowLtvBps, uint16 lltvBps) external;

    function setFees(uint8 reserveFeePercent, uint8 fundFeePercent, uint16 reserveTargetBps) external;

    /// @notice Announce a new oracle. Until it is executed or cancelled, low is the lower of both.
    function scheduleOracle(IPriceOracle oracle) external;

    /// @notice Put the announced oracle in force, after the waiting time.
    function executeOracle() external;

    function cancelOracle() external;

    /// @notice The announced oracle and the time from which it can be executed; zeros if there is none.
    function pendingOracle() external view returns (address oracle, uint256 executableAt);

    /// @notice Allow borrowing again after a haircut has halted it.
    function reopenBorrowing() external;

    /// @notice One way: no more deposits or loans, and lltv falls to zero over `rampSeconds`.
    function windDown(uint32 rampSeconds) external;

    /// @notice Take assets out of the reserve above its target, when there is no shortfall.
    function withdrawReserve(uint256 assets, address receiver) external;
}
