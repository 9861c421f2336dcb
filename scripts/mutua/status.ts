// `status`: a market on one screen.
import { Contract } from "ethers";

import { list, table } from "../lib/table.ts";
import { readCall, sentence, type Terms } from "./functions.ts";
import type { Market } from "./market.ts";
import { plain } from "./plain.ts";
import { type Operation, type Report, scan } from "./scan.ts";
import type { Answer } from "./verbs.ts";
import { bps, decimal, duration, percent, price, ratio, time, tokens, yearly } from "./units.ts";

/** A position is near liquidation when a fall of the price by a tenth would get it there. */
const NEAR_HEALTH = (11n * 10n ** 18n) / 10n;
const SHOWN = 8;
const POSITIONS_A_CALL = 50;

export const STATUSES = ["None", "Healthy", "Liquidatable", "Foreclosable", "Insolvent"] as const;

export async function status(market: Market, report: Report): Promise<Answer> {
  const { pool, lens, provider, asset, collateral, share } = market;
  const bundle = await lens.market(pool);
  const { terms, totals, prices, cover, rates, estate, certificates, fund, limits } = bundle;
  const block = await provider.getBlock("latest");
  const now = BigInt(block?.timestamp ?? 0);
  const seen = await scan(market, report);
  const positions = await readPositions(market, seen.borrowers, report);
  const inDebt = positions.filter(({ debtAssets }) => debtAssets > 0n);
  const near = inDebt.filter(({ healthWad }) => healthWad < NEAR_HEALTH);
  near.sort((a, b) => (a.healthWad < b.healthWad ? -1 : 1));
  const oracle = await oracleAge(market, terms.oracle, now);

  const of = (value: bigint, cap: bigint, token: typeof asset) =>
    `${tokens(value, token)} of a cap of ${decimal(cap, token.decimals)}${cap === 0n ? "" : ` (${percent((value * 10n ** 18n) / cap)})`}`;
  const toAssets = (shares: bigint) => (shares * prices.exitPriceWad) / 10n ** 24n;
  const heldShares = (shares: bigint) => `${tokens(shares, share)}, worth ${tokens(toAssets(shares), asset)}`;
  const flags = [
    terms.isPaused ? `PAUSED until ${seen.pausedUntil === undefined ? "?" : time(seen.pausedUntil)}` : "not paused",
    seen.isWindingDown ? "WINDING DOWN" : terms.isClosed ? "CLOSED to deposits and loans" : "open",
    terms.isBorrowingHalted ? "BORROWING HALTED" : "borrowing allowed",
    limits.depositable === 0n ? "NO DEPOSITS NOW" : "deposits accepted",
  ];
  const sections: [string, string][] = [
    ["state", flags.join(", ")],
    [
      "price",
      `low ${price(prices.low, asset, collateral)}, high ${price(prices.high, asset, collateral)} ${asset.symbol} for 1 ${collateral.symbol}: ${prices.isOk ? "ok" : "NOT OK"}`,
    ],
    ["oracle", `${terms.oracle}, ${paths(terms.oraclePaths)}, ${oracle.text}`],
    [
      "share price",
      `exit ${decimal(prices.exitPriceWad, 18)}, gross ${decimal(prices.grossPriceWad, 18)}${prices.exitPriceWad < prices.grossPriceWad ? ` (exit ${percent(10n ** 18n - (prices.exitPriceWad * 10n ** 18n) / prices.grossPriceWad)} LOWER)` : ""}`,
    ],
    [
      "shortfall",
      cover.shortfall === 0n
        ? "none"
        : `${tokens(cover.shortfall, asset)}: reserve bears ${tokens(cover.fromReserve, asset, false)}, fund ${tokens(cover.fromFund, asset, false)}, UNCOVERED ${tokens(cover.uncovered, asset, false)}`,
    ],
    ["reserve", heldShares(cover.reserveShares)],
    ["fund", `${heldShares(cover.fundShares)}; cooling ${tokens(fund.coolingShares, share)}`],
    ["coverage", totals.debtAssets === 0n ? "no debt" : `${percent(cover.coverageRatioWad)} of the debt`],
    ["supplied", of(totals.grossAssets, terms.supplyCap, asset)],
    ["borrowed", of(totals.debtAssets, terms.borrowCap, asset)],
    ["utilisation", `${percent(rates.utilisationWad)}; cash ${tokens(totals.cash, asset)}`],
    [
      "rates a year",
      `borrowers pay ${yearly(rates.borrowRatePerSecondWad)}, suppliers earn ${yearly(rates.supplyRatePerSecondWad)}`,
    ],
    ["collateral", of(totals.collateralBalance, terms.collateralCap, collateral)],
    [
      "terms",
      `borrow up to ${bps(terms.borrowLtvBps)}, liquidation over ${bps(terms.lltvBps)}, fees ${terms.reserveFeePercent} % reserve + ${terms.fundFeePercent} % fund`,
    ],
    [
      "estate",
      estate.collateral === 0n && estate.debtAssets === 0n
        ? "none"
        : `owes ${tokens(estate.debtAssets, asset)}, sells ${tokens(estate.collateral, collateral)} at ${price(estate.price, asset, collateral)}, since ${time(estate.startedAt)}`,
    ],
    [
      "certificates",
      certificates.unpaidFace === 0n && certificates.held === 0n
        ? "none"
        : `${tokens(certificates.unpaidFace, asset)} unpaid, ${tokens(certificates.held, asset)} held for claims`,
    ],
    ["positions", countOf(inDebt)],
  ];
  const proposals = describeOperations(market, seen.operations, terms, now);
  if (terms.pendingOracleExecutableAt > 0n) {
    proposals.unshift([
      "oracle announced",
      `${terms.pendingOracle}; executeOracle can run ${when(terms.pendingOracleExecutableAt, now)}`,
    ]);
  }
  const head = `${market.deployed.parameters.name} (${share.symbol}), pool ${market.deployed.pool}\n${market.network}, chain ${market.deployment.chainId}, block ${block?.number ?? 0}, ${time(now)}`;
  const text = [
    head,
    list(sections),
    near.length === 0
      ? "Nobody is within 10 % of liquidation."
      : `Nearest to liquidation (${near.length} within 10 %):`,
    ...(near.length === 0 ? [] : [nearTable(near, market)]),
    ...(proposals.length === 0 ? ["Nothing is proposed."] : ["Proposed:", list(proposals)]),
  ].join("\n");

  return {
    text,
    data: {
      network: market.network,
      chainId: market.deployment.chainId,
      block: block?.number,
      timestamp: now,
      ...(plain(bundle) as Record<string, unknown>),
      pausedUntil: terms.isPaused ? seen.pausedUntil : null,
      isWindingDown: seen.isWindingDown,
      oracleUpdatedAt: oracle.updatedAt ?? null,
      positions: { inDebt: inDebt.length, near: near.map((info) => plain(info)) },
      proposals: seen.operations,
    },
  };
}

