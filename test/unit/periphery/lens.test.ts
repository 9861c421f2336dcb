import { expect } from "chai";

import {
  DAY,
  ethers,
  govern,
  MAX,
  networkHelpers,
  openLoan,
  type Periphery,
  periphery,
  sent,
  setPrice,
  setPrices,
  Status,
  time,
  WAD,
} from "./fixture.js";
import { withoutCollateral } from "../liquidation/storage.js";

const ALL_TICKS = [0n, 16_384n] as const;

const wordOf = (value: bigint): string => ethers.toBeHex(value, 32);

/** Bob owes 15,900 against 10, Carol 12,000 against 10, Erin 100,000 against 1,000; Alice stakes 2,000. */
async function busy(p: Periphery): Promise<void> {
  await sent(p.router.connect(p.alice).depositAndStake(p.plain.address, p.usd(2_000), p.alice.address, 0));
  await sent(p.router.connect(p.alice).deposit(p.plain.address, p.usd(5_000), p.alice.address, 0));
  await openLoan(p, p.bob, 10, 15_900);
  await openLoan(p, p.carol, 10, 12_000);
  await openLoan(p, p.erin, 1_000, 100_000);
}

describe("PoolLens", () => {
  describe("market", () => {
    it("says what the pool says, and who bears the shortfall", async () => {
      const p = await periphery();
      await busy(p);
      await time.increase(30n * DAY);
      await setPrice(p, 1_000);
      const { pool, fund } = p;
      const m = await p.lens.market(p.plain.address);

      expect([m.share.symbol, m.share.decimals]).to.deep.equal([await pool.symbol(), await pool.decimals()]);
      expect([...m.asset]).to.deep.equal([await p.asset.getAddress(), "USDT", 18n]);
      expect([...m.collateral]).to.deep.equal([await p.collateral.getAddress(), "ETHT", 18n]);
      expect([m.terms.authority, m.terms.oracle, m.terms.oraclePaths]).to.deep.equal([
        await p.authority.getAddress(),
        await p.oracle.getAddress(),
        1n,
      ]);
      const config = await pool.config();
      const t = m.terms;
      expect([t.borrowLtvBps, t.lltvBps, t.supplyCap, t.borrowCap]).to.deep.equal([...config].slice(1, 5));
      expect([t.reserveFeePercent, t.fundFeePercent, t.reserveTargetBps]).to.deep.equal([...config].slice(5, 8));
      expect([t.isPaused, t.isClosed, t.isBorrowingHalted]).to.deep.equal([false, false, false]);
      expect([t.lifFloorBps, t.lifMinBps, t.lifPeakBps, t.repayTargetBps, t.maxDeviationBps]).to.deep.equal([
        await pool.lifFloorBps(),
        await pool.lifMinBps(),
        await pool.lifPeakBps(),
        await pool.repayTargetBps(),
        await pool.maxDeviationBps(),
      ]);
      expect([t.collateralCap, t.minDebt]).to.deep.equal([await pool.collateralCap(), await pool.minDebt()]);

      const totals = await pool.totals();
      expect([
        m.totals.cash,
        m.totals.debtAssets,
        m.totals.debtShares,
        m.totals.borrowIndexWad,
        m.totals.pendingFees,
        m.cover.reserveShares,
        m.cover.fundShares,
      ]).to.deep.equal([...totals]);
      expect([m.totals.shares, m.totals.exitAssets, m.totals.grossAssets]).to.deep.equal([
        await pool.totalSupply(),
        await pool.totalAssets(),
        await pool.grossAssets(),
      ]);
      expect(m.totals.collateralBalance).to.equal(p.eth(1_020));
      expect([...m.rates]).to.deep.equal([await pool.borrowRate(), await pool.supplyRate(), await pool.utilisation()]);
      expect([...m.prices]).to.deep.equal([
        p.priceOf(1_000),
        p.priceOf(1_000),
        true,
        await pool.grossPrice(),
        await pool.exitPrice(),
      ]);

      const shortfall = await pool.currentShortfall();
      expect(shortfall).to.be.greaterThan(p.usd(2_000));
      const [fromReserve, fromFund, haircut] = await pool.previewWaterfall(shortfall);
      expect([m.cover.shortfall, m.cover.fromReserve, m.cover.fromFund, m.cover.uncovered]).to.deep.equal([
        shortfall,
        fromReserve,
        fromFund,
        haircut,
      ]);
      expect(m.cover.coverageRatioWad).to.equal(await pool.coverageRatio());
      expect([...m.estate]).to.deep.equal([0n, 0n, 0n, 0n]);
      expect([...m.certificates]).to.deep.equal([0n, 0n]);
      const account = await pool.fundAccount();
      expect([m.fund.unit.token, m.fund.units]).to.deep.equal([await fund.getAddress(), await fund.totalSupply()]);
      expect([m.fund.activeShares + m.fund.coolingShares, m.fund.coolingShares, m.fund.generation]).to.deep.equal([
        ...account,
      ]);
      expect([m.limits.depositable, m.limits.borrowable, m.limits.flashLoan]).to.deep.equal([
        await pool.maxDeposit(p.alice.address),
        totals.cash,
        totals.cash,
      ]);
    });

    it("answers when the oracle is broken", async () => {
      const p = await periphery();
      await busy(p);
      await networkHelpers.setCode(await p.oracle.getAddress(), "0x");
      const m = await p.lens.market(p.plain.address);
      expect([m.prices.low, m.prices.high, m.prices.isOk, m.terms.oraclePaths]).to.deep.equal([0n, 0n, false, 0n]);
      expect(m.cover.shortfall).to.equal(m.totals.debtAssets);
      expect([m.limits.depositable, m.limits.borrowable]).to.deep.equal([0n, 0n]);
      // One that reverts whatever it is asked is as good as none.
      await networkHelpers.setCode(await p.oracle.getAddress(), "0x5f5ffd");
      const { prices, terms } = await p.lens.market(p.plain.address);
      expect([prices.low, prices.high, prices.isOk, terms.oraclePaths]).to.deep.equal([0n, 0n, false, 0n]);
      const { position } = await p.lens.account(p.plain.address, p.bob.address);
      expect([position.ltvWad, position.healthWad, position.borrowableAssets, position.withdrawableCollateral])
        .to.deep // no price
        .equal([MAX, 0n, 0n, 0n]);
    });

    it("shows nothing to borrow where the pool lends nothing", async () => {
      const p = await periphery();
      const borrowable = async () => (await p.lens.market(p.plain.address)).limits.borrowable;
      expect(await borrowable()).to.equal(p.usd(1_000_000));
      await setPrices(p, 2_000, 2_040);
      expect(await borrowable()).to.equal(p.usd(1_000_000));
      await setPrices(p, 2_000, 2_040.01);
      expect(await borrowable()).to.equal(0n);
      await setPrice(p, 2_000);
      await sent(p.pool.connect(p.guardian).lowerCaps(1_000_000, 100));
      expect(await borrowable()).to.equal(p.usd(100));
      await sent(p.pool.connect(p.guardian).pause());
      expect(await borrowable()).to.equal(0n);
    });

    it("shows a market wound down: nothing to deposit, borrow or withdraw, and every debt due", async () => {
      const p = await periphery();
      await busy(p);
      await govern(p, p.pool.interface.encodeFunctionData("windDown", [14n * DAY]));
      const m = await p.lens.market(p.plain.address);
      expect([m.terms.isClosed, m.terms.isPaused, m.terms.borrowLtvBps]).to.deep.equal([true, false, 0n]);
      expect([m.limits.depositable, m.limits.borrowable]).to.deep.equal([0n, 0n]);
      const carol = async () => (await p.lens.account(p.plain.address, p.carol.address)).position;
      const { withdrawableCollateral, borrowableAssets, liquidationPrice } = await carol();
      expect([withdrawableCollateral, borrowableAssets]).to.deep.equal([0n, 0n]);
      expect(liquidationPrice).to.be.lessThan(MAX);
      await time.increase(14n * DAY);
      expect((await carol()).liquidationPrice).to.equal(MAX);
    });

    it("shows debt without collateral as due at any price", async () => {
      const p = await periphery();
      await busy(p);
      await withoutCollateral(p, p.carol);
      const { position } = await p.lens.account(p.plain.address, p.carol.address);
      expect([position.liquidationPrice, position.withdrawableCollateral]).to.deep.equal([MAX, 0n]);
    });

    it("shows nothing to withdraw while an announced oracle is silent", async () => {
      const p = await periphery();
      await busy(p);
      const next = await ethers.deployContract("FixedOracle", [p.deployer.address, p.priceOf(1), p.priceOf(1), true]);
      await sent(p.pool.connect(p.oracleManager).scheduleOracle(await next.getAddress()));
      await networkHelpers.setCode(await next.getAddress(), "0x");
      const { prices } = await p.lens.market(p.plain.address);
      expect([prices.low, prices.isOk]).to.deep.equal([0n, true]);
      const { position } = await p.lens.account(p.plain.address, p.erin.address);
      expect([position.withdrawableCollateral, position.borrowableAssets]).to.deep.equal([0n, 0n]);
    });

    it("shows an announced oracle", async () => {
      const p = await periphery();
      const next = await ethers.deployContract("FixedOracle", [p.deployer.address, p.priceOf(10), p.priceOf(10), true]);
      await sent(p.pool.connect(p.oracleManager).scheduleOracle(await next.getAddress()));
      const m = await p.lens.market(p.plain.address);
      expect([m.terms.pendingOracle, m.terms.pendingOracleExecutableAt]).to.deep.equal([
        await next.getAddress(),
        BigInt(await time.latest()) + 3n * DAY,
      ]);
      expect([m.prices.low, m.prices.high]).to.deep.equal([p.priceOf(10), p.priceOf(2_000)]);
    });

    it("shows symbols of any kind", async () => {
      const p = await periphery();
      const collateral = await p.collateral.getAddress();
      const symbol = async () => (await p.lens.market(p.plain.address)).collateral.symbol;
      // A token whose symbol is the word in slot 0, and every other answer 18.
      const answering = async (word: string) => {
        await networkHelpers.setCode(collateral, "0x5f3560e01c6395d89b411460165760125f5260205ff35b5f545f5260205ff3");
        await networkHelpers.setStorageAt(collateral, 0, word);
      };
      await answering(ethers.encodeBytes32String("MKR"));
      expect(await symbol()).to.equal("MKR");
      await answering(ethers.toBeHex(7, 32));
      expect(await symbol()).to.equal("");
      const full = ethers.hexlify(ethers.toUtf8Bytes("y".repeat(32)));
      await answering(full);
      expect(await symbol()).to.equal("y".repeat(32));
      // The same with an answer of any length at the end of the code; the last of them makes none, but reverts.
      const saying = async (answer: string, end = "f3") => {
        const size = ethers.toBeHex(ethers.dataLength(answer), 2).slice(2);
        const head = "0x5f3560e01c6395d89b4114601857601260005260206000f3";
        const copied = `0x5b61${size}6100265f3961${size}5f${end}`;
        await networkHelpers.setCode(collateral, ethers.concat([head, copied, answer]));
        return await symbol();
      };
      const text = ethers.hexlify(ethers.toUtf8Bytes("WORD"));
      expect(await saying(ethers.concat([wordOf(32n), wordOf(4n), text]))).to.equal("WORD");
      expect(await saying(ethers.concat([wordOf(32n), "0x01"]))).to.equal("");
      expect(await saying(ethers.concat([wordOf(64n), wordOf(4n), text]))).to.equal("");
      expect(await saying(ethers.concat([wordOf(32n), wordOf(5n), text]))).to.equal("");
      expect(await saying(ethers.concat([wordOf(32n), wordOf(4n), text]), "fd")).to.equal("");
      const long = await ethers.deployContract("MockERC20", ["Long", "x".repeat(65), 18]);
      const { address } = await p.list(p.asset, long, 2_000);
      expect((await p.lens.market(address)).collateral.symbol).to.equal("x".repeat(64));
    });
  });

  describe("bundles of markets", () => {
    it("show the others when one can't be read", async () => {
      const p = await periphery();
      const broken = p.takesNative.address;
      const factory = await p.system.factory.getAddress();
      const all = [p.plain.address, p.lendsNative.address, broken];
      const readable = async () => {
        const results = await p.lens.marketsOf(factory, 0, MAX);
        expect(results.map((result) => result.pool)).to.deep.equal(all);
        for (const { pool, isReadable, market } of results)
          expect(market.pool).to.equal(isReadable ? pool : ethers.ZeroAddress);
        const accounts = await p.lens.accounts(all, p.dave.address);
        for (const [i, result] of accounts.entries()) expect(result.isReadable).to.equal(results[i]?.isReadable);
        return results.map((result) => result.isReadable);
      };
      expect(await readable()).to.deep.equal([true, true, true]);
      for (const code of ["0x", "0xfe", "0x5f5ffd"]) {
        await networkHelpers.setCode(broken, code); // no code, one that burns all its gas, one that reverts
        expect(await readable()).to.deep.equal([true, true, false]);
      }
      expect(await p.lens.markets([])).to.deep.equal([]);
      expect(await p.lens.marketsOf(factory, 3, 1)).to.deep.equal([]);
    });
  });

  describe("account", () => {
    it("says what a supplier and insurer has", async () => {
      const p = await periphery();
      await busy(p);
      const { pool, fund } = p;
      const units = await fund.balanceOf(p.alice.address);
      await sent(fund.connect(p.alice).requestRedeem(units / 4n, p.alice.address, p.alice.address));
      await time.increase(14n * DAY);
      await sent(fund.connect(p.alice).requestRedeem(units / 4n, p.alice.address, p.alice.address));
      const a = await p.lens.account(p.plain.address, p.alice.address);
      const shares = await pool.balanceOf(p.alice.address);
      expect([a.pool, a.user, a.shares]).to.deep.equal([p.plain.address, p.alice.address, shares]);
      expect(a.exitAssets).to.equal(await pool.convertToAssets(shares));
      expect(a.grossAssets).to.be.within(a.exitAssets - a.exitAssets / 10n ** 15n, a.exitAssets);
      expect([a.withdrawableAssets, a.redeemableShares]).to.deep.equal([a.exitAssets, shares]);
      expect([a.assetBalance, a.assetAllowance]).to.deep.equal([
        await p.asset.balanceOf(p.alice.address),
        await p.asset.allowance(p.alice.address, p.plain.address),
      ]);
      expect([a.collateralBalance, a.collateralAllowance]).to.deep.equal([p.eth(10_000_000), MAX]);
      expect([a.position.status, a.position.debtAssets, a.position.healthWad]).to.deep.equal([Status.None, 0n, MAX]);

      const left = await fund.balanceOf(p.alice.address);
      expect([a.stake.units, a.stake.poolShares]).to.deep.equal([left, await fund.convertToAssets(left)]);
      expect(a.stake.assets).to.equal(await pool.convertToAssets(a.stake.poolShares));
      expect(a.stake.claimableUnits).to.equal(units / 4n);
      expect(a.stake.requests.map((request) => request.units)).to.deep.equal([units / 4n, units / 4n]);
      for (const request of a.stake.requests) {
        const [, , coolingUnits, claimableAt, expiresAt, status] = await fund.requestOf(request.requestId);
        const [grossShares, paidShares] = await pool.previewLeaveFund(coolingUnits);
        expect([request.claimableAt, request.expiresAt, request.status]).to.deep.equal([
          claimableAt,
          expiresAt,
          status,
        ]);
        expect([request.grossShares, request.paidShares]).to.deep.equal([grossShares, paidShares]);
        expect(paidShares).to.be.greaterThan(0n);
      }
    });

    it("says what a certificate is owed after a haircut", async () => {
      const p = await periphery();
      await busy(p);
      await setPrice(p, 100);
      await sent(p.pool.connect(p.liquidator).liquidate(p.bob.address, MAX, 0, p.liquidator.address, "0x"));
      await sent(p.pool.connect(p.liquidator).recover(p.usd(1_000)));
      await setPrice(p, 2_000);
      const a = await p.lens.account(p.plain.address, p.alice.address);
      const [unpaidFace, claimable] = await p.pool.certificateOf(p.alice.address);
      expect([a.certificateUnpaidFace, a.certificateClaimable]).to.deep.equal([unpaidFace, claimable]);
      expect(claimable).to.be.greaterThan(0n);
      const m = await p.lens.market(p.plain.address);
      expect([...m.certificates]).to.deep.equal([...(await p.pool.certificates())]);
      expect(m.terms.isBorrowingHalted).to.equal(true);
      expect(m.limits.borrowable).to.equal(0n);
      expect(m.fund.generation).to.equal(8n);
    });
  });

  describe("positions", () => {
    it("say what can still be borrowed or withdrawn, and hardly more", async () => {
      const p = await periphery();
      await busy(p);
      await time.increase(300n * DAY);
      await setPrices(p, 1_990, 2_010);
      const [bob, carol] = await p.lens.positions(p.plain.address, [p.bob.address, p.carol.address]);
      if (!bob || !carol) throw new Error("two positions");
      expect([bob.borrowableAssets, bob.withdrawableCollateral]).to.deep.equal([0n, 0n]);
      expect(carol.borrowableAssets).to.be.greaterThan(p.usd(3_000));
      const pool = p.pool.connect(p.carol);
      await pool.borrow.staticCall(carol.borrowableAssets, p.carol.address, p.carol.address);
      await expect(
        pool.borrow.staticCall(carol.borrowableAssets + 5n, p.carol.address, p.carol.address),
      ).to.be.revertedWithCustomError(pool, "PositionUnhealthy");
      await pool.withdrawCollateral.staticCall(carol.withdrawableCollateral, p.carol.address, p.carol.address);
      await expect(
        pool.withdrawCollateral.staticCall(carol.withdrawableCollateral + 2n, p.carol.address, p.carol.address),
      ).to.be.revertedWithCustomError(pool, "PositionUnhealthy");

      const nobody = await p.lens.positions(p.plain.address, [p.keeper.address]);
      expect([nobody[0]?.debtAssets, nobody[0]?.liquidationPrice, nobody[0]?.borrowableAssets]).to.deep.equal([
        0n,
        0n,
        0n,
      ]);
      await sent(pool.supplyCollateral(p.eth(3), p.keeper.address));
      const idle = await p.lens.positions(p.plain.address, [p.keeper.address]);
      expect(idle[0]?.withdrawableCollateral).to.equal(p.eth(3));
    });

    it("say where a liquidation starts and what it would do", async () => {
      const p = await periphery();
      await busy(p);
      const at = async (price: bigint) => {
        await sent(p.oracle.connect(p.deployer).set(price, price, true));
        const [info] = await p.lens.positions(p.plain.address, [p.bob.address]);
        if (!info) throw new Error("one position");
        return info;
      };
      const { liquidationPrice } = await at(p.priceOf(2_000));
      expect(liquidationPrice).to.be.within(p.priceOf(1_848), p.priceOf(1_849)); // 15,900 / 10 / 0.86
      const healthy = await at(liquidationPrice + liquidationPrice / 10n ** 6n); // above, by more than the interest
      expect([healthy.status, healthy.repayAssets, healthy.lossAssets]).to.deep.equal([Status.Healthy, 0n, 0n]);
      expect(healthy.healthWad).to.be.within(WAD, WAD + WAD / 10n ** 5n);
      const liquidatable = await at(liquidationPrice - 1n);
      expect(liquidatable.status).to.equal(Status.Liquidatable);
      expect(liquidatable.healthWad).to.be.lessThan(WAD);
      expect([liquidatable.repayAssets, liquidatable.seizedCollateral, liquidatable.lossAssets]).to.deep.equal([
        ...(await p.pool.previewLiquidation(p.bob.address, MAX)),
      ]);
      expect(liquidatable.seizedCollateral).to.be.greaterThan(0n);
      expect((await at(p.priceOf(1_000))).lossAssets).to.be.greaterThan(0n);
    });
  });

  describe("ledger", () => {
    it("lists the ticks in use, within the range", async () => {
      const p = await periphery();
      expect(await p.lens.ledger(p.plain.address, 0, 0)).to.deep.equal([]);
      await busy(p);
      const { highestTick } = await p.pool.ledgerState();
      const ticks = await Promise.all(
        [p.erin, p.carol, p.bob].map(async (who) => (await p.pool.positionOf(who.address)).tick),
      );
      const listed = await p.lens.ledger(p.plain.address, highestTick - 500n, ALL_TICKS[1]);
      expect(listed.map((entry) => entry.tick)).to.deep.equal(ticks);
      for (const entry of listed) {
        const [debtShares, collateral] = await p.pool.tickSums(entry.tick);
        expect([entry.debtShares, entry.collateral]).to.deep.equal([debtShares, collateral]);
        expect(entry.debtAssets).to.equal((debtShares * (await p.pool.totals()).borrowIndexWad) / WAD);
      }
      const last = await p.lens.ledger(p.plain.address, highestTick, highestTick);
      expect(last.map((entry) => entry.tick)).to.deep.equal([highestTick]);
      expect(await p.lens.ledger(p.plain.address, highestTick + 1n, ALL_TICKS[1])).to.deep.equal([]);
    });

    it("names the prices at which a tick turns, to the wei", async () => {
      const p = await periphery();
      await busy(p);
      await time.increase(300n * DAY);
      const { highestTick } = await p.pool.ledgerState();
      // Everything of one probe in one block, so that interest is the same: the lens asked about the pending block, the
      // price set, and the pool asked for its threshold, the tick that it prices position by position.
      const threshold = async (which: "firstInsolventBelow" | "allInsolventBelow", tick: bigint, offset: bigint) => {
        const provider = ethers.provider;
        await time.setNextBlockTimestamp((await time.latest()) + 1_000);
        await provider.send("evm_setAutomine", [false]);
        const [entry] = await p.lens.ledger(p.plain.address, tick, tick, { blockTag: "pending" });
        if (!entry) throw new Error("the tick is in use");
        const price = entry[which] + offset;
        const set = await p.oracle.connect(p.deployer).set(price, price, true, { gasLimit: 1_000_000 });
        const pivot = await p.pool.connect(p.deployer).pivot({ gasLimit: 5_000_000 });
        await provider.send("evm_mine", []);
        await provider.send("evm_setAutomine", [true]);
        await set.wait();
        const receipt = await pivot.wait();
        const log = receipt?.logs.map((raw) => p.pool.interface.parseLog(raw)).find((parsed) => parsed !== null);
        return BigInt(log?.args["tick"]);
      };
      for (const who of [p.erin, p.carol, p.bob]) {
        const { tick } = await p.pool.positionOf(who.address);
        expect(tick <= highestTick).to.equal(true);
        expect(await threshold("allInsolventBelow", tick, -1n)).to.equal(tick - 1n);
        expect(await threshold("allInsolventBelow", tick, 0n)).to.equal(tick);
        expect(await threshold("firstInsolventBelow", tick, -1n)).to.equal(tick);
        expect(await threshold("firstInsolventBelow", tick, 0n)).to.equal(tick + 1n);
      }
    });

    it("has no price for debt without collateral, and the same rules for the lowest ticks", async () => {
      const p = await periphery();
      // A bare position can only be made by a loss that rounds; so the ledger's edge is read from a stand-in.
      const standIn = await ethers.deployContract("LedgerStandIn");
      const address = await standIn.getAddress();
      const [none] = await p.lens.ledger(address, ALL_TICKS[1], ALL_TICKS[1]);
      expect([none?.firstInsolventBelow, none?.allInsolventBelow]).to.deep.equal([MAX, MAX]);
      const low = await p.lens.ledger(address, 0, 65);
      // x · 2^128 = tick up to 64 · 2: times 1e36 / 2^128, rounded up to 1; times the floor factor 1.02, up again.
      expect(low.map((entry) => entry.allInsolventBelow)).to.deep.equal(low.map(({ tick }) => (tick === 0n ? 0n : 2n)));
      const high = await p.lens.ledger(address, 16_000, 16_001);
      expect(high.map((entry) => entry.allInsolventBelow)).to.deep.equal([MAX, MAX]);
    });

    it("refuses a range upside down", async () => {
      const p = await periphery();
      await expect(p.lens.ledger(p.plain.address, 2, 1))
        .to.be.revertedWithCustomError(p.lens, "TicksOutOfOrder")
        .withArgs(2, 1);
    });
  });

  it("previews losses, up to all debt", async () => {
    const p = await periphery();
    await busy(p);
    const { debtAssets } = await p.pool.totals();
    const previews = await p.lens.previewLosses(p.plain.address, [0n, p.usd(1_000), p.usd(50_000), MAX]);
    expect(previews.map((preview) => preview.loss)).to.deep.equal([0n, p.usd(1_000), p.usd(50_000), debtAssets]);
    for (const { loss, fromReserve, fromFund, haircut, exitPriceBefore, exitPriceAfter } of previews) {
      expect([fromReserve, fromFund, haircut, exitPriceBefore, exitPriceAfter]).to.deep.equal([
        ...(await p.pool.previewWaterfall(loss)),
      ]);
    }
  });
});
