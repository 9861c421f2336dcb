// Mallory wants every exit to cost others as much gas as possible: she fills the ticks that a crash has to read with
// positions of the smallest debt allowed, 64 to an octave, and moves the pivot to where it helps least.
import { expect } from "chai";
import type { HardhatEthersSigner } from "@nomicfoundation/hardhat-ethers/types";

import { ethers, expectConserved, MAX, networkHelpers, sent, setPrice, type World } from "../helpers/fixtures.js";
import { deployFeelessWorld, deposit, feelessWorld, whatIf } from "../scenario/story.js";
import { gasOf } from "./tools.js";

const OCTAVE = 64;
/** A slot read cold, its mapping hashed, its bit found and taken off. */
const GAS_A_TICK = 2_450n;
/** From the table of gas: what an exit costs in a healthy book, with slack for the first one of a test. */
const HEALTHY_EXIT = 75_000n;

/** Debt to collateral in the middle of the `i`th tick under the one of 1,600, where at 2,000 borrowing ends. */
function ratioOf(i: number): number {
  // 1,600 = 100/64 · 2^10: mantissas go from 64 to 127
  const below = 99.5 - i;
  const octave = Math.max(0, Math.ceil((64 - below) / OCTAVE));
  return ((below + octave * OCTAVE) / OCTAVE) * 2 ** (10 - octave);
}

/** Mallory's many names, each with the smallest debt, one to a tick. Returns their collateral. */
async function fill(w: World, names: readonly HardhatEthersSigner[], from: number): Promise<bigint> {
  const { pool, carol } = w;
  let collateral = 0n;
  const calls = names.map((name, i) => {
    const amount = w.eth(100 / ratioOf(from + i));
    collateral += amount;
    return pool.interface.encodeFunctionData("supplyCollateral", [amount, name.address]);
  });
  await sent(pool.connect(carol).multicall(calls));
  for (const name of names) await sent(pool.connect(name).borrow(w.usd(100), name.address, name.address));
  return collateral;
}

async function manyNames(count: number): Promise<HardhatEthersSigner[]> {
  return await Promise.all(
    Array.from({ length: count }, async (_, i) => {
      const address = ethers.zeroPadValue(ethers.toBeHex(0xa11ce000 + i), 20);
      await networkHelpers.setBalance(address, 10n ** 20n);
      return await ethers.getImpersonatedSigner(address);
    }),
  );
}

type Filled = World & { names: HardhatEthersSigner[]; firstOctave: bigint; secondOctave: bigint };

async function deployFilled(): Promise<Filled> {
  const w = await deployFeelessWorld();
  await deposit(w, w.alice, 10_000_000);
  await deposit(w, w.dave, 10_000_000);
  const names = await manyNames(2 * OCTAVE);
  const firstOctave = await fill(w, names.slice(0, OCTAVE), 0);
  const secondOctave = await fill(w, names.slice(OCTAVE), OCTAVE);
  return { ...w, names, firstOctave, secondOctave };
}

async function filled(): Promise<Filled> {
  return await networkHelpers.loadFixture(deployFilled);
}

