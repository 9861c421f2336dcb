// Runs the project from a copy whose Solidity was rewritten: what mutation and branch coverage have in common. The tree
// itself is never touched.
//
//   const folder = copyProject("coverage");           // under the system's temporary folder; the same one each time, its
//                                                     // artifacts and cache are kept, node_modules is a link
//   for (const source of parseSources()) {            // every file of contracts/, with solc's AST
//     visit(source.ast, (node, parents) => …);        // node.nodeType, node.src; parents from the outermost inwards
//     const [start, end] = rangeOf(node);             // bytes, as solc counts: take text with textOf(source, node)
//     writeSource(folder, source, applyEdits(source, [{ start, end: start, text: "(" }, …]));
//   }
//   await runHardhat(folder, ["build", "--no-tests"]) // resolves to the exit code; output goes to this terminal
//
// Edits are replacements of byte ranges that may touch but not overlap; insertions at one place stay in the order given.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, globSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const require = createRequire(import.meta.url);

export const ROOT = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** What a copy does not take along, and what it keeps from the last time. */
const NOT_COPIED = [".git", "node_modules", "artifacts", "cache", "coverage"];
const REFRESHED = ["contracts", "scripts", "test", "sdk", "typechain-types"];

/** A node of solc's AST; what else it has depends on its type. */
export type AstNode = { id: number; nodeType: string; src: string; [key: string]: unknown };

export type Source = { file: string; bytes: Buffer; ast: AstNode };

export type Edit = { start: number; end: number; text: string };

type SolcOutput = {
  errors?: { severity: string; formattedMessage: string }[];
  sources: Record<string, { ast: AstNode }>;
};

/** All of contracts/ with their syntax trees. No code is generated: it takes some ten seconds. */
export function parseSources(root = ROOT): Source[] {
  const solc = require("solc") as { compile: (input: string, callbacks: object) => string };
  const files = globSync("contracts/**/*.sol", { cwd: root }).toSorted();
  const read = (file: string) => readFileSync(join(root, file));
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(files.map((file) => [file, { content: read(file).toString() }])),
    settings: { evmVersion: "osaka", outputSelection: { "*": { "": ["ast"] } } },
  };
  const callbacks = {
    import: (path: string) => {
      const file = join(root, "node_modules", path);
      return existsSync(file) ? { contents: readFileSync(file, "utf8") } : { error: `not found: ${path}` };
    },
  };
  const output = JSON.parse(solc.compile(JSON.stringify(input), callbacks)) as SolcOutput;
  const errors = (output.errors ?? []).filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return files.map((file) => {
    const parsed = output.sources[file];
    if (parsed === undefined) throw new Error(`${file}: the compiler returned no tree`);
    return { file, bytes: read(file), ast: parsed.ast };
  });
}

export function isNode(value: unknown): value is AstNode {
  return typeof value === "object" && value !== null && "nodeType" in value && "src" in value;
}

/** A node's direct children in the order of the text. */
export function childrenOf(node: AstNode): AstNode[] {
  const children = Object.values(node)
    .flatMap((value): unknown[] => (Array.isArray(value) ? value : [value]))
    .filter(isNode);
  return children.toSorted((a, b) => rangeOf(a)[0] - rangeOf(b)[0]);
}

/** Every node below `node` and itself, from the outside in. */
export function visit(node: AstNode, see: (node: AstNode, parents: AstNode[]) => void, parents: AstNode[] = []): void {
  see(node, parents);
  for (const child of childrenOf(node)) visit(child, see, [...parents, node]);
}

/** First byte and the byte after the last. */
export function rangeOf(node: AstNode): [start: number, end: number] {
  const [start, length] = node.src.split(":").map(Number) as [number, number];
  return [start, start + length];
}

export function textOf(source: Source, node: AstNode): string {
  return source.bytes.subarray(...rangeOf(node)).toString();
}

export function lineOf(source: Source, node: AstNode): number {
  let line = 1;
  const [start] = rangeOf(node);
  for (let i = 0; i < start; i++) if (source.bytes[i] === 10) line++;
  return line;
}

export function applyEdits(source: Source, edits: Edit[]): string {
  const parts: Buffer[] = [];
  let at = 0;
  for (const { start, end, text } of edits.toSorted((a, b) => a.start - b.start || a.end - b.end)) {
    if (start < at) throw new Error(`${source.file}: edits overlap at byte ${start}`);
    parts.push(source.bytes.subarray(at, start), Buffer.from(text));
    at = end;
  }
  return Buffer.concat([...parts, source.bytes.subarray(at)]).toString();
}

/** Returns the copy's folder. */
export function copyProject(name: string, root = ROOT): string {
  const id = createHash("sha256").update(root).digest("hex").slice(0, 8);
  const folder = join(tmpdir(), `mutua-${name}-${id}`);
  mkdirSync(folder, { recursive: true });
  for (const part of REFRESHED) rmSync(join(folder, part), { recursive: true, force: true });
  cpSync(root, folder, {
    recursive: true,
    filter: (path) => !NOT_COPIED.includes(relative(root, path)) && basename(path) !== "node_modules",
  });
  if (!existsSync(join(folder, "node_modules"))) symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

export function writeSource(folder: string, source: Pick<Source, "file">, text: string): void {
  const file = join(folder, source.file);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

/** Runs Hardhat in a copy at low priority; resolves to its exit code. */
export function runHardhat(folder: string, args: string[], env: Record<string, string> = {}): Promise<number> {
  const cli = join(folder, "node_modules/hardhat/dist/src/cli.js");
  const child = spawn("nice", [process.execPath, cli, ...args], {
    cwd: folder,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}
