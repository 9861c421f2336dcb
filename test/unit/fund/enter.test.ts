import { expect } from "chai";

import { expectConserved, sent, type World, ZERO } from "../../helpers/fixtures.js";
import { deposit, everyone, feelessWorld, FIRST_RATE, lose, request, shares, stake, stakeShares } from "./kit.js";

describe("InsuranceFund.deposit and mint", () => {
  const MAX_UNITS = 2n ** 208n - 1n;
  let w: World;
  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000);
    await deposit(w, w.bob, 1_000);
  });

  it("gives a million units for a share unit in an empty fund", async () => {
    const { fund, alice, bob } = w;
    const amount = shares(w, 100);
    expect(await fund.previewDeposit(amount)).to.equal(amount * FIRST_RATE);
    const call = fund.connect(alice)["deposit(uint256,address)"](amount, bob);
    await expect(call)
      .to.emit(fund, "Deposit")
      .withArgs(alice, bob, amount, amount * FIRST_RATE);
    expect(await fund.balanceOf(bob)).to.equal(amount * FIRST_RATE);
    expect(await fund.totalSupply()).to.equal(amount * FIRST_RATE);
    expect(await fund.totalAssets()).to.equal(amount);
    expect(await w.pool.balanceOf(fund)).to.equal(amount);
    expect(await w.pool.balanceOf(alice)).to.equal(shares(w, 900));
    expect(await fund.decimals()).to.equal(30n); // 18 of the asset, 6 of the pool share, 6 more
    await expectConserved(w, everyone(w), []);
  });

  describe("given a stake of 100 that grew by a gift of 50", () => {
    const gift = 50n;
    let active: bigint;
    let supply: bigint;
    beforeEach(async () => {
      supply = await stakeShares(w, w.alice, shares(w, 100));
      await sent(w.pool.connect(w.bob).transfer(w.fund, gift * 10n ** 24n));
      active = shares(w, 150);
    });

    it("deposits at the rate of the active shares, rounded down", async () => {
      const { fund, bob } = w;
      const amount = 7_777_777_777n;
      const units = (amount * (supply + FIRST_RATE)) / (active + 1n);
      expect(await fund.previewDeposit(amount)).to.equal(units);
      expect(await fund.convertToShares(amount)).to.equal(units);
      expect(await stakeShares(w, bob, amount)).to.equal(units);
      expect(await fund.totalAssets()).to.equal(active + amount);
    });

    it("mints at the same rate, rounded up", async () => {
      const { fund, bob, pool } = w;
      const units = 7_777_777_777n;
      const paid = (units * (active + 1n) + supply + FIRST_RATE - 1n) / (supply + FIRST_RATE);
      expect(await fund.previewMint(units)).to.equal(paid);
      expect(await fund.convertToAssets(units)).to.equal(paid - 1n); // rounded down: the product is no multiple
      await sent(fund.connect(bob)["mint(uint256,address)"](units, bob));
      expect(await fund.balanceOf(bob)).to.equal(units);
      expect(await pool.balanceOf(bob)).to.equal(shares(w, 950) - paid);
      await expectConserved(w, everyone(w), []);
    });

    it("counts the active shares alone while others cool", async () => {
      const { fund, alice, bob } = w;
      await request(w, alice, supply / 2n);
      const left = supply - supply / 2n;
      const { totalShares, coolingShares } = await w.pool.fundAccount();
      expect(coolingShares).to.equal(((supply / 2n) * (active + 1n)) / (supply + FIRST_RATE));
      const units = (shares(w, 10) * (left + FIRST_RATE)) / (totalShares - coolingShares + 1n);
      expect(await stakeShares(w, bob, shares(w, 10))).to.equal(units);
      expect(await fund.totalSupply()).to.equal(left + units);
    });
  });

  it("refuses fewer units than the minimum", async () => {
    const { fund, alice } = w;
    const units = 100n * FIRST_RATE;
    const enter = fund.connect(alice).getFunction("deposit(uint256,address,uint256)");
    await expect(enter(100, alice, units + 1n))
      .to.be.revertedWithCustomError(fund, "BelowMinimum")
      .withArgs(units, units + 1n);
    await sent(enter(100, alice, units));
    expect(await fund.balanceOf(alice)).to.equal(units);
  });

  it("refuses to pay more shares than the maximum", async () => {
    const { fund, alice } = w;
    const enter = fund.connect(alice).getFunction("mint(uint256,address,uint256)");
    await expect(enter(100n * FIRST_RATE, alice, 99))
      .to.be.revertedWithCustomError(fund, "AboveMaximum")
      .withArgs(100, 99);
    await sent(enter(100n * FIRST_RATE, alice, 100));
    expect(await fund.balanceOf(alice)).to.equal(100n * FIRST_RATE);
  });

  it("refuses what comes to no units", async () => {
    const { fund, alice, bob, pool } = w;
    await expect(fund.connect(alice)["deposit(uint256,address)"](0, alice)).to.be.revertedWithCustomError(
      fund,
      "ZeroAmount",
    );
    await expect(fund.connect(alice)["mint(uint256,address)"](0, alice)).to.be.revertedWithCustomError(
      fund,
      "ZeroAmount",
    );
    // after a gift of a million share units to the empty fund a single one is worth less than a unit
    await sent(pool.connect(bob).transfer(fund, 10n ** 6n));
    await expect(fund.connect(alice)["deposit(uint256,address)"](1, alice)).to.be.revertedWithCustomError(
      fund,
      "ZeroAmount",
    );
  });

  it("refuses nobody as the receiver", async () => {
    const { fund, alice } = w;
    await expect(fund.connect(alice)["deposit(uint256,address)"](1, ZERO))
      .to.be.revertedWithCustomError(fund, "ERC20InvalidReceiver")
      .withArgs(ZERO);
  });

  it("takes only shares that are there and approved", async () => {
    const { fund, pool, alice } = w;
    const balance = shares(w, 1_000);
    await expect(fund.connect(alice)["deposit(uint256,address)"](balance + 1n, alice))
      .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
      .withArgs(alice, balance, balance + 1n);
    await sent(pool.connect(alice).approve(fund, 5));
    await expect(fund.connect(alice)["deposit(uint256,address)"](6, alice))
      .to.be.revertedWithCustomError(pool, "ERC20InsufficientAllowance")
      .withArgs(fund, 5, 6);
  });

  it("gives who inflates an empty fund nothing of the next stake", async () => {
    const { fund, pool, alice, bob, carol } = w;
    // Bob stakes one share unit and gives 900 tokens' worth; Alice stakes 1
    await stakeShares(w, bob, 1n);
    const gift = shares(w, 900);
    await sent(pool.connect(bob).transfer(fund, gift));
    const aliceUnits = await stakeShares(w, alice, shares(w, 1));
    const bobUnits = FIRST_RATE;
    const active = 1n + gift + shares(w, 1);
    const supply = bobUnits + aliceUnits;
    expect(aliceUnits).to.equal((shares(w, 1) * 2n * FIRST_RATE) / (gift + 2n));
    expect(await fund.convertToAssets(aliceUnits)).to.equal((aliceUnits * (active + 1n)) / (supply + FIRST_RATE));
    // Half of the gift is the virtual units': Bob is 450 short. Alice misses less than a unit, a 2,222nd of hers.
    expect((await fund.convertToAssets(bobUnits)) < shares(w, 451)).to.equal(true);
    expect((await fund.convertToAssets(aliceUnits)) > (shares(w, 1) * 9_995n) / 10_000n).to.equal(true);
    await expectConserved(w, [...everyone(w), carol], []);
  });

  it("gives a gift to an empty fund to those who stake, and nothing back", async () => {
    const { fund, pool, alice, bob } = w;
    await sent(pool.connect(bob).transfer(fund, shares(w, 1)));
    expect(await fund.totalAssets()).to.equal(shares(w, 1));
    expect(await fund.totalSupply()).to.equal(0n);
    const units = await stakeShares(w, alice, shares(w, 100));
    expect(units).to.equal((shares(w, 100) * FIRST_RATE) / (shares(w, 1) + 1n));
    // the gift of 1 is shared with the virtual units, which hold about one part in a hundred and one
    const worth = await fund.convertToAssets(units);
    expect(worth).to.equal((units * (shares(w, 101) + 1n)) / (units + FIRST_RATE));
    expect(worth <= shares(w, 100)).to.equal(true);
  });

  it("stops where the units would pass their field, and says so before", async () => {
    const { fund, alice, bob, keeper } = w;
    await deposit(w, alice, 10_000_000);
    expect(await fund.maxMint(alice)).to.equal(MAX_UNITS);
    expect(await fund.maxDeposit(alice)).to.equal(MAX_UNITS / FIRST_RATE);
    await stake(w, bob, 10);
    const supply = shares(w, 10) * FIRST_RATE;
    expect(await fund.maxMint(alice)).to.equal(MAX_UNITS - supply);
    // a worn fund: fewer active shares behind the units, and the units are of a later generation
    await lose(w, { left: 10n ** 12n });
    const account = await w.pool.fundAccount();
    const units = await fund.totalSupply();
    const room = MAX_UNITS - units;
    expect(await fund.maxMint(alice)).to.equal(room);
    expect(await fund.maxDeposit(keeper)).to.equal((room * (account.totalShares + 1n)) / (units + FIRST_RATE));
    await expect(fund.connect(alice)["mint(uint256,address)"](room + 1n, alice))
      .to.be.revertedWithCustomError(fund, "FieldOverflow")
      .withArgs(MAX_UNITS + 1n, MAX_UNITS);
  });
});
