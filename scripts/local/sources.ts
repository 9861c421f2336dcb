// Whether what was made of sources is still of them.
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";

export const ROOT = path.join(import.meta.dirname, "../..");

/** Of the names and contents of files, and of all in folders but what is called so. */
export function hashOf(sources: readonly string[], except: readonly string[] = []): string {
  const hash = createHash("sha256");
  const add = (name: string): void => {
    const file = path.join(ROOT, name);
    if (statSync(file).isDirectory()) {
      for (const entry of readdirSync(file).toSorted()) if (!except.includes(entry)) add(`${name}/${entry}`);
    } else {
      hash.update(`${name}\0`).update(readFileSync(file)).update("\0");
    }
  };
  for (const source of sources) add(source);
  return hash.digest("hex").slice(0, 16);
}
