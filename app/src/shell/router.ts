// Hash routes: they work from any static host, and from an IPFS path.
import { type ComponentType, lazy, type LazyExoticComponent, useSyncExternalStore } from "react";

import type { ReadyMarket } from "../chain/types.js";

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

const partsOf = (path: string): readonly string[] => path.split("/").filter((part) => part !== "");

/** The parameters of a path that is the pattern's; nothing if it is not. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const [wanted, given] = [partsOf(pattern), partsOf(path)];
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = decodeURIComponent(given[index] ?? "");
    if (part.startsWith(":")) params[part.slice(1)] = value;
    else if (part !== value) return undefined;
  }
  return params;
}

/** `to("market/:name/supply", { name })`, for an href. */
export const to = (pattern: string, params: Readonly<Record<string, string>> = {}): string =>
  `#/${partsOf(pattern)
    .map((part) => (part.startsWith(":") ? encodeURIComponent(params[part.slice(1)] ?? "") : part))
    .join("/")}`;

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

/** What is behind "#/", without the query. */
export const usePath = (): string =>
  useSyncExternalStore(subscribe, () => location.hash.replace(/^#\/?/, "").replace(/\?.*$/, ""));
