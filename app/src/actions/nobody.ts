// An account that has nothing: what a preview starts from while no wallet is connected.
import type { Account, Market } from "../../../sdk/index.js";
import { MAX_UINT256 } from "../../../sdk/model/numbers.js";

const ZERO = `0x${"0".repeat(40)}`;

export const nobody = ({ pool }: Market): Account => ({
  pool,
  user: ZERO,
  shares: 0n,
  exitAssets: 0n,
  grossAssets: 0n,
  withdrawableAssets: 0n,
  redeemableShares: 0n,
  certificateUnpaidFace: 0n,
  certificateClaimable: 0n,
  position: {
    borrower: ZERO,
    debtAssets: 0n,
    collateral: 0n,
    ltvWad: 0n,
    status: "None",
    flaggedAt: 0n,
    healthWad: MAX_UINT256,
    liquidationPrice: 0n,
    borrowableAssets: 0n,
    withdrawableCollateral: 0n,
    debtShares: 0n,
    tick: 0n,
    timestamp: 0n,
    repayAssets: 0n,
    seizedCollateral: 0n,
    lossAssets: 0n,
  },
  stake: { units: 0n, poolShares: 0n, assets: 0n, claimableUnits: 0n, requests: [] },
  assetBalance: 0n,
  assetAllowance: 0n,
  collateralBalance: 0n,
  collateralAllowance: 0n,
});
