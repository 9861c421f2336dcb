// The attacks nobody has thought of: Mallory does whatever comes to mind, thousands of tokens or single wei at a time, at
// a price that stands still. What she has in all may grow by the interest that others owe for these seconds, and not by
// a wei more than roundings.
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import { deployWorld, ethers, openLoan, sent, setPrice, VIRTUAL_SHARES, type World } from "../helpers/fixtures.js";
import { deposit, divUp, stake } from "../scenario/story.js";
import { randomFrom } from "../unit/pool/kit.js";
import { load } from "./moves.js";

const STEPS = 45;
const PRICE_SCALE = 10n ** 36n;

/** Carol is Mallory. She holds nothing yet; Alice, Bob and Erin do, and Frank and Dave owe. */
async function deployMarket(decimals: bigint): Promise<World> {
  const w = await deployWorld({ assetDecimals: decimals });
  await deposit(w, w.alice, 900_000);
  await deposit(w, w.bob, 100_000);
  await stake(w, w.erin, 20_000);
  await openLoan(w, w.frank, 256, 400_000);
  await openLoan(w, w.dave, 200, 100_000);
  return w;
}

const healthy18 = async () => await deployMarket(18n);
const healthy6 = async () => await deployMarket(6n);

/** Frank's 256 recover 390,000 of 400,000: the fund covers it. */
async function covered() {
  const w = await deployMarket(18n);
  await setPrice(w, 1_553.9);
  return w;
}

/** They recover 379,600: some 400 of a million more than the fund has, and deposits are open. */
async function dustUncovered() {
  const w = await deployMarket(18n);
  await setPrice(w, 1_512.47);
  return w;
}

type Wealth = { worth: bigint; othersDebt: bigint; pending: bigint };

/**
 * All that is Carol's, at the exit price and the oracle's, and what is staked net of the visible claims on it; what the
 * others owe; and the fees that are not yet shares.
 */
async function wealthOf(w: World): Promise<Wealth> {
  const { pool, fund, carol } = w;
  const at = { blockTag: await ethers.provider.getBlockNumber() };
  const [assets, coins, shares, units, position, price, requests, totals] = await Promise.all([
    w.asset.balanceOf(carol, at),
    w.collateral.balanceOf(carol, at),
    pool.balanceOf(carol, at),
    fund.balanceOf(carol, at),
    pool.position(carol, at),
    pool.currentPrice(at),
    fund.openRequests(carol, at),
    pool.totals(at),
  ]);
  const certificate = await pool.certificateOf(carol, at);
  const { totalShares } = await pool.fundAccount(at);
  const supply = (await pool.totalSupply(at)) + VIRTUAL_SHARES;
  const need = divUp((await pool.currentShortfall(at)) * supply, (await pool.grossAssets(at)) + 1n);
  const claims = need > totals.reserveShares ? need - totals.reserveShares : 0n;
  const left = totalShares > claims ? totalShares - claims : 0n;
  let staked = units === 0n ? 0n : ((await fund.convertToAssets(units, at)) * left) / totalShares;
  for (const id of requests) {
    const { coolingUnits } = await fund.requestOf(id, at);
    staked += (await pool.previewLeaveFund(coolingUnits, at)).paidShares;
  }
  const worth =
    assets +
    certificate.claimable +
    (await pool.convertToAssets(shares + staked, at)) +
    ((coins + position.collateral) * price.high) / PRICE_SCALE -
    position.debtAssets;
  return { worth, othersDebt: totals.debtAssets - position.debtAssets, pending: totals.pendingFees };
}

type Move = (w: World, random: (below: bigint) => bigint) => Promise<ContractTransactionResponse>;

/** A wei, a few, or up to a lot. */
function amount(w: World, random: (below: bigint) => bigint, tokens: number): bigint {
  const kind = random(4n);
  if (kind === 0n) return 1n + random(3n);
  if (kind === 1n) return 1n + random(VIRTUAL_SHARES * 3n);
  return 1n + random(w.usd(tokens));
}

async function partOf(total: bigint, random: (below: bigint) => bigint): Promise<bigint> {
  const kind = random(3n);
  if (kind === 0n) return total;
  return kind === 1n ? random(total + 1n) : 1n + random(3n);
}

