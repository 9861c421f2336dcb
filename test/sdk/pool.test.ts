// What a wallet is asked for, and what comes of it.
import { expect } from "chai";
import { Interface } from "ethers";

import { atLeast, atMost, explain, marketOf, MutuaPool, poolAbi, routerAbi, type Step } from "../../sdk/index.js";
import { freeze } from "../helpers/blocks.js";
import {
  createPool,
  DAY,
  DEFAULT_PARAMETERS,
  ethers,
  expectConserved,
  MAX,
  openLoan,
  sent,
  setPrice,
} from "../helpers/fixtures.js";
import { failureOf, poolOf, type SdkWorld, sdkWorld } from "./setup.js";

/** A listener, and the list of what it heard. */
function listener(): { steps: Step[]; onStep: (step: Step) => void } {
  const steps: Step[] = [];
  return { steps, onStep: (step) => void steps.push(step) };
}

/** The values of the call a transaction made; of a batch, of its last step. */
function called(data: string): { name: string; values: readonly unknown[] } {
  const parsed = [poolAbi, routerAbi]
    .map((abi) => new Interface(abi).parseTransaction({ data }))
    .find((each) => each !== null);
  if (parsed === undefined || parsed === null) throw new Error("The call is unknown.");
  if (parsed.name !== "multicall") return { name: parsed.name, values: parsed.args.toArray() };
  return called((parsed.args[0] as string[]).at(-1) ?? "");
}

/** A pool whose asset is an old token without return values, and whose collateral has no permit. */
async function oldTokens(w: SdkWorld): Promise<{ sdk: MutuaPool; w: SdkWorld }> {
  const asset = await ethers.deployContract("NoReturnToken", [6]);
  const collateral = await ethers.deployContract("MockWETH");
  await sent(w.oracle.connect(w.deployer).set(2_000n * 10n ** 24n, 2_000n * 10n ** 24n, true));
  const { pool, fund } = await createPool(
    w.system,
    {
      ...DEFAULT_PARAMETERS,
      minDebt: 10n ** 8n,
      asset,
      collateral,
      oracle: w.oracle,
      authority: w.authority,
    },
    w.deployer,
  );
  await sent(asset.mint(w.newcomer, 10n ** 12n));
  await sent(collateral.connect(w.newcomer).deposit({ value: 10n ** 19n }));
  const old = {
    name: "old",
    pool: await pool.getAddress(),
    fund: await fund.getAddress(),
    asset: { address: await asset.getAddress(), symbol: "NORET", decimals: 6 },
    collateral: { address: await collateral.getAddress(), symbol: "WETH", decimals: 18 },
    startBlock: 0,
  };
  const addresses = marketOf({ ...w.deployment, markets: [old] });
  return { sdk: new MutuaPool(addresses, w.newcomer), w };
}

