import { expect } from "chai";

import { ltvOf } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  connection,
  DAY,
  ethers,
  expectConserved,
  MAX,
  networkHelpers,
  sent,
  setPrice,
  setPrices,
  time,
  type World,
  ZERO,
} from "../../helpers/fixtures.js";
import { liquidate, liquidateExactly, LLTV, setRawPrice, stateOf, worldWithLoan } from "./actions.js";
import { debtOf } from "./model.js";

const LLTV_WAD = 86n * 10n ** 16n;

/** Sends several calls in one block, in this order; none may fail. */
async function inOneBlock(calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  await connection.provider.request({ method: "evm_setAutomine", params: [false] });
  try {
    for (const call of calls) await call();
    await networkHelpers.mine();
  } finally {
    await connection.provider.request({ method: "evm_setAutomine", params: [true] });
  }
  const block = await ethers.provider.getBlock("latest");
  expect(block?.transactions.length).to.equal(calls.length);
  for (const hash of block?.transactions ?? []) {
    expect((await ethers.provider.getTransactionReceipt(hash))?.status).to.equal(1);
  }
}

const GAS = { gasLimit: 2_000_000 };

function lower(w: World, tokens: number) {
  const price = w.priceOf(tokens);
  return w.oracle.connect(w.deployer).set(price, price, true, GAS);
}

