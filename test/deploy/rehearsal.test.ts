// A deployment rehearsed on a client that is not Hardhat's: blocks by the clock, kills, a stuck nonce, a reorganisation,
// a second market, an oracle change. MUTUA_REHEARSAL=deep kills at every step.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { expect } from "chai";

import { interfaceOf } from "../../scripts/deploy/artifacts.js";
import { check } from "../../scripts/deploy/check.js";
import { deploymentSchema, NOBODY } from "../../scripts/deploy/deployment.js";
import { readMarketFile } from "../../scripts/deploy/params.js";
import { buildPlan, oracleSteps } from "../../scripts/deploy/plan.js";
import { sendAs } from "../../scripts/deploy/probe.js";
import { authorityBlock, carryOut, recordOf } from "../../scripts/deploy/run.js";
import { developmentWallet } from "../../scripts/lib/connection.js";
import { type Feeds, Rehearsal, secondPath } from "./rehearsal.js";

const THREE_DAYS = 3 * 86_400;
/** The deployer's transactions for a first market: seven contracts of the core, a token, an oracle, a pool, and three for
 * the seed deposit. The wrapped native coin is one more. */
const FIRST_MARKET = 14;
/** A second one with the same feeds finds core, tokens and oracle: pool, and the seed deposit. */
const NEXT_MARKET = 4;

const isDeep = process.env["MUTUA_REHEARSAL"] === "deep";
const quiet = (): void => {};
const pause = async (): Promise<void> => await new Promise((resolve) => setTimeout(resolve, 100));

