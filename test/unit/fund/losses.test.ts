import { expect } from "chai";

import { divUp, Random } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  claimableUnits,
  DAY,
  expectConserved,
  MAX,
  RAY,
  sent,
  time,
  type World,
  world,
  YEAR,
  ZERO,
} from "../../helpers/fixtures.js";
import { amountsOf, stateOf } from "../liquidation/actions.js";
import { grossOf } from "../liquidation/model.js";
import {
  claim,
  COOLING,
  deposit,
  everyone,
  feelessWorld,
  FIRST_RATE,
  lend,
  lose,
  Request,
  request,
  shares,
  showShortfall,
  stake,
  stakedWorld,
  stakeShares,
  STEP,
} from "./kit.js";

/** The claims on the fund and the exit price that the next transaction will see. */
async function seen(w: World) {
  const state = await stateOf(w, w.frank, PENDING);
  const gross = grossOf(state);
  const need = divUp(state.shortfall * gross.shares, gross.assets);
  const claims = need > state.reserveShares ? need - state.reserveShares : 0n;
  return { ...state, claims };
}

/** A gift of a share unit to the reserve: pending fees become shares before it. */
async function crystallise(w: World) {
  return await sent(w.pool.connect(w.alice).transfer(w.pool, 1));
}

describe("The insurance fund and premium", () => {
  let w: World;
  async function lent(bobs: number, carols: number): Promise<void> {
    w = await world();
    await deposit(w, w.alice, 2_000_000);
    await stake(w, w.bob, bobs);
    await stake(w, w.carol, carols);
    await lend(w);
  }

  it("pays the active shares alone; the part of the cooling ones is the reserve's (F-2)", async () => {
    await lent(60_000, 40_000);
    const { fund, pool, bob, carol } = w;
    await request(w, carol);
    const before = await pool.totals();
    const { coolingShares } = await pool.fundAccount();
    await time.increase(10n * DAY);
    const receipt = await crystallise(w);
    const minted = amountsOf(w, receipt, "FeesCrystallised");
    const all = minted("reserveShares") + minted("fundShares");
    const active = before.fundShares - coolingShares;
    expect(minted("fundShares")).to.equal((((all * 10n) / 20n) * active) / before.fundShares);
    expect(minted("fundShares") > 0n).to.equal(true);
    expect((await pool.fundAccount()).coolingShares, "cooling earns nothing").to.equal(coolingShares);
    expect(await fund.totalAssets()).to.equal(active + minted("fundShares"));
    const units = await fund.balanceOf(bob);
    expect(await fund.convertToAssets(units)).to.equal(
      (units * (active + minted("fundShares") + 1n)) / (units + FIRST_RATE),
    );
    expect((await pool.totals()).reserveShares).to.equal(before.reserveShares + minted("reserveShares") + 1n);
    await time.increase(4n * DAY);
    expect(await claim(w, carol)).to.equal(coolingShares);
    await expectConserved(w, everyone(w), [w.frank]);
  });

  it("pays at most 100% a year, the rest to the reserve", async () => {
    await lent(1, 1);
    const { fund, pool, carol } = w;
    await request(w, carol);
    const last = BigInt(await time.latest());
    const { totalShares, coolingShares } = await pool.fundAccount();
    await time.increase(10n * DAY);
    const receipt = await crystallise(w);
    const elapsed = BigInt(await time.latest()) - last;
    const active = totalShares - coolingShares;
    const premium = amountsOf(w, receipt, "FeesCrystallised")("fundShares");
    expect(premium).to.equal((active * elapsed) / YEAR);
    expect(await fund.totalAssets()).to.equal(active + premium);
  });

  it("pays the virtual units' dust alone while all stakes cool", async () => {
    await lent(100, 100);
    const { pool, bob, carol } = w;
    await request(w, bob);
    await request(w, carol);
    const last = BigInt(await time.latest());
    const { totalShares, coolingShares } = await pool.fundAccount();
    const dust = totalShares - coolingShares;
    expect(dust < 10n ** 7n, "virtual units hold a millionth of a share unit each").to.equal(true);
    await time.increase(DAY);
    const minted = amountsOf(w, await crystallise(w), "FeesCrystallised");
    const elapsed = BigInt(await time.latest()) - last;
    expect(minted("fundShares")).to.equal((dust * elapsed) / YEAR);
  });

  it("pays all to the reserve when nobody stakes", async () => {
    w = await world();
    await deposit(w, w.alice, 2_000_000);
    await lend(w);
    await time.increase(DAY);
    const before = await stateOf(w, w.frank, { blockTag: "latest" });
    const minted = amountsOf(w, await crystallise(w), "FeesCrystallised");
    expect(minted("fundShares")).to.equal(0n);
    expect(minted("reserveShares") > 0n).to.equal(true);
    const after = await w.pool.totals();
    expect([after.reserveShares, after.fundShares]).to.deep.equal([
      before.reserveShares + minted("reserveShares") + 1n,
      0n,
    ]);
  });
});

