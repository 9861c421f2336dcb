import { expect } from "chai";

import { load } from "../../helpers/blocks.js";
import {
  deployWorld,
  ethers,
  expectConserved,
  openLoan,
  sent,
  VIRTUAL_SHARES,
  type World,
  world,
} from "../../helpers/fixtures.js";
import type { ReentrantToken } from "../../../typechain-types/index.js";
import { anotherMarket, deposit, deployPuppet, type Puppet } from "../pool/kit.js";

const MAGIC = ethers.id("ERC3156FlashBorrower.onFlashLoan");
const ON_FLASH_LOAN = ethers.id("onFlashLoan(address,address,uint256,uint256,bytes)").slice(0, 10);

type Stage = World & { borrower: Puppet; token: string };

/** A pool with 1,000 in cash and 500 lent, and a contract that borrows for an instant and pays back. */
async function stage(): Promise<Stage> {
  return await load(setStage);
}

async function setStage(): Promise<Stage> {
  const w = await deployWorld();
  await deposit(w, w.alice, w.usd(1_500));
  await openLoan(w, w.bob, 1, 500);
  return await withBorrower(w);
}

async function withBorrower(w: World): Promise<Stage> {
  const borrower = await deployPuppet(w.dave);
  await sent(borrower.answer(ON_FLASH_LOAN, MAGIC));
  await approve(w, borrower, (1n << 255n) - 1n);
  return { ...w, borrower, token: await w.asset.getAddress() };
}

async function approve(w: World, borrower: Puppet, amount: bigint): Promise<void> {
  const data = w.asset.interface.encodeFunctionData("approve", [await w.pool.getAddress(), amount]);
  await sent(borrower.call(w.asset, data));
}

type Reentrant = Stage & { reentrant: ReentrantToken };

async function setReentrant(): Promise<Reentrant> {
  const token = await ethers.deployContract("ReentrantToken", [18]);
  const w = await anotherMarket(await deployWorld(), { asset: token });
  await deposit(w, w.alice, w.usd(1_500));
  await openLoan(w, w.bob, 1, 500);
  await sent(w.pool.connect(w.bob).setOperator(w.asset, true));
  return { ...(await withBorrower(w)), reentrant: token };
}

async function reentrant(): Promise<Reentrant> {
  return await load(setReentrant);
}

async function during(w: Reentrant, data: string): Promise<{ success: boolean; returned: string }> {
  await sent(w.reentrant.arm(w.pool, data, 1n));
  await sent(w.pool.flashLoan(w.borrower.address, w.token, w.usd(100), "0x"));
  expect(await w.reentrant.callCount()).to.equal(1n);
  return { success: await w.reentrant.lastSuccess(), returned: await w.reentrant.lastReturnData() };
}

