// scripts/deploy/params/<network>-<market>.yaml: a market as people write it, and what it is in the chain's units.
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename } from "node:path";

import { getAddress, isAddress, parseUnits } from "ethers";
import { parse } from "yaml";
import { z } from "zod";

import { describeIssues, Problem } from "../lib/problem.ts";

const FOLDER = "scripts/deploy/params";
const BPS = 10_000n;
const WAD = 10n ** 18n;
const YEAR = 365n * 24n * 60n * 60n;
const PRICE_DECIMALS = 36n;
const SECONDS = { second: 1n, minute: 60n, hour: 3_600n, day: 86_400n } as const;
/** As in contracts/libraries/Constants.sol. */
const MAX_CAP_TOKENS = 2n ** 31n - 1n;
const MAX_FEE_BPS = 5_000n;
const MIN_RATE_BPS = 10n;
const MAX_RATE_BPS = 20_000n;
const MAX_MIN_DEBT = "1000000";

// ---------------------------------------------------------------- values

const allowed = (what: string) => ({ error: `allowed is ${what}` });

function object<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  const keys = Object.keys(shape).join(", ");
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? `unknown key ${issue.keys.join(", ")}; allowed are ${keys}`
        : `allowed is a block with the keys ${keys}`,
  });
}

const text = (what: string, maximum: number) =>
  z.string(allowed(what)).refine((value) => value.length > 0 && Buffer.byteLength(value) <= maximum, allowed(what));

const address = z
  .string(allowed("an address in quotes, 0x and 40 hex digits"))
  .refine(isAddress, allowed("an address, 0x and 40 hex digits with the right checksum"))
  .transform((value) => getAddress(value));

function inBps(value: string): bigint {
  return parseUnits(value.slice(0, -1), 2);
}

/** "86%" in 1e4ths. */
function percent(what: string, minimumBps: bigint, maximumBps: bigint) {
  const range = `from ${shownBps(minimumBps)} to ${shownBps(maximumBps)}, with at most two decimals`;
  const hint = allowed(`${what} as a percentage ${range}`);
  return z
    .string(hint)
    .refine((value) => {
      if (!/^\d+(\.\d{1,2})?%$/.test(value)) return false;
      return inBps(value) >= minimumBps && inBps(value) <= maximumBps;
    }, hint)
    .transform(inBps);
}

export function shownBps(bps: bigint): string {
  const decimals = String(bps % 100n)
    .padStart(2, "0")
    .replace(/0+$/, "");
  return `${bps / 100n}${decimals === "" ? "" : `.${decimals}`}%`;
}

/** "1_000_000.5" or 1000000.5, kept as text: units come with the token's decimals. */
const amount = (what: string) =>
  z
    .union([z.number(), z.string()], allowed(`${what}, a number such as 1_000_000 or 0.5`))
    .transform((value) => String(value).replaceAll("_", ""))
    .refine((value) => /^\d+(\.\d+)?$/.test(value), allowed(`${what}, a number such as 1_000_000 or 0.5`));

const cap = (what: string) =>
  amount(what)
    .refine(
      (value) => /^\d+$/.test(value) && BigInt(value) <= MAX_CAP_TOKENS,
      allowed(`${what} in whole tokens, at most ${MAX_CAP_TOKENS}`),
    )
    .transform((value) => BigInt(value));

function inSeconds(value: string): bigint {
  const [count, unit] = value.split(" ") as [string, string];
  return BigInt(count) * SECONDS[unit.replace(/s$/, "") as keyof typeof SECONDS];
}

/** "24 hours" in seconds. */
function duration(what: string, minimum: bigint, maximum: bigint) {
  const hint = allowed(
    `${what} such as 90 seconds, 20 minutes, 24 hours or 7 days, from ${minimum} to ${maximum} seconds`,
  );
  return z
    .string(hint)
    .refine((value) => {
      if (!/^\d+ (second|minute|hour|day)s?$/.test(value)) return false;
      return inSeconds(value) >= minimum && inSeconds(value) <= maximum;
    }, hint)
    .transform(inSeconds);
}

// ---------------------------------------------------------------- the file

