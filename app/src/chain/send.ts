// What a transaction goes through, from the press of a button to its block.
import type {
  ContractTransactionReceipt,
  ContractTransactionResponse,
  JsonRpcSigner,
  TransactionReplacedError,
} from "ethers";
import { useCallback, useEffect, useRef, useState } from "react";

import type { Explanation, Units } from "../../../sdk/errors.js";
import type { Step } from "../../../sdk/pay.js";
import { announce } from "../ui/announce.js";
import { type App, engineModule, useApp } from "./app.js";

export type SendState =
  | { readonly phase: "idle" }
  /** Limits are read and the transaction is tried on the node. */
  | { readonly phase: "preparing" }
  /** The wallet is asked for this; an approval is waited for. */
  | { readonly phase: Step }
  | { readonly phase: "sent"; readonly hash: string }
  | { readonly phase: "mined"; readonly hash: string }
  | { readonly phase: "failed"; readonly explanation: Explanation; readonly hash?: string };

export type Sending = {
  readonly state: SendState;
  /** What `run` was told it is: "Supply 100 USDT". */
  readonly label: string;
  readonly isBusy: boolean;
  /**
   * Sends what `action` does with a signer and `onStep`, both for the SDK, and waits for its block and until the page
   * shows it. Gives the receipt; nothing if it failed, which is in `state` then.
   */
  readonly run: (label: string, action: Action) => Promise<ContractTransactionReceipt | undefined>;
  readonly reset: () => void;
};

export type Action = (with_: {
  signer: JsonRpcSigner;
  onStep: (step: Step) => void;
}) => Promise<ContractTransactionResponse>;

const NOT_LOADED: Explanation = {
  by: "network",
  name: "NOT_LOADED",
  args: {},
  sentence: "A part of this page did not arrive.",
  wayOut: "Load the page again.",
};

/** Until the page shows a block, or for so long that it is not worth waiting for. */
const PATIENCE = 6_000;

/** The receipt, also where the wallet has sent it again for another fee. */
async function mined(sent: ContractTransactionResponse): Promise<ContractTransactionReceipt | null> {
  try {
    return await sent.wait();
  } catch (error) {
    const { code, cancelled, receipt } = error as TransactionReplacedError;
    if (code === "TRANSACTION_REPLACED" && !cancelled && receipt.status === 1) {
      return receipt as ContractTransactionReceipt;
    }
    throw error;
  }
}

async function shown({ engine, chain }: App, blockNumber: number): Promise<void> {
  const isShown = () => (chain.get().block?.number ?? 0) >= blockNumber;
  (await engine).refresh();
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unsubscribe();
      resolve();
    };
    const timer = setTimeout(end, PATIENCE);
    const unsubscribe = chain.subscribe(() => isShown() && end());
    if (isShown()) end();
  });
}

/** `units`, a market's addresses or the lens' market, says how amounts in errors are shown. */
export function useSend(units?: Units): Sending {
  const app = useApp();
  const [state, setState] = useState<SendState>({ phase: "idle" });
  const [label, setLabel] = useState("");
  const isMounted = useRef(true);
  useEffect(() => {
    isMounted.current = true;
    return () => {
      isMounted.current = false;
    };
  }, []);

  const run = useCallback(
    async (what: string, action: Action): Promise<ContractTransactionReceipt | undefined> => {
      const enter = (next: SendState): void => {
        if (isMounted.current) setState(next);
      };
      setLabel(what);
      enter({ phase: "preparing" });
      let hash: string | undefined;
      const loaded = await engineModule.catch(() => undefined);
      if (loaded === undefined) {
        enter({ phase: "failed", explanation: NOT_LOADED });
        return undefined;
      }
      const { explain, signerOf } = loaded;
      try {
        const { wallet, address } = app.wallets.store.get();
        if (wallet === undefined || address === undefined) throw new Error("No wallet is connected.");
        const signer = await signerOf(wallet.provider, address, app.config.deployment.chainId);
        const sent = await action({ signer, onStep: (phase) => enter({ phase }) });
        hash = sent.hash;
        enter({ phase: "sent", hash });
        const receipt = await mined(sent);
        if (receipt === null) throw new Error("The transaction was not mined.");
        await shown(app, receipt.blockNumber);
        enter({ phase: "mined", hash: receipt.hash });
        // Who is still on the page reads it there.
        if (!isMounted.current) announce(`${what}: done.`);
        return receipt;
      } catch (error) {
        const explanation = explain(error, units);
        enter({ phase: "failed", explanation, ...(hash === undefined ? {} : { hash }) });
        return undefined;
      }
    },
    [app, units],
  );

  const reset = useCallback(() => setState({ phase: "idle" }), []);
  const isBusy = state.phase !== "idle" && state.phase !== "mined" && state.phase !== "failed";
  return { state, label, isBusy, run, reset };
}
