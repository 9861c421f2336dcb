import { expect } from "chai";

import {
  DAY,
  DEFAULT_PARAMETERS,
  expectConserved,
  MAX,
  openLoan,
  sent,
  time,
  VIRTUAL_SHARES,
  WAD,
  world,
  type World,
  YEAR,
} from "../helpers/fixtures.js";
import {
  claimUnits,
  deposit,
  divUp,
  eventsOf,
  leave,
  now,
  only,
  priceWad,
  requestUnits,
  stake,
  story,
} from "./story.js";

story("01 a healthy month", (step) => {
  const initialRate = DEFAULT_PARAMETERS.initialRateAtTargetPerSecondWad;
  const feeUnit = 10n ** 10n;
  let w: World;
  let rate: bigint;
  let borrowedAt: bigint;
  let firstIndex: bigint; // it has grown a little while nobody owed anything
  let debtShares: bigint;
  let stakedAt: bigint;

  step("Alice supplies 600,000, Bob 300,000; Carol stakes 100,000 in the fund", async () => {
    w = await world();
    await deposit(w, w.alice, 600_000);
    await deposit(w, w.bob, 300_000);
    await stake(w, w.carol, 100_000);
    stakedAt = await now();
    expect(await w.pool.totalSupply()).to.equal(w.usd(1_000_000) * VIRTUAL_SHARES);
    expect(await w.pool.grossPrice()).to.equal(WAD);
    // nothing lent: a quarter of the rate at target, which has begun to fall
    rate = await w.pool.borrowRate();
    expect(rate < initialRate / 4n && rate * 1_000n > (initialRate / 4n) * 999n).to.equal(true);
  });

  step("Dave borrows 900,000 against 1,000 ether: 90% is lent, and debt pays the rate at target", async () => {
    await openLoan(w, w.dave, 1_000, 900_000);
    borrowedAt = await now();
    firstIndex = (await w.pool.totals()).borrowIndexWad;
    ({ debtShares } = await w.pool.positionOf(w.dave.address));
    expect(debtShares).to.equal(divUp(w.usd(900_000) * WAD, firstIndex));
    expect(await w.asset.balanceOf(w.dave.address)).to.equal(w.usd(1_000_900_000));
    expect(await w.pool.utilisation()).to.equal((9n * WAD) / 10n);
    const idleRate = rate;
    rate = await w.pool.borrowRate();
    expect(rate <= 4n * idleRate + 3n && rate * 1_000n > initialRate * 999n).to.equal(true);
  });

  step("after thirty days the debt has grown as the curve says", async () => {
    await time.increase(30n * DAY);
    const elapsed = (await now()) - borrowedAt;
    expect(elapsed).to.equal(30n * DAY);
    const first = rate * elapsed;
    const second = (first * first) / (2n * WAD);
    const third = (second * first) / (3n * WAD);
    const index = firstIndex + (firstIndex * (first + second + third)) / WAD;
    const totals = await w.pool.totals();
    expect(totals.borrowIndexWad).to.equal(index);
    expect(totals.debtAssets).to.equal((debtShares * index) / WAD);
    expect((await w.pool.position(w.dave.address)).debtAssets).to.equal(divUp(debtShares * index, WAD));
  });

  step(
    "a fifth of the interest is set aside for reserve and fund, in whole fee units; the rest is in the price",
    async () => {
      const totals = await w.pool.totals();
      const fifth = (debt: bigint) => (debt * 20n) / (100n * feeUnit);
      const fees = (fifth(totals.debtAssets) - fifth((debtShares * firstIndex) / WAD)) * feeUnit;
      expect(totals.pendingFees).to.equal(fees);
      const gross = w.usd(100_000) + totals.debtAssets - fees;
      expect(await w.pool.grossAssets()).to.equal(gross);
      expect(await w.pool.grossPrice()).to.equal(priceWad(gross, await w.pool.totalSupply()));
      expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
      expect(await w.pool.currentShortfall()).to.equal(0n);
    },
  );

  step("Carol asks to leave with half: premium and reserve become shares first, at the price of the day", async () => {
    const units = await w.fund.balanceOf(w.carol.address);
    const supplyBefore = await w.pool.totalSupply();
    const receipt = await sent(w.fund.connect(w.carol).requestRedeem(units / 2n, w.carol.address, w.carol.address));
    const { debtAssets, pendingFees, reserveShares, fundShares } = await w.pool.totals();
    expect(pendingFees).to.equal(0n);
    const fifth = (debt: bigint) => (debt * 20n) / (100n * feeUnit);
    const fees = (fifth(debtAssets) - fifth((debtShares * firstIndex) / WAD)) * feeUnit;
    const gross = w.usd(100_000) + debtAssets - fees;
    const minted = (fees * (supplyBefore + VIRTUAL_SHARES)) / (gross + 1n);
    const premium = minted / 2n; // all units were active
    const stakeShares = w.usd(100_000) * VIRTUAL_SHARES;
    expect(premium < (stakeShares * ((await now()) - stakedAt)) / YEAR, "under the cap of 100% a year").to.equal(true);
    const event = only(eventsOf(w, receipt, "FeesCrystallised"));
    expect(event).to.deep.equal({ reserveShares: minted - premium, fundShares: premium });
    expect(reserveShares).to.equal(minted - premium);
    expect(fundShares).to.equal(stakeShares + premium);
  });

  step("for the next fortnight only the active half earns, and the cooling half stays as it was", async () => {
    const before = await w.pool.fundAccount();
    await time.increase(14n * DAY);
    const after = await w.pool.fundAccount();
    const { pendingFees } = await w.pool.totals();
    const supply = await w.pool.totalSupply();
    const minted = (pendingFees * (supply + VIRTUAL_SHARES)) / ((await w.pool.grossAssets()) + 1n);
    const active = before.totalShares - before.coolingShares;
    const premium = ((minted / 2n) * active) / before.totalShares;
    expect(premium > 0n).to.equal(true);
    expect(after.coolingShares).to.equal(before.coolingShares);
    expect(after.totalShares).to.equal(before.totalShares + premium);
    expect(await w.fund.totalAssets()).to.equal(active + premium);
  });

  step("Dave pays back to the last wei and takes his ether", async () => {
    await sent(w.pool.connect(w.dave).repay(MAX, w.dave.address));
    await sent(w.pool.connect(w.dave).withdrawCollateral(w.eth(1_000), w.dave.address, w.dave.address));
    expect(await w.collateral.balanceOf(w.dave.address)).to.equal(w.eth(10_000_000));
    expect((await w.pool.totals()).debtAssets).to.equal(0n);
  });

  step("Carol claims what has cooled and takes the rest a fortnight later", async () => {
    const cooling = (await w.pool.fundAccount()).coolingShares;
    const { fundShares } = await w.pool.totals();
    const units = await w.fund.maxRedeem(w.carol.address);
    const receipt = await sent(
      w.fund.connect(w.carol)["redeem(uint256,address,address)"](units, w.carol.address, w.carol.address),
    );
    expect(await w.pool.balanceOf(w.carol.address)).to.be.oneOf([cooling, cooling - 1n]); // cooling rounds up
    // what cooling units forgo of the premium is the reserve's
    const event = only(eventsOf(w, receipt, "FeesCrystallised")) as { reserveShares: bigint; fundShares: bigint };
    const premium = (event.reserveShares + event.fundShares) / 2n;
    expect(event.fundShares).to.equal((premium * (fundShares - cooling)) / fundShares);
    await requestUnits(w, w.carol);
    await time.increase(14n * DAY);
    await claimUnits(w, w.carol);
    expect(await w.fund.totalSupply()).to.equal(0n);
  });

  step("everyone leaves with more than they brought, Carol with most for each token", async () => {
    const gross = await w.pool.grossAssets();
    const paid = {
      alice: await leave(w, w.alice),
      bob: await leave(w, w.bob),
      carol: await leave(w, w.carol),
    };
    expect(paid.alice > w.usd(600_000)).to.equal(true);
    // the same price for both, each rounded down in favour of who is still there
    expect(paid.alice / 2n).to.be.oneOf([paid.bob - 1n, paid.bob]);
    expect(paid.carol * 6n > paid.alice, "the premium").to.equal(true);
    const left = await w.pool.grossAssets();
    expect(left).to.equal(gross - paid.alice - paid.bob - paid.carol);
    expect(await w.pool.totalSupply()).to.equal(
      (await w.pool.balanceOf(await w.pool.getAddress())) + (await w.pool.balanceOf(await w.fund.getAddress())),
    );
    await expectConserved(w, [w.alice.address, w.bob.address, w.carol.address], [w.dave.address]);
  });
});
