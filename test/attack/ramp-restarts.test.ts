// Mallory has the guardian's key, whose calls have no delay because the pool stretches a falling lltv over days. She
// starts the ramp anew in every block, hoping that each start loses a part of a basis point. (It once did: 300 basis
// points an hour in blocks of 12 seconds.)
import { expect } from "chai";

import { DAY, expectConserved, MAX, openLoan, sent, time, type World, world } from "../helpers/fixtures.js";
import { deposit, now } from "../scenario/story.js";

/** A basis point of lltv takes at least this long: one percent a day. */
const SECONDS_A_POINT = 864n;

describe("Attack: the guardian restarts the ramp of the lltv in every block", () => {
  let w: World;
  beforeEach(async () => {
    w = await world();
    await deposit(w, w.alice, 1_000_000);
    await openLoan(w, w.bob, 100, 159_000); // 79.5%: safe for six and a half days, by the line of a point a day
  });

  for (const [what, targetOf] of [
    ["to the same end", () => 7_600n],
    ["a basis point lower each time", (block: bigint) => 7_600n - block],
  ] as const) {
    it(`${what}: after an hour it has fallen by no more than the line allows, 4 points, and Bob is safe`, async () => {
      const guardian = w.pool.connect(w.guardian);
      const startedAt = (await now()) + 1n;
      await time.setNextBlockTimestamp(startedAt);
      await sent(guardian.lowerLtvs(0, 7_600, 10n * DAY));
      for (let block = 1n; block <= 100n; ++block) {
        await time.setNextBlockTimestamp(startedAt + 36n * block);
        const { lltvBps } = await w.pool.config({ blockTag: "pending" });
        const end = targetOf(block);
        const seconds = (lltvBps - end) * SECONDS_A_POINT;
        // the steepest line that the pool takes; where it takes none she waits
        await guardian.lowerLtvs(0, end, seconds).then(
          (transaction) => transaction.wait(),
          () => sent(w.pool.connect(w.keeper).accrue()),
        );
      }
      const { lltvBps } = await w.pool.config();
      expect(lltvBps).to.equal(8_600n - 3_600n / SECONDS_A_POINT);
      await expect(
        w.pool.connect(w.liquidator).liquidate(w.bob.address, MAX, 0, w.liquidator.address, "0x"),
      ).to.be.revertedWithCustomError(w.pool, "PositionHealthy");
      await expectConserved(w, [w.alice], [w.bob]);
    });
  }
});
