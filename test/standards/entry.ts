// ERC-4626, what pool and fund share: the views and the way in. One property a clause, numbered as in docs/standards.md.
import { expect } from "chai";

import { min } from "../../sdk/model/index.js";
import { freeze, PENDING } from "../helpers/blocks.js";
import { ethers, MAX, sent, ZERO } from "../helpers/fixtures.js";
import { type Property, type Subject } from "./states.js";

const DEPOSIT = "deposit(uint256,address)";
const MINT = "mint(uint256,address)";
/** The largest input of a conversion: no amount of any token reaches it. */
const MAX_INPUT = 2n ** 128n - 1n;

/** Amounts from nothing to more than there is, odd ones among them; in assets or in shares. */
export async function amounts({ asset }: Subject): Promise<bigint[]> {
  const token = 10n ** (await asset.decimals());
  return [0n, 1n, 7n, 1_000_003n, 12_345n * token + 6_789n, 10n ** 9n * token + 1n];
}

/** What a deposit is tried with: a token and a half, or a quarter of the room. */
export async function someAssets({ vault, asset, giver }: Subject): Promise<bigint> {
  const token = 10n ** (await asset.decimals());
  return min((3n * token) / 2n + 1n, (await vault.maxDeposit(giver, PENDING)) / 4n);
}

/** What a mint is tried with. */
export async function someShares(subject: Subject): Promise<bigint> {
  const { vault, giver } = subject;
  const shares = await vault.previewDeposit(await someAssets(subject), PENDING);
  return min(shares, await vault.maxMint(giver, PENDING));
}

/** Where deposits are closed, both ways in revert with the state's reason, and true is returned. */
export async function isClosed({ vault, w, giver, refusal }: Subject): Promise<boolean> {
  if (refusal === undefined) return false;
  const shares = 10n ** (await vault.decimals());
  await expect(vault.connect(giver)[DEPOSIT](w.usd(1), giver)).to.be.revertedWithCustomError(vault, refusal);
  await expect(vault.connect(giver)[MINT](shares, giver)).to.be.revertedWithCustomError(vault, refusal);
  return true;
}

/** Parts rounded down never sum to more than the whole rounded down, and miss at most one. */
export async function expectRoundsDown(of: (amount: bigint) => Promise<bigint>, all: readonly bigint[]): Promise<void> {
  const pairs = all.flatMap((a, i) => all.slice(i).map((b) => [a, b] as const));
  const inputs = [...new Set([...all, ...pairs.map(([a, b]) => a + b)])];
  const outputs = await Promise.all(inputs.map(of));
  const at = (amount: bigint): bigint => outputs[inputs.indexOf(amount)] ?? 0n;
  for (const [a, b] of pairs) {
    const missing = at(a + b) - at(a) - at(b);
    expect(missing === 0n || missing === 1n, `${a} + ${b}: ${missing}`).to.equal(true);
  }
}

export async function expectRoundsUp(of: (amount: bigint) => Promise<bigint>, all: readonly bigint[]): Promise<void> {
  await expectRoundsDown(async (amount) => -(await of(amount)), all);
}

