// Who bears bad debt under four rules. The price falls once and stays; liquidators are away for ten hours, so that who
// runs has the time to.
import { expect } from "chai";

import { mulUp, PRICE_SCALE, WAD } from "../../sdk/model/index.js";
import { compare, type Comparison, type Fate, type Result, uninsured } from "../../simulation/comparison.js";
import { FirstComePool, type Mechanism, UnpricedPool } from "../../simulation/mechanisms.js";
import { parseScenario } from "../../simulation/scenario.js";
import { ORACLE, World } from "../../simulation/world.js";
import { expectNear } from "../helpers/near.js";

const SCENARIO = parseScenario(
  `
title: One fall
price: { series: none, venue: made up }
reserve: 100000
oracle: { heartbeat: 86400, delay: 0 }
borrowers: { count: 12, debt: 8000000, ltv: 0.72, spread: 0.02, topUp: 0, deleverage: 0 }
suppliers: { count: 16, assets: 10000000, onPrice: 0.3, onUtilisation: 0, onNews: 0.3, slowestHours: 6 }
insurers: { count: 3, stake: 200000 }
venue: { onePercent: 50000000, exponent: 1 }
liquidators: { capital: 20000000, absentHours: [{ fromHour: 0, hours: 10 }] }
`,
  "one-fall.yaml",
);
const START = 1_600_000_000;
const QUARTER = 900;
/** When liquidators come back. */
const BACK = START + 10 * 3_600;
const TICKS = Array.from({ length: 64 }, (_, i) => ({ time: START + i * QUARTER, price: i < 4 ? 100 : 62 }));

/** A wei for each account and each of its calls: roundings are against the caller and stay in the pool. */
const ROUNDINGS = 0.001;
/** Sixteen hours at a borrow rate of at most 16% a year are 0.03% of the debt; who leaves earlier earns less of it. */
const INTEREST = 0.0004;

describe("comparison of rules for bad debt", () => {
  let comparison: Comparison;
  const of = (mechanism: Mechanism): Result =>
    comparison.results.find((each) => each.mechanism === mechanism) as Result;
  const leavers = (mechanism: Mechanism): Fate[] =>
    of(mechanism).suppliers.filter(({ lastExit, left }) => lastExit !== undefined && left < 1);
  const stayers = (mechanism: Mechanism): Fate[] =>
    of(mechanism).suppliers.filter(({ lastExit }) => lastExit === undefined);

  before(async () => {
    comparison = await compare(SCENARIO, TICKS, [], 3);
  });

  it("has the same suppliers with the same money, and bad debt, under each rule", () => {
    const people = comparison.results.map(({ suppliers }) => suppliers.map(({ name, supplied }) => [name, supplied]));
    for (const each of people) expect(each).to.deep.equal(people[0]);
    for (const { booked, open } of comparison.results) expect(booked + open).to.be.greaterThan(500_000);
  });

  it("loses nothing on the way: what all groups lost is the bad debt less interest and recoveries", () => {
    for (const each of comparison.results) {
      const { reserveLoss, insurersLoss, suppliersLoss, booked, open, interest, recovered } = each;
      const lost = reserveLoss + insurersLoss + suppliersLoss;
      expectNear(lost, booked + open - interest - recovered, ROUNDINGS, each.title);
      expect(interest, each.title).to.be.greaterThan(0);
    }
    expectNear(of("mutua").reserveLoss + of("mutua").insurersLoss, 300_000, 2_000);
    for (const mechanism of ["firstCome", "unpriced", "uninsured"] as const) {
      expect([of(mechanism).reserveLoss, of(mechanism).insurersLoss]).to.deep.equal([0, 0]);
    }
  });

  it("lets Mutua's suppliers lose alike: the first out what the last out and those who stay do", () => {
    for (const mechanism of ["mutua", "uninsured"] as const) {
      expect(leavers(mechanism).length, mechanism).to.be.greaterThan(2);
      expect(stayers(mechanism).length, mechanism).to.be.greaterThan(2);
      const { least, most, excess } = of(mechanism);
      expect(least, mechanism).to.be.greaterThan(0.02);
      expect(most - least, mechanism).to.be.lessThan(INTEREST);
      expect(excess, mechanism).to.equal(0);
    }
    expect(of("mutua").most, "insurance pays first").to.be.lessThan(of("uninsured").least);
  });

  it("lets who leaves before the full liquidation lose nothing, at the cost of the rest", () => {
    const early = leavers("firstCome").filter(({ lastExit }) => (lastExit as number) < BACK);
    expect(early.length).to.be.greaterThan(2);
    for (const { loss, name } of early) expect(loss, name).to.be.lessThan(INTEREST);
    for (const { loss, name } of stayers("firstCome")) expect(loss, name).to.be.greaterThan(of("uninsured").most);
    // What they took too much is what their part of the loss would have been.
    const gone = early.reduce((sum, { taken }) => sum + taken, 0);
    expect(of("firstCome").excess)
      .to.be.greaterThan(gone * 0.05)
      .and.lessThan(of("firstCome").booked);
  });

  it("pays claims on a deficit in full until nothing is left, and the last get nothing", () => {
    const { suppliers, most, excess, booked } = of("unpriced");
    expect(booked).to.be.greaterThan(0);
    for (const { loss, name } of leavers("unpriced")) expect(loss, name).to.be.lessThan(INTEREST);
    expect(most).to.equal(1);
    expect(excess).to.be.greaterThan(100_000);
    const sum = (of_: (fate: Fate) => number): number => suppliers.reduce((total, fate) => total + of_(fate), 0);
    const claims = sum(({ left }) => left) + booked + of("unpriced").open;
    expectNear(
      sum(({ paper }) => paper),
      claims,
      ROUNDINGS,
    );
    for (const { left, paper, name } of suppliers) expect(left, name).to.be.at.most(paper);
  });

  it("keeps each rule's extremes in the prices it shows", () => {
    const lowest = comparison.results.map((_, i) =>
      Math.min(...comparison.paid.map(({ prices }) => prices[i] as number)),
    );
    const [mutua, firstCome, unpriced, bare] = lowest as [number, number, number, number];
    expect(bare).to.be.lessThan(mutua);
    expect(firstCome).to.be.lessThan(bare);
    expect(unpriced).to.be.at.least(1);
  });
});

