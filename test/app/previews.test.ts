// What an action would change, on figures that can be checked by hand.
import { expect } from "chai";

import {
  borrowStops,
  loan,
  mostToAdd,
  mostToBorrow,
  mostToRepay,
  mostToTake,
  roundAmount,
  safeBorrows,
} from "../../app/src/actions/borrow.js";
import {
  cancelRequest,
  claim,
  requestLeave,
  stakeAssets,
  stakeShares,
  unitsWorth,
} from "../../app/src/actions/insure.js";
import { ratesAfter } from "../../app/src/actions/rates.js";
import type { Reason } from "../../app/src/actions/reason.js";
import { claimRecovery } from "../../app/src/actions/recovery.js";
import { standing } from "../../app/src/actions/standing.js";
import { deposit, depositStops, mostToDeposit, withdraw } from "../../app/src/actions/supply.js";
import { MAX_UINT256, WAD, YEAR } from "../../sdk/model/numbers.js";
import { DAY, eth, momentOf, NOW, price, requestOf, shares, usd } from "./snapshots.js";

const names = (preview: { readonly reasons: readonly Reason[] }): string =>
  preview.reasons.map(({ by, name }) => `${by} ${name}`).join(", ");

const near = (value: bigint, expected: bigint, tolerance: bigint): boolean =>
  value - expected <= tolerance && expected - value <= tolerance;

describe("app: rates after an action", () => {
  // the curve at 50% is 2/3 of the rate at target: so that is 9%; rounded to a few 1e18ths a second, a year of them here
  const tolerance = 4n * YEAR;

  it("are those of now where nothing moves", () => {
    const { market } = momentOf();
    expect(ratesAfter(market)).to.deep.equal({
      borrowRateWad: market.rates.borrowRatePerSecondWad,
      supplyRateWad: (market.rates.borrowRatePerSecondWad * 80n) / 200n,
      // a tenth of 6% of 500,000, on 20,000
      premiumRateWad: (market.rates.borrowRatePerSecondWad * 500_000n * 10n) / (100n * 20_000n),
      utilisationWad: WAD / 2n,
    });
  });

  it("follow the pool's curve", () => {
    const { market } = momentOf();
    const full = ratesAfter(market, { cash: -usd(500_000) });
    expect(full.utilisationWad).to.equal(WAD);
    expect(near(full.borrowRateWad * YEAR, (36n * WAD) / 100n, 20n * tolerance)).to.equal(true); // four times 9%
    const target = ratesAfter(market, { cash: -usd(400_000), debt: usd(400_000) });
    expect(target.utilisationWad).to.equal((9n * WAD) / 10n);
    expect(near(target.borrowRateWad * YEAR, (9n * WAD) / 100n, 4n * tolerance)).to.equal(true);
    expect(near(target.supplyRateWad * YEAR, (648n * WAD) / 10_000n, 4n * tolerance)).to.equal(true); // 9% · 90% · 80%
  });

  it("leave the reserve's part to the suppliers once it has reached its target", () => {
    const rates = { supplyRatePerSecondWad: (27n * WAD) / 1_000n / YEAR };
    const { market } = momentOf({ rates });
    expect(near(ratesAfter(market).supplyRateWad * YEAR, (27n * WAD) / 1_000n, tolerance)).to.equal(true);
  });

  it("promise no premium without stake or loans, and no more than 100%", () => {
    expect(ratesAfter(momentOf({ cover: { fundShares: 0n } }).market).premiumRateWad).to.equal(0n);
    expect(ratesAfter(momentOf({ cover: { fundShares: shares(100) } }).market).premiumRateWad).to.equal(WAD / YEAR);
    const idle = momentOf({ totals: { debtAssets: 0n, debtShares: 0n }, rates: { utilisationWad: 0n } }).market;
    expect(ratesAfter(idle).premiumRateWad).to.equal(0n);
    expect(ratesAfter(idle).supplyRateWad).to.equal(0n);
  });
});

