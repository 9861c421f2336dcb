// The figures of docs/runbook.md, computed again: from the formulas it states, from the model, and from the data it names.
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { incentiveOf, PRICE_SCALE, quoteLiquidation, WAD } from "../../sdk/model/index.js";
import { expectNear } from "../helpers/near.js";

const root = new URL("../../", import.meta.url);
const runbook = readFileSync(new URL("docs/runbook.md", root), "utf8");

const BORROW_LTV = 0.8;
const LLTV = 0.86;
const LIF = { floor: 1.02, min: 1.03, peak: 1.1 };
const REPAY_TARGET = 0.9;
const SWAP_FEE = 0.0005;
const TERMS = { lifFloorBps: 10_200n, lifMinBps: 10_300n, lifPeakBps: 11_000n, repayTargetBps: 9_000n, minDebt: 0n };

const percent = (part: number): string => `${(part * 100).toFixed(2)} %`;
const has = (...texts: string[]): void => {
  for (const text of texts) expect(runbook, text).to.include(text);
};

/** Dollars for 300,000 gas, with ether at 2,000. */
const gas = (gwei: number): number => 300_000 * gwei * 1e-9 * 2_000;

/** What a loan of this ratio loses if the price falls before anyone can act. */
const loss = (ratio: number, fall: number): number => Math.max(0, 1 - (1 - fall) / (ratio * LIF.floor));

type Candle = { seconds: number; close: number };

function candles(file: string): Candle[] {
  const [head = "", ...lines] = readFileSync(new URL(`simulation/data/${file}`, root), "utf8")
    .trim()
    .split("\n");
  const columns = head.split(",");
  const closeAt = columns.indexOf("close") === -1 ? columns.indexOf("price") : columns.indexOf("close");
  return lines.map((line) => {
    const cells = line.split(",");
    return { seconds: Date.parse(cells[0] ?? "") / 1_000, close: Number(cells[closeAt]) };
  });
}

/** The worst fall between two closes that are at most so many seconds apart. */
function worstFall(series: readonly Candle[], seconds: number): number {
  let worst = 0;
  for (const [index, from] of series.entries()) {
    for (let next = index + 1; next < series.length; ++next) {
      const to = series[next];
      if (to === undefined || to.seconds - from.seconds > seconds) break;
      worst = Math.max(worst, 1 - to.close / from.close);
    }
  }
  return worst;
}

describe("the runbook's figures", () => {
  it("the ways from the borrow limit to liquidation and to a loss", () => {
    has(percent(1 - BORROW_LTV / LLTV), percent(1 - LLTV * LIF.floor));
    expectNear((1 - 2 * (1 - LLTV * LIF.floor)) / LIF.floor, 0.74, 0.001);
  });

  for (const [name, file, windows] of [
    ["ETH, January 2021", "2021-01-11_eth-usdt_1m.csv", [0.25, 1, 4, 24]],
    ["ETH, October 2025", "2025-10-10_eth-usdt_15m.csv", [0.25, 1, 4, 24]],
    ["BTC, March 2020", "2020-03-black-thursday_btc-usd_1h.csv", [1, 4, 24]],
  ] as const) {
    it(`the worst falls of ${name}`, () => {
      const series = candles(file);
      const cells = windows.map((hours) => percent(worstFall(series, hours * 3_600)));
      expect(runbook).to.include(
        `| ${name} | ${[...(windows.length === 3 ? [""] : []), ...cells].join(" | ").trim()} |`,
      );
    });
  }

  it("what a liquidator can lose on selling, and the model's incentive at the lltv", () => {
    for (const lif of Object.values(LIF)) has(percent(1 - 1 / lif - SWAP_FEE));
    expect(incentiveOf((86n * WAD) / 100n, 8_600n, TERMS)).to.equal((103n * WAD) / 100n);
  });

  it("what a liquidation at the lltv repays and seizes, by the model", () => {
    const debt = 86_000n * WAD;
    const collateral = 50n * WAD;
    const price = 2_000n * PRICE_SCALE;
    const { repaid, seized } = quoteLiquidation(
      { debtShares: debt, debt, collateral },
      WAD,
      price,
      8_600n,
      debt,
      TERMS,
    );
    const part = Number(repaid) / Number(debt);
    expectNear(part, (1 - REPAY_TARGET) / (1 - REPAY_TARGET * LLTV * LIF.min), 1e-12);
    has(percent(part), percent(Number(seized) / Number(collateral)));
  });

  it("caps: from the depth in the quotes to borrow, supply and collateral cap", () => {
    const quotes = readFileSync(new URL("simulation/data/dex-price-impact_1inch_2023-11.csv", root), "utf8");
    const [, , , dollars, impact] = (/^WETH,USDC,30000,.*$/m.exec(quotes)?.[0] ?? "").split(",");
    expect([(Number(dollars) / 1e6).toFixed(1), percent(Number(impact))]).to.deep.equal(["58.0", "2.58 %"]);
    expectNear(Number(dollars) / 4e6, 14.5, 0.05);
    const k = ((1 - REPAY_TARGET) / (1 - REPAY_TARGET * LLTV * LIF.min)) * LIF.min;
    const borrowCap = (14.5 * (1 + 30 / 15)) / (0.5 * k);
    expect([k.toFixed(3), borrowCap.toFixed(0), (borrowCap / 0.9).toFixed(0)]).to.deep.equal(["0.508", "171", "190"]);
    has("$171m", "$190m", (171e6 / (0.8 * 500)).toLocaleString("en"));
  });

  it("the smallest debt", () => {
    const rate = LIF.floor * (1 - SWAP_FEE) - 1;
    expect([gas(300).toFixed(0), gas(0.1).toFixed(2), (gas(0.1) / rate).toFixed(0)]).to.deep.equal([
      "180",
      "0.06",
      "3",
    ]);
    has(`$${Math.floor(gas(300) / rate).toLocaleString("en")}`);
  });

  it("what a fall costs, and what covers it", () => {
    const cost = (fall: number) => 0.5 * loss(0.6, fall) + 0.4 * loss(0.8, fall) + 0.1 * loss(0.86, fall);
    has(
      `| 60 % | ${loss(0.6, 0.2)} | ${loss(0.6, 0.3)} |`,
      `| 80 % | ${percent(loss(0.8, 0.2))} | ${percent(loss(0.8, 0.3))} |`,
      `| 86 % | ${percent(loss(0.86, 0.2))} | ${percent(loss(0.86, 0.3))} |`,
      `${percent(cost(0.2))} of the debt and one of 30 % costs ${percent(cost(0.3))}`,
      `${percent(0.02 / 0.9)} of the debt`,
      percent(0.07 / 0.9),
      `= ${(((0.1 * 0.04 * 0.9) / 0.05) * 100).toFixed(1)} % a year`,
    );
    expect(0.02 / 0.9 > cost(0.2) && 0.07 / 0.9 > cost(0.3)).to.equal(true);
  });

  it("names only metrics that the keeper has", async () => {
    const { METRICS } = await import("../../scripts/keeper/metrics.ts");
    for (const [name] of runbook.matchAll(/mutua_keeper_[a-z_]+/g)) expect(Object.keys(METRICS)).to.include(name);
  });
});
