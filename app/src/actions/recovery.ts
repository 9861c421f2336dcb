// Certificates: what of a haircut is still owed, and what has come back for this account.
import type { Moment } from "./supply.js";
import type { Reason } from "./reason.js";

export type RecoveryPreview = {
  /** Still to come, after what can be claimed. */
  readonly unpaidFace: bigint;
  readonly claimable: bigint;
  readonly walletAfter: bigint;
  readonly reasons: readonly Reason[];
};

export function claimRecovery({ account }: Moment): RecoveryPreview {
  const { certificateUnpaidFace: unpaidFace, certificateClaimable: claimable, assetBalance } = account;
  return {
    unpaidFace,
    claimable,
    walletAfter: assetBalance + claimable,
    reasons: claimable > 0n ? [] : [unpaidFace > 0n ? NOT_YET : NOT_ANY],
  };
}

const NOT_YET: Reason = {
  by: "pool",
  name: "NothingRecovered",
  sentence: "Nothing more has come back yet.",
  wayOut: "The certificate stays, also if you leave the pool: come back after a recovery.",
};

const NOT_ANY: Reason = {
  by: "pool",
  name: "NoCertificate",
  sentence: "This account has no certificates: it bore no haircut, or was repaid in full.",
  wayOut: "There is nothing to do.",
};
