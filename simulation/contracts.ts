// The deployed contracts, compiled first if they have changed; loaded only by who asks for them.
import { Problem } from "./problem.js";
import type { Follower } from "./run.js";

/** Follows a run on the contracts, from its very beginning. */
export async function contractsFollower(isWhole = false): Promise<Follower> {
  const { default: hre } = await import("hardhat");
  try {
    await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  } catch (error) {
    const [reason] = (error as Error).message.split("\n");
    throw new Problem(`the contracts can't be compiled: ${reason}; npm run build says more`, 1);
  }
  const { chainFollower } = await import("./chain.js");
  return chainFollower(isWhole);
}
