// The differential test in portions, for mutants: always the same sequences, so that what they reach is known, and no
// cutting down of what they find.
import { expect } from "chai";

import { playRandom, newTally, Pair } from "../../test/differential/run.js";

const SEQUENCES = 6;
const LENGTH = 250;
const MARKETS = [
  { asset: 18n, collateral: 18n },
  { asset: 6n, collateral: 18n },
  { asset: 18n, collateral: 8n },
  { asset: 8n, collateral: 6n },
];

describe("Contracts and model", () => {
  for (let seed = 1; seed <= SEQUENCES; ++seed) {
    it(`agree in sequence ${seed}`, async () => {
      const decimals = MARKETS[seed % MARKETS.length] ?? { asset: 18n, collateral: 18n };
      const pair = await Pair.deploy(decimals, newTally());
      try {
        await playRandom(pair, seed, LENGTH);
        expect(pair.tally.calls.size > 0).to.equal(true);
      } finally {
        await pair.chain.close();
      }
    });
  }
});
