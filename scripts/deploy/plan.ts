// What will be where: every address is known before the first transaction, so the chain itself says how far a deployment
// has come. Contracts are created by the deployment proxy at addresses of their code, pools by the factory at addresses
// of their creator, code and parameters.
import { AbiCoder, concat, getCreate2Address, getCreateAddress, keccak256, parseUnits, zeroPadValue } from "ethers";

import { Problem, revertData } from "../lib/problem.ts";
import { messageOf, type Step } from "./account.ts";
import {
  type ContractName,
  create2Address,
  creationCode,
  explainRevert,
  initCode,
  interfaceOf,
  PROXY,
  SALT,
} from "./artifacts.ts";
import { type Reader } from "./chain.ts";
import { type DeployedMarket, type Deployment, NOBODY, type PoolParameters } from "./deployment.ts";
import {
  decimalsOf,
  feedConfig,
  fixedPrice,
  type MarketFile,
  poolParameters,
  seedAssets,
  symbolOf,
  type TokenFile,
} from "./params.ts";

/** A contract and the code that makes it. */
export type Creation = { title: string; contract: ContractName; code: string; address: string };

export type MarketPlan = {
  name: string;
  file: MarketFile;
  creator: string;
  asset: { address: string; symbol: string; decimals: number };
  collateral: { address: string; symbol: string; decimals: number };
  /** Test tokens that have to be created. */
  tokens: Creation[];
  /** The oracle that the parameter file describes. */
  oracle: Creation;
  oracleKind: "chainlink" | "fixed";
  /** The oracle that the pool is created with: the same, until there has been a change. */
  initialOracle: string;
  parameters: PoolParameters;
  pool: string;
  fund: string;
  seedAssets: bigint;
  recorded?: DeployedMarket;
};

export type Roles = Deployment["roles"];

export type Plan = {
  network: string;
  chainId: bigint;
  roles: Roles;
  contracts: Deployment["contracts"];
  /** In the order in which they are needed. */
  core: Creation[];
  markets: MarketPlan[];
};

const PARAMS_TUPLE = ((): string => {
  const [, params] = interfaceOf("PoolFactory").getFunction("createPool")?.inputs ?? [];
  if (params === undefined) throw new Error("PoolFactory.createPool takes no parameters");
  return params.format("full");
})();

/** A contract that the deployment proxy creates. */
function create(title: string, contract: ContractName, values: readonly unknown[] = [], libraries = {}): Creation {
  const code = initCode(contract, values, libraries);
  return { title, contract, code, address: create2Address(code) };
}

export function buildPlan(
  network: string,
  chainId: bigint,
  files: readonly MarketFile[],
  deployer: string,
  recorded?: Deployment,
): Plan {
  const [first] = files;
  if (first === undefined) throw new Error("No market");
  for (const file of files) requireSameCore(first, file, chainId);
  const holder = (role: keyof Roles): string => {
    const named = first.roles[role];
    return named === "deployer" ? (recorded?.roles[role] ?? deployer) : named;
  };
  const roles: Roles = {
    admin: holder("admin"),
    governor: holder("governor"),
    guardian: holder("guardian"),
    oracleManager: holder("oracleManager"),
  };

  const certificates = create("Certificates, a library", "Certificates");
  const libraries = { Certificates: certificates.address };
  const desk = create("PoolDesk, a module of pools", "PoolDesk", [], libraries);
  const views = create("PoolViews, a module of pools", "PoolViews", [desk.address], libraries);
  const poolCode = creationCode("LendingPool", libraries);
  const factory = create("PoolFactory", "PoolFactory", [keccak256(poolCode), views.address]);
  const lens = create("PoolLens", "PoolLens");
  const wrapped = "address" in first.wrappedNative ? undefined : create("WETH, a test token", "MockWETH");
  const wrappedNative = "address" in first.wrappedNative ? first.wrappedNative.address : (wrapped?.address ?? "");
  const router = create("Router", "Router", [factory.address, wrappedNative]);
  const authority = create("MutuaAuthority, with all roles", "MutuaAuthority", [
    roles.admin,
    roles.governor,
    roles.guardian,
    roles.oracleManager,
  ]);
  const core = [
    certificates,
    desk,
    views,
    factory,
    lens,
    ...(wrapped === undefined ? [] : [wrapped]),
    router,
    authority,
  ];
  const contracts = {
    authority: authority.address,
    factory: factory.address,
    lens: lens.address,
    router: router.address,
    certificates: certificates.address,
    desk: desk.address,
    views: views.address,
    wrappedNative,
  };
  if (recorded !== undefined) requireRecordedCore(recorded, { roles, contracts });

  const markets = files.map((file): MarketPlan => {
    const before = recorded?.markets.find((each) => each.name === file.market);
    const tokens: Creation[] = [];
    const tokenAt = (token: TokenFile) => {
      if ("address" in token) return token.address;
      const creation =
        token.mock === "erc20"
          ? create(`${token.symbol}, a test token`, "MockERC20", [token.name, token.symbol, token.decimals])
          : create("WETH, a test token", "MockWETH");
      tokens.push(creation);
      return creation.address;
    };
    const asset = { address: tokenAt(file.asset), symbol: symbolOf(file.asset), decimals: decimalsOf(file.asset) };
    const collateral = {
      address: tokenAt(file.collateral),
      symbol: symbolOf(file.collateral),
      decimals: decimalsOf(file.collateral),
    };
    const creator = before?.creator ?? deployer;
    const oracle = { ...oracleOf(file, asset.address, collateral.address, creator), title: `oracle of ${file.market}` };
    const initialOracle = before?.initialOracle ?? oracle.address;
    const parameters = before?.parameters ?? poolParameters(file);
    const terms = { ...parameters, asset: asset.address, collateral: collateral.address, oracle: initialOracle };
    const poolInit = concat([poolCode, encodedArguments({ ...terms, authority: authority.address }, views.address)]);
    const pool = getCreate2Address(factory.address, zeroPadValue(creator, 32), keccak256(poolInit));
    return {
      name: file.market,
      file,
      creator,
      asset,
      collateral,
      tokens,
      oracle,
      oracleKind: file.oracle.kind,
      initialOracle,
      parameters,
      pool,
      // The pool creates its fund as its first contract.
      fund: getCreateAddress({ from: pool, nonce: 1 }),
      seedAssets: before?.seedAssets ?? seedAssets(file),
      ...(before === undefined ? {} : { recorded: before }),
    };
  });
  return { network, chainId, roles, contracts, core, markets };
}

