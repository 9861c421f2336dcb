// Events say little of the exit price: only who leaves tells it. Where a node still has the state of old blocks, some of
// them are asked for it, once a visit; where it has not, the line has gaps.
import type { LossRow, PriceRow } from "./types.js";

export type Prices = Pick<PriceRow, "grossPriceWad" | "exitPriceWad" | "timestamp">;

const SAMPLES = 40;
/** Asked for in one moment, and so in one request or two. */
const AT_ONCE = 10;
/** The block before each of the last losses: there the shortfall showed in full. */
const LOSSES = 10;

/** Newest first: dense near the head, and further apart the longer ago. */
export function blocksToSample(first: number, head: number, losses: readonly Pick<LossRow, "blockNumber">[]): number[] {
  const span = head - first;
  const spread = Array.from({ length: SAMPLES }, (_, i) => head - Math.round(span * ((i + 1) / SAMPLES) ** 2));
  const before = losses.slice(-LOSSES).map(({ blockNumber }) => blockNumber - 1);
  return [...new Set([...spread, ...before])].filter((block) => block >= first).toSorted((a, b) => b - a);
}

/** `read` is asked until it refuses the first time. */
export async function lookBack(
  blocks: readonly number[],
  read: (block: number) => Promise<Prices>,
  found: (samples: (Prices & { blockNumber: number })[]) => void,
): Promise<void> {
  for (let i = 0; i < blocks.length; i += AT_ONCE) {
    const some = blocks.slice(i, i + AT_ONCE);
    const answers = await Promise.allSettled(
      some.map(async (blockNumber) => ({ blockNumber, ...(await read(blockNumber)) })),
    );
    found(answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : [])));
    if (answers.some(({ status }) => status === "rejected")) return;
  }
}
