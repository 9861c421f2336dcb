import { expect } from "chai";

import { Random } from "../../../sdk/model/index.js";
import { expectConserved, sent, setPrice, VIRTUAL_SHARES, type World, ZERO } from "../../helpers/fixtures.js";
import { amountsOf, deposit, eventsOf } from "../liquidation/actions.js";
import { ceilDiv, claim, holders, lentWorld, lose, loseRest, recover, SCALE, shares } from "./kit.js";
import { Ledger } from "./ledger.js";

let w: World;
const face = (amount: bigint, perShare: bigint) => (amount * perShare) / SCALE;
const statusOf = async (who: World["alice"]) => {
  const { unpaidFace, claimable } = await w.pool.certificateOf(who);
  return { unpaidFace, claimable };
};
const conserved = async () => {
  await expectConserved(w, holders(w), [w.frank]);
};

const wholeFace = async () => (await w.pool.certificates()).unpaidFace;

/** Almost no cash, and a price at which the debt is lost. Returns the cash left. */
async function deepLoss(): Promise<bigint> {
  const { pool, alice, bob, carol } = w;
  for (const who of [carol, bob, alice]) {
    const amount = await pool.maxWithdraw(who);
    if (amount > 0n) await sent(pool.connect(who)["withdraw(uint256,address,address)"](amount, who, who));
  }
  const price = w.priceOf(0.000001);
  await sent(w.oracle.connect(w.deployer).set(price, price, true));
  await sent(pool.connect(w.liquidator).liquidate(w.frank, 2n ** 256n - 1n, 0, w.liquidator, "0x"));
  return (await pool.totals()).cash;
}

