// What an oracle answers word for word, and what the pool makes of it.
import { expect } from "chai";

import { DEFAULT_PARAMETERS } from "../../../scripts/lib/market.js";
import { MAX_PRICE, MAX_VALUE, min } from "../../../sdk/model/index.js";
import { ethers, MAX, networkHelpers, type World, world } from "../../helpers/fixtures.js";

/** Code that answers every call with these words. */
function answering(words: readonly bigint[]): string {
  const stores = words.map(
    (word, i) => `7f${ethers.toBeHex(word, 32).slice(2)}60${(32 * i).toString(16).padStart(2, "0")}52`,
  );
  return `0x${stores.join("")}60${(32 * words.length).toString(16)}6000f3`;
}

describe("LendingPool, what an oracle answers", () => {
  let w: World;
  beforeEach(async () => {
    w = await world();
  });

  async function seen(low: bigint, high: bigint, ok: bigint): Promise<unknown[]> {
    await networkHelpers.setCode(await w.oracle.getAddress(), answering([low, high, ok]));
    return [...(await w.pool.currentPrice())];
  }

  it("is cut to prices that a position's value can hold", async () => {
    const limit = min(MAX_VALUE / DEFAULT_PARAMETERS.collateralCap, MAX_PRICE);
    expect(await seen(limit - 1n, limit, 1n)).to.deep.equal([limit - 1n, limit, true]);
    expect(await seen(limit + 1n, limit + 1n, 1n)).to.deep.equal([limit, limit, true]);
    expect(await seen(5n, MAX, 1n)).to.deep.equal([5n, limit, true]);
    expect(await seen(MAX, MAX, 1n)).to.deep.equal([limit, limit, true]);
  });

  it("is not ok with a low above the high, or of zero", async () => {
    expect(await seen(7n, 7n, 1n)).to.deep.equal([7n, 7n, true]);
    expect(await seen(8n, 7n, 1n)).to.deep.equal([8n, 7n, false]);
    expect(await seen(0n, 7n, 1n)).to.deep.equal([0n, 7n, false]);
  });

  it("is not ok with anything but one for ok", async () => {
    for (const word of [0n, 2n, 1n << 255n, MAX]) expect(await seen(7n, 8n, word)).to.deep.equal([7n, 8n, false]);
  });
});
