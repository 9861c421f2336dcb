// What was lost, who bore it, and what came back.
import { ZERO_ADDRESS } from "../../chain/types.js";
import type { ReadyMarket } from "../../chain/types.js";
import type { LossRow, RecoveryRow } from "../../history/types.js";
import { HistoryProgress, useProgress, useRows } from "../../history/use-history.js";
import { Address, Amount, Card, type Column, sharePriceText, Stat, Table, Time, Transaction } from "../../ui/index.js";

const SHOWN = 8;

type Token = { readonly symbol: string; readonly decimals: number };

const sum = (values: readonly string[]): bigint => values.reduce((total, value) => total + BigInt(value), 0n);

export function LossesCard({ ready: { market, addresses } }: { ready: ReadyMarket }) {
  const losses = useRows("loss", addresses.pool);
  const recoveries = useRows("recovery", addresses.pool);
  const { isComplete } = useProgress();
  const { asset, certificates } = market;
  return (
    <Card title="Losses and recoveries">
      <dl className="stats wide">
        <Stat label="Lost in all">
          <Amount value={sum(losses.map(({ lossAssets }) => lossAssets))} token={asset} isCompact />
        </Stat>
        <Stat label="of it by reserve and fund">
          <Amount
            value={sum(losses.flatMap(({ fromReserve, fromFund }) => [fromReserve, fromFund]))}
            token={asset}
            isCompact
          />
        </Stat>
        <Stat label="of it by suppliers">
          <Amount value={sum(losses.map(({ haircut }) => haircut))} token={asset} isCompact />
        </Stat>
        <Stat label="Paid back to them">
          <Amount value={sum(recoveries.map(({ toCertificates }) => toCertificates))} token={asset} isCompact />
        </Stat>
        <Stat label="Still owed on certificates">
          <Amount value={certificates.unpaidFace} token={asset} isCompact />
        </Stat>
      </dl>
      <h3>Losses</h3>
      <Table
        caption="Losses, newest first"
        columns={lossColumns(asset)}
        rows={losses.toReversed()}
        atFirst={SHOWN}
        keyOf={({ lossId }) => lossId}
        empty={isComplete ? "No loss so far." : "None in what has been read of the past."}
      />
      <h3>Recoveries</h3>
      <Table
        caption="Recoveries, newest first"
        columns={recoveryColumns(asset)}
        rows={recoveries.toReversed()}
        atFirst={SHOWN}
        keyOf={({ transactionHash, logIndex }) => `${transactionHash} ${logIndex}`}
        empty={isComplete ? "No money has come back so far." : "None in what has been read of the past."}
      />
      <HistoryProgress />
    </Card>
  );
}

const amount = (asset: Token, value: string) => (
  <Amount value={BigInt(value)} token={asset} isCompact hasSymbol={false} />
);

const WHEN: Column<LossRow | RecoveryRow> = {
  key: "time",
  title: "When",
  render: ({ timestamp, transactionHash }) => (
    <>
      <Time at={BigInt(timestamp)} /> <Transaction hash={transactionHash} />
    </>
  ),
};

const lossColumns = (asset: Token): readonly Column<LossRow>[] => [
  WHEN,
  {
    key: "whose",
    title: "Of",
    render: ({ borrower }) => (borrower === ZERO_ADDRESS ? "the estate" : <Address value={borrower} />),
  },
  { key: "loss", title: `Loss, ${asset.symbol}`, isNumber: true, render: (row) => amount(asset, row.lossAssets) },
  { key: "reserve", title: "Reserve", isNumber: true, render: (row) => amount(asset, row.fromReserve) },
  { key: "fund", title: "Fund", isNumber: true, render: (row) => amount(asset, row.fromFund) },
  { key: "haircut", title: "Suppliers", isNumber: true, render: (row) => amount(asset, row.haircut) },
  {
    key: "price",
    title: "Gross price",
    isNumber: true,
    render: ({ priceBeforeWad, priceAfterWad }) => (
      <span className="number">
        {sharePriceText(BigInt(priceBeforeWad))} → {sharePriceText(BigInt(priceAfterWad))}
      </span>
    ),
  },
];

const recoveryColumns = (asset: Token): readonly Column<RecoveryRow>[] => [
  WHEN,
  { key: "caller", title: "Paid by", render: ({ caller }) => <Address value={caller} /> },
  {
    key: "holders",
    title: `To who bore a haircut, ${asset.symbol}`,
    isNumber: true,
    render: (row) => amount(asset, row.toCertificates),
  },
  { key: "reserve", title: "To the reserve", isNumber: true, render: (row) => amount(asset, row.toReserve) },
];
