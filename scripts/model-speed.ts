// How fast the reference model is: the median of several runs of the same operations on 200 accounts, on one core.
// `npm run model:speed`; it ends with an error below the speed that simulations count on.
import { Fund, Pool, Random, Refusal } from "../sdk/model/index.js";
import { Generator } from "../test/differential/generate.js";
import { applyToModel, type Operation, type World } from "../sdk/model/operations.js";
import { parametersFor } from "../test/differential/names.js";

const ACCOUNTS = 200;
const OPERATIONS = 50_000;
const RUNS = 5;
const LEAST_PER_SECOND = 50_000;
const DECIMALS = { asset: 18n, collateral: 18n };
const PRICE = 2_000n * 10n ** 36n;
const START = 1_700_000_000n;

const actors = Array.from({ length: ACCOUNTS }, (_, i) => `account ${i}`);

function newWorld(): World {
  const price = { low: PRICE, high: PRICE, ok: true };
  const pool = new Pool(parametersFor(DECIMALS), "oracle one", price, START);
  pool.oracles.set("oracle two", { ...price });
  for (const actor of actors) pool.approve(actor, "fund", (1n << 256n) - 1n);
  return { pool, fund: new Fund(pool), heldCollateral: 0n, donated: { asset: 0n, collateral: 0n } };
}

/** Whether it was accepted. */
function play(world: World, operation: Operation): boolean {
  world.pool.now += operation.wait;
  try {
    applyToModel(world, operation);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

// Made once, on a world of its own: choosing operations is not what is measured.
const drawn = newWorld();
const generator = new Generator(
  new Random(1),
  drawn,
  actors,
  { asset: 10n ** DECIMALS.asset, collateral: 10n ** DECIMALS.collateral },
  PRICE,
);
const operations: Operation[] = [];
let accepted = 0;
while (operations.length < OPERATIONS) {
  const operation = generator.next();
  operations.push(operation);
  if (play(drawn, operation)) ++accepted;
}

const speeds = Array.from({ length: RUNS }, () => {
  const world = newWorld();
  // Processor time: other work on the machine does not count.
  const start = process.cpuUsage();
  for (const operation of operations) play(world, operation);
  const { user, system } = process.cpuUsage(start);
  return (OPERATIONS / (user + system)) * 1e6;
}).toSorted((a, b) => a - b);
const median = Math.round(speeds[Math.floor(RUNS / 2)] as number);
console.log(
  `${median.toLocaleString("en")} operations/s (median of ${RUNS} runs of ${OPERATIONS.toLocaleString("en")}, ` +
    `${accepted.toLocaleString("en")} of them accepted, ${ACCOUNTS} accounts)`,
);
if (median < LEAST_PER_SECOND) {
  console.error(`Less than ${LEAST_PER_SECOND.toLocaleString("en")}: profile what has become slow.`);
  process.exitCode = 1;
}
