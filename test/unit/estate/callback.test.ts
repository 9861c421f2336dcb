import { expect } from "chai";

import { expectConserved, MAX, sent, setPrice, type World } from "../../helpers/fixtures.js";
import { amountsOf, worldWithLoan } from "../liquidation/actions.js";
import { type Actor, actor, type Call } from "../liquidation/actor.js";
import { flagAndWait, forecloseExactly } from "./actions.js";

describe("LendingPool.buyEstate with data", () => {
  let w: World;
  let buyer: Actor;
  let self: string;
  beforeEach(async () => {
    w = await worldWithLoan();
    await setPrice(w, 1_020);
    await flagAndWait(w, w.bob);
    await forecloseExactly(w, w.bob);
    buyer = await actor();
    self = await buyer.getAddress();
  });

  const purchase = (data: string) => w.pool.interface.encodeFunctionData("buyEstate", [MAX, 0, self, data]);
  const money = (amount: bigint): Call[] => [
    { target: w.asset.target as string, payload: w.asset.interface.encodeFunctionData("mint", [self, amount]) },
    {
      target: w.asset.target as string,
      payload: w.asset.interface.encodeFunctionData("approve", [w.pool.target, MAX]),
    },
  ];

  it("pays out of what the callback brings", async () => {
    const balance: Call = {
      target: w.collateral.target as string,
      payload: w.collateral.interface.encodeFunctionData("balanceOf", [self]),
    };
    const data = buyer.encode([balance, ...money(w.usd(2_000_000))]);
    const receipt = await sent(buyer.contract.execute(w.pool, purchase(data)));
    const sold = amountsOf(w, receipt, "EstateSold");
    expect(await buyer.contract.callbacks()).to.equal(1n);
    expect(await buyer.contract.lastSender()).to.equal(w.pool.target);
    expect(await buyer.contract.lastAssets()).to.equal(sold("paidAssets"));
    expect(await buyer.contract.lastCollateral()).to.equal(w.eth(1_000));
    expect(BigInt(await buyer.contract.results(0)), "it had the collateral").to.equal(w.eth(1_000));
    expect(await w.asset.balanceOf(self)).to.equal(w.usd(2_000_000) - sold("paidAssets"));
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("locks the pool meanwhile", async () => {
    const i = w.pool.interface;
    const refused = [
      i.encodeFunctionData("buyEstate", [MAX, 0, self, "0x"]),
      i.encodeFunctionData("redeem(uint256,address,address)", [1, self, self]),
      i.encodeFunctionData("exitPrice"),
    ];
    const calls = [
      ...refused.map((payload) => ({ target: w.pool.target as string, payload })),
      ...money(w.usd(2_000_000)),
    ];
    await sent(buyer.contract.execute(w.pool, purchase(buyer.encode(calls))));
    for (const [index] of refused.entries()) {
      expect(await buyer.contract.results(index)).to.equal(i.getError("Locked")?.selector);
    }
    expect((await w.pool.estate()).collateral).to.equal(0n);
  });

  it("reverts as a whole when the callback brings too little", async () => {
    await expect(buyer.contract.execute(w.pool, purchase(buyer.encode(money(1n))))).to.be.revertedWithCustomError(
      w.asset,
      "ERC20InsufficientBalance",
    );
    expect((await w.pool.estate()).collateral).to.equal(w.eth(1_000));
  });
});
