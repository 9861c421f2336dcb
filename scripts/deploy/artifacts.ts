// What the compiler made: creation code with libraries linked, and whether code on a chain is that code.
import { readFileSync } from "node:fs";

import { concat, getCreate2Address, id, Interface, keccak256, type InterfaceAbi } from "ethers";

import { Problem } from "../lib/problem.ts";

type References = Record<string, Record<string, { start: number; length: number }[]>>;
export type Artifact = {
  contractName: string;
  sourceName: string;
  abi: InterfaceAbi & readonly { type: string }[];
  bytecode: string;
  deployedBytecode: string;
  linkReferences: References;
  deployedLinkReferences: References;
  immutableReferences?: Record<string, { start: number; length: number }[]>;
  buildInfoId: string;
};

const SOURCES = {
  Certificates: "libraries/Certificates",
  ChainlinkOracle: "oracle/ChainlinkOracle",
  ERC20: "mocks/MockERC20",
  FixedOracle: "oracle/FixedOracle",
  ILendingPool: "interfaces/ILendingPool",
  InsuranceFund: "InsuranceFund",
  LendingPool: "LendingPool",
  MockERC20: "mocks/MockERC20",
  MockFeed: "mocks/MockFeed",
  MockWETH: "mocks/MockWETH",
  MutuaAuthority: "access/MutuaAuthority",
  PoolDesk: "pool/modules/PoolDesk",
  PoolFactory: "periphery/PoolFactory",
  PoolLens: "periphery/PoolLens",
  PoolViews: "pool/modules/PoolViews",
  Router: "periphery/Router",
} as const;
export type ContractName = keyof typeof SOURCES;

const cache = new Map<ContractName, Artifact>();

export function artifact(name: ContractName): Artifact {
  const found = cache.get(name);
  if (found !== undefined) return found;
  const source = SOURCES[name];
  const path = `artifacts/contracts/${source}.sol/${source.split("/").at(-1)}.json`;
  let read: Artifact;
  try {
    read = JSON.parse(readFileSync(path, "utf8")) as Artifact;
  } catch {
    throw new Problem(`${path} is missing: run npm run build`);
  }
  cache.set(name, read);
  return read;
}

const interfaces = new Map<ContractName, Interface>();

export function interfaceOf(name: ContractName): Interface {
  const found = interfaces.get(name) ?? new Interface(artifact(name).abi);
  interfaces.set(name, found);
  return found;
}

/** Every error that any of these contracts knows. */
export function explainRevert(data: string): string | undefined {
  for (const name of [
    "ILendingPool",
    "ChainlinkOracle",
    "InsuranceFund",
    "MutuaAuthority",
    "PoolFactory",
    "Router",
    "ERC20",
  ] as const) {
    const parsed = interfaceOf(name).parseError(data);
    if (parsed === null) continue;
    const values = parsed.args.map((value) => (typeof value === "bigint" ? `${value}` : String(value)));
    return `${parsed.name}(${values.join(", ")})`;
  }
  return undefined;
}

/** Creation code without arguments, with the addresses of its libraries in it. */
export function creationCode(name: ContractName, libraries: Partial<Record<ContractName, string>> = {}): string {
  const { bytecode, linkReferences } = artifact(name);
  return linked(bytecode, linkReferences, libraries);
}

/** Creation code with arguments. */
export function initCode(
  name: ContractName,
  values: readonly unknown[] = [],
  libraries: Partial<Record<ContractName, string>> = {},
): string {
  return concat([creationCode(name, libraries), interfaceOf(name).encodeDeploy([...values])]);
}

function linked(code: string, references: References, libraries: Partial<Record<ContractName, string>>): string {
  let hex = code;
  for (const file of Object.values(references)) {
    for (const [library, places] of Object.entries(file)) {
      const address = libraries[library as ContractName];
      if (address === undefined) throw new Error(`No address for the library ${library}`);
      for (const { start, length } of places) {
        const from = 2 + start * 2;
        hex = hex.slice(0, from) + address.slice(2).toLowerCase() + hex.slice(from + length * 2);
      }
    }
  }
  return hex;
}

// ---------------------------------------------------------------- addresses that are known before

/** The deterministic deployment proxy that is on most chains at this address (github.com/Arachnid). Its data: a salt, and
 * creation code, which it creates at an address of the two. */
export const PROXY = {
  address: "0x4e59b44847b379578588920cA78FbF26c0B4956C",
  codeHash: "0x2fa86add0aed31f33a762c9d88e807c475bd51d0f52bd0955754b2608f7e4989",
  // For a chain that lacks it: signed by nobody's key (the signature is made up), so it creates the same on every chain.
  sender: "0x3fab184622dc19b6109349b94811493bf45362e2",
  cost: 10n ** 16n,
  transaction:
    "0xf8a58085174876e800830186a08080b853604580600e600039806000f350fe7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd5b8082525050506014600cf31ba02222222222222222222222222222222222222222222222222222222222222222a02222222222222222222222222222222222222222222222222222222222222222",
} as const;

export const SALT = id("Mutua");

export function create2Address(code: string): string {
  return getCreate2Address(PROXY.address, SALT, keccak256(code));
}

// ---------------------------------------------------------------- code on a chain

/** Whether runtime code is that of the artifact, but for immutable values and the addresses of libraries. */
export function isCodeOf(name: ContractName, runtime: string): boolean {
  const { deployedBytecode, deployedLinkReferences, immutableReferences } = artifact(name);
  const holes = [
    ...Object.values(deployedLinkReferences).flatMap((file) => Object.values(file).flat()),
    ...Object.values(immutableReferences ?? {}).flat(),
    // A library has its own address in its first instruction, PUSH20.
    ...(deployedBytecode.startsWith(`0x73${"00".repeat(20)}30`) ? [{ start: 1, length: 20 }] : []),
  ];
  const blank = (code: string): string => {
    let hex = code.toLowerCase();
    for (const { start, length } of holes) {
      hex = hex.slice(0, 2 + start * 2) + "00".repeat(length) + hex.slice(2 + (start + length) * 2);
    }
    return hex;
  };
  return (
    runtime.length === deployedBytecode.length &&
    keccak256(blank(runtime)) === keccak256(blank(deployedBytecode.replaceAll(/__\$\w{34}\$__/g, "0".repeat(40))))
  );
}

/** Whether runtime code is a part of what the artifact creates with: a contract that is made by another one's constructor.
 * Its immutable values are 32 zero bytes after a PUSH32 there. */
export function isCodeWithin(name: ContractName, runtime: string): boolean {
  const container = artifact(name).bytecode.toLowerCase();
  const code = runtime.slice(2).toLowerCase();
  const start = code.slice(0, 64);
  for (let at = container.indexOf(start); at !== -1 && start.length === 64; at = container.indexOf(start, at + 2)) {
    const part = container.slice(at, at + code.length);
    const filled = part.replaceAll(`7f${"00".repeat(32)}`, (_hole, place: number) => code.slice(place, place + 66));
    if (filled === code) return true;
  }
  return false;
}
