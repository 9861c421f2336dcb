// What `health` says before an action, and what the lens says after it.
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { decodeError, errorOf, type Health, health, maxSafeBorrow, type Plan, revertData } from "../../sdk/index.js";
import { Random } from "../../sdk/model/index.js";
import { freeze } from "../helpers/blocks.js";
import { DAY, expectConserved, MAX, openLoan, sent, setPrice, setPrices } from "../helpers/fixtures.js";
import { failureOf, nextBlock, poolOf, type SdkWorld, sdkWorld } from "./setup.js";

/** A plan as one transaction, in the order `health` takes it. */
async function carryOut(w: SdkWorld, who: HardhatEthersSigner, plan: Plan): Promise<ContractTransactionResponse> {
  const { interface: calls } = w.pool;
  const { addCollateral = 0n, repay = 0n, borrow = 0n, removeCollateral = 0n } = plan;
  const removed =
    removeCollateral === "all" ? (await w.pool.positionOf(who)).collateral + addCollateral : removeCollateral;
  const steps = [
    addCollateral > 0n && calls.encodeFunctionData("supplyCollateral", [addCollateral, who.address]),
    repay !== 0n && calls.encodeFunctionData("repay", [repay === "all" ? MAX : repay, who.address]),
    borrow > 0n && calls.encodeFunctionData("borrow", [borrow, who.address, who.address]),
    removed > 0n && calls.encodeFunctionData("withdrawCollateral", [removed, who.address, who.address]),
  ];
  return await w.pool.connect(who).multicall(steps.filter((step) => step !== false));
}

const SHOWN = [
  "debtAssets",
  "debtShares",
  "collateral",
  "ltvWad",
  "status",
  "healthWad",
  "liquidationPrice",
  "borrowableAssets",
  "withdrawableCollateral",
] as const;

const shown = (position: Omit<Health, "refusal">) => Object.fromEntries(SHOWN.map((key) => [key, position[key]]));

/** Plans at the second of the next block, does it there, and compares; a refusal must be the contract's own. */
async function tryOut(w: SdkWorld, who: HardhatEthersSigner, plan: Plan, what = ""): Promise<string> {
  const sdk = poolOf(w, who);
  await freeze(3n);
  const { market, account } = await nextBlock(w, who);
  expect(shown(health(market, account.position)), `${what} as it is`).to.deep.equal(shown(account.position));
  const planned = health(market, account.position, plan);
  if (planned.refusal !== undefined) {
    const failure = await failureOf(carryOut(w, who, plan));
    const said = decodeError(revertData(failure) ?? "");
    expect(errorOf(planned.refusal), what).to.deep.equal(said);
    return planned.refusal.reason;
  }
  await sent(carryOut(w, who, plan));
  const after = await sdk.read(who.address);
  expect(shown(planned), what).to.deep.equal(shown(after.account.position));
  return "done";
}

async function supplied(): Promise<SdkWorld> {
  const w = await sdkWorld();
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1_000_000), w.alice));
  return w;
}

