// Mallory gets called in the middle of every call that there is: by both tokens, by the pool's three callbacks, by the
// router. She has shares, a position, units, an operator's right and money, so each of her calls would succeed on its
// own. In there she tries all of them, and reads whatever somebody else might believe.
import { expect } from "chai";
import type { ContractTransactionResponse } from "ethers";

import type { ReentrantToken } from "../../typechain-types/index.js";
import { freeze } from "../helpers/blocks.js";
import {
  DAY,
  ethers,
  expectConserved,
  MAX,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  time,
} from "../helpers/fixtures.js";
import { deployFeelessWorld, deposit, whatIf } from "../scenario/story.js";
import { call, type Call, deployMallory, encode, equip, marketOf, type Result } from "./tools.js";

const GAS = { gasLimit: 16_000_000 };

async function deployStage() {
  const base = await deployFeelessWorld();
  const asset = await ethers.deployContract("ReentrantToken", [18]);
  const collateral = await ethers.deployContract("ReentrantToken", [18]);
  const w = await marketOf(base, { asset, collateral });
  const mallory = await deployMallory();
  await equip(w, mallory, w.usd(100_000_000), w.eth(10_000));
  const borrower = await ethers.deployContract("FlashBorrower");
  await sent(borrower.approve(asset, w.pool));
  const weth = await ethers.deployContract("MockWETH");
  const router = await ethers.deployContract("Router", [w.system.factory, weth]);

  await deposit(w, w.alice, 10_000_000);
  await openLoan(w, w.bob, 1_000, 1_500_000);
  await openLoan(w, w.dave, 10, 15_000);
  const self = mallory.address;
  const did = await mallory.doAll([
    call(asset, "approve", [router.target, MAX]),
    call(w.pool, "deposit(uint256,address)", [w.usd(1_000_000), self]),
    call(w.pool, "supplyCollateral", [w.eth(100), self]),
    call(w.pool, "borrow", [w.usd(100_000), self, self]),
  ]);
  expect(did.every(({ success }) => success)).to.equal(true);
  await sent(w.pool.connect(w.bob).setOperator(self, true));

  // a small haircut with certificates, an estate, and a recovery to claim
  await setPrice(w, 1_300);
  await sent(w.pool.connect(w.keeper).flag(w.dave.address));
  await time.increase(DAY);
  await sent(w.pool.connect(w.keeper).foreclose(w.dave.address));
  await sent(w.pool.connect(w.keeper).recover(w.usd(100)));
  await sent(asset.connect(w.alice).approve(router, MAX));

  // units, and a claim on the fund that is due
  await setPrice(w, 2_000);
  const staked = await mallory.doAll([
    call(w.fund, "deposit(uint256,address)", [w.usd(1_000) * 10n ** 6n, self]),
    call(w.fund, "requestRedeem", [w.usd(100) * 10n ** 12n, self, self]),
  ]);
  expect(staked.every(({ success }) => success)).to.equal(true);
  await time.increase(14n * DAY);
  expect(await w.fund.maxRedeem(self)).to.equal(w.usd(100) * 10n ** 12n);
  return { ...w, asset, collateral, mallory, borrower, router };
}

type Stage = Awaited<ReturnType<typeof deployStage>>;

