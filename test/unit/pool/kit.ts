// What the pool's unit tests share: a frozen clock, the share prices by formulas of their own, markets of odd tokens, and
// a contract that says what a test tells it to.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { AddressLike, ContractTransactionResponse } from "ethers";

import type { MockERC20, NoReturnToken } from "../../../typechain-types/index.js";
import { mulDown, mulUp, VIRTUAL_ASSETS } from "../../../sdk/model/index.js";
import { load, PENDING } from "../../helpers/blocks.js";
import {
  createPool,
  DAY,
  DEFAULT_PARAMETERS,
  deployWorld,
  ethers,
  MAX,
  type MarketParameters,
  oraclePrice,
  sent,
  time,
  VIRTUAL_SHARES,
  type World,
} from "../../helpers/fixtures.js";

export const MAX_CAP_TOKENS = (1n << 31n) - 1n;
export const PERCENT = 100n;

export const least = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** A price of shares: assets per shares, virtual ones included. */
export type Price = { assets: bigint; shares: bigint };

/** The gross price from its parts: (cash + debt − pending fees + 1) / (supply + 1e6). */
export async function grossOf(pool: World["pool"]): Promise<Price> {
  const totals = await pool.totals(PENDING);
  return {
    assets: totals.cash + totals.debtAssets - totals.pendingFees + VIRTUAL_ASSETS,
    shares: (await pool.totalSupply(PENDING)) + VIRTUAL_SHARES,
  };
}

/** The exit price of a pool without pending fees, for a shortfall: reserve and fund burn first. */
export async function exitOf(pool: World["pool"], shortfall: bigint): Promise<Price> {
  const gross = await grossOf(pool);
  const { reserveShares, fundShares, pendingFees } = await pool.totals(PENDING);
  if (pendingFees !== 0n) throw new Error("This formula is for a pool without pending fees.");
  const need = mulUp(shortfall, gross.shares, gross.assets);
  return { assets: gross.assets - shortfall, shares: gross.shares - least(need, reserveShares + fundShares) };
}

export const priceWad = (price: Price): bigint => mulDown(price.assets, 10n ** 18n * VIRTUAL_SHARES, price.shares);

export async function deposit(w: World, who: HardhatEthersSigner, assets: bigint, receiver: AddressLike = who) {
  return await sent(w.pool.connect(who)["deposit(uint256,address)"](assets, receiver));
}

/** Loads a named fixture from a snapshot. */
/** A million lent out to 80% against 1,000 ether: bob owes 800,000. A month later the shares are worth more. */
export async function lentWorld(): Promise<World> {
  return await load(lent);
}

async function lent(): Promise<World> {
  const w = await deployWorld();
  await lend(w);
  return w;
}

/** The same without fees: no reserve, nothing pending. */
export async function feelessWorld(): Promise<World> {
  return await load(feeless);
}

async function feeless(): Promise<World> {
  const w = await deployWorld({ parameters: { reserveFeePercent: 0n, fundFeePercent: 0n } });
  await lend(w);
  return w;
}

async function lend(w: World): Promise<void> {
  await deposit(w, w.alice, w.usd(1_000_000));
  await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(1_000), w.bob));
  await sent(w.pool.connect(w.bob).borrow(w.usd(800_000), w.bob, w.bob));
  await time.increase(30n * DAY);
}

/** Any token of the mocks that a pool may be made of. */
export type Token = MockERC20 | NoReturnToken;

/**
 * Another pool under the same authority, with tokens and parameters of its own, and an oracle at 2,000. Every supplier
 * and borrower has tokens and has approved it.
 */
