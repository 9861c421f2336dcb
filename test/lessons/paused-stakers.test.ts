import { expect } from "chai";

import {
  claimableUnits,
  DAY,
  expectConserved,
  HOUR,
  openLoan,
  sent,
  setPrice,
  time,
  type World,
} from "../helpers/fixtures.js";
import {
  claimUnits,
  deposit,
  feelessWorld,
  isWithin,
  leave,
  liquidate,
  requestUnits,
  stake,
} from "../scenario/story.js";

describe("Lesson, Aave Umbrella: stakers locked in by a vote while a loss was in sight", () => {
  let w: World;

  beforeEach(async () => {
    w = await feelessWorld();
    await stake(w, w.bob, 60_000);
    await stake(w, w.carol, 40_000);
    await deposit(w, w.alice, 900_000);
    await openLoan(w, w.dave, 100, 150_000);
    await requestUnits(w, w.bob);
    await setPrice(w, 1_224); // the ether fetches 120,000: 30,000 and the interest are missing
    await time.increase(14n * DAY - HOUR);
    await sent(w.pool.connect(w.guardian).pause());
    await time.increase(2n * HOUR);
  });

  it("a pause does not reach the fund: Bob claims, net of what is in sight, and Carol asks to leave", async () => {
    expect((await w.pool.config()).isPaused).to.equal(true);
    const before = await w.pool.exitPrice();
    const { grossShares, paidShares } = await w.pool.previewLeaveFund(await claimableUnits(w, w.bob));
    const paid = await claimUnits(w, w.bob);
    // seconds of interest on 150,000 may lie between preview and claim
    expect(paid <= paidShares && paidShares - paid < w.usd(0.01) * 10n ** 6n).to.equal(true);
    // 30,000 of the fund's 100,000 are claimed, and a fortnight's interest on top
    expect((paid * 100n) / grossShares).to.be.oneOf([69n, 70n]);
    // what he took was not needed for suppliers; a second's interest raises the price by under 1e-8
    expect(isWithin(await w.pool.exitPrice(), before, 10n ** 10n)).to.equal(true);
    await requestUnits(w, w.carol);
    await leave(w, w.bob);
  });

  it("nor does it stop the fund from paying: the slash is a part of the liquidation", async () => {
    const fundBefore = (await w.pool.totals()).fundShares;
    const { loss } = await liquidate(w, w.dave);
    expect(loss > w.usd(30_000)).to.equal(true);
    expect((await w.pool.totals()).fundShares < fundBefore).to.equal(true);
    await expectConserved(w, [w.alice.address, w.bob.address, w.carol.address], [w.dave.address]);
  });

  it("and the fund has no function that asks an authority", () => {
    const names: string[] = [];
    w.fund.interface.forEachFunction((each) => names.push(each.name));
    for (const each of ["pause", "slash", "authority", "setAuthority", "owner", "upgradeTo"]) {
      expect(names, each).to.not.include(each);
    }
  });
});
