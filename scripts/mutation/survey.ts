// Which tests pass in the copy, how long they take, and which mutants' places they reach.
import { Worker } from "./crew.ts";
import type { TestReport } from "./messages.ts";

export type Survey = Record<string, { hash: string; tests: TestReport[] }>;

/** Runs each file once, without a mutant, reporting what it reaches. */
export async function survey(
  folder: string,
  files: string[],
  jobs: number,
  found: (file: string, tests: TestReport[]) => void,
): Promise<void> {
  const waiting = [...files];
  let done = 0;
  const run = async (): Promise<void> => {
    const worker = new Worker(folder);
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const tests = await worker.survey(file);
      found(file, tests);
      console.log(`surveyed ${++done}/${files.length} ${file}: ${tests.length} tests`);
      for (const { isPassed, title, error } of tests) if (!isPassed) console.log(`  left out: ${title}: ${error}`);
    }
    worker.end();
  };
  await Promise.all(Array.from({ length: Math.min(jobs, files.length) }, run));
}
