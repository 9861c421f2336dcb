// How far the engine is, from its own tables. They are described in its manual ("Database reference"), and their form is
// that of the pinned version.
import { sql } from "ponder";
import { db } from "ponder:api";

import { fromEnvironment } from "../../settings.js";

export type Progress = {
  /** The past is in; from here on new blocks are followed. */
  readonly isReady: boolean;
  /** All rows of this block and earlier ones are in. */
  readonly indexedTo: { readonly number: number; readonly timestamp: number } | null;
  /** Rows of this block and earlier ones never change again. */
  readonly finalTo: number | null;
};

const schema = sql.identifier(fromEnvironment().index);

type Found = { rows: { is_ready: number | null; latest: string | null; final: string | null }[] };

export async function progress(): Promise<Progress> {
  const { rows } = (await db.execute(sql`
    select (select (value ->> 'is_ready')::int from ${schema}._ponder_meta limit 1) as is_ready,
           (select latest_checkpoint from ${schema}._ponder_checkpoint limit 1) as latest,
           (select finalized_checkpoint from ${schema}._ponder_checkpoint limit 1) as final
  `)) as unknown as Found;
  const { is_ready, latest, final } = rows[0] ?? { is_ready: null, latest: null, final: null };
  const isReady = is_ready === 1;
  // While it fills, a step of the engine can end in the middle of a block.
  const whole = (number: number) => (isReady ? number : number - 1);
  const indexedTo = latest === null ? null : placeOf(latest);
  return {
    isReady,
    indexedTo: indexedTo === null ? null : { ...indexedTo, number: whole(indexedTo.number) },
    finalTo: final === null ? null : whole(placeOf(final).number),
  };
}

/** A checkpoint of the engine's: ten digits of time, sixteen of the chain, sixteen of the block, and more. */
function placeOf(checkpoint: string): { number: number; timestamp: number } {
  return { number: Number(checkpoint.slice(26, 42)), timestamp: Number(checkpoint.slice(0, 10)) };
}
