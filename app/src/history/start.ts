// Puts the sources together, and follows the chain as the page reads it.
import { lensAt } from "../../../sdk/contracts.js";
import type { App } from "../chain/app.js";
import type { Block } from "../chain/types.js";
import { followIndexer, followLogs } from "./follow.js";
import { IndexedDbStore } from "./indexed-db.js";
import { IndexerHistory } from "./indexer.js";
import { blocksToSample, lookBack, type Prices } from "./look-back.js";
import { LogHistory, type Request, storeKeyOf } from "./logs.js";
import type { SwitchedHistory } from "./switch.js";

/** Prices are sampled when they move, and after so many seconds of the chain's. */
const SAMPLE_EVERY = 60n;

export async function startHistory(app: App, history: SwitchedHistory): Promise<void> {
  const { deployment, indexerUrl } = app.config;
  keepSamples(app, history);
  const logs = new LogHistory(deployment, requestOf(app), new IndexedDbStore(storeKeyOf(deployment)));
  const follow = { newest: () => newestOf(app), wait: waitFor(app), signal: new AbortController().signal };
  sampleThePast(app, history);
  if (indexerUrl === undefined) return await followLogs(history, logs, follow);
  const indexer = new IndexerHistory(new URL(indexerUrl, document.baseURI).href, deployment.chainId);
  return await followIndexer(history, indexer, logs, follow);
}

/** Behind all else that the page asks; the headers of several blocks are one request. */
function requestOf({ rpc, engine }: App): Request {
  return async (method, params) => {
    if (method === "eth_getLogs") return await rpc.request(method, params, false);
    return (await (await engine).reader.send(method, [...params])) as unknown;
  };
}

/** Nothing is read in a tab that nobody sees, nor while the node is silent or another chain's. */
function newestOf({ chain }: App): Block | undefined {
  const { block, connection } = chain.get();
  return document.hidden || connection.status !== "online" ? undefined : block;
}

const waitFor = (app: App) => async (milliseconds: number) => {
  const before = newestOf(app)?.hash;
  await new Promise<void>((resolve) => {
    const end = () => {
      clearTimeout(timer);
      unfollow();
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    const unfollow = app.chain.subscribe(() => {
      if (newestOf(app)?.hash !== before) end();
    });
  });
};

/** What the page sees of the prices anyway: between two events only this says where the exit price was. */
function keepSamples({ chain }: App, history: SwitchedHistory): void {
  const last = new Map<string, { number: number; timestamp: bigint; prices: string }>();
  chain.subscribe(() => {
    const { block, markets } = chain.get();
    if (block === undefined) return;
    const { number, timestamp } = block;
    for (const { addresses, market } of markets) {
      if (market === undefined) continue;
      const { pool } = addresses;
      const { grossPriceWad, exitPriceWad } = market.prices;
      const prices = `${grossPriceWad} ${exitPriceWad}`;
      const before = last.get(pool);
      const isAhead = before !== undefined && number >= before.number;
      if (isAhead && (before.prices === prices || number === before.number)) continue;
      if (isAhead && isNear(before.prices, prices) && timestamp - before.timestamp < SAMPLE_EVERY) continue;
      last.set(pool, { number, timestamp, prices });
      history.sample({
        market: pool,
        blockNumber: number,
        timestamp: Number(timestamp),
        grossPriceWad: String(grossPriceWad),
        exitPriceWad: String(exitPriceWad),
      });
    }
  });
}

/** Of each market whose prices a page shows, when its losses are known. An indexer has samples of its own. */
function sampleThePast(app: App, history: SwitchedHistory): void {
  const done = new Set<string>();
  const look = () => {
    const { source, isComplete } = history.progress();
    const { block, markets } = app.chain.get();
    if (source !== "logs" || !isComplete || block === undefined) return;
    for (const { addresses } of markets) {
      const { pool, startBlock } = addresses;
      if (!history.pricesAsked.has(pool) || done.has(pool)) continue;
      done.add(pool);
      const read = async (blockTag: number): Promise<Prices> => {
        const { reader } = await app.engine;
        const [header, { prices }] = await Promise.all([
          reader.getBlock(blockTag),
          lensAt(addresses.lens, reader).market(pool, { blockTag }),
        ]);
        if (header === null) throw new Error("no such block");
        const { grossPriceWad, exitPriceWad } = prices;
        return {
          timestamp: header.timestamp,
          grossPriceWad: String(grossPriceWad),
          exitPriceWad: String(exitPriceWad),
        };
      };
      void lookBack(blocksToSample(startBlock, block.number, history.rows("loss", pool)), read, (samples) =>
        history.addSamples(samples.map((sample) => ({ market: pool, ...sample }))),
      );
    }
  };
  history.subscribe(look);
  history.onPricesAsked = look;
}

/** A second's interest moves a price by less than a millionth. */
function isNear(before: string, after: string): boolean {
  const [a, b] = [before, after].map((each) => each.split(" ").map(BigInt));
  return (a ?? []).every((price, i) => {
    const other = b?.[i] ?? 0n;
    const off = price > other ? price - other : other - price;
    return off * 1_000_000n < price;
  });
}