describe("LendingPool.recover", () => {
  beforeEach(async () => {
    w = await lentWorld();
  });

  it("refuses nothing", async () => {
    await expect(w.pool.connect(w.keeper).recover(0)).to.be.revertedWithCustomError(w.pool, "ZeroAmount");
  });

  it("gives all to the reserve while there has been no haircut", async () => {
    const { pool, keeper } = w;
    const before = await pool.totalSupply();
    const cash = (await pool.totals()).cash;
    const receipt = await recover(w, w.usd(1_000));
    const event = amountsOf(w, receipt, "Recovered");
    expect([event("toCertificates"), event("toReserve")]).to.deep.equal([0n, w.usd(1_000)]);
    const totals = await pool.totals();
    const gross = totals.cash - w.usd(1_000) + totals.debtAssets + 1n;
    const minted = (w.usd(1_000) * (before + VIRTUAL_SHARES)) / gross;
    expect(totals.reserveShares).to.equal(minted);
    expect(await pool.totalSupply()).to.equal(before + minted);
    expect(totals.cash).to.equal(cash + w.usd(1_000));
    expect(eventsOf(w, receipt, "Transfer").map(({ args }) => [...args])).to.deep.equal([[ZERO, pool.target, minted]]);
    expect([...(await pool.certificates())]).to.deep.equal([0n, 0n]);
    await expect(pool.connect(keeper).recover(1)).to.emit(pool, "Recovered").withArgs(keeper, 0, 1);
    await conserved();
  });

  it("repays certificates pro rata, without a gain to any share", async () => {
    const { pool, alice, bob, carol, keeper, asset } = w;
    const { perShare } = await loseRest(w);
    const owed = (await pool.certificates()).unpaidFace;
    const price = await pool.exitPrice();
    const totals = await pool.totals();
    const tokens = await asset.balanceOf(pool);
    const amount = owed / 4n;
    await expect(pool.connect(keeper).recover(amount)).to.emit(pool, "Recovered").withArgs(keeper, amount, 0);
    expect([...(await pool.certificates())]).to.deep.equal([owed - amount, amount]);
    expect(await asset.balanceOf(pool)).to.equal(tokens + amount);
    expect((await pool.totals()).cash, "not the pool's cash").to.equal(totals.cash);
    expect(await pool.exitPrice()).to.equal(price);
    const remaining = ceilDiv(SCALE * (owed - amount), owed);
    for (const [who, tokensOf] of [
      [alice, 6_000_000],
      [bob, 3_000_000],
      [carol, 1_000_000],
    ] as const) {
      const all = face(shares(w, tokensOf), perShare);
      const unpaid = ceilDiv(ceilDiv(shares(w, tokensOf) * perShare, 10n ** 27n) * remaining, 10n ** 45n);
      expect(await statusOf(who)).to.deep.equal({ unpaidFace: unpaid, claimable: all - unpaid });
      expect(await claim(w, who)).to.equal(all - unpaid);
    }
    await conserved();
  });

  it("gives what exceeds all face to the reserve", async () => {
    const { pool, alice, bob, carol } = w;
    const { perShare } = await loseRest(w);
    const owed = (await pool.certificates()).unpaidFace;
    const { cash } = await pool.totals();
    const supply = await pool.totalSupply();
    const receipt = await recover(w, owed + w.usd(500));
    const event = amountsOf(w, receipt, "Recovered");
    expect([event("toCertificates"), event("toReserve")]).to.deep.equal([owed, w.usd(500)]);
    const minted = (w.usd(500) * (supply + VIRTUAL_SHARES)) / (cash + 1n);
    expect((await pool.totals()).reserveShares).to.equal(minted);
    expect((await pool.totals()).cash).to.equal(cash + w.usd(500));
    let claimed = 0n;
    for (const [who, tokensOf] of [
      [alice, 6_000_000],
      [bob, 3_000_000],
      [carol, 1_000_000],
    ] as const) {
      const paid = await claim(w, who);
      expect(paid).to.equal(face(shares(w, tokensOf), perShare));
      expect(await statusOf(who)).to.deep.equal({ unpaidFace: 0n, claimable: 0n });
      claimed += paid;
    }
    const { held, unpaidFace } = await pool.certificates();
    expect([held, unpaidFace]).to.deep.equal([owed - claimed, 0n]);
    expect(held <= 3n, "R-1: a wei for each holder's face rounded down").to.equal(true);
    await expect(pool.connect(w.keeper).recover(1)).to.emit(pool, "Recovered").withArgs(w.keeper, 0, 1);
    await conserved();
  });

  it("takes the tokens, or reverts as the token does", async () => {
    const { pool, asset, deployer } = w;
    await sent(asset.mint(deployer, 5));
    await sent(asset.connect(deployer).approve(pool, 4));
    await expect(pool.connect(deployer).recover(5))
      .to.be.revertedWithCustomError(asset, "ERC20InsufficientAllowance")
      .withArgs(pool, 4, 5);
  });

  it("keeps a surplus as cash without shares below a thousandth of the first price", async () => {
    const { pool, alice, keeper, erin } = w;
    // everyone who can leave leaves, and what is lent is lost to the last wei
    const rest = await deepLoss();
    const supply = await pool.totalSupply();
    expect((await pool.totals()).cash).to.equal(rest);
    expect((rest + 1n) * VIRTUAL_SHARES * 1_000n < supply + VIRTUAL_SHARES, "below a thousandth").to.equal(true);
    expect((await pool.config()).isClosed).to.equal(true);
    const owed = (await pool.certificates()).unpaidFace;
    await expect(pool.connect(keeper).recover(owed + 77n))
      .to.emit(pool, "Recovered")
      .withArgs(keeper, owed, 77);
    expect(await pool.totalSupply()).to.equal(supply);
    expect((await pool.totals()).reserveShares).to.equal(0n);
    expect((await pool.totals()).cash).to.equal(rest + 77n);
    const toppedUp = await pool.connect(erin).topUpReserve(23);
    await expect(toppedUp).to.emit(pool, "ReserveToppedUp").withArgs(erin, 23, 0);
    await expect(toppedUp, "no shares, no transfer").not.to.emit(pool, "Transfer");
    expect((await pool.totals()).cash).to.equal(rest + 100n);
    expect(await pool.totalSupply()).to.equal(supply);
    expect((await claim(w, alice)) > 0n).to.equal(true);
    await conserved();
  });
});

