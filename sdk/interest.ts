// Interest without a call: two words of the pool's storage say what was true when it last counted, and from there every
// later second follows, to the wei.
import { accruedTo, feeUnitOf, loansOf, rateNow, utilisationOf } from "./model/interest.js";
import { MAX_INDEX_WAD, monus, mulUp, VIRTUAL_ASSETS, VIRTUAL_SHARES, WAD } from "./model/numbers.js";
import type { Totals } from "./model/state.js";

/** As of `totals.lastAccrual`. Valid until the pool's next transaction. */
export type InterestState = { readonly totals: Totals; readonly estateDebt: bigint; readonly feeUnit: bigint };

/** Where they stand: docs/storage-layout.md, and contracts/pool/PackedState.sol for the fields. */
const BOOK = 0n;
const METER = 1n;
const ESTATE = 17n;

const field = (word: bigint, offset: bigint, width: bigint): bigint => (word >> offset) & ((1n << width) - 1n);

type Storage<B> = { getStorage: (address: string, slot: bigint, block?: B) => Promise<string> };

/** Reads the state at a block; `provider` is any of ethers'. */
export async function readInterest<B>(
  provider: Storage<B>,
  pool: string,
  asset: { readonly decimals: number },
  block?: B,
): Promise<InterestState> {
  const [book = 0n, meter = 0n, estate = 0n] = await Promise.all(
    [BOOK, METER, ESTATE].map(async (slot) => BigInt(await provider.getStorage(pool, slot, block))),
  );
  return {
    totals: {
      cash: field(book, 0n, 96n),
      debtShares: field(book, 96n, 96n),
      feeUnits: field(book, 192n, 45n),
      shares: field(meter, 0n, 112n),
      index: (meter >> 112n) & MAX_INDEX_WAD,
      rateAtTarget: field(meter, 180n, 36n),
      feePercent: field(meter, 216n, 8n),
      lastAccrual: meter >> 224n,
    },
    estateDebt: field(estate, 0n, 128n),
    feeUnit: feeUnitOf(BigInt(asset.decimals)),
  };
}

export type Accrued = {
  readonly cash: bigint;
  readonly debtAssets: bigint;
  readonly debtShares: bigint;
  readonly borrowIndexWad: bigint;
  readonly pendingFees: bigint;
  readonly shares: bigint;
  readonly grossAssets: bigint;
  readonly grossPriceWad: bigint;
  readonly borrowRatePerSecondWad: bigint;
  readonly supplyRatePerSecondWad: bigint;
  readonly utilisationWad: bigint;
};

/** What the pool would answer at a time, if nobody calls it before. */
export function interestAt({ totals, estateDebt, feeUnit }: InterestState, timestamp: bigint): Accrued {
  const t = accruedTo(timestamp, totals, estateDebt, feeUnit);
  const loans = loansOf(t);
  const debtAssets = loans + estateDebt;
  const pendingFees = t.feeUnits * feeUnit;
  const grossAssets = monus(t.cash + debtAssets, pendingFees);
  const utilisationWad = utilisationOf(t.cash, debtAssets);
  const borrowRate = rateNow(t.rateAtTarget, utilisationWad);
  const supplyRate = grossAssets === 0n ? 0n : (borrowRate * loans * (100n - t.feePercent)) / (100n * grossAssets);
  return {
    cash: t.cash,
    debtAssets,
    debtShares: t.debtShares,
    borrowIndexWad: t.index,
    pendingFees,
    shares: t.shares,
    grossAssets,
    grossPriceWad: ((grossAssets + VIRTUAL_ASSETS) * WAD * VIRTUAL_SHARES) / (t.shares + VIRTUAL_SHARES),
    borrowRatePerSecondWad: borrowRate,
    supplyRatePerSecondWad: supplyRate,
    utilisationWad,
  };
}

/** What a borrower owes, rounded up as the pool does. */
export const debtOf = (debtShares: bigint, borrowIndexWad: bigint): bigint => mulUp(debtShares, borrowIndexWad, WAD);