describe("Deployment, rehearsed on anvil", function () {
  this.timeout(900_000);
  let rehearsal: Rehearsal;
  let feeds: Feeds;
  let first: string;

  before(async () => {
    rehearsal = await Rehearsal.start();
    feeds = await rehearsal.feeds();
    first = rehearsal.write("first", feeds);
  });

  after(async () => await rehearsal.stop());

  const nonce = async () => await rehearsal.anvil.provider.getTransactionCount(rehearsal.deployer.address);

  it("is killed, goes on where it was, and sends nothing twice", async () => {
    await rehearsal.blocksByTheClock();
    const before = await nonce();
    const kills = isDeep
      ? Array.from({ length: FIRST_MARKET + 2 }, (_, i) => new RegExp(`\\[ ?${i + 1}/.*…`))
      : [/\[ 2\/.*…/, /\[12\/.*…/];
    for (const killAt of kills) {
      const killed = await rehearsal.command(["--params", first], killAt);
      // What is there needs no step: then there is nothing to kill at.
      if (!isDeep) expect(killed.wasKilled, killed.output).to.equal(true);
    }
    const last = await rehearsal.command(["--params", first]);
    expect(last.output).to.match(/Check: \d+ things read back from local, no difference/);
    expect(last.code).to.equal(0);
    expect((await nonce()) - before).to.equal(FIRST_MARKET);
  });

  it("writes the record that the other commands read, and nothing else", async () => {
    const plan = rehearsal.plan(first);
    const record = deploymentSchema.parse(JSON.parse(readFileSync(join(rehearsal.folder, "local.json"), "utf8")));
    const [market] = record.markets;
    expect(record.contracts).to.deep.equal(plan.contracts);
    expect(market?.pool).to.equal(plan.markets[0]?.pool);
    expect(market?.parameters).to.deep.equal(plan.markets[0]?.parameters);
    expect(Object.keys(record.abis)).to.include("LendingPool");
    // The first block of the second in which the pool was created: there is nothing of it earlier.
    const start = market?.startBlock ?? 0;
    const listing = await rehearsal.reader.value<{ createdAt: bigint }>(
      "PoolFactory",
      plan.contracts.factory,
      "listing",
      [market?.pool],
    );
    expect((await rehearsal.anvil.provider.getBlock(start))?.timestamp).to.equal(Number(listing.createdAt));
    expect(await rehearsal.anvil.provider.getCode(market?.pool ?? "", start - 1)).to.equal("0x");
    expect(existsSync(join(rehearsal.folder, `local.json.${process.pid}.tmp`))).to.equal(false);
  });

  it("leaves the seed deposit with nobody, and no right with the deployer", async () => {
    const plan = rehearsal.plan(first);
    const [market] = plan.markets;
    // 1,000 tokens of six decimals, and six more for shares.
    expect(await rehearsal.reader.value("ILendingPool", market?.pool ?? "", "balanceOf", [NOBODY])).to.equal(
      10n ** 15n,
    );
    for (const role of [0, 1, 2, 3]) {
      const [isMember] = await rehearsal.reader.call("MutuaAuthority", plan.contracts.authority, "hasRole", [
        role,
        rehearsal.deployer.address,
      ]);
      expect(isMember).to.equal(false);
    }
  });

  it("replaces a transaction that is stuck on its nonce, and shares the core with a second market", async () => {
    const { provider } = rehearsal.anvil;
    const before = await nonce();
    rehearsal.pause();
    const block = await provider.getBlock("latest");
    const stuck = await provider.broadcastTransaction(
      await rehearsal.deployer.signTransaction({
        type: 2,
        chainId: rehearsal.anvil.chainId,
        nonce: before,
        to: NOBODY,
        value: 1n,
        gasLimit: 21_000,
        maxFeePerGas: block?.baseFeePerGas ?? 1n,
        maxPriorityFeePerGas: 1n,
      }),
    );
    const lines: string[] = [];
    const plan = rehearsal.plan(first, rehearsal.write("second", feeds));
    const crew = rehearsal.crew((line) => lines.push(line), 1);
    const carriedOut = carryOut(plan, rehearsal.reader, crew, 0, quiet);
    // No block comes before the other transaction has taken its place.
    const run = { isOver: false };
    void carriedOut.catch(() => {}).then(() => (run.isOver = true));
    while (!run.isOver && (await provider.getTransaction(stuck.hash)) !== null) await pause();
    rehearsal.resume();
    await carriedOut;

    expect(lines[0]).to.match(/1 transaction\(s\) of 0x\w+ wait from nonce \d+ on: giving them 1 s, then replacing/);
    expect((await nonce()) - before).to.equal(NEXT_MARKET);
    expect(await rehearsal.reader.value("MutuaAuthority", plan.contracts.authority, "adoptedCount")).to.equal(2n);
    expect(await check(plan, rehearsal.reader, 0)).to.have.deep.property("differences", []);
  });

  it("sends again what a reorganisation takes away", async () => {
    const { provider } = rehearsal.anvil;
    const before = await nonce();
    const start = await provider.getBlockNumber();
    const plan = rehearsal.plan(rehearsal.write("third", feeds));
    const [market] = plan.markets;
    const lines: string[] = [];
    let reorganised: Promise<void> | undefined;
    const reorganise = async (): Promise<void> => {
      rehearsal.pause();
      // All blocks since the start of this test once more, with nothing in them.
      try {
        await rehearsal.send("anvil_reorg", (await provider.getBlockNumber()) - start, []);
      } finally {
        rehearsal.resume();
      }
    };
    const log = (line: string): void => {
      lines.push(line);
      if (line.includes("adoption of third by the authority: done")) reorganised ??= reorganise();
    };
    await carryOut(plan, rehearsal.reader, rehearsal.crew(quiet), 3, log);
    await reorganised;
    expect(lines.filter((line) => line.startsWith("The chain was reorganised"))).to.have.length(1);
    expect(await check(plan, rehearsal.reader, 0)).to.have.deep.property("differences", []);
    expect((await nonce()) - before).to.equal(NEXT_MARKET);
    // One seed deposit, not two.
    expect(await rehearsal.reader.value("ILendingPool", market?.pool ?? "", "balanceOf", [NOBODY])).to.equal(
      10n ** 15n,
    );
  });

  it("changes an oracle through its delays, and the record follows", async () => {
    await rehearsal.blocksWithTransactions();
    const { provider } = rehearsal.anvil;
    const before = await recordOf(rehearsal.plan(first), rehearsal.reader, undefined);
    const changed = readMarketFile(rehearsal.write("first", feeds, [secondPath(feeds)]), "local");
    const plan = buildPlan("local", rehearsal.anvil.chainId, [changed], rehearsal.deployer.address, before);
    const [market] = plan.markets;
    if (market === undefined) throw new Error("No market");
    const { deployer } = rehearsal.crew(quiet);
    for (const step of oracleSteps(market, rehearsal.reader)) await deployer.carryOut(step);

    const pool = interfaceOf("ILendingPool");
    const execute = pool.encodeFunctionData("executeOracle");
    const governor = developmentWallet(2).address;
    const manager = developmentWallet(4).address;
    await sendAs(provider, manager, market.pool, pool.encodeFunctionData("scheduleOracle", [market.oracle.address]));
    const schedule = interfaceOf("MutuaAuthority").encodeFunctionData("schedule", [market.pool, execute, 0]);
    await sendAs(provider, governor, plan.contracts.authority, schedule);
    expect(await sendAs(provider, governor, market.pool, execute)).to.equal(false);

    await rehearsal.send("evm_increaseTime", THREE_DAYS + 1);
    await rehearsal.send("evm_mine");
    for (const [feed, answer] of [
      [feeds.eth, 2_000n],
      [feeds.otherEth, 2_010n],
      [feeds.usd, 1n],
    ] as const) {
      await rehearsal.call("MockFeed", feed, "setAnswer", [answer * 10n ** 8n]);
    }
    // Still the old one: the check says which.
    const early = await check(plan, rehearsal.reader, 0);
    expect(early.differences).to.include(
      `first: oracle in force is ${before.markets[0]?.oracle}, should be ${market.oracle.address}`,
    );
    expect(await sendAs(provider, governor, market.pool, execute)).to.equal(true);
    expect(await check(plan, rehearsal.reader, 0)).to.have.deep.property("differences", []);
    const after = await recordOf(plan, rehearsal.reader, before);
    expect(after.markets[0]?.oracle).to.equal(market.oracle.address);
    expect(after.markets[0]?.initialOracle).to.equal(before.markets[0]?.oracle);
    expect(after.startBlock).to.equal(await authorityBlock(plan, rehearsal.reader));
  });

  it("names every difference between chain and parameter file", async () => {
    const path = rehearsal.write("second", feeds, [
      ["lltv: 86%", "lltv: 85%"],
      ["repayTarget: 90%", "repayTarget: 89%"],
      ["supplyCap: 1_000_000", "supplyCap: 2_000_000"],
      ["heartbeat: 24 hours", "heartbeat: 23 hours"],
    ]);
    const expected = readMarketFile(path, "local");
    const deployed = rehearsal.plan(rehearsal.write("second", feeds));
    const plan = rehearsal.plan(first);
    const [market] = deployed.markets;
    if (market === undefined) throw new Error("No market");
    const changed = {
      ...plan,
      roles: { ...plan.roles, guardian: rehearsal.deployer.address },
      markets: [{ ...market, file: expected }],
    };
    const { differences } = await check(changed, rehearsal.reader, 0);
    expect(differences).to.deep.equal([
      `members of the role guardian is (${developmentWallet(3).address}), should be (${rehearsal.deployer.address})`,
      "second: repayTargetBps is 9000, should be 8900",
      "second: lltvBps is 8600, should be 8500",
      "second: supply cap is 1000000000000, should be 2000000000000",
      `second: oracle's path 1, loan is (${feeds.usd}, 86400, 90000000, 110000000), should be (${feeds.usd}, 82800, 90000000, 110000000)`,
    ]);
  });
});
