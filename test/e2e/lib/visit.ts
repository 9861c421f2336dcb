// A visit to the app: a browser with a size and a theme, and what it saw that must not be.
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";

import type { Browser, BrowserContext, Page } from "playwright-core";

import type { System } from "./system.ts";
import type { TestWallet } from "./wallet.ts";

export const SCREENSHOTS = new URL("../../../cache/e2e/", import.meta.url);

export const WIDTHS = { phone: { width: 375, height: 812 }, desktop: { width: 1440, height: 900 } } as const;
export type Width = keyof typeof WIDTHS;
export const THEMES = ["light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

export type VisitOptions = {
  /** The page, if it is not that of `npm start`. */
  url?: string;
  width?: Width;
  theme?: Theme;
  wallet?: TestWallet;
  walletName?: string;
  locale?: string;
  /** Somebody of the local chain who was connected before. */
  as?: string;
  /** The page to begin with, by what follows "#/". */
  path?: string;
};

export class Visit {
  /** Errors of the console, and errors that nobody caught. */
  readonly errors: string[] = [];
  /** Requests that went to another host than the app's and the chain's. */
  readonly strangers: string[] = [];
  /** When requests to the chain's node that were answered went out, in milliseconds, by the browser's own clock. */
  readonly asked: number[] = [];
  readonly page: Page;
  readonly #context: BrowserContext;
  readonly #system: System;

  private constructor(context: BrowserContext, page: Page, system: System, url: string) {
    this.page = page;
    this.#context = context;
    this.#system = system;
    const hosts = new Set([url, ...system.rpcUrls].map((each) => new URL(each).host));
    page.on("console", (message) => {
      if (message.type() === "error") this.errors.push(`${message.text()} (${message.location().url})`);
    });
    page.on("pageerror", (error) => this.errors.push(`${error.message}\n${error.stack ?? ""}`));
    context.on("request", (request) => {
      const { protocol, host } = new URL(request.url());
      if (!["data:", "blob:"].includes(protocol) && !hosts.has(host)) this.strangers.push(request.url());
    });
    context.on("requestfinished", (request) => {
      if (system.rpcUrls.includes(request.url())) this.asked.push(request.timing().startTime);
    });
  }

  static async open(browser: Browser, system: System, options: VisitOptions = {}): Promise<Visit> {
    const {
      url = system.url,
      width = "desktop",
      theme = "light",
      wallet,
      walletName,
      as,
      path,
      locale = "en-US",
    } = options;
    const context = await browser.newContext({
      viewport: WIDTHS[width],
      colorScheme: theme,
      locale,
      timezoneId: "UTC",
      reducedMotion: "reduce",
    });
    context.setDefaultTimeout(15_000);
    if (wallet !== undefined) await wallet.install(context, walletName);
    if (as !== undefined) await context.addInitScript((id) => localStorage.setItem("mutua.wallet", id), `local:${as}`);
    const page = await context.newPage();
    const visit = new Visit(context, page, system, url);
    await page.goto(path === undefined ? url : `${url}#/${path}`);
    return visit;
  }

  /** What must not be in any visit: errors of the console, and requests to strangers. */
  faults(): string[] {
    return [...this.errors, ...this.strangers.map((url) => `a request to ${url}`)];
  }

  /** Errors that belong to what the test does. */
  forgive(pattern: RegExp): void {
    const left = this.errors.filter((error) => !pattern.test(error));
    this.errors.splice(0, this.errors.length, ...left);
  }

  /** To a page of the app, by what follows "#/". */
  async go(path: string): Promise<void> {
    await this.page.evaluate((hash) => (location.hash = hash), `#/${path}`);
  }

  /** Until all there is to read has been read and drawn. */
  async settle(): Promise<void> {
    await this.page.getByRole("heading", { level: 1 }).waitFor();
    await this.page.waitForFunction(() => {
      const lines = [...document.querySelectorAll("main [role=status]")];
      const cells = [...document.querySelectorAll("main td")];
      const isReading =
        lines.some(({ textContent }) => textContent?.includes("History") ?? false) ||
        cells.some(({ textContent }) => textContent === "…");
      return !isReading && document.querySelector("main .skeleton, main [aria-busy=true]") === null;
    });
    await this.page.waitForFunction(
      (seen: { text?: string; since?: number }) => {
        const text = document.querySelector("main")?.innerHTML ?? "";
        if (text !== seen.text) [seen.text, seen.since] = [text, performance.now()];
        return performance.now() - (seen.since ?? 0) > 700;
      },
      {},
      { polling: 100 },
    );
  }

  async setTheme(theme: Theme): Promise<void> {
    await this.page.emulateMedia({ colorScheme: theme });
  }

  /** The number of the block that the page shows. */
  async blockShown(): Promise<number> {
    const title = await this.page.getByTitle(/^Block \d/).getAttribute("title");
    return Number(/\d+/.exec(title ?? "")?.[0]);
  }

  /** Until the page shows that block, or a later one. */
  async waitForBlock(block: number): Promise<void> {
    await this.page.waitForFunction((least) => {
      const title = document.querySelector('[title^="Block "]')?.getAttribute("title") ?? "";
      return Number(/\d+/.exec(title)?.[0]) >= least;
    }, block);
  }

  /** As somebody of the local chain, whose node signs. */
  async connectAs(name: string): Promise<void> {
    await this.page.getByRole("banner").getByRole("button", { name: "Connect" }).click();
    await this.page.getByRole("dialog").getByRole("button", { name, exact: true }).click();
    await this.page.getByRole("dialog").waitFor({ state: "detached" });
    await this.page.getByRole("banner").getByRole("button", { name }).waitFor();
  }

  /** The chain's node can't be reached from the page any more; the wallet has its own way there. */
  async cutRpc(): Promise<void> {
    const isNode = (url: URL) => this.#system.rpcUrls.some((each) => new URL(each).href === url.href);
    await this.#context.route(isNode, async (route) => await route.abort("connectionrefused"));
  }

  async mendRpc(): Promise<void> {
    await this.#context.unrouteAll({ behavior: "wait" });
  }

  async screenshot(name: string): Promise<void> {
    mkdirSync(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: fileURLToPath(new URL(`${name}.png`, SCREENSHOTS)), fullPage: true });
  }

  async close(): Promise<void> {
    await this.#context.close();
  }
}
