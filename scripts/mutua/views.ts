// `position` and `preview-loss`: what there is, and what a loss would take.
import { Problem } from "../lib/problem.ts";
import { change, list, table } from "../lib/table.ts";
import type { Market } from "./market.ts";
import { plain } from "./plain.ts";
import { STATUSES } from "./status.ts";
import type { Answer } from "./verbs.ts";
import { decimal, parseAddress, parseAmount, percent, price, ratio, time, tokens } from "./units.ts";

const REQUEST_STATUSES = ["none", "cooling", "claimable", "expired", "void"];

export async function position(market: Market, text: string): Promise<Answer> {
  const { lens, pool, asset, collateral, share, unit } = market;
  const account = await lens.account(pool, parseAddress(text));
  const { position: info, stake } = account;
  const rows: [string, string][] = [
    ["wallet", `${tokens(account.assetBalance, asset)}, ${tokens(account.collateralBalance, collateral)}`],
    [
      "supplied",
      account.shares === 0n
        ? "nothing"
        : `${tokens(account.shares, share)}: ${tokens(account.exitAssets, asset)} at the exit price, of which ${tokens(account.withdrawableAssets, asset)} can leave now`,
    ],
  ];
  if (account.grossAssets > account.exitAssets + 1n) {
    rows.push(["at the gross price", tokens(account.grossAssets, asset)]);
  }
  if (info.debtAssets === 0n && info.collateral === 0n) rows.push(["borrowed", "nothing"]);
  else {
    rows.push(
      [
        "collateral",
        `${tokens(info.collateral, collateral)}, of which ${tokens(info.withdrawableCollateral, collateral)} can leave now`,
      ],
      ["borrowed", info.debtAssets === 0n ? "nothing" : tokens(info.debtAssets, asset)],
      ["can borrow", `${tokens(info.borrowableAssets, asset)} more, the pool's own limits aside`],
    );
    if (info.debtAssets > 0n) {
      rows.push(
        ["ltv", `${percent(info.ltvWad)}; health ${ratio(info.healthWad)}`],
        [
          "status",
          `${STATUSES[Number(info.status)]}${info.flaggedAt > 0n ? `, flagged since ${time(info.flaggedAt)}` : ""}; liquidated under ${price(info.liquidationPrice, asset, collateral)} ${asset.symbol}`,
        ],
      );
    }
    if (info.repayAssets > 0n || info.seizedCollateral > 0n || info.lossAssets > 0n) {
      rows.push([
        "a liquidator now",
        `pays ${tokens(info.repayAssets, asset)}, takes ${tokens(info.seizedCollateral, collateral)}, and the pool loses ${tokens(info.lossAssets, asset)}`,
      ]);
    }
  }
  rows.push([
    "staked",
    stake.units === 0n
      ? "nothing"
      : `${tokens(stake.units, unit)}: ${tokens(stake.poolShares, share)}, worth ${tokens(stake.assets, asset)}`,
  ]);
  for (const request of stake.requests) {
    const status = REQUEST_STATUSES[Number(request.status)];
    rows.push([
      `request ${request.requestId}`,
      `${tokens(request.units, unit)}, ${status}: claim from ${time(request.claimableAt)} to ${time(request.expiresAt)}, now ${tokens(request.paidShares, share)}`,
    ]);
  }
  rows.push([
    "certificates",
    account.certificateUnpaidFace === 0n && account.certificateClaimable === 0n
      ? "none"
      : `${tokens(account.certificateUnpaidFace, asset)} still owed, ${tokens(account.certificateClaimable, asset)} can be claimed`,
  ]);
  return { text: `${account.user} in ${share.symbol}\n${list(rows)}`, data: plain(account) as Record<string, unknown> };
}

export async function previewLoss(market: Market, text: string): Promise<Answer> {
  const { lens, pool, asset } = market;
  const asked = parseAmount(text, asset);
  const [preview] = await lens.previewLosses(pool, [asked]);
  const { cover, totals } = await lens.market(pool);
  if (preview === undefined || preview.loss === 0n) throw new Problem("There is no debt, so nothing can be lost");
  const { loss, fromReserve, fromFund, haircut, exitPriceBefore, exitPriceAfter } = preview;
  const of = (part: bigint) => [tokens(part, asset), percent((part * 10n ** 18n) / loss)];
  const note = [
    ...(loss < asked ? [`There is ${tokens(totals.debtAssets, asset)} of debt: more can't be lost.`] : []),
    ...(cover.shortfall > 0n
      ? [
          `The oracle shows a shortfall of ${tokens(cover.shortfall, asset)} already: a loss up to it leaves the exit price where it is.`,
        ]
      : []),
  ];
  return {
    text: [
      table(
        [`a loss of ${tokens(loss, asset)}`, "takes", "part"],
        [
          ["from the reserve", ...of(fromReserve)],
          ["from the fund", ...of(fromFund)],
          ["from all suppliers (the haircut)", ...of(haircut)],
        ],
      ),
      `exit price ${decimal(exitPriceBefore, 18)} → ${decimal(exitPriceAfter, 18)}${exitPriceAfter < exitPriceBefore ? `: ${change(exitPriceBefore, exitPriceAfter)} for every supplier` : ""}`,
      ...note,
    ].join("\n"),
    data: { asked, ...(plain(preview) as Record<string, unknown>) },
  };
}
