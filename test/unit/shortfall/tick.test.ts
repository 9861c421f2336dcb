import { expect } from "chai";

import { PRICE_SCALE, Random, tickOfRatio } from "../../../sdk/model/index.js";
import { ethers } from "../../helpers/fixtures.js";

const MOST = (1n << 256n) - 1n;
const TICKS = [0, 1, 62, 63, 64, 65, 127, 128, 8_000, 8_191, 8_192, 8_255, 8_256, 8_257, 8_320, 12_345, 16_319];
const DENOMINATORS = [1n, 3n, PRICE_SCALE, PRICE_SCALE + 1n, (1n << 128n) + 1n, (1n << 248n) - 1n];

const probe = async () => await ethers.deployContract("TickProbe");

/** The least ratio, times 2^128, above a tick: a mantissa of seven bits, the first of them 1, and an exponent. */
function above(tick: number): bigint {
  const next = tick + 1;
  return next < 64 ? BigInt(next) : BigInt(64 + (next % 64)) << BigInt(Math.floor(next / 64) - 1);
}

describe("Tick", () => {
  it("begins where the one below ends, at every tick there is", async () => {
    const ticks = await probe();
    for (const tick of TICKS.filter((each) => above(each) <= MOST)) {
      expect(await ticks.ofRatio(above(tick)), `tick ${tick}`).to.equal(tick + 1);
      expect(await ticks.ofRatio(above(tick) - 1n), `tick ${tick}`).to.equal(tick);
      expect(tickOfRatio(above(tick)), `tick ${tick} of the model`).to.equal(tick + 1);
    }
    expect(await ticks.ofRatio(MOST)).to.equal(tickOfRatio(MOST));
  });

  it("is below a fraction exactly when the fraction has reached the next one", async () => {
    const ticks = await probe();
    let asked = 0;
    for (const tick of TICKS) {
      for (const denominator of DENOMINATORS) {
        const least = (above(tick) * denominator + (1n << 128n) - 1n) >> 128n;
        if (least > MOST) continue;
        const at = `tick ${tick}, ${least} / ${denominator}`;
        expect(await ticks.isBelow(tick, least, denominator), at).to.equal(true);
        expect(await ticks.isBelow(tick, MOST, denominator), at).to.equal(true);
        expect(await ticks.isBelow(tick, least - 1n, denominator), `less than ${at}`).to.equal(false);
        expect(await ticks.isBelow(tick, 0n, denominator), `no ${at}`).to.equal(false);
        asked++;
      }
    }
    expect(asked).to.equal(99);
  });

  it("is so at random", async () => {
    const seed = 128;
    const random = new Random(seed);
    const ticks = await probe();
    const some = (bits: number) =>
      BigInt(Math.floor(random.part() * 2 ** 48)) << BigInt(Math.floor(random.part() * bits));
    for (let i = 0; i < 200; ++i) {
      const tick = Math.floor(random.part() * 16_320);
      const [numerator, denominator] = [some(208), some(199) + 1n];
      const expected = above(tick) * denominator <= numerator << 128n;
      expect(await ticks.isBelow(tick, numerator, denominator), `seed ${seed}: ${tick}, ${numerator} / ${denominator}`) //
        .to.equal(expected);
    }
  });
});
