import { expect } from "chai";

import { expectConserved, openLoan, setPrice, WAD, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin, leave, liquidate, lossOf, whatIf } from "../scenario/story.js";

describe("Lesson, Morpho Blue: dust left so that a loss is not recognised", () => {
  let w: World;
  const EXIT = (95n * WAD) / 100n;

  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 500_000);
    await deposit(w, w.bob, 500_000);
    await openLoan(w, w.dave, 100, 150_000);
    await setPrice(w, 1_020); // the ether fetches 100,000
  });

  it("a liquidator who leaves the least it can saves nobody from the loss", async () => {
    const whole = await whatIf(async () => {
      const { receipt } = await liquidate(w, w.dave);
      return { loss: lossOf(w, receipt).loss, alice: await leave(w, w.alice) };
    });
    const { receipt } = await liquidate(w, w.dave, w.usd(100_000) - 1n);
    const rest = await w.pool.position(w.dave.address);
    expect(rest.collateral > 0n, "some ether is left on purpose").to.equal(true);
    expect(rest.debtAssets >= w.usd(100), "but no debt under the minimum").to.equal(true);

    // what was not realised is in the exit price all the same; a wei for each of the two roundings
    expect(await w.pool.exitPrice()).to.be.oneOf([EXIT - 1n, EXIT, EXIT + 1n]);
    const { loss } = lossOf(w, receipt);
    const hidden = await w.pool.currentShortfall();
    expect(hidden > 0n).to.equal(true);
    // a second of interest on 150,000 is under a hundredth of a token
    expect(isWithin(loss + hidden, whole.loss, w.usd(0.01))).to.equal(true);
    const first = await leave(w, w.alice);
    expect(isWithin(first, whole.alice, 2n), "Alice, before the rest is recognised").to.equal(true);
    await liquidate(w, w.dave);
    expect(isWithin(await leave(w, w.bob), first, 2n), "Bob, after it").to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address], [w.dave.address]);
  });

  it("and anyone can take what is left: it is no smaller than the smallest loan", async () => {
    await liquidate(w, w.dave, w.usd(100_000) - 1n);
    const rest = await liquidate(w, w.dave);
    expect(rest.seized > 0n).to.equal(true);
    expect(await w.pool.currentShortfall()).to.equal(0n);
    const { debtShares, collateral } = await w.pool.positionOf(w.dave.address);
    expect([debtShares, collateral]).to.deep.equal([0n, 0n]);
  });
});