describe("sdk: MutuaPool", () => {
  it("deposits with one signature and one transaction, and leaves no allowance", async () => {
    const w = await sdkWorld();
    const sdk = poolOf(w, w.newcomer);
    const { steps, onStep } = listener();
    const quoted = await w.pool.previewDeposit(w.usd(1_000));
    const transaction = await sdk.deposit(w.usd(1_000), { onStep });
    await transaction.wait();
    expect(steps).to.deep.equal(["sign", "send"]);
    expect(transaction.to).to.equal(w.addresses.router);
    expect(called(transaction.data)).to.deep.equal({
      name: "deposit",
      values: [w.addresses.pool, w.usd(1_000), w.newcomer.address, atLeast(quoted)],
    });
    const { account } = await sdk.read(w.newcomer.address);
    expect(account.shares).to.equal(quoted);
    expect(account.exitAssets).to.equal(w.usd(1_000));
    expect(await w.asset.allowance(w.newcomer, w.addresses.router)).to.equal(0n);
    await expectConserved(w, [w.newcomer], []);
  });

  it("needs no signature where the pool may take the tokens already", async () => {
    const w = await sdkWorld();
    const { steps, onStep } = listener();
    const transaction = await poolOf(w, w.alice).deposit(w.usd(1_000), { onStep, slippageBps: 100n });
    expect(steps).to.deep.equal(["send"]);
    expect(transaction.to).to.equal(w.addresses.pool);
    const quoted = w.usd(1_000) * 1_000_000n;
    expect(called(transaction.data).values).to.deep.equal([w.usd(1_000), w.alice.address, (quoted * 99n) / 100n]);
  });

  it("approves exactly, where signatures are not wanted or not taken", async () => {
    const w = await sdkWorld();
    const { steps, onStep } = listener();
    await sent(poolOf(w, w.newcomer).deposit(w.usd(1_000), { onStep, permit: false, minShares: 1n }));
    expect(steps).to.deep.equal(["approve", "send"]);
    expect(await w.asset.allowance(w.newcomer, w.addresses.pool)).to.equal(0n);

    const old = await oldTokens(w);
    const heard = listener();
    await sent(old.sdk.deposit(10n ** 9n, heard));
    await sent(old.sdk.open(10n ** 18n, 5n * 10n ** 8n, heard));
    await sent(old.sdk.close(heard));
    expect(heard.steps).to.deep.equal(["approve", "send", "approve", "send", "approve", "send"]);
    const { account } = await old.sdk.read(w.newcomer.address);
    expect([account.position.debtAssets, account.position.collateral]).to.deep.equal([0n, 0n]);
    expect(account.collateralBalance).to.equal(10n ** 19n);
  });

  it("withdraws and redeems within a limit, and says when the price has moved", async () => {
    const w = await sdkWorld();
    const sdk = poolOf(w, w.alice);
    await sent(sdk.deposit(w.usd(10_000)));
    const shares = await w.pool.previewWithdraw(w.usd(1_000));
    const withdrawal = await sdk.withdraw(w.usd(1_000), { receiver: w.bob.address });
    expect(called(withdrawal.data).values).to.deep.equal([
      w.usd(1_000),
      w.bob.address,
      w.alice.address,
      atMost(shares),
    ]);
    await openLoan(w, w.frank, 10, 6_000);
    const redemption = await sdk.redeem("max");
    await redemption.wait();
    expect(called(redemption.data).name).to.equal("withdraw");
    expect(called(redemption.data).values[0]).to.equal(w.usd(3_000));
    expect((await w.pool.totals()).cash).to.equal(0n);
    const tooLittle = await failureOf(sdk.redeem("max", { minAssets: 1n }));
    expect(explain(tooLittle).name).to.equal("BelowMinimum");

    await sent(sdk.deposit(w.usd(5_000)));
    const all = await sdk.redeem(w.usd(1_000) * 10n ** 6n);
    const [given, , , minAssets] = called(all.data).values;
    expect(given).to.equal(w.usd(1_000) * 10n ** 6n);
    // the quote is a block older: a second's interest on 6,000
    expect((minAssets as bigint) - atLeast(w.usd(1_000)) < 10n ** 13n).to.equal(true);

    await setPrice(w, 500);
    const failure = await failureOf(sdk.redeem(await w.pool.convertToShares(1n), { minAssets: w.usd(1) }));
    expect(explain(failure).name).to.equal("BelowMinimum");
    await expectConserved(w, [w.alice], [w.frank]);
  });

  it("repays all that is owed when it is mined, though interest has run", async () => {
    const w = await sdkWorld();
    await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1_000_000), w.alice));
    const sdk = poolOf(w, w.newcomer);
    const { steps, onStep } = listener();
    await sent(sdk.supplyCollateral(w.eth(100), { onStep }));
    await sent(sdk.borrow(w.usd(100_000)));
    await sent(sdk.repay(w.usd(10_000), { onStep }));
    await freeze(30n * DAY);
    await sent(w.pool.connect(w.keeper).accrue());
    const owed = (await w.pool.position(w.newcomer)).debtAssets;
    expect(owed > w.usd(90_000)).to.equal(true);
    await freeze(300n);
    await sent(sdk.repay("all", { onStep }));
    await sent(sdk.withdrawCollateral("all"));
    expect(steps).to.deep.equal(["sign", "send", "sign", "send", "sign", "send"]);
    const { account } = await sdk.read(w.newcomer.address);
    expect([account.position.debtAssets, account.position.collateral]).to.deep.equal([0n, 0n]);
    // of the margin only what an hour's interest and a ten-thousandth can make is left as an allowance
    expect((await w.asset.allowance(w.newcomer, w.addresses.router)) < w.usd(15)).to.equal(true);
    expect(await w.asset.balanceOf(w.addresses.router)).to.equal(0n);
    await expectConserved(w, [w.alice], [w.newcomer]);
  });

  it("opens and closes a loan in a transaction each", async () => {
    const w = await sdkWorld();
    await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1_000_000), w.alice));
    const sdk = poolOf(w, w.frank);
    const { steps, onStep } = listener();
    await sent(sdk.open(w.eth(10), w.usd(10_000), { onStep }));
    expect((await w.pool.position(w.frank)).collateral).to.equal(w.eth(10));
    await freeze(DAY);
    await sent(sdk.close({ onStep }));
    expect((await w.pool.positionOf(w.frank)).debtShares).to.equal(0n);
    expect((await w.pool.positionOf(w.frank)).collateral).to.equal(0n);
    expect(steps).to.deep.equal(["send", "send"]);
    expect(await w.asset.allowance(w.frank, w.addresses.pool)).to.equal(MAX);
    await expectConserved(w, [w.alice], [w.frank]);
  });

  it("reads with a provider alone, and says what it lacks to send", async () => {
    const w = await sdkWorld();
    const sdk = new MutuaPool(w.addresses, ethers.provider);
    const { market, timestamp } = await sdk.read();
    expect(market.asset).to.deep.equal({ token: w.addresses.asset.address, symbol: "USDT", decimals: 18 });
    expect(market.terms.lltvBps).to.equal(8_600n);
    expect(timestamp > 0n).to.equal(true);
    const failure = await failureOf(sdk.deposit(1n));
    expect(explain(failure).sentence).to.equal("Only a signer can send transactions: connect with one.");
  });

  it("reads several markets at once, and marks the one that can't be read", async () => {
    const w = await sdkWorld();
    const sdk = poolOf(w, w.alice);
    const [good, bad] = await sdk.lens.markets([w.addresses.pool, w.addresses.asset.address]);
    expect([good?.isReadable, good?.market.share.symbol]).to.deep.equal([true, "mUSD-ETH"]);
    expect(bad?.isReadable).to.equal(false);
    const [listed] = await sdk.lens.marketsOf(w.addresses.factory, 0n, 10n);
    expect(listed?.pool).to.equal(w.addresses.pool);
    const [position] = await sdk.lens.positions(w.addresses.pool, [w.frank.address]);
    expect(position?.status).to.equal("None");
  });
});
