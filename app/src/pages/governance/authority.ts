// The authority as the chain has it: who holds which role, what each may do, which calls are scheduled.
import type { Provider } from "ethers";

import { authorityAt } from "../../../../sdk/contracts.js";
import type { Operation } from "./changes.js";

export type Member = { readonly account: string; readonly delay: bigint };
export type Rule = { readonly name: string; readonly roleId: bigint; readonly delay: bigint };
export type Role = {
  readonly roleId: bigint;
  readonly minimumDelay: bigint;
  readonly members: readonly Member[];
  readonly rules: readonly Rule[];
};
export type OpenOperation = Operation & { readonly expiresAt: bigint };
export type Authority = {
  readonly roles: readonly Role[];
  readonly operations: readonly OpenOperation[];
  /** Pools that have not been adopted: the roles are not in force there. */
  readonly unadopted: readonly string[];
};

type Asked = {
  readonly authority: string;
  readonly pools: readonly string[];
  /** Whoever may have a role: it is asked for each. */
  readonly candidates: readonly string[];
  readonly operations: readonly Operation[];
};

export async function readAuthority(reader: Provider, blockTag: number, asked: Asked): Promise<Authority> {
  const authority = authorityAt(asked.authority, reader);
  const at = { blockTag };
  const [summaries, rules, expiration, adopted, schedules] = await Promise.all([
    authority.roles(at),
    authority.rules(at),
    authority.expiration(at),
    Promise.all(asked.pools.map(async (pool) => await authority.isAdopted(pool, at))),
    Promise.all(asked.operations.map(async ({ id }) => await authority.getSchedule(id, at))),
  ]);
  const roles = await Promise.all(
    summaries.map(async ({ roleId, minimumDelay }): Promise<Role> => {
      const access = await Promise.all(
        asked.candidates.map(async (account) => ({ account, has: await authority.hasRole(roleId, account, at) })),
      );
      return {
        roleId,
        minimumDelay,
        members: access.flatMap(({ account, has: [isMember, delay] }) => (isMember ? [{ account, delay }] : [])),
        rules: rules
          .filter((rule) => rule.roleId === roleId)
          .map(({ signature, delay }) => ({ name: signature.replace(/\(.*/, ""), roleId, delay })),
      };
    }),
  );
  const operations = asked.operations.flatMap((operation, i) => {
    // Zero: executed, cancelled or expired, by whatever transaction the rows don't have yet.
    const executableAt = schedules[i] ?? 0n;
    return executableAt === 0n ? [] : [{ ...operation, executableAt, expiresAt: executableAt + expiration }];
  });
  return { roles, operations, unadopted: asked.pools.filter((_, i) => adopted[i] !== true) };
}