type Info = Awaited<ReturnType<Market["lens"]["positions"]>>[number];

async function readPositions({ lens, pool }: Market, borrowers: readonly string[], report: Report): Promise<Info[]> {
  const infos: Info[] = [];
  for (let from = 0; from < borrowers.length; from += POSITIONS_A_CALL) {
    infos.push(...(await lens.positions(pool, borrowers.slice(from, from + POSITIONS_A_CALL))));
    if (borrowers.length > 10 * POSITIONS_A_CALL) report(`Reading positions: ${infos.length} of ${borrowers.length}`);
  }
  return infos;
}

function countOf(infos: readonly Info[]): string {
  if (infos.length === 0) return "none";
  const counts = STATUSES.map((name, index) => {
    const count = infos.filter((info) => info.status === BigInt(index)).length;
    return count === 0 ? "" : `${count} ${index > 1 ? name.toUpperCase() : name.toLowerCase()}`;
  });
  return counts.filter((text) => text !== "").join(", ");
}

function nearTable(near: readonly Info[], { asset, collateral }: Market): string {
  const shown = near
    .slice(0, SHOWN)
    .map((info) => [
      info.borrower,
      tokens(info.debtAssets, asset),
      tokens(info.collateral, collateral),
      ratio(info.healthWad),
      price(info.liquidationPrice, asset, collateral),
      `${STATUSES[Number(info.status)]}${info.flaggedAt > 0n ? ", flagged" : ""}`,
    ]);
  const more = near.length > SHOWN ? `\nand ${near.length - SHOWN} more: --json has all of them` : "";
  return `${table(["borrower", "debt", "collateral", "health", "liquidated under", "status"], shown)}${more}`;
}

function paths(count: bigint): string {
  if (count === 0n) return "paths unknown";
  return count === 1n ? "1 path" : `${count} paths`;
}

/** The age of the oldest answer of its feeds; a fixed oracle has none. */
async function oracleAge(
  { provider, deployment }: Market,
  address: string,
  now: bigint,
): Promise<{ text: string; updatedAt?: bigint }> {
  try {
    const oracle = new Contract(address, deployment.abis.ChainlinkOracle ?? [], provider);
    const count = (await oracle.getFunction("pathCount")()) as bigint;
    let oldest: bigint | undefined;
    for (let index = 0n; index < count; ++index) {
      const path = (await oracle.getFunction("path")(index)) as {
        collateral: { feed: string };
        loan: { feed: string };
      };
      for (const { feed } of [path.collateral, path.loan]) {
        if (BigInt(feed) === 0n) continue;
        const source = new Contract(feed, FEED_ABI, provider);
        const round = (await source.getFunction("latestRoundData")()) as { updatedAt: bigint };
        if (oldest === undefined || round.updatedAt < oldest) oldest = round.updatedAt;
      }
    }
    if (oldest !== undefined)
      return { text: `oldest answer ${duration(now > oldest ? now - oldest : 0n)} old`, updatedAt: oldest };
  } catch {
    // It is no ChainlinkOracle, or a feed does not answer; then the price line says so.
  }
  return { text: "it does not say how old its answer is" };
}

const FEED_ABI = [
  "function latestRoundData() view returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)",
];

/** What is proposed for this market, and for the authority itself. */
export function describeOperations(
  market: Market,
  operations: readonly Operation[],
  terms: Terms,
  now: bigint,
): [string, string][] {
  return operations
    .filter(({ target }) => target === market.deployed.pool || target === market.deployment.contracts.authority)
    .map((operation) => {
      const call = operation.target === market.deployed.pool ? readCall(operation.data, market, terms) : undefined;
      const name = market.authority.interface.parseTransaction({ data: operation.data })?.name ?? "a call";
      const what = call === undefined ? `${name} of ${operation.target}` : sentence(call, market);
      return [
        operation.id.slice(0, 10),
        `${what}\nby ${operation.proposer}\ncan run ${when(operation.executableAt, now)}, until ${time(operation.expiresAt)}`,
      ];
    });
}

export function when(executableAt: bigint, now: bigint): string {
  return executableAt <= now ? "NOW" : `from ${time(executableAt)}, in ${duration(executableAt - now)}`;
}
