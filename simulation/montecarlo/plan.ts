// What a Monte-Carlo run is, whoever runs how much of it: its markets, its paths, and the digest that tells it from
// every other run.
import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import path from "node:path";

import { parseDocument } from "yaml";

import { Problem } from "../problem.js";
import { parseScenario, type Scenario } from "../scenario.js";
import { type Source, sourceOf, type SourceTerms } from "./bootstrap.js";

/** Keys of the scenario with the number that is in their place. */
export type Changes = Readonly<Record<string, number>>;

/** What a reader of the result must know; the rest is in the digest. */
export type Meta = SourceTerms & {
  readonly scenario: string;
  readonly title: string;
  readonly seed: number;
  readonly paths: number;
  readonly steps: number;
  readonly sources: readonly string[];
  /** One for each market: what a sweep changes. */
  readonly variants: readonly Changes[];
};

export type Variant = { readonly scenario: Scenario; readonly source: Source };

export type Plan = { readonly meta: Meta; readonly digest: string; readonly variants: readonly Variant[] };

/** One path of one market; the same path has the same prices and people in each, as far as those are alike. */
export type Item = { readonly variant: number; readonly path: number };

const MAX_VARIANTS = 1_000;

export type Wishes = Omit<Meta, "scenario" | "title" | "variants">;

export function planOf(scenario: Scenario, changes: readonly Changes[], wishes: Wishes): Plan {
  const variants = changes.map((each) => {
    const changed = withChanges(scenario, each);
    return { scenario: changed, source: sourceOf(changed, wishes.sources, wishes) };
  });
  const meta: Meta = {
    scenario: scenario.name,
    title: scenario.title,
    seed: wishes.seed,
    paths: wishes.paths,
    steps: wishes.steps,
    block: wishes.block,
    volatility: wishes.volatility,
    isDriftless: wishes.isDriftless,
    sources: wishes.sources,
    variants: changes,
  };
  // Where files lie is of no matter, only what is in them.
  const worlds = variants.map(({ scenario: { folder: _folder, file: _file, ...keys }, source }) => [keys, source]);
  const digest = createHash("sha256")
    .update(JSON.stringify([meta, worlds, CODE]))
    .digest("hex");
  return { meta, digest, variants };
}

/** Other code gives other paths: of the code as this process has it. */
const CODE = codeDigest();

function codeDigest(): string {
  const cwd = path.join(import.meta.dirname, "..", "..");
  const files = [
    "sdk/model/*.ts",
    "simulation/*.ts",
    "simulation/agents/*.ts",
    "simulation/montecarlo/{bootstrap,path}.ts",
  ];
  const hash = createHash("sha256");
  for (const file of globSync(files, { cwd }).toSorted()) hash.update(file).update(readFileSync(path.join(cwd, file)));
  return hash.digest("hex");
}

// ---------------------------------------------------------------- sweeps

/** Every combination of what "market.lltv=0.75,0.8" and others like it name. */
export function combinations(sweeps: readonly string[]): Changes[] {
  let all: Changes[] = [{}];
  for (const sweep of sweeps) {
    const match = /^\s*([A-Za-z]+(?:\.[A-Za-z]+)*)\s*=(.+)$/u.exec(sweep);
    if (match === null) throw new Problem(`--sweep: found "${sweep}", must be like "market.lltv=0.75,0.8"`);
    const [, key, list] = match as unknown as [string, string, string];
    const values = list.split(",").map((text) => {
      const value = Number(text);
      if (text.trim() === "" || !Number.isFinite(value)) {
        throw new Problem(`--sweep: ${key}: found "${text.trim()}", must be a number`);
      }
      return value;
    });
    if (new Set(values).size < values.length) throw new Problem(`--sweep: ${key}: a value is there twice`);
    if (all.some((changes) => key in changes)) throw new Problem(`--sweep: ${key} is there twice`);
    all = all.flatMap((changes) => values.map((value) => ({ ...changes, [key]: value })));
    if (all.length > MAX_VARIANTS) {
      throw new Problem(`--sweep: these are ${all.length} combinations, at most ${MAX_VARIANTS} are possible`);
    }
  }
  return all;
}

/** The scenario as if its file had these numbers; checked like any other. */
export function withChanges(scenario: Scenario, changes: Changes): Scenario {
  const entries = Object.entries(changes);
  if (entries.length === 0) return scenario;
  const document = parseDocument(readFileSync(scenario.file, "utf8"));
  for (const [key, value] of entries) document.setIn(key.split("."), value);
  const named = entries.map(([key, value]) => `${key}=${value}`).join(" ");
  try {
    return parseScenario(String(document), scenario.file);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    throw new Problem(`--sweep: ${named}: ${error.message}`);
  }
}
