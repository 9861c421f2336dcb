// Who is connected, and the list of wallets to connect with.
import { useId } from "react";

import { useApp, useWallet } from "../chain/app.js";
import { useStore } from "../chain/store.js";
import type { WalletOption } from "../chain/types.js";
import { Button, Dialog, Notice } from "../ui/layout.js";
import { Address, shortAddress } from "../ui/values.js";
import { walletMenu } from "./wallet-store.js";

export function WalletButton() {
  const { address, wallet } = useWallet();
  const isOpen = useStore(walletMenu);
  return (
    <>
      <Button
        kind={address === undefined ? "primary" : "plain"}
        className="wallet-button"
        aria-haspopup="dialog"
        onClick={() => walletMenu.set(true)}
      >
        {address === undefined ? (
          "Connect"
        ) : (
          <>
            {wallet?.kind === "local" ? <strong>{wallet.name}</strong> : null}
            <code>{shortAddress(address)}</code>
          </>
        )}
      </Button>
      {isOpen ? <WalletDialog /> : null}
    </>
  );
}

const close = () => walletMenu.set(false);

function WalletDialog() {
  const { options, address, wallet, problem, pending, connect, disconnect } = useWallet();
  const { config, wallets } = useApp();
  const choose = async (option: WalletOption) => {
    await connect(option);
    // What went wrong stays in sight.
    if (wallets.store.get().problem === undefined) close();
  };
  const injected = options.filter(({ kind }) => kind === "injected");
  const local = options.filter(({ kind }) => kind === "local");
  return (
    <Dialog title={address === undefined ? "Connect a wallet" : "Your wallet"} onClose={close}>
      <div className="stack">
        {address === undefined ? null : (
          <div className="row">
            <span>
              {wallet?.name}: <Address value={address} label="" />
            </span>
            <Button
              kind="quiet"
              onClick={() => {
                disconnect();
                close();
              }}
            >
              Disconnect
            </Button>
          </div>
        )}
        {problem === undefined ? null : (
          <Notice tone="bad" isUrgent>
            {problem}
          </Notice>
        )}
        <WalletList options={injected} current={wallet} pending={pending} onChoose={(option) => void choose(option)} />
        {injected.length === 0 && local.length === 0 ? (
          <p>
            There is no wallet in this browser. Install an extension or open this page in a wallet's browser; all
            figures can be read without one.
          </p>
        ) : null}
        {local.length === 0 ? null : (
          <>
            <p className="muted">
              People on {config.chainName}. The node signs for them, so that no extension is needed.
            </p>
            <WalletList options={local} current={wallet} pending={pending} onChoose={(option) => void choose(option)} />
          </>
        )}
      </div>
    </Dialog>
  );
}

type WalletListProps = {
  readonly options: readonly WalletOption[];
  readonly current: WalletOption | undefined;
  readonly pending: WalletOption | undefined;
  readonly onChoose: (option: WalletOption) => void;
};

function WalletList({ options, current, pending, onChoose }: WalletListProps) {
  const id = useId();
  if (options.length === 0) return null;
  return (
    <ul className="wallets">
      {options.map((option) => (
        <li key={option.id}>
          <Button
            aria-label={option.name}
            aria-describedby={`${id}-${option.id}`}
            aria-pressed={option.id === current?.id}
            aria-busy={option.id === pending?.id}
            onClick={() => onChoose(option)}
          >
            {option.icon === undefined ? null : <img src={option.icon} alt="" width="20" height="20" />}
            {option.name}
            <small id={`${id}-${option.id}`} className="muted">
              {option.about}
            </small>
          </Button>
        </li>
      ))}
    </ul>
  );
}
