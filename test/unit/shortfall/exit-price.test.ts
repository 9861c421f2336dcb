import { expect } from "chai";

import { divUp, PRICE_SCALE, Random } from "../../../sdk/model/index.js";
import { freeze, load, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  MAX,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  time,
  type World,
  world,
} from "../../helpers/fixtures.js";
import { deposit, setRawPrice, stake, type State, stateOf, worldWithLoan } from "../liquidation/actions.js";
import { crystallised, exitFor, grossOf, shown, TERMS } from "../liquidation/model.js";
import { feelessWorld } from "../waterfall/actions.js";

/** What reserve and fund can cover, in assets. */
const coverOf = (s: State) => (crystallised(s).cover * crystallised(s).assets) / crystallised(s).shares;

/** A thousandth of the gross assets. */
const limitOf = (s: State) => (grossOf(s).assets - 1n) / 1_000n;

/** 20,000 wei supplied, half of them lent. */
async function deploySmall(): Promise<World> {
  const w = await deployWorld({ parameters: { minDebt: 1_000n } });
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](20_000n, w.alice));
  await sent(w.pool.connect(w.bob).supplyCollateral(1_000_000n, w.bob));
  await sent(w.oracle.connect(w.deployer).set(PRICE_SCALE / 10n, PRICE_SCALE / 10n, true));
  await sent(w.pool.connect(w.bob).borrow(10_000n, w.bob, w.bob));
  return w;
}

