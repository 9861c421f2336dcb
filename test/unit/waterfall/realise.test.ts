import { expect } from "chai";

import { divUp, Random } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  govern,
  MAX,
  openLoan,
  sent,
  setPrice,
  time,
  type World,
  world,
  ZERO,
} from "../../helpers/fixtures.js";
import { amountsOf, deposit, eventsOf, liquidate, stake, type State, stateOf } from "../liquidation/actions.js";
import { crystallised, grossOf } from "../liquidation/model.js";
import { storedOf } from "../interest/stored.js";
import { aimLoss, feelessWorld, type Realised, realiseExactly } from "./actions.js";

/** Assets at which the price is a thousandth of the first one: 1e6 share units a wei at first, virtual ones included. */
const leastToMint = (s: State): bigint => divUp(grossOf(s).shares, 10n ** 9n);

const worthOf = (s: State, shares: bigint): bigint => (shares * grossOf(s).assets) / grossOf(s).shares;

describe("The waterfall", () => {
  let w: World;

  /** Ten million of Alice's, a reserve and a fund as given, and Bob's 1.5 million against 1,000. */
  async function layered(reserve: number, fund: number): Promise<void> {
    w = await feelessWorld();
    await deposit(w, w.alice, 10_000_000);
    if (reserve > 0) await sent(w.pool.connect(w.erin).topUpReserve(w.usd(reserve)));
    if (fund > 0) await stake(w, w.frank, fund);
    await openLoan(w, w.bob, 1_000, 1_500_000);
  }

  /** What a transaction moved of the pool's shares. */
  const transfersOf = ({ receipt }: Realised): bigint[][] =>
    eventsOf(w, receipt, "Transfer").map(({ args }) => [
      args.getValue("from"),
      args.getValue("to"),
      args.getValue("value"),
    ]);

  const conserved = () => expectConserved(w, [w.alice, w.carol, w.dave, w.frank], [w.bob, w.carol]);

  it("is a haircut as a whole without cover", async () => {
    await layered(0, 0);
    await setPrice(w, 1_020);
    const { split, loss, after, before } = await realiseExactly(w, w.bob);
    expect(split.haircut).to.equal(loss);
    expect(after.supply).to.equal(before.supply);
    const [unpaidFace] = await w.pool.certificateOf(w.alice);
    // X is rounded down: less than a wei for each 1e36 shares, so one wei; the virtual shares' part is Alice's of 1e-7.
    expect(loss - unpaidFace <= loss / 10n ** 24n + 2n && unpaidFace <= loss).to.equal(true);
    await conserved();
  });

  it("burns from a reserve that is enough, and the price stays", async () => {
    await layered(600_000, 50_000);
    await setPrice(w, 1_020);
    const { split, loss, before, after } = await realiseExactly(w, w.bob);
    expect([split.fromReserve, split.fromFund, split.haircut]).to.deep.equal([loss, 0n, 0n]);
    // Burned shares are rounded up: the price can only rise, by less than a share of 1e31.
    expect(after.grossPrice - before.grossPrice <= 1n && after.grossPrice >= before.grossPrice).to.equal(true);
    await conserved();
  });

  it("shows what fees minted and the loss burned as one transfer, and none where nothing changed", async () => {
    for (const [reserve, direction] of [
      [100, "up"],
      [50_000, "down"],
    ] as const) {
      w = await world();
      await deposit(w, w.alice, 2_000_000);
      await sent(w.pool.connect(w.erin).topUpReserve(w.usd(reserve)));
      await openLoan(w, w.bob, 1_000, 1_500_000);
      await time.increase(150n * DAY);
      await aimLoss(w, w.bob, (s) => worthOf(s, s.reserveShares) + s.pendingFees / 2n);
      const realised = await realiseExactly(w, w.bob);
      const { before, after, split } = realised;
      expect(before.pendingFees > 0n && after.pendingFees === 0n && split.fromFund === 0n).to.equal(true);
      const change = after.reserveShares - before.reserveShares;
      expect(change > 0n, direction).to.equal(direction === "up");
      expect(transfersOf(realised)).to.deep.equal([
        change > 0n ? [ZERO, await w.pool.getAddress(), change] : [await w.pool.getAddress(), ZERO, -change],
      ]);
      await conserved();
    }
  });

  it("lets the reserve take fees again when it was burned through, and not yet when it was enough", async () => {
    for (const [part, percent] of [
      [200n, 20n],
      [50n, 10n],
    ] as const) {
      w = await world();
      await deposit(w, w.alice, 2_000_000);
      // over 2% of the assets: full
      await sent(w.pool.connect(w.erin).topUpReserve(w.usd(60_000)));
      await openLoan(w, w.bob, 1_000, 1_500_000);
      await sent(w.pool.connect(w.dave).transfer(w.pool, 0n));
      expect((await storedOf(w)).feePercent).to.equal(10n);
      await time.increase(DAY);
      await aimLoss(w, w.bob, (s) => (worthOf(s, s.reserveShares) * part) / 100n);
      const { after, split } = await realiseExactly(w, w.bob);
      expect(split.haircut > 0n).to.equal(percent === 20n);
      expect(after.reserveShares * 50n < after.supply, "under 2%").to.equal(true);
      expect((await storedOf(w)).feePercent).to.equal(percent);
      await conserved();
    }
  });

  it("takes the last share of the reserve and leaves the fund alone (W-2)", async () => {
    await layered(300_000, 100_000);
    await aimLoss(w, w.bob, (s) => worthOf(s, s.reserveShares));
    const { split, loss, after, before } = await realiseExactly(w, w.bob);
    expect([split.fromReserve, split.fromFund]).to.deep.equal([loss, 0n]);
    expect(after.reserveShares < 2n * 10n ** 6n, "less than a wei's worth of shares and one").to.equal(true);
    expect(after.fundShares).to.equal(before.fundShares);
    await conserved();
  });

  it("takes a wei more than the reserve from the fund", async () => {
    await layered(300_000, 100_000);
    await aimLoss(w, w.bob, (s) => worthOf(s, s.reserveShares) + 1n);
    const { split, after } = await realiseExactly(w, w.bob);
    expect([split.fromFund, split.haircut]).to.deep.equal([1n, 0n]);
    expect(after.reserveShares).to.equal(0n);
    await conserved();
  });

  it("leaves fees pending where the reserve is enough", async () => {
    w = await world();
    await deposit(w, w.alice, 10_000_000);
    await sent(w.pool.connect(w.erin).topUpReserve(w.usd(600_000)));
    await openLoan(w, w.bob, 1_000, 1_500_000);
    await time.increase(30n * DAY);
    await setPrice(w, 1_200);
    const { before, after } = await realiseExactly(w, w.bob);
    expect(before.pendingFees > 0n && after.pendingFees === before.pendingFees).to.equal(true);
    await conserved();
  });

  it("goes on to the fund with what the reserve lacks", async () => {
    await layered(300_000, 400_000);
    await setPrice(w, 1_020);
    const { split, loss, before, after } = await realiseExactly(w, w.bob);
    expect(split.haircut).to.equal(0n);
    expect(split.fromReserve + split.fromFund).to.equal(loss);
    expect(split.fromFund > w.usd(190_000)).to.equal(true);
    expect(after.grossPrice - before.grossPrice <= 1n && after.grossPrice >= before.grossPrice).to.equal(true);
    await conserved();
  });

  it("burns both and takes the rest from all shares alike (W-3)", async () => {
    await layered(100_000, 150_000);
    await deposit(w, w.carol, 1);
    await deposit(w, w.dave, 3_333_333);
    const holders = [w.alice, w.carol, w.dave];
    await setPrice(w, 1_020);
    const gross = await w.pool.grossPrice();
    const shares = await Promise.all(holders.map((holder) => w.pool.balanceOf(holder)));
    const { split, after } = await realiseExactly(w, w.bob);
    expect(split.haircut > 0n).to.equal(true);
    expect(after.grossPrice < gross).to.equal(true);
    for (const [i, holder] of holders.entries()) {
      expect(await w.pool.balanceOf(holder), "no share is taken").to.equal(shares[i]);
      // Each share's worth, rounded down once for each holder: a wei.
      const worth = await w.pool.convertToAssets(await w.pool.balanceOf(holder));
      const exact = ((shares[i] ?? 0n) * grossOf(after).assets) / grossOf(after).shares;
      expect(worth, "W-3").to.equal(exact);
    }
    await conserved();
  });

  it("starts a new generation when it wipes the fund", async () => {
    await layered(100_000, 150_000);
    const { frank, carol, fund, pool } = w;
    const units = await fund.balanceOf(frank);
    expect(units > 0n).to.equal(true);
    await setPrice(w, 1_020);
    const { steps } = await realiseExactly(w, w.bob);
    expect(steps).to.equal(8n);
    expect(await fund.balanceOf(frank), "old units are void").to.equal(0n);
    expect(await fund.totalSupply()).to.equal(0n);
    expect([...(await pool.fundAccount())]).to.deep.equal([0n, 0n, 8n]);

    await stake(w, carol, 1_000);
    const { totalShares } = await pool.fundAccount();
    // The new staker owns all of it, but for the fund's own virtual unit.
    expect(await fund.convertToAssets(await fund.balanceOf(carol))).to.be.closeTo(totalShares, 1n);
    await conserved();
  });

  it("moves nine digits into the generation when less than a billionth of a fund is left", async () => {
    await layered(100_000, 150_000);
    const { frank, fund, pool } = w;
    const units = await fund.balanceOf(frank);
    await aimLoss(w, w.bob, (s) => {
      const { assets, shares } = grossOf(s);
      return ((s.reserveShares + s.fundShares) * assets) / shares - 2n;
    });
    const { steps, split, after } = await realiseExactly(w, w.bob);
    expect(split.haircut, "the fund was enough").to.equal(0n);
    // Two wei are left of 1.5e23: 1.3e-23, so two times nine digits.
    expect(steps).to.equal(2n);
    expect(after.fundShares > 0n, "and nothing of it burns beside").to.equal(true);
    expect(await fund.balanceOf(frank), "a unit counts a billionth of a billionth").to.equal(units / 10n ** 18n);
    expect((await pool.fundAccount()).totalShares).to.equal(after.fundShares);
    await conserved();
  });

  it("keeps the generation of a fund of which a little more is left", async () => {
    await layered(100_000, 150_000);
    await aimLoss(w, w.bob, (s) => {
      const { assets, shares } = grossOf(s);
      const left = (s.fundShares * assets) / shares / 10n ** 9n + 10n;
      return ((s.reserveShares + s.fundShares) * assets) / shares - left;
    });
    const { steps, after } = await realiseExactly(w, w.bob);
    expect(steps).to.equal(0n);
    expect(after.fundShares > 0n).to.equal(true);
    expect((await w.fund.balanceOf(w.frank)) > 0n).to.equal(true);
    await conserved();
  });

  it("makes pending fees shares before more than the reserve is touched", async () => {
    w = await world();
    await deposit(w, w.alice, 10_000_000);
    await stake(w, w.frank, 100_000);
    await openLoan(w, w.bob, 1_000, 1_500_000);
    await time.increase(100n * DAY);
    await setPrice(w, 1_400);
    const { before, after, split, layers } = await realiseExactly(w, w.bob);
    expect(before.pendingFees > 0n && after.pendingFees === 0n).to.equal(true);
    expect(layers.reserve > before.reserveShares && layers.fund > before.fundShares).to.equal(true);
    expect(split.haircut > 0n).to.equal(true);
    await conserved();
  });

  it("burns cooling and active shares pro rata (F-2)", async () => {
    await layered(0, 400_000);
    const { fund, frank, pool } = w;
    await sent(fund.connect(frank).requestRedeem((await fund.balanceOf(frank)) / 4n, frank, frank));
    const [totalBefore, coolingBefore] = await pool.fundAccount();
    await aimLoss(w, w.bob, w.usd(200_000));
    await realiseExactly(w, w.bob);
    const [total, cooling] = await pool.fundAccount();
    expect(total < totalBefore).to.equal(true);
    // The cooling index is rounded down to 1e-27, cooling shares up to one: of 1e29 shares that is 100 and one.
    const exact = (coolingBefore * total) / totalBefore;
    expect(cooling - exact <= 101n && exact - cooling <= 101n, `${cooling} against ${exact}`).to.equal(true);
    await conserved();
  });

  it("writes certificates for a haircut of a wei", async () => {
    await layered(0, 0);
    await aimLoss(w, w.bob, 1n);
    const { split } = await realiseExactly(w, w.bob);
    expect(split.haircut).to.equal(1n);
    expect((await w.pool.certificates()).unpaidFace).to.equal(1n);
    await conserved();
  });

  it("leaves borrowing open for a haircut of a thousandth", async () => {
    await layered(0, 0);
    await aimLoss(w, w.bob, (s) => grossOf(s).assets / 1_000n);
    const { split, loss } = await realiseExactly(w, w.bob);
    expect(split.haircut).to.equal(loss);
    expect((await w.pool.config()).isBorrowingHalted).to.equal(false);
    await setPrice(w, 2_000);
    await openLoan(w, w.carol, 10, 10_000);
    await conserved();
  });

  it("halts borrowing for a haircut of a wei more, until it is reopened", async () => {
    await layered(0, 0);
    await aimLoss(w, w.bob, (s) => grossOf(s).assets / 1_000n + 1n);
    const { receipt } = await realiseExactly(w, w.bob);
    expect(eventsOf(w, receipt, "BorrowingHaltSet")[0]?.args.getValue("isHalted")).to.equal(true);
    await setPrice(w, 2_000);
    await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(10), w.carol));
    await expect(w.pool.connect(w.carol).borrow(w.usd(10_000), w.carol, w.carol)).to.be.revertedWithCustomError(
      w.pool,
      "BorrowingHalted",
    );
    await govern(w, w.pool.interface.encodeFunctionData("reopenBorrowing"));
    await sent(w.pool.connect(w.carol).borrow(w.usd(10_000), w.carol, w.carol));
    await conserved();
  });

  it("numbers two losses in one block, each with its own parts", async () => {
    await layered(300_000, 100_000);
    await openLoan(w, w.carol, 500, 700_000);
    await setPrice(w, 900);
    const call = (borrower: string) =>
      w.pool.interface.encodeFunctionData("liquidate", [borrower, MAX, 0, w.liquidator.address, "0x"]);
    await freeze();
    const before = await stateOf(w, w.bob, PENDING);
    const first = (await w.pool.previewLiquidation(w.bob, MAX, PENDING)).lossAssets;
    const receipt = await sent(w.pool.connect(w.liquidator).multicall([call(w.bob.address), call(w.carol.address)]));
    const losses = eventsOf(w, receipt, "LossRealised");
    expect(losses.map((loss) => loss.args.getValue("lossId") as bigint)).to.deep.equal([1n, 2n]);
    for (const { args } of losses) {
      const part = (name: string) => args.getValue(name) as bigint;
      expect(part("fromReserve") + part("fromFund") + part("haircut"), "W-1").to.equal(part("loss"));
    }
    expect(losses[0]?.args.getValue("loss")).to.equal(first);
    expect(losses[1]?.args.getValue("priceBefore"), "one starts where the other ended").to.equal(
      losses[0]?.args.getValue("priceAfter"),
    );
    const after = await stateOf(w, w.bob, { blockTag: "latest" });
    const sum = losses.reduce((total, { args }) => total + (args.getValue("loss") as bigint), 0n);
    expect(grossOf(before).assets - grossOf(after).assets).to.equal(sum);
    await conserved();
  });

  it("closes deposits for ever a wei below a thousandth of the first price", async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.bob, 1_000, 1_000_000);
    await aimLoss(w, w.bob, (s) => grossOf(s).assets - leastToMint(s) + 1n);
    const { receipt } = await realiseExactly(w, w.bob);
    expect(eventsOf(w, receipt, "DepositsClosed").length).to.equal(1);
    expect((await w.pool.config()).isClosed).to.equal(true);

    // Whatever comes back: it stays closed.
    await setPrice(w, 2_000);
    await sent(w.asset.connect(w.erin).approve(w.pool, MAX));
    await sent(w.pool.connect(w.erin).recover(w.usd(2_000_000)));
    expect(await w.pool.maxDeposit(w.carol)).to.equal(0n);
    expect(await w.pool.maxMint(w.carol)).to.equal(0n);
    await expect(w.pool.connect(w.carol)["deposit(uint256,address)"](w.usd(1), w.carol)).to.be.revertedWithCustomError(
      w.pool,
      "PoolClosed",
    );
    // Who is in gets out.
    const shares = await w.pool.balanceOf(w.alice);
    await sent(w.pool.connect(w.alice)["redeem(uint256,address,address)"](shares, w.alice, w.alice));
    await conserved();
  });

  it("closes once: a later loss finds it closed", async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.bob, 1_000, 999_500);
    await openLoan(w, w.carol, 1, 400);
    await setPrice(w, 0.001);
    const { receipt: first } = await realiseExactly(w, w.bob);
    expect(eventsOf(w, first, "DepositsClosed").length).to.equal(1);
    const { receipt: second } = await realiseExactly(w, w.carol);
    expect(["LossRealised", "DepositsClosed"].map((name) => eventsOf(w, second, name).length)).to.deep.equal([1, 0]);
    expect((await w.pool.config()).isClosed).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob, w.carol]);
  });

  it("stays open at a thousandth", async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.bob, 1_000, 1_000_000);
    await aimLoss(w, w.bob, (s) => grossOf(s).assets - leastToMint(s));
    const { receipt } = await realiseExactly(w, w.bob);
    expect(eventsOf(w, receipt, "DepositsClosed").length).to.equal(0);
    expect((await w.pool.config()).isClosed).to.equal(false);
    await setPrice(w, 2_000);
    expect(await w.pool.maxDeposit(w.carol)).to.be.greaterThan(0n);
    await conserved();
  });

  const seed = 88;
  for (const assetDecimals of [18n, 6n]) {
    it(`agrees with the model at random, ${assetDecimals} decimals, seed ${seed}`, async () => {
      const random = new Random(seed);
      w = await deployWorld({ assetDecimals });
      await deposit(w, w.alice, 5_000_000);
      for (let round = 0; round < 6; ++round) {
        await setPrice(w, 2_000);
        if ((await w.pool.config()).isBorrowingHalted) {
          await govern(w, w.pool.interface.encodeFunctionData("reopenBorrowing"));
        }
        if (random.part() < 0.7) await sent(w.pool.connect(w.erin).topUpReserve(w.usd(1 + random.part() * 50_000)));
        if (random.part() < 0.7) await stake(w, w.frank, 1 + random.part() * 50_000);
        await openLoan(w, w.bob, 100, 100_000 + random.part() * 50_000);
        await time.increase(random.below(1e6));
        await setPrice(w, 200 + random.part() * 700);
        const { before, split } = await realiseExactly(w, w.bob);
        expect(crystallised(before).cover >= split.reserveShares + split.fundShares).to.equal(true);
        await conserved();
      }
    });
  }

  it("names the borrower, and numbers losses from one", async () => {
    await layered(0, 0);
    await setPrice(w, 1_020);
    const receipt = await sent(liquidate(w, w.bob));
    expect(eventsOf(w, receipt, "LossRealised")[0]?.args.getValue("borrower")).to.equal(w.bob.address);
    expect(amountsOf(w, receipt, "LossRealised")("lossId")).to.equal(1n);
  });
});
