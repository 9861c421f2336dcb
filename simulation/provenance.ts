// Where a result comes from, so that anyone can get it again: files with their hashes, commit, seed and versions.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";

import type { Scenario } from "./scenario.js";

const ROOT = path.join(import.meta.dirname, "..");

export type Engine = "chain" | "model" | "both";

export type Provenance = {
  readonly scenario: string;
  readonly venue: string;
  readonly seed: number;
  readonly engine: Engine;
  /** The scenario file and every series it reads. */
  readonly files: readonly { readonly name: string; readonly sha256: string }[];
  /** With "+" behind it if files differ from that commit; "unknown" outside of a repository. */
  readonly commit: string;
  readonly versions: Readonly<Record<string, string>>;
};

export function provenanceOf(scenario: Scenario, files: readonly string[], seed: number, engine: Engine): Provenance {
  return {
    scenario: scenario.name,
    venue: scenario.price.venue,
    seed,
    engine,
    files: files.map((file) => ({
      name: path.basename(file),
      sha256: createHash("sha256").update(readFileSync(file)).digest("hex"),
    })),
    commit: commit(),
    versions: versions(),
  };
}

function git(...args: string[]): string | undefined {
  const { status, stdout } = spawnSync("git", args, { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function commit(): string {
  const hash = git("rev-parse", "--short=12", "HEAD");
  if (hash === undefined) return "unknown";
  return git("status", "--porcelain", "--untracked-files=no") === "" ? hash : `${hash}+`;
}

function versions(): Record<string, string> {
  const { version, devDependencies } = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
    version: string;
    devDependencies: Record<string, string>;
  };
  const named = ["hardhat", "solc", "ethers"].map((name) => [name, devDependencies[name] ?? "?"]);
  return { mutua: version, node: process.versions.node, ...Object.fromEntries(named) };
}
