// All mutants of a source file at once. Each mutated place asks at run time which mutant is awake, so that one compilation
// serves thousands of them: `a + b` becomes `plus_uint256(a, b, 17)`, which adds, or subtracts when 17 is awake. Who is
// awake stands in the block's coinbase, which nothing else reads; 0 is nobody.
import { dirname, relative } from "node:path";

import {
  applyEdits,
  type AstNode,
  childrenOf,
  isNode,
  lineOf,
  rangeOf,
  type Source,
  textOf,
} from "../lib/source-copy.ts";

export const SWITCH_FILE = "contracts/Mutation.sol";

/** Awake as this, every place reports that it was reached instead of changing. */
export const REACH = (1n << 160n) - 1n;

export type Mutant = {
  id: number;
  /** Names it for explanations, and survives changes elsewhere in the file. */
  key: string;
  file: string;
  line: number;
  /** The contract's or library's function. */
  place: string;
  operator: string;
  original: string;
  changed: string;
};

/** What an arithmetic operator turns into. */
const ARITHMETIC: Record<string, string> = {
  "+": "-",
  "-": "+",
  "*": "/",
  "/": "*",
  "%": "*",
  "**": "*",
  "<<": ">>",
  ">>": "<<",
  "&": "|",
  "|": "&",
  "^": "&",
};

/** Comparisons between numbers: the boundary moves, or a direction falls away. */
const COMPARISON: Record<string, [string, string]> = {
  "<": ["<=", "!="],
  "<=": ["<", "=="],
  ">": [">=", "!="],
  ">=": [">", "=="],
  "==": ["<=", ">="],
  "!=": ["<", ">"],
};

const OPERATOR_NAMES: Record<string, string> = {
  "+": "plus",
  "-": "minus",
  "*": "times",
  "/": "over",
  "%": "modulo",
  "**": "power",
  "<<": "left",
  ">>": "right",
  "&": "and",
  "|": "or",
  "^": "xor",
  "<": "less",
  "<=": "atMost",
  ">": "more",
  ">=": "atLeast",
  "==": "equal",
  "!=": "unequal",
};

/** Functions without a sibling of the other direction, and what they turn into. */
const REWRITTEN: Record<string, string> = { divUp: "/", monus: "-" };

/** Numbers beyond this are scales and masks: one more or less of them drowns in rounding. */
const LARGEST_LITERAL = 1_000_000n;

const SEMICOLON = ";".charCodeAt(0);

const INTEGER = /^u?int\d*$/;

type Context = { contract: string; functionName: string; isUnchecked: boolean; parents: AstNode[] };

/** Turns sources into ones that hold all their mutants, and lists these. */
export class Schemata {
  readonly mutants: Mutant[] = [];
  private readonly helpers = new Map<string, string>();
  private readonly guardedModifiers = new Map<string, AstNode>();
  private readonly seen = new Map<string, number>();
  private readonly nodes = new Map<number, AstNode>();

  private readonly sources: Source[];

  constructor(sources: Source[]) {
    this.sources = sources;
    const index = (node: AstNode): void => {
      this.nodes.set(node.id, node);
      for (const child of childrenOf(node)) index(child);
    };
    for (const source of sources) index(source.ast);
  }

