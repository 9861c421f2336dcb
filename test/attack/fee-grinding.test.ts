// Fees are counted in whole units of the interest on all debt. Whoever changes the debt by a few wei in each block
// chooses from where in a unit the next interest starts: right under a boundary, so that each second's dust makes a unit
// out of the suppliers' assets; or at the bottom, so that none is ever full. Found when a unit was a millionth of a token:
// ten cents of a bitcoin pool a second. A unit of 1e-8 is worth less than the gas of the call that moves it.
import { expect } from "chai";

import { load, PENDING } from "../helpers/blocks.js";
import { deployWorld, sent, time, type World, YEAR } from "../helpers/fixtures.js";

const BLOCKS = 30;

/** Ten tokens lent of eleven, a pool as of bitcoin: a loan of a hundredth is allowed. */
async function lent(decimals: bigint): Promise<World> {
  const w = await deployWorld({
    assetDecimals: decimals,
    price: 0.05,
    parameters: { minDebt: 10n ** (decimals - 2n) },
  });
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(11), w.alice.address));
  await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(300), w.bob.address));
  await sent(w.pool.connect(w.bob).borrow(w.usd(10), w.bob.address, w.bob.address));
  return w;
}

const lent8 = async () => await lent(8n);
const lent18 = async () => await lent(18n);

/** In each block of a second Bob repays what `pick` says of the debt and the width of a unit's cell. */
async function grind(w: World, pick: (debt: bigint, cell: bigint) => bigint) {
  const decimals = await w.asset.decimals();
  const unit = decimals > 8n ? 10n ** (decimals - 8n) : 1n;
  const start = await w.pool.totals();
  let repaid = 0n;
  for (let i = 0; i < BLOCKS; ++i) {
    await time.setNextBlockTimestamp((await time.latest()) + 1);
    const { debtAssets } = await w.pool.totals(PENDING);
    const part = pick(debtAssets, unit * 5n); // of the interest 20% are fees
    await sent(w.pool.connect(w.bob).repay(part, w.bob.address));
    repaid += part;
  }
  const end = await w.pool.totals();
  const interest = end.debtAssets + repaid - start.debtAssets;
  return { unit, fair: interest / 5n, fees: end.pendingFees - start.pendingFees };
}

describe("Attack: grinding fees", () => {
  for (const [decimals, deployIt] of [
    [8, lent8],
    [18, lent18],
  ] as const) {
    it(`with ${decimals} decimals, out of the suppliers: a unit of 1e-8 a transaction, and no more`, async () => {
      const w = await load(deployIt);
      // to right under the boundary below; two wei, so that at least one debt share goes
      const { unit, fair, fees } = await grind(w, (debt, cell) => (debt % cell) + 2n);
      expect(fees <= fair + BigInt(BLOCKS + 1) * unit, `${fees}, fair are ${fair}`).to.equal(true);
      // 31 units of 1e-8
      expect(fees - fair <= w.usd(0.000_001), "a millionth of a token for thirty transactions").to.equal(true);
    });

    it(`with ${decimals} decimals, out of reserve and fund: likewise`, async () => {
      const w = await load(deployIt);
      // to the bottom of the cell
      const { unit, fair, fees } = await grind(w, (debt, cell) => {
        const above = debt % cell;
        return above > 2n ? above - 1n : 2n;
      });
      expect(fees + BigInt(BLOCKS + 1) * unit >= fair, `${fees}, fair are ${fair}`).to.equal(true);
      expect(fair - fees <= w.usd(0.000_001)).to.equal(true);
    });
  }

  it("out of the stakers, by handing fees out before each unit: the yearly cap does not bind on a whole unit", async () => {
    const w = await load(lent8);
    const { pool, fund, carol } = w;
    await sent(pool.connect(carol)["deposit(uint256,address)"](w.usd(1), carol.address));
    await sent(fund.connect(carol)["deposit(uint256,address)"](await pool.balanceOf(carol.address), carol.address));
    // the cap counts from the last time: for a stake of one token it is three units a second, and a unit at a time comes
    const perSecond = w.usd(1) / YEAR;
    expect(perSecond >= 3n).to.equal(true);
    const before = await fund.convertToAssets(await fund.balanceOf(carol.address));
    const reserve = (await pool.totals()).reserveShares;
    for (let i = 0; i < BLOCKS; ++i) {
      await time.setNextBlockTimestamp((await time.latest()) + 1);
      await sent(pool.connect(w.dave).transfer(pool, 0n));
    }
    const won = (await fund.convertToAssets(await fund.balanceOf(carol.address))) - before;
    const toReserve = (await pool.totals()).reserveShares - reserve;
    // half of the fees each, as ever; share units of rounding in each of the blocks
    expect(won > 0n && won + 2n * BigInt(BLOCKS) >= toReserve).to.equal(true);
  });

  it("out of a pool that is dust itself: fees beyond all assets take these, and no more", async () => {
    const w = await deployWorld({ parameters: { minDebt: 1n } });
    const { pool, alice, bob } = w;
    const unit = 10n ** 10n;
    await sent(pool.connect(alice)["deposit(uint256,address)"](6n * unit, alice.address));
    await sent(pool.connect(bob).supplyCollateral(w.eth(1), bob.address));
    // of the interest 20% are fees: a unit of them each time that the debt passes five units
    await sent(pool.connect(bob).borrow(5n * unit - 10n, bob.address, bob.address));
    for (let i = 0; i < 8; ++i) {
      await time.setNextBlockTimestamp((await time.latest()) + 1);
      const { debtAssets } = await pool.totals(PENDING);
      await sent(pool.connect(bob).repay(debtAssets - 5n * unit + 2n, bob.address));
    }
    const { cash, debtAssets, pendingFees } = await pool.totals();
    expect(pendingFees > cash + debtAssets).to.equal(true);
    expect(await pool.grossAssets()).to.equal(0n);
    // what is left of the price is the virtual asset's
    expect(await pool.grossPrice()).to.equal(10n ** 24n / ((await pool.totalSupply()) + 10n ** 6n));
    expect(await pool.previewRedeem(await pool.balanceOf(alice.address))).to.equal(0n);
    // nobody can be lured into it
    expect((await pool.config()).isClosed).to.equal(false);
    expect([await pool.maxDeposit(alice.address), await pool.maxMint(alice.address)]).to.deep.equal([0n, 0n]);
    await expect(
      pool.connect(alice)["deposit(uint256,address)"](w.usd(1), alice.address),
    ).to.be.revertedWithCustomError(pool, "PoolClosed");
  });
});
