// How much a price may move until a transaction is mined, for every action that has a price. Kept for the next visit.
import { DEFAULT_SLIPPAGE_BPS } from "../../../sdk/market.js";
import { createStore } from "../chain/store.js";

const KEPT = "mutua.slippage";
export const CHOICES: readonly bigint[] = [1n, DEFAULT_SLIPPAGE_BPS, 50n, 100n, 300n];

function kept(): bigint {
  try {
    const found = CHOICES.find((bps) => bps.toString() === localStorage.getItem(KEPT));
    return found ?? DEFAULT_SLIPPAGE_BPS;
  } catch {
    return DEFAULT_SLIPPAGE_BPS;
  }
}

export const slippage = createStore<bigint>(kept());

slippage.subscribe(() => {
  try {
    localStorage.setItem(KEPT, slippage.get().toString());
  } catch {
    // Then it holds until the page is left.
  }
});
