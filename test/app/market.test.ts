// What a market's page draws: the waterfall by hand and against the contracts, the book, the chart, the sale.
import { expect } from "chai";

import { bookOf, fallen, shortfallAt, tickRange } from "../../app/src/pages/market/book.js";
import { estateQuote } from "../../app/src/pages/market/estate-quote.js";
import { exitPriceAt, lossAt, markdownOf, pictureOf, STEPS, stepOf } from "../../app/src/pages/market/picture.js";
import { pointsOf } from "../../app/src/pages/market/points.js";
import { atRisk, distanceWad } from "../../app/src/pages/market/risk.js";
import type { PriceRow } from "../../app/src/history/types.js";
import { formatPercent, formatWad, type Market, type Position, type Tick } from "../../sdk/index.js";
import { WAD } from "../../sdk/model/numbers.js";
import { states } from "./market-world.js";
import { eth, momentOf, price, usd } from "./snapshots.js";

const market = (): Market => momentOf().market;

const bearsOf = (wanted: bigint): readonly bigint[] => pictureOf(market(), wanted).tiers.map(({ bears }) => bears);

describe("app: the waterfall's picture", () => {
  it("lets the reserve, then the fund, then the suppliers bear a loss", () => {
    expect(bearsOf(0n)).to.deep.equal([0n, 0n, 0n]);
    expect(bearsOf(usd(10_000))).to.deep.equal([usd(10_000), 0n, 0n]);
    expect(bearsOf(usd(25_000))).to.deep.equal([usd(10_000), usd(15_000), 0n]);
    expect(bearsOf(usd(130_000))).to.deep.equal([usd(10_000), usd(20_000), usd(100_000)]);
  });

  it("says what each has, and what of the loss reaches it", () => {
    const { tiers } = pictureOf(market(), usd(130_000));
    expect(tiers.map(({ holds }) => holds)).to.deep.equal([usd(10_000), usd(20_000), usd(970_000)]);
    expect(tiers.map(({ arrives }) => arrives)).to.deep.equal([usd(130_000), usd(120_000), usd(100_000)]);
  });

  it("leaves the exit price where reserve and fund suffice, and divides the rest among the other shares", () => {
    expect(pictureOf(market(), usd(30_000)).exitAfter).to.equal(WAD);
    const { exitBefore, exitAfter, markdownWad } = pictureOf(market(), usd(130_000));
    expect(exitBefore).to.equal(WAD);
    expect(formatWad(exitAfter, 6)).to.equal("0.896907"); // 870,000 / 970,000
    expect(formatPercent(markdownWad, 2)).to.equal("10.3");
    expect(exitPriceAt(market(), usd(130_000))).to.equal(exitAfter);
  });

  it("takes a loss above all debt for all debt", () => {
    expect(pictureOf(market(), usd(700_000)).loss).to.equal(usd(500_000));
  });

  it("takes a visible shortfall for the beginning of the loss", () => {
    const { market: short } = momentOf({ cover: { shortfall: usd(130_000) } });
    const { exitBefore, exitAfter } = pictureOf(short, usd(50_000));
    expect(formatWad(exitBefore, 6)).to.equal("0.896907");
    expect(exitAfter).to.equal(exitBefore);
    expect(pictureOf(short, usd(131_000)).exitAfter < exitBefore).to.equal(true);
  });

  it("is what the contracts preview, to the wei: with fees pending, at any price, for any loss", async () => {
    const seen = { withHaircut: 0, covered: 0, pendingFees: 0 };
    for await (const { read, preview } of states()) {
      const { totals, cover } = read;
      const losses = [0n, 1n, cover.shortfall, cover.shortfall / 2n, cover.shortfall + 1n, totals.debtAssets];
      for (let part = 1n; part < 7n; ++part) losses.push((totals.debtAssets * part) / 7n);
      const expected = await preview(losses);
      for (const [index, loss] of losses.entries()) {
        const picture = pictureOf(read, loss);
        expect(picture.preview).to.deep.equal(expected[index]);
        expect(picture.tiers.reduce((sum, { bears }) => sum + bears, 0n)).to.equal(picture.loss);
        if (picture.preview.haircut > 0n) ++seen.withHaircut;
        else if (loss > 0n) ++seen.covered;
      }
      if (totals.pendingFees > 0n) ++seen.pendingFees;
    }
    for (const [name, count] of Object.entries(seen)) expect(count > 0, name).to.equal(true);
  });

  it("has a slider that reaches from nothing to all debt, and finds its place again", () => {
    expect(lossAt(0, usd(500_000))).to.equal(0n);
    expect(lossAt(STEPS / 2, usd(500_000))).to.equal(usd(125_000));
    expect(lossAt(STEPS, usd(500_000))).to.equal(usd(500_000));
    for (const step of [0, 1, 17, 500, 999, STEPS])
      expect(stepOf(lossAt(step, usd(500_000)), usd(500_000))).to.equal(step);
    expect(stepOf(usd(1), 0n)).to.equal(0);
    expect(stepOf(usd(2), usd(1))).to.equal(STEPS);
  });

  it("says how far a price is below another", () => {
    expect(markdownOf(WAD, (3n * WAD) / 4n)).to.equal(WAD / 4n);
    expect(markdownOf(WAD, 2n * WAD)).to.equal(0n);
    expect(markdownOf(0n, 0n)).to.equal(0n);
  });
});

