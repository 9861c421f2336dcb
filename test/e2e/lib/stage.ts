// One system and one browser for all journeys: each begins on the chain as `npm start` left it, and ends with what must
// hold of all of them.
import { expect } from "chai";
import type { Browser } from "playwright-core";

import { launchChromium } from "./chromium.ts";
import { startSystem, type System } from "./system.ts";
import { Visit, type VisitOptions } from "./visit.ts";
import { TestWallet } from "./wallet.ts";

type Shared = { system: System; browser: Browser };

/** The first start compiles, if nobody has. */
const FIRST_START = 600_000;

let shared: Promise<Shared> | undefined;

async function begin(): Promise<Shared> {
  const [system, browser] = await Promise.all([startSystem(), launchChromium()]);
  return { system, browser };
}

/** After the last test. */
export async function endStage(): Promise<void> {
  const begun = await shared?.catch(() => undefined);
  await begun?.browser.close();
  await begun?.system.stop();
}

export type Stage = {
  readonly system: System;
  readonly browser: Browser;
  visit: (options?: VisitOptions) => Promise<Visit>;
  /** A wallet with the key of somebody on the chain. */
  walletOf: (name: string, options?: { startsOn?: bigint; knowsChain?: boolean }) => TestWallet;
};

/** Within a `describe`: the stage, to be used in its tests. */
export function useStage(): Stage {
  const visits: Visit[] = [];
  const wallets: TestWallet[] = [];
  let now: Shared | undefined;
  const get = (): Shared => {
    if (now === undefined) throw new Error("The stage is there within tests only");
    return now;
  };

  before(async function () {
    this.timeout(FIRST_START);
    shared ??= begin();
    now = await shared;
  });

  beforeEach(async () => await get().system.reset());

  afterEach(async function () {
    const failed = this.currentTest?.state === "failed";
    const name = (this.currentTest?.fullTitle() ?? "").replaceAll(/[^\w]+/g, "-");
    if (failed) for (const [index, visit] of visits.entries()) await visit.screenshot(`failed-${name}-${index}`);
    const faults = visits.flatMap((visit) => visit.faults());
    for (const visit of visits.splice(0)) await visit.close();
    for (const wallet of wallets.splice(0)) wallet.close();
    if (!failed) expect(faults).to.deep.equal([]);
  });

  return {
    get system() {
      return get().system;
    },
    get browser() {
      return get().browser;
    },
    visit: async (options) => {
      const visit = await Visit.open(get().browser, get().system, options);
      visits.push(visit);
      return visit;
    },
    walletOf: (name, options = {}) => {
      const { rpcUrl, config, keyOf } = get().system;
      const wallet = new TestWallet({ rpcUrl, chainId: config.deployment.chainId, key: keyOf(name), ...options });
      wallets.push(wallet);
      return wallet;
    },
  };
}
