// Mutua for dApps: see docs/sdk.md. Whatever is not imported is left out of a bundle.
export * from "./abi/index.js";
export type { Plain, PositionStatus, RequestStatus, Struct } from "./abi-types.js";
export * from "./contracts.js";
export * from "./deployment.js";
export * from "./errors.js";
export * from "./events.js";
export { MutuaFund, type ClaimOptions, type StakeOptions } from "./fund.js";
export * from "./health.js";
export * from "./interest.js";
export * from "./market.js";
export {
  MutuaPool,
  type Connection,
  type DepositOptions,
  type RedeemOptions,
  type Snapshot,
  type WithdrawOptions,
} from "./pool.js";
export type { PayOptions, Step } from "./pay.js";
export * from "./units.js";
/** The exact model of pool and fund, for simulations. */
export * as model from "./model/index.js";
