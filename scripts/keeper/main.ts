// `npm run keeper`: watches a pool and does what anyone may do. docs/keeper.md tells how to start it.
import { join } from "node:path";

import { marketOf, readDeployment } from "../deploy/deployment.ts";
import { connectTo, type Connection } from "../lib/connection.ts";
import { Problem, reasonOf } from "../lib/problem.ts";
import { Keeper, type KeeperTarget } from "./keeper.ts";
import { jsonLog } from "./log.ts";
import { Metrics, serveMetrics } from "./metrics.ts";
import { type CoinPrice, type Options, readOptions, usage } from "./options.ts";

/** A key of the keeper's own, else the network's. A dry run asks for none. */
async function connect({ network, url, isDryRun }: Options): Promise<Connection> {
  const options = url === undefined ? {} : { url };
  if (isDryRun) return await connectTo(network, { ...options, signer: "none" });
  const own = await connectTo(network, { ...options, role: "KEEPER" });
  return own.signer === undefined ? await connectTo(network, { ...options, signer: "required" }) : own;
}

function targetOf(options: Options, chainId: bigint): KeeperTarget {
  const { pool, network, checkpoint } = options;
  const needed = "--coin-price is missing: give what the native coin is worth in the loan asset";
  if (pool !== undefined) {
    if (options.coinPrice === undefined) throw new Problem(needed);
    return {
      pool,
      startBlock: options.startBlock,
      coinPrice: options.coinPrice,
      checkpoint: checkpoint ?? join(".keeper", `${chainId}-${pool}.json`),
    };
  }
  const deployment = readDeployment(network);
  if (BigInt(deployment.chainId) !== chainId) {
    throw new Problem(`The deployment of ${network} is on chain ${deployment.chainId}, the node on ${chainId}`);
  }
  const market = marketOf(deployment, options.market);
  const { wrappedNative } = deployment.contracts;
  const known: CoinPrice | undefined =
    market.collateral.address === wrappedNative
      ? { kind: "collateral" }
      : market.asset.address === wrappedNative
        ? { kind: "asset" }
        : undefined;
  const coinPrice = options.coinPrice ?? known;
  if (coinPrice === undefined) throw new Problem(needed);
  return {
    pool: market.pool,
    startBlock: market.startBlock,
    coinPrice,
    checkpoint: checkpoint ?? join(".keeper", `${chainId}-${market.pool}.json`),
  };
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === undefined) {
    console.log(usage());
    return;
  }
  const log = jsonLog((line) => process.stdout.write(line), options.isVerbose);
  const connection = await connect(options);
  const target = targetOf(options, connection.chainId);
  const metrics = new Metrics();
  const keeper = await Keeper.start(options, target, connection, metrics, log);
  const { port } = await serveMetrics(metrics, options.metricsHost, options.metricsPort);
  log("info", "metrics", { url: `http://${options.metricsHost}:${port}/metrics` });
  let signals = 0;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      signals += 1;
      // The second one is meant: end at once.
      if (signals > 1) process.exit(130);
      log("info", "stopping", { signal });
      keeper.stop();
    });
  }
  await keeper.run();
}

try {
  await main();
  process.exit(0);
} catch (error) {
  console.error(error instanceof Problem ? error.message : `The keeper stopped: ${reasonOf(error)}`);
  process.exit(1);
}
