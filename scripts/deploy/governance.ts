// Who may call what, and how long after announcing it, as the authority itself answers.
import type { FunctionFragment } from "ethers";

import { readLogs } from "../lib/logs.ts";
import { type ContractName, interfaceOf } from "./artifacts.ts";
import type { Reader } from "./chain.ts";

/** Roles by their numbers in MutuaAuthority. */
export const ROLE_NAMES = ["admin", "guardian", "governor", "oracleManager"] as const;
export type RoleName = (typeof ROLE_NAMES)[number];

export type RuleOnChain = { signature: string; selector: string; roleId: bigint; delay: bigint };
export type Member = { roleId: bigint; account: string; delay: bigint };

export async function rulesOf(reader: Reader, authority: string): Promise<RuleOnChain[]> {
  const rules = await reader.value<{ signature: string; selector: string; roleId: bigint; delay: bigint }[]>(
    "MutuaAuthority",
    authority,
    "rules",
  );
  return rules.map(({ signature, selector, roleId, delay }) => ({ signature, selector, roleId, delay }));
}

/** The role of every function that changes something, by its signature: asked for in one call. */
export async function rolesOfFunctions(
  reader: Reader,
  authority: string,
  target: string,
  name: ContractName,
): Promise<Map<string, bigint>> {
  const face = interfaceOf("MutuaAuthority");
  const functions = interfaceOf(name).fragments.filter(
    (each): each is FunctionFragment => each.type === "function" && !(each as FunctionFragment).constant,
  );
  const calls = functions.map((each) => face.encodeFunctionData("getTargetFunctionRole", [target, each.selector]));
  const answers = await reader.value<string[]>("MutuaAuthority", authority, "multicall", [calls]);
  return new Map(functions.map((each, i) => [each.format("sighash"), BigInt(answers[i] ?? "0x0")]));
}

/** Who has a role now: everybody who was ever granted one, asked again. */
export async function members(reader: Reader, authority: string, fromBlock: number): Promise<Member[]> {
  const face = interfaceOf("MutuaAuthority");
  const topic = face.getEvent("RoleGranted")?.topicHash ?? "";
  const range = { from: fromBlock, to: await reader.provider.getBlockNumber() };
  const logs = await readLogs(reader.provider, { address: authority, topics: [topic] }, range);
  const granted = new Map<string, { roleId: bigint; account: string }>();
  for (const log of logs) {
    const { roleId, account } = face.decodeEventLog("RoleGranted", log.data, log.topics) as unknown as {
      roleId: bigint;
      account: string;
    };
    granted.set(`${roleId} ${account}`, { roleId, account });
  }
  const found: Member[] = [];
  for (const { roleId, account } of granted.values()) {
    const [isMember, delay] = await reader.call("MutuaAuthority", authority, "hasRole", [roleId, account]);
    if (isMember as boolean) found.push({ roleId, account, delay: delay as bigint });
  }
  return found;
}

export function shownDelay(seconds: bigint): string {
  if (seconds === 0n) return "none";
  return seconds % 86_400n === 0n ? `${seconds / 86_400n} days` : `${seconds} s`;
}
