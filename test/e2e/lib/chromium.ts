// The browser: Debian's Chromium, Chrome, or the one that $CHROMIUM names.
import { accessSync, constants } from "node:fs";

import { type Browser, chromium } from "playwright-core";

const PLACES = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/snap/bin/chromium",
  "/usr/bin/google-chrome-stable",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

/** As a test needs it: without what a browser asks its maker for at every start. */
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--force-color-profile=srgb",
];

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where the browser is; or what to do about there being none. */
export function findChromium(): { path: string } | { remedy: string } {
  const named = process.env["CHROMIUM"];
  if (named !== undefined && named !== "") {
    return isProgram(named) ? { path: named } : { remedy: `CHROMIUM names ${named}, which is no program.` };
  }
  const path = PLACES.find(isProgram);
  if (path !== undefined) return { path };
  return { remedy: "No Chromium: install it (Debian: apt install chromium), or name yours in CHROMIUM." };
}

export async function launchChromium(): Promise<Browser> {
  const found = findChromium();
  if ("remedy" in found) throw new Error(found.remedy);
  return await chromium.launch({ executablePath: found.path, args: FLAGS });
}
