// The contracts, compiled. Hardhat looks at every file to find that there is nothing to do; a hash is faster.
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { tasks } from "hardhat";

import { hashOf, ROOT } from "./sources.js";

const COMPILED = path.join(ROOT, "artifacts/build-info");
const STAMP = path.join(ROOT, "cache/contracts.sha256");

/** What takes longer is said. */
const QUIET_MILLISECONDS = 5_000;

/** Compiles what has changed. */
export async function buildContracts(say: (text: string) => void): Promise<void> {
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === state()) return;
  const text = "Compiling the contracts; all of them take three to four minutes, once …";
  const timer = setTimeout(say, QUIET_MILLISECONDS, text);
  await tasks.getTask("build").run({ noTests: true, quiet: true });
  clearTimeout(timer);
  writeFileSync(STAMP, state());
}

/** Of the sources, and of what was compiled last: the names in that folder are hashes themselves. */
function state(): string {
  const compiled = existsSync(COMPILED) ? readdirSync(COMPILED).toSorted().join() : "";
  return `${hashOf(["contracts", "hardhat.config.ts", "package-lock.json"])} ${compiled}`;
}
