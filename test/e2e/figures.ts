// How fast and how large the app is: as a static host serves it, compressed, to a browser slowed down as Lighthouse
// slows it (its presets "mobile" and "desktop", throttling applied by DevTools).
import type { Browser, CDPSession } from "playwright-core";

import { launchChromium } from "./lib/chromium.ts";
import { type Host, hostApp, scriptSize } from "./lib/host.ts";
import { startSystem } from "./lib/system.ts";
import { type Width, WIDTHS } from "./lib/visit.ts";

const RUNS = 5;

type Preset = { width: Width; latency: number; downloadThroughput: number; uploadThroughput: number; slowdown: number };

const KILOBIT = 1024 / 8;

/**
 * Lighthouse's constants for throttling by DevTools: latency of a request in milliseconds, 3.75 times that of a packet;
 * bytes a second, nine tenths of the line's.
 */
export const PRESETS = {
  mobile: {
    width: "phone",
    latency: 562.5,
    downloadThroughput: 1474.56 * KILOBIT,
    uploadThroughput: 675 * KILOBIT,
    slowdown: 4,
  },
  desktop: {
    width: "desktop",
    latency: 40 * 3.75,
    downloadThroughput: 9_216 * KILOBIT,
    uploadThroughput: 9_216 * KILOBIT,
    slowdown: 1,
  },
} as const satisfies Record<string, Preset>;

export type Figures = {
  /** Milliseconds. */
  firstContentfulPaint: number;
  largestContentfulPaint: number;
  /** Until the first market's figures stand there. */
  figuresShown: number;
  totalBlockingTime: number;
  cumulativeLayoutShift: number;
  /** Bytes of script that came over the wire until the first page stood. */
  scriptTransferred: number;
};

type Seen = { paint: number; largest: number; long: [start: number, duration: number][]; shift: number };

/** The median of each figure over some first visits. */
export async function measure(browser: Browser, host: Host, preset: Preset, runs = RUNS): Promise<Figures> {
  const all: Figures[] = [];
  for (let run = 0; run < runs; ++run) all.push(await measureOnce(browser, host, preset));
  const medians = Object.keys(all[0] ?? {}).map((key) => {
    const values = all.map((figures) => figures[key as keyof Figures]).toSorted((a, b) => a - b);
    return [key, values[Math.floor(values.length / 2)]];
  });
  return Object.fromEntries(medians) as Figures;
}

async function measureOnce(browser: Browser, host: Host, preset: Preset): Promise<Figures> {
  const context = await browser.newContext({ viewport: WIDTHS[preset.width] });
  try {
    await context.addInitScript(watch);
    const page = await context.newPage();
    const cdp = await context.newCDPSession(page);
    const script = await throttle(cdp, preset);
    await page.goto(host.url, { waitUntil: "commit" });
    await page.getByRole("main").getByRole("row").getByRole("link").first().waitFor({ timeout: 60_000 });
    const figuresShown = await page.evaluate(() => performance.now());
    // Until nothing has held the page up for two seconds.
    await page.waitForFunction(() => {
      const { long } = (window as unknown as { seen: Seen }).seen;
      const [start = 0, duration = 0] = long.at(-1) ?? [];
      return performance.now() - start - duration > 2_000;
    });
    const seen = await page.evaluate(() => (window as unknown as { seen: Seen }).seen);
    return {
      firstContentfulPaint: seen.paint,
      largestContentfulPaint: seen.largest,
      figuresShown,
      totalBlockingTime: seen.long
        .filter(([start, duration]) => start + duration > seen.paint)
        .reduce((sum, [, duration]) => sum + duration - 50, 0),
      cumulativeLayoutShift: seen.shift,
      scriptTransferred: script.bytes,
    };
  } finally {
    await context.close();
  }
}

async function throttle(cdp: CDPSession, preset: Preset): Promise<{ bytes: number }> {
  const { latency, downloadThroughput, uploadThroughput, slowdown: rate } = preset;
  const script = { bytes: 0 };
  const scripts = new Set<string>();
  cdp.on("Network.responseReceived", ({ requestId, type }) => type === "Script" && scripts.add(requestId));
  cdp.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => {
    if (scripts.has(requestId)) script.bytes += encodedDataLength;
  });
  await cdp.send("Network.enable");
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency, downloadThroughput, uploadThroughput });
  await cdp.send("Emulation.setCPUThrottlingRate", { rate });
  return script;
}

/** Runs in the page, before anything of its own. */
function watch(): void {
  const seen: Seen = { paint: 0, largest: 0, long: [], shift: 0 };
  (window as unknown as { seen: Seen }).seen = seen;
  const observe = (
    type: string,
    take: (entry: PerformanceEntry & { value?: number; hadRecentInput?: boolean }) => void,
  ) => new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  observe("paint", (entry) => {
    if (entry.name === "first-contentful-paint") seen.paint = entry.startTime;
  });
  observe("largest-contentful-paint", (entry) => (seen.largest = entry.startTime));
  observe("longtask", (entry) => seen.long.push([entry.startTime, entry.duration]));
  observe("layout-shift", (entry) => {
    if (entry.hadRecentInput !== true) seen.shift += entry.value ?? 0;
  });
}

/** Prints them all; says with its code whether they keep to the budget. */
export async function printFigures(): Promise<number> {
  const system = await startSystem();
  const host = await hostApp(system, { ...system.config, rpcUrls: [system.rpcUrl] });
  const browser = await launchChromium();
  try {
    console.log(`script of the whole app, compressed: ${kilobytes(await scriptSize(system))}`);
    for (const [name, preset] of Object.entries(PRESETS)) {
      const figures = await measure(browser, host, preset);
      console.log(`\nLighthouse's preset ${name}, median of ${RUNS} first visits`);
      console.log(`  first contentful paint    ${seconds(figures.firstContentfulPaint)}`);
      console.log(`  largest contentful paint  ${seconds(figures.largestContentfulPaint)}`);
      console.log(`  first figures of markets  ${seconds(figures.figuresShown)}`);
      console.log(`  total blocking time       ${figures.totalBlockingTime.toFixed(0)} ms`);
      console.log(`  cumulative layout shift   ${figures.cumulativeLayoutShift.toFixed(3)}`);
      console.log(`  script transferred        ${kilobytes(figures.scriptTransferred)}`);
    }
  } finally {
    await browser.close();
    await host.close();
    await system.stop();
  }
  return 0;
}

const seconds = (milliseconds: number) => `${(milliseconds / 1_000).toFixed(2)} s`;
const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1)} kB`;
