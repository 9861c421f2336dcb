// ERC-3156, in every state. One property a clause, numbered as in docs/standards.md.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { freeze, PENDING } from "../helpers/blocks.js";
import { ethers, MAX, networkHelpers, sent, ZERO } from "../helpers/fixtures.js";
import { type Property, type Subject } from "./states.js";

const MAGIC = ethers.id("ERC3156FlashBorrower.onFlashLoan");
const BORROWER = "0x00000000000000000000000000000000000f1a50";

const CALLBACK = new ethers.Interface([
  "function onFlashLoan(address initiator, address token, uint256 amount, uint256 fee, bytes data) returns (bytes32)",
]);

/**
 * A contract that logs the calldata it is called with, then answers one word. It stands at a fixed address and has
 * approved the pool for `allowance`.
 *
 *   calldatacopy(0, 0, size); log0(0, size); mstore(0, word); return(0, 32)
 */
async function borrower({ w }: Subject, word = MAGIC, allowance = MAX): Promise<string> {
  await networkHelpers.setCode(BORROWER, `0x365f5f37365fa07f${word.slice(2)}5f5260205ff3`);
  await networkHelpers.setBalance(BORROWER, 10n ** 18n);
  await networkHelpers.impersonateAccount(BORROWER);
  const signer: HardhatEthersSigner = await ethers.getSigner(BORROWER);
  await sent(w.asset.connect(signer).approve(w.pool, allowance));
  return BORROWER;
}

export const FLASH: Property[] = [
  {
    clause: "3156-01 maxFlashLoan is all cash, in every state, and zero for any other token",
    holds: async ({ w, stranger }) => {
      expect(await w.pool.maxFlashLoan(w.asset)).to.equal((await w.pool.totals()).cash);
      for (const token of [w.collateral.target, w.pool.target, w.fund.target, stranger.address, ZERO]) {
        expect(await w.pool.maxFlashLoan(token)).to.equal(0n);
      }
    },
  },
  {
    clause: "3156-02 flashFee is zero whatever the amount, and reverts for any other token",
    holds: async ({ w, stranger }) => {
      for (const amount of [0n, 1n, 10n ** 30n, MAX]) expect(await w.pool.flashFee(w.asset, amount)).to.equal(0n);
      for (const token of [w.collateral.target, w.pool.target, w.fund.target, stranger.address, ZERO]) {
        await expect(w.pool.flashFee(token, 1n))
          .to.be.revertedWithCustomError(w.pool, "UnsupportedToken")
          .withArgs(token);
      }
    },
  },
  {
    clause:
      "3156-03 flashLoan pays first, then calls back with initiator, token, amount, fee and data as they came, then pulls; and returns true",
    holds: async (subject) => {
      const { w, stranger } = subject;
      const amount = await w.pool.maxFlashLoan(w.asset);
      if (amount === 0n) return;
      const receiver = await borrower(subject, MAGIC, amount);
      const data = "0xc0ffee0000000000000000000000000000000000000000000000000000000000000001";
      const pool = w.pool.connect(stranger);
      expect(await pool.flashLoan.staticCall(receiver, w.asset, amount, data)).to.equal(true);
      const before = await w.pool.totals(PENDING);
      const receipt = await sent(pool.flashLoan(receiver, w.asset, amount, data));

      expect(receipt.logs.length).to.equal(3);
      const [paid, called, pulled] = receipt.logs;
      const argsOf = (log: typeof paid) => [
        ...(w.asset.interface.parseLog(log ?? { topics: [], data: "0x" })?.args ?? []),
      ];
      expect(argsOf(paid)).to.deep.equal([w.pool.target, ethers.getAddress(receiver), amount]);
      expect([...CALLBACK.decodeFunctionData("onFlashLoan", called?.data ?? "0x")]).to.deep.equal([
        stranger.address,
        w.asset.target,
        amount,
        0n,
        data,
      ]);
      expect(argsOf(pulled)).to.deep.equal([ethers.getAddress(receiver), w.pool.target, amount]);
      expect(await w.asset.allowance(receiver, w.pool), "no more than amount + fee is taken").to.equal(0n);
      expect((await w.pool.totals()).cash).to.equal(before.cash);
    },
  },
  {
    clause: "3156-04 flashLoan reverts unless the callback returns the hash",
    holds: async (subject) => {
      const { w } = subject;
      const amount = await w.pool.maxFlashLoan(w.asset);
      if (amount === 0n) return;
      for (const word of [ethers.ZeroHash, ethers.id("onFlashLoan"), `0x${"0".repeat(63)}1`]) {
        const receiver = await borrower(subject, word);
        await expect(w.pool.flashLoan(receiver, w.asset, amount, "0x"))
          .to.be.revertedWithCustomError(w.pool, "FlashLoanRejected")
          .withArgs(word);
      }
      // who has no code gets nothing either
      await expect(w.pool.flashLoan(subject.stranger, w.asset, amount, "0x")).to.be.revert(ethers);
    },
  },
  {
    clause: "3156-05 flashLoan reverts if amount and fee can't be taken back",
    holds: async (subject) => {
      const { w } = subject;
      const amount = await w.pool.maxFlashLoan(w.asset);
      if (amount === 0n) return;
      const receiver = await borrower(subject, MAGIC, amount - 1n);
      await expect(w.pool.flashLoan(receiver, w.asset, amount, "0x")).to.be.revertedWithCustomError(
        w.asset,
        "ERC20InsufficientAllowance",
      );
    },
  },
  {
    clause: "3156-06 flashLoan reverts for any other token, for more than maxFlashLoan, and for nothing (departure)",
    holds: async (subject) => {
      const { w } = subject;
      const receiver = await borrower(subject);
      await freeze();
      const most = await w.pool.maxFlashLoan(w.asset, PENDING);
      await expect(w.pool.flashLoan(receiver, w.asset, most + 1n, "0x"))
        .to.be.revertedWithCustomError(w.pool, "InsufficientCash")
        .withArgs(most + 1n, most);
      for (const token of [w.collateral.target, w.pool.target, ZERO]) {
        await expect(w.pool.flashLoan(receiver, token, 1n, "0x"))
          .to.be.revertedWithCustomError(w.pool, "UnsupportedToken")
          .withArgs(token);
      }
      await expect(w.pool.flashLoan(receiver, w.asset, 0n, "0x")).to.be.revertedWithCustomError(w.pool, "ZeroAmount");
    },
  },
];
