// The exact reference model of a Mutua pool and its insurance fund: every public call in plain bigint arithmetic, to the
// wei. It sums over positions where the contract keeps a ledger, knows no gas and no packed words, and holds no tokens:
// what callers pay and get is in the calls' results. `test/differential` holds the contracts to it, call by call.
export * from "./certificates.js";
export * from "./desk.js";
export * from "./estate.js";
export * from "./fund.js";
export * from "./interest.js";
export * from "./liquidation.js";
export * from "./numbers.js";
export * from "./pool.js";
export * from "./pricing.js";
export * from "./random.js";
export * from "./shortfall.js";
export * from "./state.js";
export * from "./tick.js";
export * from "./waterfall.js";
