// The past from logs: nothing twice, nothing missing, whatever node, chain, browser and other tabs do meanwhile.
import { expect } from "chai";
import type { Log, Provider } from "ethers";

import { type Blocks, cover, highestGap, knownFrom, uncover } from "../../app/src/history/coverage.js";
import { LogHistory } from "../../app/src/history/logs.js";
import { Span } from "../../app/src/history/span.js";
import { type Change, MemoryStore, type State, type Store } from "../../app/src/history/store.js";
import type { Row } from "../../app/src/history/types.js";
import { Limiter, Rpc } from "../../app/src/chain/rpc.js";
import { readLogs } from "../../scripts/lib/logs.js";
import { DEPLOYMENT, FakeChain, FIRST, MARKET } from "./fake-chain.js";

const historyOf = (chain: FakeChain, store: Store = new MemoryStore(), span = new Span(50)) =>
  new LogHistory(DEPLOYMENT, chain.request, store, span);

async function readAll(history: LogHistory, chain: FakeChain): Promise<void> {
  while (await history.advance(chain.head));
}

/** "3: 7-8 10": how many, and which stretches they make. */
function inWords(numbers: readonly number[]): string {
  const stretches = numbers.reduce<Blocks[]>((sum, number) => cover(sum, { from: number, to: number }), []);
  return `${numbers.length}: ${stretches.map(({ from, to }) => `${from}-${to}`).join(" ")}`;
}

/** The recoveries' amounts are their blocks' numbers. */
const told = (history: LogHistory) =>
  inWords(history.rows("recovery", MARKET).map(({ toCertificates }) => Number(toCertificates)));
const eventsOf = (chain: FakeChain) => chain.blocks.filter(({ logs }) => logs.length > 0).map(({ number }) => number);
const happened = (chain: FakeChain, last = Infinity) => inWords(eventsOf(chain).slice(-last));

function expectWhole(history: LogHistory, chain: FakeChain): void {
  expect(told(history)).to.equal(happened(chain));
  expect(history.progress()).to.deep.equal({
    source: "logs",
    isComplete: true,
    part: 1,
    knownSince: 1_600_000_000 + FIRST * 12,
    notice: null,
  });
}

describe("app: how many blocks are asked for at once", () => {
  it("half after a refusal, up to what was refused in eighths, doubling otherwise", () => {
    const span = new Span(1_000);
    const sizes: number[] = [];
    const grow = () => {
      span.grow();
      sizes.push(span.blocks);
    };
    expect(span.shrink()).to.equal(true);
    expect(span.shrink()).to.equal(true);
    for (let i = 0; i < 8; ++i) grow();
    // 250 and its double are not both under the 500 that were refused; what was above is tried by eighths until it works.
    expect(sizes).to.deep.equal([282, 318, 358, 403, 454, 511, 1_000, 1_000]);
    for (let i = 0; i < 10; ++i) span.shrink();
    expect(span.blocks).to.equal(1);
    expect(span.shrink()).to.equal(false);
    sizes.length = 0;
    for (let i = 0; i < 5; ++i) grow();
    expect(sizes).to.deep.equal([2, 4, 8, 16, 32]);
  });
});

describe("scripts: the logs of many blocks", () => {
  const filter = { address: MARKET, topics: [] };

  it("all of them once and in order, whatever a node refuses", async () => {
    const chain = new FakeChain(400);
    chain.most = 70;
    const getLogs = async (range: unknown) => {
      const logs = (await chain.request("eth_getLogs", [range])) as { blockNumber: string }[];
      return logs.map((log) => ({ ...log, blockNumber: Number(log.blockNumber) }));
    };
    const provider = { getLogs } as unknown as Pick<Provider, "getLogs">;
    const reported: number[] = [];
    const logs = await readLogs(provider, filter, { from: FIRST, to: 399 }, (block) => reported.push(block));
    expect(inWords(logs.map(({ blockNumber }) => blockNumber))).to.equal(happened(chain));
    expect(chain.asked.slice(0, 4)).to.deep.equal([300, 150, 75, 38].map((n) => ({ from: 100, to: 99 + n })));
    expect(reported.at(-1)).to.equal(399);
    chain.asked = [];
    await readLogs(provider, filter, { from: 390, to: 399, mostBlocks: 4 });
    expect(chain.asked.map(({ from }) => from)).to.deep.equal([390, 394, 398]);
    expect(await readLogs(provider, filter, { from: 400, to: 399 })).to.deep.equal([]);
  });

  it("a refusal of a single block is an error", async () => {
    const chain = new FakeChain(200);
    chain.isDown = true;
    const provider = { getLogs: async () => (await chain.request("eth_getLogs", [{}])) as Log[] };
    const reading = readLogs(provider, filter, { from: FIRST, to: 199 });
    expect(await reading.catch((error: unknown) => (error as Error).message)).to.equal("connection refused");
  });
});

