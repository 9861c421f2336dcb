// The indexer as users run it: npm run indexer's program, and its API.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

import type { Row } from "../../app/src/history/types.js";
import { type Deployed, headOf } from "./chain.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const PATIENCE_MS = 400_000;

export type Page = {
  index: string;
  chainId: number;
  startBlock: number;
  isReady: boolean;
  indexedTo: { number: number; timestamp: number } | null;
  finalTo: number | null;
  rows: Row[];
  next: string | null;
};

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Runs to its end; what it said, and with which code it ended. */
export async function said(args: readonly string[], environment: NodeJS.ProcessEnv = {}) {
  const child = spawn(process.execPath, ["indexer/run.ts", ...args], {
    cwd: ROOT,
    env: { ...process.env, ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let out = "";
  let error = "";
  child.stdout.on("data", (data: Buffer) => (out += data.toString()));
  child.stderr.on("data", (data: Buffer) => (error += data.toString()));
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, out, error };
}

export class Indexer {
  readonly folder = mkdtempSync(join(tmpdir(), "indexer-database-"));
  readonly lines: string[] = [];
  url = "";
  readonly #chain: Deployed;
  readonly #database: string | undefined;
  #child: ChildProcess | undefined;

  constructor(chain: Deployed, database?: string) {
    this.#chain = chain;
    this.#database = database;
  }

  async start(...options: string[]): Promise<void> {
    const port = await freePort();
    this.url = `http://127.0.0.1:${port}`;
    const args = ["--network", "test", "--url", this.#chain.anvil.url, "--port", `${port}`, "--folder", this.folder];
    const quick = ["--poll-ms", "100", "--sample-blocks", "10"];
    const environment: NodeJS.ProcessEnv = { ...process.env, MUTUA_DEPLOYMENTS: this.#chain.folder };
    delete environment["DATABASE_URL"];
    if (this.#database !== undefined) environment["DATABASE_URL"] = this.#database;
    const child = spawn(process.execPath, ["indexer/run.ts", ...args, ...quick, ...options], {
      cwd: ROOT,
      env: environment,
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: kill -9 is of the engine too, as a crash of the machine is.
      detached: true,
    });
    this.#child = child;
    const keep = (data: Buffer) => this.lines.push(...data.toString().split("\n").filter(Boolean));
    child.stdout.on("data", keep);
    child.stderr.on("data", keep);
    process.once("exit", () => this.kill());
    await this.#until(async () => (await this.page()).isReady);
  }

  async page(query: Record<string, string> = {}): Promise<Page> {
    const response = await fetch(`${this.url}/rows?${new URLSearchParams(query).toString()}`);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as Page;
  }

  /** All rows, once the newest block is in. */
  async rows(query: Record<string, string> = {}): Promise<Row[]> {
    const { number } = await headOf(this.#chain);
    await this.#until(async () => (await this.page({ limit: "1" })).indexedTo?.number === number);
    const rows: Row[] = [];
    for (let after: string | null = "-1.0"; after !== null;) {
      const page: Page = await this.page({ limit: "7", ...query, after });
      rows.push(...page.rows);
      after = page.next;
    }
    return rows;
  }

  /** Until something is true that is asked for again and again. */
  async #until(isSo: () => Promise<boolean>): Promise<void> {
    const end = Date.now() + PATIENCE_MS;
    while (!(await isSo().catch(() => false))) {
      if (this.#child?.exitCode !== null) throw new Error(`The indexer ended: ${this.lines.join("\n")}`);
      if (Date.now() > end) throw new Error(`The indexer did not get there: ${this.lines.join("\n")}`);
      await sleep(100);
    }
  }

  /** As Ctrl-C does. */
  async end(): Promise<number | null> {
    const child = this.#child;
    if (child === undefined || child.exitCode !== null) return child?.exitCode ?? null;
    child.kill("SIGINT");
    const [code] = (await once(child, "exit")) as [number | null];
    return code;
  }

  kill(): void {
    const { pid, exitCode } = this.#child ?? {};
    if (pid !== undefined && exitCode === null) process.kill(-pid, "SIGKILL");
  }

  async crash(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = once(child, "exit");
    this.kill();
    await ended;
  }

  async remove(): Promise<void> {
    await this.end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
