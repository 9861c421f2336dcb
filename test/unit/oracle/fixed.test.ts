import { expect } from "chai";

import { ethers, loadFixture, MAX_PRICE, PRICE_2000, sent } from "./fixture.js";

async function fixedOracle() {
  const [owner, stranger] = await ethers.getSigners();
  if (!owner || !stranger) throw new Error("two signers");
  const oracle = await ethers.deployContract("FixedOracle", [owner.address, PRICE_2000, PRICE_2000, true]);
  const probe = await ethers.deployContract("GasProbe");
  return { owner, stranger, oracle, probe };
}

describe("FixedOracle", () => {
  it("has one path and says what it was built with", async () => {
    const { oracle } = await loadFixture(fixedOracle);
    expect(await oracle.pathCount()).to.equal(1n);
    expect([...(await oracle.price())]).to.deep.equal([PRICE_2000, PRICE_2000, true]);
  });

  it("says what its owner set, and tells", async () => {
    const { oracle } = await loadFixture(fixedOracle);
    for (const [low, high, ok] of [
      [1n, 2n, true],
      [0n, 0n, false],
      [MAX_PRICE, MAX_PRICE, true],
      [0n, MAX_PRICE, false],
      [PRICE_2000, PRICE_2000, true],
    ] as const) {
      await expect(oracle.set(low, high, ok))
        .to.emit(oracle, "PriceSet")
        .withArgs(low, high, ok);
      expect([...(await oracle.price())]).to.deep.equal([low, high, ok]);
    }
  });

  it("reads one slot while the prices are equal, and a second one if not", async () => {
    const { oracle, probe } = await loadFixture(fixedOracle);
    const call = oracle.interface.encodeFunctionData("price");
    const target = await oracle.getAddress();
    const one = (await probe.probe(target, 300_000n, call)).gasUsed;
    // 2,600 for the account and 2,100 for the slot, both cold; the rest is code, the probe's included.
    expect(one).to.be.lessThan(2_600n + 2_100n + 700n);
    await sent(oracle.set(1, 2, true));
    const two = (await probe.probe(target, 300_000n, call)).gasUsed;
    expect(two - one).to.be.greaterThan(2_000n);
  });

  it("refuses crossed prices", async () => {
    const { oracle } = await loadFixture(fixedOracle);
    await expect(oracle.set(2, 1, true))
      .to.be.revertedWithCustomError(oracle, "PricesCrossed")
      .withArgs(2, 1);
  });

  it("refuses a price that is too large", async () => {
    const { oracle } = await loadFixture(fixedOracle);
    await expect(oracle.set(0, MAX_PRICE + 1n, true))
      .to.be.revertedWithCustomError(oracle, "PriceTooLarge")
      .withArgs(MAX_PRICE + 1n, MAX_PRICE);
  });

  it("refuses anyone but its owner", async () => {
    const { oracle, stranger } = await loadFixture(fixedOracle);
    await expect(oracle.connect(stranger).set(1, 1, true))
      .to.be.revertedWithCustomError(oracle, "OwnableUnauthorizedAccount")
      .withArgs(stranger.address);
  });
});
