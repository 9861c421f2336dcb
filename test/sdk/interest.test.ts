// Interest followed off-chain, against the contracts.
import { readFileSync } from "node:fs";

import { expect } from "chai";

import { type Accrued, debtOf, type InterestState, interestAt } from "../../sdk/index.js";
import { Random } from "../../sdk/model/index.js";
import { freeze, PENDING } from "../helpers/blocks.js";
import { DAY, expectConserved, HOUR, MAX, openLoan, sent, setPrice } from "../helpers/fixtures.js";
import { deploySdkWorld, poolOf, type SdkWorld, sdkWorld } from "./setup.js";

/** The same figures, asked of the contract. */
async function asked({ pool }: SdkWorld): Promise<Accrued> {
  const totals = await pool.totals(PENDING);
  return {
    cash: totals.cash,
    debtAssets: totals.debtAssets,
    debtShares: totals.debtShares,
    borrowIndexWad: totals.borrowIndexWad,
    pendingFees: totals.pendingFees,
    shares: await pool.totalSupply(PENDING),
    grossAssets: await pool.grossAssets(PENDING),
    grossPriceWad: await pool.grossPrice(PENDING),
    borrowRatePerSecondWad: await pool.borrowRate(PENDING),
    supplyRatePerSecondWad: await pool.supplyRate(PENDING),
    utilisationWad: await pool.utilisation(PENDING),
  };
}

async function expectFollowed(w: SdkWorld, state: InterestState, seconds: bigint, what: string): Promise<void> {
  const now = await freeze(seconds);
  const accrued = interestAt(state, now);
  expect(accrued, what).to.deep.equal(await asked(w));
  const { debtShares } = await w.pool.positionOf(w.frank);
  expect(debtOf(debtShares, accrued.borrowIndexWad), what).to.equal(
    (await w.pool.position(w.frank, PENDING)).debtAssets,
  );
}

/** How many states were compared. */
async function randomWalk(w: SdkWorld, seed: number, rounds: number): Promise<number> {
  const random = new Random(seed);
  const sdk = poolOf(w, w.alice);
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1_000_000), w.alice));
  await openLoan(w, w.frank, 10_000, 500_000);
  const { "withdraw(uint256,address,address)": withdraw } = w.pool.connect(w.alice);
  const actions = [
    async () => await w.pool.connect(w.alice)["deposit(uint256,address)"](random.upTo(w.usd(400_000)) + 1n, w.alice),
    async () =>
      await w.pool.connect(w.frank).borrow(random.upTo((await w.pool.totals()).cash) + w.usd(1), w.frank, w.frank),
    async () => await w.pool.connect(w.frank).repay(random.upTo(w.usd(50_000)) + 1n, w.frank),
    async () => await withdraw(random.upTo((await w.pool.totals()).cash / 2n) + 1n, w.alice, w.alice),
    async () => await w.pool.connect(w.keeper).accrue(),
  ];
  for (let round = 0; round < rounds; ++round) {
    try {
      await sent(random.pick(actions)());
    } catch {
      // refused, for instance for want of cash: the state is as it was
    }
    const state = await sdk.interest();
    const wait = random.chance(30) ? random.upTo(200n * DAY) : random.upTo(HOUR);
    await expectFollowed(w, state, wait + 1n, `seed ${seed}, round ${round}`);
  }
  await expectConserved(w, [w.alice], [w.frank]);
  return rounds;
}

describe("sdk: interest", () => {
  const seed = Number(process.env["SEED"] ?? Math.trunc(Math.random() * 2 ** 32));

  it(`is the contract's to the wei, after any wait and at any rate (seed ${seed})`, async function () {
    this.timeout(180_000);
    expect(await randomWalk(await sdkWorld(), seed, 8)).to.equal(8);
  });

  it(`so it is with an asset of 6 decimals (seed ${seed})`, async function () {
    this.timeout(180_000);
    expect(await randomWalk(await deploySdkWorld({ assetDecimals: 6n }), seed, 4)).to.equal(4);
  });

  it("counts the estate's debt, which bears none", async () => {
    const w = await sdkWorld();
    await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1_000_000), w.alice));
    await openLoan(w, w.frank, 100, 150_000);
    await openLoan(w, w.dave, 100, 50_000);
    await setPrice(w, 1_500);
    await sent(w.pool.connect(w.keeper).flag(w.frank));
    await freeze(25n * HOUR);
    await sent(w.pool.connect(w.keeper).foreclose(w.frank));
    const state = await poolOf(w, w.alice).interest();
    expect(state.estateDebt).to.equal((await w.pool.estate()).debtAssets);
    expect(state.estateDebt > 0n).to.equal(true);
    await expectFollowed(w, state, 30n * DAY, "with an estate");
    await sent(w.pool.connect(w.dave).repay(MAX, w.dave));
    await expectConserved(w, [w.alice], [w.dave]);
  });

  it("follows from a block of the past", async () => {
    const w = await sdkWorld();
    await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1_000_000), w.alice));
    await openLoan(w, w.frank, 10_000, 950_000);
    const { blockNumber, market } = await poolOf(w, w.alice).read();
    await freeze(DAY);
    await sent(w.pool.connect(w.frank).repay(w.usd(10), w.frank));
    const then = await poolOf(w, w.alice).interest(blockNumber);
    const at = interestAt(then, then.totals.lastAccrual);
    expect(at.borrowIndexWad).to.equal(market.totals.borrowIndexWad);
    expect(at.borrowRatePerSecondWad).to.equal(market.rates.borrowRatePerSecondWad);
  });

  it("reads the slots that the layout names", () => {
    const layout = readFileSync(new URL("../../docs/storage-layout.md", import.meta.url), "utf8");
    for (const line of [
      "| 0 | 0 | 32 | Book | _book |",
      "| 1 | 0 | 32 | Meter | _meter |",
      "| 17 | 0 | 16 | uint128 | _estateDebt |",
    ]) {
      expect(layout).to.include(line);
    }
  });
});