describe("app: supplying", () => {
  it("shows shares, exit value, part of the pool and rates, before and after", () => {
    const { before, after, shares: minted, reasons } = deposit(momentOf(), usd(500));
    expect(reasons).to.deep.equal([]);
    expect(minted).to.equal(shares(500));
    expect([before.exitAssets, after.exitAssets]).to.deep.equal([usd(100_000), usd(100_500)]);
    expect([before.walletAssets, after.walletAssets]).to.deep.equal([usd(900), usd(400)]);
    expect([before.partWad, after.partWad]).to.deep.equal([WAD / 10n, (100_500n * WAD) / 1_000_500n]);
    expect(after.utilisationWad).to.equal((500_000n * WAD) / 1_000_500n);
    expect(after.supplyRateWad < before.supplyRateWad).to.equal(true);
  });

  it("says all that stands in the way", () => {
    expect(names(deposit(momentOf(), 0n))).to.equal("input Zero");
    expect(names(deposit(momentOf(), usd(901)))).to.equal("wallet Balance");
    expect(deposit(momentOf(), usd(901)).reasons[0]?.sentence).to.equal(
      "901 USD would be needed, and the wallet has 900 USD.",
    );
    const shut = momentOf({ terms: { isPaused: true, isClosed: true, supplyCap: usd(1_000_100) } });
    expect(names(deposit(shut, usd(200)))).to.equal("pool PoolPaused, pool PoolClosed, pool SupplyCapExceeded");
    expect(names(deposit(momentOf({ terms: { supplyCap: usd(1_000_100) } }), usd(100)))).to.equal("");
    const dark = momentOf({ prices: { isOk: false }, cover: { uncovered: usd(400_000) } });
    expect(names(deposit(dark, usd(1)))).to.equal("pool OracleNotOk");
    expect(names(deposit(momentOf({ cover: { uncovered: usd(1_000) } }), usd(1)))).to.equal("");
    const short = momentOf({ cover: { uncovered: usd(1_000) + 1n } });
    expect(names(deposit(short, usd(1)))).to.equal("pool UncoveredShortfall");
    expect(names(deposit(momentOf({ totals: { grossAssets: usd(999) } }), usd(1)))).to.equal("pool PoolClosed");
  });

  it("knows what stops any deposit, before an amount is typed", () => {
    expect(depositStops(momentOf({}, { assetBalance: 0n }))).to.deep.equal([]);
    expect(depositStops(momentOf({ terms: { isPaused: true } })).map(({ name }) => name)).to.deep.equal(["PoolPaused"]);
  });

  it("offers no more than wallet and pool allow", () => {
    expect(mostToDeposit(momentOf())).to.equal(usd(900));
    expect(mostToDeposit(momentOf({ limits: { depositable: usd(7) } }))).to.equal(usd(7));
  });
});

describe("app: leaving the pool", () => {
  it("shows what is left", () => {
    const part = withdraw(momentOf(), usd(40_000));
    expect(part.shares).to.equal(shares(40_000));
    expect(part.after.exitAssets).to.equal(usd(60_000));
    expect(part.after.partWad).to.equal((60_000n * WAD) / 960_000n);
    expect(part.after.walletAssets).to.equal(usd(40_900));
    expect(part.after.utilisationWad).to.equal((500_000n * WAD) / 960_000n);
    const all = withdraw(momentOf(), "all");
    expect([all.assets, all.shares, all.waiting]).to.deep.equal([usd(100_000), shares(100_000), 0n]);
    expect([all.after.shares, all.after.exitAssets, all.after.partWad]).to.deep.equal([0n, 0n, 0n]);
  });

  it("takes of all what there is cash for, and says what has to wait", () => {
    const dry = momentOf(
      { totals: { cash: usd(30_000), debtAssets: usd(970_000) } },
      { withdrawableAssets: usd(30_000), redeemableShares: shares(30_000) },
    );
    const all = withdraw(dry, "all");
    expect([all.assets, all.waiting, names(all)]).to.deep.equal([usd(30_000), usd(70_000), ""]);
    expect(all.after.exitAssets).to.equal(usd(70_000));
    expect(names(withdraw(dry, usd(30_001)))).to.equal("pool InsufficientCash");
    const empty = momentOf({ totals: { cash: 0n } }, { withdrawableAssets: 0n, redeemableShares: 0n });
    expect(names(withdraw(empty, "all"))).to.equal("pool InsufficientCash");
  });

  it("says what stands in the way", () => {
    expect(names(withdraw(momentOf(), 0n))).to.equal("input Zero");
    expect(names(withdraw(momentOf(), usd(100_000) + 1n))).to.equal("wallet Shares");
    expect(names(withdraw(momentOf({}, { shares: 0n, exitAssets: 0n }), "all"))).to.equal("wallet NoShares");
    const both = withdraw(momentOf(), usd(600_000));
    expect(names(both)).to.equal("pool InsufficientCash, wallet Shares");
  });
});

