// What every page of the app stands on: configuration, connection, paths, numbers as people write and read them.
import { expect } from "chai";

import { type Fetch, Limiter, NoConnection, Rpc } from "../../app/src/chain/rpc.js";
import { ConfigError, parseConfig } from "../../app/src/config.js";
import { match, to } from "../../app/src/shell/path.js";
import { durationText, fromNowText, isoTime, percentText, readNumber, timeText } from "../../app/src/ui/format.js";
import { marketState } from "../../app/src/ui/market-state.js";
import { WAD } from "../../sdk/model/numbers.js";
import { momentOf, usd } from "./snapshots.js";

const ADDRESS = `0x${"11".repeat(20)}`;
const token = { address: ADDRESS, symbol: "USD", decimals: 6 };
const market = { name: "usd-eth", pool: ADDRESS, fund: ADDRESS, asset: token, collateral: token, startBlock: 1 };
const contracts = { authority: ADDRESS, factory: ADDRESS, lens: ADDRESS, router: ADDRESS, wrappedNative: ADDRESS };
const deployment = { network: "sepolia", chainId: 11_155_111, contracts, markets: [market] };
const config = { deployment, rpcUrls: ["https://node.example"] };

describe("app: config.json", () => {
  it("needs a deployment and a node, and takes the rest as it is", () => {
    expect(parseConfig(config)).to.deep.equal({ ...config, chainName: "sepolia" });
    const local = { controls: "./controls", accounts: [{ name: "ada", address: ADDRESS }] };
    const full = { ...config, chainName: "Sepolia", indexerUrl: "https://i.example", local };
    expect(parseConfig({ ...full, explorerUrl: "https://e.example//" })).to.deep.equal({
      ...full,
      explorerUrl: "https://e.example",
    });
  });

  const without = (name: string) => ({ ...config, deployment: { ...deployment, [name]: undefined } });
  const WRONG: readonly (readonly [string, unknown, RegExp])[] = [
    ["text", "hello", /is not an object/],
    ["no deployment", { rpcUrls: ["x"] }, /has no `deployment`/],
    ["no chain id", without("chainId"), /chainId/],
    ["no contracts", without("contracts"), /deployment\.contracts/],
    ["no markets", { ...config, deployment: { ...deployment, markets: [] } }, /names no market/],
    [
      "a market without a pool",
      { ...config, deployment: { ...deployment, markets: [{ ...market, pool: "0x1" }] } },
      /pool or fund of usd-eth/,
    ],
    ["no nodes", { ...config, rpcUrls: [] }, /names no http\(s\) node/],
    ["a node that is none", { ...config, rpcUrls: [1] }, /names no http\(s\) node/],
    ["a node without HTTP", { ...config, rpcUrls: ["wss://node.example"] }, /names no http\(s\) node/],
    ["an explorer that is no text", { ...config, explorerUrl: 7 }, /explorerUrl/],
    ["an explorer that is a script", { ...config, explorerUrl: "javascript:alert(1)//" }, /explorerUrl/],
    ["an indexer that is a file", { ...config, indexerUrl: "file:///rows" }, /indexerUrl/],
    ["no network", without("network"), /deployment\.network/],
    ["local accounts without names", { ...config, local: { controls: "./c", accounts: [{}] } }, /accounts/],
  ];
  for (const [what, value, sentence] of WRONG) {
    it(`says what is wrong with ${what}`, () => {
      expect(() => parseConfig(value)).to.throw(ConfigError, sentence);
    });
  }
});

