// The fine print: parameters, caps and how full they are, the oracle, the addresses.
import type { ReactNode } from "react";

import { formatPrice } from "../../../../sdk/units.js";
import { WAD } from "../../../../sdk/model/numbers.js";
import type { ReadyMarket } from "../../chain/types.js";
import { ZERO_ADDRESS } from "../../chain/types.js";
import { Address, Amount, Badge, bpsText, Card, percentText, priceText, Time } from "../../ui/index.js";

const Line = ({ name, children }: { name: string; children: ReactNode }) => (
  <div>
    <dt>{name}</dt>
    <dd>{children}</dd>
  </div>
);

export function TermsCard({ ready: { market } }: { ready: ReadyMarket }) {
  const { terms, totals, asset, collateral } = market;
  return (
    <Card title="Terms">
      <dl className="lines">
        <Line name="Borrow up to an LTV of">{bpsText(terms.borrowLtvBps)}</Line>
        <Line name="Liquidation above an LTV of">{bpsText(terms.lltvBps)}</Line>
        <Line name="A liquidator gets, for what it repays">
          {bpsText(terms.lifMinBps)} to {bpsText(terms.lifPeakBps)}
        </Line>
        <Line name="Least debt">
          <Amount value={terms.minDebt} token={asset} />
        </Line>
        <Line name="Of the interest, to the reserve">{percentText((terms.reserveFeePercent * WAD) / 100n)}</Line>
        <Line name="Of the interest, to insurers">{percentText((terms.fundFeePercent * WAD) / 100n)}</Line>
        <Line name="Reserve's target, of all supplied">{bpsText(terms.reserveTargetBps)}</Line>
        <Line name="Cap of supply">
          <Cap used={totals.grossAssets} cap={terms.supplyCap} token={asset} />
        </Line>
        <Line name="Cap of debt">
          <Cap used={totals.debtAssets} cap={terms.borrowCap} token={asset} />
        </Line>
        <Line name="Cap of collateral">
          <Cap used={totals.collateralBalance} cap={terms.collateralCap} token={collateral} />
        </Line>
      </dl>
    </Card>
  );
}

type Token = { readonly symbol: string; readonly decimals: number };

const Cap = ({ used, cap, token }: { used: bigint; cap: bigint; token: Token }) => (
  <>
    <Amount value={cap} token={token} isCompact />{" "}
    <small className="muted">{cap === 0n ? "full" : `${percentText((used * WAD) / cap, 1)} used`}</small>
  </>
);

export function OracleCard({ ready: { market } }: { ready: ReadyMarket }) {
  const { terms, prices, asset, collateral } = market;
  const { low, high } = prices;
  const paths =
    terms.oraclePaths === 0n ? "it does not say" : terms.oraclePaths === 1n ? "1 feed" : `${terms.oraclePaths} feeds`;
  return (
    <Card title="Oracle" aside={prices.isOk ? <Badge tone="good">Working</Badge> : <Badge tone="bad">No price</Badge>}>
      <dl className="lines">
        <Line name={`Price, ${asset.symbol} for a ${collateral.symbol}`}>
          <span className="number" title={formatPrice(low, market)}>
            {priceText(low, market)}
          </span>
          {high === low ? null : (
            <>
              {" to "}
              <span className="number" title={formatPrice(high, market)}>
                {priceText(high, market)}
              </span>
            </>
          )}
        </Line>
        <Line name="Independent feeds">{paths}</Line>
        <Line name="They may differ by">
          {bpsText(terms.maxDeviationBps)}
          {low === 0n ? null : <small className="muted"> now {percentText(((high - low) * WAD) / low)}</small>}
        </Line>
        <Line name="Contract">
          <Address value={terms.oracle} />
        </Line>
        {terms.pendingOracle === ZERO_ADDRESS ? null : (
          <Line name="Announced to follow it">
            <Address value={terms.pendingOracle} /> <Time at={terms.pendingOracleExecutableAt} isRelative />
          </Line>
        )}
      </dl>
      <p className="muted">
        Borrowers are judged by the lower price when they borrow and by the higher when they are liquidated.
      </p>
    </Card>
  );
}

export function AddressesCard({ ready: { market, addresses } }: { ready: ReadyMarket }) {
  const lines: readonly (readonly [string, string])[] = [
    ["Pool and share token", addresses.pool],
    ["Insurance fund", addresses.fund],
    [market.asset.symbol, addresses.asset.address],
    [market.collateral.symbol, addresses.collateral.address],
    ["Authority", addresses.authority],
    ["Router", addresses.router],
    ["Lens", addresses.lens],
  ];
  return (
    <Card title="Addresses">
      <dl className="lines">
        {lines.map(([name, address]) => (
          <Line key={name} name={name}>
            <Address value={address} />
          </Line>
        ))}
      </dl>
    </Card>
  );
}
