// Time, block by block: after `freeze`, a view asked with PENDING sees the pool as the next transaction will, to the wei.
import { networkHelpers, time } from "./fixtures.js";

export const PENDING = { blockTag: "pending" } as const;

/** Fixes the next block's time, so many seconds from now. */
export async function freeze(seconds: bigint | number = 1n): Promise<bigint> {
  const timestamp = BigInt(await time.latest()) + BigInt(seconds);
  await time.setNextBlockTimestamp(timestamp);
  return timestamp;
}

export const load = networkHelpers.loadFixture.bind(networkHelpers);
