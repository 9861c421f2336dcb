import { randomInt } from "node:crypto";

import { expect } from "chai";
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

  // All at once: while one market's chain works, another's model does.
  let runs: Promise<string>[] = [];
  before(() => {
    runs = MARKETS.map(playMarket);
  });

  for (const [market, { asset, collateral }] of MARKETS.entries()) {
    it(`agree over ${sequences * LENGTH} operations with ${asset} and ${collateral} decimals`, async () => {
      expect(await runs[market]).to.equal("");
    });
  }

  async function playMarket(decimals: Decimals, market: number): Promise<string> {
    const pair = await Pair.deploy(decimals, tally);
    for (let i = 0; i < sequences; ++i) {
      const parted = await divergence(pair, (SEED + market * 1_000_003 + i) % 2 ** 31);
      if (parted !== "") return parted;
    }
    return "";
  }

  /** Where the two part, cut down to what a test needs to show it; nothing if they don't. */
  async function divergence(pair: Pair, seed: number): Promise<string> {
    try {
      await playRandom(pair, seed, LENGTH);
      return "";
    } catch (error) {
      if (!(error instanceof Divergence)) throw error;
      const least = (await shrink(pair, error.operations)) ?? error;
      return (
        `DIFFERENTIAL_SEED=${SEED}, sequence ${seed}, after ${error.operations.length} operations; the least that ` +
        `shows it, for named.test.ts:\n${asSource(least.operations)}\n${least.message}`
      );
    }
  }

  it("walked every path that matters", () => {
    // A shorter run than usual can't be expected to.
    const missed = OPERATIONS < 10_000 ? [] : PATHS.filter((path) => !tally.paths.has(path));
    expect(missed).to.deep.equal([]);
  });

  after(() => {
    if (process.env["DIFFERENTIAL_TABLE"] === undefined) return;
    const calls = new Table({ head: ["call", "accepted", "refused"], style: { head: [], border: [] } });
    for (const [call, { accepted, refused }] of [...tally.calls].toSorted(([a], [b]) => a.localeCompare(b))) {
      calls.push([call, accepted, refused]);
    }
    console.log(calls.toString());
    for (const [head, counts] of [
      ["refusal", tally.refusals],
      ["path", tally.paths],
    ] as const) {
      const table = new Table({ head: [head, "times"], style: { head: [], border: [] } });
      for (const row of [...counts].toSorted(([a], [b]) => a.localeCompare(b))) table.push(row);
      console.log(table.toString());
    }
  });
});

/** What a run of the usual length has to have come by. */
const PATHS = [
  "loss covered by the reserve",
  "loss reaching the fund",
  "loss reaching suppliers",
  "fund wiped",
  "second incident, after a recovery",
  "foreclosure",
  "estate above what was owed",
  "estate at or below what was owed",
  "recovery to certificates",
  "recovery to the reserve",
  "claim from the fund",
  "wind-down",
] as const;
