import { expect } from "chai";

import { PENDING } from "../../helpers/blocks.js";
import { expectConserved, RAY, sent, time, type World, ZERO } from "../../helpers/fixtures.js";
import { claim, COOLING, everyone, FIRST_RATE, Request, request, shares, stakedWorld, WINDOW } from "./kit.js";

describe("InsuranceFund.requestRedeem", () => {
  let w: World;
  beforeEach(async () => {
    w = await stakedWorld();
  });

  it("burns units and lets their shares cool under an id and a clock of their own", async () => {
    const { fund, pool, bob } = w;
    const units = shares(w, 100_000) * FIRST_RATE;
    const cooling = shares(w, 100_000);
    const call = fund.connect(bob).requestRedeem(units, bob, bob);
    await expect(call).to.emit(fund, "RedeemRequest").withArgs(bob, bob, 1, bob, units);
    await expect(call).to.emit(fund, "CoolingStarted").withArgs(1, cooling, cooling);
    await expect(call).to.emit(fund, "Transfer").withArgs(bob, ZERO, units);
    const at = BigInt(await time.latest());
    expect([...(await fund.requestOf(1))]).to.deep.equal([
      bob.address,
      units,
      cooling,
      at + COOLING,
      at + COOLING + WINDOW,
      Request.Pending,
    ]);
    expect(await fund.balanceOf(bob)).to.equal(shares(w, 500_000) * FIRST_RATE);
    expect(await fund.totalSupply()).to.equal(shares(w, 900_000) * FIRST_RATE);
    expect(await fund.totalAssets()).to.equal(shares(w, 900_000));
    expect([...(await pool.fundAccount())]).to.deep.equal([shares(w, 1_000_000), cooling, 0n]);
    expect(await fund.openRequests(bob)).to.deep.equal([1n]);
    await expectConserved(w, everyone(w), []);
  });

  it("counts ids in one sequence over all controllers", async () => {
    const { fund, bob, carol } = w;
    expect(await request(w, bob, 10n ** 12n)).to.equal(1n);
    expect(await request(w, carol, 10n ** 12n)).to.equal(2n);
    expect(await request(w, bob, 10n ** 12n)).to.equal(3n);
    expect(await fund.openRequests(bob)).to.deep.equal([1n, 3n]);
    expect(await fund.openRequests(carol)).to.deep.equal([2n]);
  });

  it("lets an operator of both owner and controller ask", async () => {
    const { fund, bob, carol, dave } = w;
    expect(await fund.connect(bob).setOperator.staticCall(dave, true)).to.equal(true);
    await expect(fund.connect(bob).setOperator(dave, true)).to.emit(fund, "OperatorSet").withArgs(bob, dave, true);
    expect(await fund.isOperator(bob, dave)).to.equal(true);
    await sent(fund.connect(carol).setOperator(dave, true));
    await expect(fund.connect(dave).requestRedeem(10n ** 12n, carol, bob))
      .to.emit(fund, "RedeemRequest")
      .withArgs(carol, bob, 1, dave, 10n ** 12n);
    expect((await fund.requestOf(1)).controller).to.equal(carol.address);
    // to itself, an operator of the owner needs no one else
    await expect(fund.connect(dave).requestRedeem(10n ** 12n, dave, bob)).to.emit(fund, "RedeemRequest");
    expect(await fund.openRequests(dave)).to.deep.equal([2n]);
    await sent(fund.connect(bob).setOperator(dave, false));
    await expect(fund.connect(dave).requestRedeem(1, dave, bob))
      .to.be.revertedWithCustomError(fund, "NotAuthorised")
      .withArgs(dave, bob);
  });

  it("refuses a stranger, an allowance notwithstanding", async () => {
    const { fund, bob, dave } = w;
    await sent(fund.connect(bob).approve(dave, 2n ** 256n - 1n));
    await expect(fund.connect(dave).requestRedeem(1, dave, bob))
      .to.be.revertedWithCustomError(fund, "NotAuthorised")
      .withArgs(dave, bob);
    await expect(fund.connect(dave).requestRedeem(1, bob, bob))
      .to.be.revertedWithCustomError(fund, "NotAuthorised")
      .withArgs(dave, bob);
  });

  it("makes nobody a controller unasked", async () => {
    const { fund, bob, carol, dave } = w;
    await expect(fund.connect(bob).requestRedeem(10n ** 12n, carol, bob))
      .to.be.revertedWithCustomError(fund, "NotAuthorised")
      .withArgs(bob, carol);
    await sent(fund.connect(bob).setOperator(dave, true)); // of the owner alone
    await expect(fund.connect(dave).requestRedeem(10n ** 12n, carol, bob))
      .to.be.revertedWithCustomError(fund, "NotAuthorised")
      .withArgs(dave, carol);
    await sent(fund.connect(carol).setOperator(bob, true));
    await sent(fund.connect(bob).requestRedeem(10n ** 12n, carol, bob));
    expect(await fund.openRequests(carol)).to.deep.equal([1n]);
  });

  it("refuses more units than the owner has", async () => {
    const { fund, carol, dave } = w;
    const balance = shares(w, 400_000) * FIRST_RATE;
    await expect(fund.connect(carol).requestRedeem(balance + 1n, carol, carol))
      .to.be.revertedWithCustomError(fund, "ERC20InsufficientBalance")
      .withArgs(carol, balance, balance + 1n);
    await expect(fund.connect(dave).requestRedeem(1, dave, dave))
      .to.be.revertedWithCustomError(fund, "ERC20InsufficientBalance")
      .withArgs(dave, 0, 1);
  });

  it("refuses units worth nothing, to the last unit", async () => {
    const { fund, bob } = w;
    for (const units of [0n, 1n, FIRST_RATE - 1n]) {
      await expect(fund.connect(bob).requestRedeem(units, bob, bob)).to.be.revertedWithCustomError(fund, "ZeroAmount");
    }
    expect(await request(w, bob, FIRST_RATE)).to.equal(1n);
    expect((await fund.requestOf(1)).coolingUnits).to.equal(1n);
  });

  it("keeps at most 16 requests of a controller, expired ones included", async () => {
    const { fund, bob, carol, keeper } = w;
    expect(await fund.maxOpenRequests()).to.equal(16n);
    for (let i = 0; i < 16; ++i) await request(w, bob, FIRST_RATE);
    await expect(fund.connect(bob).requestRedeem(FIRST_RATE, bob, bob))
      .to.be.revertedWithCustomError(fund, "TooManyRequests")
      .withArgs(bob, 16);
    await request(w, carol, FIRST_RATE); // another's list is its own
    await time.increase(COOLING + WINDOW);
    expect((await fund.requestOf(1)).status).to.equal(Request.Expired);
    await expect(fund.connect(bob).requestRedeem(FIRST_RATE, bob, bob)).to.be.revertedWithCustomError(
      fund,
      "TooManyRequests",
    );
    await sent(fund.connect(keeper).returnExpired(5));
    expect(await request(w, bob, FIRST_RATE)).to.equal(18n);
    expect(await fund.openRequests(bob)).to.deep.equal(
      [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18].map(BigInt),
    );
    await expectConserved(w, everyone(w), []);
  });

  it("is pending for 14 days, claimable for 7 and expired then, to the second", async () => {
    const { fund, bob } = w;
    const units = shares(w, 100_000) * FIRST_RATE;
    const id = await request(w, bob, units);
    const at = BigInt(await time.latest());
    expect(await fund.coolingPeriod()).to.equal(COOLING);
    expect(await fund.claimWindow()).to.equal(WINDOW);
    const amounts = async () => [
      await fund.pendingRedeemRequest(id, bob),
      await fund.claimableRedeemRequest(id, bob),
      await fund.maxRedeem(bob),
      await fund.maxWithdraw(bob),
      (await fund.requestOf(id)).status,
    ];
    const cooled = shares(w, 100_000);
    for (const [second, expected] of [
      [1n, [units, 0n, 0n, 0n, Request.Pending]],
      [COOLING - 1n, [units, 0n, 0n, 0n, Request.Pending]],
      [COOLING, [0n, units, units, cooled, Request.Claimable]],
      [COOLING + WINDOW - 1n, [0n, units, units, cooled, Request.Claimable]],
      [COOLING + WINDOW, [0n, 0n, 0n, 0n, Request.Expired]],
    ] as const) {
      await time.increaseTo(at + second);
      expect(await amounts(), `after ${second} s`).to.deep.equal(expected);
    }
  });

  it("shows amounts to the right controller and id only", async () => {
    const { fund, bob, carol } = w;
    const id = await request(w, bob);
    expect(await fund.pendingRedeemRequest(id, carol)).to.equal(0n);
    expect(await fund.pendingRedeemRequest(id + 1n, bob)).to.equal(0n);
    expect(await fund.pendingRedeemRequest(id + 1n, ZERO)).to.equal(0n);
    await time.increase(COOLING);
    expect(await fund.claimableRedeemRequest(id, carol)).to.equal(0n);
    expect(await fund.claimableRedeemRequest(0, ZERO)).to.equal(0n);
    expect([...(await fund.requestOf(id + 1n))]).to.deep.equal([ZERO, 0n, 0n, 0n, 0n, Request.None]);
    await claim(w, bob);
    expect([...(await fund.requestOf(id))]).to.deep.equal([ZERO, 0n, 0n, 0n, 0n, Request.None]);
  });

  it("rounds what cools against the leaver, shares and cooling units alike", async () => {
    const { fund, pool, bob } = w;
    await sent(pool.connect(w.alice).transfer(fund, 12_345n));
    const units = 10n ** 20n + 7n;
    const { totalShares, coolingShares } = await pool.fundAccount(PENDING);
    const supply = await fund.totalSupply();
    const expected = (units * (totalShares - coolingShares + 1n)) / (supply + FIRST_RATE);
    await request(w, bob, units);
    expect((await fund.requestOf(1)).coolingUnits).to.equal((expected * RAY) / RAY);
    expect(await fund.totalAssets()).to.equal(totalShares - expected);
  });
});
