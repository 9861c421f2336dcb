// Insurers who want the premium without the loss: by leaving first, by standing at the door, or at each other's cost.
import { expect } from "chai";

import { load } from "../helpers/blocks.js";
import {
  claimableUnits,
  DAY,
  expectConserved,
  openLoan,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  type World,
  world,
} from "../helpers/fixtures.js";
import {
  claimUnits,
  deposit,
  feelessWorld,
  isWithin,
  leave,
  liquidate,
  requestUnits,
  stake,
  whatIf,
} from "../scenario/story.js";
import { deployFeeless, inOneBlock, turn } from "./moves.js";

const shares = (w: World, tokens: number) => w.usd(tokens) * VIRTUAL_SHARES;

/**
 * Bob 30,000, Carol 20,000 and Erin 50,000 in the fund, all at the end of their waiting time; Frank owes 600,000 against
 * 400. At 1,428 they recover 560,000: a claim of 40,000 and some interest on the fund's 100,000.
 */
async function deployLeavers(): Promise<World> {
  const w = await deployFeeless();
  await deposit(w, w.alice, 1_000_000);
  await stake(w, w.bob, 30_000);
  await stake(w, w.carol, 20_000);
  await stake(w, w.erin, 50_000);
  await openLoan(w, w.frank, 400, 600_000);
  for (const who of [w.bob, w.carol, w.erin]) await requestUnits(w, who);
  await time.increase(14n * DAY);
  return w;
}

