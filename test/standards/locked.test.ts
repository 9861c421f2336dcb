// What the standards' functions answer while the pool is inside a call: in the callback of a liquidation, made by a
// contract that holds shares itself.
import { expect } from "chai";
import type { BaseContract, Interface } from "ethers";

import { deployWorld, expectConserved, MAX, networkHelpers, sent, type World } from "../helpers/fixtures.js";
import { actor, type Call } from "../unit/liquidation/actor.js";
import { borrowers, people, STATES } from "./states.js";

async function shortfallWorld(): Promise<World> {
  const w = await deployWorld();
  await STATES.find(({ name }) => name === "a shortfall the fund covers")?.build(w);
  return w;
}

/** Calls, and what each must give: values, or the name of the pool's error. */
type Expected = Call & { name: string; gives: readonly unknown[] | string };

describe("Standards inside a call of the pool", () => {
  let w: World;

  beforeEach(async () => {
    w = await networkHelpers.loadFixture(shortfallWorld);
  });

  const on = (which: "pool" | "fund", name: string, args: readonly unknown[], gives: Expected["gives"]): Expected => {
    const vault: BaseContract = w[which];
    return {
      target: vault.target as string,
      payload: vault.interface.encodeFunctionData(name, args),
      name,
      gives,
    };
  };

  async function expectInside(expected: (self: string) => readonly Expected[]): Promise<void> {
    const liquidator = await actor();
    const self = await liquidator.getAddress();
    await sent(w.asset.mint(self, w.usd(2_000_000)));
    await sent(w.pool.connect(w.alice).transfer(self, 10n ** 18n));
    await sent(
      liquidator.contract.execute(w.asset, w.asset.interface.encodeFunctionData("approve", [w.pool.target, MAX])),
    );
    const all = expected(self);
    const data = liquidator.encode(all.map(({ target, payload }) => ({ target, payload })));
    const call = w.pool.interface.encodeFunctionData("liquidate", [w.frank.address, MAX, 0, self, data]);
    await sent(liquidator.contract.execute(w.pool, call));
    expect(await liquidator.contract.callbacks()).to.equal(1n);
    const locked = w.pool.interface.getError("Locked")?.selector;
    for (const [k, { target, name, gives }] of all.entries()) {
      const what = `${target === w.pool.target ? "pool" : "fund"}.${name}`;
      const result = await liquidator.contract.results(k);
      expect(await liquidator.contract.successes(k), what).to.equal(typeof gives !== "string");
      if (typeof gives === "string") expect(result, what).to.equal(locked);
      else {
        const face: Interface = target === w.pool.target ? w.pool.interface : w.fund.interface;
        expect([...face.decodeFunctionResult(name, result)], what).to.deep.equal(gives);
      }
    }
    await expectConserved(w, [...people(w), liquidator.contract], borrowers(w));
  }

  it("4626-36 the limits are zero there, and asset, balances and allowances answer as ever", async () => {
    const limits = ["maxDeposit", "maxMint", "maxWithdraw", "maxRedeem"];
    const { alice, erin } = w;
    const balances = {
      pool: [await w.pool.balanceOf(alice), await w.pool.totalSupply()],
      fund: [await w.fund.balanceOf(erin), await w.fund.totalSupply()],
    };
    await expectInside((self) => [
      ...limits.map((name) => on("pool", name, [self], [0n])),
      ...limits.map((name) => on("fund", name, [w.bob.address], [0n])),
      on("pool", "asset", [], [w.asset.target]),
      on("fund", "asset", [], [w.pool.target]),
      on("fund", "balanceOf", [erin.address], [balances.fund[0]]),
      on("fund", "totalSupply", [], [balances.fund[1]]),
      on("pool", "allowance", [alice.address, self], [0n]),
      on("fund", "allowance", [alice.address, self], [0n]),
    ]);
    expect(await w.fund.maxRedeem(w.bob)).to.not.equal(0n);
  });

  it("4626-37 totalAssets, conversions, previews and calls revert there (departure)", async () => {
    const entry = [
      ["totalAssets", []],
      ["convertToShares", [1n]],
      ["convertToAssets", [1n]],
      ["previewDeposit", [1n]],
      ["previewMint", [1n]],
    ] as const;
    await expectInside((self) => [
      ...entry.map(([name, args]) => on("pool", name, args, "Locked")),
      ...entry.map(([name, args]) => on("fund", name, args, "Locked")),
      on("pool", "previewWithdraw", [1n], "Locked"),
      on("pool", "previewRedeem", [1n], "Locked"),
      on("pool", "deposit(uint256,address)", [1n, self], "Locked"),
      on("pool", "mint(uint256,address)", [1n, self], "Locked"),
      on("pool", "withdraw(uint256,address,address)", [1n, self, self], "Locked"),
      on("pool", "redeem(uint256,address,address)", [1n, self, self], "Locked"),
      on("fund", "deposit(uint256,address)", [1n, self], "Locked"),
      on("fund", "mint(uint256,address)", [1n, self], "Locked"),
    ]);
    expect(await w.pool.totalAssets()).to.not.equal(0n);
  });

  it("7540-22 requests read zero there, share and supportsInterface answer, requesting reverts", async () => {
    await expectInside((self) => [
      ...[1n, 2n].map((id) => on("fund", "claimableRedeemRequest", [id, w.bob.address], [0n])),
      on("fund", "pendingRedeemRequest", [3n, w.keeper.address], [0n]),
      on("fund", "share", [], [w.fund.target]),
      on("fund", "supportsInterface", ["0x620ee8e4"], [true]),
      on("fund", "isOperator", [self, w.bob.address], [false]),
      on("fund", "requestRedeem", [1n, self, self], "Locked"),
    ]);
    expect(await w.fund.claimableRedeemRequest(1n, w.bob)).to.not.equal(0n);
    expect(await w.fund.pendingRedeemRequest(3n, w.keeper)).to.not.equal(0n);
  });

  it("3156-07 nothing is lent there: maxFlashLoan is zero, flashLoan reverts, flashFee answers", async () => {
    const { asset } = w;
    await expectInside((self) => [
      on("pool", "maxFlashLoan", [asset.target], [0n]),
      on("pool", "maxFlashLoan", [w.collateral.target], [0n]),
      on("pool", "flashFee", [asset.target, 1n], [0n]),
      on("pool", "flashLoan", [self, asset.target, 1n, "0x"], "Locked"),
    ]);
    expect(await w.pool.maxFlashLoan(asset)).to.not.equal(0n);
  });

  it("20-10 shares move between holders there, but not to or from pool and fund (departure)", async () => {
    await expectInside((self) => [
      on("pool", "transfer", [w.dave.address, 7n], [true]),
      on("pool", "transfer", [self, 7n], [true]),
      on("pool", "approve", [w.dave.address, 7n], [true]),
      on("pool", "transfer", [w.pool.target, 7n], "Locked"),
      on("pool", "transfer", [w.fund.target, 0n], "Locked"),
    ]);
    expect(await w.pool.balanceOf(w.dave)).to.equal(7n);
  });
});