const symbol = text("a symbol of 1 to 32 bytes", 32);
const decimals = (maximum: number) =>
  z
    .int(allowed(`a whole number from 0 to ${maximum}`))
    .min(0, allowed(`a whole number from 0 to ${maximum}`))
    .max(maximum, allowed(`a whole number from 0 to ${maximum}`));
const source = z.string(allowed("the address of the page or book this comes from")).optional();

/** A token that is there, or a test token to deploy: one that anyone can mint, or a wrapped native coin. */
const token = (maximumDecimals: number) =>
  z.union(
    [
      object({ address, symbol, decimals: decimals(maximumDecimals), source, faucet: z.string().optional() }),
      object({
        mock: z.literal("erc20"),
        symbol,
        decimals: decimals(maximumDecimals),
        name: text("a name of 1 to 64 bytes", 64),
      }),
      object({ mock: z.literal("wrapped-native") }),
    ],
    allowed(
      `a token {address, symbol, decimals: 0 to ${maximumDecimals}, source}, or a test token {mock: erc20, name, symbol, decimals} or {mock: wrapped-native}`,
    ),
  );

const feed = object({
  feed: address,
  /** What the feed's own description must say. */
  pair: text("the feed's description, such as ETH / USD", 64),
  heartbeat: duration("a time", 1n, 7n * SECONDS.day),
  /** The answers that are believed, in the feed's unit. */
  min: amount("the lowest answer that is believed"),
  max: amount("the highest answer that is believed"),
  decimals: decimals(18).default(8),
  source,
}).refine((value) => Number(value.min) < Number(value.max), { error: "allowed is a min below max" });

const holder = z.union(
  [z.literal("deployer"), address],
  allowed("an address in quotes, or the word deployer (the account that deploys; for tests)"),
);

const fileSchema = object({
  network: text("the network's name, as in the file's name", 40),
  chainId: z.int(allowed("the network's chain id")).positive(allowed("the network's chain id")),
  market: z.string(allowed("the market's name")).regex(/^[a-z0-9-]+$/, allowed("the market's name, of a-z, 0-9 and -")),
  roles: object({ admin: holder, governor: holder, guardian: holder, oracleManager: holder }),
  wrappedNative: z.union(
    [object({ address, source }), object({ mock: z.literal("wrapped-native") })],
    allowed("{address, source}, or {mock: wrapped-native}"),
  ),
  asset: token(18),
  collateral: token(24),
  oracle: z.discriminatedUnion(
    "kind",
    [
      object({
        kind: z.literal("chainlink"),
        paths: z
          .array(object({ collateral: feed, loan: feed.optional() }))
          .min(1, allowed("one path of feeds or two"))
          .max(2, allowed("one path of feeds or two")),
        sequencer: object({ feed: address, gracePeriod: duration("a time", 1n, SECONDS.day), source }).optional(),
        vault: object({
          underlying: address,
          underlyingDecimals: decimals(24),
          minRate: amount("the lowest rate that is believed, in underlying tokens for a vault token"),
          maxRate: amount("the highest rate that is believed, in underlying tokens for a vault token"),
        }).optional(),
      }),
      object({
        kind: z.literal("fixed"),
        owner: holder,
        price: amount("a price, in loan tokens for a collateral token"),
      }),
    ],
    allowed("kind: chainlink, or kind: fixed for a test chain"),
  ),
  pool: object({
    name: text("a name of 1 to 23 bytes", 23),
    symbol: text("a symbol of 1 to 31 bytes", 31),
    borrowLtv: percent("the borrow ltv", 0n, BPS),
    lltv: percent("the lltv", 1n, BPS),
    liquidationIncentive: object({
      floor: percent("the incentive", 0n, BPS - 1n),
      min: percent("the incentive", 0n, BPS - 1n),
      peak: percent("the incentive", 0n, BPS - 1n),
    }),
    repayTarget: percent("the repay target", 1n, BPS),
    maxDeviation: percent("the deviation", 0n, BPS),
    reserveFee: percent("the reserve's fee", 0n, MAX_FEE_BPS),
    fundFee: percent("the fund's fee", 0n, MAX_FEE_BPS),
    reserveTarget: percent("the reserve's target", 0n, BPS),
    supplyCap: cap("the supply cap"),
    borrowCap: cap("the borrow cap"),
    collateralCap: amount("the collateral cap in tokens"),
    minDebt: amount("the smallest debt in tokens"),
    initialRate: percent("the rate a year at 90% utilisation on the first day", MIN_RATE_BPS, MAX_RATE_BPS),
  }),
  seedDeposit: amount("the first deposit in tokens, which is never withdrawn"),
});

