// Runs the snippets of docs/integrate.md as they stand there, one after another, and compares what they read and did
// with what the chain says.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

import { expect } from "chai";

import { deploymentPath } from "../../scripts/deploy/deployment.ts";
import { developmentWallet } from "../../scripts/lib/connection.ts";
import { sent } from "../../scripts/lib/local-system.js";
import { serve, type Served, usd } from "../helpers/served.js";

const root = fileURLToPath(new URL("../../", import.meta.url));
const document = readFileSync(join(root, "docs/integrate.md"), "utf8");

/** Interest on 15,000 dollars in the seconds between two calls. */
const CENT = 10_000n;
const SHARES = 10n ** 6n;

/** What the snippets read; all of it is declared in the document. */
const NAMES = [
  "shares",
  "holding",
  "exitValue",
  "exitPrice",
  "grossPrice",
  "cashNow",
  "debtAssets",
  "ltvWad",
  "healthWad",
  "liquidationPrice",
  "borrowableAssets",
  "withdrawableCollateral",
  "units",
  "claimableAt",
  "expiresAt",
  "lendable",
  "fee",
  "fromReserve",
  "fromFund",
  "haircut",
  "exitPriceBefore",
  "exitPriceAfter",
  "shortfall",
  "exitPriceInCrash",
  "repaid",
  "seized",
  "loss",
  "exitPriceAfterLoss",
  "unpaidFace",
  "claimable",
  "parts",
] as const;

type Told = Record<(typeof NAMES)[number], bigint> & { refusal: string };

/** All snippets as one program; where the document says that something happens meanwhile, the test makes it happen. */
function program(): string {
  const pieces = document.matchAll(/^```ts\n([\s\S]*?)^```$|^<!-- meanwhile: (.*) -->$/gm);
  const body = [...pieces].map(([, code, event]) => code ?? `await globalThis.meanwhile(${JSON.stringify(event)});`);
  return [...body, `export const told = { ${NAMES.join(", ")}, refusal };`, "provider.destroy();"].join("\n");
}

describe("docs/integrate.md", function () {
  this.timeout(600_000);
  let s: Served;
  let told: Told;
  const folder = join(root, "cache");
  const file = join(folder, `integrate-${process.pid}.ts`);
  const events: string[] = [];

  before(async () => {
    s = await serve();
    const { ada, chen } = s.people;
    // Somebody else's money, so that cash is left when the supplier leaves.
    await sent(s.asset.connect(chen).approve(s.pool, usd(100_000)));
    await sent(s.pool.connect(chen)["deposit(uint256,address)"](usd(100_000), chen.address));
    const receiver = await s.ethers.deployContract("FlashBorrower");
    await sent(receiver.approve(s.asset, s.pool));
    Object.assign(process.env, {
      DEPLOYMENT: deploymentPath("local"),
      RPC_URL: s.url,
      SUPPLIER_KEY: developmentWallet(5).privateKey,
      BORROWER_KEY: developmentWallet(6).privateKey,
      LIQUIDATOR_KEY: developmentWallet(7).privateKey,
      FLASH_RECEIVER: await receiver.getAddress(),
    });
    expect(ada.address).to.equal(developmentWallet(5).address);
    const meanwhile = async (event: string) => {
      events.push(event);
      await s.setPrice(1_000);
    };
    Object.assign(globalThis, { meanwhile });
    mkdirSync(folder, { recursive: true });
    writeFileSync(file, program());
    ({ told } = (await import(pathToFileURL(file).href)) as { told: Told });
  });

  after(async () => {
    rmSync(file, { force: true });
    for (const name of ["DEPLOYMENT", "RPC_URL", "SUPPLIER_KEY", "BORROWER_KEY", "LIQUIDATOR_KEY", "FLASH_RECEIVER"]) {
      delete process.env[name];
    }
    await s.close();
  });

  it("has a snippet for each of its chapters on calls, and one event of the test's", () => {
    const chapters = document.split(/^## /m).slice(1);
    for (const chapter of chapters) expect(chapter, chapter.split("\n", 1)[0]).to.include("```ts");
    expect(events).to.deep.equal(["the price falls to 1000"]);
  });

  it("supply, by approval and by permit: shares at a price of 1, worth what went in", () => {
    expect(told.shares).to.equal(usd(50_000) * SHARES);
    expect(told.holding).to.equal(usd(51_000) * SHARES);
    expect(told.exitValue).to.equal(usd(51_000));
    expect([told.exitPrice, told.grossPrice]).to.deep.equal([10n ** 18n, 10n ** 18n]);
    expect(told.cashNow).to.equal(usd(51_000));
  });

  it("borrow and health", () => {
    expect(told.debtAssets).to.be.closeTo(usd(15_000), CENT);
    expect(told.ltvWad).to.be.closeTo(75n * 10n ** 16n, 10n ** 12n);
    expect(told.healthWad).to.be.closeTo((86n * 10n ** 18n) / 75n, 10n ** 13n);
    expect(told.liquidationPrice).to.be.closeTo((15_000n * 10n ** 24n * 100n) / 860n, 10n ** 19n);
    expect(told.borrowableAssets).to.be.closeTo(usd(1_000), CENT);
    expect(told.withdrawableCollateral).to.be.closeTo(625n * 10n ** 15n, 10n ** 13n);
  });

  it("stake, and ask for half of it", () => {
    expect(told.units).to.be.closeTo(usd(1_000) * SHARES * 10n ** 6n, usd(1) * SHARES * 10n ** 6n);
    expect(told.expiresAt - told.claimableAt).to.equal(7n * 86_400n);
  });

  it("flash loan of all cash, without a fee", () => {
    expect(told.lendable).to.equal(usd(151_000 - 15_000 + 1_000));
    expect(told.fee).to.equal(0n);
  });

  it("the preview's parts sum to the loss, and the price falls by the haircut", () => {
    expect(told.fromReserve + told.fromFund + told.haircut).to.equal(usd(5_000));
    expect(told.fromFund).to.be.closeTo(usd(1_000), CENT);
    expect(told.exitPriceBefore > told.exitPriceAfter).to.equal(true);
  });

  it("a crash is in the exit price at once, and liquidation does not move it", () => {
    // 14,000 of debt against 10 ether at 1,000, sold at 1/1.02: 14,000 − 9,803.92.
    expect(told.shortfall).to.be.closeTo(usd(14_000) - (usd(10_000) * 100n) / 102n, CENT);
    expect(told.exitPriceInCrash < told.exitPriceBefore).to.equal(true);
    // The boundary tick is empty; what is left is interest of a few seconds.
    expect(told.exitPriceAfterLoss).to.be.closeTo(told.exitPriceInCrash, 10n ** 11n);
    expect(told.seized).to.equal(10n * 10n ** 18n);
    expect(told.repaid).to.equal((usd(10_000) * 100n) / 102n + 1n);
    expect(told.parts).to.be.closeTo(told.loss, CENT);
  });

  it("recover and claim: the supplier's part of the haircut", async () => {
    // 50,000 of the 150,000 shares that bore it; the thousand in the fund were burned before.
    expect(told.claimable).to.be.closeTo(usd(2_000) / 3n, CENT);
    expect(told.claimable + told.unpaidFace).to.be.closeTo((told.loss - usd(1_000)) / 3n, CENT);
    expect((await s.pool.certificateOf(s.people.ada)).claimable).to.equal(0n);
  });

  it("leave with limits: all shares that are not staked", async () => {
    expect(await s.pool.balanceOf(s.people.ada)).to.equal(0n);
  });

  it("decodes refusals by their names", () => {
    expect(told.refusal).to.equal("BorrowingHalted");
  });
});
