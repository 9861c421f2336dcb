import { expect } from "chai";

/** For numbers with fractions: where Hardhat's matchers are loaded, `closeTo` takes whole ones only. */
export function expectNear(actual: number, wanted: number, by: number, what = ""): void {
  expect(Math.abs(actual - wanted) <= by, `${what} ${actual} is not within ${by} of ${wanted}`.trim()).to.equal(true);
}
