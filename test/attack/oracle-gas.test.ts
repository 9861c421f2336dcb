// Mallory wants the price of another moment than this one: by starving the oracle of gas, by an upstream that eats it or
// floods its caller, or by locking an upstream while she leaves. And she wants others' calls to cost them dear.
import { expect } from "chai";

import { freeze } from "../helpers/blocks.js";
import {
  ethers,
  expectConserved,
  MAX,
  networkHelpers,
  openLoan,
  sent,
  setPrice,
  type World,
} from "../helpers/fixtures.js";
import { deposit, fedWorld, feelessWorld, isWithin, whatIf } from "../scenario/story.js";
import { Behaviour } from "../unit/oracle/fixture.js";
import { call, deployMallory, encode, equip, gasOf, marketOf } from "./tools.js";

const ORACLE_GAS = 300_000n;
/** What may be left when the pool refuses: 300,000 and a 32nd. */
const REQUIRED_GAS = ORACLE_GAS + ORACLE_GAS / 32n;

/** A pool whose oracle does what it likes; Bob owes 1,500,000 on 1,000 ether, the price is 1,200. */
async function onMockOracle() {
  const w = await feelessWorld();
  const mock = await ethers.deployContract("MockOracle");
  await sent(mock.set(w.priceOf(2_000), w.priceOf(2_000), true));
  const market = await marketOf(w, { oracle: mock });
  await deposit(market, market.alice, 10_000_000);
  await openLoan(market, market.bob, 1_000, 1_500_000);
  await sent(mock.set(w.priceOf(1_200), w.priceOf(1_200), true));
  return { ...market, mock };
}

const exit = (w: World) =>
  gasOf(w.pool.connect(w.alice)["withdraw(uint256,address,address)"](w.usd(1_000), w.alice.address, w.alice.address));

/** A pool whose collateral is a vault token, with Mallory's million among ten; Bob owes 1,500,000. */
async function onVault() {
  const w = await feelessWorld();
  const vault = await ethers.deployContract("MockVault4626", [w.collateral.target, 18, w.eth(1)]);
  const feed = await ethers.deployContract("MockFeed", [8, 2_000n * 10n ** 8n]);
  const bounds = { heartbeat: 86_400, minAnswer: 200n * 10n ** 8n, maxAnswer: 20_000n * 10n ** 8n };
  const none = { feed: ethers.ZeroAddress, heartbeat: 0, minAnswer: 0, maxAnswer: 0 };
  const oracle = await ethers.deployContract("ChainlinkOracle", [
    w.asset.target,
    vault.target,
    { underlying: w.collateral.target, minRate: w.eth(0.5), maxRate: w.eth(2) },
    [{ collateral: { feed: feed.target, ...bounds }, loan: none }],
    { feed: ethers.ZeroAddress, gracePeriod: 0 },
  ]);
  const market = await marketOf(w, { oracle, collateral: vault });
  await deposit(market, market.alice, 9_000_000);
  const mallory = await deployMallory();
  await equip(market, mallory, w.usd(1_000_000), 0n);
  await sent(
    mallory.do(market.pool, call(market.pool, "deposit(uint256,address)", [w.usd(1_000_000), mallory.address]).payload),
  );
  await openLoan(market, market.bob, 1_000, 1_500_000);
  return { ...market, vault, feed, mallory };
}

