// Mallory has stolen a key of governance. What is the worst she can do with it within an hour, and within the time it
// takes to take it from her: three days for what the governor schedules, seven until an admin has replaced a guardian.
import { expect } from "chai";

import {
  deployWorld,
  DAY,
  ethers,
  expectConserved,
  govern,
  HOUR,
  MAX,
  networkHelpers,
  openLoan,
  sent,
  Status,
  time,
  VIRTUAL_SHARES,
  WAD,
  type World,
} from "../helpers/fixtures.js";
import { deposit, isWithin, leave, now, requestUnits, stake, whatIf, worthOf } from "../scenario/story.js";
import { call, gasOf } from "./tools.js";

/** Alice 8.8 million, Carol a million, Erin's stake 100,000, a reserve of 100,000; Bob owes 1,500,000, Frank 799,000. */
async function deployMarket(): Promise<World> {
  const w = await deployWorld();
  await deposit(w, w.alice, 8_800_000);
  await deposit(w, w.carol, 1_000_000);
  await stake(w, w.erin, 100_000);
  await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(100_000)));
  await openLoan(w, w.bob, 1_000, 1_500_000); // 75%
  await openLoan(w, w.frank, 500, 799_000); // 79.9%
  return w;
}

const data = (w: World, name: string, args: readonly unknown[] = []) => call(w.pool, name, args).payload;

/** All that users own: shares, units, debt shares, collateral. */
async function possessions(w: World): Promise<bigint[]> {
  const all: bigint[] = [];
  for (const { address } of [w.alice, w.carol, w.erin, w.bob, w.frank]) {
    const { debtShares, collateral } = await w.pool.positionOf(address);
    all.push(await w.pool.balanceOf(address), await w.fund.balanceOf(address), debtShares, collateral);
  }
  return all;
}

/** G-1: whatever the roles have done, these work. */
async function expectWaysOut(w: World): Promise<void> {
  await whatIf(async () => {
    expect((await leave(w, w.alice, w.usd(1_000) * VIRTUAL_SHARES)) > 0n, "exit").to.equal(true);
    await sent(w.pool.connect(w.bob).supplyCollateral(1, w.bob.address));
    await sent(w.pool.connect(w.bob).repay(w.usd(1), w.bob.address));
    await sent(w.pool.connect(w.bob).repay(MAX, w.bob.address));
    await sent(w.pool.connect(w.bob).withdrawCollateral(w.eth(1_000), w.bob.address, w.bob.address));
    await requestUnits(w, w.erin);
    await sent(w.pool.connect(w.carol).transfer(w.dave.address, 1));
    await sent(w.oracle.connect(w.deployer).set(w.priceOf(1_200), w.priceOf(1_200), true));
    await sent(w.pool.connect(w.keeper).flag(w.frank.address));
    await sent(w.pool.connect(w.liquidator).liquidate(w.frank.address, MAX, 0, w.liquidator.address, "0x"));
    await expectConserved(w, [w.alice, w.carol, w.dave, w.erin], [w.bob, w.frank]);
  });
}

async function announceLie(w: World) {
  const lie = await ethers.deployContract("MockOracle");
  await sent(lie.set(1, MAX, true)); // the lowest there is; high counts for nothing
  await sent(w.pool.connect(w.oracleManager).scheduleOracle(lie));
  return lie;
}

const governed = (target: World, name: string, args: readonly unknown[] = []) =>
  govern(target, data(target, name, args));

