import { expect } from "chai";

import { runCrisis } from "./crisis.js";
import { crash } from "./prices.js";

describe("the keeper in a crash", () => {
  it("two of them handle every position within two blocks, one killed in the middle of it", async function () {
    this.timeout(600_000);
    const crisis = await runCrisis({
      positions: 60,
      prices: crash("2020-03-black-thursday_btc-usd_1h.csv", 0.1),
      depth: 50_000_000,
      seed: 20_200_312,
      keepers: 2,
      hasSlots: true,
      kill: { from: 1, back: 2 },
      blockSeconds: 0,
      gasLimit: 60_000_000,
      keeperOptions: ["--batch", "5"],
    });
    expect(crisis.cases).to.be.greaterThan(50);
    expect(crisis.late, "handled late").to.equal(0);
    expect(crisis.twice, "paid for twice").to.equal(0);
    expect(Math.max(...crisis.delays)).to.be.lessThanOrEqual(2);
    expect(crisis.reverted).to.equal(0);
    expect(crisis.mismatches).to.equal(0);
    expect(crisis.exitCodes, "ended in order").to.deep.equal([0, 0]);
    expect(crisis.wasResumed, "resumed from its checkpoint").to.equal(true);
  });
});
