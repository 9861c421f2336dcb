// A pool on a chain in several states, as the page reads it, and with what the contracts answer to compare it with.
import { lensAt, type LossPreview, type Market, type Tick } from "../../sdk/index.js";
import { tickRange } from "../../app/src/pages/market/book.js";
import { DAY, networkHelpers, openLoan, sent, setPrice } from "../helpers/fixtures.js";
import { freeze, PENDING } from "../helpers/blocks.js";
import { deploySdkWorld, fundOf } from "../sdk/setup.js";

export type State = {
  readonly read: Market;
  readonly ticks: readonly Tick[];
  readonly preview: (losses: bigint[]) => Promise<readonly LossPreview[]>;
  /** What the pool shows when its oracle gives this price; its oracle keeps it. */
  readonly shortfallAtPrice: (low: bigint) => Promise<bigint>;
};

const sixDecimals = async () => await deploySdkWorld({ assetDecimals: 6n });

/** A month of interest, then three prices; each state is asked before the next is made. */
export async function* states(): AsyncGenerator<State> {
  const w = await networkHelpers.loadFixture(sixDecimals);
  await sent(w.pool.connect(w.alice)["deposit(uint256,address)"](w.usd(90_000), w.alice));
  await sent(w.pool.connect(w.alice).topUpReserve(w.usd(700)));
  await sent(fundOf(w, w.newcomer).depositAndStake(w.usd(5_000)));
  await openLoan(w, w.frank, 30, 40_000);
  await openLoan(w, w.erin, 20, 21_000);
  await freeze(30n * DAY);
  await sent(w.pool.accrue());
  for (const tokens of [2_000, 1_330, 900]) {
    await freeze(DAY);
    await setPrice(w, tokens);
    await freeze(3n);
    const lens = lensAt(w.addresses.lens, w.alice);
    const read = await lens.market(w.addresses.pool, PENDING);
    const range = tickRange(read);
    yield {
      read,
      ticks: range === undefined ? [] : await lens.ledger(w.addresses.pool, range.from, range.to, PENDING),
      preview: async (losses) => await lens.previewLosses(w.addresses.pool, losses, PENDING),
      async shortfallAtPrice(low) {
        await sent(w.oracle.set(low, low, true));
        await freeze();
        return await w.pool.currentShortfall(PENDING);
      },
    };
  }
}
