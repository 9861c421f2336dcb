// Tokens that are not plain: which of them work, which are refused, and that none of them takes from anybody else what it
// was not given. DESIGN.md §3: tokens that take a fee on transfer, rebase or call back are not supported.
import { expect } from "chai";

import { mulDown, mulUp } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  ethers,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  Status,
  time,
  VIRTUAL_SHARES,
  WAD,
  type World,
  world,
} from "../../helpers/fixtures.js";
import type { FalseReturnToken, RebasingToken, ReentrantToken } from "../../../typechain-types/index.js";
import { withoutCollateral } from "../liquidation/storage.js";
import { anotherMarket, deposit, grossOf } from "./kit.js";

/** A life of a market: in, borrow, interest, repay in part, a loss, recovery, out. Every balance is conserved after it. */
async function expectLife(w: World): Promise<void> {
  const { pool, alice, bob, carol } = w;
  await deposit(w, alice, w.usd(10_000));
  await deposit(w, carol, w.usd(5_000));
  await openLoan(w, bob, 5, 7_500);
  await openLoan(w, w.dave, 5, 1_000);
  await time.increase(30n * DAY);
  await sent(pool.connect(bob).repay(w.usd(500), bob));
  await sent(pool.connect(carol)["withdraw(uint256,address,address)"](w.usd(1_000), carol, carol));
  await expectConserved(w, [alice, carol], [bob, w.dave]);

  await setPrice(w, 1_000);
  expect((await pool.position(bob)).status).to.equal(Status.Insolvent);
  await freeze();
  const price = await pool.exitPrice(PENDING);
  await sent(pool.connect(w.liquidator).liquidate(bob, MAX, 0n, w.liquidator, "0x"));
  expect((await pool.positionOf(bob)).debtShares).to.equal(0n);
  // P-3. Rounding: wei of assets, as a part of the assets
  const slack = (WAD * 10n) / (await pool.totalAssets()) + 2n;
  const after = await pool.exitPrice();
  expect(after + slack >= price && after <= price + slack, "the loss was in the price").to.equal(true);
  const { unpaidFace } = await pool.certificates();
  expect(unpaidFace > 0n).to.equal(true);
  await sent(pool.connect(carol).recover(unpaidFace / 2n));
  await sent(pool.connect(alice).claimRecovery(alice));
  await expectConserved(w, [alice, carol], [bob, w.dave]);

  await sent(pool.connect(w.dave).repay(MAX, w.dave));
  await sent(pool.connect(w.dave).withdrawCollateral(w.eth(5), w.dave, w.dave));
  for (const supplier of [alice, carol]) {
    await sent(
      pool.connect(supplier)["redeem(uint256,address,address)"](await pool.balanceOf(supplier), supplier, supplier),
    );
  }
  await expectConserved(w, [alice, carol], [bob, w.dave]);
}

async function falseWorld(): Promise<World & { asset: FalseReturnToken; collateral: FalseReturnToken }> {
  const base = await world();
  const asset = await ethers.deployContract("FalseReturnToken", [18]);
  const collateral = await ethers.deployContract("FalseReturnToken", [18]);
  const w = await anotherMarket(base, { asset, collateral });
  await deposit(w, w.alice, w.usd(1_000));
  await openLoan(w, w.bob, 1, 500);
  return { ...w, asset, collateral };
}

async function feeWorld(part: "asset" | "collateral") {
  const base = await world();
  const token = await ethers.deployContract("FeeOnTransferToken", [18, 0]);
  const w = await anotherMarket(base, { [part]: token });
  await deposit(w, w.alice, w.usd(1_000));
  await openLoan(w, w.bob, 1, 500);
  return { w, token };
}

