// What people come for, told from the first click to what the chain says afterwards.
import { expect } from "chai";
import { Contract } from "ethers";
import type { Page } from "playwright-core";

import { useStage } from "./lib/stage.ts";
import { NEWCOMER } from "./lib/system.ts";
import type { Visit } from "./lib/visit.ts";
import type { TestWallet } from "./lib/wallet.ts";

const MARKET = "usd-eth";
const page = (name = "") => `market/${MARKET}${name === "" ? "" : `/${name}`}`;
const usd = (tokens: number): bigint => BigInt(tokens) * 10n ** 6n;
const ether = (tokens: number): bigint => BigInt(tokens) * 10n ** 18n;

/** Interest of a minute or two, and the rounding of shares. */
function expectNear(actual: bigint, wanted: bigint): void {
  expect(actual >= wanted - 2n && actual - wanted < wanted / 100_000n, `${actual} is about ${wanted}`).to.equal(true);
}

const done = (on: Page, label: string) => on.getByRole("status").filter({ hasText: `Done: ${label}` });

/** Between the quotes of a name and its value in a list of what changes. */
const line = (on: Page, name: string) =>
  on
    .locator("dl.lines > div")
    .filter({ has: on.getByText(name, { exact: true }) })
    .locator("dd");

const stat = (on: Page, card: string, name: string) =>
  on
    .getByRole("region", { name: card })
    .locator(".stat")
    .filter({ has: on.getByText(name, { exact: true }) })
    .locator("dd");

