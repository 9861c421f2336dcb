// Carries a plan out on a chain, from wherever an earlier run has left it.
import { execFileSync } from "node:child_process";

import { Problem } from "../lib/problem.ts";
import { type Account, messageOf, Reorganised, type Step } from "./account.ts";
import { artifact, type ContractName, PROXY } from "./artifacts.ts";
import type { Reader } from "./chain.ts";
import { ABI_NAMES, type AbiName, type Deployment } from "./deployment.ts";
import { adoptStep, coreSteps, type MarketPlan, marketSteps, oracleSteps, type Plan } from "./plan.ts";

export type Crew = { deployer: Account; admin?: Account };

/** How often a deployment starts again from its first step after a reorganisation, before it gives up. */
const ROUNDS = 5;
const POLL_MILLISECONDS = 250;

/** Until every step of the plan is on the chain, `confirmations` blocks deep. Returns the markets that wait for an admin
 * whose key is not here. */
export async function carryOut(
  plan: Plan,
  reader: Reader,
  crew: Crew,
  confirmations: number,
  log: (line: string) => void,
): Promise<MarketPlan[]> {
  for (let round = 1; ; ++round) {
    try {
      const waiting = await oneRound(plan, reader, crew, log);
      await blocksFromNow(reader, confirmations);
      const lost = await firstMissing(plan, reader, crew, waiting);
      if (lost === undefined) return waiting;
      throw new Reorganised(`${lost} is gone again`);
    } catch (error) {
      if (!(error instanceof Reorganised) || round === ROUNDS) throw error;
      log(`The chain was reorganised: ${error.message}. Starting again from the first step.`);
    }
  }
}

async function oneRound(plan: Plan, reader: Reader, crew: Crew, log: (line: string) => void): Promise<MarketPlan[]> {
  await ensureProxy(reader, crew.deployer, log);
  const steps = allSteps(plan, reader, crew.deployer.address);
  const total = steps.length + plan.markets.length;
  let number = 0;
  const perform = async (account: Account, step: Step): Promise<void> => {
    const label = `[${String(++number).padStart(2)}/${total}] ${step.title}`;
    if (await step.isDone()) {
      log(`${label}: there`);
      return;
    }
    log(`${label} …`);
    await account.carryOut(step);
    log(`${label}: done`);
  };
  for (const step of steps) await perform(crew.deployer, step);
  const waiting: MarketPlan[] = [];
  for (const market of plan.markets) {
    const step = adoptStep(plan, market, reader);
    if (crew.admin !== undefined) await perform(crew.admin, step);
    else if (!(await step.isDone())) waiting.push(market);
  }
  return waiting;
}

export function allSteps(plan: Plan, reader: Reader, deployer: string): Step[] {
  return [
    ...coreSteps(plan, reader),
    ...plan.markets.flatMap((market) => [
      ...oracleSteps(market, reader),
      ...marketSteps(plan, market, reader, deployer),
    ]),
  ];
}

async function firstMissing(
  plan: Plan,
  reader: Reader,
  crew: Crew,
  waiting: readonly MarketPlan[],
): Promise<string | undefined> {
  const adoptions = plan.markets
    .filter((market) => !waiting.includes(market))
    .map((market) => adoptStep(plan, market, reader));
  for (const step of [...allSteps(plan, reader, crew.deployer.address), ...adoptions]) {
    if (!(await step.isDone())) return step.title;
  }
  return undefined;
}

async function blocksFromNow(reader: Reader, count: number): Promise<void> {
  const start = await reader.provider.getBlockNumber();
  while ((await reader.provider.getBlockNumber()) < start + count) {
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
  }
}

/** The deployment proxy, on a chain that lacks it: by the same transaction as everywhere, whose sender has to be paid. */
async function ensureProxy(reader: Reader, deployer: Account, log: (line: string) => void): Promise<void> {
  if (await reader.hasCode(PROXY.address)) return;
  log("The deployment proxy is not on this chain: putting it there");
  await deployer.carryOut({
    title: "coins for the deployment proxy's transaction",
    to: PROXY.sender,
    data: "0x",
    value: PROXY.cost,
    isDone: async () =>
      (await reader.hasCode(PROXY.address)) || (await reader.provider.getBalance(PROXY.sender)) >= PROXY.cost,
  });
  try {
    await reader.provider.send("eth_sendRawTransaction", [PROXY.transaction]);
  } catch (error) {
    if (!/known|imported/i.test(messageOf(error))) {
      throw new Problem(
        `This chain has no deployment proxy at ${PROXY.address} and its node refuses the transaction that creates it (${messageOf(error)}): ask the chain's operators for it`,
      );
    }
  }
  while (!(await reader.hasCode(PROXY.address))) await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
}

// ---------------------------------------------------------------- the record

/** What deployments/<network>.json says of a plan that is carried out. */
export async function recordOf(plan: Plan, reader: Reader, before: Deployment | undefined): Promise<Deployment> {
  const markets = await Promise.all(
    plan.markets.map(async (market) => ({
      name: market.name,
      pool: market.pool,
      fund: market.fund,
      oracle: await reader.value<string>("ILendingPool", market.pool, "config"),
      oracleKind: market.oracleKind,
      asset: market.asset,
      collateral: market.collateral,
      creator: market.creator,
      initialOracle: market.initialOracle,
      startBlock: market.recorded?.startBlock ?? (await reader.blockAt(await createdAt(plan, market, reader))),
      seedAssets: market.seedAssets,
      parameters: market.parameters,
    })),
  );
  const untouched = before?.markets.filter((each) => !markets.some((market) => market.name === each.name)) ?? [];
  const all = [...untouched, ...markets];
  return {
    network: plan.network,
    chainId: Number(plan.chainId),
    startBlock: before?.startBlock ?? (await authorityBlock(plan, reader)),
    commit: before?.commit ?? commit(),
    contracts: plan.contracts,
    roles: plan.roles,
    markets: all,
    abis: allAbis(),
  };
}

export function allAbis(): Deployment["abis"] {
  return Object.fromEntries(ABI_NAMES.map((name) => [name, artifact(ABI_SOURCES[name]).abi])) as Deployment["abis"];
}

const ABI_SOURCES: Record<AbiName, ContractName> = {
  MutuaAuthority: "MutuaAuthority",
  PoolFactory: "PoolFactory",
  PoolLens: "PoolLens",
  Router: "Router",
  LendingPool: "ILendingPool",
  InsuranceFund: "InsuranceFund",
  ChainlinkOracle: "ChainlinkOracle",
  FixedOracle: "FixedOracle",
  ERC20: "ERC20",
};

async function createdAt(plan: Plan, market: MarketPlan, reader: Reader): Promise<bigint> {
  const listing = await reader.value<{ createdAt: bigint }>("PoolFactory", plan.contracts.factory, "listing", [
    market.pool,
  ]);
  return listing.createdAt;
}

/** The authority appoints its admin as it is created: since then. */
export async function authorityBlock(plan: Plan, reader: Reader): Promise<number> {
  const since = await reader.value<bigint>("MutuaAuthority", plan.contracts.authority, "getAccess", [
    0n,
    plan.roles.admin,
  ]);
  return since === 0n ? 0 : await reader.blockAt(since);
}

function git(...args: string[]): string {
  return execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
}

export function commit(): string {
  try {
    const changed = git("status", "--porcelain", "--", "contracts", "hardhat.config.ts", "package-lock.json");
    return `${git("rev-parse", "HEAD")}${changed === "" ? "" : "-dirty"}`;
  } catch {
    return "unknown";
  }
}
