import type { BigNumberish, ContractTransactionResponse } from "ethers";
import { network } from "hardhat";

import type { ChainlinkOracle, MockFeed, MockVault4626 } from "../../../typechain-types/index.js";
import type {
  FeedConfigStruct,
  PathConfigStruct,
  SequencerConfigStruct,
  VaultConfigStruct,
} from "../../../typechain-types/oracle/ChainlinkOracle.js";

export const { ethers, networkHelpers } = await network.create();
export const { time } = networkHelpers;

export async function loadFixture<T>(fixture: () => Promise<T>): Promise<T> {
  return await networkHelpers.loadFixture(fixture);
}

/** Enum `Behaviour` of the mocks. */
export const Behaviour = { Honest: 0, Revert: 1, BurnGas: 2, NeedGas: 3, Resize: 4 } as const;

export const HEARTBEAT = 3_600n;
export const GRACE_PERIOD = 1_800n;
export const HOUR = 3_600n;
export const LATE_WINDOW = 48n * HOUR;
export const MAX_UINT128 = 2n ** 128n - 1n;
export const MAX_UINT256 = 2n ** 256n - 1n;
export const MAX_PRICE = 2n ** 191n;

/** 2,000 units of a loan asset of 6 decimals for a token of 18, in loan wei per collateral wei times 1e36. */
export const PRICE_2000 = 2_000n * 10n ** (6n + 36n - 18n);

/** A feed's or a sequencer's configuration with its address as text. */
type Addressed<Config> = Config & { feed: string };

export const NO_FEED: Addressed<FeedConfigStruct> = {
  feed: ethers.ZeroAddress,
  heartbeat: 0,
  minAnswer: 0,
  maxAnswer: 0,
};
export const NO_VAULT: VaultConfigStruct = { underlying: ethers.ZeroAddress, minRate: 0, maxRate: 0 };
export const NO_SEQUENCER: SequencerConfigStruct = { feed: ethers.ZeroAddress, gracePeriod: 0 };

export type OracleArguments = {
  loanAsset: string;
  collateral: string;
  vault: VaultConfigStruct;
  paths: PathConfigStruct[];
  sequencer: SequencerConfigStruct;
};

export async function sent(transaction: Promise<ContractTransactionResponse>): Promise<void> {
  await (await transaction).wait();
}

/** Bounds of a tenth and ten times the usual answer. */
export async function feedConfig(feed: MockFeed, usual: bigint): Promise<Addressed<FeedConfigStruct>> {
  return { feed: await feed.getAddress(), heartbeat: HEARTBEAT, minAnswer: usual / 10n, maxAnswer: usual * 10n };
}

/**
 * Ether at 2,000 dollars from two houses, one of them with 18 decimals; the dollar token at 1 from each; a vault of
 * ether whose token is worth 1.25; a sequencer feed that has been up for a day.
 */
export async function sources() {
  const ether = await ethers.deployContract("MockERC20", ["Ether", "ETH", 18]);
  const dollar = await ethers.deployContract("MockERC20", ["Dollar", "USD", 6]);
  const vault = await ethers.deployContract("MockVault4626", [await ether.getAddress(), 18, 125n * 10n ** 16n]);
  const etherFeed = await ethers.deployContract("MockFeed", [8, 2_000n * 10n ** 8n]);
  const dollarFeed = await ethers.deployContract("MockFeed", [8, 10n ** 8n]);
  const etherFeed2 = await ethers.deployContract("MockFeed", [18, 2_000n * 10n ** 18n]);
  const dollarFeed2 = await ethers.deployContract("MockFeed", [6, 10n ** 6n]);
  const sequencerFeed = await ethers.deployContract("MockFeed", [0, 0n]);
  const probe = await ethers.deployContract("GasProbe");
  const now = BigInt(await time.latest());
  await sent(sequencerFeed.setRound(0, now - 24n * HOUR, now - 24n * HOUR));

  const etherSide = await feedConfig(etherFeed, 2_000n * 10n ** 8n);
  const dollarSide = await feedConfig(dollarFeed, 10n ** 8n);
  const etherSide2 = await feedConfig(etherFeed2, 2_000n * 10n ** 18n);
  const dollarSide2 = await feedConfig(dollarFeed2, 10n ** 6n);
  const vaultConfig: VaultConfigStruct = {
    underlying: await ether.getAddress(),
    minRate: 10n ** 18n,
    maxRate: 15n * 10n ** 17n,
  };
  const sequencerConfig: Addressed<SequencerConfigStruct> = {
    feed: await sequencerFeed.getAddress(),
    gracePeriod: GRACE_PERIOD,
  };
  /** One path of one feed. */
  const plain: OracleArguments = {
    loanAsset: await dollar.getAddress(),
    collateral: await ether.getAddress(),
    vault: NO_VAULT,
    paths: [{ collateral: etherSide, loan: NO_FEED }],
    sequencer: NO_SEQUENCER,
  };
  /** Everything an oracle can ask: two quotients, a vault and a sequencer. */
  const full: OracleArguments = {
    loanAsset: await dollar.getAddress(),
    collateral: await vault.getAddress(),
    vault: vaultConfig,
    paths: [
      { collateral: etherSide, loan: dollarSide },
      { collateral: etherSide2, loan: dollarSide2 },
    ],
    sequencer: sequencerConfig,
  };
  const tokens = { ether, dollar, vault };
  const feeds = { etherFeed, dollarFeed, etherFeed2, dollarFeed2, sequencerFeed };
  const configs = { etherSide, dollarSide, etherSide2, dollarSide2, vaultConfig, sequencerConfig, plain, full };
  return { ...tokens, ...feeds, ...configs, probe };
}

