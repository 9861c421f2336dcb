// GET /rows, as app/src/history reads it, and /graphql for everybody else.
import { and, asc, eq, graphql, sql } from "ponder";
import { db } from "ponder:api";
import schema, { history } from "ponder:schema";
import { Hono } from "hono";

import { fromEnvironment } from "../../settings.js";
import { rowOf } from "../rows.js";
import { expectSameChain } from "./chain.js";
import { progress } from "./progress.js";

const settings = fromEnvironment();
const { chainId, startBlock, index } = settings;
const STANDARD_LIMIT = 1_000;
const LARGEST_LIMIT = 5_000;

void expectSameChain(settings);

const app = new Hono();
app.use("/graphql", graphql({ db, schema }));

app.get("/rows", async (context) => {
  const { kind, market, after = "", limit = `${STANDARD_LIMIT}` } = context.req.query();
  const cursor = /^(-?\d{1,15})\.(\d{1,10})$/.exec(after);
  if (after !== "" && cursor === null) {
    return context.json({ error: `after is "${after}": allowed is <block>.<logIndex>, as next gives it` }, 400);
  }
  if (!/^\d{1,6}$/.test(limit) || Number(limit) < 1 || Number(limit) > LARGEST_LIMIT) {
    return context.json({ error: `limit is "${limit}": allowed is a whole number from 1 to ${LARGEST_LIMIT}` }, 400);
  }

  // Before the rows: they are then at least as new as is said.
  const reached = await progress();
  const place = sql`(${history.blockNumber}, ${history.logIndex})`;
  const wanted = [
    kind === undefined ? undefined : eq(history.kind, kind),
    market === undefined ? undefined : eq(history.market, market),
  ];
  const from = cursor === null ? undefined : sql`${place} > (${Number(cursor[1])}, ${Number(cursor[2])})`;
  const order = [asc(history.blockNumber), asc(history.logIndex), asc(history.id)];
  const page = await db
    .select()
    .from(history)
    .where(and(...wanted, from))
    .orderBy(...order)
    .limit(Number(limit));
  const last = page.at(-1);
  let next: string | null = null;
  if (last !== undefined && page.length === Number(limit)) {
    next = `${last.blockNumber}.${last.logIndex}`;
    // An event's rows stay together.
    const rest = await db
      .select()
      .from(history)
      .where(
        and(
          ...wanted,
          eq(history.blockNumber, last.blockNumber),
          eq(history.logIndex, last.logIndex),
          sql`${history.id} > ${last.id}`,
        ),
      )
      .orderBy(...order);
    page.push(...rest);
  }
  // Those that came in since are for the next time.
  const newest = reached.indexedTo?.number ?? -1;
  const rows = page.filter(({ blockNumber }) => blockNumber <= newest).map(rowOf);
  if (rows.length < page.length) next = null;
  return context.json({ index, chainId, startBlock, ...reached, rows, next });
});

// The engine looks for this one.
// oxlint-disable-next-line import/no-default-export
export default app;
