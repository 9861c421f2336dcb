// A loss of a chosen size, held against the model of DESIGN §8.
import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import {
  DAY,
  divUp,
  type Fraction,
  min,
  PRICE_SCALE,
  type Split,
  splitLoss,
  VIRTUAL_SHARES,
} from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import { deployWorld, networkHelpers, sent, time, type World } from "../../helpers/fixtures.js";
import { amountsOf, eventsOf, liquidate, setRawPrice, type State, stateOf } from "../liquidation/actions.js";
import { entry, readSlot } from "../liquidation/storage.js";
import { crystallised, grossOf, shown, TERMS } from "../liquidation/model.js";

export async function deployFeeless(): Promise<World> {
  return await deployWorld({ parameters: { reserveFeePercent: 0n, fundFeePercent: 0n } });
}

/** No fees: reserve and fund hold what tests put there, and nothing is pending. */
export async function feelessWorld(): Promise<World> {
  return await networkHelpers.loadFixture(deployFeeless);
}

/**
 * Sets the price so that a liquidation of all of this position two blocks from now loses exactly `loss`, and fixes that
 * block's time. With a function, the loss is what it makes of the state of that moment.
 */
export async function aimLoss(
  w: World,
  borrower: HardhatEthersSigner,
  loss: bigint | ((state: State) => bigint),
): Promise<bigint> {
  const timestamp = BigInt(await time.latest()) + 4n;
  await time.setNextBlockTimestamp(timestamp);
  const state = await stateOf(w, borrower, PENDING);
  const amount = typeof loss === "bigint" ? loss : loss(state);
  const fall = state.debtAssets - ((state.totalDebtShares - state.debtShares) * state.index) / 10n ** 18n;
  const price = ((fall - amount) * TERMS.lifFloorBps * PRICE_SCALE) / (state.collateral * 10_000n);
  await time.setNextBlockTimestamp(timestamp - 1n);
  await setRawPrice(w, price);
  await time.setNextBlockTimestamp(timestamp);
  return amount;
}

const COOLING_INDICES = 15n;
const RAY = 10n ** 27n;

/** A wiped fund moves eight generations on; one worn to a billionth, one for each nine digits of its index. */
function generationsOf(index: bigint, left: bigint, fund: bigint): bigint {
  if (left === 0n) return 8n;
  let steps = 0n;
  for (let product = index * left; product < 10n ** 18n * fund; product *= 10n ** 9n) ++steps;
  return steps;
}

export type Realised = {
  before: State;
  after: State;
  split: Split;
  loss: bigint;
  /** Generations of the fund that the loss has moved on: 8 if it is wiped. */
  steps: bigint;
  layers: Fraction & { reserve: bigint; fund: bigint };
  receipt: Awaited<ReturnType<typeof sent>>;
};