function encodedArguments(params: Record<string, unknown>, modules: string): string {
  return AbiCoder.defaultAbiCoder().encode([PARAMS_TUPLE, "address"], [params, modules]);
}

/** PoolParams. */
function poolParams(plan: Plan, market: MarketPlan): Record<string, unknown> {
  return {
    ...market.parameters,
    asset: market.asset.address,
    collateral: market.collateral.address,
    oracle: market.initialOracle,
    authority: plan.contracts.authority,
  };
}

/** What the pool's constructor was given, encoded. */
export function poolArguments(plan: Plan, market: MarketPlan): string {
  return encodedArguments(poolParams(plan, market), plan.contracts.views);
}

function oracleOf(
  { oracle, asset, collateral }: MarketFile,
  assetAddress: string,
  collateralAddress: string,
  deployer: string,
): Omit<Creation, "title"> {
  if (oracle.kind === "fixed") {
    const price = fixedPrice(oracle.price, asset, collateral);
    const owner = oracle.owner === "deployer" ? deployer : oracle.owner;
    const code = initCode("FixedOracle", [owner, price, price, true]);
    return { contract: "FixedOracle", code, address: create2Address(code) };
  }
  const code = initCode("ChainlinkOracle", [
    assetAddress,
    collateralAddress,
    vaultConfig(oracle),
    pathConfigs(oracle),
    sequencerConfig(oracle),
  ]);
  return { contract: "ChainlinkOracle", code, address: create2Address(code) };
}

type ChainlinkFile = Extract<MarketFile["oracle"], { kind: "chainlink" }>;

export function pathConfigs({ paths }: ChainlinkFile) {
  return paths.map((path) => ({ collateral: feedConfig(path.collateral), loan: feedConfig(path.loan) }));
}

export function vaultConfig({ vault }: ChainlinkFile) {
  if (vault === undefined) return { underlying: `0x${"0".repeat(40)}`, minRate: 0n, maxRate: 0n };
  return {
    underlying: vault.underlying,
    minRate: parseUnits(vault.minRate, vault.underlyingDecimals),
    maxRate: parseUnits(vault.maxRate, vault.underlyingDecimals),
  };
}

export function sequencerConfig({ sequencer }: ChainlinkFile) {
  return { feed: sequencer?.feed ?? `0x${"0".repeat(40)}`, gracePeriod: sequencer?.gracePeriod ?? 0n };
}

function requireSameCore(first: MarketFile, file: MarketFile, chainId: bigint): void {
  if (BigInt(file.chainId) !== chainId) {
    throw new Problem(`${file.path}: chainId: found ${file.chainId}; allowed is ${chainId}, that of the RPC`);
  }
  for (const role of ["admin", "governor", "guardian", "oracleManager"] as const) {
    if (file.roles[role] === first.roles[role]) continue;
    throw new Problem(
      `${file.path}: roles.${role}: found ${file.roles[role]}; allowed is ${first.roles[role]} as in ${first.path}: markets of a network share their authority`,
    );
  }
  if (
    JSON.stringify(file.wrappedNative) !== JSON.stringify(first.wrappedNative) &&
    wrappedOf(file) !== wrappedOf(first)
  ) {
    throw new Problem(
      `${file.path}: wrappedNative: found ${wrappedOf(file)}; allowed is ${wrappedOf(first)} as in ${first.path}: markets of a network share their router`,
    );
  }
}

function wrappedOf(file: MarketFile): string {
  return "address" in file.wrappedNative ? file.wrappedNative.address : file.wrappedNative.mock;
}