  /** The files of the copy that change, by name. */
  rewrite(files: string[]): Map<string, string> {
    const texts = new Map<string, string>();
    const edits = new Map<string, { start: number; end: number; text: string }[]>();
    for (const source of this.sources) {
      if (!files.includes(source.file)) continue;
      const list: { start: number; end: number; text: string }[] = [];
      for (const unit of childrenOf(source.ast)) this.#unit(source, unit, list);
      edits.set(source.file, list);
    }
    // Modifiers that a mutant can take off get a twin which knows the mutant's number.
    for (const source of this.sources) {
      const twins = childrenOf(source.ast)
        .flatMap((unit) => (unit.nodeType === "ContractDefinition" ? (unit["nodes"] as AstNode[]) : []))
        .filter((node) => this.guardedModifiers.has(String(node.id)))
        .map((node) => ({ start: rangeOf(node)[1], end: rangeOf(node)[1], text: twinOf(source, node) }));
      if (twins.length > 0) edits.set(source.file, [...(edits.get(source.file) ?? []), ...twins]);
    }
    for (const source of this.sources) {
      const list = edits.get(source.file);
      if (list === undefined) continue;
      const pragma = childrenOf(source.ast).find(({ nodeType }) => nodeType === "PragmaDirective");
      if (pragma === undefined) throw new Error(`${source.file}: no pragma`);
      const at = rangeOf(pragma)[1];
      const path = relative(dirname(source.file), SWITCH_FILE);
      const text = `\nimport "${path.startsWith(".") ? path : `./${path}`}";`;
      texts.set(source.file, applyEdits(source, [...list, { start: at, end: at, text }]));
    }
    texts.set(SWITCH_FILE, this.#switch());
    return texts;
  }

  #switch(): string {
    return ["// SPDX-License-Identifier: MIT", "pragma solidity 0.8.37;", SWITCH, ...this.helpers.values(), ""].join(
      "\n",
    );
  }

  #unit(source: Source, unit: AstNode, edits: { start: number; end: number; text: string }[]): void {
    const functions = unit.nodeType === "ContractDefinition" ? (unit["nodes"] as AstNode[]) : [unit];
    for (const node of functions) {
      if (node.nodeType !== "FunctionDefinition" || !isNode(node["body"])) continue;
      const name = node["name"] === "" ? (node["kind"] as string) : (node["name"] as string);
      const context: Context = {
        contract: unit.nodeType === "ContractDefinition" ? (unit["name"] as string) : "",
        functionName: name,
        isUnchecked: false,
        parents: [node],
      };
      for (const invocation of (node["modifiers"] as AstNode[]) ?? []) {
        const target = this.nodes.get(
          (invocation["modifierName"] as { referencedDeclaration: number }).referencedDeclaration,
        );
        if (target?.nodeType !== "ModifierDefinition") continue;
        this.guardedModifiers.set(String(target.id), target);
        const original = textOf(source, invocation);
        const id = this.#add(source, invocation, context, "modifier off", original, "");
        const [start, end] = rangeOf(invocation);
        edits.push({ start, end, text: `${original}Unless(${id})` });
      }
      const [start, end] = rangeOf(node["body"]);
      edits.push({ start, end, text: this.#render(source, node["body"], context) });
    }
  }

  #add(source: Source, node: AstNode, context: Context, operator: string, original: string, changed: string): number {
    const place = context.contract === "" ? context.functionName : `${context.contract}.${context.functionName}`;
    const base = `${place}: ${operator}: ${onOneLine(original)}${changed === "" ? "" : ` → ${onOneLine(changed)}`}`;
    const nth = (this.seen.get(base) ?? 0) + 1;
    this.seen.set(base, nth);
    const id = this.mutants.length + 1;
    this.mutants.push({
      id,
      key: nth === 1 ? base : `${base} #${nth}`,
      file: source.file,
      line: lineOf(source, node),
      place,
      operator,
      original: onOneLine(original),
      changed: onOneLine(changed),
    });
    return id;
  }

