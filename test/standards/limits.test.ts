// ERC-4626, the limits of the pool's way out with next to no cash.
import { expect } from "chai";

import { freeze, PENDING } from "../helpers/blocks.js";
import { DAY, deployWorld, expectConserved, openLoan, sent, time } from "../helpers/fixtures.js";

const TITLE = "4626-40 maxWithdraw and maxRedeem are accepted with 0 to 4 wei of cash";

describe("The pool's limits with next to no cash", () => {
  for (const assetDecimals of [18n, 8n, 6n]) {
    it(TITLE + `, ${assetDecimals} decimals`, async () => {
      const w = await deployWorld({ assetDecimals });
      const pool = w.pool.connect(w.alice);
      await sent(pool["deposit(uint256,address)"](w.usd(1_000), w.alice));
      await openLoan(w, w.frank, 100, 1_000);
      await time.increase(30n * DAY);
      for (let cash = 0n; cash < 5n; ++cash) {
        await freeze();
        expect((await pool.totals(PENDING)).cash).to.equal(cash);
        expect(await pool.maxWithdraw(w.alice, PENDING)).to.equal(cash);
        const shares = await pool.maxRedeem(w.alice, PENDING);
        const redeem = pool["redeem(uint256,address,address)"];
        // shares of a wei and more are worth a wei less, once a share is worth more than at first
        if (cash < 2n) expect(shares).to.equal(0n);
        else expect(await redeem.staticCall(shares, w.alice, w.alice, PENDING)).to.equal(cash - 1n);
        if (cash !== 0n) await pool["withdraw(uint256,address,address)"].staticCall(cash, w.alice, w.alice, PENDING);
        await sent(w.pool.connect(w.frank).repay(1n, w.frank));
      }
      await expectConserved(w, [w.alice], [w.frank]);
    });
  }
});
