import { expect } from "chai";

import { freeze, PENDING } from "../../helpers/blocks.js";
import { ethers, expectConserved, MAX, sent, setPrice, type World } from "../../helpers/fixtures.js";
import { actor, type Call, type Actor } from "./actor.js";
import { amountsOf, worldWithLoan } from "./actions.js";

describe("LendingPool.liquidate with data", () => {
  let w: World;
  let liquidator: Actor;
  let self: string;
  beforeEach(async () => {
    w = await worldWithLoan();
    liquidator = await actor();
    self = await liquidator.getAddress();
  });

  const liquidation = (data: string, max = MAX) =>
    w.pool.interface.encodeFunctionData("liquidate", [w.bob.address, max, 0, self, data]);
  const poolCall = (payload: string): Call => ({ target: w.pool.target as string, payload });
  const money = (amount: bigint): Call[] => [
    { target: w.asset.target as string, payload: w.asset.interface.encodeFunctionData("mint", [self, amount]) },
    {
      target: w.asset.target as string,
      payload: w.asset.interface.encodeFunctionData("approve", [w.pool.target, MAX]),
    },
  ];

  for (const [name, price] of [
    ["solvent", 1_700],
    ["insolvent", 1_400],
  ] as const) {
    it(`pays out of what the callback brings, ${name}`, async () => {
      await setPrice(w, price);
      await freeze();
      const preview = await w.pool.previewLiquidation(w.bob, MAX, PENDING);
      const balance: Call = {
        target: w.collateral.target as string,
        payload: w.collateral.interface.encodeFunctionData("balanceOf", [self]),
      };
      const data = liquidator.encode([balance, ...money(preview.repaidAssets)]);
      const receipt = await sent(liquidator.contract.execute(w.pool, liquidation(data)));
      expect(await liquidator.contract.callbacks()).to.equal(1n);
      expect(await liquidator.contract.lastSender()).to.equal(w.pool.target);
      expect(await liquidator.contract.lastAssets()).to.equal(preview.repaidAssets);
      expect(await liquidator.contract.lastCollateral()).to.equal(preview.seizedCollateral);
      expect(BigInt(await liquidator.contract.results(0)), "it had the collateral").to.equal(preview.seizedCollateral);
      expect(await w.asset.balanceOf(self), "it has paid").to.equal(0n);
      expect(amountsOf(w, receipt, "Liquidated")("lossAssets")).to.equal(preview.lossAssets);
      await expectConserved(w, [w.alice], [w.bob]);
    });
  }

  it("calls nobody without data", async () => {
    await setPrice(w, 1_700);
    await sent(w.asset.mint(self, w.usd(1_000_000)));
    const approve = w.asset.interface.encodeFunctionData("approve", [w.pool.target, MAX]);
    await sent(liquidator.contract.execute(w.asset, approve));
    await sent(liquidator.contract.execute(w.pool, liquidation("0x", w.usd(1_000))));
    expect(await liquidator.contract.callbacks()).to.equal(0n);
  });

  it("locks the pool meanwhile", async () => {
    await setPrice(w, 1_400);
    const i = w.pool.interface;
    const refused = [
      i.encodeFunctionData("deposit(uint256,address)", [1, self]),
      i.encodeFunctionData("mint(uint256,address,uint256)", [1, self, MAX]),
      i.encodeFunctionData("withdraw(uint256,address,address)", [1, self, self]),
      i.encodeFunctionData("redeem(uint256,address,address,uint256)", [1, self, self, 0]),
      i.encodeFunctionData("supplyCollateral", [1, self]),
      i.encodeFunctionData("withdrawCollateral", [1, self, self]),
      i.encodeFunctionData("borrow", [1, self, self]),
      i.encodeFunctionData("repay", [1, w.bob.address]),
      i.encodeFunctionData("liquidate", [w.bob.address, MAX, 0, self, "0x"]),
      i.encodeFunctionData("flag", [w.bob.address]),
      i.encodeFunctionData("unflag", [w.bob.address]),
      i.encodeFunctionData("foreclose", [w.bob.address]),
      i.encodeFunctionData("buyEstate", [MAX, 0, self, "0x"]),
      i.encodeFunctionData("accrue"),
      i.encodeFunctionData("pivot"),
      i.encodeFunctionData("recover", [1]),
      i.encodeFunctionData("claimRecovery", [self]),
      i.encodeFunctionData("topUpReserve", [1]),
      i.encodeFunctionData("flashLoan", [self, w.asset.target, 1, "0x"]),
      i.encodeFunctionData("transfer", [w.pool.target, 0]),
      i.encodeFunctionData("grossPrice"),
      i.encodeFunctionData("exitPrice"),
      i.encodeFunctionData("totalAssets"),
      i.encodeFunctionData("convertToAssets", [1]),
      i.encodeFunctionData("convertToShares", [1]),
      i.encodeFunctionData("previewDeposit", [1]),
      i.encodeFunctionData("previewMint", [1]),
      i.encodeFunctionData("previewWithdraw", [1]),
      i.encodeFunctionData("previewRedeem", [1]),
      i.encodeFunctionData("currentShortfall"),
      i.encodeFunctionData("coverageRatio"),
      i.encodeFunctionData("previewWaterfall", [0]),
      i.encodeFunctionData("previewLiquidation", [w.bob.address, MAX]),
      i.encodeFunctionData("fundAccount"),
    ];
    const zero = [
      i.encodeFunctionData("maxDeposit", [self]),
      i.encodeFunctionData("maxMint", [self]),
      i.encodeFunctionData("maxWithdraw", [w.alice.address]),
      i.encodeFunctionData("maxRedeem", [w.alice.address]),
      i.encodeFunctionData("maxFlashLoan", [w.asset.target]),
    ];
    const calls = [
      ...refused.map(poolCall),
      ...zero.map(poolCall),
      poolCall(i.encodeFunctionData("transfer", [w.carol.address, 0])),
      ...money(w.usd(2_000_000)),
    ];
    await sent(liquidator.contract.execute(w.pool, liquidation(liquidator.encode(calls))));
    const locked = w.pool.interface.getError("Locked")?.selector;
    for (const [index, payload] of refused.entries()) {
      const name = w.pool.interface.parseTransaction({ data: payload })?.name;
      expect(
        [await liquidator.contract.successes(index), await liquidator.contract.results(index)],
        name,
      ).to.deep.equal([false, locked]);
    }
    for (const [index] of zero.entries()) {
      expect(BigInt(await liquidator.contract.results(refused.length + index))).to.equal(0n);
    }
    expect(await liquidator.contract.successes(refused.length + zero.length), "a plain transfer").to.equal(true);
    // And it is open again.
    await sent(w.pool.accrue());
    await expectConserved(w, [w.alice], [w.bob]);
  });

  it("reverts as a whole when the callback brings too little", async () => {
    await setPrice(w, 1_400);
    const before = await w.pool.positionOf(w.bob);
    const data = liquidator.encode(money(w.usd(1)));
    await expect(liquidator.contract.execute(w.pool, liquidation(data))).to.be.revertedWithCustomError(
      w.asset,
      "ERC20InsufficientBalance",
    );
    expect([...(await w.pool.positionOf(w.bob))]).to.deep.equal([...before]);
  });

  it("refuses data from a caller without code", async () => {
    await setPrice(w, 1_400);
    await expect(w.pool.connect(w.liquidator).liquidate(w.bob, MAX, 0, w.liquidator, "0x01")).to.revert(ethers);
  });
});
