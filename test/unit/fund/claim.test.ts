import { expect } from "chai";
import type { AddressLike } from "ethers";

import { divUp } from "../../../sdk/model/index.js";
import { expectConserved, sent, time, type World, ZERO } from "../../helpers/fixtures.js";
import {
  claim,
  COOLING,
  eventsOf,
  everyone,
  FIRST_RATE,
  lose,
  Request,
  request,
  shares,
  stakedWorld,
  WINDOW,
} from "./kit.js";

describe("InsuranceFund.redeem and withdraw", () => {
  let w: World;
  let units: bigint;
  beforeEach(async () => {
    w = await stakedWorld();
    units = shares(w, 100) * FIRST_RATE;
  });
  const redeem = (who: World["bob"], amount: bigint, receiver: AddressLike = who, minimum = 0n) =>
    w.fund.connect(who).getFunction("redeem(uint256,address,address,uint256)")(amount, receiver, w.bob, minimum);
  const withdraw = (who: World["bob"], amount: bigint, receiver: AddressLike = who, maximum = 2n ** 256n - 1n) =>
    w.fund.connect(who).getFunction("withdraw(uint256,address,address,uint256)")(amount, receiver, w.bob, maximum);

  it("pays a claim in pool shares", async () => {
    const { fund, pool, bob } = w;
    const id = await request(w, bob, units);
    await time.increase(COOLING);
    expect([...(await pool.previewLeaveFund(shares(w, 100)))]).to.deep.equal([shares(w, 100), shares(w, 100)]);
    const call = fund.connect(bob)["redeem(uint256,address,address)"](units, bob, bob);
    await expect(call).to.emit(fund, "Withdraw").withArgs(bob, bob, bob, shares(w, 100), units);
    await expect(call).to.emit(fund, "RequestClaimed").withArgs(id, units, shares(w, 100));
    await expect(call).to.emit(pool, "FundLeft").withArgs(bob, shares(w, 100), shares(w, 100), shares(w, 100));
    await expect(call).to.emit(pool, "Transfer").withArgs(fund, bob, shares(w, 100));
    expect(await pool.balanceOf(bob)).to.equal(shares(w, 100));
    expect([...(await pool.fundAccount())]).to.deep.equal([shares(w, 999_900), 0n, 0n]);
    expect(await fund.openRequests(bob)).to.deep.equal([]);
    await expectConserved(w, everyone(w), []);
  });

  it("moves the last staker's shares and nothing else", async () => {
    const { fund, pool, bob, carol } = w;
    for (const who of [bob, carol]) await request(w, who);
    await time.increase(COOLING);
    await claim(w, bob);
    const receipt = await sent(
      fund.connect(carol).getFunction("redeem(uint256,address,address,uint256)")(
        shares(w, 400_000) * FIRST_RATE,
        carol,
        carol,
        0n,
      ),
    );
    const moved = eventsOf(w, receipt, "Transfer").map(({ args }) => [...args]);
    expect(moved).to.deep.equal([[await fund.getAddress(), carol.address, shares(w, 400_000)]]);
    expect([...(await pool.fundAccount())]).to.deep.equal([0n, 0n, 0n]);
    await expectConserved(w, everyone(w), []);
  });

  it("pays an operator's receiver", async () => {
    const { fund, pool, bob, dave, erin } = w;
    await request(w, bob, units);
    await time.increase(COOLING);
    await sent(fund.connect(bob).setOperator(dave, true));
    await expect(redeem(dave, units, erin))
      .to.emit(fund, "Withdraw")
      .withArgs(dave, erin, bob, shares(w, 100), units);
    expect(await pool.balanceOf(erin)).to.equal(shares(w, 100));
  });

  it("refuses strangers, an allowance notwithstanding", async () => {
    const { fund, bob, dave } = w;
    await request(w, bob, units);
    await time.increase(COOLING);
    await sent(fund.connect(bob).approve(dave, units));
    for (const call of [() => redeem(dave, units), () => withdraw(dave, 1n)]) {
      await expect(call()).to.be.revertedWithCustomError(fund, "NotAuthorised").withArgs(dave, bob);
    }
  });

  it("pays from the first second of the window to the last", async () => {
    const { fund, pool, bob } = w;
    await request(w, bob, units);
    const at = BigInt(await time.latest());
    await time.setNextBlockTimestamp(at + COOLING - 1n);
    await expect(redeem(bob, units, bob))
      .to.be.revertedWithCustomError(fund, "ExceedsClaimable")
      .withArgs(bob, units, 0);
    await time.setNextBlockTimestamp(at + COOLING);
    await sent(redeem(bob, units / 2n, bob));
    await time.setNextBlockTimestamp(at + COOLING + WINDOW - 1n);
    await sent(redeem(bob, units / 4n, bob));
    expect(await pool.balanceOf(bob)).to.equal(shares(w, 75));
    await time.setNextBlockTimestamp(at + COOLING + WINDOW);
    await expect(redeem(bob, units / 4n, bob))
      .to.be.revertedWithCustomError(fund, "ExceedsClaimable")
      .withArgs(bob, units / 4n, 0);
  });

  it("takes the oldest first, in part, and closes up", async () => {
    const { fund, pool, bob } = w;
    await request(w, bob, units);
    await request(w, bob, 2n * units);
    await request(w, bob, 3n * units);
    await time.increase(COOLING);
    const late = await request(w, bob, units);
    await sent(redeem(bob, (units * 3n) / 2n));
    expect(await fund.openRequests(bob)).to.deep.equal([2n, 3n, late]);
    expect((await fund.requestOf(1)).status).to.equal(Request.None);
    expect((await fund.requestOf(2)).units).to.equal((units * 3n) / 2n);
    expect((await fund.requestOf(2)).coolingUnits).to.equal(shares(w, 150));
    expect((await fund.requestOf(3)).units).to.equal(3n * units);
    expect(await fund.maxRedeem(bob)).to.equal((units * 9n) / 2n);
    await sent(redeem(bob, (units * 9n) / 2n));
    expect(await fund.openRequests(bob)).to.deep.equal([late]);
    expect(await pool.balanceOf(bob)).to.equal(shares(w, 600));
    expect([...(await pool.fundAccount())]).to.deep.equal([shares(w, 999_400), shares(w, 100), 0n]);
  });

  it("passes over expired and pending ones", async () => {
    const { fund, bob } = w;
    const expired = await request(w, bob, units);
    await time.increase(WINDOW + 1n);
    const due = await request(w, bob, 2n * units);
    await time.increase(COOLING);
    const young = await request(w, bob, 3n * units);
    expect(await fund.maxRedeem(bob)).to.equal(2n * units);
    expect(await fund.maxWithdraw(bob)).to.equal(shares(w, 200));
    await expect(redeem(bob, 2n * units + 1n))
      .to.be.revertedWithCustomError(fund, "ExceedsClaimable")
      .withArgs(bob, 2n * units + 1n, 2n * units);
    await sent(withdraw(bob, shares(w, 200)));
    expect(await fund.openRequests(bob)).to.deep.equal([expired, young]);
    expect((await fund.requestOf(due)).status).to.equal(Request.None);
    expect((await fund.requestOf(expired)).units).to.equal(units);
  });

  it("takes from those it pays and names no others", async () => {
    const { fund, bob } = w;
    for (let i = 0; i < 2; ++i) await request(w, bob, units);
    await time.increase(COOLING);
    const { hash } = await sent(redeem(bob, units));
    const claimed = await fund.queryFilter(fund.filters.RequestClaimed, "latest");
    expect(claimed.map(({ args, transactionHash }) => [...args, transactionHash])).to.deep.equal([
      [1n, units, shares(w, 100), hash],
    ]);
  });

  it("withdraws by the rate of the request it takes from, with units rounded up", async () => {
    const { fund, pool, alice, bob } = w;
    await request(w, bob, units); // expires
    await time.increase(WINDOW + 1n);
    await sent(pool.connect(alice).transfer(fund, shares(w, 123_457) + 1n));
    const due = await request(w, bob, units);
    const { coolingUnits } = await fund.requestOf(due);
    expect(coolingUnits > shares(w, 112) && coolingUnits < shares(w, 113), "a unit is worth more now").to.equal(true);
    await time.increase(COOLING);
    const taken = shares(w, 7) + 1n; // one more than asked for rounding
    const cost = divUp(units * taken, coolingUnits);
    expect(cost * coolingUnits > units * taken, "not by whole units").to.equal(true);
    await expect(withdraw(bob, taken - 1n))
      .to.emit(fund, "Withdraw")
      .withArgs(bob, bob, bob, taken, cost);
    expect((await fund.requestOf(due)).units).to.equal(units - cost);
  });

  it("pays for the last unit of a request what rounding left to it", async () => {
    const { fund, pool, bob } = w;
    for (let i = 0; i < 2; ++i) await request(w, bob, 2n * FIRST_RATE); // two share units each
    await time.increase(COOLING);
    await sent(redeem(bob, 4n * FIRST_RATE - 1n));
    expect(await pool.balanceOf(bob)).to.equal(3n);
    const { units: left, coolingUnits, status } = await fund.requestOf(2);
    expect([left, coolingUnits, status]).to.deep.equal([1n, 1n, Request.Claimable]);
    expect([await fund.maxRedeem(bob), await fund.maxWithdraw(bob)]).to.deep.equal([1n, 1n]);
    await expect(withdraw(bob, 1n)).to.emit(fund, "Withdraw").withArgs(bob, bob, bob, 1, 1);
    expect(await fund.openRequests(bob)).to.deep.equal([]);
    await expectConserved(w, everyone(w), []);
  });

  it("pays a single share unit by the plain overload, and refuses to pay none", async () => {
    const { fund, pool, bob } = w;
    await request(w, bob, units);
    await time.increase(COOLING);
    const plain = fund.connect(bob).getFunction("redeem(uint256,address,address)");
    await expect(plain(FIRST_RATE - 1n, bob, bob))
      .to.be.revertedWithCustomError(pool, "BelowMinimum")
      .withArgs(0, 1);
    await expect(plain(FIRST_RATE, bob, bob))
      .to.emit(fund, "Withdraw")
      .withArgs(bob, bob, bob, 1, FIRST_RATE);
  });

  it("refuses nothing, and more than is claimable", async () => {
    const { fund, bob } = w;
    await request(w, bob, units);
    await time.increase(COOLING);
    await expect(redeem(bob, 0n)).to.be.revertedWithCustomError(fund, "ZeroAmount");
    await expect(withdraw(bob, 0n)).to.be.revertedWithCustomError(fund, "ZeroAmount");
    await expect(redeem(bob, units + 1n))
      .to.be.revertedWithCustomError(fund, "ExceedsClaimable")
      .withArgs(bob, units + 1n, units);
    await expect(withdraw(bob, shares(w, 100) + 1n))
      .to.be.revertedWithCustomError(fund, "ExceedsClaimable")
      .withArgs(bob, shares(w, 100) + 1n, shares(w, 100));
    await claim(w, bob);
    await expect(withdraw(bob, 1n)).to.be.revertedWithCustomError(fund, "ExceedsClaimable").withArgs(bob, 1, 0);
    await expect(redeem(bob, 1n)).to.be.revertedWithCustomError(fund, "ExceedsClaimable").withArgs(bob, 1, 0);
  });

  it("keeps to the caller's limits", async () => {
    const { fund, pool, bob } = w;
    await request(w, bob, units);
    await time.increase(COOLING);
    await expect(redeem(bob, units, bob, shares(w, 100) + 1n))
      .to.be.revertedWithCustomError(pool, "BelowMinimum")
      .withArgs(shares(w, 100), shares(w, 100) + 1n);
    // a single unit is a millionth of a share unit: not given up for nothing
    await expect(redeem(bob, 1n)).to.be.revertedWithCustomError(pool, "BelowMinimum").withArgs(0, 1);
    const half = shares(w, 50);
    const cost = (half + 1n) * FIRST_RATE; // one more cooling unit for rounding
    await expect(withdraw(bob, half, bob, cost - 1n))
      .to.be.revertedWithCustomError(fund, "AboveMaximum")
      .withArgs(cost, cost - 1n);
    await sent(withdraw(bob, half, bob, cost));
    expect(await pool.balanceOf(bob)).to.equal(half + 1n);
    await sent(redeem(bob, units - cost, bob, half - 1n));
    expect(await pool.balanceOf(bob)).to.equal(shares(w, 100));
    await expectConserved(w, everyone(w), []);
  });

  it("withdraws an amount over several requests by the plain overload", async () => {
    const { fund, pool, bob } = w;
    await request(w, bob, units);
    await request(w, bob, units);
    await time.increase(COOLING);
    const wanted = shares(w, 130);
    const cost = await fund.connect(bob)["withdraw(uint256,address,address)"].staticCall(wanted, bob, bob);
    expect(cost).to.equal((wanted + 1n) * FIRST_RATE);
    await sent(fund.connect(bob)["withdraw(uint256,address,address)"](wanted, bob, bob));
    expect(await pool.balanceOf(bob)).to.equal(wanted + 1n);
    expect(await fund.openRequests(bob)).to.deep.equal([2n]);
    await sent(fund.connect(bob)["withdraw(uint256,address,address)"](await fund.maxWithdraw(bob), bob, bob));
    expect(await pool.balanceOf(bob)).to.equal(shares(w, 200));
    expect(await fund.openRequests(bob)).to.deep.equal([]);
  });

  it("pays neither nobody nor the pool nor the fund", async () => {
    const { fund, pool, bob } = w;
    await request(w, bob, units);
    await time.increase(COOLING);
    for (const receiver of [ZERO, await pool.getAddress(), await fund.getAddress()]) {
      await expect(redeem(bob, units, receiver))
        .to.be.revertedWithCustomError(pool, "InvalidAddress")
        .withArgs(receiver);
    }
  });
});

