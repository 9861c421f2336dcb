// All pages. One that is not here is not in the navigation, nor in a market's tabs: adding one is adding a line.
import { HOME, MARKET } from "./paths.js";
import { page, type Route } from "./shell/router.js";

export const routes: readonly Route[] = [
  { path: HOME, title: "Markets", isInNavigation: true, Page: page(() => import("./pages/markets.js")) },
  { path: MARKET, title: "Overview", MarketPage: page(() => import("./pages/market.js")) },
  { path: "market/:name/supply", title: "Supply", MarketPage: page(() => import("./pages/supply.js")) },
  { path: "market/:name/borrow", title: "Borrow", MarketPage: page(() => import("./pages/borrow.js")) },
  { path: "market/:name/insure", title: "Insure", MarketPage: page(() => import("./pages/insure.js")) },
  { path: "market/:name/claim", title: "Claim", MarketPage: page(() => import("./pages/claim.js")) },
  { path: "positions", title: "Positions", isInNavigation: true, Page: page(() => import("./pages/positions.js")) },
  { path: "governance", title: "Governance", isInNavigation: true, Page: page(() => import("./pages/governance.js")) },
  { path: "positions/:address", title: "Positions", Page: page(() => import("./pages/positions.js")) },
];