export async function anotherMarket(
  w: World,
  tokens: { asset?: Token; collateral?: Token } = {},
  parameters: Partial<MarketParameters> = {},
): Promise<World> {
  const asset = (tokens.asset ?? w.asset) as MockERC20;
  const collateral = (tokens.collateral ?? w.collateral) as MockERC20;
  const [assetDecimals, collateralDecimals] = [await asset.decimals(), await collateral.decimals()];
  const usd = (amount: number | bigint) =>
    (BigInt(Math.round(Number(amount) * 1e6)) * 10n ** assetDecimals) / 10n ** 6n;
  const eth = (amount: number | bigint) =>
    (BigInt(Math.round(Number(amount) * 1e6)) * 10n ** collateralDecimals) / 10n ** 6n;
  const priceOf = (amount: number) => oraclePrice(amount, assetDecimals, collateralDecimals);
  const oracle = await ethers.deployContract(
    "FixedOracle",
    [w.deployer.address, priceOf(2_000), priceOf(2_000), true],
    w.deployer,
  );
  const { pool, fund } = await createPool(
    w.system,
    {
      ...DEFAULT_PARAMETERS,
      minDebt: usd(100),
      collateralCap: eth(10_000_000),
      ...parameters,
      asset: await asset.getAddress(),
      collateral: await collateral.getAddress(),
      oracle: await oracle.getAddress(),
      authority: await w.authority.getAddress(),
    },
    w.deployer,
  );
  await sent(w.authority.connect(w.admin).adopt(await pool.getAddress()));
  for (const person of [w.alice, w.bob, w.carol, w.dave, w.liquidator]) {
    if (tokens.asset !== undefined) await sent(asset.mint(person.address, usd(1_000_000_000)));
    if (tokens.collateral !== undefined) await sent(collateral.mint(person.address, eth(10_000_000)));
    await sent(asset.connect(person).approve(await pool.getAddress(), MAX));
    await sent(collateral.connect(person).approve(await pool.getAddress(), MAX));
    await sent(pool.connect(person).approve(await fund.getAddress(), MAX));
  }
  return { ...w, pool, fund, oracle, asset, collateral, usd, eth, priceOf };
}

/** Schedules a governor's call and waits until it is due; the caller executes it. */
export async function scheduled(w: World, data: string): Promise<() => Promise<ContractTransactionResponse>> {
  const target = await w.pool.getAddress();
  await sent(w.authority.connect(w.governor).schedule(target, data, 0));
  await time.increase(3n * DAY);
  return () => w.authority.connect(w.governor).execute(target, data);
}

// A contract without source: selector 0 makes it call `target` with the rest; selector 1 stores an answer; to every
// other selector it gives the answer stored for it, which is how it is a flash borrower or a contract wallet.
//
//   sel = calldata[0:4]
//   sel = 0: (ok, out) = call(calldata[4:36], calldata[36:]); ok ? return out : revert out
//   sel = 1: storage[calldata[4:36]] = calldata[36:68]
//   else:    return storage[sel]
const PUPPET_CODE =
  "0x6043806009" + // length and start of what follows
  "5f395ff3" +
  "5f3560e01c" + // sel
  "80156021578060011460185754" + // dispatch; storage[sel]
  "5f5260205ff3" +
  "5b60243560043555005b" + // store; call:
  "602436038060245f37" +
  "5f5f825f5f6004355af1" +
  "3d5f5f3e603f573d5ffd" +
  "5b3d5ff3";

export type Puppet = {
  address: string;
  /** Makes the contract call `target`. */
  call: (target: AddressLike, data: string) => Promise<ContractTransactionResponse>;
  /** The word that the contract answers to `selector`. */
  answer: (selector: string, word: string) => Promise<ContractTransactionResponse>;
};

export async function deployPuppet(owner: HardhatEthersSigner): Promise<Puppet> {
  const deployed = await sent(owner.sendTransaction({ data: PUPPET_CODE }) as Promise<ContractTransactionResponse>);
  const address = deployed.contractAddress;
  if (address === null) throw new Error("Nothing was deployed.");
  const say = (data: string) => owner.sendTransaction({ to: address, data }) as Promise<ContractTransactionResponse>;
  return {
    address,
    call: async (target, data) =>
      await say(ethers.concat(["0x00000000", ethers.zeroPadValue(await ethers.resolveAddress(target), 32), data])),
    answer: async (selector, word) => await say(ethers.concat(["0x00000001", ethers.zeroPadValue(selector, 32), word])),
  };
}
