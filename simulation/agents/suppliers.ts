// Suppliers stay, or leave: when the price has fallen, when cash runs short, when a shortfall or a haircut is in the news.
// Each takes its time; who wants to leave asks at every step for as much as there is cash.
import type { View } from "./view.js";

/** Utilisation that frightens who looks at it. */
const SHORT_OF_CASH = 0.97;

export class Suppliers {
  readonly #frightenedAt = new Map<string, number>();

  act(view: View): void {
    const { world, time } = view;
    const { pool, scenario } = world;
    const reasons: Readonly<Record<string, boolean>> = {
      price: view.price < view.peak * (1 - scenario.suppliers.fearAt),
      utilisation: Number(pool.utilisation()) / 1e18 > SHORT_OF_CASH,
      news: view.shortfallSince !== undefined || view.haircutSince !== undefined,
    };
    for (const { name, policy, delay } of world.suppliers) {
      if (reasons[policy] === true && !this.#frightenedAt.has(name)) this.#frightenedAt.set(name, time);
      const since = this.#frightenedAt.get(name);
      if (since === undefined || time < since + delay || pool.balanceOf(name) === 0n) continue;

      const shares = pool.maxRedeem(name);
      // No cash for one is no cash for anybody.
      if (shares === 0n) return;
      const assets = world.assetTokens(pool.previewRedeem(shares));
      if (world.act(name, "redeem", shares, name, name, 0n).ok) view.note({ kind: "left", who: name, assets });
    }
  }
}
