import { overrideTask } from "hardhat/config";
import type { TestRunResult } from "hardhat/types/test";
import type { Result } from "hardhat/types/utils";
import { errorResult } from "hardhat/utils/result";

const counts = { passed: 0, failed: 0 };

function countTestsOf(runner: "mocha" | "solidity") {
  return overrideTask(["test", runner])
    .setInlineAction(async (args, hre, runSuper) => {
      if (runner === "solidity") console.log(`SEED=${hre.config.test.solidity.profiles["default"]?.fuzz.seed ?? ""}`);
      const result = (await runSuper(args)) as Result<TestRunResult, TestRunResult>;
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
