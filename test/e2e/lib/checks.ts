// What must hold of every page: nothing cut off, nothing that axe finds serious.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

import type { AxeResults, RunOptions } from "axe-core";
import type { Page } from "playwright-core";

type Axe = { run: (options: RunOptions) => Promise<AxeResults> };

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** A line for each serious or critical finding. */
export async function seriousFindings(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(
    async () => await (window as unknown as { axe: Axe }).axe.run({ resultTypes: ["violations"] }),
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, help, nodes }) => nodes.map(({ target }) => `${id}: ${help}: ${target.join(" ")}`));
}

/** A line for each thing that goes over the edge of the window, or of a box that hides what goes over its own. */
export async function cutOff(page: Page): Promise<string[]> {
  return await page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    const name = (element: Element) =>
      `${element.tagName.toLowerCase()}${element.className === "" ? "" : `.${String(element.getAttribute("class")).replaceAll(" ", ".")}`} "${(element.textContent ?? "").trim().slice(0, 40)}"`;
    const found: string[] = [];
    const whole = document.documentElement.scrollWidth;
    if (whole > width) found.push(`the page is ${whole} wide in a window of ${width}`);
    /** Inside of something that scrolls by itself, or is there for screen readers only. */
    const isElsewhere = (element: Element): boolean => {
      for (let at: Element | null = element; at !== null && at !== document.body; at = at.parentElement) {
        const { overflowX, clip, clipPath, position } = getComputedStyle(at);
        if (at !== element && (overflowX === "auto" || overflowX === "scroll")) return true;
        if (position === "absolute" && (clip !== "auto" || clipPath !== "none")) return true;
      }
      return false;
    };
    for (const element of document.querySelectorAll("body *")) {
      if (element.closest("svg") !== null && element.tagName !== "svg") continue;
      if (!element.checkVisibility({ visibilityProperty: true })) continue;
      const box = element.getBoundingClientRect();
      if (box.width <= 1 || box.height <= 1 || isElsewhere(element)) continue;
      // What is wholly outside waits there for the keyboard's focus.
      if (box.right < 0 || box.bottom < 0) continue;
      if (box.right > width + 1 || box.left < -1) found.push(`over the edge: ${name(element)}`);
      const { overflowX } = getComputedStyle(element);
      const hides = overflowX === "hidden" || overflowX === "clip";
      if (hides && element.scrollWidth > element.clientWidth + 1) found.push(`cut off: ${name(element)}`);
    }
    return found;
  });
}
