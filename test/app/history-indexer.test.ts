// The past from an indexer: the same rows, and the logs instead when it is of no use.
import { expect } from "chai";

import { type Follow, followIndexer } from "../../app/src/history/follow.js";
import { IndexerHistory } from "../../app/src/history/indexer.js";
import { LogHistory, type Request } from "../../app/src/history/logs.js";
import { Span } from "../../app/src/history/span.js";
import { MemoryStore } from "../../app/src/history/store.js";
import { blocksToSample, lookBack } from "../../app/src/history/look-back.js";
import { SwitchedHistory } from "../../app/src/history/switch.js";
import { type Row, SAMPLE_LOG_INDEX } from "../../app/src/history/types.js";
import { DEPLOYMENT, FakeChain, MARKET } from "./fake-chain.js";

/** An indexer of a fake chain, as docs of indexer/ have it: pages of seven rows. */
class FakeIndexer {
  index = "1";
  chainId = 1;
  isReady = true;
  isDown = false;
  /** Blocks behind the head, and blocks below it that are final. */
  lag = 0;
  depth = 20;
  asked: URL[] = [];
  readonly #chain: FakeChain;
  #known: { head: string; rows: readonly Row[] } | undefined;

  constructor(chain: FakeChain) {
    this.#chain = chain;
  }

  async #rows(): Promise<readonly Row[]> {
    const { head } = this.#chain;
    if (this.#known?.head !== head.hash) {
      const logs = new LogHistory(DEPLOYMENT, this.#chain.request, new MemoryStore());
      while (await logs.advance(head));
      this.#known = { head: head.hash, rows: [...logs.rows("recovery"), ...logs.rows("governance")] };
    }
    return this.#known.rows;
  }

  readonly fetch = async (address: string): Promise<Response> => {
    if (this.isDown) throw new TypeError("Failed to fetch");
    const url = new URL(address);
    this.asked.push(url);
    if (url.pathname !== "/base/rows") return new Response("no such page", { status: 404 });
    const { market, kind, after = "-1.0" } = Object.fromEntries(url.searchParams);
    const [block = 0, logIndex = 0] = after.split(".").map(Number);
    const rows = (await this.#rows()).filter(
      (row) =>
        (market === undefined || row.market === market) &&
        (kind === undefined || row.kind === kind) &&
        (row.blockNumber > block || (row.blockNumber === block && row.logIndex > logIndex)) &&
        row.blockNumber <= this.#chain.head.number - this.lag,
    );
    const page = rows.slice(0, 7);
    const last = page.at(-1);
    const number = this.#chain.head.number - this.lag;
    return Response.json({
      index: this.index,
      chainId: this.chainId,
      startBlock: 100,
      isReady: this.isReady,
      indexedTo: { number, timestamp: 0 },
      finalTo: number - this.depth,
      rows: page,
      next: rows.length > 7 && last !== undefined ? `${last.blockNumber}.${last.logIndex}` : null,
    });
  };
}

const started = (length: number) => {
  const chain = new FakeChain(length);
  const indexer = new FakeIndexer(chain);
  const clock = { now: 0 };
  const history = new IndexerHistory("http://indexer/base/", 1, indexer.fetch, () => clock.now);
  return { chain, indexer, history, clock };
};

async function fromLogs(chain: FakeChain): Promise<readonly Row[]> {
  const logs = new LogHistory(DEPLOYMENT, chain.request, new MemoryStore(), new Span(40));
  while (await logs.advance(chain.head));
  return logs.rows("recovery", MARKET);
}

async function problemOf(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => "none",
    (error: unknown) => (error as Error).message,
  );
}

