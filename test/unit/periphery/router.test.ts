import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";

import {
  DAY,
  encoded,
  ethers,
  type Listed,
  MAX,
  type Periphery,
  periphery,
  sent,
  signOperator,
  signPermit,
  time,
  WAD,
  ZERO,
} from "./fixture.js";

const NEVER = ethers.MaxUint256;

/** Nothing stays in the router, and nobody may take from it. */
async function expectEmpty(p: Periphery): Promise<void> {
  expect(await ethers.provider.getBalance(p.routerAddress), "coins").to.equal(0n);
  for (const { pool, fund, address } of [p.plain, p.lendsNative, p.takesNative]) {
    const fundAddress = await fund.getAddress();
    expect(await pool.balanceOf(p.routerAddress), "pool shares").to.equal(0n);
    expect(await fund.balanceOf(p.routerAddress), "units").to.equal(0n);
    expect(await pool.allowance(p.routerAddress, fundAddress), "allowance of the fund").to.equal(0n);
    for (const token of [p.asset, p.collateral, p.weth]) {
      expect(await token.balanceOf(p.routerAddress), "tokens").to.equal(0n);
      expect(await token.allowance(p.routerAddress, address), "allowance of the pool").to.equal(0n);
    }
  }
}

/** The caller's native coin before and after, the gas aside. */
async function spent(who: HardhatEthersSigner, act: () => ReturnType<typeof sent>): Promise<bigint> {
  const before = await ethers.provider.getBalance(who.address);
  const receipt = await act();
  return before - (await ethers.provider.getBalance(who.address)) - receipt.gasUsed * receipt.gasPrice;
}

/** A loan of 5 of Bob's in the market that lends the coin, with the router as his operator. */
async function nativeLoan(p: Periphery): Promise<void> {
  const { pool, address } = p.lendsNative;
  await sent(p.router.connect(p.bob).supplyCollateral(address, p.usd(20_000), p.bob.address));
  await sent(pool.connect(p.bob).setOperator(p.routerAddress, true));
  await sent(p.router.connect(p.bob).borrowNative(address, 5n * WAD, p.carol.address));
}

/** Units of Alice's that have cooled. */
async function cooledUnits(p: Periphery, { pool, fund, address }: Listed, value: bigint): Promise<bigint> {
  const alice = p.router.connect(p.alice);
  const isNative = pool === p.lendsNative.pool;
  await sent(
    isNative
      ? alice.depositAndStakeNative(address, value, p.alice.address, 0, { value })
      : alice.depositAndStake(address, value, p.alice.address, 0),
  );
  const units = await fund.balanceOf(p.alice.address);
  await sent(fund.connect(p.alice).requestRedeem(units, p.alice.address, p.alice.address));
  await time.increase(14n * DAY);
  return units;
}

