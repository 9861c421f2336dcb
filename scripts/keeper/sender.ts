// Transactions of one account: nonces in order, fees, what became of each, and a way out for one that is stuck.
import { formatEther, type HDNodeWallet, type Log, type Wallet } from "ethers";

import { reasonOf } from "../lib/problem.ts";
import type { Log as Report } from "./log.ts";
import type { Metrics } from "./metrics.ts";
import type { Head, Node } from "./node.ts";

export type Job = {
  kind: string;
  to: string;
  data: string;
  gas: bigint;
  /** Positions it is about: nothing else is sent for them meanwhile. */
  borrowers: readonly string[];
};

export type Receipt = { status: string; gasUsed: string; effectiveGasPrice: string; blockNumber: string; logs: Log[] };

/** `job` is absent for one that a former life of this account has left behind. */
type Sent = { nonce: number; hashes: string[]; job: Job | undefined; block: number; maxFee: bigint; tip: bigint };

export type SenderTerms = { chainId: bigint; tip: bigint; maxGasPrice: bigint; stuckBlocks: number };

const CANCEL_GAS = 21_000n;

export class Sender {
  readonly #node: Node;
  readonly #signer: Wallet | HDNodeWallet;
  readonly #terms: SenderTerms;
  readonly #metrics: Metrics;
  readonly #log: Report;
  readonly #onMined: (job: Job, receipt: Receipt, hash: string) => void;
  #sent: Sent[] = [];
  #next = 0;

  constructor(
    node: Node,
    signer: Wallet | HDNodeWallet,
    terms: SenderTerms,
    metrics: Metrics,
    log: Report,
    onMined: (job: Job, receipt: Receipt, hash: string) => void,
  ) {
    this.#node = node;
    this.#signer = signer;
    this.#terms = terms;
    this.#metrics = metrics;
    this.#log = log;
    this.#onMined = onMined;
  }

  get address(): string {
    return this.#signer.address;
  }

  get pending(): readonly { nonce: number; hashes: readonly string[] }[] {
    return this.#sent;
  }

  /** Whether transactions wait that nobody here knows: what they will do is only seen on the pending state. */
  get hasUnknown(): boolean {
    return this.#sent.some(({ job }) => job === undefined);
  }

  isBusyWith(borrower: string): boolean {
    return this.#sent.some(({ job }) => job?.borrowers.includes(borrower));
  }

  /** What became of the last transactions; replaces those that wait too long. */
  async settle(head: Head): Promise<void> {
    const count = async (tag: string) =>
      Number(await this.#node.ask<string>("eth_getTransactionCount", [this.address, tag]));
    const [mined, pending] = [await count("latest"), await count("pending")];
    const open: Sent[] = [];
    for (const sent of this.#sent) if (!(await this.#isSettled(sent, mined))) open.push(sent);
    for (let nonce = mined; nonce < pending; ++nonce) {
      if (open.some((sent) => sent.nonce === nonce)) continue;
      this.#log("warn", "unknown-transaction", { nonce });
      open.push({ nonce, hashes: [], job: undefined, block: head.number, maxFee: 0n, tip: 0n });
    }
    this.#sent = open.toSorted((a, b) => a.nonce - b.nonce);
    this.#next = Math.max(pending, ...open.map(({ nonce }) => nonce + 1));
    for (const sent of open) if (head.number - sent.block >= this.#terms.stuckBlocks) await this.#replace(sent, head);
    this.#metrics.set("mutua_keeper_transactions_pending", open.length);
    const balance = await this.#node.ask<string>("eth_getBalance", [this.address, "latest"]);
    this.#metrics.set("mutua_keeper_coin_balance", Number(formatEther(balance)));
  }

  async #isSettled(sent: Sent, mined: number): Promise<boolean> {
    if (mined <= sent.nonce) return false;
    for (const hash of sent.hashes) {
      const receipt = await this.#node.ask<Receipt | null>("eth_getTransactionReceipt", [hash]);
      if (receipt === null) continue;
      const price = BigInt(receipt.effectiveGasPrice) * BigInt(receipt.gasUsed);
      this.#metrics.add("mutua_keeper_gas_used_total", BigInt(receipt.gasUsed));
      this.#metrics.add("mutua_keeper_gas_coins_total", Number(formatEther(price)));
      const isGood = Number(receipt.status) === 1;
      this.#metrics.add(`mutua_keeper_transactions_${isGood ? "mined" : "reverted"}_total`);
      const { job } = sent;
      this.#log(isGood ? "info" : "warn", isGood ? "mined" : "reverted", {
        kind: job?.kind,
        hash,
        block: Number(receipt.blockNumber),
        gasUsed: Number(receipt.gasUsed),
      });
      if (job !== undefined) this.#onMined(job, isGood ? receipt : { ...receipt, logs: [] }, hash);
    }
    return true;
  }

