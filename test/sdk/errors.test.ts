import { expect } from "chai";
import { AbiCoder, id, Interface, makeError } from "ethers";

import { decodeError, errorAbi, type ErrorName, explain, revertData } from "../../sdk/index.js";
import { Refusal } from "../../sdk/model/index.js";
import { openLoan, sent } from "../helpers/fixtures.js";
import { failureOf, fundOf, poolOf, sdkWorld } from "./setup.js";

const known = new Interface(errorAbi);

/** Something of the type, as plain as it gets. */
function sample(type: string): unknown {
  if (type === "address") return `0x${"11".repeat(20)}`;
  if (type === "bool") return true;
  if (type === "string") return "text";
  const bytes = /^bytes(\d+)$/.exec(type)?.[1];
  return bytes === undefined ? 7n : `0x${"22".repeat(Number(bytes))}`;
}

describe("sdk: errors", () => {
  it("each error of each contract is decoded, and has a sentence and a way out", () => {
    for (const { name, inputs } of errorAbi) {
      const values = inputs.map(({ type }) => sample(type));
      const data = known.encodeErrorResult(name, values);
      const decoded = decodeError(data);
      expect(decoded?.name).to.equal(name);
      expect(Object.keys(decoded?.args ?? {})).to.deep.equal(inputs.map((each) => each.name));
      const { by, sentence, wayOut } = explain({ data });
      expect(by, name).to.equal("mutua");
      expect(sentence, name).to.match(/^[A-Z0-9].{10,}\.$/);
      expect(wayOut, name).to.match(/^[A-Z].{6,}\.$/);
      expect(sentence + wayOut, name).to.not.match(/undefined|\[object|NaN/);
    }
  });

  it("is read from wherever ethers, viem, wallets and nodes put it", () => {
    const data = known.encodeErrorResult("PoolPaused", []);
    const nests: unknown[] = [
      { data },
      { code: "CALL_EXCEPTION", data },
      { info: { error: { code: 3, data } } },
      { error: { data: { data } } },
      { cause: { cause: { raw: data } } },
      { cause: { data: { errorName: "PoolPaused" }, raw: data } },
      { error: { error: { data } } },
    ];
    for (const nest of nests) expect(explain(nest).name).to.equal("PoolPaused");
    const circular: Record<string, unknown> = {};
    circular["cause"] = circular;
    expect(revertData(circular)).to.equal(undefined);
  });

  it("of real calls has the contract's values, shown in tokens where the units are known", async () => {
    const w = await sdkWorld();
    const { alice, frank, newcomer } = w;
    await sent(w.pool.connect(alice)["deposit(uint256,address)"](w.usd(10_000), alice));
    await openLoan(w, frank, 10, 8_000);
    const sdk = poolOf(w, frank);
    const expected: [() => Promise<unknown>, ErrorName, string][] = [
      [
        async () => await poolOf(w, alice).withdraw(w.usd(9_000)),
        "InsufficientCash",
        "9000 USDT is asked for, and the pool has 2000 USDT at hand; the rest is lent.",
      ],
      [
        async () => await sdk.withdrawCollateral(w.eth(11)),
        "InsufficientCollateral",
        "11 ETHT is asked for, and the position has 10 ETHT.",
      ],
      [
        async () => await poolOf(w, newcomer).open(w.eth(1), w.usd(50)),
        "DebtBelowMinimum",
        "A debt of 50 USDT would be under the minimum of 100 USDT.",
      ],
      [async () => await w.pool.connect(w.keeper).flag(alice), "NoDebt", `${alice.address} owes nothing.`],
      [
        async () => await poolOf(w, newcomer).deposit(w.usd(2_000_000)),
        "ERC20InsufficientBalance",
        "The account has 1000000000000000000000000, and 2000000000000000000000000 is needed.",
      ],
      [async () => await fundOf(w, alice).cancelRedeem(9n), "RequestNotOpen", "Request 9 was claimed or cancelled."],
      [
        async () => await w.pool.connect(alice).pause(),
        "AccessManagedUnauthorized",
        `${alice.address} does not have the role for this.`,
      ],
    ];
    for (const [call, name, sentence] of expected) {
      const failure = await failureOf(call());
      const told = explain(failure, w.addresses);
      expect([told.by, told.name, told.sentence]).to.deep.equal(["mutua", name, sentence]);
    }
  });

  it("a refusal that `health` predicts reads the same", () => {
    const refusal = new Refusal("InsufficientCash", 9n, 2n);
    expect(explain(refusal)).to.deep.equal(explain({ data: known.encodeErrorResult("InsufficientCash", [9n, 2n]) }));
    expect(explain(new Refusal("InvalidParameter", "lltvBps", 1n, 2n)).sentence).to.equal(
      "lltvBps can't be 1: the bound is 2.",
    );
  });

  it("what is not Mutua's is told as what it is", () => {
    const reason = `${id("Error(string)").slice(0, 10)}${AbiCoder.defaultAbiCoder().encode(["string"], ["no"]).slice(2)}`;
    expect(explain({ data: reason }).sentence).to.equal("A contract refused: no.");
    const foreign = explain({ data: "0xdeadbeef" });
    expect([foreign.by, foreign.name]).to.deep.equal(["contract", "0xdeadbeef"]);
    const silent = { action: "call", data: null, reason: null, transaction: { to: null, data: "0x" } } as const;
    const unexplained = makeError("missing revert data", "CALL_EXCEPTION", {
      ...silent,
      invocation: null,
      revert: null,
    });
    expect(explain(unexplained).sentence).to.equal("The call failed, and no reason came back.");
    const declined = makeError("user rejected action", "ACTION_REJECTED", {
      action: "sendTransaction",
      reason: "rejected",
    });
    expect(explain(declined).by).to.equal("wallet");
    expect(explain({ code: 4001, message: "User rejected" }).name).to.equal("ACTION_REJECTED");
    expect(explain(makeError("timeout", "TIMEOUT", { operation: "call", reason: "" })).by).to.equal("network");
    expect(explain(new Error("Something else"))).to.deep.include({ by: "unknown", sentence: "Something else" });
    expect(explain("plain text").sentence).to.equal("plain text");
    expect(explain(undefined).sentence).to.equal("It failed.");
    expect(decodeError("0x12")).to.equal(undefined);
  });
});
