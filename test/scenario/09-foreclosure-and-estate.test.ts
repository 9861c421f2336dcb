import { expect } from "chai";

import {
  DAY,
  expectConserved,
  HOUR,
  MAX,
  openLoan,
  PRICE_SCALE,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  WAD,
  type World,
} from "../helpers/fixtures.js";
import { deposit, divUp, eventsOf, feelessWorld, isWithin, leave, lossOf, now, only, story, whatIf } from "./story.js";

story("09 foreclosure and the sale of an estate", (step) => {
  const PERIOD = 60n * DAY;
  let w: World;
  let flaggedAt: bigint;
  let foreclosedAt: bigint;
  let kept: bigint;
  let exitPrice: bigint;
  let owed: bigint;

  /** Today's price of the estate at `high` whole tokens: 1/1.02 of it, falling to nothing over 60 days. */
  const estatePrice = (high: number, at: bigint) =>
    divUp(divUp(w.priceOf(high) * 10_000n, 10_200n) * (PERIOD - (at - foreclosedAt)), PERIOD);

  /** Erin buys for at most `tokens`. Returns what happened. */
  const buy = async (tokens: bigint) => {
    const receipt = await sent(w.pool.connect(w.erin).buyEstate(tokens, 0, w.erin.address, "0x"));
    const sold = only(eventsOf(w, receipt, "EstateSold")) as Record<
      "collateral" | "paidAssets" | "cancelledAssets",
      bigint
    >;
    return { ...sold, receipt, at: await now() };
  };

  step("Alice supplies a million; Dave borrows 150,000 against 100 ether; the price falls to 1,020", async () => {
    w = await feelessWorld();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.dave, 100, 150_000);
    await setPrice(w, 1_020);
    exitPrice = await w.pool.exitPrice();
    expect(exitPrice).to.equal((95n * WAD) / 100n);
  });

  step("nobody liquidates. A keeper without capital flags him", async () => {
    await expect(w.pool.connect(w.keeper).foreclose(w.dave.address))
      .to.be.revertedWithCustomError(w.pool, "NotFlagged")
      .withArgs(w.dave.address);
    const receipt = await sent(w.pool.connect(w.keeper).flag(w.dave.address));
    flaggedAt = await now();
    expect(only(eventsOf(w, receipt, "Flagged"))).to.deep.equal({ borrower: w.dave.address, timestamp: flaggedAt });
    await expect(w.pool.connect(w.keeper).flag(w.dave.address))
      .to.be.revertedWithCustomError(w.pool, "AlreadyFlagged")
      .withArgs(w.dave.address, flaggedAt);
  });

  step("before 24 hours have passed nobody can foreclose, and after 48 he has to be flagged anew", async () => {
    await time.setNextBlockTimestamp(flaggedAt + 24n * HOUR - 1n);
    await expect(w.pool.connect(w.keeper).foreclose(w.dave.address))
      .to.be.revertedWithCustomError(w.pool, "OutsideForeclosureWindow")
      .withArgs(flaggedAt + 24n * HOUR - 1n, flaggedAt + 24n * HOUR, flaggedAt + 48n * HOUR);
    await whatIf(async () => {
      await time.setNextBlockTimestamp(flaggedAt + 48n * HOUR + 1n);
      await expect(w.pool.connect(w.keeper).foreclose(w.dave.address))
        .to.be.revertedWithCustomError(w.pool, "OutsideForeclosureWindow")
        .withArgs(flaggedAt + 48n * HOUR + 1n, flaggedAt + 24n * HOUR, flaggedAt + 48n * HOUR);
      await sent(w.pool.connect(w.keeper).flag(w.dave.address));
    });
  });

  step("after 24 hours the pool takes him over: 100,000 stay owed, the rest is lost; no token moves", async () => {
    const cash = await w.asset.balanceOf(await w.pool.getAddress());
    const ether = await w.collateral.balanceOf(await w.pool.getAddress());
    await time.setNextBlockTimestamp(flaggedAt + 24n * HOUR + 1n);
    const receipt = await sent(w.pool.connect(w.keeper).foreclose(w.dave.address));
    foreclosedAt = await now();
    const foreclosed = only(eventsOf(w, receipt, "Foreclosed"));
    kept = foreclosed["keptAssets"] as bigint;
    expect(kept).to.equal(w.usd(100_000));
    expect(foreclosed["collateral"]).to.equal(w.eth(100));
    const loss = lossOf(w, receipt);
    expect(loss.haircut).to.equal(loss.loss);
    expect(loss.loss).to.equal(foreclosed["lossAssets"]);
    expect(await w.asset.balanceOf(await w.pool.getAddress())).to.equal(cash);
    expect(await w.collateral.balanceOf(await w.pool.getAddress())).to.equal(ether);
    const { debtAssets, collateral, price, startedAt } = await w.pool.estate();
    expect([debtAssets, collateral, startedAt]).to.deep.equal([kept, w.eth(100), foreclosedAt]);
    expect(price).to.equal(w.priceOf(1_000));
  });

  step("the exit price knew: it is what it was before", async () => {
    expect(await w.pool.exitPrice()).to.equal(exitPrice);
    expect(await w.pool.grossPrice()).to.equal(exitPrice);
    owed = (await w.pool.certificates()).unpaidFace;
    expect(isWithin(owed, w.usd(50_000), w.usd(10)), "and a day's interest").to.equal(true);
    expect((await w.pool.position(w.dave.address)).debtAssets).to.equal(0n);
  });

  step("six days later it sells for a tenth less, and the exit price has followed day by day", async () => {
    await time.setNextBlockTimestamp(foreclosedAt + 6n * DAY - 1n);
    await sent(w.pool.accrue());
    const before = await w.pool.exitPrice();
    // 90,000 expected of the 100,000 still owed, give or take a second of sixty days
    expect(before < exitPrice && isWithin(before, (94n * WAD) / 100n, WAD / 10n ** 7n)).to.equal(true);
    const sale = await buy(w.usd(36_000));
    expect(sale.at).to.equal(foreclosedAt + 6n * DAY);
    const price = estatePrice(1_020, sale.at);
    expect(price).to.equal(w.priceOf(900));
    expect(sale.collateral).to.equal(w.eth(40));
    expect(sale.paidAssets).to.equal(w.usd(36_000));
    // below what was owed on it: 40% of the collateral cancels 40% of the debt, and the 4,000 between are lost
    expect(sale.cancelledAssets).to.equal(w.usd(40_000));
    const loss = lossOf(w, sale.receipt);
    expect([loss.loss, loss.fromReserve, loss.fromFund, loss.haircut]).to.deep.equal([
      w.usd(4_000),
      0n,
      0n,
      w.usd(4_000),
    ]);
    const face = (await w.pool.certificates()).unpaidFace - owed;
    expect(isWithin(face, w.usd(4_000), 2n), "per share rounded down, the sum up").to.equal(true);
    // the sale itself changes no exit price: a second of the falling estate is between these
    expect(isWithin(await w.pool.exitPrice(), before, WAD / 10n ** 7n)).to.equal(true);
  });

  step(
    "ether recovers to 2,550; a sale on the twelfth day pays more than its part and cancels debt first",
    async () => {
      await setPrice(w, 2_550);
      await time.setNextBlockTimestamp(foreclosedAt + 12n * DAY);
      const sale = await buy(w.usd(40_000));
      expect(estatePrice(2_550, sale.at)).to.equal(w.priceOf(2_000));
      expect(sale.collateral).to.equal(w.eth(20));
      expect(sale.cancelledAssets).to.equal(w.usd(40_000)); // its part would have been 20,000
      expect(eventsOf(w, sale.receipt, "LossRealised")).to.deep.equal([]);
      expect(eventsOf(w, sale.receipt, "Recovered")).to.deep.equal([]);
      const { debtAssets, collateral } = await w.pool.estate();
      expect([debtAssets, collateral]).to.deep.equal([w.usd(20_000), w.eth(40)]);
    },
  );

  step(
    "the last 40 ether bring 77,500 half a day after the thirteenth: above the 20,000 owed, a recovery",
    async () => {
      const face = (await w.pool.certificates()).unpaidFace;
      const reserveBefore = (await w.pool.totals()).reserveShares;
      await time.setNextBlockTimestamp(foreclosedAt + 13n * DAY + 12n * HOUR);
      const sale = await buy(MAX);
      const price = estatePrice(2_550, sale.at);
      expect(price).to.equal(w.priceOf(1_937.5));
      expect(sale.paidAssets).to.equal((w.eth(40) * price) / PRICE_SCALE);
      expect(sale.paidAssets).to.equal(w.usd(77_500));
      expect(sale.cancelledAssets).to.equal(w.usd(20_000));
      // 57,500 over: first all certificates, the rest to the reserve
      const recovered = only(eventsOf(w, sale.receipt, "Recovered"));
      expect(recovered).to.deep.equal({
        caller: w.erin.address,
        toCertificates: face,
        toReserve: w.usd(57_500) - face,
      });
      expect(await w.pool.certificates()).to.deep.equal([0n, face]);
      const { reserveShares } = await w.pool.totals();
      expect(reserveBefore).to.equal(0n);
      expect(reserveShares).to.equal(
        // minted at the gross price before this payment
        ((w.usd(57_500) - face) * ((await w.pool.totalSupply()) - reserveShares + VIRTUAL_SHARES)) /
          ((await w.pool.grossAssets()) - (w.usd(57_500) - face) + 1n),
      );
      expect(await w.pool.estate()).to.deep.equal([0n, 0n, 0n, 0n]);
      await expect(w.pool.connect(w.erin).buyEstate(MAX, 0, w.erin.address, "0x")).to.be.revertedWithCustomError(
        w.pool,
        "EstateEmpty",
      );
    },
  );

  step("Alice claims what she had lost and leaves: with both she has her million and interest", async () => {
    const before = await w.asset.balanceOf(w.alice.address);
    await sent(w.pool.connect(w.alice).claimRecovery(w.alice.address));
    await leave(w, w.alice);
    const got = (await w.asset.balanceOf(w.alice.address)) - before;
    expect(got > w.usd(1_000_000) && got < w.usd(1_000_010)).to.equal(true);
    await expectConserved(w, [w.alice.address, w.erin.address], [w.dave.address]);
  });
});
