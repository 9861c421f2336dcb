// All markets of one account in one view: the connected one's, or that of an address in the page's own.
import { isAddress } from "ethers";
import { useState } from "react";

import { lensAt } from "../../../sdk/contracts.js";
import type { Account, Market } from "../../../sdk/market.js";
import { fallOf } from "../actions/borrow.js";
import { linkTo } from "../actions/form.js";
import { RequestBadge, RequestTime } from "../actions/requests.js";
import { type Alert, type Standing, standing } from "../actions/standing.js";
import { healthText, liquidationText, ltvText, toneOf } from "../actions/words.js";
import { useAtBlock, useChain, useMarkets, useWallet } from "../chain/app.js";
import type { MarketView } from "../chain/types.js";
import { type PageProps, to } from "../shell/router.js";
import { walletMenu } from "../shell/wallet-store.js";
import {
  Address,
  Amount,
  amountText,
  bpsText,
  Button,
  Card,
  type Column,
  Notice,
  Skeleton,
  Stat,
  Table,
} from "../ui/index.js";

import "../actions/actions.css";

export function Page({ params }: PageProps) {
  const { address: connected } = useWallet();
  const asked = params["address"];
  const address = asked ?? connected;
  return (
    <div className="stack">
      <div className="row">
        <h1>{asked === undefined || isSame(asked, connected) ? "My positions" : "Positions"}</h1>
        {address !== undefined && isAddress(address) ? <Address value={address} /> : null}
      </div>
      {address === undefined ? (
        <Card>
          <div className="stack">
            <p>Connect a wallet to see what its account has in all markets; or look at any address.</p>
            <div className="row">
              <Button kind="primary" onClick={() => walletMenu.set(true)}>
                Connect a wallet
              </Button>
            </div>
          </div>
        </Card>
      ) : isAddress(address) ? (
        <Positions address={address} isOwn={isSame(address, connected)} />
      ) : (
        <Notice tone="bad" title="This is not an address" isUrgent>
          “{address}” is not an address of 0x and 40 hexadecimal signs, or was copied with a mistake.
        </Notice>
      )}
      <LookUp key={asked ?? ""} />
    </div>
  );
}

const isSame = (address: string, other: string | undefined): boolean => address.toLowerCase() === other?.toLowerCase();

function LookUp() {
  const [text, setText] = useState("");
  const typed = text.trim();
  const isWrong = typed !== "" && !isAddress(typed);
  return (
    <Card title="Look at an address">
      <form
        className="field"
        onSubmit={(event) => {
          event.preventDefault();
          if (typed !== "" && !isWrong) location.hash = to("positions/:address", { address: typed });
        }}
      >
        <div className="field-head">
          <label htmlFor="look-up">Address</label>
        </div>
        <div className="field-box">
          <input
            id="look-up"
            autoComplete="off"
            spellCheck={false}
            placeholder="0x…"
            value={text}
            aria-invalid={isWrong}
            aria-describedby="look-up-note"
            onChange={({ target }) => setText(target.value)}
          />
          <button type="submit" className="button small" disabled={typed === "" || isWrong}>
            Show
          </button>
        </div>
        <p id="look-up-note" className={isWrong ? "field-note tone-bad" : "field-note muted"}>
          {isWrong ? "This is not an address." : "No wallet is needed to look."}
        </p>
      </form>
    </Card>
  );
}

type Place = { readonly view: MarketView; readonly market: Market; readonly all: Standing };

function Positions({ address, isOwn }: { address: string; isOwn: boolean }) {
  const views = useMarkets();
  const { block, user } = useChain();
  const pools = views.map(({ addresses }) => addresses.pool);
  const isRead = isOwn && user !== undefined && isSame(address, user);
  // One's own accounts are read with the markets already.
  const { value } = useAtBlock<readonly Account[]>(
    async (reader, { number }) => {
      const [first] = views;
      if (isRead || first === undefined) return [];
      const found = await lensAt(first.addresses.lens, reader).accounts(pools, address, { blockTag: number });
      return found.flatMap((each) => (each.isReadable ? [each.account] : []));
    },
    [address, isRead, ...pools],
  );
  const accountOf = (view: MarketView): Account | undefined => {
    const found = isRead ? view.account : value?.find(({ pool }) => isSame(pool, view.addresses.pool));
    return found !== undefined && isSame(found.user, address) ? found : undefined;
  };
  if (block === undefined || (!isRead && value === undefined)) return <Skeleton lines={6} />;
  const { timestamp } = block;
  const places = views.flatMap((view): Place[] => {
    const account = accountOf(view);
    if (view.market === undefined || account === undefined) return [];
    return [{ view, market: view.market, all: standing({ market: view.market, account, timestamp }) }];
  });
  const used = places.filter(({ all }) => !all.isEmpty);
  const missing = views.filter((view) => view.status === "unreadable");
  return (
    <>
      {missing.length === 0 ? null : (
        <Notice tone="warning">Not readable at the moment: {missing.map(({ title }) => title).join(", ")}.</Notice>
      )}
      <Alerts places={used} isOwn={isOwn} />
      {used.length === 0 ? (
        <Card>
          <p>
            {isOwn ? "You have nothing in any market yet." : "This account has nothing in any market."}{" "}
            <a href={to("markets")}>All markets</a>
          </p>
        </Card>
      ) : (
        <>
          <Sums places={used} />
          {used.map((place) => (
            <PlaceCard key={place.view.name} place={place} isOwn={isOwn} />
          ))}
        </>
      )}
    </>
  );
}

