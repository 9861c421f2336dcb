// What a loss would take from whom: what `previewWaterfall` answers, to the wei, from a market that has been read. So
// the picture can follow a finger without asking the chain at every step.
import type { LossPreview, Market } from "../../../../sdk/market.js";
import { max, min, monus, mulDown, VIRTUAL_ASSETS, VIRTUAL_SHARES, WAD } from "../../../../sdk/model/numbers.js";
import { type Exit, exitOf, splitLoss } from "../../../../sdk/model/waterfall.js";

const TIERS = ["reserve", "fund", "suppliers"] as const;

export type Tier = {
  readonly name: (typeof TIERS)[number];
  /** What it has before the loss, at the gross price; and what of the loss it bears. */
  readonly holds: bigint;
  readonly bears: bigint;
  /** What of the loss arrives here: what the tiers before it have left. */
  readonly arrives: bigint;
};

export type Picture = {
  readonly loss: bigint;
  readonly tiers: readonly Tier[];
  /** Prices of a share, net of what no tier before the suppliers covers. */
  readonly exitBefore: bigint;
  readonly exitAfter: bigint;
  /** What the exit price then is below the gross price, in 1e18ths. */
  readonly markdownWad: bigint;
  readonly preview: LossPreview;
};

/** Pending fees as the shares they will be. The fund's part of them is in the lens' answer; the rest is the reserve's. */
function crystalOf({ totals, cover, fund }: Market) {
  const { grossAssets, pendingFees, shares } = totals;
  const minted = mulDown(pendingFees, shares + VIRTUAL_SHARES, grossAssets + VIRTUAL_ASSETS);
  const staked = fund.activeShares + fund.coolingShares;
  const reserve = cover.reserveShares + minted - (staked - cover.fundShares);
  return {
    assets: grossAssets + pendingFees + VIRTUAL_ASSETS,
    shares: shares + minted + VIRTUAL_SHARES,
    reserve,
    fund: staked,
    cover: reserve + staked,
  };
}

function exitWith(market: Market, shortfall: bigint): Exit {
  const { grossAssets, shares } = market.totals;
  const open = { assets: grossAssets + VIRTUAL_ASSETS, shares: shares + VIRTUAL_SHARES };
  return shortfall === 0n ? { ...open, uncovered: 0n } : exitOf(open, crystalOf(market), shortfall);
}

const priceOf = ({ assets, shares }: Exit): bigint => (assets * WAD * VIRTUAL_SHARES) / shares;

/** The price a share would get if the oracle showed this shortfall, in 1e18ths. */
export const exitPriceAt = (market: Market, shortfall: bigint): bigint =>
  priceOf(exitWith(market, min(shortfall, market.totals.debtAssets)));

/** More than all debt can't be lost. A loss up to the visible shortfall is that shortfall becoming final. */
export function pictureOf(market: Market, wanted: bigint): Picture {
  const { totals, cover, prices } = market;
  const loss = min(wanted, totals.debtAssets);
  const { assets, shares, ...cushion } = crystalOf(market);
  const split = splitLoss(loss, shares, assets, cushion.reserve, cushion.fund);
  const worth = (part: bigint): bigint => mulDown(part, assets, shares);
  const [reserve, fund] = [worth(cushion.reserve), worth(cushion.fund)];
  const suppliers = monus(totals.grossAssets + totals.pendingFees, reserve + fund);
  const exitBefore = priceOf(exitWith(market, cover.shortfall));
  const exitAfter = priceOf(exitWith(market, max(cover.shortfall, loss)));
  return {
    loss,
    tiers: [
      { name: "reserve", holds: reserve, bears: split.fromReserve, arrives: loss },
      { name: "fund", holds: fund, bears: split.fromFund, arrives: loss - split.fromReserve },
      { name: "suppliers", holds: suppliers, bears: split.haircut, arrives: split.haircut },
    ],
    exitBefore,
    exitAfter,
    markdownWad: markdownOf(prices.grossPriceWad, exitAfter),
    preview: {
      loss,
      fromReserve: split.fromReserve,
      fromFund: split.fromFund,
      haircut: split.haircut,
      exitPriceBefore: exitBefore,
      exitPriceAfter: exitAfter,
    },
  };
}

/** How far a price is below another, as a part of it. */
export const markdownOf = (gross: bigint, exit: bigint): bigint =>
  gross === 0n ? 0n : (monus(gross, exit) * WAD) / gross;

// ---------------------------------------------------------------- the slider

export const STEPS = 1_000;

/** By squares: small losses, where reserve and fund are, have as much room as large ones. */
export const lossAt = (step: number, debt: bigint): bigint =>
  step >= STEPS ? debt : (debt * BigInt(Math.round(step)) ** 2n) / BigInt(STEPS) ** 2n;

/** The step that is nearest to a loss. */
export function stepOf(loss: bigint, debt: bigint): number {
  if (debt === 0n) return 0;
  return Math.min(STEPS, Math.round(Math.sqrt(Number((loss * 10n ** 12n) / debt) / 1e12) * STEPS));
}
