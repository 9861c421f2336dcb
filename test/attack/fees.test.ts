// Interest pays a fee to reserve and fund. It waits as pending assets and becomes shares at certain moments, and whoever
// can choose the moment tries to win by it.
import { expect } from "chai";

import { load, PENDING } from "../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  openLoan,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  type World,
  WAD,
  YEAR,
} from "../helpers/fixtures.js";
import { deposit, stake, whatIf } from "../scenario/story.js";
import { inOneBlock, turn } from "./moves.js";

const shares = (w: World, tokens: number) => w.usd(tokens) * VIRTUAL_SHARES;

/** 1,500,000 supplied, 1,200,000 lent, 30,000 of Erin's staked; 30 days of interest, nothing of it shares yet. */
async function deployMonth(): Promise<World> {
  const w = await deployWorld();
  await deposit(w, w.alice, 970_000);
  await deposit(w, w.bob, 500_000);
  await stake(w, w.erin, 30_000);
  await openLoan(w, w.frank, 800, 1_200_000);
  await time.increase(30n * DAY);
  return w;
}

/** Nine tenths lent and nobody in the fund. */
async function deployUnstaked(): Promise<World> {
  const w = await deployWorld();
  await deposit(w, w.alice, 1_000_000);
  await deposit(w, w.bob, 500_000);
  await openLoan(w, w.frank, 900, 1_350_000);
  await time.increase(30n * DAY);
  return w;
}

/** Fees become shares: a transfer of nothing to the pool. */
const poke = (w: World, place: number) => async () => await w.pool.connect(w.dave).transfer(w.pool, 0n, turn(place));

async function stakeOf(w: World, who: { address: string }): Promise<bigint> {
  return await w.fund.convertToAssets(await w.fund.balanceOf(who.address));
}

describe("Attack: the moment at which fees become shares", () => {
  for (const [state, price] of [
    ["healthy", 2_000],
    ["with a shortfall that the fund covers", 1_525],
    ["with a shortfall beyond all cover", 1_300],
  ] as const) {
    it(`${state}: Bob leaves just before or just after it with the same`, async () => {
      const w = await load(deployMonth);
      const { pool, asset, bob } = w;
      await setPrice(w, price);
      const out = shares(w, 200_000);
      const got: bigint[] = [];
      for (const first of [true, false]) {
        got.push(
          await whatIf(async () => {
            const before = await asset.balanceOf(bob.address);
            const { "redeem(uint256,address,address)": redeem } = pool.connect(bob);
            const leave = async () => await redeem(out, bob.address, bob.address, turn(1));
            await inOneBlock(first ? [leave, poke(w, 2)] : [poke(w, 0), leave]);
            return (await asset.balanceOf(bob.address)) - before;
          }),
        );
      }
      const [before = 0n, after = 0n] = got;
      const difference = before - after;
      // minting rounds shares down: a share unit at most, on 200,000 tokens of shares less than a wei
      expect(difference <= 1n && difference >= -1n, `${before} and ${after}`).to.equal(true);
    });
  }
});

