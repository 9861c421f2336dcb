// `npm start`: a local chain with the whole system on it, the story of a loss, and all it takes to connect.
// MUTUA_ONCE=1, or CI as build services set it: end after the story instead of waiting for Ctrl-C.
import { once } from "node:events";
import { createServer } from "node:net";

import { network } from "hardhat";

import { deployLocalSystem, developmentKeys, HOLDERS, type LocalSystem } from "./lib/local-system.js";
import { list } from "./lib/table.js";
import { tellStory } from "./story.js";

const HOST = "127.0.0.1";
const FIRST_PORT = 8545;
const PORTS = 20;
const CHAIN_ID = 31_337n;

/** What went wrong, and how to mend it. */
class StartError extends Error {}

const isSet = (value: string | undefined): boolean => value !== undefined && !["", "0", "false"].includes(value);
const endsAfterStory = isSet(process.env.MUTUA_ONCE) || (process.env.MUTUA_ONCE === undefined && isSet(process.env.CI));

const stopped = new Promise<void>((resolve) => {
  // More than one may come for one Ctrl-C: the terminal's own, and npm's.
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => resolve());
  // And none at all where the shell between npm and this process took it and ended: then the parent is another one.
  const parent = process.ppid;
  const watchParent = () => process.ppid !== parent && resolve();
  if (process.env.npm_lifecycle_event !== undefined) setInterval(watchParent, 300).unref();
});

try {
  await Promise.race([run(), stopped]);
  if (!endsAfterStory) console.log("\nStopped. The chain and all that was on it are gone.");
} catch (error) {
  const reason = (error instanceof Error ? error.message : String(error)).split("\n", 1).join("").replace(/\.?$/, ".");
  const remedy = error instanceof StartError ? "" : " Run `npm run build`, then `npm start` again.";
  console.error(`Mutua did not start: ${reason}${remedy}`);
  process.exitCode = 1;
}
// The chain lives in this process alone. Waiting for the connections of others to end would keep it.
process.exit();

async function run(): Promise<void> {
  const port = await freePort();
  await (await network.createServer("node", HOST, port)).listen();
  const url = `http://${HOST}:${port}`;
  // The script uses the chain as a dApp does: over its RPC.
  const { ethers } = await network.create({ network: "localhost", override: { url } });
  const { chainId } = await ethers.provider.getNetwork();
  if (chainId !== CHAIN_ID) throw new StartError(`${url} has chain id ${chainId}. End the program that listens there.`);
  console.log(`A local chain listens on ${url}. Deploying Mutua …\n`);
  const local = await deployLocalSystem(ethers);
  await tellStory(local, console.log);
  await describe(local, url);
  if (endsAfterStory) return;
  console.log("\nThe chain stays up until Ctrl-C.");
  await stopped;
}

async function freePort(): Promise<number> {
  for (let port = FIRST_PORT; port < FIRST_PORT + PORTS; ++port) {
    if (await isFree(port)) {
      if (port !== FIRST_PORT) console.log(`Port ${FIRST_PORT} is busy: taking ${port}.`);
      return port;
    }
  }
  const last = FIRST_PORT + PORTS - 1;
  throw new StartError(`ports ${FIRST_PORT} to ${last} are all busy. End one of the programs that listen there.`);
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen({ port, host: HOST, exclusive: true });
    await once(probe, "listening");
  } catch {
    return false;
  }
  probe.close();
  await once(probe, "close");
  return true;
}

async function describe(local: LocalSystem, url: string): Promise<void> {
  const { system, authority, lens, router, wrapped, story, open } = local;
  const openPool = await open.pool.getAddress();
  console.log(`\nConnect\n-------\nRPC ${url} (HTTP and WebSocket), chain id ${CHAIN_ID}\n`);
  console.log(
    list([
      ["pool of the story, mUSD-ETH", await story.pool.getAddress()],
      ["its insurance fund", await story.fund.getAddress()],
      ["its oracle; the deployer sets the price", await story.oracle.getAddress()],
      ["an open pool, mUSD-WETH", openPool],
      ["its insurance fund", await open.fund.getAddress()],
      ["its oracle; the deployer sets the price", await open.oracle.getAddress()],
      ["test dollar USDT, anyone can mint", await story.asset.getAddress()],
      ["test ether ETHT, anyone can mint", await story.collateral.getAddress()],
      ["wrapped native coin WETH", await wrapped.getAddress()],
      ["PoolLens", await lens.getAddress()],
      ["Router", await router.getAddress()],
      ["PoolFactory", await system.factory.getAddress()],
      ["MutuaAuthority", await authority.getAddress()],
    ]),
  );
  console.log(
    "\nBorrowing in the pool of the story is halted: after a haircut it is until the governor reopens it. The open pool\n" +
      "has a million dollars, a loan, and no loss.\n\n" +
      "The accounts, each with its private key, 10,000 test coins for gas and, from ada on, millions of test tokens.\n" +
      "These are the development keys of every Hardhat node, known to all the world: never send them anything of value.\n",
  );
  console.log(
    list(
      [...developmentKeys()].map(([name, { address, privateKey }]) => [
        HOLDERS.includes(name) ? name : `${name} (role)`,
        `${address}\n${privateKey}`,
      ]),
    ),
  );
  console.log(
    "\nFrom JavaScript, with ethers (the whole ABI of a pool is that of ILendingPool, in artifacts/):\n\n" +
      '  import { Contract, JsonRpcProvider } from "ethers";\n' +
      `  const provider = new JsonRpcProvider("${url}");\n` +
      `  const pool = new Contract("${openPool}", ["function exitPrice() view returns (uint256)"], provider);\n` +
      "  console.log(await pool.exitPrice()); // 1000000000000000000n is a dollar a share",
  );
}
