// `npm run keeper:crisis`: two thousand loans through Black Thursday on anvil, with two keepers, one of which is killed
// in the middle of it. Prints what it took. POSITIONS, KEEPERS, SLOTS=0, BLOCK_SECONDS, GAS_LIMIT, SERIES, DEVIATION,
// DEPTH, SEED and BATCH change it.
import Table from "cli-table3";

import { runCrisis } from "../../test/keeper/crisis.js";
import { crash } from "../../test/keeper/prices.js";

const number = (name: string, standard: number): number => {
  const value = process.env[name];
  if (value === undefined || value === "") return standard;
  if (Number.isFinite(Number(value)) && Number(value) >= 0) return Number(value);
  console.error(`${name} is "${value}": allowed is a number`);
  return process.exit(1);
};

const series = process.env["SERIES"] ?? "2020-03-black-thursday_btc-usd_1h.csv";
const deviation = number("DEVIATION", 0.1);
const prices = crash(series, deviation);
// What Base has: https://docs.base.org/base-chain/network-information/throughput-and-limits
const gasLimit = number("GAS_LIMIT", 400_000_000);
const blockSeconds = number("BLOCK_SECONDS", 0);
const hasSlots = number("SLOTS", 1) !== 0;
const keepers = number("KEEPERS", 2);

const crisis = await runCrisis({
  positions: number("POSITIONS", 2_000),
  prices,
  depth: number("DEPTH", 2_000_000_000),
  seed: number("SEED", 20_200_312),
  keepers,
  hasSlots,
  kill: { from: 2, back: 3 },
  blockSeconds,
  gasLimit,
  keeperOptions: ["--batch", `${number("BATCH", 40)}`],
  say: (text) => console.log(`… ${text}`),
});

const sorted = (values: readonly number[]): number[] => values.toSorted((a, b) => a - b);
const quantile = (values: readonly number[], part: number): number =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;
const most = (values: readonly number[]): number => sorted(values).at(-1) ?? 0;
const seconds = (value: number): string => `${value.toFixed(2)} s`;
const whole = (value: number | bigint): string => value.toLocaleString("en");

const table = new Table({ colAligns: ["left", "right"], style: { head: [], border: [] } });
table.push(
  ["prices", `${series}, ${crisis.prices} at ${100 * deviation}% apart`],
  ["positions", whole(crisis.positions)],
  ["keepers", `${keepers}, ${hasSlots ? "who share the positions out" : "who know nothing of each other"}`],
  [
    "block",
    `${whole(gasLimit)} gas, ${blockSeconds === 0 ? "mined when all keepers are done" : `every ${blockSeconds} s`}`,
  ],
  ["cases: a price made a position liquidatable", whole(crisis.cases)],
  ["liquidations, positions", `${whole(crisis.liquidations)}, ${whole(crisis.liquidatedPositions)}`],
  [
    "blocks from price to liquidation, p50 / p99 / max",
    [0.5, 0.99]
      .map((part) => quantile(crisis.delays, part))
      .concat(most(crisis.delays))
      .join(" / "),
  ],
  ["cases later than two blocks", whole(crisis.late)],
  ["positions liquidated more than once at one price", whole(crisis.twice)],
  ["transactions, of these reverted", `${whole(crisis.transactions)}, ${whole(crisis.reverted)}`],
  ["races lost and not sent", whole(crisis.racesLost)],
  ["gas, a liquidation", `${whole(crisis.gas)}, ${whole(crisis.gas / BigInt(Math.max(1, crisis.liquidations)))}`],
  [
    "from block to last transaction, p50 / p99 / max",
    [quantile(crisis.rounds, 0.5), quantile(crisis.rounds, 0.99), most(crisis.rounds)].map(seconds).join(" / "),
  ],
  ["killed keeper resumed from its checkpoint", crisis.wasResumed ? "yes" : "no"],
  ["books that did not fit the pool", whole(crisis.mismatches)],
  ["set-up, run", `${seconds(crisis.setupSeconds)}, ${seconds(crisis.seconds)}`],
);
console.log(table.toString());
const isGood = crisis.late === 0 && crisis.twice === 0 && crisis.mismatches === 0 && crisis.wasResumed;
if (!isGood) console.error("Not every position was handled in time and once.");
process.exit(isGood ? 0 : 1);
