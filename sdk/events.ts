// Logs as plain objects: a union told apart by `source` and `name`.
import { type EventFragment, Interface } from "ethers";

import { type Abi, type Named, plainStruct } from "./abi-types.js";
import { authorityAbi } from "./abi/authority.js";
import { factoryAbi } from "./abi/factory.js";
import { fundAbi } from "./abi/fund.js";
import { poolAbi } from "./abi/pool.js";

const ABIS = { pool: poolAbi, fund: fundAbi, factory: factoryAbi, authority: authorityAbi } as const;

export type EventSource = keyof typeof ABIS;
type Where = {
  readonly address: string;
  readonly blockNumber: number;
  readonly transactionHash: string;
  readonly logIndex: number;
};
type Of<S extends EventSource> = Named<(typeof ABIS)[S], "event"> & { readonly source: S } & Where;

export type PoolEvent = Of<"pool">;
export type FundEvent = Of<"fund">;
export type FactoryEvent = Of<"factory">;
export type AuthorityEvent = Of<"authority">;
export type MutuaEvent = PoolEvent | FundEvent | FactoryEvent | AuthorityEvent;

/** Addresses whose logs are meant, by what they are. A market of `marketOf` is one, and so is `{ pool, fund }`. */
export type Sources = { readonly [S in EventSource]?: string };

type RawLog = {
  readonly address: string;
  readonly topics: readonly string[];
  readonly data: string;
  readonly blockNumber: number;
  readonly transactionHash: string;
  readonly index: number;
};

type Decoder = { readonly codec: Interface; readonly events: ReadonlyMap<string, EventFragment> };
const decoders = new Map<EventSource, Decoder>();

/** Events by their topic: asked for one, an interface hashes the names of all it has, for each log anew. */
function decoderOf(source: EventSource): Decoder {
  const known = decoders.get(source);
  if (known !== undefined) return known;
  const codec = new Interface(ABIS[source]);
  const events = new Map<string, EventFragment>();
  codec.forEachEvent((event) => events.set(event.topicHash, event));
  const decoder = { codec, events };
  decoders.set(source, decoder);
  return decoder;
}

/** Logs of ethers (of `getLogs` or a receipt), in their order; those of other contracts are left out. */
export function decodeEvents(logs: readonly RawLog[], sources: Sources): MutuaEvent[] {
  const sourceAt = new Map(
    (Object.keys(ABIS) as EventSource[]).map((source) => [sources[source]?.toLowerCase(), source] as const),
  );
  return logs.flatMap((log) => {
    const source = sourceAt.get(log.address.toLowerCase());
    if (source === undefined) return [];
    const { codec, events } = decoderOf(source);
    const event = events.get(log.topics[0] ?? "");
    if (event === undefined) return [];
    const fragment = (ABIS[source] as Abi).find(({ type, name }) => type === "event" && name === event.name);
    return [
      {
        source,
        name: event.name,
        args: plainStruct(fragment?.inputs ?? [], codec.decodeEventLog(event, log.data, log.topics)),
        address: log.address,
        blockNumber: log.blockNumber,
        transactionHash: log.transactionHash,
        logIndex: log.index,
      } as unknown as MutuaEvent,
    ];
  });
}
