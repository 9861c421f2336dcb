// ERC-20, for shares and units alike. One property a clause, numbered as in docs/standards.md.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import { expectConserved, MAX, sent, ZERO } from "../helpers/fixtures.js";
import { borrowers, people, type Property, type Subject } from "./states.js";

const conserved = async ({ w }: Subject) => await expectConserved(w, [...people(w), w.admin], borrowers(w));

/** Half of what the holder has, nothing where the fund was wiped; and a unit more than all. */
async function holdings({ vault, holder }: Subject): Promise<{ half: bigint; all: bigint }> {
  const all = await vault.balanceOf(holder);
  return { half: all / 2n, all };
}

async function balances({ vault }: Subject, ...of: HardhatEthersSigner[]): Promise<bigint[]> {
  return await Promise.all(of.map((who) => vault.balanceOf(who)));
}

export const TOKEN: Property[] = [
  {
    clause: "20-01 transfer moves the amount, returns true, and fires Transfer(from, to, amount); the supply stays",
    holds: async (subject) => {
      const { vault, holder, stranger } = subject;
      const { half, all } = await holdings(subject);
      const supply = await vault.totalSupply();
      expect(await vault.connect(holder).transfer.staticCall(stranger, half)).to.equal(true);
      await expect(vault.connect(holder).transfer(stranger, half))
        .to.emit(vault, "Transfer")
        .withArgs(holder, stranger, half);
      expect(await balances(subject, holder, stranger)).to.deep.equal([all - half, half]);
      expect(await vault.totalSupply()).to.equal(supply);
      await conserved(subject);
    },
  },
  {
    clause: "20-02 a transfer of zero is a transfer: it returns true and fires Transfer, whoever sends it",
    holds: async (subject) => {
      const { vault, holder, stranger, spender } = subject;
      const before = await balances(subject, holder, stranger);
      for (const from of [holder, stranger]) {
        await expect(vault.connect(from).transfer(spender, 0n)).to.emit(vault, "Transfer").withArgs(from, spender, 0n);
        await expect(vault.connect(spender).transferFrom(from, spender, 0n))
          .to.emit(vault, "Transfer")
          .withArgs(from, spender, 0n);
      }
      expect(await balances(subject, holder, stranger)).to.deep.equal(before);
    },
  },
  {
    clause: "20-03 a transfer to oneself leaves the balance and fires Transfer; beyond the balance it reverts",
    holds: async (subject) => {
      const { vault, holder } = subject;
      const { all } = await holdings(subject);
      await expect(vault.connect(holder).transfer(holder, all))
        .to.emit(vault, "Transfer")
        .withArgs(holder, holder, all);
      expect(await vault.balanceOf(holder)).to.equal(all);
      await expect(vault.connect(holder).transfer(holder, all + 1n))
        .to.be.revertedWithCustomError(vault, "ERC20InsufficientBalance")
        .withArgs(holder, all, all + 1n);
    },
  },
  {
    clause: "20-04 transfer reverts beyond the balance, and to the zero address",
    holds: async (subject) => {
      const { vault, holder, stranger } = subject;
      const { all } = await holdings(subject);
      for (const amount of [all + 1n, MAX]) {
        await expect(vault.connect(holder).transfer(stranger, amount))
          .to.be.revertedWithCustomError(vault, "ERC20InsufficientBalance")
          .withArgs(holder, all, amount);
      }
      await expect(vault.connect(holder).transfer(ZERO, all))
        .to.be.revertedWithCustomError(vault, "ERC20InvalidReceiver")
        .withArgs(ZERO);
    },
  },
  {
    clause: "20-05 transferFrom moves the amount, fires Transfer and lowers the allowance by it",
    holds: async (subject) => {
      const { vault, holder, stranger, spender } = subject;
      const { half, all } = await holdings(subject);
      await sent(vault.connect(holder).approve(spender, all));
      expect(await vault.connect(spender).transferFrom.staticCall(holder, stranger, half)).to.equal(true);
      await expect(vault.connect(spender).transferFrom(holder, stranger, half))
        .to.emit(vault, "Transfer")
        .withArgs(holder, stranger, half);
      expect(await balances(subject, holder, stranger)).to.deep.equal([all - half, half]);
      expect(await vault.allowance(holder, spender)).to.equal(all - half);
    },
  },
  {
    clause: "20-06 transferFrom reverts beyond the allowance, also for the owner itself without one",
    holds: async (subject) => {
      const { vault, holder, stranger, spender } = subject;
      await sent(vault.connect(holder).approve(spender, 1n));
      await expect(vault.connect(spender).transferFrom(holder, stranger, 2n))
        .to.be.revertedWithCustomError(vault, "ERC20InsufficientAllowance")
        .withArgs(spender, 1n, 2n);
      await expect(vault.connect(holder).transferFrom(holder, stranger, 1n))
        .to.be.revertedWithCustomError(vault, "ERC20InsufficientAllowance")
        .withArgs(holder, 0n, 1n);
    },
  },
  {
    clause: "20-07 an allowance of the maximum is never lowered",
    holds: async (subject) => {
      const { vault, holder, stranger, spender } = subject;
      const { half } = await holdings(subject);
      await sent(vault.connect(holder).approve(spender, MAX));
      await sent(vault.connect(spender).transferFrom(holder, stranger, half));
      expect(await vault.allowance(holder, spender)).to.equal(MAX);
    },
  },
  {
    clause:
      "20-08 approve overwrites, from anything to anything and to zero, returns true, and fires Approval each time",
    holds: async ({ vault, holder, spender }) => {
      for (const amount of [5n, 7n, 7n, MAX, 0n, 0n]) {
        expect(await vault.connect(holder).approve.staticCall(spender, amount)).to.equal(true);
        await expect(vault.connect(holder).approve(spender, amount))
          .to.emit(vault, "Approval")
          .withArgs(holder, spender, amount);
        expect(await vault.allowance(holder, spender)).to.equal(amount);
        expect(await vault.allowance(spender, holder)).to.equal(0n);
      }
    },
  },
  {
    clause: "20-09 shares sent to pool or fund are shares they hold: they become cover, with Transfer as ever",
    holds: async (subject) => {
      const { w, vault, holder } = subject;
      const { half } = await holdings(subject);
      for (const to of [w.pool.target, w.fund.target]) {
        const before = await vault.balanceOf(to);
        const receipt = await sent(vault.connect(holder).transfer(to, half / 2n));
        const moved = receipt.logs
          .filter((log) => log.address === vault.target)
          .map((log) => vault.interface.parseLog(log))
          .filter((log) => log?.name === "Transfer" && log.args.getValue("to") === to)
          .reduce((sum, log) => sum + (log?.args.getValue("value") as bigint), 0n);
        // Pending fees may become shares of pool and fund on the way, with a Transfer of their own.
        expect(moved >= half / 2n).to.equal(true);
        expect((await vault.balanceOf(to)) - before).to.equal(moved);
      }
    },
  },
];

/** For the fund where losses took units: all of them, or all but a billionth. */
export const VOIDED: Property[] = [
  {
    clause:
      "20-11 units that a loss has voided are gone without a Transfer: the pool's burn of its shares says it (departure)",
    holds: async ({ w, state }) => {
      const events = await w.fund.queryFilter(w.fund.filters.Transfer());
      let [held, supply] = [0n, 0n];
      for (const { args } of events) {
        if (args.to === w.erin.address) held += args.value;
        if (args.from === w.erin.address) held -= args.value;
        if (args.from === ZERO) supply += args.value;
        if (args.to === ZERO) supply -= args.value;
      }
      const isWiped = state.name === "after a haircut, the fund wiped";
      expect(await w.fund.balanceOf(w.erin)).to.equal(isWiped ? 0n : held / 10n ** 9n);
      expect(await w.fund.totalSupply()).to.equal(isWiped ? 0n : supply / 10n ** 9n);
      expect(held > 0n).to.equal(true);
      const burns = await w.pool.queryFilter(w.pool.filters.Transfer(w.fund, ZERO));
      expect(burns.length).to.equal(1);
    },
  },
];
