// Hardhat counts statements and lines, not branches. So every condition is wrapped, in a copy of the sources, by a call
// that sends Hardhat one number when it was true and another when it was false, and gives the condition back. Nothing
// moves to another line, so what Hardhat says of lines holds for the original.
import { posix } from "node:path";

import {
  applyEdits,
  childrenOf,
  copyProject,
  lineOf,
  parseSources,
  rangeOf,
  textOf,
  writeSource,
} from "./source-copy.ts";
import type { AstNode, Edit, Source } from "./source-copy.ts";

/** One way the code can go. `hit` is the number under which Hardhat counts it. */
export type Branch = { line: number; code: string; side: "true" | "false" | "success" | "failure"; hit: number };

/** What there is to hit in a file; of its lines those with a statement, and their text. */
export type FilePlan = { file: string; branches: Branch[]; statements: Record<number, string> };

/** What is deployed: the rest is tests and declarations. */
export const isDeployed = (file: string) => !/^contracts\/(mocks|interfaces)\//.test(file);

const HELPER = "contracts/BranchHits.sol";

/** The address is the one at which Hardhat's simulator listens; hits of its own are hashes, ours are small numbers. */
const HELPER_SOURCE = `// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

library __BranchHits {
    function seen(bool condition, uint256 id) internal pure returns (bool) {
        hit(condition ? id : id + 1);
        return condition;
    }

    function hit(uint256 id) internal pure {
        _asPure(_send)(id);
    }

    function _send(uint256 id) private view {
        assembly ("memory-safe") {
            let word := mload(0x40)
            mstore(word, id)
            pop(staticcall(gas(), 0xc0bEc0BEc0BeC0bEC0beC0bEC0bEC0beC0beC0BE, word, 32, 0, 0))
        }
    }

    function _asPure(
        function(uint256) internal view impure
    ) private pure returns (function(uint256) internal pure pureFunction) {
        assembly ("memory-safe") {
            pureFunction := impure
        }
    }
}
`;

const CONDITIONAL = new Set(["IfStatement", "WhileStatement", "DoWhileStatement", "ForStatement", "Conditional"]);
const COMPOUND: Record<string, string[]> = {
  Block: [],
  UncheckedBlock: [],
  PlaceholderStatement: [],
  IfStatement: ["condition"],
  WhileStatement: ["condition"],
  DoWhileStatement: ["condition"],
  ForStatement: ["initializationExpression", "condition", "loopExpression"],
  TryStatement: ["externalCall"],
};

const isLogic = (node: AstNode) => node.nodeType === "BinaryOperation" && ["&&", "||"].includes(String(node.operator));

/** `a && !(b || c)` is three conditions: a, b and c. All sides of all of them imply both sides of the whole. */
function conditionsIn(node: AstNode): AstNode[] {
  const isTransparent =
    isLogic(node) ||
    (node.nodeType === "UnaryOperation" && node.operator === "!") ||
    (node.nodeType === "TupleExpression" && childrenOf(node).length === 1);
  if (isTransparent) return childrenOf(node).flatMap(conditionsIn);
  return node.nodeType === "Literal" ? [] : [node];
}

/** The whole conditions of a tree: what is asked by if, loops and ?:, by require and assert, and by && and || elsewhere. */
function decisionsIn(node: AstNode): AstNode[] {
  const own: AstNode[] = [];
  if (CONDITIONAL.has(node.nodeType) && node.condition) own.push(node.condition as AstNode);
  if (node.nodeType === "FunctionCall") {
    const { name } = node.expression as AstNode;
    const [condition] = node.arguments as AstNode[];
    if (condition !== undefined && (name === "require" || name === "assert")) own.push(condition);
  }
  const below = childrenOf(node).flatMap(decisionsIn);
  return isLogic(node) ? [node, ...below] : [...own, ...below];
}

function triesIn(node: AstNode): AstNode[] {
  return [...(node.nodeType === "TryStatement" ? [node] : []), ...childrenOf(node).flatMap(triesIn)];
}

/** The lines on which a statement, or the head of a compound one, stands. */
function statementsOf(source: Source): Record<number, string> {
  const text = source.bytes.toString().split("\n");
  const lines: Record<number, string> = {};
  const lineAt = (byte: number) => lineOf(source, { id: 0, nodeType: "", src: `${byte}:0:0` });
  const add = ([start, end]: [number, number]) => {
    const last = lineAt(end - 1);
    for (let line = lineAt(start); line <= last; line++) lines[line] = (text[line - 1] ?? "").trim();
  };
  const walk = (node: AstNode) => {
    const heads = COMPOUND[node.nodeType];
    if (heads !== undefined) {
      const parts = heads
        .map((name) => node[name] as AstNode | null)
        .filter((part) => part !== null && part !== undefined);
      const last = parts.at(-1);
      if (last !== undefined) add([rangeOf(node)[0], rangeOf(last)[1]]);
    } else if (/(Statement|^Return|^Break|^Continue|^InlineAssembly)$/.test(node.nodeType)) {
      add(rangeOf(node));
      return;
    }
    childrenOf(node).forEach(walk);
  };
  walk(source.ast);
  return lines;
}

function instrumentSource(source: Source, nextHit: () => number): { text: string; branches: Branch[] } {
  const edits: Edit[] = [];
  const branches: Branch[] = [];
  const insert = (at: number, text: string) => edits.push({ start: at, end: at, text });

  const seen = new Set<number>();
  for (const condition of decisionsIn(source.ast).flatMap(conditionsIn)) {
    if (seen.has(condition.id)) continue;
    seen.add(condition.id);
    const [start, end] = rangeOf(condition);
    const [whenTrue, whenFalse] = [nextHit(), nextHit()];
    insert(start, "__BranchHits.seen(");
    insert(end, `, ${whenTrue})`);
    const place = { line: lineOf(source, condition), code: textOf(source, condition).replaceAll(/\s+/g, " ") };
    branches.push({ ...place, side: "true", hit: whenTrue }, { ...place, side: "false", hit: whenFalse });
  }
  for (const node of triesIn(source.ast)) {
    const call = node.externalCall as AstNode;
    const place = { line: lineOf(source, node), code: `try ${textOf(source, call).replaceAll(/\s+/g, " ")}` };
    for (const [index, clause] of (node.clauses as AstNode[]).entries()) {
      const hit = nextHit();
      insert(rangeOf(clause.block as AstNode)[0] + 1, ` __BranchHits.hit(${hit});`);
      branches.push({ ...place, side: index === 0 ? "success" : "failure", hit });
    }
  }
  if (branches.length === 0) return { text: source.bytes.toString(), branches };

  const path = posix.relative(posix.dirname(source.file), HELPER);
  const text = applyEdits(source, edits);
  return { text: `${text}import {__BranchHits} from "${path.startsWith(".") ? path : `./${path}`}";\n`, branches };
}

/** Makes the copy and returns its folder and what there is to hit. */
export function makeInstrumentedCopy(): { folder: string; plan: FilePlan[] } {
  const folder = copyProject("coverage");
  let hits = 1;
  const plan = parseSources()
    .filter(({ file }) => isDeployed(file))
    .map((source) => {
      const { text, branches } = instrumentSource(source, () => hits++);
      writeSource(folder, source, text);
      return { file: source.file, branches, statements: statementsOf(source) };
    });
  writeSource(folder, { file: HELPER }, HELPER_SOURCE);
  return { folder, plan };
}
