// The insurance fund of a pool, with a connection. Shares are pool shares, units the fund's own.
import type { ContractRunner, ContractTransactionResponse } from "ethers";

import { type InsuranceFund, fundAt } from "./contracts.js";
import type { MarketAddresses } from "./deployment.js";
import { atLeast, claimOf } from "./market.js";
import type { PayOptions } from "./pay.js";
import { Connection } from "./pool.js";

export type StakeOptions = PayOptions & { readonly slippageBps?: bigint; readonly minUnits?: bigint };
export type ClaimOptions = { readonly slippageBps?: bigint; readonly minShares?: bigint; readonly receiver?: string };

export class MutuaFund extends Connection {
  readonly fund: InsuranceFund;

  constructor(addresses: MarketAddresses, runner: ContractRunner) {
    super(addresses, runner);
    this.fund = fundAt(addresses.fund, runner);
  }

  // ---------------------------------------------------------------- in

  /** The pool's asset into shares and these into units, in one transaction; allowance or signature are the router's. */
  async depositAndStake(assets: bigint, options: StakeOptions = {}): Promise<ContractTransactionResponse> {
    const { pool, router, asset } = this.addresses;
    const receiver = await this.caller();
    const minUnits = await this.#minUnits(await this.pool.previewDeposit(assets), options);
    return await this.pay(
      {
        token: asset.address,
        amount: assets,
        routed: {
          router,
          encode: ({ interface: calls }) =>
            calls.encodeFunctionData("depositAndStake", [pool, assets, receiver, minUnits]),
        },
      },
      options,
    );
  }

  /** Stake pool shares: "all", or so many. */
  async stake(shares: bigint | "all", options: StakeOptions = {}): Promise<ContractTransactionResponse> {
    const { pool, fund, router } = this.addresses;
    const receiver = await this.caller();
    const amount = shares === "all" ? await this.pool.balanceOf(receiver) : shares;
    const minUnits = await this.#minUnits(amount, options);
    return await this.pay(
      {
        token: pool,
        amount,
        direct: {
          spender: fund,
          send: async () => await this.fund["deposit(uint256,address,uint256)"](amount, receiver, minUnits),
        },
        routed: {
          router,
          encode: ({ interface: calls }) => calls.encodeFunctionData("stake", [pool, amount, receiver, minUnits]),
        },
      },
      options,
    );
  }

  async #minUnits(shares: bigint, { minUnits, slippageBps }: StakeOptions): Promise<bigint> {
    return minUnits ?? atLeast(await this.fund.previewDeposit(shares), slippageBps);
  }

  // ---------------------------------------------------------------- out

  /** Start the waiting time of "all" units, or so many. They earn no more, and still bear losses. */
  async requestRedeem(units: bigint | "all"): Promise<ContractTransactionResponse> {
    const owner = await this.caller();
    const given = units === "all" ? await this.fund.balanceOf(owner) : units;
    return await this.fund.requestRedeem(given, owner, owner);
  }

  /** Back among the active ones. */
  async cancelRedeem(requestId: bigint): Promise<ContractTransactionResponse> {
    return await this.fund.cancelRedeem(requestId);
  }

  /** Claim "all" that has cooled, or so many units of it, as pool shares; while losses show, net of them. */
  async claim(units: bigint | "all", options: ClaimOptions = {}): Promise<ContractTransactionResponse> {
    const owner = await this.caller();
    const claim = claimOf(await this.lens.account(this.addresses.pool, owner), units);
    const minShares = options.minShares ?? atLeast(claim.paidShares, options.slippageBps);
    return await this.fund["redeem(uint256,address,address,uint256)"](
      units === "all" ? claim.units : units,
      options.receiver ?? owner,
      owner,
      minShares,
    );
  }
}
