// Money comes to the pool, or a price is about to change hands: the attacker enters right before and leaves right after,
// with any amount. Carol has ten million for it, and no more than a block.
import { expect } from "chai";

import { load, PENDING } from "../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  type World,
} from "../helpers/fixtures.js";
import { deposit, liquidate, requestUnits, stake, whatIf } from "../scenario/story.js";
import { deployFeeless, inOneBlock, purse, turn } from "./moves.js";

type Send = Parameters<typeof inOneBlock>[0][number];

/** A pool after a loss of 150,000, nothing of it recovered. Bob supplies half a million and Alice a million. */
async function deployLossWorld(): Promise<World> {
  const w = await deployFeeless();
  await deposit(w, w.alice, 1_000_000);
  await deposit(w, w.bob, 500_000);
  await openLoan(w, w.frank, 400, 600_000);
  await setPrice(w, 1_147.5);
  await liquidate(w, w.frank);
  await setPrice(w, 2_000);
  return w;
}

/** With fees, a month of interest pending, and 30,000 staked. */
async function deployPremiumWorld(): Promise<World> {
  const w = await deployWorld();
  await deposit(w, w.alice, 1_000_000);
  await deposit(w, w.bob, 500_000);
  await stake(w, w.erin, 30_000);
  await openLoan(w, w.frank, 800, 1_200_000);
  await time.increase(30n * DAY);
  return w;
}

/** An estate of 400 that owes 600,000, `days` old. Foreclosed where it is nearly insolvent. */
async function estateOf(days: bigint): Promise<World> {
  const w = await deployFeeless();
  await deposit(w, w.alice, 1_000_000);
  await deposit(w, w.bob, 500_000);
  await openLoan(w, w.frank, 400, 600_000);
  await setPrice(w, 1_575);
  await sent(w.pool.connect(w.keeper).flag(w.frank.address));
  await time.increase(DAY);
  await sent(w.pool.connect(w.keeper).foreclose(w.frank.address));
  if (days !== 0n) await time.increase(days * DAY);
  return w;
}

async function deployEstateAbove(): Promise<World> {
  return await estateOf(0n);
}

async function deployEstateBelow(): Promise<World> {
  return await estateOf(10n);
}

type Event = { name: string; from: () => Promise<World>; send: (w: World, place: number) => Send };

const EVENTS: readonly Event[] = [
  {
    name: "a recovery of all that was lost",
    from: deployLossWorld,
    send: (w, place) => async () => await w.pool.connect(w.keeper).recover(w.usd(150_000), turn(place)),
  },
  {
    name: "a recovery of more than was lost",
    from: deployLossWorld,
    send: (w, place) => async () => await w.pool.connect(w.keeper).recover(w.usd(900_000), turn(place)),
  },
  {
    name: "fees that become shares",
    from: deployPremiumWorld,
    send: (w, place) => async () => await w.pool.connect(w.dave).transfer(w.pool, 0n, turn(place)),
  },
  {
    name: "a gift to the reserve",
    from: deployPremiumWorld,
    send: (w, place) => async () => await w.pool.connect(w.keeper).topUpReserve(w.usd(900_000), turn(place)),
  },
  {
    name: "a gift of shares to the fund",
    from: deployPremiumWorld,
    send: (w, place) => async () =>
      await w.pool.connect(w.bob).transfer(w.fund, w.usd(400_000) * VIRTUAL_SHARES, turn(place)),
  },
  {
    name: "somebody's entry into the fund",
    from: deployPremiumWorld,
    send: (w, place) => async () => {
      const enter = w.fund.connect(w.bob)["deposit(uint256,address)"];
      return await enter(w.usd(400_000) * VIRTUAL_SHARES, w.bob.address, turn(place));
    },
  },
  {
    name: "a debtor's whole repayment",
    from: deployPremiumWorld,
    send: (w, place) => async () => await w.pool.connect(w.frank).repay(MAX, w.frank.address, turn(place)),
  },
  {
    name: "the sale of an estate for more than it owes",
    from: deployEstateAbove,
    send: (w, place) => async () =>
      await w.pool.connect(w.liquidator).buyEstate(MAX, 0, w.liquidator, "0x", turn(place)),
  },
];

const FLASH = 10_000_000;

