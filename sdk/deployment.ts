// Addresses of a deployment, as deployments/<network>.json has them. The file is the caller's to load: by import, by fetch
// or from the bundle.

export type Token = { readonly address: string; readonly symbol: string; readonly decimals: number };
export type Address = `0x${string}`;

/** What is used here of a deployment; the file has more. */
export type Deployment = {
  readonly network: string;
  readonly chainId: number;
  readonly contracts: {
    readonly authority: string;
    readonly factory: string;
    readonly lens: string;
    readonly router: string;
    readonly wrappedNative: string;
  };
  readonly markets: readonly {
    readonly name: string;
    readonly pool: string;
    readonly fund: string;
    readonly asset: Token;
    readonly collateral: Token;
    readonly startBlock: number;
  }[];
};

/** What is text in the file is an address to viem here. */
type Addressed<T> = {
  readonly [K in keyof T]: K extends "name" | "symbol"
    ? T[K]
    : T[K] extends string
      ? Address
      : T[K] extends Token
        ? Addressed<T[K]>
        : T[K];
};

/** One market and the contracts that serve all of them. */
export type MarketAddresses = Addressed<Deployment["markets"][number] & Deployment["contracts"]> & {
  readonly chainId: number;
};

/** The market of that name; without a name, the only one there is. */
export function marketOf(deployment: Deployment, name?: string): MarketAddresses {
  const { markets, contracts, chainId, network } = deployment;
  const found = name === undefined ? (markets.length === 1 ? markets[0] : undefined) : findMarket(deployment, name);
  if (found !== undefined) return { ...found, ...contracts, chainId } as MarketAddresses;
  const names = markets.map((each) => each.name).join(", ");
  throw new RangeError(`${network} has the markets ${names}: ${name === undefined ? "name one" : `not "${name}"`}`);
}

const findMarket = ({ markets }: Deployment, name: string) => markets.find((each) => each.name === name);
