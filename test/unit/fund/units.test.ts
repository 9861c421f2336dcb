import { expect } from "chai";

import { deployWorld, ethers, expectConserved, MAX, sent, time, type World } from "../../helpers/fixtures.js";
import { PERMIT } from "../../helpers/typed-data.js";
import { claim, COOLING, everyone, FIRST_RATE, request, shares, stake, stakedWorld } from "./kit.js";

describe("The fund's units", () => {
  let w: World;
  let whole: bigint;
  beforeEach(async () => {
    w = await stakedWorld();
    whole = shares(w, 600_000) * FIRST_RATE;
  });

  it("move by transfer and within an allowance", async () => {
    const { fund, bob, carol, dave, erin } = w;
    const supply = await fund.totalSupply();
    await expect(fund.connect(bob).transfer(dave, 5)).to.emit(fund, "Transfer").withArgs(bob, dave, 5);
    await sent(fund.connect(bob).approve(carol, 7));
    await sent(fund.connect(carol).transferFrom(bob, erin, 6));
    expect(await fund.allowance(bob, carol)).to.equal(1n);
    expect(await fund.balanceOf(bob)).to.equal(whole - 11n);
    expect(await fund.balanceOf(dave)).to.equal(5n);
    expect(await fund.balanceOf(erin)).to.equal(6n);
    expect(await fund.totalSupply()).to.equal(supply);
    await sent(fund.connect(bob).transfer(bob, whole - 11n));
    expect(await fund.balanceOf(bob), "to itself").to.equal(whole - 11n);
    await expectConserved(w, everyone(w), []);
  });

  it("move no further than balance and allowance", async () => {
    const { fund, bob, carol } = w;
    await expect(fund.connect(bob).transfer(carol, whole + 1n))
      .to.be.revertedWithCustomError(fund, "ERC20InsufficientBalance")
      .withArgs(bob, whole, whole + 1n);
    await sent(fund.connect(bob).approve(carol, 7));
    await expect(fund.connect(carol).transferFrom(bob, carol, 8))
      .to.be.revertedWithCustomError(fund, "ERC20InsufficientAllowance")
      .withArgs(carol, 7, 8);
  });

  it("can be permitted by signature, once", async () => {
    const { fund, bob, carol, keeper } = w;
    const { name, version, chainId, verifyingContract } = await fund.eip712Domain();
    const deadline = BigInt(await time.latest()) + 1_000n;
    const signature = ethers.Signature.from(
      await bob.signTypedData({ name, version, chainId, verifyingContract }, PERMIT, {
        owner: bob.address,
        spender: carol.address,
        value: 9n,
        nonce: await fund.nonces(bob),
        deadline,
      }),
    );
    const { v, r, s } = signature;
    await sent(fund.connect(keeper).permit(bob, carol, 9, deadline, v, r, s));
    expect(await fund.allowance(bob, carol)).to.equal(9n);
    expect(await fund.nonces(bob)).to.equal(1n);
    await expect(fund.connect(keeper).permit(bob, carol, 9, deadline, v, r, s)).to.be.revertedWithCustomError(
      fund,
      "ERC2612InvalidSigner",
    );
  });

  it("are taken from the owner's balance, not the operator's, and never by allowance alone", async () => {
    const { fund, bob, dave } = w;
    await sent(fund.connect(bob).setOperator(dave, true));
    await sent(fund.connect(dave).requestRedeem(whole, bob, bob));
    expect(await fund.balanceOf(bob)).to.equal(0n);
    expect(await fund.allowance(bob, dave)).to.equal(0n);
    await expect(fund.connect(dave).transferFrom(bob, dave, 1)).to.be.revertedWithCustomError(
      fund,
      "ERC20InsufficientAllowance",
    );
  });

  for (const decimals of [6n, 8n]) {
    it(`have 12 decimals more than an asset of ${decimals}, and a stake comes back to the share unit`, async () => {
      w = await deployWorld({ assetDecimals: decimals, parameters: { reserveFeePercent: 0n, fundFeePercent: 0n } });
      const { fund, pool, bob } = w;
      expect(await fund.decimals()).to.equal(decimals + 12n);
      expect(await stake(w, bob, 1.234567)).to.equal(1_234_567n * 10n ** (decimals - 6n) * 10n ** 12n);
      await request(w, bob);
      await time.increase(COOLING);
      expect(await claim(w, bob)).to.equal(1_234_567n * 10n ** decimals);
      await sent(pool.connect(bob)["redeem(uint256,address,address)"](await pool.balanceOf(bob), bob, bob));
      expect(await w.asset.balanceOf(bob)).to.equal(w.usd(1_000_000_000));
      expect(await fund.maxRedeem(bob)).to.equal(0n);
      expect(await pool.allowance(bob, fund)).to.equal(MAX);
      await expectConserved(w, everyone(w), []);
    });
  }
});
