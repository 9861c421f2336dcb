// Runs tests in the copy with one mutant awake after the other, as its parent asks: see messages.ts. Test files are
// loaded anew for each mutant, because some keep state between their steps; what they import is loaded once.
import Mocha from "mocha";

import { beginWith, noteFor, noteNothing, reachedBy, share } from "./grounds.ts";
import type { Answer, Order, TestReport } from "./messages.ts";
import { REACH } from "./mutants.ts";

/** Longer than any of our tests takes on a busy machine, shorter than patience. */
const TEST_TIMEOUT_MS = 120_000;

/** What deployWorld calls in the copy: see mutate.ts. */
Object.assign(globalThis, { shareMarket: share });

async function load(file: string, mutant: bigint): Promise<Mocha> {
  const mocha = new Mocha({ ui: "bdd", bail: false, timeout: TEST_TIMEOUT_MS, reporter: Mocha.reporters.Base });
  const { suite } = mocha;
  suite.emit("pre-require", globalThis as never, file, mocha);
  await import(`${file}?load=${await beginWith(mutant)}`);
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
async function run(file: string, mutant: bigint, chosen: number[] | undefined, bail: boolean): Promise<TestReport[]> {
  const mocha = await load(file, mutant);
  const tests = testsOf(mocha.suite);
  if (chosen !== undefined) keepOnly(mocha.suite, new Set(chosen.flatMap((index) => tests[index] ?? [])));
  mocha.bail(bail);
  const states = new Map<Mocha.Test, { isPassed: boolean; ms: number; error: string }>();
  let hookError: string | undefined;
  await new Promise<void>((resolve) => {
    const runner = mocha.run(() => resolve());
    runner.on("hook", (hook) => noteFor(hook.parent as object));
    runner.on("test", (test) => {
      noteFor(test);
      answer({ kind: "running" });
    });
    runner.on("pass", (test) => states.set(test, { isPassed: true, ms: test.duration ?? 0, error: "" }));
    runner.on("fail", (test: Mocha.Test | Mocha.Hook, error: Error) => {
      const text = error.message.split("\n")[0] ?? "";
      if (test.type === "hook") hookError = `${test.fullTitle()}: ${text}`;
      // A hook's failure is put down to the test that it was for.
      const blamed = test.type === "hook" ? (test.ctx?.currentTest ?? testsOf(test.parent as Mocha.Suite)[0]) : test;
      if (blamed !== undefined) states.set(blamed, { isPassed: false, ms: test.duration ?? 0, error: text });
    });
  });
  noteNothing();
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
    answer({ kind: "survey", file: order.file, tests: await run(order.file, REACH, undefined, false) });
    return;
  }
  for (const { file, tests } of order.steps) {
    const failed = (await run(file, BigInt(order.mutant), tests, true)).find(({ isPassed }) => !isPassed);
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
