import { expect } from "chai";

import { LendingPool__factory } from "../../../typechain-types/index.js";
import { mulDown } from "../../../sdk/model/index.js";
import { freeze, load, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  ethers,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  WAD,
  type World,
  world,
  ZERO,
} from "../../helpers/fixtures.js";
import { PERMIT } from "../../helpers/typed-data.js";
import { anotherMarket, deposit, feelessWorld, grossOf, lentWorld } from "../pool/kit.js";

async function haircut(): Promise<World> {
  const w = await deployWorld({ parameters: { reserveFeePercent: 0n, fundFeePercent: 0n } });
  await deposit(w, w.alice, w.usd(10_000));
  await openLoan(w, w.bob, 5, 7_900);
  await setPrice(w, 800);
  await sent(w.pool.connect(w.liquidator).liquidate(w.bob, MAX, 0n, w.liquidator, "0x"));
  return w;
}

async function haircutWorld(): Promise<World> {
  return await load(haircut);
}

async function signed(w: World, value: bigint, nonce: bigint, deadline: bigint) {
  const { name, version, chainId, verifyingContract } = await w.pool.eip712Domain();
  const message = { owner: w.alice.address, spender: w.carol.address, value, nonce, deadline };
  const signature = await w.alice.signTypedData({ name, version, chainId, verifyingContract }, PERMIT, message);
  return ethers.Signature.from(signature);
}

