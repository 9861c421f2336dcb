// With debts of a few thousand wei each limit can be met exactly; the debt rounds up to the next wei and stays there for
// hours.
import { expect } from "chai";

import { mulUp, PRICE_SCALE, quoteLiquidation, WAD } from "../../../sdk/model/index.js";
import { load, PENDING } from "../../helpers/blocks.js";
import { deployWorld, MAX, networkHelpers, sent, Status, time, type World } from "../../helpers/fixtures.js";
import { buyExactly, flagAndWait } from "../estate/actions.js";
import { amountsOf, deposit, liquidate, liquidateExactly, LLTV, setRawPrice, stateOf } from "./actions.js";
import { debtOf, TERMS, tickOfPosition } from "./model.js";

const MIN_DEBT = 1_000n;
const SMALL_TERMS = { ...TERMS, minDebt: MIN_DEBT };
const COLLATERAL = WAD;
/** The price at which the collateral is worth so many wei. */
const worth = (wei: bigint) => (wei * PRICE_SCALE) / COLLATERAL;

async function deploySmall(): Promise<World> {
  const w = await deployWorld({ parameters: { minDebt: MIN_DEBT } });
  await deposit(w, w.alice, 1);
  await sent(w.pool.connect(w.bob).supplyCollateral(COLLATERAL, w.bob));
  return w;
}

