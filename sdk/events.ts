// Logs as plain objects: a union told apart by `source` and `name`.
import { Interface } from "ethers";

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

const interfaces = new Map<EventSource, Interface>();

function interfaceOf(source: EventSource): Interface {
  const known = interfaces.get(source) ?? new Interface(ABIS[source]);
  interfaces.set(source, known);
  return known;
}

/** Logs of ethers (of `getLogs` or a receipt), in their order; those of other contracts are left out. */
export function decodeEvents(logs: readonly RawLog[], sources: Sources): MutuaEvent[] {
  const sourceAt = new Map(
    (Object.keys(ABIS) as EventSource[]).map((source) => [sources[source]?.toLowerCase(), source] as const),
  );
  return logs.flatMap((log) => {
    const source = sourceAt.get(log.address.toLowerCase());
    const parsed = source === undefined ? null : interfaceOf(source).parseLog(log);
    if (source === undefined || parsed === null) return [];
    const fragment = (ABIS[source] as Abi).find(({ type, name }) => type === "event" && name === parsed.name);
    return [
      {
        source,
        name: parsed.name,
        args: plainStruct(fragment?.inputs ?? [], parsed.args),
        address: log.address,
        blockNumber: log.blockNumber,
        transactionHash: log.transactionHash,
        logIndex: log.index,
      } as unknown as MutuaEvent,
    ];
  });
}
