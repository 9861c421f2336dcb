// What the probe must read if the contracts agree with the model: the same words in the same order, each with its name.
import type { RequestStatus, Status } from "../../sdk/model/index.js";
import { min } from "../../sdk/model/index.js";
import type { World } from "../../sdk/model/operations.js";

export type Word = readonly [name: string, value: bigint];

const STATUSES: readonly Status[] = ["None", "Healthy", "Liquidatable", "Foreclosable", "Insolvent"];
const REQUEST_STATUSES: readonly RequestStatus[] = ["None", "Pending", "Claimable", "Expired", "Void"];

const flag = (value: boolean): bigint => (value ? 1n : 0n);

/** Every account's tokens. */
type Purses = ReadonlyMap<string, { asset: bigint; collateral: bigint }>;

export function expectedState(world: World, purses: Purses, accounts: readonly string[]): Word[] {
  const { pool, fund } = world;
  const { state } = pool;
  const totals = pool.totals();
  return [
    ["time", pool.now],
    ["cash", totals.cash],
    ["debt", totals.debt],
    ["debt shares", totals.debtShares],
    ["borrow index", totals.index],
    ["pending fees", totals.pendingFees],
    ["reserve", totals.reserve],
    ["fund", totals.fund],
    ["shares", state.totals.shares],
    ["gross price", pool.grossPrice()],
    ["exit price", pool.exitPrice()],
    ["shortfall", pool.currentShortfall()],
    ["borrow rate", pool.borrowRate()],
    ["supply rate", pool.supplyRate()],
    ["unpaid face", state.certificates.unpaidFace],
    ["recoveries held", state.certificates.held],
    ...accounts.flatMap((name): Word[] => {
      const position = pool.positionOf(name);
      const certificate = pool.certificateOf(name);
      const purse = purses.get(name);
      return [
        [`${name}'s shares`, pool.balanceOf(name)],
        [`${name}'s units`, fund.balanceOf(name)],
        [`${name}'s asset`, purse?.asset ?? 0n],
        [`${name}'s collateral`, purse?.collateral ?? 0n],
        [`${name}'s debt shares`, position.debtShares],
        [`${name}'s collateral at work`, position.collateral],
        [`${name}'s tick`, BigInt(position.tick)],
        [`${name}'s mark`, position.timestamp],
        [`${name}'s flag`, flag(position.isFlagged)],
        [`${name}'s unpaid face`, certificate.unpaid],
        [`${name}'s claimable`, certificate.claimable],
      ];
    }),
  ];
}

export function expectedViews(
  world: World,
  accounts: readonly string[],
  requestIds: readonly bigint[],
  amount: bigint,
): Word[] {
  const { pool, fund, donated } = world;
  const { state } = pool;
  const totals = pool.totals();
  const price = pool.price();
  const estate = pool.estate();
  const pivot = state.pivotTick === 0 ? { debtShares: 0n, collateral: 0n } : pool.ticksFrom(state.pivotTick);
  const account = pool.fundAccount();
  let collateral = state.estateCollateral;
  for (const position of pool.positions.values()) collateral += position.collateral;
  const waterfall = pool.previewWaterfall(min(amount, pool.totals().debt));
  const leaving = pool.previewLeaveFund(amount);
  return [
    ["time", pool.now],
    ["low", price.low],
    ["high", price.high],
    ["ok", flag(price.ok)],
    ["estate's debt", estate.debt],
    ["estate's collateral", estate.collateral],
    ["estate's price", estate.price],
    ["estate's start", estate.startedAt],
    ["highest tick", BigInt(pool.highestTick())],
    ["pivot tick", BigInt(state.pivotTick)],
    ["pivot debt shares", pivot.debtShares],
    ["pivot collateral", pivot.collateral],
    ["fund with premium", account.total],
    ["cooling", account.cooling],
    ["generation", account.generation],
    ["fund units", fund.totalSupply()],
    ["asset held by the pool", totals.cash + state.certificates.held + donated.asset],
    ["collateral held by the pool", collateral + donated.collateral],
    ["borrow ltv", state.borrowLtvBps],
    ["lltv", pool.lltvNow()],
    ["supply cap", state.supplyCapTokens * pool.terms.wholeToken],
    ["borrow cap", state.borrowCapTokens * pool.terms.wholeToken],
    ["reserve fee", state.reserveFeePercent],
    ["fund fee", state.fundFeePercent],
    ["reserve target", state.reserveTargetBps],
    ["flags", flag(pool.isPaused()) + 2n * flag(state.isClosed) + 4n * flag(state.isBorrowingHalted)],
    ["gross assets", pool.grossAssets()],
    ["total assets", pool.totalAssets()],
    ["coverage", pool.coverageRatio()],
    ["utilisation", pool.utilisation()],
    ["convertToAssets", pool.convertToAssets(amount)],
    ["convertToShares", pool.convertToShares(amount)],
    ["previewDeposit", pool.previewDeposit(amount)],
    ["previewMint", pool.previewMint(amount)],
    ["previewWithdraw", pool.previewWithdraw(amount)],
    ["previewRedeem", pool.previewRedeem(amount)],
    ["fund's totalAssets", fund.totalAssets()],
    ["fund's previewDeposit", fund.previewDeposit(amount)],
    ["fund's previewMint", fund.previewMint(amount)],
    ["fund's convertToAssets", fund.convertToAssets(amount)],
    ["preview: from reserve", waterfall.fromReserve],
    ["preview: from fund", waterfall.fromFund],
    ["preview: haircut", waterfall.haircut],
    ["preview: price before", waterfall.exitPriceBefore],
    ["preview: price after", waterfall.exitPriceAfter],
    ["preview: leaving, gross", leaving.gross],
    ["preview: leaving, paid", leaving.paid],
    ...accounts.flatMap((name): Word[] => {
      const room = pool.room(name);
      const claim = fund.maxClaim(name);
      const position = pool.position(name);
      const liquidation = pool.previewLiquidation(name, amount);
      return [
        [`${name}'s maxDeposit`, room.assets],
        [`${name}'s maxMint`, room.shares],
        [`${name}'s maxWithdraw`, pool.maxWithdraw(name)],
        [`${name}'s maxRedeem`, pool.maxRedeem(name)],
        [`${name}'s maxRedeem of the fund`, claim.units],
        [`${name}'s maxWithdraw of the fund`, claim.poolShares],
        [`${name}'s open requests`, BigInt(fund.openRequests(name).length)],
        [`${name}'s debt`, position.debt],
        [`${name}'s position's collateral`, position.collateral],
        [`${name}'s ltv`, position.ltv],
        [`${name}'s status`, BigInt(STATUSES.indexOf(position.status))],
        [`${name}'s flag's time`, position.flaggedAt],
        [`${name}'s liquidation: repaid`, liquidation.repaid],
        [`${name}'s liquidation: seized`, liquidation.seized],
        [`${name}'s liquidation: loss`, liquidation.loss],
      ];
    }),
    ...requestIds.flatMap((id): Word[] => {
      const request = fund.requestOf(id);
      return [
        [`request ${id}: units`, request?.units ?? 0n],
        [`request ${id}: cooling units`, request?.coolingUnits ?? 0n],
        [`request ${id}: claimable at`, request === undefined ? 0n : request.requestedAt + 14n * 86_400n],
        [`request ${id}: status`, BigInt(REQUEST_STATUSES.indexOf(request?.status ?? "None"))],
      ];
    }),
  ];
}
