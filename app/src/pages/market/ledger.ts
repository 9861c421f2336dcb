// The pool's ledger at the newest block, by the lens.
import { lensAt } from "../../../../sdk/contracts.js";
import type { Tick } from "../../../../sdk/market.js";
import { type Reading, useAtBlock } from "../../chain/app.js";
import type { ReadyMarket } from "../../chain/types.js";
import { tickRange } from "./book.js";

export function useLedger({ addresses, market }: ReadyMarket): Reading<readonly Tick[]> {
  const range = tickRange(market);
  return useAtBlock(
    async (reader, { number }) => {
      if (range === undefined) return [];
      const lens = lensAt(addresses.lens, reader);
      return await lens.ledger(addresses.pool, range.from, range.to, { blockTag: number });
    },
    [addresses.pool],
  );
}