function requireRecordedCore(recorded: Deployment, now: { roles: Roles; contracts: Deployment["contracts"] }): void {
  for (const [role, holder] of Object.entries(now.roles)) {
    const before = recorded.roles[role as keyof Roles];
    if (before === holder) continue;
    throw new Problem(
      `roles.${role}: found ${holder}; allowed is ${before}, with which the authority of ${recorded.network} was created (a role changes hands through the authority; or deploy under another network name)`,
    );
  }
  for (const [name, address] of Object.entries(now.contracts)) {
    const before = recorded.contracts[name as keyof Deployment["contracts"]];
    if (before === address) continue;
    throw new Problem(
      `This tree makes another ${name} (${address}) than is deployed on ${recorded.network} (${before}): check out commit ${recorded.commit}, or deploy under another network name`,
    );
  }
}

// ---------------------------------------------------------------- steps

function creationStep(reader: Reader, { title, code, address }: Creation): Step {
  return {
    title,
    to: PROXY.address,
    data: concat([SALT, code]),
    isDone: () => reader.hasCode(address),
    // The proxy hands on no reason: the same creation, asked for by itself.
    reason: async () => {
      try {
        await reader.provider.call({ data: code });
        return undefined;
      } catch (error) {
        const data = revertData(error);
        return data === undefined ? messageOf(error) : (explainRevert(data) ?? data);
      }
    },
  };
}

export function coreSteps(plan: Plan, reader: Reader): Step[] {
  return plan.core.map((creation) => creationStep(reader, creation));
}

export function oracleSteps(market: MarketPlan, reader: Reader): Step[] {
  return [...market.tokens, market.oracle].map((creation) => creationStep(reader, creation));
}

/** Whether the shares of the seed deposit lie where nobody can take them. A hundredth of slack: interest between creation
 * and deposit makes a share dearer than at first, never by that much. */
export async function isSeeded(market: MarketPlan, reader: Reader): Promise<boolean> {
  if (!(await reader.hasCode(market.pool))) return false;
  return (await reader.value<bigint>("ILendingPool", market.pool, "balanceOf", [NOBODY])) >= leastSeedShares(market);
}

/** At the first price a share unit is a millionth of an asset unit. */
function leastSeedShares(market: MarketPlan): bigint {
  return (market.seedAssets * 1_000_000n * 99n) / 100n;
}

export function marketSteps(plan: Plan, market: MarketPlan, reader: Reader, deployer: string): Step[] {
  if (market.recorded !== undefined) return [];
  const { pool, asset, seedAssets: seed } = market;
  const token = interfaceOf("ERC20");
  const params = poolParams(plan, market);
  const poolCode = creationCode("LendingPool", { Certificates: plan.contracts.certificates });
  const seeded = () => isSeeded(market, reader);
  const holds = async (): Promise<boolean> =>
    (await seeded()) || (await reader.value<bigint>("ERC20", asset.address, "balanceOf", [deployer])) >= seed;
  const purse: Step[] = [];
  if (market.file.asset && "mock" in market.file.asset && market.file.asset.mock === "erc20") {
    purse.push({
      title: `${market.file.seedDeposit} test ${asset.symbol} for the seed deposit`,
      to: asset.address,
      data: token.encodeFunctionData("mint", [deployer, seed]),
      isDone: holds,
    });
  } else if (asset.address === plan.contracts.wrappedNative) {
    purse.push({
      title: `wrapping ${market.file.seedDeposit} for the seed deposit`,
      to: asset.address,
      data: interfaceOf("MockWETH").encodeFunctionData("deposit"),
      value: seed,
      isDone: holds,
    });
  }
  return [
    {
      title: `pool and fund of ${market.name}`,
      to: plan.contracts.factory,
      data: interfaceOf("PoolFactory").encodeFunctionData("createPool", [poolCode, params]),
      isDone: () => reader.hasCode(pool),
    },
    ...purse,
    {
      title: `allowance for the seed deposit`,
      to: asset.address,
      data: token.encodeFunctionData("approve", [pool, seed]),
      isDone: async () =>
        (await seeded()) || (await reader.value<bigint>("ERC20", asset.address, "allowance", [deployer, pool])) >= seed,
    },
    {
      title: `seed deposit of ${market.file.seedDeposit} ${asset.symbol}, for nobody`,
      to: pool,
      data: interfaceOf("ILendingPool").encodeFunctionData("deposit(uint256,address,uint256)", [
        seed,
        NOBODY,
        leastSeedShares(market),
      ]),
      isDone: seeded,
    },
  ];
}

/** The admin puts the table of roles in force for the pool. */
export function adoptStep(plan: Plan, market: MarketPlan, reader: Reader): Step {
  const { authority } = plan.contracts;
  return {
    title: `adoption of ${market.name} by the authority`,
    to: authority,
    data: interfaceOf("MutuaAuthority").encodeFunctionData("adopt", [market.pool]),
    isDone: async () =>
      (await reader.hasCode(authority)) &&
      (await reader.value<boolean>("MutuaAuthority", authority, "isAdopted", [market.pool])),
  };
}
