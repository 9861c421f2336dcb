// ERC-4626, the pool's way out. One property a clause, numbered as in docs/standards.md.
import { expect } from "chai";

import { min } from "../../sdk/model/index.js";
import { freeze, PENDING } from "../helpers/blocks.js";
import { DAY, expectConserved, MAX, sent, ZERO } from "../helpers/fixtures.js";
import { amounts, expectRoundsDown, expectRoundsUp, someAssets } from "./entry.js";
import { borrowers, people, type Property, type Subject } from "./states.js";

const DEPOSIT = "deposit(uint256,address)";
const WITHDRAW = "withdraw(uint256,address,address)";
const REDEEM = "redeem(uint256,address,address)";

const cashOf = async ({ w }: Subject): Promise<bigint> => (await w.pool.totals(PENDING)).cash;

/** A third of what the holder can take. */
const someAssetsOut = async ({ vault, holder }: Subject) => (await vault.maxWithdraw(holder, PENDING)) / 3n;
const someSharesOut = async ({ vault, holder }: Subject) => (await vault.maxRedeem(holder, PENDING)) / 3n;

const conserved = async ({ w }: Subject) => await expectConserved(w, [...people(w), w.admin], borrowers(w));

/** Where nothing can be taken out, a wei can't either, and true is returned. */
async function isShut(subject: Subject): Promise<boolean> {
  const { vault, holder } = subject;
  await freeze();
  if ((await someAssetsOut(subject)) !== 0n) return false;
  const reason = (await cashOf(subject)) === 0n ? "InsufficientCash" : "ERC20InsufficientBalance";
  await expect(vault.connect(holder)[WITHDRAW](1n, holder, holder)).to.be.revertedWithCustomError(vault, reason);
  return true;
}

