// A loss, layer by layer: the reserve, then the fund, then everybody. In shares to burn, and in assets that sum to it.
import { min, mulDown, mulUp } from "./numbers.js";

/** A price of shares as a fraction, the virtual ones included. */
export type Fraction = { assets: bigint; shares: bigint };

/** What a share gets, and what of the shortfall no layer covers. */
export type Exit = Fraction & { uncovered: bigint };

export type Split = {
  reserveShares: bigint;
  fundShares: bigint;
  fromReserve: bigint;
  fromFund: bigint;
  haircut: bigint;
};

/** `shares` and `assets` before the loss, the virtual ones included; `reserve` and `fund` in shares. */
export function splitLoss(loss: bigint, shares: bigint, assets: bigint, reserve: bigint, fund: bigint): Split {
  const need = mulUp(loss, shares, assets);
  const reserveShares = min(need, reserve);
  const fundShares = min(need - reserveShares, fund);
  // A layer that covers what is left takes all of it; one that burns up is worth its shares, rounded down.
  const fromReserve = reserveShares === need ? loss : min(mulDown(reserveShares, assets, shares), loss);
  const rest = loss - fromReserve;
  const fromFund = reserveShares + fundShares === need ? rest : min(mulDown(fundShares, assets, shares), rest);
  return { reserveShares, fundShares, fromReserve, fromFund, haircut: rest - fromFund };
}

/**
 * Reserve and fund burn first; what they don't cover, every share bears alike. `crystal` is the pool as if pending fees
 * were shares already, with the shares that burn before others; nobody gains by that.
 */
export function exitOf(gross: Fraction, crystal: Fraction & { cover: bigint }, shortfall: bigint): Exit {
  const { assets, shares } = crystal;
  const need = mulUp(shortfall, shares, assets);
  const burned = min(need, crystal.cover);
  const uncovered = need > burned ? shortfall - mulDown(burned, assets, shares) : 0n;
  const net = { assets: assets - shortfall, shares: shares - burned };
  return { ...(net.assets * gross.shares < gross.assets * net.shares ? net : gross), uncovered };
}
