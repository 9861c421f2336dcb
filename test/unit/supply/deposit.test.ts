import { expect } from "chai";

import { BPS, MAX_CASH, MAX_SHARES, mulDown, mulUp } from "../../../sdk/model/index.js";
import { freeze, PENDING } from "../../helpers/blocks.js";
import {
  DAY,
  ethers,
  expectConserved,
  HOUR,
  MAX,
  openLoan,
  sent,
  setPrice,
  setPrices,
  time,
  VIRTUAL_SHARES,
  WAD,
  world,
  ZERO,
} from "../../helpers/fixtures.js";
import { anotherMarket, deposit, feelessWorld, grossOf, lentWorld, MAX_CAP_TOKENS, scheduled } from "../pool/kit.js";

describe("LendingPool, deposit and mint", () => {
  describe("deposit", () => {
    it("gives shares at the gross price, rounded down, and takes exactly the assets", async () => {
      const w = await lentWorld();
      const { pool, carol, dave } = w;
      await freeze(12);
      const gross = await grossOf(pool);
      const before = await pool.totals(PENDING);
      const assets = w.usd(1_234) + 567n;
      const shares = mulDown(assets, gross.shares, gross.assets);
      expect(shares < assets * VIRTUAL_SHARES, "interest has made the share dearer").to.equal(true);
      expect(await pool.previewDeposit(assets, PENDING)).to.equal(shares);
      const transaction = pool.connect(carol)["deposit(uint256,address)"](assets, dave);
      await expect(transaction).to.emit(pool, "Transfer").withArgs(ZERO, dave.address, shares);
      await expect(transaction).to.emit(pool, "Deposit").withArgs(carol.address, dave.address, assets, shares);
      await expect(transaction).to.changeTokenBalances(ethers, w.asset, [carol, pool], [-assets, assets]);
      expect(await pool.balanceOf(dave)).to.equal(shares);
      expect(await pool.totalSupply()).to.equal(gross.shares - VIRTUAL_SHARES + shares);
      expect((await pool.totals()).cash).to.equal(before.cash + assets);
      await expectConserved(w, [w.alice, dave], [w.bob]);
    });

    it("never gives more than the assets are worth, and never lowers the price", async () => {
      const w = await lentWorld();
      for (const assets of [1n, 2n, 3n, 999_999_999_999n]) {
        await freeze();
        const gross = await grossOf(w.pool);
        await deposit(w, w.carol, assets);
        const after = { assets: gross.assets + assets, shares: (await w.pool.totalSupply()) + VIRTUAL_SHARES };
        expect(after.assets * gross.shares >= gross.assets * after.shares).to.equal(true);
        // P-4, in the same block
        const shares = await w.pool.balanceOf(w.carol);
        expect(mulDown(shares, after.assets, after.shares) <= assets).to.equal(true);
        await sent(w.pool.connect(w.carol).transfer(w.dave, shares));
      }
      await expectConserved(w, [w.alice, w.dave], [w.bob]);
    });

    it("gives a million share units a unit in an empty pool", async () => {
      const w = await world();
      await deposit(w, w.alice, 1n);
      expect(await w.pool.balanceOf(w.alice)).to.equal(VIRTUAL_SHARES);
      expect(await w.pool.exitPrice()).to.equal(WAD);
      await expectConserved(w, [w.alice], []);
    });

    it("takes the shares named as the least, and reverts for one more", async () => {
      const w = await lentWorld();
      const { pool, carol } = w;
      await freeze();
      const shares = await pool.previewDeposit(w.usd(50), PENDING);
      await expect(pool.connect(carol)["deposit(uint256,address,uint256)"](w.usd(50), carol, shares + 1n))
        .to.be.revertedWithCustomError(pool, "BelowMinimum")
        .withArgs(shares, shares + 1n);
      await freeze();
      const later = await pool.previewDeposit(w.usd(50), PENDING);
      await sent(pool.connect(carol)["deposit(uint256,address,uint256)"](w.usd(50), carol, later));
      expect(await pool.balanceOf(carol)).to.equal(later);
    });

    it("reverts for nothing", async () => {
      const w = await lentWorld();
      await expect(w.pool.connect(w.carol)["deposit(uint256,address)"](0n, w.carol)).to.be.revertedWithCustomError(
        w.pool,
        "ZeroAmount",
      );
    });

    it("reverts for more than the field of cash", async () => {
      const w = await lentWorld();
      await expect(w.pool.connect(w.carol)["deposit(uint256,address)"](MAX_CASH + 1n, w.carol))
        .to.be.revertedWithCustomError(w.pool, "FieldOverflow")
        .withArgs(MAX_CASH + 1n, MAX_CASH);
      await expect(w.pool.connect(w.carol)["deposit(uint256,address)"](MAX, w.carol))
        .to.be.revertedWithCustomError(w.pool, "FieldOverflow")
        .withArgs(MAX, MAX_CASH);
    });

    it("reverts without allowance or balance, by the token's error", async () => {
      const w = await lentWorld();
      await sent(w.asset.connect(w.carol).approve(w.pool, 9n));
      await expect(w.pool.connect(w.carol)["deposit(uint256,address)"](10n, w.carol))
        .to.be.revertedWithCustomError(w.asset, "ERC20InsufficientAllowance")
        .withArgs(await w.pool.getAddress(), 9n, 10n);
      await sent(w.asset.connect(w.admin).approve(w.pool, MAX));
      await expect(w.pool.connect(w.admin)["deposit(uint256,address)"](10n, w.admin))
        .to.be.revertedWithCustomError(w.asset, "ERC20InsufficientBalance")
        .withArgs(w.admin.address, 0n, 10n);
    });
  });

  describe("mint", () => {
    it("takes assets at the gross price, rounded up, for exactly the shares", async () => {
      const w = await lentWorld();
      const { pool, carol, dave } = w;
      await freeze(12);
      const gross = await grossOf(pool);
      const shares = w.usd(1_234) * VIRTUAL_SHARES + 567n;
      const assets = mulUp(shares, gross.assets, gross.shares);
      expect(mulDown(shares, gross.assets, gross.shares)).to.equal(assets - 1n);
      expect(await pool.previewMint(shares, PENDING)).to.equal(assets);
      const transaction = pool.connect(carol)["mint(uint256,address)"](shares, dave);
      await expect(transaction).to.emit(pool, "Transfer").withArgs(ZERO, dave.address, shares);
      await expect(transaction).to.emit(pool, "Deposit").withArgs(carol.address, dave.address, assets, shares);
      await expect(transaction).to.changeTokenBalances(ethers, w.asset, [carol, pool], [-assets, assets]);
      expect(await pool.balanceOf(dave)).to.equal(shares);
      await expectConserved(w, [w.alice, dave], [w.bob]);
    });

    it("takes a whole wei for the smallest part of one", async () => {
      const w = await lentWorld();
      await expect(w.pool.connect(w.carol)["mint(uint256,address)"](1n, w.carol)).to.changeTokenBalance(
        ethers,
        w.asset,
        w.carol,
        -1n,
      );
    });

    it("pays the assets named as the most, and reverts for one less", async () => {
      const w = await lentWorld();
      const { pool, carol } = w;
      const shares = 10n ** 24n;
      await freeze();
      const assets = await pool.previewMint(shares, PENDING);
      await expect(pool.connect(carol)["mint(uint256,address,uint256)"](shares, carol, assets - 1n))
        .to.be.revertedWithCustomError(pool, "AboveMaximum")
        .withArgs(assets, assets - 1n);
      await freeze();
      const later = await pool.previewMint(shares, PENDING);
      await sent(pool.connect(carol)["mint(uint256,address,uint256)"](shares, carol, later));
      expect(await pool.balanceOf(carol)).to.equal(shares);
    });

    it("reverts for nothing", async () => {
      const w = await lentWorld();
      await expect(w.pool.connect(w.carol)["mint(uint256,address)"](0n, w.carol)).to.be.revertedWithCustomError(
        w.pool,
        "ZeroAmount",
      );
    });

    it("reverts for more than the field of shares", async () => {
      const w = await lentWorld();
      await expect(w.pool.connect(w.carol)["mint(uint256,address)"](MAX_SHARES + 1n, w.carol))
        .to.be.revertedWithCustomError(w.pool, "FieldOverflow")
        .withArgs(MAX_SHARES + 1n, MAX_SHARES);
    });
  });

  // What both share: each case is tried by both functions.
  const WAYS = ["deposit", "mint"] as const;
  for (const way of WAYS) {
    describe(`${way}, when the pool refuses`, () => {
      type Markets = Awaited<ReturnType<typeof world>>;
      const enter = (w: Markets, assets: bigint, receiver: string = w.carol.address) =>
        way === "deposit"
          ? w.pool.connect(w.carol)["deposit(uint256,address)"](assets, receiver)
          : w.pool.connect(w.carol)["mint(uint256,address)"](assets * VIRTUAL_SHARES, receiver);

      it("the zero, the pool's and the fund's address as receiver", async () => {
        const w = await world();
        for (const receiver of [ZERO, await w.pool.getAddress(), await w.fund.getAddress()]) {
          await expect(enter(w, 10n, receiver))
            .to.be.revertedWithCustomError(w.pool, "InvalidAddress")
            .withArgs(receiver);
        }
      });

      it("over the supply cap, in gross assets; exactly at it passes", async () => {
        const w = await world();
        await sent(w.pool.connect(w.guardian).lowerCaps(1_000n, 0n));
        await expect(enter(w, w.usd(1_000) + 1n))
          .to.be.revertedWithCustomError(w.pool, "SupplyCapExceeded")
          .withArgs(w.usd(1_000) + 1n, w.usd(1_000));
        await sent(enter(w, w.usd(1_000)));
        await expect(enter(w, 1n))
          .to.be.revertedWithCustomError(w.pool, "SupplyCapExceeded")
          .withArgs(w.usd(1_000) + 1n, w.usd(1_000));
        await expectConserved(w, [w.carol], []);
      });

      it("while paused; 72 hours later it is open again", async () => {
        const w = await world();
        const paused = BigInt(await time.latest()) + 1n;
        await time.setNextBlockTimestamp(paused);
        await sent(w.pool.connect(w.guardian).pause());
        await expect(enter(w, 10n)).to.be.revertedWithCustomError(w.pool, "PoolPaused");
        await time.setNextBlockTimestamp(paused + 72n * HOUR - 1n);
        await expect(enter(w, 10n)).to.be.revertedWithCustomError(w.pool, "PoolPaused");
        await time.setNextBlockTimestamp(paused + 72n * HOUR);
        await sent(enter(w, 10n));
      });

      it("once winding down", async () => {
        const w = await world();
        const execute = await scheduled(w, w.pool.interface.encodeFunctionData("windDown", [14n * DAY]));
        await sent(execute());
        await expect(enter(w, 10n)).to.be.revertedWithCustomError(w.pool, "PoolClosed");
      });

      it("for ever, after a loss that left less than a thousandth", async () => {
        const w = await feelessWorld();
        const { pool, bob, alice } = w;
        // all that is not lent leaves, and what is lent is lost
        await freeze();
        await sent(
          pool.connect(alice)["withdraw(uint256,address,address)"]((await pool.totals(PENDING)).cash, alice, alice),
        );
        await setPrice(w, 0.000_1);
        const transaction = pool.connect(w.liquidator).liquidate(bob, MAX, 0n, w.liquidator, "0x");
        await expect(transaction).to.emit(pool, "DepositsClosed");
        expect((await pool.grossPrice()) < WAD / 1_000n).to.equal(true);
        await setPrice(w, 2_000);
        await expect(enter(w, 10n)).to.be.revertedWithCustomError(pool, "PoolClosed");
        await sent(w.pool.connect(w.alice).topUpReserve(w.usd(1_000_000)));
        expect((await pool.grossPrice()) > WAD / 1_000n).to.equal(true);
        await expect(enter(w, 10n)).to.be.revertedWithCustomError(pool, "PoolClosed");
        expect(await pool.maxDeposit(w.carol)).to.equal(0n);
        await expectConserved(w, [alice], [bob]);
      });

      it("while the oracle is not ok", async () => {
        const w = await lentWorld();
        await setPrices(w, 1_900, 2_000, false);
        await expect(enter(w, 10n))
          .to.be.revertedWithCustomError(w.pool, "OracleNotOk")
          .withArgs(w.priceOf(1_900), w.priceOf(2_000));
        await setPrices(w, 0, 2_000, true);
        await expect(enter(w, 10n)).to.be.revertedWithCustomError(w.pool, "OracleNotOk").withArgs(0n, w.priceOf(2_000));
      });

      it("while more than 0.1% is uncovered; up to there it is open", async () => {
        const w = await feelessWorld();
        const { pool, bob } = w;
        await freeze(10);
        const gross = (await grossOf(pool)).assets - 1n;
        const { debtShares, borrowIndexWad } = await pool.totals(PENDING);
        const debt = (debtShares * borrowIndexWad) / WAD;
        // a price at which the shortfall is just over gross/1000, for 1,000 ether
        const target = gross / 1_000n;
        const low = ((debt - target - WAD) * 10_200n * 10n ** 36n) / (BPS * w.eth(1_000));
        await sent(w.oracle.connect(w.deployer).set(low, low, true));
        await freeze();
        const limit = ((await grossOf(pool)).assets - 1n) / 1_000n;
        const shortfall = await pool.currentShortfall(PENDING);
        expect(shortfall > limit && shortfall < limit + 2n * WAD, "just over").to.equal(true);
        await expect(enter(w, 10n))
          .to.be.revertedWithCustomError(pool, "UncoveredShortfall")
          .withArgs(shortfall, limit);
        await sent(w.oracle.connect(w.deployer).set((low * 100_001n) / 100_000n, (low * 100_001n) / 100_000n, true));
        await freeze();
        const smaller = await pool.currentShortfall(PENDING);
        expect(smaller !== 0n && smaller <= limit, "just under").to.equal(true);
        await sent(enter(w, w.usd(10)));
        // what is covered does not count: the same shortfall with a reserve above it
        await setPrice(w, 700);
        await sent(pool.connect(w.alice).topUpReserve(w.usd(300_000)));
        expect((await pool.currentShortfall()) > w.usd(100_000)).to.equal(true);
        await sent(enter(w, w.usd(10)));
        await expectConserved(w, [w.alice, w.carol], [bob]);
      });

      it("shares that do not fit their field", async () => {
        const base = await world();
        const w = await anotherMarket(
          base,
          {},
          {
            supplyCapTokens: MAX_CAP_TOKENS,
            borrowCapTokens: MAX_CAP_TOKENS,
            reserveFeePercent: 0n,
            fundFeePercent: 0n,
          },
        );
        const { pool } = w;
        await deposit(w, w.alice, w.usd(1_000_000));
        await openLoan(w, w.bob, 600, 950_000);
        await setPrice(w, 1);
        await sent(pool.connect(w.liquidator).liquidate(w.bob, MAX, 0n, w.liquidator, "0x"));
        await setPrice(w, 2_000);
        // a share costs a twentieth: 5.2e9 tokens' worth of share units for less than 0.3e9 tokens
        await sent(w.asset.mint(w.carol.address, w.usd(1_000_000_000)));
        await freeze();
        const gross = await grossOf(pool);
        const supply = gross.shares - VIRTUAL_SHARES;
        const assets = w.usd(400_000_000);
        const shares = way === "deposit" ? mulDown(assets, gross.shares, gross.assets) : MAX_SHARES - supply + 1n;
        await expect(
          way === "deposit"
            ? enter(w, assets)
            : pool.connect(w.carol)["mint(uint256,address)"](MAX_SHARES - supply + 1n, w.carol),
        )
          .to.be.revertedWithCustomError(pool, "FieldOverflow")
          .withArgs(shares, MAX_SHARES - supply);
        // the limit says how much fits, and that much goes in
        await freeze();
        const most = way === "deposit" ? await pool.maxDeposit(w.carol, PENDING) : await pool.maxMint(w.carol, PENDING);
        if (way === "deposit") await deposit(w, w.carol, most);
        else await sent(pool.connect(w.carol)["mint(uint256,address)"](most, w.carol));
        // rounding: a wei of assets buys twenty million share units
        expect((await pool.totalSupply()) > MAX_SHARES - 100n * VIRTUAL_SHARES).to.equal(true);
        await expectConserved(w, [w.alice, w.carol], [w.bob]);
      });
    });
  }
});
