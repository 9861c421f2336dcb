// Bad input ends in one line: what was wrong, and how to mend it.
import type { z } from "zod";

/** Something the user can mend. Its message is one line. */
export class Problem extends Error {}

/** One line for what a schema refuses: the key, what was found, what is allowed. */
export function describeIssues(error: z.ZodError, source: string): string {
  const [issue] = error.issues;
  if (issue === undefined) return `${source}: not as expected`;
  const key = issue.path.length === 0 ? "" : ` ${issue.path.join(".")}:`;
  const isFoundSaid = issue.code === "unrecognized_keys" || !("input" in issue);
  const found = isFoundSaid ? "" : ` found ${shown(issue.input, issue.path.at(-1))};`;
  return `${source}:${key}${found} ${issue.message}`;
}

/** The first line of what went wrong, as ethers puts it in short: its long form has the node's URL in it, with whatever
 * key to the node is in that. */
export function reasonOf(error: unknown): string {
  const { shortMessage } = (error ?? {}) as { shortMessage?: string };
  const text = shortMessage ?? (error instanceof Error ? error.message : String(error));
  return text.split("\n", 1)[0] as string;
}

/** The bytes a contract reverted with, wherever the client put them. */
export function revertData(error: unknown): string | undefined {
  const seen = new Set<unknown>();
  const find = (value: unknown): string | undefined => {
    if (typeof value !== "object" || value === null || seen.has(value)) return undefined;
    seen.add(value);
    const { data } = value as { data?: unknown };
    if (typeof data === "string" && /^0x([0-9a-f]{2}){4,}$/i.test(data)) return data;
    for (const key of ["data", "error", "info", "cause"]) {
      const inner = find((value as Record<string, unknown>)[key]);
      if (inner !== undefined) return inner;
    }
    return undefined;
  };
  return find(error);
}

function plain(_key: string, part: unknown): unknown {
  return typeof part === "bigint" ? `${part}` : part;
}

/** A value; of a block its keys, or what is under the key that is wrong. */
function shown(value: unknown, key: PropertyKey | undefined): string {
  if (value === undefined) return "nothing";
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    const under = key === undefined ? undefined : (value as Record<PropertyKey, unknown>)[key];
    return under === undefined ? `{${Object.keys(value).join(", ")}}` : shown(under, undefined);
  }
  const text = JSON.stringify(value, plain) ?? typeof value;
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}

/** Runs a command's body: a Problem, or whatever else goes wrong, ends in one line and exit code 1. */
export async function runCommand(body: () => Promise<void>): Promise<never> {
  try {
    await body();
  } catch (error) {
    console.error(reasonOf(error));
    if (process.env["MUTUA_DEBUG"] !== undefined) console.error(error);
    process.exit(1);
  }
  // Open sockets of a provider would keep the process.
  process.exit();
}
