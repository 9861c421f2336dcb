// A contract that liquidates and buys, and does in the callback what the test says.
import { ethers } from "../../helpers/fixtures.js";

export type Call = { target: string; payload: string };

export async function actor() {
  const contract = await ethers.deployContract("PoolActor");
  return {
    contract,
    getAddress: () => contract.getAddress(),
    /** The data of a call to the pool that makes it do these. */
    encode: (calls: readonly Call[]) =>
      ethers.AbiCoder.defaultAbiCoder().encode(["tuple(address target, bytes payload)[]"], [calls]),
  };
}

export type Actor = Awaited<ReturnType<typeof actor>>;
