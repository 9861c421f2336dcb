// Every metric of the keeper, with what it says. docs/keeper.md has the thresholds; docs/runbook.md what to do.
import { createServer, type Server } from "node:http";
import { once } from "node:events";

import { Problem } from "../lib/problem.ts";

type Kind = "gauge" | "counter";

/** All names, each with its kind and its help line. */
export const METRICS = {
  mutua_keeper_up: ["gauge", "1 if the last round ended without an error, else 0"],
  mutua_keeper_dry_run: ["gauge", "1 if the keeper only says what it would do"],
  mutua_keeper_block: ["gauge", "Last block whose round came to its end: all that was due is sent"],
  mutua_keeper_block_timestamp_seconds: ["gauge", "Unix time of that block"],
  mutua_keeper_round_seconds: [
    "gauge",
    "How long the last round took, from the new block to the last transaction sent",
  ],
  mutua_keeper_rounds_total: ["counter", "Rounds, one a new block"],
  mutua_keeper_rpc_errors_total: ["counter", "Requests to the node that failed"],
  mutua_keeper_reorgs_total: ["counter", "Reorganisations of the chain that were noticed and rolled back"],
  mutua_keeper_resyncs_total: ["counter", "Times the book was thrown away and read anew from the first block"],
  mutua_keeper_book_mismatch: ["gauge", "1 if the book's debt is not the pool's, until it is read anew"],
  mutua_keeper_positions: ["gauge", "Positions with debt"],
  mutua_keeper_positions_liquidatable: ["gauge", "Positions over the lltv at the last block"],
  mutua_keeper_positions_foreclosable: ["gauge", "Of these, positions at or over 1/lifPeak"],
  mutua_keeper_positions_insolvent: ["gauge", "Of these, positions that cost the pool a loss"],
  mutua_keeper_positions_unprofitable: [
    "gauge",
    "Liquidatable positions whose liquidation did not pay at the last try",
  ],
  mutua_keeper_positions_flagged: ["gauge", "Flagged positions"],
  mutua_keeper_oldest_liquidatable_blocks: [
    "gauge",
    "For how many blocks the longest waiting position is liquidatable",
  ],
  mutua_keeper_debt_assets: ["gauge", "Debt outstanding, in whole tokens of the loan asset"],
  mutua_keeper_price_ok: ["gauge", "1 if the oracle's price may be acted upon"],
  mutua_keeper_price_low: ["gauge", "The oracle's low: whole loan tokens for a whole collateral token"],
  mutua_keeper_price_high: ["gauge", "The oracle's high, likewise"],
  mutua_keeper_estate_collateral: ["gauge", "Foreclosed collateral for sale, in whole tokens"],
  mutua_keeper_estate_debt_assets: ["gauge", "What the estate owes, in whole tokens of the loan asset"],
  mutua_keeper_pivot_saving_gas: ["gauge", "Gas that moving the pivot would save each withdrawal"],
  mutua_keeper_certificates_claimable_assets: ["gauge", "What holders could claim out of recoveries, in whole tokens"],
  mutua_keeper_certificates_claimable_holders: ["gauge", "How many holders could claim"],
  mutua_keeper_liquidations_total: ["counter", "Liquidations this keeper has made"],
  mutua_keeper_liquidated_assets_total: ["counter", "What they repaid, in whole tokens of the loan asset"],
  mutua_keeper_realised_loss_assets_total: ["counter", "Losses they realised, in whole tokens of the loan asset"],
  mutua_keeper_profit_assets_total: ["counter", "What they left before gas, in whole tokens of the loan asset"],
  mutua_keeper_flags_total: ["counter", "Positions flagged"],
  mutua_keeper_foreclosures_total: ["counter", "Positions foreclosed"],
  mutua_keeper_estate_purchases_total: ["counter", "Purchases from the estate"],
  mutua_keeper_pivots_total: ["counter", "Times the pivot was moved"],
  mutua_keeper_transactions_sent_total: ["counter", "Transactions sent"],
  mutua_keeper_transactions_mined_total: ["counter", "Of these, mined with success"],
  mutua_keeper_transactions_reverted_total: ["counter", "Of these, mined without success: races lost on chain"],
  mutua_keeper_transactions_stuck_total: ["counter", "Transactions that waited too long and were replaced"],
  mutua_keeper_transactions_pending: ["gauge", "Transactions sent and not mined yet"],
  mutua_keeper_races_lost_total: [
    "counter",
    "Positions another was quicker at, found by simulation or left out of a batch",
  ],
  mutua_keeper_gas_used_total: ["counter", "Gas paid for"],
  mutua_keeper_gas_coins_total: ["counter", "What it cost, in the native coin"],
  mutua_keeper_coin_balance: ["gauge", "The account's native coin"],
  mutua_keeper_asset_balance: ["gauge", "The account's loan asset, in whole tokens"],
} as const satisfies Record<string, readonly [Kind, string]>;

export type MetricName = keyof typeof METRICS;

export class Metrics {
  readonly #values = new Map<MetricName, number>();

  set(name: MetricName, value: number | bigint | boolean): void {
    this.#values.set(name, Number(value));
  }

  add(name: MetricName, value: number | bigint = 1): void {
    this.#values.set(name, this.get(name) + Number(value));
  }

  get(name: MetricName): number {
    return this.#values.get(name) ?? 0;
  }

  /** All metrics in Prometheus' text format; counters that never moved are 0. */
  text(): string {
    return Object.entries(METRICS)
      .map(([name, [kind, help]]) => {
        return `# HELP ${name} ${help}\n# TYPE ${name} ${kind}\n${name} ${this.get(name as MetricName)}\n`;
      })
      .join("");
  }
}

/** Serves /metrics; port 0 takes a free one. */
export async function serveMetrics(
  metrics: Metrics,
  host: string,
  port: number,
): Promise<{ server: Server; port: number }> {
  const server = createServer((request, response) => {
    const isMetrics = request.method === "GET" && request.url?.split("?", 1)[0] === "/metrics";
    // One answer a connection: none is left open that this side might close while it is used again.
    response.writeHead(isMetrics ? 200 : 404, {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      connection: "close",
    });
    response.end(isMetrics ? metrics.text() : "Metrics are at /metrics\n");
  });
  try {
    server.listen(port, host);
    await once(server, "listening");
  } catch {
    throw new Problem(`Metrics can't listen on ${host}:${port}: name another --metrics-port`);
  }
  server.unref();
  const address = server.address();
  return { server, port: typeof address === "object" && address !== null ? address.port : port };
}
