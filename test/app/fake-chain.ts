// A chain that only has blocks and logs, and a node that can be told to misbehave.
import { getAddress, Interface, toUtf8Bytes, zeroPadBytes, zeroPadValue } from "ethers";

import { type Deployment, poolAbi } from "../../sdk/index.js";

type RawLog = Record<string, unknown> & { readonly blockNumber: string };
type FakeBlock = {
  readonly number: number;
  readonly hash: string;
  readonly timestamp: number;
  readonly logs: RawLog[];
};

const POOL = getAddress(`0x${"a1".repeat(20)}`);
const OTHER = getAddress(`0x${"b2".repeat(20)}`);
export const FIRST = 100;

const token = { address: OTHER, symbol: "T", decimals: 18 };
export const DEPLOYMENT: Deployment & { startBlock: number } = {
  network: "fake",
  chainId: 1,
  startBlock: FIRST,
  contracts: { authority: OTHER, factory: OTHER, lens: OTHER, router: OTHER, wrappedNative: OTHER },
  markets: [{ name: "a", pool: POOL, fund: OTHER, asset: token, collateral: token, startBlock: FIRST + 1 }],
};
export const MARKET = POOL;

const pool = new Interface(poolAbi);
const bodies = new Map<number, { data: string; topics: string[] }>();

/** A recovery of as many wei as its block's number. */
function bodyOf(number: number): { data: string; topics: string[] } {
  const body = bodies.get(number) ?? pool.encodeEventLog("Recovered", [zeroPadValue("0x01", 20), BigInt(number), 0n]);
  bodies.set(number, body);
  return body;
}

const hex = (value: number) => `0x${value.toString(16)}`;

/** Like a hash, and cheap. */
const hashOf = (...parts: readonly (string | number)[]) => zeroPadBytes(toUtf8Bytes(parts.join(" ")), 32);

export class FakeChain {
  blocks: FakeBlock[] = [];
  /** Ranges asked for, whether answered or not. */
  asked: { from: number; to: number }[] = [];
  headersAsked = 0;
  /** Blocks that a node answers for at once. */
  most = Infinity;
  hasTimestamps = true;
  isDown = false;
  /** Called before each answer: to turn the chain, or to stop everything, in between. */
  onRequest: (method: string) => void = () => undefined;
  readonly #salt: string;
  #turns = 0;

  constructor(length: number, salt = "") {
    this.#salt = salt;
    for (let i = 0; i < length; ++i) this.mine();
  }

  get head(): FakeBlock {
    return this.blocks.at(-1) as FakeBlock;
  }

  /** A block, with a recovery in it if it has to have one. */
  mine(hasEvent = this.blocks.length >= FIRST): void {
    const number = this.blocks.length;
    const hash = hashOf(this.#salt, this.#turns, number);
    const logs = hasEvent ? [this.#log(number, hash)] : [];
    this.blocks.push({ number, hash, timestamp: 1_600_000_000 + number * 12, logs });
  }

  /** The last `depth` blocks are replaced by as many others; those of the old ones that had an event have none now. */
  turn(depth: number, hasEvents = false): void {
    ++this.#turns;
    this.blocks.splice(-depth);
    for (let i = 0; i < depth; ++i) this.mine(hasEvents);
  }

  #log(number: number, blockHash: string): RawLog {
    const { data, topics } = bodyOf(number);
    return {
      address: POOL.toLowerCase(),
      data,
      topics,
      blockNumber: hex(number),
      blockHash,
      transactionHash: blockHash,
      logIndex: "0x0",
      ...(this.hasTimestamps ? { blockTimestamp: hex(1_600_000_000 + number * 12) } : {}),
    };
  }

  readonly request = async (method: string, [first]: readonly unknown[]): Promise<unknown> => {
    await Promise.resolve();
    this.onRequest(method);
    if (this.isDown) throw new Error("connection refused");
    if (method === "eth_getBlockByNumber") {
      ++this.headersAsked;
      const block = this.blocks[Number(first)];
      return block === undefined ? null : { hash: block.hash, timestamp: hex(block.timestamp) };
    }
    if (method !== "eth_getLogs") throw new Error(method);
    const { fromBlock, toBlock } = first as { fromBlock: string; toBlock: string };
    const [from, to] = [Number(fromBlock), Number(toBlock)];
    this.asked.push({ from, to });
    if (to - from + 1 > this.most) throw Object.assign(new Error("block range too large"), { code: -32_602 });
    return this.blocks.slice(from, to + 1).flatMap(({ logs }) => logs);
  };
}
