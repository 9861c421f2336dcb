import { expect } from "chai";

import { claimOf, coolingOf, exitValue, type RequestStatus, type Step } from "../../sdk/index.js";
import { freeze } from "../helpers/blocks.js";
import { DAY, expectConserved, openLoan, sent, setPrice, time } from "../helpers/fixtures.js";
import { fundOf, poolOf, type SdkWorld, sdkWorld } from "./setup.js";

async function staked(): Promise<SdkWorld> {
  const w = await sdkWorld();
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(100_000), w.alice));
  await sent(fundOf(w, w.newcomer).depositAndStake(w.usd(10_000)));
  return w;
}

describe("sdk: MutuaFund", () => {
  it("turns assets into units with one signature and one transaction", async () => {
    const w = await sdkWorld();
    const steps: Step[] = [];
    await sent(fundOf(w, w.newcomer).depositAndStake(w.usd(10_000), { onStep: (step) => void steps.push(step) }));
    expect(steps).to.deep.equal(["sign", "send"]);
    const { account } = await poolOf(w, w.newcomer).read(w.newcomer.address);
    expect(account.stake.assets).to.equal(w.usd(10_000));
    expect(account.shares).to.equal(0n);
  });

  it("stakes shares by their own permit", async () => {
    const w = await sdkWorld();
    const steps: Step[] = [];
    const onStep = (step: Step) => void steps.push(step);
    await sent(poolOf(w, w.newcomer).deposit(w.usd(500)));
    await sent(fundOf(w, w.newcomer).stake("all", { onStep }));
    await sent(poolOf(w, w.alice).deposit(w.usd(500)));
    await sent(fundOf(w, w.alice).stake(10n ** 20n, { onStep }));
    expect(steps).to.deep.equal(["sign", "send", "send"]);
    const { account } = await poolOf(w, w.newcomer).read(w.newcomer.address);
    expect(account.stake.assets).to.equal(w.usd(500));
    await expectConserved(w, [w.alice, w.newcomer], []);
  });

  it("shows where a request stands at any time, and claims it in its window", async () => {
    const w = await staked();
    const fund = fundOf(w, w.newcomer);
    await sent(fund.requestRedeem("all"));
    const sdk = poolOf(w, w.newcomer);
    const { market, account, timestamp } = await sdk.read(w.newcomer.address);
    const at = (seconds: bigint) => coolingOf(market, account, timestamp + seconds)[0];
    const states: [bigint, RequestStatus, bigint, bigint][] = [
      [0n, "Pending", 14n * DAY, 21n * DAY],
      [14n * DAY - 1n, "Pending", 1n, 7n * DAY + 1n],
      [14n * DAY, "Claimable", 0n, 7n * DAY],
      [21n * DAY - 1n, "Claimable", 0n, 1n],
      [21n * DAY, "Expired", 0n, 0n],
    ];
    for (const [after, status, toClaim, toExpiry] of states) {
      const request = at(after);
      expect([request?.status, request?.secondsToClaim, request?.secondsToExpiry]).to.deep.equal([
        status,
        toClaim,
        toExpiry,
      ]);
    }
    expect(at(0n)?.grossAssets).to.equal(w.usd(10_000));
    expect(at(0n)?.paidAssets).to.equal(w.usd(10_000));
    expect(claimOf(account, "all")).to.deep.equal({ units: 0n, grossShares: 0n, paidShares: 0n });

    await time.increase(14n * DAY);
    await sent(fund.claim("all"));
    expect(exitValue(market, await w.pool.balanceOf(w.newcomer))).to.equal(w.usd(10_000));
    expect(await w.fund.openRequests(w.newcomer)).to.deep.equal([]);
    await expectConserved(w, [w.alice, w.newcomer], []);
  });

  it("claims a part, oldest request first, and cancels another", async () => {
    const w = await staked();
    const fund = fundOf(w, w.newcomer);
    const units = await w.fund.balanceOf(w.newcomer);
    await sent(fund.requestRedeem(units / 4n));
    await sent(fund.requestRedeem(units / 4n));
    await sent(fund.requestRedeem("all"));
    await time.increase(15n * DAY);
    const { account } = await poolOf(w, w.newcomer).read(w.newcomer.address);
    const part = claimOf(account, (units * 3n) / 8n);
    expect(part.units).to.equal((units * 3n) / 8n);
    await sent(fund.claim((units * 3n) / 8n));
    expect(await w.pool.balanceOf(w.newcomer)).to.equal(part.paidShares);
    const [, , third] = account.stake.requests;
    await sent(fund.cancelRedeem(third?.requestId ?? 0n));
    expect(await w.fund.openRequests(w.newcomer)).to.deep.equal([account.stake.requests[1]?.requestId]);
    await expectConserved(w, [w.alice, w.newcomer], []);
  });

  it("claims net of the visible claims on the fund, within the limit of what was shown", async () => {
    const w = await staked();
    await openLoan(w, w.frank, 30, 45_000);
    await sent(fundOf(w, w.newcomer).requestRedeem("all"));
    await time.increase(14n * DAY);
    await setPrice(w, 1_400); // 30 · 1,400 / 1.02 = 41,176 of 45,000 and interest
    const sdk = poolOf(w, w.newcomer);
    await sent(w.pool.connect(w.keeper).accrue());
    const { market, account } = await sdk.read(w.newcomer.address);
    const claim = claimOf(account, "all");
    expect(claim.paidShares < claim.grossShares).to.equal(true);
    expect(claim.units > 0n && account.stake.claimableUnits === 0n).to.equal(true);
    await freeze();
    await sent(fundOf(w, w.newcomer).claim("all"));
    const got = await w.pool.balanceOf(w.newcomer);
    // a second's interest on 45,000 at less than 8 % a year is under 1e-5 assets
    expect(exitValue(market, claim.paidShares) - exitValue(market, got) < 10n ** 14n).to.equal(true);
    await expectConserved(w, [w.alice, w.newcomer], [w.frank]);
  });
});