describe("app: which blocks have been read", () => {
  it("stretches join where they touch, and the highest gap is next", () => {
    let covered: Blocks[] = [];
    covered = cover(covered, { from: 50, to: 59 });
    covered = cover(covered, { from: 80, to: 99 });
    expect(highestGap(covered, 10, 99)).to.deep.equal({ from: 60, to: 79 });
    expect(highestGap(covered, 10, 120)).to.deep.equal({ from: 100, to: 120 });
    expect(highestGap(covered, 10, 70)).to.deep.equal({ from: 60, to: 70 });
    expect(highestGap(covered, 10, 55)).to.deep.equal({ from: 10, to: 49 });
    covered = cover(covered, { from: 60, to: 79 });
    expect(covered).to.deep.equal([{ from: 50, to: 99 }]);
    expect(highestGap(covered, 10, 99)).to.deep.equal({ from: 10, to: 49 });
    expect(knownFrom(covered, 99)).to.equal(50);
    expect(knownFrom(covered, 100)).to.equal(undefined);
    expect(uncover(covered, 70)).to.deep.equal([{ from: 50, to: 70 }]);
    expect(uncover(covered, 49)).to.deep.equal([]);
    expect(highestGap(cover(covered, { from: 10, to: 49 }), 10, 99)).to.equal(undefined);
    expect(cover(covered, { from: 40, to: 120 })).to.deep.equal([{ from: 40, to: 120 }]);
  });
});

