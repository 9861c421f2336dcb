// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BPS, PRICE_SCALE, WAD} from "./Constants.sol";
import {Rounding} from "./Rounding.sol";

/// What a liquidation is asked to do. Amounts in the tokens' smallest units; high is the price times 1e36.
struct LiquidationInput {
    uint256 debtShares;
    uint256 debtAssets; // ceil(debtShares · index)
    uint256 collateral;
    uint256 indexWad;
    uint256 high;
    uint256 lltvBps; // in force now
    uint256 maxRepayAssets;
}

/// The parameters that are fixed for life.
struct LiquidationTerms {
    uint256 lifFloorBps;
    uint256 lifMinBps;
    uint256 lifPeakBps;
    uint256 repayTargetBps;
    uint256 minDebt;
}

/// What it does.
struct LiquidationQuote {
    uint256 repaidAssets;
    uint256 cancelledShares;
    uint256 seizedCollateral;
    uint256 lossAssets; // filled in by the pool, which knows what its debt falls by
}

/// @notice The two branches of a liquidation, and the states of a position.
/// @dev Bounds: debt < 2^104, value = collateral · high ≤ 2^240 (the pool bounds its prices so), LTVs and incentives
/// below 2^15 in 1e4ths. Every product here then fits 256 bits; for each difference the reason is given.
library LiquidationMath {
    /// The debt-to-collateral ratio, rounded up; the maximum without collateral.
    function ltvUp(uint256 debtAssets, uint256 value) internal pure returns (uint256 ltvWad) {
        unchecked {
            uint256 valueDown = value / WAD;
            if (valueDown == 0) return debtAssets == 0 ? 0 : type(uint256).max;
            return Rounding.mulDivUp(debtAssets, PRICE_SCALE, valueDown);
        }
    }

    /// Debt above value · ltv.
    function exceeds(uint256 debtAssets, uint256 value, uint256 ltvBps) internal pure returns (bool) {
        unchecked {
            return debtAssets * (PRICE_SCALE * BPS) > value * ltvBps;
        }
    }

    /// Debt at or above value / lifPeak: from here a liquidator takes all collateral, and a position can be flagged.
    function isForeclosable(uint256 debtAssets, uint256 value, uint256 lifPeakBps) internal pure returns (bool) {
        unchecked {
            return debtAssets * PRICE_SCALE * lifPeakBps >= value * BPS;
        }
    }

    /// Debt above value / lifFloor: what the collateral fetches does not cover it.
    function isInsolvent(uint256 debtAssets, uint256 value, uint256 lifFloorBps) internal pure returns (bool) {
        unchecked {
            return debtAssets * PRICE_SCALE * lifFloorBps > value * BPS;
        }
    }

    /// What `collateral` fetches at `high` / lifFloor, rounded up.
    function recoveredUp(uint256 collateral, uint256 high, uint256 lifFloorBps) internal pure returns (uint256) {
        unchecked {
            return Rounding.divUp(collateral * high * BPS, lifFloorBps * PRICE_SCALE);
        }
    }

    /// The incentive rises linearly from lifMin at the lltv to lifPeak at 1/lifPeak, and is never above 1/ltv: so a
    /// liquidation never makes an ltv worse, and never makes bad debt. The ltv is above the lltv.
    function incentiveDown(
        uint256 ltvWad,
        uint256 lltvBps,
        uint256 lifMinBps,
        uint256 lifPeakBps
    ) internal pure returns (uint256 lifWad) {
        unchecked {
            uint256 most = (WAD * WAD) / ltvWad;
            uint256 lltvWad = lltvBps * (WAD / BPS);
            uint256 peakLtvWad = (WAD * BPS) / lifPeakBps;
            if (ltvWad >= peakLtvWad) return most;
            uint256 rise = ((lifPeakBps - lifMinBps) * (WAD / BPS) * (ltvWad - lltvWad)) / (peakLtvWad - lltvWad);
            return Rounding.min(lifMinBps * (WAD / BPS) + rise, most);
        }
    }

    /// @dev The position is eligible: its debt exceeds value · lltv. A repayment of zero means that this
    /// `maxRepayAssets` is too small for any legal step.
    function quote(
        LiquidationInput memory input,
        LiquidationTerms memory terms
    ) internal pure returns (LiquidationQuote memory) {
        return
            isInsolvent(input.debtAssets, input.collateral * input.high, terms.lifFloorBps)
                ? _quoteInsolvent(input, terms)
                : _quoteSolvent(input, terms);
    }

    /// Repay x so that the ltv falls to the target t: (d − x) = t · (v − x · lif), that is x = (d − t·v)/(1 − t·lif).
    function _quoteSolvent(
        LiquidationInput memory input,
        LiquidationTerms memory terms
    ) private pure returns (LiquidationQuote memory) {
        unchecked {
            uint256 debt = input.debtAssets;
            uint256 value = input.collateral * input.high;
            uint256 ltvWad = ltvUp(debt, value);
            uint256 lifWad = incentiveDown(ltvWad, input.lltvBps, terms.lifMinBps, terms.lifPeakBps);
            uint256 targetWad = input.lltvBps * terms.repayTargetBps * (WAD / (BPS * BPS));
            // t·lif < 1, because lif ≤ 1/ltv and t < lltv < ltv; t·v < d, because the position is eligible
            uint256 most = Rounding.divUp(
                (debt - ((value / WAD) * targetWad) / PRICE_SCALE) * WAD,
                WAD - (targetWad * lifWad) / WAD
            );
            if (most >= debt || debt - most < terms.minDebt) most = debt; // the rest would be dust: all of it
            uint256 repaid = Rounding.min(most, input.maxRepayAssets);
            if (repaid < debt && debt - repaid < terms.minDebt) repaid = Rounding.monus(debt, terms.minDebt);

            uint256 cancelled = repaid == debt ? input.debtShares : (repaid * WAD) / input.indexWad;
            // The second bound keeps the ratio of debt to collateral from rising by as much as a wei.
            uint256 seized = Rounding.min(
                (repaid * lifWad * (PRICE_SCALE / WAD)) / input.high,
                (input.collateral * cancelled) / input.debtShares
            );
            return LiquidationQuote(repaid, cancelled, seized, 0);
        }
    }

    /// Collateral is bought at high / lifFloor, and debt is cancelled in proportion: parts lose what the whole loses.
    function _quoteInsolvent(
        LiquidationInput memory input,
        LiquidationTerms memory terms
    ) private pure returns (LiquidationQuote memory) {
        unchecked {
            uint256 whole = recoveredUp(input.collateral, input.high, terms.lifFloorBps);
            if (input.maxRepayAssets >= whole) {
                return LiquidationQuote(whole, input.debtShares, input.collateral, 0);
            }
            // maxRepay < whole ≤ 2^104, so the product fits
            uint256 seized = (input.maxRepayAssets * terms.lifFloorBps * PRICE_SCALE) / (input.high * BPS);
            uint256 cancelled = Rounding.mulDivUp(input.debtShares, seized, input.collateral);
            uint256 leastShares = Rounding.mulDivUp(terms.minDebt, WAD, input.indexWad);
            if (input.debtShares < leastShares + cancelled) {
                // what stays must not be dust
                cancelled = Rounding.monus(input.debtShares, leastShares);
                seized = (input.collateral * cancelled) / input.debtShares;
                cancelled = Rounding.mulDivUp(input.debtShares, seized, input.collateral);
            }
            return LiquidationQuote(recoveredUp(seized, input.high, terms.lifFloorBps), cancelled, seized, 0);
        }
    }
}