describe("LendingPool, a debt of a few thousand wei at each limit", () => {
  let w: World;

  /** Bob's debt, in wei, from a second after on. */
  async function owe(debt: bigint): Promise<void> {
    await sent(w.pool.connect(w.bob).borrow(debt - 1n, w.bob, w.bob));
    await time.increase(1n);
    expect((await w.pool.position(w.bob)).debtAssets).to.equal(debt);
  }

  beforeEach(async () => {
    w = await load(deploySmall);
    await setRawPrice(w, worth(20_000n));
  });

  it("has no ltv without debt, with or without collateral", async () => {
    expect((await w.pool.position(w.bob)).ltvWad).to.equal(0n);
    expect((await w.pool.position(w.carol)).ltvWad).to.equal(0n);
  });

  it("has the greatest ltv there is when the collateral is worth nothing", async () => {
    const { pool, carol } = w;
    await sent(pool.connect(carol).supplyCollateral(1_000n, carol));
    await setRawPrice(w, worth(20_000n * 10n ** 15n));
    await sent(pool.connect(carol).borrow(MIN_DEBT, carol, carol));
    await setRawPrice(w, 10n ** 15n - 1n);
    expect((await pool.position(carol)).ltvWad).to.equal(MAX);
    await setRawPrice(w, 10n ** 15n);
    const { debtAssets, ltvWad } = await pool.position(carol);
    expect(ltvWad).to.equal(debtAssets * PRICE_SCALE);
  });

  it("is healthy at the very lltv", async () => {
    const { pool, bob } = w;
    await owe(8_600n);
    await setRawPrice(w, worth(10_000n));
    await expect(liquidate(w, bob))
      .to.be.revertedWithCustomError(pool, "PositionHealthy")
      .withArgs(bob, 86n * 10n ** 16n, 86n * 10n ** 16n);
    expect((await pool.position(bob)).status).to.equal(Status.Healthy);
    await setRawPrice(w, worth(10_000n) - 1n);
    expect((await pool.position(bob)).status).to.equal(Status.Liquidatable);
    await liquidateExactly(w, bob, {}, SMALL_TERMS);
  });

  it("can be flagged from exactly 1/lifPeak on", async () => {
    const { pool, bob } = w;
    await owe(10_000n);
    await setRawPrice(w, worth(TERMS.lifPeakBps) + 1n);
    await expect(pool.flag(bob)).to.be.revertedWithCustomError(pool, "PositionHealthy");
    expect((await pool.position(bob)).status).to.equal(Status.Liquidatable);
    await setRawPrice(w, worth(TERMS.lifPeakBps));
    expect((await pool.position(bob)).status).to.equal(Status.Foreclosable);
    await expect(pool.flag(bob)).to.emit(pool, "Flagged");
  });

  it("is solvent at exactly 1/lifFloor", async () => {
    const { pool, bob } = w;
    await owe(10_000n);
    await setRawPrice(w, worth(TERMS.lifFloorBps));
    expect((await pool.position(bob)).status).to.equal(Status.Foreclosable);
    const snapshot = await networkHelpers.takeSnapshot();
    await liquidateExactly(w, bob, { max: 7_777n }, SMALL_TERMS);
    await snapshot.restore();
    await setRawPrice(w, worth(TERMS.lifFloorBps) - 1n);
    expect((await pool.position(bob)).status).to.equal(Status.Insolvent);
    await liquidateExactly(w, bob, { max: 7_777n }, SMALL_TERMS);
  });

  it("takes no more than leaves minDebt: solvent", async () => {
    const { bob } = w;
    await owe(5_000n);
    const { debtShares, collateral, index } = await stateOf(w, bob, PENDING);
    const debt = debtOf(debtShares, index);
    const rest = (value: bigint) =>
      debt - quoteLiquidation({ debtShares, debt, collateral }, index, worth(value), LLTV, MAX, SMALL_TERMS).repaid;
    // between the lltv and 1/lifPeak the most that may be repaid rises to all
    let value = (debt * 10_000n) / LLTV - 1n;
    while (rest(value) > MIN_DEBT) --value;
    expect(rest(value), "a price with exactly minDebt left").to.equal(MIN_DEBT);
    await setRawPrice(w, worth(value));
    const { after } = await liquidateExactly(w, bob, {}, SMALL_TERMS);
    expect(debtOf(after.debtShares, after.index)).to.be.oneOf([MIN_DEBT, MIN_DEBT + 1n]);
  });

  it("takes no more than leaves minDebt, and than is paid for: insolvent", async () => {
    const { bob } = w;
    await owe(5_000n);
    await setRawPrice(w, worth(4_000n));
    const { debtShares, collateral, high, index } = await stateOf(w, bob, PENDING);
    const least = mulUp(MIN_DEBT, WAD, index);
    // the payment whose part of the debt, rounded up, leaves `least`
    let max = 4_000n;
    const cancelledFor = (paid: bigint) =>
      mulUp(debtShares, (paid * TERMS.lifFloorBps * PRICE_SCALE) / (high * 10_000n), collateral);
    while (cancelledFor(max) > debtShares - least) --max;
    expect(cancelledFor(max), "exactly").to.equal(debtShares - least);
    const { after, repaid } = await liquidateExactly(w, bob, { max }, SMALL_TERMS);
    expect(after.debtShares).to.equal(least);
    expect(repaid <= max).to.equal(true);
  });

  it("leaves a share more where a share less would be under minDebt", async () => {
    const { bob } = w;
    await owe(5_000n);
    await setRawPrice(w, worth(4_000n));
    const { index } = await stateOf(w, bob, PENDING);
    expect((MIN_DEBT * WAD) % index > 0n, "minDebt is not a whole number of shares").to.equal(true);
    const { after } = await liquidateExactly(w, bob, { max: 3_900n }, SMALL_TERMS);
    expect(after.debtShares).to.equal(mulUp(MIN_DEBT, WAD, after.index));
    expect(debtOf(after.debtShares, after.index) >= MIN_DEBT).to.equal(true);
  });

  it("passes a loss of a single wei on", async () => {
    const { bob } = w;
    await owe(10_000n);
    await setRawPrice(w, worth(10_197n)); // fetches 9,998; the pool's own count of the debt rounds down
    const { loss, before, receipt } = await liquidateExactly(w, bob, {}, SMALL_TERMS);
    expect(loss).to.equal(1n);
    const waterfall = amountsOf(w, receipt, "LossRealised");
    expect(["loss", "fromReserve", "fromFund", "haircut"].map(waterfall)).to.deep.equal([1n, 0n, 0n, 1n]);
    expect(before.reserveShares + before.fundShares).to.equal(0n);
    expect((await w.pool.config()).isBorrowingHalted, "far less than a thousandth").to.equal(false);
  });

  it("sells a single wei of collateral, and takes a single wei for it", async () => {
    const { pool, bob, carol } = w;
    await setRawPrice(w, 20_000n * PRICE_SCALE); // a wei of collateral for 20,000 of the asset
    await sent(pool.connect(carol).supplyCollateral(1n, carol));
    await sent(pool.connect(carol).borrow(MIN_DEBT, carol, carol));
    const { tick, debtShares } = await pool.positionOf(carol);
    expect(tick).to.equal(tickOfPosition({ debtShares, collateral: 1n }));
    await owe(MIN_DEBT);
    await setRawPrice(w, PRICE_SCALE);
    const { repaid, seized } = await liquidateExactly(w, carol, {}, SMALL_TERMS);
    expect([repaid, seized]).to.deep.equal([1n, 1n]);
    await setRawPrice(w, worth(1n));
    expect((await liquidateExactly(w, bob, {}, SMALL_TERMS)).repaid).to.equal(1n);
  });

  it("sells of an estate what a single wei buys", async () => {
    const { pool, bob } = w;
    await owe(10_000n);
    await setRawPrice(w, worth(10_300n));
    await flagAndWait(w, bob);
    await sent(pool.foreclose(bob));
    expect((await buyExactly(w, 1n)).paid).to.equal(1n);
  });

  it("goes whole or not at all with a share less than minDebt has", async () => {
    const { pool, bob } = w;
    await owe(MIN_DEBT + 1n);
    await sent(pool.connect(bob).repay(2n, bob)); // pays for a share: 999 round up to 1,000 wei
    await setRawPrice(w, worth(800n));
    const { debtShares, index } = await stateOf(w, bob, PENDING);
    expect([debtShares, debtOf(debtShares, index)]).to.deep.equal([MIN_DEBT - 1n, MIN_DEBT]);
    for (const max of [1n, 500n, 784n]) {
      await expect(liquidate(w, bob, { max })).to.be.revertedWithCustomError(pool, "ZeroAmount");
    }
    const { after } = await liquidateExactly(w, bob, { max: 785n }, SMALL_TERMS);
    expect(after.debtShares).to.equal(0n);
  });
});