describe("LendingPool, tokens", () => {
  describe("plain ones of any decimals", () => {
    for (const [assetDecimals, collateralDecimals] of [
      [6, 18],
      [8, 6],
      [18, 8],
      [6, 6],
      [0, 18],
    ] as const) {
      it(`${assetDecimals} and ${collateralDecimals}: a whole life, nothing lost`, async () => {
        const base = await world();
        const asset = await ethers.deployContract("MockERC20", ["Asset", "A", assetDecimals]);
        const collateral = await ethers.deployContract("MockERC20", ["Collateral", "C", collateralDecimals]);
        const w = await anotherMarket(base, { asset, collateral });
        await expectLife(w);
        expect((await w.pool.totals()).debtAssets).to.equal(0n);
      });
    }

    it("a wei of six decimals is a wei: rounding at the smallest amounts", async () => {
      const base = await world();
      const asset = await ethers.deployContract("MockERC20", ["Asset", "A", 6]);
      const w = await anotherMarket(base, { asset });
      const { pool, alice, bob, carol } = w;
      await deposit(w, alice, w.usd(1_000));
      await openLoan(w, bob, 1, 900);
      await time.increase(30n * DAY);
      await freeze();
      const gross = await grossOf(pool);
      const shares = mulDown(1n, gross.shares, gross.assets);
      await deposit(w, carol, 1n);
      expect(await pool.balanceOf(carol)).to.equal(shares);
      await freeze();
      expect(await pool.convertToAssets(shares, PENDING), "rounded down to nothing").to.equal(0n);
      await freeze();
      const index = (await pool.totals(PENDING)).borrowIndexWad;
      const before = (await pool.positionOf(bob)).debtShares;
      await sent(pool.connect(bob).repay(1n, bob));
      // rounded down: with an index above one a wei cancels no debt share
      expect((await pool.positionOf(bob)).debtShares).to.equal(before - WAD / index);
      await sent(pool.connect(bob).borrow(1n, bob, bob));
      expect((await pool.positionOf(bob)).debtShares).to.equal(before - WAD / index + mulUp(1n, WAD, index));
      await expectConserved(w, [alice, carol], [bob]);
    });
  });

  describe("returning nothing", () => {
    it("work as asset and as collateral", async () => {
      const base = await world();
      const asset = await ethers.deployContract("NoReturnToken", [6]);
      const collateral = await ethers.deployContract("NoReturnToken", [18]);
      const w = await anotherMarket(base, { asset, collateral });
      await expectLife(w);
      expect((await w.pool.totals()).debtAssets).to.equal(0n);
    });
  });

  describe("refusing to move nothing", () => {
    let w: World;
    beforeEach(async () => {
      const base = await world();
      const asset = await ethers.deployContract("NoZeroTransferToken", [18]);
      const collateral = await ethers.deployContract("NoZeroTransferToken", [18]);
      w = await anotherMarket(base, { asset, collateral });
    });

    it("work as asset and as collateral", async () => {
      await expectLife(w);
    });

    it("a debt without collateral is written off for nothing", async () => {
      const { pool, alice, bob, liquidator } = w;
      await deposit(w, alice, w.usd(1_000));
      await openLoan(w, bob, 1, 500);
      await withoutCollateral(w, bob);
      await expect(pool.connect(liquidator).liquidate(bob, MAX, 0n, liquidator, "0x")).to.emit(pool, "LossRealised");
      expect((await pool.positionOf(bob)).debtShares).to.equal(0n);
    });

    it("an estate whose price has come to zero is given away", async () => {
      const { pool, alice, bob, liquidator } = w;
      await deposit(w, alice, w.usd(1_000));
      await openLoan(w, bob, 1, 500);
      await setPrice(w, 510);
      await sent(pool.flag(bob));
      await time.increase(DAY);
      await sent(pool.foreclose(bob));
      await time.increase(60n * DAY);
      await expect(pool.connect(liquidator).buyEstate(0n, w.eth(1), liquidator, "0x"))
        .to.emit(w.collateral, "Transfer")
        .withArgs(pool, liquidator, w.eth(1));
    });
  });

  describe("returning false", () => {
    it("every transfer that fails reverts the whole call", async () => {
      const w = await falseWorld();
      const { pool, alice, bob } = w;
      const before = [...(await pool.totals())].filter((_, i) => i !== 1 && i !== 3 && i !== 4);
      await sent(w.asset.setFrozen(true));
      await sent(w.collateral.setFrozen(true));
      const calls = [
        pool.connect(alice)["deposit(uint256,address)"].bind(null, 10n, alice),
        pool.connect(alice)["mint(uint256,address)"].bind(null, 10n ** 9n, alice),
        pool.connect(alice)["withdraw(uint256,address,address)"].bind(null, 10n, alice, alice),
        pool.connect(alice)["redeem(uint256,address,address)"].bind(null, 10n ** 9n, alice, alice),
        pool.connect(bob).repay.bind(null, 10n, bob),
        pool.connect(bob).borrow.bind(null, 10n, bob, bob),
        pool.connect(alice).topUpReserve.bind(null, 10n),
        pool.connect(alice).recover.bind(null, 10n),
        pool.connect(alice).flashLoan.bind(null, alice, w.asset, 10n, "0x"),
      ];
      for (const call of calls) await expect(call()).to.be.revert(ethers);
      const collateralCalls = [
        pool.connect(bob).supplyCollateral.bind(null, 10n, bob),
        pool.connect(bob).withdrawCollateral.bind(null, 10n, bob, bob),
      ];
      for (const call of collateralCalls) await expect(call()).to.be.revert(ethers);
      const after = [...(await pool.totals())].filter((_, i) => i !== 1 && i !== 3 && i !== 4);
      expect(after).to.deep.equal(before);
      await expectConserved(w, [alice], [bob]);
      await sent(w.asset.setFrozen(false));
      await sent(w.collateral.setFrozen(false));
      await sent(pool.connect(bob).repay(MAX, bob));
    });
  });

  // Not supported. What happens: the pool counts what it asked for, not what it got, so cash is more than there is.
  // Nothing else breaks: no price moves, nobody is paid more than their claim, and the last ones out wait for money.
  describe("that take a fee on transfer (not supported)", () => {
    it("as asset: the price stays, cash is short by the fee, and who comes last is not paid", async () => {
      const { w, token } = await feeWorld("asset");
      const { pool, alice, carol } = w;
      await sent(token.setFeeBps(100n));
      const price = await pool.exitPrice();
      await deposit(w, carol, w.usd(1_000));
      const held = await token.balanceOf(pool);
      const { cash } = await pool.totals();
      expect(cash - held, "one percent is missing").to.equal(w.usd(10));
      expect((await pool.exitPrice()) >= price, "no price shows it").to.equal(true);
      // nobody takes more than the claim: what leaves is what is burned, at the price
      await sent(pool.connect(carol)["redeem(uint256,address,address)"](await pool.balanceOf(carol), carol, carol));
      await freeze();
      const rest = await pool.maxWithdraw(alice, PENDING);
      await expect(pool.connect(alice)["withdraw(uint256,address,address)"](rest, alice, alice)).to.be.revert(ethers);
      const there = await token.balanceOf(pool);
      expect(rest - there, "exactly the fee is out of reach").to.equal(w.usd(10));
      await sent(pool.connect(alice)["withdraw(uint256,address,address)"](there, alice, alice));
    });

    it("as asset: a flash loan does not come back whole, so it reverts", async () => {
      const { w, token } = await feeWorld("asset");
      await sent(token.setFeeBps(100n));
      await expect(w.pool.flashLoan(w.alice, token, w.usd(1), "0x")).to.be.revert(ethers);
    });

    it("as collateral: a position counts more than the pool got; whoever withdraws last finds it missing", async () => {
      const { w, token } = await feeWorld("collateral");
      const { pool, carol } = w;
      await sent(token.setFeeBps(100n));
      await sent(pool.connect(carol).supplyCollateral(w.eth(1), carol));
      expect((await pool.position(carol)).collateral).to.equal(w.eth(1));
      expect(await token.balanceOf(pool)).to.equal(w.eth(1) + (w.eth(1) * 99n) / 100n);
      // the asset's side is untouched
      const { cash } = await pool.totals();
      expect(cash <= (await w.asset.balanceOf(pool))).to.equal(true);
    });
  });

  describe("that rebase (not supported)", () => {
    it("as asset: up, the surplus is a donation that changes no price; down, cash is short and no price shows it", async () => {
      const base = await world();
      const token = await ethers.deployContract("RebasingToken", [18]);
      const w = await anotherMarket(base, { asset: token });
      const rebasing: RebasingToken = token;
      const { pool, alice } = w;
      await deposit(w, alice, w.usd(1_000));
      const price = await pool.exitPrice();
      await sent(rebasing.rebase(2n * WAD));
      expect(await pool.exitPrice()).to.equal(price);
      expect((await pool.totals()).cash).to.equal(w.usd(1_000));
      await expectConserved(w, [alice], []);
      await sent(rebasing.rebase(WAD / 2n));
      expect(await pool.exitPrice()).to.equal(price);
      await expect(
        pool.connect(alice)["withdraw(uint256,address,address)"](w.usd(501), alice, alice),
      ).to.be.revertedWithCustomError(token, "ERC20InsufficientBalance");
      await sent(pool.connect(alice)["withdraw(uint256,address,address)"](w.usd(500), alice, alice));
    });

    it("as collateral: down, the position counts what it had; nobody else's collateral is worth less by the books", async () => {
      const base = await world();
      const token = await ethers.deployContract("RebasingToken", [18]);
      const w = await anotherMarket(base, { collateral: token });
      const { pool, bob, carol } = w;
      await deposit(w, w.alice, w.usd(1_000));
      await openLoan(w, bob, 1, 500);
      await sent(pool.connect(carol).supplyCollateral(w.eth(1), carol));
      await sent(token.rebase(WAD / 2n));
      expect((await pool.position(bob)).collateral).to.equal(w.eth(1));
      await sent(pool.connect(carol).withdrawCollateral(w.eth(1), carol, carol));
      await sent(pool.connect(bob).repay(MAX, bob));
      await expect(pool.connect(bob).withdrawCollateral(w.eth(1), bob, bob)).to.be.revertedWithCustomError(
        token,
        "ERC20InsufficientBalance",
      );
    });
  });

  describe("that call back (not supported)", () => {
    for (const part of ["asset", "collateral"] as const) {
      it(`as ${part}: every call into the pool from a transfer is refused, and the transfer's own call ends as it would`, async () => {
        const base = await world();
        const token = await ethers.deployContract("ReentrantToken", [18]);
        const w = await anotherMarket(base, { [part]: token });
        const reentrant: ReentrantToken = token;
        const { pool, alice, bob } = w;
        await deposit(w, alice, w.usd(1_000));
        await openLoan(w, bob, 1, 500);
        const thief = await token.getAddress();
        await sent(pool.connect(alice).approve(thief, MAX));
        await sent(pool.connect(bob).setOperator(thief, true));
        const encode = pool.interface.encodeFunctionData.bind(pool.interface);
        const attacks = [
          encode("redeem(uint256,address,address)", [VIRTUAL_SHARES, thief, alice.address]),
          encode("deposit(uint256,address)", [1n, thief]),
          encode("borrow", [w.usd(1), bob.address, thief]),
          encode("withdrawCollateral", [1n, bob.address, thief]),
          encode("liquidate", [bob.address, MAX, 0n, thief, "0x"]),
          encode("accrue"),
        ];
        const doors =
          part === "asset"
            ? [
                () => pool.connect(alice)["deposit(uint256,address)"](10n, alice),
                () => pool.connect(alice)["withdraw(uint256,address,address)"](10n, alice, alice),
                () => pool.connect(bob).borrow(10n, bob, bob),
                () => pool.connect(bob).repay(10n, bob),
                () => pool.connect(alice).topUpReserve(10n),
                () => pool.connect(alice).recover(10n),
              ]
            : [
                () => pool.connect(bob).supplyCollateral(10n, bob),
                () => pool.connect(bob).withdrawCollateral(10n, bob, bob),
              ];
        const locked = pool.interface.encodeErrorResult("Locked");
        for (const door of doors) {
          for (const attack of attacks) {
            await sent(reentrant.arm(pool, attack, 1n));
            await sent(door());
            expect([await reentrant.callCount(), await reentrant.lastReturnData()]).to.deep.equal([1n, locked]);
          }
        }
        expect(await pool.balanceOf(thief)).to.equal(0n);
        await expectConserved(w, [alice], [bob]);
      });

      it(`as ${part}: a liquidation can't be entered twice`, async () => {
        const base = await world();
        const token = await ethers.deployContract("ReentrantToken", [18]);
        const w = await anotherMarket(base, { [part]: token });
        const { pool, alice, bob, liquidator } = w;
        await deposit(w, alice, w.usd(10_000));
        await openLoan(w, bob, 1, 1_500);
        await setPrice(w, 1_000);
        const attack = pool.interface.encodeFunctionData("liquidate", [bob.address, MAX, 0n, liquidator.address, "0x"]);
        await sent(token.arm(pool, attack, 1n));
        await sent(pool.connect(liquidator).liquidate(bob, w.usd(500), 0n, liquidator, "0x"));
        expect(await token.lastReturnData()).to.equal(pool.interface.encodeErrorResult("Locked"));
        expect((await pool.positionOf(bob)).debtShares > 0n, "a part is left").to.equal(true);
        await expectConserved(w, [alice], [bob]);
      });
    }
  });
});
