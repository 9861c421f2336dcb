import { expect } from "chai";

import { marketOf } from "../attack/tools.js";
import { ethers, MAX, openLoan, sent, time, DAY, HOUR, WAD, type World } from "../helpers/fixtures.js";
import { deposit, fedWorld, feelessWorld, isWithin, leave } from "../scenario/story.js";
import { believed, feedOf, inFeed, NO_FEED, oracleOn } from "./kit.js";

describe("Lesson, Moonwell cbETH 2026: a new oracle that forgets a factor of 2,000", () => {
  let w: World;

  beforeEach(async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.dave, 100, 150_000);
  });

  /** The ratio to ether where the price in dollars was meant. */
  async function announceRatio(): Promise<void> {
    const ratio = await feedOf(1.12);
    const wrong = await oracleOn(w, [{ collateral: await believed(ratio, 1, 2), loan: NO_FEED }]);
    await sent(w.pool.connect(w.oracleManager).scheduleOracle(await wrong.getAddress()));
  }

  it("shows for three days before it can liquidate anybody, and the guardian takes it back in one call", async () => {
    await announceRatio();
    const [low, high, ok] = await w.pool.currentPrice();
    expect([low, high, ok]).to.deep.equal([w.priceOf(1.12), w.priceOf(2_000), true]);
    expect((await w.pool.exitPrice()) < (86n * WAD) / 100n, "nobody overlooks it").to.equal(true);
    await expect(
      w.pool.connect(w.liquidator).liquidate.staticCall(w.dave.address, MAX, 0, w.liquidator.address, "0x"),
    ).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
    await expect(w.pool.connect(w.keeper).flag(w.dave.address)).to.be.revertedWithCustomError(
      w.pool,
      "PositionHealthy",
    );
    await sent(w.pool.connect(w.guardian).cancelOracle());
    expect(await w.pool.exitPrice()).to.equal(await w.pool.grossPrice());
    expect(await w.pool.currentShortfall()).to.equal(0n);
  });

  it("costs who leaves meanwhile: that much a mistaken announcement can do (what it does not solve)", async () => {
    await announceRatio();
    const got = await leave(w, w.alice, (await w.pool.balanceOf(w.alice.address)) / 10n);
    expect(got < w.usd(86_000)).to.equal(true);
  });

  it("and one that stands beside a second path is not even built", async () => {
    const ratio = await feedOf(1.12);
    const ether = await feedOf(2_000);
    const paths = [
      { collateral: await believed(ratio, 1, 2), loan: NO_FEED },
      { collateral: await believed(ether, 200, 20_000), loan: NO_FEED },
    ];
    const factory = await ethers.getContractFactory("ChainlinkOracle");
    await expect(oracleOn(w, paths))
      .to.be.revertedWithCustomError(factory, "PathsDisagree")
      .withArgs(w.priceOf(1.12), w.priceOf(2_000));
  });
});

describe("Lesson, Moonwell wrsETH 2025: a feed that says 1.65 million", () => {
  it("is cut to its bound and stops the market; nobody can be paid out at it", async () => {
    const w = await fedWorld();
    await deposit(w, w.alice, 1_000_000);
    await sent(w.pool.connect(w.frank).supplyCollateral(w.eth(0.02), w.frank.address));
    await w.report(1_650_000 * 2_000);
    await expect(w.pool.connect(w.frank).borrow(w.usd(116_000), w.frank.address, w.frank.address))
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(w.priceOf(20_000), w.priceOf(20_000));
  });

  it("and when one of two feeds says it, exits are at the other one's price", async () => {
    const w = await fedWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.dave, 100, 150_000);
    await sent(w.oracleOf.first.setAnswer(inFeed(1_650_000 * 2_000)));
    expect((await w.pool.currentPrice()).low).to.equal(w.priceOf(2_000));
    expect((await w.pool.currentPrice()).ok).to.equal(false);
    // a token's shares for a token, and some seconds of interest
    expect(isWithin(await leave(w, w.alice, 10n ** 24n), 10n ** 18n, 10n ** 10n)).to.equal(true);
  });
});

