// The past from an indexer: the same rows, and the logs instead when it is of no use.
import { expect } from "chai";
import { Interface, zeroPadValue } from "ethers";

import { type Follow, followIndexer } from "../../app/src/history/follow.js";
import { IndexerHistory } from "../../app/src/history/indexer.js";
import { LogHistory, type Request } from "../../app/src/history/logs.js";
import { Span } from "../../app/src/history/span.js";
import { MemoryStore } from "../../app/src/history/store.js";
import { blocksToSample, lookBack } from "../../app/src/history/look-back.js";
import { SwitchedHistory } from "../../app/src/history/switch.js";
import { rowsOf } from "../../app/src/history/rows.js";
import { type GovernanceRow, type Row, SAMPLE_LOG_INDEX } from "../../app/src/history/types.js";
import { authorityAbi, decodeEvents, factoryAbi, type MutuaEvent, poolAbi } from "../../sdk/index.js";
import { DEPLOYMENT, FakeChain, MARKET } from "./fake-chain.js";

type Answer = { rows: readonly Row[]; next: string | null } & Record<string, unknown>;

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
  /** What it answers instead, if it is broken or means harm. */
  spoil: (page: Answer, url: URL) => unknown = (page) => page;
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
    const answer = {
      index: this.index,
      chainId: this.chainId,
      startBlock: 100,
      isReady: this.isReady,
      indexedTo: { number, timestamp: 0 },
      finalTo: number - this.depth,
      rows: page,
      next: rows.length > 7 && last !== undefined ? `${last.blockNumber}.${last.logIndex}` : null,
    };
    return Response.json(this.spoil(answer, url));
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

const ENDLESS = "The indexer's answer has no end.";
const NONSENSE = "The indexer's answer makes no sense.";

/** The first row, changed. */
const withRow =
  (change: Record<string, unknown>) =>
  (page: Answer): Answer => ({
    ...page,
    rows: page.rows.map((row, i) => (i === 0 ? { ...row, ...change } : row)),
  });

const valueOf = (type: string): unknown => {
  if (type === "address") return zeroPadValue("0xabcdef", 20);
  if (type === "bool") return true;
  if (type === "string") return "a word";
  const bits = Number(type.replace(/\D/g, ""));
  return type.startsWith("uint") ? 2n ** BigInt(bits) - 1n : `0x${"ab".repeat(bits === 0 ? 100 : bits)}`;
};

/** A log of each event, with every argument as far as it goes. */
function everyEvent(): MutuaEvent[] {
  return Object.entries({ pool: poolAbi, factory: factoryAbi, authority: authorityAbi }).flatMap(([source, abi]) => {
    const codec = new Interface(abi);
    const logs: { data: string; topics: string[] }[] = [];
    codec.forEachEvent((event) =>
      logs.push(
        codec.encodeEventLog(
          event,
          event.inputs.map(({ type }) => valueOf(type)),
        ),
      ),
    );
    return logs.flatMap((log, index) => {
      const where = { address: MARKET, blockNumber: 149, transactionHash: `0x${"0f".repeat(32)}`, index };
      return decodeEvents([{ ...log, ...where }], { [source]: MARKET });
    });
  });
}

