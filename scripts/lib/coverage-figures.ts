// From what was hit to figures: read Hardhat's counts, add them up, print them, write them as lcov and as docs/coverage.md.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import type { Branch, FilePlan } from "./coverage-plan.ts";
import { REASONS, type Reason } from "./coverage-reasons.ts";

type Count = { line: number; count: number };
type FileFigures = {
  file: string;
  lines: (Count & { code: string; side: "never" })[];
  branches: (Branch & Count)[];
};
export type Gap = Reason["gap"];
export type Figures = { files: FileFigures[]; gaps: (Gap & { line: number })[] };

export const LEAST_PERCENT = { lines: 99, branches: 95 };

const isHit = ({ count }: { count: number }) => count > 0;

/** What test runs reached: hits of branches by their number, and of lines by file. */
export type Counts = { hits: Record<number, number>; lines: Record<string, Record<number, number>> };

function addTo(sum: Record<number, number>, more: Record<number, number>): void {
  for (const [key, count] of Object.entries(more)) sum[Number(key)] = (sum[Number(key)] ?? 0) + count;
}

/**
 * What the last run in a copy left. Hardhat also counts lines between statements, such as declarations, as run: they are
 * left out later.
 */
export function readCounts(folder: string): Counts {
  const counts: Counts = { hits: {}, lines: {} };
  const data = join(folder, "coverage/data/mocha");
  for (const file of readdirSync(data)) {
    const tags = JSON.parse(readFileSync(join(data, file), "utf8")) as Record<string, number>;
    for (const [tag, count] of Object.entries(tags)) {
      // Hardhat's own numbers are hashes: too large for ours.
      if (tag.startsWith("0".repeat(48))) addTo(counts.hits, { [Number(`0x${tag}`)]: count });
    }
  }
  let lines: Record<number, number> = {};
  for (const entry of readFileSync(join(folder, "coverage/lcov.info"), "utf8").split("\n")) {
    const [, kind, value = ""] = /^(SF|DA):(.*)$/.exec(entry) ?? [];
    if (kind === "SF") counts.lines[value] = lines = {};
    if (kind === "DA") {
      const [line, count] = value.split(",").map(Number) as [number, number];
      lines[line] = count;
    }
  }
  return counts;
}

export function addCounts(sum: Counts, more: Counts): void {
  addTo(sum.hits, more.hits);
  for (const [file, lines] of Object.entries(more.lines)) addTo((sum.lines[file] ??= {}), lines);
}

export function figuresOf(plan: FilePlan[], { hits, lines }: Counts): Figures {
  const files = plan
    .map(({ file, branches, statements }) => ({
      file,
      lines: Object.entries(lines[file] ?? {}).flatMap(([key, count]) => {
        const line = Number(key);
        const code = statements[line];
        return code === undefined ? [] : [{ line, count, code, side: "never" as const }];
      }),
      branches: branches.map((branch) => ({ ...branch, count: hits[branch.hit] ?? 0 })),
    }))
    .filter((figures) => figures.lines.length > 0);
  const gaps = files.flatMap(({ file, lines: counted, branches }) =>
    [...counted, ...branches]
      .filter((place) => !isHit(place))
      .map(({ line, code, side }) => ({ file, line, code, side })),
  );
  return { files, gaps };
}

const isSame = (a: Gap, b: Gap) => a.file === b.file && a.code === b.code && a.side === b.side;

function share(counts: readonly { count: number }[]): { hit: number; all: number; percent: number } {
  const hit = counts.filter(isHit).length;
  return { hit, all: counts.length, percent: counts.length === 0 ? 100 : (hit / counts.length) * 100 };
}

/** Rounded down: 100% means all. */
const percentText = (percent: number) => (Math.floor(percent * 100) / 100).toFixed(2);

const shareText = (counts: readonly { count: number }[]) => {
  const { hit, all, percent } = share(counts);
  return [`${hit} of ${all}`, `${percentText(percent)} %`];
};

export const HEAD = ["file", "lines", "", "branches", ""];

export function rows({ files }: Figures): string[][] {
  const totals = { lines: files.flatMap(({ lines }) => lines), branches: files.flatMap(({ branches }) => branches) };
  return [
    ...files.map(({ file, lines, branches }) => [file, ...shareText(lines), ...shareText(branches)]),
    ["all", ...shareText(totals.lines), ...shareText(totals.branches)],
  ];
}

const gapText = ({ file, line, code, side }: Figures["gaps"][number]) => `${file}:${line}: ${code} (${side})`;

/** What is wrong, in sentences; nothing if the thresholds are kept and every gap has its reason. */
export function complaints({ files, gaps }: Figures): string[] {
  const percents = {
    lines: share(files.flatMap(({ lines }) => lines)).percent,
    branches: share(files.flatMap(({ branches }) => branches)).percent,
  };
  const below = (["lines", "branches"] as const)
    .filter((kind) => percents[kind] < LEAST_PERCENT[kind])
    .map((kind) => `${kind}: ${percentText(percents[kind])} %, at least ${LEAST_PERCENT[kind]} % are wanted`);
  const unexplained = gaps.filter((gap) => !REASONS.some((reason) => isSame(reason.gap, gap)));
  const stale = REASONS.filter(({ gap }) => !gaps.some((found) => isSame(gap, found)));
  return [
    ...below,
    ...unexplained.map((gap) => `no test goes there, and no reason is given: ${gapText(gap)}`),
    ...stale.map(({ gap }) => `a reason without a gap: ${gap.file}: ${gap.code} (${gap.side})`),
  ];
}

export function lcov({ files }: Figures): string {
  const sections = files.map(({ file, lines, branches }) => [
    `SF:${file}`,
    ...lines.map(({ line, count }) => `DA:${line},${count}`),
    `LF:${lines.length}`,
    `LH:${lines.filter(isHit).length}`,
    ...branches.map(({ line, hit, count, side }) => {
      const second = side === "false" || side === "failure";
      return `BRDA:${line},${second ? hit - 1 : hit},${Number(second)},${count === 0 ? "-" : count}`;
    }),
    `BRF:${branches.length}`,
    `BRH:${branches.filter(isHit).length}`,
    "end_of_record",
  ]);
  return ["TN:", ...sections.flat(), ""].join("\n");
}

const markdownTable = (head: string[], body: string[][], align: string[]) =>
  [head, align, ...body].map((cells) => `| ${cells.join(" | ")} |`);

const asCode = (text: string) => `\`${text.replaceAll("|", "\\|")}\``;

export function markdown(figures: Figures): string {
  const explained = REASONS.map(({ gap, reason }) => [
    gap.file.replace("contracts/", ""),
    asCode(gap.code),
    gap.side,
    reason,
  ]);
  return [
    "# Coverage",
    "",
    "Written by `npm run coverage -- --write`; how it counts stands in [testing.md](testing.md#coverage).",
    "",
    ...markdownTable(
      HEAD,
      rows(figures).map(([file = "", ...rest]) => [file.replace("contracts/", ""), ...rest]),
      ["---", "---:", "---:", "---:", "---:"],
    ),
    "",
    "## What no test reaches",
    "",
    ...(explained.length === 0
      ? ["Nothing."]
      : markdownTable(["file", "code", "side", "why"], explained, ["---", "---", "---", "---"])),
    "",
  ].join("\n");
}
