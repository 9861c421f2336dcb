import { expect } from "chai";

import { BPS, mulDown, mulUp } from "../../../sdk/model/index.js";
import { freeze, load, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  ethers,
  expectConserved,
  HOUR,
  MAX,
  openLoan,
  sent,
  setPrice,
  setPrices,
  Status,
  time,
  WAD,
  type World,
  world,
  ZERO,
} from "../../helpers/fixtures.js";
import type { FixedOracle } from "../../../typechain-types/index.js";
import { deposit, grossOf, lentWorld, MAX_CAP_TOKENS, scheduled } from "../pool/kit.js";

const name = (text: string) => ethers.encodeBytes32String(text);

async function governed(w: World, data: string) {
  return await (
    await scheduled(w, data)
  )();
}

async function newOracle(w: World, tokens: number): Promise<FixedOracle> {
  const price = w.priceOf(tokens);
  return await ethers.deployContract("FixedOracle", [w.deployer.address, price, price, true]);
}

/** A pool without interest: 1,000 supplied, 100 in the reserve, target 2%. */
async function withReserve(): Promise<World> {
  const w = await deployWorld();
  await deposit(w, w.alice, w.usd(1_000));
  await sent(w.pool.connect(w.alice).topUpReserve(w.usd(100)));
  return w;
}

const take = (w: World, assets: bigint, receiver: string = w.dave.address) =>
  scheduled(w, w.pool.interface.encodeFunctionData("withdrawReserve", [assets, receiver]));

async function reserveWorld(): Promise<World> {
  return await load(withReserve);
}

