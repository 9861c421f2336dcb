import { expect } from "chai";

import { ethers, expectConserved, openLoan, sent, setPrice, WAD, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin, leave, liquidate, story, whatIf, worthOf } from "./story.js";

story("06 a supplier who tries to leave first", (step) => {
  let w: World;
  /** What Alice gets, and what Bob's shares are worth once everything is over. */
  type Outcome = { alice: bigint; bob: bigint };
  let stays: Outcome;

  /** Each exit rounds down by less than a wei, in favour of who is still there. */
  const expectSame = (outcome: Outcome, wei: bigint) => {
    expect(isWithin(outcome.alice, stays.alice, wei), `Alice: ${outcome.alice}, ${stays.alice}`).to.equal(true);
    expect(isWithin(outcome.bob, stays.bob, wei), `Bob: ${outcome.bob}, ${stays.bob}`).to.equal(true);
  };

  step("Alice and Bob supply half a million each; Dave borrows 150,000 against 100 ether", async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 500_000);
    await deposit(w, w.bob, 500_000);
    await openLoan(w, w.dave, 100, 150_000);
  });

  step("before the crash nobody gains by a large deposit for a single transaction", async () => {
    await whatIf(async () => {
      const before = await w.asset.balanceOf(w.erin.address);
      const calls = [
        w.pool.interface.encodeFunctionData("deposit(uint256,address)", [w.usd(100_000_000), w.erin.address]),
        w.pool.interface.encodeFunctionData("withdraw(uint256,address,address)", [
          w.usd(100_000_000) - 1n,
          w.erin.address,
          w.erin.address,
        ]),
      ];
      await sent(w.pool.connect(w.erin).multicall(calls));
      expect(await w.asset.balanceOf(w.erin.address)).to.equal(before - 1n);
      expect((await worthOf(w, w.erin)) <= 1n).to.equal(true);
    });
  });

  step("nor does a flash loan of all the pool's cash move any price", async () => {
    const prices = [await w.pool.grossPrice(), await w.pool.exitPrice()];
    const borrower = await ethers.deployContract("FlashBorrower");
    const asset = await w.asset.getAddress();
    await sent(borrower.approve(asset, await w.pool.getAddress()));
    const { cash } = await w.pool.totals();
    expect(await w.pool.maxFlashLoan(asset)).to.equal(cash);
    await sent(w.pool.connect(w.erin).flashLoan(await borrower.getAddress(), asset, cash, "0x"));
    const after = [await w.pool.grossPrice(), await w.pool.exitPrice()];
    // seconds of interest on 150,000 lie between: under 1e-8 of a million
    prices.forEach((price, i) => expect(isWithin(after[i] ?? 0n, price, 10n ** 10n)).to.equal(true));
    expect((await w.pool.totals()).cash).to.equal(cash);
  });

  step(
    "the oracle shows 1,020: the ether fetches 100,000, and the price falls by 5% before anyone liquidates",
    async () => {
      await setPrice(w, 1_020);
      const interest = (await w.pool.totals()).debtAssets - w.usd(150_000);
      expect(await w.pool.currentShortfall()).to.equal(w.usd(50_000) + interest);
      expect(await w.pool.exitPrice()).to.equal((95n * WAD) / 100n);
    },
  );

  step("if Alice stays, she is left with 475,000", async () => {
    stays = await whatIf(async () => {
      await liquidate(w, w.dave);
      return { alice: await leave(w, w.alice), bob: await worthOf(w, w.bob) };
    });
    expect(stays.alice).to.equal(w.usd(475_000));
    expect(stays.bob).to.equal(w.usd(475_000));
  });

  step("if she leaves before the liquidation, it is the same", async () => {
    const outcome = await whatIf(async () => {
      const alice = await leave(w, w.alice);
      await liquidate(w, w.dave);
      return { alice, bob: await worthOf(w, w.bob) };
    });
    expectSame(outcome, 1n);
  });

  step("if she leaves in ten steps around three partial liquidations, it is the same", async () => {
    const outcome = await whatIf(async () => {
      const part = (await w.pool.balanceOf(w.alice.address)) / 10n;
      let alice = 0n;
      for (let i = 0; i < 9; ++i) {
        alice += await leave(w, w.alice, part);
        if (i % 3 === 2) await liquidate(w, w.dave, w.usd(30_000));
      }
      alice += await leave(w, w.alice);
      await liquidate(w, w.dave);
      return { alice, bob: await worthOf(w, w.bob) };
    });
    // ten exits and four liquidations, a wei each
    expectSame(outcome, 14n);
  });

  step("if she moves her shares to a friend, the friend has what she would have had", async () => {
    const outcome = await whatIf(async () => {
      await sent(w.pool.connect(w.alice).transfer(w.erin.address, await w.pool.balanceOf(w.alice.address)));
      const before = await w.asset.balanceOf(w.erin.address);
      await liquidate(w, w.dave);
      await leave(w, w.erin);
      expect(await worthOf(w, w.alice)).to.equal(0n);
      return { alice: (await w.asset.balanceOf(w.erin.address)) - before, bob: await worthOf(w, w.bob) };
    });
    expectSame(outcome, 1n);
  });

  step("with a hundred millions for one transaction she can't even come in", async () => {
    const interest = (await w.pool.totals()).debtAssets - w.usd(150_000);
    const gross = w.usd(1_000_000) + interest;
    const calls = [
      w.pool.interface.encodeFunctionData("deposit(uint256,address)", [w.usd(100_000_000), w.alice.address]),
      w.pool.interface.encodeFunctionData("redeem(uint256,address,address)", [
        await w.pool.balanceOf(w.alice.address),
        w.alice.address,
        w.alice.address,
      ]),
    ];
    expect(await w.pool.maxDeposit(w.alice.address)).to.equal(0n);
    // a second's interest on 150,000 is under a hundredth of a token
    await expect(w.pool.connect(w.alice).multicall(calls))
      .to.be.revertedWithCustomError(w.pool, "UncoveredShortfall")
      .withArgs(
        (uncovered: bigint) => isWithin(uncovered, w.usd(50_000) + interest, w.usd(0.01)),
        (limit: bigint) => isWithin(limit, gross / 1_000n, w.usd(0.01)),
      );
  });

  step("she leaves first all the same; the only difference is against her: no certificate", async () => {
    expect(await leave(w, w.alice)).to.equal(stays.alice);
    await liquidate(w, w.dave);
    const { unpaidFace } = await w.pool.certificateOf(w.bob.address);
    expect((await w.pool.certificateOf(w.alice.address)).unpaidFace).to.equal(0n);
    // all of the loss is Bob's to be repaid, with what Alice left him of hers; and seconds of interest
    expect(isWithin(unpaidFace, w.usd(50_000), w.usd(0.01))).to.equal(true);
    expect(isWithin(await leave(w, w.bob), stays.bob, 1n)).to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address, w.erin.address], [w.dave.address]);
  });
});
