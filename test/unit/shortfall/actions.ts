// Many borrowers at once, and the ledger rebuilt from their positions.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { ethers, networkHelpers, sent, type World } from "../../helpers/fixtures.js";
import { deposit } from "../liquidation/actions.js";
import { type Position, tickOfPosition } from "../liquidation/model.js";

/** Accounts beyond the named ones, with collateral and approvals. */
export async function crowd(w: World, count: number): Promise<HardhatEthersSigner[]> {
  const people: HardhatEthersSigner[] = [];
  for (let i = 1; i <= count; ++i) {
    const person = await ethers.getImpersonatedSigner(ethers.zeroPadValue(ethers.toBeHex(0xc0ffee00 + i), 20));
    await networkHelpers.setBalance(person.address, 10n ** 20n);
    people.push(person);
    await sent(w.collateral.mint(person.address, w.eth(1_000_000)));
    await sent(w.collateral.connect(person).approve(w.pool, ethers.MaxUint256));
  }
  return people;
}

/** A loan in the tokens' smallest units, of whoever may borrow. */
export async function lend(w: World, borrower: HardhatEthersSigner, collateral: bigint, debt: bigint): Promise<void> {
  await sent(w.pool.connect(borrower).supplyCollateral(collateral, borrower.address));
  await sent(w.pool.connect(borrower).borrow(debt, borrower.address, borrower.address));
}

export async function positionsOf(w: World, borrowers: readonly HardhatEthersSigner[]): Promise<Position[]> {
  const positions: Position[] = [];
  for (const borrower of borrowers) {
    const { debtShares, collateral } = await w.pool.positionOf(borrower.address);
    positions.push({ debtShares, collateral });
  }
  return positions;
}

export type Sums = { debtShares: bigint; collateral: bigint };

/** the pool's ledger is what the positions add up to, tick by tick, and its pivot what lies above the pivot. */
export async function expectLedger(w: World, borrowers: readonly HardhatEthersSigner[]): Promise<Map<bigint, Sums>> {
  const ticks = new Map<bigint, Sums>();
  for (const borrower of borrowers) {
    const { debtShares, collateral, tick } = await w.pool.positionOf(borrower.address);
    if (debtShares === 0n) {
      expect(tick, "no tick without debt").to.equal(0n);
      continue;
    }
    expect(tick, "tick").to.equal(tickOfPosition({ debtShares, collateral }));
    const sums = ticks.get(tick) ?? { debtShares: 0n, collateral: 0n };
    ticks.set(tick, { debtShares: sums.debtShares + debtShares, collateral: sums.collateral + collateral });
  }
  for (const [tick, sums] of ticks) {
    expect([...(await w.pool.tickSums(tick))], `tick ${tick}`).to.deep.equal([sums.debtShares, sums.collateral]);
  }
  expect([...(await w.pool.tickSums(0))], "nobody is in tick 0, where those without debt are not").to.deep.equal([
    0n,
    0n,
  ]);
  const { highestTick, pivotTick, pivotDebtShares, pivotCollateral } = await w.pool.ledgerState();
  expect(highestTick, "highest tick").to.equal([...ticks.keys()].reduce((a, b) => (a > b ? a : b), 0n));
  if (pivotTick === 0n) {
    expect([pivotDebtShares, pivotCollateral], "no pivot").to.deep.equal([0n, 0n]);
  } else {
    let [debtShares, collateral] = [0n, 0n];
    for (const [tick, sums] of ticks) {
      if (tick < pivotTick) continue;
      debtShares += sums.debtShares;
      collateral += sums.collateral;
    }
    expect([pivotDebtShares, pivotCollateral], "pivot").to.deep.equal([debtShares, collateral]);
  }
  return ticks;
}

/** A deep pool with nobody in debt. */
export async function supplied(w: World, tokens = 10_000_000): Promise<void> {
  await deposit(w, w.alice, tokens);
}
