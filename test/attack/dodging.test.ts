// Mallory's loan is over the lltv and she would like to keep it there: by moving it a wei in every block, by marking it,
// by dust that makes a liquidator's numbers stale. Or she is a stranger who wants Bob's loan marked as untouchable.
import { expect } from "chai";

import { freeze, PENDING } from "../helpers/blocks.js";
import {
  connection,
  ethers,
  expectConserved,
  MAX,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  time,
  type World,
  WAD,
} from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin } from "../scenario/story.js";

const GAS = { gasLimit: 2_000_000 };

/** Sends calls in one block, in this order, and tells which of them went through. */
async function inOneBlock(calls: readonly (() => Promise<{ hash: string }>)[]): Promise<boolean[]> {
  const { provider } = connection;
  await provider.request({ method: "evm_setAutomine", params: [false] });
  const hashes: string[] = [];
  try {
    for (const each of calls) hashes.push((await each()).hash);
    await networkHelpers.mine();
  } finally {
    await provider.request({ method: "evm_setAutomine", params: [true] });
  }
  const done: boolean[] = [];
  for (const hash of hashes) done.push((await ethers.provider.getTransactionReceipt(hash))?.status === 1);
  return done;
}

describe("Attack: dodging a liquidation", () => {
  let w: World;
  // Bob is Mallory: 1,500,000 on 1,000 ether; at 1,700 it is 88.2%, over the lltv of 86%.
  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 10_000_000);
    await openLoan(w, w.bob, 1_000, 1_500_000);
  });

  const take = (max = MAX) =>
    w.pool.connect(w.liquidator).liquidate(w.bob.address, max, 0, w.liquidator.address, "0x", GAS);

  for (const [what, wei] of [
    ["a wei of collateral", () => w.pool.connect(w.bob).supplyCollateral(1, w.bob.address, GAS)],
    ["a wei of repayment", () => w.pool.connect(w.bob).repay(1, w.bob.address, GAS)],
  ] as const) {
    it(`${what} in each block, just ahead of the liquidator: it goes through in the same block, every time`, async () => {
      await setPrice(w, 1_700);
      for (let block = 0; block < 5; ++block) {
        const before = await w.pool.positionOf(w.bob.address);
        expect(await inOneBlock([wei, () => take(w.usd(10_000))])).to.deep.equal([true, true]);
        const after = await w.pool.positionOf(w.bob.address);
        expect(before.debtShares - after.debtShares > w.usd(9_900)).to.equal(true);
      }
      await expectConserved(w, [w.alice], [w.bob]);
    });
  }

  it("a wei borrowed or taken out in each block would help, but neither can be had over borrowLtv", async () => {
    await setPrice(w, 1_870); // 80.2%: over borrowLtv, not yet over the lltv
    const done = await inOneBlock([
      () => w.pool.connect(w.bob).borrow(1, w.bob.address, w.bob.address, GAS),
      () => w.pool.connect(w.bob).withdrawCollateral(1, w.bob.address, w.bob.address, GAS),
    ]);
    expect(done).to.deep.equal([false, false]);
  });

  it("borrowing a wei in the block of the fall itself wins her that one block", async () => {
    const price = w.priceOf(1_700);
    const done = await inOneBlock([
      () => w.pool.connect(w.bob).borrow(1, w.bob.address, w.bob.address, GAS),
      () => w.oracle.connect(w.deployer).set(price, price, true, GAS),
      () => take(),
      () => w.pool.connect(w.keeper).flag(w.bob.address, GAS),
    ]);
    expect(done).to.deep.equal([true, true, false, false]);
    expect(
      await inOneBlock([() => w.pool.connect(w.bob).borrow(1, w.bob.address, w.bob.address, GAS), () => take()]),
    ).to.deep.equal([false, true]);
  });

  it("no call of a stranger marks Bob: nothing he does for him, to him or in his name keeps a liquidator out", async () => {
    await setPrice(w, 1_640); // in the zone of flags
    const { carol, pool, bob } = w;
    const done = await inOneBlock([
      () => pool.connect(carol).supplyCollateral(1, bob.address, GAS),
      () => pool.connect(carol).repay(w.usd(1), bob.address, GAS),
      () => pool.connect(carol).flag(bob.address, GAS),
      () => pool.connect(carol).liquidate(bob.address, w.usd(500), 0, carol.address, "0x", GAS),
      () => pool.connect(carol).borrow(1, bob.address, carol.address, GAS), // not his operator
      () => pool.connect(carol).withdrawCollateral(1, bob.address, carol.address, GAS),
      () => pool.connect(carol).unflag(bob.address, GAS),
      () => pool.connect(carol).accrue(GAS),
      () => pool.connect(carol).pivot(GAS),
      () => take(),
    ]);
    expect(done).to.deep.equal([true, true, true, true, false, false, false, true, true, true]);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("dust that moves the numbers under a liquidator: by a wei or its part in a million, never more, so a little slack lands", async () => {
    await setPrice(w, 1_700);
    await freeze();
    const [, seized] = await w.pool.previewLiquidation(w.bob.address, w.usd(100_000), PENDING);
    const tight = w.pool.connect(w.liquidator);
    // She adds a cent's worth of collateral first: the ltv falls a hair, and with it the incentive.
    const done = await inOneBlock([
      () => w.pool.connect(w.bob).supplyCollateral(w.eth(1) / 170_000n, w.bob.address, GAS),
      () => tight.liquidate(w.bob.address, w.usd(100_000), seized, w.liquidator.address, "0x", GAS),
      () =>
        tight.liquidate(w.bob.address, w.usd(100_000), seized - seized / 1_000_000n, w.liquidator.address, "0x", GAS),
    ]);
    expect(done).to.deep.equal([true, false, true]);
  });

  it("to be worth a liquidator's while she'd have to pay the whole cure: a repayment of what the liquidator would repay", async () => {
    await setPrice(w, 1_700);
    const { debtAssets } = await w.pool.position(w.bob.address);
    const cure = debtAssets - (w.usd(1_700_000) * 86n) / 100n;
    expect(isWithin(cure, w.usd(38_000), w.usd(10)), `${cure}`).to.equal(true);
    expect(
      await inOneBlock([() => w.pool.connect(w.bob).repay(cure + w.usd(10), w.bob.address, GAS), () => take()]),
    ).to.deep.equal([true, false]);
    // and tomorrow's interest is due tomorrow
    await time.increase(86_400n);
    await sent(take());
  });

  it("her debt a token over the minimum, so that hardly a part of it can be repaid: the liquidator takes all of it", async () => {
    await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(1), w.carol.address));
    await sent(w.pool.connect(w.carol).borrow(w.usd(101), w.carol.address, w.carol.address));
    await setPrice(w, 115); // 87.8%
    await expect(w.pool.connect(w.carol).repay(w.usd(2), w.carol.address)).to.be.revertedWithCustomError(
      w.pool,
      "DebtBelowMinimum",
    );
    // who names less than all gets the one token that leaves the minimum; who names all gets all
    const [part] = await w.pool.previewLiquidation(w.carol.address, w.usd(50));
    expect(part > 0n && part < w.usd(1.1), `${part}`).to.equal(true);
    await sent(w.pool.connect(w.liquidator).liquidate(w.carol.address, MAX, 0, w.liquidator.address, "0x"));
    const { debtShares, collateral } = await w.pool.positionOf(w.carol.address);
    expect([debtShares, collateral > 0n]).to.deep.equal([0n, true]);
  });

  it("insolvent, she pays a wei a block: what she pays is a gift to the suppliers, and the loss falls by as much", async () => {
    await setPrice(w, 1_200);
    const price = await w.pool.exitPrice();
    for (let block = 0; block < 5; ++block) {
      expect(
        await inOneBlock([() => w.pool.connect(w.bob).repay(1, w.bob.address, GAS), () => take(w.usd(1_000))]),
      ).to.deep.equal([true, true]);
    }
    expect((await w.pool.exitPrice()) >= price).to.equal(true);
    expect((await w.pool.exitPrice()) - price < WAD / 10n ** 6n, "but for interest").to.equal(true);
    await expectConserved(w, [w.alice], [w.bob]);
  });
});
