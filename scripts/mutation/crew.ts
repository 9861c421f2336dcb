// Workers, and who tries what on which mutant.
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

import type { Answer, Killer, Order, Step, TestReport } from "./messages.ts";
import type { Mutant } from "./mutants.ts";
import type { Survey } from "./survey.ts";

/** A worker whose test goes on for so long runs in circles: that counts as noticed. */
const SILENCE_MS = 150_000;
/** A test may take its time when every place reports. */
const SURVEY_SILENCE_MS = 1_800_000;
/** Loaded test files stay in memory. */
const MUTANTS_A_WORKER = 400;
/** So many single tests that killed neighbours go first. */
const PROBES = 3;

/** A story is told whole: its steps build on one another. */
const isStory = (file: string) => file.startsWith("test/scenario/");

const isTimeoutError = (error: string) => error.includes("Timeout of ");

export type Verdict = { isKilled: boolean; isReached: boolean; killer?: Killer };

/** One process in the copy, started when it is first needed and again when it dies. It is asked one thing at a time. */
export class Worker {
  private readonly folder: string;
  private child: ChildProcess | undefined;

  constructor(folder: string) {
    this.folder = folder;
  }

  async survey(file: string): Promise<TestReport[]> {
    const answer = await this.#ask({ kind: "survey", file: this.#url(file) }, SURVEY_SILENCE_MS);
    if (answer?.kind !== "survey")
      throw new Error(`${file}: ${answer?.kind === "broken" ? answer.error : "no answer"}`);
    return answer.tests;
  }

  async try(mutant: number, steps: Step[], isRetry = false): Promise<Killer | undefined> {
    const answer = await this.#ask({
      kind: "mutant",
      mutant,
      steps: steps.map(({ file, tests }) => ({ file: this.#url(file), tests })),
    });
    if (answer?.kind === "done") return answer.killer && { ...answer.killer, file: this.#path(answer.killer.file) };
    // A worker may break for reasons of its own, but hardly twice.
    if (!isRetry) return await this.try(mutant, steps, true);
    return { file: "", index: -1, title: "no answer", error: answer?.kind === "broken" ? answer.error : "silence" };
  }

  end(): void {
    this.child?.kill("SIGKILL");
    this.child = undefined;
  }

  #url(file: string): string {
    return pathToFileURL(join(this.folder, file)).href;
  }

  #path(url: string): string {
    return url.slice(this.#url("").length).replace(/^\//, "");
  }

  async #start(): Promise<ChildProcess> {
    const cli = join(this.folder, "node_modules/hardhat/dist/src/cli.js");
    const args = [
      "--config",
      "scripts/mutation/hardhat.config.ts",
      "run",
      "--no-compile",
      "scripts/mutation/worker.ts",
    ];
    const child = spawn("nice", [process.execPath, cli, ...args], {
      cwd: this.folder,
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.once("exit", () => {
      if (this.child === child) this.child = undefined;
    });
    await answerOf(child, SILENCE_MS);
    return child;
  }

  async #ask(order: Order, patienceMs = SILENCE_MS): Promise<Answer | undefined> {
    this.child ??= await this.#start();
    const hearing = answerOf(this.child, patienceMs);
    this.child.send(order);
    const answer = await hearing;
    // After a timeout the test still runs: what it leaves behind would fail others.
    const isTimeout = answer?.kind === "done" && answer.killer !== undefined && isTimeoutError(answer.killer.error);
    if (answer === undefined || answer.kind === "broken" || isTimeout) this.end();
    return answer;
  }
}

/** What a process says next, but for the tests it runs; undefined if it dies, or one test goes on for too long. */
function answerOf(child: ChildProcess, patienceMs: number): Promise<Answer | undefined> {
  return new Promise((resolve) => {
    const finish = (answer: Answer | undefined): void => {
      clearTimeout(clock);
      child.off("message", hear);
      child.off("exit", die);
      resolve(answer);
    };
    const die = (): void => finish(undefined);
    const hear = (answer: Answer): void => {
      if (answer.kind === "running") clock.refresh();
      else finish(answer);
    };
    const clock = setTimeout(die, patienceMs);
    child.on("message", hear);
    child.on("exit", die);
  });
}

export class Crew {
  private readonly folder: string;
  private readonly jobs: number;
  private readonly tests: Survey;
  /** How often a test killed mutants of a function, and a test file those of a source file. */
  private readonly killsOfPlace = new Map<string, Map<string, number>>();
  private readonly killsOfFile = new Map<string, number>();
  /** Whether a test passes when nothing is awake: asked at its first kill. */
  private readonly isSound = new Map<string, boolean>();

