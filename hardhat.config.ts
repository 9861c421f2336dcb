import { createRequire } from "node:module";

import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { defineConfig } from "hardhat/config";
import type { HardhatPlugin } from "hardhat/types/plugins";

import { testSummaryTasks } from "./scripts/lib/test-summary.ts";

const require = createRequire(import.meta.url);

/** More runs: less gas for users, more bytes of code. What limits it is the 24,576 bytes of LendingPool. */
const OPTIMIZER_RUNS = 200;
const POOL_OPTIMIZER_RUNS = 2_500;

/** One hard fork for the compiler and the test network alike. */
const HARDFORK = "osaka";

/** The WebAssembly compiler from npm: the same bytes on every platform, nothing to download. */
function compiler(runs: number) {
  return {
    version: "0.8.37",
    path: require.resolve("solc/soljson.js"),
    settings: {
      evmVersion: HARDFORK,
      viaIR: true,
      optimizer: { enabled: true, runs },
      // Without the hash of sources and comments, a changed comment changes no bytecode and no gas.
      metadata: { bytecodeHash: "none" },
      outputSelection: { "*": { "*": ["storageLayout", "transientStorageLayout"] } },
    },
  };
}

const profile = {
  isolated: false,
  compilers: [compiler(OPTIMIZER_RUNS)],
  // A file that would not fit otherwise: { "contracts/File.sol": compiler(fewerRuns) }.
  overrides: { "contracts/LendingPool.sol": compiler(POOL_OPTIMIZER_RUNS) },
};

/** TypeChain lists contracts in the order it is given, which is that of the disk: sorted, it is the same everywhere. */
const sortedArtifacts: HardhatPlugin = {
  id: "sorted-artifacts",
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        async processArtifactsAfterSuccessfulBuild(_context, artifactPaths) {
          (artifactPaths as string[]).sort();
        },
      }),
    }),
  },
};

export default defineConfig({
  // The order matters: the artifacts are sorted before TypeChain, a part of the toolbox, reads them.
  plugins: [sortedArtifacts, hardhatToolboxMochaEthers],
  tasks: testSummaryTasks,
  solidity: {
    // The same settings in both: what the tests measure is what gets deployed.
    profiles: { default: profile, production: profile },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: HARDFORK },
    node: { type: "edr-simulated", chainType: "l1", hardfork: HARDFORK },
  },
  test: {
    mocha: { timeout: 60_000, forbidOnly: true, forbidPending: true },
  },
  typechain: { outDir: "typechain-types" },
});
