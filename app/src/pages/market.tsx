// A market: who bears a loss, what a share was worth, who owes what, what was lost and what came back.
import { apyOf } from "../../../sdk/units.js";
import { MAX_UINT256 } from "../../../sdk/model/numbers.js";
import type { MarketPageProps } from "../shell/router.js";
import { Amount, Card, Percent, priceText, sharePriceText, Stat } from "../ui/index.js";
import { BookCard } from "./market/book-chart.js";
import { EstateCard } from "./market/estate.js";
import { useLedger } from "./market/ledger.js";
import { LossesCard } from "./market/losses.js";
import { PositionsCard } from "./market/positions.js";
import { PricesCard } from "./market/prices.js";
import { AddressesCard, OracleCard, TermsCard } from "./market/terms.js";
import { Waterfall } from "./market/waterfall.js";
import "./market/market.css";

export function Page({ market: ready }: MarketPageProps) {
  const ledger = useLedger(ready);
  const ticks = ledger.value;
  return (
    <div className="stack">
      <Figures market={ready.market} />
      <Waterfall ready={ready} ticks={ticks} />
      <div className="columns">
        <PricesCard ready={ready} />
        <BookCard ready={ready} ledger={ledger} />
      </div>
      <EstateCard ready={ready} />
      <PositionsCard ready={ready} />
      <LossesCard ready={ready} />
      <div className="columns">
        <TermsCard ready={ready} />
        <div className="stack">
          <OracleCard ready={ready} />
          <AddressesCard ready={ready} />
        </div>
      </div>
    </div>
  );
}

function Figures({ market }: { market: MarketPageProps["market"]["market"] }) {
  const { totals, rates, prices, cover, asset, collateral } = market;
  return (
    <Card>
      <dl className="stats wide">
        <Stat
          label="Supplied"
          note={
            <>
              of it at hand: <Amount value={totals.cash} token={asset} isCompact />
            </>
          }
        >
          <Amount value={totals.grossAssets} token={asset} isCompact />
        </Stat>
        <Stat
          label="Lent"
          note={
            <>
              <Percent value={rates.utilisationWad} /> utilisation
            </>
          }
        >
          <Amount value={totals.debtAssets} token={asset} isCompact />
        </Stat>
        <Stat label="Supply APY" note="after fees">
          <Percent value={apyOf(rates.supplyRatePerSecondWad)} />
        </Stat>
        <Stat label="Borrow APY" note="moves with utilisation">
          <Percent value={apyOf(rates.borrowRatePerSecondWad)} />
        </Stat>
        <Stat
          label="Exit price"
          note={
            prices.exitPriceWad === prices.grossPriceWad ? (
              "the gross price"
            ) : (
              <>gross {sharePriceText(prices.grossPriceWad)}</>
            )
          }
        >
          <span className={prices.exitPriceWad === prices.grossPriceWad ? "number" : "number tone-bad"}>
            {sharePriceText(prices.exitPriceWad)}
          </span>
        </Stat>
        <Stat label="Coverage" note="reserve and fund, of all debt">
          {cover.coverageRatioWad === MAX_UINT256 ? "no debt" : <Percent value={cover.coverageRatioWad} />}
        </Stat>
        <Stat label={`Price of ${collateral.symbol}`} note={`in ${asset.symbol}`}>
          {prices.low === 0n ? "none" : <span className="number">{priceText(prices.low, market)}</span>}
        </Stat>
      </dl>
    </Card>
  );
}