describe("journeys", () => {
  const stage = useStage();

  const market = () => {
    const found = stage.system.config.deployment.markets.find(({ name }) => name === MARKET);
    if (found === undefined) throw new Error(`npm start has no market ${MARKET}`);
    return found;
  };
  const pool = () => new Contract(market().pool, POOL, stage.system.provider);
  const fund = () => new Contract(market().fund, FUND, stage.system.provider);

  /** Somebody new, with tokens and a wallet of the browser's, on a page of the market. */
  async function newcomer(path: string): Promise<{ visit: Visit; wallet: TestWallet; page: Page }> {
    const wallet = stage.walletOf(NEWCOMER);
    await stage.system.equip(wallet.address);
    const visit = await stage.visit({ wallet, path });
    await visit.page.getByRole("banner").getByRole("button", { name: "Connect" }).click();
    await visit.page.getByRole("button", { name: "Test wallet" }).click();
    await visit.page.getByRole("dialog").waitFor({ state: "detached" });
    return { visit, wallet, page: visit.page };
  }

  it("supply: one signature, one transaction; then take it all out", async () => {
    const { visit, wallet, page: on } = await newcomer(page("supply"));
    await on.getByLabel("Amount to supply", { exact: true }).fill("1,000");
    await on.getByText("You get at least").waitFor();
    await visit.screenshot("supply-1-typed");
    await on.getByRole("button", { name: "Supply 1,000 tUSD" }).click();
    await done(on, "Supply 1,000 tUSD").waitFor();
    await stat(on, "Your supply", "Worth now")
      .filter({ hasText: /^1,000 tUSD|^999.99/ })
      .waitFor();
    await visit.screenshot("supply-2-done");
    const sent = wallet.asked.filter((method) => /sign|send/i.test(method));
    expect(sent).to.deep.equal(["eth_signTypedData_v4", "eth_sendTransaction"]);
    expectNear(await pool().getFunction("maxWithdraw")(wallet.address), usd(1_000));

    await on.getByRole("tab", { name: "Withdraw" }).click();
    await on.getByRole("button", { name: /^Amount to withdraw.*max/ }).click();
    await on.getByRole("button", { name: /^Withdraw all, / }).click();
    await done(on, "Withdraw all, ").waitFor();
    await visit.screenshot("supply-3-withdrawn");
    expect(await pool().getFunction("balanceOf")(wallet.address)).to.equal(0n);
  });

  it("borrow: add collateral and take the amount that bears a fall of 20 %; then close", async () => {
    const { visit, wallet, page: on } = await newcomer(page("borrow"));
    await on.getByLabel("Collateral to add", { exact: true }).fill("10");
    await on
      .getByRole("group", { name: "Amounts that bear a fall of the price" })
      .getByRole("button", { name: /^20%/ })
      .click();
    await line(on, "Fall of the price it bears").filter({ hasText: /20/ }).waitFor();
    await visit.screenshot("borrow-1-typed");
    await on.getByRole("button", { name: /^Add 10 ETHT and borrow/ }).click();
    await done(on, "Add 10 ETHT and borrow").waitFor();
    await stat(on, "Your position", "Collateral").filter({ hasText: "10 ETHT" }).waitFor();
    await visit.screenshot("borrow-2-done");
    const { collateral } = await pool().getFunction("positionOf")(wallet.address);
    expect(collateral).to.equal(ether(10));

    await on.getByRole("tab", { name: "Repay" }).click();
    await on.getByRole("button", { name: /^Amount to repay.*max/ }).click();
    await on.getByLabel("Take all collateral back in the same transaction").check();
    await visit.screenshot("borrow-3-closing");
    await on.getByRole("button", { name: "Repay all and take 10 ETHT back" }).click();
    await done(on, "Repay all and take 10 ETHT back").waitFor();
    const after = await pool().getFunction("positionOf")(wallet.address);
    expect([after.collateral, after.debtShares]).to.deep.equal([0n, 0n]);
  });

  it("a crash: the shortfall, the liquidations, the haircut, and money that comes back", async function () {
    this.timeout(180_000);
    const visit = await stage.visit({ as: "ada", path: page() });
    const on = visit.page;
    await visit.settle();
    await on.getByRole("button", { name: "Make a crisis" }).click();
    const drawer = on.getByRole("complementary");
    await visit.screenshot("crash-1-drawer");
    await drawer.getByRole("button", { name: "−45 %" }).click();
    await on.getByText("Uncovered shortfall").first().waitFor();
    await visit.settle();
    await visit.screenshot("crash-2-shortfall");
    const exitPrice = async (): Promise<bigint> => (await pool().getFunction("exitPrice")()) as bigint;
    const seen = await exitPrice();
    expect(seen < 10n ** 18n).to.equal(true);

    await drawer.getByRole("button", { name: "Run the liquidations" }).click();
    await drawer
      .getByRole("status")
      .filter({ hasText: "Exit price" })
      .filter({ hasText: "liquidated" })
      .waitFor({ timeout: 60_000 });
    await on.getByText("Borrowing halted").first().waitFor();
    // The book and the past follow the market by a request or two.
    await stat(on, "Losses and recoveries", "of it by suppliers").filter({ hasNotText: /^0 / }).waitFor();
    await on
      .getByRole("region", { name: "Positions at risk" })
      .getByText("Insolvent")
      .first()
      .waitFor({ state: "detached" });
    await visit.settle();
    await visit.screenshot("crash-3-haircut");
    await on.getByRole("region", { name: "Losses and recoveries" }).getByRole("table", { name: /loss/i }).waitFor();

    await visit.go(page("claim"));
    await stat(on, "Your certificates", "Still owed to you").filter({ hasNotText: /^0 / }).waitFor();
    await visit.screenshot("crash-4-certificate");
    await drawer.getByRole("button", { name: "All of it" }).click();
    await stat(on, "Your certificates", "Can be claimed now").filter({ hasNotText: /^0 / }).waitFor();
    await drawer.getByRole("button", { name: "Close" }).click();
    await on
      .getByRole("region", { name: "Your certificates" })
      .getByRole("button", { name: /^Claim [\d,]/ })
      .click();
    await done(on, "Claim ").waitFor();
    await visit.screenshot("crash-5-claimed");
  });

  it("a real crisis, played and stopped", async () => {
    const visit = await stage.visit({ path: page() });
    const on = visit.page;
    await on.getByRole("button", { name: "Make a crisis" }).click();
    const drawer = on.getByRole("complementary");
    await drawer.getByLabel("Crisis", { exact: true }).selectOption({ label: "Black Thursday, March 2020" });
    await drawer.getByRole("button", { name: "Play it" }).click();
    await drawer.getByRole("progressbar").waitFor();
    const price = on.locator(".stat").filter({ hasText: "Price of ETHT" }).locator("dd");
    await price.filter({ hasNotText: /^2,000/ }).waitFor({ timeout: 40_000 });
    await visit.screenshot("crisis-1-playing");
    await drawer.getByRole("button", { name: "Stop" }).click();
    await drawer
      .getByRole("status")
      .filter({ hasText: /was stopped at|is over/ })
      .waitFor();
  });

  it("liquidation of one's own loan, as its borrower sees it", async () => {
    const visit = await stage.visit({ as: "hana", path: page("borrow") });
    const on = visit.page;
    await stat(on, "Your position", "Debt").waitFor();
    await stage.system.control("price", { market: MARKET, percent: -25 });
    await on.getByRole("alert").filter({ hasText: "It can be liquidated now" }).waitFor();
    await visit.screenshot("liquidation-1-near");
    await stage.system.control("liquidate", { market: MARKET });
    await on.getByRole("alert").filter({ hasText: "It can be liquidated now" }).waitFor({ state: "detached" });
    await visit.screenshot("liquidation-2-after");
  });

  it("insure, ask to leave, let the cooling pass, claim", async () => {
    const { visit, wallet, page: on } = await newcomer(page("insure"));
    await on.getByLabel("Amount to stake", { exact: true }).fill("5000");
    await visit.screenshot("insure-1-typed");
    await on.getByRole("button", { name: "Stake 5,000 tUSD" }).click();
    await done(on, "Stake 5,000 tUSD").waitFor();
    expect((await fund().getFunction("balanceOf")(wallet.address)) > 0n).to.equal(true);

    await on.getByRole("tab", { name: "Leave" }).click();
    await on.getByRole("button", { name: /^Amount to ask back.*max/ }).click();
    await on.getByRole("button", { name: /^Ask back all, / }).click();
    await on.getByRole("status").filter({ hasText: "are cooling" }).waitFor();
    await visit.screenshot("insure-2-asked");

    await visit.go(page("claim"));
    await on.getByText("Cooling").first().waitFor();
    await stage.system.control("wait", { days: 14 });
    const cooled = on.getByRole("region", { name: "What has cooled in the fund" });
    await on.getByText("Can be claimed", { exact: true }).waitFor();
    await visit.screenshot("insure-3-cooled");
    await cooled.getByRole("button", { name: /^Claim [\d,.]+ tUSD in shares/ }).click();
    await cooled.getByRole("status").filter({ hasText: "are in your wallet" }).waitFor();
    await visit.screenshot("insure-4-claimed");
    expect((await pool().getFunction("balanceOf")(wallet.address)) > 0n).to.equal(true);
  });

  it("numbers are read and written as the visitor's locale does", async () => {
    const visit = await stage.visit({ as: "ada", path: page("supply"), locale: "de-DE" });
    const on = visit.page;
    await stat(on, "Your supply", "Worth now").filter({ hasText: "1.001.736" }).waitFor();
    await on.getByLabel("Amount to supply", { exact: true }).fill("1.234,5");
    await on.getByRole("button", { name: "Supply 1.234,5 tUSD" }).waitFor();
    await visit.screenshot("german");
  });

  it("a signature that is declined: nothing is sent, what was typed stays, the next try works", async () => {
    const { visit, wallet, page: on } = await newcomer(page("supply"));
    await on.getByLabel("Amount to supply", { exact: true }).fill("1000");
    wallet.refuses = true;
    await on.getByRole("button", { name: "Supply 1,000 tUSD" }).click();
    await on.getByText("You declined in the wallet, and nothing was sent.").waitFor();
    await visit.screenshot("declined");
    expect(await on.getByLabel("Amount to supply", { exact: true }).inputValue()).to.equal("1000");
    wallet.refuses = false;
    await on.getByRole("button", { name: "Supply 1,000 tUSD" }).click();
    await done(on, "Supply 1,000 tUSD").waitFor();
  });

  it("the wrong network: the action's own button switches", async () => {
    const wallet = stage.walletOf(NEWCOMER, { startsOn: 1n });
    await stage.system.equip(wallet.address);
    const visit = await stage.visit({ wallet, path: page("supply") });
    const on = visit.page;
    await on.getByRole("banner").getByRole("button", { name: "Connect" }).click();
    await on.getByRole("button", { name: "Test wallet" }).click();
    await on.getByRole("main").getByRole("button", { name: "Switch to Local chain" }).click();
    await on.getByLabel("Amount to supply", { exact: true }).fill("10");
    await on.getByRole("button", { name: "Supply 10 tUSD" }).click();
    await done(on, "Supply 10 tUSD").waitFor();
  });

  it("the node goes away while a transaction is in its block", async () => {
    const { visit, page: on } = await newcomer(page("supply"));
    await on.getByLabel("Amount to supply", { exact: true }).fill("10");
    await visit.cutRpc();
    await on.getByText("No connection to").waitFor();
    await visit.screenshot("rpc-down-while-acting");
    expect(await on.getByLabel("Amount to supply", { exact: true }).inputValue()).to.equal("10");
    await visit.mendRpc();
    await on.getByText("No connection to").waitFor({ state: "detached", timeout: 40_000 });
    await on.getByRole("button", { name: "Supply 10 tUSD" }).click();
    await done(on, "Supply 10 tUSD").waitFor();
    visit.forgive(/ERR_CONNECTION_REFUSED/);
  });

  it("a whole supply with the keyboard alone", async () => {
    const wallet = stage.walletOf(NEWCOMER);
    await stage.system.equip(wallet.address);
    const visit = await stage.visit({ wallet });
    const on = visit.page;
    await visit.settle();
    /** Tab until the focus is on what has that name, and that the eye sees where it is. */
    const reach = async (name: RegExp): Promise<void> => {
      for (let presses = 0; presses < 60; ++presses) {
        await on.keyboard.press("Tab");
        const focus = await on.evaluate(() => {
          const element = document.activeElement;
          if (element === null || element === document.body) return { name: "", isSeen: true };
          const labels = element instanceof HTMLInputElement ? [...(element.labels ?? [])] : [];
          const shown = [element, element.closest(".field-box") ?? element].some((each) => {
            const { outlineStyle, boxShadow } = getComputedStyle(each);
            return outlineStyle !== "none" || boxShadow !== "none";
          });
          const text = element.getAttribute("aria-label") ?? labels[0]?.textContent ?? element.textContent ?? "";
          return { name: text.trim(), isSeen: shown };
        });
        expect(focus.isSeen, `the focus on "${focus.name}" is seen`).to.equal(true);
        if (name.test(focus.name)) return;
      }
      throw new Error(`The keyboard does not reach ${String(name)}`);
    };
    await reach(/^Connect/);
    await on.keyboard.press("Enter");
    await on.getByRole("dialog").waitFor();
    await reach(/^Test wallet/);
    await on.keyboard.press("Enter");
    await on.getByRole("dialog").waitFor({ state: "detached" });
    await reach(/^tUSD/);
    await on.keyboard.press("Enter");
    await on.getByRole("heading", { level: 1, name: /against/ }).waitFor();
    await reach(/^Supply$/);
    await on.keyboard.press("Enter");
    await on.getByLabel("Amount to supply", { exact: true }).waitFor();
    await reach(/^Amount to supply$/);
    await on.keyboard.type("250");
    await visit.screenshot("keyboard-focus");
    await reach(/^Supply 250 tUSD/);
    await on.keyboard.press("Enter");
    await done(on, "Supply 250 tUSD").waitFor();
    expectNear(await pool().getFunction("maxWithdraw")(wallet.address), usd(250));
  });
});

const POOL = [
  "function maxWithdraw(address) view returns (uint256)",
  "function balanceOf(address) view returns (uint256)",
  "function exitPrice() view returns (uint256)",
  "function positionOf(address) view returns (uint256 debtShares, uint256 collateral, uint256, uint256, bool)",
];
const FUND = ["function balanceOf(address) view returns (uint256)"];
