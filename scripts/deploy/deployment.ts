// deployments/<network>.json: what is deployed on a network. `npm run deploy` writes it, everything else reads it.
import { readFileSync, renameSync, writeFileSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";

import { getAddress, isAddress } from "ethers";
import { z } from "zod";

import { describeIssues, Problem } from "../lib/problem.ts";

/** Nobody has its key: what is sent there stays. The seed deposit's shares are there. */
export const NOBODY = "0x000000000000000000000000000000000000dEaD";

const address = z
  .string()
  .refine(isAddress, "allowed is an address, 0x and 40 hex digits")
  .transform((value) => getAddress(value));
/** A whole number of a chain's: a decimal string in the file, a bigint here. */
const integer = z
  .string()
  .regex(/^\d+$/, "allowed is a whole number in quotes")
  .transform((value) => BigInt(value));
const block = z.int().nonnegative();

const token = z.strictObject({ address, symbol: z.string(), decimals: z.int().min(0).max(36) });

/** What the pool was created with, in the chain's units. Addresses are beside it. */
const poolParameters = z.strictObject({
  name: z.string(),
  symbol: z.string(),
  borrowLtvBps: integer,
  lltvBps: integer,
  lifFloorBps: integer,
  lifMinBps: integer,
  lifPeakBps: integer,
  repayTargetBps: integer,
  maxDeviationBps: integer,
  reserveFeePercent: integer,
  fundFeePercent: integer,
  reserveTargetBps: integer,
  supplyCapTokens: integer,
  borrowCapTokens: integer,
  collateralCap: integer,
  minDebt: integer,
  initialRateAtTargetPerSecondWad: integer,
});

const market = z.strictObject({
  /** As in the name of its parameter file: scripts/deploy/params/<network>-<name>.yaml. */
  name: z.string(),
  pool: address,
  fund: address,
  oracle: address,
  oracleKind: z.enum(["chainlink", "fixed"]),
  asset: token,
  collateral: token,
  /** Who called the factory, and the oracle of the first day: the pool's address depends on both. */
  creator: address,
  initialOracle: address,
  /** No event of the pool is in an earlier block. */
  startBlock: block,
  /** Assets deposited at the start and never withdrawn. */
  seedAssets: integer,
  parameters: poolParameters,
});

export const ABI_NAMES = [
  "MutuaAuthority",
  "PoolFactory",
  "PoolLens",
  "Router",
  "LendingPool",
  "InsuranceFund",
  "ChainlinkOracle",
  "FixedOracle",
  "ERC20",
] as const;
export type AbiName = (typeof ABI_NAMES)[number];

const fragment = z.looseObject({ type: z.string() });

export const deploymentSchema = z.strictObject({
  network: z.string(),
  chainId: z.int().positive(),
  /** No event of any of these contracts is in an earlier block. */
  startBlock: block,
  /** The commit that was deployed; "-dirty" if the tree had changes. */
  commit: z.string(),
  contracts: z.strictObject({
    /** The authority, once for all markets of the file. */
    authority: address,
    factory: address,
    lens: address,
    router: address,
    /** Linked into pools and their modules. */
    certificates: address,
    desk: address,
    views: address,
    /** The chain's wrapped native coin, which the router serves. */
    wrappedNative: address,
  }),
  roles: z.strictObject({ admin: address, governor: address, guardian: address, oracleManager: address }),
  markets: z.array(market),
  /** "LendingPool" is the whole ABI of a pool, modules included. */
  abis: z.record(z.enum(ABI_NAMES), z.array(fragment)),
});

export type Deployment = z.output<typeof deploymentSchema>;
export type DeployedMarket = Deployment["markets"][number];
export type PoolParameters = z.output<typeof poolParameters>;
export type TokenInfo = z.output<typeof token>;

/** MUTUA_DEPLOYMENTS names another folder. */
export function deploymentPath(network: string): string {
  return join(process.env["MUTUA_DEPLOYMENTS"] ?? "deployments", `${network}.json`);
}

/** Undefined if nothing is deployed there. A file that can't be read is a Problem. */
export function findDeployment(network: string): Deployment | undefined {
  const path = deploymentPath(network);
  if (!existsSync(path)) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, "utf8"));
  } catch {
    throw new Problem(`${path} is not JSON: take it from version control, or delete it and run npm run deploy again`);
  }
  const parsed = deploymentSchema.safeParse(json, { reportInput: true });
  if (!parsed.success) throw new Problem(describeIssues(parsed.error, path));
  return parsed.data;
}

export function readDeployment(network: string): Deployment {
  const deployment = findDeployment(network);
  if (deployment === undefined) {
    const path = deploymentPath(network);
    throw new Problem(`${path} is missing: run npm run deploy -- --network ${network}, or name another network`);
  }
  return deployment;
}

/** The market of that name; without a name the only one there is. */
export function marketOf(deployment: Deployment, name?: string): DeployedMarket {
  const names = deployment.markets.map((each) => each.name).join(", ");
  const found =
    name === undefined && deployment.markets.length === 1
      ? deployment.markets[0]
      : deployment.markets.find((each) => each.name === name);
  if (found !== undefined) return found;
  throw new Problem(
    name === undefined
      ? `${deployment.network} has the markets ${names}: name one with --market`
      : `${deployment.network} has no market "${name}", but: ${names}`,
  );
}

/** Written whole or not at all. */
export function writeDeployment(deployment: Deployment): string {
  const path = deploymentPath(deployment.network);
  mkdirSync(dirname(path), { recursive: true });
  const text = JSON.stringify(
    deployment,
    (_key, value: unknown) => (typeof value === "bigint" ? `${value}` : value),
    2,
  );
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${text}\n`);
  renameSync(temporary, path);
  return path;
}