describe("Attack: gas of the oracle and of callbacks", () => {
  describe("starving: an oracle that answers only with 280,000 gas shows a crash; Mallory names the gas of her call", () => {
    for (const [name, world] of [
      ["an oracle of her choice", onMockOracle],
      [
        "a ChainlinkOracle, one feed of which needs all it gets and shows the crash",
        async () => {
          const w = await fedWorld();
          await deposit(w, w.alice, 10_000_000);
          await openLoan(w, w.bob, 1_000, 1_500_000);
          await sent(w.oracleOf.second.setAnswer(1_200n * 10n ** 8n));
          return { ...w, mock: w.oracleOf.second };
        },
      ],
    ] as const) {
      it(`leaves at the price of the crash or not at all: ${name}`, async () => {
        const w = await world();
        await sent(w.mock.misbehave(Behaviour.NeedGas, world === onMockOracle ? 280_000 : 15_000));
        const shares = (await w.pool.balanceOf(w.alice.address)) / 10n;
        const { address } = w.alice;
        const leave = w.pool.connect(w.alice)["redeem(uint256,address,address)"];
        const redeem = (gasLimit: bigint) => leave.staticCall(shares, address, address, { gasLimit });
        const honest = await redeem(3_000_000n);
        expect(honest < w.usd(967_700) && honest > w.usd(967_000), `${honest}`).to.equal(true); // 10m less 323,529
        const [seen, refused] = [new Set<bigint>(), new Set<string>()];
        for (let gas = 30_000n; gas <= 700_000n; gas += 8_999n) {
          try {
            seen.add(await redeem(gas));
          } catch (error) {
            const data: unknown = (error as { data?: unknown }).data;
            const parsed = typeof data === "string" && data.length > 2 ? w.pool.interface.parseError(data) : null;
            refused.add(parsed?.name ?? "out of gas");
          }
        }
        expect([...seen]).to.deep.equal([honest]);
        expect(
          [...refused].every((reason) => ["OracleGasTooLow", "out of gas"].includes(reason)),
          [...refused].join(),
        ).to.equal(true);
        expect(refused.has("OracleGasTooLow")).to.equal(true);
      });
    }

    it("nor can a borrower's healthy look be had so, or a liquidation be stopped by its sender's gas alone", async () => {
      const w = await onMockOracle();
      await sent(w.mock.misbehave(Behaviour.NeedGas, 280_000));
      const i = w.pool.interface;
      for (const [who, data] of [
        [w.bob, i.encodeFunctionData("borrow", [w.usd(1), w.bob.address, w.bob.address])],
        [w.bob, i.encodeFunctionData("withdrawCollateral", [1, w.bob.address, w.bob.address])],
        [w.carol, i.encodeFunctionData("deposit(uint256,address)", [w.usd(1), w.carol.address])],
      ] as const) {
        for (let gasLimit = 60_000n; gasLimit <= 700_000n; gasLimit += 149_997n) {
          await expect(who.call({ to: w.pool, data, gasLimit })).to.revert(ethers);
        }
      }
      const { gasUsed } = await sent(
        w.pool.connect(w.liquidator).liquidate(w.bob.address, MAX, 0, w.liquidator.address, "0x"),
      );
      // the first haircut 133,000, its oracle 295,000, and the last debt of all lets the bitmap be searched
      expect(gasUsed <= 510_000n, `${gasUsed}`).to.equal(true);
    });
  });

  describe("an upstream turned hostile", () => {
    it("that eats all gas costs every exit 300,000, and its price is none: low is 0, and nothing risky goes on", async () => {
      const w = await onMockOracle();
      const before = await whatIf(() => exit(w));
      await sent(w.mock.misbehave(Behaviour.BurnGas, 0));
      const after = await exit(w);
      expect(after - before <= ORACLE_GAS, `${after - before}`).to.equal(true);
      expect([...(await w.pool.currentPrice())]).to.deep.equal([0n, 0n, false]);
      // P = B: what is paid is the cash, 8.5 of 10 million and a thousand less
      expect(await w.pool.exitPrice()).to.be.within(849_900_000_000_000_000n, 850_000_000_000_000_000n);
      await expect(
        w.pool.connect(w.liquidator).liquidate(w.bob.address, MAX, 0, w.liquidator.address, "0x"),
      ).to.be.revertedWithCustomError(w.pool, "OracleNotOk");
    });

    it("that returns a bomb of data is read 96 bytes of it, and pays for the rest out of its own 300,000", async () => {
      const w = await onMockOracle();
      const before = await whatIf(() => exit(w));
      for (const [bytes, reads] of [
        [200_000, true],
        [320_000, true],
        [2_000_000, false], // more than its gas buys: a revert
        [95, false],
        [0, false],
      ] as const) {
        await sent(w.mock.misbehave(Behaviour.Resize, bytes));
        expect((await w.pool.currentPrice()).ok, `${bytes}`).to.equal(reads);
        const gas = await whatIf(() => exit(w));
        expect(gas - before <= ORACLE_GAS, `${bytes}: ${gas - before}`).to.equal(true);
      }
    });

    it("that is announced, not in force, costs every exit 300,000 more until the guardian cancels it", async () => {
      const w = await onMockOracle();
      const before = await whatIf(() => exit(w));
      const bomb = await ethers.deployContract("MockOracle");
      await sent(bomb.set(w.priceOf(1_200), w.priceOf(1_200), true));
      await sent(w.pool.connect(w.oracleManager).scheduleOracle(bomb));
      await sent(bomb.misbehave(Behaviour.BurnGas, 0));
      const during = await whatIf(() => exit(w));
      expect(during - before <= ORACLE_GAS + 10_000n, `${during - before}`).to.equal(true);
      await sent(w.pool.connect(w.guardian).cancelOracle());
      // a few warm and cold reads apart
      expect((await exit(w)) - before <= 5_000n).to.equal(true);
    });

    it("whose code is gone is no price, and the calls that need none go on as before", async () => {
      const w = await onMockOracle();
      await networkHelpers.setCode(w.mock.target as string, "0x");
      expect([...(await w.pool.currentPrice())]).to.deep.equal([0n, 0n, false]);
      await sent(w.pool.connect(w.bob).supplyCollateral(w.eth(1), w.bob.address));
      await sent(w.pool.connect(w.bob).repay(w.usd(1), w.bob.address));
      await exit(w);
      await sent(w.pool.connect(w.bob).repay(MAX, w.bob.address));
      await sent(w.pool.connect(w.bob).withdrawCollateral(w.eth(1_001), w.bob.address, w.bob.address));
      await expectConserved(w, [w.alice], [w.bob]);
    });
  });

  describe("a locked upstream: the collateral is a vault token whose rate can't be read from within the vault", () => {
    it("Mallory enters the vault, leaves the pool, and leaves the vault: she is paid as if all debt were lost", async () => {
      const w = await onVault();
      await sent(w.feed.setAnswer(1_200n * 10n ** 8n)); // a loss is on the way that she would like not to share
      const shares = await w.pool.balanceOf(w.mallory.address);
      await freeze();
      const fair = await w.pool.previewRedeem(shares, { blockTag: "pending" });
      const others = await w.pool.exitPrice();
      const results = await w.mallory.doAll([
        call(w.vault, "misbehave", [Behaviour.Revert, 0]),
        call(w.pool, "redeem(uint256,address,address)", [shares, w.mallory.address, w.mallory.address]),
        // and what else the moment might be good for
        call(w.pool, "deposit(uint256,address)", [1, w.mallory.address]),
        call(w.pool, "liquidate", [w.bob.address, MAX, 0, w.mallory.address, "0x"]),
        call(w.pool, "flag", [w.bob.address]),
        call(w.vault, "misbehave", [Behaviour.Honest, 0]),
      ]);
      expect(results.map(({ success }) => success)).to.deep.equal([true, true, false, false, false, true]);
      const paid = await w.asset.balanceOf(w.mallory.address);
      expect(isWithin(paid, w.usd(850_000), 10n ** 6n), `${paid}`).to.equal(true); // 8.5 of 10 million are cash
      expect(fair - paid > w.usd(117_000), "what she leaves to the others").to.equal(true);
      expect((await w.pool.exitPrice()) > others).to.equal(true);
      await expectConserved(w, [w.alice], [w.bob]);
    });

    it("in that moment she can also set the pivot at the bottom: others pay at most 8,000 gas more a loan, until one pivot", async () => {
      const w = await onVault();
      const repay = () => gasOf(w.pool.connect(w.bob).repay(w.usd(1), w.bob.address));
      await repay();
      const before = await whatIf(repay);
      await w.mallory.doAll([
        call(w.vault, "misbehave", [Behaviour.Revert, 0]),
        call(w.pool, "pivot"),
        call(w.vault, "misbehave", [Behaviour.Honest, 0]),
      ]);
      expect((await w.pool.ledgerState()).pivotTick).to.equal(1n);
      expect((await whatIf(repay)) - before <= 8_000n).to.equal(true);
      expect(await w.pool.currentShortfall()).to.equal(0n);
      await sent(w.pool.connect(w.keeper).pivot());
      expect((await w.pool.ledgerState()).pivotTick).to.equal(0n);
    });
  });

  describe("callbacks", () => {
    it("only whoever liquidates is called: a borrower whose code burns all gas is liquidated like any other", async () => {
      const w = await feelessWorld();
      await deposit(w, w.alice, 10_000_000);
      const mallory = await deployMallory();
      await equip(w, mallory, 0n, w.eth(1_000));
      await openLoan(w, w.bob, 1_000, 1_500_000);
      await sent(mallory.do(w.pool, call(w.pool, "supplyCollateral", [w.eth(1_000), mallory.address]).payload));
      await sent(
        mallory.do(w.pool, call(w.pool, "borrow", [w.usd(1_500_000), mallory.address, mallory.address]).payload),
      );
      await networkHelpers.setCode(mallory.address, "0xfe"); // INVALID: takes whatever gas it gets
      await setPrice(w, 1_200);
      const gas: bigint[] = [];
      for (const borrower of [w.bob.address, mallory.address]) {
        gas.push(
          await whatIf(() =>
            gasOf(w.pool.connect(w.liquidator).liquidate(borrower, MAX, 0, w.liquidator.address, "0x")),
          ),
        );
      }
      expect(gas[1]).to.be.within((gas[0] ?? 0n) - 100n, (gas[0] ?? 0n) + 100n);
      // nor can it refuse to be flagged and foreclosed
      await sent(w.pool.connect(w.keeper).flag(mallory.address));
      await networkHelpers.time.increase(86_400n);
      await sent(w.pool.connect(w.keeper).foreclose(mallory.address));
    });

    it("a liquidator's callback that burns all its gas fails its own call, and takes a 63rd less than all from its sender alone", async () => {
      const w = await feelessWorld();
      await deposit(w, w.alice, 10_000_000);
      await openLoan(w, w.bob, 1_000, 1_500_000);
      await setPrice(w, 1_200);
      const mallory = await deployMallory();
      await equip(w, mallory, w.usd(2_000_000), 0n);
      const before = await w.pool.positionOf(w.bob.address);
      const burner = await ethers.deployContract("MockFeed", [8, 1n]);
      await sent(burner.misbehave(Behaviour.BurnGas, 0));
      const data = encode([call(burner, "latestRoundData")]);
      const liquidation = call(w.pool, "liquidate", [w.bob.address, MAX, 0, mallory.address, data]);
      await expect(
        mallory.contract.execute(liquidation.target, liquidation.payload, { gasLimit: 1_000_000 }),
      ).to.revert(ethers);
      expect([...(await w.pool.positionOf(w.bob.address))]).to.deep.equal([...before]);
      await sent(w.pool.connect(w.liquidator).liquidate(w.bob.address, MAX, 0, w.liquidator.address, "0x"));
      await expectConserved(w, [w.alice], [w.bob]);
    });
  });

  it("the pool refuses below 309,375 gas for the oracle, and names both figures", async () => {
    const w = await feelessWorld();
    await deposit(w, w.alice, 1_000);
    const data = w.pool.interface.encodeFunctionData("redeem(uint256,address,address)", [
      1n,
      w.alice.address,
      w.alice.address,
    ]);
    try {
      await w.alice.call({ to: w.pool, data, gasLimit: 250_000 });
    } catch (error) {
      const parsed = w.pool.interface.parseError((error as { data: string }).data);
      expect(parsed?.name).to.equal("OracleGasTooLow");
      expect(parsed?.args[1]).to.equal(REQUIRED_GAS);
      return;
    }
    throw new Error("It was not refused.");
  });
});
