// Deploys markets from their parameter files, and reads everything back from the chain.
//   npm run deploy -- --network sepolia             every scripts/deploy/params/sepolia-*.yaml
//   npm run deploy -- --network sepolia --dry-run   the same on a local fork; nothing is sent
//   npm run deploy -- --network sepolia --check     only reads back
// Run it again after whatever has stopped it: what is there is not deployed twice. docs/deploy.md
import { parseArgs } from "node:util";

import { formatUnits, type Wallet, type HDNodeWallet } from "ethers";

import { CHAIN_IDS, type Connection, connectTo, developmentWallet, LOCAL, variableName } from "../lib/connection.ts";
import { Problem, runCommand } from "../lib/problem.ts";
import { Account } from "./account.ts";
import { interfaceOf } from "./artifacts.ts";
import { Reader, requireOsaka } from "./chain.ts";
import { check } from "./check.ts";
import { type Deployment, findDeployment, writeDeployment } from "./deployment.ts";
import { dryRun, report } from "./dry-run.ts";
import { type MarketFile, marketFiles, readMarketFile } from "./params.ts";
import { buildPlan, isSeeded, oracleSteps, type Plan } from "./plan.ts";
import { probeByReading } from "./probe.ts";
import { authorityBlock, carryOut, recordOf } from "./run.ts";

const LOCAL_CHAIN_ID = 31_337n;
const DEVELOPMENT_ACCOUNTS = 20;
const log = (line: string): void => console.log(line);

const USAGE = `npm run deploy -- --network <name> [options]
  --market <name>        only this market (default: every file of the network)
  --params <file>        a parameter file elsewhere
  --url <url>            the RPC (default: <NETWORK>_RPC_URL, MUTUA_RPC_URL, Hardhat's keystore)
  --dry-run              simulate on a local fork, send nothing
  --check                only read back what is deployed
  --oracle               only put the oracle of the parameter file on the chain, for an oracle change
  --confirmations <n>    blocks to wait at the end (default: 2; local: 0)
  --patience <seconds>   after which a transaction is replaced at a higher fee (default: 90)`;

