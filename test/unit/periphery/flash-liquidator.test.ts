import { expect } from "chai";

import {
  DAY,
  deployWorld,
  ethers,
  expectConserved,
  MAX,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  time,
  WAD,
  ZERO,
} from "../../helpers/fixtures.js";

const FEE = 3_000;
/** The same as the adapter reads it: three bytes. */
const ROUTE = "0x000bb8";
const PRICE = 2_000;

/** Bob and Carol close to 80%: at 1,800 they are over the lltv, at 1,500 insolvent. A venue at the oracle's price. */
async function deployStage() {
  const w = await deployWorld();
  const router = await ethers.deployContract("MockUniswapV3Router");
  const adapter = await ethers.deployContract("UniswapV3Adapter", [await router.getAddress()]);
  const flash = await ethers.deployContract("FlashLiquidator");
  const middle = await ethers.deployContract("MockERC20", ["Middle", "MID", 18]);
  const addresses = {
    asset: await w.asset.getAddress(),
    collateral: await w.collateral.getAddress(),
    middle: await middle.getAddress(),
    pool: await w.pool.getAddress(),
    router: await router.getAddress(),
    adapter: await adapter.getAddress(),
    flash: await flash.getAddress(),
  };
  for (const token of [w.asset, w.collateral, middle]) await token.mint(addresses.router, w.usd(10n ** 9n));
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1_000_000), w.alice.address));
  for (const borrower of [w.bob, w.carol]) await openLoan(w, borrower, 10, 15_990);
  const sale = { adapter: addresses.adapter, route: ROUTE, beneficiary: w.keeper.address };
  const s = { ...w, router, adapter, flash, middle, addresses, sale };
  await setVenue(s, PRICE, 100_000_000);
  return s;
}

type Stage = Awaited<ReturnType<typeof deployStage>>;

async function stage(): Promise<Stage> {
  return await networkHelpers.loadFixture(deployStage);
}

/** What a whole collateral token costs there, and how many loan tokens lie on the one side. */
async function setVenue(
  s: Pick<Stage, "router" | "addresses" | "usd" | "eth">,
  price: number,
  depth: number,
): Promise<void> {
  const { asset, collateral } = s.addresses;
  await sent(s.router.setReserves(asset, collateral, FEE, s.usd(depth), s.eth(depth / price)));
}

async function fall(s: Stage, price: number, depth = 100_000_000): Promise<void> {
  await setPrice(s, price);
  await setVenue(s, price, depth);
}

const task = (s: Stage, borrower = s.bob.address, minProfit = 0n, maxRepayAssets = MAX) => ({
  borrower,
  maxRepayAssets,
  minProfit,
});

/** The collateral token's worth in the pool of the venue, after its fee. */
async function proceeds(s: Stage, amount: bigint): Promise<bigint> {
  const { asset, collateral } = s.addresses;
  const key = ethers.keccak256(
    ethers.AbiCoder.defaultAbiCoder().encode(
      ["address", "address", "uint24"],
      BigInt(asset) < BigInt(collateral) ? [asset, collateral, FEE] : [collateral, asset, FEE],
    ),
  );
  const [assets, tokens] = [await s.router.reserves(key, asset), await s.router.reserves(key, collateral)];
  const counted = (amount * (1_000_000n - BigInt(FEE))) / 1_000_000n;
  return (assets * counted) / (tokens + counted);
}

async function expectEmpty(s: Stage, assets = 0n, collateral = 0n): Promise<void> {
  const { flash, adapter, pool, router } = s.addresses;
  for (const [token, held] of [
    [s.asset, assets],
    [s.collateral, collateral],
    [s.middle, 0n],
  ] as const) {
    expect(await token.balanceOf(flash), "held").to.equal(held);
    expect(await token.balanceOf(adapter), "held by the adapter").to.equal(0n);
    expect(await token.allowance(flash, pool), "allowance of the pool").to.equal(0n);
    expect(await token.allowance(flash, adapter), "allowance of the adapter").to.equal(0n);
    expect(await token.allowance(adapter, router), "allowance of the router").to.equal(0n);
  }
  await expectConserved(s, [s.alice.address], [s.bob.address, s.carol.address]);
}

/** A position of Bob's in the estate, at a price. */
async function foreclosed(s: Stage, price: number): Promise<void> {
  await fall(s, price);
  await sent(s.pool.flag(s.bob.address));
  await time.increase(DAY);
  await sent(s.pool.foreclose(s.bob.address));
}

