// Which lines and branches of the deployed contracts the unit tests and stories reach.
//   npm run coverage             runs them in an instrumented copy of the project, and prints the figures and every gap
//   npm run coverage -- --write  writes docs/coverage.md as well
//   npm run coverage -- --again  counts the last run once more, without running anything
// Ends with 1 below the thresholds, when a test fails, or for a gap without a reason. lcov: coverage/lcov.info
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { complaints, HEAD, lcov, markdown, readFigures, rows } from "./lib/coverage-figures.ts";
import { type FilePlan, makeInstrumentedCopy } from "./lib/coverage-plan.ts";
import { ROOT, runHardhat, writeSource } from "./lib/source-copy.ts";
import { table } from "./lib/table.ts";

/** Random runs and attacks are not among them: what is only passed by chance is not looked at by anybody. */
const TESTS = "test/{unit,scenario}/**/*.test.ts";

/** Tests that measure gas: counting costs gas, too. */
const LEFT_OUT = [
  "reads one slot while the prices are equal",
  "answers within a pool's gas",
  "reverts or tells the truth, whatever gas it is given",
];

const CONFIG = "hardhat.coverage.config.ts";

/** The least optimisation with which the code still compiles: so it compiles fastest. */
const CONFIG_SOURCE = `import base from "./hardhat.config.ts";

const { default: profile } = base.solidity.profiles;
const optimizer = { enabled: true, runs: 1, details: { yul: true, yulDetails: { optimizerSteps: "u" } } };
const compilers = profile.compilers.map((one) => ({ ...one, settings: { ...one.settings, optimizer } }));

export default {
  ...base,
  test: { mocha: { ...base.test.mocha, timeout: 600_000 } },
  solidity: { profiles: { default: { isolated: false, compilers } } },
  coverage: { skipFiles: ["contracts/mocks/**", "contracts/BranchHits.sol"] },
};
`;

const { values: options } = parseArgs({
  options: { write: { type: "boolean", default: false }, again: { type: "boolean", default: false } },
});

type Run = { folder: string; plan: FilePlan[]; testsPassed: boolean };
const LAST_RUN = join(ROOT, "coverage/last-run.json");

async function run(): Promise<Run> {
  const { folder, plan } = makeInstrumentedCopy();
  writeSource(folder, { file: CONFIG }, CONFIG_SOURCE);
  rmSync(join(folder, "coverage"), { recursive: true, force: true });
  const tests = globSync(TESTS, { cwd: folder }).toSorted();
  const command = ["--config", CONFIG, "test", "mocha", "--coverage", "--grep-exclude", LEFT_OUT.join("|"), ...tests];
  return { folder, plan, testsPassed: (await runHardhat(folder, command)) === 0 };
}

mkdirSync(join(ROOT, "coverage"), { recursive: true });
const last = options.again ? (JSON.parse(readFileSync(LAST_RUN, "utf8")) as Run) : await run();
writeFileSync(LAST_RUN, JSON.stringify(last));

const figures = readFigures(last.folder, last.plan);
writeFileSync(join(ROOT, "coverage/lcov.info"), lcov(figures));
if (options.write) writeFileSync(join(ROOT, "docs/coverage.md"), markdown(figures));

console.log(table(HEAD, rows(figures)));
const wrong = complaints(figures);
for (const line of wrong) console.error(line);
if (!last.testsPassed) console.error("Tests failed: the figures count what ran.");
if (wrong.length > 0 || !last.testsPassed) process.exitCode = 1;
