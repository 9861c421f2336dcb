// A wallet as a browser extension brings one: an EIP-1193 object in the page, announced by EIP-6963, whose keys and
// connection to the chain are outside of the page.
import { getBytes, JsonRpcProvider, type TransactionRequest, Wallet } from "ethers";
import type { BrowserContext } from "playwright-core";

type Answer = { result: unknown } | { error: { code: number; message: string } };
type Request = { method: string; params?: unknown[] };
type Listener = (value: unknown) => void;

const REJECTED = { code: 4001, message: "User rejected the request." };
const UNKNOWN_CHAIN = { code: 4902, message: "Unrecognized chain ID. Try adding the chain first." };
const SIGNS = ["eth_sendTransaction", "personal_sign", "eth_signTypedData_v4"];
/** A picture of one pixel. */
const ICON =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";

export class TestWallet {
  /** What the page asked for, by method. */
  readonly asked: string[] = [];
  /** The user says no to everything that needs a signature. */
  refuses = false;
  chainId: bigint;
  /** The wallet does not know the app's chain until it is added. */
  knownChains: bigint[];

  readonly #signer: Wallet;
  readonly #provider: JsonRpcProvider;
  readonly #appChainId: bigint;
  #isConnected = false;
  #context: BrowserContext | undefined;

  constructor(options: { rpcUrl: string; chainId: number; key: string; startsOn?: bigint; knowsChain?: boolean }) {
    this.#provider = new JsonRpcProvider(options.rpcUrl, options.chainId, {
      staticNetwork: true,
      batchMaxCount: 1,
      cacheTimeout: -1,
    });
    this.#signer = new Wallet(options.key, this.#provider);
    this.#appChainId = BigInt(options.chainId);
    this.chainId = options.startsOn ?? this.#appChainId;
    this.knownChains = [1n, ...((options.knowsChain ?? true) ? [this.#appChainId] : [])];
  }

  get address(): string {
    return this.#signer.address;
  }

  close(): void {
    this.#provider.destroy();
  }

  async install(context: BrowserContext, name = "Test wallet"): Promise<void> {
    this.#context = context;
    await context.exposeFunction(
      "askTestWallet",
      async (request: Request): Promise<Answer> => await this.#answer(request),
    );
    await context.addInitScript(announce, { name, icon: ICON });
  }

  async switchTo(chainId: bigint): Promise<void> {
    this.chainId = chainId;
    await this.#emit("chainChanged", `0x${chainId.toString(16)}`);
  }

  async #emit(event: string, value: unknown): Promise<void> {
    for (const page of this.#context?.pages() ?? []) {
      await page.evaluate(
        ([name, detail]) => window.dispatchEvent(new CustomEvent(`testwallet:${name as string}`, { detail })),
        [event, value],
      );
    }
  }

  async #answer({ method, params = [] }: Request): Promise<Answer> {
    this.asked.push(method);
    if (this.refuses && (SIGNS.includes(method) || method === "eth_requestAccounts")) return { error: REJECTED };
    try {
      return await this.#handle(method, params);
    } catch (caught) {
      const { info, message } = caught as { info?: { error?: { code: number; message: string } }; message: string };
      return { error: info?.error ?? { code: -32603, message } };
    }
  }

  async #handle(method: string, params: unknown[]): Promise<Answer> {
    switch (method) {
      case "eth_requestAccounts":
        this.#isConnected = true;
        return { result: [this.address] };
      case "eth_accounts":
        return { result: this.#isConnected ? [this.address] : [] };
      case "eth_chainId":
        return { result: `0x${this.chainId.toString(16)}` };
      case "wallet_switchEthereumChain": {
        const wanted = BigInt((params[0] as { chainId: string }).chainId);
        if (this.refuses) return { error: REJECTED };
        if (!this.knownChains.includes(wanted)) return { error: UNKNOWN_CHAIN };
        await this.switchTo(wanted);
        return { result: null };
      }
      case "wallet_addEthereumChain": {
        const wanted = BigInt((params[0] as { chainId: string }).chainId);
        if (this.refuses) return { error: REJECTED };
        this.knownChains.push(wanted);
        await this.switchTo(wanted);
        return { result: null };
      }
      case "eth_sendTransaction": {
        if (this.chainId !== this.#appChainId)
          return { error: { code: -32603, message: "The wallet is on another chain." } };
        const { from: _from, gas, ...rest } = params[0] as TransactionRequest & { gas?: string };
        const response = await this.#signer.sendTransaction({
          ...rest,
          ...(gas === undefined ? {} : { gasLimit: gas }),
        });
        return { result: response.hash };
      }
      case "personal_sign":
        return { result: await this.#signer.signMessage(getBytes(params[0] as string)) };
      case "eth_signTypedData_v4": {
        const { domain, types, message } = JSON.parse(params[1] as string) as {
          domain: Record<string, unknown>;
          types: Record<string, { name: string; type: string }[]>;
          message: Record<string, unknown>;
        };
        const { EIP712Domain: _domain, ...structs } = types;
        return { result: await this.#signer.signTypedData(domain, structs, message) };
      }
      default:
        return { result: await this.#provider.send(method, params) };
    }
  }
}

/** Runs in the page, before anything of its own. */
function announce(wallet: { name: string; icon: string }): void {
  const ask = (window as unknown as { askTestWallet: (request: Request) => Promise<Answer> }).askTestWallet;
  const hearers = new Map<Listener, (event: Event) => void>();
  const provider = {
    request: async (request: Request): Promise<unknown> => {
      const answer = await ask(request);
      if ("result" in answer) return answer.result;
      throw Object.assign(new Error(answer.error.message), answer.error);
    },
    on: (name: string, listener: Listener) => {
      const hear = (event: Event) => listener((event as CustomEvent).detail);
      hearers.set(listener, hear);
      window.addEventListener(`testwallet:${name}`, hear);
    },
    removeListener: (name: string, listener: Listener) => {
      const hear = hearers.get(listener);
      if (hear !== undefined) window.removeEventListener(`testwallet:${name}`, hear);
    },
  };
  const info = { uuid: "9f2b1d6e-6a53-4d1c-8c6f-0d7a3b1f5e21", ...wallet, rdns: "test.wallet" };
  const say = () => {
    const detail = Object.freeze({ info, provider });
    window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail }));
  };
  window.addEventListener("eip6963:requestProvider", say);
  say();
}