/** Every call that changes anything, with arguments that would do outside. */
function attempts({ pool, fund, mallory, bob, usd, asset, router, borrower }: Stage): Call[] {
  const self = mallory.address;
  return [
    call(pool, "deposit(uint256,address)", [usd(1), self]),
    call(pool, "deposit(uint256,address,uint256)", [usd(1), self, 0]),
    call(pool, "mint(uint256,address)", [usd(1), self]),
    call(pool, "mint(uint256,address,uint256)", [usd(1), self, MAX]),
    call(pool, "withdraw(uint256,address,address)", [usd(1), self, self]),
    call(pool, "withdraw(uint256,address,address,uint256)", [usd(1), self, self, MAX]),
    call(pool, "redeem(uint256,address,address)", [usd(1), self, self]),
    call(pool, "redeem(uint256,address,address,uint256)", [usd(1), self, self, 0]),
    call(pool, "supplyCollateral", [1, self]),
    call(pool, "withdrawCollateral", [1, self, self]),
    call(pool, "borrow", [usd(1), self, self]),
    call(pool, "repay", [usd(1), self]),
    call(pool, "liquidate", [bob.address, usd(1_000), 0, self, "0x"]),
    call(pool, "flag", [bob.address]),
    call(pool, "unflag", [bob.address]),
    call(pool, "foreclose", [bob.address]),
    call(pool, "buyEstate", [usd(1), 0, self, "0x"]),
    call(pool, "accrue"),
    call(pool, "pivot"),
    call(pool, "recover", [usd(1)]),
    call(pool, "claimRecovery", [self]),
    call(pool, "topUpReserve", [usd(1)]),
    call(pool, "flashLoan", [borrower.target, asset.target, usd(1), "0x"]),
    call(pool, "transfer", [pool.target, 1]),
    call(pool, "transfer", [fund.target, 1]),
    call(pool, "multicall", [[pool.interface.encodeFunctionData("accrue")]]),
    call(fund, "deposit(uint256,address)", [usd(1), self]),
    call(fund, "mint(uint256,address)", [usd(1), self]),
    call(fund, "requestRedeem", [usd(1), self, self]),
    call(fund, "redeem(uint256,address,address)", [1, self, self]),
    call(fund, "redeem(uint256,address,address,uint256)", [usd(1), self, self, 0]),
    call(fund, "withdraw(uint256,address,address)", [1, self, self]),
    call(fund, "cancelRedeem", [1]),
    call(router, "repay", [pool.target, usd(1), self]),
  ];
}

/** What gives a price, or a right that depends on one. */
function prices({ pool, fund, mallory, usd, bob }: Stage): Call[] {
  return [
    ...[
      "grossPrice",
      "exitPrice",
      "totalAssets",
      "grossAssets",
      "currentShortfall",
      "coverageRatio",
      "fundAccount",
    ].map((name) => call(pool, name)),
    ...["convertToAssets", "convertToShares", "previewDeposit", "previewMint", "previewWithdraw", "previewRedeem"].map(
      (name) => call(pool, name, [usd(1)]),
    ),
    call(pool, "previewWaterfall", [0]),
    call(pool, "previewLiquidation", [bob.address, MAX]),
    call(pool, "previewLeaveFund", [1]),
    ...["totalAssets"].map((name) => call(fund, name)),
    ...["convertToAssets", "convertToShares", "previewDeposit", "previewMint"].map((name) =>
      call(fund, name, [usd(1)]),
    ),
    call(pool, "balanceOf", [mallory.address]), // no price: ends the list, and answers
  ];
}

function limits({ pool, fund, mallory, alice, asset }: Stage): Call[] {
  return [
    ...["maxDeposit", "maxMint", "maxWithdraw", "maxRedeem"].map((name) => call(pool, name, [alice.address])),
    ...["maxDeposit", "maxMint", "maxWithdraw", "maxRedeem"].map((name) => call(fund, name, [mallory.address])),
    call(pool, "maxFlashLoan", [asset.target]),
    call(fund, "pendingRedeemRequest", [1, mallory.address]),
  ];
}

/** What answers inside as well. It must be what it is afterwards. */
function facts({ pool, fund, mallory, bob }: Stage): Call[] {
  const self = mallory.address;
  return [
    ...[
      "totals",
      "totalSupply",
      "utilisation",
      "borrowRate",
      "supplyRate",
      "estate",
      "certificates",
      "ledgerState",
    ].map((name) => call(pool, name)),
    ...["config", "currentPrice", "fundGeneration", "pendingOracle"].map((name) => call(pool, name)),
    ...["position", "positionOf", "certificateOf"].map((name) => call(pool, name, [bob.address])),
    call(pool, "position", [self]),
    call(pool, "balanceOf", [pool.target]),
    call(pool, "balanceOf", [fund.target]),
  ];
}

type Door = {
  what: string;
  /** Who calls Mallory: a token on its n-th transfer, or the pool itself. */
  by: "asset" | "collateral" | "callback";
  price?: number;
  act: (s: Stage, script: string) => Promise<ContractTransactionResponse>;
};

