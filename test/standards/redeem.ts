// ERC-7540 and ERC-7575: the fund's way out, in two steps. One property a clause, numbered as in docs/standards.md. Bob has
// two requests whose time has come (unless the state took them), Keeper one that is still cooling, Erin none.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import type { Interface } from "ethers";

import { freeze, PENDING } from "../helpers/blocks.js";
import { ethers, expectConserved, MAX, sent, time, ZERO } from "../helpers/fixtures.js";
import { borrowers, COOLING, people, type Property, type Subject, WINDOW } from "./states.js";

const WITHDRAW = "withdraw(uint256,address,address)";
const REDEEM = "redeem(uint256,address,address)";

const conserved = async ({ w }: Subject) => await expectConserved(w, [...people(w), w.admin], borrowers(w));

/** Units to ask for: a third of what Erin has, or of what Alice stakes now. */
async function unitsToAsk({ w }: Subject): Promise<{ owner: HardhatEthersSigner; units: bigint }> {
  const units = await w.fund.balanceOf(w.erin);
  if (units !== 0n) return { owner: w.erin, units: units / 3n };
  await sent(w.fund.connect(w.alice)["deposit(uint256,address)"]((await w.pool.balanceOf(w.alice)) / 2n, w.alice));
  return { owner: w.alice, units: (await w.fund.balanceOf(w.alice)) / 3n };
}

/** The ids that there may be in any state. */
const IDS = [0n, 1n, 2n, 3n, 4n, 5n, 6n, MAX];

/** What of Bob's requests can be claimed, request by request. */
async function claimable({ w }: Subject): Promise<bigint[]> {
  return await Promise.all(IDS.map((id) => w.fund.claimableRedeemRequest(id, w.bob, PENDING)));
}

const sum = (all: readonly bigint[]): bigint => all.reduce((a, b) => a + b, 0n);

/** Where Bob can claim nothing, asking for a unit fails, and true is returned. */
async function hasNone({ w, state }: Subject): Promise<boolean> {
  await freeze();
  expect((await w.fund.maxRedeem(w.bob, PENDING)) === 0n, "claim").to.equal(state.claim !== "paid");
  if (state.claim === "paid") return false;
  await expect(w.fund.connect(w.bob)[REDEEM].staticCall(1n, w.bob, w.bob, PENDING)).to.be.revert(ethers);
  return true;
}

