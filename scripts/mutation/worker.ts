// Runs tests in the copy with one mutant awake after the other, as its parent asks: see messages.ts. Test files are
// loaded anew for each mutant, because some keep state between their steps; what they import is loaded once.
import { hooks, network } from "hardhat";
import Mocha from "mocha";

import type { Answer, Order, TestReport } from "./messages.ts";
import { REACH } from "./mutants.ts";

/** Longer than any of our tests takes on a busy machine, shorter than patience. */
const TEST_TIMEOUT_MS = 240_000;

/** Fixtures of test files are others each time the file is loaded: what is kept of them must not pile up. */
const STATES_KEPT = 6;

type Connection = Awaited<ReturnType<typeof network.create>>;
type Note = { hits: Set<number>; used: Set<object> };
/** A state of a chain to come back to. */
type Saved = { fixture?: () => Promise<unknown>; data?: unknown; snapshot: string; isTainted: boolean };
type Chain = { connection: Connection; saved: Saved[] };

const chains: Chain[] = [];
/** What is reached while a fixture, a hook or a test runs. A fixture runs once and serves many tests. */
const notes = new Map<object, Note>();
const names = new Map<string, object>();
/** Where what is reached at the moment is noted, innermost last. */
const noting: Note[] = [];
let awake = 0n;
let loads = 0;

hooks.registerHandlers("network", {
  onCoverageData: async (_context: unknown, tags: string[]) => {
    for (const tag of tags) noting.at(-1)?.hits.add(Number(BigInt(`0x${tag}`)));
  },
});

const create = network.create.bind(network);
network.create = (async (...args: Parameters<typeof create>) => {
  const connection = await create(...args);
  const chain: Chain = { connection, saved: [] };
  connection.networkHelpers.loadFixture = ((fixture: () => Promise<unknown>) => loadFixture(chain, fixture)) as never;
  await save(chain, { isTainted: false });
  await wake(chain, awake);
  chains.push(chain);
  const close = connection.close.bind(connection);
  connection.close = async () => {
    chains.splice(chains.indexOf(chain), 1);
    await close();
  };
  return connection;
}) as typeof create;

/** The same fixture, though its file was loaded anew. */
function nameOf(fixture: () => Promise<unknown>): object {
  const text = fixture.toString();
  const known = names.get(text) ?? fixture;
  names.set(text, known);
  return known;
}

function noteOf(key: object): Note {
  const note = notes.get(key) ?? { hits: new Set<number>(), used: new Set<object>() };
  notes.set(key, note);
  return note;
}

/** All that was reached, in the fixtures used as well. */
function reachedBy(keys: Iterable<object>, into = new Set<number>(), seen = new Set<object>()): Set<number> {
  for (const key of keys) {
    const note = notes.get(key);
    if (note === undefined || seen.has(key)) continue;
    seen.add(key);
    for (const hit of note.hits) into.add(hit);
    reachedBy(note.used, into, seen);
  }
  return into;
}

async function wake({ connection: { provider } }: Chain, mutant: bigint): Promise<void> {
  const coinbase = `0x${mutant.toString(16).padStart(40, "0")}`;
  await provider.request({ method: "hardhat_setCoinbase", params: [coinbase] });
  // Views read the latest block: so that this one has the coinbase too.
  await provider.request({ method: "hardhat_mine" });
}

async function save({ connection, saved }: Chain, state: Omit<Saved, "snapshot">): Promise<void> {
  saved.push({ ...state, snapshot: (await connection.provider.request({ method: "evm_snapshot" })) as string });
}

/** Back to the state at `index`; later ones are gone. */
async function restore(chain: Chain, index: number): Promise<void> {
  const { provider } = chain.connection;
  const state = chain.saved[index];
  if (state === undefined) throw new Error(`There are only ${chain.saved.length} states`);
  await provider.request({ method: "evm_revert", params: [state.snapshot] });
  chain.saved.length = index;
  await save(chain, state);
}

/**
 * As Hardhat's, but a fixture whose code the mutant is no part of is the same for all mutants: it runs once, reporting
 * what it reaches, and is kept from one mutant to the next.
 */
async function loadFixture(chain: Chain, fixture: () => Promise<unknown>): Promise<unknown> {
  const name = nameOf(fixture);
  noting.at(-1)?.used.add(name);
  const mutant = awake;
  const found = chain.saved.findIndex((each) => each.fixture === fixture);
  if (found < 0) {
    noting.push(noteOf(name));
    try {
      const base = chain.saved.length - 1;
      const build = async (isTainted: boolean): Promise<void> => {
        await restore(chain, Math.min(base, chain.saved.length - 1));
        awake = isTainted ? mutant : REACH;
        await wake(chain, awake);
        const data = await fixture();
        await save(chain, { fixture, data, isTainted });
      };
      if (!isReached(name, mutant)) await build(false);
      if (isReached(name, mutant)) await build(true);
    } finally {
      noting.pop();
      awake = mutant;
    }
  } else {
    await restore(chain, found);
  }
  await wake(chain, mutant);
  return chain.saved.find((each) => each.fixture === fixture)?.data;
}

