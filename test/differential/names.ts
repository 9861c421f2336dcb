import { DEFAULT_PARAMETERS } from "../../scripts/lib/market.js";
import type { Parameters } from "../../sdk/model/index.js";

/** Everybody in a sequence. */
export const ACTORS = ["ann", "bea", "cid", "dov", "eve", "fay", "gus"] as const;
export const ORACLES = ["oracle one", "oracle two"] as const;

export type Decimals = { asset: bigint; collateral: bigint };

/** A market as the tests deploy it. */
export function parametersFor({ asset, collateral }: Decimals): Parameters {
  const { initialRateAtTargetPerSecondWad: initialRateAtTarget, ...market } = DEFAULT_PARAMETERS;
  return {
    ...market,
    initialRateAtTarget,
    assetDecimals: asset,
    minDebt: 100n * 10n ** asset,
    collateralCap: 10_000_000n * 10n ** collateral,
  };
}