describe("Pool governance", () => {
  describe("pause", () => {
    it("lasts 72 hours, and can't be repeated for 7 days after its end", async () => {
      const w = await world();
      const { pool, guardian } = w;
      const start = await freeze();
      await expect(pool.connect(guardian).pause())
        .to.emit(pool, "PauseSet")
        .withArgs(start + 72n * HOUR);
      expect((await pool.config()).isPaused).to.equal(true);
      const allowedAt = start + 72n * HOUR + 7n * DAY;
      await expect(pool.connect(guardian).pause(), "while paused")
        .to.be.revertedWithCustomError(pool, "PauseCoolingDown")
        .withArgs(allowedAt);
      await time.increaseTo(start + 72n * HOUR - 1n);
      expect((await pool.config()).isPaused).to.equal(true);
      await time.increaseTo(start + 72n * HOUR);
      expect((await pool.config()).isPaused).to.equal(false);
      await time.setNextBlockTimestamp(allowedAt - 1n);
      await expect(pool.connect(guardian).pause())
        .to.be.revertedWithCustomError(pool, "PauseCoolingDown")
        .withArgs(allowedAt);
      await time.setNextBlockTimestamp(allowedAt);
      await expect(pool.connect(guardian).pause())
        .to.emit(pool, "PauseSet")
        .withArgs(allowedAt + 72n * HOUR);
    });

    it("can be ended early; the cool-down counts from there", async () => {
      const w = await world();
      const { pool, guardian } = w;
      await expect(pool.connect(guardian).unpause()).to.be.revertedWithCustomError(pool, "NotPaused");
      await sent(pool.connect(guardian).pause());
      const end = await freeze(HOUR);
      await expect(pool.connect(guardian).unpause()).to.emit(pool, "PauseSet").withArgs(end);
      expect((await pool.config()).isPaused).to.equal(false);
      await deposit(w, w.alice, 1n);
      await expect(pool.connect(guardian).unpause()).to.be.revertedWithCustomError(pool, "NotPaused");
      await time.setNextBlockTimestamp(end + 7n * DAY - 1n);
      await expect(pool.connect(guardian).pause())
        .to.be.revertedWithCustomError(pool, "PauseCoolingDown")
        .withArgs(end + 7n * DAY);
      await time.setNextBlockTimestamp(end + 7n * DAY);
      await sent(pool.connect(guardian).pause());
    });

    it("can't be ended after it has ended by itself", async () => {
      const w = await world();
      await sent(w.pool.connect(w.guardian).pause());
      await time.increase(72n * HOUR);
      await expect(w.pool.connect(w.guardian).unpause()).to.be.revertedWithCustomError(w.pool, "NotPaused");
    });
  });

  describe("caps", () => {
    it("are lowered at once, neither above what it is", async () => {
      const w = await world();
      const { pool, guardian } = w;
      await expect(pool.connect(guardian).lowerCaps(1_000_000_001n, 1n))
        .to.be.revertedWithCustomError(pool, "NotTightening")
        .withArgs(1_000_000_000n, 1_000_000_001n);
      await expect(pool.connect(guardian).lowerCaps(1n, 900_000_001n))
        .to.be.revertedWithCustomError(pool, "NotTightening")
        .withArgs(900_000_000n, 900_000_001n);
      await expect(pool.connect(guardian).lowerCaps(500n, 900_000_000n))
        .to.emit(pool, "CapsSet")
        .withArgs(500n, 900_000_000n);
      const config = await pool.config();
      expect([config.supplyCap, config.borrowCap]).to.deep.equal([w.usd(500), w.usd(900_000_000)]);
      await sent(pool.connect(guardian).lowerCaps(0n, 0n));
    });

    it("are raised through the delay, neither below what it is, within their field", async () => {
      const w = await world();
      const { pool } = w;
      const data = (supply: bigint, borrow: bigint) => pool.interface.encodeFunctionData("raiseCaps", [supply, borrow]);
      await expect(governed(w, data(999_999_999n, 900_000_000n)))
        .to.be.revertedWithCustomError(pool, "NotLoosening")
        .withArgs(1_000_000_000n, 999_999_999n);
      await expect(governed(w, data(1_000_000_000n, 899_999_999n)))
        .to.be.revertedWithCustomError(pool, "NotLoosening")
        .withArgs(900_000_000n, 899_999_999n);
      await expect(governed(w, data(MAX_CAP_TOKENS + 1n, 900_000_000n)))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("supplyCapTokens"), MAX_CAP_TOKENS + 1n, MAX_CAP_TOKENS);
      await expect(governed(w, data(MAX_CAP_TOKENS, MAX_CAP_TOKENS + 1n)))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("borrowCapTokens"), MAX_CAP_TOKENS + 1n, MAX_CAP_TOKENS);
      await expect(governed(w, data(MAX_CAP_TOKENS, MAX_CAP_TOKENS)))
        .to.emit(pool, "CapsSet")
        .withArgs(MAX_CAP_TOKENS, MAX_CAP_TOKENS);
      expect((await pool.config()).supplyCap).to.equal(MAX_CAP_TOKENS * WAD);
    });

    it("under what is there stop the inflow only", async () => {
      const w = await lentWorld();
      await sent(w.pool.connect(w.guardian).lowerCaps(0n, 0n));
      await sent(w.pool.connect(w.alice)["withdraw(uint256,address,address)"](w.usd(5), w.alice, w.alice));
      await sent(w.pool.connect(w.bob).repay(w.usd(5), w.bob));
      expect(await w.pool.maxDeposit(w.carol)).to.equal(0n);
      await expectConserved(w, [w.alice], [w.bob]);
    });
  });

  describe("LTVs", () => {
    it("fall: borrowLtv at once, lltv in a line", async () => {
      const w = await world();
      const { pool, guardian } = w;
      const start = await freeze();
      // 600 in 10 days
      await expect(pool.connect(guardian).lowerLtvs(7_000n, 8_000n, 10n * DAY))
        .to.emit(pool, "LtvsSet")
        .withArgs(7_000n, 8_000n, 10n * DAY);
      const at = async (seconds: bigint) => {
        await time.setNextBlockTimestamp(start + seconds);
        const { borrowLtvBps, lltvBps } = await pool.config(PENDING);
        return [borrowLtvBps, lltvBps];
      };
      expect([(await pool.config()).borrowLtvBps, (await pool.config()).lltvBps]).to.deep.equal([7_000n, 8_600n]);
      for (const seconds of [1n, DAY, (5n * DAY) / 2n, 5n * DAY, 9n * DAY + HOUR, 10n * DAY - 1n]) {
        // what is left of the way, rounded up, for the borrower
        expect(await at(seconds)).to.deep.equal([7_000n, 8_000n + mulUp(600n, 10n * DAY - seconds, 10n * DAY)]);
      }
      expect(await at(5n * DAY)).to.deep.equal([7_000n, 8_300n]);
      expect(await at(10n * DAY)).to.deep.equal([7_000n, 8_000n]);
      expect(await at(100n * DAY)).to.deep.equal([7_000n, 8_000n]);
    });

    it("fall for positions: one between the old and the new becomes liquidatable on the way, not before", async () => {
      const w = await world();
      const { pool, guardian, bob } = w;
      await deposit(w, w.alice, w.usd(10_000));
      await openLoan(w, bob, 1, 1_590);
      await setPrice(w, 1_900); // 83.7%
      await sent(pool.connect(guardian).lowerLtvs(7_000n, 8_000n, 10n * DAY));
      expect((await pool.position(bob)).status).to.equal(Status.Healthy);
      await time.increase(2n * DAY);
      expect((await pool.position(bob)).status).to.equal(Status.Healthy);
      await time.increase(4n * DAY);
      expect((await pool.position(bob)).status).to.equal(Status.Liquidatable);
      await sent(pool.connect(w.liquidator).liquidate(bob, w.usd(10), 0n, w.liquidator, "0x"));
      await expectConserved(w, [w.alice], [bob]);
    });

    it("can fall again from the middle of a ramp", async () => {
      const w = await world();
      const { pool, guardian } = w;
      const start = await freeze();
      await sent(pool.connect(guardian).lowerLtvs(7_000n, 8_000n, 10n * DAY));
      await time.setNextBlockTimestamp(start + 5n * DAY);
      await sent(pool.connect(guardian).lowerLtvs(6_900n, 7_900n, 4n * DAY));
      expect((await pool.config()).lltvBps).to.equal(8_300n);
      await time.setNextBlockTimestamp(start + 7n * DAY);
      expect((await pool.config(PENDING)).lltvBps).to.equal(8_100n);
    });

    it("can't be held or slowed on the way by lowerLtvs", async () => {
      const w = await world();
      const { pool, guardian } = w;
      const start = await freeze();
      await sent(pool.connect(guardian).lowerLtvs(7_000n, 8_000n, 10n * DAY));
      await time.setNextBlockTimestamp(start + 5n * DAY);
      const { lowerLtvs } = pool.connect(guardian);
      await expect(lowerLtvs.staticCall(7_000n, 8_300n, 10n * DAY, PENDING))
        .to.be.revertedWithCustomError(pool, "NotTightening")
        .withArgs(8_000n, 8_300n);
      await expect(lowerLtvs.staticCall(7_000n, 8_000n, 5n * DAY + 1n, PENDING))
        .to.be.revertedWithCustomError(pool, "NotTightening")
        .withArgs(5n * DAY, 5n * DAY + 1n);
      await sent(pool.connect(guardian).lowerLtvs(7_000n, 8_000n, 5n * DAY));
    });

    it("do not rise by lowerLtvs, nor fall too fast, too slowly, or into each other", async () => {
      const w = await world();
      const { pool } = w;
      const guarded = pool.connect(w.guardian);
      await expect(guarded.lowerLtvs(8_001n, 8_600n, 3n * DAY))
        .to.be.revertedWithCustomError(pool, "NotTightening")
        .withArgs(8_000n, 8_001n);
      await expect(guarded.lowerLtvs(8_000n, 8_601n, 3n * DAY))
        .to.be.revertedWithCustomError(pool, "NotTightening")
        .withArgs(8_600n, 8_601n);
      await expect(guarded.lowerLtvs(8_000n, 8_600n, 365n * DAY + 1n))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("rampSeconds"), 365n * DAY + 1n, 365n * DAY);
      // at most 1% a day: 600 need six days
      await expect(guarded.lowerLtvs(7_000n, 8_000n, 6n * DAY - 1n))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("rampSeconds"), 6n * DAY - 1n, 6n * DAY);
      await expect(guarded.lowerLtvs(7_500n, 7_500n, 30n * DAY)).to.be.revertedWithCustomError(
        pool,
        "InvalidParameter",
      );
      await expect(guarded.lowerLtvs(0n, 0n, 100n * DAY)).to.be.revertedWithCustomError(pool, "InvalidParameter");
      await sent(guarded.lowerLtvs(7_499n, 7_500n, 30n * DAY));
    });

    it("rise through the delay, and that ends a ramp", async () => {
      const w = await world();
      const { pool } = w;
      await sent(pool.connect(w.guardian).lowerLtvs(7_900n, 8_000n, 30n * DAY));
      const data = pool.interface.encodeFunctionData("raiseLtvs", [8_100n, 8_700n]);
      await expect(governed(w, data)).to.emit(pool, "LtvsSet").withArgs(8_100n, 8_700n, 0n);
      const config = await pool.config();
      expect([config.borrowLtvBps, config.lltvBps]).to.deep.equal([8_100n, 8_700n]);
      await time.increase(60n * DAY);
      expect((await pool.config()).lltvBps).to.equal(8_700n);
    });

    it("can be held by a rise to where the ramp stands", async () => {
      const w = await world();
      const { pool } = w;
      const start = await freeze();
      await sent(pool.connect(w.guardian).lowerLtvs(7_900n, 8_000n, 10n * DAY));
      const data = pool.interface.encodeFunctionData("raiseLtvs", [7_900n, 8_300n]);
      const execute = await scheduled(w, data);
      await time.setNextBlockTimestamp(start + 5n * DAY);
      await sent(execute());
      await time.increase(60n * DAY);
      expect((await pool.config()).lltvBps).to.equal(8_300n);
    });

    it("do not fall by raiseLtvs, nor break a relation", async () => {
      const w = await world();
      const { pool } = w;
      const data = (borrow: bigint, liquidation: bigint) =>
        pool.interface.encodeFunctionData("raiseLtvs", [borrow, liquidation]);
      await expect(governed(w, data(7_999n, 8_600n)))
        .to.be.revertedWithCustomError(pool, "NotLoosening")
        .withArgs(8_000n, 7_999n);
      await expect(governed(w, data(8_000n, 8_599n)))
        .to.be.revertedWithCustomError(pool, "NotLoosening")
        .withArgs(8_600n, 8_599n);
      await expect(governed(w, data(8_600n, 8_600n)))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("borrowLtvBps"), 8_600n, 8_600n);
      await expect(governed(w, data(8_500n, 9_091n)))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("lltvBps"), 9_091n, 9_090n);
      await expect(governed(w, data(8_000n, 9_000n)))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("repayTargetBps"), 9_000n, 8_888n);
    });
  });

  describe("oracle change", () => {
    it("takes the lower of both lows from its announcement on, the old one's high, and the new one after three days", async () => {
      const w = await lentWorld();
      const { pool, oracleManager } = w;
      const next = await newOracle(w, 1_500);
      const start = await freeze();
      await expect(pool.connect(oracleManager).scheduleOracle(next))
        .to.emit(pool, "OracleScheduled")
        .withArgs(await next.getAddress(), start + 3n * DAY);
      expect([...(await pool.pendingOracle())]).to.deep.equal([await next.getAddress(), start + 3n * DAY]);
      expect([...(await pool.currentPrice())]).to.deep.equal([w.priceOf(1_500), w.priceOf(2_000), true]);
      await sent(next.set(w.priceOf(2_500), w.priceOf(2_500), true));
      expect([...(await pool.currentPrice())]).to.deep.equal([w.priceOf(2_000), w.priceOf(2_000), true]);

      const data = pool.interface.encodeFunctionData("executeOracle");
      await sent(w.authority.connect(w.governor).schedule(pool, data, 0n));
      await time.increase(3n * DAY);
      await expect(w.authority.connect(w.governor).execute(pool, data))
        .to.emit(pool, "OracleSet")
        .withArgs(await next.getAddress());
      expect([...(await pool.currentPrice())]).to.deep.equal([w.priceOf(2_500), w.priceOf(2_500), true]);
      expect([...(await pool.pendingOracle())]).to.deep.equal([ZERO, 0n]);
      expect((await pool.config()).oracle).to.equal(await next.getAddress());
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("lets nobody leave ahead of a lower price: the exit price is lower at once", async () => {
      const w = await lentWorld();
      const { pool } = w;
      const before = await pool.exitPrice();
      await sent(pool.connect(w.oracleManager).scheduleOracle(await newOracle(w, 500)));
      const after = await pool.exitPrice();
      expect(after < before).to.equal(true);
      await sent(pool.connect(w.guardian).cancelOracle());
      expect((await pool.exitPrice()) >= before).to.equal(true);
    });

    it("to a new oracle that breaks takes low for zero, and the old one's word for ok and high", async () => {
      const w = await lentWorld();
      const next = await ethers.deployContract("MockOracle");
      await sent(next.set(w.priceOf(2_000), w.priceOf(2_000), true));
      await sent(w.pool.connect(w.oracleManager).scheduleOracle(next));
      await sent(next.misbehave(1, 0n));
      const [low, high] = await w.pool.currentPrice();
      expect([low, high]).to.deep.equal([0n, w.priceOf(2_000)]);
      expect(await w.pool.maxDeposit(w.carol)).to.equal(0n);
    });

    it("is announced once at a time, and only to an oracle that answers", async () => {
      const w = await lentWorld();
      const { pool } = w;
      const manager = pool.connect(w.oracleManager);
      await expect(manager.scheduleOracle(w.alice)).to.be.revertedWithCustomError(pool, "OracleNotOk").withArgs(0n, 0n);
      const next = await newOracle(w, 1_500);
      await sent(next.set(w.priceOf(1_400), w.priceOf(1_500), false));
      await expect(manager.scheduleOracle(next))
        .to.be.revertedWithCustomError(pool, "OracleNotOk")
        .withArgs(w.priceOf(1_400), w.priceOf(1_500));
      await sent(next.set(w.priceOf(1_400), w.priceOf(1_500), true));
      await sent(manager.scheduleOracle(next));
      await expect(manager.scheduleOracle(w.oracle))
        .to.be.revertedWithCustomError(pool, "OracleChangePending")
        .withArgs(await next.getAddress());
    });

    it("can't be executed unannounced or early", async () => {
      const w = await lentWorld();
      const { pool } = w;
      const data = pool.interface.encodeFunctionData("executeOracle");
      const unannounced = await scheduled(w, data);
      await expect(unannounced()).to.be.revertedWithCustomError(pool, "NoPendingOracle");
      const next = await newOracle(w, 1_500);
      const start = await freeze();
      await sent(pool.connect(w.oracleManager).scheduleOracle(next));
      const now = await freeze(DAY);
      await expect(unannounced())
        .to.be.revertedWithCustomError(pool, "TooEarly")
        .withArgs(now, start + 3n * DAY);
    });

    it("is not put in force while the new oracle does not answer or says it is not ok", async () => {
      const w = await lentWorld();
      const { pool } = w;
      const next = await ethers.deployContract("MockOracle");
      await sent(next.set(w.priceOf(1_900), w.priceOf(1_900), true));
      await sent(pool.connect(w.oracleManager).scheduleOracle(next));
      const execute = await scheduled(w, pool.interface.encodeFunctionData("executeOracle"));
      await sent(next.misbehave(1, 0n));
      await expect(execute()).to.be.revertedWithCustomError(pool, "OracleNotOk").withArgs(0n, 0n);
      await sent(next.misbehave(0, 0n));
      await sent(next.set(w.priceOf(1_900), w.priceOf(1_950), false));
      await expect(execute())
        .to.be.revertedWithCustomError(pool, "OracleNotOk")
        .withArgs(w.priceOf(1_900), w.priceOf(1_950));
      expect((await pool.config()).oracle).to.equal(await w.oracle.getAddress());
      await sent(next.set(w.priceOf(1_900), w.priceOf(1_900), true));
      await sent(execute());
      expect((await pool.config()).oracle).to.equal(await next.getAddress());
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("can be cancelled by the guardian", async () => {
      const w = await lentWorld();
      const { pool, guardian } = w;
      await expect(pool.connect(guardian).cancelOracle()).to.be.revertedWithCustomError(pool, "NoPendingOracle");
      const next = await newOracle(w, 1_500);
      await sent(pool.connect(w.oracleManager).scheduleOracle(next));
      await expect(pool.connect(guardian).cancelOracle())
        .to.emit(pool, "OracleCancelled")
        .withArgs(await next.getAddress());
      expect([...(await pool.currentPrice())]).to.deep.equal([w.priceOf(2_000), w.priceOf(2_000), true]);
      expect([...(await pool.pendingOracle())]).to.deep.equal([ZERO, 0n]);
      await sent(pool.connect(w.oracleManager).scheduleOracle(next));
    });
  });

  describe("fees", () => {
    it("change only after what is pending has become shares at the old ones", async () => {
      const w = await lentWorld();
      const { pool } = w;
      const execute = await scheduled(w, pool.interface.encodeFunctionData("setFees", [30n, 20n, 500n]));
      await freeze();
      const gross = await grossOf(pool);
      const { pendingFees } = await pool.totals(PENDING);
      const minted = mulDown(pendingFees, gross.shares, gross.assets);
      const transaction = await execute();
      await expect(transaction).to.emit(pool, "FeesCrystallised").withArgs(minted, 0n);
      await expect(transaction).to.emit(pool, "FeesSet").withArgs(30n, 20n, 500n);
      const config = await pool.config();
      expect([config.reserveFeePercent, config.fundFeePercent, config.reserveTargetBps]).to.deep.equal([
        30n,
        20n,
        500n,
      ]);
      expect((await pool.totals()).pendingFees).to.equal(0n);
      // from now on half of the interest is fees
      const before = await pool.totals();
      await freeze(10n * DAY);
      const after = await pool.totals(PENDING);
      const exact = (after.debtAssets - before.debtAssets) / 2n;
      const unit = 10n ** 10n;
      expect(after.pendingFees <= exact + unit && after.pendingFees + unit >= exact, "whole units").to.equal(true);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("are bounded: half of the interest, a target of all", async () => {
      const w = await world();
      const { pool } = w;
      await expect(governed(w, pool.interface.encodeFunctionData("setFees", [26n, 25n, 0n])))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("feePercent"), 51n, 50n);
      await expect(governed(w, pool.interface.encodeFunctionData("setFees", [25n, 25n, 10_001n])))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("reserveTargetBps"), 10_001n, 10_000n);
      await sent(governed(w, pool.interface.encodeFunctionData("setFees", [0n, 0n, 0n])));
    });
  });

  describe("reserve", () => {
    it("pays out down to its target, for shares rounded up", async () => {
      const w = await reserveWorld();
      const { pool, dave } = w;
      const gross = await grossOf(pool);
      const { reserveShares } = await pool.totals();
      const assets = w.usd(70) + 1n;
      const shares = mulUp(assets, gross.shares, gross.assets);
      const execute = await take(w, assets);
      const transaction = await execute();
      await expect(transaction).to.emit(pool, "ReserveWithdrawn").withArgs(dave.address, assets, shares);
      await expect(transaction)
        .to.emit(pool, "Transfer")
        .withArgs(await pool.getAddress(), ZERO, shares);
      await expect(transaction).to.changeTokenBalances(ethers, w.asset, [dave, pool], [assets, -assets]);
      expect((await pool.totals()).reserveShares).to.equal(reserveShares - shares);
      await expectConserved(w, [w.alice], []);
    });

    it("keeps its target, a wei less is refused", async () => {
      const w = await reserveWorld();
      const { pool } = w;
      const gross = await grossOf(pool);
      const { reserveShares } = await pool.totals();
      const supply = await pool.totalSupply();
      const target = mulUp(supply, 200n, BPS);
      const most = mulDown(reserveShares - target, gross.assets, gross.shares);
      const tooMuch = await take(w, most + 1n);
      await expect(tooMuch())
        .to.be.revertedWithCustomError(pool, "ReserveBelowTarget")
        .withArgs(mulDown(reserveShares, gross.assets, gross.shares), mulUp(target, gross.assets, gross.shares));
      const execute = await take(w, most);
      await sent(execute());
      expect((await pool.totals()).reserveShares >= target).to.equal(true);
      await expectConserved(w, [w.alice], []);
    });

    it("pays nothing while there is any shortfall, covered or not", async () => {
      const w = await reserveWorld();
      const { pool } = w;
      await openLoan(w, w.bob, 1, 1_000);
      const execute = await take(w, 1n);
      await setPrice(w, 1_000);
      await freeze();
      const shortfall = await pool.currentShortfall(PENDING);
      expect(shortfall > 0n && shortfall < w.usd(100)).to.equal(true);
      await expect(execute()).to.be.revertedWithCustomError(pool, "ShortfallExists").withArgs(shortfall);
    });

    it("pays nothing while the oracle is not ok, to nobody, of nothing, and no more than cash", async () => {
      const w = await reserveWorld();
      const { pool } = w;
      await expect((await take(w, 0n))()).to.be.revertedWithCustomError(pool, "ZeroAmount");
      for (const receiver of [ZERO, await pool.getAddress(), await w.fund.getAddress()]) {
        await expect((await take(w, 1n, receiver))())
          .to.be.revertedWithCustomError(pool, "InvalidAddress")
          .withArgs(receiver);
      }
      await sent(pool.connect(w.bob).supplyCollateral(w.eth(10), w.bob));
      await sent(pool.connect(w.bob).borrow((await pool.totals()).cash - 5n, w.bob, w.bob));
      await expect((await take(w, 6n))())
        .to.be.revertedWithCustomError(pool, "InsufficientCash")
        .withArgs(6n, 5n);
      await setPrices(w, 2_000, 2_000, false);
      await expect((await take(w, 1n))())
        .to.be.revertedWithCustomError(pool, "OracleNotOk")
        .withArgs(w.priceOf(2_000), w.priceOf(2_000));
    });

    it("can be topped up by anybody, for shares of the reserve at the gross price", async () => {
      const w = await lentWorld();
      const { pool, carol } = w;
      await freeze(5);
      const gross = await grossOf(pool);
      const { reserveShares } = await pool.totals(PENDING);
      const shares = mulDown(w.usd(7), gross.shares, gross.assets);
      const transaction = pool.connect(carol).topUpReserve(w.usd(7));
      await expect(transaction).to.emit(pool, "ReserveToppedUp").withArgs(carol.address, w.usd(7), shares);
      await expect(transaction).to.changeTokenBalances(ethers, w.asset, [carol, pool], [-w.usd(7), w.usd(7)]);
      expect((await pool.totals()).reserveShares).to.equal(reserveShares + shares);
      await expect(pool.connect(carol).topUpReserve(0n)).to.be.revertedWithCustomError(pool, "ZeroAmount");
      await expectConserved(w, [w.alice], [w.bob]);
    });
  });

  describe("wind-down", () => {
    it("closes deposits and borrowing for good, and lets lltv fall in a line to zero", async () => {
      const w = await lentWorld();
      const { pool } = w;
      const execute = await scheduled(w, pool.interface.encodeFunctionData("windDown", [20n * DAY]));
      const start = await freeze();
      const transaction = await execute();
      await expect(transaction)
        .to.emit(pool, "WindDownStarted")
        .withArgs(20n * DAY);
      await expect(transaction)
        .to.emit(pool, "LtvsSet")
        .withArgs(0n, 0n, 20n * DAY);
      const config = await pool.config();
      expect([config.isClosed, config.isBorrowingHalted, config.borrowLtvBps]).to.deep.equal([true, true, 0n]);
      for (const days of [1n, 7n, 10n, 19n]) {
        await time.setNextBlockTimestamp(start + days * DAY);
        expect((await pool.config(PENDING)).lltvBps).to.equal((8_600n * (20n - days)) / 20n);
      }
      await time.setNextBlockTimestamp(start + 20n * DAY);
      expect((await pool.config(PENDING)).lltvBps).to.equal(0n);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("can't be undone, repeated, or cut short", async () => {
      const w = await lentWorld();
      const { pool } = w;
      const encode = pool.interface.encodeFunctionData.bind(pool.interface);
      await expect(governed(w, encode("windDown", [14n * DAY - 1n])))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("rampSeconds"), 14n * DAY - 1n, 14n * DAY);
      await expect(governed(w, encode("windDown", [365n * DAY + 1n])))
        .to.be.revertedWithCustomError(pool, "InvalidParameter")
        .withArgs(name("rampSeconds"), 365n * DAY + 1n, 365n * DAY);
      await sent(governed(w, encode("windDown", [14n * DAY])));
      await expect(governed(w, encode("windDown", [14n * DAY]))).to.be.revertedWithCustomError(pool, "WindingDown");
      await expect(governed(w, encode("raiseLtvs", [8_000n, 8_600n]))).to.be.revertedWithCustomError(
        pool,
        "WindingDown",
      );
      await expect(governed(w, encode("reopenBorrowing"))).to.be.revertedWithCustomError(pool, "WindingDown");
      await expect(pool.connect(w.guardian).lowerLtvs(0n, 1n, 100n * DAY))
        .to.be.revertedWithCustomError(pool, "NotTightening")
        .withArgs(0n, 1n);
      await expect(pool.connect(w.guardian).lowerLtvs(0n, 0n, 14n * DAY)).to.be.revert(ethers);
    });

    it("leaves everyone the way out: the loan is closed, the supplier leaves in full (G-1)", async () => {
      const w = await lentWorld();
      const { pool, alice, bob } = w;
      await sent(governed(w, pool.interface.encodeFunctionData("windDown", [14n * DAY])));
      await time.increase(14n * DAY);
      expect((await pool.position(bob)).status).to.equal(Status.Liquidatable);
      for (let i = 0; i < 40 && (await pool.positionOf(bob)).debtShares !== 0n; ++i) {
        await sent(pool.connect(w.liquidator).liquidate(bob, MAX, 0n, w.liquidator, "0x"));
      }
      expect((await pool.positionOf(bob)).debtShares).to.equal(0n);
      const shares = await pool.balanceOf(alice);
      await sent(pool.connect(alice)["redeem(uint256,address,address)"](shares, alice, alice));
      expect(await pool.balanceOf(alice)).to.equal(0n);
      await expectConserved(w, [alice], [bob]);
    });
  });

  describe("reopening borrowing", () => {
    it("reports it, also when it was open", async () => {
      const w = await world();
      await expect(governed(w, w.pool.interface.encodeFunctionData("reopenBorrowing")))
        .to.emit(w.pool, "BorrowingHaltSet")
        .withArgs(false);
    });
  });
});