const DOORS: Door[] = [
  {
    what: "deposit",
    by: "asset",
    act: (s) => s.pool.connect(s.alice)["deposit(uint256,address)"](s.usd(10), s.alice, GAS),
  },
  { what: "mint", by: "asset", act: (s) => s.pool.connect(s.alice)["mint(uint256,address)"](s.usd(10), s.alice, GAS) },
  {
    what: "withdraw",
    by: "asset",
    act: (s) => s.pool.connect(s.alice)["withdraw(uint256,address,address)"](s.usd(10), s.alice, s.alice, GAS),
  },
  {
    what: "redeem",
    by: "asset",
    act: (s) => s.pool.connect(s.alice)["redeem(uint256,address,address)"](s.usd(10), s.alice, s.alice, GAS),
  },
  { what: "borrow", by: "asset", act: (s) => s.pool.connect(s.bob).borrow(s.usd(10), s.bob, s.bob, GAS) },
  { what: "repay", by: "asset", act: (s) => s.pool.connect(s.bob).repay(s.usd(10), s.bob, GAS) },
  {
    what: "supplyCollateral",
    by: "collateral",
    act: (s) => s.pool.connect(s.bob).supplyCollateral(s.eth(1), s.bob, GAS),
  },
  {
    what: "withdrawCollateral",
    by: "collateral",
    act: (s) => s.pool.connect(s.bob).withdrawCollateral(s.eth(1), s.bob, s.bob, GAS),
  },
  {
    what: "liquidate, solvent",
    by: "asset",
    price: 1_700,
    act: (s) => s.pool.connect(s.liquidator).liquidate(s.bob, s.usd(10_000), 0, s.liquidator, "0x", GAS),
  },
  {
    what: "liquidate, solvent",
    by: "collateral",
    price: 1_700,
    act: (s) => s.pool.connect(s.liquidator).liquidate(s.bob, s.usd(10_000), 0, s.liquidator, "0x", GAS),
  },
  {
    what: "liquidate, insolvent",
    by: "asset",
    price: 1_300,
    act: (s) => s.pool.connect(s.liquidator).liquidate(s.bob, s.usd(1_000), 0, s.liquidator, "0x", GAS),
  },
  {
    what: "liquidate, insolvent",
    by: "collateral",
    price: 1_300,
    act: (s) => s.pool.connect(s.liquidator).liquidate(s.bob, s.usd(1_000), 0, s.liquidator, "0x", GAS),
  },
  {
    what: "her own liquidation, insolvent",
    by: "callback",
    price: 1_300,
    act: (s, script) =>
      s.mallory.contract.execute(
        s.pool,
        call(s.pool, "liquidate", [s.bob.address, s.usd(1_000), 0, s.mallory.address, script]).payload,
        GAS,
      ),
  },
  {
    what: "buyEstate",
    by: "asset",
    act: (s) => s.pool.connect(s.liquidator).buyEstate(s.usd(1_000), 0, s.liquidator, "0x", GAS),
  },
  {
    what: "buyEstate",
    by: "collateral",
    act: (s) => s.pool.connect(s.liquidator).buyEstate(s.usd(1_000), 0, s.liquidator, "0x", GAS),
  },
  {
    what: "her own purchase from the estate",
    by: "callback",
    act: (s, script) =>
      s.mallory.contract.execute(
        s.pool,
        call(s.pool, "buyEstate", [s.usd(1_000), 0, s.mallory.address, script]).payload,
        GAS,
      ),
  },
  { what: "recover", by: "asset", act: (s) => s.pool.connect(s.keeper).recover(s.usd(10), GAS) },
  { what: "claimRecovery", by: "asset", act: (s) => s.pool.connect(s.alice).claimRecovery(s.alice, GAS) },
  { what: "topUpReserve", by: "asset", act: (s) => s.pool.connect(s.keeper).topUpReserve(s.usd(10), GAS) },
  {
    what: "flashLoan",
    by: "asset",
    act: (s) => s.pool.connect(s.keeper).flashLoan(s.borrower, s.asset, s.usd(1_000_000), "0x", GAS),
  },
];

