// A loss: what was previewed for one account, what came, what the logs say, and what comes back.
import { expect } from "chai";

import { bearing, decodeEvents, exitValue, type MutuaEvent } from "../../sdk/index.js";
import { freeze, PENDING } from "../helpers/blocks.js";
import { DAY, expectConserved, MAX, openLoan, sent, setPrice } from "../helpers/fixtures.js";
import { fundOf, nextBlock, poolOf, type SdkWorld, sdkWorld } from "./setup.js";

const names = (events: readonly MutuaEvent[]): string[] => events.map(({ source, name }) => `${source}.${name}`);

/** 100,000 supplied, 5,000 of it staked by the newcomer; 60,000 borrowed against 40 ether. */
async function lent(): Promise<SdkWorld> {
  const w = await sdkWorld();
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(60_000), w.alice));
  await sent(w.pool.connect(w.bob)["deposit(uint256,address)"](w.usd(35_000), w.bob));
  await sent(fundOf(w, w.newcomer).depositAndStake(w.usd(5_000)));
  await openLoan(w, w.frank, 40, 60_000);
  return w;
}

describe("sdk: a loss", () => {
  it("takes from an account what its preview said", async () => {
    const w = await lent();
    await freeze(30n * DAY);
    await setPrice(w, 1_100);
    await freeze();
    const { repaidAssets, lossAssets } = await w.pool.previewLiquidation(w.frank, MAX, PENDING);
    expect(lossAssets > w.usd(15_000)).to.equal(true);
    const alice = await poolOf(w, w.alice).lens.previewLosses(w.addresses.pool, [lossAssets], PENDING);
    const before = await nextBlock(w, w.alice);
    const staker = await nextBlock(w, w.newcomer);
    const [preview] = alice;
    if (preview === undefined) throw new Error("There is no preview.");
    const expected = bearing(before.market, before.account, preview);
    const wiped = bearing(staker.market, staker.account, preview);

    await sent(w.pool.connect(w.liquidator).liquidate(w.frank, MAX, 0n, w.liquidator, "0x"));
    const after = await poolOf(w, w.alice).read(w.alice.address);
    // prices of 18 digits are what they are to less than 6e28 / 1e24 wei
    const tolerance = 60_002n;
    expect(after.account.exitAssets >= expected.supplied.after).to.equal(true);
    expect(after.account.exitAssets - expected.supplied.after < tolerance).to.equal(true);
    expect(before.account.exitAssets - expected.supplied.before < tolerance).to.equal(true);
    expect(expected.supplied.haircut).to.equal(expected.supplied.before - expected.supplied.after);
    // all of the shortfall was in the price before
    expect(expected.supplied.haircut).to.equal(0n);
    expect(wiped.staked.after).to.equal(0n);
    expect((await poolOf(w, w.newcomer).read(w.newcomer.address)).account.stake.poolShares).to.equal(0n);
    expect(repaidAssets > 0n).to.equal(true);
    await expectConserved(w, [w.alice, w.bob, w.newcomer], [w.frank]);
  });

  it("that is only thought of shows who would bear it", async () => {
    const w = await lent();
    const sdk = poolOf(w, w.alice);
    const [small, large] = await sdk.previewLosses([w.usd(1_000), w.usd(20_000)], w.alice.address);
    expect(small?.account?.supplied.haircut).to.equal(0n);
    expect(small?.fromFund).to.equal(w.usd(1_000) - (small?.fromReserve ?? 0n));
    const { account } = await sdk.read(w.alice.address);
    const part = (account.exitAssets * 10n ** 18n) / ((large?.account?.supplied.before ?? 1n) + 1n);
    expect(part >= 10n ** 18n - 1n).to.equal(true);
    // 80,000 for 95,000: alice, with 60 of the 95, bears 60 / 95 of the haircut, to the wei and the price's 18 digits
    const haircut = ((large?.haircut ?? 0n) * 60n) / 95n;
    expect((large?.account?.supplied.haircut ?? 0n) - haircut < 10n ** 13n).to.equal(true);
    expect(haircut - (large?.account?.supplied.haircut ?? 0n) < 10n ** 13n).to.equal(true);

    const [, staker] = await sdk.previewLosses([0n, w.usd(1_000)], w.newcomer.address);
    const lost = staker?.account?.staked.lost ?? 0n;
    expect(lost - (staker?.fromFund ?? 0n) < 10n ** 5n && (staker?.fromFund ?? 0n) - lost < 10n ** 5n).to.equal(true);
    const [none] = await sdk.previewLosses([w.usd(1)]);
    expect(none !== undefined && "account" in none).to.equal(false);
  });

  it("what shares are worth: to the wei without a shortfall, to the price's 18 digits with one", async () => {
    const w = await lent();
    await freeze(DAY);
    const shares = await w.pool.balanceOf(w.bob);
    expect(exitValue((await nextBlock(w, w.bob)).market, shares)).to.equal(
      await w.pool.convertToAssets(shares, PENDING),
    );
    await setPrice(w, 1_000);
    await freeze();
    const worth = await w.pool.convertToAssets(shares, PENDING);
    const shown = exitValue((await nextBlock(w, w.bob)).market, shares);
    expect(shown <= worth && worth - shown <= shares / 10n ** 24n + 1n).to.equal(true);
  });

  it("is told by the logs, and its recovery pays those who bore it", async () => {
    const w = await lent();
    await setPrice(w, 1_100);
    const receipt = await sent(w.pool.connect(w.liquidator).liquidate(w.frank, MAX, 0n, w.liquidator, "0x"));
    const events = decodeEvents(receipt.logs, w.addresses);
    expect(names(events)).to.include.members(["pool.LossRealised", "pool.Liquidated", "pool.BorrowingHaltSet"]);
    const loss = events.find((event) => event.source === "pool" && event.name === "LossRealised");
    if (loss?.name !== "LossRealised") throw new Error("There is no loss.");
    const { args } = loss;
    expect(args.fromReserve + args.fromFund + args.haircut).to.equal(args.loss);
    expect(args.borrower).to.equal(w.frank.address);
    expect([loss.blockNumber, loss.transactionHash]).to.deep.equal([receipt.blockNumber, receipt.hash]);

    const sdk = poolOf(w, w.bob);
    const owed = (await sdk.read(w.bob.address)).account.certificateUnpaidFace;
    expect(owed > 0n).to.equal(true);
    await sent(poolOf(w, w.newcomer).recover(args.haircut / 2n));
    const { account, market } = await sdk.read(w.bob.address);
    // half of the face, rounded against him by at most 17 wei, DESIGN §11
    expect(owed / 2n - account.certificateClaimable <= 17n).to.equal(true);
    expect(market.certificates.held).to.equal(args.haircut / 2n);
    const paid = decodeEvents((await sent(sdk.claimRecovery())).logs, w.addresses);
    const claimed = paid.find((event) => event.name === "RecoveryClaimed");
    if (claimed?.name !== "RecoveryClaimed") throw new Error("Nothing was claimed.");
    expect(claimed.args).to.deep.equal({ holder: w.bob.address, assets: account.certificateClaimable });
    await expectConserved(w, [w.alice, w.bob, w.newcomer], [w.frank]);
  });

  it("logs of each kind of contract are told apart, and others left out", async () => {
    const w = await sdkWorld();
    const receipt = await sent(fundOf(w, w.newcomer).depositAndStake(w.usd(5_000)));
    const events = decodeEvents(receipt.logs, w.addresses);
    expect(names(events)).to.include.members(["pool.Deposit", "pool.Transfer", "fund.Deposit", "fund.Transfer"]);
    expect(events.every(({ address }) => address !== w.addresses.asset.address)).to.equal(true);
    expect(names(decodeEvents(receipt.logs, { fund: w.addresses.fund.toLowerCase() }))).to.deep.equal([
      "fund.Transfer",
      "fund.Deposit",
    ]);
    const logs = await w.pool.runner?.provider?.getLogs({ fromBlock: 0, address: w.addresses.factory });
    const [created] = decodeEvents(logs ?? [], w.addresses);
    expect(created?.source === "factory" && created.args.pool).to.equal(w.addresses.pool);
  });
});
