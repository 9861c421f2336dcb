// Hash routes: they work from any static host, and from an IPFS path.
import { type ComponentType, lazy, type LazyExoticComponent, useSyncExternalStore } from "react";

import type { ReadyMarket } from "../chain/types.js";

export { match, to } from "./path.js";

export type PageProps = { readonly params: Readonly<Record<string, string>> };
export type MarketPageProps = { readonly market: ReadyMarket };

type Common = {
  /** "market/:name/supply": what follows a colon is a parameter. */
  readonly path: string;
  readonly title: string;
};

/** A page by itself; with `isInNavigation` it is in the header. */
export type PlainRoute = Common & {
  readonly isInNavigation?: boolean;
  readonly Page: LazyExoticComponent<ComponentType<PageProps>>;
};

/** A page of one market, under the market's head and tabs; it is shown when the market has been read. */
export type MarketRoute = Common & { readonly MarketPage: LazyExoticComponent<ComponentType<MarketPageProps>> };

export type Route = PlainRoute | MarketRoute;

/** A page that is loaded when it is first shown: a module with a component `Page`. */
export const page = <P extends object>(load: () => Promise<{ Page: ComponentType<P> }>) =>
  lazy(async () => ({ default: (await load()).Page }));

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

/** What is behind "#/", without the query. */
export const usePath = (): string =>
  useSyncExternalStore(subscribe, () => location.hash.replace(/^#\/?/, "").replace(/\?.*$/, ""));
