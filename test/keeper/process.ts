// A keeper as users run it: a process of its own, with its checkpoint and its metrics.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { setTimeout as sleep } from "node:timers/promises";

import { developmentWallet } from "../../scripts/lib/connection.ts";
import { FEE, type Stage } from "./stage.js";

const MAIN = fileURLToPath(new URL("../../scripts/keeper/main.ts", import.meta.url));
const PATIENCE_MS = 300_000;
const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export type LogLine = { level: string; event: string } & Record<string, unknown>;

export const folder = (): { path: string; remove: () => void } => {
  const path = mkdtempSync(join(tmpdir(), "keeper-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
};

export class KeeperProcess {
  readonly address: string;
  readonly lines: LogLine[] = [];
  readonly errors: string[] = [];
  readonly #stage: Stage;
  readonly #account: number;
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;
  #metrics = "";

  /** `account` is one of anvil's: a keeper has its own. */
  constructor(stage: Stage, account: number, options: readonly string[]) {
    this.#stage = stage;
    this.#account = account;
    this.#options = options;
    this.address = developmentWallet(account).address;
  }

  get isAlive(): boolean {
    return this.#child !== undefined;
  }

  async start(): Promise<void> {
    const { anvil, poolAddress, flash, adapter } = this.#stage;
    const target = ["--network", anvil.url, "--pool", poolAddress, "--coin-price", "2000", "--metrics-port", "0"];
    const sale = ["--flash", await flash.getAddress(), "--adapter", await adapter.getAddress(), "--route", `${FEE}`];
    const quick = ["--poll-ms", "50", "--jitter-ms", "0"];
    const args = ["--import", "tsx", MAIN, ...target, ...sale, ...quick, ...this.#options];
    const child = spawn(process.execPath, args, {
      cwd: ROOT,
      env: { ...process.env, MUTUA_KEEPER_PRIVATE_KEY: developmentWallet(this.#account).privateKey },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#child = child;
    this.#metrics = "";
    process.once("exit", () => child.kill("SIGKILL"));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const parsed = JSON.parse(line) as LogLine;
      this.lines.push(parsed);
      if (parsed.event === "metrics") this.#metrics = parsed["url"] as string;
    });
    createInterface({ input: child.stderr }).on("line", (line) => this.errors.push(line));
    while (this.#metrics === "") {
      if (child.exitCode !== null) throw new Error(`The keeper did not start: ${this.errors.join(" ")}`);
      await sleep(20);
    }
  }

  /** All values by their names. */
  async metrics(): Promise<Record<string, number>> {
    const text = await (await fetch(this.#metrics)).text();
    const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    return Object.fromEntries(lines.map((line) => line.split(" ")).map(([name, value]) => [name, Number(value)]));
  }

  /** Until it has done what is due at a block. */
  async reach(block: number): Promise<void> {
    const until = Date.now() + PATIENCE_MS;
    while (this.isAlive && ((await this.metrics())["mutua_keeper_block"] ?? 0) < block) {
      if (Date.now() > until) {
        const last = this.lines.slice(-5).map((line) => JSON.stringify(line));
        throw new Error(`The keeper did not come to block ${block}: ${[...last, ...this.errors].join("\n")}`);
      }
      await sleep(10);
    }
  }

  count(event: string): number {
    return this.lines.filter((line) => line.event === event).length;
  }

  async end(signal: "SIGKILL" | "SIGTERM" | "SIGINT"): Promise<number | null> {
    const child = this.#child;
    if (child === undefined) return null;
    this.#child = undefined;
    const ended = once(child, "exit");
    child.kill(signal);
    return ((await ended) as [number | null])[0];
  }
}
