// Who may change what, after how long; what is about to change, and what has.
import { useMemo } from "react";

import { useAtBlock, useConfig, useMarkets } from "../chain/app.js";
import { useRows } from "../history/use-history.js";
import { Card, Notice, Skeleton } from "../ui/index.js";
import { readAuthority } from "./governance/authority.js";
import { candidatesOf, openOperations } from "./governance/changes.js";
import { Past } from "./governance/past.js";
import { Pending } from "./governance/pending.js";
import { RoleCard } from "./governance/roles.js";
import { marketAt } from "./governance/sentences.js";
import "./governance/governance.css";

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
