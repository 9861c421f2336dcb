// Addresses that links are made of, apart from the pages behind them: a page may link to every other.
export const HOME = "markets";
export const MARKET = "market/:name";
