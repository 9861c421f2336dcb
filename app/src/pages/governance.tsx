// Who may change what, after how long; what is about to change, and what has.
import { Fragment, type ReactNode, useMemo, useState } from "react";

import { useAtBlock, useChain, useConfig, useMarkets } from "../chain/app.js";
import { type MarketView, ZERO_ADDRESS } from "../chain/types.js";
import type { GovernanceRow } from "../history/types.js";
import { HistoryProgress, useRows } from "../history/use-history.js";
import { MARKET } from "../routes.js";
import { to } from "../shell/router.js";
import {
  Address,
  Badge,
  bpsText,
  Button,
  Card,
  durationText,
  fromNowText,
  Notice,
  Skeleton,
  Time,
  Transaction,
} from "../ui/index.js";
import { type Authority, type OpenOperation, readAuthority, type Role } from "./governance/authority.js";
import { changesOf, comingGrants, openOperations, pausedUntil, rampsOf } from "./governance/changes.js";
import {
  happened,
  isExecuteOracle,
  marketAt,
  OWN_POWERS,
  POWERS,
  roleName,
  type Sentence,
  willDo,
  type World,
} from "./governance/sentences.js";
import "./governance/governance.css";

const SHOWN = 12;

export function Page() {
  const { deployment } = useConfig();
  const markets = useMarkets();
  const rows = useRows("governance");
  const authority = deployment.contracts.authority;
  const world = useMemo(
    () => ({
      authority,
      markets: deployment.markets.map(({ name, pool, asset, collateral }) => ({
        name,
        title: `${asset.symbol} / ${collateral.symbol}`,
        pool,
        asset,
      })),
    }),
    [deployment, authority],
  );
  const candidates = useMemo(() => candidatesOf(rows, deployment), [rows, deployment]);
  const scheduled = useMemo(() => openOperations(rows), [rows]);
  const { value, error } = useAtBlock(
    async (reader, { number }) =>
      await readAuthority(reader, number, {
        authority,
        pools: deployment.markets.map(({ pool }) => pool),
        candidates,
        operations: scheduled,
      }),
    [...candidates, ...scheduled.map(({ id }) => id)],
  );
  return (
    <div className="stack">
      <header>
        <h1>Governance</h1>
        <p className="muted lead">
          Tightening takes effect at once, loosening only after days in which everybody can see it coming. No role can
          move anybody's money, or stop an exit, a repayment or a liquidation. What the roles can do together, if the
          guardian does not cancel it: put an oracle in force that lies.
        </p>
      </header>
      {value === undefined && error !== undefined ? (
        <Notice tone="bad" title="The authority can't be read" isUrgent>
          It gives no answer at {authority}. Check contracts.authority in config.json.
        </Notice>
      ) : null}
      {value?.unadopted.map((pool) => (
        <Notice key={pool} tone="warning" title={`${marketAt(world, pool)?.title ?? pool}: the roles are not in force`}>
          The admin has not adopted this market yet. Until then nobody is guardian, and all its restricted functions are
          the admin's, after seven days.
        </Notice>
      ))}
      <Pending authority={value} rows={rows} world={world} views={markets} />
      <section aria-labelledby="roles" className="stack">
        <h2 id="roles">Roles</h2>
        {value === undefined ? (
          <Card>
            <Skeleton lines={6} />
          </Card>
        ) : (
          <div className="roles">
            {value.roles.map((role) => (
              <RoleCard key={role.roleId} role={role} />
            ))}
          </div>
        )}
      </section>
      <Past rows={rows} world={world} />
    </div>
  );
}

/** The file says who had the roles on the first day, the rows who was ever given one; the chain says who has one now. */
function candidatesOf(rows: readonly GovernanceRow[], deployment: object): readonly string[] {
  const { roles = {} } = deployment as { readonly roles?: Readonly<Record<string, string>> };
  const granted = rows.flatMap(({ event, values }) => (event === "RoleGranted" ? [values["account"] ?? ""] : []));
  return [...new Map([...Object.values(roles), ...granted].map((each) => [each.toLowerCase(), each])).values()];
}

function Words({ sentence }: { sentence: Sentence }) {
  return sentence.map((phrase, i) => (
    <Fragment key={i}>
      {typeof phrase === "string" ? (
        phrase
      ) : "address" in phrase ? (
        <Address value={phrase.address} hasCopy={false} />
      ) : (
        <Time at={phrase.time} />
      )}
    </Fragment>
  ));
}

const MarketLink = ({ market: { name, title } }: { market: { readonly name: string; readonly title: string } }) => (
  <a href={to(MARKET, { name })}>{title}</a>
);

// ---------------------------------------------------------------- what is about to change

type PendingProps = {
  readonly authority: Authority | undefined;
  readonly rows: readonly GovernanceRow[];
  readonly world: World;
  readonly views: readonly MarketView[];
};

function Pending({ authority, rows, world, views }: PendingProps) {
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
    const wait = operations.find(
      ({ target, data }) => isExecuteOracle(data) && target.toLowerCase() === pool.toLowerCase(),
    );
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
  const ramp = rampsOf(rows, now).find((each) => each.pool === pool);
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

// ---------------------------------------------------------------- who may do what

const after = (delay: bigint): string => (delay === 0n ? "at once" : `after ${durationText(delay)}`);

function RoleCard({ role: { roleId, members, rules } }: { role: Role }) {
  const name = roleName(roleId);
  const powers = [
    ...rules.map((rule) => ({ name: rule.name, does: POWERS[rule.name] ?? rule.name, delay: rule.delay })),
    ...(OWN_POWERS[name] ?? []).map((power) => ({ ...power, name: power.does })),
  ];
  return (
    <section className="card role" aria-labelledby={`role-${roleId}`}>
      <header className="card-head">
        <h3 id={`role-${roleId}`}>{name.charAt(0).toUpperCase() + name.slice(1)}</h3>
      </header>
      {members.length === 0 ? (
        <p className="muted">Nobody that is known.</p>
      ) : (
        <ul className="members">
          {members.map(({ account, delay }) => (
            <li key={account}>
              <Address value={account} />
              {delay === 0n ? null : <span className="muted"> delay {durationText(delay)}</span>}
            </li>
          ))}
        </ul>
      )}
      <dl className="lines powers">
        {powers.map((power) => (
          <div key={power.name}>
            <dt>{power.does}</dt>
            <dd className="number">{after(power.delay)}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

// ---------------------------------------------------------------- what has changed

function Past({ rows, world }: { rows: readonly GovernanceRow[]; world: World }) {
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