export type Sources = Awaited<ReturnType<typeof sources>>;

export async function deployOracle(args: OracleArguments): Promise<ChainlinkOracle> {
  const { loanAsset, collateral, vault, paths, sequencer } = args;
  return await ethers.deployContract("ChainlinkOracle", [loanAsset, collateral, vault, paths, sequencer]);
}

/** Name and arguments of the error with which the constructor refuses; fails if it doesn't. */
export async function refusal(args: OracleArguments): Promise<unknown[]> {
  const { loanAsset, collateral, vault, paths, sequencer } = args;
  const factory = await ethers.getContractFactory("ChainlinkOracle");
  const deployment = await factory.getDeployTransaction(loanAsset, collateral, vault, paths, sequencer);
  try {
    await ethers.provider.call(deployment);
  } catch (error) {
    const data = (error as { data?: string }).data ?? "0x";
    const parsed = factory.interface.parseError(data);
    if (parsed === null) throw error;
    return [parsed.name, ...parsed.args];
  }
  throw new Error("the oracle was deployed");
}

/** A new round, written `age` seconds before the moment at which `priceNow` is asked next. */
export type Round = { feed: MockFeed; answer: BigNumberish; age: bigint };

/** Writes the rounds, and mines a block in which each is exactly as old as it says. */
export async function writeRounds(...rounds: Round[]): Promise<void> {
  const then = BigInt(await time.latest()) + 100n;
  for (const { feed, answer, age } of rounds) await sent(feed.setRound(answer, then - age, then - age));
  await time.increaseTo(then);
}

export async function priceOf(oracle: ChainlinkOracle): Promise<{ low: bigint; high: bigint; ok: boolean }> {
  const { low, high, ok } = await oracle.price();
  return { low, high, ok };
}

/** DESIGN §4, rounded down: 15% off as soon as a feed is late, and linearly to zero over 48 hours. */
export function markedDown(price: bigint, late: bigint): bigint {
  if (late === 0n) return price;
  const left = late < LATE_WINDOW ? LATE_WINDOW - late : 0n;
  return (price * 8_500n * left) / (10_000n * LATE_WINDOW);
}

/** Ways in which a feed or a vault gives no usable answer, besides the answer itself. */
export const FAILURES: { what: string; fail: (source: MockFeed | MockVault4626) => Promise<void> }[] = [
  { what: "reverts", fail: async (source) => await sent(source.misbehave(Behaviour.Revert, 0)) },
  { what: "burns all its gas", fail: async (source) => await sent(source.misbehave(Behaviour.BurnGas, 0)) },
  {
    what: "needs more gas than it gets",
    fail: async (source) => await sent(source.misbehave(Behaviour.NeedGas, 60_001)),
  },
  { what: "returns nothing", fail: async (source) => await sent(source.misbehave(Behaviour.Resize, 0)) },
  {
    what: "has no code any more",
    fail: async (source) => await networkHelpers.setCode(await source.getAddress(), "0x"),
  },
];