describe("InsuranceFund.cancelRedeem and returnExpired", () => {
  let w: World;
  let units: bigint;
  beforeEach(async () => {
    w = await stakedWorld();
    units = shares(w, 100) * FIRST_RATE;
  });

  for (const [name, wait] of [
    ["pending", 1n],
    ["claimable", COOLING],
    ["expired", COOLING + WINDOW],
  ] as const) {
    it(`gives units for a request that is ${name}`, async () => {
      const { fund, pool, bob } = w;
      const before = await fund.balanceOf(bob);
      const id = await request(w, bob, units);
      await time.increase(wait);
      const call = fund.connect(bob).cancelRedeem(id);
      await expect(call).to.emit(fund, "RequestReturned").withArgs(id, bob, bob, shares(w, 100), units);
      await expect(call).to.emit(fund, "Transfer").withArgs(ZERO, bob, units);
      expect(await fund.balanceOf(bob)).to.equal(before);
      expect([...(await pool.fundAccount())]).to.deep.equal([shares(w, 1_000_000), 0n, 0n]);
      expect((await fund.requestOf(id)).status).to.equal(Request.None);
      expect(await fund.openRequests(bob)).to.deep.equal([]);
      await expectConserved(w, everyone(w), []);
    });
  }

  it("gives them at the present rate", async () => {
    const { fund, pool, alice, bob } = w;
    const id = await request(w, bob, units);
    await sent(pool.connect(alice).transfer(fund, shares(w, 999_900))); // each active share's unit becomes two
    const active = shares(w, 1_999_800);
    const supply = shares(w, 999_900) * FIRST_RATE;
    const expected = (shares(w, 100) * (supply + FIRST_RATE)) / (active + 1n);
    const before = await fund.balanceOf(bob);
    await sent(fund.connect(bob).cancelRedeem(id));
    expect((await fund.balanceOf(bob)) - before).to.equal(expected);
  });

  it("lets the controller's operator cancel, and no one else", async () => {
    const { fund, bob, dave } = w;
    const id = await request(w, bob, units);
    await expect(fund.connect(dave).cancelRedeem(id))
      .to.be.revertedWithCustomError(fund, "NotAuthorised")
      .withArgs(dave, bob);
    await sent(fund.connect(bob).setOperator(dave, true));
    await expect(fund.connect(dave).cancelRedeem(id))
      .to.emit(fund, "RequestReturned")
      .withArgs(id, bob, dave, shares(w, 100), units);
  });

  it("keeps the order of what stays", async () => {
    const { fund, bob } = w;
    for (let i = 0; i < 4; ++i) await request(w, bob, units);
    await sent(fund.connect(bob).cancelRedeem(2));
    expect(await fund.openRequests(bob)).to.deep.equal([1n, 3n, 4n]);
    await sent(fund.connect(bob).cancelRedeem(4));
    expect(await fund.openRequests(bob)).to.deep.equal([1n, 3n]);
  });

  it("lets anyone return an expired one, not a second before", async () => {
    const { fund, bob, keeper } = w;
    const before = await fund.balanceOf(bob);
    const id = await request(w, bob, units);
    const expiresAt = BigInt(await time.latest()) + COOLING + WINDOW;
    await time.setNextBlockTimestamp(expiresAt - 1n);
    await expect(fund.connect(keeper).returnExpired(id))
      .to.be.revertedWithCustomError(fund, "RequestNotExpired")
      .withArgs(id, expiresAt - 1n, expiresAt);
    await time.setNextBlockTimestamp(expiresAt);
    await expect(fund.connect(keeper).returnExpired(id))
      .to.emit(fund, "RequestReturned")
      .withArgs(id, bob, keeper, shares(w, 100), units);
    expect(await fund.balanceOf(bob)).to.equal(before);
    expect(await fund.balanceOf(keeper)).to.equal(0n);
  });

  it("knows no request that is closed or was never made", async () => {
    const { fund, bob } = w;
    const id = await request(w, bob, units);
    await sent(fund.connect(bob).cancelRedeem(id));
    for (const gone of [0n, id, id + 1n]) {
      await expect(fund.connect(bob).cancelRedeem(gone))
        .to.be.revertedWithCustomError(fund, "RequestNotOpen")
        .withArgs(gone);
      await expect(fund.connect(bob).returnExpired(gone))
        .to.be.revertedWithCustomError(fund, "RequestNotOpen")
        .withArgs(gone);
    }
  });

  it("closes a request that has become worth nothing, for nothing", async () => {
    const { fund, bob } = w;
    const id = await request(w, bob, FIRST_RATE); // one share unit
    await lose(w, w.usd(500_000));
    await expect(fund.connect(bob).cancelRedeem(id)).to.emit(fund, "RequestReturned").withArgs(id, bob, bob, 0, 0);
    expect(await fund.openRequests(bob)).to.deep.equal([]);
    await expectConserved(w, everyone(w), [w.frank]);
  });
});