describe("Attack: re-entry", () => {
  let s: Stage;
  before(async () => {
    s = await networkHelpers.loadFixture(deployStage);
  });

  for (const { what, by, price, act } of DOORS) {
    it(`through ${what}, called by the ${by}: no call gets in, no price comes out, and all that can be read is final`, async () => {
      await whatIf(async () => {
        await setPrice(s, price ?? 2_000);
        const [tries, values, zeros, known] = [attempts(s), prices(s), limits(s), facts(s)];
        const harmless = [
          call(s.pool, "transfer", [s.carol.address, 0]),
          call(s.pool, "approve", [s.carol.address, 0]),
          call(s.fund, "transfer", [s.carol.address, 0]),
        ];
        const calls = [...tries, ...values, ...zeros, ...known, ...harmless];
        const already = Number(await s.mallory.contract.resultCount());
        if (by !== "callback")
          await sent((by === "asset" ? s.asset : s.collateral).arm(s.mallory.address, s.mallory.script(calls), 1));
        const before = await s.mallory.contract.callbacks();
        await freeze();
        await sent(act(s, encode(calls)));
        expect((await s.mallory.contract.callbacks()) - before, "she was called").to.equal(1n);
        const results = (await s.mallory.results()).slice(already);

        const locked = s.pool.interface.encodeErrorResult("Locked");
        const [last] = values.splice(-1);
        let i = 0;
        const next = (): Result => results[i++] ?? { success: false, data: "none" };
        for (const { payload } of tries) expect(next(), payload).to.deep.equal({ success: false, data: locked });
        for (const { payload } of values) expect(next(), payload).to.deep.equal({ success: false, data: locked });
        expect(next().success, last?.payload).to.equal(true);
        for (const { payload } of zeros) {
          const result = next();
          expect([result.success, BigInt(result.data)], payload).to.deep.equal([true, 0n]);
        }
        const after = await s.pool.multicall.staticCall(known.map(({ payload }) => payload));
        for (const [k, { payload }] of known.entries()) {
          expect(next(), payload).to.deep.equal({ success: true, data: after[k] });
        }
        for (const { payload } of harmless) expect(next().success, payload).to.equal(true);
        expect(i).to.equal(results.length);
        await expectConserved(s, [s.alice, s.mallory.address], [s.bob, s.dave, s.mallory.address]);
      });
    });
  }

  it("through the router: a token that calls back within a step can't start another, as herself or as the victim", async () => {
    await whatIf(async () => {
      await setPrice(s, 2_000);
      const { router, mallory, pool, usd, alice } = s;
      const inner = [
        call(router, "deposit", [pool.target, usd(1), mallory.address, 0]),
        call(router, "multicall", [[]]),
        call(router, "requireBefore", [MAX]),
      ];
      const already = Number(await mallory.contract.resultCount());
      // the first transfer is the router's pull from Alice, the second the pool's from the router
      await sent(s.asset.arm(mallory.address, mallory.script(inner), 2));
      const own = router.interface.encodeFunctionData("deposit", [pool.target, usd(10), alice.address, 0]);
      await sent(router.connect(alice).multicall([own], GAS));
      const results = (await mallory.results()).slice(already);
      expect(results.length).to.equal(2 * inner.length);
      const reentered = router.interface.encodeErrorResult("Reentered");
      for (const result of results) expect(result).to.deep.equal({ success: false, data: reentered });
      expect(await s.asset.balanceOf(router)).to.equal(0n);
      expect(await s.asset.allowance(router, pool)).to.equal(0n);
    });
  });

  it("a token that makes the transfer fail instead stops that one call, and nothing stays locked", async () => {
    await whatIf(async () => {
      await setPrice(s, 2_000);
      const token: ReentrantToken = s.asset;
      await sent(s.asset.connect(s.alice).approve(s.pool, 0));
      await expect(
        s.pool.connect(s.alice)["deposit(uint256,address)"](s.usd(10), s.alice),
      ).to.be.revertedWithCustomError(token, "ERC20InsufficientAllowance");
      expect(await s.pool.maxFlashLoan(token)).to.be.greaterThan(0n);
      await sent(s.pool.accrue());
    });
  });
});