describe("Router", () => {
  describe("supplying and staking", () => {
    it("takes exactly the amount and gives shares", async () => {
      const p = await periphery();
      const shares = await p.pool.previewDeposit(p.usd(100));
      const deposit = p.router.connect(p.alice).deposit(p.plain.address, p.usd(100), p.carol.address, 0);
      await expect(deposit).to.changeTokenBalance(ethers, p.asset, p.alice, -p.usd(100));
      expect(await p.pool.balanceOf(p.carol.address)).to.be.within(shares - shares / 10n ** 9n, shares);
      await expectEmpty(p);
    });

    it("takes native coin, and gives back what is left", async () => {
      const p = await periphery();
      const alice = p.router.connect(p.alice);
      const { pool, address } = p.lendsNative;
      const cost = await spent(p.alice, () =>
        sent(alice.depositNative(address, 2n * WAD, p.alice.address, 0, { value: 3n * WAD })),
      );
      expect(cost).to.equal(2n * WAD);
      expect(await pool.convertToAssets(await pool.balanceOf(p.alice.address))).to.be.within(2n * WAD - 9n, 2n * WAD);
      await expectEmpty(p);
    });

    it("takes assets to fund units", async () => {
      const p = await periphery();
      await sent(p.router.connect(p.alice).depositAndStake(p.plain.address, p.usd(100), p.carol.address, 0));
      await sent(
        p.router.connect(p.alice).depositAndStakeNative(p.lendsNative.address, WAD, p.carol.address, 0, { value: WAD }),
      );
      for (const [{ pool, fund }, value] of [
        [p.plain, p.usd(100)],
        [p.lendsNative, WAD],
      ] as const) {
        const staked = await fund.convertToAssets(await fund.balanceOf(p.carol.address));
        expect(await pool.convertToAssets(staked)).to.be.within(value - value / 10n ** 9n, value);
      }
      await expectEmpty(p);
    });

    it("stakes pool shares after a permit", async () => {
      const p = await periphery();
      const shares = await p.pool.balanceOf(p.dave.address);
      const { v, r, s } = await signPermit(p.pool, p.dave, p.routerAddress, shares);
      await sent(
        p.router
          .connect(p.dave)
          .multicall([
            encoded(p.router, "selfPermit", [p.plain.address, shares, NEVER, v, r, s]),
            encoded(p.router, "stake", [p.plain.address, shares, p.dave.address, 1]),
          ]),
      );
      expect(await p.pool.balanceOf(p.dave.address)).to.equal(0n);
      expect(await p.fund.balanceOf(p.dave.address)).to.be.greaterThan(0n);
      await expectEmpty(p);
    });

    it("gives no less than the least to accept", async () => {
      const p = await periphery();
      const alice = p.router.connect(p.alice);
      for (const attempt of [
        () => alice.deposit(p.plain.address, p.usd(1), p.alice.address, MAX),
        () => alice.depositAndStake(p.plain.address, p.usd(1), p.alice.address, MAX),
        () => alice.depositNative(p.lendsNative.address, 1, p.alice.address, MAX, { value: 1 }),
        () => alice.depositAndStakeNative(p.lendsNative.address, WAD, p.alice.address, MAX, { value: WAD }),
      ]) {
        await expect(attempt()).to.be.revertedWithCustomError(p.pool, "BelowMinimum");
      }
      await sent(p.pool.connect(p.dave).approve(p.routerAddress, MAX));
      await expect(
        p.router.connect(p.dave).stake(p.plain.address, WAD, p.dave.address, MAX),
      ).to.be.revertedWithCustomError(p.fund, "BelowMinimum");
    });
  });

  describe("leaving", () => {
    it("pays native coin for the caller's shares", async () => {
      const p = await periphery();
      const { pool, address } = p.lendsNative;
      await sent(pool.connect(p.dave).approve(p.routerAddress, MAX));
      const dave = p.router.connect(p.dave);
      await expect(dave.withdrawNative(address, WAD, p.carol.address, MAX)).to.changeEtherBalance(ethers, p.carol, WAD);
      const shares = await pool.balanceOf(p.dave.address);
      const worth = await pool.convertToAssets(shares);
      await expect(dave.redeemNative(address, shares, p.carol.address, worth)).to.changeEtherBalance(
        ethers,
        p.carol,
        worth,
      );
      await expectEmpty(p);
    });

    it("keeps to the limits", async () => {
      const p = await periphery();
      const { pool, address } = p.lendsNative;
      await sent(pool.connect(p.dave).approve(p.routerAddress, MAX));
      const dave = p.router.connect(p.dave);
      await expect(dave.withdrawNative(address, WAD, p.dave.address, 1)).to.be.revertedWithCustomError(
        pool,
        "AboveMaximum",
      );
      await expect(dave.redeemNative(address, WAD, p.dave.address, MAX)).to.be.revertedWithCustomError(
        pool,
        "BelowMinimum",
      );
    });

    it("never touches another's shares, whatever they have allowed", async () => {
      const p = await periphery();
      const { pool, address } = p.lendsNative;
      await sent(pool.connect(p.dave).approve(p.routerAddress, MAX));
      await expect(
        p.router.connect(p.erin).redeemNative(address, WAD, p.erin.address, 0),
      ).to.be.revertedWithCustomError(pool, "ERC20InsufficientAllowance");
    });

    it("claims cooled units and redeems them", async () => {
      const p = await periphery();
      const units = await cooledUnits(p, p.plain, p.usd(100));
      await sent(p.fund.connect(p.alice).setOperator(p.routerAddress, true));
      const alice = p.router.connect(p.alice);
      const before = await p.asset.balanceOf(p.carol.address);
      await expect(alice.claimAndRedeem(p.plain.address, units, p.carol.address, MAX)).to.be.revertedWithCustomError(
        p.pool,
        "BelowMinimum",
      );
      await sent(alice.claimAndRedeem(p.plain.address, units, p.carol.address, p.usd(99)));
      expect((await p.asset.balanceOf(p.carol.address)) - before).to.be.within(p.usd(100) - 10n ** 9n, p.usd(100));
      await expectEmpty(p);
    });

    it("claims as native coin", async () => {
      const p = await periphery();
      const units = await cooledUnits(p, p.lendsNative, WAD);
      await sent(p.lendsNative.fund.connect(p.alice).setOperator(p.routerAddress, true));
      const before = await ethers.provider.getBalance(p.carol.address);
      const alice = p.router.connect(p.alice);
      await sent(alice.claimAndRedeemNative(p.lendsNative.address, units, p.carol.address, 0));
      expect((await ethers.provider.getBalance(p.carol.address)) - before).to.be.within(WAD - 10n ** 9n, WAD);
      await expectEmpty(p);
    });

    it("claims for nobody who has not made it an operator, and for no other", async () => {
      const p = await periphery();
      const units = await cooledUnits(p, p.plain, p.usd(100));
      const claim = (who: HardhatEthersSigner) => p.router.connect(who).claimAndRedeem(p.plain.address, units, who, 0);
      await expect(claim(p.alice)).to.be.revertedWithCustomError(p.fund, "NotAuthorised");
      await sent(p.fund.connect(p.alice).setOperator(p.routerAddress, true));
      await sent(p.fund.connect(p.erin).setOperator(p.routerAddress, true));
      await expect(claim(p.erin)).to.be.revertedWithCustomError(p.fund, "ExceedsClaimable");
    });
  });

  describe("borrowing", () => {
    it("opens a loan against native coin, by one signature and one transaction", async () => {
      const p = await periphery();
      const { pool, address } = p.takesNative;
      const signature = await signOperator(pool, p.bob, p.routerAddress, true);
      const before = await p.asset.balanceOf(p.bob.address);
      const cost = await spent(p.bob, () =>
        sent(
          p.router
            .connect(p.bob)
            .multicall(
              [
                encoded(p.router, "requireBefore", [NEVER]),
                encoded(p.router, "setOperatorWithSig", [address, true, NEVER, signature]),
                encoded(p.router, "supplyCollateralNative", [address, 10n * WAD, p.bob.address]),
                encoded(p.router, "borrow", [address, p.usd(10_000), p.bob.address]),
                encoded(p.router, "requirePosition", [address, (51n * WAD) / 100n, WAD]),
              ],
              { value: 11n * WAD },
            ),
        ),
      );
      expect(cost).to.equal(10n * WAD);
      expect((await p.asset.balanceOf(p.bob.address)) - before).to.equal(p.usd(10_000));
      const position = await pool.position(p.bob.address);
      expect(position.collateral).to.equal(10n * WAD);
      expect(position.debtAssets).to.be.within(p.usd(10_000), p.usd(10_000) + 1n); // rounded up
      await expectEmpty(p);
    });

    it("closes it, all debt and all collateral, and takes the right back", async () => {
      const p = await periphery();
      const { pool, address } = p.takesNative;
      const bob = p.router.connect(p.bob);
      await sent(bob.supplyCollateralNative(address, 10n * WAD, p.bob.address, { value: 10n * WAD }));
      await sent(pool.connect(p.bob).borrow(p.usd(10_000), p.bob.address, p.bob.address));
      await time.increase(30n * DAY);
      const calls = [
        encoded(p.router, "repay", [address, MAX, p.bob.address]),
        encoded(p.router, "setOperatorWithSig", [
          address,
          true,
          NEVER,
          await signOperator(pool, p.bob, p.routerAddress, true),
        ]),
        encoded(p.router, "withdrawCollateralNative", [address, MAX, p.carol.address]),
        encoded(p.router, "setOperatorWithSig", [
          address,
          false,
          NEVER,
          await signOperator(pool, p.bob, p.routerAddress, false, 1n),
        ]),
      ];
      await expect(bob.multicall(calls)).to.changeEtherBalance(ethers, p.carol, 10n * WAD);
      const position = await pool.positionOf(p.bob.address);
      expect([position.debtShares, position.collateral]).to.deep.equal([0n, 0n]);
      expect(await pool.isOperator(p.bob.address, p.routerAddress)).to.equal(false);
      await expectEmpty(p);
    });

    it("lends native coin and takes it back, to the wei", async () => {
      const p = await periphery();
      const { pool, address } = p.lendsNative;
      const bob = p.router.connect(p.bob);
      await sent(bob.supplyCollateral(address, p.usd(20_000), p.bob.address));
      await sent(pool.connect(p.bob).setOperator(p.routerAddress, true));
      await expect(bob.borrowNative(address, 5n * WAD, p.carol.address)).to.changeEtherBalance(
        ethers,
        p.carol,
        5n * WAD,
      );
      await time.increase(30n * DAY);
      expect(await spent(p.bob, () => sent(bob.repayNative(address, WAD, p.bob.address, { value: WAD })))).to.equal(
        WAD,
      );

      // Somebody else repays the rest: only as much as is owed.
      const owed = (await pool.position(p.bob.address)).debtAssets;
      const cost = await spent(p.alice, () =>
        sent(p.router.connect(p.alice).repayNative(address, MAX, p.bob.address, { value: 6n * WAD })),
      );
      expect(cost).to.be.within(owed, owed + owed / 10n ** 7n);
      expect((await pool.position(p.bob.address)).debtAssets).to.equal(0n);
      await sent(bob.withdrawCollateral(address, p.usd(1), p.bob.address));
      await expect(bob.withdrawCollateral(address, MAX, p.carol.address)).to.changeTokenBalance(
        ethers,
        p.asset,
        p.carol,
        p.usd(19_999),
      );
      await expectEmpty(p);
    });

    it("repays no more than it is told to", async () => {
      const p = await periphery();
      await nativeLoan(p);
      const before = (await p.lendsNative.pool.position(p.bob.address)).debtAssets;
      await sent(p.router.connect(p.alice).repayNative(p.lendsNative.address, WAD, p.bob.address, { value: 2n * WAD }));
      const after = (await p.lendsNative.pool.position(p.bob.address)).debtAssets;
      expect(before - after).to.be.within(WAD - WAD / 10n ** 6n, WAD);
      await expectEmpty(p);
    });

    it("gives collateral to others", async () => {
      const p = await periphery();
      await sent(p.router.connect(p.alice).supplyCollateral(p.plain.address, p.eth(1), p.bob.address));
      await sent(
        p.router.connect(p.alice).supplyCollateralNative(p.takesNative.address, WAD, p.bob.address, { value: WAD }),
      );
      expect((await p.pool.positionOf(p.bob.address)).collateral).to.equal(p.eth(1));
      expect((await p.takesNative.pool.positionOf(p.bob.address)).collateral).to.equal(WAD);
    });

    it("acts for nobody who has not made it an operator, and for no other", async () => {
      const p = await periphery();
      await nativeLoan(p);
      const { pool, address } = p.lendsNative;
      const erin = p.router.connect(p.erin);
      for (const attempt of [
        () => erin.borrow(address, 1, p.erin.address),
        () => erin.borrowNative(address, 1, p.erin.address),
        () => erin.withdrawCollateral(address, 1, p.erin.address),
        () => erin.withdrawCollateralNative(p.takesNative.address, 1, p.erin.address),
      ]) {
        await expect(attempt())
          .to.be.revertedWithCustomError(pool, "NotAuthorised")
          .withArgs(p.routerAddress, p.erin.address);
      }
      await sent(pool.connect(p.erin).setOperator(p.routerAddress, true));
      await expect(erin.withdrawCollateral(address, 1, p.erin.address))
        .to.be.revertedWithCustomError(pool, "InsufficientCollateral")
        .withArgs(1, 0);
    });

    it("stops the batch when a condition does not hold", async () => {
      const p = await periphery();
      await nativeLoan(p);
      const { pool, address } = p.lendsNative;
      const bob = p.router.connect(p.bob);
      const { ltvWad } = await pool.position(p.bob.address);
      await expect(bob.requirePosition(address, ltvWad, MAX)).to.be.revertedWithCustomError(
        p.router,
        "LtvAboveMaximum",
      );
      await expect(bob.requirePosition(address, MAX, 1)).to.be.revertedWithCustomError(p.router, "RateAboveMaximum");
      const now = BigInt(await time.latest());
      await time.setNextBlockTimestamp(now + 10n);
      await expect(bob.requireBefore(now + 9n))
        .to.be.revertedWithCustomError(p.router, "DeadlinePassed")
        .withArgs(now + 9n, now + 10n);
      await time.setNextBlockTimestamp(now + 20n);
      await sent(bob.requireBefore(now + 20n));
    });
  });

  it("tops the reserve up with native coin", async () => {
    const p = await periphery();
    const { pool, address } = p.lendsNative;
    await sent(p.router.connect(p.alice).topUpReserveNative(address, WAD, { value: WAD }));
    expect(await pool.convertToAssets((await pool.totals()).reserveShares)).to.be.within(WAD - 9n, WAD);
    await expectEmpty(p);
  });

  describe("signatures", () => {
    it("is not stopped by somebody who used one before", async () => {
      const p = await periphery();
      const { v, r, s } = await signPermit(p.asset, p.carol, p.routerAddress, p.usd(5));
      const operator = await signOperator(p.pool, p.carol, p.routerAddress, true);
      await sent(p.asset.connect(p.erin).permit(p.carol.address, p.routerAddress, p.usd(5), NEVER, v, r, s));
      await sent(p.pool.connect(p.erin).setOperatorWithSig(p.carol.address, p.routerAddress, true, NEVER, operator));
      await sent(
        p.router
          .connect(p.carol)
          .multicall([
            encoded(p.router, "selfPermit", [await p.asset.getAddress(), p.usd(5), NEVER, v, r, s]),
            encoded(p.router, "setOperatorWithSig", [p.plain.address, true, NEVER, operator]),
            encoded(p.router, "deposit", [p.plain.address, p.usd(5), p.carol.address, 0]),
          ]),
      );
      expect(await p.pool.balanceOf(p.carol.address)).to.be.greaterThan(0n);
    });

    it("takes those of the caller only", async () => {
      const p = await periphery();
      const { v, r, s } = await signPermit(p.asset, p.carol, p.routerAddress, p.usd(5));
      const operator = await signOperator(p.pool, p.carol, p.routerAddress, true);
      const erin = p.router.connect(p.erin);
      const token = await p.asset.getAddress();
      await expect(erin.selfPermit(token, p.usd(5), NEVER, v, r, s))
        .to.be.revertedWithCustomError(p.router, "PermitFailed")
        .withArgs(token, 0, p.usd(5));
      await expect(erin.setOperatorWithSig(p.plain.address, true, NEVER, operator))
        .to.be.revertedWithCustomError(p.router, "OperatorNotSet")
        .withArgs(p.plain.address, p.erin.address, true);
    });
  });

  describe("the native coin", () => {
    it("is counted once over a batch", async () => {
      const p = await periphery();
      const { address } = p.lendsNative;
      const alice = p.router.connect(p.alice);
      const deposit = encoded(p.router, "depositNative", [address, WAD, p.alice.address, 0]);
      await expect(alice.multicall([deposit, deposit], { value: 2n * WAD - 1n }))
        .to.be.revertedWithCustomError(p.router, "InsufficientNative")
        .withArgs(WAD, WAD - 1n);
      const cost = await spent(p.alice, () => sent(alice.multicall([deposit, deposit], { value: 3n * WAD })));
      expect(cost).to.equal(2n * WAD);
      await expectEmpty(p);
    });

    it("that got here by force serves nobody", async () => {
      const p = await periphery();
      await networkSetBalance(p.routerAddress, WAD);
      await expect(p.router.connect(p.erin).depositNative(p.lendsNative.address, WAD, p.erin.address, 0))
        .to.be.revertedWithCustomError(p.router, "InsufficientNative")
        .withArgs(WAD, 0);
      const cost = await spent(p.erin, () => sent(p.router.connect(p.erin).requireBefore(NEVER, { value: 7n })));
      expect(cost).to.equal(0n);
      expect(await ethers.provider.getBalance(p.routerAddress)).to.equal(WAD);
    });

    it("does not go to one who can't take it", async () => {
      const p = await periphery();
      const { pool, address } = p.lendsNative;
      await sent(pool.connect(p.dave).approve(p.routerAddress, MAX));
      await expect(p.router.connect(p.dave).withdrawNative(address, WAD, address, MAX))
        .to.be.revertedWithCustomError(p.router, "NativeTransferFailed")
        .withArgs(address, WAD);
    });

    it("does not go where the token is another one", async () => {
      const p = await periphery();
      const alice = p.router.connect(p.alice);
      const [token, native] = [await p.asset.getAddress(), await p.weth.getAddress()];
      const { address } = p.plain;
      const value = 1n;
      for (const [attempt, refused] of [
        [() => alice.depositNative(address, 1, p.alice, 0, { value }), token],
        [() => alice.depositAndStakeNative(address, 1, p.alice, 0, { value }), token],
        [() => alice.withdrawNative(address, 1, p.alice, MAX), token],
        [() => alice.redeemNative(address, 1, p.alice, 0), token],
        [() => alice.borrowNative(address, 1, p.alice), token],
        [() => alice.repayNative(address, 1, p.alice, { value }), token],
        [() => alice.topUpReserveNative(address, 1, { value }), token],
        [() => alice.supplyCollateralNative(address, 1, p.alice, { value }), await p.collateral.getAddress()],
        [() => alice.withdrawCollateralNative(address, 1, p.alice), await p.collateral.getAddress()],
      ] as const) {
        await expect(attempt()).to.be.revertedWithCustomError(p.router, "NotWrappedNative").withArgs(refused, native);
      }
    });

    it("is not taken from anyone but the wrapped coin", async () => {
      const p = await periphery();
      await expect(p.erin.sendTransaction({ to: p.routerAddress, value: 1 }))
        .to.be.revertedWithCustomError(p.router, "NativeNotAccepted")
        .withArgs(p.erin.address);
    });
  });

  describe("multicall", () => {
    it("passes a step's error on, and undoes the others", async () => {
      const p = await periphery();
      const shares = await p.pool.balanceOf(p.alice.address);
      await expect(
        p.router
          .connect(p.alice)
          .multicall([
            encoded(p.router, "deposit", [p.plain.address, p.usd(5), p.alice.address, 0]),
            encoded(p.router, "deposit", [p.plain.address, p.usd(5), p.alice.address, MAX]),
          ]),
      ).to.be.revertedWithCustomError(p.pool, "BelowMinimum");
      expect(await p.pool.balanceOf(p.alice.address)).to.equal(shares);
    });

    it("does not nest", async () => {
      const p = await periphery();
      const inner = encoded(p.router, "multicall", [[]]);
      await sent(p.router.connect(p.alice).multicall([]));
      await expect(p.router.connect(p.alice).multicall([inner])).to.be.revertedWithCustomError(p.router, "Reentered");
    });
  });

  it("serves listed pools only", async () => {
    const p = await periphery();
    const alice = p.router.connect(p.alice);
    const pool = p.erin.address;
    for (const attempt of [
      () => alice.deposit(pool, 1, p.alice, 0),
      () => alice.depositNative(pool, 1, p.alice, 0, { value: 1 }),
      () => alice.withdrawNative(pool, 1, p.alice, 0),
      () => alice.redeemNative(pool, 1, p.alice, 0),
      () => alice.depositAndStake(pool, 1, p.alice, 0),
      () => alice.depositAndStakeNative(pool, 1, p.alice, 0, { value: 1 }),
      () => alice.stake(pool, 1, p.alice, 0),
      () => alice.claimAndRedeem(pool, 1, p.alice, 0),
      () => alice.claimAndRedeemNative(pool, 1, p.alice, 0),
      () => alice.supplyCollateral(pool, 1, p.alice),
      () => alice.supplyCollateralNative(pool, 1, p.alice, { value: 1 }),
      () => alice.withdrawCollateral(pool, 1, p.alice),
      () => alice.withdrawCollateralNative(pool, 1, p.alice),
      () => alice.borrow(pool, 1, p.alice),
      () => alice.borrowNative(pool, 1, p.alice),
      () => alice.repay(pool, 1, p.alice),
      () => alice.repayNative(pool, 1, p.alice, { value: 1 }),
      () => alice.topUpReserveNative(pool, 1, { value: 1 }),
      () => alice.setOperatorWithSig(pool, true, NEVER, "0x"),
      () => alice.requirePosition(pool, MAX, MAX),
    ]) {
      await expect(attempt()).to.be.revertedWithCustomError(p.router, "NotListed").withArgs(pool);
    }
  });

  it("gives nothing to nobody, or to itself", async () => {
    const p = await periphery();
    const alice = p.router.connect(p.alice);
    const pool = p.lendsNative.address;
    for (const nobody of [ZERO, p.routerAddress]) {
      for (const attempt of [
        () => alice.deposit(pool, 1, nobody, 0),
        () => alice.depositNative(pool, 1, nobody, 0, { value: 1 }),
        () => alice.withdrawNative(pool, 1, nobody, 0),
        () => alice.redeemNative(pool, 1, nobody, 0),
        () => alice.depositAndStake(pool, 1, nobody, 0),
        () => alice.depositAndStakeNative(pool, 1, nobody, 0, { value: 1 }),
        () => alice.stake(pool, 1, nobody, 0),
        () => alice.claimAndRedeem(pool, 1, nobody, 0),
        () => alice.claimAndRedeemNative(pool, 1, nobody, 0),
        () => alice.supplyCollateral(pool, 1, nobody),
        () => alice.supplyCollateralNative(pool, 1, nobody, { value: 1 }),
        () => alice.withdrawCollateral(pool, 1, nobody),
        () => alice.withdrawCollateralNative(pool, 1, nobody),
        () => alice.borrow(pool, 1, nobody),
        () => alice.borrowNative(pool, 1, nobody),
      ]) {
        await expect(attempt()).to.be.revertedWithCustomError(p.router, "InvalidReceiver").withArgs(nobody);
      }
    }
  });

  it("can't be called from within a step", async () => {
    const p = await periphery();
    const hostile = await ethers.deployContract("ReentrantToken", [18]);
    const { address } = await p.list(hostile, p.collateral, 2_000);
    await sent(hostile.mint(p.alice.address, p.usd(100)));
    await sent(hostile.connect(p.alice).approve(p.routerAddress, MAX));
    const deposit = encoded(p.router, "deposit", [address, p.usd(10), p.alice.address, 0]);
    for (const payload of [
      deposit,
      encoded(p.router, "requireBefore", [NEVER]),
      encoded(p.router, "multicall", [[encoded(p.router, "requireBefore", [NEVER])]]),
    ]) {
      await sent(hostile.arm(p.routerAddress, payload, 1));
      await sent(p.router.connect(p.alice).multicall([deposit]));
      expect(await hostile.callCount()).to.equal(1n);
      expect(await hostile.lastSuccess()).to.equal(false);
      expect(await hostile.lastReturnData()).to.equal(p.router.interface.encodeErrorResult("Reentered"));
    }
  });
});

async function networkSetBalance(account: string, balance: bigint): Promise<void> {
  await ethers.provider.send("hardhat_setBalance", [account, ethers.toQuantity(balance)]);
}
