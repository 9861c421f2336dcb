// The verbs that move money. Each reads first, says what will change, and passes a limit along.
import { Problem } from "../lib/problem.ts";
import type { Market } from "./market.ts";
import { afterwards, atLeast, atMost, carryOut, pay, type Plan, type Step, tokenAt, type Writer } from "./write.ts";
import {
  decimal,
  duration,
  exact,
  MAX_UINT256,
  parseAmount,
  parseAmountOrMax,
  percent,
  price,
  ratio,
  time,
  tokens,
  WAD,
} from "./units.ts";
import type { Answer } from "./verbs.ts";

type Read = {
  bundle: Awaited<ReturnType<Market["lens"]["market"]>>;
  account: Awaited<ReturnType<Market["lens"]["account"]>>;
};

/** A tenth of a percent of a debt is more than its interest in the minutes until a transaction is mined. */
const REPAY_MARGIN = 1_000n;

async function read({ market, signer }: Writer): Promise<Read> {
  const { lens, pool } = market;
  return { bundle: await lens.market(pool), account: await lens.account(pool, signer.address) };
}

const poolStep = ({ deployed }: Market, what: string, data: string): Step => ({ what, to: deployed.pool, data });

export async function supply(writer: Writer, text: string): Promise<Answer> {
  const { market, signer } = writer;
  const { pool, asset, share, router } = market;
  const { bundle, account } = await read(writer);
  const room = bundle.limits.depositable;
  const wanted = parseAmountOrMax(text, asset);
  const assets = wanted === "max" ? (account.assetBalance < room ? account.assetBalance : room) : wanted;
  if (assets === 0n) {
    throw new Problem(
      room === 0n ? "The pool takes no deposits now: see status" : `${signer.address} has no ${asset.symbol}`,
    );
  }
  const shares = await pool.previewDeposit(assets);
  const minShares = atLeast(shares, writer);
  const worth = (shares * bundle.prices.exitPriceWad) / 10n ** 24n;
  const what = `deposit ${exact(assets, asset)} ${asset.symbol}`;
  const steps = await pay(writer, {
    token: asset,
    amount: assets,
    spender: market.deployed.pool,
    direct: poolStep(
      market,
      what,
      pool.interface.encodeFunctionData("deposit(uint256,address,uint256)", [assets, signer.address, minShares]),
    ),
    routed: router.interface.encodeFunctionData("deposit", [market.deployed.pool, assets, signer.address, minShares]),
  });
  // Where an approval comes first, the deposit itself can't be tried yet.
  if (assets > room && steps.length > 1) {
    throw new Problem(`The pool takes at most ${exact(room, asset)} ${asset.symbol} now: supply less, or see status`);
  }
  return await carryOut(writer, "supply", {
    lines: [
      ["supplies", tokens(assets, asset)],
      ["gets", `${tokens(shares, share)}, at least ${tokens(minShares, share)}`],
      ["worth", `${tokens(worth, asset)} at today's exit price`],
    ],
    steps,
    preview: { assets, shares, minShares, exitValue: worth },
  });
}

