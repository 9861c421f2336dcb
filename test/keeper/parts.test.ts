// Parts of the keeper by themselves, on a node that says what it is told: what a rival, a broken node or a crowd of
// holders could make it pay, or miss.
import { expect } from "chai";
import { type JsonRpcProvider, toQuantity, Transaction } from "ethers";

import { Book } from "../../scripts/keeper/book.ts";
import { Certificates } from "../../scripts/keeper/certificates.ts";
import { Follower } from "../../scripts/keeper/follower.ts";
import { Metrics } from "../../scripts/keeper/metrics.ts";
import { type Head, Node } from "../../scripts/keeper/node.ts";
import { Sender } from "../../scripts/keeper/sender.ts";
import type { Market, View } from "../../scripts/keeper/view.ts";
import { developmentWallet } from "../../scripts/lib/connection.ts";
import { reasonOf } from "../../scripts/lib/problem.ts";
import { ILendingPool__factory } from "../../typechain-types/index.js";

const GWEI = 10n ** 9n;
const POOL = "0x00000000000000000000000000000000000000aa";
const coder = ILendingPool__factory.createInterface();
const quiet = (): void => undefined;

type Answers = (method: string, params: readonly unknown[]) => unknown;

const nodeOf = (answer: Answers): Node =>
  new Node(
    { send: async (method: string, params: unknown[]) => answer(method, params) } as unknown as JsonRpcProvider,
    new Metrics(),
  );

const headAt = (number: number, baseFee = 0n): Head => ({
  number,
  hash: `0x${number}`,
  parentHash: `0x${number - 1}`,
  timestamp: number,
  baseFee,
});

describe("the keeper's sender", () => {
  const MOST = 100n * GWEI;

  /** A node that takes what `takes` lets through and mines nothing; what it was sent. */
  function stuck(takes: (sent: Transaction) => boolean, pending: number): { sender: Sender; sent: Transaction[] } {
    const sent: Transaction[] = [];
    const node = nodeOf((method, [value]) => {
      if (method === "eth_getTransactionCount") return "0x0";
      if (method !== "eth_sendRawTransaction") return "0x0";
      const transaction = Transaction.from(value as string);
      sent.push(transaction);
      if (!takes(transaction)) throw new Error("replacement transaction underpriced");
      return transaction.hash;
    });
    const counting = nodeOf((method, params) =>
      method === "eth_getTransactionCount" && params[1] === "pending"
        ? toQuantity(pending)
        : (node.provider.send as unknown as Answers)(method, params),
    );
    const terms = { chainId: 1n, tip: GWEI / 10n, maxGasPrice: MOST, stuckBlocks: 1 };
    return { sender: new Sender(counting, developmentWallet(1), terms, new Metrics(), quiet, quiet), sent };
  }

  const job = { kind: "flag", to: POOL, data: "0x", gas: 100_000n, borrowers: [] };

  it("never offers more than the greatest gas price for what takes a stuck transaction's place", async () => {
    const { sender, sent } = stuck(() => true, 0);
    await sender.settle(headAt(1, GWEI));
    expect(await sender.send(job, headAt(1, GWEI))).to.equal(true);
    for (let number = 2; number < 60; ++number) await sender.settle(headAt(number, GWEI));
    expect(sent.length).to.be.greaterThan(20);
    for (const { maxFeePerGas, maxPriorityFeePerGas } of sent) {
      expect(maxFeePerGas).to.be.at.most(MOST);
      expect(maxPriorityFeePerGas).to.be.at.most(MOST);
    }
    // A base fee above it changes nothing: what waits is not worth more.
    await sender.settle(headAt(60, 10n * MOST));
    expect(sent.at(-1)?.maxFeePerGas).to.equal(MOST);
  });

  it("offers more after a refusal for a transaction of a former life, whose fees nobody here knows", async () => {
    const theirs = 5n * GWEI;
    const { sender, sent } = stuck(({ maxPriorityFeePerGas }) => (maxPriorityFeePerGas ?? 0n) > theirs, 1);
    for (let number = 1; number < 20 && (sent.at(-1)?.maxPriorityFeePerGas ?? 0n) <= theirs; ++number) {
      await sender.settle(headAt(number, GWEI));
    }
    expect(sent.at(-1)?.maxPriorityFeePerGas).to.be.greaterThan(theirs);
  });
});

describe("the keeper's follower", () => {
  it("asks for large ranges again after a node was away in the middle of reading", async () => {
    const last = 20_000;
    const ranges: number[] = [];
    let refusals = 8;
    const node = nodeOf((method, [value]) => {
      if (method === "eth_getBlockByNumber") {
        const number = value === "latest" ? last : Number(value);
        const { baseFee: _, ...head } = headAt(number);
        return { ...head, number: toQuantity(number), timestamp: "0x1" };
      }
      const { fromBlock, toBlock } = value as { fromBlock: string; toBlock: string };
      if (refusals-- > 0) throw new Error("away");
      ranges.push(Number(toBlock) - Number(fromBlock) + 1);
      return [];
    });
    const terms = { pool: POOL, startBlock: 0, chunkBlocks: 1_000 };
    const follower = new Follower(node, new Book(coder, 128), terms, new Metrics(), quiet);
    await follower.advance();
    expect(ranges[0]).to.equal(4);
    expect(Math.max(...ranges)).to.equal(1_000);
    expect(ranges.length).to.be.lessThan(100);
  });
});

describe("the keeper's report of certificates", () => {
  it("asks for no more than four hundred holders in a round, and for all of them in the end", async () => {
    const holders = Array.from({ length: 900 }, (_, i) => `0x${(i + 1).toString(16).padStart(40, "0")}`);
    let asked = 0;
    const node = nodeOf((_method, [call]) => {
      const [calls] = coder.decodeFunctionData("multicall", (call as { data: string }).data) as unknown as [string[]];
      asked += calls.length;
      const answers = calls.map(() => coder.encodeFunctionResult("certificateOf", [5n, 2n]));
      return coder.encodeFunctionResult("multicall", [answers]);
    });
    const metrics = new Metrics();
    const market = { address: POOL, pool: { interface: coder }, asset: { decimals: 0 } } as unknown as Market;
    const certificates = new Certificates(node, market, metrics, quiet);
    const book = new Book(coder, 128);
    for (const holder of holders) book.holders.add(holder);
    const view = { head: headAt(1), recovered: 1_800n } as View;
    const rounds: number[] = [];
    for (let round = 0; round < 6; ++round) {
      // Somebody pays a wei back in each of the first blocks: that starts nothing over before all were asked for.
      await certificates.report(book, view, round < 3);
      rounds.push(asked);
    }
    expect(rounds).to.deep.equal([400, 800, 900, 1_300, 1_700, 1_800]);
    expect(metrics.get("mutua_keeper_certificates_claimable_holders")).to.equal(900);
    expect(metrics.get("mutua_keeper_certificates_claimable_assets")).to.equal(1_800);
    await certificates.report(book, { ...view, recovered: 0n }, true);
    expect(metrics.get("mutua_keeper_certificates_claimable_holders")).to.equal(0);
  });
});

describe("what is said of a failure", () => {
  it("has no URL of a node in it: there is a key to the node in many", () => {
    const long = 'server response 401 (info={ "requestUrl": "https://node.example/v3/secret" }, code=SERVER_ERROR)';
    const error = Object.assign(new Error(long), { shortMessage: "server response 401" });
    expect(reasonOf(error)).to.equal("server response 401");
    expect(reasonOf(new Error("first\nsecond"))).to.equal("first");
    expect(reasonOf("text")).to.equal("text");
  });
});
