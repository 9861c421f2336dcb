// What the pool's operations cost, beside what others charge for them.
//   npm run gas                    prints the table
//   npm run --silent gas -- --json prints the figures as one JSON object and nothing else
//   npm run gas -- --write         rewrites docs/gas.md
//   npm run gas -- --check         fails if a figure is more than 1% above docs/gas.md
// --no-compile measures the artifacts that are there.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";

import {
  committedFigures,
  type GasResult,
  machineReadable,
  markdown,
  printable,
  regressions,
} from "./lib/gas-table.ts";

const FILE = new URL("../docs/gas.md", import.meta.url);

/** Runs a command whose output is no part of ours, unless it is `piped`. */
function run(command: string, stdout: "pipe" | 2): string {
  const { status, stdout: output } = spawnSync(command, {
    shell: true,
    stdio: ["ignore", stdout, "inherit"],
    encoding: "utf8",
  });
  if (status !== 0) {
    console.error(`failed: ${command}`);
    process.exit(1);
  }
  return output ?? "";
}

function check(result: GasResult): void {
  const risen = regressions(result, committedFigures(existsSync(FILE) ? readFileSync(FILE, "utf8") : ""));
  for (const line of risen) console.error(line);
  if (risen.length > 0) {
    console.error("If that is worth it: npm run gas -- --write, and commit docs/gas.md");
    process.exitCode = 1;
  } else {
    console.log("No figure is more than 1% above docs/gas.md");
  }
}

const { values: options } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    write: { type: "boolean", default: false },
    check: { type: "boolean", default: false },
    "no-compile": { type: "boolean", default: false },
  },
});

if (!options["no-compile"]) run("hardhat build --quiet", 2);
// A run of its own, since the market needs Hardhat's loader, which takes no arguments for a script.
const result = JSON.parse(run("hardhat run --no-compile scripts/lib/gas-cases.ts", "pipe")) as GasResult;

if (options.json) {
  console.log(machineReadable(result));
} else if (options.write) {
  mkdirSync(new URL(".", FILE), { recursive: true });
  writeFileSync(FILE, markdown(result));
  console.log("Wrote docs/gas.md");
} else if (options.check) {
  check(result);
} else {
  console.log(printable(result));
}
