import { useMarkets } from "../chain/app.js";
import type { MarketView } from "../chain/types.js";
import { MARKET } from "../routes.js";
import { to } from "../shell/router.js";
import { Amount, Badge, type Column, Percent, Skeleton, Table } from "../ui/index.js";
import { marketState } from "../ui/market-state.js";
import { apyOf } from "../../../sdk/units.js";
import type { Market } from "../../../sdk/market.js";

type Row = { readonly view: MarketView; readonly market: Market };

const columns: readonly Column<Row>[] = [
  {
    key: "market",
    title: "Market",
    render: ({ view }) => <a href={to(MARKET, { name: view.name })}>{view.title}</a>,
  },
  {
    key: "supplied",
    title: "Supplied",
    isNumber: true,
    render: ({ market }) => <Amount value={market.totals.grossAssets} token={market.asset} isCompact />,
  },
  {
    key: "supply-rate",
    title: "Supply APY",
    isNumber: true,
    render: ({ market }) => <Percent value={apyOf(market.rates.supplyRatePerSecondWad)} />,
  },
  {
    key: "borrow-rate",
    title: "Borrow APY",
    isNumber: true,
    render: ({ market }) => <Percent value={apyOf(market.rates.borrowRatePerSecondWad)} />,
  },
  {
    key: "state",
    title: "State",
    render: ({ market }) =>
      marketState(market).map(({ text, tone }) => (
        <Badge key={text} tone={tone}>
          {text}
        </Badge>
      )),
  },
];

export function Page() {
  const markets = useMarkets();
  const rows = markets.flatMap((view) => (view.market === undefined ? [] : [{ view, market: view.market }]));
  return (
    <div className="stack">
      <h1>Markets</h1>
      <div className="card">
        {rows.length === 0 ? (
          <Skeleton />
        ) : (
          <Table caption="All markets" columns={columns} rows={rows} keyOf={({ view }) => view.name} />
        )}
      </div>
    </div>
  );
}
