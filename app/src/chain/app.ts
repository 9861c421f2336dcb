// What the whole page shares, and the hooks that read it.
import { createContext, useContext, useEffect, useEffectEvent, useRef, useState } from "react";

import { marketOf } from "../../../sdk/deployment.js";
import type { Config } from "../config.js";
import type { Engine, Reader } from "./engine.js";
import { Limiter, Rpc } from "./rpc.js";
import { createStore, type Store, useStore } from "./store.js";
import type { Block, ChainState, MarketView, WalletState } from "./types.js";
import { createWallets, type Wallets } from "./wallet.js";

/** ethers and what needs it is fetched while the configuration is. */
export const engineModule = import("./engine.js");

export type App = {
  readonly config: Config;
  readonly chain: Store<ChainState>;
  /** The connection that all reading shares, with its limit: what is not urgent goes when there is nothing else to ask. */
  readonly rpc: Rpc;
  readonly wallets: Wallets;
  /** Comes with ethers, a moment after the first paint. */
  readonly engine: Promise<Engine>;
};

export function createApp(config: Config): App {
  const urls = config.rpcUrls.map((url) => new URL(url, document.baseURI).href);
  const { deployment } = config;
  const markets = deployment.markets.map(({ name, asset, collateral }): MarketView => {
    const title = `${asset.symbol} / ${collateral.symbol}`;
    return { name, title, addresses: marketOf(deployment, name), status: "loading" };
  });
  const chain = createStore<ChainState>({ connection: { status: "connecting" }, markets });
  const rpc = new Rpc(urls, new Limiter());
  const wallets = createWallets(config, new Rpc(urls));
  const user = () => wallets.store.get().address;
  const engine = engineModule.then((module) => new module.Engine(config, rpc, chain, user));
  wallets.store.subscribe(() => {
    if (user() !== chain.get().user) void engine.then((ready) => ready.refresh());
  });
  return { config, chain, rpc, wallets, engine };
}

export const AppContext = createContext<App | undefined>(undefined);

export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("There is no AppContext above this component");
  return app;
}

export const useConfig = (): Config => useApp().config;

export const useChain = (): ChainState => useStore(useApp().chain);

/** All markets of the deployment, in its order. */
export const useMarkets = (): readonly MarketView[] => useChain().markets;

/** The market of that name, or nothing if there is none. A page of a market gets a ready one handed over instead. */
export const useMarket = (name: string): MarketView | undefined => useMarkets().find((market) => market.name === name);

export type WalletHook = WalletState &
  Omit<Wallets, "store"> & {
    readonly isWrongChain: boolean;
  };

export function useWallet(): WalletHook {
  const { wallets, config } = useApp();
  const state = useStore(wallets.store);
  const isRight = state.chainId === config.deployment.chainId;
  const isConnected = state.address !== undefined;
  return { ...state, ...wallets, isWrongChain: isConnected && !isRight };
}

export type Reading<T> = {
  /** Of the block before while the newest is being read, so that nothing flickers. */
  readonly value?: T;
  readonly block?: Block;
  readonly error?: unknown;
};

/**
 * Reads something more at each new block, such as a ledger. Reads by `reader` at `block.number`, so that all figures of a
 * page are of one block; when a value in `key` changes it is read anew.
 */
export function useAtBlock<T>(
  read: (reader: Reader, block: Block) => Promise<T>,
  key: readonly (string | number | bigint | boolean | undefined)[],
): Reading<T> {
  const { engine } = useApp();
  const { block } = useChain();
  const [reading, setReading] = useState<Reading<T>>({});
  const readNow = useEffectEvent(read);
  const id = key.join(" ");
  // Where blocks come faster than answers, an answer of a block before is better than none: what counts is the order in
  // which they were asked for.
  const asked = useRef({ id, count: 0, shown: 0 });
  useEffect(() => {
    if (block === undefined) return;
    if (asked.current.id !== id) asked.current = { id, count: 0, shown: 0 };
    const of = asked.current;
    const place = ++of.count;
    const show = (next: (before: Reading<T>) => Reading<T>): void => {
      if (asked.current !== of || place < of.shown) return;
      of.shown = place;
      setReading(next);
    };
    engine
      .then(async ({ reader }) => await readNow(reader, block))
      .then((value) => show(() => ({ value, block })))
      .catch((error: unknown) => show((before) => ({ ...before, error })));
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- what `read` depends on
  }, [engine, block, id]);
  return reading;
}