const answering = (asked: string[], broken: readonly string[], status = 503): Fetch => {
  return async (url) => {
    asked.push(url);
    if (broken.includes(url)) return new Response("", { status });
    return new Response(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x1" }));
  };
};

describe("app: the connection", () => {
  const nodes = ["https://first.example/key", "https://second.example/key"];

  it("goes on with the next node when one fails, and stays there", async () => {
    const asked: string[] = [];
    const rpc = new Rpc(nodes, undefined, answering(asked, [nodes[0] ?? ""]));
    expect(await rpc.request("eth_chainId")).to.equal("0x1");
    expect(await rpc.request("eth_chainId")).to.equal("0x1");
    expect(asked).to.deep.equal([nodes[0], nodes[1], nodes[1]]);
  });

  it("finds the one that works for each of several requests that fail at once", async () => {
    const rpc = new Rpc(nodes, undefined, answering([], [nodes[0] ?? ""]));
    const all = [1, 2, 3].map(async () => await rpc.request("eth_chainId"));
    expect(await Promise.all(all)).to.deep.equal(["0x1", "0x1", "0x1"]);
    expect(rpc.host).to.equal("second.example");
  });

  it("takes a node that says “too many” for one that fails", async () => {
    const asked: string[] = [];
    await new Rpc(nodes, undefined, answering(asked, [nodes[0] ?? ""], 429)).request("eth_chainId");
    expect(asked.length).to.equal(2);
  });

  it("names the host when none answers, and nothing else of its URL", async () => {
    const rpc = new Rpc(nodes, undefined, answering([], nodes));
    const failure: unknown = await rpc.request("eth_chainId").catch((error: unknown) => error);
    expect(failure).to.be.instanceOf(NoConnection);
    expect((failure as Error).message).to.equal("No connection to first.example");
  });

  it("throws what a node refuses with code and data, and asks no other", async () => {
    let asked = 0;
    const rpc = new Rpc(nodes, undefined, async () => {
      ++asked;
      return new Response(JSON.stringify({ id: 1, error: { code: 3, message: "reverted", data: "0x1234" } }));
    });
    const failure: unknown = await rpc.request("eth_call").catch((error: unknown) => error);
    expect(failure).to.include({ code: 3, message: "reverted", data: "0x1234" });
    expect(asked).to.equal(1);
  });

  it("lets three through at once and the fourth when the time is over, urgent ones first", async () => {
    const limiter = new Limiter(3, 120);
    const order: string[] = [];
    const start = performance.now();
    const times: number[] = [];
    const pass = async (name: string, isUrgent: boolean) => {
      await limiter.pass(isUrgent);
      order.push(name);
      times.push(performance.now() - start);
    };
    await Promise.all([pass("a", false), pass("b", false), pass("c", false), pass("log", false), pass("page", true)]);
    expect(order).to.deep.equal(["a", "b", "c", "page", "log"]);
    // a millisecond for the clock's own coarseness
    expect(times.slice(3).every((time) => time >= 119)).to.equal(true);
    expect(times.slice(0, 3).every((time) => time < 119)).to.equal(true);
  });
});

describe("app: paths", () => {
  it("give their parameters, decoded, or nothing if they are another page's", () => {
    expect(match("market/:name", "market/usd-eth")).to.deep.equal({ name: "usd-eth" });
    expect(match("market/:name", "/market/a%20b/")).to.deep.equal({ name: "a b" });
    expect(match("market/:name", "market")).to.equal(undefined);
    expect(match("market/:name/supply", "market/x/borrow")).to.equal(undefined);
    expect(match("markets", "markets")).to.deep.equal({});
  });

  it("are written with their parameters", () => {
    expect(to("market/:name/supply", { name: "a b" })).to.equal("#/market/a%20b/supply");
    expect(match("market/:name/supply", to("market/:name/supply", { name: "a/b" }).slice(1))).to.deep.equal({
      name: "a/b",
    });
  });

  it("that can't be decoded are no page's", () => {
    expect(match("market/:name", "market/%E0%A4%A")).to.equal(undefined);
  });
});

describe("app: numbers that are typed", () => {
  const english = { group: ",", decimal: "." };
  const german = { group: ".", decimal: "," };
  const french = { group: "\u202f", decimal: "," };
  const READ: readonly (readonly [string, typeof english, string | undefined])[] = [
    ["1250.5", english, "1250.5"],
    ["1,250.5", english, "1250.5"],
    ["1,250,000", english, "1250000"],
    ["12,5", english, "12.5"],
    ["1250,5", german, "1250.5"],
    ["1.250,5", german, "1250.5"],
    ["1.250", german, "1250"],
    ["12.5", german, "12.5"],
    ["0.1234", german, "0.1234"],
    ["0.123", german, "0.123"],
    ["012.500", german, "012.500"],
    ["1 250,5", french, "1250.5"],
    ["1\u202f250,5", french, "1250.5"],
    [".5", english, ".5"],
    ["5.", english, "5."],
    ["  7 ", english, "7"],
    ["1,25,0", english, undefined],
    ["1.2.3", english, undefined],
    ["-5", english, undefined],
    ["1e5", english, undefined],
    ["", english, undefined],
    ["abc", english, undefined],
  ];
  for (const [typed, separators, expected] of READ) {
    it(`${JSON.stringify(typed)} with ${JSON.stringify(separators.group)} between thousands is ${expected ?? "none"}`, () => {
      expect(readNumber(typed, separators)).to.equal(expected);
    });
  }
});

const digits = (text: string): string => text.replace(/[^\d<]/g, "");

describe("app: numbers that are shown", () => {
  it("are percents that never look like nothing where there is something", () => {
    expect(digits(percentText(WAD / 8n))).to.equal("125");
    expect(digits(percentText(1n))).to.equal("<001");
    expect(digits(percentText(0n))).to.equal("0");
  });

  it("are durations of two units at most", () => {
    expect(durationText(0n)).to.equal("0 seconds");
    expect(durationText(61n)).to.equal("1 minute 1 second");
    expect(durationText(86_400n * 14n)).to.equal("14 days");
    expect(durationText(86_400n + 5n)).to.equal("1 day");
    expect(durationText(86_400n * 2n + 3_600n + 59n)).to.equal("2 days 1 hour");
  });

  it("are moments by the chain's clock", () => {
    expect(fromNowText(100n, 100n)).to.equal("now");
    expect(fromNowText(160n, 100n)).to.equal("in 1 minute");
    expect(fromNowText(40n, 100n)).to.equal("1 minute ago");
  });

  it("are the last day there is where a contract names one beyond it", () => {
    expect(isoTime(2n ** 48n - 1n)).to.equal("+275760-09-13T00:00:00.000Z");
    expect(timeText(2n ** 48n - 1n)).to.contain("275760");
  });
});

const words = (changes: Parameters<typeof momentOf>[0]): string[] =>
  marketState(momentOf(changes).market).map(({ text }) => text);

describe("app: a market's state", () => {
  it("is one word when all is well, and each thing that is not otherwise", () => {
    expect(words({})).to.deep.equal(["Open"]);
    expect(words({ cover: { shortfall: 1n } })).to.deep.equal(["Covered shortfall"]);
    expect(words({ cover: { shortfall: 2n, uncovered: 1n }, prices: { isOk: false } })).to.deep.equal([
      "Uncovered shortfall",
      "No price",
    ]);
    expect(words({ terms: { isPaused: true, isBorrowingHalted: true } })).to.deep.equal(["Paused", "Borrowing halted"]);
    expect(words({ terms: { isClosed: true, isPaused: true, isBorrowingHalted: true } })).to.deep.equal(["Closed"]);
    expect(words({ estate: { debtAssets: usd(1) } })).to.deep.equal(["Estate for sale"]);
  });
});
