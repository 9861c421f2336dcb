import { expect } from "chai";

import { max, min, Random } from "../../../sdk/model/index.js";
import type { MockFeed } from "../../../typechain-types/index.js";
import {
  Behaviour,
  deployOracle,
  GRACE_PERIOD,
  HEARTBEAT,
  HOUR,
  LATE_WINDOW,
  loadFixture,
  markedDown,
  MAX_UINT128,
  priceOf,
  sent,
  type Sources,
  sources,
  time,
} from "./fixture.js";

const RUNS = 120;

type FeedState = { isReadable: boolean; answer: bigint; age: bigint; min: bigint; max: bigint };

/** DESIGN §4 in TypeScript. A quotient's answers are capped where they would flatter the price. */
function modelPath(collateral: FeedState, loan: FeedState, scale: { multiplier: bigint; divisor: bigint }) {
  const isUsable = (feed: FeedState) => feed.isReadable && feed.answer > 0n && feed.answer <= MAX_UINT128;
  if (!isUsable(collateral) || !isUsable(loan)) return { price: 0n, late: 0n, isGood: false };
  const isWithin = (feed: FeedState) => feed.answer >= feed.min && feed.answer <= feed.max;
  const late = [collateral.age - HEARTBEAT, loan.age - HEARTBEAT, 0n].reduce((a, b) => (a > b ? a : b));
  const capped = collateral.answer < collateral.max ? collateral.answer : collateral.max;
  const held = loan.answer > loan.min ? loan.answer : loan.min;
  const price = (capped * scale.multiplier) / (held * scale.divisor);
  return { price, late, isGood: late === 0n && isWithin(collateral) && isWithin(loan) };
}

describe("ChainlinkOracle.price, random", () => {
  const seed = Number(process.env["ORACLE_SEED"] ?? "20");

  it(`agrees with the model in ${RUNS} random states (ORACLE_SEED=${seed})`, async () => {
    const all = await loadFixture(sources);
    const oracle = await deployOracle(all.full);
    const random = new Random(seed);

    function randomFeed(usual: bigint): FeedState {
      const answers = [usual / 10n - 1n, usual * 10n + 1n, 0n, -usual, 1n, MAX_UINT128, MAX_UINT128 + 1n];
      const answer = random.chance(15) ? random.pick(answers) : usual / 2n + random.upTo(usual);
      const ages = [
        HEARTBEAT,
        HEARTBEAT + 1n,
        HEARTBEAT + random.upTo(LATE_WINDOW),
        HEARTBEAT + LATE_WINDOW,
        200n * HOUR,
      ];
      const age = random.chance(25) ? random.pick(ages) : random.upTo(HEARTBEAT);
      return { isReadable: !random.chance(5), answer, age, min: usual / 10n, max: usual * 10n };
    }

    async function put(feed: MockFeed, state: FeedState, now: bigint): Promise<void> {
      const behaviours = [Behaviour.Revert, Behaviour.BurnGas, Behaviour.Resize] as const;
      const failure = random.pick(behaviours);
      await sent(feed.misbehave(state.isReadable ? Behaviour.Honest : failure, 100));
      await sent(feed.setRound(state.answer, 0, now - state.age));
    }

    const seen = { ok: 0, late: 0, unreadable: 0, split: 0 };
    for (let run = 0; run < RUNS; run += 1) {
      const now = BigInt(await time.latest()) + 100n;
      const feeds: [keyof Sources & ("etherFeed" | "dollarFeed" | "etherFeed2" | "dollarFeed2"), FeedState][] = [
        ["etherFeed", randomFeed(2_000n * 10n ** 8n)],
        ["dollarFeed", randomFeed(10n ** 8n)],
        ["etherFeed2", randomFeed(2_000n * 10n ** 18n)],
        ["dollarFeed2", randomFeed(10n ** 6n)],
      ];
      for (const [name, state] of feeds) await put(all[name], state, now);
      const [ether, dollar, ether2, dollar2] = feeds.map(([, state]) => state);
      if (!ether || !dollar || !ether2 || !dollar2) throw new Error("four feeds");

      const rate = random.chance(10) ? random.upTo(3n * 10n ** 18n) : 10n ** 18n + random.upTo(5n * 10n ** 17n);
      await sent(all.vault.setRate(rate));
      const isDown = random.chance(5);
      const upFor = random.chance(10) ? random.upTo(GRACE_PERIOD + 1n) : GRACE_PERIOD + 1n + random.upTo(HOUR);
      await sent(all.sequencerFeed.setRound(isDown ? 1 : 0, now - upFor, now - upFor));
      await time.increaseTo(now);

      const cappedRate = min(rate, 15n * 10n ** 17n);
      // Powers of ten: 36 + 6 of the dollar − 18 of the vault token − 18 of ether + the loan feed's − the other feed's.
      const first = modelPath(ether, dollar, { multiplier: cappedRate * 10n ** (6n + 8n - 8n), divisor: 1n });
      const second = modelPath(ether2, dollar2, { multiplier: cappedRate, divisor: 10n ** (18n - 6n - 6n) });
      const low = min(markedDown(first.price, first.late), markedDown(second.price, second.late));
      const fresh = [first, second].filter((path) => path.late === 0n).map((path) => path.price);
      const last = [first, second].map((path) => path.price);
      const highestFresh = fresh.reduce(max, 0n);
      const high = highestFresh === 0n ? last.reduce(max) : highestFresh;
      const isRateGood = rate >= 10n ** 18n && rate <= 15n * 10n ** 17n;
      const ok = first.isGood && second.isGood && isRateGood && !isDown && upFor > GRACE_PERIOD;

      expect(await priceOf(oracle), `run ${run}`).to.deep.equal({ low, high, ok });
      expect(low <= high, `run ${run}: low ≤ high`).to.equal(true);
      if (ok) seen.ok += 1;
      if (first.late + second.late > 0n && low > 0n) seen.late += 1;
      if (low === 0n) seen.unreadable += 1;
      if (low !== high) seen.split += 1;
    }
    // The states reach what they are for.
    for (const [what, count] of Object.entries(seen)) expect(count, what).to.be.greaterThan(RUNS / 20);
  });
});
