// What the pool's two hot words hold.
import { MAX_INDEX_WAD, type Totals, WAD } from "../../../sdk/model/index.js";
import { ethers, type World } from "../../helpers/fixtures.js";

const field = (word: bigint, offset: bigint, width: bigint): bigint => (word >> offset) & ((1n << width) - 1n);

/** Reads the two hot words: the slots after OpenZeppelin's own are found by the one that holds the last accrual. */
export async function storedOf(w: World): Promise<Totals> {
  const pool = await w.pool.getAddress();
  const read = async (slot: bigint) => BigInt(await ethers.provider.getStorage(pool, slot));
  const supply = await w.pool.totalSupply();
  const now = BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0);
  for (let slot = 0n; slot < 24n; ++slot) {
    const meter = await read(slot + 1n);
    const index = (meter >> 112n) & MAX_INDEX_WAD;
    const lastAccrual = meter >> 224n;
    const isMeter = (meter & ((1n << 112n) - 1n)) === supply && index >= WAD && lastAccrual <= now;
    if (!isMeter) continue;
    const book = await read(slot);
    return {
      cash: field(book, 0n, 96n),
      debtShares: field(book, 96n, 96n),
      shares: supply,
      index,
      rateAtTarget: field(meter, 180n, 36n),
      feeUnits: field(book, 192n, 45n),
      feePercent: field(meter, 216n, 8n),
      lastAccrual,
    };
  }
  throw new Error("The pool's words were not found.");
}
