// The button of an action, and what became of it.
import { useApp, useChain, useWallet } from "../chain/app.js";
import type { SendState, Sending } from "../chain/send.js";
import { Button, Notice } from "./layout.js";
import { Transaction } from "./values.js";
import { walletMenu } from "../shell/wallet-store.js";

type ActionButtonProps = {
  readonly children: string;
  readonly sending: Sending;
  readonly onClick: () => void;
  readonly isDisabled?: boolean;
};

/** The action's button; who can't sign yet gets the step before it instead: connect, or switch the network. */
export function ActionButton({ children, sending, onClick, isDisabled = false }: ActionButtonProps) {
  const wallet = useWallet();
  const { config } = useApp();
  const { user } = useChain();
  // What stands above is of another account, or of none, until this one has been read.
  const isUnknown = user !== wallet.address;
  if (wallet.address === undefined) {
    return (
      <Button kind="primary" className="wide" onClick={() => walletMenu.set(true)}>
        Connect a wallet
      </Button>
    );
  }
  if (wallet.isWrongChain) {
    return (
      <Button kind="primary" className="wide" onClick={() => void wallet.switchNetwork()}>
        {`Switch to ${config.chainName}`}
      </Button>
    );
  }
  return (
    <Button
      kind="primary"
      className="wide"
      disabled={isDisabled || isUnknown || sending.isBusy}
      aria-busy={sending.isBusy}
      onClick={onClick}
    >
      {children}
    </Button>
  );
}

const WORDS: Record<Exclude<SendState["phase"], "idle" | "mined" | "failed">, string> = {
  preparing: "Reading limits and trying the transaction …",
  approve: "Your wallet asks for an approval of exactly this amount. The transaction itself comes after it.",
  sign: "Your wallet asks for a signature. It costs nothing, and stands in for an approval.",
  send: "Your wallet asks you to send the transaction.",
  sent: "Sent. Waiting for its block …",
};

/** Always in the page, so that a screen reader hears what changes in it. */
export function SendStatus({ sending: { state, label, reset } }: { sending: Sending }) {
  return (
    <>
      <div role="status" aria-live="polite" className="send-status">
        {state.phase === "idle" || state.phase === "failed" ? null : (
          <Notice tone={state.phase === "mined" ? "good" : "neutral"} title={label}>
            {state.phase === "mined" ? (
              <>
                Done: <Transaction hash={state.hash}>transaction</Transaction>
              </>
            ) : (
              <>
                <span className="spinner" aria-hidden="true" /> {WORDS[state.phase]}{" "}
                {state.phase === "sent" ? <Transaction hash={state.hash}>transaction</Transaction> : null}
              </>
            )}
          </Notice>
        )}
      </div>
      {state.phase === "failed" ? (
        <Notice tone="bad" title={`${label}: not done`} isUrgent>
          <p>{state.explanation.sentence}</p>
          <p>{state.explanation.wayOut}</p>
          {state.hash === undefined ? null : <Transaction hash={state.hash}>transaction</Transaction>}
          <Button kind="quiet" onClick={reset}>
            Dismiss
          </Button>
        </Notice>
      ) : null}
    </>
  );
}
