// Sends one transaction at a time, and gets it mined, whatever state an earlier run or another program has left the
// account in. There is no journal: before each attempt the caller is asked whether the chain already has what the
// transaction is for. Every attempt takes the account's first nonce that is not mined yet, so it replaces what is stuck
// there, be it this step's own transaction of a run that was killed: one of the two is mined, never both.
import { type BaseWallet, type JsonRpcProvider, isError, Transaction, type TransactionRequest } from "ethers";

import { Problem, reasonOf, revertData } from "../lib/problem.ts";
import { explainRevert } from "./artifacts.ts";

export type Step = {
  /** What it does, in a few words. */
  title: string;
  to: string;
  data: string;
  value?: bigint;
  /** Whether the chain has it already. */
  isDone: () => Promise<boolean>;
  /** The reason of a refusal that does not come with the refusal. */
  reason?: () => Promise<string | undefined>;
};

export type Sent = { title: string; gasUsed: bigint; gasPrice: bigint; attempts: number };

/** The step was carried out by nobody, and something it builds on is gone: start again from the first step. */
export class Reorganised extends Error {}

/** EIP-7825: no transaction may have more. */
const MAX_TRANSACTION_GAS = 2n ** 24n;
/** Nodes want a tenth more for a replacement; a quarter reaches any price in few steps. */
const RAISE = 125n;
/** Times what the market wants: what is not mined then waits for something else, and more would only be lost. */
const MOST = 10n;
const PERCENT = 100n;
const POLL_MILLISECONDS = 250;
const LATE_NODE_SECONDS = 10;

export type AccountOptions = {
  /** Seconds after which a transaction that is not mined is replaced at a higher fee. */
  patience: number;
  log: (line: string) => void;
};

/** A quarter above ours, or what the market wants. */
function raise(ours: bigint, theirs: bigint): bigint {
  const raised = (ours * RAISE) / PERCENT + 1n;
  return raised > theirs ? raised : theirs;
}

export class Account {
  readonly #wallet: BaseWallet;
  readonly #provider: JsonRpcProvider;
  readonly #options: AccountOptions;
  readonly sent: Sent[] = [];

  constructor(wallet: BaseWallet, provider: JsonRpcProvider, options: AccountOptions) {
    this.#wallet = wallet;
    this.#provider = provider;
    this.#options = options;
  }

  get address(): string {
    return this.#wallet.address;
  }

  /** Mined once when this returns, by this call or before. */
  async carryOut(step: Step): Promise<void> {
    let fees: { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint } | undefined;
    let previous: { nonce: number; hashes: string[] } = { nonce: -1, hashes: [] };
    for (let attempts = 1; ; ++attempts) {
      // In this order: what is mined after the nonce was read makes ours too low, and never the same thing twice.
      const nonce = await this.#nonce("latest");
      if (await step.isDone()) return;
      if (nonce !== previous.nonce) {
        // The nonce of the last attempt has been used, and what it was for is still not there.
        if (previous.hashes.length > 0 && (await this.#isDoneSoon(step))) return;
        if (previous.hashes.length > 0) await this.#explainNoEffect(step, previous.hashes);
        fees = undefined;
        previous = { nonce, hashes: [] };
        if (await this.#awaitStuck(nonce)) continue;
      }
      let gasLimit: bigint;
      try {
        gasLimit = await this.#estimate(step);
      } catch (error) {
        // Refused because it has happened in the meantime?
        if (await step.isDone()) return;
        throw error;
      }
      const before = fees;
      fees = fees === undefined ? await this.#marketFees() : this.#raised(fees, await this.#marketFees());
      await this.#requireFunds(step, gasLimit, fees.maxFeePerGas);
      const { chainId } = await this.#provider.getNetwork();
      const request: TransactionRequest = {
        type: 2,
        chainId,
        nonce,
        gasLimit,
        ...fees,
        to: step.to,
        data: step.data,
        value: step.value ?? 0n,
      };
      const raw = await this.#wallet.signTransaction(request);
      const hash = Transaction.from(raw).hash ?? "";
      const outcome = await this.#broadcast(raw);
      if (outcome === "underpriced" && fees !== before) continue;
      if (outcome === "underpriced" && previous.hashes.length === 0) {
        throw new Problem(
          `Nonce ${nonce} of ${this.#wallet.address} is taken by a transaction that pays over ${MOST} times today's price: wait until it is mined, then run this again`,
        );
      }
      if (outcome === "sent") previous.hashes.push(hash);
      await this.#waitFor(nonce, hash);
      const receipt = await this.#provider.getTransactionReceipt(hash);
      if (receipt !== null && receipt.status === 1) {
        this.sent.push({ title: step.title, gasUsed: receipt.gasUsed, gasPrice: receipt.gasPrice, attempts });
      }
    }
  }

  async #nonce(tag: "latest" | "pending"): Promise<number> {
    return await this.#provider.getTransactionCount(this.#wallet.address, tag);
  }

  /** Whether there was a transaction of an earlier run, or of another program, that is not mined yet. It got a while. */
  async #awaitStuck(nonce: number): Promise<boolean> {
    const pending = await this.#nonce("pending");
    if (pending <= nonce) return false;
    const { log, patience } = this.#options;
    log(
      `  ${pending - nonce} transaction(s) of ${this.#wallet.address} wait from nonce ${nonce} on: giving them ${patience} s, then replacing`,
    );
    await this.#waitFor(nonce);
    return true;
  }

  async #estimate(step: Step): Promise<bigint> {
    if ((await this.#provider.getCode(step.to)) === "0x" && step.data !== "0x")
      throw new Reorganised(`${step.title}: ${step.to} has no code`);
    try {
      const gas = await this.#provider.estimateGas({
        from: this.#wallet.address,
        to: step.to,
        data: step.data,
        value: step.value ?? 0n,
      });
      // Headroom for what changes until it is mined: a slot that is cold by then, interest.
      const limit = (gas * 115n) / PERCENT;
      return limit > MAX_TRANSACTION_GAS && gas <= MAX_TRANSACTION_GAS ? MAX_TRANSACTION_GAS : limit;
    } catch (error) {
      const data = revertData(error);
      if (isError(error, "INSUFFICIENT_FUNDS")) throw new Problem(await this.#emptyPurse());
      const reason = (data === undefined ? await step.reason?.() : explainRevert(data)) ?? messageOf(error);
      throw new Problem(`${step.title} would be refused: ${reason}`);
    }
  }

  async #marketFees(): Promise<{ maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }> {
    const data = await this.#provider.getFeeData();
    const maxPriorityFeePerGas = data.maxPriorityFeePerGas ?? 1_000_000_000n;
    return { maxFeePerGas: data.maxFeePerGas ?? (data.gasPrice ?? 1_000_000_000n) * 2n, maxPriorityFeePerGas };
  }

