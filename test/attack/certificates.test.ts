// Certificates say who is owed recoveries. The attacker grinds their precision with dust, blows them up with gifts, or
// tries to be owed what others lost. Ten million supplied; Frank's 6 million are lost in parts as needed.
import { expect } from "chai";

import { expectConserved, sent, setPrice, VIRTUAL_SHARES, type World } from "../helpers/fixtures.js";
import { deposit, liquidate as liquidateAll, worthOf } from "../scenario/story.js";
import { claim, holders, lentWorld, lose, recover } from "../unit/recovery/kit.js";
import { inOneBlock, turn } from "./moves.js";

/** Wei by which a holder may be short after any number of incidents and recoveries: the bound of R-1. */
const SHORT = 17n;

async function owed(w: World, who: { address: string }): Promise<bigint> {
  return (await w.pool.certificateOf(who.address)).unpaidFace;
}

async function claimable(w: World, who: { address: string }): Promise<bigint> {
  return (await w.pool.certificateOf(who.address)).claimable;
}

/** Many recoveries in one transaction. */
async function recoverMany(w: World, amounts: readonly bigint[]): Promise<void> {
  const { pool, keeper } = w;
  const data = amounts.map((assets) => pool.interface.encodeFunctionData("recover", [assets]));
  await sent(pool.connect(keeper).multicall(data));
}

