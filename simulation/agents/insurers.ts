// Insurers stay, or ask for redemption once frightened and take what they can get when their fourteen days are over:
// net of what the oracle shows as claims on the fund. Then they leave the pool too, as far as there is cash.
import type { View } from "./view.js";

export class Insurers {
  readonly #asked = new Set<string>();

  act(view: View): void {
    const { world, price, peak, shortfallSince } = view;
    const { fund, pool } = world;
    const isFrightened = price < peak * (1 - world.scenario.suppliers.fearAt) || shortfallSince !== undefined;
    for (const { name, flees } of world.insurers) {
      if (!flees) continue;
      const units = isFrightened && !this.#asked.has(name) ? fund.balanceOf(name) : 0n;
      if (units > 0n) {
        this.#asked.add(name);
        if (world.act(name, "requestRedeem", units, name, name).ok) {
          view.note({ kind: "did", who: name, what: "asks for redemption" });
        }
      }
      if (!this.#asked.has(name)) continue;
      const claimable = fund.claimable(name).units;
      if (claimable > 0n && world.act(name, "unstake", claimable, name, name, 0n).ok) {
        view.note({ kind: "did", who: name, what: "leaves the fund" });
      }
      const shares = pool.balanceOf(name) === 0n ? 0n : pool.maxRedeem(name);
      if (shares === 0n) continue;
      const assets = world.assetTokens(pool.previewRedeem(shares));
      if (world.act(name, "redeem", shares, name, name, 0n).ok) view.note({ kind: "left", who: name, assets });
    }
  }
}
