// The contracts, compiled. Hardhat looks at every file to find that there is nothing to do; a hash is faster.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Problem } from "../lib/problem.js";
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
  await build();
  clearTimeout(timer);
  writeFileSync(STAMP, state());
}

/** In a group of processes of its own: the compiler is a child of Hardhat's, and must end with this process too. */
async function build(): Promise<void> {
  const hardhat = path.join(ROOT, "node_modules/hardhat/dist/src/cli.js");
  const isGroup = process.platform !== "win32";
  const child = spawn(process.execPath, [hardhat, "build", "--no-tests", "--quiet"], {
    cwd: ROOT,
    detached: isGroup,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const kill = (): void => {
    if (isGroup && child.pid !== undefined) process.kill(-child.pid);
    else child.kill();
  };
  process.once("exit", kill);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  process.off("exit", kill);
  if (code !== 0) throw new Problem("the contracts can't be compiled: see above, or run `npm run build`");
}

/** Of the sources, and of what was compiled last: the names in that folder are hashes themselves. */
function state(): string {
  const compiled = existsSync(COMPILED) ? readdirSync(COMPILED).toSorted().join() : "";
  return `${hashOf(["contracts", "hardhat.config.ts", "package-lock.json"])} ${compiled}`;
}
