import { randomBytes } from "node:crypto";
import { availableParallelism } from "node:os";
import { createRequire } from "node:module";

import hardhatToolboxMochaEthers from "@nomicfoundation/hardhat-toolbox-mocha-ethers";
import { configVariable, defineConfig } from "hardhat/config";
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

/** The handlers of the invariants are never deployed: without the intermediate representation they compile in seconds. */
const handlers = {
  version: "0.8.37",
  path: require.resolve("solc/soljson.js"),
  settings: { evmVersion: HARDFORK, optimizer: { enabled: true, runs: OPTIMIZER_RUNS } },
};

const profile = {
  isolated: false,
  compilers: [compiler(OPTIMIZER_RUNS)],
  // A file that would not fit otherwise: { "contracts/File.sol": compiler(fewerRuns) }.
  overrides: {
    "contracts/LendingPool.sol": compiler(POOL_OPTIMIZER_RUNS),
    "test/invariant/suites/Invariants.t.sol": handlers,
  },
};

/** The invariants deploy what was compiled, or the artifacts in a folder that is named. A new seed each run. */
function invariants(runs: number, depth: number) {
  return {
    fsPermissions: {
      readDirectory: [process.env["MUTUA_ARTIFACTS"] ?? "artifacts"],
      writeFile: ["cache/invariants-18.log", "cache/invariants-6.log"],
    },
    fuzz: { seed: process.env["SEED"] ?? `0x${randomBytes(8).toString("hex")}` },
    // The handlers hash what they are given, so that numbers seen before are of no use to them.
    invariant: {
      runs,
      depth,
      failOnRevert: true,
      shrinkRunLimit: 1_000,
      dictionaryWeight: 0,
      includeStorage: false,
      includePushBytes: false,
    },
  };
}

/** URL and key are read when the network is used: from the environment, or from the keystore. */
function testnet<ChainType extends "l1" | "op" | "generic">(chainType: ChainType, name: string) {
  const accounts = [configVariable(`${name}_PRIVATE_KEY`)];
  return { type: "http" as const, chainType, url: configVariable(`${name}_RPC_URL`), accounts };
}

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
    // Tests are compiled by themselves: a change of one leaves what is deployed alone.
    splitTestsCompilation: true,
    // The same settings in both: what the tests measure is what gets deployed.
    profiles: { default: profile, production: profile },
  },
  networks: {
    default: { type: "edr-simulated", chainType: "l1", hardfork: HARDFORK },
    node: { type: "edr-simulated", chainType: "l1", hardfork: HARDFORK },
    // What `npm run deploy` asks Hardhat's keystore for.
    sepolia: testnet("l1", "SEPOLIA"),
    "base-sepolia": testnet("op", "BASE_SEPOLIA"),
    "arbitrum-sepolia": testnet("generic", "ARBITRUM_SEPOLIA"),
  },
  test: {
    // A file at a time in each of the processes.
    mocha: {
      timeout: 60_000,
      forbidOnly: true,
      forbidPending: true,
      parallel: true,
      jobs: availableParallelism(),
      require: [new URL("test/helpers/plain-failures.ts", import.meta.url).href],
    },
    solidity: { profiles: { default: invariants(20, 200), deep: invariants(10_000, 250) } },
  },
  // What is not in this folder is compiled only as a part of what is.
  paths: { tests: { solidity: "test/invariant/suites" } },
  typechain: { outDir: "typechain-types" },
});