  /** The same fees where they are high enough: the same transaction then goes out again. */
  #raised(fees: { maxFeePerGas: bigint; maxPriorityFeePerGas: bigint }, market: typeof fees): typeof fees {
    if (fees.maxFeePerGas >= market.maxFeePerGas * MOST) return fees;
    const maxPriorityFeePerGas = raise(fees.maxPriorityFeePerGas, market.maxPriorityFeePerGas);
    const maxFeePerGas = raise(fees.maxFeePerGas, market.maxFeePerGas);
    return {
      maxFeePerGas: maxFeePerGas > maxPriorityFeePerGas ? maxFeePerGas : maxPriorityFeePerGas,
      maxPriorityFeePerGas,
    };
  }

  async #requireFunds(step: Step, gasLimit: bigint, maxFeePerGas: bigint): Promise<void> {
    const balance = await this.#provider.getBalance(this.#wallet.address);
    if (balance < (step.value ?? 0n) + gasLimit * maxFeePerGas) throw new Problem(await this.#emptyPurse());
  }

  async #emptyPurse(): Promise<string> {
    const balance = await this.#provider.getBalance(this.#wallet.address);
    return `${this.#wallet.address} has ${Number(balance) / 1e18} of the native coin, too little for the next transaction: send it some and run this again`;
  }

  async #broadcast(raw: string): Promise<"sent" | "underpriced" | "used"> {
    try {
      await this.#provider.send("eth_sendRawTransaction", [raw]);
      return "sent";
    } catch (error) {
      const message = messageOf(error).toLowerCase();
      if (/already known|already imported|known transaction/.test(message)) return "sent";
      if (/underpriced|fee too low|gas price too low/.test(message)) return "underpriced";
      // Mined in the meantime: perhaps by the step's own earlier transaction.
      if (/nonce (is )?too low|nonce has already been used|invalid nonce/.test(message)) return "used";
      throw new Problem(`The node refuses a transaction: ${messageOf(error)}`);
    }
  }

  /** Until the nonce is used, or patience ends. */
  async #waitFor(nonce: number, hash?: string): Promise<void> {
    const end = Date.now() + this.#options.patience * 1_000;
    while (Date.now() < end) {
      if ((await this.#nonce("latest")) > nonce) return;
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    }
    if (hash !== undefined)
      this.#options.log(
        `  nonce ${nonce} is not mined after ${this.#options.patience} s: replacing it at a higher fee`,
      );
  }

  /** Behind one URL there can be several nodes, of which one is a few blocks late. */
  async #isDoneSoon(step: Step): Promise<boolean> {
    const end = Date.now() + Math.min(this.#options.patience, LATE_NODE_SECONDS) * 1_000;
    do {
      if (await step.isDone()) return true;
      await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    } while (Date.now() < end);
    return false;
  }

  async #explainNoEffect(step: Step, hashes: readonly string[]): Promise<void> {
    for (const hash of hashes) {
      const receipt = await this.#provider.getTransactionReceipt(hash);
      if (receipt === null) continue;
      if (receipt.status === 0)
        throw new Problem(
          `${step.title} was mined and reverted (${hash}): look at it in an explorer, then run this again`,
        );
      // It succeeded, in a chain that may have been reorganised since.
      throw new Reorganised(`${step.title} was mined (${hash}) and had no effect`);
    }
  }
}

export function messageOf(error: unknown): string {
  const nested = (error as { info?: { error?: { message?: string } }; error?: { message?: string } }) ?? {};
  return reasonOf(nested.info?.error?.message ?? nested.error?.message ?? error);
}
