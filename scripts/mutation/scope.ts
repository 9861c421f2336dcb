// What is mutated, and by which tests it is judged.

/** Losses, liquidation, ledger and fund, and what they stand on. */
export const MUTATED = [
  ...["Certificates", "Interest", "LiquidationMath", "Rounding", "ShortfallLedger", "Tick", "Waterfall"].map(
    (name) => `contracts/libraries/${name}.sol`,
  ),
  ...["Borrow", "Core", "Liquidation", "Pricing", "Shares", "Supply", "Waterfall"].map(
    (name) => `contracts/pool/Pool${name}.sol`,
  ),
  ...["Estate", "FundDesk", "Recovery"].map((name) => `contracts/pool/modules/Pool${name}.sol`),
  "contracts/InsuranceFund.sol",
];

/** Whose code holds the mutated sources. Each line is one run of the compiler, the longest first. */
export const COMPILED = [
  ["contracts/LendingPool.sol:LendingPool"],
  ["contracts/pool/modules/PoolDesk.sol:PoolDesk"],
  ["contracts/pool/modules/PoolViews.sol:PoolViews"],
  [
    "contracts/InsuranceFund.sol:InsuranceFund",
    "contracts/libraries/Certificates.sol:Certificates",
    "contracts/mocks/CertificatesProbe.sol:CertificatesProbe",
    "contracts/mocks/TickProbe.sol:TickProbe",
  ],
];

/** Every mocha test is a killer, and portions of the differential test, */
export const KILLERS = ["test/**/*.test.ts", "scripts/mutation/random.test.ts"];

/** but for those that run none of this code, start servers, ask other commands, measure gas, or are the whole differential test. */
export const NOT_KILLERS = [
  "test/attack/*gas*",
  "test/{cli,deploy,docs,keeper,sdk,simulation}/**",
  "test/differential/differential.test.ts",
  "test/start/**",
  "test/unit/access/authority.test.ts",
  "test/unit/mocks/**",
  "test/unit/oracle/**",
];
