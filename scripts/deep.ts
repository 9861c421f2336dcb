// The tests that take long, one after the other: `npm run test:deep`, or one step by its name after `--`. A new seed
// each run; SEED=0x… repeats one. Ends with an error if any step failed.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";

import { walkInvariants } from "./lib/invariant-table.ts";

const seed = process.env["SEED"] ?? `0x${randomBytes(8).toString("hex")}`;

function run(command: string, environment: Record<string, string> = {}): boolean {
  const env = { ...process.env, SEED: seed, ...environment };
  return spawnSync(command, { shell: true, stdio: "inherit", env }).status === 0;
}

const STEPS: Record<string, () => boolean> = {
  invariants: () => walkInvariants((environment) => run("hardhat test solidity --test-profile deep", environment)),
  differential: () =>
    run("hardhat test mocha test/differential/differential.test.ts", {
      DIFFERENTIAL_OPERATIONS: "200000",
      DIFFERENTIAL_SEED: String(Number(BigInt(seed) % 2n ** 31n)),
      DIFFERENTIAL_TABLE: "1",
    }),
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => STEPS[name] === undefined);
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(", ")}. There are: ${Object.keys(STEPS).join(", ")}`);
  process.exit(1);
}

let isGood = true;
for (const [name, step] of Object.entries(STEPS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n== ${name}, seed ${seed}`);
  const start = performance.now();
  const passed = step();
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  console.log(`== ${name}: ${passed ? "ok" : "FAILED"}, seed ${seed}, ${seconds} s`);
  isGood &&= passed;
}
process.exit(isGood ? 0 : 1);
