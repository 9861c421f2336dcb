// What no unit test or story reaches, and why. `npm run coverage` fails for a gap that is missing here, and
// for an entry that is no gap any more.
export type Reason = {
  gap: {
    file: string;
    /** The condition, or for a line its text. */
    code: string;
    /** The way that is never taken; "never" for a line. */
    side: "true" | "false" | "success" | "failure" | "never";
  };
  reason: string;
};

type Side = Reason["gap"]["side"];

function because(reason: string, file: string, gaps: [code: string, side: Side][]): Reason[] {
  return gaps.map(([code, side]) => ({ gap: { file, code, side }, reason }));
}

const CLOSED =
  "the loss that brings the price there has closed the pool; what else can is an attack's test (fee-grinding)";

export const REASONS: Reason[] = [
  ...because(
    "the pool answered the call before it; only starved of gas between the two does it refuse",
    "contracts/InsuranceFund.sol",
    [
      ["try POOL.previewLeaveFund(coolingUnits)", "failure"],
      ["return (0, 0);", "never"],
    ],
  ),
  ...because(
    "tick 0 is no position's: with 112 bits of collateral the least ratio is far above it",
    "contracts/libraries/ShortfallLedger.sol",
    [
      ["oldSums != 0", "false"],
      ["newSums != 0", "false"],
    ],
  ),
  ...because(
    "fees worth less than a share: a bound that keeps a call from reverting",
    "contracts/pool/PoolPricing.sol",
    [
      ["if (minted == 0) return crystal;", "never"],
      ["minted == 0", "true"],
    ],
  ),
  ...because(
    "on the way in only at a million times the first price; on the way out shares without assets are refused first",
    "contracts/pool/PoolSupply.sol",
    [["shares == 0", "true"]],
  ),
  ...because(CLOSED, "contracts/pool/PoolSupply.sol", [["_isBelowMintingPrice(grossAssets, meter.shares())", "true"]]),
  ...because("the modules have to define it; no module asks", "contracts/pool/modules/ModuleTerms.sol", [
    ["return _terms.assetDecimals;", "never"],
  ]),
  ...because(CLOSED, "contracts/pool/modules/PoolViews.sol", [
    ["if (_isBelowMintingPrice(gross, meter.shares())) return (0, 0);", "never"],
    ["_isBelowMintingPrice(gross, meter.shares())", "true"],
  ]),
];
