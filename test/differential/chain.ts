// The contracts side: deploys a market that anyone may govern, sends operations, and reads everything back in one call.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import type { Interface, Log } from "ethers";
import { network } from "hardhat";

import { createPool, deploySystem } from "../../scripts/lib/market.js";
import type { Account, ModelEvent } from "../../sdk/model/index.js";
import type { FixedOracle, ILendingPool, InsuranceFund, MockERC20, StateProbe } from "../../typechain-types/index.js";
import { ACTORS, type Decimals, ORACLES, parametersFor, PURSE_TOKENS } from "./names.js";
import { callOf, type Operation, type Value } from "../../sdk/model/operations.js";

// Operations of one block need blocks of the same second.
const connection = await network.create({
  network: "default",
  override: { allowBlocksWithSameTimestamp: true },
});
const { ethers } = connection;
const MAX = ethers.MaxUint256;
/** The most gas that one transaction may have. */
const GAS = `0x${(16_000_000).toString(16)}`;

export type Outcome = { events: ModelEvent[] } | { refusal: string; values: unknown[] };

export class Chain {
  readonly pool: ILendingPool;
  readonly fund: InsuranceFund;
  readonly #probe: StateProbe;
  readonly #oracles: readonly FixedOracle[];
  readonly #tokens: { asset: MockERC20; collateral: MockERC20 };
  readonly #signers: ReadonlyMap<string, HardhatEthersSigner>;
  readonly #addresses = new Map<string, string>();
  readonly #names = new Map<string, string>();
  #snapshot: unknown;
  #start = 0n;
  #deployedAt = 0n;

  private constructor(
    market: { pool: ILendingPool; fund: InsuranceFund },
    tokens: { asset: MockERC20; collateral: MockERC20 },
    oracles: readonly FixedOracle[],
    probe: StateProbe,
    signers: ReadonlyMap<string, HardhatEthersSigner>,
  ) {
    this.pool = market.pool;
    this.fund = market.fund;
    this.#tokens = tokens;
    this.#oracles = oracles;
    this.#probe = probe;
    this.#signers = signers;
  }

  static async deploy(decimals: Decimals, price: bigint): Promise<Chain> {
    const [deployer, ...others] = await ethers.getSigners();
    if (deployer === undefined) throw new Error("The network has no accounts.");
    const parameters = parametersFor(decimals);
    const system = await deploySystem(ethers);
    const authority = await ethers.deployContract("OpenAuthority");
    const asset = await ethers.deployContract("MockERC20", ["Dollar", "USD", decimals.asset], deployer);
    const collateral = await ethers.deployContract("MockERC20", ["Ether", "ETH", decimals.collateral], deployer);
    const oracles = await Promise.all(
      ORACLES.map(async () => await ethers.deployContract("FixedOracle", [deployer.address, price, price, true])),
    );
    const market = await createPool(
      system,
      {
        ...parameters,
        name: "Mutua differential",
        symbol: "mDIF",
        initialRateAtTargetPerSecondWad: parameters.initialRateAtTarget,
        asset: await asset.getAddress(),
        collateral: await collateral.getAddress(),
        oracle: await (oracles[0] as FixedOracle).getAddress(),
        authority: await authority.getAddress(),
      },
      deployer,
    );
    const deployedAt = BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0);
    const probe = await ethers.deployContract("StateProbe");
    const flashBorrower = await ethers.deployContract("FlashBorrower");
    await flashBorrower.approve(await asset.getAddress(), await market.pool.getAddress());

    const signers = new Map(ACTORS.map((name, i) => [name as string, others[i] as HardhatEthersSigner]));
    for (const signer of signers.values()) {
      for (const [token, digits] of [
        [asset, decimals.asset],
        [collateral, decimals.collateral],
      ] as const) {
        await token.mint(signer.address, PURSE_TOKENS * 10n ** digits);
        await token.connect(signer).approve(await market.pool.getAddress(), MAX);
      }
    }
    const chain = new Chain(market, { asset, collateral }, oracles, probe, signers);
    await chain.#name(deployer.address, await flashBorrower.getAddress());
    chain.#snapshot = await connection.provider.request({ method: "evm_snapshot", params: [] });
    chain.#deployedAt = deployedAt;
    chain.#start = BigInt((await ethers.provider.getBlock("latest"))?.timestamp ?? 0) + 1n;
    return chain;
  }

  async #name(deployer: string, flashBorrower: string): Promise<void> {
    const named: [string, string][] = [
      ["pool", await this.pool.getAddress()],
      ["fund", await this.fund.getAddress()],
      ["nobody", ethers.ZeroAddress],
      ["deployer", deployer],
      ["flash borrower", flashBorrower],
      ["asset", await this.#tokens.asset.getAddress()],
      ["collateral", await this.#tokens.collateral.getAddress()],
      ...[...this.#signers].map(([name, signer]): [string, string] => [name, signer.address]),
    ];
    for (const [i, oracle] of this.#oracles.entries()) named.push([ORACLES[i] as string, await oracle.getAddress()]);
    for (const [name, address] of named) {
      this.#addresses.set(name, address);
      this.#names.set(address.toLowerCase(), name);
    }
  }

  /** When a sequence starts: each starts from the same second. */
  get start(): bigint {
    return this.#start;
  }

  /** When the pool was created: its interest runs from then. */
  get deployedAt(): bigint {
    return this.#deployedAt;
  }

  async restart(): Promise<void> {
    await connection.provider.request({ method: "evm_revert", params: [this.#snapshot] });
    this.#snapshot = await connection.provider.request({ method: "evm_snapshot", params: [] });
  }

  /** Sends an operation at a time. */
  async send(operation: Operation, timestamp: bigint): Promise<Outcome> {
    const { from, to, data } = await this.#transaction(operation);
    await connection.provider.request({ method: "evm_setNextBlockTimestamp", params: [Number(timestamp)] });
    let hash: unknown;
    try {
      hash = await connection.provider.request({
        method: "eth_sendTransaction",
        params: [{ from, to, data, gas: GAS }],
      });
    } catch (error) {
      return this.#refusal(error);
    }
    const receipt = (await connection.provider.request({
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
            ? (this.#oracles[0] as FixedOracle).interface
            : this.#tokens.asset.interface;
    const plain = values.map((value) => (typeof value === "string" ? this.#address(value) : value));
    // The callbacks' data: none.
    if (signature.endsWith("bytes)")) plain.push("0x");
    return coder.encodeFunctionData(signature, plain);
  }

  /** Permits and operators by signature; anyone may bring them. */
  async #signed({ call, caller, values }: Operation): Promise<string> {
    const signer = this.#signers.get(caller) as HardhatEthersSigner;
    const deadline = MAX;
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
    const { v, r, s } = ethers.Signature.from(signature);
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
    return value.length === 66 ? ethers.decodeBytes32String(value) : value;
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

  async views(requestIds: readonly bigint[], amount: bigint): Promise<bigint[]> {
    return await this.#probe.views(this.pool, this.fund, this.#addressesOf(ACTORS), [...requestIds], amount);
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