describe("LendingPool, flash loan", () => {
  it("lends up to all cash, free of charge, and is whole again", async () => {
    const w = await stage();
    const { pool, borrower, token } = w;
    const before = await pool.totals();
    const price = await pool.grossPrice();
    for (const assets of [1n, w.usd(10), before.cash]) {
      const transaction = pool.connect(w.carol).flashLoan(borrower.address, token, assets, "0x1234");

      await expect(transaction)
        .to.emit(w.asset, "Transfer")
        .withArgs(await pool.getAddress(), borrower.address, assets);
      await expect(transaction)
        .to.emit(w.asset, "Transfer")
        .withArgs(borrower.address, await pool.getAddress(), assets);
      await expect(transaction).to.changeTokenBalances(ethers, w.asset, [pool, borrower.address], [0n, 0n]);
    }
    expect((await pool.totals()).cash).to.equal(before.cash);
    expect((await pool.grossPrice()) >= price).to.equal(true);
    expect(await pool.flashLoan.staticCall(borrower.address, token, 1n, "0x")).to.equal(true);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("tells its borrower of no fee either", async () => {
    const w = await stage();
    const actor = await ethers.deployContract("FlashActor"); // approves the amount and the fee that it is told
    const noCalls = ethers.AbiCoder.defaultAbiCoder().encode(["tuple(address target, bytes payload)[]"], [[]]);
    await sent(w.pool.connect(w.carol).flashLoan(actor, w.token, w.usd(5), noCalls));
    expect(await w.asset.allowance(actor, w.pool)).to.equal(0n);
  });

  it("says what it lends and what it charges: cash, nothing", async () => {
    const w = await stage();
    const { pool } = w;
    const other = await w.collateral.getAddress();
    expect(await pool.maxFlashLoan(w.token)).to.equal((await pool.totals()).cash);
    expect(await pool.maxFlashLoan(other)).to.equal(0n);
    expect(await pool.flashFee(w.token, w.usd(7))).to.equal(0n);
    await expect(pool.flashFee(other, 1n)).to.be.revertedWithCustomError(pool, "UnsupportedToken").withArgs(other);
  });

  it("lends no other token, the collateral neither", async () => {
    const w = await stage();
    const other = await w.collateral.getAddress();
    await expect(w.pool.flashLoan(w.borrower.address, other, 1n, "0x"))
      .to.be.revertedWithCustomError(w.pool, "UnsupportedToken")
      .withArgs(other);
  });

  it("lends neither nothing nor more than cash", async () => {
    const w = await stage();
    const { cash } = await w.pool.totals();
    await expect(w.pool.flashLoan(w.borrower.address, w.token, 0n, "0x")).to.be.revertedWithCustomError(
      w.pool,
      "ZeroAmount",
    );
    await expect(w.pool.flashLoan(w.borrower.address, w.token, cash + 1n, "0x"))
      .to.be.revertedWithCustomError(w.pool, "InsufficientCash")
      .withArgs(cash + 1n, cash);
  });

  it("does not lend out the money of certificates, nor what was donated", async () => {
    const w = await stage();
    const { cash } = await w.pool.totals();
    await sent(w.asset.connect(w.carol).transfer(w.pool, w.usd(50)));
    expect(await w.pool.maxFlashLoan(w.token)).to.equal(cash);
    await expect(w.pool.flashLoan(w.borrower.address, w.token, cash + 1n, "0x"))
      .to.be.revertedWithCustomError(w.pool, "InsufficientCash")
      .withArgs(cash + 1n, cash);
  });

  it("reverts when the borrower does not answer with the magic word", async () => {
    const w = await stage();
    for (const word of [ethers.ZeroHash, ethers.id("something else")]) {
      await sent(w.borrower.answer(ON_FLASH_LOAN, word));
      await expect(w.pool.flashLoan(w.borrower.address, w.token, 1n, "0x"))
        .to.be.revertedWithCustomError(w.pool, "FlashLoanRejected")
        .withArgs(word);
    }
    await expect(w.pool.flashLoan(w.alice, w.token, 1n, "0x"), "no contract at all").to.be.revert(ethers);
  });

  it("reverts when the borrower does not let it take the money back, or has spent it", async () => {
    const w = await stage();
    await approve(w, w.borrower, 9n);
    await expect(w.pool.flashLoan(w.borrower.address, w.token, 10n, "0x"))
      .to.be.revertedWithCustomError(w.asset, "ERC20InsufficientAllowance")
      .withArgs(await w.pool.getAddress(), 9n, 10n);
  });

  it("can't be had in the name of somebody who has approved the pool as a supplier", async () => {
    const w = await stage();
    await expect(w.pool.connect(w.dave).flashLoan(w.carol, w.token, 1n, "0x")).to.be.revert(ethers);
  });

  // The token calls back while the pool has sent the loan and waits for it: the very moment of onFlashLoan.
  describe("meanwhile", () => {
    it("every call that moves money or a price reverts with Locked", async () => {
      const w = await reentrant();
      const { pool } = w;
      const encode = pool.interface.encodeFunctionData.bind(pool.interface);
      const me = w.token;
      const bob = w.bob.address;
      const calls = [
        encode("deposit(uint256,address)", [1n, me]),
        encode("deposit(uint256,address,uint256)", [1n, me, 0n]),
        encode("mint(uint256,address)", [1n, me]),
        encode("mint(uint256,address,uint256)", [1n, me, 1n]),
        encode("withdraw(uint256,address,address)", [1n, me, me]),
        encode("withdraw(uint256,address,address,uint256)", [1n, me, me, 1n]),
        encode("redeem(uint256,address,address)", [1n, me, me]),
        encode("redeem(uint256,address,address,uint256)", [1n, me, me, 1n]),
        encode("supplyCollateral", [1n, bob]),
        encode("withdrawCollateral", [1n, bob, me]),
        encode("borrow", [1n, bob, me]),
        encode("repay", [1n, bob]),
        encode("liquidate", [bob, 1n, 0n, me, "0x"]),
        encode("flag", [bob]),
        encode("unflag", [bob]),
        encode("foreclose", [bob]),
        encode("buyEstate", [1n, 0n, me, "0x"]),
        encode("flashLoan", [w.borrower.address, w.token, 1n, "0x"]),
        encode("accrue"),
        encode("pivot"),
        encode("recover", [1n]),
        encode("claimRecovery", [bob]),
        encode("topUpReserve", [1n]),
        encode("multicall", [[encode("accrue")]]),
      ];
      const locked = pool.interface.encodeErrorResult("Locked");
      for (const data of calls) {
        const { success, returned } = await during(w, data);
        expect([success, returned], pool.interface.parseTransaction({ data })?.name).to.deep.equal([false, locked]);
      }
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("prices, conversions and previews revert with Locked, so nobody reads a price half-way", async () => {
      const w = await reentrant();
      const { pool } = w;
      const encode = pool.interface.encodeFunctionData.bind(pool.interface);
      const calls = [
        encode("totalAssets"),
        encode("grossAssets"),
        encode("grossPrice"),
        encode("exitPrice"),
        encode("convertToShares", [1n]),
        encode("convertToAssets", [VIRTUAL_SHARES]),
        encode("previewDeposit", [1n]),
        encode("previewMint", [1n]),
        encode("previewWithdraw", [1n]),
        encode("previewRedeem", [1n]),
        encode("currentShortfall"),
        encode("coverageRatio"),
        encode("previewWaterfall", [1n]),
        encode("previewLiquidation", [w.bob.address, 1n]),
        encode("fundAccount"),
        encode("previewLeaveFund", [1n]),
      ];
      const locked = pool.interface.encodeErrorResult("Locked");
      for (const data of calls) {
        const { success, returned } = await during(w, data);
        expect([success, returned], pool.interface.parseTransaction({ data })?.name).to.deep.equal([false, locked]);
      }
    });

    it("limits are zero", async () => {
      const w = await reentrant();
      const { pool, alice } = w;
      const encode = pool.interface.encodeFunctionData.bind(pool.interface);
      const calls = [
        encode("maxDeposit", [alice.address]),
        encode("maxMint", [alice.address]),
        encode("maxWithdraw", [alice.address]),
        encode("maxRedeem", [alice.address]),
        encode("maxFlashLoan", [w.token]),
      ];
      for (const data of calls) {
        const { success, returned } = await during(w, data);
        expect([success, BigInt(returned)], pool.interface.parseTransaction({ data })?.name).to.deep.equal([true, 0n]);
      }
      await w.pool.maxWithdraw(alice).then((assets) => expect(assets).to.not.equal(0n));
    });

    it("shares can't become cover: a transfer to the pool or the fund reverts with Locked, another one passes", async () => {
      const w = await reentrant();
      const { pool, alice } = w;
      await sent(pool.connect(alice).transfer(w.token, 30n));
      const locked = pool.interface.encodeErrorResult("Locked");
      for (const to of [await pool.getAddress(), await w.fund.getAddress()]) {
        const { success, returned } = await during(w, pool.interface.encodeFunctionData("transfer", [to, 10n]));
        expect([success, returned]).to.deep.equal([false, locked]);
      }
      const { success } = await during(w, pool.interface.encodeFunctionData("transfer", [w.carol.address, 10n]));
      expect(success).to.equal(true);
      expect(await pool.balanceOf(w.carol)).to.equal(10n);
      await expectConserved(w, [alice, w.carol, w.token], [w.bob]);
    });

    it("the lock is open again in the next call of the same transaction", async () => {
      const w = await reentrant();
      const { pool } = w;
      const encode = pool.interface.encodeFunctionData.bind(pool.interface);
      await sent(
        pool
          .connect(w.carol)
          .multicall([
            encode("flashLoan", [w.borrower.address, w.token, 5n, "0x"]),
            encode("deposit(uint256,address)", [w.usd(3), w.carol.address]),
            encode("flashLoan", [w.borrower.address, w.token, 5n, "0x"]),
          ]),
      );
      expect((await pool.balanceOf(w.carol)) > 0n).to.equal(true);
      await expectConserved(w, [w.alice, w.carol], [w.bob]);
    });
  });

  it("lends nothing when empty", async () => {
    const w = await world();
    expect(await w.pool.maxFlashLoan(w.asset)).to.equal(0n);
    await expect(w.pool.flashLoan(w.alice, w.asset, 1n, "0x"))
      .to.be.revertedWithCustomError(w.pool, "InsufficientCash")
      .withArgs(1n, 0n);
  });
});
