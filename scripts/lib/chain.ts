// The contracts side: deploys a market that anyone may govern, sends operations, and reads everything back in one call.
import {
  type BaseWallet,
  decodeBytes32String,
  type Interface,
  type Log,
  MaxUint256,
  Signature,
  toQuantity,
  ZeroAddress,
} from "ethers";
import { config, network } from "hardhat";

import { createPool, deploySystem } from "./market.js";
import type { Account, ModelEvent, Parameters } from "../../sdk/model/index.js";
import {
  FixedOracle__factory,
  type FixedOracle,
  type ILendingPool,
  type InsuranceFund,
  type MockERC20,
  type StateProbe,
} from "../../typechain-types/index.js";
import { callOf, type Operation, type Value } from "../../sdk/model/operations.js";

/** What each transaction may use: the most there is on a chain, unless the configuration gives more (instrumented code). */
const configuredGas = config.networks["default"]?.gas;
const GAS = typeof configuredGas === "bigint" ? configuredGas : 16_000_000n;
/** Tokens of each kind that every actor starts with. */
export const PURSE_TOKENS = 10n ** 12n;

export type Outcome = { events: ModelEvent[] } | { refusal: string; values: unknown[] };

export type ChainOptions = {
  parameters: Parameters;
  collateralDecimals: bigint;
  price: bigint;
  actors: readonly string[];
  oracles: readonly string[];
  /** Unix seconds at which the pool is created; as the clock stands if absent. */
  createdAt?: bigint;
};

type Connection = Awaited<ReturnType<typeof connect>>;

/** Operations of one block need blocks of the same second; history needs a clock that starts then; nobody has to be
 * asked what a call will cost. */
async function connect(from: bigint | undefined) {
  const initialDate = from === undefined ? {} : { initialDate: new Date(Number(from) * 1_000) };
  return await network.create({
    network: "default",
    override: { allowBlocksWithSameTimestamp: true, gas: GAS, ...initialDate },
  });
}

export class Chain {
  readonly pool: ILendingPool;
  readonly fund: InsuranceFund;
  readonly #connection: Connection;
  readonly #actors: ReadonlyMap<string, BaseWallet>;
  readonly #oracles: ReadonlyMap<string, FixedOracle>;
  readonly #probe: StateProbe;
  readonly #tokens: { asset: MockERC20; collateral: MockERC20 };
  readonly #addresses = new Map<string, string>();
  readonly #names = new Map<string, string>();
  #snapshot: unknown;
  /** When a sequence starts: each starts from the same second. */
  readonly start: bigint;
  /** When the pool was created: its interest runs from then. */
  readonly createdAt: bigint;

  private constructor(
    connection: Connection,
    market: { pool: ILendingPool; fund: InsuranceFund; probe: StateProbe },
    tokens: { asset: MockERC20; collateral: MockERC20 },
    oracles: ReadonlyMap<string, FixedOracle>,
    actors: ReadonlyMap<string, BaseWallet>,
    times: { start: bigint; createdAt: bigint },
  ) {
    this.#connection = connection;
    this.pool = market.pool;
    this.fund = market.fund;
    this.#probe = market.probe;
    this.#tokens = tokens;
    this.#oracles = oracles;
    this.#actors = actors;
    this.start = times.start;
    this.createdAt = times.createdAt;
  }

  static async deploy(options: ChainOptions): Promise<Chain> {
    const { parameters, price } = options;
    // The tokens and everybody's purses come first; half an hour is enough for them.
    const connection = await connect(options.createdAt === undefined ? undefined : options.createdAt - 1_800n);
    const { ethers, provider } = connection;
    const [deployer] = await ethers.getSigners();
    if (deployer === undefined) throw new Error("The network has no accounts.");
    const now = async (): Promise<bigint> => BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0);

