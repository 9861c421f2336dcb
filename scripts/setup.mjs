// Installs the dependencies when package-lock.json or the platform has changed since the last time; those of the
// folders that are named, too.
// Plain JavaScript without dependencies: this is the one file that runs on a bare Node 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);

const read = (file) => (existsSync(file) ? readFileSync(file, "utf8").trim() : "");

const isRunning = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
};

// The lock holds its owner's process id, so that a lock left by a killed run is recognised.
async function takeLock(lock) {
  mkdirSync(new URL(".", lock), { recursive: true });
  for (;;) {
    try {
      return writeFileSync(lock, String(process.pid), { flag: "wx" });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    await sleep(300);
    const owner = Number(read(lock));
    if (owner > 0 && !isRunning(owner)) rmSync(lock, { force: true });
  }
}

function install(folder) {
  const { devDependencies } = JSON.parse(readFileSync(new URL("package.json", root), "utf8"));
  // npm itself must run on the project's Node: on an older one it leaves out Hardhat's native package.
  const npm = ["-y", "-p", `node@${devDependencies.node}`, "--", "npm", "install"];
  const options = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  console.error("Installing the dependencies (once, and again when package-lock.json changes) …");
  const result = spawnSync("npx", [...npm, ...options], {
    cwd: fileURLToPath(folder),
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (result.status !== 0)
    throw new Error(result.error?.message ?? `npm install ended with ${result.status ?? result.signal}`);
}

async function setUp(folder) {
  const stamp = new URL("node_modules/.setup-stamp", folder);
  const wanted = createHash("sha256")
    .update(readFileSync(new URL("package-lock.json", folder)))
    .update(`${process.platform}-${process.arch}`)
    .digest("hex");
  if (read(stamp) === wanted) return;
  const lock = new URL("node_modules/.setup-lock", folder);
  await takeLock(lock);
  try {
    // Another process may have installed while this one waited for the lock.
    if (read(stamp) === wanted) return;
    install(folder);
    writeFileSync(stamp, wanted);
  } finally {
    rmSync(lock, { force: true });
  }
}

try {
  await setUp(root);
  for (const name of process.argv.slice(2)) await setUp(new URL(`${name}/`, root));
} catch (error) {
  console.error(`Set-up failed: ${error.message}`);
  process.exitCode = 1;
}