describe("LendingPool.liquidate, who can be", () => {
  let w: World;
  beforeEach(async () => {
    w = await worldWithLoan();
  });

  /** Asked in the state and at the time of the last block. */
  async function expectRaised(): Promise<void> {
    await expect(w.pool.connect(w.liquidator).liquidate.staticCall(w.bob, MAX, 0, w.liquidator, "0x"))
      .to.be.revertedWithCustomError(w.pool, "RaisedInThisBlock")
      .withArgs(w.bob.address);
    expect([...(await w.pool.previewLiquidation(w.bob, MAX))]).to.deep.equal([0n, 0n, 0n]);
  }

  it("refuses a position without debt", async () => {
    await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(1), w.carol));
    await setPrice(w, 1);
    await expect(liquidate(w, w.carol)).to.be.revertedWithCustomError(w.pool, "NoDebt").withArgs(w.carol.address);
    expect([...(await w.pool.previewLiquidation(w.carol, MAX))]).to.deep.equal([0n, 0n, 0n]);
  });

  it("refuses a position that borrowed in this block, and takes it a block later", async () => {
    await inOneBlock([() => w.pool.connect(w.bob).borrow(w.usd(1), w.bob, w.bob, GAS), () => lower(w, 1_700)]);
    await expectRaised();
    const { repaid } = await liquidateExactly(w, w.bob);
    expect(repaid > 0n).to.equal(true);
  });

  it("refuses a position whose collateral was withdrawn in this block", async () => {
    await inOneBlock([
      () => w.pool.connect(w.bob).withdrawCollateral(w.eth(1), w.bob, w.bob, GAS),
      () => lower(w, 1_700),
    ]);
    await expectRaised();
    const { repaid } = await liquidateExactly(w, w.bob);
    expect(repaid > 0n).to.equal(true);
  });

  it("takes a position for which others repaid, added collateral and liquidated a part in this block", async () => {
    await setPrice(w, 1_700);
    const { liquidator, pool } = w;
    const part = pool.interface.encodeFunctionData("liquidate", [
      w.bob.address,
      w.usd(1_000),
      0,
      liquidator.address,
      "0x",
    ]);
    const before = await pool.positionOf(w.bob);
    await sent(
      pool
        .connect(liquidator)
        .multicall([
          pool.interface.encodeFunctionData("repay", [w.usd(1), w.bob.address]),
          pool.interface.encodeFunctionData("supplyCollateral", [1, w.bob.address]),
          part,
          part,
        ]),
    );
    const after = await pool.positionOf(w.bob);
    expect(after.timestamp, "the mark stays where its owner set it").to.equal(before.timestamp);
    expect(before.debtShares - after.debtShares > w.usd(2_000)).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("takes a position flagged in this block", async () => {
    await setPrice(w, 1_600);
    const { liquidator, pool } = w;
    await sent(
      pool
        .connect(liquidator)
        .multicall([
          pool.interface.encodeFunctionData("flag", [w.bob.address]),
          pool.interface.encodeFunctionData("liquidate", [w.bob.address, w.usd(1_000), 0, liquidator.address, "0x"]),
        ]),
    );
    expect(await w.collateral.balanceOf(liquidator)).to.be.greaterThan(w.eth(10_000_000));
  });

  it("takes a position flagged and cured in this block", async () => {
    // Just past 1/lifPeak, so that ten more of a thousand collateral cure it, yet still above the lltv.
    await setPrice(w, 1_649);
    const { liquidator, pool } = w;
    await sent(
      pool
        .connect(liquidator)
        .multicall([
          pool.interface.encodeFunctionData("flag", [w.bob.address]),
          pool.interface.encodeFunctionData("supplyCollateral", [w.eth(10), w.bob.address]),
          pool.interface.encodeFunctionData("liquidate", [w.bob.address, w.usd(1_000), 0, liquidator.address, "0x"]),
        ]),
    );
    expect((await pool.positionOf(w.bob)).isFlagged).to.equal(false);
    // 1,000 repaid at more than 1.03 at 1,649, of 1,010
    expect((await pool.positionOf(w.bob)).collateral < w.eth(1_009.4)).to.equal(true);
  });

  it("refuses while the oracle is not ok", async () => {
    await setPrices(w, 1_500, 1_600, false);
    await expect(liquidate(w, w.bob))
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(w.priceOf(1_500), w.priceOf(1_600));
    expect([...(await w.pool.previewLiquidation(w.bob, MAX))]).to.deep.equal([0n, 0n, 0n]);
  });

  it("refuses a healthy position, and names its ltv and the lltv", async () => {
    await setPrice(w, 1_900);
    await freeze();
    const { debtShares, collateral, index, high } = await stateOf(w, w.bob, PENDING);
    await expect(liquidate(w, w.bob))
      .to.be.revertedWithCustomError(w.pool, "PositionHealthy")
      .withArgs(w.bob.address, ltvOf(debtOf(debtShares, index), collateral * high), LLTV_WAD);
    expect([...(await w.pool.previewLiquidation(w.bob, MAX))]).to.deep.equal([0n, 0n, 0n]);
  });

  it("goes by the high price", async () => {
    await setPrices(w, 1_000, 1_900);
    await freeze();
    const { debtShares, collateral, index, high } = await stateOf(w, w.bob, PENDING);
    await expect(liquidate(w, w.bob))
      .to.be.revertedWithCustomError(w.pool, "PositionHealthy")
      .withArgs(w.bob.address, ltvOf(debtOf(debtShares, index), collateral * high), LLTV_WAD);
  });

  it("draws the line between the last healthy price and the next", async () => {
    // At high with d · 1e36 · 1e4 = c · high · lltv or a price unit less the position is healthy, one more less it is not.
    const timestamp = BigInt(await time.latest()) + 20n;
    await time.setNextBlockTimestamp(timestamp);
    const { debtShares, collateral, index } = await stateOf(w, w.bob, PENDING);
    const scaledDebt = debtOf(debtShares, index) * 10n ** 40n;
    const healthy = (scaledDebt + collateral * LLTV - 1n) / (collateral * LLTV);
    await time.setNextBlockTimestamp(timestamp - 10n);
    await setRawPrice(w, healthy);
    await time.setNextBlockTimestamp(timestamp);
    await expect(liquidate(w, w.bob)).to.be.revertedWithCustomError(w.pool, "PositionHealthy");

    w = await worldWithLoan();
    await time.setNextBlockTimestamp(timestamp - 10n);
    await setRawPrice(w, healthy - 1n);
    await time.setNextBlockTimestamp(timestamp);
    await sent(liquidate(w, w.bob));
  });

  it("goes by the lltv of the moment while it ramps down", async () => {
    const { pool } = w;
    await setPrice(w, 1_900); // 78.9%
    await sent(pool.connect(w.guardian).lowerLtvs(6_000, 6_600, 20n * DAY));
    await expect(liquidate(w, w.bob)).to.be.revertedWithCustomError(pool, "PositionHealthy");
    await time.increase(10n * DAY);
    const halfway = (await pool.config()).lltvBps;
    expect(halfway).to.equal(7_600n);
    await freeze();
    const lltv = (await pool.config(PENDING)).lltvBps;
    await liquidateExactly(w, w.bob, {}, undefined, lltv);
  });

  it("refuses receivers that would bury the collateral", async () => {
    await setPrice(w, 1_700);
    for (const receiver of [ZERO, await w.pool.getAddress(), await w.fund.getAddress()]) {
      await expect(liquidate(w, w.bob, { receiver }))
        .to.be.revertedWithCustomError(w.pool, "InvalidAddress")
        .withArgs(receiver);
    }
  });

  it("refuses to seize less than asked for", async () => {
    await setPrice(w, 1_700);
    await freeze();
    const { seizedCollateral } = await w.pool.previewLiquidation(w.bob, w.usd(1_000), PENDING);
    await expect(liquidate(w, w.bob, { max: w.usd(1_000), min: seizedCollateral + 1n }))
      .to.be.revertedWithCustomError(w.pool, "BelowMinimum")
      .withArgs(seizedCollateral, seizedCollateral + 1n);
    await liquidateExactly(w, w.bob, { max: w.usd(1_000), min: 1n });
  });

  it("refuses to do nothing", async () => {
    for (const price of [1_700, 1_400]) {
      await setPrice(w, price);
      await expect(liquidate(w, w.bob, { max: 0n })).to.be.revertedWithCustomError(w.pool, "ZeroAmount");
      expect([...(await w.pool.previewLiquidation(w.bob, 0))]).to.deep.equal([0n, 0n, 0n]);
    }
    // A wei repaid is less than a debt share once the index is above one: nothing would be cancelled.
    await setPrice(w, 1_700);
    await expect(liquidate(w, w.bob, { max: 1n })).to.be.revertedWithCustomError(w.pool, "ZeroAmount");
  });

  it("sends the collateral to the receiver, and takes the money from the caller", async () => {
    await setPrice(w, 1_700);
    const { repaid } = await liquidateExactly(w, w.bob, { max: w.usd(1_000), receiver: w.carol.address });
    expect(repaid).to.equal(w.usd(1_000));
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("lets the borrower liquidate itself", async () => {
    await setPrice(w, 1_700);
    const { repaid, seized } = await liquidateExactly(w, w.bob, { by: w.bob });
    expect(seized > 0n && repaid > 0n).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob]);
  });
});
