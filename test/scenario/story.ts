// How a story is told: one world, steps in order, and after the first that fails none is tried. And the moves that most
// stories make. Amounts in whole tokens unless they say otherwise.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { ContractTransactionReceipt } from "ethers";

import type { ChainlinkOracle, MockFeed } from "../../typechain-types/index.js";
import {
  claimableUnits,
  createPool,
  DEFAULT_PARAMETERS,
  deployWorld,
  ethers,
  HOUR,
  MAX,
  networkHelpers,
  sent,
  time,
  VIRTUAL_SHARES,
  WAD,
  type World,
  ZERO,
} from "../helpers/fixtures.js";

export type Step = (name: string, run: () => Promise<void>) => void;

/** A numbered story. Its steps share what its body declares. */
export function story(title: string, tell: (step: Step) => void): void {
  describe(title, () => {
    let open: string | undefined;
    tell((name, run) => {
      it(name, async () => {
        if (open !== undefined) throw new Error(`The story stopped at "${open}".`);
        open = name;
        await run();
        open = undefined;
      });
    });
  });
}

/** A market without fees: shares are minted and burned by deposits, exits and losses alone. */
export async function feelessWorld(): Promise<World> {
  return await networkHelpers.loadFixture(deployFeelessWorld);
}

/** For fixtures: one must not load another, or their snapshots outlive each other. */
export async function deployFeelessWorld(): Promise<World> {
  return await deployWorld({ parameters: { reserveFeePercent: 0n, fundFeePercent: 0n } });
}

// ---------------------------------------------------------------- moves

export async function deposit(w: World, who: HardhatEthersSigner, tokens: number): Promise<ContractTransactionReceipt> {
  return await sent(w.pool.connect(who)["deposit(uint256,address)"](w.usd(tokens), who.address));
}

/** Deposits, and stakes the shares in the fund. Returns the units. */
export async function stake(w: World, who: HardhatEthersSigner, tokens: number): Promise<bigint> {
  const before = await w.pool.balanceOf(who.address);
  await deposit(w, who, tokens);
  const shares = (await w.pool.balanceOf(who.address)) - before;
  const unitsBefore = await w.fund.balanceOf(who.address);
  await sent(w.fund.connect(who)["deposit(uint256,address)"](shares, who.address));
  return (await w.fund.balanceOf(who.address)) - unitsBefore;
}

/** Redeems shares, all of them unless told. Returns the assets that arrived. */
export async function leave(w: World, who: HardhatEthersSigner, shares?: bigint): Promise<bigint> {
  const all = shares ?? (await w.pool.balanceOf(who.address));
  const before = await w.asset.balanceOf(who.address);
  await sent(w.pool.connect(who)["redeem(uint256,address,address)"](all, who.address, who.address));
  return (await w.asset.balanceOf(who.address)) - before;
}

/** Asks the fund for units, all of them unless told. Returns the request's id. */
export async function requestUnits(w: World, who: HardhatEthersSigner, units?: bigint): Promise<bigint> {
  const all = units ?? (await w.fund.balanceOf(who.address));
  const known = new Set(await w.fund.openRequests(who.address));
  await sent(w.fund.connect(who).requestRedeem(all, who.address, who.address));
  const [id] = (await w.fund.openRequests(who.address)).filter((each) => !known.has(each));
  if (id === undefined) throw new Error("The fund opened no request.");
  return id;
}

/** Claims all that is claimable. Returns the pool shares that arrived. */
export async function claimUnits(w: World, who: HardhatEthersSigner): Promise<bigint> {
  const before = await w.pool.balanceOf(who.address);
  const units = await claimableUnits(w, who);
  await sent(w.fund.connect(who)["redeem(uint256,address,address,uint256)"](units, who.address, who.address, 0));
  return (await w.pool.balanceOf(who.address)) - before;
}

export type Liquidation = { repaid: bigint; seized: bigint; loss: bigint; receipt: ContractTransactionReceipt };

/** The liquidator takes what it can for at most `maxRepay` (in the smallest unit). */
export async function liquidate(w: World, borrower: HardhatEthersSigner, maxRepay = MAX): Promise<Liquidation> {
  const { liquidator } = w;
  const receipt = await sent(
    w.pool.connect(liquidator).liquidate(borrower.address, maxRepay, 0, liquidator.address, "0x"),
  );
  const event = only(eventsOf(w, receipt, "Liquidated"));
  return {
    repaid: event["repaidAssets"] as bigint,
    seized: event["seizedCollateral"] as bigint,
    loss: event["lossAssets"] as bigint,
    receipt,
  };
}

// ---------------------------------------------------------------- readings

export type Fields = Record<string, unknown>;

/** The pool's events of one name in a receipt, their fields by name. */
export function eventsOf(w: World, receipt: ContractTransactionReceipt, name: string): Fields[] {
  return receipt.logs
    .map((log) => w.pool.interface.parseLog(log))
    .filter((parsed) => parsed?.name === name)
    .map((parsed) => parsed?.args.toObject() ?? {});
}

