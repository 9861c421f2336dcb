import { expect } from "chai";

import { marketOf } from "../attack/tools.js";
import { expectConserved, networkHelpers, openLoan, sent, type World, WAD } from "../helpers/fixtures.js";
import { deployFeelessWorld, deposit } from "../scenario/story.js";

/** A cap of 14,500 on the collateral, as Venus had one of 14.5 million THE. */
async function cappedWorld(): Promise<World> {
  const world = await deployFeelessWorld();
  const w = await marketOf(world, { parameters: { collateralCap: 14_500n * WAD } });
  await deposit(w, w.alice, 1_000_000);
  return w;
}

describe("Lesson, Venus THE 2026: collateral given past the cap", () => {
  let w: World;

  beforeEach(async () => {
    w = await networkHelpers.loadFixture(cappedWorld);
  });

  it("what is given counts for nobody: a position is what was supplied for it", async () => {
    await openLoan(w, w.frank, 12_180, 1_000); // 84% of the cap
    const before = await w.pool.position(w.frank.address);
    await sent(w.collateral.connect(w.frank).transfer(await w.pool.getAddress(), w.eth(38_700)));
    const after = await w.pool.position(w.frank.address);
    expect(after.collateral).to.equal(before.collateral);
    await expect(
      w.pool.connect(w.frank).withdrawCollateral(w.eth(12_181), w.frank.address, w.frank.address),
    ).to.be.revertedWithCustomError(w.pool, "InsufficientCollateral");
    await expectConserved(w, [w.alice.address], [w.frank.address]);
  });

  it("the cap holds for whoever has no loan, gifts counted", async () => {
    await sent(w.collateral.connect(w.frank).transfer(await w.pool.getAddress(), w.eth(14_000)));
    await expect(w.pool.connect(w.dave).supplyCollateral(w.eth(501), w.dave.address))
      .to.be.revertedWithCustomError(w.pool, "CollateralCapExceeded")
      .withArgs(w.eth(14_501), w.eth(14_500));
    await sent(w.pool.connect(w.dave).supplyCollateral(w.eth(500), w.dave.address));
  });

  it("who has a loan may add past it, up to the cap alone, and borrow on it up to the borrow cap (what it does not solve)", async () => {
    await sent(w.pool.connect(w.guardian).lowerCaps(1_000_000n, 300_000n));
    await openLoan(w, w.dave, 1, 100);
    await openLoan(w, w.frank, 1, 100);
    await sent(w.pool.connect(w.dave).supplyCollateral(w.eth(14_499), w.dave.address));
    await sent(w.pool.connect(w.frank).supplyCollateral(w.eth(14_499), w.frank.address));
    expect(await w.collateral.balanceOf(await w.pool.getAddress())).to.equal(w.eth(29_000));
    await expect(w.pool.connect(w.frank).supplyCollateral(1n, w.frank.address)).to.be.revertedWithCustomError(
      w.pool,
      "CollateralCapExceeded",
    );
    await sent(w.pool.connect(w.dave).borrow(w.usd(150_000), w.dave.address, w.dave.address));
    await expect(
      w.pool.connect(w.frank).borrow(w.usd(150_000), w.frank.address, w.frank.address),
    ).to.be.revertedWithCustomError(w.pool, "BorrowCapExceeded");
  });
});