  /** The node's text with all its mutants in it. */
  #render(source: Source, node: AstNode, context: Context): string {
    if (node.nodeType === "InlineAssembly") return textOf(source, node);
    if (typeOf(node).startsWith("int_const")) return this.#literal(source, node, context);
    const inside: Context = {
      ...context,
      isUnchecked: context.isUnchecked || node.nodeType === "UncheckedBlock",
      parents: [...context.parents, node],
    };
    const parts = new Map<AstNode, string>();
    let text = "";
    let [at, end] = rangeOf(node);
    for (const child of childrenOf(node)) {
      const [childStart, childEnd] = rangeOf(child);
      if (childStart < at || childEnd > end) continue;
      const part = isType(child) ? textOf(source, child) : this.#render(source, child, inside);
      parts.set(child, part);
      text += source.bytes.subarray(at, childStart).toString() + part;
      at = childEnd;
      if (part.startsWith("{ if (!_is(")) while (source.bytes[at - 1] !== SEMICOLON) at++;
    }
    text += source.bytes.subarray(at, end).toString();
    const part = (name: string) => {
      const child = node[name];
      return isNode(child) ? (parts.get(child) ?? textOf(source, child)) : "";
    };
    let changed = this.#changed(source, node, context, text, part, parts);
    if (isDecision(node, context.parents.at(-1))) changed = this.#decision(source, node, context, changed);
    return changed;
  }

  #changed(
    source: Source,
    node: AstNode,
    context: Context,
    text: string,
    part: (name: string) => string,
    parts: Map<AstNode, string>,
  ): string {
    switch (node.nodeType) {
      case "BinaryOperation":
        return this.#binary(source, node, context, text, part);
      case "Assignment":
        return this.#assignment(source, node, context, text, part);
      case "FunctionCall":
        return this.#call(source, node, context, text, parts);
      case "Literal":
        return node["kind"] === "bool" ? this.#flag(source, node, context) : text;
      case "ExpressionStatement":
      case "EmitStatement":
      case "RevertStatement":
        return this.#statement(source, node, context, text);
      default:
        return text;
    }
  }

  #binary(source: Source, node: AstNode, context: Context, text: string, part: (name: string) => string): string {
    const operator = node["operator"] as string;
    const original = textOf(source, node);
    const left = textOf(source, node["leftExpression"] as AstNode);
    const right = textOf(source, node["rightExpression"] as AstNode);
    if (operator === "&&" || operator === "||") {
      const other = operator === "&&" ? "||" : "&&";
      const id = this.#add(source, node, context, "boolean", original, `${left} ${other} ${right}`);
      // By De Morgan, so that nothing stands twice and the right side stays lazy.
      return `((((${part("leftExpression")}) != _is(${id})) ${operator} ((${part("rightExpression")}) != _is(${id}))) != _is(${id}))`;
    }
    const type = (node["commonType"] as { typeString: string }).typeString;
    if (!INTEGER.test(type)) return text;
    const versions = (COMPARISON[operator] ?? [ARITHMETIC[operator] ?? operator]).filter(
      (other) => other !== operator && !(type.startsWith("u") && right === "0" && isKnownOfZero(operator, other)),
    );
    if (versions.length === 0) return text;
    const kind = operator in COMPARISON ? "comparison" : "arithmetic";
    const ids = versions.map((other) => this.#add(source, node, context, kind, original, `${left} ${other} ${right}`));
    const helper = this.#operatorHelper(operator, type, versions, context.isUnchecked);
    return `${helper}(${part("leftExpression")}, ${part("rightExpression")}, ${ids[0]})`;
  }

  #operatorHelper(operator: string, type: string, versions: string[], isUnchecked: boolean): string {
    const isComparison = operator in COMPARISON;
    const name = `${OPERATOR_NAMES[operator]}_${type}_${versions.length}${isUnchecked && !isComparison ? "_unchecked" : ""}`;
    const rightType = ["<<", ">>", "**"].includes(operator) ? "uint256" : type;
    const choice = versions.map((other, i) => `_is(id${i === 0 ? "" : ` + ${i}`}) ? a ${other} b : `).join("");
    const body = `return ${choice}a ${operator} b;`;
    this.helpers.set(
      name,
      `function ${name}(${type} a, ${rightType} b, uint256 id) pure returns (${isComparison ? "bool" : type}) { ${
        isUnchecked ? `unchecked { ${body} }` : body
      } }`,
    );
    return name;
  }

  #assignment(source: Source, node: AstNode, context: Context, text: string, part: (name: string) => string): string {
    const operator = (node["operator"] as string).slice(0, -1);
    const type = typeOf(node);
    const other = ARITHMETIC[operator];
    if (other === undefined || !INTEGER.test(type)) return text;
    const left = textOf(source, node["leftHandSide"] as AstNode);
    const right = textOf(source, node["rightHandSide"] as AstNode);
    const id = this.#add(source, node, context, "arithmetic", textOf(source, node), `${left} ${other}= ${right}`);
    const helper = this.#operatorHelper(operator, type, [other], context.isUnchecked);
    const target = part("leftHandSide");
    return `${target} = ${helper}(${target}, ${part("rightHandSide")}, ${id})`;
  }

  #call(source: Source, node: AstNode, context: Context, text: string, parts: Map<AstNode, string>): string {
    if (node["kind"] !== "functionCall") return text;
    const callee = node["expression"] as AstNode;
    const calleeText = textOf(source, callee);
    const name = (callee["memberName"] ?? callee["name"]) as string | undefined;
    if (name === undefined) return text;
    const args = node["arguments"] as AstNode[];
    const rendered = args.map((arg) => parts.get(arg) ?? textOf(source, arg));
    const originals = args.map((arg) => textOf(source, arg));
    const original = textOf(source, node);

    if (calleeText === "Math.mulDiv") {
      const isCeil = args.length === 4;
      const other = isCeil ? originals.slice(0, 3) : [...originals, "Math.Rounding.Ceil"];
      const id = this.#add(source, node, context, "rounding", original, `Math.mulDiv(${other.join(", ")})`);
      const ways = isCeil ? "Math.Rounding.Floor : Math.Rounding.Ceil" : "Math.Rounding.Ceil : Math.Rounding.Floor";
      return `Math.mulDiv(${rendered.slice(0, 3).join(", ")}, _is(${id}) ? ${ways})`;
    }
    const rewritten = calleeText.startsWith("Rounding.") ? REWRITTEN[name] : undefined;
    if (rewritten !== undefined) {
      const id = this.#add(source, node, context, "rounding", original, originals.join(` ${rewritten} `));
      const helper = `${name}_or_plain`;
      this.helpers.set(
        helper,
        `function ${helper}(uint256 a, uint256 b, uint256 c, uint256 id) pure returns (uint256) { unchecked { return _is(id) ? a ${rewritten} b : c; } }`,
      );
      // The arguments stand twice: they are pure, and their own mutants answer alike in both places.
      return `${helper}(${rendered.join(", ")}, ${calleeText}(${rendered.join(", ")}), ${id})`;
    }
    const sibling = this.#sibling(callee, name);
    if (sibling === undefined) return text;
    const siblingText = `${calleeText.slice(0, calleeText.length - name.length)}${sibling}`;
    const kind = name === "min" || name === "max" ? "extreme" : "rounding";
    const id = this.#add(source, node, context, kind, original, `${siblingText}(${originals.join(", ")})`);
    return `(_is(${id}) ? ${siblingText} : ${calleeText})(${rendered.join(", ")})`;
  }

  /** The function of the other direction beside the one called, if there is one. */
  #sibling(callee: AstNode, name: string): string | undefined {
    const other =
      name === "min"
        ? "max"
        : name === "max"
          ? "min"
          : name.replace(/(Up|Down)$/, (end) => (end === "Up" ? "Down" : "Up"));
    if (other === name) return undefined;
    const target = this.nodes.get(callee["referencedDeclaration"] as number);
    if (target === undefined) return undefined;
    const home = this.nodes.get(target["scope"] as number);
    const twins = ((home?.["nodes"] as AstNode[] | undefined) ?? []).filter(
      (node) => node.nodeType === "FunctionDefinition" && node["name"] === other,
    );
    const [twin] = twins;
    if (twins.length !== 1 || twin === undefined) return undefined;
    return parameterTypesOf(twin) === parameterTypesOf(target) && twin["stateMutability"] === target["stateMutability"]
      ? other
      : undefined;
  }

  #literal(source: Source, node: AstNode, context: Context): string {
    const text = textOf(source, node);
    const parent = context.parents.at(-1);
    const type = parent === undefined ? undefined : literalType(node, parent, context.parents[0]);
    if (
      node.nodeType !== "Literal" ||
      type === undefined ||
      isNode((node as { subdenomination?: unknown }).subdenomination)
    ) {
      return text;
    }
    const value = BigInt(typeOf(node).slice("int_const ".length));
    if (value > LARGEST_LITERAL) return text;
    const ids = [this.#add(source, node, context, "number", text, `${value + 1n}`)];
    if (value > 0n) ids.push(this.#add(source, node, context, "number", text, `${value - 1n}`));
    const helper = `number${value === 0n ? "" : "s"}_${type}`;
    const less = value === 0n ? "" : "_is(id + 1) ? n - 1 : ";
    this.helpers.set(
      helper,
      `function ${helper}(${type} n, uint256 id) pure returns (${type}) { unchecked { return _is(id) ? n + 1 : ${less}n; } }`,
    );
    return `${helper}(${text}, ${ids[0]})`;
  }

  #flag(source: Source, node: AstNode, context: Context): string {
    const text = textOf(source, node);
    const id = this.#add(source, node, context, "flag", text, text === "true" ? "false" : "true");
    return `(${text} != _is(${id}))`;
  }

  #decision(source: Source, node: AstNode, context: Context, text: string): string {
    const parent = context.parents.at(-1);
    const isLoop = parent?.nodeType === "ForStatement" || parent?.nodeType === "WhileStatement";
    const isOperand = parent?.nodeType === "BinaryOperation";
    // `a && b` is false with a, so there only true is new; a loop that never ends only costs time.
    const values = isLoop ? [false] : isOperand ? [parent["operator"] === "&&"] : [true, false];
    const original = textOf(source, node);
    let result = text;
    for (const value of values) {
      const id = this.#add(source, node, context, "decision", original, String(value));
      result = value ? `(_is(${id}) || (${result}))` : `(!_is(${id}) && (${result}))`;
    }
    return result;
  }

  #statement(source: Source, node: AstNode, context: Context, text: string): string {
    const parent = context.parents.at(-1);
    const grandparent = context.parents.at(-2);
    if (parent?.nodeType === "ForStatement" && parent["loopExpression"] === node) return text;
    // The only statement of an `if` without `else` goes with its condition.
    const isOnly =
      (parent?.nodeType === "IfStatement" && !isNode(parent["falseBody"])) ||
      (parent?.nodeType === "Block" &&
        (parent["statements"] as AstNode[]).length === 1 &&
        grandparent?.nodeType === "IfStatement" &&
        !isNode(grandparent["falseBody"]));
    const isPointer = isNode(node["expression"]) && typeOf(node["expression"]).endsWith("storage pointer");
    if (isOnly || isPointer) return text;
    const id = this.#add(source, node, context, "statement", textOf(source, node), "");
    // In front of an `else` it needs braces, so that this is not taken for the new one's.
    return parent?.nodeType === "IfStatement" && parent["trueBody"] === node
      ? `{ if (!_is(${id})) ${text}; }`
      : `if (!_is(${id})) ${text}`;
  }
}

