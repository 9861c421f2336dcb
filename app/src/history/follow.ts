// Keeps a history at the head for as long as the page is open: from the indexer while it answers, else from the logs.
import { type IndexerHistory, IndexerProblem } from "./indexer.js";
import type { Head, LogHistory } from "./logs.js";
import type { SwitchedHistory } from "./switch.js";

/** How a page follows the chain. */
export type Follow = {
  /** Undefined while nothing should be read. */
  readonly newest: () => Head | undefined;
  /** Ends early when there is another head. */
  readonly wait: (milliseconds: number) => Promise<void>;
  readonly signal: AbortSignal;
};

/** The indexer is asked again after so long, while the logs are read instead. */
const RETRY = 60_000;
const LONGEST_WAIT = 30_000;
/** While it is a block behind. */
const SHORT_WAIT = 2_000;

export async function followLogs(history: SwitchedHistory, logs: LogHistory, follow: Follow): Promise<void> {
  history.use(logs);
  await logs.run(follow.newest, follow.wait, follow.signal);
}

export async function followIndexer(
  history: SwitchedHistory,
  indexer: IndexerHistory,
  logs: LogHistory,
  { newest, wait, signal }: Follow,
  now: () => number = Date.now,
): Promise<void> {
  let reading: AbortController | undefined;
  let retryAt = 0;
  let asked = wakeable();
  history.onAsked = (kind, market) => {
    if (indexer.want(kind, market)) asked.wake();
  };
  signal.addEventListener("abort", () => reading?.abort());
  while (!signal.aborted) {
    const head = newest();
    let pause = LONGEST_WAIT;
    if (head !== undefined && now() >= retryAt) {
      asked = wakeable();
      try {
        if (!(await indexer.poll(head))) pause = SHORT_WAIT;
        reading?.abort();
        reading = undefined;
        history.use(indexer);
      } catch (error) {
        const problem = error instanceof IndexerProblem ? error.message : "The indexer is of no use.";
        retryAt = now() + RETRY;
        history.use(logs, `${problem} The chain's logs are read instead.`);
        reading ??= start(async (stopped) => await logs.run(newest, wait, stopped));
      }
    }
    await Promise.race([wait(pause), asked.woken]);
  }
}

function start(work: (signal: AbortSignal) => Promise<void>): AbortController {
  const controller = new AbortController();
  void work(controller.signal);
  return controller;
}

function wakeable(): { wake: () => void; woken: Promise<void> } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { wake: resolve, woken: promise };
}
