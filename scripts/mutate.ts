// npm run mutate: changes the contracts in one place at a time, in a copy, and sees whether a test notices. All mutants of
// a contract are compiled at once (mutation/mutants.ts); each runs the tests that reach its place, likely killers first.
//
//   npm run mutate                                  all files of mutation/scope.ts; goes on where it stopped
//   npm run mutate -- --files Tick,Waterfall        only files whose path contains one of these
//   npm run mutate -- --killers unit/,random        only tests whose path contains one of these
//   npm run mutate -- --sample 200 --seed 7         so many at random
//   npm run mutate -- --shard 1/2 --jobs 2          the first half, two at a time
//   npm run mutate -- --again                       survivors without a reason, once more: after new tests, or with more of them
//   npm run mutate -- --fresh                       forgets all results
//   npm run mutate -- --report                      no tests: writes docs/mutation.md from the results there are
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { childrenOf, copyProject, parseSources, ROOT, writeSource } from "./lib/source-copy.ts";
import { Crew } from "./mutation/crew.ts";
import { type Mutant, Schemata } from "./mutation/mutants.ts";
import { readExplanations, type Result, writeReport } from "./mutation/report.ts";
import { COMPILED, KILLERS, MUTATED, NOT_KILLERS } from "./mutation/scope.ts";
import { survey, type Survey } from "./mutation/survey.ts";

const { values: options } = parseArgs({
  options: {
    files: { type: "string", default: "" },
    killers: { type: "string", default: "" },
    sample: { type: "string" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    jobs: { type: "string", default: "2" },
    shard: { type: "string", default: "1/1" },
    copy: { type: "string", default: "mutation" },
    again: { type: "boolean", default: false },
    fresh: { type: "boolean", default: false },
    report: { type: "boolean", default: false },
  },
});
const jobs = Number(options.jobs);

const sha = (text: string | Buffer) => createHash("sha256").update(text).digest("hex").slice(0, 16);

const folder = copyProject(options.copy);
const notes = join(folder, "cache", "mutation");
if (options.fresh) rmSync(notes, { recursive: true, force: true });
mkdirSync(notes, { recursive: true });

const sources = parseSources();
const schemata = new Schemata(sources);
const texts = schemata.rewrite(MUTATED);
const hashOf = new Map(sources.map((source) => [source.file, sha(source.bytes)]));
const known = readResults();

if (options.report) {
  writeReport(schemata.mutants, known);
  process.exit();
}

await compile();
await mutate(chosen(), await surveyed());
writeReport(schemata.mutants, readResults());

// ---------------------------------------------------------------- steps

/** Compiles what has mutants and has changed, some contracts at a time; the rest comes from the project's own artifacts. */
async function compile(): Promise<void> {
  for (const [file, text] of texts) writeSource(folder, { file }, text);
  shareMarkets();
  const stampFile = join(notes, "compiled.json");
  const stamps = existsSync(stampFile) ? (JSON.parse(readFileSync(stampFile, "utf8")) as Record<string, string>) : {};
  const compiled = COMPILED.flat();
  const isFresh = (name: string) => stamps[name] === stampOf(name);
  cpSync(join(ROOT, "artifacts"), join(folder, "artifacts"), {
    recursive: true,
    filter: (path) =>
      !path.endsWith("build-info") &&
      !compiled.some((name) => isFresh(name) && path.endsWith(`${name.replace(":", "/")}.json`)),
  });
  const waiting = COMPILED.filter((names) => !names.every(isFresh));
  if (waiting.length > 0) console.log(`Compiling ${schemata.mutants.length} mutants…`);
  const build = async (): Promise<void> => {
    for (let names = waiting.shift(); names !== undefined; names = waiting.shift()) {
      await node(join(ROOT, "scripts/mutation/compile.ts"), [folder, ...names]);
      for (const name of names) stamps[name] = stampOf(name);
      writeFileSync(stampFile, JSON.stringify(stamps));
    }
  };
  await Promise.all(Array.from({ length: jobs }, build));
}

/** Tests of the copy take a market that is there already where it makes no difference: see mutation/grounds.ts. */
function shareMarkets(): void {
  const file = "test/helpers/fixtures.ts";
  const text = readFileSync(join(ROOT, file), "utf8");
  const [before, after, ...others] = text.split("export async function deployWorld(");
  if (before === undefined || after === undefined || others.length > 0) throw new Error(`${file}: no deployWorld`);
  const key = 'JSON.stringify(options, (_, value) => (typeof value === "bigint" ? `${value}` : value))';
  writeSource(
    folder,
    { file },
    `${before}export async function deployWorld(options: MarketOptions = {}): Promise<World> {
  return await globalThis.shareMarket(connection, ${key}, () => deployOwnWorld(options));
}

async function deployOwnWorld(${after}`,
  );
}

/** Changes when the contract does, or anything that it imports. */
function stampOf(name: string): string {
  const files = closureOf(name.split(":")[0] ?? "");
  return sha(files.map((file) => texts.get(file) ?? hashOf.get(file)).join());
}

/** A source file of the project and all that it imports. */
function closureOf(file: string, seen = new Set<string>()): string[] {
  const source = sources.find((each) => each.file === file);
  if (source === undefined || seen.has(file)) return [...seen];
  seen.add(file);
  for (const unit of childrenOf(source.ast)) {
    if (unit.nodeType === "ImportDirective") closureOf(unit["absolutePath"] as string, seen);
  }
  return [...seen];
}

function node(script: string, args: string[]): Promise<void> {
  const child = spawn("nice", [process.execPath, script, ...args], { stdio: "inherit" });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => (code === 0 ? resolve() : reject(new Error(`${script} failed`))));
  });
}

