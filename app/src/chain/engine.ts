// What needs ethers: reading the chain in rounds, and signers. Loaded beside the first page, not before it.
import {
  BrowserProvider,
  isError,
  JsonRpcApiProvider,
  type JsonRpcError,
  type JsonRpcPayload,
  type JsonRpcResult,
  type JsonRpcSigner,
  Network,
} from "ethers";

import { lensAt } from "../../../sdk/contracts.js";
import type { Config } from "../config.js";
import type { Rpc } from "./rpc.js";
import type { Store } from "./store.js";
import type { Block, ChainState, Eip1193, MarketView } from "./types.js";

export { explain } from "../../../sdk/errors.js";

/** ethers over the limited connection: calls of the same moment are one request, and logs can wait. */
export class Reader extends JsonRpcApiProvider {
  readonly #rpc: Rpc;

  constructor(rpc: Rpc, chainId: number) {
    const network = Network.from(chainId);
    super(network, { staticNetwork: network, batchMaxCount: 20, batchStallTime: 5, cacheTimeout: -1 });
    this.#rpc = rpc;
    // oxlint-disable-next-line no-underscore-dangle -- ethers' name for it
    this._start();
  }

  override async _send(payload: JsonRpcPayload | JsonRpcPayload[]): Promise<(JsonRpcResult | JsonRpcError)[]> {
    const calls = Array.isArray(payload) ? payload : [payload];
    const isUrgent = calls.some(({ method }) => method !== "eth_getLogs");
    const answer = (await this.#rpc.post(payload, isUrgent)) as JsonRpcResult | (JsonRpcResult | JsonRpcError)[];
    return Array.isArray(answer) ? answer : [answer];
  }
}

/** One signer for an account of a wallet. Its transactions are looked for more often than ethers would. */
export async function signerOf(provider: Eip1193, address: string, chainId: number): Promise<JsonRpcSigner> {
  const wallet = new BrowserProvider(provider, chainId, { cacheTimeout: -1, polling: true, pollingInterval: 1_000 });
  return await wallet.getSigner(address);
}

/** At most one round in so many milliseconds; on the chain of `npm start`, where prices jump, more often. */
const ROUND = 4_000;
const LOCAL_ROUND = 1_000;
const SLOWEST = 16_000;

/** Reads the newest block, and when it is another one all markets and the user's accounts at it; for ever. */
export class Engine {
  readonly reader: Reader;
  readonly #rpc: Rpc;
  readonly #config: Config;
  readonly #chain: Store<ChainState>;
  readonly #user: () => string | undefined;
  #wake: (() => void) | undefined;
  #isWanted = false;
  #isChainKnown = false;
  #failures = 0;

  constructor(config: Config, rpc: Rpc, chain: Store<ChainState>, user: () => string | undefined) {
    this.#config = config;
    this.#rpc = rpc;
    this.#chain = chain;
    this.#user = user;
    this.reader = new Reader(rpc, config.deployment.chainId);
    document.addEventListener("visibilitychange", () => this.refresh());
    addEventListener("online", () => this.refresh());
    void this.#run();
  }

  /** The next round now. */
  refresh(): void {
    this.#isWanted = true;
    this.#wake?.();
  }

  async #run(): Promise<never> {
    for (;;) {
      this.#isWanted = false;
      if (!document.hidden) await this.#tryRound();
      // What was asked for while a round ran needs another one.
      if (!this.#isWanted) await this.#sleep();
    }
  }

  async #sleep(): Promise<void> {
    const usual = this.#config.local === undefined ? ROUND : LOCAL_ROUND;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, Math.min(usual * 2 ** Math.min(this.#failures, 5), SLOWEST));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async #tryRound(): Promise<void> {
    try {
      await this.#round();
      this.#failures = 0;
    } catch (error) {
      ++this.#failures;
      // A single failure can be a node that is a block behind; the second is worth a word, unless nothing is shown yet.
      const isSilent = this.#failures === 1 && this.#chain.get().block !== undefined;
      const status = isError(error, "BAD_DATA") || isError(error, "CALL_EXCEPTION") ? "no-lens" : "offline";
      if (!isSilent) this.#patch({ connection: { status, host: this.#rpc.host } });
      else console.warn(error);
      this.#isChainKnown = false;
    }
  }

  async #round(): Promise<void> {
    const { chainId } = this.#config.deployment;
    const [newest, actual] = await Promise.all([
      this.reader.getBlock("latest"),
      this.#isChainKnown ? chainId : this.reader.send("eth_chainId", []).then(Number),
    ]);
    if (actual !== chainId) {
      this.#patch({ connection: { status: "wrong-chain", host: this.#rpc.host, chainId: actual } });
      return;
    }
    this.#isChainKnown = true;
    if (newest === null || newest.hash === null) throw new Error("no block");
    const block = { number: newest.number, timestamp: BigInt(newest.timestamp), hash: newest.hash };
    const user = this.#user();
    const known = this.#chain.get();
    if (known.block?.hash !== block.hash || known.user !== user) await this.#read(block, user);
    this.#patch({ connection: { status: "online" } });
  }

  async #read(block: Block, user: string | undefined): Promise<void> {
    const views = this.#chain.get().markets;
    const pools = views.map(({ addresses }) => addresses.pool);
    const lens = lensAt(this.#config.deployment.contracts.lens, this.reader);
    const at = { blockTag: block.number };
    const [markets, accounts] = await Promise.all([
      lens.markets(pools, at),
      user === undefined ? [] : lens.accounts(pools, user, at),
    ]);
    const { connection } = this.#chain.get();
    this.#chain.set({
      connection,
      block,
      ...(user === undefined ? {} : { user }),
      markets: views.map(({ name, title, addresses }, index): MarketView => {
        const [market, account] = [markets[index], accounts[index]];
        if (market?.isReadable !== true) return { name, title, addresses, status: "unreadable" };
        const view = { name, title, addresses, status: "ready", market: market.market } as const;
        return account?.isReadable === true ? { ...view, account: account.account } : view;
      }),
    });
  }

  #patch(change: Partial<ChainState>): void {
    const now = this.#chain.get();
    if (change.connection?.status === "online" && now.connection.status === "online") return;
    this.#chain.set({ ...now, ...change });
  }
}
