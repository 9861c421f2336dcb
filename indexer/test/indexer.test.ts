import { expect } from "chai";

import { LogHistory } from "../../app/src/history/logs.js";
import { IndexerHistory } from "../../app/src/history/indexer.js";
import { MemoryStore } from "../../app/src/history/store.js";
import { GOVERNANCE_EVENTS, type Kind, type Row, type RowOf } from "../../app/src/history/types.js";
import { decide, deploy, type Deployed, headOf, live, openLoan, sent, tokens, wait } from "./chain.js";
import { Indexer, said } from "./engine.js";

const KINDS: readonly Kind[] = [
  "claim",
  "estateSale",
  "flag",
  "foreclosure",
  "governance",
  "liquidation",
  "loss",
  "position",
  "price",
  "recovery",
];

const keyOf = (row: Row) => [row.blockNumber, row.logIndex, row.kind, row.market].join(" ");
const sorted = (rows: readonly Row[]) => rows.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
const sum = (values: string[]) => values.reduce((total, value) => total + BigInt(value), 0n);
const isSample = (row: Row) => row.kind === "price" && row.cause === "sample";
const ofKind = <K extends Kind>(rows: readonly Row[], kind: K) =>
  rows.filter((row): row is RowOf<K> & Row => row.kind === kind);

/** What the app reads from the chain by itself; of an account's positions the first, as an indexer keeps them. */
async function rowsOfLogs({ rpc, deployment }: Deployed, head: { number: number; hash: string }): Promise<Row[]> {
  const history = new LogHistory(
    deployment as never,
    async (method, params) => await rpc(method, ...params),
    new MemoryStore(),
  );
  while (await history.advance(head));
  expect(history.progress().isComplete).to.equal(true);
  const known = new Set<string>();
  return sorted(KINDS.flatMap((kind): readonly Row[] => history.rows(kind))).filter((row) => {
    if (row.kind !== "position") return true;
    const account = `${row.market} ${row.borrower}`;
    if (known.has(account)) return false;
    known.add(account);
    return true;
  });
}