/** A tick with so much debt against so much collateral, at a price of 2,000. */
const tick = (debt: number, collateral: number): Tick => ({
  tick: 0n,
  debtShares: usd(debt),
  debtAssets: usd(debt),
  collateral: eth(collateral),
  firstInsolventBelow: 0n,
  allInsolventBelow: 0n,
});

const filled = ({ bars }: ReturnType<typeof bookOf>) => bars.filter(({ debtAssets }) => debtAssets > 0n);

describe("app: the book by loan-to-value", () => {
  it("puts debt where its collateral's value says, in bars of 2.5%", () => {
    const book = bookOf(market(), [tick(50_000, 50), tick(1_000, 1), tick(900, 0.5)]);
    expect(filled(book).map(({ fromWad, toWad, debtAssets }) => [fromWad, toWad, debtAssets])).to.deep.equal([
      [WAD / 2n, (525n * WAD) / 1_000n, usd(51_000)],
      [(9n * WAD) / 10n, (925n * WAD) / 1_000n, usd(900)],
    ]);
    expect(book.debtAt).to.deep.equal({ healthy: usd(51_000), liquidatable: usd(900), insolvent: 0n });
  });

  it("draws the lines of liquidation and of shortfall where the terms put them", () => {
    const { liquidationWad, shortfallWad } = bookOf(market(), []);
    expect(liquidationWad).to.equal((86n * WAD) / 100n);
    expect(formatPercent(shortfallWad, 2)).to.equal("98.03"); // 1 / 1.02
  });

  it("widens when much lies above, and has a bar for the rest", () => {
    const book = bookOf(market(), [tick(60_000, 25), tick(1_000, 0.1)]); // 120%, 500%
    expect(book.endWad).to.equal((165n * WAD) / 100n);
    expect(filled(book).map(({ toWad, zone }) => [toWad, zone])).to.deep.equal([
      [(12_375n * WAD) / 10_000n, "insolvent"],
      [undefined, "insolvent"],
    ]);
    expect(bookOf(market(), [tick(5, 0)]).debtAt.insolvent).to.equal(usd(5));
  });

  it("says how much debt is in none of the ticks read, and forgives them a wei each", () => {
    expect(bookOf(market(), [tick(499_000, 400)]).unreadAssets).to.equal(usd(1_000) - 1n);
    expect(bookOf(market(), [tick(500_000, 400)]).unreadAssets).to.equal(0n);
    const { market: withEstate } = momentOf({ estate: { debtAssets: usd(1_000) } });
    expect(bookOf(withEstate, [tick(499_000, 400)]).unreadAssets).to.equal(0n);
  });

  it("asks for the ticks around the price, and for none without one", () => {
    const range = tickRange(market());
    expect((range?.to ?? 0n) - (range?.from ?? 0n)).to.equal(640n);
    expect(tickRange(momentOf({ prices: { low: 0n } }).market)).to.equal(undefined);
  });

  it("knows the shortfall that the pool shows, and at other prices what it would show", async () => {
    let visible = 0;
    for await (const { read, ticks, shortfallAtPrice } of states()) {
      expect(shortfallAt(read, ticks, read.prices.low)).to.equal(read.cover.shortfall);
      if (read.cover.shortfall > 0n) ++visible;
      const low = fallen(read.prices.low, 50n);
      const expected = await shortfallAtPrice(low);
      // the interest of the seconds that pass until the pool is asked
      const interest = (read.totals.debtAssets * read.rates.borrowRatePerSecondWad * 10n) / WAD + 10n;
      const found = shortfallAt(read, ticks, low);
      expect(expected >= found && expected - found < interest).to.equal(true);
      expect(expected > read.cover.shortfall).to.equal(true);
    }
    expect(visible > 0).to.equal(true);
  });

  it("counts the estate by its own, older price", () => {
    const estate = { debtAssets: usd(3_000), collateral: eth(2), price: price(1_000) };
    const { market: withEstate } = momentOf({ estate });
    expect(shortfallAt(withEstate, [], price(2_000))).to.equal(usd(1_000));
    expect(shortfallAt(withEstate, [], price(1_000))).to.equal(usd(2_000));
    expect(shortfallAt(withEstate, [], 0n)).to.equal(usd(3_000));
  });
});

