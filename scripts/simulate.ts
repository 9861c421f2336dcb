// Plays a crisis through a market and says who bears the loss.
//   npm run simulate -- list                  the scenarios that are shipped
//   npm run simulate -- <name or file.yaml>   one of them, or your own
//   npm run simulate -- monte-carlo …         many paths instead of one; merge puts shards of it together
//   npm run simulate -- size-fund …           how large the fund must be
// docs/simulate.md has the options. It ends with 0, with 1 if an assertion of the scenario is broken or the engines part,
// with 2 if a file or an option is not right.
import path from "node:path";
import { parseArgs } from "node:util";

import { contractsFollower } from "../simulation/contracts.js";
import { brokenAssertions, figuresOf } from "../simulation/figures.js";
import { Problem } from "../simulation/problem.js";
import { type Engine, provenanceOf } from "../simulation/provenance.js";
import { filesOf, gasOf, pathOf, run } from "../simulation/run.js";
import type { Summary } from "../simulation/montecarlo/summary.js";
import { findScenario, type Scenario, shippedScenarios } from "../simulation/scenario.js";
import { summary } from "../simulation/summary.js";
import { list, table } from "./lib/table.js";

const ENGINES: readonly Engine[] = ["chain", "model", "both"];
const OPTIONS = {
  seed: { type: "string", default: "1" },
  engine: { type: "string", default: "chain" },
  compare: { type: "boolean", default: false },
  paths: { type: "string" },
  out: { type: "string" },
} as const;
const USAGE =
  "npm run simulate -- <name> [--seed n] [--engine chain|model|both] [--compare] [--paths folder] [--out folder]";

/** npm runs scripts in the project's folder; a file that is named lies where npm was called. */
const here = process.env["INIT_CWD"] ?? process.cwd();

const [command = "list", ...rest] = process.argv.slice(2);
try {
  await main();
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
// The chain lives in this process alone: nothing has to be waited for.
process.exit();

async function main(): Promise<void> {
  if (command === "list") {
    console.log(list(shippedScenarios().map(({ name, title, about }) => [name, about ?? title])));
    console.log(`\n${USAGE}`);
  } else if (command === "monte-carlo" || command === "size-fund" || command === "merge") {
    const { monteCarlo, sizeFund, merge } = await import("../simulation/montecarlo/main.js");
    await { "monte-carlo": monteCarlo, "size-fund": sizeFund, merge }[command](rest);
  } else await replay(command);
}

async function replay(name: string): Promise<void> {
  const { seed, engine, out, paths, compare: isCompared } = optionsOf();
  const scenario = findScenario(name, here);
  const monteCarlo = paths === undefined ? undefined : await pathsOf(scenario, paths, out);
  const ticks = pathOf(scenario);
  const gas = gasOf(scenario);
  const provenance = provenanceOf(scenario, filesOf(scenario), seed, engine);

  const follower = engine === "model" ? undefined : await contractsFollower(engine === "both");
  const start = performance.now();
  const used = process.cpuUsage();
  const outcome = await run(scenario, ticks, gas, seed, follower);
  const seconds = (performance.now() - start) / 1_000;
  const { user, system } = process.cpuUsage(used);
  const figures = figuresOf(scenario, outcome);

  console.log(summary(scenario, outcome, figures));
  const processor = (user + system) / 1e6;
  console.log(
    `\n${ticks.length} steps on the ${engine === "model" ? "model" : "contracts and the model"} in ${seconds.toFixed(1)} s, ` +
      `${processor.toFixed(1)} s of processor time, ${((processor * 1_000) / ticks.length).toFixed(1)} ms a step`,
  );

  let comparison;
  if (isCompared) {
    const { compare } = await import("../simulation/comparison.js");
    comparison = await compare(scenario, ticks, gas, seed);
    const { comparisonTable } = await import("../simulation/report/tables.js");
    const [head = [], ...rows] = comparisonTable(comparison);
    console.log(`\n${table(head, rows)}`);
  }
  if (out !== undefined) {
    const { writeReport } = await import("../simulation/report/write.js");
    const folder = path.resolve(here, out);
    const report = {
      scenario,
      outcome,
      provenance,
      ...(comparison === undefined ? {} : { comparison }),
      ...(monteCarlo === undefined ? {} : { monteCarlo }),
    };
    try {
      await writeReport(folder, report);
    } catch (error) {
      throw new Problem(`--out: ${out} can't be written: ${(error as Error).message}`);
    }
    console.log(`\nThe report is in ${path.join(out, "report.html")}; its numbers lie beside it.`);
  }
  for (const line of brokenAssertions(scenario, figures)) {
    console.error(line);
    process.exitCode = 1;
  }
}

/** What Monte Carlo has left in a folder, for the report. */
async function pathsOf(scenario: Scenario, folder: string, out: string | undefined): Promise<Summary> {
  if (out === undefined) throw new Problem("--paths: only a report shows them; name its folder with --out");
  const { readSummary } = await import("../simulation/montecarlo/summary.js");
  return readSummary(path.resolve(here, folder), scenario.name);
}

function optionsOf() {
  const { seed, engine, ...others } = parsed();
  if (!/^\d+$/u.test(seed) || Number(seed) >= 2 ** 32) {
    throw new Problem(`--seed: found "${seed}", must be a whole number from 0 to ${2 ** 32 - 1}`);
  }
  const known = ENGINES.find((each) => each === engine);
  if (known === undefined) throw new Problem(`--engine: found "${engine}", must be one of ${ENGINES.join(", ")}`);
  return { seed: Number(seed), engine: known, ...others };
}

function parsed() {
  try {
    return parseArgs({ args: rest, options: OPTIONS }).values;
  } catch (error) {
    throw new Problem(`${(error as Error).message.split(". ")[0]}; ${USAGE}`);
  }
}