  constructor(folder: string, jobs: number, tests: Survey) {
    this.folder = folder;
    this.jobs = jobs;
    this.tests = tests;
  }

  async tryAll(mutants: Mutant[], tell: (mutant: Mutant, verdict: Verdict) => void): Promise<void> {
    const waiting = [...mutants];
    const work = async (): Promise<void> => {
      let worker = new Worker(this.folder);
      let tried = 0;
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const steps = this.#stepsFor(mutant);
        if (steps.length === 0) {
          tell(mutant, { isKilled: false, isReached: false });
          continue;
        }
        let killer = await worker.try(mutant.id, steps);
        while (killer !== undefined && killer.file !== "" && !(await this.#passesAlone(worker, killer))) {
          killer = await worker.try(mutant.id, this.#stepsFor(mutant));
        }
        if (killer !== undefined) this.remember(mutant, killer);
        tell(mutant, { isKilled: killer !== undefined, isReached: true, ...(killer && { killer }) });
        if (++tried % MUTANTS_A_WORKER === 0) {
          worker.end();
          worker = new Worker(this.folder);
        }
      }
      worker.end();
    };
    await Promise.all(Array.from({ length: this.jobs }, work));
  }

  /** The tests that reach it: first single ones that killed its neighbours, then file by file, quick and deadly ones first. */
  #stepsFor(mutant: Mutant): Step[] {
    const reaching = Object.entries(this.tests).flatMap(([file, { tests }]) => {
      const able = tests.filter(({ isPassed, reached }) => isPassed && reached.includes(mutant.id));
      if (able.length === 0) return [];
      if (isStory(file) && tests.some(({ isPassed }) => !isPassed)) return [];
      const all = isStory(file) ? tests : able;
      const ms = all.reduce((sum, test) => sum + test.ms, 100);
      return [{ file, tests: all.map(({ index }) => index), ms }];
    });
    const probes = [...(this.killsOfPlace.get(mutant.place) ?? [])]
      .toSorted((a, b) => b[1] - a[1])
      .map(([test]) => JSON.parse(test) as [string, number])
      .filter(
        ([file, index]) => reaching.some((each) => each.file === file && each.tests.includes(index)) && !isStory(file),
      )
      .slice(0, PROBES)
      .map(([file, index]) => ({ file, tests: [index] }));
    const worth = ({ file, ms }: { file: string; ms: number }) =>
      (1 + (this.killsOfFile.get(`${mutant.file} ${file}`) ?? 0)) / ms;
    const whole = reaching.toSorted((a, b) => worth(b) - worth(a)).map(({ file, tests }) => ({ file, tests }));
    return [...probes, ...whole];
  }

  /** A test that fails without a mutant as well says nothing, and is left out from here on. */
  async #passesAlone(worker: Worker, { file, index, title, error }: Killer): Promise<boolean> {
    const test = JSON.stringify([file, index]);
    const known = this.isSound.get(test);
    // A test that was too slow may be so because the machine is.
    if (known !== undefined && !isTimeoutError(error)) return known;
    const report = this.tests[file]?.tests.find((each) => each.index === index);
    const tests = isStory(file) ? (this.tests[file]?.tests.map((each) => each.index) ?? []) : [index];
    const isSound = (await worker.try(0, [{ file, tests }])) === undefined;
    this.isSound.set(test, isSound);
    if (!isSound && report !== undefined) {
      report.isPassed = false;
      console.log(`  left out, fails without a mutant: ${file}: ${title}: ${error}`);
    }
    return isSound;
  }

  /** What killed this one is tried first on its neighbours. */
  remember(mutant: Mutant, { file, index }: Killer): void {
    const test = JSON.stringify([file, index]);
    const kills = this.killsOfPlace.get(mutant.place) ?? new Map<string, number>();
    this.killsOfPlace.set(mutant.place, kills);
    if (file !== "") kills.set(test, (kills.get(test) ?? 0) + 1);
    const pair = `${mutant.file} ${file}`;
    this.killsOfFile.set(pair, (this.killsOfFile.get(pair) ?? 0) + 1);
  }
}
