// Ticks, for any ratio and any position. A theorem goes through all exponents; within one, the sums are linear.
import { type Value, WayEnds } from "../path.ts";
import type { Stub } from "../machine.ts";
import type { Theorem } from "../theorem.ts";
import { both, type Int, isAtMost, isBelow } from "../terms.ts";

const FILE = "contracts/libraries/Tick.sol";

/** The instruction that counts leading zeros, by what it does: 2^bit ≤ word < 2^(bit + 1). All words of a proof share it. */
const highestBit: Stub = ([word], path): Value => {
  const value = word as Int;
  path.obligation(isBelow(0n, value));
  const bit = path.enumerate(path.input("bit", 255n), 256);
  path.require(both(isAtMost(1n << bit, value), isBelow(value, 1n << (bit + 1n))));
  return bit;
};

const BOUNDS = "a tick's ratios are exactly those from its first to before the next one's first";
const OCTAVE = "the ticks of a higher exponent are higher";
const WITHIN = "a higher ratio of the same exponent has no lower tick";
const LIMIT = "every tick is below that of a position without collateral";

export const TICK: Theorem = {
  name: "Tick.ofRatio",
  stubs: { highestBit },
  example: { bit: 7n, ratio: 200n, higher: 201n },
  run(path, machine) {
    const ratio = path.input("ratio");
    path.bind("tick", machine.call("Tick.ofRatio", ratio));
    path.claim(LIMIT, "tick < 16384");
    if (path.fork(isBelow(ratio, 64n))) {
      path.claim(BOUNDS, "tick == ratio"); // under 64 a tick is one ratio
      path.claim(OCTAVE, "tick < 64");
      return;
    }
    const bit = path.enumerate(path.input("bit", 255n), 256);
    path.bind("octave", 64n * (bit - 5n));
    path.bind("step", 1n << (bit - 6n));
    path.claim(OCTAVE, "octave <= tick && tick < octave + 64");
    path.claim(BOUNDS, "(tick - octave + 64) * step <= ratio && ratio < (tick - octave + 65) * step");
    path.bind("above", machine.call("Tick.ofRatio", path.input("higher")));
    path.claim(WITHIN, "higher >= ratio => above >= tick");
  },
  mutants: [
    {
      what: "exponents one too low",
      file: FILE,
      from: "((shift + 1) << MANTISSA_BITS) + (ratioX128 >> shift) - (1 << MANTISSA_BITS)",
      to: "(shift << MANTISSA_BITS) + (ratioX128 >> shift) - (1 << MANTISSA_BITS)",
      breaks: OCTAVE,
    },
    {
      what: "the leading bit is counted twice",
      file: FILE,
      from: "+ (ratioX128 >> shift) - (1 << MANTISSA_BITS);",
      to: "+ (ratioX128 >> shift);",
      breaks: OCTAVE,
    },
    {
      what: "one bit of the mantissa is lost",
      file: FILE,
      from: "(ratioX128 >> shift) - (1",
      to: "((ratioX128 >> (shift + 1)) << 1) - (1",
      breaks: BOUNDS,
    },
  ],
};

const ORDER = "a position with more debt per collateral has no lower ratio";

export const POSITION_TICK: Theorem = {
  name: "Tick.ofPosition",
  stubs: { ofRatio: ([ratio]) => ratio },
  example: { debt1: 10n, collateral1: 7n, debt2: 11n, collateral2: 7n },
  run(path, machine) {
    for (const name of ["1", "2"]) {
      const debtShares = path.input(`debt${name}`, 2n ** 96n - 1n);
      const collateral = path.input(`collateral${name}`, 2n ** 112n - 1n);
      if (!path.fork(isBelow(0n, collateral))) throw new WayEnds(); // that one is above all: see ofRatio
      path.bind(`ratio${name}`, machine.call("Tick.ofPosition", debtShares, collateral));
    }
    path.claim(ORDER, "debt1 * collateral2 <= debt2 * collateral1 => ratio1 <= ratio2");
  },
  mutants: [
    {
      what: "the ratio upside down",
      file: FILE,
      from: "ofRatio((debtShares << 128) / collateral)",
      to: "ofRatio((collateral << 128) / (debtShares + 1))",
      breaks: ORDER,
    },
  ],
};
