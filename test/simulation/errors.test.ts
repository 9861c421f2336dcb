// Whatever is wrong with a scenario, a series or an option is said in one line, with what would be right.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { Problem } from "../../simulation/problem.js";
import { parseScenario } from "../../simulation/scenario.js";
import { readSeries, window } from "../../simulation/series.js";

const GOOD = "title: a test\nprice:\n  series: prices.csv\n  venue: nowhere\n";

function problemOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    expect(error.exitCode).to.equal(2);
    return error.message;
  }
  return "none";
}

describe("a wrong scenario", () => {
  const wrong: readonly (readonly [what: string, text: string, line: string])[] = [
    ["is empty", "", "the file: is missing; it must be a group of keys"],
    ["lacks a key", GOOD.replace("title: a test\n", ""), "title: is missing; it must be a text"],
    ["lacks a series", GOOD.replace("  series: prices.csv\n", ""), "price.series: is missing; it must be a text"],
    [
      "has a key that there is not",
      `${GOOD}gas:\n  gwie: 20\n`,
      "gas.gwie: there is no such key; allowed are series, column, gwei, coinPrice",
    ],
    [
      "has such a key in a list",
      `${GOOD}oracle:\n  outages:\n    - { from: 3, hours: 1 }\n`,
      "oracle.outages.0.fromHour: is missing; it must be a number",
    ],
    ["has a text for a number", `${GOOD}reserve: much\n`, 'reserve: found "much", must be a number'],
    ["has a number that is too small", `${GOOD}reserve: -1\n`, "reserve: found -1, must be a number of at least 0"],
    ["has a zero", `${GOOD}gas: { gwei: 0 }\n`, "gas.gwei: found 0, must be a number above 0"],
    [
      "has a number that is too large",
      `${GOOD}market: { lltv: 1.2 }\n`,
      "market.lltv: found 1.2, must be a number of at most 1",
    ],
    [
      "has a word that is not one of some",
      GOOD.replace("venue: nowhere", "venue: nowhere\n  shape: candles"),
      'price.shape: found "candles", must be one of close, wicks',
    ],
    [
      "has a time that is none",
      GOOD.replace("venue: nowhere", "venue: nowhere\n  from: 12 March 2020"),
      'price.from: found "12 March 2020", must be a time like 2020-03-12T00:00:00Z',
    ],
    [
      "ends before it begins",
      GOOD.replace("venue: nowhere", "venue: nowhere\n  from: 2020-03-12T00:00:00Z\n  until: 2020-03-11T00:00:00Z"),
      'price.until: found "2020-03-11T00:00:00Z", must be after price.from, 2020-03-12T00:00:00Z',
    ],
    [
      "lends up to the limit",
      `${GOOD}market: { borrowLtv: 0.86 }\n`,
      "market.borrowLtv: found 0.86, must be under market.lltv, 0.86",
    ],
    [
      "leaves nothing for the incentive",
      `${GOOD}market: { lltv: 0.92 }\n`,
      "market.lltv: found 0.92, must be under 1 / market.lifPeak, 0.9091",
    ],
    [
      "repays to above where borrowing ends",
      `${GOOD}market: { borrowLtv: 0.7 }\nborrowers: { ltv: 0.6 }\n`,
      "market.repayTarget: found 0.9, must be under market.borrowLtv / market.lltv, 0.8140",
    ],
    [
      "lends what is not there",
      `${GOOD}borrowers: { debt: 100000000 }\n`,
      "borrowers.debt: found 100000000, must be at most suppliers.assets, 75000000: it is lent out of them",
    ],
    [
      "has more suppliers than all",
      `${GOOD}suppliers: { onPrice: 0.8 }\n`,
      "suppliers.onNews: found 0.25, must be at most 1 together with suppliers.onPrice and suppliers.onUtilisation",
    ],
    [
      "asserts what is not a figure",
      `${GOOD}assert: [profit > 1]\n`,
      'assert.0: found "profit > 1", must be like "haircut <= 0.05", of haircut, supplierLoss, unfairness, shortfall, ' +
        "uncovered, exitPrice, coverage, reserveLoss, fundLoss, loss, overdue",
    ],
    [
      "is no YAML",
      "title: [a",
      "Flow sequence in block collection must be sufficiently indented and end with a ] at line 1, column 10",
    ],
  ];
  for (const [what, text, line] of wrong) {
    it(`is refused if it ${what}`, () => {
      expect(problemOf(() => parseScenario(text, "mine.yaml"))).to.equal(`mine.yaml: ${line}`);
    });
  }

  it("takes bounds in percent and with proper signs", () => {
    const { assert } = parseScenario(`${GOOD}assert: [haircut ≤ 5 %, coverage ≥ 0.02]\n`, "mine.yaml");
    expect(assert.map(({ figure, sign, bound }) => [figure, sign, bound])).to.deep.equal([
      ["haircut", "<=", 0.05],
      ["coverage", ">=", 0.02],
    ]);
  });
});

const read = (text: string, from = -Infinity, until = Infinity): string =>
  problemOf(() => window(readSeries(text, "mine.csv"), "mine.csv", from, until));

