import type { Parameters } from "../../sdk/model/index.js";

/** Everybody in a sequence. */
export const ACTORS = ["ann", "bea", "cid", "dov", "eve", "fay", "gus"] as const;
export const ORACLES = ["oracle one", "oracle two"] as const;

export type Decimals = { asset: bigint; collateral: bigint };

/** A market as the tests deploy it. */
export function parametersFor({ asset, collateral }: Decimals): Parameters {
  return {
    assetDecimals: asset,
    borrowLtvBps: 8_000n,
    lltvBps: 8_600n,
    lifFloorBps: 10_200n,
    lifMinBps: 10_300n,
    lifPeakBps: 11_000n,
    repayTargetBps: 9_000n,
    maxDeviationBps: 200n,
    reserveFeePercent: 10n,
    fundFeePercent: 10n,
    reserveTargetBps: 200n,
    supplyCapTokens: 1_000_000_000n,
    borrowCapTokens: 900_000_000n,
    collateralCap: 10_000_000n * 10n ** collateral,
    minDebt: 100n * 10n ** asset,
    initialRateAtTarget: (4n * 10n ** 16n) / (365n * 86_400n),
  };
}
