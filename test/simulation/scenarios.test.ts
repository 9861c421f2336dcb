// Every shipped scenario, on the model: its own assertions hold, nothing is lost on the way (a run checks conservation at
// every step), and what it says it is about does happen.
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { brokenAssertions, type Figures, figuresOf } from "../../simulation/figures.js";
import { fittedImpact, QUOTED } from "../../simulation/impact.js";
import { filesOf, gasOf, type Outcome, pathOf, run } from "../../simulation/run.js";
import { shippedScenarios } from "../../simulation/scenario.js";
import { outcomeLine } from "../../simulation/summary.js";

type Result = { outcome: Outcome; figures: Figures };

const missed = (outcome: Outcome, why: string): boolean =>
  outcome.notes.some((note) => note.kind === "missed" && note.reason === why);
const did = (outcome: Outcome, what: string): boolean =>
  outcome.notes.some((note) => note.kind === "did" && note.what.includes(what));

const STORIES: Readonly<Record<string, (result: Result) => void>> = {
  "black-thursday-2020": ({ outcome, figures }) => {
    expect(missed(outcome, "the transaction waits")).to.equal(true);
    expect(figures.uncovered > 0.01 && figures.loss === 0).to.equal(true);
  },
  "calm-year": ({ figures }) => {
    // Insurers earn several times what suppliers do, who earn little while nobody is short of cash.
    expect(figures.supplierLoss < -0.01 && figures.fundLoss < 3 * figures.supplierLoss).to.equal(true);
  },
  "january-2021": ({ outcome }) => expect(outcome.notes.some(({ kind }) => kind === "liquidated")).to.equal(true),
  "may-2021": ({ outcome }) => expect(outcome.notes.some(({ kind }) => kind === "liquidated")).to.equal(true),
  "october-2025-eth": ({ outcome }) => expect(outcome.notes.some(({ kind }) => kind === "liquidated")).to.equal(true),
  "october-2025-link": ({ figures }) => {
    // A loss of minutes becomes final where somebody liquidates in them; the cover bears it.
    expect(figures.loss > 0 && figures.reserveLoss > 0 && figures.haircut === 0).to.equal(true);
  },
  "oracle-stuck-high": ({ outcome, figures }) => {
    const { rows } = outcome;
    const announced = outcome.notes.find((note) => note.kind === "did" && note.what === "announces another oracle");
    const before = rows.filter(({ time }) => time < (announced?.time ?? 0));
    // Until then the collateral had lost a seventh and everybody who left was paid in full.
    expect(before.some(({ price, exitPrice }) => price < 0.86 && exitPrice >= 1)).to.equal(true);
    expect(did(outcome, "puts the other oracle in force")).to.equal(true);
    expect(figures.exitPrice < 0.5).to.equal(true);
  },
  "sequencer-outage": ({ outcome }) => {
    const from = (outcome.rows[0]?.time ?? 0) + 3 * 3_600;
    const during = outcome.notes.filter(({ time }) => time >= from && time < from + 4 * 3_600);
    const grace = outcome.notes.filter(({ time }) => time >= from + 4 * 3_600 && time < from + 5 * 3_600);
    expect(during).to.deep.equal([]);
    expect(grace.some(({ kind }) => kind === "liquidated")).to.equal(false);
    expect(missed(outcome, "the oracle is not ok")).to.equal(true);
  },
  "slow-grind": ({ outcome }) => expect(did(outcome, "leaves the fund")).to.equal(true),
  "usdc-under-par-2023": ({ outcome }) => {
    // Counted in the coin, the dollar falls by an eighth on its way back to one.
    const [first, last] = [outcome.rows[0]?.price ?? 0, outcome.rows.at(-1)?.price ?? 0];
    expect(last / first < 0.9 && Math.abs(last - 1) < 0.01).to.equal(true);
  },
  "ust-collapse-2022": ({ outcome, figures }) => {
    expect(figures.haircut > 0.05 && figures.fundLoss === 1).to.equal(true);
    expect(did(outcome, "forecloses")).to.equal(true);
  },
};

const manual = readFileSync(new URL("../../docs/simulate.md", import.meta.url), "utf8");

describe("the shipped scenarios", () => {
  const scenarios = shippedScenarios();

  it("are these", () => {
    expect(scenarios.map(({ name }) => name)).to.deep.equal(Object.keys(STORIES));
  });

  for (const scenario of scenarios) {
    it(`play ${scenario.name}`, async () => {
      expect(filesOf(scenario).length >= 2).to.equal(true);
      const outcome = await run(scenario, pathOf(scenario), gasOf(scenario), 1);
      const figures = figuresOf(scenario, outcome);
      expect(brokenAssertions(scenario, figures)).to.deep.equal([]);
      const [, line = ""] = outcomeLine(scenario, outcome, figures).split(": ");
      expect(manual).to.include(`| \`${scenario.name}\` | ${line} |`);
      STORIES[scenario.name]?.({ outcome, figures });
    });
  }

  it("sell where the shipped quotes say", () => {
    // Millions for one percent on a calm day.
    const millions = QUOTED.map((asset) => [asset, Number((fittedImpact(asset).onePercent / 1e6).toFixed(2))]);
    expect(millions).to.deep.equal([
      ["WBTC", 4.59],
      ["WETH", 15.94],
      ["wstETH", 12.46],
    ]);
  });
});
