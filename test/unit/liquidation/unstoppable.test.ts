import { expect } from "chai";

import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  ethers,
  expectConserved,
  govern,
  openLoan,
  sent,
  setPrice,
  time,
  type World,
} from "../../helpers/fixtures.js";
import { amountsOf, deposit, liquidateExactly, setRawPrice, worldWithLoan } from "./actions.js";
import { readSlot, writeSlot } from "./storage.js";

const METER = 1n;
const CUSHION = 2n;
const CERTIFICATES = 10n;
const MAX_INDEX = (1n << 68n) - 1n;

describe("LendingPool.liquidate, what can't stop it (W-4)", () => {
  let w: World;
  beforeEach(async () => {
    w = await worldWithLoan();
  });

  /** Part solvent, then all of it insolvent. */
  async function expectLiquidatable(lltvBps?: bigint): Promise<void> {
    await setPrice(w, 1_700);
    const solvent = await liquidateExactly(w, w.bob, { max: w.usd(100_000) }, undefined, lltvBps);
    expect([solvent.loss, solvent.repaid]).to.deep.equal([0n, w.usd(100_000)]);
    await setPrice(w, 1_200);
    const insolvent = await liquidateExactly(w, w.bob, {}, undefined, lltvBps);
    expect(insolvent.loss > 0n).to.equal(true);
    expect(insolvent.after.debtShares).to.equal(0n);
    await expectConserved(w, [w.alice], [w.bob, w.carol]);
  }

  it("works while paused", async () => {
    await sent(w.pool.connect(w.guardian).pause());
    expect((await w.pool.config()).isPaused).to.equal(true);
    await expectLiquidatable();
  });

  it("works with no cash", async () => {
    await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(10_000), w.carol));
    await sent(w.pool.connect(w.carol).borrow((await w.pool.totals()).cash, w.carol, w.carol));
    expect((await w.pool.totals()).cash).to.equal(0n);
    await expectLiquidatable();
  });

  it("works with an empty fund and an empty reserve", async () => {
    w = await deployWorld({ parameters: { reserveFeePercent: 0n, fundFeePercent: 0n } });
    await deposit(w, w.alice, 10_000_000);
    await openLoan(w, w.bob, 1_000, 1_500_000);
    const { reserveShares, fundShares, pendingFees } = await w.pool.totals();
    expect([reserveShares, fundShares, pendingFees]).to.deep.equal([0n, 0n, 0n]);
    await expectLiquidatable();
  });

  it("works after a near-total loss, down to the last wei", async () => {
    w = await deployWorld();
    await deposit(w, w.alice, 2_000_000);
    await openLoan(w, w.bob, 1_000, 1_500_000);
    await openLoan(w, w.carol, 400, 500_000);
    await setRawPrice(w, 1n); // a wei for 1e18 collateral wei
    const first = await liquidateExactly(w, w.bob);
    expect(first.repaid).to.equal(1n);
    const second = await liquidateExactly(w, w.carol);
    expect(second.repaid).to.equal(1n);
    // All there was is gone but the two wei that were paid; a wei may be the virtual one's.
    expect(second.after.cash).to.equal(2n);
    expect(await w.pool.grossAssets()).to.equal(2n);
    expect((await w.pool.config()).isClosed).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob, w.carol]);
  });

  it("works while the pool winds down", async () => {
    await govern(w, w.pool.interface.encodeFunctionData("windDown", [30n * DAY]));
    const { isClosed, isBorrowingHalted } = await w.pool.config();
    expect([isClosed, isBorrowingHalted]).to.deep.equal([true, true]);
    await time.increase(10n * DAY);
    // 75.1% and interest at an lltv of two thirds of 86%, rounded up: every loan is closed in order.
    await freeze();
    const lltv = (await w.pool.config(PENDING)).lltvBps;
    expect(lltv >= 5_733n && lltv <= 5_734n, `${lltv}`).to.equal(true);
    const { repaid, after, loss } = await liquidateExactly(w, w.bob, {}, undefined, lltv);
    expect(repaid > 0n && loss === 0n).to.equal(true);
    // Seconds of interest, under 10^11 each, lie between the block and the reading.
    const target = lltv * 9n * 10n ** 13n + 10n ** 13n;
    expect((await w.pool.position(w.bob)).ltvWad <= target, "at the target of the day").to.equal(true);
    expect(after.debtShares > 0n).to.equal(true);

    await time.increase(21n * DAY);
    expect((await w.pool.config()).lltvBps).to.equal(0n);
    const last = await liquidateExactly(w, w.bob, {}, undefined, 0n);
    expect(last.after.debtShares).to.equal(0n);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("works with the borrow index at its cap", async () => {
    const meter = await readSlot(w, METER);
    await writeSlot(w, METER, (meter & ~(MAX_INDEX << 112n)) | (MAX_INDEX << 112n));
    const { debtAssets } = await w.pool.position(w.bob);
    await time.increase(365n * DAY);
    expect((await w.pool.position(w.bob)).debtAssets, "it stands still there").to.equal(debtAssets);
    const { before, after, loss } = await liquidateExactly(w, w.bob);
    expect(before.index).to.equal(MAX_INDEX);
    expect(after.debtShares).to.equal(0n);
    expect(loss > 0n).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("works with the loss counter and the certificates' index at their limits", async () => {
    const cushion = await readSlot(w, CUSHION);
    await writeSlot(w, CUSHION, cushion | (((1n << 32n) - 1n) << 224n));
    // lossPerShare one under its limit, unpaid face at it
    const top = (1n << 128n) - 1n;
    await writeSlot(w, CERTIFICATES, (top - 1n) | (top << 128n));
    await setPrice(w, 1_200);
    const { receipt, after } = await liquidateExactly(w, w.bob);
    expect(amountsOf(w, receipt, "LossRealised")("haircut") > 0n).to.equal(true);
    expect(amountsOf(w, receipt, "LossRealised")("lossId")).to.equal(0n);
    expect((await readSlot(w, CUSHION)) >> 224n, "it wraps: it only numbers events").to.equal(0n);
    expect(after.debtShares).to.equal(0n);
    expect(await readSlot(w, CERTIFICATES)).to.equal(top | (top << 128n));
  });

  it("works after a year without a call", async () => {
    await time.increase(365n * DAY);
    expect((await w.pool.totals()).borrowIndexWad > 10n ** 18n).to.equal(true);
    await expectLiquidatable();
  });

  it("works at the high price in force while another oracle is announced", async () => {
    const low = w.priceOf(1_000);
    const next = await ethers.deployContract("FixedOracle", [w.deployer.address, low, low, true], w.deployer);
    await sent(w.pool.connect(w.oracleManager).scheduleOracle(next));
    expect((await w.pool.currentPrice()).low).to.equal(low);
    await setPrice(w, 1_700);
    const { before } = await liquidateExactly(w, w.bob, { max: w.usd(1_000) });
    expect([before.low, before.high]).to.deep.equal([low, w.priceOf(1_700)]);
  });
});
