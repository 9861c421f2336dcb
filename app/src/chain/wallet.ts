// Wallets: those that announce themselves (EIP-6963), else the one at window.ethereum, and on the chain of `npm start`
// the node's own accounts. Nothing but EIP-1193 is asked of any.
import type { Config } from "../config.js";
import type { Rpc } from "./rpc.js";
import { createStore, type Store } from "./store.js";
import type { Eip1193, WalletOption, WalletState } from "./types.js";

type Announcement = CustomEvent<{
  info: { uuid: string; rdns: string; name: string; icon: string };
  provider: Eip1193;
}>;

const REMEMBERED = "mutua.wallet";
/** What a wallet answers that does not know a chain (EIP-3326, EIP-3085). */
const UNKNOWN_CHAIN = 4902;
const DECLINED = 4001;

export type Wallets = {
  readonly store: Store<WalletState>;
  readonly connect: (option: WalletOption) => Promise<void>;
  readonly disconnect: () => void;
  readonly switchNetwork: () => Promise<void>;
};

const codeOf = (error: unknown): unknown => (error as { code?: unknown } | null)?.code;

function remember(id: string | undefined): void {
  try {
    if (id === undefined) localStorage.removeItem(REMEMBERED);
    else localStorage.setItem(REMEMBERED, id);
  } catch {
    // Without storage one connects anew each time.
  }
}

function remembered(): string | undefined {
  try {
    return localStorage.getItem(REMEMBERED) ?? undefined;
  } catch {
    return undefined;
  }
}

/** The accounts of the local node: it signs for them itself. */
function localWallets({ local, deployment }: Config, rpc: Rpc): WalletOption[] {
  return (local?.accounts ?? []).map(({ name, address, about }) => ({
    id: `local:${name}`,
    name,
    ...(about === undefined ? {} : { about }),
    kind: "local",
    provider: {
      async request({ method, params }) {
        if (method === "eth_accounts" || method === "eth_requestAccounts") return [address];
        if (method === "eth_chainId") return `0x${deployment.chainId.toString(16)}`;
        return await rpc.request(method, params as readonly unknown[] | undefined);
      },
    },
  }));
}

export function createWallets(config: Config, rpc: Rpc): Wallets {
  const store = createStore<WalletState>({ options: localWallets(config, rpc) });
  let unfollow: (() => void) | undefined;

  const offer = (option: WalletOption): void => {
    const { options, wallet, pending } = store.get();
    if (options.some(({ id }) => id === option.id)) return;
    store.set((now) => ({ ...now, options: [option, ...now.options] }));
    if (wallet === undefined && pending === undefined && remembered() === option.id) void resume(option);
  };

  addEventListener("eip6963:announceProvider", (event) => {
    const { info, provider } = (event as Announcement).detail;
    const icon = info.icon.startsWith("data:image/") ? { icon: info.icon } : {};
    offer({ id: info.rdns, name: info.name, ...icon, kind: "injected", provider });
  });
  dispatchEvent(new Event("eip6963:requestProvider"));
  // Only a wallet too old to announce itself is asked for by its old name.
  setTimeout(() => {
    const { ethereum } = globalThis as { ethereum?: Eip1193 };
    const isAnnounced = store.get().options.some(({ kind }) => kind === "injected");
    if (ethereum !== undefined && !isAnnounced) {
      offer({ id: "window.ethereum", name: "Browser wallet", kind: "injected", provider: ethereum });
    }
  }, 300);

  /** Connected before, and still allowed: without a question. */
  async function resume(option: WalletOption): Promise<void> {
    const accounts = (await option.provider.request({ method: "eth_accounts" }).catch(() => [])) as string[];
    if (accounts[0] !== undefined) await follow(option, accounts[0]);
  }

  async function follow(wallet: WalletOption, address: string): Promise<void> {
    const { provider } = wallet;
    const chainId = Number(await provider.request({ method: "eth_chainId" }));
    unfollow?.();
    const onAccounts = (accounts: readonly string[]): void => {
      const [first] = accounts;
      if (first === undefined) disconnect();
      else store.set((now) => ({ ...now, address: first }));
    };
    const onChain = (id: string): void => store.set((now) => ({ ...now, chainId: Number(id) }));
    provider.on?.("accountsChanged", onAccounts);
    provider.on?.("chainChanged", onChain);
    unfollow = () => {
      provider.removeListener?.("accountsChanged", onAccounts);
      provider.removeListener?.("chainChanged", onChain);
    };
    remember(wallet.id);
    store.set(({ options }) => ({ options, wallet, address, chainId }));
  }

  async function connect(option: WalletOption): Promise<void> {
    unfollow?.();
    store.set(({ options }) => ({ options, pending: option }));
    try {
      const accounts = (await option.provider.request({ method: "eth_requestAccounts" })) as string[];
      const [address] = accounts;
      if (address === undefined) throw new Error("no account");
      await follow(option, address);
    } catch (error) {
      const problem =
        codeOf(error) === DECLINED
          ? `${option.name} was asked for an account, and it was declined.`
          : `${option.name} gave no account. Unlock it, and try again.`;
      store.set(({ options }) => ({ options, problem }));
    }
  }

  function disconnect(): void {
    unfollow?.();
    remember(undefined);
    store.set(({ options }) => ({ options }));
  }

  async function switchNetwork(): Promise<void> {
    const { wallet } = store.get();
    if (wallet === undefined) return;
    store.set(({ problem: _old, ...state }) => state);
    try {
      await askToSwitch(wallet.provider);
      const chainId = Number(await wallet.provider.request({ method: "eth_chainId" }));
      store.set((state) => ({ ...state, chainId }));
    } catch (error) {
      const did = codeOf(error) === DECLINED ? "was asked to switch, and it was declined" : "did not switch";
      store.set((state) => ({ ...state, problem: `${wallet.name} ${did}. Choose ${config.chainName} in it.` }));
    }
  }

  async function askToSwitch(provider: Eip1193): Promise<void> {
    const { chainName, deployment, rpcUrls: urls } = config;
    const chainId = `0x${deployment.chainId.toString(16)}`;
    try {
      await provider.request({ method: "wallet_switchEthereumChain", params: [{ chainId }] });
    } catch (error) {
      if (codeOf(error) !== UNKNOWN_CHAIN) throw error;
      const nativeCurrency = { name: "Ether", symbol: "ETH", decimals: 18 };
      const rpcUrls = urls.map((url) => new URL(url, document.baseURI).href);
      const chain = { chainId, chainName, nativeCurrency, rpcUrls };
      await provider.request({ method: "wallet_addEthereumChain", params: [chain] });
    }
  }

  const before = store.get().options.find(({ id }) => id === remembered());
  if (before !== undefined) void resume(before);
  return { store, connect, disconnect, switchNetwork };
}
