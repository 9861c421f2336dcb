// States that no call leads to, written into the pool's storage. Slots as PoolStorage and PackedState describe them.
import { ethers, networkHelpers, type World } from "../../helpers/fixtures.js";

const POSITIONS = 6n;
const TICK_SUMS = 7n;
const COLLATERAL_MASK = ((1n << 112n) - 1n) << 96n;

/** The slot of a mapping's entry. */
export function entry(slot: bigint, key: string | bigint): string {
  const type = typeof key === "string" ? "address" : "uint256";
  return ethers.keccak256(ethers.AbiCoder.defaultAbiCoder().encode([type, "uint256"], [key, slot]));
}

export async function readSlot(w: World, slot: string | bigint): Promise<bigint> {
  return BigInt(await ethers.provider.getStorage(w.pool, slot));
}

export async function writeSlot(w: World, slot: string | bigint, value: bigint): Promise<void> {
  await networkHelpers.setStorageAt(await w.pool.getAddress(), BigInt(slot), value);
}

/** Takes a borrower's collateral away, in its position and in its tick; the tick itself is mended by the next call. */
export async function withoutCollateral(w: World, borrower: { address: string }): Promise<void> {
  const { collateral, tick } = await w.pool.positionOf(borrower.address);
  const position = entry(POSITIONS, borrower.address);
  const sums = entry(TICK_SUMS, tick);
  await writeSlot(w, position, (await readSlot(w, position)) & ~COLLATERAL_MASK);
  await writeSlot(w, sums, (await readSlot(w, sums)) - (collateral << 96n));
}
