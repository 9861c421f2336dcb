import { expect } from "chai";

import { Problem } from "../../scripts/lib/problem.ts";
import { METRICS, Metrics } from "../../scripts/keeper/metrics.ts";
import { readOptions, usage } from "../../scripts/keeper/options.ts";
import { readFileSync } from "node:fs";

const ADDRESS = "0x3bFA4769FB09eefC5a80d6E87c3B9C650f7Ae48E";
const FLASH = ["--flash", ADDRESS, "--adapter", ADDRESS];

const coinPrice = (text: string) => readOptions(["--coin-price", text], {})?.coinPrice;

describe("the keeper's options", () => {
  it("come from the command line, then from the environment, then from what is usual", () => {
    const environment = { MUTUA_KEEPER_MIN_PROFIT: "2.5", MUTUA_KEEPER_BATCH: "7", MUTUA_KEEPER_DRY_RUN: "1" };
    const options = readOptions(["--batch", "3", "--slot", "2/3", "--tip-gwei", "1.5"], environment);
    expect(options).to.include({ batch: 3, minProfit: "2.5", isDryRun: true, pollMs: 1_000, network: "local" });
    expect(options?.slot).to.deep.equal({ index: 1, count: 3 });
    expect(options?.tip).to.equal(1_500_000_000n);
    expect([...(options?.acts ?? [])]).to.deep.equal(["liquidate", "flag", "foreclose", "estate", "pivot"]);
  });

  it("take a fee or a path as a route", () => {
    expect(readOptions([...FLASH, "--route", "3000"], {})?.flash?.route).to.equal("0x000bb8");
    expect(readOptions([...FLASH, "--route", "0xabcdef"], {})?.flash?.route).to.equal("0xabcdef");
  });

  it("take four kinds of a coin's price", () => {
    expect(coinPrice("1999.5")).to.deep.equal({ kind: "fixed", tokens: "1999.5" });
    expect(coinPrice("collateral")).to.deep.equal({ kind: "collateral" });
    expect(coinPrice("asset")).to.deep.equal({ kind: "asset" });
    expect(coinPrice(ADDRESS)).to.deep.equal({ kind: "feed", feed: ADDRESS });
  });

  for (const [args, text] of [
    [["--min-profit", "much"], '--min-profit is "much": allowed is a number like 2.5'],
    [["--batch", "0"], '--batch is "0": allowed is a whole number from 1 to 40'],
    [["--pool", "0x12"], '--pool is "0x12": allowed is an address, 0x and 40 hex digits'],
    [["--slot", "3/2"], '--slot is "3/2": allowed is the number of this keeper and of all, like 1/2'],
    [["--do", "liquidate,dance"], '--do has "dance": allowed is liquidate, flag, foreclose, estate, pivot'],
    [
      ["--coin-price", "dear"],
      '--coin-price is "dear": allowed is a number, "collateral", "asset", or a feed\'s address',
    ],
    [["--flash", ADDRESS], "--flash needs --adapter and --route as well"],
    [["--adapter", ADDRESS], "--adapter and --route need --flash as well"],
    [[...FLASH, "--route", "0xabc"], '--route is "0xabc": allowed is a pool\'s fee in millionths, or a path in hex'],
    [["--sale-discount", "100"], "--sale-discount must be under 100 (percent)"],
    [["--simulate-on", "moon"], '--simulate-on has "moon": allowed is pending, latest'],
    [["--what"], "Unknown option '--what': npm run keeper -- --help lists the options"],
  ] as const) {
    it(`refuse ${args.join(" ").replaceAll(ADDRESS, "0x…")} in one line`, () => {
      expect(() => readOptions([...args], {})).to.throw(Problem, text);
    });
  }

  it("are listed", () => {
    expect(readOptions(["--help"], {})).to.equal(undefined);
    expect(usage()).to.include("--coin-price").and.to.include("MUTUA_KEEPER_");
  });
});

describe("the keeper's metrics", () => {
  it("are all told in the document, and it tells of no other", () => {
    const document = readFileSync(new URL("../../docs/keeper.md", import.meta.url), "utf8");
    const told = new Set([...document.matchAll(/`(mutua_keeper_[a-z_]+)`/g)].map(([, name]) => name));
    expect([...told]).to.have.members(Object.keys(METRICS));
  });

  it("have a help line and a kind each, and start at zero", () => {
    const metrics = new Metrics();
    metrics.add("mutua_keeper_liquidations_total", 2);
    metrics.set("mutua_keeper_up", true);
    const text = metrics.text();
    expect(text.match(/^# HELP /gm)?.length).to.equal(Object.keys(METRICS).length);
    expect(text).to.include("# TYPE mutua_keeper_liquidations_total counter\nmutua_keeper_liquidations_total 2\n");
    expect(text).to.include("\nmutua_keeper_up 1\n").and.to.include("\nmutua_keeper_reorgs_total 0\n");
  });
});
