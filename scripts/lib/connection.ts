// How every command reaches a chain: a provider, and the key that signs. Plain ethers; Hardhat is loaded only where its
// keystore has to be asked.
//
//   RPC:  --url, then <NETWORK>_RPC_URL, then MUTUA_RPC_URL, then Hardhat's keystore; `local` is http://127.0.0.1:8545
//   key:  <NETWORK>_PRIVATE_KEY, then MUTUA_PRIVATE_KEY, then Hardhat's keystore; `local` has the development keys
//
// <NETWORK> is the network's name in capitals, with underscores: BASE_SEPOLIA_RPC_URL. The keystore's variables have the
// same names (npx hardhat keystore set BASE_SEPOLIA_PRIVATE_KEY). No key is ever read from a file of the project.
import { FetchRequest, HDNodeWallet, isHexString, JsonRpcProvider, Mnemonic, Wallet } from "ethers";

import { Problem, reasonOf } from "./problem.ts";

export const LOCAL = "local";
const LOCAL_URL = "http://127.0.0.1:8545";
const LOCAL_CHAIN_ID = 31_337n;

/** Networks with parameter files; any other needs a URL. */
export const CHAIN_IDS: Readonly<Record<string, bigint>> = {
  [LOCAL]: LOCAL_CHAIN_ID,
  sepolia: 11_155_111n,
  "base-sepolia": 84_532n,
  "arbitrum-sepolia": 421_614n,
};

export type Connection = {
  network: string;
  url: string;
  provider: JsonRpcProvider;
  chainId: bigint;
  /** The account of the private key, if there is one. */
  signer?: Wallet | HDNodeWallet;
};

export type ConnectOptions = {
  /** Wins over every variable. */
  url?: string;
  /** Who signs: "optional" (the default) takes a key from the environment if there is one, "required" asks the keystore
   * as well and fails without one, "none" looks for none. */
  signer?: "none" | "optional" | "required";
  /** <NETWORK>_<role>_PRIVATE_KEY instead of the general one: "ADMIN", say. */
  role?: string;
};

/** "base-sepolia", "RPC_URL" → BASE_SEPOLIA_RPC_URL */
export function variableName(network: string, what: string): string {
  return `${network.toUpperCase().replaceAll(/[^A-Z0-9]+/g, "_")}_${what}`;
}

function fromEnvironment(...names: string[]): string | undefined {
  return names.map((name) => process.env[name]).find((value) => value !== undefined && value !== "");
}

/** `network` is a name, or the URL of a chain itself. */
export async function connectTo(network: string, options: ConnectOptions = {}): Promise<Connection> {
  const isUrl = /^(https?|wss?):\/\//.test(network);
  const url = options.url ?? (isUrl ? network : await findUrl(network));
  if (!/^https?:\/\//.test(url)) throw new Problem(`"${url}" is not an RPC URL: allowed is http:// or https://`);
  const chainId = await askChainId(network, url);
  const expected = CHAIN_IDS[network];
  if (expected !== undefined && chainId !== expected) {
    throw new Problem(
      `The RPC of ${network} has chain id ${chainId} instead of ${expected}: give the URL of ${network}`,
    );
  }
  // The chain is known, so nothing asks for it again; short polling, since one transaction at a time is waited for.
  const settings = { staticNetwork: true, batchMaxCount: 1, pollingInterval: 500 };
  const provider = new JsonRpcProvider(url, chainId, settings);
  const key = await findKey(isUrl ? "MUTUA" : network, chainId, options);
  if (key === undefined) return { network, url, provider, chainId };
  return { network, url, provider, chainId, signer: key.connect(provider) };
}

async function askChainId(network: string, url: string): Promise<bigint> {
  const request = new FetchRequest(url);
  request.timeout = 20_000;
  request.body = { jsonrpc: "2.0", id: 1, method: "eth_chainId", params: [] };
  request.retryFunc = async () => false;
  try {
    const response = await request.send();
    response.assertOk();
    return BigInt((response.bodyJson as { result: string }).result);
  } catch (error) {
    throw new Problem(`No answer from the RPC of ${network} (${reasonOf(error)}): is the URL right, and the node up?`);
  }
}

async function findUrl(network: string): Promise<string> {
  const name = variableName(network, "RPC_URL");
  const url = fromEnvironment(name, "MUTUA_RPC_URL");
  if (url !== undefined) return url;
  if (network === LOCAL) return LOCAL_URL;
  const kept = await fromKeystore(network, "url");
  if (kept !== undefined) return kept;
  throw new Problem(`No RPC for ${network}: set ${name} or MUTUA_RPC_URL, or give --url`);
}

async function findKey(
  network: string,
  chainId: bigint,
  options: ConnectOptions,
): Promise<Wallet | HDNodeWallet | undefined> {
  const wanted = options.signer ?? "optional";
  if (wanted === "none") return undefined;
  const what = options.role === undefined ? "PRIVATE_KEY" : `${options.role}_PRIVATE_KEY`;
  const name = variableName(network, what);
  const general = options.role === undefined ? ["MUTUA_PRIVATE_KEY"] : [];
  const fromVariable = fromEnvironment(name, ...general);
  if (fromVariable !== undefined) return walletOf(fromVariable, name);
  if (chainId === LOCAL_CHAIN_ID && options.role === undefined) return developmentWallet(0);
  if (wanted === "optional") return undefined;
  const kept = options.role === undefined ? await fromKeystore(network, "key") : undefined;
  if (kept !== undefined) return walletOf(kept, name);
  throw new Problem(`No key for ${network}: set ${name}${general.length > 0 ? " or MUTUA_PRIVATE_KEY" : ""}`);
}

function walletOf(key: string, name: string): Wallet {
  const hex = key.startsWith("0x") ? key : `0x${key}`;
  // The value itself is never printed.
  if (!isHexString(hex, 32)) throw new Problem(`${name} is not a private key: allowed are 64 hex digits`);
  return new Wallet(hex);
}

/** An account that every Hardhat node and anvil has: known to all the world, for local chains alone. */
export function developmentWallet(index: number): HDNodeWallet {
  const phrase = Mnemonic.fromPhrase(`${"test ".repeat(11)}junk`);
  return HDNodeWallet.fromMnemonic(phrase, "m/44'/60'/0'/0").deriveChild(index);
}

/** What the network's configuration variables say in Hardhat; it asks the keystore, which needs a terminal. */
async function fromKeystore(network: string, what: "url" | "key"): Promise<string | undefined> {
  if (!process.stdin.isTTY || CHAIN_IDS[network] === undefined) return undefined;
  const { default: hre } = await import("hardhat");
  const config = hre.config.networks[network];
  if (config?.type !== "http") return undefined;
  const account = Array.isArray(config.accounts) ? config.accounts[0] : undefined;
  const variable = what === "url" ? config.url : account;
  try {
    return await variable?.get();
  } catch {
    return undefined;
  }
}
