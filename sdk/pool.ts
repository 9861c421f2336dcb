// A pool, with a connection: what takes several steps, each with a limit that protects the caller.
import type { BlockTag, ContractRunner, ContractTransactionResponse, Provider, Signer } from "ethers";

import { type ILendingPool, type Lens, lensAt, poolAt } from "./contracts.js";
import type { MarketAddresses } from "./deployment.js";
import { type InterestState, readInterest } from "./interest.js";
import { type Account, atLeast, atMost, bearing, type Bearing, type LossPreview, type Market } from "./market.js";
import { BPS, divUp, HOUR, MAX_UINT256, Refusal, WAD } from "./model/numbers.js";
import { pay, type PayOptions, type Payment } from "./pay.js";

type Limit = { readonly slippageBps?: bigint };
type To = { readonly receiver?: string };
export type DepositOptions = PayOptions & Limit & To & { readonly minShares?: bigint };
export type WithdrawOptions = Limit & To & { readonly maxShares?: bigint };
export type RedeemOptions = Limit & To & { readonly minAssets?: bigint };

export type Snapshot = {
  readonly blockNumber: number;
  readonly timestamp: bigint;
  readonly market: Market;
};

/** The interest of an hour at twice the present rate, and a hundredth of a percent. */
const REPAY_MARGIN_SECONDS = 2n * HOUR;

/** What every helper with a connection has. */
export class Connection {
  readonly addresses: MarketAddresses;
  readonly pool: ILendingPool;
  readonly lens: Lens;
  readonly #runner: ContractRunner;

  constructor(addresses: MarketAddresses, runner: ContractRunner) {
    this.addresses = addresses;
    this.#runner = runner;
    this.pool = poolAt(addresses.pool, runner);
    this.lens = lensAt(addresses.lens, runner);
  }

  get provider(): Provider {
    const { provider } = this.#runner;
    if (provider === undefined || provider === null) throw new RangeError("The runner has no provider.");
    return provider;
  }

  protected get signer(): Signer {
    if ("signTypedData" in this.#runner) return this.#runner as Signer;
    throw new RangeError("Only a signer can send transactions: connect with one.");
  }

  protected async caller(): Promise<string> {
    return await this.signer.getAddress();
  }

  protected async pay(payment: Payment, options?: PayOptions): Promise<ContractTransactionResponse> {
    return await pay(this.signer, payment, options);
  }
}

export class MutuaPool extends Connection {
  // ---------------------------------------------------------------- reads

  /** The market, and with `user` the account, of one block, by default the newest; "pending" is none. */
  async read(): Promise<Snapshot>;
  async read(user: string, block?: BlockTag): Promise<Snapshot & { readonly account: Account }>;
  async read(user?: undefined, block?: BlockTag): Promise<Snapshot>;
  async read(user?: string, block: BlockTag = "latest"): Promise<Snapshot & { readonly account?: Account }> {
    const at = await this.provider.getBlock(block);
    if (at === null) throw new RangeError(`There is no block ${block.toString()}.`);
    const overrides = { blockTag: at.number };
    const [market, account] = await Promise.all([
      this.lens.market(this.addresses.pool, overrides),
      user === undefined ? undefined : this.lens.account(this.addresses.pool, user, overrides),
    ]);
    const snapshot = { blockNumber: at.number, timestamp: BigInt(at.timestamp), market };
    return account === undefined ? snapshot : { ...snapshot, account };
  }

  /** What `interestAt` needs to follow the interest without further calls. */
  async interest(block: BlockTag = "latest"): Promise<InterestState> {
    return await readInterest(this.provider, this.addresses.pool, this.addresses.asset, block);
  }

  /** What losses, each on its own, would take from whom; with a user, from that account too. */
  async previewLosses(
    losses: readonly bigint[],
    user: string,
    block?: BlockTag,
  ): Promise<readonly (LossPreview & { readonly account: Bearing })[]>;
  async previewLosses(losses: readonly bigint[], user?: undefined, block?: BlockTag): Promise<readonly LossPreview[]>;
  async previewLosses(
    losses: readonly bigint[],
    user?: string,
    block: BlockTag = "latest",
  ): Promise<readonly (LossPreview & { readonly account?: Bearing })[]> {
    const overrides = { blockTag: block };
    const previews = await this.lens.previewLosses(this.addresses.pool, losses, overrides);
    if (user === undefined) return previews;
    const { market, account } = await this.read(user, block);
    return previews.map((preview) => ({ ...preview, account: bearing(market, account, preview) }));
  }

  // ---------------------------------------------------------------- suppliers

  /** Supply exactly `assets`. A signature and one transaction where the token has permits; else approve and deposit. */
  async deposit(assets: bigint, options: DepositOptions = {}): Promise<ContractTransactionResponse> {
    const { pool, router, asset } = this.addresses;
    const receiver = options.receiver ?? (await this.caller());
    const minShares = options.minShares ?? atLeast(await this.pool.previewDeposit(assets), options.slippageBps);
    return await this.pay(
      {
        token: asset.address,
        amount: assets,
        direct: {
          spender: pool,
          send: async () => await this.pool["deposit(uint256,address,uint256)"](assets, receiver, minShares),
        },
        routed: {
          router,
          encode: ({ interface: calls }) => calls.encodeFunctionData("deposit", [pool, assets, receiver, minShares]),
        },
      },
      options,
    );
  }