describe("the indexer", function () {
  this.timeout(1_200_000);
  // Each goes on where the one before it ended.
  this.bail(true);
  let chain: Deployed;
  let indexer: Indexer;

  /** The indexer's rows are those of the logs. */
  async function expectRows(): Promise<Row[]> {
    const rows = await indexer.rows();
    expect(sorted(rows.filter((row) => !isSample(row)))).to.deep.equal(await rowsOfLogs(chain, await headOf(chain)));
    return rows;
  }

  /** And those of an index made from nothing, samples too. */
  async function expectFreshRows(): Promise<Row[]> {
    const rows = await expectRows();
    const fresh = new Indexer(chain);
    try {
      await fresh.start();
      expect(await fresh.rows()).to.deep.equal(rows);
    } finally {
      await fresh.remove();
    }
    return rows;
  }

  before(async () => {
    chain = await deploy();
    // In PostgreSQL if there is one for this; what it is compared with is always embedded.
    indexer = new Indexer(chain, process.env["DATABASE_URL"]);
    await indexer.start();
  });

  after(async () => {
    await indexer.remove();
    await chain.stop();
  });

  it("follows a chain on which everything happens that makes rows", async () => {
    await live(chain);
    await decide(chain);
    const rows = await expectRows();
    expect([...new Set(rows.map(({ kind }) => kind))].toSorted()).to.deep.equal(KINDS);
    const decided = new Set(ofKind(rows, "governance").map(({ event }) => event));
    expect([...decided].toSorted()).to.deep.equal([...GOVERNANCE_EVENTS].toSorted());
    expect([...new Set(ofKind(rows, "price").map(({ cause }) => cause))].toSorted()).to.deep.equal(
      ["deposit", "withdrawal", "topUp", "reserveWithdrawal", "loss", "sample"].toSorted(),
    );
  });

  it("the sums of its rows are the chain's own", async () => {
    const { main, deployment, ethers } = chain;
    const pool = await main.pool.getAddress();
    const rows = await indexer.rows({ market: pool });
    const losses = ofKind(rows, "loss");
    for (const { lossAssets, fromReserve, fromFund, haircut } of losses) {
      expect(BigInt(lossAssets)).to.equal(sum([fromReserve, fromFund, haircut]));
    }
    // What suppliers lost is owed to them, and what came back or was paid out is what is not owed any more.
    const lens = await ethers.getContractAt("PoolLens", deployment.contracts["lens"] as string);
    const { certificates } = await lens.market(pool);
    const owed = sum(losses.map(({ haircut }) => haircut));
    const paid = sum(ofKind(rows, "recovery").map(({ toCertificates }) => toCertificates));
    // Each loss and each recovery is divided among the holders, and rounded by a wei for each of them at most.
    expect(Number(owed - paid - certificates.unpaidFace)).to.be.closeTo(0, 100);
    const claimed = sum(ofKind(rows, "claim").map(({ assets }) => assets));
    expect(Number(paid - claimed - certificates.held)).to.be.closeTo(0, 100);
    // A seller of losses: every loss is of a liquidation, a foreclosure or a sale of the estate.
    const told = sum([
      ...ofKind(rows, "liquidation").map(({ lossAssets }) => lossAssets),
      ...ofKind(rows, "foreclosure").map(({ lossAssets }) => lossAssets),
    ]);
    const ofEstate = sum(losses.filter(({ borrower }) => /^0x0+$/.test(borrower)).map(({ lossAssets }) => lossAssets));
    expect(sum(losses.map(({ lossAssets }) => lossAssets))).to.equal(told + ofEstate);
    expect(losses.map(({ lossId }) => Number(lossId))).to.deep.equal(losses.map((_, index) => index + 1));
  });

  it("samples are the lens's own prices at their blocks", async () => {
    const { other, ethers, deployment } = chain;
    const samples = ofKind(await indexer.rows({ kind: "price" }), "price").filter(isSample);
    expect(samples.length).to.be.greaterThan(10);
    for (const sample of samples.slice(-6)) {
      const lens = await ethers.getContractAt("PoolLens", deployment.contracts["lens"] as string);
      const { prices } = await lens.market(sample.market, { blockTag: sample.blockNumber });
      expect([sample.grossPriceWad, sample.exitPriceWad]).to.deep.equal([
        String(prices.grossPriceWad),
        String(prices.exitPriceWad),
      ]);
    }
    const pool = await other.pool.getAddress();
    expect(samples.some(({ market }) => market === pool)).to.equal(true);
  });

  it("a reorg: rows of blocks that are gone go, those of the new ones come", async () => {
    const { rpc, main, alice, bob, keeper } = chain;
    const deposit = async (who: typeof alice, whole: number) =>
      await sent(main.pool.connect(who)["deposit(uint256,address)"](tokens(whole), who.address));
    const before = await rpc("evm_snapshot");
    await deposit(alice, 11);
    await deposit(alice, 12);
    await openLoan(main, keeper, 10, 1_000);
    for (let i = 0; i < 8; ++i) await deposit(bob, 13 + i);
    const gone = await indexer.rows();
    await rpc("evm_revert", before);
    await deposit(bob, 40);
    await openLoan(main, keeper, 11, 1_000);
    for (let i = 0; i < 3; ++i) await deposit(alice, 50 + i);
    const { blockNumber } = gone.at(-1) as Row;
    expect((await headOf(chain)).number).to.be.lessThan(blockNumber);
    const rows = await expectRows();
    expect(rows).to.not.deep.include(gone.at(-1));

    await rpc("anvil_reorg", 4, []);
    await deposit(bob, 70);
    await expectFreshRows();
  });

  it("kill -9, and what happened meanwhile is caught up with, nothing twice", async () => {
    const { main, alice } = chain;
    await indexer.rows();
    const { index } = await indexer.page();
    await indexer.crash();
    for (let i = 0; i < 3; ++i) {
      await sent(main.pool.connect(alice)["deposit(uint256,address)"](tokens(80 + i), alice.address));
    }
    await indexer.start();
    expect((await indexer.page()).index, "the same index").to.equal(index);
    const rows = await expectFreshRows();
    expect(new Set(rows.map(keyOf)).size).to.equal(rows.length);
  });

  it("a reorg deeper than it can follow: it indexes anew by itself", async () => {
    const { rpc, main, alice } = chain;
    const before = await rpc("evm_snapshot");
    await rpc("anvil_mine", "0x80");
    await sent(main.pool.connect(alice)["deposit(uint256,address)"](tokens(90), alice.address));
    await indexer.rows();
    await rpc("evm_revert", before);
    await sent(main.pool.connect(alice)["deposit(uint256,address)"](tokens(91), alice.address));
    await expectRows();
    expect(indexer.lines.join("\n")).to.include("indexing anew");
  });

  it("the same while it is off: it sees that at its start", async () => {
    const { rpc, main, alice } = chain;
    const before = await rpc("evm_snapshot");
    await sent(main.pool.connect(alice)["deposit(uint256,address)"](tokens(92), alice.address));
    await rpc("anvil_mine", "0x80");
    await indexer.rows();
    expect(await indexer.end()).to.equal(0);
    await rpc("evm_revert", before);
    await wait(chain, 86_400);
    await sent(main.pool.connect(alice)["deposit(uint256,address)"](tokens(93), alice.address));
    await rpc("anvil_mine", "0x80");
    indexer.lines.length = 0;
    await indexer.start();
    await expectRows();
    expect(indexer.lines.join("\n")).to.include("indexing anew");
  });

  it("serves the app's client: all of a market, page by page", async () => {
    const { main, deployment } = chain;
    const head = await headOf(chain);
    await indexer.rows();
    const history = new IndexerHistory(indexer.url, 31_337);
    const pool = await main.pool.getAddress();
    history.want("loss", pool);
    await history.poll(head);
    const losses = ofKind(await rowsOfLogs(chain, head), "loss").filter(({ market }) => market === pool);
    expect(losses.length).to.equal(3);
    expect(history.rows("loss", pool)).to.deep.equal(losses.toSorted((a, b) => a.blockNumber - b.blockNumber));
    expect(history.progress().isComplete).to.equal(true);
    const page = await indexer.page({ kind: "governance", market: "", limit: "2" });
    expect([page.chainId, page.startBlock]).to.deep.equal([31_337, deployment.startBlock]);
    expect(page.finalTo ?? Infinity).to.be.at.most(head.number);
    expect(page.rows.every(({ kind, market }) => kind === "governance" && market === "")).to.equal(true);
  });

  it("a wrong query is a sentence, and pages of other sites may ask", async () => {
    for (const [query, sentence] of [
      ["after=7", 'after is "7": allowed is <block>.<logIndex>, as next gives it'],
      ["limit=0", 'limit is "0": allowed is a whole number from 1 to 5000'],
      ["limit=5001", 'limit is "5001": allowed is a whole number from 1 to 5000'],
    ] as const) {
      const response = await fetch(`${indexer.url}/rows?${query}`);
      expect(response.status).to.equal(400);
      expect(await response.json()).to.deep.equal({ error: sentence });
    }
    const response = await fetch(`${indexer.url}/rows`, { headers: { origin: "https://example.org" } });
    expect(response.headers.get("access-control-allow-origin")).to.equal("*");
  });

  it("bad input ends in one line", async () => {
    const { anvil, folder } = chain;
    const environment = { MUTUA_DEPLOYMENTS: folder };
    for (const [args, line] of [
      [["--network", "nowhere"], /^\S*nowhere\.json is missing: run npm run deploy -- --network nowhere, .*\n$/],
      [["--network", "test", "--url", "http://127.0.0.1:1"], /^No answer from the RPC of test \(.*\n$/],
      [["--network", "test", "--url", anvil.url, "--port", "x"], /^--port is "x": allowed is a whole number .*\n$/],
      [["--netwrk"], /^Unknown option '--netwrk': npm run indexer -- --help lists the options\n$/],
      [["--network", "test", "--url", anvil.url, "--port", new URL(anvil.url).port], /is taken or not allowed.*\n$/],
    ] as const) {
      const { code, error } = await said(args, environment);
      expect(error).to.match(line);
      expect(code).to.equal(1);
    }
    const { code, error } = await said(["--network", "test"], { ...environment, DATABASE_URL: "mysql://x" });
    expect([code, error]).to.deep.equal([
      1,
      "DATABASE_URL is no address of PostgreSQL: allowed is postgres://user:password@host/database\n",
    ]);
    if (process.env["DATABASE_URL"] !== undefined) return;
    // One process for one embedded database.
    const port = String(Number(new URL(indexer.url).port) + 1);
    const args = ["--network", "test", "--url", anvil.url, "--port", port, "--folder", indexer.folder];
    expect((await said(args, environment)).error).to.match(/^Process \d+ indexes this chain into .*\n$/);
  });

  it("Ctrl-C ends it in order", async () => {
    expect(await indexer.end()).to.equal(0);
  });
});
