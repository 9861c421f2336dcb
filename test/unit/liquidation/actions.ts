// What the tests of the loss side do again and again.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import type { ContractTransactionReceipt, ContractTransactionResponse, LogDescription } from "ethers";

import { fallOf, type LiquidationTerms, ltvOf, quoteLiquidation } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import { MAX, openLoan, sent, setPrice, world, type World } from "../../helpers/fixtures.js";
import { type Books, debtOf, TERMS } from "./model.js";

/** 86%, as in the fixtures. */
export const LLTV = 8_600n;

export async function deposit(w: World, who: HardhatEthersSigner, tokens: number): Promise<void> {
  await sent(w.pool.connect(who)["deposit(uint256,address)"](w.usd(tokens), who.address));
}

/** Deposits, and stakes the shares in the fund. */
export async function stake(w: World, who: HardhatEthersSigner, tokens: number): Promise<void> {
  const before = await w.pool.balanceOf(who);
  await deposit(w, who, tokens);
  const shares = (await w.pool.balanceOf(who)) - before;
  await sent(w.fund.connect(who)["deposit(uint256,address)"](shares, who.address));
}

/** Alice has supplied ten million; Bob owes 1.5 million against 1,000 at 2,000 each. */
export async function worldWithLoan(): Promise<World> {
  const w = await world();
  await deposit(w, w.alice, 10_000_000);
  await openLoan(w, w.bob, 1_000, 1_500_000);
  return w;
}

/** Sets a price in the oracle's own unit. */
export async function setRawPrice(w: World, low: bigint, high = low, ok = true): Promise<void> {
  await sent(w.oracle.connect(w.deployer).set(low, high, ok));
}

type Tag = { blockTag: "pending" | "latest" | number };

export type State = {
  debtShares: bigint;
  collateral: bigint;
  index: bigint;
  totalDebtShares: bigint;
  low: bigint;
  high: bigint;
  grossPrice: bigint;
  exitPrice: bigint;
  shortfall: bigint;
} & Books;

/** Everything a loss depends on. */
export async function stateOf(w: World, borrower: { address: string }, at: Tag): Promise<State> {
  const { pool } = w;
  const position = await pool.positionOf(borrower.address, at);
  const totals = await pool.totals(at);
  const price = await pool.currentPrice(at);
  return {
    debtShares: position.debtShares,
    collateral: position.collateral,
    index: totals.borrowIndexWad,
    totalDebtShares: totals.debtShares,
    low: price.low,
    high: price.high,
    cash: totals.cash,
    debtAssets: totals.debtAssets,
    pendingFees: totals.pendingFees,
    supply: await pool.totalSupply(at),
    reserveShares: totals.reserveShares,
    fundShares: totals.fundShares,
    grossPrice: await pool.grossPrice(at),
    exitPrice: await pool.exitPrice(at),
    shortfall: await pool.currentShortfall(at),
  };
}

export type LiquidateOptions = { by?: HardhatEthersSigner; max?: bigint; min?: bigint; receiver?: string };

export function liquidate(
  w: World,
  borrower: { address: string },
  { by = w.liquidator, max = MAX, min = 0n, receiver = by.address }: LiquidateOptions = {},
): Promise<ContractTransactionResponse> {
  return w.pool.connect(by).liquidate(borrower.address, max, min, receiver, "0x");
}

/** All events of the pool with this name in a receipt. */
export function eventsOf(w: World, receipt: ContractTransactionReceipt, name: string): LogDescription[] {
  return receipt.logs
    .filter((log) => log.address === w.pool.target)
    .map((log) => w.pool.interface.parseLog(log))
    .filter((log): log is LogDescription => log !== null && log.name === name);
}

/** The one event with this name, and a getter of its amounts. */
export function amountsOf(w: World, receipt: ContractTransactionReceipt, name: string): (field: string) => bigint {
  const [event, ...more] = eventsOf(w, receipt, name);
  if (event === undefined) throw new Error(`No ${name}.`);
  expect(more.length, `one ${name} only`).to.equal(0);
  return (field) => {
    const value: unknown = event.args.getValue(field);
    if (typeof value !== "bigint") throw new Error(`${name}.${field} is no amount.`);
    return value;
  };
}

