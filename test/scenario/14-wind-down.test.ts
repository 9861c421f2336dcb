import { expect } from "chai";

import {
  DAY,
  expectConserved,
  govern,
  MAX,
  openLoan,
  sent,
  setPrice,
  Status,
  time,
  VIRTUAL_SHARES,
  world,
  type World,
} from "../helpers/fixtures.js";
import { claimUnits, deposit, eventsOf, leave, liquidate, now, only, requestUnits, stake, story } from "./story.js";

story("14 a wind-down to the last coin", (step) => {
  const RAMP = 30n * DAY;
  let w: World;
  let startedAt: bigint;

  const lltvAt = (seconds: bigint) => (8_600n * (RAMP - seconds) + RAMP - 1n) / RAMP;

  step("Alice supplies 600,000, Carol 300,000, Bob stakes 100,000; Dave, Frank and Erin borrow", async () => {
    w = await world();
    await deposit(w, w.alice, 600_000);
    await deposit(w, w.carol, 300_000);
    await stake(w, w.bob, 100_000);
    await openLoan(w, w.dave, 100, 150_000);
    await openLoan(w, w.frank, 100, 100_000);
    await openLoan(w, w.erin, 100, 60_000);
    await time.increase(60n * DAY);
    await sent(w.pool.connect(w.dave).repay(w.usd(2_000), w.dave.address));
  });

  step("governance winds the market down over thirty days: through its delay, and for good", async () => {
    const receipt = await govern(w, w.pool.interface.encodeFunctionData("windDown", [RAMP]));
    startedAt = await now();
    expect(only(eventsOf(w, receipt, "WindDownStarted"))).to.deep.equal({ rampSeconds: RAMP });
    await expect(
      w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1), w.alice.address),
    ).to.be.revertedWithCustomError(w.pool, "PoolClosed");
    await expect(w.pool.connect(w.erin).borrow(w.usd(1), w.erin.address, w.erin.address)).to.be.revertedWithCustomError(
      w.pool,
      "BorrowingHalted",
    );
    expect(await w.pool.maxDeposit(w.alice.address)).to.equal(0n);
    await requestUnits(w, w.bob);
  });

  step("there is no way back: neither loans nor LTVs nor another ramp", async () => {
    const snapshotAt = await now();
    const target = await w.pool.getAddress();
    for (const data of [
      w.pool.interface.encodeFunctionData("reopenBorrowing"),
      w.pool.interface.encodeFunctionData("raiseLtvs", [8_000, 8_600]),
      w.pool.interface.encodeFunctionData("windDown", [14n * DAY]),
    ]) {
      await sent(w.authority.connect(w.governor).schedule(target, data, 0));
    }
    await time.increaseTo(snapshotAt + 3n * DAY + 10n);
    for (const data of [
      w.pool.interface.encodeFunctionData("reopenBorrowing"),
      w.pool.interface.encodeFunctionData("raiseLtvs", [8_000, 8_600]),
      w.pool.interface.encodeFunctionData("windDown", [14n * DAY]),
    ]) {
      await expect(w.authority.connect(w.governor).execute(target, data)).to.be.revertedWithCustomError(
        w.pool,
        "WindingDown",
      );
    }
  });

  step("lltv falls in a line; Frank, at half of it, has time and repays on the tenth day", async () => {
    await time.increaseTo(startedAt + 10n * DAY);
    expect((await w.pool.config()).lltvBps).to.equal(lltvAt(10n * DAY));
    expect((await w.pool.position(w.frank.address)).status).to.equal(Status.Healthy);
    await sent(w.pool.connect(w.frank).repay(MAX, w.frank.address));
    await sent(w.pool.connect(w.frank).withdrawCollateral(w.eth(100), w.frank.address, w.frank.address));
  });

  step("Dave, at three quarters, is past it; a solvent liquidation takes a part, and no more than that", async () => {
    expect((await w.pool.position(w.dave.address)).status).to.equal(Status.Liquidatable);
    const part = await liquidate(w, w.dave);
    expect(part.loss).to.equal(0n);
    const after = await w.pool.position(w.dave.address);
    expect(after.status).to.equal(Status.Healthy);
    expect(after.debtAssets > 0n && after.collateral > 0n).to.equal(true);
    await sent(w.pool.connect(w.dave).repay(MAX, w.dave.address));
    await sent(w.pool.connect(w.dave).withdrawCollateral(after.collateral, w.dave.address, w.dave.address));
  });

  step("a fortnight after his request Bob has left the fund", async () => {
    await time.increaseTo(startedAt + 15n * DAY);
    await claimUnits(w, w.bob);
    expect(await w.fund.totalSupply()).to.equal(0n);
    expect((await leave(w, w.bob)) > w.usd(100_000)).to.equal(true);
  });

  step(
    "Erin sleeps through it all; on the thirtieth day lltv is zero and all her debt is repaid by liquidation",
    async () => {
      await time.increaseTo(startedAt + RAMP);
      expect((await w.pool.config()).lltvBps).to.equal(0n);
      await setPrice(w, 2_000);
      const last = await liquidate(w, w.erin);
      expect(last.loss).to.equal(0n);
      const { debtAssets, collateral } = await w.pool.position(w.erin.address);
      expect(debtAssets).to.equal(0n);
      // she paid the incentive, and no more than 10%
      expect(last.seized * 2_000n <= (last.repaid * 110n) / 100n).to.equal(true);
      expect(collateral).to.equal(w.eth(100) - last.seized);
      await sent(w.pool.connect(w.erin).withdrawCollateral(collateral, w.erin.address, w.erin.address));
    },
  );

  step("no debt is left, and all the money is cash", async () => {
    const totals = await w.pool.totals();
    expect([totals.debtAssets, totals.debtShares]).to.deep.equal([0n, 0n]);
    expect(await w.collateral.balanceOf(await w.pool.getAddress())).to.equal(0n);
    expect(await w.asset.balanceOf(await w.pool.getAddress())).to.equal(totals.cash);
  });

  step("Carol and Alice leave in full, with their interest", async () => {
    expect((await leave(w, w.carol)) > w.usd(300_000)).to.equal(true);
    expect((await leave(w, w.alice)) > w.usd(600_000)).to.equal(true);
  });

  step("the reserve, whose target governance sets to zero, is paid out to the last wei that it is worth", async () => {
    await govern(w, w.pool.interface.encodeFunctionData("setFees", [0, 0, 0]));
    const { reserveShares } = await w.pool.totals();
    const supply = await w.pool.totalSupply();
    const assets = (reserveShares * ((await w.pool.grossAssets()) + 1n)) / (supply + VIRTUAL_SHARES);
    expect(assets > 0n).to.equal(true);
    const receiver = w.keeper.address;
    const before = await w.asset.balanceOf(receiver);
    await govern(w, w.pool.interface.encodeFunctionData("withdrawReserve", [assets, receiver]));
    expect(await w.asset.balanceOf(receiver)).to.equal(before + assets);
  });

  step("what remains is one wei: the virtual share's interest, which is nobody's", async () => {
    const { cash, pendingFees, reserveShares, fundShares } = await w.pool.totals();
    expect(pendingFees).to.equal(0n);
    // (cash + 1) / (shares + 1e6) is the last price, a little over 1e-6; with less than a wei's shares left that is 1
    expect(cash).to.equal(1n);
    expect(reserveShares < VIRTUAL_SHARES, "less than a wei's shares").to.equal(true);
    expect(await w.asset.balanceOf(await w.pool.getAddress())).to.equal(cash);
    expect(await w.pool.totalSupply()).to.equal(reserveShares + fundShares);
    expect(await w.pool.convertToAssets(reserveShares), "not a wei").to.equal(0n);
    expect(fundShares <= 1n, "cooling shares round up").to.equal(true);
    await expectConserved(
      w,
      [w.alice.address, w.bob.address, w.carol.address],
      [w.dave.address, w.frank.address, w.erin.address],
    );
  });
});
