// What the engine leaves to us in PostgreSQL.
import { Problem, reasonOf } from "../scripts/lib/problem.ts";

/** Forgets one index, and what the engine keeps of the chain: after a deep reorg that is of blocks that are no more. */
export async function dropIndex(url: string, index: string, chainId: number): Promise<void> {
  const { default: pg } = await import("pg");
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    await client.query(`drop schema if exists "${index}" cascade`);
    const kept = await client.query<{ name: string }>(
      "select table_name as name from information_schema.columns where table_schema = 'ponder_sync' and column_name = 'chain_id'",
    );
    for (const { name } of kept.rows)
      await client.query(`delete from ponder_sync."${name}" where chain_id = $1`, [chainId]);
  } catch (error) {
    throw new Problem(`PostgreSQL at DATABASE_URL: ${reasonOf(error)}`);
  } finally {
    await client.end().catch(() => undefined);
  }
}