export type MarketFile = z.output<typeof fileSchema> & { path: string };
export type Feed = z.output<typeof feed>;
export type TokenFile = MarketFile["asset"];
export type OracleFile = MarketFile["oracle"];

/** What single keys can't say: the relations that the pool's constructor asks for. */
function checkRelations(file: MarketFile): void {
  const { pool, asset } = file;
  const { floor, min, peak } = pool.liquidationIncentive;
  const refuse = (key: string, found: string, rule: string): never => {
    throw new Problem(`${file.path}: ${key}: found ${found}; allowed is ${rule}`);
  };
  const peakBound = (BPS * BPS - 1n) / (BPS + peak);
  if (pool.lltv > peakBound)
    refuse("pool.lltv", shownBps(pool.lltv), `at most ${shownBps(peakBound)}, under 1 / (1 + peak incentive)`);
  if (pool.borrowLtv >= pool.lltv)
    refuse("pool.borrowLtv", shownBps(pool.borrowLtv), `less than the lltv, ${shownBps(pool.lltv)}`);
  if (floor > min) refuse("pool.liquidationIncentive.floor", shownBps(floor), `at most min, ${shownBps(min)}`);
  if (min > peak) refuse("pool.liquidationIncentive.min", shownBps(min), `at most peak, ${shownBps(peak)}`);
  const targetBound = (pool.borrowLtv * BPS - 1n) / pool.lltv;
  if (pool.repayTarget > targetBound) {
    refuse(
      "pool.repayTarget",
      shownBps(pool.repayTarget),
      `at most ${shownBps(targetBound)}, so that a liquidated position ends under the borrow ltv`,
    );
  }
  if (pool.reserveFee + pool.fundFee > MAX_FEE_BPS) {
    refuse(
      "pool.fundFee",
      shownBps(pool.fundFee),
      `at most ${shownBps(MAX_FEE_BPS - pool.reserveFee)}: with the reserve's fee no more than 50%`,
    );
  }
  for (const key of ["reserveFee", "fundFee"] as const) {
    if (pool[key] % 100n !== 0n) refuse(`pool.${key}`, shownBps(pool[key]), "a whole percentage");
  }
  const collateralDecimals = decimalsOf(file.collateral);
  const assetDecimals = decimalsOf(asset);
  const inUnits = (key: string, value: string, places: number): bigint => {
    if ((value.split(".")[1] ?? "").length > places)
      refuse(key, value, `a number with at most ${places} decimals, the token's`);
    const units = parseUnits(value, places);
    if (units === 0n) refuse(key, value, "more than 0");
    return units;
  };
  const minDebt = inUnits("pool.minDebt", pool.minDebt, assetDecimals);
  if (minDebt > parseUnits(MAX_MIN_DEBT, assetDecimals))
    refuse("pool.minDebt", pool.minDebt, `at most ${MAX_MIN_DEBT} tokens`);
  if (inUnits("pool.collateralCap", pool.collateralCap, collateralDecimals) >= 2n ** 112n) {
    refuse("pool.collateralCap", pool.collateralCap, "less than 2^112 of the token's smallest units");
  }
  const seed = inUnits("seedDeposit", file.seedDeposit, assetDecimals);
  if (seed > pool.supplyCap * 10n ** BigInt(assetDecimals))
    refuse("seedDeposit", file.seedDeposit, `at most the supply cap, ${pool.supplyCap}`);
  if ("address" in asset && "address" in file.collateral && asset.address === file.collateral.address) {
    refuse("collateral.address", asset.address, "another token than the asset");
  }
  if (file.oracle.kind === "fixed" && "address" in asset && file.chainId === 1)
    refuse("oracle.kind", "fixed", "chainlink: a fixed price is for tests");
}

// ---------------------------------------------------------------- reading

