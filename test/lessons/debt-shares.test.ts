import { expect } from "chai";

import { expectConserved, MAX, openLoan, sent, time, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld } from "../scenario/story.js";

describe("Lesson, Abracadabra 2024: others' debts repaid until a new debt rounds to nothing", () => {
  let w: World;

  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.dave, 100, 100_000);
    await openLoan(w, w.frank, 100, 101);
    await time.increase(300n * 24n * 3_600n);
  });

  it("repaying a stranger's debt, in dust or whole, leaves the index where it is", async () => {
    const { pool, erin, frank } = w;
    const encode = pool.interface.encodeFunctionData.bind(pool.interface);
    await sent(pool.accrue());
    await sent(pool.connect(erin).multicall(Array.from({ length: 50 }, () => encode("repay", [1n, w.dave.address]))));
    await sent(
      pool.connect(erin).multicall([encode("repay", [MAX, w.dave.address]), encode("repay", [MAX, frank.address])]),
    );
    const { debtShares, borrowIndexWad } = await pool.totals();
    expect(debtShares).to.equal(0n);
    expect(borrowIndexWad > 10n ** 18n).to.equal(true);
    const price = await pool.grossPrice();
    // an empty book starts again at the old index: what is lent is owed, rounded up
    await openLoan(w, erin, 100, 100_000);
    const owed = await pool.position(erin.address);
    expect(owed.debtAssets >= w.usd(100_000)).to.equal(true);
    expect((await pool.grossPrice()) >= price).to.equal(true);
    await expectConserved(w, [w.alice.address], [w.dave.address, frank.address, erin.address]);
  });

  it("fifty loans and repayments of seven wei never leave less debt than was taken", async () => {
    const { pool, dave } = w;
    const encode = pool.interface.encodeFunctionData.bind(pool.interface);
    const calls: string[] = [];
    for (let i = 0; i < 50; ++i) {
      calls.push(encode("borrow", [7n, dave.address, dave.address]), encode("repay", [7n, dave.address]));
    }
    await sent(pool.accrue());
    const before = await pool.positionOf(dave.address);
    await sent(pool.connect(dave).multicall(calls, { gasLimit: 15_000_000n }));
    const after = await pool.positionOf(dave.address);
    // each borrowing rounds up, each repayment down: a share unit more a round at an index over one
    expect(after.debtShares - before.debtShares).to.equal(50n);
  });

  it("and a debt of nothing but shares can't be: it ends at exactly zero or stays at the minimum", async () => {
    const { pool, frank } = w;
    const { debtAssets } = await pool.position(frank.address);
    await expect(pool.connect(frank).repay(debtAssets - 1n, frank.address)).to.be.revertedWithCustomError(
      pool,
      "DebtBelowMinimum",
    );
    await sent(pool.connect(frank).repay(MAX, frank.address));
    expect((await pool.positionOf(frank.address)).debtShares).to.equal(0n);
  });
});
