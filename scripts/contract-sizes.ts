// Prints the size of every deployable contract outside contracts/mocks/ and fails if one is too large to deploy.
import Table from "cli-table3";
import { artifacts } from "hardhat";

const MAX_CODE_BYTES = 24_576; // EIP-170
const MAX_INIT_CODE_BYTES = 49_152; // EIP-3860, without the constructor's arguments

const bytesOf = (hex: string) => (hex.length - 2) / 2;

const names = [...(await artifacts.getAllFullyQualifiedNames())];
const own = names.filter((name) => name.startsWith("contracts/") && !name.startsWith("contracts/mocks/"));
const sizes = await Promise.all(
  own.map(async (name) => {
    const { contractName, abi, bytecode, deployedBytecode } = await artifacts.readArtifact(name);
    // Interfaces have no code, and libraries of internal functions have code that nothing calls.
    const isDeployable = bytesOf(deployedBytecode) > 0 && abi.some(({ type }) => type === "function");
    return { contractName, isDeployable, code: bytesOf(deployedBytecode), initCode: bytesOf(bytecode) };
  }),
);
const deployable = sizes.filter(({ isDeployable }) => isDeployable).toSorted((a, b) => b.code - a.code);

const table = new Table({
  head: ["contract", "code, bytes", "room left", "init code, bytes"],
  colAligns: ["left", "right", "right", "right"],
  style: { head: [], border: [] },
});
const format = (bytes: number) => bytes.toLocaleString("en");
for (const { contractName, code, initCode } of deployable) {
  table.push([contractName, format(code), format(MAX_CODE_BYTES - code), format(initCode)]);
}
console.log(table.toString());

for (const { contractName, code, initCode } of deployable) {
  if (code <= MAX_CODE_BYTES && initCode <= MAX_INIT_CODE_BYTES) continue;
  console.error(
    `${contractName} is too large to deploy: the limits are ${MAX_CODE_BYTES} and ${MAX_INIT_CODE_BYTES} bytes`,
  );
  process.exitCode = 1;
}
