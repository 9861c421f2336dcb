import { expect } from "chai";

import {
  DAY,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  type World,
} from "../helpers/fixtures.js";
import {
  claimUnits,
  deposit,
  divUp,
  eventsOf,
  feelessWorld,
  isWithin,
  leave,
  type Liquidation,
  liquidate,
  lossOf,
  only,
  requestUnits,
  stake,
  story,
} from "./story.js";

story("15 the total loss, and what still works after it", (step) => {
  /** Generations that a wipe moves on: units count a billionth in each, so nothing is left of the old ones. */
  const WIPED = 8n;
  let w: World;
  let bobUnits: bigint;
  let done: Liquidation;
  let owed: bigint;

  step(
    "reserve 20,000, Bob stakes 80,000, Alice supplies 900,000; all of it is lent, 150 of it to honest Frank",
    async () => {
      w = await feelessWorld();
      await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(20_000)));
      bobUnits = await stake(w, w.bob, 80_000);
      await deposit(w, w.alice, 900_000);
      await openLoan(w, w.frank, 1, 150);
      await openLoan(w, w.dave, 1_000, 999_850);
      await requestUnits(w, w.bob, bobUnits / 2n);
      expect((await w.pool.totals()).cash).to.equal(0n);
      expect(await w.pool.maxRedeem(w.alice.address), "nothing to leave with").to.equal(0n);
    },
  );

  step("the collateral turns out to be worth a millionth of a dollar", async () => {
    await setPrice(w, 0.000_001);
    expect((await w.pool.exitPrice()) > 0n, "the virtual unit").to.equal(true);
    const { debtAssets } = await w.pool.totals();
    // 1,001 ether fetch a millionth over 1.02 each, rounded down and up once for each of the two ticks
    const fetched = divUp(w.eth(1_001) * 10_000n, 10n ** 6n * 10_200n);
    expect(isWithin(await w.pool.currentShortfall(), debtAssets - fetched, 4n)).to.equal(true);
  });

  step(
    "Dave's liquidation wipes reserve and fund and leaves suppliers with next to nothing; it can't revert",
    async () => {
      done = await liquidate(w, w.dave);
      const loss = lossOf(w, done.receipt);
      expect(loss.fromReserve + loss.fromFund + loss.haircut).to.equal(loss.loss);
      expect(done.repaid).to.equal(divUp(w.eth(1_000) * 10_000n, 10n ** 6n * 10_200n));
      const { reserveShares, fundShares, debtAssets } = await w.pool.totals();
      expect([reserveShares, fundShares]).to.deep.equal([0n, 0n]);
      expect(await w.pool.totalSupply()).to.equal(w.usd(900_000) * VIRTUAL_SHARES);
      expect((await w.pool.grossAssets()) - debtAssets).to.equal(done.repaid);
      ({ unpaidFace: owed } = await w.pool.certificates());
      // the virtual share bears its part of the haircut
      expect(owed <= loss.haircut && loss.haircut - owed <= 2n).to.equal(true);
    },
  );

  step("below a thousandth of par deposits are shut for ever, and borrowing is halted", async () => {
    expect(only(eventsOf(w, done.receipt, "DepositsClosed"))).to.deep.equal({});
    await setPrice(w, 2_000);
    await expect(
      w.pool.connect(w.erin)["deposit(uint256,address)"](w.usd(1), w.erin.address),
    ).to.be.revertedWithCustomError(w.pool, "PoolClosed");
    expect((await w.pool.config()).isBorrowingHalted).to.equal(true);
  });

  step("Bob's units and his request are void: the fund has a new generation", async () => {
    expect(await w.pool.fundGeneration()).to.equal(WIPED);
    expect(await w.fund.balanceOf(w.bob.address)).to.equal(0n);
    expect(await w.fund.totalSupply()).to.equal(0n);
    await time.increase(14n * DAY);
    await expect(w.fund.connect(w.bob).cancelRedeem(1n))
      .to.be.revertedWithCustomError(w.fund, "RequestVoid")
      .withArgs(1n, 0n, WIPED);
    expect((await w.pool.certificateOf(w.bob.address)).unpaidFace, "the junior side gets nothing back").to.equal(0n);
  });

  step("a new staker starts from scratch, undiluted", async () => {
    const shares = w.usd(100) * VIRTUAL_SHARES;
    await sent(w.fund.connect(w.alice)["deposit(uint256,address)"](shares, w.alice.address));
    expect(await w.fund.balanceOf(w.alice.address)).to.equal(shares * 10n ** 6n);
    expect(await w.fund.convertToAssets(shares * 10n ** 6n)).to.equal(shares);
  });

  step("Frank repays his 150, and it is the suppliers': nobody can borrow it, but Alice can redeem", async () => {
    await sent(w.pool.connect(w.frank).repay(MAX, w.frank.address));
    await sent(w.pool.connect(w.frank).withdrawCollateral(w.eth(1), w.frank.address, w.frank.address));
    await sent(w.pool.connect(w.erin).supplyCollateral(w.eth(1), w.erin.address));
    await expect(
      w.pool.connect(w.erin).borrow(w.usd(100), w.erin.address, w.erin.address),
    ).to.be.revertedWithCustomError(w.pool, "BorrowingHalted");
    await sent(w.pool.connect(w.erin).withdrawCollateral(w.eth(1), w.erin.address, w.erin.address));
    const { cash } = await w.pool.totals();
    const shares = w.usd(300_000) * VIRTUAL_SHARES;
    const supply = w.usd(900_000) * VIRTUAL_SHARES + VIRTUAL_SHARES;
    expect(await leave(w, w.alice, shares)).to.equal((shares * (cash + 1n)) / supply);
  });

  step("she can pass shares on; the certificate stays hers", async () => {
    const { unpaidFace } = await w.pool.certificateOf(w.alice.address);
    await sent(w.pool.connect(w.alice).transfer(w.erin.address, w.usd(100_000) * VIRTUAL_SHARES));
    expect((await w.pool.certificateOf(w.alice.address)).unpaidFace).to.equal(unpaidFace);
    expect((await w.pool.certificateOf(w.erin.address)).unpaidFace).to.equal(0n);
  });

  step("a top-up at this price mints no shares: it is a gift to all", async () => {
    const supply = await w.pool.totalSupply();
    const before = await w.pool.grossAssets();
    const receipt = await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(100)));
    expect(only(eventsOf(w, receipt, "ReserveToppedUp"))).to.deep.equal({
      caller: w.keeper.address,
      assets: w.usd(100),
      shares: 0n,
    });
    expect(await w.pool.totalSupply()).to.equal(supply);
    expect(await w.pool.grossAssets()).to.equal(before + w.usd(100));
  });

  step("years later 500,000 are recovered, and Alice claims them, all but a wei", async () => {
    await sent(w.pool.connect(w.keeper).recover(w.usd(500_000)));
    const before = await w.asset.balanceOf(w.alice.address);
    await sent(w.pool.connect(w.alice).claimRecovery(w.alice.address));
    const got = (await w.asset.balanceOf(w.alice.address)) - before;
    expect(got).to.be.oneOf([w.usd(500_000), w.usd(500_000) - 1n]); // what is still owed rounds up
  });

  step("then the rest, with 10 over, which at this price go to all shares", async () => {
    const { unpaidFace } = await w.pool.certificates();
    expect(unpaidFace).to.equal(owed - w.usd(500_000));
    const supply = await w.pool.totalSupply();
    const receipt = await sent(w.pool.connect(w.keeper).recover(unpaidFace + w.usd(10)));
    expect(only(eventsOf(w, receipt, "Recovered"))).to.deep.equal({
      caller: w.keeper.address,
      toCertificates: unpaidFace,
      toReserve: w.usd(10),
    });
    expect(await w.pool.totalSupply()).to.equal(supply);
    const before = await w.asset.balanceOf(w.alice.address);
    await sent(w.pool.connect(w.alice).claimRecovery(w.alice.address));
    const got = (await w.asset.balanceOf(w.alice.address)) - before;
    expect(got > unpaidFace - 3n && got <= unpaidFace + 1n).to.equal(true);
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
  });

  step("Alice and Erin take what is left", async () => {
    await requestUnits(w, w.alice);
    await time.increase(14n * DAY);
    await claimUnits(w, w.alice);
    await leave(w, w.alice);
    await leave(w, w.erin);
    expect((await w.pool.totals()).cash < 10n ** 3n).to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address, w.erin.address], [w.dave.address, w.frank.address]);
  });
});
