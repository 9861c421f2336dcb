// The borrower's side of a loss: leave dust so that nobody counts it, cut it into parts, or be one's own liquidator.
// Frank owes 600,000 against 400; insolvent under 1,530, where 400 recover 600,000.
import { expect } from "chai";

import { load } from "../helpers/blocks.js";
import {
  DAY,
  deployWorld,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
  time,
  VIRTUAL_SHARES,
  type World,
} from "../helpers/fixtures.js";
import { deposit, eventsOf, isWithin, leave, liquidate, only, whatIf, worthOf } from "../scenario/story.js";
import { anotherMarket } from "../unit/pool/kit.js";
import { flashActor, purse, valueAt } from "./moves.js";
import { call } from "./tools.js";

async function stage(w: World): Promise<World> {
  await deposit(w, w.alice, 1_000_000);
  await deposit(w, w.bob, 500_000);
  await openLoan(w, w.frank, 400, 600_000);
  return w;
}

const FEELESS = { reserveFeePercent: 0n, fundFeePercent: 0n };
const deploy6 = async () => await stage(await deployWorld({ assetDecimals: 6n, parameters: FEELESS }));
const deploy8 = async () =>
  await stage(await deployWorld({ assetDecimals: 18n, collateralDecimals: 8n, parameters: FEELESS }));
const deploy18 = async () => await stage(await deployWorld({ parameters: FEELESS }));

type Outcome = { assets: bigint; collateral: bigint; exit: bigint; alice: bigint };

/** Runs it, and says what these accounts together have more or less after it. */
async function outcome(w: World, run: () => Promise<void>, accounts: readonly { address: string }[]) {
  const worth = async () => {
    let [assets, collateral] = [0n, 0n];
    for (const who of accounts) {
      const has = await purse(w, who);
      assets += has.assets;
      collateral += has.collateral;
    }
    return { assets, collateral };
  };
  const before = await worth();
  await run();
  const after = await worth();
  expect((await w.pool.position(w.frank.address)).debtAssets).to.equal(0n);
  return {
    assets: after.assets - before.assets,
    collateral: after.collateral - before.collateral,
    exit: await w.pool.exitPrice(),
    alice: await worthOf(w, w.alice),
  } satisfies Outcome;
}

