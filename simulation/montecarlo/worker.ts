// A core's worth of paths: asked for one after the other, answered with what came of each.
import { parentPort, workerData } from "node:worker_threads";

import { runPath } from "./path.js";
import type { Item, Plan } from "./plan.js";

const plan = workerData as Plan;

parentPort?.on("message", (item: Item) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- threads have no origin
  void runPath(plan, item).then(({ result }) => parentPort?.postMessage(result));
});