describe("LendingPool.claimRecovery", () => {
  beforeEach(async () => {
    w = await lentWorld();
  });

  it("pays the holder, once", async () => {
    const { pool, alice, asset } = w;
    await loseRest(w);
    const owed = (await pool.certificates()).unpaidFace;
    await recover(w, owed / 2n);
    const { claimable, unpaidFace } = await statusOf(alice);
    const before = await asset.balanceOf(alice);
    const call = pool.connect(alice).claimRecovery(alice);
    await expect(call).to.emit(pool, "RecoveryClaimed").withArgs(alice, claimable);
    expect((await asset.balanceOf(alice)) - before).to.equal(claimable);
    expect(await statusOf(alice)).to.deep.equal({ unpaidFace, claimable: 0n });
    expect((await pool.certificates()).held).to.equal(owed / 2n - claimable);
    expect(await pool.connect(alice).claimRecovery.staticCall(alice)).to.equal(0n);
    const receipt = await sent(pool.connect(alice).claimRecovery(alice));
    expect(receipt.logs.length, "no event, no transfer").to.equal(0);
    await conserved();
  });

  it("pays the holder at its operator's call, and at no stranger's", async () => {
    const { pool, alice, dave, asset } = w;
    await loseRest(w);
    await recover(w, w.usd(1_000));
    await expect(pool.connect(dave).claimRecovery(alice))
      .to.be.revertedWithCustomError(pool, "NotAuthorised")
      .withArgs(dave, alice);
    await sent(pool.connect(alice).approve(dave, 2n ** 256n - 1n)); // an allowance is none
    await expect(pool.connect(dave).claimRecovery(alice))
      .to.be.revertedWithCustomError(pool, "NotAuthorised")
      .withArgs(dave, alice);
    await sent(pool.connect(alice).setOperator(dave, true));
    const { claimable } = await statusOf(alice);
    const [aliceBefore, daveBefore] = [await asset.balanceOf(alice), await asset.balanceOf(dave)];
    await sent(pool.connect(dave).claimRecovery(alice));
    expect(await asset.balanceOf(alice)).to.equal(aliceBefore + claimable);
    expect(await asset.balanceOf(dave)).to.equal(daveBefore);
  });

  it("pays 0 to who lost nothing", async () => {
    const { pool, dave, erin, asset } = w;
    expect(await claim(w, dave)).to.equal(0n);
    await loseRest(w);
    await setPrice(w, 2_000);
    await deposit(w, erin, 1_000);
    await recover(w, w.usd(1_000));
    expect(await statusOf(erin)).to.deep.equal({ unpaidFace: 0n, claimable: 0n });
    expect(await claim(w, erin)).to.equal(0n);
    for (const cover of [pool, w.fund]) {
      expect([...(await pool.certificateOf(cover))]).to.deep.equal([0n, 0n]);
    }
    expect(await asset.balanceOf(dave)).to.equal(w.usd(1_000_000_000));
    await conserved();
  });

  it("leaves the certificate with who lost when the shares are sold or redeemed", async () => {
    const { pool, alice, bob, dave } = w;
    const { perShare } = await loseRest(w);
    await sent(pool.connect(alice).transfer(dave, shares(w, 6_000_000)));
    await sent(pool.connect(bob)["redeem(uint256,address,address)"](shares(w, 3_000_000), bob, bob));
    const [aliceFace, bobFace] = [6_000_000, 3_000_000].map((tokens) => face(shares(w, tokens), perShare));
    expect(await statusOf(dave)).to.deep.equal({ unpaidFace: 0n, claimable: 0n });
    expect(await statusOf(alice)).to.deep.equal({ unpaidFace: aliceFace, claimable: 0n });
    expect(await statusOf(bob)).to.deep.equal({ unpaidFace: bobFace, claimable: 0n });
    await recover(w, (await pool.certificates()).unpaidFace);
    expect([await claim(w, alice), await claim(w, bob), await claim(w, dave)]).to.deep.equal([aliceFace, bobFace, 0n]);
    await conserved();
  });
});