describe("Attack: gas of the shortfall ledger", () => {
  let w: Filled;
  beforeEach(async () => {
    w = await filled();
  });

  const exit = () =>
    gasOf(w.pool.connect(w.alice)["withdraw(uint256,address,address)"](w.usd(1_000), w.alice.address, w.alice.address));
  /** At this price everything that recovers less than `octaves` under 1,600 is under water. */
  const crash = (octaves: number) => setPrice(w, 1_600 * 1.02 * 2 ** -octaves);

  it("costs Mallory 11,750 in collateral for the first octave, and twice as much for each further one", async () => {
    const [first, second] = [w.firstOctave * 2_000n, w.secondOctave * 2_000n];
    console.log(`      collateral: ${first / w.usd(1)} and ${second / w.usd(1)}, for a debt of 6,400 each`);
    expect(first >= w.usd(11_700) && first <= w.usd(11_800), `${first}`).to.equal(true);
    // collateral is cut to a millionth
    expect(second > 2n * first - w.usd(1) && second < 2n * first + w.usd(1), `${second}`).to.equal(true);
    const ticks = new Set<bigint>();
    for (const name of w.names) ticks.add((await w.pool.positionOf(name.address)).tick);
    expect(ticks.size).to.equal(2 * OCTAVE);
  });

  it("costs others nothing while the book is healthy, and at most 2,450 gas a tick in a crash: 157,000 an octave", async () => {
    const healthy = await exit();
    expect(healthy <= HEALTHY_EXIT, `${healthy}`).to.equal(true);
    await crash(1);
    const one = await whatIf(exit);
    await crash(2);
    const two = await whatIf(exit);
    console.log(`      an exit: ${healthy} healthy, ${one} one octave down, ${two} two octaves down`);
    expect(one - healthy > 64n * 2_000n, "they are really read").to.equal(true);
    expect(one - healthy <= 65n * GAS_A_TICK + 10_000n, `${one}`).to.equal(true);
    expect(two - one <= 65n * GAS_A_TICK, `${two}`).to.equal(true);
  });

  it("is over once anybody has paid for one pivot: exits are back under 85,000", async () => {
    await crash(2);
    const pivot = await gasOf(w.pool.connect(w.keeper).pivot());
    const after = await exit();
    console.log(`      pivot ${pivot}, an exit afterwards ${after}`);
    expect(pivot <= 130n * GAS_A_TICK + 80_000n, `${pivot}`).to.equal(true);
    expect(after <= 85_000n, `${after}`).to.equal(true);
    expect((await w.pool.currentShortfall()) > 0n).to.equal(true);
    // what is under water may also be taken out: each name pays a liquidator 2%
    for (const name of w.names.slice(0, 3)) {
      await sent(w.pool.connect(w.liquidator).liquidate(name.address, MAX, 0, w.liquidator.address, "0x"));
    }
    await expectConserved(
      w,
      [w.alice, w.dave],
      w.names.map(({ address }) => address),
    );
  });

  it("moving the pivot costs Mallory as much as it costs to move it back, and never makes an exit dearer than the bound", async () => {
    // The best place: all her names between the pivot and the price, none above but one far off. So she keeps the highest
    // name of the first octave, closes the others, and pivots at the bottom of the second.
    for (const name of w.names.slice(1, OCTAVE)) {
      await sent(w.asset.mint(name.address, w.usd(200)));
      await sent(w.asset.connect(name).approve(w.pool, MAX));
      await sent(w.pool.connect(name).repay(MAX, name.address));
    }
    await crash(2);
    const paid = await gasOf(w.pool.connect(w.carol).pivot());
    await crash(1.26); // 46 of her ticks above the pivot, 18 more and then nothing up to the last
    const dearer = await whatIf(exit);
    await sent(w.pool.connect(w.keeper).pivot());
    const moved = await whatIf(exit);
    console.log(`      Mallory's pivot ${paid}; an exit then ${dearer}, and after another pivot ${moved}`);
    expect(dearer <= HEALTHY_EXIT + 65n * GAS_A_TICK + 10_000n, `${dearer}`).to.equal(true);
    expect(moved <= 85_000n, `${moved}`).to.equal(true);

    // Wherever the pivot is, an exit reads no more ticks than there are between the price and the highest.
    for (const at of [0.2, 0.6, 1.0, 1.5, 1.9, 2]) {
      await crash(at);
      await sent(w.pool.connect(w.carol).pivot());
      for (const then of [0.1, 0.5, 1.1, 1.6, 2]) {
        await crash(then);
        const gas = await whatIf(exit);
        const bound = HEALTHY_EXIT + 10_000n + BigInt(Math.ceil(then * OCTAVE) + 1) * GAS_A_TICK;
        expect(gas <= bound, `pivot at ${at}, price at ${then}: ${gas} of ${bound}`).to.equal(true);
      }
    }
  });

  it("leaves a pivot behind in a healthy book: at most 8,000 gas more a loan, until anybody drops it", async () => {
    await crash(2);
    const borrow = () => gasOf(w.pool.connect(w.bob).borrow(w.usd(1), w.bob.address, w.bob.address));
    await setPrice(w, 2_000);
    await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(1_000), w.bob.address));
    await sent(w.pool.connect(w.bob).borrow(w.usd(100_000), w.bob.address, w.bob.address));
    const without = await whatIf(borrow);
    await crash(2);
    await sent(w.pool.connect(w.carol).pivot());
    await setPrice(w, 2_000);
    const withPivot = await whatIf(borrow);
    expect(withPivot - without <= 8_000n, `${withPivot - without}`).to.equal(true);
    await sent(w.pool.connect(w.keeper).pivot());
    expect((await w.pool.ledgerState()).pivotTick).to.equal(0n);
    expect((await whatIf(borrow)) <= without + 100n).to.equal(true);
  });

  it("a lone name at the bottom lets whoever leaves the highest tick search the bitmap: at most 64 words of 2,300 gas", async () => {
    w = { ...(await feelessWorld()), names: [], firstOctave: 0n, secondOctave: 0n };
    await deposit(w, w.alice, 10_000_000);
    // the lowest tick that there can be: the smallest debt on nearly all the collateral of the cap
    await sent(w.pool.connect(w.carol).supplyCollateral(w.eth(9_000_000), w.carol.address));
    await sent(w.pool.connect(w.carol).borrow(w.usd(100), w.carol.address, w.carol.address));
    await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(100), w.bob.address));
    await sent(w.pool.connect(w.bob).borrow(w.usd(150_000), w.bob.address, w.bob.address));
    const low = (await w.pool.positionOf(w.carol.address)).tick;
    const high = (await w.pool.positionOf(w.bob.address)).tick;
    const far = await gasOf(w.pool.connect(w.bob).repay(MAX, w.bob.address));
    const last = await gasOf(w.pool.connect(w.carol).repay(MAX, w.carol.address));
    console.log(`      ticks ${low} and ${high}: leaving the highest ${far}, the last debt of all ${last}`);
    // 7 words of the bitmap between the two; 34 down to nothing, of the 64 there are
    expect((high - low) / 256n <= 7n && high / 256n <= 34n).to.equal(true);
    expect(far <= 90_000n, `${far}`).to.equal(true);
    expect(last <= 130_000n, `${last}`).to.equal(true);
  });
});
