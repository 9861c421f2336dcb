// The default market with lens and router, and a newcomer with tokens who has approved nothing.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import {
  type Account,
  type Deployment,
  type Market,
  type MarketAddresses,
  marketOf,
  MutuaFund,
  MutuaPool,
} from "../../sdk/index.js";
import { PENDING } from "../helpers/blocks.js";
import { deployWorld, ethers, type MarketOptions, networkHelpers, sent, type World } from "../helpers/fixtures.js";

export type SdkWorld = World & {
  deployment: Deployment;
  addresses: MarketAddresses;
  newcomer: HardhatEthersSigner;
};

export async function deploySdkWorld(options: MarketOptions = {}): Promise<SdkWorld> {
  const w = await deployWorld(options);
  const lens = await ethers.deployContract("PoolLens");
  const wrapped = await ethers.deployContract("MockWETH");
  const router = await ethers.deployContract("Router", [
    await w.system.factory.getAddress(),
    await wrapped.getAddress(),
  ]);
  const newcomer = (await ethers.getSigners())[15];
  if (newcomer === undefined) throw new Error("There are too few test accounts.");
  await sent(w.asset.mint(newcomer.address, w.usd(1_000_000)));
  await sent(w.collateral.mint(newcomer.address, w.eth(1_000)));
  const deployment = {
    network: "local",
    chainId: 31_337,
    contracts: {
      authority: await w.authority.getAddress(),
      factory: await w.system.factory.getAddress(),
      lens: await lens.getAddress(),
      router: await router.getAddress(),
      wrappedNative: await wrapped.getAddress(),
    },
    markets: [
      {
        name: "usd-eth",
        pool: await w.pool.getAddress(),
        fund: await w.fund.getAddress(),
        asset: { address: await w.asset.getAddress(), symbol: "USDT", decimals: Number(options.assetDecimals ?? 18n) },
        collateral: { address: await w.collateral.getAddress(), symbol: "ETHT", decimals: 18 },
        startBlock: 0,
      },
    ],
  };
  return { ...w, deployment, addresses: marketOf(deployment), newcomer };
}

async function defaultSdkWorld(): Promise<SdkWorld> {
  return await deploySdkWorld();
}

export const sdkWorld = async (): Promise<SdkWorld> => await networkHelpers.loadFixture(defaultSdkWorld);

export const poolOf = (w: SdkWorld, who: HardhatEthersSigner): MutuaPool => new MutuaPool(w.addresses, who);
export const fundOf = (w: SdkWorld, who: HardhatEthersSigner): MutuaFund => new MutuaFund(w.addresses, who);

/** As the next block will find it, after `freeze`. */
export async function nextBlock(w: SdkWorld, user: HardhatEthersSigner): Promise<{ market: Market; account: Account }> {
  const { lens } = poolOf(w, user);
  return {
    market: await lens.market(w.addresses.pool, PENDING),
    account: await lens.account(w.addresses.pool, user.address, PENDING),
  };
}

/** What a promise was rejected with. */
export async function failureOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error("It did not fail.");
}
