// The paths that are done, a line each as they end: a run that was stopped goes on from there, and shards are put
// together from theirs. The first line says of what run they are.
import { appendFileSync, existsSync, mkdirSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import path from "node:path";

import { Problem } from "../problem.js";
import type { PathResult } from "./path.js";
import type { Item, Meta } from "./plan.js";

export const JOURNAL = "paths.ndjson";

/** The paths whose place in the run is `number` − 1 from the first and `of` from one another. */
export type Shard = { readonly number: number; readonly of: number };

export type Header = { readonly digest: string; readonly shard: Shard; readonly meta: Meta };

/** Results by their place in the run: all paths of the first market, then all of the next. */
export type Results = Map<number, PathResult>;

export const placeOf = ({ variant, path: number }: Item, { paths }: Meta): number => variant * paths + number;

export function itemsOf({ paths, variants }: Meta, { number, of }: Shard): Item[] {
  const items: Item[] = [];
  for (let place = number - 1; place < paths * variants.length; place += of) {
    items.push({ variant: Math.floor(place / paths), path: place % paths });
  }
  return items;
}

type Read = { readonly header: Header; readonly results: Results; readonly bytes: number };

export function readJournal(folder: string): Read | undefined {
  const file = path.join(folder, JOURNAL);
  if (!existsSync(file)) return undefined;
  const text = readFileSync(file, "utf8");
  // What ends without a line break was being written when the run was stopped.
  const whole = text.slice(0, text.lastIndexOf("\n") + 1);
  if (whole === "") return undefined;
  const [first, ...lines] = whole.trimEnd().split("\n");
  const parsed = (line: string, number: number): unknown => {
    try {
      return JSON.parse(line);
    } catch {
      throw new Problem(`${file}, line ${number}: is not what a run has written; delete the folder and run again`);
    }
  };
  const header = parsed(first as string, 1) as Header;
  const results: Results = new Map();
  for (const [i, line] of lines.entries()) {
    const { variant, path: number, ...result } = parsed(line, i + 2) as Item & PathResult;
    results.set(placeOf({ variant, path: number }, header.meta), result);
  }
  return { header, results, bytes: Buffer.byteLength(whole) };
}

export class Journal {
  readonly results: Results = new Map();
  readonly #header: Header;
  readonly #folder: string | undefined;

  /** Goes on with what lies in the folder, if it is of the same run. Without a folder nothing is kept. */
  constructor(header: Header, folder: string | undefined) {
    this.#header = header;
    this.#folder = folder;
    if (folder === undefined) return;
    const before = readJournal(folder);
    if (before === undefined) {
      makeFolder(folder);
      writeFileSync(this.#file(folder), lineOf(header));
      return;
    }
    const { shard } = header;
    if (before.header.digest !== header.digest) {
      throw new Problem(
        `--out: ${folder} holds paths of another scenario, other options or other code; name another folder`,
      );
    }
    if (before.header.shard.number !== shard.number || before.header.shard.of !== shard.of) {
      throw new Problem(
        `--out: ${folder} holds shard ${nameOf(before.header.shard)}, not ${nameOf(shard)}; name another folder`,
      );
    }
    this.results = before.results;
    truncateSync(this.#file(folder), before.bytes);
  }

  add(item: Item, result: PathResult): void {
    this.results.set(placeOf(item, this.#header.meta), result);
    if (this.#folder !== undefined) appendFileSync(this.#file(this.#folder), lineOf({ ...item, ...result }));
  }

  /** In the paths' order, whoever was first. */
  close(): void {
    if (this.#folder !== undefined) writeJournal(this.#folder, this.#header, this.results);
  }

  #file(folder: string): string {
    return path.join(folder, JOURNAL);
  }
}

export function writeJournal(folder: string, header: Header, results: Results): void {
  const lines = itemsOf(header.meta, header.shard).flatMap((item) => {
    const result = results.get(placeOf(item, header.meta));
    return result === undefined ? [] : [lineOf({ ...item, ...result })];
  });
  makeFolder(folder);
  const file = path.join(folder, JOURNAL);
  writeFileSync(`${file}.new`, lineOf(header) + lines.join(""));
  renameSync(`${file}.new`, file);
}

export function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (error) {
    throw new Problem(`--out: ${folder} can't be made: ${(error as Error).message.split(",")[0]}`);
  }
}

const lineOf = (value: object): string => `${JSON.stringify(value)}\n`;

export const nameOf = ({ number, of }: Shard): string => `${number}/${of}`;

/** The whole run, from one folder for each of its shards. */
export function gather(folders: readonly string[]): { header: Header; results: Results } {
  const seen = new Map<number, string>();
  let first: Header | undefined;
  const results: Results = new Map();
  for (const folder of folders) {
    const journal = readJournal(folder);
    if (journal === undefined) throw new Problem(`merge: ${folder} holds no ${JOURNAL}`);
    const { header } = journal;
    first ??= header;
    if (header.digest !== first.digest) throw new Problem(`merge: ${folder} is of another run than ${folders[0]}`);
    const { number, of } = header.shard;
    if (of !== first.shard.of) {
      throw new Problem(
        `merge: ${folder} is shard ${nameOf(header.shard)} and ${folders[0]} is ${nameOf(first.shard)}`,
      );
    }
    const twin = seen.get(number);
    if (twin !== undefined) throw new Problem(`merge: ${folder} and ${twin} are both shard ${nameOf(header.shard)}`);
    seen.set(number, folder);
    const items = itemsOf(header.meta, header.shard);
    const left = items.filter((item) => !journal.results.has(placeOf(item, header.meta))).length;
    if (left > 0) {
      throw new Problem(`merge: ${folder} lacks ${left} of its ${items.length} paths; run its shard again, it goes on`);
    }
    for (const [place, result] of journal.results) results.set(place, result);
  }
  if (first === undefined) throw new Problem("merge: name the folders of the shards");
  const { of } = first.shard;
  for (let number = 1; number <= of; ++number) {
    if (!seen.has(number)) throw new Problem(`merge: shard ${number}/${of} is missing`);
  }
  return { header: { ...first, shard: { number: 1, of: 1 } }, results };
}