describe("LendingPool, shares", () => {
  describe("transfer", () => {
    it("moves shares and nothing else", async () => {
      const w = await lentWorld();
      const { pool, alice, carol } = w;
      const supply = await pool.totalSupply();
      const shares = 12_345_678n;
      await expect(pool.connect(alice).transfer(carol, shares))
        .to.emit(pool, "Transfer")
        .withArgs(alice.address, carol.address, shares);
      expect(await pool.balanceOf(carol)).to.equal(shares);
      expect(await pool.balanceOf(alice)).to.equal(supply - shares);
      expect(await pool.totalSupply()).to.equal(supply);
      await expectConserved(w, [alice, carol], [w.bob]);
    });

    it("to oneself changes nothing, of all too", async () => {
      const w = await lentWorld();
      const { pool, alice } = w;
      const balance = await pool.balanceOf(alice);
      for (const shares of [0n, 1n, balance]) {
        await expect(pool.connect(alice).transfer(alice, shares))
          .to.emit(pool, "Transfer")
          .withArgs(alice.address, alice.address, shares);
        expect(await pool.balanceOf(alice)).to.equal(balance);
      }
      await expect(pool.connect(alice).transfer(alice, balance + 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
        .withArgs(alice.address, balance, balance + 1n);
      await expectConserved(w, [alice], [w.bob]);
    });

    it("reverts beyond the balance, to the zero address, and beyond the allowance", async () => {
      const w = await lentWorld();
      const { pool, alice, carol } = w;
      await expect(pool.connect(carol).transfer(alice, 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
        .withArgs(carol.address, 0n, 1n);
      await expect(pool.connect(alice).transfer(ZERO, 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InvalidReceiver")
        .withArgs(ZERO);
      await expect(pool.connect(carol).transferFrom(alice, carol, 1n))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientAllowance")
        .withArgs(carol.address, 0n, 1n);
      await sent(pool.connect(alice).approve(carol, 5n));
      await sent(pool.connect(carol).transferFrom(alice, carol, 3n));
      expect(await pool.allowance(alice, carol)).to.equal(2n);
      await expectConserved(w, [alice, carol], [w.bob]);
    });
  });

  describe("given to the pool or the fund", () => {
    it("turns pending fees into shares first, so the gift earns nothing of them", async () => {
      for (const to of ["pool", "fund"] as const) {
        const w = await lentWorld();
        const { pool, alice } = w;
        await freeze();
        const gross = await grossOf(pool);
        const { pendingFees } = await pool.totals(PENDING);
        const minted = mulDown(pendingFees, gross.shares, gross.assets);
        expect(minted > 0n).to.equal(true);
        const shares = 1_000_000_000n;
        const transaction = pool.connect(alice).transfer(w[to], shares);
        // nobody stakes: all of the fees are the reserve's
        await expect(transaction).to.emit(pool, "FeesCrystallised").withArgs(minted, 0n);
        await expect(transaction)
          .to.emit(pool, "Transfer")
          .withArgs(ZERO, await pool.getAddress(), minted);
        await expect(transaction)
          .to.emit(pool, "Transfer")
          .withArgs(alice.address, await w[to].getAddress(), shares);
        const after = await pool.totals();
        expect(after.pendingFees).to.equal(0n);
        expect(after.reserveShares).to.equal(minted + (to === "pool" ? shares : 0n));
        expect(after.fundShares).to.equal(to === "fund" ? shares : 0n);
        await expectConserved(w, [alice], [w.bob]);
      }
    });

    it("adds cover and nothing else: no price moves (A-3)", async () => {
      const w = await feelessWorld();
      const { pool, alice } = w;
      await setPrice(w, 700);
      await freeze();
      const [gross, exit] = [await pool.grossPrice(PENDING), await pool.exitPrice(PENDING)];
      expect(exit < gross).to.equal(true);
      await sent(pool.connect(alice).transfer(pool, (await pool.balanceOf(alice)) / 10n));
      expect(await pool.grossPrice()).to.equal(gross);
      // rounding: the need in shares is rounded up
      const covered = await pool.exitPrice();
      expect(covered > exit && covered < gross, "a tenth covers a part").to.equal(true);
      const { reserveShares } = await pool.totals();
      await freeze();
      const shortfall = await pool.currentShortfall(PENDING);
      const price = await grossOf(pool);
      expect(await pool.exitPrice(PENDING)).to.equal(
        ((price.assets - shortfall) * WAD * VIRTUAL_SHARES) / (price.shares - reserveShares),
      );
      await expectConserved(w, [alice], [w.bob]);
    });

    it("reverts beyond the balance", async () => {
      const w = await lentWorld();
      for (const to of [w.pool, w.fund]) {
        await expect(w.pool.connect(w.carol).transfer(to, 1n))
          .to.be.revertedWithCustomError(w.pool, "ERC20InsufficientBalance")
          .withArgs(w.carol.address, 0n, 1n);
      }
    });

    it("of zero is a transfer too, and only turns fees into shares", async () => {
      const w = await lentWorld();
      await expect(w.pool.connect(w.carol).transfer(w.fund, 0n)).to.emit(w.pool, "FeesCrystallised");
      const { fundShares, pendingFees } = await w.pool.totals();
      expect([fundShares, pendingFees]).to.deep.equal([0n, 0n]);
      await expectConserved(w, [w.alice], [w.bob]);
    });
  });

  describe("donations of tokens (A-3)", () => {
    it("change no price, no total and no limit", async () => {
      const w = await lentWorld();
      const { pool, carol, alice } = w;
      await setPrice(w, 700);
      const snapshot = async () => {
        // the same moment every time, so that interest is the same
        const timestamp = start + 1_000n;
        await time.setNextBlockTimestamp(timestamp);
        return [
          await pool.grossPrice(PENDING),
          await pool.exitPrice(PENDING),
          await pool.totalAssets(PENDING),
          await pool.maxWithdraw(alice, PENDING),
          await pool.maxFlashLoan(w.asset, PENDING),
          await pool.currentShortfall(PENDING),
          ...(await pool.totals(PENDING)),
        ];
      };
      const start = BigInt(await time.latest());
      const before = await snapshot();
      await time.setNextBlockTimestamp(start + 1n);
      await sent(w.asset.connect(carol).transfer(pool, w.usd(5_000_000)));
      await sent(w.collateral.connect(carol).transfer(pool, w.eth(5_000)));
      await sent(w.asset.connect(carol).transfer(w.fund, w.usd(5_000_000)));
      expect(await snapshot()).to.deep.equal(before);
      await expectConserved(w, [alice], [w.bob]);
    });
  });

  describe("the first supplier", () => {
    it("can't take from the second by a gift: of tokens, of shares, of a top-up (virtual shares)", async () => {
      for (const gift of ["tokens", "shares", "topUp"] as const) {
        const w = await world();
        const { pool, alice: attacker, carol: victim } = w;
        const start = await w.asset.balanceOf(attacker);
        await deposit(w, attacker, 1n + 1n);
        if (gift === "tokens") await sent(w.asset.connect(attacker).transfer(pool, w.usd(10_000)));
        if (gift === "shares") await sent(pool.connect(attacker).transfer(pool, VIRTUAL_SHARES));
        if (gift === "topUp") await sent(pool.connect(attacker).topUpReserve(w.usd(10_000)));
        const paid = w.usd(10_000);
        await deposit(w, victim, paid);
        const worth = await pool.convertToAssets(await pool.balanceOf(victim));
        expect(worth, `${gift}: the victim keeps all, up to a wei`).to.be.oneOf([paid, paid - 1n]);
        const shares = await pool.balanceOf(attacker);
        await sent(pool.connect(attacker)["redeem(uint256,address,address)"](shares, attacker, attacker));
        expect((await w.asset.balanceOf(attacker)) <= start, `${gift}: the attacker gains nothing`).to.equal(true);
        await expectConserved(w, [attacker, victim], []);
      }
    });

    it("finds the price at one as long as there is no debt: a pool of a wei can't be lent from", async () => {
      const w = await world();
      const { pool, alice, bob, carol } = w;
      await deposit(w, alice, 1n);
      await sent(pool.connect(bob).supplyCollateral(w.eth(1), bob));
      await freeze();
      const { borrowIndexWad } = await pool.totals(PENDING);
      const debt = (borrowIndexWad + WAD - 1n) / WAD;
      await expect(pool.connect(bob).borrow(1n, bob, bob))
        .to.be.revertedWithCustomError(pool, "DebtBelowMinimum")
        .withArgs(debt, w.usd(100));
      await deposit(w, carol, 3n);
      expect(await pool.balanceOf(carol)).to.equal(3n * VIRTUAL_SHARES);
      await expectConserved(w, [alice, carol], [bob]);
    });
  });

  describe("permit (ERC-2612)", () => {
    it("approves once, before its deadline", async () => {
      const w = await lentWorld();
      const { pool, alice, carol } = w;
      const { v, r, s } = await signed(w, 77n, 0n, MAX);
      await sent(pool.connect(carol).permit(alice, carol, 77n, MAX, v, r, s));
      expect(await pool.allowance(alice, carol)).to.equal(77n);
      expect(await pool.nonces(alice)).to.equal(1n);
      await sent(pool.connect(carol).transferFrom(alice, carol, 70n));
      const errors = LendingPool__factory.connect(await pool.getAddress(), carol);
      await expect(pool.connect(carol).permit(alice, carol, 77n, MAX, v, r, s)).to.be.revertedWithCustomError(
        errors,
        "ERC2612InvalidSigner",
      );
      const late = await signed(w, 1n, 1n, 1n);
      await expect(pool.connect(carol).permit(alice, carol, 1n, 1n, late.v, late.r, late.s))
        .to.be.revertedWithCustomError(errors, "ERC2612ExpiredSignature")
        .withArgs(1n);
    });
  });

  describe("multicall", () => {
    it("runs calls of the pool and of its modules in one transaction, as the caller", async () => {
      const w = await world();
      const { pool, carol } = w;
      const encode = pool.interface.encodeFunctionData.bind(pool.interface);
      const calls = [
        encode("deposit(uint256,address)", [w.usd(1_000), carol.address]),
        encode("supplyCollateral", [w.eth(1), carol.address]),
        encode("borrow", [w.usd(500), carol.address, carol.address]),
        encode("accrue"),
        encode("topUpReserve", [w.usd(5)]),
        encode("grossAssets"),
      ];
      const results = await pool.connect(carol).multicall.staticCall(calls);
      expect(results.length).to.equal(6);
      const transaction = pool.connect(carol).multicall(calls);
      await expect(transaction).to.changeTokenBalances(ethers, w.asset, [carol, pool], [-w.usd(505), w.usd(505)]);
      expect(await pool.grossAssets()).to.equal(BigInt(results[5] ?? "0x0"));
      expect((await pool.position(carol)).collateral).to.equal(w.eth(1));
      await expectConserved(w, [carol], [carol]);
    });

    it("reverts as a whole, with the error of the call that failed", async () => {
      const w = await world();
      const { pool, carol } = w;
      const encode = pool.interface.encodeFunctionData.bind(pool.interface);
      await expect(
        pool
          .connect(carol)
          .multicall([
            encode("deposit(uint256,address)", [w.usd(1_000), carol.address]),
            encode("repay", [1n, carol.address]),
          ]),
      )
        .to.be.revertedWithCustomError(pool, "NoDebt")
        .withArgs(carol.address);
      expect(await pool.totalSupply()).to.equal(0n);
    });

    it("gives nobody a role", async () => {
      const w = await world();
      await expect(w.pool.connect(w.carol).multicall([w.pool.interface.encodeFunctionData("pause")]))
        .to.be.revertedWithCustomError(w.pool, "AccessManagedUnauthorized")
        .withArgs(w.carol.address);
    });
  });

  describe("after a haircut", () => {
    it("a transfer settles both sides: the certificate stays with who bore the loss", async () => {
      const w = await haircutWorld();
      const { pool, alice, carol } = w;
      const face = (await pool.certificateOf(alice)).unpaidFace;
      expect(face > 0n).to.equal(true);
      await sent(pool.connect(alice).transfer(carol, await pool.balanceOf(alice)));
      expect((await pool.certificateOf(carol)).unpaidFace).to.equal(0n);
      // rounding: the face is rounded up once more when it is settled
      expect((await pool.certificateOf(alice)).unpaidFace - face <= 1n).to.equal(true);
      await sent(pool.connect(carol).transfer(carol, 5n));
      expect((await pool.certificateOf(carol)).unpaidFace).to.equal(0n);
      await expectConserved(w, [alice, carol], [w.bob]);
    });

    it("shares given to the pool or the fund leave their certificate behind", async () => {
      const w = await haircutWorld();
      const { pool, alice } = w;
      const face = (await pool.certificateOf(alice)).unpaidFace;
      await sent(pool.connect(alice).transfer(pool, (await pool.balanceOf(alice)) / 2n));
      await sent(pool.connect(alice).transfer(w.fund, await pool.balanceOf(alice)));
      expect((await pool.certificateOf(alice)).unpaidFace - face <= 1n).to.equal(true);
      expect((await pool.certificateOf(pool)).unpaidFace).to.equal(0n);
      await expectConserved(w, [alice], [w.bob]);
    });

    it("new shares have no part in it", async () => {
      const w = await haircutWorld();
      await sent(w.pool.connect(w.carol)["deposit(uint256,address)"](w.usd(100), w.carol));
      await time.increase(DAY);
      expect((await w.pool.certificateOf(w.carol)).unpaidFace).to.equal(0n);
      await expectConserved(w, [w.alice, w.carol], [w.bob]);
    });
  });

  it("carry the decimals of 6- and 8-decimal assets through deposit and exit", async () => {
    const base = await world();
    for (const decimals of [6, 8]) {
      const asset = await ethers.deployContract("MockERC20", ["Asset", "A", decimals]);
      const w = await anotherMarket(base, { asset });
      await deposit(w, w.alice, w.usd(1_000));
      await openLoan(w, w.bob, 1, 500);
      await time.increase(DAY);
      const shares = await w.pool.balanceOf(w.alice);
      await freeze();
      const gross = await grossOf(w.pool);
      expect(await w.pool.convertToAssets(shares, PENDING)).to.equal(mulDown(shares, gross.assets, gross.shares));
      await sent(w.pool.connect(w.bob).repay(MAX, w.bob));
      await sent(w.pool.connect(w.alice)["redeem(uint256,address,address)"](shares, w.alice, w.alice));
      await expectConserved(w, [w.alice], [w.bob]);
    }
  });
});
