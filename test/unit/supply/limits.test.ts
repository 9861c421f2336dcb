import { expect } from "chai";

import { mulDown } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  ethers,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  setPrices,
  VIRTUAL_SHARES,
  type World,
  world,
  ZERO,
} from "../../helpers/fixtures.js";
import { anotherMarket, deposit, feelessWorld, grossOf, lentWorld, scheduled } from "../pool/kit.js";

async function limits(w: World, who: string): Promise<bigint[]> {
  const { pool } = w;
  return [
    await pool.maxDeposit(who, PENDING),
    await pool.maxMint(who, PENDING),
    await pool.maxWithdraw(who, PENDING),
    await pool.maxRedeem(who, PENDING),
  ];
}

describe("LendingPool, limits", () => {
  describe("maxDeposit and maxMint", () => {
    it("are the room under the supply cap, and using them fills it", async () => {
      for (const way of ["deposit", "mint"] as const) {
        const w = await lentWorld();
        const { pool, carol } = w;
        await freeze();
        const gross = await grossOf(pool);
        const room = w.usd(1_000_000_000) - (gross.assets - 1n);
        expect(await pool.maxDeposit(carol, PENDING)).to.equal(room);
        const shares = mulDown(room, gross.shares, gross.assets);
        expect(await pool.maxMint(carol, PENDING)).to.equal(shares);
        if (way === "deposit") await deposit(w, carol, room);
        else await sent(pool.connect(carol)["mint(uint256,address)"](shares, carol));
        // interest puts the pool over the cap: no room, and no underflow
        await freeze(DAY);
        expect((await limits(w, carol.address)).slice(0, 2)).to.deep.equal([0n, 0n]);
        await expectConserved(w, [w.alice, carol], [w.bob]);
      }
    });

    it("are zero for receivers that a deposit refuses", async () => {
      const w = await lentWorld();
      for (const receiver of [ZERO, await w.pool.getAddress(), await w.fund.getAddress()]) {
        expect((await limits(w, receiver)).slice(0, 2)).to.deep.equal([0n, 0n]);
      }
    });

    it("are zero when paused, and not 72 hours later", async () => {
      const w = await lentWorld();
      await sent(w.pool.connect(w.guardian).pause());
      await freeze(3n * DAY - 1n);
      expect((await limits(w, w.carol.address)).slice(0, 2)).to.deep.equal([0n, 0n]);
      await freeze(3n * DAY);
      expect(await w.pool.maxDeposit(w.carol, PENDING)).to.not.equal(0n);
    });

    it("are zero when closed", async () => {
      const w = await lentWorld();
      const execute = await scheduled(w, w.pool.interface.encodeFunctionData("windDown", [14n * DAY]));
      await sent(execute());
      await freeze();
      expect((await limits(w, w.carol.address)).slice(0, 2)).to.deep.equal([0n, 0n]);
    });

    it("are zero when the oracle is not ok, or too much is uncovered", async () => {
      const w = await lentWorld();
      await setPrices(w, 2_000, 2_000, false);
      await freeze();
      expect((await limits(w, w.carol.address)).slice(0, 2)).to.deep.equal([0n, 0n]);
      await setPrice(w, 700);
      await freeze();
      expect((await limits(w, w.carol.address)).slice(0, 2)).to.deep.equal([0n, 0n]);
      await setPrice(w, 2_000);
      await freeze();
      expect(await w.pool.maxDeposit(w.carol, PENDING)).to.not.equal(0n);
    });
  });

  describe("maxWithdraw and maxRedeem", () => {
    it("are what the owner's shares are worth, and using them takes all", async () => {
      for (const way of ["withdraw", "redeem"] as const) {
        const w = await lentWorld();
        const { pool, carol } = w;
        await deposit(w, carol, w.usd(777));
        await freeze(DAY);
        const shares = await pool.balanceOf(carol);
        const gross = await grossOf(pool);
        const worth = mulDown(shares, gross.assets, gross.shares);
        expect(await pool.maxWithdraw(carol, PENDING)).to.equal(worth);
        expect(await pool.maxRedeem(carol, PENDING)).to.equal(shares);
        const transaction =
          way === "withdraw"
            ? pool.connect(carol)["withdraw(uint256,address,address)"](worth, carol, carol)
            : pool.connect(carol)["redeem(uint256,address,address)"](shares, carol, carol);
        await expect(transaction).to.changeTokenBalance(ethers, w.asset, carol, worth);
        // what a withdrawal rounds up is less than a wei's worth of shares
        expect((await pool.balanceOf(carol)) < VIRTUAL_SHARES).to.equal(true);
        await expectConserved(w, [w.alice, carol], [w.bob]);
      }
    });

    it("are at most the cash, and using them takes it", async () => {
      for (const way of ["withdraw", "redeem"] as const) {
        const w = await lentWorld();
        const { pool, alice } = w;
        await freeze(DAY);
        const gross = await grossOf(pool);
        const { cash } = await pool.totals(PENDING);
        expect(await pool.maxWithdraw(alice, PENDING)).to.equal(cash);
        const shares = mulDown(cash, gross.shares, gross.assets);
        expect(await pool.maxRedeem(alice, PENDING)).to.equal(shares);
        if (way === "withdraw") {
          await sent(pool.connect(alice)["withdraw(uint256,address,address)"](cash, alice, alice));
          expect((await pool.totals()).cash).to.equal(0n);
        } else {
          await sent(pool.connect(alice)["redeem(uint256,address,address)"](shares, alice, alice));
          // rounding: a share unit less than the cash is worth leaves at most a wei
          expect((await pool.totals()).cash <= 1n).to.equal(true);
        }
        await expectConserved(w, [alice], [w.bob]);
      }
    });

    it("follow the exit price while a shortfall is uncovered", async () => {
      const w = await feelessWorld();
      const { pool, carol } = w;
      await deposit(w, carol, w.usd(1_000));
      await setPrice(w, 500);
      await freeze();
      const worth = await pool.convertToAssets(await pool.balanceOf(carol), PENDING);
      expect(worth < w.usd(700), "a haircut of more than 30%").to.equal(true);
      expect(await pool.maxWithdraw(carol, PENDING)).to.equal(worth);
      await sent(pool.connect(carol)["withdraw(uint256,address,address)"](worth, carol, carol));
      await expectConserved(w, [w.alice, carol], [w.bob]);
    });

    it("are zero for the pool's and the fund's address", async () => {
      const w = await lentWorld();
      await sent(w.pool.connect(w.alice).topUpReserve(w.usd(10)));
      for (const owner of [await w.pool.getAddress(), await w.fund.getAddress()]) {
        expect((await limits(w, owner)).slice(2)).to.deep.equal([0n, 0n]);
      }
    });

    it("gives 0 for a balance worth nothing, since redeeming it would revert", async () => {
      const w = await lentWorld();
      await sent(w.pool.connect(w.alice).transfer(w.dave, VIRTUAL_SHARES / 2n));
      await freeze();
      expect((await limits(w, w.dave.address)).slice(2)).to.deep.equal([0n, 0n]);
    });

    it("stay when paused or winding down", async () => {
      const w = await lentWorld();
      await sent(w.pool.connect(w.guardian).pause());
      await freeze();
      const { cash } = await w.pool.totals(PENDING);
      expect(await w.pool.maxWithdraw(w.alice, PENDING)).to.equal(cash);
    });
  });

  it("never revert, whatever the oracle does", async () => {
    const base = await world();
    const oracle = await ethers.deployContract("MockOracle");
    const w = await anotherMarket(base);
    const data = w.pool.interface.encodeFunctionData("scheduleOracle", [await oracle.getAddress()]);
    await sent(oracle.set(w.priceOf(2_000), w.priceOf(2_000), true));
    await deposit(w, w.alice, w.usd(1_000));
    await openLoan(w, w.bob, 1, 500);
    await sent(base.oracleManager.sendTransaction({ to: w.pool, data }) as ReturnType<typeof oracle.set>);
    const execute = await scheduled(w, w.pool.interface.encodeFunctionData("executeOracle"));
    await sent(execute());
    const prices: [bigint, bigint, boolean][] = [
      [MAX, MAX, true],
      [0n, MAX, true],
      [MAX, 0n, true],
      [0n, 0n, true],
      [1n, 1n, true],
      [w.priceOf(2_000), w.priceOf(2_000), false],
    ];
    for (const [low, high, ok] of prices) {
      await sent(oracle.set(low, high, ok));
      await freeze();
      const all = await limits(w, w.alice.address);
      if (all[0] !== 0n) await deposit(w, w.alice, 1_000n);
      if (all[2] !== 0n) {
        await sent(w.pool.connect(w.alice)["withdraw(uint256,address,address)"](1n, w.alice, w.alice));
      }
    }
    await sent(oracle.set(w.priceOf(2_000), w.priceOf(2_000), true));
    // reverts, burns all its gas, wants more than it gets, answers too little, too much
    const behaviours: [number, bigint][] = [
      [1, 0n],
      [2, 0n],
      [3, 400_000n],
      [4, 0n],
      [4, 95n],
      [4, 4_096n],
    ];
    for (const [behaviour, amount] of behaviours) {
      await sent(oracle.misbehave(behaviour, amount));
      await freeze();
      const [maxDeposit] = await limits(w, w.alice.address);
      const isReadable = behaviour === 4 && amount > 95n;
      expect(maxDeposit !== 0n, `behaviour ${behaviour}, ${amount}`).to.equal(isReadable);
      const [low, high, ok] = await w.pool.currentPrice(PENDING);
      if (!isReadable) expect([low, high, ok]).to.deep.equal([0n, 0n, false]);
    }
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("bound conversions and previews: beyond 2^128 − 1 they revert with FieldOverflow, up to there they answer", async () => {
    const w = await lentWorld();
    const { pool } = w;
    const bound = (1n << 128n) - 1n;
    const views = [
      pool.convertToShares.bind(null),
      pool.convertToAssets.bind(null),
      pool.previewDeposit.bind(null),
      pool.previewMint.bind(null),
      pool.previewWithdraw.bind(null),
      pool.previewRedeem.bind(null),
    ];
    for (const view of views) {
      expect((await view(bound)) > 0n).to.equal(true);
      await expect(view(bound + 1n))
        .to.be.revertedWithCustomError(pool, "FieldOverflow")
        .withArgs(bound + 1n, bound);
    }
  });

  it("never revert for anybody, with nothing and everything", async () => {
    const w = await world();
    for (const who of [ZERO, w.alice.address, await w.asset.getAddress()]) {
      expect((await limits(w, who)).slice(2)).to.deep.equal([0n, 0n]);
    }
    await setPrice(w, 0);
    expect(await limits(w, w.alice.address)).to.deep.equal([0n, 0n, 0n, 0n]);
  });
});
