import { expect } from "chai";

import { expectConserved, MAX, openLoan, sent } from "../helpers/fixtures.js";
import { deposit, fedWorld, type FedWorld, leave, liquidate, lossOf, worthOf } from "../scenario/story.js";
import { inFeed } from "./kit.js";

describe("Lesson, Mango, Venus XVS, Inverse, Solend, UwU Lend: a collateral pumped by its owner", () => {
  let w: FedWorld;

  beforeEach(async () => {
    w = await fedWorld();
    await deposit(w, w.alice, 600_000);
    await deposit(w, w.bob, 400_000);
    await sent(w.pool.connect(w.frank).supplyCollateral(w.eth(100), w.frank.address)); // 200,000 in truth
  });

  const borrow = async (tokens: number) =>
    await w.pool.connect(w.frank).borrow(w.usd(tokens), w.frank.address, w.frank.address);

  it("one venue pumped: the other's price counts, and a gap of over 2% stops new loans", async () => {
    await sent(w.oracleOf.first.setAnswer(inFeed(18_000)));
    expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(2_000), w.priceOf(18_000), true]);
    await expect(borrow(1_000))
      .to.be.revertedWithCustomError(w.pool, "PricesTooFarApart")
      .withArgs(w.priceOf(2_000), w.priceOf(18_000));
    await expect(
      w.pool.connect(w.frank).withdrawCollateral(w.eth(101), w.frank.address, w.frank.address),
    ).to.be.revertedWithCustomError(w.pool, "InsufficientCollateral");
  });

  it("both pumped 24-fold, as MNGO was: out of what is believed, so nobody borrows", async () => {
    await w.report(48_000);
    await expect(borrow(1_000))
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(w.priceOf(20_000), w.priceOf(20_000));
  });

  it("both pumped within their bounds: what can be taken ends at the borrow cap (what it does not solve)", async () => {
    await sent(w.pool.connect(w.guardian).lowerCaps(1_000_000n, 300_000n));
    await w.report(19_000); // 1,520,000 could be borrowed
    await expect(borrow(300_001)).to.be.revertedWithCustomError(w.pool, "BorrowCapExceeded");
    await sent(borrow(300_000));

    await w.report(2_000); // and back: 300,000 owed on 196,078
    const first = await leave(w, w.bob);
    // the loss is everybody's at once; Bob, who is first out of the door, has no part less of it
    expect(first < w.usd(358_440) && first > w.usd(358_420), `${first}`).to.equal(true);
    const { receipt } = await liquidate(w, w.frank);
    const { loss, haircut } = lossOf(w, receipt);
    expect(haircut).to.equal(loss);
    expect(loss < w.usd(300_000), "never more than the cap").to.equal(true);
    const rest = await worthOf(w, w.alice);
    const apart = rest * 4n > first * 6n ? rest * 4n - first * 6n : first * 6n - rest * 4n;
    expect(apart < w.usd(0.1), "Alice has for her 600,000 what Bob had for his 400,000").to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address], [w.frank.address]);
  });

  it("who pumps down again can't liquidate himself in the block of his loan (UwU Lend)", async () => {
    const encode = w.pool.interface.encodeFunctionData.bind(w.pool.interface);
    const calls = [
      encode("borrow", [w.usd(150_000), w.frank.address, w.frank.address]),
      encode("liquidate", [w.frank.address, MAX, 0, w.frank.address, "0x"]),
    ];
    await expect(w.pool.connect(w.frank).multicall(calls))
      .to.be.revertedWithCustomError(w.pool, "RaisedInThisBlock")
      .withArgs(w.frank.address);
  });

  it("and a later one takes no more than its incentive, out of his own collateral", async () => {
    await openLoan(w, w.dave, 100, 150_000);
    await w.report(1_700);
    const { repaid, seized, loss } = await liquidate(w, w.dave);
    expect(loss).to.equal(0n);
    expect(seized * 1_700n * 100n <= repaid * 110n).to.equal(true);
  });
});
