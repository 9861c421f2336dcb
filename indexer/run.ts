// npm run indexer: checks what it was given, then runs the engine and says in plain lines what it does.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import type { JsonRpcProvider } from "ethers";

import { type Deployment, readDeployment } from "../scripts/deploy/deployment.ts";
import { connectTo } from "../scripts/lib/connection.ts";
import { Problem, runCommand } from "../scripts/lib/problem.ts";
import { dropIndex } from "./postgres.ts";
import { type Settings, toEnvironment, TOO_DEEP } from "./settings.ts";

const HELP = `npm run indexer -- --network <name> [options]

  --network <name>     deployments/<name>.json says what to index (default local)
  --url <url>          the node to ask (default <NETWORK>_RPC_URL or MUTUA_RPC_URL); several times: the others as spares
  --port <port>        of the API (default 42069)
  --host <host>        of the API (default 127.0.0.1: a proxy in front of it serves the world)
  --sample-blocks <n>  blocks from one price sample to the next (default 300)
  --poll-ms <n>        how often to ask for a new block (default 2000)
  --folder <path>      of the embedded database (default .indexer)
  --fresh              forget what was indexed, and begin anew
  --verbose            all that the engine says

With DATABASE_URL (postgres://…) the rows go to PostgreSQL instead of the embedded database.`;

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const ENGINE = join(ROOT, "indexer/node_modules/ponder/dist/esm/bin/ponder.js");
/** What rows are made by: a change of it means another index. The engine writes files too, beside these. */
const CODE = [
  "indexer/ponder.{config,schema}.ts",
  "indexer/src/*.ts",
  "indexer/package-lock.json",
  "app/src/history/{rows,types}.ts",
  "sdk/events.ts",
  "sdk/abi/{authority,factory,lens,pool}.ts",
];

type Options = {
  readonly network: string;
  readonly urls: readonly string[];
  readonly port: number;
  readonly host: string;
  readonly sampleBlocks: number;
  readonly pollMs: number;
  readonly folder: string;
  readonly isFresh: boolean;
  readonly isVerbose: boolean;
  readonly database: string | undefined;
};

function readOptions(args: string[]): Options | undefined {
  const { values } = parse(args);
  if (values.help === true) return undefined;
  const number = (name: "port" | "sample-blocks" | "poll-ms", standard: number, least: number, most: number) => {
    const text = values[name];
    if (text === undefined) return standard;
    if (!/^\d+$/.test(text) || Number(text) < least || Number(text) > most) {
      throw new Problem(`--${name} is "${text}": allowed is a whole number from ${least} to ${most}`);
    }
    return Number(text);
  };
  const database = process.env["DATABASE_URL"];
  if (database !== undefined && !/^postgres(ql)?:\/\//.test(database)) {
    throw new Problem("DATABASE_URL is no address of PostgreSQL: allowed is postgres://user:password@host/database");
  }
  return {
    network: values.network ?? "local",
    urls: values.url ?? [],
    port: number("port", 42_069, 1, 65_535),
    host: values.host ?? "127.0.0.1",
    sampleBlocks: number("sample-blocks", 300, 1, 1_000_000),
    pollMs: number("poll-ms", 2_000, 100, 600_000),
    folder: values.folder ?? join(ROOT, ".indexer"),
    isFresh: values.fresh === true,
    isVerbose: values.verbose === true,
    database,
  };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        network: { type: "string" },
        url: { type: "string", multiple: true },
        port: { type: "string" },
        host: { type: "string" },
        "sample-blocks": { type: "string" },
        "poll-ms": { type: "string" },
        folder: { type: "string" },
        fresh: { type: "boolean" },
        verbose: { type: "boolean" },
        help: { type: "boolean" },
      },
    });
  } catch (error) {
    throw new Problem(`${(error as Error).message.split(". ", 1)[0]}: npm run indexer -- --help lists the options`);
  }
}

type Plan = { readonly settings: Settings; readonly place: string };

async function planOf(options: Options, deployment: Deployment): Promise<Plan> {
  const { url, chainId, provider } = await connectTo(options.network, {
    signer: "none",
    ...(options.urls[0] === undefined ? {} : { url: options.urls[0] }),
  });
  const { network, contracts, markets, startBlock } = deployment;
  if (Number(chainId) !== deployment.chainId) {
    throw new Problem(
      `The node has chain id ${chainId}, ${network} was deployed on ${deployment.chainId}: give the URL of that chain`,
    );
  }
  const birth = await hashOf(provider, startBlock, network);
  provider.destroy();
  const { authority, factory, lens } = contracts;
  const pools = markets.map(({ pool, fund }) => ({ pool, fund }));
  const what = { authority, factory, lens, markets: pools, startBlock, sampleBlocks: options.sampleBlocks };
  // A chain by its name and a block of it: a local chain that was started anew is another chain.
  const chain = `${network
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "_")
    .slice(0, 20)}_${digest(birth)}`;
  const code = globSync(CODE, { cwd: ROOT })
    .toSorted()
    .map((file) => readFileSync(join(ROOT, file), "utf8"));
  const settings: Settings = {
    ...what,
    chainId: deployment.chainId,
    urls: [url, ...options.urls.slice(1)],
    index: `mutua_${chain}_${digest(JSON.stringify(what), ...code)}`,
    folder: options.database === undefined ? join(options.folder, chain) : null,
    pollMs: options.pollMs,
  };
  return { settings, place: settings.folder ?? "PostgreSQL" };
}

function digest(...texts: string[]): string {
  const hash = createHash("sha256");
  for (const text of texts) hash.update(text).update("\0");
  return hash.digest("hex").slice(0, 8);
}