/** `as` is where a --params file is to be deployed; a file of the folder says so itself. */
export function readMarketFile(path: string, network: string): MarketFile {
  if (!existsSync(path)) throw new Problem(`${path} is missing: name a parameter file that is there`);
  let yaml: unknown;
  try {
    yaml = parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new Problem(
      `${path} is not YAML: ${error instanceof Error ? error.message.split("\n", 1)[0] : String(error)}`,
    );
  }
  const parsed = fileSchema.safeParse(yaml, { reportInput: true });
  if (!parsed.success) throw new Problem(describeIssues(parsed.error, path));
  const file = { ...parsed.data, path };
  if (file.network !== network)
    throw new Problem(`${path}: network: found "${file.network}"; allowed is "${network}", which --network names`);
  checkRelations(file);
  return file;
}

/** All parameter files of a network, by their names; `market` chooses one. */
export function marketFiles(network: string, market?: string): MarketFile[] {
  const paths = globSync(`${FOLDER}/${network}-*.yaml`).toSorted();
  const files = paths
    // base-sepolia-usdc.yaml is not a file of a network "base".
    .filter((path) => networkIn(path) === network)
    .map((path) => readMarketFile(path, network));
  const chosen = files.filter((file) => market === undefined || file.market === market);
  if (chosen.length > 0) return chosen;
  const there = files.map((file) => file.market).join(", ");
  throw new Problem(
    there === ""
      ? `No parameter file ${FOLDER}/${network}-<market>.yaml: write one (copy local-usd-eth.yaml), or name a file with --params`
      : `No market "${market}" on ${network}: there are ${there}`,
  );
}

function networkIn(path: string): string | undefined {
  const match = /^network:\s*["']?([\w-]+)/m.exec(readFileSync(path, "utf8"));
  return match?.[1] ?? basename(path).split("-")[0];
}

// ---------------------------------------------------------------- units

export function decimalsOf(file: TokenFile): number {
  return "decimals" in file ? file.decimals : 18;
}

export function symbolOf(file: TokenFile): string {
  return "symbol" in file ? file.symbol : "WETH";
}

/** PoolParams without the addresses. */
export function poolParameters({ pool, asset, collateral }: MarketFile) {
  const incentive = pool.liquidationIncentive;
  return {
    name: pool.name,
    symbol: pool.symbol,
    borrowLtvBps: pool.borrowLtv,
    lltvBps: pool.lltv,
    lifFloorBps: BPS + incentive.floor,
    lifMinBps: BPS + incentive.min,
    lifPeakBps: BPS + incentive.peak,
    repayTargetBps: pool.repayTarget,
    maxDeviationBps: pool.maxDeviation,
    reserveFeePercent: pool.reserveFee / 100n,
    fundFeePercent: pool.fundFee / 100n,
    reserveTargetBps: pool.reserveTarget,
    supplyCapTokens: pool.supplyCap,
    borrowCapTokens: pool.borrowCap,
    collateralCap: parseUnits(pool.collateralCap, decimalsOf(collateral)),
    minDebt: parseUnits(pool.minDebt, decimalsOf(asset)),
    // 0.1% and 200% a year come out as the contract's own bounds, which are rounded down alike.
    initialRateAtTargetPerSecondWad: (pool.initialRate * WAD) / BPS / YEAR,
  };
}

export function seedAssets(file: MarketFile): bigint {
  return parseUnits(file.seedDeposit, decimalsOf(file.asset));
}

/** A feed as ChainlinkOracle takes it. */
export function feedConfig(file: Feed | undefined) {
  if (file === undefined) return { feed: `0x${"0".repeat(40)}`, heartbeat: 0n, minAnswer: 0n, maxAnswer: 0n };
  return {
    feed: file.feed,
    heartbeat: file.heartbeat,
    minAnswer: parseUnits(file.min, file.decimals),
    maxAnswer: parseUnits(file.max, file.decimals),
  };
}

/** Loan tokens for a collateral token, as an oracle gives it. */
export function fixedPrice(price: string, asset: TokenFile, collateral: TokenFile): bigint {
  const exponent = PRICE_DECIMALS + BigInt(decimalsOf(asset)) - BigInt(decimalsOf(collateral));
  return parseUnits(price, exponent);
}