export async function withdraw(writer: Writer, text: string): Promise<Answer> {
  const { market, signer } = writer;
  const { pool, asset, share } = market;
  const { bundle, account } = await read(writer);
  const wanted = parseAmountOrMax(text, asset);
  if (wanted === "max" && account.shares === 0n) throw new Problem(`${signer.address} has no ${share.symbol}`);
  if (wanted === "max" && account.withdrawableAssets === 0n) {
    throw new Problem("The pool has no cash now: all of it is lent out");
  }
  const lines: Plan["lines"] = [];
  let data: string;
  let preview: Plan["preview"];
  if (wanted === "max" && account.redeemableShares === account.shares) {
    const { shares } = account;
    const assets = await pool.previewRedeem(shares);
    const minAssets = atLeast(assets, writer);
    lines.push(
      ["gives", `all ${tokens(shares, share)}`],
      ["gets", `${tokens(assets, asset)}, at least ${tokens(minAssets, asset)}`],
    );
    data = pool.interface.encodeFunctionData("redeem(uint256,address,address,uint256)", [
      shares,
      signer.address,
      signer.address,
      minAssets,
    ]);
    preview = { shares, assets, minAssets };
  } else {
    // All of the cash is named in assets: what shares are worth grows until it is mined, the cash does not.
    const assets = wanted === "max" ? account.withdrawableAssets : wanted;
    const shares = await pool.previewWithdraw(assets);
    const maxShares = atMost(shares, writer);
    lines.push(
      ["gets", tokens(assets, asset)],
      ["gives", `${tokens(shares, share)}, at most ${tokens(maxShares, share)}`],
    );
    if (wanted === "max") {
      lines.push(["stays", `${tokens(account.shares - shares, share)}: the pool has no cash for it now`]);
    }
    data = pool.interface.encodeFunctionData("withdraw(uint256,address,address,uint256)", [
      assets,
      signer.address,
      signer.address,
      maxShares,
    ]);
    preview = { assets, shares, maxShares };
  }
  if (bundle.prices.exitPriceWad < bundle.prices.grossPriceWad) {
    lines.push([
      "beware",
      `the exit price ${decimal(bundle.prices.exitPriceWad, 18)} is below the gross price ${decimal(bundle.prices.grossPriceWad, 18)}: who leaves now gives the difference up for good`,
    ]);
  }
  return await carryOut(writer, "withdraw", { lines, steps: [poolStep(market, "withdraw", data)], preview });
}

/** How a position stands before and after. */
function healthLines(market: Market, { bundle, account }: Read, debt: bigint, collateral: bigint) {
  const { asset, collateral: token } = market;
  const before = account.position;
  const after = afterwards(bundle, { debtAssets: debt, collateral });
  const lines: Plan["lines"] = [["collateral", `${tokens(before.collateral, token)} → ${tokens(collateral, token)}`]];
  if (before.debtAssets > 0n || debt > 0n) {
    lines.push(["debt", `${tokens(before.debtAssets, asset)} → ${tokens(debt, asset)}`]);
    lines.push(["ltv", `${percent(before.ltvWad)} → ${percent(after.ltvWad)}`]);
    lines.push(["health", `${ratio(before.healthWad)} → ${ratio(after.healthWad)}`]);
  }
  if (debt > 0n) {
    lines.push([
      "liquidated under",
      `${price(after.liquidationPrice, asset, token)} ${asset.symbol}; now ${price(bundle.prices.high, asset, token)}`,
    ]);
  }
  const preview = { debtAssets: debt, collateral, ltvWad: after.ltvWad, healthWad: after.healthWad };
  return { lines, preview };
}

export async function borrow(writer: Writer, text: string): Promise<Answer> {
  const { market, signer } = writer;
  const { pool, asset } = market;
  if (text === "max") throw new Problem("borrow takes an amount: `position` shows how much is possible");
  const assets = parseAmount(text, asset);
  const now = await read(writer);
  const { position } = now.account;
  const health = healthLines(market, now, position.debtAssets + assets, position.collateral);
  const data = pool.interface.encodeFunctionData("borrow", [assets, signer.address, signer.address]);
  return await carryOut(writer, "borrow", {
    lines: [["borrows", tokens(assets, asset)], ...health.lines],
    steps: [poolStep(market, `borrow ${exact(assets, asset)} ${asset.symbol}`, data)],
    preview: { assets, ...health.preview },
  });
}

export async function repay(writer: Writer, text: string): Promise<Answer> {
  const { market, signer } = writer;
  const { pool, asset, router, deployed } = market;
  const wanted = parseAmountOrMax(text, asset);
  const now = await read(writer);
  const { debtAssets, collateral } = now.account.position;
  if (debtAssets === 0n) throw new Problem(`${signer.address} has no debt`);
  // Whoever names more than the debt means all of it.
  const isAll = wanted === "max" || wanted >= debtAssets;
  const { minDebt } = now.bundle.terms;
  if (!isAll && debtAssets - wanted < minDebt) {
    throw new Problem(
      `A debt is nothing or at least ${exact(minDebt, asset)} ${asset.symbol}: repay less, or all of it with max`,
    );
  }
  const most = isAll ? debtAssets + debtAssets / REPAY_MARGIN + 1n : wanted;
  const balance = await tokenAt(market, asset).balanceOf(signer.address);
  // Who has the debt and no margin may still be in time.
  const amount = isAll && balance >= debtAssets && balance < most ? balance : most;
  const health = healthLines(market, now, isAll ? 0n : debtAssets - wanted, collateral);
  const steps = await pay(writer, {
    token: asset,
    amount,
    spender: deployed.pool,
    direct: poolStep(
      market,
      isAll ? "repay all" : `repay ${exact(amount, asset)} ${asset.symbol}`,
      pool.interface.encodeFunctionData("repay", [isAll ? MAX_UINT256 : amount, signer.address]),
    ),
    routed: router.interface.encodeFunctionData("repay", [deployed.pool, amount, signer.address]),
  });
  const line = isAll
    ? `${tokens(debtAssets, asset)} and the interest until it is mined; the permission is for ${tokens(amount, asset)}`
    : tokens(amount, asset);
  return await carryOut(writer, "repay", {
    lines: [["repays", line], ...health.lines],
    steps,
    preview: { assets: isAll ? debtAssets : amount, ...health.preview },
  });
}