  /** Get exactly `assets`. */
  async withdraw(assets: bigint, options: WithdrawOptions = {}): Promise<ContractTransactionResponse> {
    const owner = await this.caller();
    const maxShares = options.maxShares ?? atMost(await this.pool.previewWithdraw(assets), options.slippageBps);
    return await this.pool["withdraw(uint256,address,address,uint256)"](
      assets,
      options.receiver ?? owner,
      owner,
      maxShares,
    );
  }

  /** Give exactly `shares`; "max": all that the caller has, or where the pool has less cash, what takes all of it. */
  async redeem(shares: bigint | "max", options: RedeemOptions = {}): Promise<ContractTransactionResponse> {
    const owner = await this.caller();
    const given = shares === "max" ? await this.pool.balanceOf(owner) : shares;
    if (shares === "max" && (await this.pool.maxRedeem(owner)) < given) {
      // By assets: so many shares are worth more, and too much, a second later.
      const assets = await this.pool.maxWithdraw(owner);
      if (assets < (options.minAssets ?? 0n)) throw new Refusal("BelowMinimum", assets, options.minAssets);
      return await this.withdraw(assets, options);
    }
    const minAssets = options.minAssets ?? atLeast(await this.pool.previewRedeem(given), options.slippageBps);
    return await this.pool["redeem(uint256,address,address,uint256)"](
      given,
      options.receiver ?? owner,
      owner,
      minAssets,
    );
  }

  // ---------------------------------------------------------------- borrowers

  async supplyCollateral(amount: bigint, options: PayOptions = {}): Promise<ContractTransactionResponse> {
    const { pool, router, collateral } = this.addresses;
    const owner = await this.caller();
    return await this.pay(
      {
        token: collateral.address,
        amount,
        direct: { spender: pool, send: async () => await this.pool.supplyCollateral(amount, owner) },
        routed: {
          router,
          encode: ({ interface: calls }) => calls.encodeFunctionData("supplyCollateral", [pool, amount, owner]),
        },
      },
      options,
    );
  }

  async withdrawCollateral(amount: bigint | "all", { receiver }: To = {}): Promise<ContractTransactionResponse> {
    const owner = await this.caller();
    const taken = amount === "all" ? (await this.pool.positionOf(owner)).collateral : amount;
    return await this.pool.withdrawCollateral(taken, owner, receiver ?? owner);
  }

  async borrow(assets: bigint, { receiver }: To = {}): Promise<ContractTransactionResponse> {
    const owner = await this.caller();
    return await this.pool.borrow(assets, owner, receiver ?? owner);
  }

  /** Add collateral and borrow in one transaction, after an approval of the collateral if it takes one. */
  async open(amount: bigint, assets: bigint, options: PayOptions = {}): Promise<ContractTransactionResponse> {
    const owner = await this.caller();
    const { interface: calls } = this.pool;
    const send = async () =>
      await this.pool.multicall([
        calls.encodeFunctionData("supplyCollateral", [amount, owner]),
        calls.encodeFunctionData("borrow", [assets, owner, owner]),
      ]);
    const { pool, collateral } = this.addresses;
    return await this.pay({ token: collateral.address, amount, direct: { spender: pool, send } }, options);
  }

  /**
   * Repay a part, or all of what is owed when the transaction is mined: for that a little more is approved or signed for,
   * and only the debt is taken.
   */
  async repay(assets: bigint | "all", options: PayOptions = {}): Promise<ContractTransactionResponse> {
    const { pool, router, asset } = this.addresses;
    const owner = await this.caller();
    const amount = assets === "all" ? await this.#debtWithMargin(owner) : assets;
    return await this.pay(
      {
        token: asset.address,
        amount,
        direct: {
          spender: pool,
          send: async () => await this.pool.repay(assets === "all" ? MAX_UINT256 : assets, owner),
        },
        routed: {
          router,
          encode: ({ interface: calls }) => calls.encodeFunctionData("repay", [pool, amount, owner]),
        },
      },
      options,
    );
  }

  /** Repay all and take all collateral back, in one transaction. */
  async close(options: PayOptions = {}): Promise<ContractTransactionResponse> {
    const owner = await this.caller();
    const [amount, { collateral }] = await Promise.all([this.#debtWithMargin(owner), this.pool.positionOf(owner)]);
    const { interface: calls } = this.pool;
    const send = async () =>
      await this.pool.multicall([
        calls.encodeFunctionData("repay", [MAX_UINT256, owner]),
        calls.encodeFunctionData("withdrawCollateral", [collateral, owner, owner]),
      ]);
    const { pool, asset } = this.addresses;
    return await this.pay({ token: asset.address, amount, direct: { spender: pool, send } }, options);
  }

  async #debtWithMargin(owner: string): Promise<bigint> {
    const [{ debtAssets }, rate] = await Promise.all([this.pool.position(owner), this.pool.borrowRate()]);
    return debtAssets + divUp(debtAssets * rate * REPAY_MARGIN_SECONDS, WAD) + divUp(debtAssets, BPS);
  }

  // ---------------------------------------------------------------- recoveries

  /** Pay out what the caller's certificates can claim. */
  async claimRecovery(): Promise<ContractTransactionResponse> {
    return await this.pool.claimRecovery(await this.caller());
  }

  /** Pay money back to those who bore haircuts. */
  async recover(assets: bigint, options: PayOptions = {}): Promise<ContractTransactionResponse> {
    const { pool, asset } = this.addresses;
    const send = async () => await this.pool.recover(assets);
    return await this.pay({ token: asset.address, amount: assets, direct: { spender: pool, send } }, options);
  }
}
