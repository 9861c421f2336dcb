// Writes sdk/abi/*.ts from the compiled contracts. A part of `npm run build`, so that `npm run check` notices stale ones.
import { globSync, readFileSync, rmSync, writeFileSync } from "node:fs";

type Parameter = { name: string; type: string; internalType?: string; indexed?: boolean; components?: Parameter[] };
type Fragment = Partial<Parameter> & { type: string; inputs?: Parameter[]; outputs?: Parameter[] };

const read = (source: string): Fragment[] => {
  const name = source.replace(/^.*\//, "");
  const artifact = JSON.parse(readFileSync(`artifacts/contracts/${source}.sol/${name}.json`, "utf8")) as {
    abi: Fragment[];
  };
  return artifact.abi;
};

/** Enums keep their name; of other internal types nobody here makes use. */
function slimParameter({ internalType, components, ...rest }: Parameter): Parameter {
  const isEnum = internalType?.startsWith("enum ") === true;
  return {
    ...rest,
    ...(isEnum && { internalType }),
    ...(components !== undefined && { components: components.map(slimParameter) }),
  };
}

const slim = (fragment: Fragment): Fragment => ({
  ...fragment,
  ...(fragment.inputs !== undefined && { inputs: fragment.inputs.map(slimParameter) }),
  ...(fragment.outputs !== undefined && { outputs: fragment.outputs.map(slimParameter) }),
});

/** The fragments of several contracts, each once. */
function union(...abis: Fragment[][]): string[] {
  return [...new Set(abis.flat().map((fragment) => JSON.stringify(slim(fragment))))];
}

const isError = ({ type }: Fragment): boolean => type === "error";
const isCallable = ({ type }: Fragment): boolean => type !== "constructor" && type !== "receive";

const pool = [...read("interfaces/ILendingPool"), ...read("LendingPool").filter(isError)];
const contracts: Record<string, Fragment[]> = {
  pool,
  fund: read("InsuranceFund"),
  lens: read("periphery/PoolLens"),
  router: read("periphery/Router"),
  factory: read("periphery/PoolFactory"),
  authority: read("access/MutuaAuthority"),
  oracle: read("interfaces/IPriceOracle"),
  token: read("mocks/MockERC20").filter(({ name }) => name !== "mint" && name !== "burn"),
};

for (const file of globSync("sdk/abi/*.ts")) rmSync(file);
const write = (name: string, fragments: string[]): void => {
  const text = `// Written by npm run build.\nexport const ${name}Abi = [\n${fragments.map((each) => `  ${each},\n`).join("")}] as const;\n`;
  writeFileSync(`sdk/abi/${name}.ts`, text);
};
for (const [name, abi] of Object.entries(contracts)) write(name, union(abi.filter(isCallable)));
// What any of them can refuse with, each name once: enough to say why a call failed.
const errors = Object.values(contracts).flat().filter(isError);
write("error", union(errors.filter(({ name }, index) => errors.findIndex((each) => each.name === name) === index)));
writeFileSync(
  "sdk/abi/index.ts",
  `// Written by npm run build.\n${[...Object.keys(contracts), "error"]
    .map((name) => `export { ${name}Abi } from "./${name}.js";\n`)
    .join("")}`,
);
