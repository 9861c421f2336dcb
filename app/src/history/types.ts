// What is told of the past: plain rows that survive JSON, the same from the chain's logs and from an indexer.
//
// Amounts, prices, ids and shares are decimal strings in the chain's units (a token's smallest, 1e18ths); block numbers,
// log indexes and times (unix seconds) are numbers; addresses are in checksum case. One event makes at most one row of a
// kind, and always the same: `rowsOf` in rows.ts.

/** Where a row comes from. Rows are ordered by block number, then log index. */
export type Where = {
  /** The pool's address; "" for what concerns all pools of the authority. */
  readonly market: string;
  readonly blockNumber: number;
  /** `SAMPLE_LOG_INDEX` for a sample, which is of its block's end. */
  readonly logIndex: number;
  readonly timestamp: number;
  /** "" for a sample. */
  readonly transactionHash: string;
};

/** After all logs of its block; the largest 32-bit integer. */
export const SAMPLE_LOG_INDEX = 2_147_483_647;

/**
 * Share prices as an event tells them. A deposit tells the gross price, a withdrawal the exit price, a loss the gross
 * price after it; what is not told is null. Tiny amounts tell no price: they are rounded too much. A sample, taken with
 * the lens by a session or by an indexer, tells both.
 */
export type PriceRow = Where & {
  readonly kind: "price";
  readonly cause: "deposit" | "withdrawal" | "topUp" | "reserveWithdrawal" | "loss" | "sample";
  readonly grossPriceWad: string | null;
  readonly exitPriceWad: string | null;
};

/** A loss and who bore it, in assets; the parts sum to the loss. Prices are gross. */
export type LossRow = Where & {
  readonly kind: "loss";
  readonly lossId: string;
  /** The zero address: the loss was the estate's. */
  readonly borrower: string;
  readonly lossAssets: string;
  readonly fromReserve: string;
  readonly fromFund: string;
  readonly haircut: string;
  readonly priceBeforeWad: string;
  readonly priceAfterWad: string;
};

/** Money that came back, in assets. */
export type RecoveryRow = Where & {
  readonly kind: "recovery";
  readonly caller: string;
  readonly toCertificates: string;
  readonly toReserve: string;
};

/** A certificate holder was paid. */
export type ClaimRow = Where & { readonly kind: "claim"; readonly holder: string; readonly assets: string };

/** What was paid above what it cancelled is a recovery, what was cancelled above what was paid a loss. */
export type EstateSaleRow = Where & {
  readonly kind: "estateSale";
  readonly caller: string;
  readonly receiver: string;
  readonly collateral: string;
  readonly paidAssets: string;
  readonly cancelledAssets: string;
};

export type FlagRow = Where & { readonly kind: "flag"; readonly borrower: string; readonly isFlagged: boolean };

export type ForeclosureRow = Where & {
  readonly kind: "foreclosure";
  readonly borrower: string;
  readonly collateral: string;
  readonly debtShares: string;
  /** What the estate owes for it; the rest was lost. */
  readonly keptAssets: string;
  readonly lossAssets: string;
};

export type LiquidationRow = Where & {
  readonly kind: "liquidation";
  readonly liquidator: string;
  readonly borrower: string;
  readonly repaidAssets: string;
  readonly debtShares: string;
  readonly seizedCollateral: string;
  readonly lossAssets: string;
};

/** Somebody borrowed or supplied collateral. A source may leave out all but the first of an account in a market. */
export type PositionRow = Where & { readonly kind: "position"; readonly borrower: string };

export const GOVERNANCE_EVENTS = [
  // a pool's; its constructor sets oracle, LTVs, caps and fees
  "PoolCreated",
  "OracleSet",
  "OracleScheduled",
  "OracleCancelled",
  "LtvsSet",
  "CapsSet",
  "FeesSet",
  "PauseSet",
  "BorrowingHaltSet",
  "DepositsClosed",
  "WindDownStarted",
  "ReserveWithdrawn",
  "AuthorityUpdated",
  // the authority's
  "PoolAdopted",
  "RoleGranted",
  "RoleRevoked",
  "RoleLabel",
  "RoleAdminChanged",
  "RoleGuardianChanged",
  "RoleGrantDelayChanged",
  "TargetClosed",
  "TargetFunctionRoleUpdated",
  "TargetAdminDelayUpdated",
  "OperationScheduled",
  "OperationExecuted",
  "OperationCanceled",
] as const;
export type GovernanceEvent = (typeof GOVERNANCE_EVENTS)[number];

/** What was decided. `values` are the event's arguments by name, as text: decimal, "true" or "false", or as they are. */
export type GovernanceRow = Where & {
  readonly kind: "governance";
  readonly event: GovernanceEvent;
  readonly values: Readonly<Record<string, string>>;
};

export type Row =
  | PriceRow
  | LossRow
  | RecoveryRow
  | ClaimRow
  | EstateSaleRow
  | FlagRow
  | ForeclosureRow
  | LiquidationRow
  | PositionRow
  | GovernanceRow;
export type Kind = Row["kind"];
export type RowOf<K extends Kind> = Extract<Row, { kind: K }>;

/** How much of the past is known. */
export type Progress = {
  readonly source: "logs" | "indexer";
  readonly isComplete: boolean;
  /** From 0 to 1: the blocks read, of all since the deployment. */
  readonly part: number;
  /** Unix seconds: all that happened since then is known. Null until something is; an indexer does not say. */
  readonly knownSince: number | null;
  /** A sentence for who looks at the page, if something is not as it should be. */
  readonly notice: string | null;
};

/** The past of a deployment, as far as it is known by now. */
export interface History {
  /** Oldest first; of one market, or of all. The same array until something of the kind changes. */
  rows<K extends Kind>(kind: K, market?: string): readonly RowOf<K>[];
  /** The same object until something changes. */
  progress(): Progress;
  /** Called after each change. Returns what ends the subscription. */
  subscribe(listener: () => void): () => void;
}
