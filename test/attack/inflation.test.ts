// The attacker wants to make a share, or a unit of the fund, so dear that the next depositor's rounding is his.
import { expect } from "chai";

import { load } from "../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  openLoan,
  sent,
  setPrice,
  setPrices,
  time,
  VIRTUAL_SHARES,
  WAD,
  type World,
} from "../helpers/fixtures.js";
import { deposit, leave } from "../scenario/story.js";

const deploy6 = async () => await deployWorld({ assetDecimals: 6n });
const deploy8 = async () => await deployWorld({ assetDecimals: 8n });
const deploy18 = async () => await deployWorld();
const WORLDS = [
  [6, deploy6],
  [8, deploy8],
  [18, deploy18],
] as const;

/** An empty pool: Bob attacks, Alice is the victim. */
describe("Attack: inflation", () => {
  for (const [decimals, deployIt] of WORLDS) {
    describe(`with ${decimals} decimals`, () => {
      it("first depositor with a wei, then gifts of tokens, of a top-up and of shares: Alice loses nothing, Bob the gifts", async () => {
        const w = await load(deployIt);
        const { pool, asset, bob, alice } = w;
        const pays = w.usd(1_000_000);
        const before = await asset.balanceOf(bob.address);
        await sent(pool.connect(bob)["deposit(uint256,address)"](1n, bob.address));
        await sent(asset.connect(bob).transfer(pool, pays)); // cash is counted, not looked up
        await sent(pool.connect(bob).topUpReserve(pays)); // at the price: shares of the reserve
        await sent(pool.connect(bob)["deposit(uint256,address)"](pays, bob.address));
        await sent(pool.connect(bob).transfer(pool, (await pool.balanceOf(bob.address)) - VIRTUAL_SHARES));
        expect(await pool.grossPrice(), "nothing moved the price").to.equal(WAD);

        await sent(pool.connect(alice)["deposit(uint256,address)"](w.usd(1_500_000) + 1n, alice.address));
        expect(await leave(w, alice), "all of it").to.equal(w.usd(1_500_000) + 1n);
        expect(await leave(w, bob), "what is his own").to.equal(1n);
        expect(before - (await asset.balanceOf(bob.address)), "three gifts").to.equal(3n * pays);
        await expectConserved(w, [alice.address, bob.address], []);
      });

      it("steps of one share, a wei each: a hundred wei buy him a rise of which Alice feels less than a wei", async () => {
        const w = await load(deployIt);
        const { pool, asset, bob, alice } = w;
        const before = await asset.balanceOf(bob.address);
        const step = pool.interface.encodeFunctionData("mint(uint256,address)", [1n, bob.address]);
        await sent(pool.connect(bob).multicall(Array.from({ length: 100 }, () => step)));
        expect(before - (await asset.balanceOf(bob.address))).to.equal(100n);
        // 101 assets to 1,000,100 shares: the hundredfold of the first price, of next to nothing
        expect(await pool.grossPrice()).to.equal((101n * WAD * VIRTUAL_SHARES) / (VIRTUAL_SHARES + 100n));

        for (const assets of [1n, 7n, 101n, w.usd(1)]) {
          await sent(pool.connect(alice)["deposit(uint256,address)"](assets, alice.address));
          const back = await pool.convertToAssets(await pool.balanceOf(alice.address));
          expect(back === assets || back === assets - 1n, `of ${assets}`).to.equal(true);
          if (back > 0n) await leave(w, alice);
        }
        // his hundred shares are a ten-thousandth of what nobody owns: worth nothing
        expect(await pool.convertToAssets(100n)).to.equal(0n);
      });
    });
  }

  it("no mix of steps pays: whatever he mints and gives up, nobody can lose more than a millionth of what it cost him", () => {
    // The rule of both vaults: S + V shares of which nobody owns V stand for A + 1 assets. Bob pays for `mints` shares in
    // as many steps, and loses `gift` in whatever way there may be; Alice deposits `victim`.
    const V = VIRTUAL_SHARES;
    let best = -(10n ** 40n);
    for (const mints of [1n, 10n, 10n ** 3n, 10n ** 6n, 10n ** 9n, 10n ** 12n]) {
      for (const gift of [0n, 1n, 10n ** 6n, 10n ** 12n, 10n ** 18n, 10n ** 24n]) {
        const cost = mints < V ? mints : mints / V; // a step of one share costs a wei; larger ones their price
        const assets = cost + gift;
        for (const part of [1n, 2n, 3n]) {
          // the worst for Alice: just under a whole share more
          const price = (assets + 1n) / (mints + V) + 1n;
          const victim = part * price - 1n;
          const shares = (victim * (mints + V)) / (assets + 1n);
          if (shares === 0n) continue; // the pool refuses a deposit for no shares
          const back = (shares * (assets + victim + 1n)) / (mints + shares + V);
          const worth = (mints * (assets + victim + 1n)) / (mints + shares + V);
          const lost = victim - back;
          expect(lost <= assets / V + 2n, "her loss").to.equal(true);
          const gain = worth - assets;
          if (gain > best) best = gain;
        }
      }
    }
    expect(best <= 0n, "his best result").to.equal(true);
  });

  it("an outage empties the pool at a marked-down price: what Bob leaves behind is nobody's, a millionth is his", async () => {
    const w: World = await load(deploy18);
    const { pool, bob, alice, frank } = w;
    // Bob is the only supplier and, as Frank, the only borrower. While no price can be read, what is lent counts for
    // nothing, so he takes out all but one share for the cash that is left; then the price is back.
    await deposit(w, bob, 1_000_000);
    await openLoan(w, frank, 1_000, 999_999);
    await setPrices(w, 0, 2_000, false);
    await leave(w, bob, (await pool.balanceOf(bob.address)) - 1n);
    await setPrice(w, 2_000);
    const price = (await pool.grossAssets()) / (VIRTUAL_SHARES + 1n);
    expect(price > w.usd(0.9) && price < w.usd(1.1), "a share unit is worth a token now").to.equal(true);
    expect((await pool.convertToAssets(1n)) <= price, "and one is all he has, for a million burned").to.equal(true);

    // Alice may lose up to one share unit, a token, and is told: minShares, or a preview.
    const shares = await pool.previewDeposit(w.usd(1_001.5));
    await expect(
      pool.connect(alice)["deposit(uint256,address,uint256)"](w.usd(1_001.5), alice.address, shares + 1n),
    ).to.be.revertedWithCustomError(pool, "BelowMinimum");
    const worthOfBob = await pool.convertToAssets(1n);
    await sent(pool.connect(alice)["deposit(uint256,address)"](w.usd(1_001.5), alice.address));
    const lost = w.usd(1_001.5) - (await pool.convertToAssets(await pool.balanceOf(alice.address)));
    expect(lost < price + w.usd(0.01), "hers").to.equal(true); // and some seconds of interest
    const gain = (await pool.convertToAssets(1n)) - worthOfBob;
    // a millionth of her rounding, and a millionth of some seconds of interest on a million
    expect(gain < w.usd(0.000_01), "his").to.equal(true);
  });

  describe("of the fund", () => {
    for (const units of [1n, 10n ** 6n, 10n ** 12n]) {
      it(`mints ${units} units and gives a million tokens of shares: Alice loses less than a unit, Bob never gains`, async () => {
        const w: World = await load(deploy18);
        const { pool, fund, bob, alice } = w;
        const shares = (tokens: number) => w.usd(tokens) * VIRTUAL_SHARES;
        await deposit(w, bob, 1_000_001);
        await deposit(w, alice, 1_000_000);
        const start = await pool.balanceOf(bob.address);
        await sent(fund.connect(bob)["mint(uint256,address)"](units, bob.address));
        await sent(pool.connect(bob).transfer(fund, shares(1_000_000)));
        const paid = start - (await pool.balanceOf(bob.address));

        await sent(fund.connect(alice)["deposit(uint256,address)"](shares(1_000_000), alice.address));
        const hers = await fund.convertToAssets(await fund.balanceOf(alice.address));
        const his = await fund.convertToAssets(units);
        // a unit costs (gift + 2) / (a million + his): hers is rounded down to whole ones
        const unitPrice = shares(1_000_000) / (VIRTUAL_SHARES + units) + 2n;
        expect(shares(1_000_000) - hers <= unitPrice, "hers").to.equal(true);
        // he keeps the part of his gift that his units are of all units: the rest is nobody's
        const most = (2n * shares(1_000_000) * units) / (VIRTUAL_SHARES + units) + unitPrice;
        expect(his <= most && his < paid, "his").to.equal(true);
      });
    }

    it("the gift before somebody's expired request is returned takes no more", async () => {
      const w: World = await load(deploy18);
      const { pool, fund, bob, alice } = w;
      await deposit(w, alice, 1_000);
      await deposit(w, bob, 1_000_001);
      await sent(fund.connect(alice)["deposit(uint256,address)"](await pool.balanceOf(alice.address), alice.address));
      await sent(fund.connect(alice).requestRedeem(await fund.balanceOf(alice.address), alice.address, alice.address));
      const [id] = await fund.openRequests(alice.address);
      if (id === undefined) throw new Error("No request.");
      // nothing is active now, and whoever comes first sets the rate
      await sent(fund.connect(bob)["mint(uint256,address)"](1n, bob.address));
      await sent(pool.connect(bob).transfer(fund, w.usd(1_000_000) * VIRTUAL_SHARES));
      await expect(fund.connect(bob).returnExpired(id)).to.be.revertedWithCustomError(fund, "RequestNotExpired");
      await time.increase(21n * DAY);
      await sent(fund.connect(bob).returnExpired(id));
      const hers = await fund.convertToAssets(await fund.balanceOf(alice.address));
      // she may lose one unit's price, a millionth of the gift: a token; he has spent a million for a unit of it
      expect(w.usd(1_000) * VIRTUAL_SHARES - hers <= w.usd(1) * VIRTUAL_SHARES + 2n).to.equal(true);
      expect(await fund.convertToAssets(1n)).to.be.lessThan(w.usd(1.01) * VIRTUAL_SHARES);
      await expectConserved(w, [alice.address, bob.address], []);
    });
  });
});
