// What the app knows of the chain. No code of ethers in here: it is loaded while the page is painted.
import type { MarketAddresses } from "../../../sdk/deployment.js";
import type { Account, Market } from "../../../sdk/market.js";

export type Block = { readonly number: number; readonly timestamp: bigint; readonly hash: string };

export type Connection =
  | { readonly status: "connecting" }
  | { readonly status: "online" }
  /** The node does not answer; what is shown stays, and it is tried again. */
  | { readonly status: "offline"; readonly host: string }
  /** The node answers, and where the lens should be is nothing that answers as it does. */
  | { readonly status: "no-lens"; readonly host: string }
  /** The node is another chain's. */
  | { readonly status: "wrong-chain"; readonly host: string; readonly chainId: number };

/** A market at the newest block read. `market` is missing before the first reading, and while it can't be read. */
export type MarketView = {
  readonly name: string;
  /** Its tokens, loan first: "USDT / ETHT". */
  readonly title: string;
  readonly addresses: MarketAddresses;
  readonly status: "loading" | "unreadable" | "ready";
  readonly market?: Market;
  readonly account?: Account;
};

/** What a page of a market gets: everything is of one block. */
export type ReadyMarket = {
  readonly name: string;
  readonly title: string;
  readonly addresses: MarketAddresses;
  readonly blockNumber: number;
  /** The block's, in seconds: this is now. */
  readonly timestamp: bigint;
  readonly market: Market;
  /** The connected account's; missing while none is connected. */
  readonly account?: Account;
};

export type ChainState = {
  readonly connection: Connection;
  readonly block?: Block;
  /** Whose accounts are in `markets`. */
  readonly user?: string;
  readonly markets: readonly MarketView[];
};

export const ZERO_ADDRESS = "0x0000000000000000000000000000000000000000";

/** EIP-1193. */
export type Eip1193 = {
  request: (call: { method: string; params?: readonly unknown[] | object }) => Promise<unknown>;
  on?: (event: string, listener: (value: never) => void) => void;
  removeListener?: (event: string, listener: (value: never) => void) => void;
};

export type WalletOption = {
  readonly id: string;
  readonly name: string;
  readonly about?: string;
  /** A data URI, from EIP-6963. */
  readonly icon?: string;
  readonly kind: "injected" | "local";
  readonly provider: Eip1193;
};

export type WalletState = {
  readonly options: readonly WalletOption[];
  readonly pending?: WalletOption;
  readonly wallet?: WalletOption;
  readonly address?: string;
  readonly chainId?: number;
  /** Why connecting failed, in a sentence. */
  readonly problem?: string;
};