describe("FlashLiquidator", () => {
  describe("liquidate", () => {
    it("repays out of the seized collateral and sends the beneficiary what is left", async () => {
      const s = await stage();
      await fall(s, 1_800);
      const before = await s.asset.balanceOf(s.keeper.address);
      const receipt = await sent(s.flash.connect(s.frank).liquidate(s.pool, task(s), s.sale));
      const [event] = await s.pool.queryFilter(s.pool.filters.Liquidated(), receipt.blockNumber);
      const { caller, repaidAssets, seizedCollateral, lossAssets } = event?.args ?? expect.fail("no liquidation");
      expect(caller).to.equal(s.addresses.flash);
      expect(lossAssets).to.equal(0n);
      await setVenue(s, 1_800, 100_000_000);
      const profit = (await proceeds(s, seizedCollateral)) - repaidAssets;
      expect(profit).to.be.greaterThan(0n);
      expect((await s.asset.balanceOf(s.keeper.address)) - before).to.equal(profit);
      await expectEmpty(s);
    });

    it("realises the loss of an insolvent position on the way", async () => {
      const s = await stage();
      await fall(s, 1_500);
      const profit = await s.flash.liquidate.staticCall(s.pool, task(s), s.sale);
      // 2% of 15,000 less 0.3% for the venue and what 10 move its price
      expect(profit).to.be.within(s.usd(230), s.usd(250));
      await expect(s.flash.liquidate(s.pool, task(s), s.sale)).to.emit(s.pool, "LossRealised");
      expect((await s.pool.positionOf(s.bob.address)).debtShares).to.equal(0n);
      await expectEmpty(s);
    });

    it("sends the beneficiary collateral that could not be sold", async () => {
      const s = await stage();
      await fall(s, 1_800);
      await sent(s.router.misbehave(false, 99, ZERO, "0x"));
      const before = await s.collateral.balanceOf(s.keeper.address);
      const receipt = await sent(s.flash.liquidate(s.pool, task(s), s.sale));
      const [event] = await s.pool.queryFilter(s.pool.filters.Liquidated(), receipt.blockNumber);
      const seized = event?.args.seizedCollateral ?? 0n;
      expect((await s.collateral.balanceOf(s.keeper.address)) - before).to.equal(seized - (seized * 99n) / 100n);
      await expectEmpty(s);
    });

    it("cancels the debt of a position without collateral for nothing", async () => {
      const s = await stage();
      await fall(s, 0.000_001);
      // At this price all collateral goes for a few wei, and some debt stays with a wei of it taken less.
      await sent(s.flash.liquidate(s.pool, task(s, s.carol.address), s.sale));
      expect((await s.pool.positionOf(s.carol.address)).debtShares).to.equal(0n);
      await expectEmpty(s);
    });

    it("reverts where less would be left than the least profit, and nobody has paid anything", async () => {
      const s = await stage();
      await fall(s, 1_800);
      const profit = await s.flash.liquidate.staticCall(s.pool, task(s), s.sale);
      const asked = 2n * profit;
      await expect(s.flash.liquidate(s.pool, task(s, s.bob.address, asked), s.sale))
        .to.be.revertedWithCustomError(s.flash, "ProfitTooLow")
        .withArgs(
          (proceedsSeen: bigint) => proceedsSeen > s.usd(1_000),
          (required: bigint) => required > s.usd(1_000) + asked,
        );
      await sent(s.flash.liquidate(s.pool, task(s, s.bob.address, profit - WAD), s.sale));
      await expectEmpty(s);
    });

    it("refuses a beneficiary that is zero or itself", async () => {
      const s = await stage();
      await fall(s, 1_800);
      for (const beneficiary of [ZERO, s.addresses.flash]) {
        await expect(s.flash.liquidate(s.pool, task(s), { ...s.sale, beneficiary }))
          .to.be.revertedWithCustomError(s.flash, "InvalidBeneficiary")
          .withArgs(beneficiary);
      }
    });

    it("passes the pool's error on", async () => {
      const s = await stage();
      await expect(s.flash.liquidate(s.pool, task(s), s.sale)).to.be.revertedWithCustomError(s.pool, "PositionHealthy");
      await expect(s.flash.liquidate(s.pool, task(s, s.dave.address), s.sale))
        .to.be.revertedWithCustomError(s.pool, "NoDebt")
        .withArgs(s.dave.address);
    });
  });

  describe("liquidateMany", () => {
    it("makes each by itself and says what became of it", async () => {
      const s = await stage();
      await fall(s, 1_800);
      const tasks = [task(s), task(s, s.dave.address), task(s, s.carol.address, s.usd(1_000_000)), task(s)];
      const outcomes = await s.flash.liquidateMany.staticCall(s.pool, tasks, s.sale);
      expect(outcomes.map(({ isDone }) => isDone)).to.deep.equal([true, false, false, false]);
      expect(outcomes.map(({ gasUsed }) => gasUsed > 2_000n)).to.deep.equal([true, true, true, true]);
      const [done, noDebt, tooLow, again] = outcomes;
      expect(done?.profit).to.be.greaterThan(0n);
      expect(s.pool.interface.parseError(noDebt?.reason ?? "")?.name).to.equal("NoDebt");
      expect(s.flash.interface.parseError(tooLow?.reason ?? "")?.name).to.equal("ProfitTooLow");
      expect(s.pool.interface.parseError(again?.reason ?? "")?.name).to.equal("PositionHealthy");
      const before = await s.asset.balanceOf(s.keeper.address);
      await sent(s.flash.liquidateMany(s.pool, tasks, s.sale));
      expect((await s.asset.balanceOf(s.keeper.address)) - before).to.be.within(
        (done?.profit ?? 0n) - WAD / 100n, // a second's interest on 16,000
        (done?.profit ?? 0n) + WAD / 100n,
      );
      await expectEmpty(s);
    });

    it("reverts with the reasons where none succeeds", async () => {
      const s = await stage();
      const call = s.flash.liquidateMany.staticCall(s.pool, [task(s, s.dave.address)], s.sale);
      await expect(call).to.be.revertedWithCustomError(s.flash, "NothingDone");
      await expect(s.flash.liquidateMany(s.pool, [], s.sale)).to.be.revertedWithCustomError(s.flash, "NothingDone");
    });
  });

  describe("buyEstate", () => {
    it("buys, sells, and sends what is left", async () => {
      const s = await stage();
      await foreclosed(s, 1_500);
      await time.increase(3n * DAY);
      const before = await s.asset.balanceOf(s.keeper.address);
      const profit = await s.flash.buyEstate.staticCall(s.pool, MAX, 0, s.sale);
      await sent(s.flash.buyEstate(s.pool, MAX, profit - WAD, s.sale));
      // 3 of 60 days make it 5% cheaper
      expect(profit).to.be.within(s.usd(900), s.usd(1_000));
      expect((await s.asset.balanceOf(s.keeper.address)) - before).to.be.within(profit, profit + WAD);
      expect((await s.pool.estate()).collateral).to.equal(0n);
      await expectEmpty(s);
    });

    it("reverts where less would be left than the least profit", async () => {
      const s = await stage();
      await foreclosed(s, 1_500);
      await expect(s.flash.buyEstate(s.pool, MAX, s.usd(400), s.sale)).to.be.revertedWithCustomError(
        s.flash,
        "ProfitTooLow",
      );
    });
  });

  describe("attacks", () => {
    it("takes no callback but the called pool's", async () => {
      const s = await stage();
      const data = ethers.AbiCoder.defaultAbiCoder().encode(
        ["address", "address", "address", "bytes"],
        [s.addresses.asset, s.addresses.collateral, s.addresses.adapter, ROUTE],
      );
      for (const call of [
        () => s.flash.connect(s.frank).onLiquidate(0, 0, data),
        () => s.flash.connect(s.frank).onBuyEstate(0, 0, data),
      ]) {
        await expect(call())
          .to.be.revertedWithCustomError(s.flash, "UnexpectedCallback")
          .withArgs(s.frank.address, ZERO);
      }
      // Nor in the middle of a call: the router is not the pool.
      await fall(s, 1_800);
      const payload = s.flash.interface.encodeFunctionData("onLiquidate", [0, 0, data]);
      await sent(s.router.misbehave(false, 100, s.addresses.flash, payload));
      await sent(s.flash.liquidate(s.pool, task(s), s.sale));
      expect(await s.router.lastSuccess()).to.equal(false);
      const refusal = s.flash.interface.parseError(await s.router.lastReturned());
      expect(refusal?.name).to.equal("UnexpectedCallback");
      expect([...(refusal?.args ?? [])]).to.deep.equal([s.addresses.router, s.addresses.pool]);
      await expectEmpty(s);
    });

    it("loses nothing to a router that keeps the money", async () => {
      const s = await stage();
      await fall(s, 1_800);
      await sent(s.router.misbehave(true, 100, ZERO, "0x"));
      const [repaid] = await s.pool.previewLiquidation(s.bob.address, MAX);
      await expect(s.flash.liquidate(s.pool, task(s), s.sale))
        .to.be.revertedWithCustomError(s.flash, "ProfitTooLow")
        .withArgs(0, (required: bigint) => required >= repaid && required < repaid + WAD); // seconds of interest
      await expectEmpty(s);
    });

    it("can't be called from within a call", async () => {
      const s = await stage();
      await fall(s, 1_800);
      for (const payload of [
        s.flash.interface.encodeFunctionData("liquidate", [s.addresses.pool, task(s, s.carol.address), s.sale]),
        s.flash.interface.encodeFunctionData("buyEstate", [s.addresses.pool, MAX, 0, s.sale]),
      ]) {
        const snapshot = await networkHelpers.takeSnapshot();
        await sent(s.router.misbehave(false, 100, s.addresses.flash, payload));
        await sent(s.flash.liquidate(s.pool, task(s), s.sale));
        expect(s.flash.interface.parseError(await s.router.lastReturned())?.name).to.equal("Reentered");
        await expectEmpty(s);
        await snapshot.restore();
      }
    });

    it("is not made to pay by a sandwich: the call is refused", async () => {
      const s = await stage();
      await fall(s, 1_800, 1_000_000);
      const profit = await s.flash.liquidate.staticCall(s.pool, task(s), s.sale);
      const least = (profit * 9n) / 10n;
      // Somebody sells ahead of it.
      await sent(s.collateral.connect(s.frank).approve(s.addresses.adapter, s.eth(1_000)));
      await sent(s.adapter.connect(s.frank).sell(s.collateral, s.asset, s.eth(5), ROUTE));
      await expect(s.flash.liquidate(s.pool, task(s, s.bob.address, least), s.sale)).to.be.revertedWithCustomError(
        s.flash,
        "ProfitTooLow",
      );
      // Less of it, and it goes through with no less than was asked for.
      await setVenue(s, 1_800, 1_000_000);
      await sent(s.adapter.connect(s.frank).sell(s.collateral, s.asset, s.eth(0.05), ROUTE));
      const before = await s.asset.balanceOf(s.keeper.address);
      await sent(s.flash.liquidate(s.pool, task(s, s.bob.address, least), s.sale));
      expect((await s.asset.balanceOf(s.keeper.address)) - before).to.be.within(least, profit);
      await expectEmpty(s);
    });

    it("counts what lies there by mistake as nobody's profit", async () => {
      const s = await stage();
      await s.asset.mint(s.addresses.flash, s.usd(500));
      await s.collateral.mint(s.addresses.flash, s.eth(1));
      await fall(s, 1_800);
      // The venue pays a tenth: what lies there would make up for it.
      await setVenue(s, 180, 100_000_000);
      await expect(s.flash.liquidate(s.pool, task(s), s.sale)).to.be.revertedWithCustomError(s.flash, "ProfitTooLow");
      await setVenue(s, 1_800, 100_000_000);
      await sent(s.flash.liquidate(s.pool, task(s), s.sale));
      await expectEmpty(s, s.usd(500), s.eth(1));
    });

    it("gives a hostile pool nothing but what its caller brings", async () => {
      const s = await stage();
      const hostile = await ethers.deployContract("HostilePool", [s.asset, s.collateral]);
      const call = (minProfit: bigint) =>
        s.flash.connect(s.frank).liquidate(hostile, task(s, s.bob.address, minProfit), s.sale);
      // It never calls back: nothing moves.
      await sent(call(0n));
      await expect(call(1n)).to.be.revertedWithCustomError(s.flash, "ProfitTooLow").withArgs(0, 1);
      // It wants a debt paid that nothing was sold for.
      await sent(hostile.prepare(1, s.usd(1), 0));
      await expect(call(0n)).to.be.revertedWithCustomError(s.flash, "ProfitTooLow").withArgs(0, s.usd(1));
      // It calls back twice, for nothing: whatever was approved is taken back.
      await sent(hostile.prepare(2, 0, 0));
      await sent(call(0n));
      expect(await s.asset.allowance(s.addresses.flash, hostile)).to.equal(0n);
      await expectEmpty(s);
    });

    it("takes back what a pool may take and does not", async () => {
      const s = await stage();
      const hostile = await ethers.deployContract("HostilePool", [s.asset, s.collateral]);
      await s.collateral.mint(hostile, s.eth(1));
      await sent(hostile.prepare(1, s.usd(1_000), s.eth(1)));
      await sent(s.flash.liquidate(hostile, task(s), s.sale));
      expect(await s.asset.allowance(s.addresses.flash, hostile)).to.equal(0n);
      await expectEmpty(s);
    });

    it("lets no hostile pool name other tokens than at first: no allowance is left", async () => {
      const s = await stage();
      const { asset, collateral, adapter, middle } = s.addresses;
      await s.asset.mint(s.addresses.flash, s.usd(1));
      const hostile = await ethers.deployContract("HostilePool", [collateral, middle]);
      await sent(hostile.prepare(1, s.usd(1), 0));
      const data = ethers.AbiCoder.defaultAbiCoder().encode(
        ["address", "address", "address", "bytes"],
        [asset, middle, adapter, ROUTE],
      );
      await sent(hostile.forge(data));
      await expect(s.flash.connect(s.frank).liquidate(hostile, task(s), s.sale)).to.be.revert(ethers);
      expect(await s.asset.allowance(s.addresses.flash, hostile)).to.equal(0n);
      await expectEmpty(s, s.usd(1));
    });
  });
});