describe("sdk: health after a plan", () => {
  it("is the contract's after each kind of action, to the wei", async function () {
    this.timeout(180_000);
    const w = await supplied();
    const { usd, eth, frank } = w;
    const plans: [Plan, string][] = [
      [{ addCollateral: eth(100) }, "done"],
      [{ borrow: usd(100_000) }, "done"],
      [{ addCollateral: eth(10), borrow: usd(10_000) }, "done"],
      [{ repay: 1n }, "done"],
      [{ repay: usd(5_000), removeCollateral: eth(1) }, "done"],
      [{ repay: usd(1_000), borrow: usd(2_000) }, "done"],
      [{ removeCollateral: eth(2) }, "done"],
      [{ borrow: usd(200_000) }, "PositionUnhealthy"],
      [{ removeCollateral: eth(80) }, "PositionUnhealthy"],
      [{ removeCollateral: eth(8_000) }, "InsufficientCollateral"],
      [{ repay: usd(105_950) }, "DebtBelowMinimum"],
      [{ borrow: usd(2_000_000) }, "InsufficientCash"],
      [{ repay: "all", removeCollateral: "all" }, "done"],
      [{ repay: "all" }, "NoDebt"],
      [{ addCollateral: eth(1), borrow: usd(1) }, "DebtBelowMinimum"],
      [{ addCollateral: eth(10_000_000) + 1n }, "CollateralCapExceeded"],
    ];
    for (const [plan, outcome] of plans) {
      const what = Object.entries(plan).flat().join(" ");
      expect(await tryOut(w, frank, plan, what), what).to.equal(outcome);
    }
    await expectConserved(w, [w.alice], [frank]);
  });

  it("whatever the price, the wait and the plan", async function () {
    this.timeout(180_000);
    let outcomes = 0;
    const seed = Number(process.env["SEED"] ?? Math.trunc(Math.random() * 2 ** 32));
    const random = new Random(seed);
    const w = await supplied();
    await openLoan(w, w.frank, 100, 120_000);
    for (let round = 0; round < 9; ++round) {
      await setPrice(w, 1_000 + random.below(2_000));
      await freeze(random.upTo(20n * DAY) + 1n);
      await sent(w.pool.connect(w.keeper).accrue());
      const plan = {
        addCollateral: random.chance(40) ? random.upTo(w.eth(20)) : 0n,
        repay: random.chance(10) ? ("all" as const) : random.chance(40) ? random.upTo(w.usd(20_000)) : 0n,
        borrow: random.chance(40) ? random.upTo(w.usd(40_000)) : 0n,
        removeCollateral: random.chance(30) ? random.upTo(w.eth(30)) : 0n,
      };
      if (Object.values(plan).every((amount) => amount === 0n)) plan.addCollateral = 1n;
      if ((await tryOut(w, w.frank, plan, `seed ${seed}, ${round}`)) !== "") ++outcomes;
    }
    expect(outcomes).to.equal(9);
    await expectConserved(w, [w.alice], [w.frank]);
  });

  it("knows why the pool as a whole would refuse", async () => {
    const w = await supplied();
    const { frank, usd, eth } = w;
    await openLoan(w, frank, 100, 100_000);
    const more: Plan = { borrow: usd(1_000) };
    await setPrices(w, 2_000, 2_050);
    expect(await tryOut(w, frank, more)).to.equal("PricesTooFarApart");
    await setPrices(w, 2_000, 2_000, false);
    expect(await tryOut(w, frank, more)).to.equal("OracleNotOk");
    expect(await tryOut(w, frank, { removeCollateral: eth(1) })).to.equal("OracleNotOk");
    expect(await tryOut(w, frank, { repay: usd(10) })).to.equal("done");
    await setPrice(w, 2_000);
    await sent(w.pool.connect(w.guardian).lowerCaps(1_000_000_000, 100_500));
    expect(await tryOut(w, frank, more)).to.equal("BorrowCapExceeded");
    await sent(w.pool.connect(w.guardian).pause());
    expect(await tryOut(w, frank, more)).to.equal("PoolPaused");
    expect(await tryOut(w, frank, { addCollateral: eth(1) })).to.equal("done");
  });

  it("the most that is safe to borrow bears the fall that it is said to bear", async () => {
    const w = await supplied();
    const { frank } = w;
    await sent(w.pool.connect(frank).supplyCollateral(w.eth(100), frank));
    const sdk = poolOf(w, frank);
    await freeze();
    const { market, account } = await nextBlock(w, frank);
    // by the lltv after a fall of 10 %: 100 · 2,000 · 0.9 · 0.86, less 3 wei for rounding
    expect(maxSafeBorrow(market, account.position)).to.equal(w.usd(154_800) - 3n);
    // the pool's own line is nearer when no fall is to be borne: 100 · 2,000 · 0.8
    expect(maxSafeBorrow(market, account.position, 0n)).to.equal(w.usd(160_000) - 3n);
    expect(maxSafeBorrow(market, account.position, 10_000n)).to.equal(0n);

    await sent(w.pool.connect(frank).borrow(maxSafeBorrow(market, account.position), frank, frank));
    await setPrice(w, 1_800);
    // not to the last second: interest has run since
    const fallen = await sdk.read(frank.address);
    expect(fallen.account.position.healthWad > 999_999_000_000_000_000n).to.equal(true);
    expect(fallen.account.position.healthWad < 1_000_001_000_000_000_000n).to.equal(true);
    await setPrice(w, 1_801);
    expect((await sdk.read(frank.address)).account.position.status).to.equal("Healthy");
  });

  it("the most without a fall still goes through minutes later, and one percent more does not", async () => {
    const w = await supplied();
    const { frank } = w;
    await openLoan(w, frank, 100, 50_000);
    const { market, account } = await poolOf(w, frank).read(frank.address);
    const most = maxSafeBorrow(market, account.position, 0n);
    await freeze(590n);
    const tooMuch = await failureOf(w.pool.connect(frank).borrow((most * 101n) / 100n, frank, frank));
    expect(decodeError(revertData(tooMuch) ?? "")?.name).to.equal("PositionUnhealthy");
    await freeze(1n);
    await sent(w.pool.connect(frank).borrow(most, frank, frank));
    await expectConserved(w, [w.alice], [frank]);
  });

  it("nothing is offered where the pool has nothing, or less than the least debt", async () => {
    const w = await supplied();
    const { frank, dave } = w;
    await sent(w.pool.connect(dave).supplyCollateral(w.eth(0.05), dave)); // carries 80, and the least debt is 100
    const small = await poolOf(w, dave).read(dave.address);
    expect(small.account.position.borrowableAssets > 0n).to.equal(true);
    expect(maxSafeBorrow(small.market, small.account.position, 0n)).to.equal(0n);
    await openLoan(w, frank, 1_000, 1_000_000);
    await sent(w.pool.connect(dave).supplyCollateral(w.eth(10), dave));
    const dry = await poolOf(w, dave).read(dave.address);
    expect(maxSafeBorrow(dry.market, dry.account.position)).to.equal(0n);
  });
});
