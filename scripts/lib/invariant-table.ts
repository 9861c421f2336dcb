// What a run of test/invariant walked: calls and reverts of each function, and how often each path was taken.
import { globSync, readFileSync, rmSync } from "node:fs";

import Table from "cli-table3";
import { AbiCoder, Interface, type InterfaceAbi } from "ethers";

/** In the order of the enum Path in Handler.sol; the least that a deep run must have seen of each. */
const PATHS: readonly (readonly [path: string, least: number])[] = [
  ["insolvent liquidation that reaches suppliers", 1_000],
  ["foreclosure", 1_000],
  ["estate sold below what it owed", 1_000],
  ["estate sold above what it owed", 1_000],
  ["fund wiped", 1_000],
  ["haircut after a recovery (second incident)", 1_000],
  ["wind-down", 1_000],
  ["liquidation in a wind-down", 0],
  ["all certificates repaid and claimed", 0],
  ["fund worn to a new generation", 0],
  ["loss covered by reserve and fund", 0],
  ["loss in parts against the whole (L-2)", 0],
  ["fund burned in part while some of it cools (F-2)", 1_000],
];

/** For the authority and the fund alone: everyone else is refused. The fund's own calls are within its functions'. */
const OTHERS_ONLY = [
  "pool setAuthority(address)",
  "pool startCooling(uint256)",
  "pool stopCooling(uint256)",
  "pool leaveFund(uint256,uint256,address)",
];

const LOGS = "cache/invariants-*.log";

type Row = { calls: number; reverts: number };

/** Every function of pool and fund that is not a view, by its selector; the fund's have a bit above. */
function functions(): Map<bigint, string> {
  const named = new Map<bigint, string>();
  for (const [name, offset, contract] of [
    ["pool", 0n, "ILendingPool"],
    ["fund", 1n << 32n, "IInsuranceFund"],
  ] as const) {
    const artifact = readFileSync(`artifacts/contracts/interfaces/${contract}.sol/${contract}.json`, "utf8");
    new Interface((JSON.parse(artifact) as { abi: InterfaceAbi }).abi).forEachFunction((one) => {
      if (!one.constant) named.set(offset | BigInt(one.selector), `${name} ${one.format("sighash")}`);
    });
  }
  return named;
}

function table(head: string[]): Table.Table {
  return new Table({ head, colAligns: ["left", "right", "right"], style: { head: [], border: [], compact: true } });
}

/** Runs the invariants and prints what they walked. False if they failed, or left a path or a function out. */
export function walkInvariants(run: (environment: Record<string, string>) => boolean): boolean {
  for (const file of globSync(LOGS)) rmSync(file);
  const hold = run({ MUTUA_WALKED: "cache" });
  return printWalked() && hold;
}

/** The tables. False if a path was walked too rarely, or a function never got through. */
function printWalked(): boolean {
  let isGood = true;
  let [runs, steps] = [0, 0];
  const paths = PATHS.map(() => 0);
  const rows = new Map<bigint, Row>();
  for (const file of globSync(LOGS)) {
    for (const line of readFileSync(file, "utf8").split("\n")) {
      if (line === "") continue;
      const [taken, walked, selectors, calls, reverts] = AbiCoder.defaultAbiCoder().decode(
        ["uint256", `uint256[${PATHS.length}]`, "uint256[]", "uint256[]", "uint256[]"],
        line,
      ) as unknown as [bigint, bigint[], bigint[], bigint[], bigint[]];
      ++runs;
      steps += Number(taken);
      walked.forEach((times, i) => (paths[i] = (paths[i] ?? 0) + Number(times)));
      selectors.forEach((selector, i) => {
        const row = rows.get(selector) ?? { calls: 0, reverts: 0 };
        rows.set(selector, { calls: row.calls + Number(calls[i]), reverts: row.reverts + Number(reverts[i]) });
      });
    }
  }

  const calls = table(["function", "calls", "reverts"]);
  let total = 0;
  for (const [selector, name] of functions()) {
    const row = rows.get(selector) ?? { calls: 0, reverts: 0 };
    total += row.calls;
    calls.push([name, row.calls, row.reverts]);
    if (row.calls === row.reverts && !OTHERS_ONLY.includes(name)) {
      console.error(`never succeeded: ${name}`);
      isGood = false;
    }
  }
  const walks = table(["path", "times", "at least"]);
  PATHS.forEach(([path, least], i) => {
    const times = paths[i] ?? 0;
    walks.push([path, times, least === 0 ? "" : least]);
    if (times < least) isGood = false;
  });
  console.log(`${calls.toString()}\n${walks.toString()}`);
  console.log(`${runs} runs, ${steps} steps, ${total} calls to pool and fund`);
  return isGood;
}
