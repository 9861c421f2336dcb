// The page and the files beside it: whole, closed to the network, escaped, small, and the same for the same run.
import path from "node:path";

import { expect } from "chai";

import { compare } from "../../simulation/comparison.js";
import { figuresOf } from "../../simulation/figures.js";
import { distributionOf } from "../../simulation/montecarlo/summary.js";
import type { Plan } from "../../simulation/montecarlo/plan.js";
import type { Provenance } from "../../simulation/provenance.js";
import { csv } from "../../simulation/report/csv.js";
import { amount, brief, duration, percent, price } from "../../simulation/report/format.js";
import type { ReportInput } from "../../simulation/report/input.js";
import { manyPageOf, pageOf } from "../../simulation/report/page.js";
import { thinned } from "../../simulation/report/thin.js";
import { filesOfReport } from "../../simulation/report/write.js";
import { type Outcome, run } from "../../simulation/run.js";
import { parseScenario, type Scenario } from "../../simulation/scenario.js";

const TITLE = `A "title" & </script><img src=x onerror=alert(1)>`;
const SCENARIO = parseScenario(
  `
title: ${JSON.stringify(TITLE)}
about: "<b>bold</b>"
price: { series: none, venue: "a <venue>" }
reserve: 20000
oracle: { heartbeat: 86400, delay: 0, sequencerOutages: [{ fromHour: 4, hours: 1 }] }
borrowers: { count: 8, debt: 1000000 }
suppliers: { count: 6, assets: 1200000, onPrice: 0.3, onNews: 0.4, slowestHours: 1 }
insurers: { count: 2, stake: 20000 }
venue: { onePercent: 1000000 }
liquidators: { absentHours: [{ fromHour: 0, hours: 2 }] }
assert: ["haircut <= 0.9", "loss < 0"]
`,
  path.resolve("somewhere", "made-up.yaml"),
);
const TICKS = Array.from({ length: 40 }, (_, i) => ({
  time: 1_600_000_000 + i * 900,
  price: i < 4 ? 100 : 70 - i / 4,
}));
const PROVENANCE: Provenance = {
  scenario: "made-up",
  venue: "a <venue>",
  seed: 5,
  engine: "model",
  files: [{ name: "made-up.yaml", sha256: "00ff" }],
  commit: "abc",
  versions: { mutua: "0" },
};

async function reportOf(scenario: Scenario): Promise<ReportInput> {
  const outcome = await run(scenario, TICKS, [], 5);
  return { scenario, outcome, provenance: PROVENANCE, comparison: await compare(scenario, TICKS, [], 5) };
}

