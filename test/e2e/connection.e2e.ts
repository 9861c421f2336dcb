// Who is connected, and what the page does when the wallet, the node or the host is not as it should be.
import { expect } from "chai";

import { hostApp } from "./lib/host.ts";
import { useStage } from "./lib/stage.ts";
import { startSystem } from "./lib/system.ts";
import { Visit } from "./lib/visit.ts";

const short = (address: string): RegExp => new RegExp(`${address.slice(0, 6)}.*${address.slice(-4)}`, "i");

describe("connecting", () => {
  const stage = useStage();

  it("a wallet that announces itself by EIP-6963, which is remembered", async () => {
    const wallet = stage.walletOf("ada");
    const visit = await stage.visit({ wallet });
    const { page } = visit;
    await page.getByRole("button", { name: "Connect" }).click();
    await visit.screenshot("connect-wallets");
    await page.getByRole("button", { name: "Test wallet" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await page
      .getByRole("banner")
      .getByRole("button", { name: short(wallet.address) })
      .waitFor();
    expect(wallet.asked).to.include("eth_requestAccounts");

    await page.reload();
    await page
      .getByRole("banner")
      .getByRole("button", { name: short(wallet.address) })
      .waitFor();
    await page
      .getByRole("banner")
      .getByRole("button", { name: short(wallet.address) })
      .click();
    await page.getByRole("button", { name: "Disconnect" }).click();
    await page.getByRole("banner").getByRole("button", { name: "Connect" }).waitFor();
  });

  it("somebody of the local chain, without any wallet", async () => {
    const visit = await stage.visit();
    await visit.connectAs("bruno");
    await visit.screenshot("connect-local");
  });

  it("a wallet whose owner says no", async () => {
    const wallet = stage.walletOf("ada");
    wallet.refuses = true;
    const visit = await stage.visit({ wallet });
    await visit.page.getByRole("button", { name: "Connect" }).click();
    await visit.page.getByRole("button", { name: "Test wallet" }).click();
    await visit.page.getByRole("alert").filter({ hasText: "declined" }).waitFor();
    await visit.screenshot("connect-declined");
  });

  it("a wallet on another network, which switches", async () => {
    const wallet = stage.walletOf("ada", { startsOn: 1n });
    const visit = await stage.visit({ wallet });
    const { page } = visit;
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("button", { name: "Test wallet" }).click();
    const banner = page.getByRole("status").filter({ hasText: "connected to another network" });
    await banner.waitFor();
    await visit.screenshot("wrong-network");
    await banner.getByRole("button", { name: "Switch network" }).click();
    await banner.waitFor({ state: "detached" });
    expect(wallet.chainId).to.equal(31_337n);
  });

  it("a wallet that has never heard of the network, which is told of it", async () => {
    const wallet = stage.walletOf("ada", { startsOn: 1n, knowsChain: false });
    const { page } = await stage.visit({ wallet });
    await page.getByRole("button", { name: "Connect" }).click();
    await page.getByRole("button", { name: "Test wallet" }).click();
    await page.getByRole("button", { name: "Switch network" }).click();
    await page.getByText("connected to another network").waitFor({ state: "detached" });
    expect(wallet.asked).to.include("wallet_addEthereumChain");
  });
});

describe("the node", () => {
  const stage = useStage();

  it("goes away and comes back: a banner says so, the figures stay, and nothing has to be done", async () => {
    const visit = await stage.visit();
    const { page } = visit;
    const supplied = page.getByRole("row").nth(1);
    await supplied.filter({ hasNotText: "…" }).waitFor();
    const before = await supplied.innerText();
    await visit.cutRpc();
    const banner = page.getByText("No connection to");
    await banner.waitFor();
    expect(await banner.innerText()).to.match(/shown is block [\d,]+ of .*Trying again/);
    expect(await supplied.innerText()).to.equal(before);
    await visit.screenshot("rpc-down");
    await visit.mendRpc();
    await banner.waitFor({ state: "detached", timeout: 40_000 });
    visit.forgive(/ERR_CONNECTION_REFUSED/);
  });

  it("can't be reached from the first moment, and then can", async () => {
    const visit = await stage.visit({ url: "about:blank" });
    await visit.cutRpc();
    await visit.page.goto(stage.system.url);
    await visit.page.getByText("No connection to").waitFor();
    await visit.screenshot("rpc-down-at-first");
    await visit.mendRpc();
    await visit.page.getByRole("row").nth(1).waitFor({ timeout: 40_000 });
    await visit.page.getByText("No connection to").waitFor({ state: "detached" });
    visit.forgive(/ERR_CONNECTION_REFUSED/);
  });

  it("is asked at most three times a second", async () => {
    const visit = await stage.visit();
    await visit.page.getByRole("row").nth(1).waitFor();
    const [market] = stage.system.config.deployment.markets;
    await visit.go(`market/${market?.name}`);
    await visit.page.getByRole("heading", { level: 1, name: "against" }).waitFor();
    for (let blocks = 0; blocks < 4; ++blocks) {
      const before = await visit.blockShown();
      await stage.system.rpc("evm_mine");
      await visit.waitForBlock(before + 1);
    }
    // A request begins a moment after it was let through: 50 ms of that may differ between two.
    const most = Math.max(
      ...visit.asked.map((first) => visit.asked.filter((at) => at >= first && at < first + 950).length),
    );
    expect(visit.asked.length).to.be.above(3);
    expect(most).to.be.at.most(3);
  });

  it("and all that npm start serves are killed while the page is open", async function () {
    this.timeout(240_000);
    const system = await startSystem();
    const visit = await Visit.open(stage.browser, system);
    try {
      const row = visit.page.getByRole("row").nth(1);
      await row.filter({ hasNotText: "…" }).waitFor();
      const before = await row.innerText();
      await system.kill();
      await visit.page.getByText("No connection to").waitFor();
      await visit.screenshot("chain-stopped");
      expect(await row.innerText()).to.equal(before);
      visit.forgive(/ERR_CONNECTION_REFUSED|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET/);
      expect(visit.faults()).to.deep.equal([]);
    } finally {
      await visit.close();
      await system.kill();
    }
  });
});

describe("the host", () => {
  const stage = useStage();
  const config = () => ({ ...stage.system.config, rpcUrls: [stage.system.rpcUrl], local: undefined });

  it("is an IPFS gateway: the app runs from a path", async () => {
    const host = await hostApp(
      stage.system,
      config(),
      "/ipfs/bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi/",
    );
    try {
      const visit = await stage.visit({ url: host.url });
      await visit.page.getByRole("row").nth(1).getByRole("link").click();
      await visit.page.getByRole("heading", { level: 1, name: "against" }).waitFor();
      await visit.page.reload();
      await visit.page.getByRole("heading", { level: 1, name: "against" }).waitFor();
    } finally {
      await host.close();
    }
  });

  const wrong: [what: string, given: () => object | string | undefined, says: RegExp][] = [
    ["has no config.json", () => undefined, /config\.json is missing.*beside index\.html/],
    ["has a config.json that is not JSON", () => "{ deployment:", /config\.json is not JSON/],
    ["has a config.json without nodes", () => ({ ...config(), rpcUrls: [] }), /names no http\(s\) node in `rpcUrls`/],
    ["has a config.json of another kind", () => ({ chainId: 1 }), /has no `deployment`/],
  ];
  for (const [what, given, says] of wrong) {
    it(what, async () => {
      const host = await hostApp(stage.system, given());
      try {
        const visit = await stage.visit({ url: host.url });
        await visit.page.getByRole("alert").filter({ hasText: says }).waitFor();
        await visit.screenshot(`config-${what.replaceAll(/\W+/g, "-")}`);
        visit.forgive(/404/);
      } finally {
        await host.close();
      }
    });
  }

  it("has a config.json whose node is of another chain", async () => {
    const { deployment, ...rest } = config();
    const host = await hostApp(stage.system, { ...rest, deployment: { ...deployment, chainId: 5 } });
    try {
      const visit = await stage.visit({ url: host.url });
      await visit.page.getByText("is a node of chain 31337").waitFor();
      await visit.screenshot("config-of-another-chain");
    } finally {
      await host.close();
    }
  });
});
