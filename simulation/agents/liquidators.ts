// Liquidators take what pays after gas and the impact of selling. A transaction waits while the chain is congested, so
// each sees a position first and is there only later; who gets it is a matter of luck. What one has paid comes back when
// what it took has been sold: until then it can do that much less, and the next one takes the rest.
import { isWithin } from "../feed.js";
import { gasCost, type View } from "./view.js";

/** What a liquidation costs, by docs/gas.md, with a swap on top. */
const GAS = 260_000;
/** Parts of the capital that are tried, the largest first. */
const PARTS = [1, 0.5, 0.25, 0.1, 0.03];

type Liquidator = { readonly name: string; capital: number; readonly due: { time: number; assets: number }[] };

export class Liquidators {
  #all: Liquidator[] | undefined;
  /** Since when each position could be liquidated without a break. */
  #since: ReadonlyMap<string, number> = new Map();

  act(view: View): void {
    const { world, time } = view;
    const terms = world.scenario.liquidators;
    const isAbsent = isWithin(terms.absentHours, view.elapsed / 3_600);
    this.#all ??= world.liquidators.map((name) => ({ name, capital: terms.capital, due: [] }));
    for (const each of this.#all) {
      while (each.due[0] !== undefined && each.due[0].time <= time) each.capital += each.due.shift()?.assets ?? 0;
    }
    const isPriced = world.pool.price().ok;
    const wait = terms.minutes * 60 * Math.floor(view.gwei / terms.congestedGwei);
    const open = new Map<string, number>();
    for (const { name } of view.near) {
      if (!isLiquidatable(view, name)) continue;
      const since = this.#since.get(name) ?? time;
      open.set(name, since);
      const reason = !isPriced
        ? "the oracle is not ok"
        : isAbsent
          ? "nobody is there"
          : time < since + wait
            ? "the transaction waits"
            : this.#take(view, name);
      if (reason !== undefined) view.note({ kind: "missed", borrower: name, reason });
    }
    this.#since = open;
  }

  /** The reason why there is something left, if there is. */
  #take(view: View, borrower: string): string | undefined {
    const { world } = view;
    const all = this.#all as Liquidator[];
    const first = world.random.below(Math.max(1, all.length));
    let reason = "all capital is at work";
    for (let i = 0; i < all.length; ++i) {
      const liquidator = all[(first + i) % all.length] as Liquidator;
      if (liquidator.capital < world.scenario.market.minDebt) continue;
      reason = this.#try(view, liquidator, borrower);
      if (!isLiquidatable(view, borrower)) return undefined;
      // What does not pay for one pays for nobody.
      if (reason === UNPROFITABLE) return reason;
    }
    return reason;
  }

  #try(view: View, liquidator: Liquidator, borrower: string): string {
    const { world } = view;
    const { leastProfit, turnMinutes } = world.scenario.liquidators;
    for (const part of PARTS) {
      const most = world.assets(liquidator.capital * part);
      const { repaid, seized, loss } = world.pool.previewLiquidation(borrower, most);
      if (seized === 0n && repaid === 0n) continue;
      const value = world.collateralTokens(seized) * view.price;
      const paid = world.assetTokens(repaid);
      const profit = view.venue.quote(value) - paid - gasCost(view, GAS);
      if (profit < leastProfit) continue;
      const acted = world.act(liquidator.name, "liquidate", borrower, most, seized, liquidator.name);
      if (!acted.ok) return acted.reason;
      view.venue.sell(value);
      liquidator.capital -= paid;
      liquidator.due.push({ time: view.time + turnMinutes * 60, assets: paid });
      view.note({
        kind: "liquidated",
        by: liquidator.name,
        borrower,
        repaid: paid,
        seized: world.collateralTokens(seized),
        loss: world.assetTokens(loss),
        profit,
      });
      return part === 1 ? "all capital is at work" : UNPROFITABLE;
    }
    return UNPROFITABLE;
  }
}

const UNPROFITABLE = "does not pay";

function isLiquidatable({ world }: View, borrower: string): boolean {
  const { status } = world.pool.position(borrower);
  return status !== "Healthy" && status !== "None";
}
