// All pages. One that is not here is not in the navigation, nor in a market's tabs: adding one is adding a line.
import { page, type Route } from "./shell/router.js";

export const HOME = "markets";
export const MARKET = "market/:name";

export const routes: readonly Route[] = [
  { path: HOME, title: "Markets", isInNavigation: true, Page: page(() => import("./pages/markets.js")) },
  { path: MARKET, title: "Overview", MarketPage: page(() => import("./pages/market.js")) },
];

/** Whether a page is there, by its path: a link to another one would lead nowhere. */
export const hasRoute = (path: string): boolean => routes.some((route) => route.path === path);