export const REQUEST: Property[] = [
  {
    clause:
      "7540-01 requestRedeem takes the units out of the owner's hands and emits RedeemRequest(controller, owner, id, sender, units)",
    holds: async (subject) => {
      const { w } = subject;
      const { owner, units } = await unitsToAsk(subject);
      await freeze();
      const [balance, supply] = [await w.fund.balanceOf(owner, PENDING), await w.fund.totalSupply(PENDING)];
      const id = await w.fund.connect(owner).requestRedeem.staticCall(units, owner, owner, PENDING);
      const transaction = w.fund.connect(owner).requestRedeem(units, owner, owner);
      await expect(transaction).to.emit(w.fund, "RedeemRequest").withArgs(owner, owner, id, owner, units);
      await expect(transaction).to.emit(w.fund, "Transfer").withArgs(owner, ZERO, units);
      expect(balance - (await w.fund.balanceOf(owner))).to.equal(units);
      expect(supply - (await w.fund.totalSupply())).to.equal(units);
      expect(await w.fund.pendingRedeemRequest(id, owner)).to.equal(units);
      expect(await w.fund.claimableRedeemRequest(id, owner)).to.equal(0n);
      await conserved(subject);
    },
  },
  {
    clause:
      "7540-02 each request has an id of its own, never zero: equal ids share a fate because there is one request to an id",
    holds: async (subject) => {
      const { w } = subject;
      const { owner, units } = await unitsToAsk(subject);
      const seen = new Set<bigint>([0n]);
      for (let i = 0; i < 3; ++i) {
        const id = await w.fund.connect(owner).requestRedeem.staticCall(units / 3n, owner, owner);
        expect(seen.has(id), `${id}`).to.equal(false);
        seen.add(id);
        await sent(w.fund.connect(owner).requestRedeem(units / 3n, owner, owner));
        expect((await w.fund.requestOf(id)).controller).to.equal(owner.address);
      }
    },
  },
  {
    clause: "7540-03 requestRedeem reverts unless all of the units can be requested",
    holds: async (subject) => {
      const { w } = subject;
      const { owner } = await unitsToAsk(subject);
      const balance = await w.fund.balanceOf(owner);
      await expect(w.fund.connect(owner).requestRedeem(balance + 1n, owner, owner))
        .to.be.revertedWithCustomError(w.fund, "ERC20InsufficientBalance")
        .withArgs(owner, balance, balance + 1n);
      await expect(w.fund.connect(owner).requestRedeem(0n, owner, owner)).to.be.revertedWithCustomError(
        w.fund,
        "ZeroAmount",
      );
    },
  },
  {
    clause: "7540-04 an operator requests for its owner, past any allowance",
    holds: async (subject) => {
      const { w, spender } = subject;
      const { owner, units } = await unitsToAsk(subject);
      await sent(w.fund.connect(owner).setOperator(spender, true));
      const id = await w.fund.connect(spender).requestRedeem.staticCall(units, owner, owner);
      await expect(w.fund.connect(spender).requestRedeem(units, owner, owner))
        .to.emit(w.fund, "RedeemRequest")
        .withArgs(owner, owner, id, spender, units);
      // for itself as controller too: it can act for both
      await expect(w.fund.connect(spender).requestRedeem(units, spender, owner))
        .to.emit(w.fund, "RedeemRequest")
        .withArgs(spender, owner, id + 1n, spender, units);
    },
  },
  {
    clause: "7540-05 an ERC-20 allowance is not enough to request (departure)",
    holds: async (subject) => {
      const { w, spender } = subject;
      const { owner, units } = await unitsToAsk(subject);
      await sent(w.fund.connect(owner).approve(spender, MAX));
      for (const controller of [owner, spender]) {
        await expect(w.fund.connect(spender).requestRedeem(units, controller, owner))
          .to.be.revertedWithCustomError(w.fund, "NotAuthorised")
          .withArgs(spender, owner);
      }
    },
  },
  {
    clause: "7540-06 nobody is made controller unasked: the caller must act for the controller too (departure)",
    holds: async (subject) => {
      const { w, spender } = subject;
      const { owner, units } = await unitsToAsk(subject);
      await expect(w.fund.connect(owner).requestRedeem(units, spender, owner))
        .to.be.revertedWithCustomError(w.fund, "NotAuthorised")
        .withArgs(owner, spender);
      await sent(w.fund.connect(spender).setOperator(owner, true));
      await expect(w.fund.connect(owner).requestRedeem(units, spender, owner)).to.emit(w.fund, "RedeemRequest");
    },
  },
  {
    clause: "7540-07 pending and claimable never count the same units, and together are what is left of a request",
    holds: async ({ w }) => {
      await freeze();
      for (const id of IDS) {
        for (const who of [w.bob, w.keeper, w.erin]) {
          const pending = await w.fund.pendingRedeemRequest(id, who, PENDING);
          const ready = await w.fund.claimableRedeemRequest(id, who, PENDING);
          expect(pending === 0n || ready === 0n, `${id}`).to.equal(true);
          const { controller, units, status } = await w.fund.requestOf(id, PENDING);
          const isOpen = controller === who.address && (status === 1n || status === 2n);
          expect(pending + ready).to.equal(isOpen ? units : 0n);
        }
      }
    },
  },
  {
    clause:
      "7540-08 pending and claimable never revert, do not depend on the caller, and are zero for a wrong controller",
    holds: async ({ w, stranger }) => {
      await freeze();
      for (const controller of [w.bob.address, w.keeper.address, stranger.address, ZERO]) {
        for (const id of controller === ZERO ? [0n, 1n, MAX] : IDS) {
          const pending = await w.fund.pendingRedeemRequest(id, controller, PENDING);
          const ready = await w.fund.connect(w.bob).claimableRedeemRequest(id, controller, PENDING);
          if (controller === stranger.address || controller === ZERO) expect(pending + ready).to.equal(0n);
          if (pending + ready === 0n) continue;
          expect(await w.fund.connect(stranger).pendingRedeemRequest(id, controller, PENDING)).to.equal(pending);
          expect(await w.fund.connect(stranger).claimableRedeemRequest(id, controller, PENDING)).to.equal(ready);
        }
      }
    },
  },
  {
    clause: "7540-09 a request turns from pending to claimable as a whole and at once, and nothing is pushed to anyone",
    holds: async (subject) => {
      const { w } = subject;
      const { owner, units } = await unitsToAsk(subject);
      const id = await w.fund.connect(owner).requestRedeem.staticCall(units, owner, owner);
      await sent(w.fund.connect(owner).requestRedeem(units, owner, owner));
      const claimableAt = BigInt(await time.latest()) + COOLING;
      const balance = await w.pool.balanceOf(owner);
      for (const [at, pending, ready] of [
        [claimableAt - 1n, units, 0n],
        [claimableAt, 0n, units],
        [claimableAt + WINDOW - 1n, 0n, units],
        [claimableAt + WINDOW, 0n, 0n],
      ] as const) {
        await time.setNextBlockTimestamp(at);
        expect(await w.fund.pendingRedeemRequest(id, owner, PENDING), "pending").to.equal(pending);
        expect(await w.fund.claimableRedeemRequest(id, owner, PENDING), "claimable").to.equal(ready);
        await sent(w.pool.accrue());
      }
      expect(await w.pool.balanceOf(owner)).to.equal(balance);
    },
  },
  {
    clause: "7540-10 a pending request cannot be claimed: no step is skipped",
    holds: async (subject) => {
      const { w } = subject;
      const { owner, units } = await unitsToAsk(subject);
      await sent(w.fund.connect(owner).requestRedeem(units, owner, owner));
      expect(await w.fund.maxRedeem(owner)).to.equal(0n);
      await expect(w.fund.connect(owner)[REDEEM](units, owner, owner))
        .to.be.revertedWithCustomError(w.fund, "ExceedsClaimable")
        .withArgs(owner, units, 0n);
      await expect(w.fund.connect(owner)[WITHDRAW](1n, owner, owner))
        .to.be.revertedWithCustomError(w.fund, "ExceedsClaimable")
        .withArgs(owner, 1n, 0n);
    },
  },
];

