import { expect } from "chai";

import {
  ethers,
  expectConserved,
  MAX,
  networkHelpers,
  sent,
  setPrice,
  time,
  type World,
  world,
} from "../../helpers/fixtures.js";
import { actor, type Call } from "../liquidation/actor.js";
import { COOLING, everyone, FIRST_RATE, lend, lose, request, shares, stakedWorld, STEP } from "./kit.js";

describe("InsuranceFund views", () => {
  let w: World;
  beforeEach(async () => {
    w = await stakedWorld();
  });

  it("names its interfaces, its asset and its own token", async () => {
    const { fund, pool } = w;
    const ids = { operator: "0xe3bc4e65", redeem: "0x620ee8e4", erc7575: "0x2f0a18c5", erc165: "0x01ffc9a7" };
    for (const id of Object.values(ids)) expect(await fund.supportsInterface(id), id).to.equal(true);
    // no asynchronous deposits, no plain ERC-4626, and never this one
    for (const id of ["0xce3bbe50", "0x87dfe5a0", "0xffffffff"]) {
      expect(await fund.supportsInterface(id), id).to.equal(false);
    }
    expect(await fund.asset()).to.equal(pool.target);
    expect(await fund.share()).to.equal(fund.target);
    expect(await pool.fund()).to.equal(fund.target);
    expect(await fund.coolingPeriod()).to.equal(COOLING);
  });

  it("has no preview of a claim", async () => {
    const { fund } = w;
    for (const amount of [0n, 1n, MAX]) {
      await expect(fund.previewRedeem(amount)).to.be.revertedWithCustomError(fund, "PreviewUnsupported");
      await expect(fund.previewWithdraw(amount)).to.be.revertedWithCustomError(fund, "PreviewUnsupported");
    }
  });

  it("limits who has no request to nothing", async () => {
    const { fund, bob, dave } = w;
    for (const who of [bob, dave]) {
      expect(await fund.maxRedeem(who)).to.equal(0n);
      expect(await fund.maxWithdraw(who)).to.equal(0n);
      expect(await fund.openRequests(who)).to.deep.equal([]);
    }
    const room = 2n ** 208n - 1n - shares(w, 1_000_000) * FIRST_RATE;
    expect(await fund.maxMint(dave)).to.equal(room);
    expect(await fund.maxDeposit(dave)).to.equal(room / FIRST_RATE);
  });

  it("limits a deposit by the rate of the active shares, whatever cools", async () => {
    const { fund, pool, alice, carol, dave } = w;
    await request(w, carol);
    await sent(pool.connect(alice).transfer(fund, shares(w, 300_000)));
    const [active, units] = [shares(w, 900_000), shares(w, 600_000) * FIRST_RATE];
    expect(await fund.maxDeposit(dave)).to.equal(((2n ** 208n - 1n - units) * (active + 1n)) / (units + FIRST_RATE));
  });

  it("limits a claim that is worth nothing to nothing", async () => {
    const { fund, carol } = w;
    await request(w, carol, FIRST_RATE); // one share unit
    await lose(w, w.usd(500_000));
    await time.increase(COOLING);
    expect(await fund.claimableRedeemRequest(1, carol)).to.equal(FIRST_RATE);
    expect([await fund.maxRedeem(carol), await fund.maxWithdraw(carol)]).to.deep.equal([0n, 0n]);
  });

  it("reads zero limits and amounts while the pool is inside a call, and the rest is Locked", async () => {
    const { fund, pool, asset, carol } = w;
    await lose(w, { left: 5n * 10n ** 20n }); // a generation on
    const id = await request(w, carol);
    await lend(w);
    await time.increase(COOLING);
    await setPrice(w, 1_700);
    const liquidator = await actor();
    const self = await liquidator.getAddress();
    const on = (payload: string): Call => ({ target: fund.target as string, payload });
    const i = fund.interface;
    const limits = [
      i.encodeFunctionData("maxDeposit", [carol.address]),
      i.encodeFunctionData("maxMint", [carol.address]),
      i.encodeFunctionData("maxRedeem", [carol.address]),
      i.encodeFunctionData("maxWithdraw", [carol.address]),
      i.encodeFunctionData("pendingRedeemRequest", [id, carol.address]),
      i.encodeFunctionData("claimableRedeemRequest", [id, carol.address]),
    ];
    const locked = [
      i.encodeFunctionData("totalAssets"),
      i.encodeFunctionData("convertToAssets", [1]),
      i.encodeFunctionData("convertToShares", [1]),
      i.encodeFunctionData("previewDeposit", [1]),
      i.encodeFunctionData("previewMint", [1]),
      i.encodeFunctionData("deposit(uint256,address)", [1, self]),
      i.encodeFunctionData("requestRedeem", [1, self, self]),
    ];
    const data = liquidator.encode([
      ...[...limits, ...locked].map(on),
      {
        target: asset.target as string,
        payload: asset.interface.encodeFunctionData("mint", [self, w.usd(10_000_000)]),
      },
      { target: asset.target as string, payload: asset.interface.encodeFunctionData("approve", [pool.target, MAX]) },
    ]);
    const { contract } = liquidator;
    await sent(
      contract.execute(pool, pool.interface.encodeFunctionData("liquidate", [w.frank.address, MAX, 0, self, data])),
    );
    expect(await contract.callbacks()).to.equal(1n);
    for (let k = 0; k < limits.length; ++k) {
      expect(await contract.successes(k), `limit ${k}`).to.equal(true);
      expect(BigInt(await contract.results(k)), `limit ${k}`).to.equal(0n);
    }
    const error = pool.interface.getError("Locked")?.selector;
    for (let k = limits.length; k < limits.length + locked.length; ++k) {
      expect(await contract.successes(k), `call ${k}`).to.equal(false);
      expect(await contract.results(k), `call ${k}`).to.equal(error);
    }
    expect(await fund.maxRedeem(carol), "and afterwards").to.equal((shares(w, 400_000) * FIRST_RATE) / STEP);
    await expectConserved(w, everyone(w), [w.frank]);
  });
});

