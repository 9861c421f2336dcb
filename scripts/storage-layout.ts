// Writes docs/storage-layout.md: where each variable of the contracts that hold money lies in storage.
// The file is committed, so that a change of the layout shows in the diff.
import { mkdir, readFile, writeFile } from "node:fs/promises";

import { artifacts } from "hardhat";

const CONTRACTS = ["LendingPool", "InsuranceFund"];
const FILE = new URL("../docs/storage-layout.md", import.meta.url);

type Variable = { label: string; offset: number; slot: string; type: string };
type Type = { label: string; numberOfBytes: string; members?: Variable[]; key?: string; value?: string; base?: string };
type Layout = { storage: Variable[]; types: Record<string, Type> | null };
type Output = {
  contracts: Record<string, Record<string, { storageLayout: Layout; transientStorageLayout: Layout }>>;
};

async function compilerOutputOf(contract: string) {
  const { inputSourceName, buildInfoId } = await artifacts.readArtifact(contract);
  const path = await artifacts.getBuildInfoOutputPath(buildInfoId ?? "");
  if (path === undefined || inputSourceName === undefined)
    throw new Error(`No build output for ${contract}: build first`);
  const { output } = JSON.parse(await readFile(path, "utf8")) as { output: Output };
  const found = output.contracts[inputSourceName]?.[contract];
  if (found === undefined) throw new Error(`The build output lacks ${contract}`);
  return found;
}

function table(variables: Variable[], typeOf: (id: string) => Type): string[] {
  const rows = variables.map(({ slot, offset, type, label }) => {
    const { label: typeLabel, numberOfBytes } = typeOf(type);
    return `| ${slot} | ${offset} | ${numberOfBytes} | ${typeLabel} | ${label} |`;
  });
  return ["| slot | offset | bytes | type | name |", "| ---: | ---: | ---: | --- | --- |", ...rows, ""];
}

/** The variables, then the members of each struct that they reach. Slots of members count from the struct's start. */
function describeLayout(title: string, { storage, types }: Layout): string[] {
  if (storage.length === 0) return [];
  const typeOf = (id: string): Type => {
    const type = types?.[id];
    if (type === undefined) throw new Error(`Unknown storage type ${id}`);
    return type;
  };
  const reached = new Set<string>();
  const visit = (id: string | undefined): void => {
    if (id === undefined || reached.has(id)) return;
    reached.add(id);
    const { members = [], key, value, base } = typeOf(id);
    for (const next of [key, value, base, ...members.map((member) => member.type)]) visit(next);
  };
  for (const variable of storage) visit(variable.type);
  const structs = [...reached].map(typeOf).filter((type) => type.members !== undefined);
  return [
    `### ${title}`,
    "",
    ...table(storage, typeOf),
    ...structs.flatMap((type) => [`${type.label}:`, "", ...table(type.members ?? [], typeOf)]),
  ];
}

const names = await artifacts.getAllFullyQualifiedNames();
const present = CONTRACTS.filter((contract) => [...names].some((name) => name.endsWith(`:${contract}`)));
const lines = ["# Storage layout", "", "Written by `npm run build`. Offsets and sizes in bytes.", ""];
for (const contract of present) {
  const { storageLayout, transientStorageLayout } = await compilerOutputOf(contract);
  lines.push(
    `## ${contract}`,
    "",
    ...describeLayout("Storage", storageLayout),
    ...describeLayout("Transient storage", transientStorageLayout),
  );
}
await mkdir(new URL(".", FILE), { recursive: true });
await writeFile(FILE, `${lines.join("\n").trimEnd()}\n`);
