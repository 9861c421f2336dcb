// Flagging, foreclosing and buying, held against the model of DESIGN §9.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { divUp, ESTATE_PERIOD, fallOf, max, min, PRICE_SCALE } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import { MAX, sent, time, type World } from "../../helpers/fixtures.js";
import { amountsOf, eventsOf, type State, stateOf } from "../liquidation/actions.js";
import { estatePrice, shortfallOfEstate } from "../liquidation/model.js";
import { readSlot } from "../liquidation/storage.js";

export const HOUR = 3_600n;
const ESTATE_CLOCK_SLOT = 18n;

/** The estate's start in 2^-32 seconds. */
export async function estateStart(w: World): Promise<bigint> {
  return (await readSlot(w, ESTATE_CLOCK_SLOT)) & ((1n << 64n) - 1n);
}

/** The estate's age at a time, in 2^-32 seconds. */
export async function estateAge(w: World, timestamp: bigint): Promise<bigint> {
  return min((timestamp << 32n) - (await estateStart(w)), ESTATE_PERIOD);
}

/** Flags, and waits until it can be foreclosed. */
export async function flagAndWait(w: World, borrower: HardhatEthersSigner): Promise<void> {
  await sent(w.pool.connect(w.keeper).flag(borrower));
  await time.increase(24n * HOUR);
}

export type Foreclosure = { before: State; after: State; kept: bigint; loss: bigint; age: bigint; timestamp: bigint };

/** Forecloses a position that can be, and holds what the estate becomes to the model. */
export async function forecloseExactly(w: World, borrower: HardhatEthersSigner): Promise<Foreclosure> {
  const { pool } = w;
  const timestamp = await freeze();
  const before = await stateOf(w, borrower, PENDING);
  const estate = await pool.estate(PENDING);
  const ageBefore = estate.collateral === 0n ? 0n : await estateAge(w, timestamp);
  const tokens = await w.collateral.balanceOf(pool);
  const receipt = await sent(pool.connect(w.keeper).foreclose(borrower));
  const after = await stateOf(w, borrower, { blockTag: "latest" });

  const fall = fallOf({ debtShares: before.totalDebtShares, index: before.index }, before.debtShares);
  const kept =
    before.collateral === 0n ? 0n : min(fall, (before.collateral * before.high * 10_000n) / (10_200n * PRICE_SCALE));
  const loss = fall - kept;
  const event = amountsOf(w, receipt, "Foreclosed");
  expect(["collateral", "debtShares", "keptAssets", "lossAssets"].map(event), "Foreclosed").to.deep.equal([
    before.collateral,
    before.debtShares,
    kept,
    loss,
  ]);
  expect(eventsOf(w, receipt, "LossRealised").length).to.equal(loss === 0n ? 0 : 1);
  expect([after.debtShares, after.collateral], "position").to.deep.equal([0n, 0n]);
  expect(after.cash, "no token moves").to.equal(before.cash);
  expect(await w.collateral.balanceOf(pool), "no token moves").to.equal(tokens);

  const now = await pool.estate();
  expect(now.debtAssets, "E").to.equal(estate.debtAssets + kept);
  expect(now.collateral, "C").to.equal(estate.collateral + before.collateral);
  const age = now.collateral === 0n ? 0n : (ageBefore * estate.collateral) / now.collateral;
  if (now.collateral > 0n) {
    expect(await estateStart(w), "start").to.equal((timestamp << 32n) - age);
    expect(now.price, "price").to.equal(estatePrice(before.high, age));
    expect(now.startedAt, "startedAt").to.equal(((timestamp << 32n) - age) >> 32n);
  }
  return { before, after, kept, loss, age, timestamp };
}

export type Sale = {
  before: State;
  after: State;
  paid: bigint;
  bought: bigint;
  cancelled: bigint;
  receipt: Awaited<ReturnType<typeof sent>>;
};

/** Buys from the estate and holds price, payment, debt, recovery and loss to the model. */
export async function buyExactly(w: World, maxPaid = MAX, by = w.liquidator, receiver = by.address): Promise<Sale> {
  const { pool } = w;
  const timestamp = await freeze();
  const before = await stateOf(w, by, PENDING);
  const estate = await pool.estate(PENDING);
  const age = await estateAge(w, timestamp);
  const price = estatePrice(before.high, age);
  expect(estate.price, "price").to.equal(price);
  const ofEstate = shortfallOfEstate(estate.debtAssets, estate.collateral, before.low, age);
  expect(before.shortfall >= ofEstate, "P holds the estate's part").to.equal(true);
  const assetsBefore = await w.asset.balanceOf(by);
  const collateralBefore = await w.collateral.balanceOf(receiver);
  const { unpaidFace, held } = await pool.certificates();
  const receipt = await sent(pool.connect(by).buyEstate(maxPaid, 0, receiver, "0x"));
  const after = await stateOf(w, by, { blockTag: "latest" });

  const { debtAssets: debt, collateral } = estate;
  const bought = price === 0n ? collateral : min(collateral, (min(maxPaid, (1n << 128n) - 1n) * PRICE_SCALE) / price);
  const paid = divUp(bought * price, PRICE_SCALE);
  const cancelled = bought === collateral ? debt : min(debt, max(paid, divUp(debt * bought, collateral)));
  const event = amountsOf(w, receipt, "EstateSold");
  expect(["collateral", "paidAssets", "cancelledAssets"].map(event), "EstateSold").to.deep.equal([
    bought,
    paid,
    cancelled,
  ]);
  expect(paid <= maxPaid, "never more than named").to.equal(true);
  expect(assetsBefore - (await w.asset.balanceOf(by)), "paid").to.equal(paid);
  expect((await w.collateral.balanceOf(receiver)) - collateralBefore, "received").to.equal(bought);
  const now = await pool.estate();
  expect([now.debtAssets, now.collateral], "what is left").to.deep.equal([debt - cancelled, collateral - bought]);

  if (paid > cancelled) {
    const surplus = paid - cancelled;
    const toHolders = min(surplus, unpaidFace);
    const recovered = amountsOf(w, receipt, "Recovered");
    expect([recovered("toCertificates"), recovered("toReserve")], "a surplus is a recovery").to.deep.equal([
      toHolders,
      surplus - toHolders,
    ]);
    expect((await pool.certificates()).held).to.equal(held + toHolders);
    expect(after.cash).to.equal(before.cash + paid - toHolders);
  } else {
    expect(eventsOf(w, receipt, "Recovered")).to.deep.equal([]);
    expect(after.cash).to.equal(before.cash + paid);
  }
  const losses = eventsOf(w, receipt, "LossRealised");
  expect(
    losses.map(({ args }) => args.getValue("loss") as bigint),
    "a shortage is a loss",
  ).to.deep.equal(cancelled > paid ? [cancelled - paid] : []);
  return { before, after, paid, bought, cancelled, receipt };
}