/** What each test reaches; from the last time where the file is the same. */
async function surveyed(): Promise<Survey> {
  const file = join(notes, "survey.json");
  const stamp = schemata.mutants.map(({ key }) => key).join();
  const cached = existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Record<string, Survey[string]>) : {};
  const hashes = new Map(
    globSync(KILLERS, { cwd: folder, exclude: NOT_KILLERS })
      .filter((test) => options.killers.split(",").some((word) => test.includes(word)))
      .toSorted()
      .map((test) => [test, sha(stamp + readFileSync(join(folder, test), "utf8"))]),
  );
  const isFresh = (test: string) => cached[test]?.hash === hashes.get(test);
  const stale = [...hashes.keys()].filter((test) => !isFresh(test));
  await survey(folder, stale, jobs, (test, tests) => {
    cached[test] = { hash: hashes.get(test) ?? "", tests };
    writeFileSync(file, JSON.stringify(cached));
  });
  return Object.fromEntries(Object.entries(cached).filter(([test]) => hashes.has(test) && isFresh(test)));
}

function chosen(): Mutant[] {
  const [part = 1, parts = 1] = options.shard.split("/").map(Number);
  const words = options.files.split(",");
  const explanations = readExplanations();
  let list = schemata.mutants.filter(
    ({ id, file }) => words.some((word) => file.includes(word)) && id % parts === part % parts,
  );
  if (options.sample !== undefined) {
    const rank = ({ key, file }: Mutant) => sha(`${options.seed} ${file} ${key}`);
    list = list.toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1)).slice(0, Number(options.sample));
    console.log(`Seed ${options.seed}`);
  }
  return list.filter((mutant) => {
    const result = known.get(`${mutant.file} ${mutant.key}`);
    if (!options.again) return result === undefined;
    return result?.isKilled === false && explanations[mutant.file]?.[mutant.key] === undefined;
  });
}

async function mutate(list: Mutant[], tests: Survey): Promise<void> {
  console.log(`${list.length} mutants to try, ${jobs} at a time`);
  const start = Date.now();
  let done = 0;
  let killed = 0;
  const crew = new Crew(folder, jobs, tests);
  for (const mutant of schemata.mutants) {
    const killer = known.get(`${mutant.file} ${mutant.key}`)?.killer;
    if (killer !== undefined) crew.remember(mutant, killer);
  }
  await crew.tryAll(list, (mutant, result) => {
    appendFileSync(
      join(notes, "results.ndjson"),
      `${JSON.stringify({ file: mutant.file, key: mutant.key, hash: hashOf.get(mutant.file), ...result })}\n`,
    );
    done++;
    if (result.isKilled) killed++;
    else
      console.log(
        `  survived: ${mutant.file}:${mutant.line} ${mutant.key}${result.isReached ? "" : " (no test gets there)"}`,
      );
    if (done % 25 === 0 || done === list.length) {
      const minutes = (Date.now() - start) / 60_000;
      console.log(`${done}/${list.length}, ${killed} killed, ${(done / minutes).toFixed(1)} a minute`);
    }
  });
}

/** Results of earlier runs, for files that have not changed since. */
function readResults(): Map<string, Result> {
  const path = join(notes, "results.ndjson");
  if (!existsSync(path)) return new Map();
  const lines = readFileSync(path, "utf8").split("\n").filter(Boolean);
  const all = lines.map((line) => JSON.parse(line) as Result & { file: string; key: string; hash: string });
  const valid = all.filter(({ file, hash }) => hashOf.get(file) === hash);
  return new Map(valid.map((each) => [`${each.file} ${each.key}`, each]));
}
