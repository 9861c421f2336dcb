// A loss, layer by layer: the reserve, then the fund, then everybody. In shares to burn, and in assets that sum to it.
import { min, mulDown, mulUp } from "./numbers.js";

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