describe("Lesson, Morpho PAXG 2024: twelve decimals too many", () => {
  it("the scale is computed from the tokens' own decimals, and an answer out of its bounds is not built on", async () => {
    const w = await feelessWorld();
    const gold = await ethers.deployContract("MockERC20", ["Gold", "GOLD", 18]);
    const feed = await feedOf(2_650);
    const bounds = await believed(feed, 1_000, 10_000);
    const oracle = await oracleOn(w, [{ collateral: bounds, loan: NO_FEED }], gold);
    expect((await oracle.price()).low).to.equal(2_650n * 10n ** 36n);
    // a dollar of six decimals: twelve digits less, without anybody setting a factor
    const dollar = await ethers.deployContract("MockERC20", ["Dollar", "USD", 6]);
    const sixes = await oracleOn({ ...w, asset: dollar }, [{ collateral: bounds, loan: NO_FEED }], gold);
    expect((await sixes.price()).low).to.equal(2_650n * 10n ** 24n);
    const shifted = { ...bounds, minAnswer: inFeed(1_000) * 10n ** 12n, maxAnswer: inFeed(10_000) * 10n ** 12n };
    const factory = await ethers.getContractFactory("ChainlinkOracle");
    await expect(oracleOn(w, [{ collateral: shifted, loan: NO_FEED }], gold))
      .to.be.revertedWithCustomError(factory, "AnswerOutOfBounds")
      .withArgs(bounds.feed, inFeed(2_650), shifted.minAnswer, shifted.maxAnswer);
  });
});

describe("Lesson, Compound 2022, proposals 117 and 119: an upgrade whose oracle reverts", () => {
  it("one that does not answer can't be announced", async () => {
    const w = await feelessWorld();
    const broken = await ethers.deployContract("MockOracle");
    await expect(w.pool.connect(w.oracleManager).scheduleOracle(await broken.getAddress()))
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(0n, 0n);
  });

  it("one that breaks while it is announced is not put in force, and can be cancelled at once", async () => {
    const w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.dave, 100, 150_000);
    const next = await ethers.deployContract("MockOracle");
    await sent(next.set(w.priceOf(2_000), w.priceOf(2_000), true));
    await sent(w.pool.connect(w.oracleManager).scheduleOracle(await next.getAddress()));
    const pool = await w.pool.getAddress();
    const data = w.pool.interface.encodeFunctionData("executeOracle");
    await sent(w.authority.connect(w.governor).schedule(pool, data, 0));
    await time.increase(3n * DAY);
    await sent(next.misbehave(1, 0)); // reverts from now on
    await expect(w.authority.connect(w.governor).execute(pool, data))
      .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
      .withArgs(0n, 0n);
    await sent(w.pool.connect(w.guardian).cancelOracle());
    expect(await w.pool.currentPrice()).to.deep.equal([w.priceOf(2_000), w.priceOf(2_000), true]);
  });

  it("and where one breaks in force, exits, repayment and collateral go on: no money waits for a vote", async () => {
    const world = await feelessWorld();
    const oracle = await ethers.deployContract("MockOracle");
    await sent(oracle.set(world.priceOf(2_000), world.priceOf(2_000), true));
    const w = await marketOf(world, { oracle });
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.dave, 100, 150_000);
    await openLoan(w, w.frank, 100, 100_000);
    await sent(oracle.misbehave(1, 0)); // reverts from now on
    await sent(w.pool.connect(w.dave).supplyCollateral(w.eth(1), w.dave.address));
    await sent(w.pool.connect(w.dave).repay(MAX, w.dave.address));
    await sent(w.pool.connect(w.dave).withdrawCollateral(w.eth(101), w.dave.address, w.dave.address));
    // with no price the debt that is left counts for nothing: exits are paid out of the cash alone
    const paid = await leave(w, w.alice, (await w.pool.balanceOf(w.alice.address)) / 2n);
    expect(paid > w.usd(449_999) && paid <= w.usd(450_010)).to.equal(true);
    await time.increase(DAY + HOUR);
    await expect(w.pool.connect(w.keeper).flag(w.frank.address)).to.be.revertedWithCustomError(w.pool, "OracleNotOk");
  });
});