describe("Attack: dodging recognition", () => {
  for (const [name, deployIt] of [
    ["6 and 18", deploy6],
    ["18 and 8", deploy8],
    ["18 and 18", deploy18],
  ] as const) {
    describe(`with ${name} decimals`, () => {
      it("dust left of collateral takes its part of the debt along, and at least minDebt: nothing is hidden", async () => {
        const w = await load(deployIt);
        const { pool, frank } = w;
        await setPrice(w, 1_147.5); // recovers 450,000
        const before = await pool.exitPrice();
        const whole = (await pool.previewLiquidation(frank.address, MAX)).repaidAssets;
        for (const less of [1n, 2n, w.usd(0.01), w.usd(70)]) {
          await whatIf(async () => {
            const { seized, loss } = await liquidate(w, frank, whole - less);
            const [debt, collateral] = await pool.position(frank.address);
            expect(debt >= (await pool.minDebt()), `less ${less}`).to.equal(true);
            expect(debt < w.usd(100.01), "and hardly more").to.equal(true);
            // what is left is insolvent by as much: a fourth of its debt; the collateral's least unit is the rounding
            const left = debt - (valueAt(w, collateral, 1_147.5) * 100n) / 102n;
            expect(isWithin(left, debt / 4n, w.usd(0.001)), "ratio").to.equal(true);
            expect(seized + collateral).to.equal(w.eth(400));
            expect(loss > w.usd(149_900)).to.equal(true);
            // in the price it is all there: 25 is what could not be hidden
            expect(isWithin(await pool.exitPrice(), before, 10n ** 9n), "the price knew and knows").to.equal(true);
            await liquidate(w, frank);
            expect(isWithin(await pool.exitPrice(), before, 10n ** 9n)).to.equal(true);
            await expectConserved(w, [w.alice, w.bob], [frank.address]);
          });
        }
      });

      it("in twenty parts: the loss of one in whole but for a few wei, at no better price", async () => {
        const w = await load(deployIt);
        await setPrice(w, 1_147.5);
        const inOne = await whatIf(async () => {
          const one = await liquidate(w, w.frank);
          return { ...one, alice: await worthOf(w, w.alice) };
        });
        const parts = { repaid: 0n, seized: 0n, loss: 0n };
        for (let i = 0; i < 20; ++i) {
          const open = (await w.pool.position(w.frank.address)).debtAssets;
          if (open === 0n) break;
          const part = await liquidate(w, w.frank, i === 19 ? MAX : inOne.repaid / 20n);
          parts.repaid += part.repaid;
          parts.seized += part.seized;
          parts.loss += part.loss;
        }
        expect(parts.seized).to.equal(inOne.seized);
        expect(parts.repaid >= inOne.repaid && parts.repaid <= inOne.repaid + 20n, "paid: a wei a part").to.equal(true);
        // beside a wei a part: seconds of interest on 600,000, which make debt and loss grow alike
        expect(isWithin(parts.loss, inOne.loss, w.usd(1)), "lost").to.equal(true);
        expect(isWithin(await worthOf(w, w.alice), inOne.alice, 40n), "hers").to.equal(true);
      });
    });
  }

  it("the same debt in six accounts at six ratios: the price shows the same", async () => {
    const w = await load(deploy18);
    const { pool } = w;
    await sent(pool.connect(w.frank).repay(MAX, w.frank.address));
    await sent(pool.connect(w.frank).withdrawCollateral(w.eth(400), w.frank.address, w.frank.address));
    const one = await whatIf(async () => {
      await openLoan(w, w.frank, 400, 600_000);
      await setPrice(w, 1_147.5);
      return await pool.currentShortfall();
    });
    const parts = [
      [w.frank, 61.5, 95_000],
      [w.carol, 63, 96_000],
      [w.dave, 65, 98_000],
      [w.erin, 67, 100_000],
      [w.keeper, 70, 104_000],
      [w.bob, 73.5, 107_000],
    ] as const;
    for (const [who, collateral, debt] of parts) await openLoan(w, who, collateral, debt);
    await setPrice(w, 1_147.5); // every one of them is insolvent, and none is in the boundary tick
    // seconds of interest on 600,000
    expect(isWithin(await pool.currentShortfall(), one, w.usd(0.1))).to.equal(true);
  });
});

