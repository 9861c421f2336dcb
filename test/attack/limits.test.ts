// Mallory walks the pool to the end of every packed field, hoping that something wraps around or locks money in. Counters
// that no one can walk to the end of (4e9 losses, 2^40 generations, 2^64 epochs, the year 2106) are in `unit`, written
// into storage, or in no test.
import { expect } from "chai";

import {
  DAY,
  deployWorld,
  ethers,
  expectConserved,
  MAX,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  time,
  WAD,
  type World,
} from "../helpers/fixtures.js";
import { deposit, feelessWorld, isWithin, leave, lossOf, now, stake } from "../scenario/story.js";
import { readSlot, writeSlot } from "../unit/liquidation/storage.js";
import { marketOf } from "./tools.js";

const MAX_SHARES = (1n << 112n) - 1n;
const MAX_CASH = (1n << 96n) - 1n;
const MAX_INDEX = (1n << 68n) - 1n;
const MAX_FEES = (1n << 45n) - 1n; // in units of 1e-8 tokens
const METER = 1n;

const CAPS = { supplyCapTokens: 2_147_483_647n, borrowCapTokens: 2_147_483_647n };

async function setRaw(w: World, price: bigint): Promise<void> {
  await sent(w.oracle.connect(w.deployer).set(price, price, true));
}

/** Two thousand million supplied, all but two in a thousand lent to Bob and lost to the last wei: a share is worth 0.002. */
async function nearlyLost(parameters = {}): Promise<World> {
  const w = await deployWorld({ parameters: { ...CAPS, reserveFeePercent: 0n, fundFeePercent: 0n, ...parameters } });
  await deposit(w, w.alice, 1_000_000_000);
  await deposit(w, w.carol, 1_000_000_000);
  await openLoan(w, w.dave, 10, 10_000);
  await openLoan(w, w.bob, 2_000_000, 1_996_000_000);
  await setRaw(w, 1n); // a wei for 1e36
  await sent(w.pool.connect(w.liquidator).liquidate(w.bob.address, MAX, 0, w.liquidator.address, "0x"));
  return w;
}