describe("Attack: stolen keys", () => {
  let w: World;
  let owned: bigint[];
  beforeEach(async () => {
    w = await networkHelpers.loadFixture(deployMarket);
    owned = await possessions(w);
  });

  async function expectNothingTaken(): Promise<void> {
    expect(await possessions(w)).to.deep.equal(owned);
    for (const { address } of [w.admin, w.governor, w.guardian, w.oracleManager]) {
      expect(await w.asset.balanceOf(address)).to.equal(0n);
      expect(await w.collateral.balanceOf(address)).to.equal(0n);
    }
  }

  describe("the guardian's", () => {
    it("in an hour: no new deposits and loans, no collateral out of a debt, an lltv 4 basis points lower; no money", async () => {
      const guardian = w.pool.connect(w.guardian);
      await sent(guardian.pause());
      await sent(guardian.lowerCaps(0, 0));
      await sent(guardian.lowerLtvs(0, 1, 8_599n * 864n));
      await time.increase(HOUR - 10n);
      const { lltvBps, borrowLtvBps, isPaused } = await w.pool.config();
      expect([lltvBps, borrowLtvBps, isPaused]).to.deep.equal([8_596n, 0n, true]);
      expect((await w.pool.position(w.frank.address)).status).to.equal(Status.Healthy);
      await expect(
        w.pool.connect(w.bob).withdrawCollateral(1, w.bob.address, w.bob.address),
      ).to.be.revertedWithCustomError(w.pool, "PositionUnhealthy");
      await expectNothingTaken();
      await expectWaysOut(w);
    });

    it("in the seven days until an admin has dismissed it: 7 points of lltv. Frank at 79.9% has six to repay, or pays 3.5% on a part", async () => {
      const guardian = w.pool.connect(w.guardian);
      const revoke = w.authority.interface.encodeFunctionData("revokeRole", [1n, w.guardian.address]);
      await sent(w.authority.connect(w.admin).schedule(w.authority, revoke, 0));
      await expect(
        w.authority.connect(w.guardian).cancel(w.admin.address, w.authority, revoke),
      ).to.be.revertedWithCustomError(w.authority, "AccessManagerUnauthorizedCancel");
      const start = await now();
      await sent(guardian.lowerLtvs(0, 1, 8_599n * 864n));
      await time.increaseTo(start + 6n * DAY);
      expect((await w.pool.position(w.frank.address)).status, "six days").to.equal(Status.Healthy);
      await time.increaseTo(start + 7n * DAY);
      await sent(w.authority.connect(w.admin).execute(w.authority, revoke));
      await expect(guardian.pause()).to.be.revertedWithCustomError(w.pool, "AccessManagedUnauthorized");

      expect((await w.pool.config()).lltvBps).to.equal(7_900n);
      expect((await w.pool.position(w.bob.address)).status, "75%").to.equal(Status.Healthy);
      const [repaid, seized, loss] = await w.pool.previewLiquidation(w.frank.address, MAX);
      const bonus = seized * 2_000n - repaid;
      console.log(`      Frank's bonus to a liquidator: ${bonus / w.usd(1)} on ${repaid / w.usd(1)}`);
      expect(loss).to.equal(0n);
      expect(bonus * 1_000n < repaid * 36n, "3% and a little: he is just over the line").to.equal(true);
      expect(bonus < w.usd(12_000)).to.equal(true); // 1.5% of his 799,000
      await expectNothingTaken();
    });

    it("pause spam: 72 hours of any 240, whether she waits for the end or ends each herself", async () => {
      const guardian = w.pool.connect(w.guardian);
      const start = (await now()) + 1n;
      await time.setNextBlockTimestamp(start);
      await sent(guardian.pause());
      await expect(guardian.pause()).to.be.revertedWithCustomError(w.pool, "PauseCoolingDown");
      await whatIf(async () => {
        await time.setNextBlockTimestamp(start + HOUR);
        await sent(guardian.unpause());
        await expect(guardian.pause())
          .to.be.revertedWithCustomError(w.pool, "PauseCoolingDown")
          .withArgs(start + HOUR + 7n * DAY);
      });
      let paused = 0n;
      for (let day = 1n; day <= 20n; ++day) {
        if ((await w.pool.config()).isPaused) paused += 1n;
        await guardian.pause().then(
          (transaction) => transaction.wait(),
          () => undefined,
        );
        await time.increaseTo(start + day * DAY);
      }
      expect(paused <= 6n, `${paused} of 20 days`).to.equal(true);
      await expectWaysOut(w);
    });

    it("can't loosen, move or announce anything: every other function refuses it", async () => {
      const guardian = w.pool.connect(w.guardian);
      for (const attempt of [
        () => guardian.raiseCaps(MAX & 0x7fffffffn, MAX & 0x7fffffffn),
        () => guardian.raiseLtvs(9_000, 9_050),
        () => guardian.setFees(0, 0, 0),
        () => guardian.scheduleOracle(w.oracle),
        () => guardian.executeOracle(),
        () => guardian.reopenBorrowing(),
        () => guardian.windDown(14n * DAY),
        () => guardian.withdrawReserve(1, w.guardian.address),
        () => guardian.setAuthority(w.guardian.address),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(w.pool, "AccessManagedUnauthorized")
          .withArgs(w.guardian.address);
      }
    });
  });

  describe("the oracle manager's", () => {
    it("in an hour: a low of a wei. No one is liquidated; who leaves with a limit loses nothing; who leaves without gets the cash part", async () => {
      const before = await worthOf(w, w.alice);
      const carolBefore = await worthOf(w, w.carol);
      await announceLie(w);
      expect([...(await w.pool.currentPrice())]).to.deep.equal([1n, w.priceOf(2_000), true]);
      for (const { address } of [w.bob, w.frank]) {
        await expect(
          w.pool.connect(w.carol).liquidate(address, MAX, 0, w.carol.address, "0x"),
        ).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
        await expect(w.pool.connect(w.carol).flag(address)).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
      }
      const shares = w.usd(880_000) * VIRTUAL_SHARES; // a tenth of Alice's
      const careful = w.pool.connect(w.alice)["redeem(uint256,address,address,uint256)"];
      await expect(careful(shares, w.alice.address, w.alice.address, w.usd(879_999))).to.be.revertedWithCustomError(
        w.pool,
        "BelowMinimum",
      );
      await expectNothingTaken();

      // What the careless forgo goes to all who stay, by shares, the reserve and the fund with them.
      const supply = await w.pool.totalSupply();
      const paid = await leave(w, w.alice, shares);
      await sent(w.pool.connect(w.guardian).cancelOracle());
      const forgone = w.usd(880_000) - paid;
      const gained = (await worthOf(w, w.carol)) - carolBefore;
      const due = (forgone * carolBefore * VIRTUAL_SHARES) / (supply - shares);
      console.log(
        `      Alice forgoes ${forgone / w.usd(1)}; Carol, with a tenth of the rest, gets ${gained / w.usd(1)}`,
      );
      // 2.299 of 10 million is lent; reserve and fund cover a part of it
      expect(forgone > w.usd(180_000) && forgone < w.usd(220_000), `${forgone}`).to.equal(true);
      expect(isWithin(gained, due, w.usd(2)), `${gained} ${due}`).to.equal(true); // seconds of interest
      expect((await worthOf(w, w.alice)) > (before * 9n) / 10n, "what she kept is whole").to.equal(true);
      await expectConserved(w, [w.alice, w.carol, w.erin], [w.bob, w.frank]);
    });

    it("a second announcement can't be had: dismissed first, cancelled then, there is no moment between", async () => {
      const lie = await announceLie(w);
      await expect(w.pool.connect(w.oracleManager).scheduleOracle(lie)).to.be.revertedWithCustomError(
        w.pool,
        "OracleChangePending",
      );
      await sent(w.authority.connect(w.guardian).dismissOracleManager(w.oracleManager.address));
      await sent(w.pool.connect(w.guardian).cancelOracle());
      await expect(w.pool.connect(w.oracleManager).scheduleOracle(lie)).to.be.revertedWithCustomError(
        w.pool,
        "AccessManagedUnauthorized",
      );
      expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    });

    it("an announced oracle that lies to others and not to its owner: she leaves with what is hers, not a wei more", async () => {
      const lie = await announceLie(w);
      const honest = await whatIf(async () => {
        await sent(w.pool.connect(w.guardian).cancelOracle());
        return await leave(w, w.carol);
      });
      await sent(lie.set(w.priceOf(9_999), w.priceOf(9_999), true));
      const paid = await leave(w, w.carol);
      await sent(lie.set(1, MAX, true));
      expect(isWithin(paid, honest, w.usd(1)), "a second of interest").to.equal(true);
    });

    for (const [who, isStaked] of [
      ["the reserve", false],
      ["Mallory, who has staked a hundredth of it", true],
    ] as const) {
      it(`put just ahead of a claim on the fund, a lie of the right size would give all but a sliver to ${who}: from who says that any pay will do, and from nobody else`, async () => {
        if (isStaked) await stake(w, w.dave, 1_000);
        const units = await w.fund.balanceOf(w.erin.address);
        await requestUnits(w, w.erin);
        await time.increase(14n * DAY);
        const { coolingShares, totalShares: inFund } = await w.pool.fundAccount();
        const staked = await w.pool.convertToAssets(coolingShares);
        const reserveBefore = (await w.pool.totals()).reserveShares;
        // Mallory sees the claim coming, and tries lows until all but a 200th of the fund is claimed
        const lie = await announceLie(w);
        let [none, some] = [0n, w.priceOf(2_000)];
        for (let i = 0; i < 60; ++i) {
          const low = (none + some) / 2n;
          await sent(lie.set(low, MAX, true));
          const [, paid] = await w.pool.previewLeaveFund(MAX >> 128n);
          if (paid < coolingShares / 200n) none = low;
          else some = low;
        }
        await sent(lie.set(some, MAX, true));
        const careful = w.fund.connect(w.erin)["redeem(uint256,address,address,uint256)"];
        const least = (coolingShares * 99n) / 100n;
        await expect(careful(units, w.erin.address, w.erin.address, least)).to.be.revertedWithCustomError(
          w.pool,
          "BelowMinimum",
        );
        // The standard's form takes the whole worth or nothing.
        const plain = w.fund.connect(w.erin)["redeem(uint256,address,address)"];
        await expect(plain(units, w.erin.address, w.erin.address)).to.be.revertedWithCustomError(
          w.pool,
          "BelowMinimum",
        );
        const got = await whatIf(async () => {
          await sent(careful(units, w.erin.address, w.erin.address, 0n));
          await sent(w.pool.connect(w.guardian).cancelOracle());
          const gained = (await w.pool.totals()).reserveShares - reserveBefore;
          const { totalShares } = await w.pool.fundAccount(); // all Mallory's now, or nobody's
          const toMallory = isStaked ? await w.pool.convertToAssets(totalShares + coolingShares - inFund) : 0n;
          return { worth: await worthOf(w, w.erin), toReserve: await w.pool.convertToAssets(gained), toMallory };
        });
        console.log(
          `      of ${staked / w.usd(1)} a careless Erin gets ${got.worth / w.usd(1)}, ${who} ${(got.toReserve + got.toMallory) / w.usd(1)}`,
        );
        // What is withheld is theirs who stay, the reserve's where nobody does. Who says so has agreed to it.
        expect(got.worth < staked / 100n).to.equal(true);
        expect(
          isWithin(got.worth + got.toReserve + got.toMallory, staked, w.usd(500)),
          "and the interest of a fortnight",
        ).to.equal(true);
        // and once the lie is gone, whoever has not acted on it has all
        await sent(w.pool.connect(w.guardian).cancelOracle());
        await sent(careful(units, w.erin.address, w.erin.address, least));
        expect((await worthOf(w, w.erin)) >= (staked * 99n) / 100n).to.equal(true);
        await expectConserved(w, [w.alice, w.carol, w.dave, w.erin], [w.bob, w.frank]);
      });
    }

    it("in three days: nothing more, for only the governor can execute", async () => {
      await announceLie(w);
      await time.increase(3n * DAY);
      await expect(w.pool.connect(w.oracleManager).executeOracle()).to.be.revertedWithCustomError(
        w.pool,
        "AccessManagedUnauthorized",
      );
      await expectNothingTaken();
    });
  });

  describe("the governor's", () => {
    it("in an hour: nothing at all; each call waits three days, and the guardian strikes it out", async () => {
      const governor = w.pool.connect(w.governor);
      for (const attempt of [
        () => governor.raiseLtvs(9_000, 9_050),
        () => governor.setFees(50, 0, 0),
        () => governor.withdrawReserve(1, w.governor.address),
        () => governor.windDown(14n * DAY),
      ]) {
        await expect(attempt()).to.be.revertedWithCustomError(w.authority, "AccessManagerNotScheduled");
      }
      await expectNothingTaken();
    });

    it("flooding the guardian with a hundred variants costs her more gas than cancelling them all", async () => {
      const variants = Array.from({ length: 100 }, (_, i) => data(w, "setFees", [50, 0, i]));
      const encode = w.authority.interface.encodeFunctionData.bind(w.authority.interface);
      const [flood, answer] = [
        await gasOf(
          w.authority
            .connect(w.governor)
            .multicall(variants.map((each) => encode("schedule", [w.pool.target, each, 0]))),
        ),
        await gasOf(
          w.authority
            .connect(w.guardian)
            .multicall(variants.map((each) => encode("cancel", [w.governor.address, w.pool.target, each]))),
        ),
      ];
      console.log(`      ${flood / 100n} gas to schedule one, ${answer / 100n} to cancel one`);
      expect(answer < flood).to.equal(true);
      await time.increase(3n * DAY);
      await expect(w.authority.connect(w.governor).execute(w.pool, variants[7] ?? "0x")).to.be.revertedWithCustomError(
        w.authority,
        "AccessManagerNotScheduled",
      );
    });

    it("fees, uncancelled: at most half of the interest from then on, and what the reserve has; not a wei of what suppliers have", async () => {
      const before = await worthOf(w, w.alice);
      await governed(w, "setFees", [50, 0, 0]);
      expect((await worthOf(w, w.alice)) > before, "interest of three days was theirs").to.equal(true);
      await expect(governed(w, "setFees", [50, 1, 0]))
        .to.be.revertedWithCustomError(w.pool, "InvalidParameter")
        .withArgs(ethers.encodeBytes32String("feePercent"), 51n, 50n);
      // the target is zero: all of the reserve is above it, and nothing is collected for it any more
      await sent(w.pool.connect(w.keeper).transfer(w.pool, 0));
      expect((await w.pool.config()).reserveTargetBps).to.equal(0n);
      const { reserveShares } = await w.pool.totals();
      const reserve = await w.pool.convertToAssets(reserveShares);
      const price = await w.pool.exitPrice();
      await whatIf(async () => {
        await expect(
          governed(w, "withdrawReserve", [reserve + w.usd(10), w.governor.address]),
        ).to.be.revertedWithCustomError(w.pool, "ReserveBelowTarget");
      });
      await governed(w, "withdrawReserve", [reserve, w.governor.address]);
      expect(await w.asset.balanceOf(w.governor.address)).to.equal(reserve);
      expect(reserve >= w.usd(100_000) && reserve < w.usd(100_100), `${reserve}`).to.equal(true);
      expect((await w.pool.exitPrice()) >= price).to.equal(true);
      expect(await possessions(w)).to.deep.equal(owned);
      await expectWaysOut(w);
    });

    it("LTVs and caps, uncancelled: up to a hair under 1/lifPeak, so that a liquidation still pays in full", async () => {
      await expect(governed(w, "raiseLtvs", [9_089, 9_091])).to.be.revertedWithCustomError(w.pool, "InvalidParameter");
      await expect(governed(w, "raiseLtvs", [8_100, 9_090])).to.be.revertedWithCustomError(w.pool, "InvalidParameter");
      await governed(w, "raiseLtvs", [9_089, 9_090]);
      await governed(w, "raiseCaps", [2_147_483_647n, 2_147_483_647n]);
      // Mallory borrows what there is at 90.8% and walks away
      const { cash } = await w.pool.totals();
      await sent(w.pool.connect(w.dave).supplyCollateral((cash * 10_000n) / 9_080n / 2_000n, w.dave.address));
      await sent(w.pool.connect(w.dave).borrow(cash - w.usd(1), w.dave.address, w.dave.address));
      await time.increase(10n * DAY); // at full utilisation, interest carries it over the line
      await sent(w.pool.connect(w.liquidator).liquidate(w.dave.address, MAX, 0, w.liquidator.address, "0x"));
      expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
      expect((await w.pool.position(w.dave.address)).debtAssets).to.equal(0n);
      await expectConserved(w, [w.alice, w.carol, w.erin], [w.bob, w.frank, w.dave]);
    });

    it("a wind-down, uncancelled: suppliers get all; borrowers have three days and a fortnight, and by then pay no more than lifPeak", async () => {
      await expect(governed(w, "windDown", [14n * DAY - 1n])).to.be.revertedWithCustomError(w.pool, "InvalidParameter");
      await governed(w, "windDown", [14n * DAY]);
      await expectNothingTaken();
      await time.increase(14n * DAY);
      const [repaid, seized, loss] = await w.pool.previewLiquidation(w.bob.address, MAX);
      expect([loss, seized * 2_000n * 10_000n <= repaid * 11_000n]).to.deep.equal([0n, true]);
      await expectWaysOut(w);
    });
  });

  describe("the governor's and the oracle manager's, and the guardian sleeps", () => {
    it("a lie a million times too high is in force after three days, not before; until then everyone leaves at the honest price", async () => {
      const lie = await ethers.deployContract("MockOracle");
      const tooHigh = w.priceOf(2_000) * 1_000_000n;
      await sent(lie.set(tooHigh, tooHigh, true));
      await sent(w.pool.connect(w.oracleManager).scheduleOracle(lie));
      const announced = await now();
      const execute = data(w, "executeOracle");
      await sent(w.authority.connect(w.governor).schedule(w.pool, execute, 0));
      expect((await w.pool.currentPrice()).high).to.equal(w.priceOf(2_000));
      const before = await worthOf(w, w.alice);
      const paid = await leave(w, w.alice, w.usd(7_000_000) * VIRTUAL_SHARES);
      expect(paid >= w.usd(7_000_000)).to.equal(true);
      expect(isWithin((await worthOf(w, w.alice)) + paid, before, w.usd(2))).to.equal(true);

      await time.setNextBlockTimestamp(announced + 3n * DAY + 2n);
      await sent(w.authority.connect(w.governor).execute(w.pool, execute));
      // then a thousandth of an ether borrows all that is left: this is what the waiting time is for
      const { cash } = await w.pool.totals();
      await sent(w.pool.connect(w.dave).supplyCollateral(w.eth(0.001), w.dave.address));
      await sent(w.pool.connect(w.dave).borrow(cash, w.dave.address, w.dave.address));
      console.log(`      taken: ${cash / w.usd(1)}, the cash that nobody had withdrawn in three days`);
      expect(cash < w.usd(701_000) && cash > w.usd(700_000)).to.equal(true);
    });

    it("the guardian wakes at any moment of the three days, and all of it is void", async () => {
      const lie = await ethers.deployContract("MockOracle");
      await sent(lie.set(w.priceOf(9_999), w.priceOf(9_999), true));
      await sent(w.pool.connect(w.oracleManager).scheduleOracle(lie));
      await sent(w.authority.connect(w.governor).schedule(w.pool, data(w, "executeOracle"), 0));
      await time.increase(3n * DAY - 10n);
      await sent(w.pool.connect(w.guardian).cancelOracle());
      await time.increase(10n);
      await expect(
        w.authority.connect(w.governor).execute(w.pool, data(w, "executeOracle")),
      ).to.be.revertedWithCustomError(w.pool, "NoPendingOracle");
      await expectNothingTaken();
    });
  });

  it("and if the guardian is gone for good, an admin, without a delay, strikes out what the governor has scheduled", async () => {
    await sent(w.authority.connect(w.guardian).renounceRole(1n, w.guardian.address));
    const raise = data(w, "raiseLtvs", [9_000, 9_050]);
    await sent(w.authority.connect(w.governor).schedule(w.pool, raise, 0));
    await sent(w.authority.connect(w.admin).cancel(w.governor.address, w.pool, raise));
    await time.increase(3n * DAY);
    await expect(w.authority.connect(w.governor).execute(w.pool, raise)).to.be.revertedWithCustomError(
      w.authority,
      "AccessManagerNotScheduled",
    );
  });

  describe("an admin's", () => {
    it("in an hour: nothing, not even for itself", async () => {
      const encode = w.authority.interface.encodeFunctionData.bind(w.authority.interface);
      const admin = w.authority.connect(w.admin);
      for (const attempt of [
        () => admin.grantRole(2n, w.admin.address, 0),
        () => admin.revokeRole(1n, w.guardian.address),
        () => admin.setTargetFunctionRole(w.pool, [data(w, "pause").slice(0, 10)], 0n),
        () => admin.setTargetClosed(w.pool, true),
        () => admin.updateAuthority(w.pool, w.admin.address),
        () => admin.execute(w.pool, data(w, "pause")),
      ]) {
        await expect(attempt()).to.revert(ethers);
      }
      await sent(admin.schedule(w.authority, encode("grantRole", [2n, w.admin.address, 0]), 0));
      await time.increase(7n * DAY - 10n);
      await expect(
        admin.execute(w.authority, encode("grantRole", [2n, w.admin.address, 0])),
      ).to.be.revertedWithCustomError(w.authority, "AccessManagerNotReady");
      await expectNothingTaken();
    });

    it("in a second: she can lay the role down for ever. The table stays as it is, and everybody's money where it is", async () => {
      await sent(w.authority.connect(w.admin).renounceRole(0n, w.admin.address));
      expect((await w.authority.hasRole(0n, w.admin.address)).isMember).to.equal(false);
      await sent(w.pool.connect(w.guardian).pause());
      await governed(w, "raiseCaps", [2_000_000_000n, 2_000_000_000n]);
      await expectNothingTaken();
      await expectWaysOut(w);
    });

    it("in seven days: a governor of her own, who still waits three; in ten the reserve is gone, and no user's money", async () => {
      const grant = w.authority.interface.encodeFunctionData("grantRole", [2n, w.admin.address, 0]);
      await sent(w.authority.connect(w.admin).schedule(w.authority, grant, 0));
      await time.increase(7n * DAY);
      await sent(w.authority.connect(w.admin).execute(w.authority, grant));
      const fees = data(w, "setFees", [50, 0, 0]);
      await expect(w.authority.connect(w.admin).execute(w.pool, fees)).to.be.revertedWithCustomError(
        w.authority,
        "AccessManagerNotScheduled",
      );
      await sent(w.authority.connect(w.admin).schedule(w.pool, fees, 0));
      // and the guardian, who could not stop the grant, can stop what it is used for
      await sent(w.authority.connect(w.guardian).cancel(w.admin.address, w.pool, fees));
      await expectNothingTaken();
    });

    it("another authority, after seven days in the open, obeys her at once; but the pool's own waits and bounds stay", async () => {
      const open = await ethers.deployContract("OpenAuthority");
      const update = w.authority.interface.encodeFunctionData("updateAuthority", [w.pool.target, open.target]);
      await sent(w.authority.connect(w.admin).schedule(w.authority, update, 0));
      await time.increase(7n * DAY);
      await sent(w.authority.connect(w.admin).execute(w.authority, update));
      const mallory = w.pool.connect(w.dave);

      const lie = await ethers.deployContract("MockOracle");
      await sent(lie.set(MAX >> 8n, MAX, true));
      await sent(mallory.scheduleOracle(lie));
      await expect(mallory.executeOracle()).to.be.revertedWithCustomError(w.pool, "TooEarly");
      expect((await w.pool.currentPrice()).high).to.equal(w.priceOf(2_000));
      await expect(mallory.setFees(51, 0, 0)).to.be.revertedWithCustomError(w.pool, "InvalidParameter");
      await expect(mallory.lowerLtvs(0, 1, DAY)).to.be.revertedWithCustomError(w.pool, "InvalidParameter");
      await expect(mallory.raiseLtvs(9_089, 9_091)).to.be.revertedWithCustomError(w.pool, "InvalidParameter");
      await expect(mallory.windDown(DAY)).to.be.revertedWithCustomError(w.pool, "InvalidParameter");
      await sent(mallory.pause());
      await sent(mallory.unpause());
      await expect(mallory.pause()).to.be.revertedWithCustomError(w.pool, "PauseCoolingDown");
      await sent(mallory.setFees(50, 0, 0));
      await sent(mallory.withdrawReserve(w.usd(100_000), w.dave.address));
      await expectNothingTaken();
      await expectWaysOut(w);
      expect((await w.pool.exitPrice()) > WAD).to.equal(true);
    });
  });
});
