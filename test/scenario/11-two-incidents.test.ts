import { expect } from "chai";

import { expectConserved, govern, openLoan, sent, setPrice, VIRTUAL_SHARES, type World } from "../helpers/fixtures.js";
import { deposit, divUp, feelessWorld, isWithin, leave, liquidate, lossOf, story } from "./story.js";

story("11 two incidents with a full recovery between them", (step) => {
  const SCALE = 10n ** 36n;
  let w: World;
  let firstFace: bigint; // of all
  let aliceFirst: bigint;
  let perShare: bigint; // of the second incident
  let secondFace: bigint;
  let paidOut = 0n;

  const claim = async (who: World["alice"]) => {
    const before = await w.asset.balanceOf(who.address);
    await sent(w.pool.connect(who).claimRecovery(who.address));
    const paid = (await w.asset.balanceOf(who.address)) - before;
    paidOut += paid;
    return paid;
  };
  const shareFaceOf = async (who: World["alice"]) => ((await w.pool.balanceOf(who.address)) * perShare) / SCALE;

  /** Face is rounded down when it is credited, for both incidents at once, and up where it is still owed: a wei each. */
  const expectCertificate = async (who: World["alice"], unpaid: bigint, claimable: bigint) => {
    const certificate = await w.pool.certificateOf(who.address);
    expect(isWithin(certificate.unpaidFace, unpaid, 1n), `${certificate.unpaidFace}, ${unpaid}`).to.equal(true);
    expect(isWithin(certificate.claimable, claimable, 1n), `${certificate.claimable}, ${claimable}`).to.equal(true);
  };

  step("Alice supplies 300,000 and Bob 700,000; Dave's default costs 50,000", async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 300_000);
    await deposit(w, w.bob, 700_000);
    await openLoan(w, w.dave, 100, 150_000);
    await setPrice(w, 1_020);
    await liquidate(w, w.dave);
    ({ unpaidFace: firstFace } = await w.pool.certificates());
    ({ unpaidFace: aliceFirst } = await w.pool.certificateOf(w.alice.address));
    expect(aliceFirst > 0n).to.equal(true);
  });

  step("all of it comes back; Bob claims, Alice lets hers lie", async () => {
    await sent(w.pool.connect(w.keeper).recover(firstFace));
    expect(await w.pool.certificates()).to.deep.equal([0n, firstFace]);
    const { claimable } = await w.pool.certificateOf(w.bob.address);
    expect(await claim(w.bob)).to.equal(claimable);
    expect(await w.pool.certificateOf(w.alice.address)).to.deep.equal([0n, aliceFirst]);
  });

  step("borrowing was halted by the loss; governance reopens it, and Erin supplies 250,000", async () => {
    await setPrice(w, 2_000);
    await sent(w.pool.connect(w.frank).supplyCollateral(w.eth(100), w.frank.address));
    await expect(
      w.pool.connect(w.frank).borrow(w.usd(150_000), w.frank.address, w.frank.address),
    ).to.be.revertedWithCustomError(w.pool, "BorrowingHalted");
    await govern(w, w.pool.interface.encodeFunctionData("reopenBorrowing"));
    await deposit(w, w.erin, 250_000);
    await sent(w.pool.connect(w.frank).borrow(w.usd(150_000), w.frank.address, w.frank.address));
  });

  step("Frank's default is the second incident", async () => {
    await setPrice(w, 1_020);
    const { receipt } = await liquidate(w, w.frank);
    const { haircut } = lossOf(w, receipt);
    const supply = await w.pool.totalSupply();
    perShare = (haircut * SCALE) / (supply + VIRTUAL_SHARES);
    secondFace = divUp(perShare * supply, SCALE);
    const certificates = await w.pool.certificates();
    expect(certificates.unpaidFace).to.equal(secondFace);
  });

  step("the second certificates start whole: nothing of what was repaid counts against them", async () => {
    await expectCertificate(w.alice, await shareFaceOf(w.alice), aliceFirst);
    await expectCertificate(w.bob, await shareFaceOf(w.bob), 0n);
  });

  step("Erin, who came between, has a part in the second alone", async () => {
    await expectCertificate(w.erin, await shareFaceOf(w.erin), 0n);
    await leave(w, w.erin);
    expect((await w.pool.certificateOf(w.erin.address)).unpaidFace > 0n).to.equal(true);
  });

  step("half of the second comes back, to the wei a half for each", async () => {
    await sent(w.pool.connect(w.keeper).recover(secondFace / 2n));
    const remaining = divUp(SCALE * (secondFace - secondFace / 2n), secondFace);
    for (const who of [w.alice, w.bob]) {
      const face = await shareFaceOf(who);
      const unpaid = divUp(divUp((await w.pool.balanceOf(who.address)) * perShare, 10n ** 27n) * remaining, 10n ** 45n);
      const before = who === w.alice ? aliceFirst : 0n;
      await expectCertificate(who, unpaid, before + face - unpaid);
    }
    const { claimable } = await w.pool.certificateOf(w.alice.address);
    expect(await claim(w.alice)).to.equal(claimable);
  });

  step("the other half too; a stream of single wei in front of it changes nothing", async () => {
    for (let i = 0; i < 5; ++i) await sent(w.pool.connect(w.keeper).recover(1n));
    const { unpaidFace } = await w.pool.certificates();
    await sent(w.pool.connect(w.keeper).recover(unpaidFace));
    for (const who of [w.alice, w.bob, w.erin]) await claim(who);
  });

  step("in the end everyone has been paid their whole face of both, and nobody more", async () => {
    const { unpaidFace, held } = await w.pool.certificates();
    expect(unpaidFace).to.equal(0n);
    expect(paidOut + held).to.equal(firstFace + secondFace);
    expect(held <= 6n, "a wei for each holder and incident").to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address, w.erin.address], [w.dave.address, w.frank.address]);
  });
});
