import { expect } from "chai";
import type { FunctionFragment, Interface } from "ethers";

import {
  ILendingPool__factory,
  LendingPool__factory,
  PoolDesk__factory,
  PoolViews__factory,
} from "../../../typechain-types/index.js";

/** A function as a caller sees it: selector, mutability, and what comes back. */
function shapeOf(fragment: FunctionFragment): string {
  const outputs = fragment.outputs.map((output) => output.format("sighash")).join(",");
  return `${fragment.selector} ${fragment.format("sighash")} ${fragment.stateMutability} (${outputs})`;
}

function functionsOf(face: Interface): FunctionFragment[] {
  const found: FunctionFragment[] = [];
  face.forEachFunction((fragment) => found.push(fragment));
  return found;
}

// The compiler can't hold a pool and its modules together against the interface: a fallback joins them.
describe("LendingPool, the whole surface", () => {
  const pool = functionsOf(LendingPool__factory.createInterface());
  const views = functionsOf(PoolViews__factory.createInterface());
  const desk = functionsOf(PoolDesk__factory.createInterface());
  const whole = functionsOf(ILendingPool__factory.createInterface());

  it("has every function of ILendingPool, where the fallback finds it first, in just that shape", () => {
    // pool, then views, then desk: as the calls are passed on
    const served = new Map<string, string>();
    for (const fragment of [...pool, ...views, ...desk]) {
      if (!served.has(fragment.selector)) served.set(fragment.selector, shapeOf(fragment));
    }
    const missing = whole.filter((fragment) => served.get(fragment.selector) !== shapeOf(fragment)).map(shapeOf);
    expect(missing).to.deep.equal([]);
  });

  it("has no function that ILendingPool does not name", () => {
    const named = new Set(whole.map((fragment) => fragment.selector));
    const extra = [...pool, ...views, ...desk].filter((fragment) => !named.has(fragment.selector));
    expect([...new Set(extra.map((fragment) => fragment.name))]).to.deep.equal([]);
  });
});
