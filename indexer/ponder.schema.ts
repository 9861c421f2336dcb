// One table: the rows of app/src/history/types.ts as they are. Ponder adds what it needs to undo blocks, and the indexes
// once the past is in.
import { index, onchainTable } from "ponder";

export const history = onchainTable(
  "history",
  (t) => ({
    /** `idOf` in src/rows.ts. */
    id: t.text().primaryKey(),
    kind: t.text().notNull(),
    market: t.text().notNull(),
    blockNumber: t.int8({ mode: "number" }).notNull(),
    logIndex: t.int8({ mode: "number" }).notNull(),
    timestamp: t.int8({ mode: "number" }).notNull(),
    transactionHash: t.text().notNull(),
    blockHash: t.text().notNull(),
    /** What this kind of row has beside these. Amounts are text in JSON: `(data->>'lossAssets')::numeric` in SQL. */
    data: t.jsonb().$type<Record<string, unknown>>().notNull(),
  }),
  (table) => ({
    byPlace: index().on(table.blockNumber, table.logIndex),
    byKind: index().on(table.kind, table.market, table.blockNumber, table.logIndex),
  }),
);
