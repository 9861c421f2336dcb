import { expect } from "chai";

import { BoundedRead__factory, type MockFeed } from "../../../typechain-types/index.js";
import {
  Behaviour,
  deployOracle,
  ethers,
  FAILURES,
  feedConfig,
  GRACE_PERIOD,
  HEARTBEAT,
  HOUR,
  LATE_WINDOW,
  loadFixture,
  markedDown,
  MAX_UINT128,
  MAX_UINT256,
  NO_FEED,
  PRICE_2000,
  priceOf,
  sent,
  sources,
  time,
  writeRounds,
} from "./fixture.js";

/** What a pool gives to the oracle, and what must be left of it at the worst. */
const POOL_GAS = 300_000n;
const SPARE_GAS = 40_000n;

const ETHER = 10n ** 8n; // decimals of etherFeed and dollarFeed
const UNREADABLE = { low: 0n, high: 0n, ok: false };

function equal(price: bigint, ok = true) {
  return { low: price, high: price, ok };
}

async function onePath() {
  const all = await sources();
  return { ...all, oracle: await deployOracle(all.plain) };
}

async function inverse() {
  const all = await sources();
  const paths = [{ collateral: NO_FEED, loan: all.dollarSide }];
  return { ...all, oracle: await deployOracle({ ...all.plain, paths }) };
}

async function quotient() {
  const all = await sources();
  const paths = [{ collateral: all.etherSide, loan: all.dollarSide }];
  return { ...all, oracle: await deployOracle({ ...all.plain, paths }) };
}

async function twoPaths() {
  const all = await sources();
  const paths = [
    { collateral: all.etherSide, loan: NO_FEED },
    { collateral: all.etherSide2, loan: NO_FEED },
  ];
  return { ...all, oracle: await deployOracle({ ...all.plain, paths }) };
}

async function vaultToken() {
  const all = await sources();
  const collateral = await all.vault.getAddress();
  return { ...all, oracle: await deployOracle({ ...all.plain, collateral, vault: all.vaultConfig }) };
}

async function withSequencer() {
  const all = await sources();
  return { ...all, oracle: await deployOracle({ ...all.plain, sequencer: all.sequencerConfig }) };
}

async function everything() {
  const all = await sources();
  return { ...all, oracle: await deployOracle(all.full) };
}

/** Sets the sequencer's feed, in a block that is `upFor` seconds after its start. */
async function setSequencer(feed: MockFeed, answer: bigint, upFor: bigint): Promise<void> {
  const then = BigInt(await time.latest()) + 10n;
  await sent(feed.setRound(answer, then - upFor, then - upFor));
  await time.increaseTo(then);
}