/** Tokens and fees, as the router reads them. */
const path = (...parts: (string | number)[]): string =>
  ethers.concat(parts.map((part) => (typeof part === "number" ? ethers.toBeHex(part, 3) : part)));

describe("UniswapV3Adapter", () => {
  it("sells through one pool by its fee, or through several by a path", async () => {
    const s = await stage();
    const { asset, collateral, middle } = s.addresses;
    await sent(s.router.setReserves(collateral, middle, 500, s.eth(1_000_000), s.eth(3_000_000)));
    await sent(s.router.setReserves(middle, asset, 10_000, s.eth(3_000_000), s.usd(2_000_000_000)));
    await sent(s.collateral.connect(s.frank).approve(s.adapter, s.eth(2)));
    const before = await s.asset.balanceOf(s.frank.address);
    const single = await proceeds(s, s.eth(1));
    await sent(s.adapter.connect(s.frank).sell(s.collateral, s.asset, s.eth(1), ROUTE));
    expect((await s.asset.balanceOf(s.frank.address)) - before).to.equal(single);
    const between = await s.asset.balanceOf(s.frank.address);
    await sent(
      s.adapter.connect(s.frank).sell(s.collateral, s.asset, s.eth(1), path(collateral, 500, middle, 10_000, asset)),
    );
    // 2,000 less 0.05% and 1%
    expect((await s.asset.balanceOf(s.frank.address)) - between).to.be.within(s.usd(1_978), s.usd(1_980));
    await expectEmpty(s);
  });

  it("gives back what the router does not take", async () => {
    const s = await stage();
    await sent(s.router.misbehave(false, 40, ZERO, "0x"));
    await sent(s.collateral.connect(s.frank).approve(s.adapter, s.eth(1)));
    await expect(s.adapter.connect(s.frank).sell(s.collateral, s.asset, s.eth(1), ROUTE)).to.changeTokenBalance(
      ethers,
      s.collateral,
      s.frank,
      -s.eth(0.4),
    );
    await expectEmpty(s);
  });

  it("does nothing with nothing", async () => {
    const s = await stage();
    await expect(s.adapter.connect(s.frank).sell(s.collateral, s.asset, 0, ROUTE)).to.changeTokenBalance(
      ethers,
      s.collateral,
      s.router,
      0n,
    );
  });

  it("refuses a path that does not lead from the one token to the other", async () => {
    const s = await stage();
    const { asset, collateral, middle } = s.addresses;
    await sent(s.collateral.connect(s.frank).approve(s.adapter, s.eth(1)));
    for (const route of [
      "0x",
      "0x0bb8",
      collateral,
      path(collateral, 500, middle),
      path(middle, 500, asset),
      path(collateral, 500),
      path(collateral, 500, asset, 500),
      ethers.concat([path(collateral, 500, asset), "0x00"]),
    ]) {
      await expect(s.adapter.connect(s.frank).sell(s.collateral, s.asset, s.eth(1), route))
        .to.be.revertedWithCustomError(s.adapter, "InvalidRoute")
        .withArgs(route.toLowerCase());
    }
  });

  it("can't be called from within a sale", async () => {
    const s = await stage();
    const payload = s.adapter.interface.encodeFunctionData("sell", [
      s.addresses.asset,
      s.addresses.collateral,
      1,
      ROUTE,
    ]);
    await sent(s.router.misbehave(false, 100, s.addresses.adapter, payload));
    await sent(s.collateral.connect(s.frank).approve(s.adapter, s.eth(1)));
    await sent(s.adapter.connect(s.frank).sell(s.collateral, s.asset, s.eth(1), ROUTE));
    expect(s.adapter.interface.parseError(await s.router.lastReturned())?.name).to.equal("Reentered");
    await expectEmpty(s);
  });
});
