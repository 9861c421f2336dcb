// `npm run test:e2e`: the app that `npm start` serves, in a real Chromium.
//   npm run test:e2e                      all journeys
//   npm run test:e2e -- --grep borrow     those whose name has the word
//   npm run test:e2e -- --figures         how fast and how large the app is
import { globSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

import Mocha from "mocha";

import { findChromium } from "./lib/chromium.ts";
import { endStage } from "./lib/stage.ts";

const USAGE = "npm run test:e2e -- [--grep text] [--figures]";
const TIMEOUT = 60_000;

process.exit(await main());

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === "string") return complain(options);
  const found = findChromium();
  if ("remedy" in found) return complain(found.remedy);
  if (options.figures) {
    const { printFigures } = await import("./figures.ts");
    return await printFigures();
  }
  return await runTests(options.grep);
}

function complain(text: string): number {
  console.error(text);
  return 1;
}

function readOptions(): { grep: string | undefined; figures: boolean } | string {
  try {
    const { values } = parseArgs({
      options: { grep: { type: "string" }, figures: { type: "boolean", default: false } },
    });
    return { grep: values.grep, figures: values.figures };
  } catch (error) {
    return `${(error as Error).message.split(". ", 1).join("")}. ${USAGE}`;
  }
}

async function runTests(grep: string | undefined): Promise<number> {
  const mocha = new Mocha({ timeout: TIMEOUT, slow: 30_000, forbidOnly: true, forbidPending: true });
  if (grep !== undefined) mocha.fgrep(grep);
  const folder = fileURLToPath(new URL(".", import.meta.url));
  for (const file of globSync("*.e2e.ts", { cwd: folder }).toSorted()) mocha.addFile(`${folder}${file}`);
  await mocha.loadFilesAsync();
  const { passed, failed } = await new Promise<{ passed: number; failed: number }>((resolve) => {
    const runner = mocha.run(() => {
      const { passes = 0, failures = 0 } = runner.stats ?? {};
      resolve({ passed: passes, failed: failures });
    });
  });
  await endStage();
  console.log(`${passed} passed, ${failed} failed; screenshots are in cache/e2e`);
  return failed > 0 || passed === 0 ? 1 : 0;
}
