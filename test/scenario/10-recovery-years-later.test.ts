import { expect } from "chai";

import {
  expectConserved,
  openLoan,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  type World,
  YEAR,
} from "../helpers/fixtures.js";
import { deposit, divUp, eventsOf, feelessWorld, leave, liquidate, lossOf, only, story } from "./story.js";

story("10 a recovery years later, after the shares have been sold twice", (step) => {
  const SCALE = 10n ** 36n;
  let w: World;
  let aliceShares: bigint;
  let bobShares: bigint;
  let perShare: bigint;
  let owed: bigint;

  const faceOf = (shares: bigint) => (shares * perShare) / SCALE;
  /** What a holder is still owed when `left` of all the face is unpaid, after one recovery: rounded up at each step. */
  const unpaidOf = (shares: bigint, left: bigint) => {
    const remaining = divUp(SCALE * left, owed);
    const normalised = divUp(shares * perShare, 10n ** 27n);
    return divUp(normalised * remaining, 10n ** 45n);
  };
  const claim = async (who: World["alice"]) => {
    const before = await w.asset.balanceOf(who.address);
    await sent(w.pool.connect(who).claimRecovery(who.address));
    return (await w.asset.balanceOf(who.address)) - before;
  };

  step("Alice supplies 400,000 and Bob 600,000; Dave's default costs them 50,000", async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 400_000);
    await deposit(w, w.bob, 600_000);
    aliceShares = await w.pool.balanceOf(w.alice.address);
    bobShares = await w.pool.balanceOf(w.bob.address);
    await openLoan(w, w.dave, 100, 150_000);
    await setPrice(w, 1_020);
    const { receipt } = await liquidate(w, w.dave);
    const { haircut } = lossOf(w, receipt);
    perShare = (haircut * SCALE) / ((await w.pool.totalSupply()) + VIRTUAL_SHARES);
    owed = divUp(perShare * (await w.pool.totalSupply()), SCALE);
  });

  step("their certificates are written: two fifths to her, three to him", async () => {
    expect(await w.pool.certificates()).to.deep.equal([owed, 0n]);
    expect(await w.pool.certificateOf(w.alice.address)).to.deep.equal([faceOf(aliceShares), 0n]);
    expect(await w.pool.certificateOf(w.bob.address)).to.deep.equal([faceOf(bobShares), 0n]);
  });

  step("Alice sells her shares to Carol, and Carol sells them to Erin; Bob leaves", async () => {
    await sent(w.pool.connect(w.alice).transfer(w.carol.address, aliceShares));
    await time.increase(YEAR);
    await sent(w.pool.connect(w.carol).approve(w.keeper.address, aliceShares));
    await sent(w.pool.connect(w.keeper).transferFrom(w.carol.address, w.erin.address, aliceShares));
    await leave(w, w.bob);
    expect(await w.pool.balanceOf(w.erin.address)).to.equal(aliceShares);
    expect(await w.pool.certificateOf(w.alice.address)).to.deep.equal([faceOf(aliceShares), 0n]);
    expect(await w.pool.certificateOf(w.bob.address)).to.deep.equal([faceOf(bobShares), 0n]);
  });

  step("three years later a court awards 20,000, and a stranger pays it in", async () => {
    await time.increase(3n * YEAR);
    const priceBefore = await w.pool.exitPrice();
    const receipt = await sent(w.pool.connect(w.keeper).recover(w.usd(20_000)));
    expect(only(eventsOf(w, receipt, "Recovered"))).to.deep.equal({
      caller: w.keeper.address,
      toCertificates: w.usd(20_000),
      toReserve: 0n,
    });
    expect(await w.pool.certificates()).to.deep.equal([owed - w.usd(20_000), w.usd(20_000)]);
    expect(await w.pool.exitPrice(), "not money of today's shares").to.equal(priceBefore);
  });

  step("it is for Alice and Bob, who lost; Carol and Erin, who held the shares since, have no claim", async () => {
    for (const [who, shares] of [
      [w.alice, aliceShares],
      [w.bob, bobShares],
    ] as const) {
      const unpaid = unpaidOf(shares, owed - w.usd(20_000));
      expect(await w.pool.certificateOf(who.address)).to.deep.equal([unpaid, faceOf(shares) - unpaid]);
    }
    for (const who of [w.carol, w.erin]) {
      expect(await w.pool.certificateOf(who.address)).to.deep.equal([0n, 0n]);
      expect(await claim(who)).to.equal(0n);
    }
  });

  step("nobody else can push the money out, and Alice's claim is exact to the wei", async () => {
    await expect(w.pool.connect(w.keeper).claimRecovery(w.alice.address))
      .to.be.revertedWithCustomError(w.pool, "NotAuthorised")
      .withArgs(w.keeper.address, w.alice.address);
    const unpaid = unpaidOf(aliceShares, owed - w.usd(20_000));
    expect(await claim(w.alice)).to.equal(faceOf(aliceShares) - unpaid);
    expect(await claim(w.alice), "not twice").to.equal(0n);
    expect(await w.pool.certificateOf(w.alice.address)).to.deep.equal([unpaid, 0n]);
  });

  step("a second award pays everything, with 1,000 left for the reserve", async () => {
    const rest = owed - w.usd(20_000);
    const receipt = await sent(w.pool.connect(w.keeper).recover(rest + w.usd(1_000)));
    expect(only(eventsOf(w, receipt, "Recovered"))).to.deep.equal({
      caller: w.keeper.address,
      toCertificates: rest,
      toReserve: w.usd(1_000),
    });
    expect((await w.pool.balanceOf(await w.pool.getAddress())) > 0n).to.equal(true);
  });

  step("both end up with exactly what they had lost, in one claim or in two", async () => {
    const first = faceOf(aliceShares) - unpaidOf(aliceShares, owed - w.usd(20_000));
    expect(await claim(w.alice)).to.equal(faceOf(aliceShares) - first);
    expect(await claim(w.bob)).to.equal(faceOf(bobShares));
    expect(await w.pool.certificateOf(w.alice.address)).to.deep.equal([0n, 0n]);
    const { unpaidFace, held } = await w.pool.certificates();
    expect(unpaidFace).to.equal(0n);
    expect(held).to.equal(owed - faceOf(aliceShares) - faceOf(bobShares));
    expect(held <= 2n, "what rounding left: a wei a holder").to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address, w.carol.address, w.erin.address], [w.dave.address]);
  });
});