describe("ChainlinkOracle.price", () => {
  describe("given one path with a collateral feed", () => {
    for (const [collateralDecimals, loanDecimals, feedDecimals] of [
      [18, 6, 8],
      [18, 18, 18],
      [8, 18, 8],
      [6, 6, 18],
      [24, 0, 0],
      [2, 18, 0],
    ] as const) {
      it(`prices tokens of ${collateralDecimals} and ${loanDecimals} decimals by a feed of ${feedDecimals}`, async () => {
        const { plain } = await loadFixture(sources);
        const collateral = await ethers.deployContract("MockERC20", ["Collateral", "COL", collateralDecimals]);
        const loanAsset = await ethers.deployContract("MockERC20", ["Loan", "LOAN", loanDecimals]);
        const answer = 2_000n * 10n ** BigInt(feedDecimals);
        const feed = await ethers.deployContract("MockFeed", [feedDecimals, answer]);
        const oracle = await deployOracle({
          ...plain,
          collateral: await collateral.getAddress(),
          loanAsset: await loanAsset.getAddress(),
          paths: [{ collateral: await feedConfig(feed, answer), loan: NO_FEED }],
        });
        const expected = 2_000n * 10n ** BigInt(36 + loanDecimals - collateralDecimals);
        expect(await priceOf(oracle)).to.deep.equal(equal(expected));
      });
    }

    it("is fresh when the answer is as old as the heartbeat", async () => {
      const { oracle, etherFeed } = await loadFixture(onePath);
      await writeRounds({ feed: etherFeed, answer: 2_000n * ETHER, age: HEARTBEAT });
      expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000));
    });

    // By hand: 2e27 · 0.85 · (172,800 − late) / 172,800, rounded down.
    for (const [late, low] of [
      [1n, 1_699_990_162_037_037_037_037_037_037n],
      [12n * HOUR, 1_275n * 10n ** 24n],
      [24n * HOUR, 850n * 10n ** 24n],
      [LATE_WINDOW - 1n, 9_837_962_962_962_962_962_962n],
      [LATE_WINDOW, 0n],
      [LATE_WINDOW + 1n, 0n],
      [365n * 24n * HOUR, 0n],
    ] as const) {
      it(`marks low down to ${low} when the answer is ${late} s late`, async () => {
        const { oracle, etherFeed } = await loadFixture(onePath);
        await writeRounds({ feed: etherFeed, answer: 2_000n * ETHER, age: HEARTBEAT + late });
        expect(await priceOf(oracle)).to.deep.equal({ low, high: PRICE_2000, ok: false });
      });
    }

    for (const answer of [200n, 20_000n]) {
      it(`is ok when the answer is at its bound ${answer}`, async () => {
        const { oracle, etherFeed } = await loadFixture(onePath);
        await sent(etherFeed.setAnswer(answer * ETHER));
        expect(await priceOf(oracle)).to.deep.equal(equal((PRICE_2000 * answer) / 2_000n));
      });
    }

    for (const answer of [20_000n * ETHER + 1n, MAX_UINT128]) {
      it(`caps both prices when the answer is ${answer}, above its maximum`, async () => {
        const { oracle, etherFeed } = await loadFixture(onePath);
        await sent(etherFeed.setAnswer(answer));
        expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000 * 10n, false));
      });
    }

    for (const answer of [200n * ETHER - 1n, 1n]) {
      it(`uses the answer as it is when it is ${answer}, below its minimum`, async () => {
        const { oracle, etherFeed } = await loadFixture(onePath);
        await sent(etherFeed.setAnswer(answer));
        expect(await priceOf(oracle)).to.deep.equal(equal(answer * 10n ** (36n + 6n - 18n - 8n), false));
      });
    }

    it("marks the capped price down when the answer is late and above its maximum", async () => {
      const { oracle, etherFeed } = await loadFixture(onePath);
      await writeRounds({ feed: etherFeed, answer: 30_000n * ETHER, age: HEARTBEAT + 24n * HOUR });
      const high = PRICE_2000 * 10n;
      expect(await priceOf(oracle)).to.deep.equal({ low: (high * 425n) / 1_000n, high, ok: false });
    });

    it("reads an answer that is followed by more data, however much", async () => {
      const { oracle, etherFeed, probe } = await loadFixture(onePath);
      const call = oracle.interface.encodeFunctionData("price");
      const target = await oracle.getAddress();
      await sent(etherFeed.misbehave(Behaviour.Resize, 161));
      const little = await probe.probe(target, POOL_GAS, call);
      await sent(etherFeed.misbehave(Behaviour.Resize, 60_000));
      const much = await probe.probe(target, POOL_GAS, call);
      expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000));
      // The feed pays for expanding its memory: 60,000 bytes are 1,875 words.
      const expansion = 3n * 1_875n + 1_875n ** 2n / 512n;
      // Copying would cost the same again.
      expect(much.gasUsed - little.gasUsed).to.be.lessThan(expansion + 100n);
    });
  });

  describe("given one path with a loan feed", () => {
    it("prices the inverse", async () => {
      const { oracle, dollarFeed } = await loadFixture(inverse);
      await sent(dollarFeed.setAnswer(4n * ETHER));
      expect(await priceOf(oracle)).to.deep.equal(equal(10n ** (36n + 6n - 18n) / 4n));
    });
  });

  describe("given one path with both feeds", () => {
    it("divides and rounds down", async () => {
      const { oracle, dollarFeed } = await loadFixture(quotient);
      await sent(dollarFeed.setAnswer(3n * ETHER));
      expect(await priceOf(oracle)).to.deep.equal(equal(666_666_666_666_666_666_666_666_666n));
    });

    it("marks low down, not up, when the loan feed alone is late", async () => {
      const { oracle, etherFeed, dollarFeed } = await loadFixture(quotient);
      await writeRounds(
        { feed: etherFeed, answer: 2_000n * ETHER, age: 0n },
        { feed: dollarFeed, answer: ETHER, age: HEARTBEAT + 24n * HOUR },
      );
      expect(await priceOf(oracle)).to.deep.equal({ low: (PRICE_2000 * 425n) / 1_000n, high: PRICE_2000, ok: false });
    });

    for (const [etherLate, dollarLate] of [
      [12n * HOUR, 24n * HOUR],
      [24n * HOUR, 12n * HOUR],
    ] as const) {
      it(`takes the larger lateness of ${etherLate} s and ${dollarLate} s`, async () => {
        const { oracle, etherFeed, dollarFeed } = await loadFixture(quotient);
        await writeRounds(
          { feed: etherFeed, answer: 2_000n * ETHER, age: HEARTBEAT + etherLate },
          { feed: dollarFeed, answer: ETHER, age: HEARTBEAT + dollarLate },
        );
        expect(await priceOf(oracle)).to.deep.equal({ low: (PRICE_2000 * 425n) / 1_000n, high: PRICE_2000, ok: false });
      });
    }

    it("uses the loan answer as it is when it is above its maximum", async () => {
      const { oracle, dollarFeed } = await loadFixture(quotient);
      await sent(dollarFeed.setAnswer(20n * ETHER));
      expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000 / 20n, false));
    });

    for (const answer of [ETHER / 10n - 1n, 1n]) {
      it(`holds the loan answer at its minimum when it is ${answer}`, async () => {
        const { oracle, dollarFeed } = await loadFixture(quotient);
        await sent(dollarFeed.setAnswer(answer));
        expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000 * 10n, false));
      });
    }
  });

  for (const side of ["etherFeed", "dollarFeed"] as const) {
    describe(`given a feed that can't be read: ${side}`, () => {
      for (const { what, fail } of FAILURES) {
        it(`says nothing when it ${what}`, async () => {
          const all = await loadFixture(quotient);
          await fail(all[side]);
          expect(await priceOf(all.oracle)).to.deep.equal(UNREADABLE);
        });
      }

      it("says nothing when it returns a byte too few", async () => {
        const all = await loadFixture(quotient);
        await sent(all[side].misbehave(Behaviour.Resize, 159));
        expect(await priceOf(all.oracle)).to.deep.equal(UNREADABLE);
        await sent(all[side].misbehave(Behaviour.Resize, 160));
        expect(await priceOf(all.oracle)).to.deep.equal(equal(PRICE_2000));
      });

      for (const answer of [0n, -1n, -(2n ** 255n), MAX_UINT128 + 1n, 2n ** 255n - 1n]) {
        it(`says nothing when the answer is ${answer}`, async () => {
          const all = await loadFixture(quotient);
          await sent(all[side].setAnswer(answer));
          expect(await priceOf(all.oracle)).to.deep.equal(UNREADABLE);
        });
      }

      it("says nothing when the round is incomplete", async () => {
        const all = await loadFixture(quotient);
        await sent(all[side].setRound(ETHER * (side === "etherFeed" ? 2_000n : 1n), 0, 0));
        expect(await priceOf(all.oracle)).to.deep.equal(UNREADABLE);
      });

      for (const ahead of [1n, MAX_UINT256]) {
        it(`says nothing when the answer comes from the future, ${ahead === 1n ? "a second" : "the end of time"}`, async () => {
          const all = await loadFixture(quotient);
          const now = BigInt(await time.latest()) + 10n;
          const updatedAt = ahead === 1n ? now + 1n : ahead;
          await sent(all[side].setRound(ETHER * (side === "etherFeed" ? 2_000n : 1n), 0, updatedAt));
          await time.increaseTo(now);
          expect(await priceOf(all.oracle)).to.deep.equal(UNREADABLE);
          if (ahead === 1n) {
            await time.increaseTo(now + 1n);
            expect(await priceOf(all.oracle)).to.deep.equal(equal(PRICE_2000));
          }
        });
      }
    });
  }

  describe("given two paths", () => {
    for (const [first, second] of [
      [1_900n, 2_100n],
      [2_100n, 1_900n],
      [2_000n, 2_000n],
    ] as const) {
      it(`takes the lower and the higher of ${first} and ${second}`, async () => {
        const { oracle, etherFeed, etherFeed2 } = await loadFixture(twoPaths);
        await sent(etherFeed.setAnswer(first * ETHER));
        await sent(etherFeed2.setAnswer(second * 10n ** 18n));
        const [lower, higher] = first < second ? [first, second] : [second, first];
        const unit = PRICE_2000 / 2_000n;
        expect(await priceOf(oracle)).to.deep.equal({ low: lower * unit, high: higher * unit, ok: true });
      });
    }

    const unit = PRICE_2000 / 2_000n;

    for (const lateFeed of ["etherFeed", "etherFeed2"] as const) {
      const freshFeed = lateFeed === "etherFeed" ? "etherFeed2" : "etherFeed";
      const one = { etherFeed: ETHER, etherFeed2: 10n ** 18n };

      it(`marks low down and keeps high fresh when ${lateFeed} is late and lower`, async () => {
        const all = await loadFixture(twoPaths);
        await writeRounds(
          { feed: all[freshFeed], answer: 2_000n * one[freshFeed], age: 0n },
          { feed: all[lateFeed], answer: 2_100n * one[lateFeed], age: HEARTBEAT + 12n * HOUR },
        );
        const low = markedDown(2_100n * unit, 12n * HOUR);
        expect(low).to.equal((2_100n * unit * 6_375n) / 10_000n);
        expect(await priceOf(all.oracle)).to.deep.equal({ low, high: 2_000n * unit, ok: false });
      });

      it(`keeps the fresh price as low when ${lateFeed} is late and higher still`, async () => {
        const all = await loadFixture(twoPaths);
        await writeRounds(
          { feed: all[freshFeed], answer: 1_000n * one[freshFeed], age: 0n },
          { feed: all[lateFeed], answer: 2_000n * one[lateFeed], age: HEARTBEAT + 12n * HOUR },
        );
        expect(await priceOf(all.oracle)).to.deep.equal(equal(1_000n * unit, false));
      });

      it(`says low 0 and the fresh high when ${lateFeed} can't be read`, async () => {
        const all = await loadFixture(twoPaths);
        await sent(all[lateFeed].misbehave(Behaviour.Revert, 0));
        expect(await priceOf(all.oracle)).to.deep.equal({ low: 0n, high: PRICE_2000, ok: false });
      });

      it(`says low 0 and the last price as high when ${lateFeed} is late and the other can't be read`, async () => {
        const all = await loadFixture(twoPaths);
        await writeRounds({ feed: all[lateFeed], answer: 2_100n * one[lateFeed], age: HEARTBEAT + 1n });
        await sent(all[freshFeed].misbehave(Behaviour.Revert, 0));
        expect(await priceOf(all.oracle)).to.deep.equal({ low: 0n, high: 2_100n * unit, ok: false });
      });

      it(`is not ok when ${lateFeed} is out of bounds`, async () => {
        const all = await loadFixture(twoPaths);
        await sent(all[lateFeed].setAnswer(199n * one[lateFeed]));
        expect(await priceOf(all.oracle)).to.deep.equal({ low: 199n * unit, high: PRICE_2000, ok: false });
      });
    }

    for (const [late, late2] of [
      [12n * HOUR, 24n * HOUR],
      [24n * HOUR, 12n * HOUR],
    ] as const) {
      for (const [first, second] of [
        [1_900n, 2_100n],
        [2_100n, 1_900n],
      ] as const) {
        it(`takes the lower marked-down and the higher last of ${first} (${late} s late) and ${second} (${late2} s)`, async () => {
          const { oracle, etherFeed, etherFeed2 } = await loadFixture(twoPaths);
          await writeRounds(
            { feed: etherFeed, answer: first * ETHER, age: HEARTBEAT + late },
            { feed: etherFeed2, answer: second * 10n ** 18n, age: HEARTBEAT + late2 },
          );
          // 63.75% are left after 12 hours and 42.5% after 24, so that the later path is the lower one.
          const low = ((late > late2 ? first : second) * unit * 4_250n) / 10_000n;
          expect(await priceOf(oracle)).to.deep.equal({ low, high: 2_100n * unit, ok: false });
        });
      }
    }
  });

  describe("given a vault token", () => {
    it("multiplies by the rate", async () => {
      const { oracle } = await loadFixture(vaultToken);
      expect(await priceOf(oracle)).to.deep.equal(equal((PRICE_2000 * 5n) / 4n));
    });

    it("multiplies by the rate of a vault token with more decimals than its underlying", async () => {
      const { plain, dollar } = await loadFixture(sources);
      // Twelve decimals of shares over six of dollars, and borrowing the very same dollar: 1.1 whole dollars a share.
      const underlying = await dollar.getAddress();
      const shares = await ethers.deployContract("MockVault4626", [underlying, 12, 1_100_000]);
      const feed = await ethers.deployContract("MockFeed", [8, ETHER]);
      const oracle = await deployOracle({
        ...plain,
        collateral: await shares.getAddress(),
        vault: { underlying, minRate: 900_000, maxRate: 1_200_000 },
        paths: [{ collateral: await feedConfig(feed, ETHER), loan: NO_FEED }],
      });
      expect(await priceOf(oracle)).to.deep.equal(equal((11n * 10n ** (36n + 6n - 12n)) / 10n));
    });

    it("divides where the feed's and the tokens' decimals exceed those of the price", async () => {
      const { plain, vaultConfig, vault } = await loadFixture(sources);
      const coin = await ethers.deployContract("MockERC20", ["Coin", "COIN", 2]);
      const feed = await ethers.deployContract("MockFeed", [18, 2_000n * 10n ** 18n]);
      const oracle = await deployOracle({
        ...plain,
        loanAsset: await coin.getAddress(),
        collateral: await vault.getAddress(),
        vault: vaultConfig,
        paths: [{ collateral: await feedConfig(feed, 2_000n * 10n ** 18n), loan: NO_FEED }],
      });
      expect(await priceOf(oracle)).to.deep.equal(equal(2_500n * 10n ** (36n + 2n - 18n)));
    });

    for (const rate of [100n, 150n]) {
      it(`is ok when the rate is at its bound of ${rate}%`, async () => {
        const { oracle, vault } = await loadFixture(vaultToken);
        await sent(vault.setRate(rate * 10n ** 16n));
        expect(await priceOf(oracle)).to.deep.equal(equal((PRICE_2000 * rate) / 100n));
      });
    }

    for (const rate of [150n * 10n ** 16n + 1n, MAX_UINT256]) {
      it(`caps both prices when the rate is ${rate}, above its maximum`, async () => {
        const { oracle, vault } = await loadFixture(vaultToken);
        await sent(vault.setRate(rate));
        expect(await priceOf(oracle)).to.deep.equal(equal((PRICE_2000 * 3n) / 2n, false));
      });
    }

    it("uses the rate as it is when it is below its minimum", async () => {
      const { oracle, vault } = await loadFixture(vaultToken);
      await sent(vault.setRate(50n * 10n ** 16n));
      expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000 / 2n, false));
    });

    it("says nothing when the rate is zero", async () => {
      const { oracle, vault } = await loadFixture(vaultToken);
      await sent(vault.setRate(0));
      expect(await priceOf(oracle)).to.deep.equal(UNREADABLE);
    });

    it("says nothing when the rate comes a byte short", async () => {
      const { oracle, vault } = await loadFixture(vaultToken);
      await sent(vault.misbehave(Behaviour.Resize, 31));
      expect(await priceOf(oracle)).to.deep.equal(UNREADABLE);
    });

    for (const { what, fail } of FAILURES) {
      it(`says nothing when the vault ${what}`, async () => {
        const { oracle, vault } = await loadFixture(vaultToken);
        await fail(vault);
        expect(await priceOf(oracle)).to.deep.equal(UNREADABLE);
      });
    }
  });

  describe("given a sequencer feed", () => {
    it("is ok when the sequencer has been up for longer than the grace period", async () => {
      const { oracle, sequencerFeed } = await loadFixture(withSequencer);
      await setSequencer(sequencerFeed, 0n, GRACE_PERIOD + 1n);
      expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000));
    });

    it("is not ok when it has been up for exactly the grace period", async () => {
      const { oracle, sequencerFeed } = await loadFixture(withSequencer);
      await setSequencer(sequencerFeed, 0n, GRACE_PERIOD);
      expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000, false));
    });

    for (const answer of [1n, 2n, -1n]) {
      it(`is not ok when its answer is ${answer}: down`, async () => {
        const { oracle, sequencerFeed } = await loadFixture(withSequencer);
        await setSequencer(sequencerFeed, answer, GRACE_PERIOD + 1n);
        expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000, false));
      });
    }

    for (const startedAt of [0n, MAX_UINT256]) {
      it(`is not ok when it came up at ${startedAt}`, async () => {
        const { oracle, sequencerFeed } = await loadFixture(withSequencer);
        await sent(sequencerFeed.setRound(0, startedAt, 1));
        expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000, false));
      });
    }

    it("is not ok when its feed returns a byte too few", async () => {
      const { oracle, sequencerFeed } = await loadFixture(withSequencer);
      await sent(sequencerFeed.misbehave(Behaviour.Resize, 159));
      expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000, false));
    });

    for (const { what, fail } of FAILURES) {
      it(`is not ok when its feed ${what}`, async () => {
        const { oracle, sequencerFeed } = await loadFixture(withSequencer);
        await fail(sequencerFeed);
        expect(await priceOf(oracle)).to.deep.equal(equal(PRICE_2000, false));
      });
    }
  });

  describe("gas", () => {
    const SOURCES = ["etherFeed", "dollarFeed", "etherFeed2", "dollarFeed2", "sequencerFeed", "vault"] as const;

    it("answers within a pool's gas, cold, when every source takes all it gets", async () => {
      const all = await loadFixture(everything);
      for (const source of SOURCES) await sent(all[source].misbehave(Behaviour.BurnGas, 0));
      const call = all.oracle.interface.encodeFunctionData("price");
      const { success, gasUsed, returned } = await all.probe.probe(await all.oracle.getAddress(), POOL_GAS, call);
      expect(success).to.equal(true);
      expect([...all.oracle.interface.decodeFunctionResult("price", returned)]).to.deep.equal([0n, 0n, false]);
      expect(gasUsed).to.be.greaterThan(210_000n);
      expect(gasUsed).to.be.lessThan(POOL_GAS - SPARE_GAS);
    });

    it("answers within a pool's gas, cold, when every source uses nearly all it may", async () => {
      const all = await loadFixture(everything);
      // The mock's own storage reads come on top: up to 13,000 in a feed.
      for (const source of SOURCES)
        await sent(all[source].misbehave(Behaviour.NeedGas, source === "vault" ? 47_000 : 15_500));
      const call = all.oracle.interface.encodeFunctionData("price");
      const { success, gasUsed, returned } = await all.probe.probe(await all.oracle.getAddress(), POOL_GAS, call);
      expect(success).to.equal(true);
      const price = (PRICE_2000 * 5n) / 4n;
      expect([...all.oracle.interface.decodeFunctionResult("price", returned)]).to.deep.equal([price, price, true]);
      expect(gasUsed).to.be.greaterThan(200_000n);
      expect(gasUsed).to.be.lessThan(POOL_GAS - SPARE_GAS);
    });

    it("reverts or tells the truth, whatever gas it is given", async () => {
      const all = await loadFixture(everything);
      // Each source gives up early when it has too little, so that the oracle could go on with what is left.
      for (const source of SOURCES) await sent(all[source].misbehave(Behaviour.NeedGas, 15_000));
      const target = await all.oracle.getAddress();
      const call = all.oracle.interface.encodeFunctionData("price");
      const truth = ethers.AbiCoder.defaultAbiCoder().encode(
        ["uint256", "uint256", "bool"],
        [(PRICE_2000 * 5n) / 4n, (PRICE_2000 * 5n) / 4n, true],
      );
      let refused = 0;
      let answered = 0;
      for (let gas = 1_000n; gas <= POOL_GAS; gas += 500n) {
        const { success, returned } = await all.probe.probe(target, gas, call);
        if (success) {
          answered += 1;
          expect(returned, `with ${gas} gas`).to.equal(truth);
        } else {
          refused += 1;
          // Once there is gas enough for an answer there is no more refusing.
          expect(answered, `with ${gas} gas`).to.equal(0);
        }
      }
      expect(refused).to.be.greaterThan(0);
      expect(answered).to.be.greaterThan(0);
    });

    it("names the gas that was missing", async () => {
      const all = await loadFixture(onePath);
      const call = all.oracle.interface.encodeFunctionData("price");
      const { success, returned } = await all.probe.probe(await all.oracle.getAddress(), 30_000n, call);
      expect(success).to.equal(false);
      const error = BoundedRead__factory.createInterface().parseError(returned);
      expect(error?.name).to.equal("NotEnoughGas");
      expect(error?.args["available"]).to.be.lessThan(30_000n);
      expect(error?.args["required"]).to.equal(30_000n + 476n + 6_000n);
    });
  });
});

