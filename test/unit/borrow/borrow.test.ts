import { expect } from "chai";

import { mulUp } from "../../../sdk/model/index.js";
import { freeze, load, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  ethers,
  expectConserved,
  MAX,
  sent,
  setPrice,
  setPrices,
  time,
  WAD,
  type World,
  ZERO,
} from "../../helpers/fixtures.js";
import { deposit, lentWorld, scheduled } from "../pool/kit.js";

/** Cash, and carol with ten ether and no debt; the index has left one. */
async function readyWorld(): Promise<World> {
  return await load(ready);
}

async function ready(): Promise<World> {
  const w = await deployWorld();
  await deposit(w, w.alice, w.usd(1_000_000));
  await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(1_000), w.bob));
  await sent(w.pool.connect(w.bob).borrow(w.usd(800_000), w.bob, w.bob));
  await time.increase(30n * DAY);
  await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(10), w.carol));
  return w;
}

describe("LendingPool, borrow", () => {
  it("gives debt shares rounded up, pays the receiver, and marks the position as raised", async () => {
    const w = await readyWorld();
    const { pool, carol, dave } = w;
    const timestamp = await freeze(12);
    const before = await pool.totals(PENDING);
    const assets = w.usd(1_234) + 567n;
    const debtShares = mulUp(assets, WAD, before.borrowIndexWad);
    expect(debtShares < assets).to.equal(true);
    const transaction = pool.connect(carol).borrow(assets, carol, dave);
    await expect(transaction)
      .to.emit(pool, "Borrowed")
      .withArgs(carol.address, carol.address, dave.address, assets, debtShares);
    await expect(transaction).to.changeTokenBalances(ethers, w.asset, [dave, pool], [assets, -assets]);
    const position = await pool.positionOf(carol);
    expect([position.debtShares, position.collateral, position.timestamp]).to.deep.equal([
      debtShares,
      w.eth(10),
      timestamp,
    ]);
    const after = await pool.totals();
    expect(after.cash).to.equal(before.cash - assets);
    expect(after.debtShares).to.equal(before.debtShares + debtShares);
    const { debtAssets } = await pool.position(carol);
    expect(debtAssets).to.equal(mulUp(debtShares, after.borrowIndexWad, WAD));
    expect(debtAssets >= assets && debtAssets <= assets + 1n, "rounded up").to.equal(true);
    await expectConserved(w, [w.alice], [w.bob, carol]);
  });

  it("returns the debt shares, and adds to a debt", async () => {
    const w = await readyWorld();
    const { pool, carol } = w;
    await sent(pool.connect(carol).borrow(w.usd(500), carol, carol));
    const { debtShares } = await pool.positionOf(carol);
    await freeze();
    const { borrowIndexWad } = await pool.totals(PENDING);
    const more = mulUp(1n, WAD, borrowIndexWad);
    expect(await pool.connect(carol).borrow.staticCall(1n, carol, carol)).to.equal(more);
    await sent(pool.connect(carol).borrow(1n, carol, carol));
    expect((await pool.positionOf(carol)).debtShares).to.equal(debtShares + more);
    await expectConserved(w, [w.alice], [w.bob, carol]);
  });

  it("goes up to borrowLtv at the low price, not a wei over", async () => {
    const w = await readyWorld();
    const { pool, carol } = w;
    await setPrices(w, 1_980, 2_000);
    // ten ether at 1,980, 80% of it
    const most = w.usd(15_840);
    const { borrowIndexWad } = await pool.totals();
    await freeze();
    const index = (await pool.totals(PENDING)).borrowIndexWad;
    const debtOf = (assets: bigint) => mulUp(mulUp(assets, WAD, index), index, WAD);
    await expect(pool.connect(carol).borrow(most + 1n, carol, carol))
      .to.be.revertedWithCustomError(pool, "PositionUnhealthy")
      .withArgs(debtOf(most + 1n), most);
    expect(index >= borrowIndexWad).to.equal(true);
    // rounding: the debt is up to a wei above what is lent
    await sent(pool.connect(carol).borrow(most - 1n, carol, carol));
    await expectConserved(w, [w.alice], [w.bob, carol]);
  });

  it("reverts for nothing, and to nobody", async () => {
    const w = await readyWorld();
    const { pool, carol } = w;
    await expect(pool.connect(carol).borrow(0n, carol, carol)).to.be.revertedWithCustomError(pool, "ZeroAmount");
    for (const receiver of [ZERO, await pool.getAddress(), await w.fund.getAddress()]) {
      await expect(pool.connect(carol).borrow(w.usd(200), carol, receiver))
        .to.be.revertedWithCustomError(pool, "InvalidAddress")
        .withArgs(receiver);
    }
  });

  it("is for the owner and its operator alone", async () => {
    const w = await readyWorld();
    const { pool, carol, dave } = w;
    await expect(pool.connect(dave).borrow(w.usd(200), carol, dave))
      .to.be.revertedWithCustomError(pool, "NotAuthorised")
      .withArgs(dave.address, carol.address);
    await sent(pool.connect(carol).setOperator(dave, true));
    await sent(pool.connect(dave).borrow(w.usd(200), carol, dave));
    expect((await pool.positionOf(carol)).debtShares > 0n).to.equal(true);
    expect((await pool.positionOf(dave)).debtShares).to.equal(0n);
    await sent(pool.connect(carol).setOperator(dave, false));
    await expect(pool.connect(dave).borrow(1n, carol, dave))
      .to.be.revertedWithCustomError(pool, "NotAuthorised")
      .withArgs(dave.address, carol.address);
    await expectConserved(w, [w.alice], [w.bob, carol]);
  });

  it("reverts for more than cash; all of it passes", async () => {
    const w = await readyWorld();
    const { pool, dave } = w;
    await sent(pool.connect(dave).supplyCollateral(w.eth(100_000), dave));
    const { cash } = await pool.totals();
    await expect(pool.connect(dave).borrow(cash + 1n, dave, dave))
      .to.be.revertedWithCustomError(pool, "InsufficientCash")
      .withArgs(cash + 1n, cash);
    await sent(pool.connect(dave).borrow(cash, dave, dave));
    expect((await pool.totals()).cash).to.equal(0n);
    await expectConserved(w, [w.alice], [w.bob, w.carol, dave]);
  });

  it("reverts while paused, until 72 hours are over", async () => {
    const w = await readyWorld();
    const { pool, carol } = w;
    await sent(pool.connect(w.guardian).pause());
    await expect(pool.connect(carol).borrow(w.usd(200), carol, carol)).to.be.revertedWithCustomError(
      pool,
      "PoolPaused",
    );
    await time.increase(3n * DAY);
    await sent(pool.connect(carol).borrow(w.usd(200), carol, carol));
  });

  it("reverts once winding down", async () => {
    const w = await readyWorld();
    const execute = await scheduled(w, w.pool.interface.encodeFunctionData("windDown", [14n * DAY]));
    await sent(execute());
    await expect(w.pool.connect(w.carol).borrow(w.usd(200), w.carol, w.carol)).to.be.revertedWithCustomError(
      w.pool,
      "BorrowingHalted",
    );
  });

  it("reverts after a haircut of more than 0.1%, until governance reopens it", async () => {
    const w = await readyWorld();
    const { pool, carol } = w;
    await setPrice(w, 500);
    await expect(pool.connect(w.liquidator).liquidate(w.bob, MAX, 0n, w.liquidator, "0x"))
      .to.emit(pool, "BorrowingHaltSet")
      .withArgs(true);
    await setPrice(w, 2_000);
    await expect(pool.connect(carol).borrow(w.usd(200), carol, carol)).to.be.revertedWithCustomError(
      pool,
      "BorrowingHalted",
    );
    const execute = await scheduled(w, pool.interface.encodeFunctionData("reopenBorrowing"));
    await expect(execute()).to.emit(pool, "BorrowingHaltSet").withArgs(false);
    await sent(pool.connect(carol).borrow(w.usd(200), carol, carol));
    await expectConserved(w, [w.alice], [w.bob, carol]);
  });

  it("reverts over the borrow cap, counting interest", async () => {
    const w = await readyWorld();
    const { pool, carol } = w;
    await sent(pool.connect(w.guardian).lowerCaps(1_000_000_000n, 805_000n));
    await freeze();
    const { borrowIndexWad, debtShares } = await pool.totals(PENDING);
    const shares = mulUp(w.usd(5_000), WAD, borrowIndexWad);
    const debt = ((debtShares + shares) * borrowIndexWad) / WAD;
    expect(debt > w.usd(805_000)).to.equal(true);
    await expect(pool.connect(carol).borrow(w.usd(5_000), carol, carol))
      .to.be.revertedWithCustomError(pool, "BorrowCapExceeded")
      .withArgs(debt, w.usd(805_000));
    await freeze();
    const room = w.usd(805_000) - (await pool.totals(PENDING)).debtAssets;
    // rounding: debt shares are rounded up
    await sent(pool.connect(carol).borrow(room - 1n, carol, carol));
    expect((await pool.totals()).debtAssets <= w.usd(805_000)).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob, carol]);
  });

  it("lends up to the very cap", async () => {
    const w = await deployWorld();
    const { pool, alice, bob } = w;
    await deposit(w, alice, w.usd(1_000_000));
    await sent(pool.connect(bob).supplyCollateral(w.eth(1_000), bob));
    await sent(pool.connect(w.guardian).lowerCaps(1_000_000_000n, 5_000n));
    // nothing is lent yet: the index is one, and the debt exactly what is borrowed
    const borrow = (assets: bigint) => pool.connect(bob).borrow(assets, bob, bob);
    await expect(borrow(w.usd(5_000) + 1n))
      .to.be.revertedWithCustomError(pool, "BorrowCapExceeded")
      .withArgs(w.usd(5_000) + 1n, w.usd(5_000));
    await sent(borrow(w.usd(5_000)));
  });

  it("reverts under the minimal debt (L-3)", async () => {
    const w = await readyWorld();
    const { pool, carol } = w;
    await freeze();
    const index = (await pool.totals(PENDING)).borrowIndexWad;
    const small = w.usd(100) - 2n;
    await expect(pool.connect(carol).borrow(small, carol, carol))
      .to.be.revertedWithCustomError(pool, "DebtBelowMinimum")
      .withArgs(mulUp(mulUp(small, WAD, index), index, WAD), w.usd(100));
    await sent(pool.connect(carol).borrow(w.usd(100), carol, carol));
    await expectConserved(w, [w.alice], [w.bob, carol]);
  });

  it("reverts while the oracle is not ok, or has no low", async () => {
    const w = await readyWorld();
    const { pool, carol } = w;
    await setPrices(w, 1_999, 2_000, false);
    await expect(pool.connect(carol).borrow(w.usd(200), carol, carol))
      .to.be.revertedWithCustomError(pool, "OracleNotOk")
      .withArgs(w.priceOf(1_999), w.priceOf(2_000));
    await setPrices(w, 0, 2_000);
    await expect(pool.connect(carol).borrow(w.usd(200), carol, carol))
      .to.be.revertedWithCustomError(pool, "OracleNotOk")
      .withArgs(0n, w.priceOf(2_000));
  });

  it("reverts when the prices are more than 2% apart; exactly 2% passes", async () => {
    const w = await readyWorld();
    const { pool, carol } = w;
    await sent(w.oracle.connect(w.deployer).set(w.priceOf(2_000), w.priceOf(2_040) + 1n, true));
    await expect(pool.connect(carol).borrow(w.usd(200), carol, carol))
      .to.be.revertedWithCustomError(pool, "PricesTooFarApart")
      .withArgs(w.priceOf(2_000), w.priceOf(2_040) + 1n);
    await setPrices(w, 2_000, 2_040);
    await sent(pool.connect(carol).borrow(w.usd(200), carol, carol));
  });

  it("reverts without collateral", async () => {
    const w = await readyWorld();
    const { pool, dave } = w;
    await freeze();
    const index = (await pool.totals(PENDING)).borrowIndexWad;
    await expect(pool.connect(dave).borrow(w.usd(200), dave, dave))
      .to.be.revertedWithCustomError(pool, "PositionUnhealthy")
      .withArgs(mulUp(mulUp(w.usd(200), WAD, index), index, WAD), 0n);
  });
});

