// Sequences that chance seldom finds, and every one that it has found the two sides to part on.
import { expect } from "chai";

import { DAY, HOUR, MAX_UINT256, Refusal } from "../../sdk/model/index.js";
import { fairPrice, Pair } from "./run.js";
import type { Value } from "../../sdk/model/operations.js";

const DECIMALS = { asset: 18n, collateral: 18n };
const ETHER = 10n ** 18n;
const dollars = (tokens: bigint): bigint => tokens * ETHER;

describe("Contracts and model, on sequences with a name", function () {
  this.timeout(120_000);
  let pair: Pair;

  before(async () => {
    pair = await Pair.deploy(DECIMALS);
  });

  beforeEach(async () => {
    await pair.restart();
  });

  async function play(call: string, caller: string, ...values: Value[]): Promise<void> {
    await pair.play({ call, caller, values, wait: 7n });
  }

  async function wait(seconds: bigint): Promise<void> {
    await pair.play({ call: "nothing", caller: "ann", values: [], wait: seconds });
  }

  /** In percent of the first price. */
  async function setPrice(percent: bigint): Promise<void> {
    const price = (fairPrice(DECIMALS) * percent) / 100n;
    await play("price", "ann", "oracle one", price, price, true);
  }

  /** Ann supplies a million, Bea stakes, and each of the others borrows 150,000 against 100 ether. */
  async function open(stake = dollars(50_000n)): Promise<void> {
    await play("deposit", "ann", dollars(1_000_000n), "ann", 0n);
    await play("deposit", "bea", dollars(100_000n), "bea", 0n);
    if (stake > 0n) await play("stake", "bea", stake * 10n ** 6n, "bea", 0n);
    for (const borrower of ["cid", "dov", "eve"]) {
      await play("supplyCollateral", borrower, 100n * ETHER, borrower);
      await play("borrow", borrower, dollars(150_000n), borrower, borrower);
    }
  }

  async function liquidate(borrower: string, most = MAX_UINT256): Promise<void> {
    await play("liquidate", "gus", borrower, most, 0n, "gus");
  }

  /** What `read` would say after a call of the model that is taken back. */
  function supposing<T>(act: () => unknown, read: () => T): T {
    let seen: T | undefined;
    try {
      pair.world.pool.call(() => {
        act();
        seen = read();
        throw new Refusal("Supposed");
      });
    } catch (error) {
      if (!(error instanceof Refusal) || error.reason !== "Supposed") throw error;
    }
    return seen as T;
  }

  /** Liquidates in such a part that the loss leaves the fund less than a hundred-thousandth, but not nothing. */
  async function wearFund(borrower: string): Promise<void> {
    const { pool } = pair.world;
    pool.now += 7n;
    const fund = pool.state.fundShares;
    const leftAfter = (most: bigint): bigint =>
      supposing(
        () => pool.liquidate("gus", borrower, most, 0n, "gus"),
        () => pool.state.fundShares,
      );
    let [low, high] = [10n ** 6n, pool.previewLiquidation(borrower, MAX_UINT256).repaid];
    while (high - low > 1n) {
      const middle = (low + high) / 2n;
      if (leftAfter(middle) > fund / 200_000n) low = middle;
      else high = middle;
    }
    pool.now -= 7n;
    await liquidate(borrower, high);
    expect(pool.state.fundShares > 0n && pool.state.fundShares < fund / 100_000n, "worn, not wiped").to.equal(true);
  }

  it("a loss that every layer takes a part of, and all leave", async () => {
    await open();
    await play("topUpReserve", "ann", dollars(10_000n));
    await setPrice(60n);
    for (const borrower of ["cid", "dov", "eve"]) await liquidate(borrower);
    expect(pair.world.pool.state.fundShares).to.equal(0n);
    await play("redeem", "ann", pair.world.pool.balanceOf("ann"), "ann", "ann", 0n);
    await play("redeem", "bea", pair.world.pool.balanceOf("bea"), "bea", "bea", 0n);
  });

  it("a fund worn down twice moves a generation on, with units and a request from before", async () => {
    await open(dollars(20_000n));
    await play("requestRedeem", "bea", pair.world.fund.balanceOf("bea") / 2n, "bea", "bea");
    await setPrice(55n);
    await wearFund("cid");
    await wearFund("dov");
    expect(pair.world.pool.state.generation).to.equal(1n);
    await play("stake", "ann", dollars(1_000n) * 10n ** 6n, "ann", 0n);
    await wait(15n * DAY);
    await play("cancelRedeem", "bea", 1n);
    await play("requestRedeem", "ann", pair.world.fund.balanceOf("ann"), "ann", "ann");
    await wait(15n * DAY);
    await play("unstake", "ann", pair.world.fund.claimable("ann").units, "ann", "ann", 0n);
  });

  it("a wiped fund voids units and requests; who stakes afterwards starts afresh", async () => {
    await open(dollars(20_000n));
    await play("requestRedeem", "bea", pair.world.fund.balanceOf("bea") / 3n, "bea", "bea");
    await setPrice(50n);
    await liquidate("cid");
    expect(pair.world.pool.state.generation).to.equal(8n);
    await play("cancelRedeem", "bea", 1n);
    await play("stake", "ann", dollars(500n) * 10n ** 6n, "ann", 0n);
    await play("requestRedeem", "ann", pair.world.fund.balanceOf("ann"), "ann", "ann");
    await play("requestRedeem", "bea", 1n, "bea", "bea");
    await setPrice(100n);
    await wait(14n * DAY);
    await play("unstakeShares", "ann", pair.world.fund.maxClaim("ann").poolShares, "ann", "ann", MAX_UINT256);
  });

  it("seventeen requests of one controller, and a claim across sixteen", async () => {
    await open();
    const units = pair.world.fund.balanceOf("bea") / 20n;
    for (let i = 0; i < 17; ++i) await play("requestRedeem", "bea", units, "bea", "bea");
    await wait(14n * DAY);
    await play("unstake", "bea", units * 3n + units / 2n, "bea", "bea", 0n);
    const left = pair.world.fund.maxClaim("bea").poolShares;
    await play("unstakeShares", "bea", left / 3n, "bea", "bea", MAX_UINT256);
    await wait(8n * DAY);
    await play("returnExpired", "gus", 16n);
    expect(pair.world.fund.openRequests("bea").length).to.equal(8);
  });

  it("who leaves the fund in a shortfall leaves a part to those who stay, and alone to the reserve", async () => {
    await open();
    await play("stake", "ann", dollars(5_000n) * 10n ** 6n, "ann", 0n);
    for (const staker of ["ann", "bea"]) {
      await play("requestRedeem", staker, pair.world.fund.balanceOf(staker), staker, staker);
    }
    await wait(14n * DAY);
    await setPrice(72n);
    expect(pair.world.pool.currentShortfall() > 0n).to.equal(true);
    for (const staker of ["bea", "ann"]) {
      await play("unstake", staker, pair.world.fund.claimable(staker).units, staker, staker, 0n);
    }
    // units and shares round down at the request, in the index and at the claim
    expect(pair.world.pool.state.fundShares < 100n).to.equal(true);
  });

  it("three incidents with recoveries between, down to the last wei: the certificates' digits move on", async () => {
    await open(0n);
    for (const [borrower, percent] of [
      ["cid", 60n],
      ["dov", 50n],
      ["eve", 40n],
    ] as const) {
      await setPrice(percent);
      await liquidate(borrower);
      await play("transfer", "ann", "fay", pair.world.pool.balanceOf("ann") / 5n);
      const { unpaidFace } = pair.world.pool.state.certificates;
      await play("recover", "gus", unpaidFace - 5n);
      await play("claimRecovery", "fay", "fay");
    }
    expect(pair.world.pool.state.certificates.epoch > 1n, "digits moved").to.equal(true);
    await play("recover", "gus", dollars(1n));
    for (const holder of ["ann", "bea", "fay"]) await play("claimRecovery", holder, holder);
    expect(pair.world.pool.state.certificates.unpaidFace).to.equal(0n);
  });

  it("an estate of several ages: foreclosed in turn, sold in parts, and given away at the end", async () => {
    await open();
    await setPrice(62n);
    for (const [i, borrower] of ["cid", "dov", "eve"].entries()) {
      await play("flag", "gus", borrower);
      await wait(25n * HOUR);
      await play("foreclose", "gus", borrower);
      await wait(BigInt(i + 1) * 5n * DAY);
      await play("buyEstate", "gus", dollars(10_000n), 0n, "gus");
    }
    await setPrice(150n);
    await play("buyEstate", "gus", dollars(70_000n), 0n, "gus");
    await wait(61n * DAY);
    await play("buyEstate", "gus", 0n, 0n, "gus");
    expect(pair.world.pool.state.estateCollateral).to.equal(0n);
  });

  it("a near-total loss closes the pool; recoveries, top-ups and exits go on", async () => {
    await play("deposit", "ann", dollars(151_000n), "ann", 0n);
    await play("supplyCollateral", "cid", 100n * ETHER, "cid");
    await play("borrow", "cid", dollars(150_999n), "cid", "cid");
    await setPrice(0n);
    const worthless = fairPrice(DECIMALS) / 10n ** 9n;
    await play("price", "ann", "oracle one", worthless, worthless, true);
    await liquidate("cid");
    expect(pair.world.pool.state.isClosed).to.equal(true);
    await play("deposit", "bea", dollars(1n), "bea", 0n);
    await play("topUpReserve", "bea", dollars(10n));
    await play("recover", "bea", dollars(200_000n));
    await play("claimRecovery", "ann", "ann");
    await play("redeem", "ann", pair.world.pool.balanceOf("ann"), "ann", "ann", 0n);
    // what the claim has rounded down
    expect(pair.world.pool.state.certificates.held <= 1n).to.equal(true);
  });

  it("a market wound down: the ramp makes every loan liquidatable in its turn", async () => {
    await open();
    await play("windDown", "ann", 20n * DAY);
    for (let day = 0; day < 21; ++day) {
      await wait(DAY);
      for (const borrower of ["cid", "dov", "eve"]) await liquidate(borrower, dollars(9_000n));
    }
    await liquidate("cid");
    await play("redeem", "ann", pair.world.pool.maxRedeem("ann"), "ann", "ann", 0n);
    expect(pair.world.pool.highestTick()).to.equal(0);
  });
});
