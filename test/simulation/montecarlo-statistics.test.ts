// Quantiles and intervals against known values, and the bootstrap against what it is drawn from.
import { expect } from "chai";

import { Random } from "../../sdk/model/random.js";
import { draw, type Move, seedOf, type Source } from "../../simulation/montecarlo/bootstrap.js";
import { quantile, quantileWithInterval, wilson } from "../../simulation/montecarlo/statistics.js";
import { expectNear } from "../helpers/near.js";

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Moves that say where they are from: first, first + 1 … */
const windowOf = (first: number, count: number): Move[] =>
  upTo(count).map((i) => ({ elapsed: 60, log: first + i - 1, gwei: first + i - 1 }));

describe("Monte Carlo: statistics", () => {
  it("takes as a quantile the least value that so many of the sample don't exceed", () => {
    expect(quantile([7], 0.99)).to.equal(7);
    expect(quantile(upTo(100), 0.5)).to.equal(50);
    expect(quantile(upTo(100), 0.95)).to.equal(95);
    expect(quantile(upTo(101), 0.95)).to.equal(96);
    // 20 times 0.95 is nineteen, though not in binary.
    expect(quantile(upTo(20), 0.95)).to.equal(19);
    expect(() => quantile([], 0.5)).to.throw("A quantile of nothing");
  });

  it("bounds quantiles by the ranks that tables of order statistics have", () => {
    // Published for the median at 95%: 2 and 9 of 10, 6 and 15 of 20, 40 and 61 of 100.
    expect(quantileWithInterval(upTo(10), 0.5)).to.deep.equal({ value: 5, low: 2, high: 9 });
    expect(quantileWithInterval(upTo(20), 0.5)).to.deep.equal({ value: 10, low: 6, high: 15 });
    expect(quantileWithInterval(upTo(100), 0.5)).to.deep.equal({ value: 50, low: 40, high: 61 });
  });

  it("leaves open the side that the sample is too small for", () => {
    // 0.99^368 is under 2.5% for the first time: only then does the worst of the sample bound the quantile.
    expect(quantileWithInterval(upTo(100), 0.99).high).to.equal(undefined);
    expect(quantileWithInterval(upTo(367), 0.99).high).to.equal(undefined);
    expect(quantileWithInterval(upTo(368), 0.99).high).to.equal(368);
    expect(quantileWithInterval(upTo(3), 0.5)).to.deep.equal({ value: 2, low: undefined, high: undefined });
  });

  it("bounds a quantile of many as the normal distribution does", () => {
    const { low, high } = quantileWithInterval(upTo(10_000), 0.99);
    // 9,900 ± 1.96 · √(10,000 · 0.99 · 0.01), and a rank or two for what is whole and skewed.
    expect(low).to.be.within(9_878, 9_882);
    expect(high).to.be.within(9_918, 9_922);
  });

  it("has Wilson's interval", () => {
    const { low, high } = wilson(1, 10);
    expectNear(low, 0.017876, 1e-6); // known to six digits
    expectNear(high, 0.40415, 1e-6);
    expect(wilson(0, 100).low).to.equal(0);
    expectNear(wilson(0, 100).high, 0.036993, 1e-6);
    expect(wilson(100, 100)).to.deep.equal({ low: 1 - wilson(0, 100).high, high: 1 });
  });
});

describe("Monte Carlo: bootstrap", () => {
  const source: Source = {
    start: { time: 1_000, price: 5 },
    windows: [windowOf(0, 30), windowOf(1_000, 12)].map((moves) =>
      moves.map((move) => ({ ...move, log: move.log / 1e6 })),
    ),
    hasGas: true,
  };
  const BLOCK = 10;
  const drawn = (seed: number, steps = 96): { moves: number[]; gwei: number[]; times: number[] } => {
    const { ticks, gas } = draw(source, steps, BLOCK, new Random(seed));
    const moves = ticks.slice(1).map(({ price }, i) => Math.round(1e6 * Math.log(price / (ticks[i]?.price ?? 0))));
    return { moves, gwei: gas.map(({ price }) => price), times: ticks.map(({ time }) => time) };
  };

  it("puts whole blocks of a window end to end, with the gas price of the time", () => {
    for (let seed = 0; seed < 50; ++seed) {
      const { moves, gwei, times } = drawn(seed);
      expect(moves).to.have.length(95);
      expect(gwei).to.deep.equal(moves);
      for (const [i, move] of moves.entries()) {
        if (i % BLOCK !== 0) expect(move, `seed ${seed}, step ${i}`).to.equal((moves[i - 1] ?? 0) + 1);
      }
      expect(times.at(-1)).to.equal(1_000 + 95 * 60);
    }
  });

  it("draws every block that a window has room for", () => {
    const starts = new Set(upTo(400).flatMap((seed) => drawn(seed, BLOCK + 1).moves[0]));
    expect([...starts].toSorted((a, b) => (a ?? 0) - (b ?? 0))).to.deep.equal([
      ...upTo(21).map((i) => i - 1),
      1_000,
      1_001,
      1_002,
    ]);
  });

  it("draws the same from the same seed, and another from another", () => {
    expect(drawn(7)).to.deep.equal(drawn(7));
    expect(drawn(7).moves).to.not.deep.equal(drawn(8).moves);
  });

  it("gives each path of each purpose a seed of its own", () => {
    const seeds = upTo(5_000).flatMap((path) => [seedOf(1, path, 1), seedOf(1, path, 2), seedOf(2, path, 1)]);
    // Of one seed and purpose all differ; across them 15,000 of 2^32 meet once in forty runs, and not in this one.
    expect(new Set(seeds).size).to.equal(seeds.length);
  });
});
