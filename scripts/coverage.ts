// Which lines and branches of the deployed contracts the unit tests, stories and named sequences reach.
//   npm run coverage             runs them in an instrumented copy of the project, and prints the figures and every gap
//   npm run coverage -- --write  writes docs/coverage.md as well
//   npm run coverage -- --again  counts the last run once more, without running anything
//   npm run coverage -- --add test/unit/…  runs these only, and adds what they reach to the last run
// Ends with 1 below the thresholds, when a test fails, or for a gap without a reason. lcov: coverage/lcov.info
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import {
  addCounts,
  complaints,
  type Counts,
  figuresOf,
  HEAD,
  lcov,
  markdown,
  readCounts,
  rows,
} from "./lib/coverage-figures.ts";
import { type FilePlan, makeInstrumentedCopy } from "./lib/coverage-plan.ts";
import { ROOT, runHardhat, writeSource } from "./lib/source-copy.ts";
import { table } from "./lib/table.ts";

const TESTS = ["test/{unit,scenario}/**/*.test.ts", "test/differential/named.test.ts"];

const LEFT_OUT = [
  // random runs: what is only passed by chance is not looked at by anybody
  "random",
  "seed",
  // tests that measure gas: counting costs gas, too
  "reads one slot while the prices are equal",
  "answers within a pool's gas",
  "reverts or tells the truth, whatever gas it is given",
];

const CONFIG = "hardhat.coverage.config.ts";

/** The least optimisation with which the code still compiles: so it compiles fastest. Counting costs gas. */
const CONFIG_SOURCE = `import base from "./hardhat.config.ts";

const { default: profile } = base.solidity.profiles;
const optimizer = { enabled: true, runs: 1, details: { yul: true, yulDetails: { optimizerSteps: "u" } } };
const compilers = profile.compilers.map((one) => ({ ...one, settings: { ...one.settings, optimizer } }));
const roomy = { ...base.networks.default, transactionGasCap: false, blockGasLimit: 300_000_000n, gas: 100_000_000n };

export default {
  ...base,
  networks: { default: roomy, node: roomy },
  test: { mocha: { ...base.test.mocha, parallel: false, timeout: 600_000 } },
  solidity: { profiles: { default: { isolated: false, compilers } } },
  coverage: { skipFiles: ["contracts/mocks/**", "contracts/BranchHits.sol"] },
};
`;

const { values: options, positionals } = parseArgs({
  options: {
    write: { type: "boolean", default: false },
    again: { type: "boolean", default: false },
    add: { type: "boolean", default: false },
  },
  allowPositionals: true,
});

type Run = { plan: FilePlan[]; counts: Counts; testsPassed: boolean };
const LAST_RUN = join(ROOT, "coverage/last-run.json");

async function run(tests: string[]): Promise<Run> {
  const { folder, plan } = makeInstrumentedCopy();
  writeSource(folder, { file: CONFIG }, CONFIG_SOURCE);
  rmSync(join(folder, "coverage"), { recursive: true, force: true });
  const command = ["--config", CONFIG, "test", "mocha", "--coverage", "--grep-exclude", LEFT_OUT.join("|"), ...tests];
  const testsPassed = (await runHardhat(folder, command)) === 0;
  return { plan, counts: readCounts(folder), testsPassed };
}

const lastRun = () => JSON.parse(readFileSync(LAST_RUN, "utf8")) as Run;

async function runMore(tests: string[]): Promise<Run> {
  const before = lastRun();
  const more = await run(tests);
  if (JSON.stringify(before.plan) !== JSON.stringify(more.plan)) {
    throw new Error("The contracts have changed since the last run: npm run coverage");
  }
  addCounts(more.counts, before.counts);
  return { ...more, testsPassed: before.testsPassed && more.testsPassed };
}

async function chosenRun(): Promise<Run> {
  if (options.again) return lastRun();
  return options.add ? runMore(positionals) : run(globSync(TESTS, { cwd: ROOT }).toSorted());
}

const { plan, counts, testsPassed } = await chosenRun();
const figures = figuresOf(plan, counts);
mkdirSync(join(ROOT, "coverage"), { recursive: true });
writeFileSync(LAST_RUN, JSON.stringify({ plan, counts, testsPassed }));
writeFileSync(join(ROOT, "coverage/lcov.info"), lcov(figures));
if (options.write) writeFileSync(join(ROOT, "docs/coverage.md"), markdown(figures));

console.log(table(HEAD, rows(figures)));
const wrong = complaints(figures);
for (const line of wrong) console.error(line);
if (!testsPassed) console.error("Tests failed: the figures count what ran.");
if (wrong.length > 0 || !testsPassed) process.exitCode = 1;
