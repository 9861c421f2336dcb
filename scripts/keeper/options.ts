// Options from the command line, then from MUTUA_KEEPER_<NAME> in the environment.
import { parseArgs } from "node:util";

import { getAddress, isAddress, isHexString } from "ethers";

import { Problem } from "../lib/problem.ts";

type Option = { value: string; help: string };

/** Names, what stands for their value, and what they are for. */
const OPTIONS: Record<string, Option> = {
  network: { value: "name|url", help: "a network with deployments/<name>.json, or a chain's URL (default local)" },
  market: { value: "name", help: "which market of the deployment; needed if it has several" },
  url: { value: "url", help: "the node to ask, instead of the network's" },
  pool: { value: "address", help: "a pool by its address, without a deployment file" },
  "start-block": { value: "number", help: "with --pool: no event of it is in an earlier block (default 0)" },
  flash: { value: "address", help: "the FlashLiquidator; liquidations then need no capital" },
  adapter: { value: "address", help: "with --flash: the swap adapter" },
  route: { value: "fee|hex", help: "with --flash: the adapter's route; for one Uniswap v3 pool its fee, 3000 is 0.3%" },
  "sale-discount": { value: "percent", help: "without --flash: what selling collateral costs (default 1)" },
  beneficiary: { value: "address", help: "who gets the profit (default: the account of the key)" },
  "min-profit": {
    value: "tokens",
    help: "the least to earn on a liquidation after gas, in the loan asset (default 0)",
  },
  "coin-price": {
    value: "tokens|collateral|asset|feed",
    help: "what the native coin is worth in the loan asset: a number, one of the two tokens, or a feed's address",
  },
  "max-gas-gwei": { value: "gwei", help: "send nothing above this gas price (default 500)" },
  "tip-gwei": { value: "gwei", help: "priority fee (default 0.1)" },
  batch: { value: "number", help: "with --flash: most liquidations in a transaction (default 20)" },
  "simulate-on": { value: "pending|latest", help: "the state to try on; pending sees others' transactions (default)" },
  slot: { value: "i/n", help: "of n keepers of one owner this is the i-th: others' positions only a block later" },
  "jitter-ms": {
    value: "number",
    help: "wait up to this before acting, so that equals don't act at once (default 200)",
  },
  do: { value: "list", help: "what to do, of liquidate,flag,foreclose,estate,pivot (default all)" },
  "pivot-saving": { value: "gas", help: "move the pivot when it saves each withdrawal this much (default 100000)" },
  checkpoint: { value: "file", help: "where to keep what is known (default .keeper/<chain>-<pool>.json)" },
  "metrics-host": { value: "host", help: "where /metrics listens (default 127.0.0.1)" },
  "metrics-port": { value: "port", help: "0: any that is free (default 9464)" },
  "poll-ms": { value: "number", help: "how often to ask for a new block (default 1000)" },
  "stuck-blocks": { value: "number", help: "replace a transaction that is not mined after so many blocks (default 3)" },
  "undo-blocks": {
    value: "number",
    help: "blocks that can be taken back; a deeper reorg reads all anew (default 128)",
  },
  "chunk-blocks": { value: "number", help: "most blocks to ask events of at once (default 10000)" },
};

const FLAGS: Record<string, string> = {
  "dry-run": "say what would be done, send nothing; needs no key",
  once: "one round, then end",
  verbose: "log what is not worth acting on as well",
  help: "this list",
};

export const ACTS = ["liquidate", "flag", "foreclose", "estate", "pivot"] as const;
export type Act = (typeof ACTS)[number];

export type CoinPrice =
  { kind: "fixed"; tokens: string } | { kind: "collateral" } | { kind: "asset" } | { kind: "feed"; feed: string };