describe("app: history from logs", () => {
  it("newest blocks first, and of use after the first answer", async () => {
    const chain = new FakeChain(400);
    const history = historyOf(chain);
    await history.advance(chain.head);
    expect(told(history)).to.equal("50: 350-399");
    expect(history.progress()).to.deep.equal({
      source: "logs",
      isComplete: false,
      part: 50 / 300,
      knownSince: 1_600_000_000 + 350 * 12,
      notice: null,
    });
    await readAll(history, chain);
    expectWhole(history, chain);
    expect(chain.asked).to.deep.equal([350, 300, 250, 200, 150, 100].map((from) => ({ from, to: from + 49 })));
  });

  it("goes on where it was killed, in the middle of a range or between two, and reads nothing twice", async () => {
    const chain = new FakeChain(400);
    const store = new MemoryStore();
    const killed = historyOf(chain, store);
    for (let i = 0; i < 2; ++i) await killed.advance(chain.head);
    chain.onRequest = () => {
      throw new Error("killed");
    };
    await killed.advance(chain.head).then(
      () => expect.fail("it was not killed"),
      () => undefined,
    );
    chain.onRequest = () => undefined;
    for (let i = 0; i < 60; ++i) chain.mine();
    chain.asked = [];
    const history = historyOf(chain, store);
    await history.advance(chain.head);
    expect(told(history), "what was kept is there at once").to.equal("150: 300-399 410-459");
    await readAll(history, chain);
    expectWhole(history, chain);
    expect(chain.asked.map(({ from }) => from)).to.deep.equal([410, 400, 250, 200, 150, 100]);
  });

  it("follows the head, block by block", async () => {
    const chain = new FakeChain(160);
    const history = historyOf(chain);
    await readAll(history, chain);
    chain.asked = [];
    for (let i = 0; i < 3; ++i) {
      chain.mine();
      await readAll(history, chain);
      expectWhole(history, chain);
    }
    expect(chain.asked).to.deep.equal([160, 161, 162].map((block) => ({ from: block, to: block })));
  });

  for (const depth of [1, 5, 40]) {
    it(`a chain that turns ${depth} deep: rows of vanished blocks go, those of the new ones come`, async () => {
      const chain = new FakeChain(300);
      const store = new MemoryStore();
      const history = historyOf(chain, store);
      await readAll(history, chain);
      for (let i = 0; i < 10; ++i) {
        chain.mine();
        await readAll(history, chain);
      }
      chain.turn(depth);
      chain.mine(true);
      await readAll(history, chain);
      expectWhole(history, chain);
      expect((await store.rows()).length, "in the store too").to.equal(eventsOf(chain).length);
      const lowest = Math.min(...chain.asked.slice(-2).map(({ from }) => from));
      expect(lowest, "and only as much as needed is read anew").to.be.at.least(300 - 65);
    });
  }

  it("a chain that turns while its logs are read: they are not taken", async () => {
    const chain = new FakeChain(300);
    let turns = 1;
    chain.onRequest = (method) => {
      if (method === "eth_getLogs" && turns-- > 0) setTimeout(() => chain.turn(20));
    };
    const { head } = chain;
    const request = chain.request;
    // The logs are of the old chain, and the head is looked at after the turn.
    const slow = new LogHistory(
      DEPLOYMENT,
      async (method, params) => {
        const answer = await request(method, params);
        await new Promise<void>((resolve) => setTimeout(resolve, 2));
        return answer;
      },
      new MemoryStore(),
      new Span(50),
    );
    expect(await slow.advance(head)).to.equal(false);
    expect(told(slow)).to.equal("0: ");
    await readAll(slow, chain);
    expectWhole(slow, chain);
  });

  it("a chain set back, as local ones can be, further than is remembered: all is read anew", async () => {
    const chain = new FakeChain(300);
    const history = historyOf(chain);
    await readAll(history, chain);
    chain.turn(150);
    chain.blocks.splice(-100);
    await readAll(history, chain);
    expectWhole(history, chain);
    expect(told(history)).to.equal("50: 100-149");
  });

  it("a chain started anew, with the same id: nothing of the old one is left, in this visit or the next", async () => {
    const old = new FakeChain(300);
    const store = new MemoryStore();
    const history = historyOf(old, store);
    await readAll(history, old);

    const next = new FakeChain(200, "another");
    const later = historyOf(next, store);
    await readAll(later, next);
    expectWhole(later, next);
    expect((await store.rows()).length).to.equal(100);

    // The old tab sees the new chain behind the same address.
    old.blocks = next.blocks;
    await readAll(history, old);
    expectWhole(history, next);

    // One that is not as far as the deployment yet has nothing to tell.
    const short = new FakeChain(20, "third");
    const early = historyOf(short, store);
    expect(await early.advance(short.head)).to.equal(false);
    while (short.blocks.length < 130) short.mine();
    await readAll(early, short);
    expectWhole(early, short);
  });

  it("nodes without times in their logs are asked for the blocks, a bounded number in a range", async () => {
    const chain = new FakeChain(100);
    chain.hasTimestamps = false;
    for (let i = 0; i < 300; ++i) chain.mine();
    const store = new MemoryStore();
    const history = historyOf(chain, store, new Span(1_000));
    await history.advance(chain.head);
    expect(told(history)).to.equal("100: 300-399");
    await readAll(history, chain);
    expectWhole(history, chain);
    for (const row of await store.rows()) expect(row.timestamp).to.equal(1_600_000_000 + row.blockNumber * 12);
  });

  it("ranges that a node refuses are asked for in halves, and grow again", async () => {
    const chain = new FakeChain(350);
    chain.most = 30;
    const history = historyOf(chain, new MemoryStore(), new Span(200));
    const stop = new AbortController();
    let waits = 0;
    await history.run(
      () => chain.head,
      async () => {
        ++waits;
        if (history.progress().isComplete) stop.abort();
      },
      stop.signal,
    );
    expectWhole(history, chain);
    expect(waits, "a refusal is no reason to wait").to.equal(1);
    const sizes = chain.asked.map(({ from, to }) => to - from + 1);
    expect(sizes.slice(0, 4)).to.deep.equal([200, 100, 50, 25]);
    expect(sizes.slice(4, 7), "grown back until refused").to.deep.equal([29, 33, 17]);
    expect(sizes.length).to.be.lessThan(25);
    chain.most = Infinity;
    for (let i = 0; i < 150; ++i) chain.mine();
    chain.asked = [];
    await readAll(history, chain);
    expectWhole(history, chain);
    expect(Math.max(...chain.asked.map(({ from, to }) => to - from + 1))).to.be.above(50);
  });

  it("a silent node: waits longer and longer, says so, and goes on when it is back", async () => {
    const chain = new FakeChain(200);
    const history = historyOf(chain);
    const stop = new AbortController();
    const waits: number[] = [];
    const notices = new Set<string | null>();
    history.subscribe(() => notices.add(history.progress().notice));
    chain.isDown = true;
    await history.run(
      () => chain.head,
      async (milliseconds) => {
        waits.push(milliseconds);
        if (waits.length === 7) chain.isDown = false;
        if (history.progress().isComplete) stop.abort();
      },
      stop.signal,
    );
    expect(waits).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000]);
    expect([...notices]).to.include("The node gives no logs: connection refused. It is asked again.");
    expectWhole(history, chain);
  });

  it("rests while the page is hidden", async () => {
    const chain = new FakeChain(200);
    const history = historyOf(chain);
    const stop = new AbortController();
    let waits = 0;
    await history.run(
      () => undefined,
      async () => {
        if (++waits === 3) stop.abort();
      },
      stop.signal,
    );
    expect(chain.asked).to.deep.equal([]);
  });

  it("goes through the page's limit of three requests a second", async () => {
    const chain = new FakeChain(400);
    const times: number[] = [];
    // A second of 100 ms.
    const rpc = new Rpc(["http://node"], new Limiter(3, 100), async (_, { body }) => {
      times.push(performance.now());
      const { id, method, params } = JSON.parse(body as string) as { id: number; method: string; params: unknown[] };
      return Response.json({ id, jsonrpc: "2.0", result: await chain.request(method, params) });
    });
    const request = async (method: string, params: readonly unknown[]) => await rpc.request(method, params, false);
    const history = new LogHistory(DEPLOYMENT, request, new MemoryStore(), new Span(30));
    await readAll(history, chain);
    expectWhole(history, chain);
    expect(times.length).to.be.above(12);
    // The first may have been noted late, on a busy machine.
    const least = Math.floor((times.length - 1) / 3) * 100 - 50;
    expect((times.at(-1) ?? 0) - (times[0] ?? 0)).to.be.above(least);
  });
});