export const EXIT: Property[] = [
  {
    clause: "4626-21 maxWithdraw can be withdrawn, a wei more can not; cash counts, pause and oracle do not",
    holds: async (subject) => {
      const { vault, holder, asset } = subject;
      await freeze();
      const most = await vault.maxWithdraw(holder, PENDING);
      const cash = await cashOf(subject);
      const worth = await vault.convertToAssets(await vault.balanceOf(holder, PENDING), PENDING);
      expect(most).to.equal(min(worth, cash));
      await expect(
        vault.connect(holder)[WITHDRAW].staticCall(most + 1n, holder, holder, PENDING),
      ).to.be.revertedWithCustomError(vault, most === cash ? "InsufficientCash" : "ERC20InsufficientBalance");
      if (most === 0n) return;
      for (const assets of [1n, 2n, most / 7n, most - 1n]) {
        const given = await vault.connect(holder)[WITHDRAW].staticCall(assets, holder, holder, PENDING);
        expect(given > 0n && given <= (await vault.balanceOf(holder, PENDING)), `${assets}`).to.equal(true);
      }
      const before = await asset.balanceOf(holder);
      await sent(vault.connect(holder)[WITHDRAW](most, holder, holder));
      expect((await asset.balanceOf(holder)) - before).to.equal(most);
      await conserved(subject);
    },
  },
  {
    clause: "4626-22 maxRedeem can be redeemed, what is worth a wei more can not",
    holds: async (subject) => {
      const { vault, holder } = subject;
      await freeze();
      const most = await vault.maxRedeem(holder, PENDING);
      const balance = await vault.balanceOf(holder, PENDING);
      const isAll = most === balance;
      // Cash bounds the assets, so the shares are the most but for less than what a wei is worth.
      const more = isAll ? balance + 1n : most + (await vault.previewWithdraw(1n, PENDING)) + 1n;
      await expect(
        vault.connect(holder)[REDEEM].staticCall(more, holder, holder, PENDING),
      ).to.be.revertedWithCustomError(
        vault,
        balance === 0n ? "ZeroAmount" : isAll ? "ERC20InsufficientBalance" : "InsufficientCash",
      );
      if (most === 0n) return;
      await sent(vault.connect(holder)[REDEEM](most, holder, holder));
      expect(await vault.balanceOf(holder)).to.equal(balance - most);
      await conserved(subject);
    },
  },
  {
    clause: "4626-23 maxWithdraw and maxRedeem never revert, and are nothing for who can't leave",
    holds: async ({ vault, stranger, giver, w }) => {
      await freeze();
      for (const owner of [ZERO, stranger.address, giver.address, w.pool.target, w.fund.target]) {
        expect(await vault.maxWithdraw(owner, PENDING)).to.equal(0n);
        expect(await vault.maxRedeem(owner, PENDING)).to.equal(0n);
      }
    },
  },
  {
    clause: "4626-24 previewWithdraw is what withdraw burns in the same block, and rounds up",
    holds: async (subject) => {
      const { vault, holder } = subject;
      await freeze();
      await expectRoundsUp((amount) => vault.previewWithdraw(amount, PENDING), await amounts(subject));
      if (await isShut(subject)) return;
      await freeze();
      const assets = await someAssetsOut(subject);
      const preview = await vault.previewWithdraw(assets, PENDING);
      const before = await vault.balanceOf(holder, PENDING);
      expect(await vault.connect(holder)[WITHDRAW].staticCall(assets, holder, holder, PENDING)).to.equal(preview);
      await sent(vault.connect(holder)[WITHDRAW](assets, holder, holder));
      expect(before - (await vault.balanceOf(holder))).to.equal(preview);
    },
  },
  {
    clause: "4626-25 previewRedeem is what redeem pays in the same block, and rounds down",
    holds: async (subject) => {
      const { vault, asset, holder } = subject;
      await freeze();
      await expectRoundsDown((amount) => vault.previewRedeem(amount, PENDING), await amounts(subject));
      if (await isShut(subject)) return;
      await freeze();
      const shares = await someSharesOut(subject);
      const preview = await vault.previewRedeem(shares, PENDING);
      const before = await asset.balanceOf(holder);
      expect(await vault.connect(holder)[REDEEM].staticCall(shares, holder, holder, PENDING)).to.equal(preview);
      await sent(vault.connect(holder)[REDEEM](shares, holder, holder));
      expect((await asset.balanceOf(holder)) - before).to.equal(preview);
    },
  },
  {
    clause: "4626-26 exit previews know no limit: they answer beyond all shares and all cash",
    holds: async (subject) => {
      const { vault } = subject;
      await freeze();
      const assets = 2n * (await cashOf(subject)) + 10n ** 30n;
      const shares = 2n * (await vault.totalSupply(PENDING)) + 10n ** 36n;
      expect((await vault.previewWithdraw(assets, PENDING)) > 0n).to.equal(true);
      expect((await vault.previewRedeem(shares, PENDING)) > 0n).to.equal(true);
    },
  },
  {
    clause: "4626-27 withdraw sends exactly the assets and emits Withdraw(sender, receiver, owner, assets, shares)",
    holds: async (subject) => {
      const { vault, asset, holder, stranger } = subject;
      if (await isShut(subject)) return;
      await freeze();
      const assets = await someAssetsOut(subject);
      const shares = await vault.previewWithdraw(assets, PENDING);
      const before = await vault.balanceOf(holder);
      const transaction = vault.connect(holder)[WITHDRAW](assets, stranger, holder);
      await expect(transaction).to.emit(vault, "Withdraw").withArgs(holder, stranger, holder, assets, shares);
      await expect(transaction).to.emit(vault, "Transfer").withArgs(holder, ZERO, shares);
      await expect(transaction).to.emit(asset, "Transfer").withArgs(vault, stranger, assets);
      expect(before - (await vault.balanceOf(holder))).to.equal(shares);
      expect(await asset.balanceOf(stranger)).to.equal(assets);
    },
  },
  {
    clause: "4626-28 redeem burns exactly the shares and emits Withdraw(sender, receiver, owner, assets, shares)",
    holds: async (subject) => {
      const { vault, asset, holder, stranger } = subject;
      if (await isShut(subject)) return;
      await freeze();
      const shares = await someSharesOut(subject);
      const assets = await vault.previewRedeem(shares, PENDING);
      const before = await vault.balanceOf(holder);
      const transaction = vault.connect(holder)[REDEEM](shares, stranger, holder);
      await expect(transaction).to.emit(vault, "Withdraw").withArgs(holder, stranger, holder, assets, shares);
      await expect(transaction).to.emit(vault, "Transfer").withArgs(holder, ZERO, shares);
      await expect(transaction).to.emit(asset, "Transfer").withArgs(vault, stranger, assets);
      expect(before - (await vault.balanceOf(holder))).to.equal(shares);
      expect(await asset.balanceOf(stranger)).to.equal(assets);
    },
  },
  {
    clause: "4626-29 withdraw by allowance lowers it by the shares burned, and names the caller as sender",
    holds: async (subject) => {
      const { vault, holder, spender } = subject;
      if (await isShut(subject)) return;
      const allowed = await vault.balanceOf(holder);
      await sent(vault.connect(holder).approve(spender, allowed));
      await freeze();
      const assets = await someAssetsOut(subject);
      const shares = await vault.previewWithdraw(assets, PENDING);
      await expect(vault.connect(spender)[WITHDRAW](assets, spender, holder))
        .to.emit(vault, "Withdraw")
        .withArgs(spender, spender, holder, assets, shares);
      expect(await vault.allowance(holder, spender)).to.equal(allowed - shares);
    },
  },
  {
    clause: "4626-30 redeem by allowance lowers it by the shares; an unlimited one stays",
    holds: async (subject) => {
      const { vault, holder, spender } = subject;
      if (await isShut(subject)) return;
      await freeze();
      const shares = await someSharesOut(subject);
      for (const [allowed, left] of [
        [shares, 0n],
        [MAX, MAX],
      ] as const) {
        await sent(vault.connect(holder).approve(spender, allowed));
        await sent(vault.connect(spender)[REDEEM](shares, spender, holder));
        expect(await vault.allowance(holder, spender)).to.equal(left);
      }
    },
  },
  {
    clause: "4626-31 without enough allowance nobody takes another's shares",
    holds: async (subject) => {
      const { vault, holder, spender } = subject;
      if (await isShut(subject)) return;
      await freeze();
      const [assets, shares] = [await someAssetsOut(subject), await someSharesOut(subject)];
      await sent(vault.connect(holder).approve(spender, shares - 1n));
      await expect(vault.connect(spender)[REDEEM](shares, spender, holder))
        .to.be.revertedWithCustomError(vault, "ERC20InsufficientAllowance")
        .withArgs(spender, shares - 1n, shares);
      await sent(vault.connect(holder).approve(spender, 0n));
      await expect(vault.connect(spender)[WITHDRAW](assets, spender, holder)).to.be.revertedWithCustomError(
        vault,
        "ERC20InsufficientAllowance",
      );
    },
  },
  {
    clause: "4626-32 withdraw and redeem revert unless all of it can be paid: too few shares, too little cash",
    holds: async (subject) => {
      const { vault, holder, stranger } = subject;
      await freeze();
      const cash = await cashOf(subject);
      await expect(vault.connect(holder)[WITHDRAW](cash + 1n, holder, holder))
        .to.be.revertedWithCustomError(vault, "InsufficientCash")
        .withArgs(cash + 1n, cash);
      if (cash === 0n) return;
      // a share unit is worth nothing by itself; a wei's worth is missing
      await freeze();
      const shares = await vault.previewWithdraw(1n, PENDING);
      await expect(vault.connect(stranger)[WITHDRAW](1n, stranger, stranger)).to.be.revertedWithCustomError(
        vault,
        "ERC20InsufficientBalance",
      );
      await expect(vault.connect(stranger)[REDEEM](shares + 1n, stranger, stranger))
        .to.be.revertedWithCustomError(vault, "ERC20InsufficientBalance")
        .withArgs(stranger, 0n, shares + 1n);
    },
  },
  {
    clause: "4626-33 deposit and redeem in one transaction, or mint and withdraw, never gain",
    holds: async (subject) => {
      const { w, vault, giver, refusal } = subject;
      if (refusal !== undefined) return;
      const encode = w.pool.interface.encodeFunctionData.bind(w.pool.interface);
      for (const way of ["deposit", "mint"] as const) {
        await freeze();
        const assets = await someAssets(subject);
        const shares = await vault.previewDeposit(assets, PENDING);
        const into =
          way === "deposit"
            ? encode(DEPOSIT, [assets, giver.address])
            : encode("mint(uint256,address)", [shares, giver.address]);
        const back = await vault.previewRedeem(shares, PENDING);
        const before = await w.asset.balanceOf(giver);
        const out =
          way === "deposit"
            ? encode(REDEEM, [shares, giver.address, giver.address])
            : encode(WITHDRAW, [back, giver.address, giver.address]);
        await sent(w.pool.connect(giver).multicall([into, out]));
        const lost = before - (await w.asset.balanceOf(giver));
        expect(lost >= 0n, `${way} gains ${-lost}`).to.equal(true);
        expect(await vault.convertToAssets(await vault.balanceOf(giver)), "worth of shares left").to.equal(0n);
      }
      await conserved(subject);
    },
  },
  {
    clause: "4626-34 redeem and deposit in one transaction, or withdraw and mint, never gain",
    holds: async (subject) => {
      const { w, vault, holder, refusal } = subject;
      if (refusal !== undefined || (await isShut(subject))) return;
      const encode = w.pool.interface.encodeFunctionData.bind(w.pool.interface);
      for (const way of ["redeem", "withdraw"] as const) {
        await freeze();
        const shares = await someSharesOut(subject);
        const assets = await vault.previewRedeem(shares, PENDING);
        const out =
          way === "redeem"
            ? encode(REDEEM, [shares, holder.address, holder.address])
            : encode(WITHDRAW, [assets, holder.address, holder.address]);
        const into = encode(DEPOSIT, [assets, holder.address]);
        const before = await vault.balanceOf(holder, PENDING);
        await sent(w.pool.connect(holder).multicall([out, into]));
        expect((await vault.balanceOf(holder)) <= before, `${way} gains`).to.equal(true);
      }
      await conserved(subject);
    },
  },
  {
    clause:
      "4626-35 neither nothing nor what is worth nothing can be taken out; nor can anything go to pool or fund (departure)",
    holds: async (subject) => {
      const { vault, holder, w } = subject;
      expect(await vault.previewWithdraw(0n)).to.equal(0n);
      expect(await vault.previewRedeem(0n)).to.equal(0n);
      for (const way of [WITHDRAW, REDEEM] as const) {
        await expect(vault.connect(holder)[way](0n, holder, holder)).to.be.revertedWithCustomError(vault, "ZeroAmount");
      }
      expect(await vault.previewRedeem(1n)).to.equal(0n);
      await expect(vault.connect(holder)[REDEEM](1n, holder, holder)).to.be.revertedWithCustomError(
        vault,
        "ZeroAmount",
      );
      if (await isShut(subject)) return;
      await freeze();
      const shares = await someSharesOut(subject);
      for (const receiver of [ZERO, w.pool.target, w.fund.target]) {
        await expect(vault.connect(holder)[REDEEM](shares, receiver, holder))
          .to.be.revertedWithCustomError(vault, "InvalidAddress")
          .withArgs(receiver);
      }
    },
  },
  {
    clause:
      "4626-38 conversions are at the exit price, which knows what the oracle shows as lost and uncovered (departure)",
    holds: async (subject) => {
      const { vault, w, state } = subject;
      await freeze();
      for (const amount of await amounts(subject)) {
        expect(await vault.convertToAssets(amount, PENDING)).to.equal(await vault.previewRedeem(amount, PENDING));
      }
      const isLower = (await w.pool.exitPrice(PENDING)) < (await w.pool.grossPrice(PENDING));
      expect(isLower).to.equal(["a shortfall nobody covers", "an oracle without a price"].includes(state.name));
      const shares = await vault.totalSupply(PENDING);
      const bought = await vault.previewMint(shares, PENDING);
      // rounded up against rounded down
      expect(bought - (await vault.convertToAssets(shares, PENDING)) > 1n).to.equal(isLower);
    },
  },
  {
    clause: "4626-39 totalAssets contains interest up to now, net of fees, before anyone accrues it",
    holds: async (subject) => {
      const { vault, w } = subject;
      await freeze();
      const [before, shortfall] = [await vault.totalAssets(PENDING), await w.pool.currentShortfall(PENDING)];
      const { debtShares, debtAssets, pendingFees } = await w.pool.totals(PENDING);
      await freeze(DAY);
      const after = await vault.totalAssets(PENDING);
      if (debtShares === 0n) expect(after).to.equal(before);
      else if (shortfall === 0n && (await w.pool.currentShortfall(PENDING)) === 0n) {
        const later = await w.pool.totals(PENDING);
        const earned = later.debtAssets - debtAssets - (later.pendingFees - pendingFees);
        const owned = await vault.totalSupply(PENDING);
        // all of it but what the virtual shares earn, and a wei each for the two roundings
        const fewest = (earned * owned) / (owned + 10n ** 6n) - 2n;
        expect(after - before >= fewest && after - before <= earned + 2n, `${after - before} of ${earned}`).to.equal(
          true,
        );
      }
    },
  },
];
