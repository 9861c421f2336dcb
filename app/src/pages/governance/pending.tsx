// What is about to change, and when it can.
import type { ReactNode } from "react";

import { useChain } from "../../chain/app.js";
import { type MarketView, ZERO_ADDRESS } from "../../chain/types.js";
import type { GovernanceRow } from "../../history/types.js";
import { Address, Badge, bpsText, Card, fromNowText, Skeleton, Time } from "../../ui/index.js";
import type { Authority, OpenOperation } from "./authority.js";
import { comingGrants, pausedUntil, rampsOf } from "./changes.js";
import { happened, isExecuteOracle, isSame, marketAt, willDo, type World } from "./sentences.js";
import { MarketLink, Words } from "./words.js";

type PendingProps = {
  readonly authority: Authority | undefined;
  readonly rows: readonly GovernanceRow[];
  readonly world: World;
  readonly views: readonly MarketView[];
};

export function Pending({ authority, rows, world, views }: PendingProps) {
  const { block } = useChain();
  if (block === undefined || authority === undefined) {
    return (
      <Card title="Pending">
        <Skeleton />
      </Card>
    );
  }
  const now = block.timestamp;
  const items = [
    ...authority.operations.map((operation) => (
      <Scheduled key={`${operation.id} ${operation.nonce}`} operation={operation} world={world} now={now} />
    )),
    ...views.flatMap((view) => ofMarket(view, { rows, now, operations: authority.operations })),
    ...comingGrants(rows, now).map((row) => (
      <Item key={`${row.blockNumber} ${row.logIndex}`} badge="Decided" tone="neutral">
        <Words sentence={happened(row, world) ?? []} />
      </Item>
    )),
  ];
  return (
    <Card title="Pending">
      {items.length === 0 ? <p className="muted">Nothing is proposed.</p> : <ul className="pending">{items}</ul>}
    </Card>
  );
}

type ItemProps = {
  readonly badge: string;
  readonly tone: "neutral" | "good" | "warning" | "bad";
  /** Of the authority itself where there is none. */
  readonly market?: { readonly name: string; readonly title: string } | undefined;
  readonly children: ReactNode;
};

const Item = ({ badge, tone, market, children }: ItemProps) => (
  <li>
    <div className="row">
      <Badge tone={tone}>{badge}</Badge>
      <strong>{market === undefined ? "Authority" : <MarketLink market={market} />}</strong>
    </div>
    <p>{children}</p>
  </li>
);

function Scheduled({ operation, world, now }: { operation: OpenOperation; world: World; now: bigint }) {
  const { target, data, proposer, executableAt, expiresAt } = operation;
  const isReady = executableAt <= now;
  return (
    <Item
      badge={isReady ? "Can run now" : `Can run ${fromNowText(executableAt, now)}`}
      tone={isReady ? "warning" : "neutral"}
      market={marketAt(world, target)}
    >
      <Words sentence={willDo(data, target, world)} />
      <span className="muted">
        {" "}
        Scheduled by <Address value={proposer} hasCopy={false} />, who can run it from <Time at={executableAt} /> to{" "}
        <Time at={expiresAt} />.
      </span>
    </Item>
  );
}

type Now = {
  readonly rows: readonly GovernanceRow[];
  readonly now: bigint;
  readonly operations: readonly OpenOperation[];
};

function ofMarket(view: MarketView, { rows, now, operations }: Now) {
  const { addresses, market } = view;
  if (market === undefined) return [];
  const { pool } = addresses;
  const { terms } = market;
  const items = [];
  if (terms.pendingOracle !== ZERO_ADDRESS) {
    const wait = operations.find(({ target, data }) => isExecuteOracle(data) && isSame(target, pool));
    const inPool = terms.pendingOracleExecutableAt;
    const at = wait === undefined || wait.executableAt < inPool ? inPool : wait.executableAt;
    items.push(
      <Item
        key={`${pool} oracle`}
        badge={wait === undefined ? "Announced" : at <= now ? "Can run now" : `Can run ${fromNowText(at, now)}`}
        tone="warning"
        market={view}
      >
        Oracle <Address value={terms.pendingOracle} hasCopy={false} /> is to follow{" "}
        <Address value={terms.oracle} hasCopy={false} />. Until it is in force or put aside, the lower of both prices
        counts. Its three days in the pool end at <Time at={inPool} />;{" "}
        {wait === undefined
          ? "the governor has not scheduled putting it in force yet, which takes three days too."
          : "the governor has scheduled putting it in force."}
      </Item>,
    );
  }
  const ramp = rampsOf(rows, now).find((each) => isSame(each.pool, pool));
  if (ramp !== undefined) {
    items.push(
      <Item key={`${pool} ramp`} badge={`Ends ${fromNowText(ramp.endsAt, now)}`} tone="warning" market={view}>
        The liquidation LTV falls in a line, from {bpsText(terms.lltvBps)} now to {bpsText(ramp.toBps)} at{" "}
        <Time at={ramp.endsAt} />.
      </Item>,
    );
  }
  if (terms.isPaused) {
    const until = pausedUntil(rows, pool);
    items.push(
      <Item
        key={`${pool} pause`}
        badge={until === undefined ? "Paused" : `Ends ${fromNowText(until, now)}`}
        tone="warning"
        market={view}
      >
        Deposits and loans are paused
        {until === undefined ? null : (
          <>
            {" "}
            until <Time at={until} />
          </>
        )}
        . Everything else works.
      </Item>,
    );
  }
  return items;
}
