// What was asked for on the command line, checked before anything runs.
import { availableParallelism } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

import { Problem } from "../problem.js";
import { findScenario, type Scenario } from "../scenario.js";
import type { Shard } from "./journal.js";
import type { Wishes } from "./plan.js";

/** npm runs scripts in the project's folder; a file that is named lies where npm was called. */
const here = process.env["INIT_CWD"] ?? process.cwd();

const OPTIONS = {
  paths: { type: "string" },
  steps: { type: "string" },
  block: { type: "string" },
  volatility: { type: "string" },
  "no-drift": { type: "boolean" },
  source: { type: "string" },
  seed: { type: "string" },
  workers: { type: "string" },
  check: { type: "string" },
  out: { type: "string" },
  sweep: { type: "string", multiple: true },
  shard: { type: "string" },
  path: { type: "string" },
  confidence: { type: "string" },
} as const;
type Name = keyof typeof OPTIONS;

/** How a run is worked off; none of it changes a result. */
export type Work = {
  readonly workers: number;
  /** One path of so many is played on the contracts too; none if 0. */
  readonly check: number;
  readonly out: string | undefined;
};

export type Options = {
  readonly scenario: Scenario;
  readonly wishes: Wishes;
  readonly work: Work;
  readonly sweeps: readonly string[];
  readonly shard: Shard;
  readonly path: number | undefined;
  readonly confidence: number;
};

/** `unfit` are the options that this command has no use for. */
export function optionsOf(command: string, args: readonly string[], unfit: readonly Name[]): Options {
  const { values, positionals } = parsed(args);
  const [name, ...more] = positionals;
  if (name === undefined) throw new Problem(`${command}: name a scenario: npm run simulate -- list shows them`);
  if (more.length > 0) throw new Problem(`${command}: one scenario at a time, found ${positionals.join(", ")}`);
  requireNone(command, values, unfit);
  const whole = (option: Name, absent: number, least: number, most: number): number =>
    numberOf(option, values[option] as string | undefined, absent, least, most, true);
  const paths = whole("paths", 1_000, 1, 10_000_000);
  return {
    scenario: findScenario(name, here),
    wishes: {
      paths,
      steps: whole("steps", 500, 2, 1_000_000),
      block: whole("block", 42, 1, 1_000_000),
      volatility: numberOf("volatility", values.volatility, 1, 0, 100, false),
      isDriftless: values["no-drift"] ?? false,
      sources: values.source === undefined ? [] : values.source.split(",").map((each) => each.trim()),
      seed: whole("seed", 1, 0, 2 ** 32 - 1),
    },
    work: {
      workers: whole("workers", availableParallelism(), 1, 1_024),
      check: whole("check", 2_000, 0, 10_000_000),
      out: values.out === undefined ? undefined : path.resolve(here, values.out),
    },
    sweeps: values.sweep ?? [],
    shard: values.shard === undefined ? { number: 1, of: 1 } : shardOf(values.shard),
    path: values.path === undefined ? undefined : whole("path", 0, 0, paths - 1),
    confidence: numberOf("confidence", values.confidence, 0.99, 0.5, 0.99999, false),
  };
}

function parsed(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  } catch (error) {
    // What Node says goes on with advice that fits no option of ours.
    throw new Problem((error as Error).message.split(". ")[0] ?? "an option is not right");
  }
}

function requireNone(command: string, values: Readonly<Partial<Record<Name, unknown>>>, unfit: readonly Name[]): void {
  const found = unfit.find((option) => values[option] !== undefined);
  if (found !== undefined) throw new Problem(`${command} has no option --${found}`);
}

function numberOf(
  option: Name,
  text: string | undefined,
  absent: number,
  least: number,
  most: number,
  isWhole: boolean,
): number {
  if (text === undefined) return absent;
  const value = Number(text);
  const isNumber = isWhole ? /^\d+$/u.test(text) : /^\d+(?:\.\d+)?$/u.test(text);
  if (isNumber && value >= least && value <= most) return value;
  throw new Problem(
    `--${option}: found "${text}", must be a ${isWhole ? "whole " : ""}number from ${least} to ${most}`,
  );
}

function shardOf(text: string): Shard {
  const match = /^(\d+)\/(\d+)$/u.exec(text);
  const shard = { number: Number(match?.[1]), of: Number(match?.[2]) };
  if (match !== null && shard.number >= 1 && shard.number <= shard.of) return shard;
  throw new Problem(`--shard: found "${text}", must be like 2/3: the second of three`);
}

/** The folders to merge, and where to. */
export function mergeOptions(args: readonly string[]): { folders: string[]; out: string } {
  const { values, positionals } = parsed(args);
  const { out: _out, ...others } = OPTIONS;
  requireNone("merge", values, Object.keys(others) as Name[]);
  if (values.out === undefined) throw new Problem("merge: --out must name a folder for the whole run");
  return { folders: positionals.map((folder) => path.resolve(here, folder)), out: path.resolve(here, values.out) };
}