async function hashOf(provider: JsonRpcProvider, number: number, network: string): Promise<string> {
  const block = await provider.getBlock(number);
  if (typeof block?.hash === "string") return block.hash;
  throw new Problem(
    `The chain has no block ${number}, where ${network} was deployed: wait until the node is synchronised, or deploy again`,
  );
}

async function expectFreePort(port: number, host: string): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once("error", () =>
      reject(new Problem(`${host}:${port} is taken or not allowed: choose another with --port`)),
    );
    server.listen(port, host, resolve);
  });
  await new Promise((resolve) => server.close(resolve));
}

/** The embedded database bears one process. */
function lockFolder(folder: string): void {
  const lock = join(folder, "process");
  let owner: number | undefined;
  try {
    owner = Number(readFileSync(lock, "utf8"));
    process.kill(owner, 0);
  } catch {
    owner = undefined;
  }
  if (owner !== undefined && owner !== process.pid) {
    throw new Problem(`Process ${owner} indexes this chain into ${folder}: end it, or give another --folder`);
  }
  mkdirSync(folder, { recursive: true });
  writeFileSync(lock, String(process.pid));
}

async function forget({ folder, index, chainId }: Settings, database: string | undefined): Promise<void> {
  if (folder !== null) rmSync(join(folder, "database"), { recursive: true, force: true });
  if (database !== undefined) await dropIndex(database, index, chainId);
}

type Line = {
  level?: number;
  msg?: string;
  number?: number;
  event_count?: number;
  error?: { message?: string };
} & Record<string, unknown>;
type End = { code: number; isTooDeep: boolean; isBackwards: boolean };

function runEngine({ settings }: Plan, options: Options): { child: ChildProcess; ended: Promise<End> } {
  const { folder, index } = settings;
  const args = ["start", "--root", join(ROOT, "indexer"), "--schema", index, "--log-format", "json"];
  args.push("--port", String(options.port), "--hostname", options.host);
  if (folder === null) args.push("--views-schema", index.slice(0, index.lastIndexOf("_")));
  const child = spawn(process.execPath, [ENGINE, ...args], {
    cwd: join(ROOT, "indexer"),
    // The engine ends when its input does.
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      ...process.env,
      ...toEnvironment({ ...settings, folder: folder === null ? null : join(folder, "database") }),
      PONDER_TELEMETRY_DISABLED: "1",
      // The engine puts this before its own option.
      PORT: String(options.port),
    },
  });
  let isTooDeep = false;
  let isBackwards = false;
  const tell = teller(options);
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = jsonOf(text);
    if (line.msg === TOO_DEEP) {
      isTooDeep = true;
      child.kill("SIGTERM");
    } else if (BACKWARDS.test(line.error?.message ?? "")) isBackwards = true;
    else tell(line);
  });
  createInterface({ input: child.stderr }).on("line", (text) => {
    if (options.isVerbose) console.error(text);
  });
  const ended = new Promise<End>((resolve) =>
    child.once("exit", (code, signal) =>
      resolve({ code: code ?? (signal === "SIGTERM" ? 0 : 1), isTooDeep, isBackwards }),
    ),
  );
  return { child, ended };
}

function jsonOf(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch {
    return { msg: text };
  }
}

const WARNING = 40;
/** The engine's words for a node that is behind what was indexed. */
const BACKWARDS = /Finalized block .* cannot move backwards/;
/** Said of every start of ours, and known. */
const QUIET = /^(Started shutdown sequence|Received SIG)/;

function teller({ host, port, isVerbose }: Options): (line: Line) => void {
  return (line) => {
    const { level = 0, msg = "", number, error } = line;
    if (isVerbose) console.log(JSON.stringify(line));
    else if (msg === "Started returning 200 responses" && line["endpoint"] === "/ready") {
      console.log(`The past is in: new blocks are followed. http://${host}:${port}/rows`);
    } else if (msg === "Updated backfill indexing progress") {
      console.log(`Reading the past: ${String(line["progress"])}`);
    } else if (msg === "Reorged block") {
      console.log(`The chain went back to block ${number}; the rows went with it.`);
    } else if (level >= WARNING && !QUIET.test(msg)) {
      const reason = (error?.message ?? "").split("\n", 1)[0] ?? "";
      console.error(reason === "" ? msg : `${msg}: ${reason}`);
    }
  };
}

await runCommand(async () => {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) return console.log(HELP);
  const deployment = readDeployment(options.network);
  const plan = await planOf(options, deployment);
  await expectFreePort(options.port, options.host);
  if (plan.settings.folder !== null) lockFolder(plan.settings.folder);
  if (options.isFresh) await forget(plan.settings, options.database);
  console.log(
    `Indexing ${deployment.network} (chain ${deployment.chainId}) from block ${deployment.startBlock}: ` +
      `${deployment.markets.map(({ name }) => name).join(", ")}. Into ${plan.place}.`,
  );

  let running: ChildProcess | undefined;
  let isAsked = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      isAsked = true;
      running?.kill("SIGTERM");
    });
  }
  process.once("exit", () => running?.kill("SIGKILL"));
  for (;;) {
    const { child, ended } = runEngine(plan, options);
    running = child;
    const { code, isTooDeep, isBackwards } = await ended;
    if (isAsked) return;
    if (isBackwards) {
      throw new Problem(
        "The node is behind what was indexed: wait until it has caught up, or give --fresh if the chain itself went back",
      );
    }
    if (!isTooDeep) throw new Problem(`The engine ended with ${code}: start it again, or see why with --verbose`);
    console.error("The chain went back further than the engine can follow: indexing anew.");
    await forget(plan.settings, options.database);
  }
});
