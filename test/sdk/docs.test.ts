// Runs docs/sdk.md: its pieces of code one after the other, as one program in a browser's bundle.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { expect } from "chai";
import { build } from "esbuild";

import { connection, openLoan, sent, setPrice } from "../helpers/fixtures.js";
import { sdkWorld } from "./setup.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const text = readFileSync(`${root}docs/sdk.md`, "utf8");

type Given = {
  ethereum: unknown;
  deployment: unknown;
  borrowAndFall: () => Promise<void>;
  print: (line: string) => void;
};

/** Imports to the top, everything else into one function of what the text takes as given. */
function program(document: string): { source: string; printed: string[] } {
  const code = [...document.matchAll(/^```ts\n(.*?)^```/gms)].map(([, piece = ""]) => piece).join("\n");
  const imports = code.match(/^import [^;]*;.*$/gm) ?? [];
  // Looking for blocks every four seconds, and remembering the newest for a quarter of one, is right for a wallet on a
  // public chain, and wrong where a block takes a few milliseconds.
  const body = imports
    .reduce((rest, each) => rest.replace(each, ""), code)
    .replace(
      "new BrowserProvider(ethereum)",
      "new BrowserProvider(ethereum, undefined, { pollingInterval: 20, cacheTimeout: -1 })",
    );
  const own = imports.filter((each) => !each.includes("./setup.js"));
  const source = `${own.join("\n")}
    export async function run({ ethereum, deployment, borrowAndFall, print }) {
      const console = { log: (...values) => print(values.map((each) => typeof each === "bigint" ? each + "n" : String(each)).join(" ")) };
      ${body}
    }`;
  return { source, printed: [...code.matchAll(/\/\/ → (.*)$/gm)].map(([, line = ""]) => line) };
}

/** A wallet with one account. */
function walletOf(account: string): { request: (call: { method: string; params?: unknown[] }) => Promise<unknown> } {
  return {
    request: async ({ method, params = [] }) =>
      method === "eth_accounts" || method === "eth_requestAccounts"
        ? [account]
        : await connection.provider.request({ method, params }),
  };
}

describe("sdk: docs/sdk.md", () => {
  it("links to files and commands that exist", () => {
    const targets = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)\)/g)].map(([, target = ""]) => target);
    expect(targets.filter((target) => !existsSync(`${root}docs/${target}`))).to.deep.equal([]);
    const { scripts } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as { scripts: Record<string, string> };
    const commands = [...text.matchAll(/`npm run ([\w:]+)/g)].map(([, name = ""]) => name);
    expect(commands.filter((name) => scripts[name] === undefined)).to.deep.equal([]);
  });

  it("runs, and prints what it says", async function () {
    this.timeout(180_000);
    const w = await sdkWorld();
    const { source, printed } = program(text);
    const bundle = await build({
      stdin: { contents: source, resolveDir: root, loader: "ts" },
      alias: { mutua: "./sdk/index.ts" },
      bundle: true,
      write: false,
      format: "esm",
      platform: "browser",
      target: "es2022",
      logLevel: "silent",
    });
    const folder = mkdtempSync(join(tmpdir(), "mutua-"));
    const file = join(folder, "docs.mjs");
    const lines: string[] = [];
    try {
      writeFileSync(file, bundle.outputFiles[0]?.text ?? "");
      const { run } = (await import(pathToFileURL(file).href)) as { run: (given: Given) => Promise<void> };
      await run({
        ethereum: walletOf(w.newcomer.address),
        deployment: w.deployment,
        borrowAndFall: async () => {
          await openLoan(w, w.frank, 5, 6_000);
          await setPrice(w, 1_000);
          await sent(w.pool.connect(w.keeper).accrue());
        },
        print: (line) => void lines.push(line),
      });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
    expect(printed.length > 20).to.equal(true);
    expect(lines).to.deep.equal(printed);
  });
});
