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

/** Hits by number, over all files that the test run left. */
function readHits(folder: string): Map<number, number> {
  const data = join(folder, "coverage/data/mocha");
  const hits = new Map<number, number>();
  for (const file of readdirSync(data)) {
    const counts = JSON.parse(readFileSync(join(data, file), "utf8")) as Record<string, number>;
    for (const [tag, count] of Object.entries(counts)) {
      // Hardhat's own numbers are hashes: what they lose here can't make them small.
      const id = Number(`0x${tag}`);
      hits.set(id, (hits.get(id) ?? 0) + count);
    }
  }
  return hits;
}

/** Hardhat's lines. It also counts those between statements, such as declarations, as run: they are left out later. */
function readLines(folder: string): Map<string, Count[]> {
  const files = new Map<string, Count[]>();
  let lines: Count[] = [];
  for (const entry of readFileSync(join(folder, "coverage/lcov.info"), "utf8").split("\n")) {
    const [, kind, value = ""] = /^(SF|DA):(.*)$/.exec(entry) ?? [];
    if (kind === "SF") files.set(value, (lines = []));
    if (kind === "DA") {
      const [line, count] = value.split(",").map(Number) as [number, number];
      lines.push({ line, count });
    }
  }
  return files;
}

export function readFigures(folder: string, plan: FilePlan[]): Figures {
  const hits = readHits(folder);
  const lines = readLines(folder);
  const files = plan
    .map(({ file, branches, statements }) => ({
      file,
      lines: (lines.get(file) ?? []).flatMap(({ line, count }) => {
        const code = statements[line];
        return code === undefined ? [] : [{ line, count, code, side: "never" as const }];
      }),
      branches: branches.map((branch) => ({ ...branch, count: hits.get(branch.hit) ?? 0 })),
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