export type Outcome = {
  before: State;
  after: State;
  repaid: bigint;
  cancelled: bigint;
  seized: bigint;
  loss: bigint;
  receipt: ContractTransactionReceipt;
};

/**
 * Liquidates, and holds every number against the model of DESIGN §5: the preview, the event, the tokens that moved, the
 * position and the totals afterwards.
 */
export async function liquidateExactly(
  w: World,
  borrower: HardhatEthersSigner,
  { by = w.liquidator, max = MAX, min = 0n, receiver = by.address }: LiquidateOptions = {},
  terms: LiquidationTerms = TERMS,
  lltvBps = LLTV,
): Promise<Outcome> {
  const { pool } = w;
  await freeze();
  const before = await stateOf(w, borrower, PENDING);
  const preview = await pool.previewLiquidation(borrower.address, max, PENDING);
  const paidBefore = await w.asset.balanceOf(by.address);
  const gotBefore = await w.collateral.balanceOf(receiver);
  const flaggedBefore = (await pool.position(borrower.address)).flaggedAt;
  const receipt = await sent(liquidate(w, borrower, { by, max, min, receiver }));
  const after = await stateOf(w, borrower, { blockTag: "latest" });

  const debt = debtOf(before.debtShares, before.index);
  const debtor = { debtShares: before.debtShares, debt, collateral: before.collateral };
  const expected = quoteLiquidation(debtor, before.index, before.high, lltvBps, max, terms);
  const loss =
    fallOf({ debtShares: before.totalDebtShares, index: before.index }, expected.cancelled) - expected.repaid;
  const lossAssets = loss > 0n ? loss : 0n;

  expect([...preview], "preview").to.deep.equal([expected.repaid, expected.seized, lossAssets]);
  const event = amountsOf(w, receipt, "Liquidated");
  expect(event("repaidAssets"), "repaid").to.equal(expected.repaid);
  expect(event("debtShares"), "cancelled").to.equal(expected.cancelled);
  expect(event("seizedCollateral"), "seized").to.equal(expected.seized);
  expect(event("lossAssets"), "loss").to.equal(lossAssets);
  expect(paidBefore - (await w.asset.balanceOf(by.address)), "paid").to.equal(expected.repaid);
  expect((await w.collateral.balanceOf(receiver)) - gotBefore, "received").to.equal(expected.seized);
  expect(after.debtShares, "debt left").to.equal(before.debtShares - expected.cancelled);
  expect(after.collateral, "collateral left").to.equal(before.collateral - expected.seized);
  expect(after.totalDebtShares, "debt of all").to.equal(before.totalDebtShares - expected.cancelled);
  expect(after.cash, "cash").to.equal(before.cash + expected.repaid);
  const isCured = flaggedBefore !== 0n && (await pool.position(borrower.address)).flaggedAt === 0n;
  expect(eventsOf(w, receipt, "Unflagged").length, "cured").to.equal(isCured ? 1 : 0);
  expect(eventsOf(w, receipt, "LossRealised").length, "losses").to.equal(lossAssets === 0n ? 0 : 1);
  if (after.debtShares > 0n && lossAssets === 0n) {
    // In debt shares exactly; in assets but for the one wei by which a debt rounds up.
    const ltv = (debtAssets: bigint, s: State) => ltvOf(debtAssets, s.collateral * s.high);
    expect(after.debtShares * before.collateral <= before.debtShares * after.collateral, "L-1 ratio").to.equal(true);
    expect(ltv(debtOf(after.debtShares, after.index) - 1n, after) <= ltv(debt, before), "L-1 ltv").to.equal(true);
  }
  return { before, after, ...expected, loss: lossAssets, receipt };
}

/** The price at which a debt stands at this ltv, in the oracle's unit. */
export function priceAtLtv(debt: bigint, collateral: bigint, ltvWad: bigint): bigint {
  return (debt * 10n ** 54n) / (collateral * ltvWad);
}

export { setPrice };
