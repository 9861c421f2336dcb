// What has changed, newest first.
import { useMemo, useState } from "react";

import type { GovernanceRow } from "../../history/types.js";
import { HistoryProgress } from "../../history/use-history.js";
import { Button, Card, Time, Transaction } from "../../ui/index.js";
import { changesOf } from "./changes.js";
import type { World } from "./sentences.js";
import { MarketLink, Words } from "./words.js";

const SHOWN = 12;

export function Past({ rows, world }: { rows: readonly GovernanceRow[]; world: World }) {
  const [shown, setShown] = useState(SHOWN);
  const changes = useMemo(() => changesOf(rows, world), [rows, world]);
  return (
    <Card title="What changed when">
      {changes.length === 0 ? <p className="muted">Nothing is known yet.</p> : null}
      <ol className="past">
        {changes.slice(0, shown).map(({ transactionHash, timestamp, markets, sentences }) => (
          <li key={transactionHash}>
            <div className="past-head">
              <Time at={BigInt(timestamp)} />
              <span className="muted">
                {markets.length === 0 ? "Authority" : null}
                {markets.map((market) => (
                  <MarketLink key={market.pool} market={market} />
                ))}{" "}
                · <Transaction hash={transactionHash} />
              </span>
            </div>
            <ul>
              {sentences.map((sentence, i) => (
                <li key={i}>
                  <Words sentence={sentence} />
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      {changes.length > shown ? (
        <Button onClick={() => setShown(shown + 4 * SHOWN)}>Show earlier ones ({changes.length - shown})</Button>
      ) : null}
      <HistoryProgress />
    </Card>
  );
}