describe("Certificates over several incidents", () => {
  beforeEach(async () => {
    w = await lentWorld();
  });

  it("keeps two incidents apart from who joined between, all recovered between", async () => {
    const { pool, alice, bob, dave } = w;
    const first = await lose(w, 200_000);
    const owed = await wholeFace();
    await recover(w, owed);
    await sent(pool.connect(bob).transfer(dave, shares(w, 3_000_000)));
    const second = await lose(w, 100_000);
    expect(await statusOf(bob)).to.deep.equal({
      unpaidFace: 0n,
      claimable: face(shares(w, 3_000_000), first.perShare),
    });
    expect(await statusOf(dave)).to.deep.equal({
      unpaidFace: face(shares(w, 3_000_000), second.perShare),
      claimable: 0n,
    });
    const both = face(shares(w, 6_000_000), first.perShare + second.perShare);
    const status = await statusOf(alice);
    const twice = face(shares(w, 6_000_000), second.perShare);
    // credited once, for both: owed rounds up, so at most a wei less can be claimed
    expect(status.unpaidFace - twice <= 1n && status.unpaidFace >= twice).to.equal(true);
    expect(status.claimable).to.equal(both - status.unpaidFace);
    await recover(w, await wholeFace());
    expect(await claim(w, alice)).to.equal(both);
    expect(await claim(w, dave)).to.equal(face(shares(w, 3_000_000), second.perShare));
    await conserved();
  });

  it("repays both pro rata to what is unpaid after a part of the first", async () => {
    const { pool, alice, bob, carol } = w;
    const first = await lose(w, 200_000);
    await recover(w, (await wholeFace()) / 2n);
    await sent(pool.connect(bob).transfer(carol, shares(w, 3_000_000)));
    const second = await lose(w, 200_000);
    const open = await wholeFace();
    await recover(w, open / 4n);
    // What is due, in parts of this, which is exact: of the first loss a half and a quarter of the other half, of the
    // second a quarter.
    const parts = 8n * (shares(w, 10_000_000) + VIRTUAL_SHARES);
    const dueOf = (ofFirst: number, ofSecond: number) =>
      5n * first.haircut * shares(w, ofFirst) + 2n * second.haircut * shares(w, ofSecond);
    const restOf = (ofFirst: number, ofSecond: number) =>
      3n * first.haircut * shares(w, ofFirst) + 6n * second.haircut * shares(w, ofSecond);
    const people = [
      [alice, 6_000_000, 6_000_000],
      [bob, 3_000_000, 0],
      [carol, 1_000_000, 4_000_000],
    ] as const;
    for (const [who, ofFirst, ofSecond] of people) {
      const less = dueOf(ofFirst, ofSecond) - (await claim(w, who)) * parts;
      expect(less >= 0n && less <= 17n * parts, `R-1: ${less / parts} wei less`).to.equal(true);
    }
    await recover(w, await wholeFace());
    for (const [who, ofFirst, ofSecond] of people) {
      const less = restOf(ofFirst, ofSecond) - (await claim(w, who)) * parts;
      expect(less >= -17n * parts && less <= 17n * parts, `R-1: ${less / parts} wei less`).to.equal(true);
      expect(await statusOf(who)).to.deep.equal({ unpaidFace: 0n, claimable: 0n });
    }
    await conserved();
  });

  it("can't be ground down by many recoveries of a wei (R-1)", async () => {
    const { pool, alice, bob, carol, keeper } = w;
    const { perShare } = await lose(w, 200_000);
    const owed = await wholeFace();
    for (let i = 1n; i <= 60n; ++i) {
      await recover(w, 1n);
      if (i % 20n === 0n) {
        for (const who of [alice, bob, carol]) {
          const { claimable } = await statusOf(who);
          expect(claimable <= i, "no more than came").to.equal(true);
        }
      }
    }
    expect([...(await pool.certificates())]).to.deep.equal([owed - 60n, 60n]);
    // down to one wei, wei by wei again, and then all of it
    await recover(w, owed - 70n);
    for (let i = 0; i < 10; ++i) await recover(w, 1n);
    expect([...(await pool.certificates())]).to.deep.equal([0n, owed]);
    for (const [who, tokens] of [
      [alice, 6_000_000],
      [bob, 3_000_000],
      [carol, 1_000_000],
    ] as const) {
      expect(await claim(w, who), "R-1: full repayment").to.equal(face(shares(w, tokens), perShare));
    }
    await expect(pool.connect(keeper).recover(1)).to.emit(pool, "Recovered").withArgs(keeper, 0, 1);
    await conserved();
  });

  for (const seed of [11_001, 11_002, 11_003, 11_004]) {
    it(`gives each holder what a plain ledger does, or at most 17 wei less, seed ${seed} (R-1)`, async () => {
      const { pool } = w;
      const random = new Random(seed);
      const people = [w.alice, w.bob, w.carol, w.dave, w.erin];
      const anyone = () => random.pick(people);
      const ledger = new Ledger();
      const claimed = new Map<string, bigint>();
      const first = await lose(w, 1);
      ledger.haircut(first.haircut, await balances(), VIRTUAL_SHARES);
      for (let i = 0; i < 60; ++i) {
        const kind = random.part();
        const who = anyone();
        if (kind < 0.25) {
          const { haircut } = await lose(w, 10 ** (random.below(5) - 1) * (1 + random.below(9)));
          ledger.haircut(haircut, await balances(), VIRTUAL_SHARES);
        } else if (kind < 0.55) {
          const owed = await wholeFace();
          const size = random.part();
          let amount = 1n;
          if (size > 0.85) amount = owed;
          else if (size > 0.6) amount = (owed * 999_999_999n) / 10n ** 9n;
          else if (size > 0.2) amount = (owed * BigInt(1 + random.below(998))) / 1_000n;
          if (amount === 0n || amount > owed) continue;
          await recover(w, amount);
          ledger.recover(amount, amount === owed);
        } else if (kind < 0.75) {
          const part = ((await pool.balanceOf(who)) * BigInt(random.below(101))) / 100n;
          await sent(pool.connect(who).transfer(anyone(), part));
        } else if (kind < 0.85) {
          const part = (await pool.balanceOf(who)) / 10n;
          if (part > 0n) await sent(pool.connect(who)["redeem(uint256,address,address)"](part, who, who));
        } else {
          claimed.set(who.address, (claimed.get(who.address) ?? 0n) + (await claim(w, who)));
        }
        if (i % 10 === 9) await compare();
      }
      await recover(w, (await wholeFace()) + 1n);
      ledger.recover(0n, true);
      await compare();
      for (const { address } of people) expect(ledger.owedTo(address)).to.equal(0n);
      await conserved();

      async function balances(): Promise<Map<string, bigint>> {
        const found = new Map<string, bigint>();
        for (const { address } of people) found.set(address, await pool.balanceOf(address));
        return found;
      }

      async function compare(): Promise<void> {
        let claimable = 0n;
        for (const person of people) {
          const status = await statusOf(person);
          claimable += status.claimable;
          const has = (claimed.get(person.address) ?? 0n) + status.claimable;
          const due = ledger.paidTo(person.address);
          expect(has <= due && due - has <= 17n, `seed ${seed}, R-1: has ${has}, due ${due}`).to.equal(true);
        }
        expect(claimable <= (await pool.certificates()).held, `seed ${seed}, R-1 held`).to.equal(true);
      }
    });
  }
});

