// The app, built from the sources as they are: cache/app/<hash of the sources>.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from "node:fs";
import path from "node:path";

import { Problem } from "../lib/problem.js";
import { hashOf, ROOT } from "./sources.js";

const BUILDS = path.join(ROOT, "cache/app");
/** What a build depends on; typechain-types and simulation only lend their types. */
const SOURCES = ["app", "sdk", "package-lock.json", "tsconfig.json"];
const NO_SOURCES = ["dist", "node_modules", "README.md"];

/** The folder of the built app; builds it first if its sources have changed. `say` is told so. */
export async function builtApp(say: (text: string) => void): Promise<string> {
  const folder = path.join(BUILDS, hashOf(SOURCES, NO_SOURCES));
  if (existsSync(folder)) return folder;
  say("Building the app …");
  mkdirSync(BUILDS, { recursive: true });
  const unfinished = `${folder}.${process.pid}`;
  try {
    await build(unfinished);
    // Nobody ever sees half a build; whoever built the same meanwhile was first.
    if (!existsSync(folder)) renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  for (const name of readdirSync(BUILDS)) {
    const old = path.join(BUILDS, name);
    // One that is being served somewhere may be of today.
    if (Date.now() - statSync(old).mtimeMs > 86_400_000) rmSync(old, { recursive: true, force: true });
  }
  return folder;
}

async function build(folder: string): Promise<void> {
  const vite = path.join(ROOT, "node_modules/vite/bin/vite.js");
  const options = ["build", "app", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"];
  const child = spawn(process.execPath, [vite, ...options], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const kill = (): void => {
    child.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  process.once("exit", kill);
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text: Buffer) => (output += text.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  process.off("exit", kill);
  if (code === 0) return;
  const reason = output.split("\n").find((line) => /error/i.test(line)) ?? output.split("\n", 1)[0] ?? "";
  throw new Problem(`the app can't be built: ${reason.trim()}`);
}
