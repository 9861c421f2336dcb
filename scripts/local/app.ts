// The app, built from the sources as they are: cache/app/<hash of the sources>.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import path from "node:path";

import { Problem } from "../lib/problem.js";

const ROOT = path.join(import.meta.dirname, "../..");
const BUILDS = path.join(ROOT, "cache/app");
/** What a build depends on; typechain-types and simulation only lend their types. */
const SOURCES = ["app", "sdk", "package-lock.json", "tsconfig.json"];
const NO_SOURCES = new Set(["dist", "node_modules", "README.md"]);

/** The folder of the built app; builds it first if its sources have changed. `say` is told so. */
export async function builtApp(say: (text: string) => void): Promise<string> {
  const folder = path.join(BUILDS, hashOfSources());
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
    const isOld = path.join(BUILDS, name) !== folder && !name.includes(".");
    if (isOld) rmSync(path.join(BUILDS, name), { recursive: true, force: true });
  }
  return folder;
}

function hashOfSources(): string {
  const hash = createHash("sha256");
  const add = (relative: string): void => {
    const entry = path.join(ROOT, relative);
    for (const found of readdirSync(entry, { withFileTypes: true }).toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      if (NO_SOURCES.has(found.name)) continue;
      const name = `${relative}/${found.name}`;
      if (found.isDirectory()) add(name);
      else if (found.isFile())
        hash
          .update(`${name}\0`)
          .update(readFileSync(path.join(ROOT, name)))
          .update("\0");
    }
  };
  for (const source of SOURCES) {
    if (path.extname(source) === "") add(source);
    else
      hash
        .update(`${source}\0`)
        .update(readFileSync(path.join(ROOT, source)))
        .update("\0");
  }
  return hash.digest("hex").slice(0, 16);
}

async function build(folder: string): Promise<void> {
  const vite = path.join(ROOT, "node_modules/vite/bin/vite.js");
  const options = ["build", "app", "--outDir", folder, "--emptyOutDir", "--logLevel", "error"];
  const child = spawn(process.execPath, [vite, ...options], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const kill = (): void => void child.kill();
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