export type Options = {
  network: string;
  market: string | undefined;
  url: string | undefined;
  pool: string | undefined;
  startBlock: number;
  flash: { address: string; adapter: string; route: string } | undefined;
  saleDiscountBps: bigint;
  beneficiary: string | undefined;
  minProfit: string;
  coinPrice: CoinPrice | undefined;
  maxGasPrice: bigint;
  tip: bigint;
  batch: number;
  simulateOn: "pending" | "latest";
  slot: { index: number; count: number };
  jitterMs: number;
  acts: ReadonlySet<Act>;
  pivotSaving: number;
  checkpoint: string | undefined;
  metricsHost: string;
  metricsPort: number;
  pollMs: number;
  stuckBlocks: number;
  undoBlocks: number;
  chunkBlocks: number;
  isDryRun: boolean;
  isOnce: boolean;
  isVerbose: boolean;
};

export function usage(): string {
  const lines = [
    ...Object.entries(OPTIONS).map(([name, { value, help }]): [string, string] => [`--${name} <${value}>`, help]),
    ...Object.entries(FLAGS).map(([name, help]): [string, string] => [`--${name}`, help]),
  ];
  const width = Math.max(...lines.map(([left]) => left.length));
  return [
    "npm run keeper -- [options]",
    "",
    ...lines.map(([left, help]) => `  ${left.padEnd(width)}  ${help}`),
    "",
    "Each option can be given as MUTUA_KEEPER_<NAME> in the environment: MUTUA_KEEPER_MIN_PROFIT=5.",
    "The key: <NETWORK>_KEEPER_PRIVATE_KEY, then <NETWORK>_PRIVATE_KEY, MUTUA_PRIVATE_KEY, then Hardhat's keystore.",
  ].join("\n");
}

/** Undefined: the user asked for the list of options. */
export function readOptions(args: string[], environment: NodeJS.ProcessEnv): Options | undefined {
  const given = parse(args);
  if (given["help"] === true) return undefined;
  const text = (name: string): string | undefined => {
    const value = given[name] ?? environment[`MUTUA_KEEPER_${name.toUpperCase().replaceAll("-", "_")}`];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const flag = (name: string): boolean => {
    const set = environment[`MUTUA_KEEPER_${name.toUpperCase().replaceAll("-", "_")}`];
    return given[name] === true || (set !== undefined && !["", "0", "false"].includes(set));
  };
  const number = (name: string, standard: number, least: number, most: number): number => {
    const value = text(name);
    if (value === undefined) return standard;
    if (!/^\d+$/.test(value) || Number(value) < least || Number(value) > most) {
      throw new Problem(`--${name} is "${value}": allowed is a whole number from ${least} to ${most}`);
    }
    return Number(value);
  };
  const decimal = (name: string, standard: string): string => {
    const value = text(name) ?? standard;
    if (!/^\d+(\.\d{1,18})?$/.test(value)) throw new Problem(`--${name} is "${value}": allowed is a number like 2.5`);
    return value;
  };
  const address = (name: string): string | undefined => {
    const value = text(name);
    if (value !== undefined && !isAddress(value)) {
      throw new Problem(`--${name} is "${String(value)}": allowed is an address, 0x and 40 hex digits`);
    }
    return value === undefined ? undefined : getAddress(value);
  };
  const gwei = (name: string, standard: string): bigint => scaled(decimal(name, standard), 9);
  const saleDiscountBps = scaled(decimal("sale-discount", "1"), 2);
  if (saleDiscountBps >= 10_000n) throw new Problem("--sale-discount must be under 100 (percent)");
  return {
    network: text("network") ?? "local",
    market: text("market"),
    url: text("url"),
    pool: address("pool"),
    startBlock: number("start-block", 0, 0, Number.MAX_SAFE_INTEGER),
    flash: flashOf(address("flash"), address("adapter"), text("route")),
    saleDiscountBps,
    beneficiary: address("beneficiary"),
    minProfit: decimal("min-profit", "0"),
    coinPrice: coinPriceOf(text("coin-price")),
    maxGasPrice: gwei("max-gas-gwei", "500"),
    tip: gwei("tip-gwei", "0.1"),
    batch: number("batch", 20, 1, 40),
    simulateOn: oneOf("simulate-on", text("simulate-on") ?? "pending", ["pending", "latest"]),
    slot: slotOf(text("slot") ?? "1/1"),
    jitterMs: number("jitter-ms", 200, 0, 60_000),
    acts: new Set((text("do") ?? ACTS.join(",")).split(",").map((act) => oneOf("do", act.trim(), ACTS))),
    pivotSaving: number("pivot-saving", 100_000, 1, Number.MAX_SAFE_INTEGER),
    checkpoint: text("checkpoint"),
    metricsHost: text("metrics-host") ?? "127.0.0.1",
    metricsPort: number("metrics-port", 9_464, 0, 65_535),
    pollMs: number("poll-ms", 1_000, 20, 600_000),
    stuckBlocks: number("stuck-blocks", 3, 1, 1_000),
    undoBlocks: number("undo-blocks", 128, 2, 10_000),
    chunkBlocks: number("chunk-blocks", 10_000, 1, 1_000_000),
    isDryRun: flag("dry-run"),
    isOnce: flag("once"),
    isVerbose: flag("verbose"),
  };
}

function parse(args: string[]): Record<string, string | boolean | undefined> {
  const options = Object.fromEntries([
    ...Object.keys(OPTIONS).map((name) => [name, { type: "string" }] as const),
    ...Object.keys(FLAGS).map((name) => [name, { type: "boolean" }] as const),
  ]);
  try {
    return parseArgs({ args, options, allowPositionals: false }).values as Record<string, string | boolean>;
  } catch (error) {
    const [reason] = (error as Error).message.split(/\. |\n/, 1);
    throw new Problem(`${reason}: npm run keeper -- --help lists the options`);
  }
}

function oneOf<T extends string>(name: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === value);
  if (found === undefined) throw new Problem(`--${name} has "${value}": allowed is ${allowed.join(", ")}`);
  return found;
}

