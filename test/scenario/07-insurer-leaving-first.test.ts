import { expect } from "chai";

import {
  DAY,
  expectConserved,
  openLoan,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  type World,
} from "../helpers/fixtures.js";
import {
  claimUnits,
  deposit,
  divUp,
  feelessWorld,
  leave,
  liquidate,
  requestUnits,
  stake,
  story,
  whatIf,
} from "./story.js";

story("07 an insurer who tries to leave first", (step) => {
  let w: World;
  let bobUnits: bigint;
  let bobPaid: bigint;

  /** What the visible shortfall claims of the fund, in shares: there is no reserve. */
  const claims = async () =>
    divUp(
      (await w.pool.currentShortfall()) * ((await w.pool.totalSupply()) + VIRTUAL_SHARES),
      (await w.pool.grossAssets()) + 1n,
    );

  step("Bob stakes 60,000 and Carol 40,000; Alice supplies 900,000; Dave borrows 150,000", async () => {
    w = await feelessWorld();
    await stake(w, w.bob, 60_000);
    await stake(w, w.carol, 40_000);
    await deposit(w, w.alice, 900_000);
    await openLoan(w, w.dave, 100, 150_000);
  });

  step("Bob sees it coming and asks for his stake at once, but has to wait a fortnight", async () => {
    bobUnits = await w.fund.balanceOf(w.bob.address);
    const id = await requestUnits(w, w.bob);
    expect(await w.fund.pendingRedeemRequest(id, w.bob.address)).to.equal(bobUnits);
    await time.increase(14n * DAY - 10n);
    await expect(w.fund.connect(w.bob)["redeem(uint256,address,address)"](bobUnits, w.bob.address, w.bob.address))
      .to.be.revertedWithCustomError(w.fund, "ExceedsClaimable")
      .withArgs(w.bob.address, bobUnits, 0n);
    await time.increase(10n);
    expect(await w.fund.claimableRedeemRequest(id, w.bob.address)).to.equal(bobUnits);
  });

  step(
    "when it is time, the price is at 1,224: 30,000 and some interest are missing, and the fund stands for it",
    async () => {
      await setPrice(w, 1_224);
      const interest = (await w.pool.totals()).debtAssets - w.usd(150_000);
      expect(await w.pool.currentShortfall()).to.equal(w.usd(30_000) + interest);
      expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    },
  );

  step("in a deeper crash nothing would be left to claim, and after it all of it again", async () => {
    await whatIf(async () => {
      await setPrice(w, 510);
      expect(await w.fund.maxRedeem(w.bob.address)).to.equal(0n);
      await expect(w.fund.connect(w.bob)["redeem(uint256,address,address)"](bobUnits, w.bob.address, w.bob.address))
        .to.be.revertedWithCustomError(w.pool, "BelowMinimum")
        .withArgs(0n, w.usd(60_000) * VIRTUAL_SHARES);
      await setPrice(w, 2_000);
      expect(await claimUnits(w, w.bob)).to.equal(w.usd(60_000) * VIRTUAL_SHARES);
    });
  });

  step("he won't take less than all, and so gets nothing", async () => {
    const all = w.usd(60_000) * VIRTUAL_SHARES;
    const claim = w.fund.connect(w.bob)["redeem(uint256,address,address,uint256)"];
    const expected = (all * (w.usd(100_000) * VIRTUAL_SHARES - (await claims()))) / (w.usd(100_000) * VIRTUAL_SHARES);
    // one more second of interest is in the claims by then: less than a hundredth of a token
    await expect(claim(bobUnits, w.bob.address, w.bob.address, all))
      .to.be.revertedWithCustomError(w.pool, "BelowMinimum")
      .withArgs((paid: bigint) => paid <= expected && expected - paid < w.usd(0.01) * VIRTUAL_SHARES, all);
  });

  step("he is paid net of his part of the visible claims", async () => {
    const priceBefore = await w.pool.exitPrice();
    bobPaid = await claimUnits(w, w.bob);
    // the claim moved shares from the fund to Bob: supply, assets and shortfall are those of its block
    const fund = w.usd(100_000) * VIRTUAL_SHARES;
    const stakeShares = w.usd(60_000) * VIRTUAL_SHARES;
    expect(bobPaid).to.equal((stakeShares * (fund - (await claims()))) / fund);
    expect((await w.pool.totals()).fundShares).to.equal(fund - bobPaid);
    // his leaving uncovers nothing and lowers no price (the second's interest raised it)
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    expect((await w.pool.exitPrice()) >= priceBefore).to.equal(true);
    expect((await claims()) < fund - bobPaid).to.equal(true);
  });

  step("the loss comes: Carol, who stayed, keeps the same part of her stake", async () => {
    await liquidate(w, w.dave);
    const { fundShares } = await w.pool.totals();
    expect(await w.fund.totalAssets()).to.equal(fundShares);
    // 60 to 40; a second's interest on the lost debt came in between, under a hundredth of a token
    const bobPart = (bobPaid * 40n) / 60n;
    expect(fundShares <= bobPart && bobPart - fundShares < w.usd(0.01) * VIRTUAL_SHARES).to.equal(true);
    expect((await w.pool.certificates()).unpaidFace).to.equal(0n);
    expect((await leave(w, w.alice)) > w.usd(900_000)).to.equal(true);
  });

  step("Bob takes his money, Carol hers a fortnight later", async () => {
    const bob = await leave(w, w.bob);
    expect(bob > w.usd(41_900) && bob < w.usd(42_000), "seven tenths, less interest on the lost debt").to.equal(true);
    await requestUnits(w, w.carol);
    await time.increase(14n * DAY);
    await claimUnits(w, w.carol);
    await leave(w, w.carol);
    await sent(w.pool.accrue());
    await expectConserved(w, [w.alice.address, w.bob.address, w.carol.address], [w.dave.address]);
  });
});
