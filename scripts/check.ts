// All that must hold before a change lands, in the order of what fails soonest.
// `npm run check` runs every step and stops at the first that fails; `npm run check -- types sizes` runs only these.
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync, rmSync } from "node:fs";

import Table from "cli-table3";

const GENERATED = ["typechain-types/**/*.ts", "docs/storage-layout.md", "sdk/abi/*.ts"];

function run(command: string): boolean {
  return spawnSync(command, { shell: true, stdio: "inherit" }).status === 0;
}

function readGenerated(): Map<string, string> {
  return new Map(globSync(GENERATED).map((file) => [file, readFileSync(file, "utf8")]));
}

/** Rebuilds the generated files and compares them with what was there. The new ones stay: commit them. */
function buildAndCompare(): boolean {
  const before = readGenerated();
  // Types of a deleted contract only go with the folder; contracts that don't compile must not take it along.
  if (!run("hardhat build")) return false;
  rmSync("typechain-types", { recursive: true, force: true });
  if (!run("npm run --silent build")) return false;
  const after = readGenerated();
  const stale = [...new Set([...before.keys(), ...after.keys()])].filter(
    (file) => before.get(file) !== after.get(file),
  );
  for (const file of stale) console.error(`was not fresh, is now: ${file}`);
  return stale.length === 0;
}

const STEPS: Record<string, () => boolean> = {
  build: buildAndCompare,
  // The SDK once more by itself: neither Node's types nor the DOM's are at hand there. The app has the DOM's.
  types: () => ["", " -p sdk", " -p app", " -p test/e2e"].every((project) => run(`tsc --noEmit${project}`)),
  lint: () => run("oxlint --type-aware --deny-warnings") && run('solhint --disc --max-warnings 0 "contracts/**/*.sol"'),
  format: () => run('prettier --check --log-level warn "**/*.{sol,ts,tsx,mjs,json,css,html}"'),
  sizes: () => run("hardhat run scripts/contract-sizes.ts"),
  tests: () => run("hardhat test"),
  gas: () => !existsSync("scripts/gas.ts") || run("npm run --silent gas -- --check"),
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => STEPS[name] === undefined);
if (unknown.length > 0) {
  console.error(`No such step: ${unknown.join(", ")}. There are: ${Object.keys(STEPS).join(", ")}`);
  process.exit(1);
}

const times = new Table({ colAligns: ["left", "left", "right"], style: { border: [] } });
for (const [name, step] of Object.entries(STEPS)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  console.log(`\n== ${name}`);
  const start = performance.now();
  const isGood = step();
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)} s`;
  console.log(`== ${name}: ${isGood ? "ok" : "FAILED"}, ${seconds}`);
  if (!isGood) process.exit(1);
  times.push([name, "ok", seconds]);
}
console.log(`\n${times.toString()}`);