describe("ChainlinkOracle.reading", () => {
  it("shows a path's last price, its lateness and whether its sources are in bounds", async () => {
    const all = await loadFixture(everything);
    await writeRounds(
      { feed: all.etherFeed, answer: 2_000n * ETHER, age: HEARTBEAT + 7n },
      { feed: all.etherFeed2, answer: 30_000n * 10n ** 18n, age: 0n },
    );
    const price = (PRICE_2000 * 5n) / 4n;
    expect([...(await all.oracle.reading(0))]).to.deep.equal([price, 7n, true]);
    expect([...(await all.oracle.reading(1))]).to.deep.equal([price * 10n, 0n, false]);
    await sent(all.vault.setRate(2n * 10n ** 18n));
    await writeRounds({ feed: all.dollarFeed, answer: ETHER, age: HEARTBEAT + HOUR });
    const [lastPrice, , isInBounds] = await all.oracle.reading(0);
    expect([lastPrice, isInBounds]).to.deep.equal([(PRICE_2000 * 3n) / 2n, false]);
    // One feed is late: what can't be read at all is not late.
    await sent(all.etherFeed.misbehave(Behaviour.Revert, 0));
    expect([...(await all.oracle.reading(0))]).to.deep.equal([0n, 0n, false]);
    await sent(all.etherFeed.misbehave(Behaviour.Honest, 0));
    await sent(all.dollarFeed.misbehave(Behaviour.Revert, 0));
    expect([...(await all.oracle.reading(0))]).to.deep.equal([0n, 0n, false]);
  });

  it("reverts when there is no such path", async () => {
    const { oracle } = await loadFixture(onePath);
    await expect(oracle.reading(1)).to.be.revertedWithCustomError(oracle, "PathUnknown").withArgs(1, 1);
    await expect(oracle.path(1)).to.be.revertedWithCustomError(oracle, "PathUnknown").withArgs(1, 1);
  });
});
