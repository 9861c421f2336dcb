// Many paths through a market, instead of the one that happened: `npm run simulate -- monte-carlo`, `merge`, `size-fund`.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { isDeepStrictEqual } from "node:util";

import { list } from "../../scripts/lib/table.js";
import { Problem } from "../problem.js";
import { inParallel } from "./crew.js";
import { sizeFundOf } from "./fund.js";
import { gather, itemsOf, Journal, makeFolder, nameOf, type Results, placeOf, type Shard } from "./journal.js";
import { mergeOptions, optionsOf, type Work } from "./options.js";
import { COLUMNS, describe, summaryOf, writeResults } from "./summary.js";
import { drawPath, type PathResult, runPath } from "./path.js";
import { combinations, type Item, type Plan, planOf } from "./plan.js";
import { duration, Progress } from "./progress.js";

export async function monteCarlo(args: string[]): Promise<void> {
  const { scenario, wishes, work, sweeps, shard, path: only } = optionsOf("monte-carlo", args, ["confidence"]);
  const plan = planOf(scenario, combinations(sweeps), wishes);
  if (only !== undefined) {
    await onePath(plan, only, work);
    return;
  }
  const results = await play(plan, work, shard);
  const header = { digest: plan.digest, shard, meta: plan.meta };
  if (shard.of > 1) {
    console.log(`Shard ${nameOf(shard)} is done: npm run simulate -- merge puts all of them together.`);
    return;
  }
  const summary = work.out === undefined ? summaryOf(header, results) : writeResults(work.out, header, results);
  console.log(describe(summary));
}

export async function merge(args: string[]): Promise<void> {
  const { folders, out } = mergeOptions(args);
  const { header, results } = gather(folders);
  console.log(describe(writeResults(out, header, results)));
}

export async function sizeFund(args: string[]): Promise<void> {
  const { scenario, wishes, work, confidence } = optionsOf("size-fund", args, ["sweep", "shard", "path"]);
  const { out } = work;
  const advice = await sizeFundOf(scenario, wishes, confidence, async (plan, items, isFollowed) => {
    const check = isFollowed ? work.check : 0;
    // Each size is a run of its own, which goes on where it was stopped.
    const folder = out === undefined ? undefined : path.join(out, plan.digest.slice(0, 16));
    return await play(plan, { ...work, check, out: folder }, { number: 1, of: 1 }, items);
  });
  console.log(advice.text);
  if (out === undefined) return;
  makeFolder(out);
  writeFileSync(path.join(out, "size-fund.json"), `${JSON.stringify(advice.figures, undefined, 2)}\n`);
}

/** Runs what is not done yet of a shard, on all cores, and plays a sample on the contracts beside it. */
export async function play(
  plan: Plan,
  { workers, check, out }: Work,
  shard: Shard,
  items: readonly Item[] = itemsOf(plan.meta, shard),
): Promise<Results> {
  const start = performance.now();
  const journal = new Journal({ digest: plan.digest, shard, meta: plan.meta }, out);
  const open = items.filter((item) => !journal.results.has(placeOf(item, plan.meta)));
  if (open.length < items.length) console.log(`${items.length - open.length} paths are there from before.`);
  const sample = check === 0 ? [] : items.filter((item, i) => i === 0 || placeOf(item, plan.meta) % check === 0);

  const progress = new Progress(open.length + sample.length, "paths");
  let followed: Followed;
  try {
    // The sample first, alone: if the engines part nobody has to wait for it, and a chain takes much memory.
    followed = await follow(plan, sample, progress);
    await inParallel(plan, open, workers, (item, result) => {
      journal.add(item, result);
      progress.step();
    });
  } finally {
    progress.end();
  }
  for (const [item, result] of followed) {
    if (isDeepStrictEqual(journal.results.get(placeOf(item, plan.meta)), result)) continue;
    throw new Problem(`path ${item.path}: the result on the contracts is another than that of the model alone`, 1);
  }
  journal.close();

  const seconds = (performance.now() - start) / 1_000;
  console.log(
    `${open.length.toLocaleString("en")} paths of ${plan.meta.steps} steps on ${Math.min(workers, open.length)} threads in ` +
      `${duration(seconds)}; ` +
      (sample.length === 0
        ? "none was played on the contracts."
        : `the contracts followed the model through ${sample.length} of them, to the wei.`),
  );
  return journal.results;
}

type Followed = readonly (readonly [Item, PathResult])[];

async function follow(plan: Plan, sample: readonly Item[], progress: Progress): Promise<Followed> {
  const followed: [Item, PathResult][] = [];
  if (sample.length === 0) return followed;
  const { contractsFollower } = await import("../contracts.js");
  for (const item of sample) {
    const { result } = await runPath(plan, item, await contractsFollower());
    followed.push([item, result]);
    progress.step();
  }
  return followed;
}

/** One path again, alone: what came of it, and with a folder its prices as a series that a scenario can name. */
async function onePath(plan: Plan, number: number, { out }: Work): Promise<void> {
  for (const [variant, changes] of plan.meta.variants.entries()) {
    const item = { variant, path: number };
    const { seed, ticks } = drawPath(plan, item);
    const { result, outcome } = await runPath(plan, item);
    const named = Object.entries(changes).map(([key, value]) => `, ${key} = ${value}`);
    console.log(`Path ${number}${named.join("")}: everybody's seed is ${seed}`);
    console.log(list(COLUMNS.map((column) => [column, String(result[column])])));
    if (out === undefined) continue;
    makeFolder(out);
    const name = path.join(out, `path-${number}${variant === 0 ? "" : `-${variant}`}`);
    const lines = ticks.map(({ time, price }) => `${new Date(time * 1_000).toISOString()},${price}`);
    writeFileSync(`${name}.csv`, `${["timestamp_utc_iso,price", ...lines].join("\n")}\n`);
    writeFileSync(`${name}.json`, `${JSON.stringify({ seed, changes, result, outcome }, undefined, 2)}\n`);
  }
}