describe("Attack: the ends of packed fields", () => {
  describe("112 bits of shares, after a loss of 99.8%", () => {
    let w: World;
    beforeEach(async () => {
      w = await networkHelpers.loadFixture(nearlyLost);
      await setPrice(w, 2_000);
    });

    it("a deposit into the last of them works; a token more is refused by name; and everyone can leave", async () => {
      const most = await w.pool.maxDeposit(w.erin.address);
      expect(most > w.usd(6_000_000) && most < w.usd(7_000_000), `${most}`).to.equal(true);
      await expect(
        w.pool.connect(w.erin)["deposit(uint256,address)"](most + w.usd(1), w.erin.address),
      ).to.be.revertedWithCustomError(w.pool, "FieldOverflow");
      await sent(w.pool.connect(w.erin)["deposit(uint256,address)"](most, w.erin.address));
      // a second of Dave's interest and a token's division by 0.002 are all the room that is left
      expect(MAX_SHARES - (await w.pool.totalSupply()) < MAX_SHARES / 10n ** 6n).to.equal(true);
      const paid = await leave(w, w.erin);
      expect(isWithin(paid, most, w.usd(10)), `${paid}`).to.equal(true);
      await leave(w, w.alice);
      const { cash } = await w.pool.totals(); // all but what Dave owes
      await sent(w.pool.connect(w.carol)["withdraw(uint256,address,address)"](cash, w.carol.address, w.carol.address));
      expect((await w.pool.totals()).cash).to.equal(0n);
      await expectConserved(w, [w.alice, w.carol, w.erin], [w.bob, w.dave]);
    });

    it("with the field full: liquidation, foreclosure, recovery and gifts still go through, the gifts without shares", async () => {
      await sent(
        w.pool.connect(w.erin)["deposit(uint256,address)"](await w.pool.maxDeposit(w.erin.address), w.erin.address),
      );
      const supply = await w.pool.totalSupply();
      await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(1_000_000)));
      expect(await w.pool.totalSupply(), "no room for its shares").to.equal(supply);
      expect((await w.pool.totals()).reserveShares).to.equal(0n);
      const { unpaidFace } = await w.pool.certificates();
      await sent(w.pool.connect(w.keeper).recover(w.usd(1_000)));
      expect((await w.pool.certificates()).unpaidFace).to.equal(unpaidFace - w.usd(1_000));
      expect((await w.pool.connect(w.alice).claimRecovery.staticCall(w.alice)) > w.usd(499)).to.equal(true);

      await setPrice(w, 500); // Dave's 10,000 on ten
      await sent(w.pool.connect(w.liquidator).liquidate(w.dave.address, w.usd(1_000), 0, w.liquidator.address, "0x"));
      await sent(w.pool.connect(w.keeper).flag(w.dave.address));
      await time.increase(DAY);
      const receipt = await sent(w.pool.connect(w.keeper).foreclose(w.dave.address));
      expect(lossOf(w, receipt).haircut > 0n).to.equal(true);
      await sent(w.pool.connect(w.liquidator).buyEstate(MAX, 0, w.liquidator.address, "0x"));
      expect((await w.pool.totals()).debtAssets).to.equal(0n);
      await expectConserved(w, [w.alice, w.carol, w.erin], [w.bob, w.dave]);
    });

    it("the loss after that, below a thousandth: nothing mints ever again, and what is left can be taken out", async () => {
      await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(10), w.carol.address));
      await sent(
        w.authority.connect(w.governor).schedule(w.pool, w.pool.interface.encodeFunctionData("reopenBorrowing"), 0),
      );
      await time.increase(3n * DAY);
      await sent(
        w.authority.connect(w.governor).execute(w.pool, w.pool.interface.encodeFunctionData("reopenBorrowing")),
      );
      await sent(w.pool.connect(w.dave).supplyCollateral(w.eth(10_000), w.dave.address));
      await sent(w.pool.connect(w.dave).borrow((await w.pool.totals()).cash, w.dave.address, w.dave.address));
      await setRaw(w, 1n);
      await sent(w.pool.connect(w.liquidator).liquidate(w.dave.address, MAX, 0, w.liquidator.address, "0x"));
      await setPrice(w, 2_000);
      expect((await w.pool.config()).isClosed).to.equal(true);
      expect(await w.pool.maxDeposit(w.erin.address)).to.equal(0n);
      await expect(
        w.pool.connect(w.erin)["deposit(uint256,address)"](w.usd(1), w.erin.address),
      ).to.be.revertedWithCustomError(w.pool, "PoolClosed");
      // a gift becomes everybody's, and can be had by the share
      await sent(w.pool.connect(w.keeper).topUpReserve(w.usd(1_000)));
      expect(isWithin(await leave(w, w.alice), w.usd(500), w.usd(1))).to.equal(true);
      expect((await w.pool.exitPrice()) < WAD).to.equal(true);
      await expectConserved(w, [w.alice, w.carol], [w.bob, w.dave]);
    });
  });

  it("96 bits of cash, and debts grown 295-fold: more than fits is refused by name; a part fits, and exits make room for the next", async () => {
    const w = await deployWorld({ parameters: { ...CAPS, reserveFeePercent: 0n, fundFeePercent: 0n } });
    await deposit(w, w.alice, 1_000_000_000);
    await openLoan(w, w.bob, 2_000_000, 900_000_000);
    // two years of a rate at its cap, written down instead of waited for
    await writeSlot(w, METER, (await readSlot(w, METER)) | (MAX_INDEX << 112n));
    const { debtAssets } = await w.pool.position(w.bob.address);
    expect(debtAssets > 3n * MAX_CASH).to.equal(true);
    await sent(w.asset.mint(w.bob.address, 4n * MAX_CASH));
    const { cash } = await w.pool.totals();
    await expect(w.pool.connect(w.bob).repay(MAX, w.bob.address))
      .to.be.revertedWithCustomError(w.pool, "FieldOverflow")
      .withArgs(debtAssets, MAX_CASH - cash);
    await sent(w.pool.connect(w.bob).repay(MAX_CASH - cash, w.bob.address));
    expect((await w.pool.totals()).cash).to.equal(MAX_CASH);
    // the loan is now insolvent by far: whoever liquidates pays what the collateral is worth, as soon as there is room
    const most = await w.pool.maxRedeem(w.alice.address);
    await setPrice(w, 1_000);
    expect((await leave(w, w.alice, most / 4n)) > w.usd(1_000_000_000)).to.equal(true);
    await sent(w.asset.mint(w.liquidator.address, MAX_CASH));
    await sent(w.pool.connect(w.liquidator).liquidate(w.bob.address, MAX, 0, w.liquidator.address, "0x"));
    expect((await w.pool.totals()).debtAssets).to.equal(0n);
    await leave(w, w.alice);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("68 bits of index: debt stands still, and every call goes on", async () => {
    const w = await feelessWorld();
    await deposit(w, w.alice, 10_000_000);
    await openLoan(w, w.bob, 1_000, 4_000);
    await openLoan(w, w.dave, 1_000, 4_000);
    await writeSlot(w, METER, (await readSlot(w, METER)) | (MAX_INDEX << 112n));
    const debt = (await w.pool.position(w.bob.address)).debtAssets;
    await time.increase(365n * DAY);
    await sent(w.pool.accrue());
    expect((await w.pool.position(w.bob.address)).debtAssets).to.equal(debt);
    await sent(w.pool.connect(w.bob).borrow(w.usd(100_000), w.bob.address, w.bob.address));
    await sent(w.pool.connect(w.bob).repay(w.usd(50_000), w.bob.address));
    await sent(w.pool.connect(w.bob).withdrawCollateral(w.eth(1), w.bob.address, w.bob.address));
    await deposit(w, w.carol, 1_000);
    await leave(w, w.carol);
    await setPrice(w, 1_000);
    await sent(w.pool.connect(w.liquidator).liquidate(w.bob.address, w.usd(1_000), 0, w.liquidator.address, "0x"));
    await sent(w.pool.connect(w.keeper).flag(w.dave.address));
    await time.increase(DAY);
    await sent(w.pool.connect(w.keeper).foreclose(w.dave.address));
    await sent(w.pool.connect(w.liquidator).buyEstate(MAX, 0, w.liquidator.address, "0x"));
    await expectConserved(w, [w.alice, w.carol], [w.bob, w.dave]);
  });

  it("45 bits of pending fees: a pool of 900 million that nobody calls for a year gives reserve and fund 351,843, the rest to suppliers", async () => {
    const w = await deployWorld({ parameters: CAPS });
    await deposit(w, w.alice, 1_000_000_000);
    await openLoan(w, w.bob, 2_000_000, 900_000_000);
    const start = await now();
    const full = MAX_FEES * 10n ** 10n;
    await time.increaseTo(start + 17n * DAY);
    expect((await w.pool.totals()).pendingFees < full, "seventeen days fit").to.equal(true);
    await time.increaseTo(start + 365n * DAY);
    expect((await w.pool.totals()).pendingFees).to.equal(full);
    await sent(w.pool.connect(w.keeper).accrue());
    const { reserveShares, pendingFees } = await w.pool.totals();
    expect(pendingFees).to.equal(0n);
    expect(isWithin(await w.pool.convertToAssets(reserveShares), full, w.usd(1))).to.equal(true);
    expect((await w.pool.exitPrice()) > (WAD * 103n) / 100n).to.equal(true);
    await leave(w, w.alice, (await w.pool.balanceOf(w.alice.address)) / 20n);
    await expectConserved(w, [w.alice], [w.bob]);
  });

  describe("ticks and prices at both ends", () => {
    for (const [what, parameters, price, collateral, debt] of [
      // 2^112 of collateral that is worth next to nothing, and one wei owed
      [
        "all the collateral that fits, a wei of debt",
        { collateralCap: (1n << 112n) - 1n, minDebt: 1n },
        10n ** 6n,
        (1n << 112n) - 1n,
        1n,
      ],
      // a single wei of collateral worth a thousand million, nearly all of it borrowed
      [
        "a wei of collateral, a debt of 799 million",
        { collateralCap: 1n, minDebt: 1n },
        (10n ** 27n * 10n ** 36n) / 10n ** 6n,
        1n,
        799n * 10n ** 18n,
      ],
    ] as const) {
      it(`${what}: shown, flagged, liquidated, foreclosed, sold`, async () => {
        const base = await feelessWorld();
        const oracle = await ethers.deployContract("MockOracle");
        await sent(oracle.set(price, price, true));
        const w = await marketOf(base, { oracle, parameters });
        await deposit(w, w.alice, 1_000);
        await sent(w.collateral.mint(w.bob.address, collateral));
        await sent(w.pool.connect(w.bob).supplyCollateral(collateral, w.bob.address));
        await sent(w.pool.connect(w.bob).borrow(debt, w.bob.address, w.bob.address));
        const before = await w.pool.exitPrice();
        for (const low of [1n, price / 1_000n, price / 2n, price]) {
          await sent(oracle.set(low, low, true));
          expect((await w.pool.currentShortfall()) <= (await w.pool.totals()).debtAssets).to.equal(true);
          expect((await w.pool.exitPrice()) <= before + WAD / 1_000n).to.equal(true);
        }
        const fallen = price / 10_000n;
        await sent(oracle.set(fallen, fallen, true));
        const shown = await w.pool.exitPrice();
        await sent(w.pool.pivot());
        await sent(w.pool.connect(w.keeper).flag(w.bob.address));
        await time.increase(DAY);
        const snapshot = await networkHelpers.takeSnapshot();
        await sent(w.pool.connect(w.liquidator).liquidate(w.bob.address, MAX, 0, w.liquidator.address, "0x"));
        expect(isWithin(await w.pool.exitPrice(), shown, WAD / 10n ** 4n), "liquidated").to.equal(true);
        expect((await w.pool.totals()).debtShares).to.equal(0n);
        await snapshot.restore();
        await sent(w.pool.connect(w.keeper).foreclose(w.bob.address));
        expect(isWithin(await w.pool.exitPrice(), shown, WAD / 10n ** 4n), "foreclosed").to.equal(true);
        await time.increase(60n * DAY);
        await sent(w.pool.connect(w.liquidator).buyEstate(MAX, 0, w.liquidator.address, "0x"));
        expect((await w.pool.totals()).debtAssets).to.equal(0n);
        await leave(w, w.alice);
        await expectConserved(w, [w.alice], [w.bob]);
      });
    }

    it("a price above every bound is the bound, and no product of it overflows", async () => {
      const base = await feelessWorld();
      const oracle = await ethers.deployContract("MockOracle");
      await sent(oracle.set(MAX, MAX, true));
      const w = await marketOf(base, { oracle });
      await deposit(w, w.alice, 1_000_000);
      await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(10_000_000), w.bob.address));
      await sent(w.pool.connect(w.bob).borrow(w.usd(1_000_000), w.bob.address, w.bob.address));
      const { ltvWad, status } = await w.pool.position(w.bob.address);
      expect([ltvWad > 0n, status]).to.deep.equal([true, 1n]);
      expect(await w.pool.currentShortfall()).to.equal(0n);
      await sent(w.pool.connect(w.bob).repay(MAX, w.bob.address));
      await sent(w.pool.connect(w.bob).withdrawCollateral(w.eth(10_000_000), w.bob.address, w.bob.address));
    });
  });

  it("generations of the fund: twelve wipes in a row, and each new stake is whole, each old one void", async () => {
    const w = await feelessWorld();
    await deposit(w, w.alice, 10_000_000);
    let generation = 0n;
    for (let wipe = 0; wipe < 12; ++wipe) {
      const units = await stake(w, w.erin, 10);
      expect(await w.fund.totalSupply()).to.equal(units);
      expect((await w.fund.convertToAssets(units)) >= (await w.pool.balanceOf(w.fund)) - 1n).to.equal(true);
      await openLoan(w, w.dave, 1, 1_500);
      await setPrice(w, 1_000); // a loss of 520: more than the fund, under a thousandth of the pool
      await sent(w.pool.connect(w.liquidator).liquidate(w.dave.address, MAX, 0, w.liquidator.address, "0x"));
      await setPrice(w, 2_000);
      generation += 8n;
      expect(await w.pool.fundGeneration()).to.equal(generation);
      expect([await w.fund.balanceOf(w.erin.address), await w.pool.balanceOf(w.fund)]).to.deep.equal([0n, 0n]);
    }
    await expectConserved(w, [w.alice, w.erin], [w.dave]);
  });
});
