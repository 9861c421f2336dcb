// What the deployer's account pays at most, on a node that takes every transaction and mines none.
import { expect } from "chai";
import { type JsonRpcProvider, Transaction } from "ethers";

import { Account, type Step } from "../../scripts/deploy/account.js";
import { developmentWallet } from "../../scripts/lib/connection.js";
import { Problem } from "../../scripts/lib/problem.js";

const GWEI = 10n ** 9n;
const MARKET = { maxFeePerGas: 3n * GWEI, maxPriorityFeePerGas: GWEI, gasPrice: 2n * GWEI };
type Offer = { fee: bigint; tip: bigint };

const TO = "0x00000000000000000000000000000000000000aa";

/** Every transaction that was offered; done when there are `enough`. */
function deployerWith(takes: boolean, enough: number): { account: Account; step: Step; offered: Offer[] } {
  const offered: Offer[] = [];
  const provider = {
    getTransactionCount: async () => 0,
    getCode: async () => "0x01",
    // Interest makes each estimate another.
    estimateGas: async () => 100_000n + BigInt(offered.length),
    getFeeData: async () => MARKET,
    getBalance: async () => 10n ** 24n,
    getNetwork: async () => ({ chainId: 1n }),
    getTransactionReceipt: async () => null,
    send: async (_method: string, [raw]: [string]) => {
      const { hash, maxFeePerGas, maxPriorityFeePerGas } = Transaction.from(raw);
      const [fee, tip] = [maxFeePerGas ?? 0n, maxPriorityFeePerGas ?? 0n];
      const isDear = offered.every((other) => fee * 10n >= other.fee * 11n);
      offered.push({ fee, tip });
      if (!takes || !isDear) throw new Error("replacement transaction underpriced");
      return hash;
    },
  } as unknown as JsonRpcProvider;
  const account = new Account(developmentWallet(0), provider, { patience: 0, log: () => undefined });
  const step = { title: "a step", to: TO, data: "0x01", isDone: async () => offered.length >= enough };
  return { account, step, offered };
}

describe("the deployer's account", () => {
  it("never offers more than some ten times the market's fee for what nobody mines", async () => {
    const { account, step, offered } = deployerWith(true, 60);
    await account.carryOut(step);
    expect(offered[0]).to.deep.equal({ fee: MARKET.maxFeePerGas, tip: MARKET.maxPriorityFeePerGas });
    // The last raise, by a quarter, starts under ten times.
    for (const { fee, tip } of offered) {
      expect(fee).to.be.at.most((MARKET.maxFeePerGas * 125n) / 10n + 1n);
      expect(tip).to.be.at.most((MARKET.maxPriorityFeePerGas * 125n) / 10n + 20n);
    }
    expect(offered.at(-1)).to.deep.equal(offered.at(-2));
  });

  it("says so where another transaction on its nonce pays more than that", async () => {
    const { account, step, offered } = deployerWith(false, 60);
    const error: unknown = await account.carryOut(step).catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(Problem);
    expect((error as Problem).message).to.match(/^Nonce 0 of 0x\w+ is taken by a transaction that pays over 10 times/);
    expect(offered.length).to.be.within(10, 20);
  });
});
