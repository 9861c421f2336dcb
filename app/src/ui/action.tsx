// The button of an action.
import { useApp, useChain, useWallet } from "../chain/app.js";
import type { Sending } from "../chain/send.js";
import { Button } from "./layout.js";
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
