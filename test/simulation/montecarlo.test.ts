// Many paths: the same from one thread or two, whole or in shards, at once or after a stop; and what is wrong in a line.
import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import { expect } from "chai";

import { Journal, readJournal } from "../../simulation/montecarlo/journal.js";
import { merge, monteCarlo, sizeFund } from "../../simulation/montecarlo/main.js";
import type { PathResult } from "../../simulation/montecarlo/path.js";
import { readSummary } from "../../simulation/montecarlo/summary.js";

const SCENARIO = `
title: A few people
price:
  series: long_btc-usd_4h_2018-2022
  venue: BTC/USD
reserve: 1000
borrowers: { count: 6, debt: 700000, ltv: 0.74 }
suppliers: { count: 3, assets: 900000 }
insurers: { count: 2, stake: 5000 }
liquidators: { count: 1, capital: 20000 }
`;
const SMALL = ["--paths", "8", "--steps", "60", "--block", "20", "--volatility", "1.5", "--check", "0"];

describe("Monte Carlo", () => {
  let folder: string;
  let scenario: string;
  let printed: string[];
  const { log } = console;

  before(() => {
    folder = mkdtempSync(path.join(tmpdir(), "mutua-"));
    scenario = path.join(folder, "few.yaml");
    writeFileSync(scenario, SCENARIO);
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  beforeEach(() => {
    printed = [];
    console.log = (line: string) => void printed.push(line);
  });
  afterEach(() => {
    console.log = log;
  });

  const at = (name: string): string => path.join(folder, name);
  const play = async (out: string, ...more: string[]): Promise<void> => {
    await monteCarlo([scenario, ...SMALL, "--workers", "1", "--out", at(out), ...more]);
  };
  const files = (name: string): Record<string, string> =>
    Object.fromEntries(readdirSync(at(name)).map((file) => [file, readFileSync(path.join(at(name), file), "utf8")]));

  async function refused(args: string[], call = monteCarlo): Promise<string> {
    try {
      await call(args);
    } catch (error) {
      expect((error as Error).name).to.equal("Problem");
      const { message } = error as Error;
      expect(message.split("\n")).to.have.length(1);
      return message.replaceAll(`${folder}${path.sep}`, "");
    }
    throw new Error("It was not refused.");
  }

  describe("a run", () => {
    before(async () => {
      console.log = () => undefined;
      await play("whole");
    });

    it("has something to tell in this market: losses, and paths without", () => {
      const { distributions } = JSON.parse(files("whole")["monte-carlo.json"] ?? "") as {
        distributions: {
          paths: number;
          haircuts: number;
          columns: { lost: { worst: number; p50: { value: number } } };
        }[];
      };
      const [all] = distributions;
      expect(all?.paths).to.equal(8);
      expect(all?.haircuts).to.be.within(1, 7);
      expect(all?.columns.lost.worst).to.be.above(0);
      expect(Object.keys(files("whole"))).to.have.members([
        "monte-carlo.json",
        "paths.csv",
        "paths.ndjson",
        "report.html",
      ]);
      expect(files("whole")["paths.csv"]?.trimEnd().split("\n")).to.have.length(9);
    });

    it("is the same from two threads", async () => {
      await play("two", "--workers", "2");
      expect(files("two")).to.deep.equal(files("whole"));
    }).timeout(180_000);

    it("goes on after a stop in the middle of a line, and ends as if there had been none", async () => {
      await play("stopped");
      const journal = path.join(at("stopped"), "paths.ndjson");
      const lines = readFileSync(journal, "utf8").split("\n");
      const kept = lines.slice(0, 6).join("\n").length + 1;
      truncateSync(journal, kept + 25);
      await play("stopped");
      expect(printed).to.include("5 paths are there from before.");
      expect(files("stopped")).to.deep.equal(files("whole"));
    });

    it("writes whole lines after a half one, so that it can be stopped again", () => {
      const { header, results } = readJournal(at("whole")) as NonNullable<ReturnType<typeof readJournal>>;
      const [first, second] = [0, 1].map((place) => results.get(place) as PathResult) as [PathResult, PathResult];
      new Journal(header, at("twice")).add({ variant: 0, path: 0 }, first);
      appendFileSync(path.join(at("twice"), "paths.ndjson"), '{"variant":0,"pa');
      new Journal(header, at("twice")).add({ variant: 0, path: 1 }, second);
      expect(readJournal(at("twice"))?.results).to.deep.equal(
        new Map([
          [0, first],
          [1, second],
        ]),
      );
    });

    it("is the same put together from shards", async () => {
      for (const shard of ["1/3", "2/3", "3/3"]) await play(`shard ${shard[0]}`, "--shard", shard);
      await merge([at("shard 3"), at("shard 1"), at("shard 2"), "--out", at("merged")]);
      expect(files("merged")).to.deep.equal(files("whole"));
    });

    it("gives a path again by its number alone, with its prices as a series of its own", async () => {
      await monteCarlo([scenario, ...SMALL, "--path", "5", "--out", at("path")]);
      const row = files("whole")["paths.csv"]?.split("\n")[6]?.split(",") ?? [];
      expect(row[0]).to.equal("5");
      expect(printed[0]).to.equal(`Path 5: everybody's seed is ${row[1]}`);
      const { result } = JSON.parse(files("path")["path-5.json"] ?? "") as { result: Record<string, number> };
      expect(Object.values(result).map(String)).to.deep.equal(row.slice(2));
      expect(files("path")["path-5.csv"]?.trimEnd().split("\n")).to.have.length(61);
    });

    it("leaves what a report on the same scenario can show", () => {
      expect(readSummary(at("whole"), "few").meta.paths).to.equal(8);
      expect(() => readSummary(at("whole"), "many")).to.throw("is of the scenario few, not of many");
      expect(() => readSummary(folder, "few")).to.throw("--paths: there is no monte-carlo.json in");
    });

    it("plays the same paths in each market of a sweep", async () => {
      await play("sweep", "--sweep", "insurers.stake=5000,90000", "--sweep", "market.lltv=0.86");
      const rows = files("sweep")["paths.csv"]?.trimEnd().split("\n") ?? [];
      const whole = files("whole")["paths.csv"]?.trimEnd().split("\n") ?? [];
      expect(rows[0]).to.equal(`insurers.stake,market.lltv,${whole[0]}`);
      expect(rows.slice(1, 9)).to.deep.equal(whole.slice(1).map((row) => `5000,0.86,${row}`));
      expect(rows.slice(9).map((row) => row.split(",").slice(0, 4))).to.deep.equal(
        whole.slice(1).map((row) => ["90000", "0.86", ...row.split(",").slice(0, 2)]),
      );
    });

    it("refuses shards that do not make one run", async () => {
      const merged = ["--out", at("no")];
      const of = (...names: string[]): string[] => [...names.map(at), ...merged];
      expect(await refused(of("shard 1", "shard 3"), merge)).to.equal("merge: shard 2/3 is missing");
      expect(await refused(of("shard 1", "shard 1"), merge)).to.equal("merge: shard 1 and shard 1 are both shard 1/3");
      await play("other", "--seed", "2", "--shard", "2/3", "--paths", "3");
      expect(await refused(of("shard 1", "other"), merge)).to.equal("merge: other is of another run than shard 1");
      expect(await refused(of("shard 1", "path"), merge)).to.equal("merge: path holds no paths.ndjson");
      const journal = path.join(at("shard 1"), "paths.ndjson");
      truncateSync(journal, readFileSync(journal).length - 2);
      expect(await refused(of("shard 1"), merge)).to.equal(
        "merge: shard 1 lacks 1 of its 3 paths; run its shard again, it goes on",
      );
    });

    it("refuses to go on with another run's paths, or with what it did not write", async () => {
      const again = (...more: string[]): string[] => [scenario, ...SMALL, "--out", at("whole"), ...more];
      expect(await refused(again("--seed", "2"))).to.equal(
        "--out: whole holds paths of another scenario, other options or other code; name another folder".replace(
          "whole",
          at("whole").slice(folder.length + 1),
        ),
      );
      expect(await refused(again("--shard", "1/2"))).to.equal(
        "--out: whole holds shard 1/1, not 1/2; name another folder",
      );
      appendFileSync(path.join(at("whole"), "paths.ndjson"), "nonsense\n");
      expect(await refused(again())).to.equal(
        "whole/paths.ndjson, line 10: is not what a run has written; delete the folder and run again",
      );
    });
  });

  it("sizes the fund: with it no more paths have a haircut than are allowed", async () => {
    const args = [scenario, ...SMALL, "--workers", "1", "--confidence", "0.9", "--out", at("fund")];
    await sizeFund(args);
    type Figures = {
      bare: { losses: number };
      given: { count: number };
      tried: { stake: number; haircuts: number }[];
      advised: { stake: number; count: number };
    };
    const { bare, given, tried, advised } = JSON.parse(readFileSync(at("fund/size-fund.json"), "utf8")) as Figures;
    expect(bare.losses).to.be.above(0);
    expect(given.count).to.be.above(0);
    // Of eight paths none may have one; a little less would not do, as was tried.
    expect(advised.count).to.equal(0);
    const less = tried.filter(({ stake }) => stake < advised.stake);
    expect(Math.max(...less.map(({ stake }) => stake))).to.be.at.least(advised.stake * 0.96);
    for (const { haircuts } of less) expect(haircuts).to.be.above(0);
    expect(printed.at(-1)).to.include("How large must the fund be, so that with 90% confidence");
  }).timeout(180_000);

  const WRONG: [string, string[], string][] = [
    ["no scenario", [], "monte-carlo: name a scenario: npm run simulate -- list shows them"],
    ["two scenarios", ["a.yaml", "b.yaml"], "monte-carlo: one scenario at a time, found a.yaml, b.yaml"],
    ["an unknown option", ["few.yaml", "--pahts", "3"], "Unknown option '--pahts'"],
    ["no paths", ["few.yaml", "--paths", "0"], '--paths: found "0", must be a whole number from 1 to 10000000'],
    ["half a step", ["few.yaml", "--steps", "2.5"], '--steps: found "2.5", must be a whole number from 2 to 1000000'],
    [
      "a seed too large",
      ["few.yaml", "--seed", "4294967296"],
      '--seed: found "4294967296", must be a whole number from 0 to 4294967295',
    ],
    [
      "a volatility that is none",
      ["few.yaml", "--volatility", "high"],
      '--volatility: found "high", must be a number from 0 to 100',
    ],
    ["no threads", ["few.yaml", "--workers", "0"], '--workers: found "0", must be a whole number from 1 to 1024'],
    [
      "a path outside",
      ["few.yaml", "--paths", "5", "--path", "5"],
      '--path: found "5", must be a whole number from 0 to 4',
    ],
    ["a shard outside", ["few.yaml", "--shard", "4/3"], '--shard: found "4/3", must be like 2/3: the second of three'],
    ["an option of another command", ["few.yaml", "--confidence", "0.9"], "monte-carlo has no option --confidence"],
    [
      "a sweep without numbers",
      ["few.yaml", "--sweep", "reserve"],
      '--sweep: found "reserve", must be like "market.lltv=0.75,0.8"',
    ],
    ["a sweep of words", ["few.yaml", "--sweep", "reserve=1,x"], '--sweep: reserve: found "x", must be a number'],
    ["a value twice", ["few.yaml", "--sweep", "reserve=1,1"], "--sweep: reserve: a value is there twice"],
    ["a key twice", ["few.yaml", "--sweep", "reserve=1", "--sweep", "reserve=2"], "--sweep: reserve is there twice"],
    [
      "a block that is too long",
      ["few.yaml", "--block", "9000"],
      "--block: long_btc-usd_4h_2018-2022 has 8315 moves, a block must be at most as long",
    ],
    [
      "series of two paces",
      ["few.yaml", "--source", "long_btc-usd_4h_2018-2022,2021-01-11_eth-usdt_1m"],
      "--source: long_btc-usd_4h_2018-2022 has a price every 14400 s and 2021-01-11_eth-usdt_1m every 60 s; choose series of one pace",
    ],
  ];
  for (const [what, args, message] of WRONG) {
    it(`refuses ${what} in one line`, async () => {
      const [name, ...rest] = args;
      const all = name === undefined ? [] : [rest[0] === "b.yaml" ? name : path.join(folder, name), ...rest];
      expect(await refused(all)).to.equal(message);
    });
  }

  it("refuses options that size-fund and merge have no use for, and a confidence that is none", async () => {
    expect(await refused([scenario, "--sweep", "reserve=1"], sizeFund)).to.equal("size-fund has no option --sweep");
    expect(await refused([scenario, "--confidence", "1"], sizeFund)).to.equal(
      '--confidence: found "1", must be a number from 0.5 to 0.99999',
    );
    expect(await refused([folder, "--out", folder, "--paths", "3"], merge)).to.equal("merge has no option --paths");
    expect(await refused([folder], merge)).to.equal("merge: --out must name a folder for the whole run");
    expect(await refused(["--out", folder], merge)).to.equal("merge: name the folders of the shards");
  });

  it("refuses a folder that is a file", async () => {
    const args = [scenario, ...SMALL, "--out", path.join(scenario, "inside")];
    expect(await refused(args)).to.equal("--out: few.yaml/inside can't be made: ENOTDIR: not a directory");
  });

  it("refuses a swept value that the scenario's schema refuses, and keys that are none", async () => {
    expect(await refused([scenario, "--sweep", "market.lltv=0.86,0.99"])).to.match(
      /^--sweep: market\.lltv=0\.99: few\.yaml: /u,
    );
    expect(await refused([scenario, "--sweep", "market.ltv=0.8"])).to.match(
      /^--sweep: market\.ltv=0\.8: few\.yaml: market\.ltv: there is no such key; allowed are /u,
    );
    expect(await refused([scenario, "--sweep", "title=0.8"])).to.match(/^--sweep: title=0\.8: few\.yaml: title: /u);
  });
});
