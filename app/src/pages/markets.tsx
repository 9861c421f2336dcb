// All markets, and how each would stand after a fall.
import { lensAt } from "../../../sdk/contracts.js";
import type { Market, Tick } from "../../../sdk/market.js";
import { MAX_UINT256 } from "../../../sdk/model/numbers.js";
import { apyOf } from "../../../sdk/units.js";
import { useAtBlock, useChain, useConfig, useMarkets } from "../chain/app.js";
import type { MarketView } from "../chain/types.js";
import { MARKET } from "../paths.js";
import { to } from "../shell/router.js";
import { Amount, Badge, type Column, Notice, Percent, percentText, Skeleton, Table } from "../ui/index.js";
import { marketState } from "../ui/market-state.js";
import { fallen, shortfallAt, tickRange } from "./market/book.js";
import { exitPriceAt, markdownOf } from "./market/picture.js";
import "./market/market.css";

/** The fall of the collateral's price, in percent, after which the worst exit is told. */
const FALL = 50n;

type Row = { readonly view: MarketView; readonly market: Market; readonly ticks: readonly Tick[] | undefined };

const columns: readonly Column<Row>[] = [
  {
    key: "market",
    title: "Market",
    render: ({ view }) => (
      <a className="market-link" href={to(MARKET, { name: view.name })}>
        <strong>{view.addresses.asset.symbol}</strong> against {view.addresses.collateral.symbol}
      </a>
    ),
  },
  {
    key: "supplied",
    title: "Supplied",
    isNumber: true,
    render: ({ market }) => <Amount value={market.totals.grossAssets} token={market.asset} isCompact />,
  },
  {
    key: "lent",
    title: "Lent",
    isNumber: true,
    render: ({ market }) => <Amount value={market.totals.debtAssets} token={market.asset} isCompact />,
  },
  {
    key: "utilisation",
    title: "Utilisation",
    isNumber: true,
    render: ({ market }) => <Percent value={market.rates.utilisationWad} />,
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
    key: "coverage",
    title: "Coverage",
    isNumber: true,
    render: ({ market: { cover } }) =>
      cover.coverageRatioWad === MAX_UINT256 ? "no debt" : <Percent value={cover.coverageRatioWad} />,
  },
  { key: "worst", title: "Worst exit", isNumber: true, render: WorstExit },
  {
    key: "state",
    title: "State",
    render: ({ market }) => (
      <span className="row">
        {marketState(market).map(({ text, tone }) => (
          <Badge key={text} tone={tone}>
            {text}
          </Badge>
        ))}
      </span>
    ),
  },
];

function WorstExit({ market, ticks }: Row) {
  const { prices } = market;
  if (ticks === undefined) return "…";
  if (prices.low === 0n) return "no price";
  const price = exitPriceAt(market, shortfallAt(market, ticks, fallen(prices.low, FALL)));
  const markdown = markdownOf(prices.grossPriceWad, price);
  return markdown === 0n ? "0%" : `−${percentText(markdown)}`;
}

/** One ledger a market, at each block, as one request. */
function useLedgers(markets: readonly MarketView[]): ReadonlyMap<string, readonly Tick[]> | undefined {
  const { contracts } = useConfig().deployment;
  return useAtBlock(async (reader, { number }) => {
    const lens = lensAt(contracts.lens, reader);
    const entries = markets.map(async ({ name, market, addresses }) => {
      const range = market === undefined ? undefined : tickRange(market);
      const ticks =
        range === undefined ? [] : await lens.ledger(addresses.pool, range.from, range.to, { blockTag: number });
      return [name, ticks] as const;
    });
    return new Map(await Promise.all(entries));
  }, []).value;
}

export function Page() {
  const markets = useMarkets();
  const { connection } = useChain();
  const { chainName } = useConfig();
  const ledgers = useLedgers(markets);
  const rows = markets.flatMap((view): Row[] =>
    view.market === undefined ? [] : [{ view, market: view.market, ticks: ledgers?.get(view.name) }],
  );
  const unreadable = markets.filter(({ status }) => status === "unreadable");
  return (
    <div className="stack">
      <div className="page-head">
        <h1>Markets</h1>
        <p className="muted">
          {chainName}. In each market one token is lent against one other, and suppliers share what can't be paid back.
        </p>
      </div>
      <div className="card">
        {rows.length === 0 && unreadable.length === 0 ? (
          connection.status === "connecting" ? (
            <Skeleton lines={4} />
          ) : (
            <p className="muted">No market has been read yet.</p>
          )
        ) : (
          <Table caption="All markets" columns={columns} rows={rows} keyOf={({ view }) => view.name} />
        )}
      </div>
      {unreadable.map(({ name, addresses }) => (
        <Notice key={name} tone="bad" title={`${name} can't be read`}>
          The lens gets no answer from its pool at {addresses.pool}.
        </Notice>
      ))}
      {rows.length === 0 ? null : (
        <p className="muted">
          Coverage: what reserve and insurance fund are worth, of all debt; they bear a loss before any supplier. Worst
          exit: what would be off a share's price if the collateral's price halved this second and nobody were
          liquidated on the way.
        </p>
      )}
    </div>
  );
}
