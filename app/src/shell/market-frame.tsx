// Above every page of a market: its name, its state, its tabs.
import type { ReactNode } from "react";

import { useChain, useMarket } from "../chain/app.js";
import type { MarketView } from "../chain/types.js";
import { HOME, MARKET } from "../paths.js";
import { routes } from "../routes.js";
import { marketState } from "../ui/market-state.js";
import { Badge, Notice, Skeleton } from "../ui/layout.js";
import { type MarketRoute, to } from "./router.js";

export function MarketFrame({ route, name }: { route: MarketRoute; name: string }) {
  const view = useMarket(name);
  if (view === undefined) {
    return (
      <div className="stack">
        <h1>There is no market “{name}”</h1>
        <p>
          <a href={to(HOME)}>All markets</a>
        </p>
      </div>
    );
  }
  return (
    <>
      <MarketHead view={view} route={route} />
      <Content view={view} route={route} />
    </>
  );
}

function MarketHead({ view, route }: { view: MarketView; route: MarketRoute }) {
  const { name, market, addresses } = view;
  const tabs = routes.filter((each): each is MarketRoute => "MarketPage" in each);
  const isOverview = route.path === MARKET;
  return (
    <header className="market-head">
      <div className="row">
        <h1>
          {isOverview ? "" : `${route.title} · `}
          {addresses.asset.symbol} <span className="muted">against</span> {addresses.collateral.symbol}
        </h1>
        {market === undefined
          ? null
          : marketState(market).map(({ text, tone }) => (
              <Badge key={text} tone={tone}>
                {text}
              </Badge>
            ))}
      </div>
      <nav className="tabs" aria-label="This market">
        {tabs.map(({ path, title }) => (
          <a key={path} href={to(path, { name })} aria-current={path === route.path ? "page" : undefined}>
            {title}
          </a>
        ))}
      </nav>
    </header>
  );
}

function Content({ view, route }: { view: MarketView; route: MarketRoute }): ReactNode {
  const { block } = useChain();
  const { market, account, name, title, addresses } = view;
  if (market !== undefined && block !== undefined) {
    const at = { blockNumber: block.number, timestamp: block.timestamp };
    const own = account === undefined ? {} : { account };
    return <route.MarketPage market={{ name, title, addresses, ...at, market, ...own }} />;
  }
  if (view.status === "loading") return <Skeleton lines={8} />;
  return (
    <Notice tone="bad" title="This market can't be read" isUrgent>
      The lens gets no answer from its pool at {view.addresses.pool}. Check the address in config.json.
    </Notice>
  );
}