describe("LendingPool.exitPrice", () => {
  let w: World;

  /** The state of this block, and its exit price by the formula. */
  async function modelled(at: { blockTag: "latest" | "pending" } = { blockTag: "latest" }) {
    const state = await stateOf(w, w.bob, at);
    const exit = exitFor(state, state.shortfall);
    expect(state.exitPrice, "exit price").to.equal(shown(exit));
    expect(state.grossPrice, "gross price").to.equal(shown(grossOf(state)));
    return { state, exit };
  }

  /** Sets a price at which Bob's position leaves exactly this much uncovered in the block after, whose time it fixes. */
  async function aimShortfall(amount: (state: State) => bigint): Promise<void> {
    const timestamp = BigInt(await time.latest()) + 10n;
    await time.setNextBlockTimestamp(timestamp);
    const state = await stateOf(w, w.bob, PENDING);
    const q = ((state.debtAssets - amount(state)) * PRICE_SCALE) / state.collateral;
    await time.setNextBlockTimestamp(timestamp - 1n);
    await setRawPrice(w, divUp(q * TERMS.lifFloorBps, 10_000n));
    await time.setNextBlockTimestamp(timestamp);
    expect(await w.pool.currentShortfall(PENDING)).to.equal(amount(state));
  }

  async function layered(reserve: number, fund: number): Promise<void> {
    w = await feelessWorld();
    await deposit(w, w.alice, 10_000_000);
    if (reserve > 0) await sent(w.pool.connect(w.erin).topUpReserve(w.usd(reserve)));
    if (fund > 0) await stake(w, w.frank, fund);
    await openLoan(w, w.bob, 1_000, 1_500_000);
  }

  describe("in a pool of 20,000 wei, where a share unit shows", () => {
    beforeEach(async () => {
      w = await load(deploySmall);
    });

    it("is the gross price exactly for a shortfall that the reserve covers, no share unit less", async () => {
      await time.increase(100n * DAY);
      await sent(w.pool.connect(w.erin).topUpReserve(3_000n));
      await aimShortfall(() => 1_001n);
      const { state } = await modelled({ blockTag: "pending" });
      expect((state.shortfall * grossOf(state).shares) % grossOf(state).assets, "no whole share units").to.not.equal(
        0n,
      );
      expect(state.exitPrice).to.equal(state.grossPrice);
    });

    it("sees a shortfall of a single wei", async () => {
      await aimShortfall(() => 1n);
      const { state } = await modelled({ blockTag: "pending" });
      expect(state.exitPrice < state.grossPrice).to.equal(true);
    });
  });

  it("is the gross price while nothing is short", async () => {
    w = await worldWithLoan();
    await time.increase(10n * DAY);
    await freeze();
    await sent(w.pool.accrue());
    const { state } = await modelled();
    expect(state.exitPrice).to.equal(state.grossPrice);
    expect(await w.pool.totalAssets()).to.equal((state.supply * grossOf(state).assets) / grossOf(state).shares);
  });

  it("is the gross price exactly while reserve and fund cover what is short", async () => {
    await layered(200_000, 300_000);
    await aimShortfall(coverOf);
    const { state } = await modelled(PENDING);
    expect(state.shortfall > 0n).to.equal(true);
    expect(state.exitPrice).to.equal(state.grossPrice);
  });

  it("falls from a wei beyond the cover", async () => {
    await layered(200_000, 300_000);
    // A millionth of the assets: a wei alone is below what a price in 1e18ths shows.
    await aimShortfall((s) => coverOf(s) + w.usd(10));
    const { state, exit } = await modelled(PENDING);
    expect(state.exitPrice < state.grossPrice).to.equal(true);
    expect(exit.uncovered >= w.usd(10) && exit.uncovered <= w.usd(10) + 1n).to.equal(true);
  });

  it("is the formula of DESIGN §7 beyond it, for everything that exits use", async () => {
    await layered(100_000, 200_000);
    await setPrice(w, 1_020); // half a million short, 300,000 covered
    const { pool } = w;
    const { state, exit } = await modelled();
    // By hand: (10.3m − 0.5m) / (10.3m − 0.3m) = 0.98, but for seconds of interest.
    expect(state.exitPrice).to.be.closeTo(98n * 10n ** 16n, 10n ** 10n);
    const shares = await pool.balanceOf(w.alice);
    const worth = (shares * exit.assets) / exit.shares;
    expect(await pool.convertToAssets(shares)).to.equal(worth);
    expect(await pool.previewRedeem(shares)).to.equal(worth);
    expect(await pool.totalAssets()).to.equal((state.supply * exit.assets) / exit.shares);
    expect(await pool.convertToShares(w.usd(1))).to.equal((w.usd(1) * exit.shares) / exit.assets);
    expect(await pool.previewWithdraw(w.usd(1))).to.equal(divUp(w.usd(1) * exit.shares, exit.assets));
    const gross = grossOf(state);
    expect(await pool.previewDeposit(w.usd(1))).to.equal((w.usd(1) * gross.shares) / gross.assets);
    expect(await pool.previewMint(10n ** 24n)).to.equal(divUp(10n ** 24n * gross.assets, gross.shares));
  });

  it("stays for the others when somebody leaves at it", async () => {
    await layered(100_000, 200_000);
    await deposit(w, w.carol, 3_000_000);
    await setPrice(w, 1_020);
    await freeze();
    const { state } = await modelled(PENDING);
    const shares = await w.pool.balanceOf(w.carol);
    const before = await w.asset.balanceOf(w.carol);
    await sent(w.pool.connect(w.carol)["redeem(uint256,address,address)"](shares, w.carol, w.carol));
    const got = (await w.asset.balanceOf(w.carol)) - before;
    const exit = exitFor(state, state.shortfall);
    expect(got).to.equal((shares * exit.assets) / exit.shares);
    const { state: after } = await modelled();
    // The cover is the same in shares, but each now stands for more of what is left: rounding of the need, a share.
    expect(after.exitPrice >= state.exitPrice, "P-2").to.equal(true);
    expect(after.exitPrice - state.exitPrice <= 1n, "no gain").to.equal(true);
    await expectConserved(w, [w.alice, w.carol, w.frank], [w.bob]);
  });

  it("comes back with the price", async () => {
    await layered(100_000, 200_000);
    await setPrice(w, 1_020);
    const { state } = await modelled();
    expect(state.exitPrice < state.grossPrice).to.equal(true);
    await setPrice(w, 2_000);
    const { state: later } = await modelled();
    expect(later.exitPrice).to.equal(later.grossPrice);
  });

  it("counts pending fees as cover", async () => {
    w = await worldWithLoan();
    await time.increase(300n * DAY);
    await aimShortfall((s) => s.pendingFees - 1_000n);
    const { state } = await modelled(PENDING);
    expect(state.pendingFees > w.usd(20) && state.reserveShares === 0n).to.equal(true);
    expect(state.exitPrice).to.equal(state.grossPrice);
    await aimShortfall((s) => s.pendingFees + w.usd(10));
    const { state: beyond } = await modelled(PENDING);
    expect(beyond.exitPrice < beyond.grossPrice).to.equal(true);
  });

  it("is above zero with nothing left, at full utilisation with fees pending", async () => {
    w = await world();
    await deposit(w, w.alice, 1_500_000);
    await openLoan(w, w.bob, 1_000, 1_500_000);
    await time.increase(30n * DAY);
    await setRawPrice(w, 1n);
    const { state } = await modelled();
    expect([state.cash, state.shortfall]).to.deep.equal([0n, state.debtAssets]);
    expect(state.pendingFees > 0n).to.equal(true);
    // One virtual asset over all shares but the cover: less than 1e-18.
    expect(exitFor(state, state.shortfall).assets).to.equal(1n);
    expect(await w.pool.maxWithdraw(w.alice)).to.equal(0n);
    expect(await w.pool.maxRedeem(w.alice)).to.equal(0n);
    expect(await w.pool.maxDeposit(w.carol)).to.equal(0n);
  });

  describe("given a limit of a thousandth", () => {
    beforeEach(async () => {
      await layered(0, 0);
    });

    it("leaves deposits open at it", async () => {
      await aimShortfall(limitOf);
      const { state, exit } = await modelled(PENDING);
      expect(exit.uncovered).to.equal(limitOf(state));
      expect(await w.pool.maxDeposit(w.carol, PENDING)).to.be.greaterThan(0n);
      await sent(w.pool.connect(w.carol)["deposit(uint256,address)"](w.usd(1), w.carol));
      await expectConserved(w, [w.alice, w.carol], [w.bob]);
    });

    it("stops deposits a wei beyond it, and only them", async () => {
      await aimShortfall((s) => limitOf(s) + 1n);
      const { state } = await modelled(PENDING);
      expect(await w.pool.maxDeposit(w.carol, PENDING)).to.equal(0n);
      expect(await w.pool.maxMint(w.carol, PENDING)).to.equal(0n);
      const snapshot = await networkHelpers.takeSnapshot();
      await expect(w.pool.connect(w.carol)["deposit(uint256,address)"](w.usd(1), w.carol))
        .to.be.revertedWithCustomError(w.pool, "UncoveredShortfall")
        .withArgs(limitOf(state) + 1n, limitOf(state));
      await snapshot.restore();
      expect(await w.pool.maxWithdraw(w.alice)).to.be.greaterThan(0n);
      await sent(w.pool.connect(w.alice)["withdraw(uint256,address,address)"](w.usd(1), w.alice, w.alice));
      await sent(w.pool.connect(w.bob).repay(w.usd(1), w.bob));
      await expectConserved(w, [w.alice], [w.bob]);
    });
  });

  it("counts for that limit what reserve and fund leave uncovered, to the wei", async () => {
    await layered(200_000, 300_000);
    await aimShortfall((s) => coverOf(s) + limitOf(s));
    const { state } = await modelled(PENDING);
    const { cover, assets, shares } = crystallised(state);
    expect((cover * assets) % shares, "the cover is no whole number of wei").to.not.equal(0n);
    const snapshot = await networkHelpers.takeSnapshot();
    await sent(w.pool.connect(w.carol)["deposit(uint256,address)"](w.usd(1), w.carol));
    await snapshot.restore();
    await aimShortfall((s) => coverOf(s) + limitOf(s) + 1n);
    const { state: next } = await modelled(PENDING);
    await expect(w.pool.connect(w.carol)["deposit(uint256,address)"](w.usd(1), w.carol))
      .to.be.revertedWithCustomError(w.pool, "UncoveredShortfall")
      .withArgs(limitOf(next) + 1n, limitOf(next));
  });

  const seed = 1_001;
  it(`is the formula for random books and prices, seed ${seed}`, async () => {
    w = await world();
    const random = new Random(seed);
    await deposit(w, w.alice, 5_000_000);
    await openLoan(w, w.bob, 1_000, 1_400_000);
    await openLoan(w, w.carol, 100, 20_000);
    let uncovered = 0;
    for (let i = 0; i < 25; ++i) {
      const dice = random.part();
      await setPrice(w, 2_000);
      if (dice < 0.3) await stake(w, w.frank, 1 + random.part() * 100_000);
      else if (dice < 0.6) await sent(w.pool.connect(w.erin).topUpReserve(w.usd(1 + random.part() * 20_000)));
      else if (dice < 0.8) await deposit(w, w.dave, 1 + random.part() * 500_000);
      else await sent(w.pool.connect(w.bob).repay(w.usd(1 + random.part() * 10_000), w.bob));
      await time.increase(random.below(500_000));
      await setPrice(w, 100 + random.part() * 1_500);
      const { state } = await modelled();
      if (state.exitPrice < state.grossPrice) ++uncovered;
    }
    expect(uncovered > 5, `seed ${seed}`).to.equal(true);
    await sent(w.pool.connect(w.bob).repay(MAX, w.bob));
    await expectConserved(w, [w.alice, w.dave, w.frank], [w.bob, w.carol]);
  });
});