describe("Attack: insurers", () => {
  describe("leaving before the loss", () => {
    it("Bob claims in the block in which the loss shows: he pays his part of it, as if he had stayed", async () => {
      const w = await load(deployLeavers);
      const { bob, erin } = w;
      await setPrice(w, 1_428);
      const first = await whatIf(async () => {
        const got = await claimUnits(w, bob);
        await liquidate(w, w.frank);
        return { got, others: await claimUnits(w, erin) };
      });
      await liquidate(w, w.frank);
      const last = { got: await claimUnits(w, bob), others: await claimUnits(w, erin) };
      expect(first.got < shares(w, 18_100) && first.got > shares(w, 17_000), "30,000 less four tenths").to.equal(true);
      // a second of interest on the debt of 600,000: its claim grows by less than a millionth; and roundings of shares
      expect(isWithin(first.got, last.got, first.got / 10n ** 6n)).to.equal(true);
      expect(isWithin(first.others, last.others, last.others / 10n ** 6n)).to.equal(true);
      await expectConserved(w, [w.alice, bob, w.carol, erin, w.frank], [w.frank.address]);
    });

    it("with a flash loan: he can lower the claims only by paying them himself", async () => {
      const w = await load(deployLeavers);
      const { pool, asset, bob } = w;
      await setPrice(w, 1_428);
      const honest = await whatIf(async () => {
        await claimUnits(w, bob);
        return await leave(w, bob);
      });
      for (const gift of [1_000, 20_000, 60_000]) {
        await whatIf(async () => {
          const before = await asset.balanceOf(bob.address);
          await sent(pool.connect(bob).topUpReserve(w.usd(gift)));
          await claimUnits(w, bob);
          await leave(w, bob);
          const got = (await asset.balanceOf(bob.address)) - before;
          // three tenths of what he pays come back to him
          expect(got < honest - w.usd(gift / 3), `with ${gift}`).to.equal(true);
        });
        await whatIf(async () => {
          const before = await asset.balanceOf(bob.address);
          await sent(pool.connect(bob).repay(w.usd(gift), w.frank.address)); // less debt, less claim
          await claimUnits(w, bob);
          await leave(w, bob);
          expect((await asset.balanceOf(bob.address)) - before < honest - w.usd(gift / 3)).to.equal(true);
        });
      }
    });

    it("through a sale of his units: the loss goes with them", async () => {
      const w = await feelessWorld();
      const { fund, bob, dave } = w;
      await deposit(w, w.alice, 1_000_000);
      await stake(w, bob, 30_000);
      await stake(w, w.erin, 70_000);
      await openLoan(w, w.frank, 400, 600_000);
      await setPrice(w, 1_428);
      await sent(fund.connect(bob).transfer(dave.address, await fund.balanceOf(bob.address)));
      await liquidate(w, w.frank);
      const worth = await fund.convertToAssets(await fund.balanceOf(dave.address));
      // 40,000 of 100,000, and some seconds of interest
      expect(isWithin(worth, shares(w, 18_000), shares(w, 0.1))).to.equal(true);
      expect(await fund.balanceOf(bob.address)).to.equal(0n);
    });

    it("always at the door: with a request open at all times he may leave a third of the time, and earns nothing at all", async () => {
      const w = await world(); // with fees
      const { pool, fund, bob, carol } = w;
      await deposit(w, w.alice, 1_000_000);
      await stake(w, bob, 50_000);
      await stake(w, carol, 50_000);
      await openLoan(w, w.frank, 1_000, 900_000);
      const start = await fund.convertToAssets(await fund.balanceOf(bob.address));
      let id = await requestUnits(w, bob);
      for (let round = 0; round < 3; ++round) {
        await time.increase(21n * DAY);
        await inOneBlock([
          async () => await fund.connect(bob).cancelRedeem(id, turn(0)),
          // a call of the same block: all that he is credited with are the seconds between, and there are none
          async () => await pool.connect(w.dave).transfer(pool, 0n, turn(1)),
        ]);
        const units = await fund.balanceOf(bob.address);
        // nothing was added by three weeks of waiting; a share unit may be lost each time, and one second's premium won
        const now = await fund.convertToAssets(units);
        expect(now >= start - 3n && now - start < shares(w, 0.001), `round ${round}`).to.equal(true);
        id = await requestUnits(w, bob);
      }
      const earned = (await fund.convertToAssets(await fund.balanceOf(carol.address))) - shares(w, 50_000);
      expect(earned > shares(w, 200), "who stayed was paid for it").to.equal(true);
    });
  });

  describe("racing each other", () => {
    const orders: readonly (readonly ("bob" | "carol" | "erin")[])[] = [
      ["bob", "carol", "erin"],
      ["erin", "carol", "bob"],
      ["carol", "erin", "bob"],
    ];

    it("the order changes nobody's pay by more than roundings", async () => {
      const w = await load(deployLeavers);
      await setPrice(w, 1_428);
      const pay: Record<string, bigint>[] = [];
      for (const order of orders) {
        pay.push(
          await whatIf(async () => {
            const before = await Promise.all(order.map(async (name) => await w.pool.balanceOf(w[name].address)));
            const units = await Promise.all(order.map(async (name) => await claimableUnits(w, w[name])));
            await inOneBlock(
              order.map((name, place) => async () => {
                const out = w.fund.connect(w[name])["redeem(uint256,address,address,uint256)"];
                return await out(units[place] ?? 0n, w[name].address, w[name].address, 0n, turn(place));
              }),
            );
            const entries = order.map(async (name, place) => [
              name,
              (await w.pool.balanceOf(w[name].address)) - (before[place] ?? 0n),
            ]);
            return Object.fromEntries(await Promise.all(entries)) as Record<string, bigint>;
          }),
        );
      }
      const [one, ...others] = pay;
      for (const other of others) {
        for (const name of ["bob", "carol", "erin"]) {
          const [a, b] = [one?.[name] ?? 0n, other[name] ?? 0n];
          // the blocks' times differ by seconds of interest in the claim; three share units of rounding
          expect(a > 0n && isWithin(a, b, a / 10n ** 6n), name).to.equal(true);
        }
      }
    });

    it("waiting in the fund for others to be paid short: what they forgo is Erin's only if the loss goes away", async () => {
      const w = await load(deployLeavers);
      const { pool, fund, erin, dave } = w;
      await setPrice(w, 1_428);
      // Dave stakes a hundred, units at the full rate, right before Bob and Carol go
      const units = await stake(w, dave, 100);
      const his = await fund.convertToAssets(units);
      await claimUnits(w, w.bob);
      await claimUnits(w, w.carol);
      const forgone =
        shares(w, 50_000) - (await pool.balanceOf(w.bob.address)) - (await pool.balanceOf(w.carol.address));
      // the claims on the fund in shares, some 40,000 and a fortnight's interest: half of them would have been theirs
      const claims = ((await pool.currentShortfall()) * VIRTUAL_SHARES * 10n ** 18n) / (await pool.grossPrice());
      expect(claims > shares(w, 40_000) && claims < shares(w, 41_000)).to.equal(true);
      const theirs = (claims * shares(w, 50_000)) / (shares(w, 100_000) + his);
      expect(isWithin(forgone, theirs, theirs / 10n ** 6n), "seconds of interest between").to.equal(true);
      const lost = await whatIf(async () => {
        await liquidate(w, w.frank);
        return await fund.convertToAssets(units);
      });
      const stays = his - (claims * his) / (shares(w, 100_000) + his);
      expect(isWithin(lost, stays, stays / 10n ** 6n), "as everyone").to.equal(true);
      await setPrice(w, 2_000);
      const won = await fund.convertToAssets(units);
      // his part is that of his stake among those who stayed, about 100 of 50,100; the rest is Erin's, who is cooling
      const stayed = shares(w, 50_000) + his;
      expect(isWithin(won, his + (forgone * his) / stayed, 10n ** 6n)).to.equal(true);
      const hers = await claimUnits(w, erin);
      expect(isWithin(hers, shares(w, 50_000) + (forgone * shares(w, 50_000)) / stayed, 10n ** 6n)).to.equal(true);
    });

    it("behind the last leaver with next to no stake: what was withheld is the reserve's, not his", async () => {
      const w = await load(deployLeavers);
      const { pool, fund, dave } = w;
      await setPrice(w, 1_428);
      const units = await stake(w, dave, 20);
      for (const who of [w.bob, w.carol, w.erin]) await claimUnits(w, who);
      // of what Bob and Carol forwent, some 20,000, his part is 20 of 50,020; Erin leaves no one but him
      const won = await fund.convertToAssets(units);
      expect(won > shares(w, 27.9) && won < shares(w, 28.2)).to.equal(true);
      const reserve = (await pool.totals()).reserveShares;
      expect(reserve > shares(w, 40_000), "all the rest").to.equal(true);
      expect(await pool.exitPrice(), "and the claims are covered as before").to.be.greaterThanOrEqual(10n ** 18n);
    });
  });

  describe("a stranger's clock", () => {
    it("can't be restarted, cancelled or expired by anyone else: not with an allowance, a gift of units or a request for him", async () => {
      const w = await load(deployLeavers);
      const { fund, pool, bob, dave } = w;
      const [id] = await fund.openRequests(bob.address);
      if (id === undefined) throw new Error("No request.");
      const claimable = await fund.maxRedeem(bob.address);
      await stake(w, dave, 10);
      await sent(fund.connect(bob).approve(dave.address, 2n ** 255n));
      const mine = fund.connect(dave);
      const refused: (readonly [Promise<unknown>, readonly [string, string]])[] = [
        [mine.requestRedeem(1n, bob.address, dave.address), [dave.address, bob.address]], // a wei into his queue
        [mine.requestRedeem(1n, dave.address, bob.address), [dave.address, bob.address]], // his units into mine
        [mine.requestRedeem(1n, bob.address, bob.address), [dave.address, bob.address]],
        [mine.cancelRedeem(id), [dave.address, bob.address]],
        [mine["redeem(uint256,address,address)"](1n, dave.address, bob.address), [dave.address, bob.address]],
        [mine["withdraw(uint256,address,address)"](1n, dave.address, bob.address), [dave.address, bob.address]],
      ];
      for (const [call, args] of refused) {
        await expect(call)
          .to.be.revertedWithCustomError(fund, "NotAuthorised")
          .withArgs(...args);
      }
      await expect(mine.returnExpired(id)).to.be.revertedWithCustomError(fund, "RequestNotExpired");
      // units sent to Bob open nothing, and his own second request has a clock of its own
      await sent(mine.transfer(bob.address, 10n ** 12n));
      await sent(fund.connect(bob).requestRedeem(10n ** 12n, bob.address, bob.address));
      expect(await fund.maxRedeem(bob.address)).to.equal(claimable);
      await claimUnits(w, bob);
      expect(isWithin(await pool.balanceOf(bob.address), shares(w, 30_000), 2n)).to.equal(true);
    });
  });
});
