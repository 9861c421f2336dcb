import { expect } from "chai";

import { expectConserved, MAX, openLoan, sent, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin } from "../scenario/story.js";

describe("Lesson, Morpho vaults after USR 2026: a gift that raises the price of one's own shares", () => {
  it("no gift raises it: tokens, shares, a top-up, a recovery or another's debt", async () => {
    const w: World = await feelessWorld();
    const { pool, erin } = w;
    await deposit(w, w.alice, 100_000);
    await deposit(w, erin, 900_000); // nearly all shares, so that a gift would come back
    await openLoan(w, w.dave, 100, 150_000);
    const address = await pool.getAddress();
    const gifts: [string, () => Promise<unknown>][] = [
      ["tokens", async () => await sent(w.asset.connect(erin).transfer(address, w.usd(50_000)))],
      ["shares", async () => await sent(pool.connect(erin).transfer(address, w.usd(50_000) * 10n ** 6n))],
      ["a top-up", async () => await sent(pool.connect(erin).topUpReserve(w.usd(50_000)))],
      ["a recovery", async () => await sent(pool.connect(erin).recover(w.usd(50_000)))],
      ["a repayment", async () => await sent(pool.connect(erin).repay(w.usd(50_000), w.dave.address))],
      ["the rest of it", async () => await sent(pool.connect(erin).repay(MAX, w.dave.address))],
    ];
    for (const [name, give] of gifts) {
      const before = await pool.grossPrice();
      await give();
      const after = await pool.grossPrice();
      // some seconds of interest on 150,000 of a million: under 1e-8
      expect(after >= before && isWithin(after, before, 10n ** 10n), name).to.equal(true);
    }
    await expectConserved(w, [w.alice.address, erin.address], [w.dave.address]);
  });
});