const stops = (...changes: Parameters<typeof momentOf>) => borrowStops(momentOf(...changes)).map(({ name }) => name);

/** Falls of the price, and what to borrow to bear them. */
const picks = (added: number) => safeBorrows(momentOf(), eth(added)).map(({ fallBps, assets }) => [fallBps, assets]);

describe("app: borrowing", () => {
  it("shows the position before and after, and the fall it bears", () => {
    const { before, after, reasons } = loan(momentOf(), { addCollateral: eth(10), borrow: usd(10_000) });
    expect(reasons).to.deep.equal([]);
    expect([before.ltvWad, after.ltvWad]).to.deep.equal([WAD / 2n, WAD / 2n]);
    expect([before.debtAssets, after.debtAssets]).to.deep.equal([usd(50_000), usd(60_000)]);
    // liquidation at 1,162.79 of 2,000
    expect([before.fallBps, after.fallBps]).to.deep.equal([4_186n, 4_186n]);
    expect([after.walletAssets, after.walletCollateral]).to.deep.equal([usd(10_900), 0n]);
    expect(after.utilisationWad).to.equal((51n * WAD) / 100n);
    expect(after.borrowRateWad > before.borrowRateWad).to.equal(true);
  });

  it("knows the wallet as well as the pool", () => {
    const collateralTooMuch = loan(momentOf(), { addCollateral: eth(11), borrow: usd(1_000) });
    expect(names(collateralTooMuch)).to.equal("wallet Balance");
    expect(names(loan(momentOf(), { addCollateral: eth(11), borrow: usd(500_001) }))).to.equal(
      "wallet Balance, pool InsufficientCash",
    );
    expect(names(loan(momentOf(), { borrow: usd(30_001) }))).to.equal("pool PositionUnhealthy");
    expect(names(loan(momentOf(), { repay: usd(901) }))).to.equal("wallet Balance");
    expect(names(loan(momentOf(), {}))).to.equal("input Zero");
    expect(names(loan(momentOf({ terms: { isPaused: true } }), { borrow: usd(1) }))).to.equal("pool PoolPaused");
    expect(names(loan(momentOf({ terms: { isBorrowingHalted: true } }), { borrow: usd(1) }))).to.equal(
      "pool BorrowingHalted",
    );
    const capped = momentOf({ terms: { borrowCap: usd(500_000) } });
    expect(names(loan(capped, { borrow: usd(1) }))).to.equal("pool BorrowCapExceeded");
    const rich = momentOf({}, { assetBalance: usd(60_000) });
    expect(names(loan(rich, { repay: usd(49_901) }))).to.equal("pool DebtBelowMinimum");
    const debtless = momentOf({}, { position: { debtShares: 0n } });
    expect(names(loan(debtless, { repay: usd(1) }))).to.equal("pool NoDebt");
    expect(names(loan(debtless, { borrow: usd(99) }))).to.equal("pool DebtBelowMinimum");
  });

  it("knows what stops any loan", () => {
    expect(stops({}, { position: { collateral: 0n } })).to.deep.equal([]);
    expect(stops({ terms: { isBorrowingHalted: true } })).to.deep.equal(["BorrowingHalted"]);
    expect(stops({ prices: { high: price(2_041) } })).to.deep.equal(["PricesTooFarApart"]);
    expect(stops({ prices: { high: price(2_040) } })).to.deep.equal([]);
    expect(stops({ totals: { cash: usd(99) } })).to.deep.equal(["InsufficientCash"]);
  });

  it("repays all and takes all back", () => {
    const rich = momentOf({}, { assetBalance: usd(60_000) });
    const closed = loan(rich, { repay: "all", removeCollateral: "all" });
    expect([closed.repaid, closed.taken, names(closed)]).to.deep.equal([usd(50_000), eth(50), ""]);
    expect([closed.after.status, closed.after.fallBps]).to.deep.equal(["None", 10_000n]);
    expect([closed.after.walletAssets, closed.after.walletCollateral]).to.deep.equal([usd(10_000), eth(60)]);
    expect(closed.after.utilisationWad).to.equal((45n * WAD) / 100n);
    expect(names(loan(momentOf(), { repay: "all", removeCollateral: "all" }))).to.equal("wallet Balance");
  });

  it("offers what is wise, and what is possible", () => {
    // 50 · 2,000 · (1 − fall) · 0.86 − 50,000, less ten minutes of interest, cut to three digits
    expect(picks(0)).to.deep.equal([
      [3_000n, usd(10_100)], // of 10,200
      [2_000n, usd(18_700)],
      [1_000n, usd(27_300)],
    ]);
    expect(picks(10)[0]).to.deep.equal([5_000n, usd(1_590)]); // of 60 · 1,000 · 0.86 − 50,000
    expect(roundAmount(999n)).to.equal(999n);
    expect(roundAmount(123_999n)).to.equal(123_000n);
    const margin = 60_000n; // 50,000 · 6% · 600 s / a year is 57,078 of the smallest unit
    expect(usd(30_000) - mostToBorrow(momentOf(), 0n) < margin).to.equal(true);
    expect(mostToAdd(momentOf())).to.equal(eth(10));
    expect(mostToAdd(momentOf({ terms: { collateralCap: eth(52) } }))).to.equal(eth(2));
    const debtless = momentOf({ terms: { collateralCap: eth(501) } }, { position: { debtShares: 0n } });
    expect(mostToAdd(debtless)).to.equal(eth(1));
    expect(mostToRepay(momentOf())).to.equal(usd(900));
    expect(mostToRepay(momentOf({}, { assetBalance: usd(50_000) }))).to.equal("all");
    expect(mostToRepay(momentOf({}, { assetBalance: usd(49_999) }))).to.equal(usd(49_900));
    const most = mostToTake(momentOf());
    expect(most < eth(18.75) && eth(18.75) - most < eth(0.001)).to.equal(true);
    expect(names(loan(momentOf(), { removeCollateral: most }))).to.equal("");
    expect(names(loan(momentOf(), { removeCollateral: eth(18.76) }))).to.equal("pool PositionUnhealthy");
  });
});