describe("LendingPool.topUpReserve", () => {
  beforeEach(async () => {
    w = await lentWorld();
  });

  it("refuses nothing", async () => {
    await expect(w.pool.connect(w.keeper).topUpReserve(0)).to.be.revertedWithCustomError(w.pool, "ZeroAmount");
  });

  it("gives the reserve shares at the gross price, rounded down", async () => {
    const { pool, keeper } = w;
    const before = await pool.totals();
    const supply = await pool.totalSupply();
    const receipt = await sent(pool.connect(keeper).topUpReserve(w.usd(777)));
    const after = await pool.totals();
    const minted = (w.usd(777) * (supply + VIRTUAL_SHARES)) / (before.cash + after.debtAssets + 1n);
    const event = amountsOf(w, receipt, "ReserveToppedUp");
    expect([event("assets"), event("shares")]).to.deep.equal([w.usd(777), minted]);
    expect(after.reserveShares).to.equal(minted);
    expect(await pool.totalSupply()).to.equal(supply + minted);
    expect(after.cash).to.equal(before.cash + w.usd(777));
    expect(await pool.balanceOf(pool)).to.equal(minted);
    await conserved();
  });

  it("gives no shares for more than fit, and takes the assets for all", async () => {
    const { pool, keeper, alice } = w;
    await sent(w.asset.mint(keeper, 10n ** 28n));
    const before = await pool.totals();
    const supply = await pool.totalSupply();
    const worth = await pool.convertToAssets(await pool.balanceOf(alice));
    // a share unit for a millionth of a wei, about: the field of shares has 112 bits
    const assets = ((1n << 112n) - supply) / 10n ** 6n + 10n ** 24n;
    const event = amountsOf(w, await sent(pool.connect(keeper).topUpReserve(assets)), "ReserveToppedUp");
    expect([event("assets"), event("shares")]).to.deep.equal([assets, 0n]);
    expect(await pool.totalSupply()).to.equal(supply);
    expect((await pool.totals()).cash).to.equal(before.cash + assets);
    expect((await pool.convertToAssets(await pool.balanceOf(alice))) > worth).to.equal(true);
    await conserved();
  });

  it("gives nothing to certificates", async () => {
    const { pool, keeper, alice } = w;
    await loseRest(w);
    const before = await pool.certificates();
    await sent(pool.connect(keeper).topUpReserve(w.usd(1_000)));
    expect([...(await pool.certificates())]).to.deep.equal([...before]);
    expect((await statusOf(alice)).claimable).to.equal(0n);
  });
});
