// What a dApp's bundler makes of the entry.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { expect } from "chai";
import { build } from "esbuild";

const root = fileURLToPath(new URL("../../", import.meta.url));

const kilobytes = (bytes: number): string => `${(bytes / 1_000).toFixed(1)} kB`;

/** A browser's bundle of one import; ethers, which a dApp has anyway, is left out. */
async function bundle(names: string): Promise<{ code: string; inputs: string[]; imports: string[]; size: string }> {
  const result = await build({
    stdin: { contents: `export { ${names} } from "./sdk/index.js";`, resolveDir: root, loader: "ts" },
    bundle: true,
    minify: true,
    metafile: true,
    write: false,
    format: "esm",
    platform: "browser",
    target: "es2022",
    external: ["ethers"],
    logLevel: "silent",
  });
  const code = result.outputFiles[0]?.text ?? "";
  const [output] = Object.values(result.metafile.outputs);
  const inputs = Object.entries(output?.inputs ?? {});
  return {
    code,
    inputs: inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path),
    imports: [...new Set(output?.imports.map(({ path }) => path))],
    size: `${kilobytes(code.length)}, ${kilobytes(gzipSync(code).length)} compressed`,
  };
}

describe("sdk: bundles for browsers", () => {
  it("one pure function brings what it needs: no ABI, no ethers, no model of a pool", async () => {
    const { code, inputs, imports, size } = await bundle("health");
    expect(inputs.toSorted()).to.deep.equal([
      "sdk/health.ts",
      "sdk/interest.ts",
      "sdk/model/liquidation.ts",
      "sdk/model/numbers.ts",
    ]);
    expect(imports).to.deep.equal([]);
    console.log(`      health: ${size}`);
    expect(gzipSync(code).length < 3_000).to.equal(true);
  });

  it("the whole SDK needs ethers and nothing of Node", async () => {
    const { code, imports, size } = await bundle(
      "MutuaPool, MutuaFund, explain, decodeEvents, health, interestAt, marketOf, lensAt, factoryAt, authorityAt, model",
    );
    expect(imports).to.deep.equal(["ethers"]);
    expect(code).to.not.match(/\bprocess\.|\bBuffer\b|\brequire\(|node:/);
    console.log(`      everything: ${size}`);
    expect(gzipSync(code).length < 60_000).to.equal(true);
  });

  it("the package names an entry with types, and is free of side effects", () => {
    const { exports, sideEffects, files, peerDependencies } = JSON.parse(
      readFileSync(`${root}package.json`, "utf8"),
    ) as Record<string, unknown>;
    expect(exports).to.deep.include({ ".": { types: "./dist/sdk/index.d.ts", default: "./dist/sdk/index.js" } });
    expect(sideEffects).to.equal(false);
    expect(files).to.deep.equal(["dist", "contracts/interfaces", "CHANGELOG.md"]);
    expect(Object.keys(peerDependencies as object)).to.deep.equal(["ethers"]);
  });
});
