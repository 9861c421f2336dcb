// What a preview says, and what the contracts do then: to the wei where nothing but the action moves, by name where they
// refuse. Each action is taken in the second of its preview.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { loan } from "../../app/src/actions/borrow.js";
import { cancelRequest, claim, requestLeave, stakeAssets, stakeShares } from "../../app/src/actions/insure.js";
import type { Rates } from "../../app/src/actions/rates.js";
import type { Reason } from "../../app/src/actions/reason.js";
import { claimRecovery } from "../../app/src/actions/recovery.js";
import { deposit, type Moment, withdraw } from "../../app/src/actions/supply.js";
import { decodeError, revertData, routerAt } from "../../sdk/index.js";
import { CLAIM_WINDOW, COOLING_PERIOD } from "../../sdk/model/numbers.js";
import { freeze } from "../helpers/blocks.js";
import { DAY, expectConserved, MAX, openLoan, sent, setPrice, setPrices, time } from "../helpers/fixtures.js";
import { failureOf, nextBlock, poolOf, type SdkWorld, sdkWorld } from "../sdk/setup.js";

/** Everything as the next block will find it. */
async function momentAt(w: SdkWorld, who: HardhatEthersSigner): Promise<Moment> {
  const timestamp = await freeze(3n);
  return { ...(await nextBlock(w, who)), timestamp };
}

/** As it is in the block of the last transaction. */
async function momentAfter(w: SdkWorld, who: HardhatEthersSigner): Promise<Moment> {
  return await poolOf(w, who).read(who.address);
}

/** 400,000 supplied by alice, of it 20,000 staked, 250,000 lent to frank; days go by, so that prices are not round. */
async function busy(): Promise<SdkWorld> {
  const w = await sdkWorld();
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(400_000), w.alice));
  await sent(w.fund.connect(w.alice)["deposit(uint256,address)"](w.usd(20_000) * 1_000_000n, w.alice));
  await openLoan(w, w.frank, 200, 250_000);
  await sent(w.asset.connect(w.alice).approve(w.addresses.router, MAX));
  await sent(w.pool.connect(w.alice).approve(w.addresses.router, MAX));
  await freeze(40n * DAY);
  await sent(w.pool.connect(w.keeper).accrue());
  return w;
}

/** The rate at target is taken back from a rounded rate: a few 1e18ths a second, times four at the end of the curve. */
const RATE_TOLERANCE = 20n;

const off = (value: bigint, expected: bigint) => (value > expected ? value - expected : expected - value);

function expectLoanRates(preview: Rates, { market }: Moment): void {
  expect(preview.utilisationWad).to.equal(market.rates.utilisationWad);
  expect(off(preview.borrowRateWad, market.rates.borrowRatePerSecondWad) <= RATE_TOLERANCE).to.equal(true);
}

/** Not after a stake: it makes shares of the pending fees, and has the pool look whether the reserve is full. */
function expectRates(preview: Rates, moment: Moment): void {
  expectLoanRates(preview, moment);
  const { market } = moment;
  expect(off(preview.supplyRateWad, market.rates.supplyRatePerSecondWad) <= RATE_TOLERANCE).to.equal(true);
}

/** The contract's refusal and the preview's first of the pool are the same, name and words. */
async function expectRefused(
  preview: { readonly reasons: readonly Reason[] },
  transaction: () => Promise<ContractTransactionResponse>,
): Promise<string> {
  const said = decodeError(revertData(await failureOf(transaction())) ?? "");
  const reason = preview.reasons.find(({ by }) => by === "pool");
  expect(reason?.name).to.equal(said?.name);
  return reason?.name ?? "";
}

