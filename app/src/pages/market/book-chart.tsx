// All debt by its LTV: where it can be liquidated, and where it could not be paid back.
import type { Tick } from "../../../../sdk/market.js";
import { WAD } from "../../../../sdk/model/numbers.js";
import type { Reading } from "../../chain/app.js";
import type { ReadyMarket } from "../../chain/types.js";
import { Amount, amountText, Card, type Column, percentText, Skeleton, Table } from "../../ui/index.js";
import { type Bar, type Book, bookOf, type Zone } from "./book.js";

const ZONES: Record<Zone, string> = {
  healthy: "Healthy",
  liquidatable: "Can be liquidated",
  insolvent: "Not covered by its collateral",
};

export function BookCard({ ready: { market }, ledger }: { ready: ReadyMarket; ledger: Reading<readonly Tick[]> }) {
  const { value: ticks, error } = ledger;
  return (
    <Card title="Loans by loan-to-value">
      {market.prices.low === 0n ? (
        <p className="muted">Without a price there is no loan-to-value.</p>
      ) : ticks === undefined ? (
        error === undefined ? (
          <Skeleton lines={5} />
        ) : (
          <p className="muted">
            The node does not answer how the loans are spread. It is asked again at the next block.
          </p>
        )
      ) : (
        <Chart book={bookOf(market, ticks)} asset={market.asset} />
      )}
    </Card>
  );
}

const rangeText = ({ fromWad, toWad }: Bar): string =>
  toWad === undefined ? `over ${percentText(fromWad)}` : `${percentText(fromWad)} to ${percentText(toWad)}`;

type Token = { readonly symbol: string; readonly decimals: number };

function Chart({ book, asset }: { book: Book; asset: Token }) {
  const { bars, debtAt, liquidationWad, shortfallWad, unreadAssets } = book;
  const most = bars.reduce((max, { debtAssets }) => (debtAssets > max ? debtAssets : max), 1n);
  // The bar without an end is as wide as the others.
  const whole = (book.endWad * BigInt(bars.length)) / BigInt(bars.length - 1);
  // 25% apart, or 50% or 100%
  const step = book.endWad > 3n * WAD ? 100n : book.endWad > (3n * WAD) / 2n ? 50n : 25n;
  const at = (wad: bigint): string => `${Number((wad * 10_000n) / whole) / 100}%`;
  const columns: readonly Column<Bar>[] = [
    { key: "ltv", title: "LTV", render: rangeText },
    { key: "zone", title: "State", render: ({ zone }) => ZONES[zone] },
    { key: "debt", title: "Debt", isNumber: true, render: (bar) => <Amount value={bar.debtAssets} token={asset} /> },
  ];
  return (
    <>
      <div className="book" aria-hidden="true">
        <span className="book-line liquidation" style={{ left: at(liquidationWad) }}>
          <span>liquidation {percentText(liquidationWad)}</span>
        </span>
        <span className="book-line shortfall" style={{ left: at(shortfallWad) }}>
          <span>shortfall {percentText(shortfallWad, 0)}</span>
        </span>
        <div className="book-bars">
          {bars.map((bar) => (
            <span
              key={bar.fromWad}
              className={bar.zone}
              title={`${rangeText(bar)}: ${amountText(bar.debtAssets, asset)}`}
              style={{ height: `${Number((bar.debtAssets * 1_000n) / most) / 10}%` }}
            />
          ))}
        </div>
        <div className="book-axis">
          {[0n, 1n, 2n, 3n, 4n]
            .map((index) => index * step)
            .filter((percent) => percent * WAD < book.endWad * 100n)
            .map((percent) => (
              <span key={percent} style={{ left: at((percent * WAD) / 100n) }}>
                {percentText((percent * WAD) / 100n)}
              </span>
            ))}
        </div>
      </div>
      <dl className="legend">
        {(Object.keys(ZONES) as Zone[]).map((zone) => (
          <div key={zone} className={zone}>
            <dt>{ZONES[zone]}</dt>
            <dd>
              <Amount value={debtAt[zone]} token={asset} isCompact />
            </dd>
          </div>
        ))}
      </dl>
      {unreadAssets > 0n ? (
        <p className="muted">
          <Amount value={unreadAssets} token={asset} isCompact /> more has an LTV beyond what is shown.
        </p>
      ) : null}
      <details className="as-table">
        <summary>The same as a table</summary>
        <Table
          caption="Debt by loan-to-value"
          columns={columns}
          rows={bars.filter(({ debtAssets }) => debtAssets > 0n)}
          keyOf={({ fromWad }) => fromWad.toString()}
          empty="Nothing is lent."
        />
      </details>
    </>
  );
}