/** Unsigned, `x != 0` is `x > 0`, and `x >= 0` and `x < 0` are truths that a decision's own mutants have. */
function isKnownOfZero(operator: string, other: string): boolean {
  return ["==", "!="].includes(operator) || (operator === ">" && other === "!=");
}

/** `modifier m` once more, as `mUnless(id)`: what it does around the body is left out when `id` is awake. */
function twinOf(source: Source, modifier: AstNode): string {
  const name = modifier["name"] as string;
  const statements = ((modifier["body"] as AstNode)["statements"] as AstNode[]).map((statement) => {
    const text = textOf(source, statement);
    if (statement.nodeType === "PlaceholderStatement") return text.endsWith(";") ? text : `${text};`;
    return `if (!_is(id)) { ${text.endsWith(";") || text.endsWith("}") ? text : `${text};`} }`;
  });
  return `\nmodifier ${name}Unless(uint256 id) { ${statements.join(" ")} }`;
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

function parameterTypesOf(node: AstNode): string {
  return ((node["parameters"] as AstNode)["parameters"] as AstNode[]).map((each) => typeOf(each)).join();
}

function integerType(type: string): string | undefined {
  return INTEGER.test(type) ? type : undefined;
}

function typeOf(node: AstNode): string {
  return (node["typeDescriptions"] as { typeString?: string } | undefined)?.typeString ?? "";
}

function isType(node: AstNode): boolean {
  return /TypeName|ElementaryTypeNameExpression/.test(node.nodeType);
}

/** A condition, or a truth that is stored, passed on or returned. Comparisons, calls and names alike; not literals. */
function isDecision(node: AstNode, parent: AstNode | undefined): boolean {
  if (parent === undefined || typeOf(node) !== "bool" || node.nodeType === "Literal") return false;
  if (node.nodeType === "TupleExpression" || node.nodeType === "Assignment") return false;
  switch (parent.nodeType) {
    case "IfStatement":
    case "ForStatement":
    case "WhileStatement":
    case "Conditional":
      return parent["condition"] === node;
    case "BinaryOperation":
      return parent["operator"] === "&&" || parent["operator"] === "||";
    case "Return":
      return true;
    case "VariableDeclarationStatement":
      return parent["initialValue"] === node;
    case "Assignment":
      return parent["rightHandSide"] === node;
    default:
      return false;
  }
}

/** The integer type that a literal takes on in its place; undefined where that is not plain. */
function literalType(node: AstNode, parent: AstNode, functionNode: AstNode | undefined): string | undefined {
  switch (parent.nodeType) {
    case "BinaryOperation": {
      const operator = parent["operator"] as string;
      if (["<<", ">>", "**"].includes(operator) && parent["rightExpression"] === node) return "uint256";
      return integerType((parent["commonType"] as { typeString: string }).typeString);
    }
    case "Conditional":
      return parent["condition"] === node ? undefined : integerType(typeOf(parent));
    case "Assignment":
      return integerType(typeOf(parent));
    case "VariableDeclarationStatement": {
      const declarations = parent["declarations"] as (AstNode | null)[];
      const [declaration] = declarations;
      return declarations.length === 1 && isNode(declaration) ? integerType(typeOf(declaration)) : undefined;
    }
    case "FunctionCall": {
      const position = (parent["arguments"] as AstNode[]).indexOf(node);
      const list = /^function \(([^)]*)\)/.exec(typeOf(parent["expression"] as AstNode))?.[1];
      const type = list?.split(",")[position];
      return position < 0 || type === undefined ? undefined : integerType(type);
    }
    case "Return": {
      const returned = (functionNode?.["returnParameters"] as AstNode | undefined)?.["parameters"] as
        AstNode[] | undefined;
      return returned?.length === 1 && returned[0] !== undefined ? integerType(typeOf(returned[0])) : undefined;
    }
    default:
      return undefined;
  }
}

// Reading the coinbase is not pure, and functions that are pure must stay so: hence the cast, as EDR's own coverage has it.
const SWITCH = `
function _isNow(uint256 id) view returns (bool answer) {
    assembly ("memory-safe") {
        let awake := coinbase()
        answer := eq(awake, id)
        if eq(awake, ${REACH}) {
            mstore(0, id)
            pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, 0, 32, 0, 0))
        }
    }
}

function _asPure(function(uint256) view returns (bool) from) pure returns (function(uint256) pure returns (bool) to) {
    assembly ("memory-safe") {
        to := from
    }
}

function _is(uint256 id) pure returns (bool) {
    return _asPure(_isNow)(id);
}
`;
