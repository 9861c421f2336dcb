// Around every page: head, navigation, what is wrong with the connection, and the page's own errors.
import { Component, type ErrorInfo, lazy, type ReactNode, Suspense, useEffect, useRef } from "react";

import { useChain, useConfig, useWallet } from "../chain/app.js";
import { useStore } from "../chain/store.js";
import { HOME } from "../paths.js";
import { routes } from "../routes.js";
import { toasts } from "../ui/announce.js";
import { clockText, wholeText } from "../ui/format.js";
import { Button, Notice, Skeleton } from "../ui/layout.js";
import { MarketFrame } from "./market-frame.js";
import { match, type Route, to, usePath } from "./router.js";
import { ThemeSwitch } from "./theme.js";
import { WalletButton } from "./wallet-menu.js";

/** Only where `npm start` serves the page. */
const LocalPanel = lazy(async () => ({ default: (await import("../local/panel.js")).LocalPanel }));

export function Shell() {
  const path = usePath();
  const { local } = useConfig();
  const current = path === "" ? HOME : path;
  return (
    <>
      <a className="skip" href="#content" onClick={skipToContent}>
        Skip to the content
      </a>
      <header className="top">
        <div className="top-row">
          <a className="brand" href={to(HOME)}>
            <Logo />
            Mutua
          </a>
          <nav className="navigation" aria-label="Pages">
            {routes.map((route) =>
              "isInNavigation" in route && route.isInNavigation ? (
                <a
                  key={route.path}
                  href={to(route.path)}
                  aria-current={match(route.path, current) === undefined ? undefined : "page"}
                >
                  {route.title}
                </a>
              ) : null,
            )}
          </nav>
          <div className="top-end">
            <BlockNumber />
            <ThemeSwitch />
            <WalletButton />
          </div>
        </div>
      </header>
      <ConnectionBanner />
      <NetworkBanner />
      <main className="page" id="content" tabIndex={-1}>
        <ErrorBoundary key={current}>
          <Suspense fallback={<Skeleton lines={6} />}>
            <CurrentPage path={current} />
          </Suspense>
        </ErrorBoundary>
      </main>
      <footer className="foot">
        Not audited. What is lent here can be lost: reserve and insurance fund bear a loss first, and after them every
        supplier bears the same part of the rest.
      </footer>
      {local === undefined ? null : (
        <Suspense fallback={null}>
          <LocalPanel base={local.controls} />
        </Suspense>
      )}
      <Toasts />
    </>
  );
}

function skipToContent(event: { preventDefault: () => void }): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("#content")?.focus();
}

const Logo = () => (
  <svg viewBox="0 0 16 16" aria-hidden="true">
    <rect x="1" y="2" width="14" height="3" rx="1" />
    <rect x="3" y="6.5" width="10" height="3" rx="1" opacity=".75" />
    <rect x="5" y="11" width="6" height="3" rx="1" opacity=".5" />
  </svg>
);

function CurrentPage({ path }: { path: string }) {
  const found = findRoute(path);
  const title = found === undefined ? "Not found" : found.route.title;
  const name = found?.params["name"];
  const isFirst = useRef(true);
  useEffect(() => {
    document.title = name === undefined ? `${title} · Mutua` : `${title} · ${name} · Mutua`;
    // As a browser does with a new page: to its top, and the focus to what is new.
    if (!isFirst.current) document.querySelector<HTMLElement>("#content")?.focus({ preventScroll: true });
    if (!isFirst.current) scrollTo(0, 0);
    isFirst.current = false;
    // oxlint-disable-next-line react/exhaustive-effect-dependencies -- another path is another page
  }, [path, title, name]);
  if (found === undefined) {
    return (
      <div className="stack">
        <h1>There is no such page</h1>
        <p>
          <a href={to(HOME)}>All markets</a>
        </p>
      </div>
    );
  }
  const { route, params } = found;
  if ("Page" in route) return <route.Page params={params} />;
  return <MarketFrame route={route} name={name ?? ""} />;
}

function findRoute(path: string): { route: Route; params: Record<string, string> } | undefined {
  for (const route of routes) {
    const params = match(route.path, path);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

/** The newest block read: who looks sees that the page lives. */
function BlockNumber() {
  const { block, connection } = useChain();
  if (block === undefined) return null;
  const age = connection.status === "online" ? "" : "old";
  return (
    <span className={`block-number ${age}`} title={`Block ${block.number} of ${clockText(block.timestamp)}`}>
      <span className="unseen">Block </span>
      {wholeText(block.number)}
    </span>
  );
}

function ConnectionBanner() {
  const { connection, block } = useChain();
  const { chainName, deployment } = useConfig();
  return (
    <div role="status" className="banner-place">
      {connection.status === "offline" ? (
        <p className="banner">
          No connection to {connection.host}
          {block === undefined
            ? ". "
            : `: shown is block ${wholeText(block.number)} of ${clockText(block.timestamp)}. `}
          Trying again.
        </p>
      ) : null}
      {connection.status === "no-lens" ? (
        <p className="banner">
          {connection.host} answers, but nothing of Mutua is at {deployment.contracts.lens} there: config.json is of
          another deployment, or the chain was set back. Trying again.
        </p>
      ) : null}
      {connection.status === "wrong-chain" ? (
        <p className="banner">
          {connection.host} is a node of chain {connection.chainId}, and {chainName} is chain {deployment.chainId}. Name
          another node in config.json.
        </p>
      ) : null}
    </div>
  );
}

function NetworkBanner() {
  const { isWrongChain, switchNetwork, wallet, problem } = useWallet();
  const { chainName } = useConfig();
  return (
    <div role="status" className="banner-place">
      {isWrongChain ? (
        <p className="banner">
          {wallet?.name} is connected to another network. This page is of {chainName}.{" "}
          <Button className="small" onClick={() => void switchNetwork()}>
            Switch network
          </Button>{" "}
          {problem}
        </p>
      ) : null}
    </div>
  );
}

function Toasts() {
  const shown = useStore(toasts);
  return (
    <div className="toasts" role="status" aria-live="polite">
      {shown.map(({ id, text }) => (
        <p key={id} className="toast">
          {text}
        </p>
      ))}
    </div>
  );
}

/** A page that fails leaves the rest of the app alone. */
class ErrorBoundary extends Component<{ children: ReactNode }, { error?: unknown }> {
  override state: { error?: unknown } = {};

  static getDerivedStateFromError(error: unknown): { error: unknown } {
    return { error };
  }

  override componentDidCatch(error: unknown, info: ErrorInfo): void {
    console.error(error, info.componentStack);
  }

  override render(): ReactNode {
    if (!("error" in this.state)) return this.props.children;
    const { error } = this.state;
    return (
      <Notice tone="bad" title="This page has failed" isUrgent>
        <p>{error instanceof Error ? error.message : String(error)}</p>
        <Button onClick={() => location.reload()}>Load it again</Button>
      </Notice>
    );
  }
}