describe("Attack: certificates", () => {
  it("200 recoveries of a wei, then all: everyone is paid to within 17 wei, and nobody a wei too much", async () => {
    const w = await lentWorld();
    await lose(w, 500);
    const { unpaidFace } = await w.pool.certificates();
    const faces = [await owed(w, w.alice), await owed(w, w.bob), await owed(w, w.carol)];
    await recoverMany(
      w,
      Array.from({ length: 200 }, () => 1n),
    );
    expect((await w.pool.certificates()).unpaidFace).to.equal(unpaidFace - 200n);
    await recover(w, unpaidFace - 200n);
    for (const [i, who] of [w.alice, w.bob, w.carol].entries()) {
      const face = faces[i] ?? 0n;
      const got = await claim(w, who);
      expect(got <= face && face - got <= SHORT, who.address).to.equal(true);
    }
    await expectConserved(w, holders(w), [w.frank.address]);
  });

  it("all but a wei, again and again, between small losses: what is left grows no error", async () => {
    const w = await lentWorld();
    let faceOfAlice = 0n;
    let got = 0n;
    // each round moves the scale on by many digits: of the face almost nothing stays unpaid
    for (let round = 0; round < 6; ++round) {
      const before = await owed(w, w.alice);
      await lose(w, 500);
      faceOfAlice += (await owed(w, w.alice)) - before;
      await recover(w, (await w.pool.certificates()).unpaidFace - 1n);
    }
    await recover(w, 1n);
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
    for (const who of [w.alice, w.bob, w.carol]) {
      const assets = await claim(w, who);
      if (who === w.alice) got = assets;
    }
    expect(got <= faceOfAlice + 6n && faceOfAlice - got <= SHORT, `${faceOfAlice} and ${got}`).to.equal(true);
    await expectConserved(w, holders(w), [w.frank.address]);
  });

  it("gifts far beyond what is owed: the face is paid, the rest is the reserve's, and the next loss starts clean", async () => {
    const w = await lentWorld();
    await lose(w, 500);
    const face = (await w.pool.certificates()).unpaidFace;
    const reserve = await w.pool.balanceOf(w.pool);
    await recover(w, face + w.usd(100_000_000));
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
    expect((await w.pool.certificates()).held).to.equal(face);
    expect((await w.pool.balanceOf(w.pool)) - reserve > w.usd(99_000_000) * VIRTUAL_SHARES).to.equal(true);
    // the gift now stands before everyone else's next loss
    const worth = await worthOf(w, w.alice);
    await setPrice(w, 510);
    await liquidateAll(w, w.frank);
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
    expect(await worthOf(w, w.alice)).to.be.greaterThanOrEqual(worth);
    await expectConserved(w, holders(w), [w.frank.address]);
  });

  it("shares bought in the block before a recovery bring none of it, and sold right after the loss they keep it", async () => {
    const w = await lentWorld();
    const { pool, alice, dave } = w;
    await lose(w, 500);
    const [face, all] = [await owed(w, alice), await pool.balanceOf(alice.address)];
    await inOneBlock([
      async () => await pool.connect(alice).transfer(dave.address, all, turn(0)),
      async () => await pool.connect(w.keeper).recover(w.usd(500), turn(1)),
      async () => await pool.connect(dave).transfer(alice.address, all, turn(2)),
    ]);
    expect(await owed(w, dave)).to.equal(0n);
    expect(await claimable(w, dave)).to.equal(0n);
    const her = (await owed(w, alice)) + (await claimable(w, alice));
    expect(her <= face && face - her <= SHORT).to.equal(true);
  });

  it("split into five accounts and joined again around each loss: never more in all than in one", async () => {
    const w = await lentWorld();
    const { pool, bob, dave, erin } = w;
    const wallets = [dave, erin, w.liquidator, w.keeper];
    const all = await pool.balanceOf(bob.address);
    let face = 0n;
    for (let round = 0; round < 3; ++round) {
      for (const to of wallets) await sent(pool.connect(bob).transfer(to.address, all / 7n + 1n));
      const supply = await pool.totalSupply();
      const { perShare } = await lose(w, 300);
      face += (all * perShare) / 10n ** 36n;
      expect(supply).to.equal(await pool.totalSupply());
      for (const from of wallets) {
        await sent(pool.connect(from).transfer(bob.address, await pool.balanceOf(from.address)));
      }
      await recover(w, 1_000_003n);
    }
    let sum = 0n;
    for (const who of [bob, ...wallets]) sum += (await owed(w, who)) + (await claimable(w, who));
    // what is owed is rounded up where it is shown: a wei an account
    expect(sum <= face + 5n, "not more").to.equal(true);
    expect(face - sum <= 5n * SHORT).to.equal(true);
    await expectConserved(w, holders(w), [w.frank.address]);
  });

  it("a stranger can't make a claim for another, not even to its benefit: what a pair is owed stays where it can't be skimmed", async () => {
    const w = await lentWorld();
    const { pool, asset, alice, dave, erin } = w;
    // Dave is a pair: whoever finds more tokens in it than it knows of may take them
    await sent(pool.connect(alice).transfer(dave.address, (await pool.balanceOf(alice.address)) / 2n));
    await lose(w, 500);
    await recover(w, w.usd(900));
    const due = await claimable(w, dave);
    expect(due > w.usd(200)).to.equal(true);
    const before = await asset.balanceOf(dave.address);
    for (const stranger of [erin, w.keeper, alice]) {
      await expect(pool.connect(stranger).claimRecovery(dave.address))
        .to.be.revertedWithCustomError(pool, "NotAuthorised")
        .withArgs(stranger.address, dave.address);
    }
    // shares swapped out of the pair and dust sent into it settle it, and pay nothing out
    await sent(pool.connect(dave).transfer(erin.address, await pool.balanceOf(dave.address)));
    await sent(pool.connect(erin).transfer(dave.address, 1n));
    expect(await asset.balanceOf(dave.address)).to.equal(before);
    expect(await claimable(w, dave)).to.equal(due);
    expect(await claimable(w, erin)).to.equal(0n);
  });

  it("a loss of his own before somebody's recovery: he is owed what he lost himself, and paid with all others", async () => {
    const w = await lentWorld();
    const { pool, dave } = w;
    await lose(w, 500);
    const old = await owed(w, w.alice);
    // Dave becomes half of the pool and is in time for the next loss, of which he bears his part
    await setPrice(w, 2_000);
    await deposit(w, dave, 10_000_000);
    const worth = await worthOf(w, dave);
    await lose(w, 500);
    await setPrice(w, 2_000); // what is not lost yet comes back
    const lost = worth - (await worthOf(w, dave));
    const face = await owed(w, dave);
    // seconds of interest, earned on half of 6 million, are in what he still has
    expect(face >= lost && face - lost < w.usd(2), "never more than his loss").to.equal(true);
    const { unpaidFace } = await pool.certificates();
    await recover(w, w.usd(600));
    const got = await claim(w, dave);
    const part = (w.usd(600) * face) / unpaidFace;
    expect(got <= part && part - got <= SHORT, "pro rata to what is owed").to.equal(true);
    expect((await owed(w, w.alice)) > 0n && old > 0n).to.equal(true);
    expect(got < lost).to.equal(true);
  });

  it("claimed in every possible moment, and twice in a block: the sum is the face", async () => {
    const w = await lentWorld();
    const { pool, carol } = w;
    let sum = 0n;
    let face = 0n;
    for (const repay of [200, 300, 400]) {
      const before = await owed(w, carol);
      await lose(w, repay);
      face += (await owed(w, carol)) - before;
      await recover(w, w.usd(repay) / 3n);
      sum += await claim(w, carol);
      sum += await claim(w, carol);
      await sent(pool.connect(w.alice).transfer(carol.address, 1n)); // settles her anew
      sum += await claim(w, carol);
    }
    await recover(w, (await pool.certificates()).unpaidFace);
    sum += await claim(w, carol);
    expect(sum <= face + 3n && face - sum <= 3n * SHORT, `${face} and ${sum}`).to.equal(true);
    expect(await claim(w, carol)).to.equal(0n);
    await expectConserved(w, holders(w), [w.frank.address]);
  });
});