describe("app: what is kept of it", () => {
  it("several tabs: each takes what the other has read, and a stale one writes nothing", async () => {
    const chain = new FakeChain(400);
    const store = new MemoryStore();
    const [one, two] = [historyOf(chain, store), historyOf(chain, store)];
    for (let i = 0; i < 3; ++i) {
      await one.advance(chain.head);
      await two.advance(chain.head);
    }
    expect(chain.asked.map(({ from }) => from)).to.deep.equal([350, 300, 250, 200, 150, 100]);
    expect(told(two)).to.equal(happened(chain));

    // Both at once: one of them wins, and neither loses or doubles anything.
    for (let i = 0; i < 10; ++i) chain.mine();
    await Promise.all([one.advance(chain.head), two.advance(chain.head)]);
    await Promise.all([readAll(one, chain), readAll(two, chain)]);
    expectWhole(one, chain);
    expectWhole(two, chain);

    // One notices that the chain has turned while the other is about to write what it read before.
    const stale = (await store.state()) as State;
    chain.turn(5);
    await readAll(one, chain);
    expect(await store.commit(stale.version, { state: { ...stale, version: stale.version + 1 } })).to.equal(false);
    await readAll(two, chain);
    expectWhole(two, chain);
    expect((await store.rows()).length).to.equal(eventsOf(chain).length);
  });

  /** Fails from a certain commit on, as a full disk does; or from the start. */
  class FullStore extends MemoryStore {
    left: number;
    constructor(left: number) {
      super();
      this.left = left;
    }
    override async commit(version: number, change: Change): Promise<boolean> {
      if (this.left-- <= 0) throw new Error("QuotaExceededError");
      return await super.commit(version, change);
    }
  }

  class ForbiddenStore implements Store {
    async state(): Promise<State | undefined> {
      throw new Error("SecurityError");
    }
    async rows(): Promise<Row[]> {
      throw new Error("SecurityError");
    }
    async commit(): Promise<boolean> {
      throw new Error("SecurityError");
    }
  }

  for (const [name, store] of [
    ["full", new FullStore(2)],
    ["forbidden", new ForbiddenStore()],
  ] as const) {
    it(`a ${name} store: it goes on in memory, and says so`, async () => {
      const chain = new FakeChain(400);
      const history = historyOf(chain, store);
      await readAll(history, chain);
      expect(told(history)).to.equal(happened(chain));
      expect(history.progress().notice).to.match(/^This browser keeps nothing/);
      chain.turn(3);
      chain.mine();
      await readAll(history, chain);
      expect(told(history)).to.equal(happened(chain));
      expect(chain.asked.length, "nothing is read twice for it").to.equal(8);
    });
  }
});
