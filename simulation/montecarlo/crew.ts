// Paths on all cores. Who runs which is chance; what comes of a path is not.
import { once } from "node:events";
import { Worker } from "node:worker_threads";

import { type PathResult, runPath } from "./path.js";
import type { Item, Plan } from "./plan.js";

/** Threads need the loader that this process was started with. */
const LOADER = ["--import", import.meta.resolve("tsx")];

/** Runs all items on so many threads, one on this; `done` hears of each as it ends. An error in one ends all. */
export async function inParallel(
  plan: Plan,
  items: readonly Item[],
  threads: number,
  done: (item: Item, result: PathResult) => void,
): Promise<void> {
  if (threads === 1) {
    for (const item of items) done(item, (await runPath(plan, item)).result);
    return;
  }
  const rest = items.values();
  const crew = Array.from(
    { length: Math.min(threads, items.length) },
    () => new Worker(new URL("worker.ts", import.meta.url), { workerData: plan, execArgv: LOADER }),
  );
  try {
    await Promise.all(crew.map(async (worker) => await work(worker, rest, done)));
  } finally {
    await Promise.all(crew.map(async (worker) => await worker.terminate()));
  }
}

async function work(
  worker: Worker,
  rest: Iterator<Item>,
  done: (item: Item, result: PathResult) => void,
): Promise<void> {
  for (let next = rest.next(); next.done !== true; next = rest.next()) {
    const item = next.value;
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
    worker.postMessage(item);
    // It also ends with what went wrong in the thread.
    const [result] = (await once(worker, "message")) as [PathResult];
    done(item, result);
  }
}
