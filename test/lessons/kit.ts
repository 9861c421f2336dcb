// What the lessons share: another pool in the same world, on feeds as the incident had them.
import type { ChainlinkOracle, MockERC20, MockFeed } from "../../typechain-types/index.js";
import type { PathConfigStruct, VaultConfigStruct } from "../../typechain-types/oracle/ChainlinkOracle.js";
import {
  createPool,
  DEFAULT_PARAMETERS,
  ethers,
  HOUR,
  type MarketParameters,
  MAX,
  sent,
  type World,
  ZERO,
} from "../helpers/fixtures.js";

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

/** The same people before another pool, without fees: the oracle given, and what differs from the default market. */
export async function poolOn(
  w: World,
  oracle: { getAddress(): Promise<string> },
  collateral: MockERC20 = w.collateral,
  parameters: Partial<MarketParameters> = {},
): Promise<World> {
  const { pool, fund } = await createPool(
    w.system,
    {
      ...DEFAULT_PARAMETERS,
      reserveFeePercent: 0n,
      fundFeePercent: 0n,
      ...parameters,
      asset: await w.asset.getAddress(),
      collateral: await collateral.getAddress(),
      oracle: await oracle.getAddress(),
      authority: await w.authority.getAddress(),
    },
    w.deployer,
  );
  const address = await pool.getAddress();
  await sent(w.authority.connect(w.admin).adopt(address));
  for (const who of [w.alice, w.bob, w.carol, w.dave, w.erin, w.frank, w.liquidator]) {
    if (collateral !== w.collateral) await sent(collateral.mint(who.address, w.eth(1_000_000)));
    await sent(w.asset.connect(who).approve(address, MAX));
    await sent(collateral.connect(who).approve(address, MAX));
    await sent(pool.connect(who).approve(await fund.getAddress(), MAX));
  }
  return { ...w, pool, fund, collateral };
}