describe("app: an indexer that is broken, or means harm", () => {
  it("what the page asks for is bounded: a next that stays, pages and words for a restart without end", async () => {
    const { chain, indexer, history, clock } = started(150);
    history.rows("recovery", MARKET);
    indexer.spoil = (page) => ({ ...page, rows: [], next: "100.0" });
    expect(await problemOf(history.poll(chain.head))).to.equal(ENDLESS);
    expect(indexer.asked.length).to.equal(2);
    indexer.asked = [];
    indexer.spoil = (page) => ({ ...page, rows: [], next: `${indexer.asked.length}.0` });
    expect(await problemOf(history.poll(chain.head))).to.equal(ENDLESS);
    expect(indexer.asked.length).to.equal(1_000);
    indexer.asked = [];
    indexer.spoil = (page) => ({ ...page, index: `${indexer.asked.length}` });
    expect(await problemOf(history.poll(chain.head))).to.equal(ENDLESS);
    expect(indexer.asked.length).to.be.at.most(4);
    indexer.asked = [];
    indexer.spoil = (page) => {
      clock.now += 14_000;
      return { ...page, rows: [], next: `${indexer.asked.length}.0` };
    };
    expect(await problemOf(history.poll(chain.head))).to.equal(ENDLESS);
    expect(indexer.asked.length, "in two minutes").to.equal(9);
    indexer.spoil = (page) => page;
    expect(await history.poll(chain.head)).to.equal(true);
    expect(history.rows("recovery", MARKET)).to.deep.equal(await fromLogs(chain));
  });

  it("an answer is read only so far", async () => {
    let parts = 0;
    const part = new Uint8Array(10_000_000).fill(0x20);
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        if (++parts > 20) controller.close();
        else controller.enqueue(part);
      },
    });
    // oxlint-disable-next-line require-await
    const history = new IndexerHistory("http://indexer/base/", 1, async () => new Response(endless));
    expect(await problemOf(history.poll({ number: 149 }))).to.equal(ENDLESS);
    expect(parts).to.be.at.most(12);
  });

  it("anything that is no row, no page, or not what was asked for is its problem, and nothing of it is kept", async () => {
    const { chain, indexer, history } = started(150);
    const wrong: Record<string, (page: Answer) => unknown> = {
      "no object": () => null,
      "a list": () => [],
      "no rows": (page) => ({ ...page, rows: undefined }),
      "no place": (page) => ({ ...page, indexedTo: {} }),
      "a place in words": (page) => ({ ...page, indexedTo: { number: "149", timestamp: 0 } }),
      "a start that is none": (page) => ({ ...page, startBlock: null }),
      "an end that is none": (page) => ({ ...page, finalTo: 1.5 }),
      "a chain that can't be said": (page) => ({ ...page, chainId: { toString: 1 } }),
      "a next that is none": (page) => ({ ...page, next: "far" }),
      "too many rows": (page) => ({ ...page, rows: Array.from({ length: 1_011 }, () => page.rows[0]), next: null }),
      null: (page) => ({ ...page, rows: [null] }),
      "another kind": withRow({ kind: "constructor" }),
      "a kind without its fields": withRow({ kind: "loss" }),
      "a field too many": withRow({ more: "x".repeat(100) }),
      "a block in words": withRow({ blockNumber: "120" }),
      "half a block": withRow({ blockNumber: 120.5 }),
      "a block to come": withRow({ blockNumber: 150 }),
      "a time before all": withRow({ timestamp: -1 }),
      "a log beyond all": withRow({ logIndex: SAMPLE_LOG_INDEX + 1 }),
      "a transaction that is none": withRow({ transactionHash: "0x" }),
      "an amount in words": withRow({ toReserve: "abc" }),
      "an amount without end": withRow({ toReserve: "9".repeat(79) }),
      "an amount that is a number": withRow({ toReserve: 1 }),
      "no account": withRow({ caller: "0x12" }),
      "an account in another case": withRow({ caller: `0x${"ab".repeat(20)}` }),
      "another market": withRow({ market: DEPLOYMENT.contracts.authority }),
      "no market": withRow({ market: "" }),
    };
    history.rows("recovery", MARKET);
    for (const [name, spoil] of Object.entries(wrong)) {
      indexer.spoil = spoil;
      expect(await problemOf(history.poll(chain.head)), name).to.equal(NONSENSE);
      expect(history.rows("recovery", MARKET), name).to.have.length(0);
    }
    indexer.spoil = (page) => page;
    expect(await history.poll(chain.head)).to.equal(true);
    expect(history.rows("recovery", MARKET)).to.have.length(50);
  });

  it("the words of governance are looked at too, by the contracts' own ABIs", async () => {
    const { chain, indexer, history } = started(150);
    history.rows("governance");
    const row = everyEvent()
      .flatMap((event) => rowsOf(event, 1))
      .find((each) => each.kind === "governance" && each.event === "OperationScheduled") as GovernanceRow;
    let values: unknown = row.values;
    indexer.spoil = (page) => ({ ...page, rows: [{ ...row, values }], next: null });
    expect(await problemOf(history.poll(chain.head))).to.equal("none");
    expect(history.rows("governance")).to.deep.equal([row]);
    const { schedule: _, ...less } = row.values;
    const wrong = [
      null,
      {},
      less,
      { ...row.values, more: "1" },
      { ...row.values, schedule: "soon" },
      { ...row.values, operationId: "0x12" },
      { ...row.values, data: "0x1" },
      { ...row.values, target: "me" },
      { ...row.values, data: `0x${"00".repeat(5_000)}` },
    ];
    for (const each of wrong) {
      values = each;
      expect(await problemOf(history.poll(chain.head)), JSON.stringify(each).slice(0, 80)).to.equal(NONSENSE);
    }
  });

  it("takes every row that the logs give", async () => {
    const { chain, indexer, history } = started(150);
    const rows = everyEvent().flatMap((event) => rowsOf(event, 1));
    expect(new Set(rows.map(({ kind }) => kind)).size).to.equal(10);
    const mine = rows.filter(({ market }) => market === MARKET);
    history.rows("loss", MARKET);
    history.rows("governance");
    indexer.spoil = (page, url) => {
      const asked = url.searchParams.has("market") ? mine : rows.filter(({ kind }) => kind === "governance");
      return { ...page, rows: asked, next: null };
    };
    expect(await problemOf(history.poll(chain.head))).to.equal("none");
    expect(history.rows("loss", MARKET)).to.deep.equal(rows.filter(({ kind }) => kind === "loss"));
  });

  it("whatever final block it claims, what is above the head is asked for again", async () => {
    const { chain, indexer, history } = started(130);
    history.rows("recovery", MARKET);
    indexer.spoil = (page) => ({ ...page, indexedTo: { number: 10 ** 15, timestamp: 0 }, finalTo: 10 ** 15 });
    await history.poll(chain.head);
    for (let i = 0; i < 5; ++i) chain.mine();
    await history.poll(chain.head);
    expect(history.rows("recovery", MARKET)).to.deep.equal(await fromLogs(chain));
    indexer.spoil = (page) => ({
      ...page,
      indexedTo: { number: 10, timestamp: 0 },
      startBlock: chain.head.number,
      rows: [],
    });
    const other = new IndexerHistory("http://indexer/base/", 1, indexer.fetch);
    await other.poll(chain.head);
    expect(other.progress()).to.deep.include({ isComplete: false, part: 0 });
  });

  it("indexed anew while it is read: of no market a part is missing", async () => {
    const { chain, indexer, history } = started(150);
    history.rows("recovery", MARKET);
    history.rows("governance");
    await history.poll(chain.head);
    indexer.spoil = (page, url) => {
      if (url.searchParams.has("kind")) indexer.index = "2";
      return { ...page, index: indexer.index };
    };
    expect(await history.poll(chain.head)).to.equal(true);
    expect(history.rows("recovery", MARKET)).to.deep.equal(await fromLogs(chain));
  });

  it("a market is asked for in checksum case, however the configuration has it", async () => {
    const { chain, indexer, history } = started(150);
    const lower = MARKET.toLowerCase();
    expect(lower).not.to.equal(MARKET);
    history.rows("recovery", lower);
    await history.poll(chain.head);
    expect(indexer.asked[0]?.searchParams.get("market")).to.equal(MARKET);
    expect(history.rows("recovery", lower)).to.have.length(50);
  });

  for (const [name, harm] of Object.entries<(history: IndexerHistory, indexer: FakeIndexer) => void>({
    "rows that are none": (_, indexer) => (indexer.spoil = (page) => ({ ...page, rows: [null] })),
    "what nobody has foreseen": (history) =>
      history.subscribe(() => {
        throw new TypeError("not foreseen");
      }),
  })) {
    it(`the logs take over: ${name}`, async () => {
      const { chain, indexer, history } = started(150);
      harm(history, indexer);
      const logs = new LogHistory(DEPLOYMENT, chain.request, new MemoryStore());
      const switched = new SwitchedHistory();
      const stop = new AbortController();
      let waits = 0;
      const follow: Follow = {
        newest: () => chain.head,
        wait: async () => {
          await new Promise<void>((resolve) => setTimeout(resolve, 1));
          if (++waits === 1_000 || switched.rows("recovery", MARKET).length === 50) stop.abort();
        },
        signal: stop.signal,
      };
      await followIndexer(switched, history, logs, follow);
      const { source, notice } = switched.progress();
      expect(source).to.equal("logs");
      expect(notice).to.match(/^The indexer.* The chain's logs are read instead\.$/);
      expect(switched.rows("recovery", MARKET)).to.have.length(50);
    });
  }
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
