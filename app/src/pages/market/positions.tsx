// Borrowers near liquidation, nearest first.
import { lensAt } from "../../../../sdk/contracts.js";
import type { Market, Position } from "../../../../sdk/market.js";
import { WAD } from "../../../../sdk/model/numbers.js";
import { useAtBlock } from "../../chain/app.js";
import type { ReadyMarket } from "../../chain/types.js";
import { HistoryProgress, useBorrowers, useProgress } from "../../history/use-history.js";
import {
  Address,
  Amount,
  Badge,
  Card,
  type Column,
  Percent,
  percentText,
  priceText,
  Skeleton,
  Table,
  Time,
  type Tone,
} from "../../ui/index.js";
import { atRisk, distanceWad } from "./risk.js";

/** One call of the lens is about as much as a node computes for nothing. */
const CALL = 40;
/** More borrowers than this are an indexer's business, or a keeper's. */
const MOST = 400;
const SHOWN = 6;

const TONES: Record<Position["status"], Tone> = {
  None: "neutral",
  Healthy: "neutral",
  Liquidatable: "warning",
  Foreclosable: "warning",
  Insolvent: "bad",
};

export function PositionsCard({ ready: { market, addresses } }: { ready: ReadyMarket }) {
  const borrowers = useBorrowers(addresses.pool).slice(-MOST);
  const { value: positions } = useAtBlock(
    async (reader, { number }) => {
      const lens = lensAt(addresses.lens, reader);
      const parts = Array.from({ length: Math.ceil(borrowers.length / CALL) }, async (_, index) => {
        const part = borrowers.slice(index * CALL, (index + 1) * CALL);
        return await lens.positions(addresses.pool, part, { blockTag: number });
      });
      return (await Promise.all(parts)).flat();
    },
    [addresses.pool, borrowers.length],
  );
  const { isComplete } = useProgress();
  const risky = atRisk(positions ?? []);
  return (
    <Card title="Positions at risk">
      {positions === undefined ? (
        <Skeleton />
      ) : (
        <Table
          caption="Positions nearest to liquidation"
          columns={columnsOf(market)}
          rows={risky}
          atFirst={SHOWN}
          keyOf={({ borrower }) => borrower}
          empty={`${isComplete ? "No" : "Of those found until now no"} position is within 20 % of its liquidation price.`}
        />
      )}
      <HistoryProgress />
    </Card>
  );
}

const columnsOf = (market: Market): readonly Column<Position>[] => [
  { key: "borrower", title: "Borrower", render: ({ borrower }) => <Address value={borrower} /> },
  {
    key: "debt",
    title: "Debt",
    isNumber: true,
    render: ({ debtAssets }) => <Amount value={debtAssets} token={market.asset} isCompact />,
  },
  {
    key: "collateral",
    title: "Collateral",
    isNumber: true,
    render: ({ collateral }) => <Amount value={collateral} token={market.collateral} isCompact />,
  },
  {
    key: "ltv",
    title: "LTV",
    isNumber: true,
    render: ({ ltvWad }) => (ltvWad > 100n * WAD ? "over 10,000%" : <Percent value={ltvWad} />),
  },
  {
    key: "price",
    title: "Liquidated under",
    isNumber: true,
    render: (position) => (
      <>
        <span className="number">{priceText(position.liquidationPrice, market)}</span>{" "}
        <small className="muted">{distanceText(position)}</small>
      </>
    ),
  },
  {
    key: "status",
    title: "State",
    render: ({ status, flaggedAt }) => (
      <>
        <Badge tone={TONES[status]}>{status}</Badge>{" "}
        {flaggedAt === 0n ? null : (
          <small className="muted">
            flagged <Time at={flaggedAt} isRelative />
          </small>
        )}
      </>
    ),
  },
];

function distanceText(position: Position): string {
  const distance = distanceWad(position);
  return distance === 0n ? "now" : `−${percentText(distance, 1)}`;
}