function alertText(alert: Alert, { market }: Place): string {
  const { asset, collateral } = market;
  switch (alert.kind) {
    case "insolvent":
      return "The debt is more than the collateral pays: it can be liquidated as a whole.";
    case "liquidatable":
      return "The position can be liquidated now: repay or add collateral.";
    case "close":
      return `The position is liquidated if ${collateral.symbol} falls by ${bpsText(alert.fallBps)}.`;
    case "claimable":
      return `A request to leave the fund can be claimed: ${amountText(alert.request.paidAssets, asset)}.`;
    case "expired":
      return `The window of a request over ${amountText(alert.request.grossAssets, asset)} is over: return it to the active stake.`;
    case "void":
      return "Losses have used up the fund: a request is void.";
    case "recovered":
      return `${amountText(alert.assets, asset)} came back on your certificates and can be claimed.`;
  }
  return "";
}

const ALERT_PAGES: Record<Alert["kind"], readonly [page: string, part: string | undefined, action: string]> = {
  insolvent: ["borrow", "repay", "Repay"],
  liquidatable: ["borrow", "repay", "Repay"],
  close: ["borrow", "repay", "Repay"],
  claimable: ["claim", undefined, "Claim"],
  expired: ["claim", undefined, "See the requests"],
  void: ["claim", undefined, "See the requests"],
  recovered: ["claim", undefined, "Claim"],
};
const GRAVE: readonly Alert["kind"][] = ["insolvent", "liquidatable"];

function Alerts({ places, isOwn }: { places: readonly Place[]; isOwn: boolean }) {
  const alerts = places.flatMap((place) => place.all.alerts.map((alert) => ({ alert, place })));
  return alerts.map(({ alert, place }) => {
    const [page, part, action] = ALERT_PAGES[alert.kind];
    const text = alertText(alert, place);
    return (
      <Notice
        key={`${place.view.name} ${text} ${"request" in alert ? alert.request.requestId : ""}`}
        tone={
          GRAVE.includes(alert.kind)
            ? "bad"
            : alert.kind === "recovered" || alert.kind === "claimable"
              ? "good"
              : "warning"
        }
        title={place.view.title}
      >
        {isOwn ? text : text.replace("your ", "its ")}{" "}
        {isOwn ? <a href={linkTo(page, place.view.name, part)}>{action}</a> : null}
      </Notice>
    );
  });
}

type Sum = { readonly token: string; readonly asset: Market["asset"] } & Record<SumName, bigint>;
type SumName = "supplied" | "insured" | "owed" | "collateral";

const sumColumn = (key: SumName, title: string): Column<Sum> => ({
  key,
  title,
  isNumber: true,
  render: (sum) => <Amount value={sum[key]} token={sum.asset} />,
});

const SUM_COLUMNS: readonly Column<Sum>[] = [
  { key: "token", title: "Counted in", render: ({ asset }) => asset.symbol },
  sumColumn("supplied", "Supplied, at exit prices"),
  sumColumn("insured", "In insurance funds, net of losses that show"),
  sumColumn("owed", "Owed"),
  sumColumn("collateral", "Collateral, at low prices"),
];

/** All markets together: money of one token adds up, of several it does not. */
function Sums({ places }: { places: readonly Place[] }) {
  const tokens = new Map(places.map(({ market }) => [market.asset.token, market.asset]));
  const rows = [...tokens].map(([token, asset]): Sum => {
    const same = places.filter(({ market }) => market.asset.token === token);
    const sum = (value: (all: Standing) => bigint) => same.reduce((total, { all }) => total + value(all), 0n);
    return {
      token,
      asset,
      supplied: sum((all) => all.suppliedAssets),
      insured: sum((all) => all.stakedAssets - all.stakeClaims + all.coolingAssets),
      owed: sum((all) => all.position.debtAssets),
      collateral: sum((all) => all.collateralAssets),
    };
  });
  return (
    <Card title="All markets">
      <Table caption="Sums over all markets" columns={SUM_COLUMNS} rows={rows} keyOf={({ token }) => token} />
    </Card>
  );
}

