// The deployed contracts, compiled first if they have changed; loaded only by who asks for them.
import type { Follower } from "./run.js";

/** Follows a run on the contracts, from its very beginning. */
export async function contractsFollower(isWhole = false): Promise<Follower> {
  const { default: hre } = await import("hardhat");
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
  const { chainFollower } = await import("./chain.js");
  return chainFollower(isWhole);
}
