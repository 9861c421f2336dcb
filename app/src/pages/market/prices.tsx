// Gross and exit price over time: where they part, the oracle shows a shortfall that nothing covers.
import { useEffect, useRef, useState } from "react";

import type { ReadyMarket } from "../../chain/types.js";
import { HistoryProgress, useRows } from "../../history/use-history.js";
import { Button, Card, type Column, sharePriceText, Table, Time } from "../../ui/index.js";
import type { PriceChart } from "./chart.js";
import { pointsOf } from "./points.js";

/** Without a choice: the shortest span with so many points in it. */
const ENOUGH = 4;

const SPANS = [
  { name: "Hour", seconds: 3_600 },
  { name: "Day", seconds: 86_400 },
  { name: "Week", seconds: 7 * 86_400 },
  { name: "Month", seconds: 30 * 86_400 },
  { name: "All", seconds: Infinity },
] as const;

type Point = { readonly time: number; readonly gross: number | null; readonly exit: number | null };

/** The table has the newest of them: the chart is for the rest. */
const ROWS = 20;

const priceText = (price: number | null): string =>
  price === null ? "–" : sharePriceText(BigInt(Math.round(price * 1e9)) * 10n ** 9n);

const columns: readonly Column<Point>[] = [
  { key: "time", title: "Time", render: ({ time }) => <Time at={BigInt(time)} /> },
  { key: "gross", title: "Gross price", isNumber: true, render: ({ gross }) => priceText(gross) },
  { key: "exit", title: "Exit price", isNumber: true, render: ({ exit }) => priceText(exit) },
];

export function PricesCard({ ready: { market, timestamp, addresses } }: { ready: ReadyMarket }) {
  const rows = useRows("price", addresses.pool);
  const losses = useRows("loss", addresses.pool);
  const [chosen, choose] = useState<(typeof SPANS)[number]["name"]>();
  const now = { timestamp: Number(timestamp), ...market.prices };
  const countSince = (seconds: number) => rows.filter((row) => row.timestamp > now.timestamp - seconds).length;
  const { name: span, seconds } =
    SPANS.find(({ name, seconds: length }) =>
      chosen === undefined ? countSince(length) >= ENOUGH : name === chosen,
    ) ?? SPANS[4];
  const points = pointsOf(rows, now, now.timestamp - seconds, losses);
  const table = points.times
    .map((time, index): Point => ({ time, gross: points.gross[index] ?? null, exit: points.exit[index] ?? null }))
    .slice(-ROWS)
    .toReversed();

  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<PriceChart>(undefined);
  const latest = useRef(points);
  useEffect(() => {
    latest.current = points;
    chart.current?.update(points);
  });
  useEffect(() => {
    let isThere = true;
    const draw = async () => {
      const { drawPrices } = await import("./chart.js");
      if (isThere && place.current !== null) chart.current = drawPrices(place.current, latest.current);
    };
    void draw();
    return () => {
      isThere = false;
      chart.current?.destroy();
      chart.current = undefined;
    };
  }, []);

  const choice = (
    <div className="row spans" role="group" aria-label="Time span">
      {SPANS.map(({ name }) => (
        <Button key={name} kind="quiet" className="small" aria-pressed={name === span} onClick={() => choose(name)}>
          {name}
        </Button>
      ))}
    </div>
  );
  return (
    <Card title="Share price" aside={choice}>
      <div ref={place} className="price-chart" aria-hidden="true" />
      <details className="as-table">
        <summary>The newest as a table</summary>
        <Table caption="Share prices, newest first" columns={columns} rows={table} keyOf={({ time }) => time} />
      </details>
      <HistoryProgress />
    </Card>
  );
}
