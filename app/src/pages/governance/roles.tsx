// Who has a role, and what it may do.
import { Address, durationText } from "../../ui/index.js";
import type { Role } from "./authority.js";
import { OWN_POWERS, POWERS, roleName } from "./sentences.js";

const after = (delay: bigint): string => (delay === 0n ? "at once" : `after ${durationText(delay)}`);

export function RoleCard({ role: { roleId, members, rules } }: { role: Role }) {
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