describe("Attack: sandwiching", () => {
  for (const { name, from, send } of EVENTS) {
    it(`${name}, in one block: as supplier she gets back at most what she brought`, async () => {
      const w = await load(from);
      const { pool, carol } = w;
      const before = await purse(w, carol);
      const { "deposit(uint256,address)": enter, "redeem(uint256,address,address)": leave } = pool.connect(carol);
      // a second's interest may make shares dearer than this: a millionth is left for later
      const out = ((await pool.previewDeposit(w.usd(FLASH), PENDING)) * 999_999n) / 10n ** 6n;
      await inOneBlock([
        async () => await enter(w.usd(FLASH), carol.address, turn(0)),
        send(w, 1),
        async () => await leave(out, carol.address, carol.address, turn(2)),
      ]);
      const after = await purse(w, carol);
      const rest = await pool.convertToAssets(await pool.balanceOf(carol.address));
      expect(after.assets + rest <= before.assets, "gained").to.equal(true);
      expect(before.assets - after.assets - rest < 20n, "roundings").to.equal(true);
      expect((await pool.certificateOf(carol.address)).claimable).to.equal(0n);
    });
  }

  it("the sale of an estate for less than it owes: the loss was in the price, so she is not let in", async () => {
    const w = await load(deployEstateBelow);
    const { pool, carol } = w;
    expect((await pool.currentShortfall()) > w.usd(85_000)).to.equal(true);
    await expect(
      pool.connect(carol)["deposit(uint256,address)"](w.usd(FLASH), carol.address),
    ).to.be.revertedWithCustomError(pool, "UncoveredShortfall");
    // and Bob, who leaves right before it, gets what he gets right after
    const before = await whatIf(async () => await pool.convertToAssets(await pool.balanceOf(w.bob.address)));
    await sent(pool.connect(w.liquidator).buyEstate(MAX, 0, w.liquidator.address, "0x"));
    const after = await pool.convertToAssets(await pool.balanceOf(w.bob.address));
    // a second or two of the estate's falling price, a third of 0.11 a second
    expect(before - after < w.usd(0.5) && after - before < 100n).to.equal(true);
    await expectConserved(w, [w.alice, w.bob, carol], [w.frank.address]);
  });

  describe("as staker", () => {
    it("between two moments of premium: a block in the fund earns a block's premium, and takes two weeks to leave", async () => {
      const w = await load(deployPremiumWorld);
      const { pool, fund, carol } = w;
      await deposit(w, carol, 1_000_000);
      const mine = await pool.balanceOf(carol.address);
      const pending = (await pool.totals()).pendingFees;
      expect(pending > w.usd(500), "a month's fees").to.equal(true);
      const hers = await fund.convertToAssets(await fund.balanceOf(w.erin.address));
      await inOneBlock([
        async () => await fund.connect(carol)["deposit(uint256,address)"](mine, carol.address, turn(0)),
        async () => await pool.connect(w.dave).transfer(pool, 0n, turn(1)),
      ]);
      // the month's premium was paid to Erin before Carol was in
      expect(await fund.convertToAssets(await fund.balanceOf(carol.address))).to.be.lessThanOrEqual(mine);
      expect((await fund.convertToAssets(await fund.balanceOf(w.erin.address))) >= hers).to.equal(true);
      await requestUnits(w, carol);
      expect(await fund.maxRedeem(carol.address), "not for a fortnight").to.equal(0n);
      const claim = await pool.previewLeaveFund(mine);
      expect(claim.paidShares <= mine, "nor more then").to.equal(true);
    });

    it("right before a gift to the fund: her stake's part of it is hers, two weeks later, and no supplier's loss", async () => {
      const w = await load(deployPremiumWorld);
      const { pool, fund, carol, bob } = w;
      const gift = w.usd(1_000) * VIRTUAL_SHARES;
      await stake(w, carol, 30_000);
      const price = await pool.exitPrice();
      const before = await fund.convertToAssets(await fund.balanceOf(carol.address));
      await sent(pool.connect(bob).transfer(fund, gift));
      const won = (await fund.convertToAssets(await fund.balanceOf(carol.address))) - before;
      expect(won > (gift * 49n) / 100n && won < (gift * 51n) / 100n, "a giver can be followed").to.equal(true);
      expect(await pool.exitPrice()).to.be.greaterThanOrEqual(price);
    });
  });

  describe("over a week", () => {
    it("of a recovery beyond all that was lost she gets nothing: it is no interest", async () => {
      const w = await load(deployLossWorld);
      const { pool, carol, bob } = w;
      await deposit(w, carol, FLASH);
      await sent(pool.connect(w.keeper).recover(w.usd(900_000)));
      await time.increase(7n * DAY);
      // nobody owes anything: no interest
      expect(await pool.convertToAssets(await pool.balanceOf(carol.address))).to.be.lessThanOrEqual(w.usd(FLASH));
      await sent(pool.connect(bob).claimRecovery(bob.address));
      expect((await pool.certificateOf(carol.address)).claimable).to.equal(0n);
    });
  });
});