const worldAt = (price: number, PoolOf: typeof FirstComePool): World => {
  const world = new World(uninsured(SCENARIO), 3, 100, BigInt(START), PoolOf);
  const value = world.oraclePrice(price);
  world.act("nobody", "price", ORACLE, value, value, true);
  return world;
};
const liquidate = (world: World, assets: number): { repaid: bigint; seized: bigint; loss: bigint } => {
  const preview = world.pool.previewLiquidation("borrower 1", world.assets(assets));
  const acted = world.act("liquidator 1", "liquidate", "borrower 1", world.assets(assets), 0n, "liquidator 1");
  expect(acted).to.deep.equal({ ok: true });
  return preview;
};

describe("rules of other protocols", () => {
  it("books no loss while collateral is left, and all that is left of the debt with the last of it", () => {
    const world = worldAt(62, FirstComePool);
    const { pool } = world;
    const [price, shortfall] = [pool.exitPrice(), pool.currentShortfall()];
    expect(shortfall).to.be.greaterThan(0n);
    const { debt, collateral } = pool.position("borrower 1");
    const part = liquidate(world, world.assetTokens(debt) / 3);
    expect(part.loss).to.equal(0n);
    expect(pool.exitPrice(), "nobody's price has moved").to.equal(price);

    // 1 / (1 − 0.3 · (1 − 0.86)), in 1e18ths rounded down
    const premium = 1_043_841_336_116_910_229n;
    expect(part.seized).to.equal((part.repaid * premium * PRICE_SCALE) / (world.oraclePrice(62) * WAD));
    const rest = liquidate(world, 1e9);
    expect(rest.seized).to.equal(collateral - part.seized);
    expect(rest.repaid).to.equal(mulUp(rest.seized, world.oraclePrice(62) * WAD, premium * PRICE_SCALE));
    // A wei each where debt shares round.
    expect(rest.loss).to.be.closeTo(debt - part.repaid - rest.repaid, 2n);
    expect(pool.exitPrice()).to.be.lessThan(price);
    expect(pool.positionOf("borrower 1").debtShares).to.equal(0n);
  });

  it("forecloses nothing", () => {
    const world = worldAt(62, FirstComePool);
    expect(world.act("keeper", "flag", "borrower 1")).to.deep.equal({ ok: false, reason: "NoForeclosure" });
  });

  it("never lowers the price for a deficit, and lets half of a debt be repaid while the health factor is over 0.95", () => {
    const world = worldAt(62, UnpricedPool);
    const { pool } = world;
    const [price, claims, { debt }] = [pool.exitPrice(), pool.grossAssets(), pool.position("borrower 1")];
    const { loss, repaid } = liquidate(world, 1e9);
    expect(loss).to.be.closeTo(debt - repaid, 1n);
    expect(pool.exitPrice()).to.equal(price);
    expect(pool.grossAssets()).to.equal(claims);

    const near = worldAt(100, UnpricedPool);
    const { ltv } = near.pool.position("borrower 1");
    // At a health factor of 0.97, then 0.94.
    for (const [health, part] of [
      [0.97, 2n],
      [0.94, 1n],
    ] as const) {
      const value = near.oraclePrice((100 * (Number(ltv) / 1e18) * health) / 0.86);
      near.act("nobody", "price", ORACLE, value, value, true);
      const preview = near.pool.previewLiquidation("borrower 1", near.assets(1e9));
      expect(preview.repaid, String(health)).to.equal(near.pool.position("borrower 1").debt / part);
    }
  });
});
