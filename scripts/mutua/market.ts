// One market of a deployment, ready to be asked and called.
import { Contract, type HDNodeWallet, type InterfaceAbi, type JsonRpcProvider, type Wallet } from "ethers";

import type { ILendingPool, InsuranceFund, MutuaAuthority, PoolLens, Router } from "../../typechain-types/index.ts";
import { type AbiName, type DeployedMarket, type Deployment, marketOf, readDeployment } from "../deploy/deployment.ts";
import { connectTo, developmentWallet, LOCAL, variableName } from "../lib/connection.ts";
import { Problem } from "../lib/problem.ts";
import { type Dictionary, errorParser } from "./errors.ts";
import type { Token } from "./units.ts";

const SHARE_DECIMALS = 6; // more than the asset has
const DEVELOPMENT_ACCOUNTS = 20;

export type Signer = Wallet | HDNodeWallet;

export type Market = {
  network: string;
  provider: JsonRpcProvider;
  deployment: Deployment;
  deployed: DeployedMarket;
  pool: ILendingPool;
  fund: InsuranceFund;
  lens: PoolLens;
  router: Router;
  authority: MutuaAuthority;
  asset: Token;
  collateral: Token;
  share: Token;
  unit: Token;
  dictionary: Dictionary;
};

/** The options that every verb has and that say which market is meant. */
export type Place = { network: string | undefined; rpc: string | undefined; market: string | undefined };

export async function openMarket(place: Place): Promise<Market> {
  const network = place.network ?? LOCAL;
  if (!/^[A-Za-z0-9_-]+$/.test(network))
    throw new Problem(`"${network}" is not a network's name: a URL goes with --rpc`);
  const deployment = readDeployment(network);
  const deployed = marketOf(deployment, place.market);
  const { provider, chainId } = await connectTo(network, {
    signer: "none",
    ...(place.rpc === undefined ? {} : { url: place.rpc }),
  });
  if (chainId !== BigInt(deployment.chainId)) {
    provider.destroy();
    throw new Problem(
      `${network} was deployed on chain ${deployment.chainId}, and this RPC is of chain ${chainId}: name the right one with --rpc`,
    );
  }
  if ((await provider.getCode(deployed.pool)) === "0x") {
    provider.destroy();
    throw new Problem(
      `There is no pool at ${deployed.pool}, where ${network} should have it: a restarted local chain has to be deployed to anew`,
    );
  }
  const abi = (name: AbiName): InterfaceAbi => deployment.abis[name] ?? [];
  const at = (name: AbiName, address: string) => new Contract(address, abi(name), provider) as unknown;
  const { asset, collateral } = deployed;
  const { symbol } = deployed.parameters;
  const share = { address: deployed.pool, symbol, decimals: asset.decimals + SHARE_DECIMALS };
  const pool = at("LendingPool", deployed.pool) as ILendingPool;
  const fund = at("InsuranceFund", deployed.fund) as InsuranceFund;
  const lens = at("PoolLens", deployment.contracts.lens) as PoolLens;
  const router = at("Router", deployment.contracts.router) as Router;
  const authority = at("MutuaAuthority", deployment.contracts.authority) as MutuaAuthority;
  const unit = { address: deployed.fund, symbol: await fund.symbol(), decimals: Number(await fund.decimals()) };
  const parseError = errorParser([pool, fund, authority, router, lens].map((contract) => contract.interface));
  return {
    network,
    provider,
    deployment,
    deployed,
    pool,
    fund,
    lens,
    router,
    authority,
    asset,
    collateral,
    share,
    unit,
    dictionary: { parseError, tokens: { asset, collateral } },
  };
}

/** Who signs: the network's key, or that of a name; a local chain's accounts are known by role or number. */
export async function signerOf(market: Market, place: Place, as: string | undefined): Promise<Signer> {
  const { network, provider, deployment } = market;
  if (as !== undefined && !/^[A-Za-z0-9_-]+$/.test(as)) {
    throw new Problem(
      `"${as}" is not a name: --as takes a role (admin, governor, guardian, oracleManager) or a name of yours`,
    );
  }
  const known = network === LOCAL && as !== undefined ? developmentAccount(deployment, as) : undefined;
  if (known !== undefined) return known.connect(provider);
  const connection = await connectTo(network, {
    signer: "required",
    ...(place.rpc === undefined ? {} : { url: place.rpc }),
    ...(as === undefined ? {} : { role: as.replaceAll(/[A-Z]/g, "_$&").replaceAll("-", "_").toUpperCase() }),
  });
  connection.provider.destroy();
  if (connection.signer === undefined) {
    throw new Problem(`No key for ${network}: set ${variableName(network, "PRIVATE_KEY")}`);
  }
  return connection.signer.connect(provider);
}

function developmentAccount(deployment: Deployment, as: string): Signer | undefined {
  if (/^\d+$/.test(as)) {
    if (Number(as) < DEVELOPMENT_ACCOUNTS) return developmentWallet(Number(as));
    throw new Problem(`A local chain has the accounts 0 to ${DEVELOPMENT_ACCOUNTS - 1}: "${as}" is none of them`);
  }
  const role = Object.entries(deployment.roles).find(([name]) => name === as)?.[1];
  if (role === undefined) return undefined;
  for (let index = 0; index < DEVELOPMENT_ACCOUNTS; ++index) {
    const wallet = developmentWallet(index);
    if (wallet.address === role) return wallet;
  }
  return undefined;
}