function scaled(decimal: string, digits: number): bigint {
  const [whole = "0", part = ""] = decimal.split(".");
  return BigInt(whole) * 10n ** BigInt(digits) + BigInt(part.slice(0, digits).padEnd(digits, "0") || "0");
}

function slotOf(text: string): { index: number; count: number } {
  const [, index = 0, count = 0] = (/^(\d+)\/(\d+)$/.exec(text) ?? []).map(Number);
  if (index < 1 || index > count || count > 100) {
    throw new Problem(`--slot is "${text}": allowed is the number of this keeper and of all, like 1/2`);
  }
  return { index: index - 1, count };
}

function coinPriceOf(text: string | undefined): CoinPrice | undefined {
  if (text === undefined) return undefined;
  if (text === "collateral") return { kind: "collateral" };
  if (text === "asset") return { kind: "asset" };
  if (isAddress(text)) return { kind: "feed", feed: getAddress(text) };
  if (/^\d+(\.\d{1,18})?$/.test(text)) return { kind: "fixed", tokens: text };
  throw new Problem(
    `--coin-price is "${String(text)}": allowed is a number, "collateral", "asset", or a feed's address`,
  );
}

function flashOf(address?: string, adapter?: string, route?: string): Options["flash"] {
  if (address === undefined) {
    if (adapter !== undefined || route !== undefined) throw new Problem("--adapter and --route need --flash as well");
    return undefined;
  }
  if (adapter === undefined || route === undefined) throw new Problem("--flash needs --adapter and --route as well");
  if (/^\d{1,7}$/.test(route)) return { address, adapter, route: `0x${Number(route).toString(16).padStart(6, "0")}` };
  if (!isHexString(route) || route.length % 2 !== 0) {
    throw new Problem(`--route is "${route}": allowed is a pool's fee in millionths, or a path in hex`);
  }
  return { address, adapter, route };
}