/** Liquidates all of an insolvent position and holds the loss, the burns, the prices and the previews to the model. */
export async function realiseExactly(w: World, borrower: HardhatEthersSigner): Promise<Realised> {
  const { pool } = w;
  const timestamp = await freeze();
  const before = await stateOf(w, borrower, PENDING);
  const { lossAssets: loss } = await pool.previewLiquidation(borrower.address, 2n ** 256n - 1n, PENDING);
  const preview = await pool.previewWaterfall(loss, PENDING);
  const haltedBefore = (await pool.config()).isBorrowingHalted;
  const { unpaidFace: faceBefore } = await pool.certificates();
  const generation = await pool.fundGeneration();
  const coolingIndex = (await readSlot(w, entry(COOLING_INDICES, generation))) || RAY;
  const fees = await feesAsShares(w, before, timestamp);
  const receipt = await sent(liquidate(w, borrower));
  const after = await stateOf(w, borrower, { blockTag: "latest" });

  // Pending fees are shares first, unless the reserve covers the loss without.
  const gross = grossOf(before);
  const reserveAlone = divUp(loss * gross.shares, gross.assets) <= before.reserveShares;
  const layers = reserveAlone
    ? { ...gross, reserve: before.reserveShares, fund: before.fundShares }
    : {
        assets: gross.assets + before.pendingFees,
        shares: gross.shares + fees.toReserve + fees.toFund,
        reserve: before.reserveShares + fees.toReserve,
        fund: before.fundShares + fees.toFund,
      };
  expect(after.pendingFees, "pending fees").to.equal(reserveAlone ? before.pendingFees : 0n);

  const split = splitLoss(loss, layers.shares, layers.assets, layers.reserve, layers.fund);
  const event = amountsOf(w, receipt, "LossRealised");
  const parts = [event("fromReserve"), event("fromFund"), event("haircut")];
  expect(event("loss"), "loss").to.equal(loss);
  expect(parts, "parts").to.deep.equal([split.fromReserve, split.fromFund, split.haircut]);
  expect(split.fromReserve + split.fromFund + split.haircut, "W-1").to.equal(loss);

  const fundLeft = layers.fund - split.fundShares;
  const steps = split.fundShares === 0n ? 0n : generationsOf(coolingIndex, fundLeft, layers.fund);
  const sharesLeft = layers.shares - split.reserveShares - split.fundShares;
  expect(after.reserveShares, "reserve left").to.equal(layers.reserve - split.reserveShares);
  expect(after.fundShares, "fund left").to.equal(fundLeft);
  expect(after.supply, "supply left").to.equal(sharesLeft - VIRTUAL_SHARES);
  if (split.haircut > 0n) expect([after.reserveShares, after.fundShares], "W-2 haircut").to.deep.equal([0n, 0n]);
  if (split.fundShares > 0n) expect(after.reserveShares, "W-2 fund").to.equal(0n);
  expect(await pool.fundGeneration(), "generation").to.equal(generation + steps);
  // Events alone rebuild the balances of reserve and fund.
  expect(transferredTo(w, receipt, await pool.getAddress())).to.equal(after.reserveShares - before.reserveShares);
  expect(transferredTo(w, receipt, await pool.fund())).to.equal(after.fundShares - before.fundShares);

  expect(event("priceBefore"), "price before").to.equal(shown(layers));
  expect(event("priceAfter"), "price after").to.equal(shown({ assets: layers.assets - loss, shares: sharesLeft }));
  expect(after.grossPrice, "gross price").to.equal(event("priceAfter"));

  const halts = split.haircut * 1_000n > layers.assets;
  expect((await pool.config()).isBorrowingHalted, "halt").to.equal(haltedBefore || halts);
  expect(eventsOf(w, receipt, "BorrowingHaltSet").length).to.equal(halts && !haltedBefore ? 1 : 0);
  const perShare = (split.haircut * 10n ** 36n) / sharesLeft;
  const face = (perShare * after.supply + 10n ** 36n - 1n) / 10n ** 36n;
  expect((await pool.certificates()).unpaidFace - faceBefore, "certificates").to.equal(face);

  expect([...preview].slice(0, 3), "previewed parts").to.deep.equal(parts);
  expect(preview.exitPriceBefore, "previewed price before").to.equal(before.exitPrice);
  // The preview counts the shortfall rounded for the pool, a few wei from the loss.
  expectClose(preview.exitPriceAfter, after.exitPrice, 1n, "previewed price after");
  return { before, after, split, loss, steps, layers, receipt };
}

/** What pending fees become: the fund's part counts for active units only and is at most 100% a year; the rest is the reserve's. */
async function feesAsShares(w: World, state: State, timestamp: bigint): Promise<{ toReserve: bigint; toFund: bigint }> {
  const { pool } = w;
  const { minted } = crystallised(state);
  if (minted === 0n || state.fundShares === 0n) return { toReserve: minted, toFund: 0n };
  // of the meter: feePercent; of the fund's book: when it was last paid, and its part
  const feePercent = ((await readSlot(w, 1n)) >> 216n) & 0xffn;
  const lastPremium = ((await readSlot(w, 3n)) >> 184n) & 0xff_ffff_ffffn;
  const { fundFeePercent } = await pool.config();
  const active = state.fundShares - (await pool.fundAccount(PENDING)).coolingShares;
  const part = (((minted * fundFeePercent) / feePercent) * active) / state.fundShares;
  const toFund = min(part, (active * (timestamp - lastPremium)) / (365n * DAY));
  return { toReserve: minted - toFund, toFund };
}

/** Shares that came to an account, less those that left it, by the Transfer events of a receipt. */
function transferredTo(w: World, receipt: Realised["receipt"], account: string): bigint {
  return eventsOf(w, receipt, "Transfer").reduce((sum, { args }) => {
    const value = args.getValue("value") as bigint;
    if (args.getValue("to") === account) return sum + value;
    return args.getValue("from") === account ? sum - value : sum;
  }, 0n);
}

export function expectClose(a: bigint, b: bigint, tolerance: bigint, what: string): void {
  expect(a - b <= tolerance && b - a <= tolerance, `${what}: ${a} against ${b}`).to.equal(true);
}