function options() {
  try {
    return parseArgs({
      options: {
        network: { type: "string" },
        market: { type: "string" },
        params: { type: "string", multiple: true },
        url: { type: "string" },
        "dry-run": { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        oracle: { type: "boolean", default: false },
        confirmations: { type: "string" },
        patience: { type: "string", default: "90" },
        help: { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    throw new Problem(
      `${error instanceof Error ? error.message.split(". ", 1)[0] : String(error)}; npm run deploy -- --help lists the options`,
    );
  }
}

await runCommand(async () => {
  const given = options();
  if (given.help) return log(USAGE);
  const { network } = given;
  if (network === undefined)
    throw new Problem(`--network is missing: ${Object.keys(CHAIN_IDS).join(", ")}, or a name of your own with --url`);
  const patience = wholeNumber("--patience", given.patience, 1);
  const files =
    given.params === undefined
      ? marketFiles(network, given.market)
      : given.params.map((path) => readMarketFile(path, network));
  const url = given.url === undefined ? {} : { url: given.url };

  if (given["dry-run"]) return await startDryRun(network, files, url);

  const connection = await connectTo(network, { ...url, signer: given.check ? "optional" : "required" });
  const { provider, chainId, signer } = connection;
  await requireOsaka(provider, network);
  const reader = new Reader(provider);
  const recorded = await recordedOn(connection, reader);
  const creator = signer?.address ?? recorded?.markets[0]?.creator;
  if (creator === undefined)
    throw new Problem(
      `Nothing is recorded on ${network}, and there is no key: set ${variableName(network, "PRIVATE_KEY")} to the deployer's, on whom addresses depend`,
    );
  const plan = buildPlan(network, chainId, files, creator, recorded);

  if (given.check) return await readBack(plan, reader, recorded);
  if (signer === undefined) throw new Error("A key was required");
  const deployer = new Account(signer, provider, { patience, log });
  log(`${network}, chain id ${chainId}; the deployer is ${signer.address}`);
  if (given.oracle) return await deployOracles(plan, reader, deployer);

  for (const market of plan.markets.filter((each) => each.recorded === undefined)) {
    if (await isSeeded(market, reader)) continue;
    report(await probeByReading(market, reader), log);
    await requireSeed(market, plan, reader, signer.address);
  }
  const adminWallet = await adminOf(plan, connection);
  const admin =
    adminWallet === undefined
      ? undefined
      : adminWallet.address === signer.address
        ? deployer
        : new Account(adminWallet, provider, { patience, log });
  const confirmations = wholeNumber(
    "--confirmations",
    given.confirmations ?? (chainId === LOCAL_CHAIN_ID ? "0" : "2"),
    0,
  );
  const waiting = await carryOut(
    plan,
    reader,
    { deployer, ...(admin === undefined ? {} : { admin }) },
    confirmations,
    log,
  );

  const record = await recordOf(plan, reader, recorded);
  log(`Written: ${writeDeployment(record)}`);
  for (const { name, pool } of waiting) {
    const data = interfaceOf("MutuaAuthority").encodeFunctionData("adopt", [pool]);
    log(
      `The admin ${plan.roles.admin} has still to adopt ${name}: to ${plan.contracts.authority}, data ${data} (or set ${variableName(network, "ADMIN_PRIVATE_KEY")} and run this again)`,
    );
  }
  await readBack(plan, reader, record);
});

function wholeNumber(name: string, value: string, minimum: number): number {
  if (!/^\d+$/.test(value) || Number(value) < minimum)
    throw new Problem(`${name}: found ${value}; allowed is a whole number from ${minimum} on`);
  return Number(value);
}

/** What an earlier run has recorded. A local chain that was started anew has nothing of it. */
async function recordedOn({ network, chainId }: Connection, reader: Reader): Promise<Deployment | undefined> {
  const recorded = findDeployment(network);
  if (recorded === undefined) return undefined;
  if (BigInt(recorded.chainId) !== chainId)
    throw new Problem(
      `deployments of ${network} are on chain id ${recorded.chainId}, the RPC has ${chainId}: give another --network name or the right URL`,
    );
  if (chainId === LOCAL_CHAIN_ID && !(await reader.hasCode(recorded.contracts.authority))) {
    log("This local chain is a new one: what is recorded of an old one is written anew.");
    return undefined;
  }
  return recorded;
}

async function startDryRun(network: string, files: readonly MarketFile[], url: { url?: string }): Promise<void> {
  let connection: Connection | undefined;
  try {
    connection = await connectTo(network, url);
  } catch (error) {
    // A URL that was given has to work; without one the dry run does without.
    if (
      !(error instanceof Problem) ||
      url.url !== undefined ||
      (network !== LOCAL && !error.message.startsWith("No RPC"))
    )
      throw error;
  }
  const chainId = connection?.chainId ?? BigInt(files[0]?.chainId ?? 0);
  const reader = connection === undefined ? undefined : new Reader(connection.provider);
  const recorded = connection === undefined || reader === undefined ? undefined : await recordedOn(connection, reader);
  const realUrl = connection?.url;
  await dryRun({
    network,
    chainId,
    files,
    recorded,
    real: reader === undefined || realUrl === undefined ? undefined : { url: realUrl, reader },
    wallet: connection?.signer,
    log,
  });
}

/** The admin's key, where it is here: the deployer's own, a variable, or a local chain's. */
async function adminOf(plan: Plan, connection: Connection): Promise<Wallet | HDNodeWallet | undefined> {
  const { admin } = plan.roles;
  const { network, signer, provider, chainId } = connection;
  if (signer?.address === admin) return signer;
  const named = process.env[variableName(network, "ADMIN_PRIVATE_KEY")];
  if (named !== undefined && named !== "") {
    const { signer: wallet } = await connectTo(network, { url: connection.url, role: "ADMIN" });
    if (wallet?.address !== admin)
      throw new Problem(
        `${variableName(network, "ADMIN_PRIVATE_KEY")} is the key of ${wallet?.address}, the admin is ${admin}: correct one of them`,
      );
    return wallet.connect(provider);
  }
  if (chainId !== LOCAL_CHAIN_ID) return undefined;
  for (let index = 0; index < DEVELOPMENT_ACCOUNTS; ++index) {
    const wallet = developmentWallet(index);
    if (wallet.address === admin) return wallet.connect(provider);
  }
  return undefined;
}

async function requireSeed(
  market: Plan["markets"][number],
  plan: Plan,
  reader: Reader,
  deployer: string,
): Promise<void> {
  const { asset, file } = market;
  if (!("address" in file.asset) || asset.address === plan.contracts.wrappedNative) return;
  const held = await reader.value<bigint>("ERC20", asset.address, "balanceOf", [deployer]);
  if (held >= market.seedAssets) return;
  throw new Problem(
    `The deployer ${deployer} has ${formatUnits(held, asset.decimals)} ${asset.symbol}, the seed deposit is ${file.seedDeposit}: get some${file.asset.faucet === undefined ? "" : ` at ${file.asset.faucet}`}, or lower seedDeposit`,
  );
}

async function deployOracles(plan: Plan, reader: Reader, deployer: Account): Promise<void> {
  for (const market of plan.markets) {
    report(await probeByReading(market, reader), log);
    for (const step of oracleSteps(market, reader)) await deployer.carryOut(step);
    log(
      `${market.name}: the oracle of the parameter file is at ${market.oracle.address}. Now the oracle manager calls scheduleOracle(${market.oracle.address}) of ${market.pool}; three days later the governor's executeOracle() puts it in force; then run npm run deploy again.`,
    );
  }
}

async function readBack(plan: Plan, reader: Reader, recorded: Deployment | undefined): Promise<void> {
  const isThere = await reader.hasCode(plan.contracts.authority);
  const startBlock = recorded?.startBlock ?? (isThere ? await authorityBlock(plan, reader) : 0);
  const { checked, differences } = await check(plan, reader, startBlock);
  for (const difference of differences) console.error(`difference: ${difference}`);
  if (differences.length > 0)
    throw new Problem(
      `The check found ${differences.length} difference${differences.length === 1 ? "" : "s"} in ${checked} things on ${plan.network}`,
    );
  log(`Check: ${checked} things read back from ${plan.network}, no difference.`);
}