const MOVES: readonly (readonly [string, Move])[] = [
  [
    "deposit",
    async (w, r) => await w.pool.connect(w.carol)["deposit(uint256,address)"](amount(w, r, 300_000), w.carol),
  ],
  ["mint", async (w, r) => await w.pool.connect(w.carol)["mint(uint256,address)"](amount(w, r, 1_000), w.carol)],
  [
    "redeem",
    async (w, r) => {
      const shares = await partOf(await w.pool.balanceOf(w.carol), r);
      return await w.pool.connect(w.carol)["redeem(uint256,address,address)"](shares, w.carol, w.carol);
    },
  ],
  [
    "withdraw",
    async (w, r) => {
      const assets = await partOf(await w.pool.maxWithdraw(w.carol), r);
      return await w.pool.connect(w.carol)["withdraw(uint256,address,address)"](assets, w.carol, w.carol);
    },
  ],
  [
    "stake",
    async (w, r) => {
      const shares = await partOf(await w.pool.balanceOf(w.carol), r);
      return await w.fund.connect(w.carol)["deposit(uint256,address)"](shares, w.carol);
    },
  ],
  [
    "request",
    async (w, r) => {
      const units = await partOf(await w.fund.balanceOf(w.carol), r);
      return await w.fund.connect(w.carol).requestRedeem(units, w.carol, w.carol);
    },
  ],
  [
    "cancel",
    async (w) => {
      const [id = 0n] = await w.fund.openRequests(w.carol);
      return await w.fund.connect(w.carol).cancelRedeem(id);
    },
  ],
  ["gift to the pool", async (w, r) => await w.pool.connect(w.carol).transfer(w.pool, r(VIRTUAL_SHARES * 5n))],
  ["gift to the fund", async (w, r) => await w.pool.connect(w.carol).transfer(w.fund, r(VIRTUAL_SHARES * 5n))],
  ["top-up", async (w, r) => await w.pool.connect(w.carol).topUpReserve(1n + r(5n))],
  ["recovery", async (w, r) => await w.pool.connect(w.carol).recover(1n + r(5n))],
  ["collateral", async (w, r) => await w.pool.connect(w.carol).supplyCollateral(1n + r(w.eth(100)), w.carol)],
  ["borrow", async (w, r) => await w.pool.connect(w.carol).borrow(amount(w, r, 100_000), w.carol, w.carol)],
  ["repay", async (w, r) => await w.pool.connect(w.carol).repay(amount(w, r, 100_000), w.carol)],
  [
    "collateral out",
    async (w, r) => {
      const collateral = await partOf((await w.pool.position(w.carol)).collateral, r);
      return await w.pool.connect(w.carol).withdrawCollateral(collateral, w.carol, w.carol);
    },
  ],
  ["another's debt", async (w, r) => await w.pool.connect(w.carol).repay(1n + r(3n), w.frank)],
  ["poke", async (w) => await w.pool.connect(w.carol).transfer(w.pool, 0n)],
  ["accrue", async (w) => await w.pool.connect(w.carol).accrue()],
  ["pivot", async (w) => await w.pool.connect(w.carol).pivot()],
];

describe("Attack: anything, at a price that stands still", () => {
  for (const [state, deployIt, seed] of [
    ["healthy, 18 decimals", healthy18, 11],
    ["healthy, 6 decimals", healthy6, 12],
    ["with a covered shortfall", covered, 13],
    ["with dust uncovered", dustUncovered, 14],
  ] as const) {
    it(`${state}: no sequence gains, seed ${seed}`, async () => {
      const w = await load(deployIt);
      const random = randomFrom(seed);
      const start = await wealthOf(w);
      let last = start;
      let made = 0;
      const done: string[] = [];
      for (let i = 0; i < STEPS; ++i) {
        const [name, move] = MOVES[Number(random(BigInt(MOVES.length)))] ?? ["", undefined];
        try {
          await sent((move ?? (() => Promise.reject(new Error())))(w, random));
        } catch {
          continue; // refused: not every idea is allowed
        }
        ++made;
        done.push(name);
        const now = await wealthOf(w);
        // the others' interest, all of which she may at most get; fees that became shares, of which the claims above know
        // nothing before; and two wei of rounding in each of her five holdings
        const interest = now.othersDebt > last.othersDebt ? now.othersDebt - last.othersDebt : 0n;
        const most = interest + last.pending;
        const gain = now.worth - last.worth;
        expect(gain <= most + 10n, `${gain} of ${most} by ${done.slice(-4).join(", ")}`).to.equal(true);
        last = now;
      }
      expect(made > STEPS / 3, "enough of them went through").to.equal(true);
    });
  }
});