  /**
   * A transfer of nothing to oneself in its place, at one and a half times the fee, or of what was refused last: what it
   * was about is judged anew. Never above the greatest gas price: whatever it is that waits is not worth more.
   */
  async #replace(sent: Sent, head: Head): Promise<void> {
    const raisedTip = max((sent.tip * 3n) / 2n, this.#terms.tip) + 1n;
    const raisedFee = max((sent.maxFee * 3n) / 2n, 2n * head.baseFee + raisedTip) + 1n;
    const maxFee = min(raisedFee, this.#terms.maxGasPrice);
    const tip = min(raisedTip, maxFee);
    this.#metrics.add("mutua_keeper_transactions_stuck_total");
    this.#log("warn", "stuck", { nonce: sent.nonce, kind: sent.job?.kind, waited: head.number - sent.block });
    const job: Job = { kind: "cancel", to: this.address, data: "0x", gas: CANCEL_GAS, borrowers: [] };
    [sent.block, sent.maxFee, sent.tip] = [head.number, maxFee, tip];
    try {
      sent.hashes.push(await this.#broadcast(job, sent.nonce, maxFee, tip));
    } catch (error) {
      this.#log("warn", "replace-failed", { nonce: sent.nonce, reason: reasonOf(error) });
    }
  }

  /** What a unit of gas costs in the next block. */
  gasPrice(head: Head): bigint {
    return (head.baseFee * 9n) / 8n + this.#terms.tip;
  }

  isTooDear(head: Head): boolean {
    return head.baseFee + this.#terms.tip > this.#terms.maxGasPrice;
  }

  /** Whether it was taken. A refusal is logged: the next round judges anew. */
  async send(job: Job, head: Head): Promise<boolean> {
    const { tip } = this.#terms;
    const maxFee = min(2n * head.baseFee + tip, this.#terms.maxGasPrice);
    const nonce = this.#next;
    try {
      const hash = await this.#broadcast(job, nonce, maxFee, min(tip, maxFee));
      this.#next += 1;
      this.#sent.push({ nonce, hashes: [hash], job, block: head.number, maxFee, tip });
      this.#metrics.add("mutua_keeper_transactions_sent_total");
      this.#metrics.set("mutua_keeper_transactions_pending", this.#sent.length);
      this.#log("info", "sent", { kind: job.kind, hash, nonce, positions: job.borrowers.length });
      return true;
    } catch (error) {
      this.#log("warn", "not-sent", { kind: job.kind, nonce, reason: reasonOf(error) });
      return false;
    }
  }

  async #broadcast(job: Job, nonce: number, maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): Promise<string> {
    const signed = await this.#signer.signTransaction({
      type: 2,
      chainId: this.#terms.chainId,
      nonce,
      to: job.to,
      data: job.data,
      gasLimit: job.gas,
      maxFeePerGas,
      maxPriorityFeePerGas,
    });
    return await this.#node.ask<string>("eth_sendRawTransaction", [signed]);
  }
}

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
