// Installs the dependencies when package-lock.json or the platform has changed since the last time.
// Plain JavaScript without dependencies: this is the one file that runs on a bare Node 20.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const stamp = new URL("../node_modules/.setup-stamp", import.meta.url);
const lock = new URL("../node_modules/.setup-lock", import.meta.url);

const read = (file) => (existsSync(file) ? readFileSync(file, "utf8").trim() : "");

const wanted = createHash("sha256")
  .update(readFileSync(new URL("../package-lock.json", import.meta.url)))
  .update(`${process.platform}-${process.arch}`)
  .digest("hex");

const isRunning = (pid) => {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error.code === "EPERM";
  }
};

// The lock holds its owner's process id, so that a lock left by a killed run is recognised.
async function takeLock() {
  mkdirSync(new URL("../node_modules/", import.meta.url), { recursive: true });
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

function install() {
  const { devDependencies } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  // npm itself must run on the project's Node: on an older one it leaves out Hardhat's native package.
  const npm = ["-y", "-p", `node@${devDependencies.node}`, "--", "npm", "install"];
  const options = ["--no-save", "--no-audit", "--no-fund", "--loglevel=error"];
  console.error("Installing the dependencies (once, and again when package-lock.json changes) …");
  const result = spawnSync("npx", [...npm, ...options], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    shell: process.platform === "win32",
  });
  if (result.status !== 0)
    throw new Error(result.error?.message ?? `npm install ended with ${result.status ?? result.signal}`);
  writeFileSync(stamp, wanted);
}

try {
  if (read(stamp) !== wanted) {
    await takeLock();
    try {
      // Another process may have installed while this one waited for the lock.
      if (read(stamp) !== wanted) install();
    } finally {
      rmSync(lock, { force: true });
    }
  }
} catch (error) {
  console.error(`Set-up failed: ${error.message}`);
  process.exitCode = 1;
}
