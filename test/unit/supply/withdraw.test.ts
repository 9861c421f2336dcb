import { expect } from "chai";

import { MAX_SHARES, mulDown, mulUp, Random } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  ethers,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  setPrices,
  VIRTUAL_SHARES,
  WAD,
  world,
  ZERO,
} from "../../helpers/fixtures.js";
import { deposit, exitOf, feelessWorld, grossOf, lentWorld, priceWad, scheduled } from "../pool/kit.js";

describe("LendingPool, withdraw and redeem", () => {
  describe("withdraw", () => {
    it("burns shares at the exit price, rounded up, and pays exactly the assets", async () => {
      const w = await lentWorld();
      const { pool, alice, dave } = w;
      await freeze(12);
      const exit = await grossOf(pool); // no shortfall: both prices are one
      const before = await pool.totals(PENDING);
      const assets = w.usd(1_234) + 567n;
      const shares = mulUp(assets, exit.shares, exit.assets);
      expect(await pool.previewWithdraw(assets, PENDING)).to.equal(shares);
      const held = await pool.balanceOf(alice);
      const transaction = pool.connect(alice)["withdraw(uint256,address,address)"](assets, dave, alice);
      await expect(transaction).to.emit(pool, "Transfer").withArgs(alice.address, ZERO, shares);
      await expect(transaction)
        .to.emit(pool, "Withdraw")
        .withArgs(alice.address, dave.address, alice.address, assets, shares);
      await expect(transaction).to.changeTokenBalances(ethers, w.asset, [dave, pool], [assets, -assets]);
      expect(await pool.balanceOf(alice)).to.equal(held - shares);
      expect(await pool.totalSupply()).to.equal(exit.shares - VIRTUAL_SHARES - shares);
      expect((await pool.totals()).cash).to.equal(before.cash - assets);
      await expectConserved(w, [alice], [w.bob]);
    });

    it("burns at most the shares named, and reverts for one less", async () => {
      const w = await lentWorld();
      const { pool, alice } = w;
      await freeze();
      const shares = await pool.previewWithdraw(w.usd(50), PENDING);
      const withdraw = pool.connect(alice)["withdraw(uint256,address,address,uint256)"];
      await expect(withdraw(w.usd(50), alice, alice, shares - 1n))
        .to.be.revertedWithCustomError(pool, "AboveMaximum")
        .withArgs(shares, shares - 1n);
      await freeze();
      const held = await pool.balanceOf(alice);
      const later = await pool.previewWithdraw(w.usd(50), PENDING);
      await sent(withdraw(w.usd(50), alice, alice, later));
      expect(await pool.balanceOf(alice)).to.equal(held - later);
    });

    it("reverts for nothing, and for more than there is in cash", async () => {
      const w = await lentWorld();
      const { pool, alice } = w;
      const withdraw = pool.connect(alice)["withdraw(uint256,address,address)"];
      await expect(withdraw(0n, alice, alice)).to.be.revertedWithCustomError(pool, "ZeroAmount");
      const { cash } = await pool.totals();
      await expect(withdraw(cash + 1n, alice, alice))
        .to.be.revertedWithCustomError(pool, "InsufficientCash")
        .withArgs(cash + 1n, cash);
      // whatever else is wrong with it: no product of what is asked for comes before
      await expect(pool.connect(alice)["withdraw(uint256,address,address,uint256)"](MAX, alice, alice, 0n))
        .to.be.revertedWithCustomError(pool, "InsufficientCash")
        .withArgs(MAX, cash);
      await sent(withdraw(cash, alice, alice));
      expect((await pool.totals()).cash).to.equal(0n);
      expect(await pool.utilisation()).to.equal(WAD);
      await expectConserved(w, [alice], [w.bob]);
    });

    it("reverts for more than the owner's shares are worth", async () => {
      const w = await lentWorld();
      const { pool, carol } = w;
      await deposit(w, carol, w.usd(10));
      const held = await pool.balanceOf(carol);
      await freeze();
      const worth = await pool.convertToAssets(held, PENDING);
      const needed = await pool.previewWithdraw(worth + 1n, PENDING);
      await expect(pool.connect(carol)["withdraw(uint256,address,address)"](worth + 1n, carol, carol))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
        .withArgs(carol.address, held, needed);
      expect(needed > held).to.equal(true);
    });
  });

  describe("redeem", () => {
    it("burns exactly the shares and pays assets at the exit price, rounded down", async () => {
      const w = await lentWorld();
      const { pool, alice, dave } = w;
      await freeze(12);
      const exit = await grossOf(pool);
      const shares = w.usd(1_234) * VIRTUAL_SHARES + 567n;
      const assets = mulDown(shares, exit.assets, exit.shares);
      expect(await pool.previewRedeem(shares, PENDING)).to.equal(assets);
      expect(await pool.convertToAssets(shares, PENDING)).to.equal(assets);
      const transaction = pool.connect(alice)["redeem(uint256,address,address)"](shares, dave, alice);
      await expect(transaction).to.emit(pool, "Transfer").withArgs(alice.address, ZERO, shares);
      await expect(transaction)
        .to.emit(pool, "Withdraw")
        .withArgs(alice.address, dave.address, alice.address, assets, shares);
      await expect(transaction).to.changeTokenBalances(ethers, w.asset, [dave, pool], [assets, -assets]);
      expect(await pool.totalSupply()).to.equal(exit.shares - VIRTUAL_SHARES - shares);
      await expectConserved(w, [alice], [w.bob]);
    });

    it("pays at least the assets named, and reverts for one more", async () => {
      const w = await lentWorld();
      const { pool, alice } = w;
      const redeem = pool.connect(alice)["redeem(uint256,address,address,uint256)"];
      const shares = 10n ** 25n;
      await freeze();
      const assets = await pool.previewRedeem(shares, PENDING);
      await expect(redeem(shares, alice, alice, assets + 1n))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(assets, assets + 1n);
      await freeze();
      const later = await pool.previewRedeem(shares, PENDING);
      await expect(redeem(shares, alice, alice, later)).to.changeTokenBalance(ethers, w.asset, alice, later);
    });

    it("reverts for nothing, for what is worth nothing, and beyond field, balance and cash", async () => {
      const w = await lentWorld();
      const { pool, alice } = w;
      const redeem = pool.connect(alice)["redeem(uint256,address,address)"];
      await expect(redeem(0n, alice, alice)).to.be.revertedWithCustomError(pool, "ZeroAmount");
      await expect(redeem(VIRTUAL_SHARES / 2n, alice, alice)).to.be.revertedWithCustomError(pool, "ZeroAmount");
      await expect(redeem(MAX_SHARES + 1n, alice, alice))
        .to.be.revertedWithCustomError(pool, "FieldOverflow")
        .withArgs(MAX_SHARES + 1n, MAX_SHARES);
      const held = await pool.balanceOf(alice);
      await expect(redeem(held + 1n, alice, alice))
        .to.be.revertedWithCustomError(pool, "ERC20InsufficientBalance")
        .withArgs(alice.address, held, held + 1n);
      await freeze();
      const worth = await pool.convertToAssets(held, PENDING);
      await expect(redeem(held, alice, alice))
        .to.be.revertedWithCustomError(pool, "InsufficientCash")
        .withArgs(worth, (await pool.totals()).cash);
    });

    it("lets the last supplier out in full, and the next one in at the first price", async () => {
      const w = await world();
      const { pool, alice, carol } = w;
      await deposit(w, alice, 1_000_003n);
      await sent(pool.connect(alice)["redeem(uint256,address,address)"](await pool.balanceOf(alice), alice, alice));
      expect(await pool.totalSupply()).to.equal(0n);
      expect((await pool.totals()).cash).to.equal(0n);
      await deposit(w, carol, 7n);
      expect(await pool.balanceOf(carol)).to.equal(7n * VIRTUAL_SHARES);
      await expectConserved(w, [alice, carol], []);
    });
  });

  describe("both", () => {
    const WAYS = ["withdraw", "redeem"] as const;
    type Markets = Awaited<ReturnType<typeof world>>;
    const leave = (
      w: Markets,
      way: (typeof WAYS)[number],
      assets: bigint,
      receiver: string = w.alice.address,
      caller = w.alice,
    ) =>
      way === "withdraw"
        ? w.pool.connect(caller)["withdraw(uint256,address,address)"](assets, receiver, w.alice)
        : w.pool.connect(caller)["redeem(uint256,address,address)"](assets * VIRTUAL_SHARES, receiver, w.alice);

    for (const way of WAYS) {
      it(`${way}: refuses the zero, the pool's and the fund's address as receiver`, async () => {
        const w = await lentWorld();
        for (const receiver of [ZERO, await w.pool.getAddress(), await w.fund.getAddress()]) {
          await expect(leave(w, way, 100n, receiver))
            .to.be.revertedWithCustomError(w.pool, "InvalidAddress")
            .withArgs(receiver);
        }
      });

      it(`${way}: spends the caller's allowance, an infinite one never`, async () => {
        const w = await lentWorld();
        const { pool, alice, dave } = w;
        await freeze();
        const shares = way === "withdraw" ? await pool.previewWithdraw(w.usd(5), PENDING) : w.usd(5) * VIRTUAL_SHARES;
        await expect(leave(w, way, w.usd(5), dave.address, dave))
          .to.be.revertedWithCustomError(pool, "ERC20InsufficientAllowance")
          .withArgs(dave.address, 0n, shares);
        await sent(pool.connect(alice).approve(dave, 2n * shares));
        await freeze();
        const needed = way === "withdraw" ? await pool.previewWithdraw(w.usd(5), PENDING) : shares;
        await sent(leave(w, way, w.usd(5), dave.address, dave));
        expect(await pool.allowance(alice, dave)).to.equal(2n * shares - needed);
        await sent(pool.connect(alice).approve(dave, MAX));
        await sent(leave(w, way, w.usd(5), dave.address, dave));
        expect(await pool.allowance(alice, dave)).to.equal(MAX);
        await expectConserved(w, [alice, dave], [w.bob]);
      });

      it(`${way}: works when paused, winding down, or the oracle is not ok (G-1)`, async () => {
        const w = await lentWorld();
        const { pool } = w;
        await sent(pool.connect(w.guardian).pause());
        await sent(leave(w, way, w.usd(5)));
        await setPrices(w, 1_500, 2_000, false);
        await sent(leave(w, way, w.usd(5)));
        const execute = await scheduled(w, pool.interface.encodeFunctionData("windDown", [14n * DAY]));
        await sent(execute());
        await expect(leave(w, way, w.usd(5))).to.emit(pool, "Withdraw");
        await expectConserved(w, [w.alice], [w.bob]);
      });

      it(`${way}: pays the exit price while a shortfall is uncovered, and leaves it where it is (P-2)`, async () => {
        const w = await feelessWorld();
        const { pool, alice, bob } = w;
        await sent(pool.connect(alice).topUpReserve(w.usd(20_000)));
        await setPrice(w, 700);
        await freeze();
        const shortfall = await pool.currentShortfall(PENDING);
        // one position, deep under water: the shortfall is its debt less what its collateral recovers at low / 1.02
        const { debtShares, borrowIndexWad } = await pool.totals(PENDING);
        const recovery = (w.priceOf(700) * 10_000n) / 10_200n;
        expect(shortfall).to.equal((debtShares * borrowIndexWad) / WAD - mulUp(w.eth(1_000), recovery, 10n ** 36n));
        const exit = await exitOf(pool, shortfall);
        const gross = await grossOf(pool);
        expect(exit.assets * gross.shares < gross.assets * exit.shares, "uncovered").to.equal(true);
        expect(await pool.exitPrice(PENDING)).to.equal(priceWad(exit));
        expect(await pool.grossPrice(PENDING)).to.equal(priceWad(gross));
        expect(await pool.totalAssets(PENDING)).to.equal(
          mulDown(gross.shares - VIRTUAL_SHARES, exit.assets, exit.shares),
        );
        const amount = w.usd(10_000);
        const [assets, shares] =
          way === "withdraw"
            ? [amount, mulUp(amount, exit.shares, exit.assets)]
            : [mulDown(amount * VIRTUAL_SHARES, exit.assets, exit.shares), amount * VIRTUAL_SHARES];
        await expect(leave(w, way, amount))
          .to.emit(pool, "Withdraw")
          .withArgs(alice.address, alice.address, alice.address, assets, shares);
        // rounding: at most a wei of assets stays with those who stay
        const after = await pool.exitPrice();
        expect(after >= priceWad(exit) && after <= priceWad({ ...exit, assets: exit.assets + 1n }) + 1n).to.equal(true);
        await expectConserved(w, [alice], [bob]);
      });
    }

    it("deposit → redeem and mint → withdraw in one block give back at most what went in (P-4)", async () => {
      const seed = 20_261_121;
      const random = new Random(seed);
      console.log(`        seed ${seed}`);
      const w = await lentWorld();
      const { pool, carol } = w;
      const encode = pool.interface.encodeFunctionData.bind(pool.interface);
      for (let round = 0; round < 12; ++round) {
        const assets = 1n + random.upTo(10n ** (1n + random.upTo(24n)));
        await freeze(1n + random.upTo(100_000n));
        const before = await w.asset.balanceOf(carol);
        const price = await pool.exitPrice(PENDING);
        const shares = await pool.previewDeposit(assets, PENDING);
        if ((await pool.previewRedeem(shares, PENDING)) !== 0n) {
          await sent(
            pool
              .connect(carol)
              .multicall([
                encode("deposit(uint256,address)", [assets, carol.address]),
                encode("redeem(uint256,address,address)", [shares, carol.address, carol.address]),
              ]),
          );
        }
        const middle = await w.asset.balanceOf(carol);
        expect(middle <= before, `seed ${seed}, round ${round}`).to.equal(true);
        await freeze();
        const cost = await pool.previewMint(shares, PENDING);
        // after the mint, taking its cost out again takes at least the shares it gave
        const [, needed] = await pool
          .connect(carol)
          .multicall.staticCall(
            [encode("mint(uint256,address)", [shares, carol.address]), encode("previewWithdraw", [cost])],
            PENDING,
          );
        expect(BigInt(needed ?? 0) >= shares, `seed ${seed}, round ${round}`).to.equal(true);
        await sent(
          pool
            .connect(carol)
            .multicall([
              encode("mint(uint256,address)", [shares, carol.address]),
              encode("withdraw(uint256,address,address)", [cost > 2n ? cost - 2n : 1n, carol.address, carol.address]),
            ]),
        );
        const left = await pool.balanceOf(carol);
        expect(left > 0n, `seed ${seed}, round ${round}: exactly what was paid can't be withdrawn`).to.equal(true);
        await sent(pool.connect(carol).transfer(w.dave, left));
        expect((await pool.exitPrice()) >= price, `seed ${seed}, round ${round}`).to.equal(true);
      }
      await expectConserved(w, [w.alice, carol, w.dave], [w.bob]);
    });

    it("can't be made to read an older or no price by too little gas", async () => {
      const w = await lentWorld();
      // 300,000 for the oracle, and what the call itself may keep back
      const required = 309_375n;
      const pool = w.pool.connect(w.alice);
      const starved = { gasLimit: required };
      await expect(pool["withdraw(uint256,address,address)"](w.usd(5), w.alice, w.alice, starved))
        .to.be.revertedWithCustomError(w.pool, "OracleGasTooLow")
        .withArgs((available: bigint) => available < required, required);
      await sent(leave(w, "withdraw", w.usd(5)));
    });

    it("leaves cash for those who come first at full utilisation, and nothing for the rest", async () => {
      const w = await world();
      const { pool, alice, carol } = w;
      await deposit(w, alice, w.usd(1_000));
      await deposit(w, carol, w.usd(1_000));
      await openLoan(w, w.bob, 10, 1_500);
      await sent(pool.connect(carol)["withdraw(uint256,address,address)"](w.usd(500), carol, carol));
      await expect(leave(w, "withdraw", 1n))
        .to.be.revertedWithCustomError(pool, "InsufficientCash")
        .withArgs(1n, 0n);
      await expectConserved(w, [alice, carol], [w.bob]);
    });
  });
});