    const system = await deploySystem(ethers);
    const authority = await ethers.deployContract("OpenAuthority");
    const asset = await ethers.deployContract("MockERC20", ["Dollar", "USD", parameters.assetDecimals], deployer);
    const collateral = await ethers.deployContract("MockERC20", ["Ether", "ETH", options.collateralDecimals], deployer);
    const oracles = new Map<string, FixedOracle>();
    for (const name of options.oracles) {
      oracles.set(name, await ethers.deployContract("FixedOracle", [deployer.address, price, price, true]));
    }
    const actors = new Map(options.actors.map((name) => [name, new ethers.Wallet(ethers.id(name))]));
    for (const { address } of actors.values()) {
      await provider.request({ method: "hardhat_setBalance", params: [address, "0xffffffffffffffffffffffff"] });
      await provider.request({ method: "hardhat_impersonateAccount", params: [address] });
      await asset.mint(address, PURSE_TOKENS * 10n ** parameters.assetDecimals);
      await collateral.mint(address, PURSE_TOKENS * 10n ** options.collateralDecimals);
    }
    if (options.createdAt !== undefined) {
      await provider.request({ method: "evm_setNextBlockTimestamp", params: [Number(options.createdAt)] });
    }
    const market = await createPool(
      system,
      {
        ...parameters,
        name: "Mutua on two engines",
        symbol: "mTWO",
        initialRateAtTargetPerSecondWad: parameters.initialRateAtTarget,
        asset: await asset.getAddress(),
        collateral: await collateral.getAddress(),
        oracle: await (oracles.get(options.oracles[0] as string) as FixedOracle).getAddress(),
        authority: await authority.getAddress(),
      },
      deployer,
    );
    const createdAt = await now();
    const probe = await ethers.deployContract("StateProbe");
    const flashBorrower = await ethers.deployContract("FlashBorrower");
    await flashBorrower.approve(await asset.getAddress(), await market.pool.getAddress());
    for (const { address } of actors.values()) {
      for (const token of [asset, collateral]) {
        const data = token.interface.encodeFunctionData("approve", [await market.pool.getAddress(), MaxUint256]);
        const to = await token.getAddress();
        await provider.request({
          method: "eth_sendTransaction",
          params: [{ from: address, to, data, gas: toQuantity(GAS) }],
        });
      }
    }
    const times = { start: (await now()) + 1n, createdAt };
    const tokens = { asset, collateral };
    const chain = new Chain(connection, { ...market, probe }, tokens, oracles, actors, times);
    await chain.#nameAll(deployer.address, await flashBorrower.getAddress());
    chain.#snapshot = await provider.request({ method: "evm_snapshot", params: [] });
    return chain;
  }

  async #nameAll(deployer: string, flashBorrower: string): Promise<void> {
    const named: [string, string][] = [
      ["pool", await this.pool.getAddress()],
      ["fund", await this.fund.getAddress()],
      ["nobody", ZeroAddress],
      ["deployer", deployer],
      ["flash borrower", flashBorrower],
      ["asset", await this.#tokens.asset.getAddress()],
      ["collateral", await this.#tokens.collateral.getAddress()],
      ...[...this.#actors].map(([name, { address }]): [string, string] => [name, address]),
    ];
    for (const [name, oracle] of this.#oracles) named.push([name, await oracle.getAddress()]);
    for (const [name, address] of named) {
      this.#addresses.set(name, address);
      this.#names.set(address.toLowerCase(), name);
    }
  }

  /** Gives back the memory of the chain. */
  async close(): Promise<void> {
    await this.#connection.close();
  }

  async restart(): Promise<void> {
    await this.#connection.provider.request({ method: "evm_revert", params: [this.#snapshot] });
    this.#snapshot = await this.#connection.provider.request({ method: "evm_snapshot", params: [] });
  }

  /** Sends an operation at a time. */
  async send(operation: Operation, timestamp: bigint): Promise<Outcome> {
    const { from, to, data } = await this.#transaction(operation);
    await this.#connection.provider.request({ method: "evm_setNextBlockTimestamp", params: [Number(timestamp)] });
    let hash: unknown;
    try {
      hash = await this.#connection.provider.request({
        method: "eth_sendTransaction",
        params: [{ from, to, data, gas: toQuantity(GAS) }],
      });
    } catch (error) {
      return this.#refusal(error);
    }
    const receipt = (await this.#connection.provider.request({
      method: "eth_getTransactionReceipt",
      params: [hash],
    })) as { logs: Log[] };
    return { events: receipt.logs.flatMap((log) => this.#event(log)) };
  }

  async #transaction(operation: Operation): Promise<{ from: string; to: string; data: string }> {
    const { call, caller, values, parts } = operation;
    const from = this.#address(caller);
    const pool = this.#address("pool");
    if (parts !== undefined) {
      const calls = parts.map((part) => this.#data(part.call, part.values));
      return { from, to: pool, data: this.pool.interface.encodeFunctionData("multicall", [calls]) };
    }
    if (call === "permit" || call === "setOperatorWithSig") {
      return { from: this.#address("deployer"), to: pool, data: await this.#signed(operation) };
    }
    const on = callOf(call).on;
    if (on === "none") return { from, to: from, data: "0x" };
    if (on === "oracle") {
      const to = this.#address(values[0] as string);
      return { from: this.#address("deployer"), to, data: this.#data(call, values.slice(1)) };
    }
    return { from, to: this.#address(on), data: this.#data(call, values) };
  }

  #data(call: string, values: readonly Value[]): string {
    const { on, signature } = callOf(call);
    const coder: Interface =
      on === "pool"
        ? this.pool.interface
        : on === "fund"
          ? this.fund.interface
          : on === "oracle"
            ? FixedOracle__factory.createInterface()
            : this.#tokens.asset.interface;
    const plain = values.map((value) => (typeof value === "string" ? this.#address(value) : value));
    // The callbacks' data: none.
    if (signature.endsWith("bytes)")) plain.push("0x");
    return coder.encodeFunctionData(signature, plain);
  }

  /** Permits and operators by signature; anyone may bring them. */
  async #signed({ call, caller, values }: Operation): Promise<string> {
    const signer = this.#actors.get(caller) as BaseWallet;
    const deadline = MaxUint256;
    const nonce = await this.pool.nonces(signer.address);
    const other = this.#address(values[0] as string);
    const { name, version, chainId, verifyingContract } = await this.pool.eip712Domain();
    const domain = { name, version, chainId, verifyingContract };
    const isPermit = call === "permit";
    const fields = isPermit
      ? ["owner", "spender", "value", "nonce", "deadline"]
      : ["owner", "operator", "approved", "nonce", "deadline"];
    const types = isPermit
      ? ["address", "address", "uint256", "uint256", "uint256"]
      : ["address", "address", "bool", "uint256", "uint256"];
    const message = Object.fromEntries(
      fields.map((field, i) => [field, [signer.address, other, values[1], nonce, deadline][i]]),
    );
    const signature = await signer.signTypedData(
      domain,
      { [isPermit ? "Permit" : "SetOperator"]: fields.map((field, i) => ({ name: field, type: types[i] as string })) },
      message,
    );
    if (!isPermit) {
      return this.pool.interface.encodeFunctionData("setOperatorWithSig", [
        signer.address,
        other,
        values[1] as boolean,
        deadline,
        signature,
      ]);
    }
    const { v, r, s } = Signature.from(signature);
    const spent = [signer.address, other, values[1] as bigint, deadline, v, r, s] as const;
    return this.pool.interface.encodeFunctionData("permit", [...spent]);
  }

  #address(name: string): string {
    const address = this.#addresses.get(name);
    if (address === undefined) throw new Error(`Nobody is called "${name}".`);
    return address;
  }

  #plain(value: unknown): unknown {
    if (typeof value !== "string") return value;
    if (value.length === 42) return this.#names.get(value.toLowerCase()) ?? value;
    return value.length === 66 ? decodeBytes32String(value) : value;
  }

  #event(log: Log): ModelEvent[] {
    const from = this.#names.get(log.address.toLowerCase()) as Account;
    if (from !== "pool" && from !== "fund") return [];
    const parsed = (from === "pool" ? this.pool : this.fund).interface.parseLog(log);
    if (parsed === null) throw new Error(`An unknown event of the ${from}: ${log.topics[0]}`);
    return [{ from, name: parsed.name, values: [...parsed.args].map((value) => this.#plain(value)) }];
  }

  #refusal(error: unknown): Outcome {
    const data = dataOf(error);
    const parsed =
      data === undefined ? null : (this.pool.interface.parseError(data) ?? this.fund.interface.parseError(data));
    if (parsed === null) throw error;
    return { refusal: parsed.name, values: [...parsed.args].map((value) => this.#plain(value)) };
  }

  async state(accounts: readonly string[]): Promise<bigint[]> {
    return await this.#probe.state(this.pool, this.fund, this.#addressesOf(accounts));
  }

  async views(accounts: readonly string[], requestIds: readonly bigint[], amount: bigint): Promise<bigint[]> {
    return await this.#probe.views(this.pool, this.fund, this.#addressesOf(accounts), [...requestIds], amount);
  }

  #addressesOf(names: readonly string[]): string[] {
    return names.map((name) => this.#address(name));
  }
}

/** The bytes that a call reverted with, wherever the client has put them. */
function dataOf(error: unknown): string | undefined {
  for (let each = error; typeof each === "object" && each !== null;) {
    const { data, cause } = each as { data?: unknown; cause?: unknown };
    if (typeof data === "string" && data.startsWith("0x")) return data;
    if (typeof data === "object" && data !== null && "data" in data && typeof data.data === "string") return data.data;
    each = cause;
  }
  return undefined;
}