describe("Attack: self-liquidation for the bonus", () => {
  it("solvent, at every price between: across two accounts of his own nothing is won, and nobody loses a wei", async () => {
    const w = await load(deploy18);
    const { pool, frank, dave } = w;
    for (const price of [1_740, 1_700, 1_660, 1_640, 1_600, 1_560, 1_535]) {
      await whatIf(async () => {
        await setPrice(w, price);
        const gross = await pool.grossAssets();
        const ltv = (await pool.position(frank.address)).ltvWad;
        const before = await purse(w, dave);
        const debtBefore = (await pool.position(frank.address)).debtAssets;
        await sent(pool.connect(dave).liquidate(frank.address, MAX, 0, dave.address, "0x"));
        const after = await purse(w, dave);
        const [debt, collateral, ltvNow] = await pool.position(frank.address);
        // what he paid is what he no longer owes, and what Dave took is what Frank no longer has
        const paid = before.assets - after.assets;
        // a second of interest on the debt came between
        expect(isWithin(debtBefore - debt, paid, w.usd(0.01)), `${price}: paid`).to.equal(true);
        expect(after.collateral - before.collateral + collateral).to.equal(w.eth(400));
        expect(ltvNow <= ltv || debt === 0n, `${price}: L-1`).to.equal(true);
        expect(await pool.grossAssets()).to.be.greaterThanOrEqual(gross);
        expect(await pool.currentShortfall()).to.equal(0n);
      });
    }
  });

  it("insolvent: whoever does it, he or a stranger, alone, with a flash loan or by foreclosing himself, pays the same and costs the same", async () => {
    const w = await load(deploy18);
    const { pool, frank, dave } = w;
    const lender = await anotherMarket(w);
    await sent(lender.pool.connect(dave)["deposit(uint256,address)"](w.usd(10_000_000), dave.address));
    const actor = await flashActor(w, frank);
    await setPrice(w, 1_147.5);
    const whole = w.usd(450_000);

    const stranger = await whatIf(async () => {
      const take = async () => void (await liquidate(w, frank));
      return await outcome(w, take, [w.liquidator]);
    });
    const himself = await whatIf(async () => {
      const take = async () =>
        void (await sent(pool.connect(frank).liquidate(frank.address, MAX, 0, frank.address, "0x")));
      return await outcome(w, take, [frank]);
    });
    const flash = await whatIf(async () => {
      // the loan pays for the collateral; he brings the loan back himself, or sells the collateral for it elsewhere
      await sent(w.asset.connect(frank).transfer(actor.address, whole));
      const take = async () =>
        void (await sent(
          actor.attack(lender.pool, w.asset, whole, [
            call(pool, "liquidate", [frank.address, MAX, 0, actor.address, "0x"]),
          ]),
        ));
      return await outcome(w, take, [frank, actor]);
    });
    for (const each of [himself, flash]) {
      expect(each.assets, "450,000, for what fetches 459,000: 2% is the bonus of whoever comes first").to.equal(-whole);
      expect(each.collateral).to.equal(w.eth(400));
      expect(each.exit).to.equal(stranger.exit);
      expect(isWithin(each.alice, stranger.alice, 2n), "a second of interest is in debt and loss alike").to.equal(true);
    }

    // Foreclosing himself: a day's wait, and the estate's first price is the liquidator's
    await sent(pool.connect(dave).flag(frank.address));
    await time.increase(DAY);
    const before = await pool.exitPrice();
    const foreclosed = await outcome(w, async () => {
      await sent(pool.connect(frank).foreclose(frank.address));
      await sent(pool.connect(frank).buyEstate(MAX, 0, frank.address, "0x"));
    }, [frank]);
    expect(foreclosed.collateral).to.equal(w.eth(400));
    // a second or two of the estate's sixty days: 0.1 a second
    expect(isWithin(-foreclosed.assets, whole, w.usd(0.5)), "paid").to.equal(true);
    expect(isWithin(await pool.exitPrice(), before, 10n ** 12n), "and the price had known").to.equal(true);
    await expectConserved(w, [w.alice, w.bob], [frank.address]);
  });

  it("his own supply at stake: what he saves as a borrower all suppliers bear, he too", async () => {
    const w = await load(deploy18);
    const { pool, bob } = w;
    // Bob lends 500,000 of 1,500,000 and owes 400,000 himself. Is it better to default on himself?
    await openLoan(w, bob, 260, 400_000);
    await setPrice(w, 1_600);
    const repays = await whatIf(async () => {
      await sent(pool.connect(bob).repay(MAX, bob.address));
      await sent(pool.connect(bob).withdrawCollateral(w.eth(260), bob.address, bob.address));
      const { assets } = await purse(w, bob);
      return assets + (await leave(w, bob, 450_000n * 10n ** 18n * VIRTUAL_SHARES)) + valueAt(w, w.eth(260), 1_600);
    });
    // at 1,530 his 260 recover 390,000 of 400,000
    await setPrice(w, 1_530);
    const receipt = await sent(pool.connect(bob).liquidate(bob.address, MAX, 0, bob.address, "0x"));
    const { lossAssets } = only(eventsOf(w, receipt, "Liquidated"));
    expect(isWithin(lossAssets as bigint, w.usd(10_000), w.usd(0.1))).to.equal(true);
    const { assets } = await purse(w, bob);
    const defaults =
      assets + (await leave(w, bob, 450_000n * 10n ** 18n * VIRTUAL_SHARES)) + valueAt(w, w.eth(260), 1_600);
    // he pays 10,000 less than he owes, and his 450,000 of shares bear 450/1,500 of it: any borrower may walk away from
    // a loan that is worth more than its collateral, and a supplier who does gets less of it than a stranger would
    expect(isWithin(defaults - repays, w.usd(7_000), w.usd(0.5))).to.equal(true);
    expect(isWithin(w.usd(1_000_000) - (await worthOf(w, w.alice)), w.usd(6_666.667), w.usd(0.1))).to.equal(true);
  });
});
