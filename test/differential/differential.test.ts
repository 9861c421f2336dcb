import { randomInt } from "node:crypto";

import Table from "cli-table3";

import type { Decimals } from "./names.js";
import { asSource, Divergence, newTally, Pair, playRandom, shrink } from "./run.js";

/** All operations of the run together; and the seed that the first sequence starts from. */
const OPERATIONS = Number(process.env["DIFFERENTIAL_OPERATIONS"] ?? 20_000);
const SEED = Number(process.env["DIFFERENTIAL_SEED"] ?? randomInt(2 ** 31));
const LENGTH = 400;

const MARKETS: readonly Decimals[] = [
  { asset: 18n, collateral: 18n },
  { asset: 6n, collateral: 18n },
  { asset: 18n, collateral: 8n },
  { asset: 8n, collateral: 6n },
];

describe(`The contracts against the model, to the wei (seed ${SEED})`, function () {
  this.timeout(0);
  const tally = newTally();
  const sequences = Math.ceil(OPERATIONS / MARKETS.length / LENGTH);

  for (const [market, decimals] of MARKETS.entries()) {
    const name = `${sequences * LENGTH} operations, ${decimals.asset} and ${decimals.collateral} decimals`;
    it(name, async () => {
      const pair = await Pair.deploy(decimals, tally);
      for (let i = 0; i < sequences; ++i) {
        const seed = (SEED + market * 1_000_003 + i) % 2 ** 31;
        try {
          await playRandom(pair, seed, LENGTH);
        } catch (error) {
          if (!(error instanceof Divergence)) throw error;
          const least = (await shrink(pair, error.operations)) ?? error;
          throw new Error(
            `with DIFFERENTIAL_SEED=${SEED}, sequence ${seed}, after ${error.operations.length} operations; the least ` +
              `that shows it, for found.test.ts:\n${asSource(least.operations)}\n${least.message}`,
            { cause: error },
          );
        }
      }
    });
  }

  after(() => {
    if (process.env["DIFFERENTIAL_TABLE"] === undefined) return;
    const calls = new Table({ head: ["call", "accepted", "refused"], style: { head: [], border: [] } });
    for (const [call, { accepted, refused }] of [...tally.calls].toSorted(([a], [b]) => a.localeCompare(b))) {
      calls.push([call, accepted, refused]);
    }
    const paths = new Table({ head: ["path", "walked"], style: { head: [], border: [] } });
    for (const [path, walked] of [...tally.paths].toSorted(([a], [b]) => a.localeCompare(b)))
      paths.push([path, walked]);
    console.log(`${calls.toString()}\n${paths.toString()}`);
  });
});
