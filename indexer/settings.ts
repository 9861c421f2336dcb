// What run.ts tells the engine, in one environment variable: the engine runs config, handlers and API as modules of its
// own and passes nothing on.
export type Settings = {
  readonly chainId: number;
  readonly urls: readonly string[];
  /** Another word when everything was indexed anew. */
  readonly index: string;
  /** Where the embedded database is; without it PostgreSQL at DATABASE_URL. */
  readonly folder: string | null;
  readonly startBlock: number;
  readonly authority: string;
  readonly factory: string;
  readonly lens: string;
  readonly markets: readonly { readonly pool: string; readonly fund: string }[];
  /** Blocks from one price sample to the next. */
  readonly sampleBlocks: number;
  readonly pollMs: number;
};

/** What the engine says when the chain went back further than it can follow; and so do we. */
export const TOO_DEEP = "Encountered unrecoverable reorg";

const NAME = "MUTUA_INDEXER";

export const toEnvironment = (settings: Settings): Record<string, string> => ({ [NAME]: JSON.stringify(settings) });

export function fromEnvironment(): Settings {
  const text = process.env[NAME];
  if (text === undefined) throw new Error("Start the indexer with npm run indexer");
  return JSON.parse(text) as Settings;
}