describe("app: previews against the contracts", () => {
  it("a deposit, and what is taken out again", async () => {
    const w = await busy();
    const { alice } = w;
    const before = await momentAt(w, alice);
    const planned = deposit(before, w.usd(50_000));
    expect(planned.reasons).to.deep.equal([]);
    await sent(w.pool.connect(alice)["deposit(uint256,address)"](w.usd(50_000), alice));
    const after = await momentAfter(w, alice);
    expect(planned.after.shares).to.equal(after.account.shares);
    expect(planned.after.exitAssets).to.equal(after.account.exitAssets);
    expect(planned.after.walletAssets).to.equal(after.account.assetBalance);
    expectRates(planned.after, after);

    const part = withdraw(await momentAt(w, alice), w.usd(12_345));
    await sent(w.pool.connect(alice)["withdraw(uint256,address,address)"](w.usd(12_345), alice, alice));
    const left = await momentAfter(w, alice);
    expect(part.after.shares).to.equal(left.account.shares);
    // who leaves pays what rounding takes: a wei of it can fall to the shares that stay
    expect(left.account.exitAssets - part.after.exitAssets <= 1n).to.equal(true);
    expectRates(part.after, left);

    const all = withdraw(await momentAt(w, alice), "all");
    expect(all.waiting > 0n && all.reasons.length === 0).to.equal(true);
    const { cash } = await w.pool.totals();
    expect(all.assets).to.equal(cash);
    expect(
      await expectRefused(
        withdraw(await momentAt(w, alice), cash + 1n),
        async () => await w.pool.connect(alice)["withdraw(uint256,address,address)"](cash + 1n, alice, alice),
      ),
    ).to.equal("InsufficientCash");
    await freeze();
    await sent(w.pool.connect(alice)["withdraw(uint256,address,address)"](all.assets, alice, alice));
    expect((await w.pool.totals()).cash).to.equal(0n);
    await expectConserved(w, [alice], [w.frank]);
  });

  it("refusals of a deposit", async () => {
    const w = await busy();
    const refusal = async (assets: bigint) =>
      await expectRefused(
        deposit(await momentAt(w, w.alice), assets),
        async () => await w.pool.connect(w.alice)["deposit(uint256,address)"](assets, w.alice),
      );
    expect(await refusal(w.usd(1_000_000_001))).to.equal("SupplyCapExceeded");
    await setPrices(w, 2_000, 2_000, false);
    expect(await refusal(w.usd(1))).to.equal("OracleNotOk");
    await setPrice(w, 1_100); // 200 · 1,100 / 1.02 of 250,000: 13,900 more than fund and reserve
    expect(await refusal(w.usd(1))).to.equal("UncoveredShortfall");
    await setPrice(w, 2_000);
    await sent(w.pool.connect(w.guardian).pause());
    expect(await refusal(w.usd(1))).to.equal("PoolPaused");
  });

  it("a deposit into a shortfall that is nearly covered", async () => {
    const w = await busy();
    await setPrice(w, 1_150); // 200 · 1,150 / 1.02 = 225,490 of 250,000 and interest
    const { market } = await momentAt(w, w.bob);
    await sent(w.pool.connect(w.keeper).topUpReserve(market.cover.uncovered - w.usd(200)));
    const planned = deposit(await momentAt(w, w.bob), w.usd(100_000));
    expect(planned.reasons).to.deep.equal([]);
    await sent(w.pool.connect(w.bob)["deposit(uint256,address)"](w.usd(100_000), w.bob));
    const { account } = await momentAfter(w, w.bob);
    expect(account.shares).to.equal(planned.after.shares);
    expect(account.exitAssets < w.usd(100_000)).to.equal(true);
    // prices of 18 digits, for 1e29 shares: 1e5 wei, down or up
    expect(off(account.exitAssets, planned.after.exitAssets) <= 200_000n).to.equal(true);
  });

  it("a loan: rates, wallet and refusals", async () => {
    const w = await busy();
    const { frank } = w;
    const planned = loan(await momentAt(w, frank), { borrow: w.usd(5_000) });
    await sent(w.pool.connect(frank).borrow(w.usd(5_000), frank, frank));
    const after = await momentAfter(w, frank);
    expect(planned.after.debtAssets).to.equal(after.account.position.debtAssets);
    expect(planned.after.walletAssets).to.equal(after.account.assetBalance);
    expectRates(planned.after, after);
    const { position } = after.account;
    const fall = 10_000n - (position.liquidationPrice * 10_000n) / after.market.prices.high;
    expect(planned.after.fallBps >= fall - 1n && planned.after.fallBps <= fall).to.equal(true);

    const repaid = loan(await momentAt(w, frank), { repay: "all", removeCollateral: "all" });
    await sent(
      w.pool
        .connect(frank)
        .multicall([
          w.pool.interface.encodeFunctionData("repay", [MAX, frank.address]),
          w.pool.interface.encodeFunctionData("withdrawCollateral", [
            position.collateral,
            frank.address,
            frank.address,
          ]),
        ]),
    );
    const closed = await momentAfter(w, frank);
    expect(repaid.after.walletAssets).to.equal(closed.account.assetBalance);
    expect(repaid.after.walletCollateral).to.equal(closed.account.collateralBalance);
    expect(closed.market.rates.utilisationWad).to.equal(repaid.after.utilisationWad);
    await expectConserved(w, [w.alice], [frank]);
  });

  it("a stake, of assets and of shares", async () => {
    const w = await busy();
    const { alice } = w;
    const router = routerAt(w.addresses.router, alice);
    const assets = stakeAssets(await momentAt(w, alice), w.usd(10_000));
    expect(assets.reasons).to.deep.equal([]);
    await sent(router.depositAndStake(w.addresses.pool, w.usd(10_000), alice, assets.units));
    const first = await momentAfter(w, alice);
    expect(assets.after.units).to.equal(first.account.stake.units);
    // pending fees became shares on the way, at a rounding of the pool's
    expect(first.account.stake.poolShares - assets.after.poolShares <= 1_000_000n).to.equal(true);
    expect(first.account.stake.assets - assets.after.assets <= 1n).to.equal(true);
    expectLoanRates(assets.after, first);

    const some = stakeShares(await momentAt(w, alice), w.usd(1_000) * 1_000_000n);
    await sent(w.fund.connect(alice)["deposit(uint256,address)"](w.usd(1_000) * 1_000_000n, alice));
    const second = await momentAfter(w, alice);
    expect(some.after.units).to.equal(second.account.stake.units);
    expectLoanRates(some.after, second);
    await expectConserved(w, [alice], [w.frank]);
  });

  it("the way out of the fund: dates, cooling, cancelling, and what a claim is paid while losses show", async () => {
    const w = await busy();
    const { alice } = w;
    expect([await w.fund.coolingPeriod(), await w.fund.claimWindow()]).to.deep.equal([COOLING_PERIOD, CLAIM_WINDOW]);
    const units = (await w.fund.balanceOf(alice)) / 4n;
    const asked = requestLeave(await momentAt(w, alice), units);
    await sent(w.fund.connect(alice).requestRedeem(units, alice, alice));
    const cooling = await momentAfter(w, alice);
    const [request] = cooling.account.stake.requests;
    expect([request?.claimableAt, request?.expiresAt]).to.deep.equal([asked.claimableAt, asked.expiresAt]);
    expect(asked.after.units).to.equal(cooling.account.stake.units);
    // cooling shares are units times an index: rounded by less than a cooling unit's worth
    const rounded = asked.poolShares - (request?.grossShares ?? 0n);
    expect(rounded >= 0n && rounded <= 1_000_000n, String(rounded)).to.equal(true);
    await sent(w.fund.connect(alice).requestRedeem(units, alice, alice));

    const back = cancelRequest(await momentAt(w, alice), 2n);
    await sent(w.fund.connect(alice).cancelRedeem(2n));
    expect((await momentAfter(w, alice)).account.stake.units).to.equal(back.after.units);
    const closed = cancelRequest(await momentAt(w, alice), 2n);
    const cancelAgain = async () => await w.fund.connect(alice).cancelRedeem(2n);
    expect(await expectRefused(closed, cancelAgain)).to.equal("RequestNotOpen");

    await time.increase(14n * DAY);
    await setPrice(w, 1_230); // 200 · 1,230 / 1.02 = 241,176 of 250,000 and interest: more than the reserve has
    const moment = await momentAt(w, alice);
    const strict = claim(moment, "all");
    const standard = async () =>
      await w.fund.connect(alice)["redeem(uint256,address,address)"](strict.units, alice, alice);
    expect(await expectRefused(strict, standard)).to.equal("BelowMinimum");
    expect(strict.withheldAssets > 0n && strict.paidAssets > 0n).to.equal(true);
    const willing = claim(await momentAt(w, alice), "all", true);
    expect(willing.reasons).to.deep.equal([]);
    const held = await w.pool.balanceOf(alice);
    await sent(
      w.fund.connect(alice)["redeem(uint256,address,address,uint256)"](willing.units, alice, alice, willing.paidShares),
    );
    expect((await w.pool.balanceOf(alice)) - held).to.equal(willing.paidShares);
    await expectConserved(w, [alice], [w.frank]);
  });

  it("what comes back after a haircut", async () => {
    const w = await busy();
    const { alice } = w;
    await setPrice(w, 900);
    await sent(w.pool.connect(w.liquidator).liquidate(w.frank, MAX, 0n, w.liquidator, "0x"));
    await sent(w.pool.connect(w.keeper).recover(w.usd(5_000)));
    const planned = claimRecovery(await momentAt(w, alice));
    expect(planned.claimable > w.usd(4_999) && planned.unpaidFace > 0n).to.equal(true);
    await sent(w.pool.connect(alice).claimRecovery(alice));
    const after = await momentAfter(w, alice);
    expect(after.account.assetBalance).to.equal(planned.walletAfter);
    expect(after.account.certificateUnpaidFace).to.equal(planned.unpaidFace);
    expect(claimRecovery(after).reasons.map(({ name }) => name)).to.deep.equal(["NothingRecovered"]);
    await expectConserved(w, [alice], [w.frank]);
  });
});