describe("Attack: harvesting the premium", () => {
  it("as first staker: a hundred tokens, a month's fees waiting, and nothing of it is his", async () => {
    const w = await load(deployUnstaked);
    const { pool, fund, bob } = w;
    const pending = (await pool.totals()).pendingFees;
    expect(pending > w.usd(850)).to.equal(true);
    await inOneBlock([
      async () => await fund.connect(bob)["deposit(uint256,address)"](shares(w, 100), bob.address, turn(0)),
      poke(w, 1),
    ]);
    expect(await stakeOf(w, bob)).to.be.lessThanOrEqual(shares(w, 100));
    // all of it was the reserve's, since nobody was there when it was earned
    expect((await pool.totals()).reserveShares > shares(w, 850)).to.equal(true);
  });

  it("as only staker with next to nothing: at most his stake over again in a year, whatever the pool earns", async () => {
    const w = await load(deployUnstaked);
    const { fund, bob } = w;
    await sent(fund.connect(bob)["deposit(uint256,address)"](shares(w, 100), bob.address));
    const start = await stakeOf(w, bob);
    // the fund's tenth of the interest is 54 times as much
    for (let month = 0; month < 12; ++month) {
      await time.increase(YEAR / 12n);
      await sent(w.pool.connect(w.dave).transfer(w.pool, 0n));
    }
    const won = (await stakeOf(w, bob)) - start;
    // compounding monthly: (1 + 1/12)^12 − 1 = 1.613 of it
    expect(won > (start * 160n) / 100n && won < (start * 162n) / 100n).to.equal(true);
  });

  it("as last staker, the others all cooling: his own part of the premium, the reserve takes theirs", async () => {
    const w = await load(deployMonth);
    const { pool, fund, bob, erin } = w;
    await sent(fund.connect(bob)["deposit(uint256,address)"](shares(w, 100), bob.address));
    await sent(fund.connect(erin).requestRedeem(await fund.balanceOf(erin.address), erin.address, erin.address));
    const start = await stakeOf(w, bob);
    const reserve = (await pool.totals()).reserveShares;
    await time.increase(30n * DAY);
    await sent(pool.connect(w.dave).transfer(pool, 0n));
    const won = (await stakeOf(w, bob)) - start;
    const toReserve = (await pool.totals()).reserveShares - reserve;
    // half of the fees is the fund's, of which 100 of 30,300 or so are active: a 600th of what the reserve gets
    expect(won > toReserve / 650n && won < toReserve / 550n).to.equal(true);
    expect(won < start / 12n, "and far under the cap").to.equal(true);
  });

  it("for a moment, with a million of a flash loan: she can't leave in it, and the moment pays nothing", async () => {
    const w = await load(deployMonth);
    const { pool, fund, carol, erin } = w;
    await deposit(w, carol, 1_000_000);
    const stakes = await pool.balanceOf(carol.address);
    const before = await stakeOf(w, erin);
    const units = ((await fund.previewDeposit(stakes, PENDING)) * 999n) / 1_000n;
    await inOneBlock([
      async () => await fund.connect(carol)["deposit(uint256,address)"](stakes, carol.address, turn(0)),
      poke(w, 1),
      async () => await fund.connect(carol).requestRedeem(units, carol.address, carol.address, turn(2)),
      poke(w, 3),
    ]);
    const [id] = await fund.openRequests(carol.address);
    if (id === undefined) throw new Error("No request.");
    const request = await fund.requestOf(id);
    expect(request.coolingUnits).to.be.lessThanOrEqual(stakes);
    expect(await stakeOf(w, erin)).to.be.greaterThanOrEqual(before);
    await expect(
      fund.connect(carol)["redeem(uint256,address,address)"](request.units, carol.address, carol.address),
    ).to.be.revertedWithCustomError(fund, "ExceedsClaimable");
  });

  it("by turning active only when it is handed out: cancelled, poked and asked for anew in one block, he wins nothing and his wait starts again", async () => {
    const w = await load(deployMonth);
    const { fund, erin } = w;
    await sent(fund.connect(erin).requestRedeem(await fund.balanceOf(erin.address), erin.address, erin.address));
    const [id] = await fund.openRequests(erin.address);
    if (id === undefined) throw new Error("No request.");
    const { coolingUnits } = await fund.requestOf(id);
    await time.increase(15n * DAY);
    const units = ((await fund.previewDeposit(coolingUnits, PENDING)) * 999n) / 1_000n; // cooling units are shares: no loss so far
    await inOneBlock([
      async () => await fund.connect(erin).cancelRedeem(id, turn(0)),
      poke(w, 1),
      async () => await fund.connect(erin).requestRedeem(units, erin.address, erin.address, turn(2)),
    ]);
    const [next] = await fund.openRequests(erin.address);
    if (next === undefined) throw new Error("No request.");
    const again = await fund.requestOf(next);
    // nothing was earned in these weeks: a unit buys what it bought before
    expect(again.coolingUnits * 1_000n).to.be.lessThanOrEqual(coolingUnits * 999n + 1_000n);
    expect(again.claimableAt - BigInt(await time.latest())).to.equal(14n * DAY);
  });
});

/** Fees in thousandths of the interest. */
const parts = (each: { fees: bigint; interest: bigint }) => (each.fees * 1_000n) / each.interest;

describe("Attack: the switch of the reserve's fee", () => {
  // Whether the reserve takes its tenth of the interest is decided when fees become shares, by what it holds of all
  // shares: 2% is its target. A flash loan changes what all shares are.
  it("thrown on with a flash deposit or off with an exit: a tenth of the interest until the next poke, and no principal", async () => {
    const w = await load(deployMonth);
    const { pool, carol } = w;
    await sent(pool.connect(w.keeper).topUpReserve(w.usd(40_000)));
    await sent(pool.connect(w.dave).transfer(pool, 0n));
    const feesOf = async (run: () => Promise<void>) =>
      await whatIf(async () => {
        await run();
        const debt = (await pool.totals()).debtAssets;
        const start = (await pool.totals()).pendingFees;
        await time.increase(DAY);
        const end = await pool.totals();
        return { fees: end.pendingFees - start, interest: end.debtAssets - debt };
      });
    const honest = await feesOf(async () => {});
    const { "deposit(uint256,address)": enter, "redeem(uint256,address,address)": leave } = pool.connect(carol);
    const thrown = await feesOf(async () => {
      const out = ((await pool.previewDeposit(w.usd(100_000_000), PENDING)) * 999_999n) / 10n ** 6n;
      await inOneBlock([
        async () => await enter(w.usd(100_000_000), carol.address, turn(0)),
        poke(w, 1),
        async () => await leave(out, carol.address, carol.address, turn(2)),
      ]);
    });
    expect(parts(honest), "the fund's tenth").to.be.oneOf([99n, 100n]);
    expect(parts(thrown), "and the reserve's").to.be.oneOf([199n, 200n]);
    // anyone undoes it for the gas of a transfer
    const undone = await feesOf(async () => {
      await enter(w.usd(100_000_000), carol.address);
      await sent(pool.connect(w.dave).transfer(pool, 0n));
      await leave(((await pool.balanceOf(carol.address)) * 999_999n) / 10n ** 6n, carol.address, carol.address);
      await sent(pool.connect(w.dave).transfer(pool, 0n));
    });
    expect(parts(undone)).to.be.oneOf([99n, 100n]);
    expect(await pool.grossPrice()).to.be.greaterThan(WAD);
    await expectConserved(w, [w.alice, w.bob, carol, w.erin], [w.frank.address]);
  });
});
