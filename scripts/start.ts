// `npm start`: a local chain with the whole system on it, the app that shows it, and the story of a loss.
// MUTUA_ONCE=1, or CI as build services set it: end after the story instead of waiting for Ctrl-C; no app then.
// MUTUA_RPC_PORT, MUTUA_PAGE_PORT: the first ports to try.
// MUTUA_APP: the folder of a built app, to be served as it is.
import { rmSync } from "node:fs";
import path from "node:path";

import { hooks, network } from "hardhat";
import type { NetworkConnection } from "hardhat/types/network";

import { writeDeployment } from "./deploy/deployment.ts";
import { deployLocalSystem, developmentKeys } from "./lib/local-system.js";
import { Problem, reasonOf } from "./lib/problem.js";
import { builtApp } from "./local/app.js";
import { DAY, type LocalChain } from "./local/chain.js";
import { buildContracts } from "./local/contracts.js";
import { configOf } from "./local/config.js";
import { Controls } from "./local/controls.js";
import { CHAIN_ID, describeDeployment, marketsOf } from "./local/deployment.js";
import { addEverydayMarket, PAST_DAYS } from "./local/everyday.js";
import { HOST, serveSite } from "./local/server.js";
import { tellStory } from "./story.js";

const RPC_PORT = 8545;
const PAGE_PORT = 8080;
const PORTS = 20;

const isSet = (value: string | undefined): boolean => value !== undefined && !["", "0", "false"].includes(value);
const endsAfterStory = isSet(process.env.MUTUA_ONCE) || (process.env.MUTUA_ONCE === undefined && isSet(process.env.CI));

const stopped = new Promise<void>((resolve) => {
  // More than one may come for one Ctrl-C: the terminal's own, and npm's.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => resolve());
  // And none at all where the shell between npm and this process took it and ended: then the parent is another one.
  const parent = process.ppid;
  const watchParent = () => process.ppid !== parent && resolve();
  if (process.env.npm_lifecycle_event !== undefined) setInterval(watchParent, 300).unref();
});

const fail = (error: unknown): void => {
  const remedy = error instanceof Problem ? "" : " Run `npm run build`, then `npm start` again.";
  console.error(`Mutua did not start: ${reasonOf(error).replace(/\.?$/, ".")}${remedy}`);
  process.exitCode = 1;
};
let busyPort: ((error: Error) => void) | undefined;
// Hardhat's own listener would end the process before another port could be tried.
process.removeAllListeners("uncaughtException");
process.on("uncaughtException", (error: NodeJS.ErrnoException) => {
  if (error.syscall === "listen") return busyPort?.(error);
  fail(error);
  process.exit();
});

try {
  await Promise.race([run(), stopped]);
  if (!endsAfterStory) console.log("\nStopped. The chain, all that was on it, and its file in deployments/ are gone.");
} catch (error) {
  fail(error);
}
// The chain lives in this process alone. Waiting for the connections of others to end would keep it.
process.exit();

async function run(): Promise<void> {
  const app = endsAfterStory ? undefined : appFolder();
  // Awaited when the chain is ready; until then nobody else looks at it.
  app?.catch(() => undefined);
  await buildContracts(console.log);
  // The chain of this process, without the way over its RPC.
  let connection: NetworkConnection | undefined;
  hooks.registerHandlers("network", {
    newConnection: async (context, next) => {
      const made = await next(context);
      connection = made as NetworkConnection;
      return made;
    },
  });
  const [port] = await onFreePort(firstPort("MUTUA_RPC_PORT", RPC_PORT), listenAsNode);
  const rpcUrl = `http://${HOST}:${port}`;
  if (connection === undefined) throw new Error("Hardhat made no connection for its server");
  const { ethers } = connection;
  console.log(`A local chain listens on ${rpcUrl}. Deploying Mutua, and a month of its use …`);
  const local = await deployLocalSystem(ethers);
  const markets = await marketsOf(local, await addEverydayMarket(ethers, local));
  const { people, authority, lens } = local;
  const chain: LocalChain = { ethers, people, authority, lens, markets };

  // Named after the port, so that it never describes another chain that runs beside this one.
  const name = port === RPC_PORT ? "local" : `local-${port}`;
  const deployment = await describeDeployment(name, local, markets);
  const file = writeDeployment(deployment);
  process.on("exit", () => rmSync(file, { force: true }));

  const controls = new Controls(chain);
  let page: string | undefined;
  if (app !== undefined) {
    const config = configOf(deployment, rpcUrl, people);
    const site = { folder: await app, config, controls, rpcUrl };
    const [pagePort] = await onFreePort(
      firstPort("MUTUA_PAGE_PORT", PAGE_PORT),
      async (each) => await serveSite(site, each),
    );
    page = `http://${HOST}:${pagePort}/`;
    console.log(`\nOpen ${page} in a browser. Meanwhile, a loss on the market "story":`);
  }
  await controls.alone("The story of a loss", async () => await tellStory(local, (text) => console.log(`\n${text}`)));
  await controls.remember();
  if (page === undefined) return;
  describe(rpcUrl, page, file);
  console.log("\nThe chain stays up until Ctrl-C.");
  await stopped;
}

async function appFolder(): Promise<string> {
  return process.env.MUTUA_APP ?? (await builtApp(console.log));
}

function firstPort(variable: string, usual: number): number {
  const port = Number(process.env[variable] ?? usual);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new Problem(`${variable} is "${process.env[variable]}": allowed is a port from 1 to 65535.`);
}

/** The first port from `first` on that nobody listens on. */
async function onFreePort<T>(first: number, listen: (port: number) => Promise<T>): Promise<[port: number, T]> {
  for (let port = first; port < first + PORTS; ++port) {
    try {
      const listening = await listen(port);
      if (port !== first) console.log(`Port ${first} is busy: taking ${port}.`);
      return [port, listening];
    } catch (error) {
      if (!["EADDRINUSE", "EACCES"].includes(String((error as NodeJS.ErrnoException).code))) throw error;
    }
  }
  throw new Problem(`ports ${first} to ${first + PORTS - 1} are all busy. End one of the programs that listen there.`);
}

async function listenAsNode(port: number): Promise<void> {
  const initialDate = new Date(Date.now() - (PAST_DAYS * DAY + 60) * 1_000);
  const server = await network.createServer({ network: "node", override: { initialDate } }, HOST, port);
  await new Promise((resolve, reject) => {
    // Hardhat's server says that a port is busy where nobody can catch it.
    busyPort = reject;
    server.listen().then(resolve, reject);
  });
}

function describe(rpcUrl: string, page: string, file: string): void {
  const near = path.relative(process.cwd(), file);
  const shown = near.startsWith("..") ? file : near;
  const ada = developmentKeys().get("ada");
  console.log(
    `\nOpen ${page}\n` +
      "  The app. Connect as ada or anybody else of the list there: no wallet is needed.\n" +
      '  "Make a crisis" drops the price, liquidates, brings money back and lets days pass.\n' +
      "  The story's market is as the story left it; its borrowing is halted until the governor opens it again.",
  );
  console.log(
    `\nRPC ${rpcUrl} (HTTP and WebSocket), chain id ${CHAIN_ID}, for a wallet or a dApp of your own.\n` +
      `  ada ${ada?.address}\n  key ${ada?.privateKey}\n` +
      "  10,000 test coins and millions of test tokens. A development key, known to all the world: nothing of value to it.\n" +
      `  All addresses, until Ctrl-C: ${shown}, for the SDK and the commands.\n` +
      "  Everybody's keys: npm run keys",
  );
}
