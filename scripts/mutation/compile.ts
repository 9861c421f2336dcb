// node compile.ts FOLDER CONTRACT…: compiles contracts of the copy and puts their code into its artifacts. Without the
// optimizer's passes, but for what keeps the stack within bounds: they take longest on code that is full of choices.
import { existsSync, globSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const require = createRequire(import.meta.url);

type Code = { object: string; linkReferences: unknown; immutableReferences?: unknown };

type Output = {
  errors?: { severity: string; formattedMessage: string }[];
  contracts: Record<string, Record<string, { evm: { bytecode: Code; deployedBytecode: Code } }>>;
};

const [folder, ...names] = process.argv.slice(2);
if (folder === undefined) throw new Error("Which folder?");

const solc = require("solc") as { compile: (input: string, callbacks: object) => string };
// As Hardhat names them, so that libraries are linked by the names it knows.
const nameOf = (file: string) => `project/${file}`;
const files = globSync("contracts/**/*.sol", { cwd: folder });
const fields = ["object", "linkReferences"];
const selection = [
  ...fields.map((field) => `evm.bytecode.${field}`),
  ...fields.map((field) => `evm.deployedBytecode.${field}`),
  "evm.deployedBytecode.immutableReferences",
];
const input = {
  language: "Solidity",
  sources: Object.fromEntries(
    files.map((file) => [nameOf(file), { content: readFileSync(join(folder, file), "utf8") }]),
  ),
  settings: {
    evmVersion: "osaka",
    viaIR: true,
    optimizer: { enabled: false, details: { yul: true, yulDetails: { stackAllocation: true, optimizerSteps: ":" } } },
    metadata: { bytecodeHash: "none" },
    outputSelection: Object.fromEntries(
      names.map((name) => {
        const [file = "", contract = ""] = name.split(":");
        return [nameOf(file), { [contract]: selection }];
      }),
    ),
  },
};
const callbacks = {
  import: (path: string) => {
    const file = join(folder, "node_modules", path);
    return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `not found: ${path}` };
  },
};
const output = JSON.parse(solc.compile(JSON.stringify(input), callbacks)) as Output;
const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));

for (const name of names) {
  const [file = "", contract = ""] = name.split(":");
  const evm = output.contracts[nameOf(file)]?.[contract]?.evm;
  if (evm === undefined) throw new Error(`${name}: no code`);
  const path = join(folder, "artifacts", file, `${contract}.json`);
  const artifact = JSON.parse(readFileSync(path, "utf8")) as Record<string, unknown>;
  artifact["bytecode"] = `0x${evm.bytecode.object}`;
  artifact["linkReferences"] = evm.bytecode.linkReferences;
  artifact["deployedBytecode"] = `0x${evm.deployedBytecode.object}`;
  artifact["deployedLinkReferences"] = evm.deployedBytecode.linkReferences;
  artifact["immutableReferences"] = evm.deployedBytecode.immutableReferences;
  writeFileSync(path, JSON.stringify(artifact, null, 2));
  console.log(`${contract}: ${evm.bytecode.object.length / 2} bytes`);
}
