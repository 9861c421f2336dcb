import type { MarketPageProps } from "../shell/router.js";
import { Amount, Card, Stat } from "../ui/index.js";

export function Page({ market: { market } }: MarketPageProps) {
  return (
    <Card title="Size">
      <dl className="stats">
        <Stat label="Supplied">
          <Amount value={market.totals.grossAssets} token={market.asset} />
        </Stat>
        <Stat label="Lent">
          <Amount value={market.totals.debtAssets} token={market.asset} />
        </Stat>
      </dl>
    </Card>
  );
}