function PlaceCard({ place: { view, market, all }, isOwn }: { place: Place; isOwn: boolean }) {
  const { asset, collateral } = market;
  const { position } = all;
  const link = (page: string, text: string, part?: string) =>
    isOwn ? (
      <a key={text} className="button small" href={linkTo(page, view.name, part)}>
        {text}
      </a>
    ) : null;
  return (
    <Card title={view.title} aside={<a href={to("market/:name", { name: view.name })}>The market</a>}>
      <div className="parts">
        {all.suppliedAssets === 0n ? null : (
          <section>
            <h3>Supplied</h3>
            <dl className="stats">
              <Stat label="Worth now" note="at the exit price">
                <Amount value={all.suppliedAssets} token={asset} />
              </Stat>
              <Stat label="Can be taken now">
                <Amount value={all.withdrawableAssets} token={asset} />
              </Stat>
            </dl>
            <div className="row">
              {link("supply", "Supply more", "supply")}
              {link("supply", "Withdraw", "withdraw")}
            </div>
          </section>
        )}
        {all.stakedAssets === 0n && all.requests.length === 0 ? null : (
          <section>
            <h3>Insurance fund</h3>
            <dl className="stats">
              <Stat
                label="Active stake"
                note={
                  all.stakeClaims > 0n ? `${amountText(all.stakeClaims, asset)} of it for losses that show` : undefined
                }
              >
                <Amount value={all.stakedAssets} token={asset} />
              </Stat>
              {all.requests.length === 0 ? null : (
                <Stat
                  label="Leaving"
                  note={all.withheldAssets > 0n ? `${amountText(all.withheldAssets, asset)} withheld now` : undefined}
                >
                  <Amount value={all.coolingAssets} token={asset} />
                </Stat>
              )}
            </dl>
            {all.requests.length === 0 ? null : (
              <ul className="requests">
                {all.requests.map((request) => (
                  <li key={request.requestId.toString()}>
                    <RequestBadge request={request} /> <Amount value={request.grossAssets} token={asset} />{" "}
                    <span className="muted">
                      <RequestTime request={request} />
                    </span>
                  </li>
                ))}
              </ul>
            )}
            <div className="row">
              {link("insure", "Stake more", "stake")}
              {link("insure", "Leave", "leave")}
              {all.requests.length === 0 ? null : link("claim", "Claim")}
            </div>
          </section>
        )}
        {position.debtShares === 0n && position.collateral === 0n ? null : (
          <section>
            <h3>Loan</h3>
            <dl className="stats">
              <Stat label="Debt">
                <Amount value={position.debtAssets} token={asset} />
              </Stat>
              <Stat label="Collateral" note={`worth ${amountText(all.collateralAssets, asset)}`}>
                <Amount value={position.collateral} token={collateral} />
              </Stat>
              <Stat
                label="Health"
                note={position.debtShares === 0n ? undefined : `loan-to-value ${ltvText(position.ltvWad)}`}
              >
                <span className={`tone-${toneOf(position)}`}>{healthText(position.healthWad)}</span>
              </Stat>
              {position.debtShares === 0n ? null : (
                <Stat
                  label="Liquidated under"
                  note={position.status === "Healthy" ? `a fall of ${bpsText(fallOf(market, position))}` : "now"}
                >
                  {liquidationText(position, market)}
                </Stat>
              )}
            </dl>
            <div className="row">
              {link("borrow", "Borrow more", "borrow")}
              {position.debtShares === 0n ? null : link("borrow", "Repay", "repay")}
              {link("borrow", "Take collateral", "collateral")}
            </div>
          </section>
        )}
        {all.certificateUnpaidFace === 0n && all.certificateClaimable === 0n ? null : (
          <section>
            <h3>Certificates</h3>
            <dl className="stats">
              <Stat label="Can be claimed now">
                <Amount value={all.certificateClaimable} token={asset} />
              </Stat>
              <Stat label="Still owed">
                <Amount value={all.certificateUnpaidFace} token={asset} />
              </Stat>
            </dl>
            <div className="row">{link("claim", "Claim what came back")}</div>
          </section>
        )}
      </div>
    </Card>
  );
}
