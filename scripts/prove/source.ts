// The Solidity sources as the compiler parses them: each file by itself, names looked up across the files.
import { globSync, readFileSync } from "node:fs";

import solc from "solc";

/** What the parser says of a piece of source. Which fields are there depends on the type of node. */
export interface Node {
  readonly nodeType: string;
  readonly name?: string;
  readonly canonicalName?: string;
  readonly memberName?: string;
  readonly memberLocation?: string;
  readonly nodes?: readonly Node[];
  readonly body?: Node;
  readonly statements?: readonly Node[];
  readonly members?: readonly Node[];
  readonly parameters?: { readonly parameters: readonly Node[] };
  readonly returnParameters?: { readonly parameters: readonly Node[] };
  readonly baseContracts?: readonly { readonly baseName: Node }[];
  readonly libraryName?: Node;
  readonly storageLocation?: string;
  readonly typeName?: Node;
  readonly pathNode?: Node;
  readonly valueType?: Node;
  readonly value?: unknown;
  readonly kind?: string;
  readonly subdenomination?: string | null;
  readonly expression?: Node;
  readonly baseExpression?: Node;
  readonly indexExpression?: Node;
  readonly subExpression?: Node;
  readonly leftExpression?: Node;
  readonly rightExpression?: Node;
  readonly leftHandSide?: Node;
  readonly rightHandSide?: Node;
  readonly condition?: Node;
  readonly trueExpression?: Node;
  readonly falseExpression?: Node;
  readonly trueBody?: Node;
  readonly falseBody?: Node | null;
  readonly components?: readonly (Node | null)[];
  readonly declarations?: readonly (Node | null)[];
  readonly initialValue?: Node | null;
  readonly arguments?: readonly Node[];
  readonly names?: readonly string[];
  readonly operator?: string;
  readonly prefix?: boolean;
}

interface ParseOutput {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly sources?: Readonly<Record<string, { readonly ast: Node }>>;
}

/** A change of one source file: `from` must be there exactly once. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}

const FILES = ["contracts/libraries/*.sol", "contracts/pool/*.sol"];
const root = new URL("../../", import.meta.url);

function parse(files: Readonly<Record<string, string>>): Map<string, Node> {
  const input = {
    language: "Solidity",
    sources: Object.fromEntries(Object.entries(files).map(([file, content]) => [file, { content }])),
    settings: { stopAfter: "parsing", outputSelection: { "*": { "": ["ast"] } } },
  };
  const output = JSON.parse(
    solc.compile(JSON.stringify(input), { import: () => ({ contents: "" }) }),
  ) as unknown as ParseOutput;
  const errors = output.errors?.filter(({ severity }) => severity === "error") ?? [];
  if (errors.length > 0) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return new Map(Object.keys(files).map((file) => [file, output.sources?.[file]?.ast as Node]));
}

/** All contracts, libraries and what stands outside of them, by name. */
export class Source {
  readonly #units: ReadonlyMap<string, Node>;
  readonly #global = new Map<string, Node>();

  private constructor(units: ReadonlyMap<string, Node>) {
    this.#units = units;
    for (const node of [...units.values()].flatMap((unit) => unit.nodes ?? [])) {
      if (node.name === undefined) continue;
      if (this.#global.has(node.name)) throw new Error(`there are two of ${node.name}`);
      this.#global.set(node.name, node);
    }
  }

  static read(): Source {
    const files = globSync(FILES, { cwd: root }).toSorted();
    return new Source(
      parse(Object.fromEntries(files.map((file) => [file, readFileSync(new URL(file, root), "utf8")]))),
    );
  }

  /** The same sources with one place changed. */
  with({ file, from, to }: Edit): Source {
    const text = readFileSync(new URL(file, root), "utf8");
    if (text.split(from).length !== 2) throw new Error(`${file} has not exactly one "${from}"`);
    return new Source(new Map([...this.#units, ...parse({ [file]: text.replace(from, () => to) })]));
  }

  global(name: string): Node | undefined {
    return this.#global.get(name);
  }

  /** A contract and what it inherits, the nearest first. */
  lineage(contract: Node): Node[] {
    const found = [contract];
    for (const node of found) {
      for (const { baseName } of node.baseContracts ?? []) {
        const base = this.global(baseName.name ?? "");
        if (base !== undefined && !found.includes(base)) found.push(base);
      }
    }
    return found;
  }

  /** What a name means inside a contract: its own or an inherited member. */
  member(contract: Node, name: string, type: string, accepts: (node: Node) => boolean = () => true): Node | undefined {
    return this.lineage(contract)
      .flatMap((node) => node.nodes ?? [])
      .find((node) => node.name === name && node.nodeType === type && accepts(node));
  }

  struct(name: string): { readonly node: Node; readonly owner: Node | undefined } | undefined {
    const [outer = "", inner] = name.split(".");
    const found = this.global(outer);
    if (found === undefined) {
      for (const owner of this.#global.values()) {
        const node = owner.nodes?.find((member) => member.nodeType === "StructDefinition" && member.name === name);
        if (node !== undefined) return { node, owner };
      }
      return undefined;
    }
    const node =
      inner === undefined
        ? found
        : found.nodes?.find((member) => member.nodeType === "StructDefinition" && member.name === inner);
    return node?.nodeType === "StructDefinition" ? { node, owner: inner === undefined ? undefined : found } : undefined;
  }
}
