import { expect } from "chai";

import { freeze, load, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  ethers,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  setPrices,
  type World,
  world,
  ZERO,
} from "../../helpers/fixtures.js";
import { deposit, lentWorld, scheduled } from "../pool/kit.js";

const MAX_COLLATERAL = (1n << 112n) - 1n;

async function cappedWorld(): Promise<World> {
  return await load(capped);
}

/** A pool that takes ten ether in all, with a loan against four. */
async function capped(): Promise<World> {
  const w = await deployWorld({ parameters: { collateralCap: 10n * 10n ** 18n } });
  await deposit(w, w.alice, w.usd(100_000));
  await openLoan(w, w.bob, 4, 4_000);
  return w;
}

describe("LendingPool, collateral", () => {
  describe("supplyCollateral", () => {
    it("adds to a position without debt, for anybody, and takes exactly the tokens", async () => {
      const w = await lentWorld();
      const { pool, carol, dave } = w;
      const amount = w.eth(3) + 7n;
      const transaction = pool.connect(dave).supplyCollateral(amount, carol);
      await expect(transaction).to.emit(pool, "CollateralSupplied").withArgs(dave.address, carol.address, amount);
      await expect(transaction).to.changeTokenBalances(ethers, w.collateral, [dave, pool], [-amount, amount]);
      expect([...(await pool.positionOf(carol))]).to.deep.equal([0n, amount, 0n, 0n, false]);
      await sent(pool.connect(carol).supplyCollateral(1n, carol));
      expect((await pool.position(carol)).collateral).to.equal(amount + 1n);
      await expectConserved(w, [w.alice], [w.bob, carol]);
    });

    it("moves a position in debt to a lower tick, without marking it as raised", async () => {
      const w = await lentWorld();
      const { pool, bob } = w;
      const before = await pool.positionOf(bob);
      await sent(pool.connect(w.dave).supplyCollateral(w.eth(500), bob));
      const after = await pool.positionOf(bob);
      expect(after.collateral).to.equal(before.collateral + w.eth(500));
      expect(after.debtShares).to.equal(before.debtShares);
      expect(after.tick < before.tick).to.equal(true);
      expect(after.timestamp, "nobody else's call makes it ineligible").to.equal(before.timestamp);
      expect([...(await pool.tickSums(before.tick))]).to.deep.equal([0n, 0n]);
      await expectConserved(w, [w.alice], [bob]);
    });

    it("reverts for nothing, for nobody, and beyond field and balance", async () => {
      const w = await lentWorld();
      const { pool, carol } = w;
      await expect(pool.connect(carol).supplyCollateral(0n, carol)).to.be.revertedWithCustomError(pool, "ZeroAmount");
      await expect(pool.connect(carol).supplyCollateral(1n, ZERO))
        .to.be.revertedWithCustomError(pool, "InvalidAddress")
        .withArgs(ZERO);
      await expect(pool.connect(carol).supplyCollateral(MAX_COLLATERAL + 1n, carol))
        .to.be.revertedWithCustomError(pool, "FieldOverflow")
        .withArgs(MAX_COLLATERAL + 1n, MAX_COLLATERAL);
      await expect(pool.connect(w.admin).supplyCollateral(1n, carol)).to.be.revertedWithCustomError(
        w.collateral,
        "ERC20InsufficientAllowance",
      );
    });

    it("works when paused, winding down, and without a price (G-1)", async () => {
      const w = await lentWorld();
      const { pool, bob } = w;
      await sent(pool.connect(w.guardian).pause());
      await setPrices(w, 0, 0, false);
      const execute = await scheduled(w, pool.interface.encodeFunctionData("windDown", [14n * DAY]));
      await sent(execute());
      await sent(pool.connect(bob).supplyCollateral(1n, bob));
      await sent(pool.connect(w.carol).supplyCollateral(1n, w.carol));
      expect((await pool.positionOf(bob)).collateral).to.equal(w.eth(1_000) + 1n);
      await expectConserved(w, [w.alice], [bob, w.carol]);
    });

    it("is capped over all positions; exactly at the cap passes", async () => {
      const w = await cappedWorld();
      const { pool, carol } = w;
      await expect(pool.connect(carol).supplyCollateral(w.eth(6) + 1n, carol))
        .to.be.revertedWithCustomError(pool, "CollateralCapExceeded")
        .withArgs(w.eth(10) + 1n, w.eth(10));
      await sent(pool.connect(carol).supplyCollateral(w.eth(6), carol));
      await expect(pool.connect(carol).supplyCollateral(1n, carol))
        .to.be.revertedWithCustomError(pool, "CollateralCapExceeded")
        .withArgs(w.eth(10) + 1n, w.eth(10));
      await expectConserved(w, [w.alice], [w.bob, carol]);
    });

    it("lets a debtor add beyond it, up to the cap for itself alone", async () => {
      const w = await cappedWorld();
      const { pool, carol, bob } = w;
      await sent(pool.connect(carol).supplyCollateral(w.eth(6), carol));
      await sent(pool.connect(bob).supplyCollateral(w.eth(6), bob));
      expect((await pool.position(bob)).collateral).to.equal(w.eth(10));
      await expect(pool.connect(bob).supplyCollateral(1n, bob))
        .to.be.revertedWithCustomError(pool, "CollateralCapExceeded")
        .withArgs(w.eth(10) + 1n, w.eth(10));
      await expectConserved(w, [w.alice], [bob, carol]);
    });

    it("counts donations against the cap, which only keeps newcomers out", async () => {
      const w = await cappedWorld();
      const { pool, carol, bob } = w;
      await sent(w.collateral.connect(carol).transfer(pool, w.eth(6)));
      await expect(pool.connect(carol).supplyCollateral(1n, carol))
        .to.be.revertedWithCustomError(pool, "CollateralCapExceeded")
        .withArgs(w.eth(10) + 1n, w.eth(10));
      await sent(pool.connect(bob).supplyCollateral(1n, bob));
      await expectConserved(w, [w.alice], [bob]);
    });

    it("clears the flag of a position it cures, and leaves that of one it does not", async () => {
      const w = await lentWorld();
      const { pool, bob } = w;
      await setPrice(w, 850);
      await sent(pool.flag(bob));
      await expect(pool.connect(bob).supplyCollateral(1n, bob)).to.not.emit(pool, "Unflagged");
      expect((await pool.positionOf(bob)).isFlagged).to.equal(true);
      await expect(pool.connect(bob).supplyCollateral(w.eth(1_000), bob))
        .to.emit(pool, "Unflagged")
        .withArgs(bob.address);
      expect((await pool.positionOf(bob)).isFlagged).to.equal(false);
      await expectConserved(w, [w.alice], [bob]);
    });
  });

  describe("withdrawCollateral", () => {
    it("needs no oracle without debt, and leaves an empty slot", async () => {
      const w = await world();
      const { pool, carol, dave } = w;
      await sent(pool.connect(carol).supplyCollateral(w.eth(3), carol));
      await setPrices(w, 0, 0, false);
      const transaction = pool.connect(carol).withdrawCollateral(w.eth(1), carol, dave);
      await expect(transaction)
        .to.emit(pool, "CollateralWithdrawn")
        .withArgs(carol.address, carol.address, dave.address, w.eth(1));
      await expect(transaction).to.changeTokenBalances(ethers, w.collateral, [dave, pool], [w.eth(1), -w.eth(1)]);
      await sent(pool.connect(carol).withdrawCollateral(w.eth(2), carol, carol));
      expect([...(await pool.positionOf(carol))]).to.deep.equal([0n, 0n, 0n, 0n, false]);
      await expectConserved(w, [], [carol]);
    });

    it("in debt goes down to borrowLtv at the low price, and marks the position as raised", async () => {
      const w = await lentWorld();
      const { pool, bob } = w;
      await setPrices(w, 1_990, 2_000);
      await freeze(10);
      const { debtAssets } = await pool.position(bob, PENDING);
      // the least collateral that carries the debt: debt ≤ c · low · 0.8
      const low = w.priceOf(1_990);
      const scale = 10n ** 36n * 10_000n;
      const least = (debtAssets * scale + low * 8_000n - 1n) / (low * 8_000n);
      const free = w.eth(1_000) - least;
      const value = (least - 1n) * low;
      await expect(pool.connect(bob).withdrawCollateral(free + 1n, bob, bob))
        .to.be.revertedWithCustomError(pool, "PositionUnhealthy")
        .withArgs(debtAssets, (value * 8_000n) / scale);
      const timestamp = await freeze(10);
      const later = (await pool.position(bob, PENDING)).debtAssets;
      const enough = w.eth(1_000) - (later * scale + low * 8_000n - 1n) / (low * 8_000n);
      await sent(pool.connect(bob).withdrawCollateral(enough, bob, bob));
      const position = await pool.positionOf(bob);
      expect(position.collateral).to.equal(w.eth(1_000) - enough);
      expect(position.timestamp).to.equal(timestamp);
      await expectConserved(w, [w.alice], [bob]);
    });

    it("in debt needs an oracle that is ok", async () => {
      const w = await lentWorld();
      await setPrices(w, 2_000, 2_000, false);
      await expect(w.pool.connect(w.bob).withdrawCollateral(1n, w.bob, w.bob))
        .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
        .withArgs(w.priceOf(2_000), w.priceOf(2_000));
    });

    it("works when paused", async () => {
      const w = await lentWorld();
      await sent(w.pool.connect(w.guardian).pause());
      await sent(w.pool.connect(w.bob).withdrawCollateral(1n, w.bob, w.bob));
      expect((await w.pool.positionOf(w.bob)).collateral).to.equal(w.eth(1_000) - 1n);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("reverts for nothing, for more than there is, and to nobody", async () => {
      const w = await lentWorld();
      const { pool, bob } = w;
      await expect(pool.connect(bob).withdrawCollateral(0n, bob, bob)).to.be.revertedWithCustomError(
        pool,
        "ZeroAmount",
      );
      await expect(pool.connect(bob).withdrawCollateral(w.eth(1_000) + 1n, bob, bob))
        .to.be.revertedWithCustomError(pool, "InsufficientCollateral")
        .withArgs(w.eth(1_000) + 1n, w.eth(1_000));
      await expect(pool.connect(bob).withdrawCollateral(MAX, bob, bob))
        .to.be.revertedWithCustomError(pool, "InsufficientCollateral")
        .withArgs(MAX, w.eth(1_000));
      for (const receiver of [ZERO, await pool.getAddress(), await w.fund.getAddress()]) {
        await expect(pool.connect(bob).withdrawCollateral(1n, bob, receiver))
          .to.be.revertedWithCustomError(pool, "InvalidAddress")
          .withArgs(receiver);
      }
    });

    it("never leaves a debt with the last collateral", async () => {
      const w = await lentWorld();
      const { pool, bob } = w;
      await freeze();
      const { debtAssets } = await pool.position(bob, PENDING);
      await expect(pool.connect(bob).withdrawCollateral(w.eth(1_000), bob, bob))
        .to.be.revertedWithCustomError(pool, "PositionUnhealthy")
        .withArgs(debtAssets, 0n);
    });

    it("is for the owner and its operator alone", async () => {
      const w = await lentWorld();
      const { pool, bob, dave } = w;
      await expect(pool.connect(dave).withdrawCollateral(1n, bob, dave))
        .to.be.revertedWithCustomError(pool, "NotAuthorised")
        .withArgs(dave.address, bob.address);
      await sent(pool.connect(bob).setOperator(dave, true));
      await expect(pool.connect(dave).withdrawCollateral(1n, bob, dave))
        .to.emit(pool, "CollateralWithdrawn")
        .withArgs(dave.address, bob.address, dave.address, 1n);
      await expectConserved(w, [w.alice], [bob]);
    });
  });
});
