// Requests to leave the fund: where each stands, and what can be done with it.
import { useState } from "react";

import { MutuaFund } from "../../../sdk/fund.js";
import { atLeast, type Cooling, coolingOf, exitValue } from "../../../sdk/market.js";
import { useStore } from "../chain/store.js";
import type { ReadyMarket } from "../chain/types.js";
import { Amount, amountText, Badge, Button, Time, type Tone } from "../ui/index.js";
import { Limit, type Own, Progress, Submit } from "./form.js";
import { cancelRequest, claim } from "./insure.js";
import { argsOf, type Job, useJob } from "./job.js";
import { slippage } from "./slippage.js";

const WORDS: Record<Cooling["status"], { readonly text: string; readonly tone: Tone }> = {
  None: { text: "Closed", tone: "neutral" },
  Pending: { text: "Cooling", tone: "neutral" },
  Claimable: { text: "Can be claimed", tone: "good" },
  Expired: { text: "Window is over", tone: "warning" },
  Void: { text: "Void", tone: "bad" },
};

/** When something happens to a request next. */
export function RequestTime({ request: { status, claimableAt, expiresAt } }: { request: Cooling }) {
  switch (status) {
    case "Pending":
      return (
        <>
          can be claimed <Time at={claimableAt} isRelative />, from <Time at={claimableAt} /> to <Time at={expiresAt} />
        </>
      );
    case "Claimable":
      return (
        <>
          its window ends <Time at={expiresAt} isRelative />, at <Time at={expiresAt} />
        </>
      );
    case "Expired":
      return (
        <>
          not claimed by <Time at={expiresAt} />: return it to the active stake, or anybody may
        </>
      );
    case "Void":
      return <>losses have used up the fund since it was made: nothing is left of it</>;
    case "None":
      break;
  }
  return null;
}

export const RequestBadge = ({ request: { status } }: { request: Cooling }) => (
  <Badge tone={WORDS[status].tone}>{WORDS[status].text}</Badge>
);

type RequestsProps = { readonly view: ReadyMarket; readonly own: Own };

/** All requests of the account, with the way back for each. */
export function Requests({ view, own }: RequestsProps) {
  const { market, account, timestamp } = own;
  const running = useJob(view);
  const requests = coolingOf(market, account, timestamp);
  if (requests.length === 0) {
    return (
      <>
        <p className="muted">No request to leave the fund is open.</p>
        <Progress running={running} />
      </>
    );
  }
  const back = (request: Cooling): Job => ({
    label: `Stake request ${request.requestId} again`,
    async act({ signer, onStep }) {
      onStep("send");
      return await new MutuaFund(view.addresses, signer).cancelRedeem(request.requestId);
    },
    told(events) {
      const args = argsOf(events, "fund", "RequestReturned");
      if (args === undefined) return "";
      return `Shares worth ${amountText(exitValue(market, args.poolShares), market.asset)} are active again and earn the premium.`;
    },
  });
  return (
    <>
      <ul className="requests">
        {requests.map((request) => (
          <li key={request.requestId.toString()} className="stack">
            <div className="row">
              <strong>
                Request {request.requestId.toString()}: <Amount value={request.grossAssets} token={market.asset} />
              </strong>
              <RequestBadge request={request} />
            </div>
            <p className="muted">
              <RequestTime request={request} />
              {request.paidAssets < request.grossAssets
                ? `; net of the losses that show it would be paid ${amountText(request.paidAssets, market.asset)}`
                : ""}
              .
            </p>
            {request.status === "Void" ? null : (
              <div className="row">
                <Button
                  className="small"
                  disabled={running.isBusy || cancelRequest(own, request.requestId).reasons.length > 0}
                  onClick={() => void running.start(back(request))}
                >
                  {request.status === "Expired" ? "Return to the active stake" : "Cancel and stake again"}
                  <span className="unseen"> (request {request.requestId.toString()})</span>
                </Button>
              </div>
            )}
          </li>
        ))}
      </ul>
      <Progress running={running} />
    </>
  );
}

/** Claiming all that has cooled, net of what shows as lost: strictly, or for less. */
export function Claim({ view, own }: RequestsProps) {
  const { market } = own;
  const { asset } = market;
  const [acceptsLess, setAccepts] = useState(false);
  const running = useJob(view, () => setAccepts(false));
  const slippageBps = useStore(slippage);
  const preview = claim(own, "all", acceptsLess);
  if (preview.units === 0n) {
    return (
      <>
        <p className="muted">
          {preview.reasons[0]?.sentence}
          {preview.nextClaimableAt === undefined ? null : (
            <>
              {" "}
              The next request has cooled <Time at={preview.nextClaimableAt} isRelative />, at{" "}
              <Time at={preview.nextClaimableAt} />.
            </>
          )}
        </p>
        <Progress running={running} />
      </>
    );
  }
  const hasWithheld = preview.withheldAssets > 0n;
  const minShares = hasWithheld ? atLeast(preview.paidShares, slippageBps) : preview.paidShares;
  const job: Job = {
    label: `Claim ${amountText(preview.paidAssets, asset)} in shares`,
    async act({ signer, onStep }) {
      onStep("send");
      return await new MutuaFund(view.addresses, signer).claim("all", { minShares });
    },
    told(events) {
      const args = argsOf(events, "fund", "Withdraw");
      if (args === undefined) return "";
      return `Pool shares worth ${amountText(exitValue(market, args.assets), asset)} are in your wallet: on the page Supply they are withdrawn.`;
    },
  };
  return (
    <>
      <dl className="lines" aria-label="What a claim pays now">
        <div>
          <dt>Cooled</dt>
          <dd>
            <Amount value={preview.grossAssets} token={asset} />
          </dd>
        </div>
        {hasWithheld ? (
          <div>
            <dt>Withheld for the losses that show</dt>
            <dd className="tone-bad">
              −<Amount value={preview.withheldAssets} token={asset} />
            </dd>
          </div>
        ) : null}
        <div>
          <dt>Paid now, in pool shares</dt>
          <dd>
            <strong>
              <Amount value={preview.paidAssets} token={asset} />
            </strong>
          </dd>
        </div>
      </dl>
      {hasWithheld && preview.paidShares > 0n ? (
        <label className="check">
          <input type="checkbox" checked={acceptsLess} onChange={({ target }) => setAccepts(target.checked)} />
          Leave for less: {amountText(preview.paidAssets, asset)} instead of {amountText(preview.grossAssets, asset)}
        </label>
      ) : null}
      <Limit>
        {hasWithheld
          ? `You get at least ${amountText(minShares, market.share)} shares, now worth ${amountText(exitValue(market, minShares), asset)}, or nothing happens.`
          : "You get all of its shares, or nothing happens."}
      </Limit>
      <Submit job={job} idle="Claim" running={running} reasons={preview.reasons} />
    </>
  );
}
