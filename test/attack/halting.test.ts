// After a haircut of more than 0.1% of the assets new loans stop until governance reopens them; and while more than that
// is visibly uncovered, nobody can deposit. The attacker wants both with as little loss as there can be. No cover here:
// with any, dust never reaches the suppliers at all.
import { expect } from "chai";

import { expectConserved, MAX, openLoan, sent, setPrice, VIRTUAL_SHARES, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, leave, liquidate, lossOf } from "../scenario/story.js";

const isHalted = async (w: World): Promise<boolean> => (await w.pool.config()).isBorrowingHalted;

/** Frank's smallest loan, 100 against an eighteenth of an ether, at a price at which a fifth of it is lost. */
async function loseDust(w: World, debt = 100) {
  await openLoan(w, w.frank, debt / 1_590, debt);
  await setPrice(w, 1_297.44);
  const done = await liquidate(w, w.frank);
  await setPrice(w, 2_000);
  return lossOf(w, done.receipt);
}

describe("Attack: halting a market by a dust loss", () => {
  it("the smallest loan lost to a fifth: nothing stops, for suppliers or borrowers", async () => {
    const w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    const { loss, haircut } = await loseDust(w);
    expect(loss > w.usd(19.9) && loss < w.usd(20.1)).to.equal(true);
    expect(haircut).to.equal(loss);
    expect(await isHalted(w)).to.equal(false);
    await openLoan(w, w.carol, 100, 100_000);
    await deposit(w, w.bob, 1);
    await expectConserved(w, [w.alice, w.bob], [w.frank.address, w.carol.address]);
  });

  it("nor does it while it only shows, and nor do eleven of them one after the other", async () => {
    const w = await feelessWorld();
    await deposit(w, w.alice, 100_000);
    await openLoan(w, w.frank, 200 / 1_590, 200);
    await setPrice(w, 1_297.44);
    expect((await w.pool.currentShortfall()) > w.usd(39)).to.equal(true);
    await deposit(w, w.bob, 100); // 40 of 100,000 are uncovered
    await liquidate(w, w.frank);
    await setPrice(w, 2_000);
    for (let i = 0; i < 10; ++i) await loseDust(w, 400);
    expect(await isHalted(w), "eleven losses, 0.84% in all, none of them over 0.1%").to.equal(false);
    await openLoan(w, w.carol, 100, 50_000);
  });

  it("just above the line it does halt, and costs its maker a real loan: the line is what the docs say", async () => {
    for (const [debt, halts] of [
      [499, false],
      [502, true],
    ] as const) {
      const w = await feelessWorld();
      await deposit(w, w.alice, 100_000);
      const { haircut } = await loseDust(w, debt);
      expect(haircut > w.usd(99)).to.equal(true);
      expect(await isHalted(w), `with ${debt}`).to.equal(halts);
      // deposits never needed governance: the loss is realised, nothing is uncovered any more
      await deposit(w, w.bob, 1);
    }
  });

  it("with most of the supply his own: taken out for a moment he makes dust look large, by as much as cash allows", async () => {
    const w = await feelessWorld();
    const { pool, alice, bob, carol } = w;
    // Bob supplies 99% of what is there; 9,000 of Alice's 10,000 are lent
    await deposit(w, alice, 10_000);
    await deposit(w, bob, 990_000);
    await openLoan(w, carol, 100, 9_000);
    await openLoan(w, w.frank, 100 / 1_590, 100);
    await setPrice(w, 1_297.44);
    const out = await pool.maxRedeem(bob.address);
    expect(await leave(w, bob, out), "all that is his but for his part of the loss").to.be.greaterThan(w.usd(989_900));
    const { receipt } = await liquidate(w, w.frank);
    const { loss } = lossOf(w, receipt);
    // 20 of 10,000: halted by a loss of 0.002% of what was there before and after
    expect(loss < w.usd(20.1) && (await isHalted(w))).to.equal(true);
    await deposit(w, bob, 990_000);
    await expect(pool.connect(w.dave).borrow(w.usd(100), w.dave.address, w.dave.address)).to.be.revertedWithCustomError(
      pool,
      "BorrowingHalted",
    );
    // That is all: exits, deposits, repayment and liquidation go on, and the governor reopens it. It takes a real loss
    // that reserve and fund don't cover, and never less than 0.1% of what is lent out, which can't be taken out
    await leave(w, alice, w.usd(1_000) * VIRTUAL_SHARES);
    await sent(pool.connect(carol).repay(MAX, carol.address));
    await expect(pool.connect(bob).reopenBorrowing()).to.be.revertedWithCustomError(pool, "AccessManagedUnauthorized");
  });

  it("with a reserve of a thousandth no dust gets to the suppliers", async () => {
    const w = await feelessWorld();
    await deposit(w, w.alice, 10_000);
    await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(25)));
    const price = await w.pool.exitPrice();
    const { haircut } = await loseDust(w);
    expect(haircut).to.equal(0n);
    expect(await isHalted(w)).to.equal(false);
    // a second's interest of a hundred
    expect(await w.pool.exitPrice()).to.be.greaterThanOrEqual(price);
  });
});