describe("The insurance fund and losses", () => {
  let w: World;
  beforeEach(async () => {
    w = await stakedWorld();
  });

  it("takes the same part of active and cooling shares (F-2)", async () => {
    const { fund, pool, bob, carol } = w;
    const id = await request(w, carol);
    const before = shares(w, 1_000_000);
    const burned = await lose(w, w.usd(250_000));
    const index = (RAY * (before - burned)) / before;
    const cooling = divUp(shares(w, 400_000) * index, RAY);
    expect([...(await pool.fundAccount())]).to.deep.equal([before - burned, cooling, 0n]);
    const paid = (shares(w, 400_000) * index) / RAY;
    expect([...(await pool.previewLeaveFund(shares(w, 400_000)))]).to.deep.equal([paid, paid]);
    const units = shares(w, 600_000) * FIRST_RATE;
    expect(await fund.convertToAssets(units)).to.equal(
      (units * (before - burned - cooling + 1n)) / (units + FIRST_RATE),
    );
    // 60 to 40: an index of 27 digits rounds away up to 4e29 / 1e27 share units, and each amount one
    const difference = (await fund.convertToAssets(units)) * 40n - paid * 60n;
    expect(difference > -100n * 402n && difference < 100n * 402n).to.equal(true);
    expect((await fund.requestOf(id)).units, "units stay").to.equal(shares(w, 400_000) * FIRST_RATE);
    await time.increase(COOLING);
    expect(await claim(w, carol)).to.equal(paid);
    expect(await fund.balanceOf(bob)).to.equal(units);
    await expectConserved(w, everyone(w), [w.frank]);
  });

  it("counts what cools rounded up, to the last share unit", async () => {
    const { pool, carol } = w;
    await request(w, carol, (shares(w, 100_000) + 7n) * FIRST_RATE);
    const burned = await lose(w, w.usd(250_000));
    const index = (RAY * (shares(w, 1_000_000) - burned)) / shares(w, 1_000_000);
    const product = (shares(w, 100_000) + 7n) * index;
    expect(product % RAY > 0n).to.equal(true);
    expect((await pool.fundAccount()).coolingShares).to.equal(product / RAY + 1n);
  });

  it("counts a single share unit that cools", async () => {
    await request(w, w.carol, FIRST_RATE);
    expect((await w.pool.fundAccount()).coolingShares).to.equal(1n);
  });

  it("gives cooling units at a worn index, and takes them back at it", async () => {
    const { fund, pool, bob } = w;
    await request(w, w.carol);
    const burned = await lose(w, w.usd(250_000));
    const index = (RAY * (shares(w, 1_000_000) - burned)) / shares(w, 1_000_000);
    const active = await fund.totalAssets();
    const units = shares(w, 600_000) * FIRST_RATE;
    const asked = (units * (active + 1n)) / (units + FIRST_RATE);
    const id = await request(w, bob);
    const coolingUnits = (asked * RAY) / index;
    expect((await fund.requestOf(id)).coolingUnits).to.equal(coolingUnits);
    const back = (coolingUnits * index) / RAY;
    const { totalShares, coolingShares } = await pool.fundAccount();
    await expect(fund.connect(bob).cancelRedeem(id))
      .to.emit(fund, "RequestReturned")
      .withArgs(id, bob, bob, back, (back * FIRST_RATE) / (totalShares - coolingShares + 1n));
  });

  describe("given a visible shortfall", () => {
    it("refuses a request too small for a cooling unit, once what was withheld has raised their worth", async () => {
      const { fund, pool, bob, carol } = w;
      await request(w, carol);
      await lend(w);
      await time.increase(COOLING);
      await showShortfall(w, w.usd(500_000));
      await claim(w, carol);
      const oneShare = (await fund.previewDeposit(1n)) + 1n;
      expect(await fund.convertToAssets(oneShare)).to.equal(1n);
      await expect(fund.connect(bob).requestRedeem(oneShare, bob, bob)).to.be.revertedWithCustomError(
        fund,
        "ZeroAmount",
      );
      await request(w, bob, oneShare * 3n);
      await expectConserved(w, everyone(w), [w.frank]);
      expect((await pool.fundAccount()).coolingShares > 0n).to.equal(true);
    });

    it("pays a leaver net of the claims, and shares what is withheld pro rata (F-1)", async () => {
      const { fund, pool, bob, carol, erin } = w;
      await stake(w, erin, 100_000);
      await request(w, carol);
      await request(w, erin);
      await lend(w);
      await time.increase(COOLING);
      await showShortfall(w, w.usd(500_000));
      const before = await seen(w);
      const total = shares(w, 1_100_000);
      const gross = shares(w, 400_000);
      expect(before.fundShares).to.equal(total);
      const paid = (gross * (total - before.claims)) / total;
      expect([...(await pool.previewLeaveFund(gross, PENDING))]).to.deep.equal([gross, paid]);
      // The standard's forms pay the whole worth or nothing: who leaves for less says for how little.
      expect(await fund.maxWithdraw(carol, PENDING)).to.equal(0n);
      expect(await fund.maxRedeem(carol, PENDING)).to.equal(0n);
      const standard = fund.connect(carol).getFunction("redeem(uint256,address,address)");
      await expect(standard.staticCall(gross * FIRST_RATE, carol, carol, PENDING))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(paid, gross);
      const withdraw = fund.connect(carol).getFunction("withdraw(uint256,address,address)");
      await expect(withdraw.staticCall(1, carol, carol, PENDING))
        .to.be.revertedWithCustomError(fund, "ExceedsClaimable")
        .withArgs(carol, 1, 0);

      const redeem = fund.connect(carol).getFunction("redeem(uint256,address,address,uint256)");
      const call = redeem(gross * FIRST_RATE, carol, carol, paid);
      await expect(call).to.emit(pool, "FundLeft").withArgs(carol, gross, gross, paid);
      expect(await pool.balanceOf(carol)).to.equal(paid);
      const index = (RAY * (total - paid)) / (total - gross);
      const cooling = divUp(shares(w, 100_000) * index, RAY);
      expect([...(await pool.fundAccount())]).to.deep.equal([total - paid, cooling, 0n]);
      expect(await fund.totalAssets()).to.equal(total - paid - cooling);
      // Bob's 600,000 and Erin's 100,000 grew alike, but for the digits of the index
      const difference = (await fund.totalAssets()) - cooling * 6n;
      expect(difference >= -6n && difference <= 7n * 100n).to.equal(true);
      const after = await stateOf(w, w.frank, { blockTag: "latest" });
      expect(before.exitPrice, "covered before").to.equal(before.grossPrice);
      expect([after.exitPrice, after.grossPrice], "and after").to.deep.equal([before.exitPrice, before.grossPrice]);
      expect(after.reserveShares).to.equal(before.reserveShares);
      expect(await fund.balanceOf(bob)).to.equal(shares(w, 600_000) * FIRST_RATE);
      await expectConserved(w, everyone(w), [w.frank]);
    });

    it("pays all when the reserve covers it", async () => {
      const { pool, carol } = w;
      await sent(pool.connect(w.keeper).topUpReserve(w.usd(600_000)));
      await request(w, carol);
      await lend(w);
      await time.increase(COOLING);
      await showShortfall(w, w.usd(500_000));
      const units = await w.fund.maxRedeem(carol);
      await sent(w.fund.connect(carol)["redeem(uint256,address,address,uint256)"](units, carol, carol, 0));
      expect(await pool.balanceOf(carol)).to.equal(shares(w, 400_000));
    });

    const seed = 20_260_511;
    it(`never uncovers what is covered and never lowers the exit price, seed ${seed} (F-1)`, async () => {
      const { fund, pool, bob, carol } = w;
      const random = new Random(seed);
      await sent(pool.connect(w.keeper).topUpReserve(w.usd(50_000)));
      for (let i = 0; i < 15; ++i) await request(w, i % 2 === 0 ? bob : carol, shares(w, 40_000) * FIRST_RATE);
      await lend(w);
      await time.increase(COOLING);
      for (let i = 0; i < 15; ++i) {
        const cover = (await pool.totals()).fundShares / 10n ** 6n + w.usd(50_000);
        // from a tenth of the cover to a tenth more than it
        await showShortfall(w, (cover * BigInt(Math.floor(100 + random.part() * 1_000))) / 1_000n);
        const who = i % 2 === 0 ? bob : carol;
        const before = await seen(w);
        const claimable = await claimableUnits(w, who, PENDING);
        // a cooling unit for each FIRST_RATE units asked for; nothing to claim while all would be withheld
        if ((await pool.previewLeaveFund(claimable / FIRST_RATE, PENDING)).paidShares === 0n) continue;
        const units = (claimable * BigInt(1 + random.below(9))) / 10n;
        await sent(fund.connect(who)["redeem(uint256,address,address,uint256)"](units, who, who, 0));
        const after = await stateOf(w, w.frank, { blockTag: "latest" });
        expect(after.exitPrice >= before.exitPrice, `F-1: ${after.exitPrice} after ${before.exitPrice}`).to.equal(true);
        if (before.exitPrice === before.grossPrice) expect(after.exitPrice, "F-1").to.equal(after.grossPrice);
      }
      await expectConserved(w, everyone(w), [w.frank]);
    });

    it("withholds all when the claims reach the fund: limits zero, redeem refused, cancelling open", async () => {
      const { fund, pool, carol } = w;
      const id = await request(w, carol);
      await lend(w);
      await time.increase(COOLING);
      await showShortfall(w, w.usd(1_100_000));
      expect([...(await pool.previewLeaveFund(shares(w, 400_000), PENDING))]).to.deep.equal([shares(w, 400_000), 0n]);
      expect(await fund.maxRedeem(carol, PENDING)).to.equal(0n);
      expect(await fund.maxWithdraw(carol, PENDING)).to.equal(0n);
      const units = shares(w, 400_000) * FIRST_RATE;
      await expect(fund.connect(carol)["redeem(uint256,address,address,uint256)"](units, carol, carol, 0))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(0, 1);
      await expect(fund.connect(carol)["withdraw(uint256,address,address,uint256)"](1, carol, carol, MAX))
        .to.be.revertedWithCustomError(fund, "ExceedsClaimable")
        .withArgs(carol, 1, 0);
      await sent(fund.connect(carol).cancelRedeem(id));
      expect(await fund.balanceOf(carol)).to.equal(units);
    });

    it("withdraws an exact amount at a net rate, for units rounded up", async () => {
      const { fund, pool, carol } = w;
      await request(w, carol);
      await lend(w);
      await time.increase(COOLING);
      await showShortfall(w, w.usd(300_000));
      const wanted = shares(w, 1_000);
      const gross = shares(w, 400_000);
      const [, most] = await pool.previewLeaveFund(gross, PENDING);
      const cooling = divUp(gross * (wanted + 1n), most);
      const withdraw = fund.connect(carol)["withdraw(uint256,address,address,uint256)"];
      const cost = await withdraw.staticCall(wanted, carol, carol, MAX, PENDING);
      expect(cost).to.equal(cooling * FIRST_RATE);
      await sent(withdraw(wanted, carol, carol, MAX));
      const paid = await pool.balanceOf(carol);
      expect(paid >= wanted && paid <= wanted + 3n, "at most 3 share units more").to.equal(true);
    });

    it("gives what is withheld to the reserve when nobody stays", async () => {
      const { fund, pool, bob, carol } = w;
      await request(w, bob);
      await lend(w);
      await time.increase(COOLING);
      await request(w, carol);
      await claim(w, bob);
      await time.increase(COOLING);
      await showShortfall(w, w.usd(100_000));
      const before = await seen(w);
      const gross = shares(w, 400_000);
      const paid = (gross * (gross - before.claims)) / gross;
      const call = fund.connect(carol)["redeem(uint256,address,address,uint256)"](gross * FIRST_RATE, carol, carol, 0);
      await expect(call)
        .to.emit(pool, "Transfer")
        .withArgs(fund, pool, gross - paid);
      await expect(call).to.emit(pool, "Transfer").withArgs(fund, carol, paid);
      const after = await stateOf(w, w.frank, { blockTag: "latest" });
      expect(after.reserveShares).to.equal(gross - paid);
      expect(after.fundShares).to.equal(0n);
      expect(after.supply).to.equal(before.supply);
      expect([after.exitPrice, after.grossPrice]).to.deep.equal([before.exitPrice, before.grossPrice]);
      expect([...(await pool.fundAccount())]).to.deep.equal([0n, 0n, 0n]);
      await expectConserved(w, everyone(w), [w.frank]);
    });

    for (const [name, keeps, isReserves] of [
      ["the reserve when too little stays to share it", 100, true],
      ["those who stay, few as they are", 1_000, false],
    ] as const) {
      it(`gives it to ${name}`, async () => {
        const { fund, pool, bob, carol, erin } = w;
        await request(w, bob);
        await request(w, carol, shares(w, 400_000 - keeps) * FIRST_RATE);
        await lend(w);
        await time.increase(COOLING);
        // half is withheld from each: Bob's half falls to Carol, and hers to who stays
        await showShortfall(w, w.usd(500_000));
        await sent(
          fund.connect(bob)["redeem(uint256,address,address,uint256)"](shares(w, 600_000) * FIRST_RATE, bob, bob, 0),
        );
        await freeze();
        const before = await seen(w);
        const gross = (await pool.previewLeaveFund(shares(w, 400_000 - keeps), PENDING)).grossShares;
        const paid = (await pool.previewLeaveFund(shares(w, 400_000 - keeps), PENDING)).paidShares;
        const units = shares(w, 400_000 - keeps) * FIRST_RATE;
        await sent(fund.connect(carol)["redeem(uint256,address,address,uint256)"](units, carol, carol, 0));
        const after = await stateOf(w, w.frank, { blockTag: "latest" });
        expect(after.reserveShares).to.equal(isReserves ? gross - paid : 0n);
        expect(after.fundShares).to.equal(before.fundShares - (isReserves ? gross : paid));
        expect([after.exitPrice, after.grossPrice], "F-1").to.deep.equal([before.exitPrice, before.grossPrice]);
        await expectConserved(w, [...everyone(w), erin], [w.frank]);
      });
    }
  });

  describe("given a fund burned to nothing", () => {
    it("voids units, requests and lists, eight generations on", async () => {
      const { fund, pool, bob, carol, dave, keeper } = w;
      const ids: bigint[] = [];
      for (let i = 0; i < 16; ++i) ids.push(await request(w, carol, shares(w, 1_000) * FIRST_RATE));
      await sent(fund.connect(bob).approve(dave, 77));
      expect(await lose(w, w.usd(1_200_000))).to.equal(shares(w, 1_000_000));
      expect([...(await pool.fundAccount())]).to.deep.equal([0n, 0n, 8n]);
      expect(await pool.fundGeneration()).to.equal(8n);
      expect(await fund.totalSupply()).to.equal(0n);
      expect(await fund.totalAssets()).to.equal(0n);
      for (const who of [bob, carol]) expect(await fund.balanceOf(who)).to.equal(0n);
      expect(await fund.allowance(bob, dave), "allowances stay").to.equal(77n);
      expect(await fund.openRequests(carol)).to.deep.equal([]);
      expect(await fund.pendingRedeemRequest(1, carol)).to.equal(0n);
      const { units, coolingUnits, status, controller } = await fund.requestOf(1);
      expect([controller, units, coolingUnits, status]).to.deep.equal([carol.address, 0n, 0n, Request.Void]);

      await time.increase(COOLING);
      expect(await fund.maxRedeem(carol)).to.equal(0n);
      expect(await fund.maxWithdraw(carol)).to.equal(0n);
      for (const call of [
        () => fund.connect(carol)["redeem(uint256,address,address,uint256)"](1, carol, carol, 0),
        () => fund.connect(carol)["withdraw(uint256,address,address,uint256)"](1, carol, carol, MAX),
        () => fund.connect(carol).cancelRedeem(1),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(fund, "RequestVoid").withArgs(1, 0, 8);
      }
      await time.increase(8n * DAY);
      await expect(fund.connect(keeper).returnExpired(1))
        .to.be.revertedWithCustomError(fund, "RequestVoid")
        .withArgs(1, 0, 8);
      await expect(fund.connect(bob).transfer(carol, 1))
        .to.be.revertedWithCustomError(fund, "ERC20InsufficientBalance")
        .withArgs(bob, 0, 1);
      await expectConserved(w, everyone(w), [w.frank]);
    });

    it("does not dilute who stakes next, and its list starts empty", async () => {
      const { fund, pool, carol, alice } = w;
      for (let i = 0; i < 16; ++i) await request(w, carol, shares(w, 1_000) * FIRST_RATE);
      await lose(w, w.usd(1_200_000));
      const amount = shares(w, 50_000);
      await sent(pool.connect(alice).transfer(carol, amount));
      expect(await stakeShares(w, carol, amount)).to.equal(amount * FIRST_RATE);
      expect(await fund.totalSupply()).to.equal(amount * FIRST_RATE);
      expect(await fund.convertToAssets(amount * FIRST_RATE)).to.equal(amount);
      expect(await request(w, carol)).to.equal(17n);
      expect(await fund.openRequests(carol)).to.deep.equal([17n]);
      expect((await fund.requestOf(17)).coolingUnits).to.equal(amount);
      await time.increase(COOLING);
      expect(await claim(w, carol)).to.equal(amount);
      expect([...(await pool.fundAccount())]).to.deep.equal([0n, 0n, 8n]);
    });

    it("stays void when the fund is burned again", async () => {
      const { fund, pool, alice, carol } = w;
      await request(w, carol, shares(w, 1_000) * FIRST_RATE);
      await lose(w, w.usd(1_005_000)); // too little of suppliers' to halt borrowing
      await sent(pool.connect(alice).transfer(carol, shares(w, 50_000)));
      await stakeShares(w, carol, shares(w, 50_000));
      await lose(w, w.usd(100_000));
      expect(await pool.fundGeneration()).to.equal(16n);
      expect(await fund.openRequests(carol)).to.deep.equal([]);
      expect(await fund.balanceOf(carol)).to.equal(0n);
      await expect(fund.connect(carol).cancelRedeem(1))
        .to.be.revertedWithCustomError(fund, "RequestVoid")
        .withArgs(1, 0, 16);
    });
  });

  describe("given a fund burned to less than a billionth", () => {
    it("counts units a billionth, one generation on, and keeps their worth", async () => {
      const { fund, pool, bob, carol } = w;
      const before = shares(w, 1_000_000);
      const burned = await lose(w, { left: 5n * 10n ** 20n });
      const left = before - burned;
      expect(left * STEP < before, "less than a billionth").to.equal(true);
      expect([...(await pool.fundAccount())]).to.deep.equal([left, 0n, 1n]);
      const units = (shares(w, 600_000) * FIRST_RATE) / STEP;
      const supply = (before * FIRST_RATE) / STEP;
      expect(await fund.balanceOf(bob)).to.equal(units);
      expect(await fund.totalSupply()).to.equal(supply);
      expect(await fund.convertToAssets(units)).to.equal((units * (left + 1n)) / (supply + FIRST_RATE));
      await sent(fund.connect(bob).transfer(carol, units));
      expect(await fund.balanceOf(carol)).to.equal(supply);
      expect(await fund.balanceOf(bob)).to.equal(0n);
      await expectConserved(w, everyone(w), [w.frank]);
    });

    it("counts units of two generations ago a billionth of a billionth", async () => {
      const { fund, pool, alice, bob, erin } = w;
      await lose(w, { left: 5n * 10n ** 20n });
      await sent(pool.connect(alice).transfer(erin, shares(w, 500_000)));
      const units = await stakeShares(w, erin, shares(w, 500_000));
      const supply = await fund.totalSupply();
      await lose(w, { left: 4n * 10n ** 20n });
      expect(await pool.fundGeneration()).to.equal(2n);
      expect(await fund.balanceOf(bob)).to.equal((shares(w, 600_000) * FIRST_RATE) / STEP ** 2n);
      expect(await fund.balanceOf(erin)).to.equal(units / STEP);
      expect(await fund.totalSupply()).to.equal(supply / STEP);
      // from there on what is of the second generation stays as it is
      await sent(fund.connect(erin).transfer(bob, 7n));
      expect(await fund.balanceOf(bob)).to.equal((shares(w, 600_000) * FIRST_RATE) / STEP ** 2n + 7n);
      await expectConserved(w, everyone(w), [w.frank]);
    });

    it("lets a request survive with a billionth of its units", async () => {
      const { fund, pool, carol } = w;
      const id = await request(w, carol);
      const before = shares(w, 1_000_000);
      const burned = await lose(w, { left: 5n * 10n ** 20n });
      const left = before - burned;
      const index = (RAY * left * STEP) / before;
      const units = (shares(w, 400_000) * FIRST_RATE) / STEP;
      const coolingUnits = shares(w, 400_000) / STEP;
      expect((await pool.fundAccount()).coolingShares).to.equal(divUp(coolingUnits * index, RAY));
      const survivor = await fund.requestOf(id);
      expect([survivor.units, survivor.coolingUnits, survivor.status]).to.deep.equal([
        units,
        coolingUnits,
        Request.Pending,
      ]);
      expect(await fund.openRequests(carol)).to.deep.equal([id]);
      await time.increase(COOLING);
      expect(await fund.maxRedeem(carol)).to.equal(units);
      const paid = (coolingUnits * index) / RAY;
      expect(await fund.maxWithdraw(carol)).to.equal(paid);
      expect(await claim(w, carol)).to.equal(paid);
      // 400,000 of a million, a part in 4e20 of which the index's and the units' digits may round away
      expect((left * 4n) / 10n - paid <= 1n).to.equal(true);
      await expectConserved(w, everyone(w), [w.frank]);
    });

    it("shows a surviving request's units to pending and claimable alike", async () => {
      const { fund, carol } = w;
      const id = await request(w, carol);
      await lose(w, { left: 5n * 10n ** 20n });
      const units = (shares(w, 400_000) * FIRST_RATE) / STEP;
      expect(await fund.pendingRedeemRequest(id, carol)).to.equal(units);
      await time.increase(COOLING);
      expect(await fund.claimableRedeemRequest(id, carol)).to.equal(units);
    });

    it("pays surviving requests in part, oldest first, by redeem and by withdraw", async () => {
      const { fund, pool, carol } = w;
      const asked = shares(w, 100_000);
      for (let i = 0; i < 2; ++i) await request(w, carol, asked * FIRST_RATE);
      const before = shares(w, 1_000_000);
      const left = before - (await lose(w, { left: 5n * 10n ** 20n }));
      const index = (RAY * left * STEP) / before;
      const [units, coolingUnits] = [(asked * FIRST_RATE) / STEP, asked / STEP];
      const worth = (cooling: bigint) => (cooling * index) / RAY;
      await time.increase(COOLING);
      await sent(fund.connect(carol)["redeem(uint256,address,address,uint256)"](units / 2n, carol, carol, 0));
      expect(await pool.balanceOf(carol)).to.equal(worth(coolingUnits / 2n));
      expect((await fund.requestOf(1)).units).to.equal(units / 2n);
      expect((await fund.requestOf(1)).coolingUnits).to.equal(coolingUnits / 2n);
      const most = await fund.maxWithdraw(carol);
      expect(most).to.equal(worth((coolingUnits * 3n) / 2n));
      await sent(fund.connect(carol)["withdraw(uint256,address,address,uint256)"](most, carol, carol, MAX));
      expect(await pool.balanceOf(carol)).to.equal(worth(coolingUnits / 2n) + most);
      expect(await fund.openRequests(carol)).to.deep.equal([]);
      expect((await pool.fundAccount()).coolingShares).to.equal(0n);
      await expectConserved(w, everyone(w), [w.frank]);
    });

    it("brings a surviving request back to active at the new rate", async () => {
      const { fund, pool, carol } = w;
      const id = await request(w, carol);
      const before = shares(w, 1_000_000);
      const left = before - (await lose(w, { left: 5n * 10n ** 20n }));
      const index = (RAY * left * STEP) / before;
      const back = ((shares(w, 400_000) / STEP) * index) / RAY;
      const { totalShares, coolingShares } = await pool.fundAccount();
      const supply = (shares(w, 600_000) * FIRST_RATE) / STEP;
      const units = (back * (supply + FIRST_RATE)) / (totalShares - coolingShares + 1n);
      await expect(fund.connect(carol).cancelRedeem(id))
        .to.emit(fund, "RequestReturned")
        .withArgs(id, carol, carol, back, units);
      expect(await fund.balanceOf(carol)).to.equal(units);
      expect([...(await pool.fundAccount())]).to.deep.equal([left, 0n, 1n]);
    });

    it("voids a request too small for that", async () => {
      const { fund, carol } = w;
      const id = await request(w, carol, (STEP - 1n) * FIRST_RATE); // a billion less one share units
      const big = await request(w, carol, STEP * FIRST_RATE);
      await lose(w, { left: 5n * 10n ** 20n });
      expect((await fund.requestOf(id)).status).to.equal(Request.Void);
      expect((await fund.requestOf(big)).status).to.equal(Request.Pending);
      await expect(fund.connect(carol).cancelRedeem(id))
        .to.be.revertedWithCustomError(fund, "RequestVoid")
        .withArgs(id, 0, 1);
      await sent(fund.connect(carol).cancelRedeem(big));
    });

    it("makes room in a full list for void requests, and keeps the order of the others", async () => {
      const { fund, bob, carol } = w;
      const small = new Set([1n, 2n, 9n]);
      for (let id = 1n; id <= 16n; ++id) await request(w, carol, (STEP - (small.has(id) ? 1n : 0n)) * FIRST_RATE);
      await lose(w, { left: 5n * 10n ** 20n });
      await sent(fund.connect(bob).transfer(carol, STEP * FIRST_RATE));
      expect(await request(w, carol, 10n * FIRST_RATE)).to.equal(17n);
      const open = [3, 4, 5, 6, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17].map(BigInt);
      expect(await fund.openRequests(carol)).to.deep.equal(open);
      for (const id of small) {
        expect([(await fund.requestOf(id)).controller, (await fund.requestOf(id)).status]).to.deep.equal([
          ZERO,
          Request.None,
        ]);
      }
      for (const id of [18n, 19n]) expect(await request(w, carol, 10n * FIRST_RATE)).to.equal(id);
      expect(await fund.openRequests(carol)).to.deep.equal([...open, 18n, 19n]);
      await expect(fund.connect(carol).requestRedeem(10n * FIRST_RATE, carol, carol))
        .to.be.revertedWithCustomError(fund, "TooManyRequests")
        .withArgs(carol, 16);
    });

    it("drops void requests from the list with the next claim", async () => {
      const { fund, carol } = w;
      await request(w, carol, (STEP - 1n) * FIRST_RATE);
      const big = await request(w, carol, 100n * STEP * FIRST_RATE);
      await lose(w, { left: 5n * 10n ** 20n });
      await time.increase(COOLING);
      expect(await claimableUnits(w, carol)).to.equal(100n * FIRST_RATE);
      expect(await fund.openRequests(carol)).to.deep.equal([1n, big]);
      await sent(fund.connect(carol)["redeem(uint256,address,address,uint256)"](50n * FIRST_RATE, carol, carol, 0));
      expect(await fund.openRequests(carol)).to.deep.equal([big]);
    });
  });

  // Once the product of all slashes fell under a billionth, all that was left burned: with it, stakes that came later.
  it("a worn index does not burn a later stake", async () => {
    w = await feelessWorld();
    const { fund, pool, alice, bob, erin } = w;
    await deposit(w, alice, 10_000_000);
    await deposit(w, bob, 1);
    await stakeShares(w, bob, 10n ** 21n); // a thousandth of a token
    await lose(w, { left: 996_031_775n * 10n ** 6n });
    await lose(w, { left: 1_000_073n * 10n ** 6n });
    const worn = (await pool.totals()).fundShares;
    expect(worn >= 1_000_073n * 10n ** 6n && worn < 1_000_075n * 10n ** 6n, "a billionth").to.equal(true);
    expect(await pool.fundGeneration(), "still the first").to.equal(0n);

    const erinUnits = await stake(w, erin, 1_000_000);
    const stakeWorth = await fund.convertToAssets(erinUnits);
    const before = await pool.totals();
    const staked = before.fundShares - worn;
    expect(stakeWorth <= staked && stakeWorth > (staked * 999_999n) / 1_000_000n).to.equal(true);

    const loss = w.usd(128);
    const burned = await lose(w, loss); // to the wei by the waterfall, see lose
    const after = await pool.totals();
    expect(after.fundShares).to.equal(before.fundShares - burned);
    expect(burned <= loss * 10n ** 6n, "no more than the loss: a share is worth a token or more").to.equal(true);
    expect(await pool.fundGeneration()).to.equal(1n);
    expect(await fund.balanceOf(erin)).to.equal(erinUnits / STEP);
    const supply = await fund.totalSupply();
    expect(await fund.convertToAssets(erinUnits / STEP)).to.equal(
      ((erinUnits / STEP) * (after.fundShares + 1n)) / (supply + FIRST_RATE),
    );
    const worth = await fund.convertToAssets(erinUnits / STEP);
    expect(worth >= stakeWorth - burned - stakeWorth / 10n ** 6n, "of a million, 128").to.equal(true);
    // and the fund bore all of it
    expect((await pool.certificates()).unpaidFace).to.equal(0n);
    await request(w, erin);
    await time.increase(COOLING);
    expect((await claim(w, erin)) <= worth).to.equal(true);
    await expectConserved(w, everyone(w), [w.frank]);
  });
});
