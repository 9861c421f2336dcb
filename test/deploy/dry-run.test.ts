// The dry run: what it refuses, in a line each, and what it prints when there is nothing to refuse.
import { readFileSync } from "node:fs";

import { expect } from "chai";
import { concat, Interface, type InterfaceAbi } from "ethers";

import { requireOsaka } from "../../scripts/deploy/chain.js";
import { dryRun } from "../../scripts/deploy/dry-run.js";
import { marketFiles } from "../../scripts/deploy/params.js";
import { type Finding, probeByMoving, probeByReading } from "../../scripts/deploy/probe.js";
import { startAnvil } from "../../scripts/lib/anvil.js";
import { type Feeds, Rehearsal } from "./rehearsal.js";

const HOUR = 3_600;

function mockCode(name: string, values: readonly unknown[]): string {
  const { abi, bytecode } = JSON.parse(readFileSync(`artifacts/contracts/mocks/${name}.sol/${name}.json`, "utf8")) as {
    abi: InterfaceAbi;
    bytecode: string;
  };
  return concat([bytecode, new Interface(abi).encodeDeploy([...values])]);
}

describe("Dry run", function () {
  this.timeout(600_000);
  let rehearsal: Rehearsal;
  let feeds: Feeds;

  before(async () => {
    rehearsal = await Rehearsal.start();
    feeds = await rehearsal.feeds();
  });

  after(async () => await rehearsal.stop());

  /** A parameter file whose collateral is a token of a kind. */
  async function withCollateral(
    name: string,
    values: readonly unknown[],
    symbol: string,
  ): Promise<{ path: string; token: string }> {
    const token = await rehearsal.createRaw(mockCode(name, values));
    const line = `collateral: { address: "${token}", symbol: "${symbol}", decimals: 18 }`;
    return { path: rehearsal.write("odd", feeds, [["collateral: { mock: wrapped-native }", line]]), token };
  }

  async function findings(path: string): Promise<string[]> {
    const [market] = rehearsal.plan(path).markets;
    if (market === undefined) throw new Error("No market");
    const found: Finding[] = [
      ...(await probeByReading(market, rehearsal.reader)),
      ...(await probeByMoving(market, "collateral", rehearsal.reader)),
    ];
    return found.map(({ isRefusal, text }) => `${isRefusal ? "refused" : "note"}: ${text.replace(`${path}: `, "")}`);
  }

  it("refuses a token that takes a fee and a feed that is stale, and sends nothing", async () => {
    const { path } = await withCollateral("FeeOnTransferToken", [18, 100], "FEE");
    const block = await rehearsal.anvil.provider.getBlock("latest");
    const now = block?.timestamp ?? 0;
    await rehearsal.call("MockFeed", feeds.eth, "setRound", [2_000n * 10n ** 8n, now - 2 * HOUR, now - 2 * HOUR]);
    const height = await rehearsal.anvil.provider.getBlockNumber();
    const { output, code } = await rehearsal.command(["--params", path, "--dry-run"]);
    expect(code).to.equal(1);
    expect(output).to.match(
      /refused: .*oracle\.paths\.0\.collateral: the ETH \/ USD feed is stale: last update 72\d\d s ago, its heartbeat is 3600 s: wait for an update, choose another feed, or correct the heartbeat to the published one/,
    );
    expect(output).to.match(
      /refused: .*collateral: FEE takes a fee of 1% on transfer: a pool can't hold it, choose another token or its fee-free wrapper/,
    );
    expect(output.trimEnd().split("\n").at(-1)).to.equal("Nothing was deployed: 2 refusals above");
    expect(await rehearsal.anvil.provider.getBlockNumber()).to.equal(height);
    await rehearsal.call("MockFeed", feeds.eth, "setAnswer", [2_000n * 10n ** 8n]);
  });

  it("knows the other tokens that a pool can't hold, and one that it can", async () => {
    const rebasing = await withCollateral("RebasingToken", [18], "REB");
    expect(await findings(rebasing.path)).to.include(
      "refused: collateral: REB has rebase(uint256), so its balances change without transfers: use its wrapped form, which does not rebase",
    );
    const plain = await withCollateral("NoReturnToken", [18], "NORET");
    expect((await findings(plain.path)).filter((text) => text.includes("NORET"))).to.deep.equal([
      "note: collateral: NORET.transfer returns nothing; pools and router can take that",
      "note: collateral: NORET.transferFrom returns nothing; pools and router can take that",
    ]);
    const frozen = await withCollateral("FalseReturnToken", [18], "FALSE");
    const freeze = new Interface(["function setFrozen(bool)"]).encodeFunctionData("setFrozen", [true]);
    await rehearsal.sendRaw(frozen.token, freeze);
    expect(await findings(frozen.path)).to.include(
      "refused: collateral: FALSE.transfer returns false instead of reverting: choose another token",
    );
    const wrong = await withCollateral("MockERC20", ["Token", "TOK", 8], "TIK");
    expect(await findings(wrong.path)).to.include.members([
      `refused: collateral.decimals: found 18, but ${wrong.token} has 8: write 8, or correct the address`,
      `refused: collateral.symbol: found TIK, but ${wrong.token} calls itself TOK: write TOK, or correct the address`,
    ]);
  });

  it("knows feeds that lie outside their bounds or have other decimals, and addresses without code", async () => {
    const nobody = "0x00000000000000000000000000000000000000AA";
    const path = rehearsal.write("odd", feeds, [
      ["min: 100,", "min: 3_000,"],
      [`feed: "${feeds.usd}"`, `feed: "${nobody}"`],
    ]);
    expect(await findings(path)).to.include.members([
      "refused: oracle.paths.0.collateral: the ETH / USD feed answers 2000, outside min 3000 and max 100000: correct the bounds",
      `refused: oracle.paths.0.loan.feed: no contract at ${nobody}: give the address of the USDT / USD feed on this chain`,
    ]);
    const decimals = rehearsal.write("odd", feeds, [["max: 100_000 }", "max: 100_000, decimals: 18 }"]]);
    expect(await findings(decimals)).to.include(
      "refused: oracle.paths.0.collateral.decimals: found 18, but the feed has 8: write 8",
    );
  });

  it("plays a whole deployment through without a URL, with stand-ins", async () => {
    const lines: string[] = [];
    const log = (line: string): void => void lines.push(line);
    const files = marketFiles("sepolia");
    await dryRun({
      network: "sepolia",
      chainId: 11_155_111n,
      files,
      recorded: undefined,
      real: undefined,
      wallet: undefined,
      log,
    });
    const text = lines.join("\n");
    expect(text).to.include("No URL: tokens and feeds are stand-ins and were not tried");
    expect(text).to.match(/pool of usdc-weth +│ 0x[0-9a-fA-F]{40}/);
    expect(text).to.match(/pool and fund of usdc-weth +│ +[89],\d{3},\d{3}/);
    expect(text).to.match(/│ governor +│ 0x\w{40} +│ 3 days +│/);
    expect(text).to.match(/The check finds \d+ things as they should be. Nothing was sent to sepolia./);
  });

  it("refuses a chain without the newest instructions", async () => {
    const old = await startAnvil({ hardfork: "prague" });
    try {
      let message = "";
      await requireOsaka(old.provider, "elsewhere").catch((error: Error) => (message = error.message));
      expect(message).to.equal(
        "elsewhere does not know the instruction CLZ of the Osaka fork, which the pools need: wait until it does, or deploy on another chain",
      );
    } finally {
      await old.stop();
    }
  });
});
