import { expect } from "chai";

import {
  DAY,
  deployWorld,
  expectConserved,
  networkHelpers,
  openLoan,
  sent,
  time,
  ZERO,
} from "../../helpers/fixtures.js";

/** No fee for the reserve, and a stake so large that its premium meets no cap: all fees become the fund's shares. */
async function premiumAlone() {
  const w = await deployWorld({ parameters: { reserveFeePercent: 0n } });
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(1_000_000), w.alice));
  await sent(w.fund.connect(w.alice)["deposit(uint256,address)"](w.usd(900_000) * 10n ** 6n, w.alice));
  await openLoan(w, w.bob, 1_000, 800_000);
  return w;
}

describe("Fees that become shares for one side alone", () => {
  it("mint nothing, and say so by no transfer, to the other", async () => {
    const w = await networkHelpers.loadFixture(premiumAlone);
    await time.increase(30n * DAY);
    const units = (await w.fund.balanceOf(w.alice)) / 10n;
    const receipt = await sent(w.fund.connect(w.alice).requestRedeem(units, w.alice, w.alice));
    const events = receipt.logs.flatMap((log) => w.pool.interface.parseLog(log) ?? []);
    const minted = events.filter(({ name, args }) => name === "Transfer" && args[0] === ZERO);
    const fund = await w.fund.getAddress();
    expect(minted.map(({ args }) => String(args[1]))).to.deep.equal([fund]);
    const crystallised = events.find(({ name }) => name === "FeesCrystallised");
    expect(crystallised?.args[0]).to.equal(0n);
    expect(crystallised?.args[1]).to.equal(minted[0]?.args[2]);
    await expectConserved(w, [w.alice, w.bob], [w.bob]);
  });
});
