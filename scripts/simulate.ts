// Plays a crisis through a market and says who bears the loss.
//   npm run simulate -- list                  the scenarios that are shipped
//   npm run simulate -- <name or file.yaml>   one of them, or your own
// docs/simulate.md has the options. It ends with 0, with 1 if an assertion of the scenario is broken or the engines part,
// with 2 if a file or an option is not right.
import { parseArgs } from "node:util";

import { brokenAssertions, figuresOf } from "../simulation/figures.js";
import { Problem } from "../simulation/problem.js";
import { type Engine, provenanceOf } from "../simulation/provenance.js";
import { filesOf, gasOf, pathOf, run, type Follower } from "../simulation/run.js";
import { findScenario, shippedScenarios } from "../simulation/scenario.js";
import { summary } from "../simulation/summary.js";
import { list } from "./lib/table.js";

const ENGINES: readonly Engine[] = ["chain", "model", "both"];

/** npm runs scripts in the project's folder; a file that is named lies where npm was called. */
const here = process.env["INIT_CWD"] ?? process.cwd();

const [command = "list", ...rest] = process.argv.slice(2);
try {
  if (command === "list") showList();
  else await replay(command, rest);
} catch (error) {
  if (!(error instanceof Problem)) throw error;
  console.error(error.message);
  process.exitCode = error.exitCode;
}
// The chain lives in this process alone: nothing has to be waited for.
process.exit();

function showList(): void {
  console.log(list(shippedScenarios().map(({ name, title, about }) => [name, about ?? title])));
  console.log("\nnpm run simulate -- <name> [--seed n] [--out folder] [--engine chain|model|both]");
}

function optionsOf(args: string[]) {
  try {
    return parseArgs({
      args,
      options: {
        seed: { type: "string", default: "1" },
        engine: { type: "string", default: "chain" },
        out: { type: "string" },
      },
    }).values;
  } catch (error) {
    throw new Problem((error as Error).message.split(". ")[0] ?? "unknown option");
  }
}

function seedOf(text: string): number {
  const seed = Number(text);
  if (!/^\d+$/u.test(text) || seed >= 2 ** 32) {
    throw new Problem(`--seed: "${text}" is not a whole number from 0 to ${2 ** 32 - 1}`);
  }
  return seed;
}

async function replay(name: string, args: string[]): Promise<void> {
  const options = optionsOf(args);
  const seed = seedOf(options.seed);
  const engine = ENGINES.find((each) => each === options.engine);
  if (engine === undefined) throw new Problem(`--engine: "${options.engine}" is not one of ${ENGINES.join(", ")}`);
  const scenario = findScenario(name, here);
  const ticks = pathOf(scenario);
  const gas = gasOf(scenario);
  const provenance = provenanceOf(scenario, filesOf(scenario), seed, engine);

  const start = performance.now();
  const outcome = await run(scenario, ticks, gas, seed, engine === "model" ? undefined : await follower(engine));
  const seconds = (performance.now() - start) / 1_000;

  const figures = figuresOf(scenario, outcome);

  console.log(summary(scenario, outcome, figures));
  const perStep = ((seconds * 1_000) / ticks.length).toFixed(1);
  console.log(`\n${ticks.length} steps in ${seconds.toFixed(1)} s, ${perStep} ms a step, engine: ${engine}`);
  for (const line of brokenAssertions(scenario, figures)) {
    console.error(line);
    process.exitCode = 1;
  }
}

/** The deployed contracts, compiled first if they have changed. */
async function follower(engine: Engine): Promise<Follower> {
  const { default: hre } = await import("hardhat");
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const { chainFollower } = await import("../simulation/chain.js");
  return chainFollower(engine === "both");
}
