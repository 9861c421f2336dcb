import { expect } from "chai";

import {
  DAY,
  ethers,
  expectConserved,
  govern,
  HOUR,
  MAX,
  openLoan,
  sent,
  setPrice,
  Status,
  time,
  VIRTUAL_SHARES,
  WAD,
  type World,
} from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin, leave, liquidate, now, stake, story, whatIf, worthOf } from "./story.js";

story("16 governance", (step) => {
  let w: World;
  let target: string;
  let pausedAt: bigint;

  step("a market at work: Alice and Carol supply, Bob stakes, Dave and Frank borrow", async () => {
    w = await feelessWorld();
    target = await w.pool.getAddress();
    await deposit(w, w.alice, 500_000);
    await deposit(w, w.carol, 400_000);
    await stake(w, w.bob, 100_000);
    await openLoan(w, w.dave, 100, 150_000);
    await openLoan(w, w.frank, 100, 80_000);
  });

  step("strangers can change nothing, and no role can do another's part", async () => {
    const { pool } = w;
    for (const [who, call] of [
      [w.alice, () => pool.connect(w.alice).pause.staticCall()],
      [w.governor, () => pool.connect(w.governor).pause.staticCall()],
      [w.guardian, () => pool.connect(w.guardian).raiseCaps.staticCall(2_000_000_000n, 2_000_000_000n)],
      [w.guardian, () => pool.connect(w.guardian).withdrawReserve.staticCall(1n, w.guardian.address)],
      [w.oracleManager, () => pool.connect(w.oracleManager).executeOracle.staticCall()],
    ] as const) {
      await expect(call()).to.be.revertedWithCustomError(pool, "AccessManagedUnauthorized").withArgs(who.address);
    }
  });

  step("tightening is at once: the guardian lowers both caps, and a deposit above them fails", async () => {
    await sent(w.pool.connect(w.guardian).lowerCaps(1_100_000n, 300_000n));
    const { supplyCap, borrowCap } = await w.pool.config();
    expect([supplyCap, borrowCap]).to.deep.equal([w.usd(1_100_000), w.usd(300_000)]);
    const gross = await w.pool.grossAssets();
    await expect(w.pool.connect(w.erin)["deposit(uint256,address)"].staticCall(w.usd(200_000), w.erin.address))
      .to.be.revertedWithCustomError(w.pool, "SupplyCapExceeded")
      .withArgs(gross + w.usd(200_000), w.usd(1_100_000));
    await expect(w.pool.connect(w.guardian).lowerCaps(1_200_000n, 300_000n))
      .to.be.revertedWithCustomError(w.pool, "NotTightening")
      .withArgs(1_100_000n, 1_200_000n);
  });

  step("loosening waits three days in the open, and the guardian can strike it out", async () => {
    const data = w.pool.interface.encodeFunctionData("raiseCaps", [2_000_000n, 1_800_000n]);
    const governor = w.authority.connect(w.governor);
    const id = await w.authority.hashOperation(w.governor.address, target, data);
    await expect(governor.execute(target, data))
      .to.be.revertedWithCustomError(w.authority, "AccessManagerNotScheduled")
      .withArgs(id);
    await sent(governor.schedule(target, data, 0));
    const scheduledAt = await now();
    await time.setNextBlockTimestamp(scheduledAt + 3n * DAY - 1n);
    await expect(governor.execute(target, data))
      .to.be.revertedWithCustomError(w.authority, "AccessManagerNotReady")
      .withArgs(id);
    await whatIf(async () => {
      await sent(w.authority.connect(w.guardian).cancel(w.governor.address, target, data));
      await expect(governor.execute(target, data)).to.be.revertedWithCustomError(
        w.authority,
        "AccessManagerNotScheduled",
      );
    });
    await time.setNextBlockTimestamp(scheduledAt + 3n * DAY);
    await sent(governor.execute(target, data));
    expect((await w.pool.config()).supplyCap).to.equal(w.usd(2_000_000));
  });

  step("borrowLtv falls at once, lltv over eight days; Dave at 75% is left alone until it reaches him", async () => {
    await sent(w.pool.connect(w.guardian).lowerLtvs(7_000, 7_800, 8n * DAY));
    const startedAt = await now();
    let config = await w.pool.config();
    expect([config.borrowLtvBps, config.lltvBps]).to.deep.equal([7_000n, 8_600n]);
    await expect(
      w.pool.connect(w.dave).borrow(w.usd(100), w.dave.address, w.dave.address),
    ).to.be.revertedWithCustomError(w.pool, "PositionUnhealthy");
    await time.increaseTo(startedAt + 4n * DAY);
    config = await w.pool.config();
    expect(config.lltvBps).to.equal(8_200n);
    expect((await w.pool.position(w.dave.address)).status).to.equal(Status.Healthy);
    await time.increaseTo(startedAt + 8n * DAY);
    expect((await w.pool.config()).lltvBps).to.equal(7_800n);
    await govern(w, w.pool.interface.encodeFunctionData("raiseLtvs", [8_000, 8_600]));
    config = await w.pool.config();
    expect([config.borrowLtvBps, config.lltvBps]).to.deep.equal([8_000n, 8_600n]);
  });

  step("the guardian pauses: no deposits and no loans", async () => {
    await sent(w.pool.connect(w.guardian).pause());
    pausedAt = await now();
    expect((await w.pool.config()).isPaused).to.equal(true);
    await expect(
      w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1), w.alice.address),
    ).to.be.revertedWithCustomError(w.pool, "PoolPaused");
    await expect(
      w.pool.connect(w.frank).borrow(w.usd(100), w.frank.address, w.frank.address),
    ).to.be.revertedWithCustomError(w.pool, "PoolPaused");
    expect(await w.pool.maxDeposit(w.alice.address)).to.equal(0n);
  });

  step(
    "and everything else goes on: exits, repayment, collateral, the fund, liquidation, flags, recoveries",
    async () => {
      expect((await leave(w, w.carol, w.usd(100_000) * VIRTUAL_SHARES)) > w.usd(100_000)).to.equal(true);
      await sent(w.pool.connect(w.frank).repay(w.usd(1_000), w.frank.address));
      await sent(w.pool.connect(w.frank).supplyCollateral(w.eth(1), w.frank.address));
      await sent(w.pool.connect(w.frank).withdrawCollateral(w.eth(1), w.frank.address, w.frank.address));
      await sent(w.pool.connect(w.alice).transfer(w.erin.address, 1n));
      await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(1_000)));
      await sent(w.pool.connect(w.keeper).recover(w.usd(1)));
      await sent(
        w.fund.connect(w.bob).requestRedeem(await w.fund.balanceOf(w.bob.address), w.bob.address, w.bob.address),
      );
      await whatIf(async () => {
        await setPrice(w, 1_500);
        await sent(w.pool.connect(w.keeper).flag(w.dave.address));
        await time.increase(25n * HOUR);
        await whatIf(async () => {
          expect((await liquidate(w, w.dave)).seized).to.equal(w.eth(100));
        });
        await sent(w.pool.connect(w.keeper).foreclose(w.dave.address));
        await sent(w.pool.connect(w.erin).buyEstate(MAX, 0, w.erin.address, "0x"));
        expect((await w.pool.config()).isPaused).to.equal(true);
      });
    },
  );

  step("after 72 hours the pause is over by itself, and for seven days it can't be repeated", async () => {
    await time.increaseTo(pausedAt + 72n * HOUR - 1n);
    expect((await w.pool.config()).isPaused).to.equal(true);
    await time.increaseTo(pausedAt + 72n * HOUR);
    expect((await w.pool.config()).isPaused).to.equal(false);
    await deposit(w, w.alice, 1);
    const allowedAt = pausedAt + 72n * HOUR + 7n * DAY;
    await expect(w.pool.connect(w.guardian).pause())
      .to.be.revertedWithCustomError(w.pool, "PauseCoolingDown")
      .withArgs(allowedAt);
    await time.setNextBlockTimestamp(allowedAt);
    await sent(w.pool.connect(w.guardian).pause());
    await sent(w.pool.connect(w.guardian).unpause());
    expect((await w.pool.config()).isPaused).to.equal(false);
  });

  step(
    "an oracle change counts from its announcement: the new one says 510, and exits are at its low at once",
    async () => {
      const next = await ethers.deployContract("FixedOracle", [
        w.deployer.address,
        w.priceOf(510),
        w.priceOf(510),
        true,
      ]);
      const before = await w.pool.exitPrice();
      expect(before > WAD).to.equal(true);
      // the governor may begin its own wait earlier; the pool's waiting time still counts from the announcement
      const data = w.pool.interface.encodeFunctionData("executeOracle");
      await sent(w.authority.connect(w.governor).schedule(target, data, 0));
      await time.increase(DAY);
      await sent(w.pool.connect(w.oracleManager).scheduleOracle(await next.getAddress()));
      const announcedAt = await now();
      expect(await w.pool.pendingOracle()).to.deep.equal([await next.getAddress(), announcedAt + 3n * DAY]);
      expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(510), w.priceOf(2_000), true]);
      const marked = await w.pool.exitPrice();
      expect(marked < before).to.equal(true);
      // it is read in the pool's low; borrowers are judged by high, that of the oracle in force
      expect((await w.pool.position(w.dave.address)).status).to.equal(Status.Healthy);
      await expect(
        w.pool.connect(w.liquidator).liquidate(w.dave.address, MAX, 0, w.liquidator.address, "0x"),
      ).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
      await time.setNextBlockTimestamp(announcedAt + 2n * DAY + 12n * HOUR);
      await expect(w.authority.connect(w.governor).execute(target, data))
        .to.be.revertedWithCustomError(w.pool, "TooEarly")
        .withArgs(announcedAt + 2n * DAY + 12n * HOUR, announcedAt + 3n * DAY);
    },
  );

  step("leaving ahead of it is no use: Carol gets what Alice has after it", async () => {
    const shares = w.usd(100_000) * VIRTUAL_SHARES;
    const paid = await leave(w, w.carol, shares);
    const [, executableAt] = await w.pool.pendingOracle();
    await time.increaseTo(executableAt);
    const before = await w.pool.exitPrice();
    await sent(w.authority.connect(w.governor).execute(target, w.pool.interface.encodeFunctionData("executeOracle")));
    expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(510), w.priceOf(510), true]);
    const after = await w.pool.exitPrice();
    // on Dave's debt interest is owed and lost alike, and on Frank's too: both are insolvent at 510
    expect(after).to.equal(before);
    // the shortfall of each of the two is rounded by itself, their debt together
    expect(isWithin(await w.pool.convertToAssets(shares), paid, 2n)).to.equal(true);
  });

  step("and had the guardian cancelled it, all would be as before", async () => {
    await whatIf(async () => {
      const back = await ethers.deployContract("FixedOracle", [w.deployer.address, w.priceOf(51), w.priceOf(51), true]);
      const before = await w.pool.exitPrice();
      await sent(w.pool.connect(w.oracleManager).scheduleOracle(await back.getAddress()));
      expect((await w.pool.exitPrice()) < before).to.equal(true);
      await sent(w.pool.connect(w.guardian).cancelOracle());
      expect(await w.pool.exitPrice()).to.equal(before);
      expect(await w.pool.pendingOracle()).to.deep.equal([ethers.ZeroAddress, 0n]);
    });
  });

  step("nobody's money was moved by any role", async () => {
    expect(await worthOf(w, w.governor)).to.equal(0n);
    for (const role of [w.admin, w.governor, w.guardian, w.oracleManager]) {
      expect(await w.asset.balanceOf(role.address)).to.equal(0n);
      expect(await w.collateral.balanceOf(role.address)).to.equal(0n);
      expect(await w.pool.balanceOf(role.address)).to.equal(0n);
    }
    await expectConserved(
      w,
      [w.alice.address, w.bob.address, w.carol.address, w.erin.address],
      [w.dave.address, w.frank.address],
    );
  });
});
