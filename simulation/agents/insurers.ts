// Insurers stay, or ask for redemption once frightened, and claim when their time has come, if anything is paid.
import type { View } from "./view.js";

export class Insurers {
  readonly #asked = new Set<string>();

  act(view: View): void {
    const { world } = view;
    const { fund, pool } = world;
    const isFrightened =
      view.price < view.peak * (1 - world.scenario.suppliers.fearAt) || view.shortfallSince !== undefined;
    for (const { name, flees } of world.insurers) {
      if (!flees) continue;
      if (isFrightened && !this.#asked.has(name)) {
        this.#asked.add(name);
        const units = fund.balanceOf(name);
        if (units > 0n && world.act(name, "requestRedeem", units, name, name).ok) {
          view.note({ kind: "did", who: name, what: "asks for redemption" });
        }
      }
      if (fund.openRequests(name).length === 0) continue;
      const claim = fund.maxClaim(name);
      if (claim.poolShares === 0n) continue;
      if (!world.act(name, "unstake", claim.units, name, name, 0n).ok) continue;
      const shares = pool.maxRedeem(name);
      const assets = world.assetTokens(pool.previewRedeem(shares));
      if (shares > 0n && world.act(name, "redeem", shares, name, name, 0n).ok)
        view.note({ kind: "left", who: name, assets });
    }
  }
}