export async function supplyCollateral(writer: Writer, text: string): Promise<Answer> {
  const { market, signer } = writer;
  const { pool, collateral, router, deployed } = market;
  const now = await read(writer);
  const wanted = parseAmountOrMax(text, collateral);
  const amount = wanted === "max" ? now.account.collateralBalance : wanted;
  if (amount === 0n) throw new Problem(`${signer.address} has no ${collateral.symbol}`);
  const { position } = now.account;
  const health = healthLines(market, now, position.debtAssets, position.collateral + amount);
  const steps = await pay(writer, {
    token: collateral,
    amount,
    spender: deployed.pool,
    direct: poolStep(
      market,
      `add ${exact(amount, collateral)} ${collateral.symbol}`,
      pool.interface.encodeFunctionData("supplyCollateral", [amount, signer.address]),
    ),
    routed: router.interface.encodeFunctionData("supplyCollateral", [deployed.pool, amount, signer.address]),
  });
  return await carryOut(writer, "supply-collateral", {
    lines: [["adds", tokens(amount, collateral)], ...health.lines],
    steps,
    preview: { amount, ...health.preview },
  });
}

export async function withdrawCollateral(writer: Writer, text: string): Promise<Answer> {
  const { market, signer } = writer;
  const { pool, collateral } = market;
  const now = await read(writer);
  const { position } = now.account;
  const wanted = parseAmountOrMax(text, collateral);
  if (wanted === "max" && position.debtAssets > 0n) {
    throw new Problem(
      `max is for a position without debt: name an amount, at most ${exact(position.withdrawableCollateral, collateral)} ${collateral.symbol} now`,
    );
  }
  const amount = wanted === "max" ? position.collateral : wanted;
  if (amount === 0n) throw new Problem(`${signer.address} has no ${collateral.symbol} in the pool`);
  const left = position.collateral < amount ? 0n : position.collateral - amount;
  const health = healthLines(market, now, position.debtAssets, left);
  const data = pool.interface.encodeFunctionData("withdrawCollateral", [amount, signer.address, signer.address]);
  return await carryOut(writer, "withdraw-collateral", {
    lines: [["takes out", tokens(amount, collateral)], ...health.lines],
    steps: [poolStep(market, `withdraw ${exact(amount, collateral)} ${collateral.symbol}`, data)],
    preview: { amount, ...health.preview },
  });
}

export async function stake(writer: Writer, text: string): Promise<Answer> {
  const { market, signer } = writer;
  const { fund, share, unit, asset, router, deployed } = market;
  const { bundle, account } = await read(writer);
  const wanted = parseAmountOrMax(text, share);
  const shares = wanted === "max" ? account.shares : wanted;
  if (shares === 0n) throw new Problem(`${signer.address} has no ${share.symbol}: supply first`);
  const units = await fund.previewDeposit(shares);
  const minUnits = atLeast(units, writer);
  const cooling = await fund.coolingPeriod();
  const steps = await pay(writer, {
    token: share,
    amount: shares,
    spender: deployed.fund,
    direct: {
      what: `stake ${exact(shares, share)} ${share.symbol}`,
      to: deployed.fund,
      data: fund.interface.encodeFunctionData("deposit(uint256,address,uint256)", [shares, signer.address, minUnits]),
    },
    routed: router.interface.encodeFunctionData("stake", [deployed.pool, shares, signer.address, minUnits]),
  });
  return await carryOut(writer, "stake", {
    lines: [
      [
        "stakes",
        `${tokens(shares, share)}, worth ${tokens((shares * bundle.prices.exitPriceWad) / 10n ** 24n, asset)}`,
      ],
      ["gets", `${tokens(units, unit)}, at least ${tokens(minUnits, unit)}`],
      ["risk", "the stake takes the pool's losses right after the reserve, before any other supplier"],
      [
        "way out",
        `unstake, ${duration(cooling)} of waiting in which it still takes losses, then claim within ${duration(await fund.claimWindow())}`,
      ],
    ],
    steps,
    preview: { shares, units, minUnits },
  });
}

