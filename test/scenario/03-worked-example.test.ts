// DESIGN §8, the numbers of its worked example. 100m assets behind 100m shares; a position owes 15m and its collateral
// fetches 5m.
import { expect } from "chai";

import {
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  VIRTUAL_SHARES,
  WAD,
  type World,
} from "../helpers/fixtures.js";
import {
  deposit,
  feelessWorld,
  leave,
  type Liquidation,
  liquidate,
  lossOf,
  priceWad,
  stake,
  story,
  worthOf,
} from "./story.js";

story("03 the worked example of the design, to the wei", (step) => {
  let w: World;
  let done: Liquidation;
  let carolPaid: bigint;
  let davePaid: bigint;

  // (90m + the virtual unit) / (98m + the virtual share), times what each holds, rounded down
  const PRICE = 918_367_346_938_775_510n;
  const worthAfter = (tokens: number) =>
    (w.usd(tokens) * VIRTUAL_SHARES * (w.usd(90_000_000) + 1n)) / (w.usd(98_000_000) * VIRTUAL_SHARES + VIRTUAL_SHARES);

  step("100m assets behind 100m shares: reserve 0.5m, fund 1.5m, suppliers 98m", async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 30_000_000);
    await deposit(w, w.bob, 1);
    await deposit(w, w.carol, 20_000_000);
    await deposit(w, w.dave, 47_999_999);
    await stake(w, w.erin, 1_500_000);
    await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(500_000)));
    const totals = await w.pool.totals();
    expect(await w.pool.grossAssets()).to.equal(w.usd(100_000_000));
    expect(await w.pool.totalSupply()).to.equal(w.usd(100_000_000) * VIRTUAL_SHARES);
    expect(totals.reserveShares).to.equal(w.usd(500_000) * VIRTUAL_SHARES);
    expect(totals.fundShares).to.equal(w.usd(1_500_000) * VIRTUAL_SHARES);
    expect(await w.pool.exitPrice()).to.equal(WAD);
    expect(await w.pool.grossPrice()).to.equal(WAD);
  });

  step("Frank borrows 15m; a loss of 10m would burn 2m shares and leave a price of 0.918367", async () => {
    await openLoan(w, w.frank, 10_000, 15_000_000);
    expect(await w.pool.previewWaterfall(w.usd(10_000_000))).to.deep.equal([
      w.usd(500_000),
      w.usd(1_500_000),
      w.usd(8_000_000),
      WAD,
      PRICE,
    ]);
  });

  step(
    "the oracle shows it: his collateral fetches 5m, and the exit price is 0.918367 before anyone acts",
    async () => {
      await setPrice(w, 510); // over the incentive of 1.02 it fetches 500
      expect(await w.pool.exitPrice()).to.equal(PRICE);
      // interest on the lost debt is in the assets and in the shortfall alike
      const interest = (await w.pool.totals()).debtAssets - w.usd(15_000_000);
      expect(await w.pool.currentShortfall()).to.equal(w.usd(10_000_000) + interest);
      expect(await w.pool.grossAssets()).to.equal(w.usd(100_000_000) + interest);
    },
  );

  step("Carol leaves a block earlier than the liquidation, with 91.8367% of her 20m", async () => {
    carolPaid = await leave(w, w.carol);
    expect(carolPaid).to.equal(18_367_346_938_775_510_204_081_632n);
    expect(carolPaid).to.equal(worthAfter(20_000_000));
    expect(await w.pool.exitPrice()).to.equal(PRICE);
  });

  step("the liquidator pays 5m for all the collateral; reserve and fund burn to nothing", async () => {
    const supplyBefore = await w.pool.totalSupply();
    done = await liquidate(w, w.frank);
    expect(done.repaid).to.equal(w.usd(5_000_000));
    expect(done.seized).to.equal(w.eth(10_000));
    expect(await w.pool.totalSupply()).to.equal(supplyBefore - w.usd(2_000_000) * VIRTUAL_SHARES);
    const totals = await w.pool.totals();
    expect(totals.reserveShares).to.equal(0n);
    expect(totals.fundShares).to.equal(0n);
    expect(totals.debtAssets).to.equal(0n);
  });

  step("the event's parts sum to the loss", async () => {
    const event = lossOf(w, done.receipt);
    expect(event.fromReserve + event.fromFund + event.haircut).to.equal(event.loss);
    expect(event.loss).to.equal(done.loss);
    // what the shares of each layer were worth just before, Carol gone
    const supply = (w.usd(80_000_000) + 1n) * VIRTUAL_SHARES;
    const assets = w.usd(90_000_000) - carolPaid + done.loss + 1n;
    expect(event.fromReserve).to.equal((w.usd(500_000) * VIRTUAL_SHARES * assets) / supply);
    expect(event.fromFund).to.equal((w.usd(1_500_000) * VIRTUAL_SHARES * assets) / supply);
    expect(event.priceBefore).to.equal((assets * VIRTUAL_SHARES * WAD) / supply);
    expect(event.priceAfter).to.equal(PRICE);
  });

  step("who stayed holds the same 91.8367%: with 1 and with 30m alike", async () => {
    expect(await w.pool.exitPrice()).to.equal(PRICE);
    expect(await w.pool.grossPrice()).to.equal(PRICE);
    expect(await w.pool.grossPrice()).to.equal(
      priceWad(w.usd(90_000_000) - carolPaid, w.usd(78_000_000) * VIRTUAL_SHARES),
    );
    expect(await worthOf(w, w.bob)).to.equal(918_367_346_938_775_510n);
    expect(await worthOf(w, w.alice)).to.equal(27_551_020_408_163_265_306_122_449n);
    expect(await worthOf(w, w.alice)).to.equal(worthAfter(30_000_000));
    davePaid = await leave(w, w.dave);
    expect(davePaid).to.equal(worthAfter(47_999_999));
  });

  step("in a table", async () => {
    const holders = [
      ["Alice stays", 30_000_000, await worthOf(w, w.alice)],
      ["Bob stays", 1, await worthOf(w, w.bob)],
      ["Carol left before", 20_000_000, carolPaid],
      ["Dave left after", 47_999_999, davePaid],
    ] as const;
    const lines = holders.map(([name, tokens, worth]) => {
      const lossWad = ((w.usd(tokens) - worth) * WAD) / w.usd(tokens);
      // 8.1633%, whoever and whenever: 8m of 98m; a wei of a single token is the coarsest of these
      expect(lossWad).to.be.oneOf([81_632_653_061_224_489n, 81_632_653_061_224_490n]);
      const has = (Number(worth / 10n ** 12n) / 1e6).toFixed(6);
      return `      ${name.padEnd(18)}${String(tokens).padStart(12)}${has.padStart(18)}${(Number(lossWad) / 1e16).toFixed(4).padStart(9)}%`;
    });
    console.log(
      [`      ${"supplier".padEnd(18)}${"had".padStart(12)}${"has".padStart(18)}      lost`, ...lines].join("\n"),
    );
  });

  step("the last ones leave, and only the virtual share's part remains", async () => {
    await leave(w, w.alice);
    await leave(w, w.bob);
    expect(await w.pool.totalSupply()).to.equal(0n);
    expect((await w.pool.totals()).cash < 5n, "a wei for each exit, rounded down").to.equal(true);
    await expect(w.pool.connect(w.frank).repay(MAX, w.frank.address))
      .to.be.revertedWithCustomError(w.pool, "NoDebt")
      .withArgs(w.frank.address);
    await expectConserved(w, [w.alice.address, w.bob.address, w.carol.address, w.dave.address], [w.frank.address]);
  });
});