describe("app: the fund", () => {
  it("shows what a stake of assets would be, earn and cover", () => {
    const { before, after, units, poolShares, claimsTaken, reasons } = stakeAssets(momentOf(), usd(900));
    expect([reasons, claimsTaken]).to.deep.equal([[], 0n]);
    expect([poolShares, units]).to.deep.equal([shares(900), shares(900) * 1_000_000n]);
    expect([before.assets, after.assets]).to.deep.equal([usd(5_000), usd(5_900)]);
    expect([before.partWad, after.partWad]).to.deep.equal([WAD / 4n, (59n * WAD) / 209n]);
    expect([before.coverageWad, after.coverageWad]).to.deep.equal([(6n * WAD) / 100n, (309n * WAD) / 5_000n]);
    expect(after.premiumRateWad < before.premiumRateWad).to.equal(true);
  });

  it("tells a newcomer which part of the visible losses would be his", () => {
    const short = momentOf({
      cover: { shortfall: usd(25_000), fromReserve: usd(10_000), fromFund: usd(15_000) },
      prices: { low: price(1_000), high: price(1_000) },
    });
    expect(stakeShares(short, shares(10_000)).claimsTaken).to.equal(usd(5_000));
    const worse = momentOf({
      cover: { shortfall: usd(50_000), fromReserve: usd(10_000), fromFund: usd(20_000), uncovered: usd(20_000) },
    });
    // the fund would have 30,000 for the 40,000 that are left, and all of the newcomer's is gone
    expect(stakeShares(worse, shares(10_000)).claimsTaken).to.equal(usd(10_000));
  });

  it("refuses a stake as pool and wallet would", () => {
    expect(names(stakeAssets(momentOf(), usd(901)))).to.equal("wallet Balance");
    expect(names(stakeAssets(momentOf({ terms: { isPaused: true } }), usd(1)))).to.equal("pool PoolPaused");
    expect(names(stakeShares(momentOf({ terms: { isPaused: true } }), "all"))).to.equal("");
    expect(names(stakeShares(momentOf(), shares(100_000) + 1n))).to.equal("wallet Shares");
    expect(names(stakeShares(momentOf({}, { shares: 0n }), "all"))).to.equal("wallet Shares");
    expect(names(stakeShares(momentOf(), 0n))).to.equal("input Zero");
  });

  it("dates a request by the chain's clock", () => {
    const moment = momentOf();
    const { before, after, units, claimableAt, expiresAt, reasons } = requestLeave(
      moment,
      unitsWorth(moment, usd(2_000)),
    );
    expect(reasons).to.deep.equal([]);
    expect(units).to.equal(shares(2_000) * 1_000_000n);
    expect([claimableAt, expiresAt]).to.deep.equal([NOW + 14n * DAY, NOW + 21n * DAY]);
    expect([before.assets, after.assets]).to.deep.equal([usd(5_000), usd(3_000)]);
    expect([before.coolingAssets, after.coolingAssets]).to.deep.equal([0n, usd(2_000)]);
    // those who leave still cover: what is before the suppliers stays the same
    expect(after.coverageWad).to.equal(before.coverageWad);
    expect(unitsWorth(moment, usd(5_000))).to.equal(moment.account.stake.units);
  });

  it("refuses a request that the fund would refuse", () => {
    const moment = momentOf();
    expect(names(requestLeave(moment, moment.account.stake.units + 1n))).to.equal("wallet Stake");
    expect(names(requestLeave(moment, 0n))).to.equal("input Zero");
    expect(names(requestLeave(momentOf({}, { stake: { units: 0n } }), "all"))).to.equal("wallet NoStake");
    const requests = Array.from({ length: 16 }, (_, place) => requestOf(BigInt(place), 1, 1n));
    expect(names(requestLeave(momentOf({}, { stake: { requests } }), "all"))).to.equal("pool TooManyRequests");
    const over = { ...requestOf(1n, 1, 1n), status: "Void" as const };
    const fifteen = [over, ...requests.slice(1)];
    expect(names(requestLeave(momentOf({}, { stake: { requests: fifteen } }), "all"))).to.equal("");
  });

  it("brings a request back among the active ones", () => {
    const fund = { activeShares: shares(18_000), coolingShares: shares(2_000), units: shares(18_000) * 1_000_000n };
    const requests = [requestOf(7n, 2_000, 30n), { ...requestOf(8n, 1, 1n), status: "Void" as const }];
    const moment = momentOf({ fund }, { stake: { requests } });
    const { before, after, units, reasons } = cancelRequest(moment, 7n);
    expect([units, reasons]).to.deep.equal([shares(2_000) * 1_000_000n, []]);
    expect([before.assets, after.assets]).to.deep.equal([usd(5_000), usd(7_000)]);
    expect(names(cancelRequest(moment, 8n))).to.equal("pool RequestVoid");
    expect(names(cancelRequest(moment, 9n))).to.equal("pool RequestNotOpen");
  });

  it("claims what has cooled, and less of it only from who accepts that", () => {
    const requests = [requestOf(1n, 100, 30n), requestOf(2n, 1_000, 15n, 200), requestOf(3n, 500, 2n)];
    const moment = momentOf({}, { stake: { requests } });
    const strict = claim(moment, "all");
    expect([strict.grossAssets, strict.paidAssets, strict.withheldAssets]).to.deep.equal(
      [1_000, 800, 200].map((tokens) => usd(tokens)),
    );
    expect(names(strict)).to.equal("pool BelowMinimum");
    expect(strict.reasons[0]?.sentence).to.match(/pays 800 USD of 1,?000 USD/);
    expect(names(claim(moment, "all", true))).to.equal("");
    expect(strict.nextClaimableAt).to.equal(NOW + 12n * DAY);
    const half = claim(moment, shares(500) * 1_000_000n, true);
    expect([half.paidAssets, names(half)]).to.deep.equal([usd(400), ""]);
    expect(names(claim(moment, shares(1_000) * 1_000_000n + 1n, true))).to.equal("pool ExceedsClaimable");
  });

  it("says where nothing can be claimed, and where nothing would be paid", () => {
    const waiting = claim(momentOf({}, { stake: { requests: [requestOf(3n, 500, 2n)] } }), "all");
    expect([names(waiting), waiting.nextClaimableAt]).to.deep.equal(["pool ExceedsClaimable", NOW + 12n * DAY]);
    expect(claim(momentOf(), "all").nextClaimableAt).to.equal(undefined);
    const gone = momentOf({}, { stake: { requests: [requestOf(1n, 100, 15n, 100)] } });
    expect(names(claim(gone, "all", true))).to.equal("pool BelowMinimum");
    // the chain's answer was of a second when the window was still open
    const late = { ...momentOf({}, { stake: { requests: [requestOf(1n, 100, 20n)] } }), timestamp: NOW + DAY };
    expect(names(claim(late, "all"))).to.equal("pool ExceedsClaimable");
  });
});