describe("report", () => {
  let report: ReportInput;
  let files: Record<string, string>;
  let page: string;

  before(async () => {
    report = await reportOf(SCENARIO);
    files = filesOfReport(report);
    page = files["report.html"] as string;
  });

  it("has every section, and a place in the navigation for each", () => {
    const ids = "figures price utilisation book shortfall waterfall who liquidations comparison timeline provenance";
    for (const id of ids.split(" ")) {
      expect(page, id).to.match(new RegExp(`<section id="${id}"`, "u"));
      expect(page, id).to.include(`href="#${id}"`);
    }
    expect(page).to.not.include('<section id="monte-carlo"');
    expect(page.match(/<table/gu)?.length).to.equal(page.match(/<caption/gu)?.length);
    for (const [, name] of page.matchAll(/data-plot="(\w+)"/gu)) {
      expect(dataOf(page).plots, name).to.have.property(name as string);
    }
  });

  it("asks nothing of the network, and may not", () => {
    expect(page).to.include('content="default-src &#39;none&#39;;');
    expect(page).to.not.match(/<(?:link|img|iframe|object|embed|video|audio|base|form)\b/iu);
    expect(page).to.not.match(/\s(?:src|srcset|action|poster|background)\s*=\s*["']?[a-z]*:?\/\//iu);
    expect(page).to.not.match(/href="(?!#)/u);
    expect(page).to.not.match(/@import|url\(|\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|\bimport\(/u);
    // The only address is the plots' own, in the comment that names them.
    expect(page.match(/https?:\/\/[^\s)"']*/gu)).to.deep.equal(["https://github.com/leeoniya/uPlot"]);
    expect(page).to.include("Copyright (c) 2022 Leon Sorokin");
  });

  it("escapes what it is given, in markup and in the data", () => {
    expect(page).to.include("A &quot;title&quot; &amp; &lt;/script&gt;&lt;img src=x onerror=alert(1)&gt;");
    expect(page).to.include("&lt;b&gt;bold&lt;/b&gt;");
    expect(page).to.not.include("<img");
    expect(page.match(/<script/gu)?.length).to.equal(3);
    expect(page.match(/<\/script>/gu)?.length).to.equal(3);
  });

  it("embeds data that can be read, and gives all of it as JSON", () => {
    const { plots, heat } = dataOf(page);
    for (const [name, plot] of Object.entries(plots)) {
      for (const column of plot.columns) expect(column.length, name).to.equal(plot.x.length);
      expect(plot.lines.length, name).to.equal(plot.columns.length);
    }
    expect(heat.cells.length).to.equal(heat.bands.length);
    const json = JSON.parse(files["outcome.json"] as string) as { outcome: Outcome; scenario: { title: string } };
    expect(json.outcome).to.deep.equal(JSON.parse(JSON.stringify(report.outcome)));
    expect(json.scenario.title).to.equal(TITLE);
    expect(json.scenario).to.not.have.property("file");
  });

  it("tells who bore the loss, what was missed and why, and which assertion does not hold", () => {
    const text = page.replace(/[ \n]+/gu, " ");
    expect(report.outcome.losses.length).to.be.greaterThan(0);
    expect(text).to.match(
      /id="headline"> ?The collateral fell by 4\d\u202f% within 10 hours and left [^<]*: the reserve bore/u,
    );
    expect(text).to.include("no liquidator was at work");
    expect(text).to.match(/loss &lt; 0<small>.*?<strong>no<\/strong>/u);
    expect(text).to.include("the oracle is not in order, until");
    expect(text).to.include("npm run simulate -- made-up --seed 5 --engine model");
  });

  it("writes tables that say the same", () => {
    const { rows, suppliers, notes } = report.outcome;
    expect(linesOf(files, "rows.csv").length).to.equal(rows.length + 1);
    expect(linesOf(files, "rows.csv")[1]).to.match(/^2020-09-13T12:26:40Z,100,/u);
    expect(linesOf(files, "suppliers.csv").length).to.equal(suppliers.length + 1);
    const done = notes.filter(({ kind }) => kind === "liquidated" || kind === "missed");
    expect(linesOf(files, "liquidations.csv").length).to.equal(done.length + 1);
    expect(linesOf(files, "comparison.csv").length).to.equal(4 * suppliers.length + 1);
  });

  it("is the same, byte for byte, for the same seed, and names no place of this machine", async () => {
    expect(filesOfReport(await reportOf(SCENARIO))).to.deep.equal(files);
    for (const [name, text] of Object.entries(files)) expect(text, name).to.not.include(process.cwd());
  });

  it("stays small for a long run, with its extremes", () => {
    const { outcome } = report;
    const rows = Array.from({ length: 50_000 }, (_, i) => {
      const row = outcome.rows[i % outcome.rows.length] as Outcome["rows"][number];
      return { ...row, time: 1_600_000_000 + 60 * i, price: i === 43_210 ? 3 : 100 + Math.sin(i) };
    });
    const text = pageOf({ ...report, outcome: { ...outcome, rows } });
    expect(text.length).to.be.lessThan(2_000_000);
    const { plots } = dataOf(text);
    expect(plots["price"]?.columns[2]).to.include(3);
  });

  it("shows distributions where there are some", () => {
    const meta = { paths: 3, steps: 40, block: 5, seed: 1, variants: [{}] } as unknown as Plan["meta"];
    const counts = { lost: 0, fromReserve: 0, fromFund: 0, fromSuppliers: 0, liquidations: 1, missed: 0 };
    const result = { ...figuresOf(SCENARIO, report.outcome), haircut: 0, ...counts };
    const distributions = [distributionOf({ reserve: 1 }, [result, { ...result, haircut: 0.5 }, result])];
    const text = filesOfReport({ ...report, monteCarlo: { digest: "", meta, distributions } })["report.html"] as string;
    expect(text).to.include('<section id="monte-carlo"');
    expect(text.replace(/[ \n]+/gu, " ")).to.match(
      /aria-label="p50 [^"]*, p95 50\.00\u202f%, p99 50\.00\u202f%, worst 50\.00\u202f%"/u,
    );
    const alone = manyPageOf({ digest: "00ff", meta: { ...meta, title: TITLE, scenario: "x" }, distributions });
    expect(alone).to.match(/id="headline">\s*reserve = 1: In 0 of 3 paths|id="headline">\s*In 0 of 3 paths/u);
    expect(alone).to.not.include("<script").and.not.include("<img");
  });
});

const linesOf = (files: Record<string, string>, name: string): string[] =>
  (files[name] as string).trimEnd().split("\r\n");

type Data = {
  plots: Record<string, { x: number[]; columns: number[][]; lines: unknown[] }>;
  heat: { cells: number[][]; bands: string[] };
};

const dataOf = (page: string): Data =>
  JSON.parse(/<script type="application\/json" id="data">\s*([^<]*)<\/script>/u.exec(page)?.[1] as string) as Data;

describe("report's parts", () => {
  it("quote what a CSV needs quoted, and no spreadsheet takes a name for a formula", () => {
    expect(
      csv(
        ["a", "b"],
        [
          ["x,y", 'say "hi"'],
          ["=1+1", undefined],
          [-1.5, true],
          ["two\nlines", ""],
        ],
      ),
    ).to.equal('a,b\r\n"x,y","say ""hi"""\r\n\'=1+1,\r\n-1.5,true\r\n"two\nlines",\r\n');
  });

  it("thin rows out and keep every extreme, the first and the last, in order", () => {
    const rows = Array.from({ length: 10_000 }, (_, i) => ({
      i,
      up: i === 777 ? 50 : Math.sin(i),
      down: i === 9_001 ? -9 : 0,
    }));
    const kept = thinned(rows, ({ up, down }) => [up, down], 20);
    expect(kept.length).to.be.lessThan(90);
    expect(kept.map(({ i }) => i)).to.deep.equal(kept.map(({ i }) => i).toSorted((a, b) => a - b));
    expect(kept.map(({ i }) => i)).to.include.members([0, 777, 9_001, 9_999]);
    const few = rows.slice(0, 30);
    expect(thinned(few, ({ up }) => [up], 20)).to.deep.equal(few);
  });

  it("say numbers as people do", () => {
    expect([amount(1234567.8), amount(-12.345), amount(-0.001), amount(0)]).to.deep.equal([
      "1,234,568",
      "−12.35",
      "0.00",
      "0.00",
    ]);
    expect([brief(999_499), brief(999_500), brief(1.5e9), brief(-2500), brief(7)]).to.deep.equal([
      "999.5\u202fk",
      "1.00\u202fm",
      "1.50\u202fbn",
      "−2.5\u202fk",
      "7",
    ]);
    expect([percent(0.12345), percent(-0.00001)]).to.deep.equal(["12.35\u202f%", "0.00\u202f%"]);
    expect([price(3850), price(0.24578), price(0)]).to.deep.equal(["3,850.0", "0.24578", "0"]);
    expect([duration(3_600), duration(86_400), duration(259_200)]).to.deep.equal(["60 minutes", "24 hours", "3 days"]);
  });
});