describe("LendingPool's functions for its fund", () => {
  let w: World;
  beforeEach(async () => {
    w = await stakedWorld();
  });

  it("are for the fund alone", async () => {
    const { pool, bob, admin, governor } = w;
    for (const who of [bob, admin, governor]) {
      for (const call of [
        () => pool.connect(who).startCooling(1),
        () => pool.connect(who).stopCooling(1),
        () => pool.connect(who).leaveFund(1, 0, who),
      ]) {
        await expect(call()).to.be.revertedWithCustomError(pool, "NotFund").withArgs(who);
      }
    }
  });

  it("move no more than is active or cooling", async () => {
    const { pool, fund, carol } = w;
    await request(w, carol);
    const address = await fund.getAddress();
    await networkHelpers.impersonateAccount(address);
    await networkHelpers.setBalance(address, 10n ** 18n);
    const asFund = pool.connect(await ethers.getSigner(address));
    const [active, cooling] = [shares(w, 600_000), shares(w, 400_000)];
    await expect(asFund.startCooling(active + 1n))
      .to.be.revertedWithCustomError(pool, "AboveMaximum")
      .withArgs(active + 1n, active);
    for (const call of [() => asFund.stopCooling(cooling + 1n), () => asFund.leaveFund(cooling + 1n, 0, carol)]) {
      await expect(call())
        .to.be.revertedWithCustomError(pool, "AboveMaximum")
        .withArgs(cooling + 1n, cooling);
    }
    await expect(asFund.leaveFund(5, 6, carol))
      .to.be.revertedWithCustomError(pool, "BelowMinimum")
      .withArgs(5, 6);
    expect(await asFund.startCooling.staticCall(active)).to.equal(active);
    expect(await asFund.stopCooling.staticCall(cooling)).to.equal(cooling);
    expect(await asFund.leaveFund.staticCall(cooling, cooling, carol)).to.equal(cooling);
  });

  it("preview nothing of a fund that is empty", async () => {
    const { pool } = await world();
    for (const units of [0n, 1n, MAX]) expect([...(await pool.previewLeaveFund(units))]).to.deep.equal([0n, 0n]);
  });

  it("preview at most what cools", async () => {
    const { pool, carol } = w;
    expect([...(await pool.previewLeaveFund(MAX))]).to.deep.equal([0n, 0n]);
    await request(w, carol);
    const cooling = shares(w, 400_000);
    expect([...(await pool.previewLeaveFund(0))]).to.deep.equal([0n, 0n]);
    expect([...(await pool.previewLeaveFund(7))]).to.deep.equal([7n, 7n]);
    expect([...(await pool.previewLeaveFund(MAX))]).to.deep.equal([cooling, cooling]);
    expect([...(await pool.fundAccount())]).to.deep.equal([shares(w, 1_000_000), cooling, 0n]);
  });
});