/** The first alert of the account at a price. */
const at = (tokens: number) => standing(momentOf({ prices: { low: price(tokens), high: price(tokens) } })).alerts[0];

describe("app: certificates and all of an account", () => {
  it("claims what has come back, and nothing where nothing has", () => {
    const some = claimRecovery(momentOf({}, { certificateUnpaidFace: usd(70), certificateClaimable: usd(30) }));
    expect([some.claimable, some.walletAfter, some.reasons]).to.deep.equal([usd(30), usd(930), []]);
    expect(names(claimRecovery(momentOf({}, { certificateUnpaidFace: usd(70) })))).to.equal("pool NothingRecovered");
    expect(names(claimRecovery(momentOf()))).to.equal("pool NoCertificate");
  });

  it("is one view, with what wants attention", () => {
    const requests = [requestOf(1n, 100, 30n), requestOf(2n, 1_000, 15n, 200), requestOf(3n, 500, 2n)];
    const all = standing(momentOf({}, { stake: { requests }, certificateClaimable: usd(30) }));
    expect([all.suppliedAssets, all.stakedAssets, all.coolingAssets, all.withheldAssets]).to.deep.equal(
      [100_000, 5_000, 1_400, 200].map((tokens) => usd(tokens)),
    );
    expect(all.collateralAssets).to.equal(usd(100_000));
    expect(all.stakeClaims).to.equal(0n);
    // 5,000 of 20,000 in the fund, rounded up to whole shares that burn
    const claims = standing(momentOf({ cover: { fromFund: usd(8_000) } })).stakeClaims;
    expect(claims === usd(2_000) || claims === usd(2_000) - 1n).to.equal(true);
    const wiped = { fromFund: usd(20_000), shortfall: usd(90_000), uncovered: usd(60_000) };
    const worn = standing(momentOf({ cover: wiped, prices: { exitPriceWad: (94n * WAD) / 100n } }));
    expect([worn.stakedAssets, worn.stakeClaims]).to.deep.equal([usd(4_700), usd(4_700)]);
    expect(all.alerts.map(({ kind }) => kind)).to.deep.equal(["expired", "claimable", "recovered"]);
    expect(all.isEmpty).to.equal(false);
  });

  it("warns of a loan by the fall that it bears", () => {
    expect(at(1_300)).to.equal(undefined); // 1,162.8 is 10.55% below
    expect(at(1_291)?.kind).to.equal("close"); // 9.93%
    expect(at(1_162)).to.deep.equal({ kind: "liquidatable", fallBps: 0n });
    expect(at(1_019)?.kind).to.equal("insolvent");
  });

  it("is empty for who has nothing", () => {
    const nobody = momentOf(
      {},
      {
        shares: 0n,
        position: { debtShares: 0n, collateral: 0n },
        stake: { units: 0n, poolShares: 0n, assets: 0n },
      },
    );
    expect(standing(nobody).isEmpty).to.equal(true);
    expect(standing(nobody).position.healthWad).to.equal(MAX_UINT256);
    expect(standing({ ...nobody, account: { ...nobody.account, certificateUnpaidFace: 1n } }).isEmpty).to.equal(false);
  });
});