describe("a wrong series", () => {
  const head = "timestamp_utc_iso,price\n";
  const rows = ["2020-01-01T00:00:00Z,1", "2020-01-01T01:00:00Z,2", "2020-01-01T02:00:00Z,3"];
  const columns =
    "mine.csv: the first line must name the columns timestamp_utc_iso and price, or timestamp_utc_iso, open, high, low, " +
    "close; it has ";

  it("is empty", () => {
    expect(read("")).to.equal(`${columns}nothing`);
  });

  it("lacks a column", () => {
    expect(read("time,price\n1,2\n")).to.equal(`${columns}time, price`);
    expect(read("timestamp_utc_iso,open,high,low\n")).to.equal(`${columns}timestamp_utc_iso, open, high, low`);
  });

  it("lacks the column that is asked for", () => {
    expect(problemOf(() => readSeries(`${head}${rows.join("\n")}`, "mine.csv", "gwei"))).to.equal(
      "mine.csv: the first line must name the columns timestamp_utc_iso and gwei; it has timestamp_utc_iso, price",
    );
  });

  it("has too few rows", () => {
    expect(read(head)).to.equal("mine.csv: there must be at least two rows of prices, there are 0");
  });

  it("has a negative price, none, or a word", () => {
    for (const cell of ["-2", "0", "", "n/a"]) {
      expect(read(`${head}${rows[0]}\n2020-01-01T01:00:00Z,${cell}\n${rows[2]}\n`)).to.equal(
        `mine.csv, line 3: price must be a price above zero, it is "${cell}"`,
      );
    }
  });

  it("has a time that is none", () => {
    expect(read(`${head}${rows[0]}\nyesterday,2\n`)).to.equal(
      'mine.csv, line 3: "yesterday" is not a time like 2020-03-12T00:00:00Z',
    );
  });

  it("goes back in time", () => {
    expect(read(`${head}${rows[0]}\n${rows[2]}\n${rows[1]}\n`)).to.equal(
      "mine.csv, line 4: times must rise, this one is not after the one before",
    );
  });

  it("has a gap", () => {
    expect(read(`${head}${rows.join("\n")}\n\n2020-01-01T09:00:00Z,4\n`)).to.equal(
      "mine.csv, line 6: 25200 s are missing before this row, where rows are 3600 s apart; choose price.from and " +
        "price.until so that there is no gap",
    );
  });

  it("has a gap outside of the window, which is no matter", () => {
    const text = `${head}${rows.join("\n")}\n2020-01-01T09:00:00Z,4\n`;
    expect(read(text, -Infinity, Date.parse("2020-01-01T05:00:00Z") / 1_000)).to.equal("none");
  });

  it("has no rows in the window", () => {
    expect(read(`${head}${rows.join("\n")}\n`, Date.parse("2021-01-01T00:00:00Z") / 1_000)).to.equal(
      "mine.csv: 0 rows lie between price.from and price.until, there must be at least two; the file goes from " +
        "2020-01-01T00:00:00.000Z to 2020-01-01T02:00:00.000Z",
    );
  });

  it("has a candle that closes outside of itself", () => {
    expect(
      read("timestamp_utc_iso,open,high,low,close\n2020-01-01T00:00:00Z,1,2,1,3\n2020-01-01T01:00:00Z,1,2,1,2\n"),
    ).to.equal("mine.csv, line 2: open and close must lie between low and high");
  });
});

describe("npm run simulate", function () {
  this.timeout(120_000);

  const folder = mkdtempSync(path.join(tmpdir(), "mutua-simulate-"));
  after(() => rmSync(folder, { recursive: true }));

  function simulate(...args: string[]): { status: number | null; error: string; output: string } {
    const { status, stderr, stdout } = spawnSync(
      process.execPath,
      ["--import", "tsx", "scripts/simulate.ts", ...args],
      {
        encoding: "utf8",
        env: { ...process.env, INIT_CWD: folder },
      },
    );
    return { status, error: stderr, output: stdout };
  }

  it("ends with 2 and one line if there is no such scenario", () => {
    const { status, error } = simulate("black-friday");
    expect(status).to.equal(2);
    expect(error).to.match(/^there is no scenario "black-friday"; shipped are black-thursday-2020, .*\n$/u);
  });

  it("plays one's own files, and ends with 1 and a line for each assertion that is broken", () => {
    writeFileSync(path.join(folder, "prices.csv"), `timestamp_utc_iso,price\n${hourly([100, 100, 90, 80])}`);
    writeFileSync(
      path.join(folder, "mine.yaml"),
      `${GOOD}${CROWD}assert:\n  - loss <= 0\n  - exitPrice > 1\n  - coverage >= 5 %\n`,
    );
    const { status, error, output } = simulate("mine.yaml", "--engine", "model");
    expect(output).to.include("4 steps on the model in ");
    expect(error.split("\n")).to.deep.equal([
      "mine: assertion broken: exitPrice > 1: exitPrice is 1, must be > 1",
      "mine: assertion broken: coverage >= 5 %: coverage is 0.0199998, must be >= 0.05",
      "",
    ]);
    expect(status).to.equal(1);
  });
});

const CROWD =
  "reserve: 1000\nborrowers: { count: 3, debt: 100000, ltv: 0.3, spread: 0 }\nsuppliers: { count: 3, assets: 150000 }\n" +
  "insurers: { count: 1, stake: 1000 }\n";

function hourly(prices: readonly number[]): string {
  return prices
    .map((price, hour) => `${new Date(Date.UTC(2020, 0, 1, hour)).toISOString().replace(".000", "")},${price}\n`)
    .join("");
}
