// What the lessons share: feeds as the incident had them.
import type { ChainlinkOracle, MockERC20, MockFeed } from "../../typechain-types/index.js";
import type { PathConfigStruct, VaultConfigStruct } from "../../typechain-types/oracle/ChainlinkOracle.js";
import { ethers, HOUR, type World, ZERO } from "../helpers/fixtures.js";

export const FEED_UNIT = 10n ** 8n;
export const NO_FEED = { feed: ZERO, heartbeat: 0n, minAnswer: 0n, maxAnswer: 0n };
const NO_VAULT: VaultConfigStruct = { underlying: ZERO, minRate: 0, maxRate: 0 };

/** A feed of eight decimals that says `tokens`. */
export async function feedOf(tokens: number): Promise<MockFeed> {
  return await ethers.deployContract("MockFeed", [8, inFeed(tokens)]);
}

export function inFeed(tokens: number): bigint {
  return BigInt(Math.round(tokens * 1e8));
}

/** The feed with a heartbeat of an hour, believed between these answers. */
export async function believed(feed: MockFeed, least: number, most: number) {
  return { feed: await feed.getAddress(), heartbeat: HOUR, minAnswer: inFeed(least), maxAnswer: inFeed(most) };
}

export async function oracleOn(
  w: World,
  paths: PathConfigStruct[],
  collateral: MockERC20 = w.collateral,
  vault: VaultConfigStruct = NO_VAULT,
): Promise<ChainlinkOracle> {
  return await ethers.deployContract("ChainlinkOracle", [
    await w.asset.getAddress(),
    await collateral.getAddress(),
    vault,
    paths,
    { feed: ZERO, gracePeriod: 0 },
  ]);
}