const position = (debtAssets: bigint, healthPercent: bigint): Position => ({
  ...momentOf().account.position,
  debtAssets,
  healthWad: (healthPercent * WAD) / 100n,
});

describe("app: positions at risk", () => {
  it("are those that a fall by a fifth would make liquidatable, nearest first", () => {
    const found = atRisk([
      position(1n, 125n),
      position(2n, 90n),
      position(3n, 126n),
      position(0n, 80n),
      position(5n, 105n),
    ]);
    expect(found.map(({ debtAssets }) => debtAssets)).to.deep.equal([2n, 5n, 1n]);
  });

  it("are so far from it as their health says", () => {
    expect(distanceWad(position(1n, 125n))).to.equal(WAD / 5n);
    expect(distanceWad(position(1n, 100n))).to.equal(0n);
    expect(distanceWad(position(1n, 50n))).to.equal(0n);
  });
});

const row = (timestamp: number, gross: number | null, exit: number | null): PriceRow => ({
  kind: "price",
  cause: "sample",
  market: "",
  blockNumber: timestamp,
  logIndex: 0,
  timestamp,
  transactionHash: "",
  grossPriceWad: gross === null ? null : `${gross}000000000000000`,
  exitPriceWad: exit === null ? null : `${exit}000000000000000`,
});

describe("app: share prices as lines", () => {
  const now = { timestamp: 100, grossPriceWad: 2n * WAD, exitPriceWad: WAD };

  it("have each second once, with the last that was told of each price, and end now", () => {
    const rows = [row(10, 1_000, null), row(10, null, 900), row(10, 1_100, null), row(20, null, 950)];
    expect(pointsOf(rows, now)).to.deep.equal({ times: [10, 20, 100], gross: [1.1, null, 2], exit: [0.9, 0.95, 1] });
  });

  it("begin where the span does", () => {
    expect(pointsOf([row(10, 1_000, null), row(50, 1_000, null)], now, 40).times).to.deep.equal([50, 100]);
  });

  it("step down at a loss", () => {
    const after: PriceRow = { ...row(50, 900, null), cause: "loss" };
    const loss = { ...after, kind: "loss", priceBeforeWad: `${WAD}`, priceAfterWad: "900000000000000000" } as const;
    const amounts = { lossId: "1", borrower: "", lossAssets: "1", fromReserve: "0", fromFund: "0", haircut: "1" };
    const { times, gross } = pointsOf([row(10, 1_000, null), after], now, 0, [{ ...loss, ...amounts }]);
    expect(times).to.deep.equal([10, 49, 50, 100]);
    expect(gross).to.deep.equal([1, 1, 0.9, 2]);
    // two in one second: no time goes backwards
    const twice = pointsOf([row(50, 950, null), after], now, 0, [{ ...loss, ...amounts }]);
    expect(twice.times).to.deep.equal([50, 100]);
    expect(twice.gross).to.deep.equal([0.9, 2]);
  });

  it("leave out what a chain that was set back has not seen yet", () => {
    expect(pointsOf([row(200, 1_000, null)], now).times).to.deep.equal([100]);
  });
});

describe("app: the estate's sale", () => {
  const { market: selling } = momentOf({ estate: { collateral: eth(2), price: price(1_500) } });

  it("gives what an amount pays for, and takes no more than all of it costs", () => {
    expect(estateQuote(selling, usd(1_500))).to.deep.equal({ paid: usd(1_500), bought: eth(1) });
    expect(estateQuote(selling, usd(9_000))).to.deep.equal({ paid: usd(3_000), bought: eth(2) });
    expect(estateQuote(selling, 0n)).to.deep.equal({ paid: 0n, bought: 0n });
  });

  it("gives everything for nothing in the end", () => {
    const { market: given } = momentOf({ estate: { collateral: eth(2), price: 0n } });
    expect(estateQuote(given, 0n)).to.deep.equal({ paid: 0n, bought: eth(2) });
  });
});
