// One keeper in this process on anvil: what it follows, what it does, and what it survives.
import { once } from "node:events";
import { createServer, request, type Server } from "node:http";
import { readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

import { expect } from "chai";
import { parseEther } from "ethers";

import { connectTo, developmentWallet } from "../../scripts/lib/connection.ts";
import { Keeper } from "../../scripts/keeper/keeper.ts";
import { jsonLog } from "../../scripts/keeper/log.ts";
import { type MetricName, Metrics } from "../../scripts/keeper/metrics.ts";
import { readOptions } from "../../scripts/keeper/options.ts";
import { FEE, raise, type Stage } from "./stage.js";
import { folder, type LogLine } from "./process.js";

const PRICE = 2_000;
const DAY = 86_400;
const ACCOUNT = 3;
const QUICK = ["--poll-ms", "20", "--jitter-ms", "0", "--stuck-blocks", "2"];

type Running = {
  keeper: Keeper;
  metrics: Metrics;
  lines: LogLine[];
  /** Until it has done what is due at the last block. */
  idle: () => Promise<void>;
  end: () => Promise<void>;
};

describe("the keeper on anvil", function () {
  this.timeout(300_000);
  let stage: Stage;
  let snapshot: unknown;
  const disk = folder();
  const running: Running[] = [];
  let started = 0;

  before(async () => {
    stage = await raise({ positions: 12, price: PRICE, depth: 10_000_000, seed: 7, ltvs: [0.6, 0.79] });
    await stage.rpc("evm_setAutomine", false);
    snapshot = await stage.rpc("evm_snapshot");
  });
  afterEach(async () => {
    for (const each of running.splice(0)) await each.end();
    await stage.rpc("evm_revert", snapshot);
    await stage.rpc("anvil_dropAllTransactions");
    snapshot = await stage.rpc("evm_snapshot");
  });
  after(async () => {
    await stage.stop();
    disk.remove();
  });

  async function start(
    args: readonly string[] = [],
    url = stage.anvil.url,
    name = `${(started += 1)}`,
  ): Promise<Running> {
    const [flash, adapter] = [await stage.flash.getAddress(), await stage.adapter.getAddress()];
    const sale = ["--flash", flash, "--adapter", adapter, "--route", `${FEE}`];
    const options = readOptions(
      args.includes("--sale-discount") ? [...QUICK, ...args] : [...QUICK, ...sale, ...args],
      {},
    );
    if (options === undefined) throw new Error("no options");
    const connection = await connectTo(url, { signer: "none" });
    const metrics = new Metrics();
    const lines: LogLine[] = [];
    const log = jsonLog((line) => lines.push(JSON.parse(line) as LogLine), true);
    const target = {
      pool: stage.poolAddress,
      startBlock: 0,
      coinPrice: { kind: "collateral" } as const,
      checkpoint: `${disk.path}/${name}.json`,
    };
    // A dry run needs no key.
    const key = options.isDryRun ? {} : { signer: developmentWallet(ACCOUNT) };
    const keeper = await Keeper.start(options, target, { ...connection, ...key }, metrics, log);
    const run = keeper.run();
    const idle = async () => {
      const block = Number(await stage.rpc("eth_blockNumber"));
      const until = Date.now() + 100_000;
      while (metrics.get("mutua_keeper_block") !== block) {
        if (Date.now() > until) throw new Error(`stuck: ${JSON.stringify(lines.slice(-4))}`);
        await sleep(10);
      }
    };
    const end = async () => {
      keeper.stop();
      await stage.rpc("evm_mine");
      await run;
      connection.provider.destroy();
    };
    const each = { keeper, metrics, lines, idle, end };
    running.push(each);
    return each;
  }

  const value = ({ metrics }: Running, name: string): number => metrics.get(`mutua_keeper_${name}` as MetricName);

  async function step(price: number, ...keepers: Running[]): Promise<void> {
    await stage.setPrice(price);
    await stage.mine();
    for (const keeper of keepers) await keeper.idle();
  }

  async function mined(...keepers: Running[]): Promise<void> {
    await stage.mine();
    for (const keeper of keepers) await keeper.idle();
  }

  it("knows every position by its events, and what each call does to it", async () => {
    const keeper = await start();
    await mined(keeper);
    expect(value(keeper, "positions")).to.equal(12);
    const { deployer, pool } = stage;
    const fees = { gasLimit: 1_000_000n };
    const [some] = stage.borrowers as [string];
    await pool.connect(deployer).repay(parseEther("100"), some, fees);
    await mined(keeper);
    await pool.connect(deployer).repay(2n ** 256n - 1n, some, fees);
    await mined(keeper);
    expect(value(keeper, "positions")).to.equal(11);
    expect(value(keeper, "book_mismatch") + value(keeper, "resyncs_total")).to.equal(0);
  });

  it("liquidates what pays and leaves nothing liquidatable", async () => {
    const keeper = await start();
    await mined(keeper);
    await step(1_700, keeper);
    const due = value(keeper, "positions_liquidatable");
    expect(due).to.be.greaterThan(2);
    await mined(keeper);
    expect(value(keeper, "liquidations_total")).to.equal(due);
    expect(value(keeper, "positions_liquidatable")).to.equal(0);
    expect(value(keeper, "profit_assets_total")).to.be.greaterThan(0);
    expect(value(keeper, "transactions_reverted_total")).to.equal(0);
    expect(keeper.lines.filter(({ event }) => event === "liquidated").length).to.equal(due);
  });

  it("says what it would do in a dry run, and sends nothing", async () => {
    const keeper = await start(["--dry-run"]);
    await step(1_700, keeper);
    await mined(keeper);
    expect(keeper.lines.some(({ event }) => event === "would-liquidate")).to.equal(true);
    expect(value(keeper, "transactions_sent_total")).to.equal(0);
    expect((await stage.pool.queryFilter(stage.pool.filters.Liquidated())).length).to.equal(0);
  });

  it("takes only what pays", async () => {
    const none = await start(["--min-profit", "100000"]);
    await mined(none);
    await step(1_700, none);
    expect(value(none, "positions_unprofitable")).to.equal(value(none, "positions_liquidatable"));
    expect(value(none, "transactions_sent_total")).to.equal(0);
  });

  it("works with capital of its own", async () => {
    const { address } = developmentWallet(ACCOUNT);
    await stage.asset.mint(address, parseEther("1000000"), { gasLimit: 200_000n });
    const keeper = await start(["--sale-discount", "0.5"]);
    await mined(keeper); // the approval goes out
    await mined(keeper);
    await step(1_700, keeper);
    const due = value(keeper, "positions_liquidatable");
    await mined(keeper);
    expect(value(keeper, "liquidations_total")).to.equal(due);
    expect(await stage.collateral.balanceOf(address)).to.be.greaterThan(0n);
  });

  it("flags and forecloses what does not pay, and buys the estate when that does", async () => {
    const keeper = await start();
    await mined(keeper);
    // Nobody buys at the venue: liquidating does not pay.
    const tokens = [await stage.asset.getAddress(), await stage.collateral.getAddress()] as const;
    await stage.setPrice(1_500);
    await stage.router.setReserves(...tokens, FEE, parseEther("1"), parseEther("1"), { gasLimit: 200_000n });
    await mined(keeper);
    const deep = value(keeper, "positions_foreclosable");
    expect(deep).to.be.greaterThan(0);
    await mined(keeper);
    await mined(keeper);
    await mined(keeper);
    expect(value(keeper, "flags_total")).to.equal(deep);
    await stage.rpc("evm_increaseTime", DAY + 60);
    await mined(keeper);
    await mined(keeper);
    expect(value(keeper, "foreclosures_total")).to.equal(deep);
    expect(value(keeper, "estate_collateral")).to.be.greaterThan(0);
    // Buyers come back.
    await stage.setPrice(1_500);
    await stage.rpc("evm_increaseTime", 3 * DAY);
    await mined(keeper);
    await mined(keeper);
    expect(value(keeper, "estate_purchases_total")).to.equal(1);
    expect(value(keeper, "estate_collateral")).to.equal(0);
  });

  it("takes blocks back when the chain turns", async () => {
    const keeper = await start(["--dry-run"]);
    await mined(keeper);
    const before = await stage.rpc("evm_snapshot");
    const { pool, borrowers } = stage;
    await pool.repay(2n ** 256n - 1n, borrowers[0] as string, { gasLimit: 1_000_000n });
    await mined(keeper);
    expect(value(keeper, "positions")).to.equal(11);
    await stage.rpc("evm_revert", before);
    await pool.repay(2n ** 256n - 1n, borrowers[1] as string, { gasLimit: 1_000_000n });
    await pool.repay(2n ** 256n - 1n, borrowers[2] as string, { gasLimit: 1_000_000n });
    await mined(keeper);
    await mined(keeper);
    expect(value(keeper, "reorgs_total")).to.equal(1);
    expect(value(keeper, "positions")).to.equal(10);
    expect(value(keeper, "book_mismatch") + value(keeper, "resyncs_total")).to.equal(0);
  });

  it("goes on from its checkpoint, and starts anew from a broken one", async () => {
    const first = await start([], stage.anvil.url, "resumed");
    await mined(first);
    await first.end();
    running.pop();
    const file = `${disk.path}/resumed.json`;
    const { book } = JSON.parse(readFileSync(file, "utf8")) as { book: { positions: unknown[] } };
    expect(book.positions.length).to.equal(12);
    for (const [text, resumed] of [
      [readFileSync(file, "utf8"), true],
      ["{", false],
      ['{"version":1,"chainId":"31337"}', undefined],
    ] as const) {
      writeFileSync(file, text);
      if (resumed === undefined) {
        const refused = await start([], stage.anvil.url, "resumed").catch((error: unknown) => String(error));
        expect(refused).to.include("belongs to another pool");
        continue;
      }
      const again = await start([], stage.anvil.url, "resumed");
      await mined(again);
      expect(again.lines.find(({ event }) => event === "started")?.["resumed"]).to.equal(resumed);
      expect(value(again, "positions")).to.equal(12);
      await again.end();
      running.pop();
    }
  });

  it("waits for a node that is away, and goes on", async () => {
    const gate = await openGate(stage.anvil.url);
    const keeper = await start([], gate.url, "gate");
    await mined(keeper);
    gate.isOpen = false;
    await stage.setPrice(1_700);
    await stage.mine();
    while (value(keeper, "up") === 1) await sleep(10);
    expect(value(keeper, "rpc_errors_total")).to.be.greaterThan(0);
    gate.isOpen = true;
    await keeper.idle();
    await mined(keeper);
    expect(value(keeper, "up")).to.equal(1);
    expect(value(keeper, "liquidations_total")).to.be.greaterThan(0);
    await keeper.end();
    running.pop();
    gate.server.close();
  });

  it("replaces a transaction that nobody mines", async () => {
    const keeper = await start();
    const minedAt = async (gwei: number) => {
      await stage.rpc("anvil_setNextBlockBaseFeePerGas", `0x${(gwei * 1e9).toString(16)}`);
      await mined(keeper);
    };
    await minedAt(1);
    await stage.setPrice(1_700);
    await minedAt(1);
    expect(value(keeper, "transactions_pending")).to.be.greaterThan(0);
    // The base fee jumps above what was offered; what takes its place offers more.
    for (let block = 0; block < 4; ++block) await minedAt(100);
    expect(value(keeper, "transactions_stuck_total")).to.be.greaterThan(0);
    for (let block = 0; block < 3; ++block) await minedAt(1);
    expect(value(keeper, "positions_liquidatable")).to.equal(0);
  });
});

/** A way to the node that can be shut. */
async function openGate(url: string): Promise<{ url: string; isOpen: boolean; server: Server }> {
  const gate = { url: "", isOpen: true, server: undefined as unknown as Server };
  gate.server = createServer((incoming, outgoing) => {
    if (!gate.isOpen) {
      incoming.socket.destroy();
      return;
    }
    const { method, headers } = incoming;
    const onward = request(url, { method: method ?? "POST", headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  gate.server.listen(0, "127.0.0.1");
  await once(gate.server, "listening");
  gate.url = `http://127.0.0.1:${(gate.server.address() as { port: number }).port}`;
  return gate;
}