export const CLAIM: Property[] = [
  {
    clause:
      "7540-11 maxRedeem is the sum of what is claimable, or nothing where a claim would pay less than its worth (departure)",
    holds: async (subject) => {
      const { w, state } = subject;
      await freeze();
      const units = sum(await claimable(subject));
      expect(units === 0n).to.equal(state.claim === "none");
      expect(await w.fund.maxRedeem(w.bob, PENDING)).to.equal(state.claim === "paid" ? units : 0n);
    },
  },
  {
    clause:
      "7540-12 maxRedeem can be redeemed and pays what maxWithdraw says; a unit more can not, nor one that is worth nothing (departure)",
    holds: async (subject) => {
      const { w } = subject;
      if (await hasNone(subject)) return;
      await freeze();
      const units = await w.fund.maxRedeem(w.bob, PENDING);
      const worth = await w.fund.maxWithdraw(w.bob, PENDING);
      await expect(w.fund.connect(w.bob)[REDEEM].staticCall(units + 1n, w.bob, w.bob, PENDING))
        .to.be.revertedWithCustomError(w.fund, "ExceedsClaimable")
        .withArgs(w.bob, units + 1n, units);
      expect(await w.fund.connect(w.bob)[REDEEM].staticCall(units, w.bob, w.bob, PENDING)).to.equal(worth);
      // a single unit is worth nothing, and is not taken for it
      await expect(w.fund.connect(w.bob)[REDEEM].staticCall(1n, w.bob, w.bob, PENDING))
        .to.be.revertedWithCustomError(w.pool, "BelowMinimum")
        .withArgs(0n, 1n);
      const before = await w.pool.balanceOf(w.bob);
      await sent(w.fund.connect(w.bob)[REDEEM](units, w.bob, w.bob));
      expect((await w.pool.balanceOf(w.bob)) - before).to.equal(worth);
      expect(sum(await claimable(subject))).to.equal(0n);
      await conserved(subject);
    },
  },
  {
    clause: "7540-13 maxWithdraw can be withdrawn, a wei more can not, and it takes at most maxRedeem",
    holds: async (subject) => {
      const { w } = subject;
      if (await hasNone(subject)) return;
      await freeze();
      const units = await w.fund.maxRedeem(w.bob, PENDING);
      const worth = await w.fund.maxWithdraw(w.bob, PENDING);
      await expect(w.fund.connect(w.bob)[WITHDRAW].staticCall(worth + 1n, w.bob, w.bob, PENDING))
        .to.be.revertedWithCustomError(w.fund, "ExceedsClaimable")
        .withArgs(w.bob, worth + 1n, worth);
      expect(await w.fund.connect(w.bob)[WITHDRAW].staticCall(worth, w.bob, w.bob, PENDING)).to.equal(units);
      // and so can everything below it
      for (const assets of [1n, 2n, 999_999_937n, worth / 7n, worth - 1n]) {
        if (assets > worth) continue;
        const given = await w.fund.connect(w.bob)[WITHDRAW].staticCall(assets, w.bob, w.bob, PENDING);
        expect(given > 0n && given <= units, `${assets} for ${given}`).to.equal(true);
      }
      const before = await w.pool.balanceOf(w.bob);
      await sent(w.fund.connect(w.bob)[WITHDRAW](worth, w.bob, w.bob));
      expect((await w.pool.balanceOf(w.bob)) - before).to.equal(worth);
    },
  },
  {
    clause: "7540-14 maxRedeem and maxWithdraw never revert, whoever is asked about",
    holds: async ({ w, stranger }) => {
      await freeze();
      for (const who of [stranger.address, w.erin.address, ZERO, w.pool.target, w.fund.target]) {
        expect(await w.fund.maxRedeem(who, PENDING)).to.equal(0n);
        expect(await w.fund.maxWithdraw(who, PENDING)).to.equal(0n);
      }
      expect(await w.fund.maxRedeem(w.keeper, PENDING)).to.be.a("bigint");
      expect(await w.fund.maxWithdraw(w.keeper, PENDING)).to.be.a("bigint");
    },
  },
  {
    clause:
      "7540-15 redeem takes no units, they went with the request, and emits Withdraw(sender, receiver, controller, shares, units)",
    holds: async (subject) => {
      const { w, stranger } = subject;
      if (await hasNone(subject)) return;
      await freeze();
      const units = (await w.fund.maxRedeem(w.bob, PENDING)) / 2n;
      const paid = await w.fund.connect(w.bob)[REDEEM].staticCall(units, stranger, w.bob, PENDING);
      const [balance, supply] = [await w.fund.balanceOf(w.bob), await w.fund.totalSupply()];
      const left = sum(await claimable(subject)) - units;
      const transaction = w.fund.connect(w.bob)[REDEEM](units, stranger, w.bob);
      await expect(transaction).to.emit(w.fund, "Withdraw").withArgs(w.bob, stranger, w.bob, paid, units);
      await expect(transaction).to.emit(w.pool, "Transfer").withArgs(w.fund, stranger, paid);
      expect(await w.pool.balanceOf(stranger)).to.equal(paid);
      expect([await w.fund.balanceOf(w.bob), await w.fund.totalSupply()]).to.deep.equal([balance, supply]);
      expect(sum(await claimable(subject)), "claimable falls in step").to.equal(left);
    },
  },
  {
    clause:
      "7540-16 withdraw pays no less than the assets (departure: a few units of the share more) and emits Withdraw with what it paid",
    holds: async (subject) => {
      const { w, stranger } = subject;
      if (await hasNone(subject)) return;
      await freeze();
      const asked = (await w.fund.maxWithdraw(w.bob, PENDING)) / 3n;
      const units = await w.fund.connect(w.bob)[WITHDRAW].staticCall(asked, stranger, w.bob, PENDING);
      const receipt = await sent(w.fund.connect(w.bob)[WITHDRAW](asked, stranger, w.bob));
      const paid = await w.pool.balanceOf(stranger);
      // Rounding, as the interface states it: 3 share units and what one fund unit and one cooling unit are worth.
      const bound = 3n + (await worthOfOneUnit(subject));
      expect(paid >= asked && paid - asked <= bound, `${paid} for ${asked}`).to.equal(true);
      const log = receipt.logs.map((each) => w.fund.interface.parseLog(each)).find((each) => each?.name === "Withdraw");
      expect([...(log?.args ?? [])]).to.deep.equal([w.bob.address, stranger.address, w.bob.address, paid, units]);
    },
  },
  {
    clause: "7540-17 an operator claims for its controller; a stranger, and an ERC-20 allowance, do not",
    holds: async (subject) => {
      const { w, spender, stranger } = subject;
      await freeze();
      const units = await w.fund.maxRedeem(w.bob, PENDING);
      await sent(w.fund.connect(w.bob).approve(spender, MAX));
      for (const who of [spender, stranger]) {
        for (const way of [REDEEM, WITHDRAW] as const) {
          await expect(w.fund.connect(who)[way](1n, who, w.bob))
            .to.be.revertedWithCustomError(w.fund, "NotAuthorised")
            .withArgs(who, w.bob);
        }
      }
      if (units === 0n) return;
      await sent(w.fund.connect(w.bob).setOperator(spender, true));
      await freeze();
      const worth = await w.fund.maxWithdraw(w.bob, PENDING);
      await expect(w.fund.connect(spender)[REDEEM](units, spender, w.bob))
        .to.emit(w.fund, "Withdraw")
        .withArgs(spender, spender, w.bob, worth, units);
      expect(await w.fund.allowance(w.bob, spender), "no allowance is used").to.equal(MAX);
    },
  },
  {
    clause: "7540-18 previewRedeem and previewWithdraw revert for all callers and all inputs",
    holds: async ({ w, stranger }) => {
      for (const caller of [w.bob, w.erin, stranger]) {
        for (const amount of [0n, 1n, 10n ** 18n, MAX]) {
          const fund = w.fund.connect(caller);
          await expect(fund.previewRedeem(amount)).to.be.revertedWithCustomError(fund, "PreviewUnsupported");
          await expect(fund.previewWithdraw(amount)).to.be.revertedWithCustomError(fund, "PreviewUnsupported");
        }
      }
    },
  },
  {
    clause: "7540-19 setOperator returns true, sets what it is told, and logs OperatorSet, also when nothing changes",
    holds: async ({ w, spender, holder }) => {
      for (const approved of [true, true, false, false]) {
        expect(await w.fund.connect(holder).setOperator.staticCall(spender, approved)).to.equal(true);
        await expect(w.fund.connect(holder).setOperator(spender, approved))
          .to.emit(w.fund, "OperatorSet")
          .withArgs(holder, spender, approved);
        expect(await w.fund.isOperator(holder, spender)).to.equal(approved);
        expect(await w.fund.isOperator(spender, holder), "one way only").to.equal(false);
      }
    },
  },
  {
    clause:
      "7540-20 share() is the fund itself and an ERC-20, and supportsInterface names ERC-165, ERC-7575, operators and redeeming",
    holds: async ({ w }) => {
      expect(await w.fund.share()).to.equal(w.fund.target);
      const selectorsOf = (names: string[]): string =>
        `0x${names
          .map((name) => BigInt((w.fund.interface as Interface).getFunction(name)?.selector ?? "0"))
          .reduce((a, b) => a ^ b, 0n)
          .toString(16)
          .padStart(8, "0")}`;
      const vault = [
        "asset()",
        "share()",
        "convertToShares(uint256)",
        "convertToAssets(uint256)",
        "totalAssets()",
      ].concat(
        ["maxDeposit(address)", "previewDeposit(uint256)", "deposit(uint256,address)", "maxMint(address)"],
        ["previewMint(uint256)", "mint(uint256,address)", "maxRedeem(address)", "previewRedeem(uint256)", REDEEM],
        ["maxWithdraw(address)", "previewWithdraw(uint256)", WITHDRAW],
      );
      const redeem = ["requestRedeem", "pendingRedeemRequest", "claimableRedeemRequest"];
      expect(selectorsOf(["supportsInterface"])).to.equal("0x01ffc9a7");
      expect(selectorsOf(["setOperator", "isOperator"])).to.equal("0xe3bc4e65");
      expect(selectorsOf(redeem)).to.equal("0x620ee8e4");
      expect(selectorsOf(vault)).to.equal("0x2f0a18c5");
      for (const id of ["0x01ffc9a7", "0xe3bc4e65", "0x620ee8e4", "0x2f0a18c5"]) {
        expect(await w.fund.supportsInterface(id), id).to.equal(true);
      }
      // no requests to deposit, and what ERC-165 keeps free
      for (const id of ["0xce3bbe50", "0xffffffff"]) expect(await w.fund.supportsInterface(id), id).to.equal(false);
      const probe = await ethers.deployContract("GasProbe");
      const question = w.fund.interface.encodeFunctionData("supportsInterface", ["0x620ee8e4"]);
      expect((await probe.probe(w.fund, 30_000n, question)).success, "ERC-165 allows 30,000 gas").to.equal(true);
    },
  },
  {
    clause: "7540-21 the units do not look up their vault by asset: they are the vault (departure)",
    holds: async ({ w }) => {
      expect(await w.fund.supportsInterface("0xf815c03d")).to.equal(false);
      const data = new ethers.Interface(["function vault(address)"]).encodeFunctionData("vault", [w.pool.target]);
      await expect(ethers.provider.call({ to: w.fund, data })).to.be.revert(ethers);
    },
  },
];

/** The pool shares that one unit of the fund and one cooling unit are worth, rounded up. */
async function worthOfOneUnit({ w }: Subject): Promise<bigint> {
  const units = await w.fund.convertToAssets(10n ** 30n);
  return units / 10n ** 30n + 2n + (await w.pool.previewLeaveFund(1n)).grossShares;
}