function isReached(name: object, mutant: bigint): boolean {
  return mutant !== REACH && reachedBy([name]).has(Number(mutant));
}

/** Every chain back to where the mutant has left no trace and will leave none, with the mutant awake. */
async function reset(mutant: bigint): Promise<void> {
  awake = mutant;
  for (const chain of chains) {
    const stale = chain.saved.findIndex(
      ({ fixture, isTainted }) => isTainted || (fixture !== undefined && isReached(nameOf(fixture), mutant)),
    );
    await restore(chain, Math.min(stale < 0 ? chain.saved.length : stale, STATES_KEPT) - 1);
    await wake(chain, mutant);
  }
}

async function load(file: string): Promise<Mocha> {
  const mocha = new Mocha({ ui: "bdd", bail: false, timeout: TEST_TIMEOUT_MS, reporter: Mocha.reporters.Base });
  const { suite } = mocha;
  suite.emit("pre-require", globalThis as never, file, mocha);
  loads += 1;
  await import(`${file}?load=${loads}`);
  suite.emit("require", {}, file, mocha);
  suite.emit("post-require", globalThis as never, file, mocha);
  return mocha;
}

/** All tests of a file, in order: a test is known by its place in it, since titles may hold a random seed. */
function testsOf(suite: Mocha.Suite): Mocha.Test[] {
  return [...suite.tests, ...suite.suites.flatMap((each) => testsOf(each))];
}

function keepOnly(suite: Mocha.Suite, tests: Set<Mocha.Test>): void {
  suite.tests = suite.tests.filter((test) => tests.has(test));
  for (const each of suite.suites) keepOnly(each, tests);
}

function suitesAbove(test: Mocha.Test): Mocha.Suite[] {
  const suites: Mocha.Suite[] = [];
  for (let suite = test.parent; suite !== undefined; suite = suite.parent) suites.push(suite);
  return suites;
}

/** Runs a file's tests, all or some; with `bail` until the first failure. */
async function run(file: string, chosen: number[] | undefined, bail: boolean): Promise<TestReport[]> {
  const mocha = await load(file);
  const tests = testsOf(mocha.suite);
  if (chosen !== undefined) keepOnly(mocha.suite, new Set(chosen.flatMap((index) => tests[index] ?? [])));
  mocha.bail(bail);
  const states = new Map<Mocha.Test, { isPassed: boolean; ms: number; error: string }>();
  let hookError: string | undefined;
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on("hook", (hook) => (noting[0] = noteOf(hook.parent as object)));
    runner.on("test", (test) => (noting[0] = noteOf(test)));
    runner.on("pass", (test) => states.set(test, { isPassed: true, ms: test.duration ?? 0, error: "" }));
    runner.on("fail", (test: Mocha.Test | Mocha.Hook, error: Error) => {
      const text = error.message.split("\n")[0] ?? "";
      if (test.type === "hook") hookError = `${test.fullTitle()}: ${text}`;
      // A hook's failure is put down to the test that it was for.
      const blamed = test.type === "hook" ? (test.ctx?.currentTest ?? testsOf(test.parent as Mocha.Suite)[0]) : test;
      if (blamed !== undefined) states.set(blamed, { isPassed: false, ms: test.duration ?? 0, error: text });
    });
  });
  noting.length = 0;
  const reports: TestReport[] = [];
  for (const [index, test] of tests.entries()) {
    if (chosen?.includes(index) === false) continue;
    const state = states.get(test);
    // A test that did not run was kept from it by a hook, or comes after the first failure.
    if (state === undefined && bail && (hookError === undefined || reports.some(({ isPassed }) => !isPassed))) continue;
    reports.push({
      index,
      title: test.fullTitle(),
      isPassed: state?.isPassed ?? false,
      ms: state?.ms ?? 0,
      error: state?.error ?? hookError ?? "",
      reached: chosen === undefined ? [...reachedBy([test, ...suitesAbove(test)])] : [],
    });
  }
  return reports;
}

function answer(message: Answer): void {
  if (process.connected) process.send?.(message);
}

async function obey(order: Order): Promise<void> {
  if (order.kind === "survey") {
    await reset(REACH);
    answer({ kind: "survey", file: order.file, tests: await run(order.file, undefined, false) });
    return;
  }
  await reset(BigInt(order.mutant));
  for (const { file, tests } of order.steps) {
    answer({ kind: "step", mutant: order.mutant, file });
    const failed = (await run(file, tests, true)).find(({ isPassed }) => !isPassed);
    if (failed !== undefined) {
      answer({
        kind: "done",
        mutant: order.mutant,
        killer: { file, index: failed.index, title: failed.title, error: failed.error },
      });
      return;
    }
  }
  answer({ kind: "done", mutant: order.mutant });
}

// A test that a mutant breaks may leave promises behind that fail later.
process.setMaxListeners(0);
process.on("unhandledRejection", () => {});

await new Promise<void>((resolve) => {
  process.on("message", (order: Order) => {
    obey(order).catch((error: unknown) => answer({ kind: "broken", error: String(error) }));
  });
  process.on("disconnect", () => resolve());
  answer({ kind: "ready" });
});