export async function unstake(writer: Writer, text: string): Promise<Answer> {
  const { market, signer } = writer;
  const { fund, unit, share, asset, provider } = market;
  const { account } = await read(writer);
  const wanted = parseAmountOrMax(text, unit);
  const units = wanted === "max" ? account.stake.units : wanted;
  if (units === 0n) throw new Problem(`${signer.address} has nothing staked`);
  const shares = await fund.convertToAssets(units);
  const block = await provider.getBlock("latest");
  const claimableAt = BigInt(block?.timestamp ?? 0) + (await fund.coolingPeriod());
  const until = claimableAt + (await fund.claimWindow());
  const data = fund.interface.encodeFunctionData("requestRedeem", [units, signer.address, signer.address]);
  return await carryOut(writer, "unstake", {
    lines: [
      [
        "asks for",
        `${tokens(units, unit)}: ${tokens(shares, share)}, worth ${tokens(await market.pool.convertToAssets(shares), asset)}`,
      ],
      ["claim", `from about ${time(claimableAt)} to ${time(until)}; later it can only be staked again`],
      ["meanwhile", "it earns nothing and still takes losses"],
    ],
    steps: [{ what: `request ${exact(units, unit)} ${unit.symbol}`, to: market.deployed.fund, data }],
    preview: { units, shares, claimableAt, expiresAt: until },
  });
}

export async function claim(writer: Writer): Promise<Answer> {
  const { market, signer } = writer;
  const { pool, fund, asset, share, unit } = market;
  const { account } = await read(writer);
  const lines: Plan["lines"] = [];
  const steps: Step[] = [];
  const preview: Plan["preview"] = {};
  if (account.certificateClaimable > 0n) {
    const left = account.certificateUnpaidFace;
    lines.push([
      "recovery",
      `${tokens(account.certificateClaimable, asset)}; ${tokens(left, asset)} is still owed after that`,
    ]);
    preview["recovery"] = account.certificateClaimable;
    const data = pool.interface.encodeFunctionData("claimRecovery", [signer.address]);
    steps.push(poolStep(market, "claim the recovery", data));
  }
  const open = account.stake.requests.filter(({ status }) => status === 2n);
  const units = open.reduce((sum, request) => sum + request.units, 0n);
  if (units > 0n) {
    const gross = open.reduce((sum, { grossShares }) => sum + grossShares, 0n);
    const paid = open.reduce((sum, { paidShares }) => sum + paidShares, 0n);
    const minShares = atLeast(paid, writer);
    lines.push(["stake", `${tokens(units, unit)} for ${tokens(paid, share)}, at least ${tokens(minShares, share)}`]);
    if (paid < gross) {
      const part = percent(((gross - paid) * WAD) / gross);
      lines.push(["beware", `${part} is withheld, for the shortfall that the oracle shows: it would be lost for good`]);
    }
    Object.assign(preview, { units, poolShares: paid, minShares });
    const data = fund.interface.encodeFunctionData("redeem(uint256,address,address,uint256)", [
      units,
      signer.address,
      signer.address,
      minShares,
    ]);
    steps.push({ what: "claim the stake", to: market.deployed.fund, data });
  }
  if (steps.length === 0) {
    const cooling = account.stake.requests.find(({ status }) => status === 1n);
    throw new Problem(
      cooling === undefined
        ? `${signer.address} has nothing to claim`
        : `Nothing to claim yet: request ${cooling.requestId} cools until ${time(cooling.claimableAt)}`,
    );
  }
  return await carryOut(writer, "claim", { lines, steps, preview });
}
