// What the keeper knows, on disk: written whole or not at all. It saves time only; the chain has it all.
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";

import { Problem } from "../lib/problem.ts";
import type { Book } from "./book.ts";

const VERSION = 1;

export type CheckpointOf = { chainId: bigint; pool: string };

/** Whether there was a usable one. One of another pool is a Problem; a broken one is as good as none. */
export function readCheckpoint(path: string, of: CheckpointOf, book: Book): boolean {
  let json: { version?: number; chainId?: string; pool?: string; book?: unknown };
  try {
    json = JSON.parse(readFileSync(path, "utf8")) as typeof json;
  } catch {
    return false;
  }
  if (json.version !== VERSION) return false;
  if (json.chainId !== `${of.chainId}` || json.pool !== of.pool) {
    throw new Problem(`${path} belongs to another pool (${json.pool}): name another file with --checkpoint`);
  }
  try {
    book.restore(json.book);
    return book.last !== undefined;
  } catch {
    book.clear();
    return false;
  }
}

export function writeCheckpoint(path: string, of: CheckpointOf, book: Book): void {
  const text = JSON.stringify({ version: VERSION, chainId: `${of.chainId}`, pool: of.pool, book: book.toJSON() });
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    mkdirSync(dirname(path), { recursive: true });
    const file = openSync(temporary, "w");
    writeSync(file, text);
    fsyncSync(file);
    closeSync(file);
    renameSync(temporary, path);
  } catch (error) {
    throw new Problem(
      `The checkpoint ${path} can't be written (${(error as Error).message}): name another with --checkpoint`,
    );
  }
}
