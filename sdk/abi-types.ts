// Types of what contracts answer, emit and refuse with, made from their ABIs: nothing is written twice.

/** In the contracts' order: an enum's value is its name's place. */
export const ENUMS = {
  "enum PositionStatus": ["None", "Healthy", "Liquidatable", "Foreclosable", "Insolvent"],
  "enum RequestStatus": ["None", "Pending", "Claimable", "Expired", "Void"],
} as const;
type Enums = typeof ENUMS;

export type PositionStatus = Enums["enum PositionStatus"][number];
export type RequestStatus = Enums["enum RequestStatus"][number];

export type Parameter = {
  readonly name: string;
  readonly type: string;
  readonly internalType?: string;
  readonly components?: readonly Parameter[];
};

type Scalar<P extends Parameter> = P["internalType"] extends keyof Enums
  ? Enums[P["internalType"]][number]
  : P["type"] extends "bool"
    ? boolean
    : P["type"] extends "uint8"
      ? number
      : P["type"] extends `${"u" | ""}int${string}`
        ? bigint
        : string;

/** A value as a plain one: structs are objects, small numbers numbers, enums their names, all else bigint or text. */
export type Plain<P extends Parameter> = P extends { readonly components: infer C extends readonly Parameter[] }
  ? P["type"] extends "tuple"
    ? Struct<C>
    : readonly Struct<C>[]
  : P["type"] extends `${infer T}[]`
    ? readonly Scalar<{ name: ""; type: T }>[]
    : Scalar<P>;

export type Struct<C extends readonly Parameter[]> = { readonly [P in C[number] as P["name"]]: Plain<P> };

type Fragment = {
  readonly type: string;
  readonly name?: string;
  readonly stateMutability?: string;
  readonly inputs?: readonly Parameter[];
  readonly outputs?: readonly Parameter[];
};
export type Abi = readonly Fragment[];

type Kind<A extends Abi, T extends string> = Extract<A[number], { type: T }>;
type Inputs<F extends Fragment> = F["inputs"] extends readonly Parameter[] ? Struct<F["inputs"]> : never;

/** Events or errors of an ABI: a union told apart by `name`. */
export type Named<A extends Abi, T extends "event" | "error"> = {
  [F in Kind<A, T> as F["name"] & string]: { readonly name: F["name"] & string; readonly args: Inputs<F> };
} extends infer All
  ? All[keyof All]
  : never;

type Views<A extends Abi> = Extract<A[number], { type: "function"; stateMutability: "view" }>;
type Arguments<I extends readonly Parameter[]> = { -readonly [K in keyof I]: Plain<I[K]> };
type View<F extends Fragment, O> = F["inputs"] extends infer I extends readonly Parameter[]
  ? F["outputs"] extends readonly [infer P extends Parameter]
    ? (...values: [...Arguments<I>, overrides?: O]) => Promise<Plain<P>>
    : never
  : never;

/** The views of an ABI that return one value, as functions. */
export type Reader<A extends Abi, O> = { readonly [F in Views<A> as F["name"] & string]: View<F, O> };

/** What a view of an ABI answers. */
export type Answer<A extends Abi, N extends string> =
  Extract<A[number], { type: "function"; name: N }> extends {
    outputs: readonly [infer P extends Parameter];
  }
    ? Plain<P>
    : never;

/** `value` as ethers or viem decode it, with structs indexable by place or by name. */
export function plain(parameter: Parameter, value: unknown): unknown {
  const { type, components, internalType } = parameter;
  if (type.endsWith("[]")) {
    const element = { ...parameter, type: type.slice(0, -2) };
    return Array.from(value as Iterable<unknown>, (each) => plain(element, each));
  }
  if (components !== undefined) return plainStruct(components, value);
  if (internalType !== undefined && internalType in ENUMS) {
    return ENUMS[internalType as keyof Enums][Number(value)];
  }
  return type === "uint8" ? Number(value) : value;
}

export function plainStruct(parameters: readonly Parameter[], value: unknown): Record<string, unknown> {
  const fields = value as Record<string | number, unknown>;
  return Object.fromEntries(
    parameters.map((each, place) => [each.name, plain(each, place in fields ? fields[place] : fields[each.name])]),
  );
}
