import { globSync } from "node:fs";
import { join } from "node:path";

import { overrideTask } from "hardhat/config";
import type { TestRunResult } from "hardhat/types/test";
import type { Result } from "hardhat/types/utils";
import { errorResult } from "hardhat/utils/result";

const counts = { passed: 0, failed: 0 };

/** The files that were named; else all tests, and nothing of what only serves them or needs a browser. */
function filesOf({ testFiles = [] }: { testFiles?: string[] }, folder: string): string[] {
  if (testFiles.length > 0) return testFiles;
  return globSync("**/*.test.ts", { cwd: folder })
    .toSorted()
    .map((file) => join(folder, file));
}

function countTestsOf(runner: "mocha" | "solidity") {
  return overrideTask(["test", runner])
    .setInlineAction(async (args, hre, runSuper) => {
      if (runner === "solidity") console.log(`SEED=${hre.config.test.solidity.profiles["default"]?.fuzz.seed ?? ""}`);
      const chosen = runner === "mocha" ? { ...args, testFiles: filesOf(args, hre.config.paths.tests.mocha) } : args;
      const result = (await runSuper(chosen)) as Result<TestRunResult, TestRunResult>;
      const { summary } = result.success ? result.value : result.error;
      counts.passed += summary.passed;
      counts.failed += summary.failed;
      return result;
    })
    .build();
}

/** `hardhat test` ends with the line "N passed, N failed" over all runners, and fails when no test ran. */
export const testSummaryTasks = [
  countTestsOf("mocha"),
  countTestsOf("solidity"),
  overrideTask("test")
    .setInlineAction(async (args, _hre, runSuper) => {
      const result = (await runSuper(args)) as Result<void, void>;
      console.log(`${counts.passed} passed, ${counts.failed} failed`);
      return counts.passed + counts.failed === 0 ? errorResult() : result;
    })
    .build(),
];