export const ENTRY: Property[] = [
  {
    clause: "4626-01 shares are an ERC-20 with name, symbol and decimals that reflect the asset",
    holds: async ({ vault, asset, w }) => {
      expect(await vault.name()).to.equal(vault === w.pool ? "Mutua USD-ETH" : `Fund of ${await asset.name()}`);
      expect(await vault.symbol()).to.equal(vault === w.pool ? "mUSD-ETH" : `f${await asset.symbol()}`);
      expect(await vault.decimals()).to.equal((await asset.decimals()) + 6n);
    },
  },
  {
    clause: "4626-02 asset is the ERC-20 token that deposits are paid in, and never reverts",
    holds: async ({ vault, asset }) => {
      expect(await vault.asset(PENDING)).to.equal(asset.target);
      expect(await asset.totalSupply()).to.be.a("bigint");
    },
  },
  {
    clause: "4626-03 totalAssets never reverts, and is the worth of all shares",
    holds: async (subject) => {
      const { vault, w } = subject;
      await freeze();
      const total = await vault.totalAssets(PENDING);
      const worth = await vault.convertToAssets(await vault.totalSupply(PENDING), PENDING);
      if (vault === w.pool) expect(total).to.equal(worth);
      // The fund's virtual million units own a part of the active shares, and all of them where nobody else has units.
      else expect(total >= worth && total - worth <= (await account(subject)).virtualWorth).to.equal(true);
    },
  },
  {
    clause: "4626-04 convertToShares and convertToAssets do not depend on the caller",
    holds: async (subject) => {
      const { vault, giver, holder, stranger } = subject;
      await freeze();
      for (const amount of (await amounts(subject)).slice(-3)) {
        const [shares, assets] = [
          await vault.convertToShares(amount, PENDING),
          await vault.convertToAssets(amount, PENDING),
        ];
        for (const caller of [giver, holder, stranger]) {
          expect(await vault.connect(caller).convertToShares(amount, PENDING)).to.equal(shares);
          expect(await vault.connect(caller).convertToAssets(amount, PENDING)).to.equal(assets);
        }
      }
    },
  },
  {
    clause: "4626-05 convertToShares and convertToAssets round down, and there and back never gains",
    holds: async (subject) => {
      const { vault } = subject;
      await freeze();
      const all = await amounts(subject);
      await expectRoundsDown((amount) => vault.convertToShares(amount, PENDING), all);
      await expectRoundsDown((amount) => vault.convertToAssets(amount, PENDING), all);
      for (const amount of all) {
        const shares = await vault.convertToShares(amount, PENDING);
        const assets = await vault.convertToAssets(amount, PENDING);
        expect((await vault.convertToAssets(shares, PENDING)) <= amount, `assets ${amount}`).to.equal(true);
        expect((await vault.convertToShares(assets, PENDING)) <= amount, `shares ${amount}`).to.equal(true);
      }
    },
  },
  {
    clause: "4626-06 conversions and entry previews revert for unreasonably large input only",
    holds: async ({ vault, w }) => {
      await freeze();
      const views = [vault.convertToShares, vault.convertToAssets, vault.previewDeposit, vault.previewMint];
      for (const view of views)
        for (const amount of [0n, MAX_INPUT]) expect(await view(amount, PENDING)).to.be.a("bigint");
      if (vault !== w.pool) return;
      for (const view of views) {
        await expect(view(MAX_INPUT + 1n, PENDING))
          .to.be.revertedWithCustomError(vault, "FieldOverflow")
          .withArgs(MAX_INPUT + 1n, MAX_INPUT);
      }
    },
  },
  {
    clause: "4626-07 maxDeposit is accepted, a wei more is not, and nothing where deposits are closed",
    holds: async (subject) => {
      const { vault, asset, giver, w } = subject;
      await freeze();
      const most = await vault.maxDeposit(giver, PENDING);
      expect(most === 0n, "closed").to.equal(await isClosed(subject));
      if (most === 0n) return;
      if (vault === w.pool) {
        await sent(w.asset.mint(giver, most));
        await freeze();
        const cap = (await w.pool.config()).supplyCap;
        const limit = await vault.maxDeposit(giver, PENDING);
        await expect(vault.connect(giver)[DEPOSIT].staticCall(limit + 1n, giver, PENDING))
          .to.be.revertedWithCustomError(vault, "SupplyCapExceeded")
          .withArgs(cap + 1n, cap);
        await sent(vault.connect(giver)[DEPOSIT](limit, giver));
        await freeze();
        expect(await vault.maxDeposit(giver, PENDING)).to.equal(0n);
      } else {
        // The fund's limit is a field of 208 bits, far beyond all pool shares there can be.
        expect(most > (await asset.totalSupply())).to.equal(true);
        await sent(vault.connect(giver)[DEPOSIT](await asset.balanceOf(giver), giver));
        expect(await asset.balanceOf(giver)).to.equal(0n);
      }
    },
  },
  {
    clause: "4626-08 maxMint is accepted, more is not, and nothing where deposits are closed",
    holds: async (subject) => {
      const { vault, asset, giver, w } = subject;
      await freeze();
      const most = await vault.maxMint(giver, PENDING);
      expect(most === 0n, "closed").to.equal(await isClosed(subject));
      if (most === 0n) return;
      if (vault === w.pool) {
        await sent(w.asset.mint(giver, await vault.previewMint(most, PENDING)));
        await freeze();
        const limit = await vault.maxMint(giver, PENDING);
        // one asset more is at least this many shares
        const more = (await vault.previewDeposit(1n, PENDING)) + 2n;
        await expect(vault.connect(giver)[MINT].staticCall(limit + more, giver, PENDING)).to.be.revertedWithCustomError(
          vault,
          "SupplyCapExceeded",
        );
        await sent(vault.connect(giver)[MINT](limit, giver));
        expect(await vault.balanceOf(giver)).to.equal(limit);
      } else {
        expect(most).to.equal(2n ** 208n - 1n - (await vault.totalSupply()));
        const affordable = await vault.previewDeposit(await asset.balanceOf(giver), PENDING);
        const before = await vault.balanceOf(giver);
        await sent(vault.connect(giver)[MINT](affordable, giver));
        expect(await vault.balanceOf(giver)).to.equal(before + affordable);
      }
    },
  },
  {
    clause: "4626-09 maxDeposit and maxMint never revert, and do not look at anyone's balance",
    holds: async ({ vault, giver, stranger, w }) => {
      await freeze();
      const [assets, shares] = [await vault.maxDeposit(giver, PENDING), await vault.maxMint(giver, PENDING)];
      for (const receiver of [stranger.address, w.dave.address]) {
        expect(await vault.maxDeposit(receiver, PENDING)).to.equal(assets);
        expect(await vault.maxMint(receiver, PENDING)).to.equal(shares);
      }
      for (const receiver of [ZERO, w.pool.target, w.fund.target]) {
        expect(await vault.maxDeposit(receiver, PENDING)).to.be.a("bigint");
        expect(await vault.maxMint(receiver, PENDING)).to.be.a("bigint");
      }
    },
  },
  {
    clause: "4626-10 a receiver that deposits refuse has no room (departure: the fund's zero address)",
    holds: async (subject) => {
      const { vault, giver, w } = subject;
      await freeze();
      const amount = await someAssets(subject);
      if (vault === w.pool) {
        for (const receiver of [ZERO, w.pool.target, w.fund.target]) {
          expect(await vault.maxDeposit(receiver, PENDING)).to.equal(0n);
          expect(await vault.maxMint(receiver, PENDING)).to.equal(0n);
          if (amount === 0n) continue;
          await expect(vault.connect(giver)[DEPOSIT](amount, receiver))
            .to.be.revertedWithCustomError(vault, "InvalidAddress")
            .withArgs(receiver);
        }
      } else {
        expect(await vault.maxDeposit(ZERO, PENDING)).to.equal(await vault.maxDeposit(giver, PENDING));
        await expect(vault.connect(giver)[DEPOSIT](amount, ZERO))
          .to.be.revertedWithCustomError(vault, "ERC20InvalidReceiver")
          .withArgs(ZERO);
      }
    },
  },
  {
    clause: "4626-11 previewDeposit is what deposit mints in the same block, and rounds down",
    holds: async (subject) => {
      const { vault, giver } = subject;
      await freeze();
      await expectRoundsDown((amount) => vault.previewDeposit(amount, PENDING), await amounts(subject));
      if (await isClosed(subject)) return;
      await freeze();
      const assets = await someAssets(subject);
      const preview = await vault.previewDeposit(assets, PENDING);
      expect(await vault.connect(giver)[DEPOSIT].staticCall(assets, giver, PENDING)).to.equal(preview);
      const before = await vault.balanceOf(giver);
      await sent(vault.connect(giver)[DEPOSIT](assets, giver));
      expect((await vault.balanceOf(giver)) - before).to.equal(preview);
    },
  },
  {
    clause: "4626-12 previewMint is what mint takes in the same block, and rounds up",
    holds: async (subject) => {
      const { vault, asset, giver } = subject;
      await freeze();
      await expectRoundsUp((amount) => vault.previewMint(amount, PENDING), await amounts(subject));
      if (await isClosed(subject)) return;
      await freeze();
      const shares = await someShares(subject);
      const preview = await vault.previewMint(shares, PENDING);
      expect(await vault.connect(giver)[MINT].staticCall(shares, giver, PENDING)).to.equal(preview);
      const before = await asset.balanceOf(giver);
      await sent(vault.connect(giver)[MINT](shares, giver));
      expect(before - (await asset.balanceOf(giver))).to.equal(preview);
    },
  },
  {
    clause: "4626-13 entry previews know no limit: they answer beyond it, and where deposits are closed",
    holds: async ({ vault, giver, refusal }) => {
      await freeze();
      const room = await vault.maxDeposit(giver, PENDING);
      const beyond = refusal === undefined && room < MAX_INPUT ? room * 2n : 10n ** 30n;
      const shares = await vault.previewDeposit(min(beyond, MAX_INPUT), PENDING);
      expect(shares > 0n).to.equal(true);
      expect((await vault.previewMint(min(shares, MAX_INPUT), PENDING)) > 0n).to.equal(true);
    },
  },
  {
    clause: "4626-14 deposit takes exactly the assets and emits Deposit(sender, receiver, assets, shares)",
    holds: async (subject) => {
      const { vault, asset, giver, stranger } = subject;
      if (await isClosed(subject)) return;
      await freeze();
      const assets = await someAssets(subject);
      const shares = await vault.previewDeposit(assets, PENDING);
      const held = await asset.balanceOf(vault);
      const transaction = vault.connect(giver)[DEPOSIT](assets, stranger);
      await expect(transaction).to.emit(vault, "Deposit").withArgs(giver, stranger, assets, shares);
      await expect(transaction).to.emit(vault, "Transfer").withArgs(ZERO, stranger, shares);
      await expect(transaction).to.emit(asset, "Transfer").withArgs(giver, vault, assets);
      expect(await vault.balanceOf(stranger)).to.equal(shares);
      expect((await asset.balanceOf(vault)) - held >= assets, "premium may come on top").to.equal(true);
    },
  },
  {
    clause: "4626-15 mint mints exactly the shares and emits Deposit(sender, receiver, assets, shares)",
    holds: async (subject) => {
      const { vault, asset, giver, stranger } = subject;
      if (await isClosed(subject)) return;
      await freeze();
      const shares = await someShares(subject);
      const assets = await vault.previewMint(shares, PENDING);
      const transaction = vault.connect(giver)[MINT](shares, stranger);
      await expect(transaction).to.emit(vault, "Deposit").withArgs(giver, stranger, assets, shares);
      await expect(transaction).to.emit(vault, "Transfer").withArgs(ZERO, stranger, shares);
      await expect(transaction).to.emit(asset, "Transfer").withArgs(giver, vault, assets);
      expect(await vault.balanceOf(stranger)).to.equal(shares);
    },
  },
  {
    clause: "4626-16 deposit and mint are paid by approve and transferFrom: an approval of just the assets is used up",
    holds: async (subject) => {
      const { vault, asset, giver } = subject;
      if (await isClosed(subject)) return;
      for (const way of [DEPOSIT, MINT] as const) {
        await freeze(2n);
        const planned = await someAssets(subject);
        await freeze();
        await sent(asset.connect(giver).approve(vault, planned));
        await freeze();
        // what a second of interest makes of it
        const shares = await vault.previewDeposit(planned, PENDING);
        const paid = way === DEPOSIT ? planned : await vault.previewMint(shares, PENDING);
        await sent(vault.connect(giver)[way](way === DEPOSIT ? planned : shares, giver));
        expect(await asset.allowance(giver, vault)).to.equal(planned - paid);
      }
    },
  },
  {
    clause: "4626-17 deposit and mint revert unless all of it can be paid: too little approved, too little owned",
    holds: async (subject) => {
      const { vault, asset, giver, stranger } = subject;
      if (await isClosed(subject)) return;
      await freeze();
      const [assets, shares] = [await someAssets(subject), await someShares(subject)];
      await sent(asset.connect(giver).approve(vault, assets / 2n));
      for (const [way, amount] of [
        [DEPOSIT, assets],
        [MINT, shares],
      ] as const) {
        await expect(vault.connect(giver)[way](amount, giver)).to.be.revertedWithCustomError(
          asset,
          "ERC20InsufficientAllowance",
        );
      }
      await sent(asset.connect(stranger).approve(vault, MAX));
      for (const [way, amount] of [
        [DEPOSIT, assets],
        [MINT, shares],
      ] as const) {
        await expect(vault.connect(stranger)[way](amount, stranger)).to.be.revertedWithCustomError(
          asset,
          "ERC20InsufficientBalance",
        );
      }
    },
  },
  {
    clause: "4626-18 what has been deposited is worth at most what was paid, and what has been minted too",
    holds: async (subject) => {
      const { vault } = subject;
      await freeze();
      for (const amount of await amounts(subject)) {
        const shares = await vault.previewDeposit(amount, PENDING);
        expect((await vault.convertToAssets(shares, PENDING)) <= amount, `deposit ${amount}`).to.equal(true);
        const paid = await vault.previewMint(amount, PENDING);
        expect((await vault.convertToAssets(amount, PENDING)) <= paid, `mint ${amount}`).to.equal(true);
        expect((await vault.previewDeposit(paid, PENDING)) >= amount, `what a mint costs buys it`).to.equal(true);
      }
    },
  },
  {
    clause: "4626-19 nothing is refused, though it is within every limit (departure)",
    holds: async (subject) => {
      const { vault, giver } = subject;
      if (await isClosed(subject)) return;
      await freeze();
      expect(await vault.previewDeposit(0n, PENDING)).to.equal(0n);
      expect(await vault.previewMint(0n, PENDING)).to.equal(0n);
      for (const way of [DEPOSIT, MINT] as const) {
        await expect(vault.connect(giver)[way](0n, giver)).to.be.revertedWithCustomError(vault, "ZeroAmount");
      }
    },
  },
  {
    clause: "4626-20 with too little gas for the oracle the pool's views refuse to answer (departure)",
    holds: async ({ vault, giver, w }) => {
      const probe = await ethers.deployContract("GasProbe");
      const data = vault.interface.encodeFunctionData("maxWithdraw", [giver.address]);
      const { success, returned } = await probe.probe(vault, 300_000n, data);
      // the fund takes the pool's refusal for "nothing now"
      expect(success).to.equal(vault !== w.pool);
      if (vault === w.pool) expect(w.pool.interface.parseError(returned)?.name).to.equal("OracleGasTooLow");
      expect((await probe.probe(vault, 1_000_000n, data)).success, "with a million").to.equal(true);
    },
  },
];

/** The fund's active shares, and what its virtual units and share are worth of them. */
async function account({ w }: Subject): Promise<{ virtualWorth: bigint }> {
  const { totalShares, coolingShares } = await w.pool.fundAccount(PENDING);
  const active = totalShares - coolingShares;
  return { virtualWorth: (active * 10n ** 6n) / ((await w.fund.totalSupply(PENDING)) + 10n ** 6n) + 1n };
}