export function only<T>(items: readonly T[]): T {
  const [item] = items;
  if (item === undefined || items.length !== 1) throw new Error(`Expected one, found ${items.length}.`);
  return item;
}

export type Loss = {
  loss: bigint;
  fromReserve: bigint;
  fromFund: bigint;
  haircut: bigint;
  priceBefore: bigint;
  priceAfter: bigint;
};

/** The one LossRealised of a receipt. */
export function lossOf(w: World, receipt: ContractTransactionReceipt): Loss {
  return only(eventsOf(w, receipt, "LossRealised")) as Loss;
}

/** What a holder's shares are worth at the exit price. */
export async function worthOf(w: World, who: HardhatEthersSigner): Promise<bigint> {
  return await w.pool.convertToAssets(await w.pool.balanceOf(who.address));
}

export async function now(): Promise<bigint> {
  return BigInt(await time.latest());
}

/** Assets per share as the pool shows it, from its parts. */
export function priceWad(assets: bigint, shares: bigint): bigint {
  return ((assets + 1n) * WAD * VIRTUAL_SHARES) / (shares + VIRTUAL_SHARES);
}

export function divUp(a: bigint, b: bigint): bigint {
  return (a + b - 1n) / b;
}

/** The same number but for at most `wei`, for the rounding that `source` names. */
export function isWithin(a: bigint, b: bigint, wei: bigint): boolean {
  return a > b ? a - b <= wei : b - a <= wei;
}

/** A snapshot to come back to, so that a story can also tell what would have happened. */
export async function whatIf<T>(run: () => Promise<T>): Promise<T> {
  const snapshot = await networkHelpers.takeSnapshot();
  const result = await run();
  await snapshot.restore();
  return result;
}

// ---------------------------------------------------------------- a pool on real feeds

export type FedWorld = World & {
  oracleOf: { first: MockFeed; second: MockFeed };
  /** Both feeds report a price now. */
  report: (tokens: number) => Promise<void>;
  /** An oracle over the same feeds that believes answers between these. */
  deployOracle: (least: number, most: number) => Promise<ChainlinkOracle>;
};

/** A pool whose oracle has two paths, each of one feed with a heartbeat of an hour, believed from 200 to 20,000. */
export async function fedWorld(): Promise<FedWorld> {
  return await networkHelpers.loadFixture(deployFedWorld);
}

const FEED_UNIT = 10n ** 8n;
const NO_FEED = { feed: ZERO, heartbeat: 0, minAnswer: 0, maxAnswer: 0 };

async function deployFedWorld(): Promise<FedWorld> {
  const w = await deployFeelessWorld();
  const first = await ethers.deployContract("MockFeed", [8, 2_000n * FEED_UNIT]);
  const second = await ethers.deployContract("MockFeed", [8, 2_000n * FEED_UNIT]);
  const deployOracle = async (least: number, most: number) => {
    const bounds = { heartbeat: HOUR, minAnswer: BigInt(least) * FEED_UNIT, maxAnswer: BigInt(most) * FEED_UNIT };
    return await ethers.deployContract("ChainlinkOracle", [
      await w.asset.getAddress(),
      await w.collateral.getAddress(),
      { underlying: ZERO, minRate: 0, maxRate: 0 },
      [
        { collateral: { feed: await first.getAddress(), ...bounds }, loan: NO_FEED },
        { collateral: { feed: await second.getAddress(), ...bounds }, loan: NO_FEED },
      ],
      { feed: ZERO, gracePeriod: 0 },
    ]);
  };
  const oracle = await deployOracle(200, 20_000);
  const { pool, fund } = await createPool(
    w.system,
    {
      ...DEFAULT_PARAMETERS,
      reserveFeePercent: 0n,
      fundFeePercent: 0n,
      asset: await w.asset.getAddress(),
      collateral: await w.collateral.getAddress(),
      oracle: await oracle.getAddress(),
      authority: await w.authority.getAddress(),
    },
    w.deployer,
  );
  await sent(w.authority.connect(w.admin).adopt(await pool.getAddress()));
  for (const who of [w.alice, w.bob, w.carol, w.dave, w.erin, w.frank, w.liquidator, w.keeper]) {
    await sent(w.asset.connect(who).approve(await pool.getAddress(), MAX));
    await sent(w.collateral.connect(who).approve(await pool.getAddress(), MAX));
  }
  const report = async (tokens: number) => {
    await sent(first.setAnswer(BigInt(tokens) * FEED_UNIT));
    await sent(second.setAnswer(BigInt(tokens) * FEED_UNIT));
  };
  await report(2_000);
  return { ...w, pool, fund, oracleOf: { first, second }, report, deployOracle };
}