describe("app: history from an indexer", () => {
  it("gives the very rows that the logs give, page by page, and only those that were asked for", async () => {
    const { chain, indexer, history } = started(150);
    expect(history.rows("recovery", MARKET)).to.deep.equal([]);
    indexer.lag = 25;
    expect(await history.poll(chain.head), "whether it has the head").to.equal(false);
    expect(history.rows("recovery", MARKET)).to.have.length(25);
    expect(history.progress()).to.deep.include({ isComplete: false, part: 24 / 49 });
    indexer.lag = 0;
    indexer.asked = [];
    expect(await history.poll(chain.head)).to.equal(true);
    expect(history.rows("recovery", MARKET)).to.deep.equal(await fromLogs(chain));
    expect(history.rows("recovery", MARKET)).to.have.length(50);
    expect(indexer.asked.length).to.equal(7);
    expect(indexer.asked.every((url) => url.searchParams.get("market") === MARKET)).to.equal(true);
    expect(history.progress()).to.deep.include({ source: "indexer", isComplete: true, notice: null });
    history.rows("governance");
    await history.poll(chain.head);
    expect(indexer.asked.some((url) => url.searchParams.get("kind") === "governance")).to.equal(true);
  });

  it("asks anew only for what can still change, so that a chain that turns leaves nothing behind", async () => {
    const { chain, indexer, history } = started(150);
    history.rows("recovery", MARKET);
    await history.poll(chain.head);
    chain.turn(10);
    chain.mine();
    indexer.asked = [];
    await history.poll(chain.head);
    expect(history.rows("recovery", MARKET)).to.deep.equal(await fromLogs(chain));
    expect(indexer.asked[0]?.searchParams.get("after")).to.equal(`129.${SAMPLE_LOG_INDEX}`);
    expect(indexer.asked.length).to.equal(2);
  });

  it("indexed anew: nothing of before is kept", async () => {
    const { chain, indexer, history } = started(130);
    history.rows("recovery", MARKET);
    await history.poll(chain.head);
    chain.turn(25);
    indexer.index = "2";
    await history.poll(chain.head);
    expect(history.rows("recovery", MARKET)).to.deep.equal(await fromLogs(chain));
    expect(history.rows("recovery", MARKET)).to.have.length(5);
  });

  it("says why it is of no use: silent, another chain's, still reading, or a minute behind", async () => {
    const { chain, indexer, history, clock } = started(120);
    indexer.isDown = true;
    expect(await problemOf(history.poll(chain.head))).to.equal("The indexer does not answer.");
    indexer.isDown = false;
    indexer.chainId = 5;
    expect(await problemOf(history.poll(chain.head))).to.equal("The indexer is one of chain 5.");
    indexer.chainId = 1;
    indexer.isReady = false;
    expect(await problemOf(history.poll(chain.head))).to.equal("The indexer is still reading the chain.");
    indexer.isReady = true;
    indexer.lag = 3;
    expect(await problemOf(history.poll(chain.head))).to.equal("none");
    clock.now += 60_001;
    expect(await problemOf(history.poll(chain.head))).to.equal(
      "The indexer lags behind: it is at block 116, the chain at 119.",
    );
    indexer.lag = 0;
    expect(await problemOf(history.poll(chain.head))).to.equal("none");
    // Three blocks behind for ever, but never a minute: it moves along.
    indexer.lag = 3;
    for (let i = 0; i < 10; ++i) {
      for (let k = 0; k < 4; ++k) chain.mine(false);
      clock.now += 20_000;
      expect(await problemOf(history.poll(chain.head))).to.equal("none");
    }
  });

  it("when it fails the logs are read instead, with a word about it; when it is back, it is used again", async () => {
    const { chain, indexer, history, clock } = started(150);
    let requests = 0;
    const request: Request = async (method, params) => {
      ++requests;
      return await chain.request(method, params);
    };
    const logs = new LogHistory(DEPLOYMENT, request, new MemoryStore());
    const switched = new SwitchedHistory();
    const stop = new AbortController();
    const silent = "The indexer does not answer. The chain's logs are read instead.";
    // Each wait is a second; the indexer fails when its rows are there, and is back when those of the logs are.
    const seen: string[] = [];
    const after: number[] = [];
    const follow: Follow = {
      newest: () => chain.head,
      wait: async () => {
        await new Promise<void>((resolve) => setTimeout(resolve, 1));
        clock.now += 1_000;
        const { source, notice } = switched.progress();
        const word = `${source}: ${notice ?? ""}`.trim();
        if (switched.rows("recovery", MARKET).length === 50 && seen.at(-1) !== word) seen.push(word);
        indexer.isDown = seen.length === 1;
        if (seen.length < 3) return;
        if (after.length === 0) chain.mine(false);
        after.push(requests);
        if (after.length === 10) stop.abort();
      },
      signal: stop.signal,
    };
    await followIndexer(switched, history, logs, follow, () => clock.now);
    expect(seen).to.deep.equal(["indexer:", `logs: ${silent}`, "indexer:"]);
    expect(new Set(after).size, "the logs are left alone then").to.equal(1);
    expect(clock.now, "not asked again before a minute").to.be.at.least(60_000);
  });
});

const sample = (blockNumber: number, exitPriceWad: string) => ({
  market: MARKET,
  blockNumber,
  timestamp: blockNumber * 12,
  grossPriceWad: "1",
  exitPriceWad,
});

describe("app: what a session has seen", () => {
  it("samples stand among the rows, and go with the blocks that vanish", () => {
    const switched = new SwitchedHistory();
    const seen = () =>
      switched.rows("price", MARKET).map(({ blockNumber, exitPriceWad }) => [blockNumber, exitPriceWad]);
    let calls = 0;
    switched.subscribe(() => ++calls);
    switched.sample(sample(10, "1"));
    switched.sample(sample(12, "2"));
    expect(seen()).to.deep.equal([
      [10, "1"],
      [12, "2"],
    ]);
    expect(switched.rows("price", MARKET), "the same array while nothing changes").to.equal(
      switched.rows("price", MARKET),
    );
    expect(switched.rows("price", "0x00")).to.deep.equal([]);
    switched.sample(sample(11, "3"));
    expect(seen()).to.deep.equal([
      [10, "1"],
      [11, "3"],
    ]);
    expect(calls).to.equal(3);
  });

  it("looks back: densely near the head, to before each loss, and no further than the node remembers", async () => {
    const blocks = blocksToSample(100, 10_100, [{ blockNumber: 5_000 }]);
    expect(blocks).to.have.length(41);
    expect(blocks.slice(0, 4)).to.deep.equal([10_094, 10_075, 10_044, 10_000]);
    expect(blocks.slice(-2)).to.deep.equal([594, 100]);
    expect(blocks).to.include(4_999);
    expect(blocksToSample(100, 103, [{ blockNumber: 90 }])).to.deep.equal([103, 102, 101, 100]);

    const asked: number[] = [];
    const switched = new SwitchedHistory();
    const read = async (block: number) => {
      asked.push(block);
      if (block < 9_000) throw new Error("missing trie node");
      return { timestamp: block, grossPriceWad: "2", exitPriceWad: "1" };
    };
    await lookBack(blocks, read, (samples) =>
      switched.addSamples(samples.map((each) => ({ market: MARKET, ...each }))),
    );
    const rows = switched.rows("price", MARKET);
    expect(rows.map(({ blockNumber }) => blockNumber)).to.deep.equal(
      blocks.filter((block) => block >= 9_000).toReversed(),
    );
    expect(rows.every(({ cause, exitPriceWad }) => cause === "sample" && exitPriceWad === "1")).to.equal(true);
    expect(asked).to.have.length(20);
  });
});
