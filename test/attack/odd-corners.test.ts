// Doors that nobody was meant to use: flash loans in others' names, roles through a batch, the modules themselves, the
// pool's own balance, and caps filled by gifts.
import { expect } from "chai";

import { PoolDesk__factory } from "../../typechain-types/index.js";
import { ethers, expectConserved, MAX, openLoan, sent, setPrice, type World } from "../helpers/fixtures.js";
import { deposit, feelessWorld, leave } from "../scenario/story.js";
import { call, deployMallory, equip } from "./tools.js";

describe("Attack: odd corners", () => {
  let w: World;
  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.bob, 100, 100_000);
  });

  it("a flash loan in the name of one who has approved the pool takes nothing: the receiver has to answer the call itself", async () => {
    const before = await w.asset.balanceOf(w.alice.address);
    for (const receiver of [w.alice.address, w.pool.target, w.fund.target, w.asset.target, w.authority.target]) {
      await expect(w.pool.connect(w.carol).flashLoan(receiver, w.asset, w.usd(1_000), "0x")).to.revert(ethers);
    }
    expect(await w.asset.balanceOf(w.alice.address)).to.equal(before);
  });

  it("a flash loan repaid by a deposit of the loan itself fails: the pool is locked, and the money has to come back beside it", async () => {
    const borrower = await ethers.deployContract("FlashBorrower");
    await sent(borrower.approve(w.asset, w.pool));
    const { cash } = await w.pool.totals();
    await expect(w.pool.connect(w.carol).flashLoan(borrower, w.asset, cash + 1n, "0x"))
      .to.be.revertedWithCustomError(w.pool, "InsufficientCash")
      .withArgs(cash + 1n, cash);
    await expect(w.pool.connect(w.carol).flashLoan(borrower, w.collateral, 1, "0x")).to.be.revertedWithCustomError(
      w.pool,
      "UnsupportedToken",
    );
    const price = await w.pool.exitPrice();
    await sent(w.pool.connect(w.carol).flashLoan(borrower, w.asset, cash, "0x"));
    expect((await w.pool.exitPrice()) - price < 10n ** 10n, "but for interest").to.equal(true);
    expect((await w.pool.totals()).cash).to.equal(cash);
  });

  it("a batch is its sender's: no role comes with it, and none is kept from the guardian's", async () => {
    const pause = w.pool.interface.encodeFunctionData("pause");
    const leaveFund = w.pool.interface.encodeFunctionData("leaveFund", [1, 0, w.carol.address]);
    await expect(w.pool.connect(w.carol).multicall([pause]))
      .to.be.revertedWithCustomError(w.pool, "AccessManagedUnauthorized")
      .withArgs(w.carol.address);
    await expect(w.pool.connect(w.carol).multicall([leaveFund]))
      .to.be.revertedWithCustomError(w.pool, "NotFund")
      .withArgs(w.carol.address);
    const nested = w.pool.interface.encodeFunctionData("multicall", [[pause]]);
    await expect(w.pool.connect(w.carol).multicall([nested])).to.be.revertedWithCustomError(
      w.pool,
      "AccessManagedUnauthorized",
    );
    await sent(w.pool.connect(w.guardian).multicall([nested]));
    expect((await w.pool.config()).isPaused).to.equal(true);
  });

  it("the modules by themselves have no owner, no token and no role; a gift to them is a gift", async () => {
    const desk = PoolDesk__factory.connect(w.system.desk.target as string, w.carol);
    for (const attempt of [
      () => desk.pause(),
      () => desk.withdrawReserve(1, w.carol.address),
      () => desk.scheduleOracle(w.oracle),
      () => desk.topUpReserve(1),
      () => desk.recover(1),
      () => desk.buyEstate(MAX, 0, w.carol.address, "0x"),
      () => desk.startCooling(1),
    ]) {
      await expect(attempt()).to.revert(ethers);
    }
    expect(await desk.claimRecovery.staticCall(w.carol)).to.equal(0n);
    expect((await leave(w, w.alice, 10n ** 24n)) > 0n, "the pool does not notice").to.equal(true);
  });

  it("the pool's and the fund's own shares can't be moved: nobody has an allowance of theirs, or can get one", async () => {
    await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(1_000)));
    await expect(w.pool.connect(w.carol).transferFrom(w.pool, w.carol.address, 1)).to.be.revertedWithCustomError(
      w.pool,
      "ERC20InsufficientAllowance",
    );
    await expect(
      w.pool.connect(w.carol)["redeem(uint256,address,address)"](10n ** 12n, w.carol.address, w.pool),
    ).to.be.revertedWithCustomError(w.pool, "ERC20InsufficientAllowance");
    expect([await w.pool.maxRedeem(w.pool), await w.pool.maxWithdraw(w.fund)]).to.deep.equal([0n, 0n]);
    const mallory = await deployMallory();
    await equip(w, mallory, w.usd(1_000), 0n);
    // the pool calls her in a liquidation: in there it is she who speaks, not the pool
    const results = await mallory.doAll([call(w.pool, "transferFrom", [w.pool.target, mallory.address, 1])]);
    expect(results[0]?.success).to.equal(false);
  });

  it("collateral sent to the pool as a gift fills the cap: it keeps newcomers out for what it costs, and no debtor from adding", async () => {
    const own = await feelessWorld();
    await deposit(own, own.alice, 1_000_000);
    await openLoan(own, own.bob, 100, 100_000);
    // 10 million ether is the cap; 100 are in: the rest is hers to lose, 20 billion
    await sent(own.collateral.mint(own.carol.address, own.eth(9_999_900)));
    await sent(own.collateral.connect(own.carol).transfer(own.pool, own.eth(9_999_900)));
    await expect(own.pool.connect(own.dave).supplyCollateral(1, own.dave.address)).to.be.revertedWithCustomError(
      own.pool,
      "CollateralCapExceeded",
    );
    await sent(own.pool.connect(own.bob).supplyCollateral(own.eth(1), own.bob.address));
    await setPrice(own, 1_000);
    await sent(own.pool.connect(own.liquidator).liquidate(own.bob.address, MAX, 0, own.liquidator.address, "0x"));
    await expectConserved(own, [own.alice], [own.bob]);
  });

  it("collateral or money put down for the pool's or the fund's address is lost to its giver, and to nobody else", async () => {
    for (const address of [w.pool.target, w.fund.target]) {
      await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(1), address));
      await expect(w.pool.connect(w.carol).withdrawCollateral(1, address, w.carol.address))
        .to.be.revertedWithCustomError(w.pool, "NotAuthorised")
        .withArgs(w.carol.address, address);
      await expect(
        w.pool.connect(w.carol)["deposit(uint256,address)"](w.usd(1), address),
      ).to.be.revertedWithCustomError(w.pool, "InvalidAddress");
    }
    await expectConserved(w, [w.alice], [w.bob, w.pool, w.fund]);
  });
});
