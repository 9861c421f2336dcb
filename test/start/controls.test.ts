// What the controls of the local chain do, on the markets that `npm start` sets up. Each test begins where the start
// ends.
import { expect } from "chai";
import { network } from "hardhat";

import { Controls } from "../../scripts/local/controls.js";
import { crises, type Play } from "../../scripts/local/crises.js";
import { DAY, type LocalChain, type LocalMarket, timeOf } from "../../scripts/local/chain.js";
import { describeDeployment, marketsOf } from "../../scripts/local/deployment.js";
import { addEverydayMarket } from "../../scripts/local/everyday.js";
import { deployLocalSystem, type LocalSystem } from "../../scripts/lib/local-system.js";
import { oraclePrice, WAD } from "../../scripts/lib/market.js";
import { amount } from "../../scripts/lib/table.js";
import { deploymentSchema } from "../../scripts/deploy/deployment.ts";
import { pathOf } from "../../simulation/run.js";
import { findScenario } from "../../simulation/scenario.js";

const MARKET = "usd-eth";
const whole = (value: bigint): string => amount(value, 6);
const dollars = (value: bigint): string => amount(value, 18);

describe("the controls of the local chain", () => {
  let local: LocalSystem;
  let chain: LocalChain;
  let market: LocalMarket;
  let controls: Controls;

  before(async () => {
    const { ethers } = await network.create("node");
    local = await deployLocalSystem(ethers);
    const markets = await marketsOf(local, await addEverydayMarket(ethers, local));
    const { people, authority, lens } = local;
    chain = { ethers, people, authority, lens, markets };
    market = markets[0] as LocalMarket;
    controls = new Controls(chain);
    await controls.remember();
  });

  afterEach(async () => {
    await controls.act("again", {});
  });

  const read = async () => await chain.lens.market(await market.pool.getAddress());
  const fall = async (percent: number, name = MARKET) =>
    await controls.act("price", { market: name, percent: -percent });
  const liquidate = async (name = MARKET) => await controls.act("liquidate", { market: name });

  /** The price falls and everybody is liquidated; what the pool's own events say of it. */
  async function crash(percent: number, { name, pool } = market) {
    const block = await chain.ethers.provider.getBlockNumber();
    await fall(percent, name);
    const text = await liquidate(name);
    const losses = await pool.queryFilter(pool.filters.LossRealised(), block + 1);
    const liquidated = await pool.queryFilter(pool.filters.Liquidated(), block + 1);
    const sum = (part: "loss" | "fromReserve" | "fromFund" | "haircut") =>
      losses.reduce((total, { args }) => total + args[part], 0n);
    return {
      text,
      positions: new Set(liquidated.map(({ args }) => args.borrower)).size,
      repaid: liquidated.reduce((total, { args }) => total + args.repaidAssets, 0n),
      loss: sum("loss"),
      fromReserve: sum("fromReserve"),
      fromFund: sum("fromFund"),
      haircut: sum("haircut"),
    };
  }

  const endOfCrisis = async () => {
    while (controls.state().running !== null) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  const recover = async (value: string) => await controls.act("recover", { market: MARKET, amount: value });

  describe("the market they start with", () => {
    it("is in use: 33 loans of every LTV, insurers, one of them cooling, a reserve, and nobody over the limit", async () => {
      const { totals, cover, fund, rates } = await read();
      expect(amount(totals.grossAssets, 6 + 3)).to.equal("11,023");
      expect(rates.utilisationWad > (85n * WAD) / 100n && rates.utilisationWad < (90n * WAD) / 100n).to.equal(true);
      expect(cover.shortfall).to.equal(0n);
      expect(cover.reserveShares > 0n && fund.coolingShares > 0n && fund.activeShares > fund.coolingShares).to.equal(
        true,
      );
      expect(await fall(0)).to.equal(
        "Price 2,000 → 2,000. 0 of 33 positions can be liquidated; no shortfall: exit price 1.0017.",
      );
    });

    it("is described as every deployment is", async () => {
      const described = await describeDeployment("local", local, chain.markets);
      const text = JSON.stringify(described, (_key, value: unknown) =>
        typeof value === "bigint" ? `${value}` : value,
      );
      const deployment = deploymentSchema.parse(JSON.parse(text));
      expect(deployment.markets.map(({ name }) => name)).to.deep.equal(["usd-eth", "usd-weth", "story"]);
      for (const { pool, parameters, name } of deployment.markets) {
        const { terms, share } = await chain.lens.market(pool);
        expect([share.symbol, terms.lltvBps, terms.minDebt], name).to.deep.equal([
          parameters.symbol,
          parameters.lltvBps,
          parameters.minDebt,
        ]);
      }
    });
  });

  describe("a fall of the price", () => {
    it("by 10 % makes some positions liquidatable, and shows no shortfall", async () => {
      expect(await fall(10)).to.equal(
        "Price 2,000 → 1,800. 4 of 33 positions can be liquidated; no shortfall: exit price 1.0017.",
      );
      expect(await market.oracle.price()).to.deep.equal([oraclePrice(1_800, 6n), oraclePrice(1_800, 6n), true]);
    });

    it("by 25 % costs the reserve alone", async () => {
      const { fromReserve, fromFund, haircut, loss, positions, repaid, text } = await crash(25);
      expect([fromFund, haircut]).to.deep.equal([0n, 0n]);
      expect(loss > 0n && fromReserve === loss).to.equal(true);
      expect(text).to.equal(
        `${positions} liquidated, ${whole(repaid)} tUSD repaid; loss ${whole(loss)} tUSD: reserve ${whole(loss)}, ` +
          "fund 0, suppliers 0. Exit price 1.0017.",
      );
    });

    it("by 35 % costs reserve and fund, and no supplier", async () => {
      const { fromReserve, fromFund, haircut } = await crash(35);
      expect(fromReserve > 0n && fromFund > 0n).to.equal(true);
      expect(haircut).to.equal(0n);
    });

    it("by 45 % shows a shortfall that nobody covers, and reaches suppliers once it is liquidated", async () => {
      const text = await fall(45);
      const { cover, prices } = await read();
      expect(cover.uncovered > 0n).to.equal(true);
      expect(text).to.equal(
        `Price 2,000 → 1,100. 27 of 33 positions can be liquidated; a shortfall of ${whole(cover.shortfall)} tUSD ` +
          `shows, ${whole(cover.uncovered)} tUSD more than reserve and fund cover: exit price 0.9152.`,
      );
      const { positions, repaid, loss, fromReserve, fromFund, haircut, text: said } = await crash(0);
      expect(positions).to.equal(27);
      expect(haircut > 0n && fromReserve + fromFund + haircut === loss).to.equal(true);
      expect(said).to.equal(
        `27 liquidated, ${whole(repaid)} tUSD repaid; loss ${whole(loss)} tUSD: ` +
          `reserve ${whole(fromReserve)}, fund ${whole(fromFund)}, suppliers ${whole(haircut)}. ` +
          "Exit price 0.9152; borrowing is halted until the governor opens it again.",
      );
      const after = await read();
      // Interest of the seconds in between, and a wei of rounding for each position.
      expect(after.prices.exitPriceWad).to.be.closeTo(prices.exitPriceWad, WAD / 1_000_000n);
      expect([after.cover.shortfall, after.cover.reserveShares, after.cover.fundShares]).to.deep.equal([0n, 0n, 0n]);
    });

    it("goes back by a rise", async () => {
      await fall(50);
      expect(await controls.act("price", { market: MARKET, percent: 100 })).to.match(/^Price 1,000 → 2,000\. 0 of 33 /);
    });

    it("leaves other markets alone", async () => {
      const [, other] = chain.markets as [LocalMarket, LocalMarket];
      const before = await other.oracle.price();
      await fall(45);
      expect(await other.oracle.price()).to.deep.equal(before);
    });
  });

  // On the market of the native coin, which has fewer positions: a fall by 45 % reaches suppliers there too.
  describe("what comes after", () => {
    const name = "usd-weth";
    let small: LocalMarket;
    before(() => {
      small = chain.markets.find((each) => each.name === name) as LocalMarket;
    });

    it("brings half of what is owed back, then the rest, and what is too much to the reserve", async () => {
      const { haircut } = await crash(45, small);
      const { unpaidFace } = await small.pool.certificates();
      // Rounded up for each share, which is under a wei a loss.
      expect(unpaidFace - haircut).to.be.closeTo(0n, 3n);
      const half = unpaidFace / 2n;
      expect(await controls.act("recover", { market: name, amount: "50%" })).to.equal(
        `${dollars(half)} USDT came back: ${dollars(half)} USDT to those who bore the loss, of the ` +
          `${dollars(unpaidFace)} USDT owed to them. They can claim it now.`,
      );
      expect((await small.pool.certificates()).unpaidFace).to.equal(unpaidFace - half);
      const toReserve = 1_000_000n * WAD - (unpaidFace - half);
      expect(await controls.act("recover", { market: name, amount: "1000000" })).to.include(
        `, ${dollars(toReserve)} USDT to the reserve. `,
      );
      expect((await small.pool.certificates()).unpaidFace).to.equal(0n);
      expect(await controls.act("recover", { market: name, amount: "7.5" })).to.equal(
        "7.50 USDT came back: all to the reserve, since nothing is owed to anyone.",
      );
    });

    it("opens borrowing again, after the governor's three days", async () => {
      await crash(45, small);
      const before = await timeOf(chain.ethers);
      expect(await controls.act("reopen", { market: name })).to.include("borrowing is open again");
      const { terms } = await chain.lens.market(await small.pool.getAddress());
      expect(terms.isBorrowingHalted).to.equal(false);
      const passed = (await timeOf(chain.ethers)) - before;
      expect(passed >= 3 * DAY && passed < 3 * DAY + 3_600, `${passed} seconds`).to.equal(true);
      expect(await controls.act("reopen", { market: name })).to.equal("Borrowing is open already.");
    });

    it("opens borrowing that somebody else has announced already", async () => {
      await crash(45, small);
      const data = small.pool.interface.encodeFunctionData("reopenBorrowing");
      const governor = chain.authority.connect(chain.people.governor);
      await (await governor.schedule(await small.pool.getAddress(), data, 0)).wait();
      expect(await controls.act("reopen", { market: name })).to.include("borrowing is open again");
    });

    it("lets days pass", async () => {
      const before = await timeOf(chain.ethers);
      expect(await controls.act("wait", { days: 14 })).to.match(
        /^14 days passed: it is \d+ \w+ \d{4} on this chain\.$/,
      );
      const passed = (await timeOf(chain.ethers)) - before;
      // The chain's clock goes on while the tests run.
      expect(passed >= 14 * DAY && passed < 14 * DAY + 3_600, `${passed} seconds`).to.equal(true);
    });

    it("goes back to the start", async () => {
      const before = await read();
      await fall(45);
      expect(await controls.act("again", {})).to.equal("Everything is as it was after the start.");
      const after = await read();
      expect(after.totals.shares).to.equal(before.totals.shares);
      expect(after.prices.low).to.equal(oraclePrice(2_000, 6n));
      expect(controls.state().log.map(({ text }) => text)).to.deep.equal(["Everything is as it was after the start."]);
    });

    it("liquidates nobody where nobody can be", async () => {
      expect(await liquidate()).to.equal("Nobody can be liquidated at this price.");
    });

    it("liquidates nobody while the oracle is not ok, and says why", async () => {
      const price = oraclePrice(1_100, 6n);
      await (await market.oracle.set(price, price, false)).wait();
      expect(await liquidate()).to.match(/^Nobody could be liquidated: /);
    });
  });

  describe("a crisis", () => {
    const played = crises().find(({ crisis }) => crisis.id === "usdc-under-par-2023") as Play;
    it("is one of those whose course is that of a price", () => {
      const ids = crises().map(({ crisis }) => crisis.id);
      expect(ids).to.include.members(["black-thursday-2020", "ust-collapse-2022", "october-2025-link"]);
      for (const other of ["calm-year", "oracle-stuck-high", "sequencer-outage"]) expect(ids).to.not.include(other);
      for (const { crisis, ticks, scenario } of crises()) {
        const all = pathOf(scenario);
        expect(crisis.steps).to.equal(ticks.length);
        expect(crisis.lowest * (all[0]?.price ?? 0), crisis.id).to.equal(Math.min(...all.map(({ price }) => price)));
        expect(ticks.at(-1)).to.deep.equal(all.at(-1));
      }
    });

    it("has its real prices, scaled, with the real time between them", async () => {
      const block = await chain.ethers.provider.getBlockNumber();
      const begun = { market: MARKET, id: played.crisis.id, stepsPerSecond: 1_000 };
      expect(await controls.act("crisis", begun)).to.equal(
        "USDC under par, March 2023: 47 prices of 2 days, scaled to that of ETHT.",
      );
      await endOfCrisis();
      const set = await market.oracle.queryFilter(market.oracle.filters.PriceSet(), block + 1);
      const times = await Promise.all(set.map(async (event) => (await event.getBlock()).timestamp));
      const path = pathOf(findScenario(played.crisis.id, "."));
      const [first, last] = [path[0], path.at(-1)];
      expect(set.length).to.equal(47);
      expect((times.at(-1) ?? 0) - (times[0] ?? 0)).to.equal((last?.time ?? 0) - (first?.time ?? 0));
      // The scale has nine digits.
      const part = BigInt(Math.round(((last?.price ?? 0) / (first?.price ?? 1)) * 1e9));
      expect(set.at(-1)?.args.low).to.equal((oraclePrice(2_000, 6n) * part) / 10n ** 9n);
      const { log } = controls.state();
      expect(log.at(-1)?.text).to.match(
        /^USDC under par, March 2023 is over: price 2,000 → 1,762\.11, lowest 1,761\.94\. \d+ liquidated, .*; no loss\. 0 of 33 /,
      );
    });

    it("shows where it stands, lets nothing else in, and can be stopped", async () => {
      await controls.act("crisis", { market: MARKET, id: played.crisis.id, stepsPerSecond: 5 });
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { running } = controls.state();
      expect([running?.id, running?.market, running?.steps]).to.deep.equal([played.crisis.id, MARKET, 47]);
      expect(running?.date).to.match(/^2023-03-1\dT/);
      await expectRefused(fall(10), 409, "USDC under par, March 2023 is going on: stop it first, or wait for its end.");
      expect(await controls.act("stop", {})).to.match(/^USDC under par, March 2023 was stopped at price \d+ of 47: /);
      expect(controls.state().running).to.equal(null);
      expect(await controls.act("stop", {})).to.equal("No crisis is running.");
    });
  });

  describe("refuses", () => {
    it("a price that is none", async () => {
      const none = "A price that falls by 100 % or more would be none: let it fall by less.";
      await expectRefused(fall(100), 400, none);
      await expectRefused(fall(250), 400, none);
      const ten = controls.act("price", { market: MARKET, percent: "ten" });
      await expectRefused(ten, 400, 'price: percent: found "ten"; allowed is a number from -1000 to 10000.');
      await fall(99.99);
      await expectRefused(fall(99), 400, "The price would be 0.002 tUSD: allowed is 0.01 to 1,000,000.");
      await controls.act("again", {});
      await expectRefused(
        controls
          .act("price", { market: MARKET, percent: 10_000 })
          .then(async () => await controls.act("price", { market: MARKET, percent: 10_000 })),
        400,
        "The price would be 20402000 tUSD: allowed is 0.01 to 1,000,000.",
      );
    });

    it("a market, a crisis or a control that is not there", async () => {
      await expectRefused(
        controls.act("liquidate", { market: "eur-btc" }),
        400,
        'There is no market "eur-btc", but: usd-eth, usd-weth, story.',
      );
      const unknown = controls.act("crisis", { market: MARKET, id: "tulips", stepsPerSecond: 10 });
      await expectRefused(unknown, 400, /^There is no crisis "tulips", but: black-thursday-2020, /);
      await expectRefused(controls.act("toString", {}), 404, /^There is no control "toString", but: price, /);
    });

    it("bodies with less, more or other than it takes", async () => {
      await expectRefused(controls.act("liquidate", undefined), 400, /^liquidate: found nothing; /);
      await expectRefused(controls.act("stop", { now: true }), 400, /^stop: .*"now"/);
      await expectRefused(controls.act("wait", { days: 0 }), 400, /^wait: days: found 0; /);
    });

    it("amounts that are none", async () => {
      await expectRefused(recover("-5"), 400, 'recover: "-5" is not a number such as 1250.5.');
      await expectRefused(recover("50%"), 400, "Nothing is owed to anyone: name an amount.");
      await expectRefused(recover("10000000000"), 400, "recover: allowed is up to 1,000,000,000 tUSD.");
    });
  });
});

async function expectRefused(promise: Promise<unknown>, status: number, message: string | RegExp): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason as Error & { status?: number },
  );
  expect(error?.status).to.equal(status);
  if (typeof message === "string") expect(error?.message).to.equal(message);
  else expect(error?.message).to.match(message);
}
