// Suppliers stay, or leave: when the price has fallen, when cash runs short, when a shortfall shows. Each takes its time;
// who wants to leave asks at every step for as much as there is cash.
import type { View } from "./view.js";

const SHORT_OF_CASH = 0.97;

export class Suppliers {
  readonly #frightenedAt = new Map<string, number>();

  act(view: View): void {
    const { world, time } = view;
    const { pool, scenario } = world;
    let isOutOfCash = false;
    const used = Number(pool.utilisation()) / 1e18;
    for (const { name, policy, delay } of world.suppliers) {
      if (policy === "stay" || pool.balanceOf(name) === 0n) continue;
      const isReason =
        (policy === "price" && view.price < view.peak * (1 - scenario.suppliers.fearAt)) ||
        (policy === "utilisation" && used > SHORT_OF_CASH) ||
        (policy === "news" && (view.shortfallSince !== undefined || view.haircutSince !== undefined));
      if (isReason && !this.#frightenedAt.has(name)) this.#frightenedAt.set(name, time);
      const since = this.#frightenedAt.get(name);
      if (since === undefined || time < since + delay || isOutOfCash) continue;

      const shares = pool.maxRedeem(name);
      if (shares === 0n) {
        isOutOfCash = true;
        continue;
      }
      const assets = world.assetTokens(pool.previewRedeem(shares));
      const acted = world.act(name, "redeem", shares, name, name, 0n);
      if (acted.ok) view.note({ kind: "left", who: name, assets });
    }
  }
}
