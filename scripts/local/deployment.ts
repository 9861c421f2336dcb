// The local chain as deployments/<network>.json has every other one: the commands and the SDK take it as it is.
import type { Deployment } from "../deploy/deployment.ts";
import { allAbis, commit } from "../deploy/run.ts";
import { type LocalSystem, OPEN_PARAMETERS, STORY_PARAMETERS } from "../lib/local-system.js";
import type { Market } from "../lib/market.js";
import type { LocalMarket, Token } from "./chain.js";
import { EVERYDAY_PARAMETERS } from "./everyday.js";

export const CHAIN_ID = 31_337;

/** The markets in the order in which one wants to see them. */
export async function marketsOf(local: LocalSystem, everyday: Market): Promise<LocalMarket[]> {
  const usd: Token = { address: await local.story.asset.getAddress(), symbol: "USDT", decimals: 18 };
  const eth: Token = { address: await local.story.collateral.getAddress(), symbol: "ETHT", decimals: 18 };
  const weth: Token = { address: await local.wrapped.getAddress(), symbol: "WETH", decimals: 18 };
  const small: Token = { address: await everyday.asset.getAddress(), symbol: "tUSD", decimals: 6 };
  return [
    localMarket("usd-eth", everyday, small, eth),
    localMarket("usd-weth", local.open, usd, weth),
    localMarket("story", local.story, usd, eth),
  ];
}

function localMarket(
  name: string,
  { pool, fund, oracle, asset: cash }: Market | LocalSystem["open"],
  asset: Token,
  collateral: Token,
): LocalMarket {
  return { name, pool, fund, oracle, cash, asset, collateral };
}

const PARAMETERS: Record<string, Deployment["markets"][number]["parameters"]> = {
  "usd-eth": EVERYDAY_PARAMETERS,
  "usd-weth": OPEN_PARAMETERS,
  story: STORY_PARAMETERS,
};

export async function describeDeployment(
  network: string,
  local: LocalSystem,
  markets: readonly LocalMarket[],
): Promise<Deployment> {
  const { system, authority, lens, router, wrapped, people } = local;
  const { deployer, admin, governor, guardian, oracleManager } = people;
  const described = {
    network,
    chainId: CHAIN_ID,
    startBlock: 1,
    commit: commit(),
    contracts: {
      authority: await authority.getAddress(),
      factory: await system.factory.getAddress(),
      lens: await lens.getAddress(),
      router: await router.getAddress(),
      certificates: await system.certificates.getAddress(),
      desk: await system.desk.getAddress(),
      views: await system.views.getAddress(),
      wrappedNative: await wrapped.getAddress(),
    },
    roles: {
      admin: admin.address,
      governor: governor.address,
      guardian: guardian.address,
      oracleManager: oracleManager.address,
    },
    markets: await Promise.all(
      markets.map(async ({ name, pool, fund, oracle, asset, collateral }) => ({
        name,
        pool: await pool.getAddress(),
        fund: await fund.getAddress(),
        oracle: await oracle.getAddress(),
        initialOracle: await oracle.getAddress(),
        oracleKind: "fixed" as const,
        asset,
        collateral,
        creator: deployer.address,
        startBlock: 1,
        seedAssets: 0n,
        parameters: PARAMETERS[name] as Deployment["markets"][number]["parameters"],
      })),
    ),
    abis: allAbis(),
  } satisfies Deployment;
  return described;
}
