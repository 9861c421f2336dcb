// config.json beside index.html: which deployment this page shows, and through which nodes.
import type { Deployment } from "../../sdk/deployment.js";

export type LocalAccount = {
  readonly name: string;
  readonly address: string;
  /** What this person does, in a word or two. */
  readonly about?: string;
};

export type Config = {
  readonly deployment: Deployment;
  /** Tried in this order; a relative one is of the page's own host. */
  readonly rpcUrls: readonly string[];
  readonly chainName: string;
  readonly indexerUrl?: string;
  readonly explorerUrl?: string;
  /** Only where `npm start` serves the page: its controls, and the node's unlocked accounts. */
  readonly local?: { readonly controls: string; readonly accounts: readonly LocalAccount[] };
};

/** What is wrong with a configuration, in one sentence with the way out. */
export class ConfigError extends Error {}

type Fields = Record<string, unknown>;

const isObject = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isText = (value: unknown): value is string => typeof value === "string" && value !== "";
/** Of the web, or relative to the page: a link to it runs no script. */
const isWebUrl = (value: unknown): value is string =>
  isText(value) && URL.canParse(value, "https://page") && /^https?:$/.test(new URL(value, "https://page").protocol);
const isAddress = (value: unknown): boolean => typeof value === "string" && /^0x[0-9a-fA-F]{40}$/.test(value);

function demand(condition: boolean, problem: string): asserts condition {
  if (!condition) throw new ConfigError(`config.json ${problem}. Compare it with app/README.md.`);
}

const isToken = (value: unknown): boolean =>
  isObject(value) && isAddress(value["address"]) && isText(value["symbol"]) && typeof value["decimals"] === "number";

function checkDeployment(value: unknown): asserts value is Deployment {
  demand(isObject(value), "has no `deployment`, the content of deployments/<network>.json");
  demand(Number.isSafeInteger(value["chainId"]), "has no whole number at deployment.chainId");
  demand(isText(value["network"]), "has no name at deployment.network");
  const { contracts, markets } = value;
  demand(isObject(contracts), "has no deployment.contracts");
  for (const name of ["authority", "factory", "lens", "router"]) {
    demand(isAddress(contracts[name]), `has no address at deployment.contracts.${name}`);
  }
  demand(Array.isArray(markets) && markets.length > 0, "names no market in deployment.markets");
  for (const market of markets as unknown[]) {
    demand(isObject(market) && isText(market["name"]), "has a market without a name");
    const { name, pool, fund, asset, collateral, startBlock } = market;
    demand(isAddress(pool) && isAddress(fund), `lacks the address of pool or fund of ${name}`);
    demand(isToken(asset) && isToken(collateral), `lacks address, symbol or decimals of a token of ${name}`);
    demand(Number.isSafeInteger(startBlock), `has no whole number as the startBlock of ${name}`);
  }
}

function checkLocal(value: unknown): asserts value is Config["local"] {
  if (value === undefined) return;
  demand(isObject(value) && isText(value["controls"]), "has a `local` without `controls`");
  const { accounts } = value;
  const isFull = (each: unknown) => isObject(each) && isText(each["name"]) && isAddress(each["address"]);
  demand(Array.isArray(accounts) && accounts.every(isFull), "has a `local` without accounts of name and address");
}

/** A configuration whose every field that the app reads is what it should be. */
export function parseConfig(value: unknown): Config {
  demand(isObject(value), "is not an object");
  const { deployment, rpcUrls, chainName, indexerUrl, explorerUrl, local } = value;
  checkDeployment(deployment);
  demand(Array.isArray(rpcUrls) && rpcUrls.length > 0 && rpcUrls.every(isWebUrl), "names no http(s) node in `rpcUrls`");
  demand(chainName === undefined || isText(chainName), "has a `chainName` that is not text");
  for (const [name, url] of Object.entries({ indexerUrl, explorerUrl })) {
    demand(url === undefined || isWebUrl(url), `has an \`${name}\` that is no http(s) address`);
  }
  checkLocal(local);
  return {
    deployment,
    rpcUrls,
    chainName: isText(chainName) ? chainName : deployment.network,
    ...(isText(indexerUrl) ? { indexerUrl } : {}),
    ...(isText(explorerUrl) ? { explorerUrl: explorerUrl.replace(/\/+$/, "") } : {}),
    ...(local === undefined ? {} : { local }),
  };
}

export async function loadConfig(): Promise<Config> {
  const answer = await fetch("./config.json", { cache: "no-cache" }).catch(() => undefined);
  if (answer === undefined || !answer.ok) {
    const reason = answer === undefined ? "did not arrive" : `is missing (${answer.status})`;
    throw new ConfigError(`config.json ${reason}. It belongs beside index.html: see app/README.md.`);
  }
  const value: unknown = await answer.json().catch(() => {
    throw new ConfigError("config.json is not JSON. Compare it with app/README.md.");
  });
  return parseConfig(value);
}
