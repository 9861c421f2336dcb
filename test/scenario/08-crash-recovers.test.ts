import { expect } from "chai";

import { expectConserved, MAX, openLoan, sent, setPrice, Status, WAD, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin, leave, story, worthOf } from "./story.js";

story("08 a crash that recovers before anyone acts", (step) => {
  let w: World;

  step("Alice supplies 600,000 and Bob 400,000; Dave borrows 150,000 against 100 ether", async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 600_000);
    await deposit(w, w.bob, 400_000);
    await openLoan(w, w.dave, 100, 150_000);
  });

  step("at 1,020 the exit price is 0.95, Dave can be foreclosed, and deposits are shut", async () => {
    await setPrice(w, 1_020);
    expect(await w.pool.exitPrice()).to.equal((95n * WAD) / 100n);
    expect(await worthOf(w, w.alice)).to.equal(w.usd(570_000));
    expect((await w.pool.position(w.dave.address)).status).to.equal(Status.Insolvent);
    expect(await w.pool.maxDeposit(w.erin.address)).to.equal(0n);
    await sent(w.pool.connect(w.keeper).flag(w.dave.address));
    expect((await w.pool.position(w.dave.address)).flaggedAt > 0n).to.equal(true);
  });

  step("Bob can't bear it and sells a tenth at the bottom: what he forgoes is the others'", async () => {
    const shares = (await w.pool.balanceOf(w.bob.address)) / 10n;
    expect(await leave(w, w.bob, shares)).to.equal(w.usd(38_000));
    expect(await w.pool.exitPrice()).to.equal((95n * WAD) / 100n);
  });

  step("the price comes back to 2,000 and so does everyone's worth", async () => {
    await setPrice(w, 2_000);
    expect(await w.pool.currentShortfall()).to.equal(0n);
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    const interest = (await w.pool.totals()).debtAssets - w.usd(150_000);
    // 962,000 and the interest behind 960,000 shares
    const worth = ((w.usd(962_000) + interest) * 600n) / 960n;
    expect(isWithin(await worthOf(w, w.alice), worth, 1n), "the virtual share").to.equal(true);
  });

  step("Dave is healthy; his flag comes off, and nobody can foreclose him", async () => {
    expect((await w.pool.position(w.dave.address)).status).to.equal(Status.Healthy);
    await sent(w.pool.connect(w.keeper).unflag(w.dave.address));
    expect((await w.pool.position(w.dave.address)).flaggedAt).to.equal(0n);
    await expect(w.pool.connect(w.keeper).foreclose(w.dave.address)).to.be.revertedWithCustomError(
      w.pool,
      "PositionHealthy",
    );
  });

  step("nobody lost: no loss was counted, no certificate written, and the doors are open", async () => {
    expect(await w.pool.queryFilter(w.pool.filters.LossRealised())).to.deep.equal([]);
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
    expect((await w.pool.config()).isBorrowingHalted).to.equal(false);
    await deposit(w, w.erin, 10_000);
    await openLoan(w, w.frank, 1, 1_000);
    await sent(w.pool.connect(w.dave).repay(MAX, w.dave.address));
    await sent(w.pool.connect(w.frank).repay(MAX, w.frank.address));
    expect((await leave(w, w.alice)) > w.usd(600_000)).to.equal(true);
    expect((await leave(w, w.bob)) > w.usd(360_000)).to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address, w.erin.address], [w.dave.address, w.frank.address]);
  });
});