describe("LendingPool, repay", () => {
  it("cancels debt shares rounded down, and takes exactly the assets", async () => {
    const w = await lentWorld();
    const { pool, bob, dave } = w;
    await freeze(12);
    const before = await pool.totals(PENDING);
    const assets = w.usd(1_234) + 567n;
    const cancelled = (assets * WAD) / before.borrowIndexWad;
    expect(await pool.connect(dave).repay.staticCall(assets, bob, PENDING)).to.equal(assets);
    const transaction = pool.connect(dave).repay(assets, bob);
    await expect(transaction).to.emit(pool, "Repaid").withArgs(dave.address, bob.address, assets, cancelled);
    await expect(transaction).to.changeTokenBalances(ethers, w.asset, [dave, pool], [-assets, assets]);
    const after = await pool.totals();
    expect(after.debtShares).to.equal(before.debtShares - cancelled);
    expect(after.cash).to.equal(before.cash + assets);
    expect(after.debtAssets + after.cash >= before.debtAssets + before.cash, "nothing is lost").to.equal(true);
    await expectConserved(w, [w.alice], [bob]);
  });

  it("of the maximum clears the debt to exactly zero, and the position's marks", async () => {
    const w = await lentWorld();
    const { pool, bob } = w;
    await freeze(12);
    const { debtAssets } = await pool.position(bob, PENDING);
    const { debtShares } = await pool.positionOf(bob);
    const transaction = pool.connect(bob).repay(MAX, bob);
    await expect(transaction).to.emit(pool, "Repaid").withArgs(bob.address, bob.address, debtAssets, debtShares);
    await expect(transaction).to.changeTokenBalance(ethers, w.asset, bob, -debtAssets);
    expect([...(await pool.positionOf(bob))]).to.deep.equal([0n, w.eth(1_000), 0n, 0n, false]);
    expect((await pool.totals()).debtAssets).to.equal(0n);
    expect((await pool.ledgerState()).highestTick).to.equal(0n);
    await sent(pool.connect(bob).withdrawCollateral(w.eth(1_000), bob, bob));
    await expectConserved(w, [w.alice], [bob]);
  });

  it("of the whole debt by its amount is the same, and takes no wei more", async () => {
    const w = await lentWorld();
    const { pool, bob, dave } = w;
    await freeze();
    const { debtAssets } = await pool.position(bob, PENDING);
    await expect(pool.connect(dave).repay(debtAssets + 5n, bob)).to.changeTokenBalance(
      ethers,
      w.asset,
      dave,
      -debtAssets,
    );
    expect((await pool.positionOf(bob)).debtShares).to.equal(0n);
    await expectConserved(w, [w.alice], [bob]);
  });

  it("does not leave less than the minimal debt (L-3)", async () => {
    const w = await lentWorld();
    const { pool, bob } = w;
    await freeze();
    const { debtAssets } = await pool.position(bob, PENDING);
    const index = (await pool.totals(PENDING)).borrowIndexWad;
    const { debtShares } = await pool.positionOf(bob);
    const restOf = (assets: bigint) => mulUp(debtShares - (assets * WAD) / index, index, WAD);
    const tooMuch = debtAssets - w.usd(100) + 2n;
    expect(restOf(tooMuch) < w.usd(100)).to.equal(true);
    await expect(pool.connect(bob).repay(tooMuch, bob))
      .to.be.revertedWithCustomError(pool, "DebtBelowMinimum")
      .withArgs(restOf(tooMuch), w.usd(100));
    await expect(pool.connect(bob).repay(debtAssets - 1n, bob)).to.be.revertedWithCustomError(pool, "DebtBelowMinimum");
    await freeze();
    const later = (await pool.position(bob, PENDING)).debtAssets;
    await sent(pool.connect(bob).repay(later - w.usd(100), bob));
    expect((await pool.position(bob)).debtAssets >= w.usd(100)).to.equal(true);
    await expectConserved(w, [w.alice], [bob]);
  });

  it("reverts for nothing, and without debt", async () => {
    const w = await lentWorld();
    await expect(w.pool.connect(w.bob).repay(0n, w.bob)).to.be.revertedWithCustomError(w.pool, "ZeroAmount");
    await expect(w.pool.connect(w.bob).repay(MAX, w.carol))
      .to.be.revertedWithCustomError(w.pool, "NoDebt")
      .withArgs(w.carol.address);
  });

  it("works when paused, halted, winding down, and without a price (G-1)", async () => {
    const w = await lentWorld();
    const { pool, bob } = w;
    await sent(pool.connect(w.guardian).pause());
    await setPrices(w, 0, 0, false);
    const execute = await scheduled(w, pool.interface.encodeFunctionData("windDown", [14n * DAY]));
    await sent(execute());
    await sent(pool.connect(bob).repay(w.usd(1), bob));
    await sent(pool.connect(bob).repay(MAX, bob));
    expect((await pool.positionOf(bob)).debtShares).to.equal(0n);
    await expectConserved(w, [w.alice], [bob]);
  });

  it("does not mark the position as raised, so it stays eligible for liquidation (L-2)", async () => {
    const w = await lentWorld();
    const { pool, bob } = w;
    const { timestamp } = await pool.positionOf(bob);
    await sent(pool.connect(w.dave).repay(1n, bob));
    expect((await pool.positionOf(bob)).timestamp).to.equal(timestamp);
  });

  it("clears the flag of a position it cures, and leaves that of one it does not", async () => {
    const w = await lentWorld();
    const { pool, bob } = w;
    await setPrice(w, 850);
    await sent(pool.flag(bob));
    await sent(pool.connect(bob).repay(w.usd(1), bob));
    expect((await pool.positionOf(bob)).isFlagged).to.equal(true);
    await expect(pool.connect(bob).repay(w.usd(400_000), bob))
      .to.emit(pool, "Unflagged")
      .withArgs(bob.address);
    expect((await pool.positionOf(bob)).isFlagged).to.equal(false);
    await expectConserved(w, [w.alice], [bob]);
  });

  it("of all clears the flag without a price", async () => {
    const w = await lentWorld();
    const { pool, bob } = w;
    await setPrice(w, 850);
    await sent(pool.flag(bob));
    await setPrices(w, 0, 0, false);
    await expect(pool.connect(bob).repay(w.usd(500_000), bob)).to.not.emit(pool, "Unflagged");
    await expect(pool.connect(bob).repay(MAX, bob)).to.emit(pool, "Unflagged").withArgs(bob.address);
    expect((await pool.positionOf(bob)).isFlagged).to.equal(false);
  });

  it("needs an allowance: the token's error", async () => {
    const w = await lentWorld();
    await expect(w.pool.connect(w.admin).repay(1n, w.bob)).to.be.revertedWithCustomError(
      w.asset,
      "ERC20InsufficientAllowance",
    );
  });
});
