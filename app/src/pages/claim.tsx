// What comes back: certificates after a haircut, and requests to leave the fund.
import { MutuaPool } from "../../../sdk/pool.js";
import { type Own, Submit, useOwn } from "../actions/form.js";
import { argsOf, type Job, useJob } from "../actions/job.js";
import { claimRecovery } from "../actions/recovery.js";
import { Claim, Requests } from "../actions/requests.js";
import { linkTo } from "../actions/form.js";
import type { ReadyMarket } from "../chain/types.js";
import type { MarketPageProps } from "../shell/router.js";
import { Amount, amountText, Card, Stat } from "../ui/index.js";

export function Page({ market: view }: MarketPageProps) {
  const own = useOwn(view);
  return (
    <div className="action">
      <div className="stack">
        <Certificates view={view} own={own} />
        <Card title="What has cooled in the fund">
          <Claim view={view} own={own} />
        </Card>
      </div>
      <div className="stack">
        <Card
          title="Your requests to leave the fund"
          aside={<a href={linkTo("insure", view.name, "leave")}>New request</a>}
        >
          <Requests view={view} own={own} />
        </Card>
        <AboutCertificates own={own} />
      </div>
    </div>
  );
}

function Certificates({ view, own }: { view: ReadyMarket; own: Own }) {
  const { asset } = own.market;
  const running = useJob(view);
  const preview = claimRecovery(own);
  const what = amountText(preview.claimable, asset);
  const job: Job = {
    label: `Claim ${what}`,
    async act({ signer, onStep }) {
      onStep("send");
      return await new MutuaPool(view.addresses, signer).claimRecovery();
    },
    told(events) {
      const args = argsOf(events, "pool", "RecoveryClaimed");
      return args === undefined ? "" : `${amountText(args.assets, asset)} came to your wallet.`;
    },
  };
  return (
    <Card title="Your certificates">
      <dl className="stats spaced">
        <Stat label="Can be claimed now">
          <Amount value={preview.claimable} token={asset} />
        </Stat>
        <Stat label="Still owed to you" note="out of what may be recovered">
          <Amount value={preview.unpaidFace} token={asset} />
        </Stat>
      </dl>
      {own.isNobody || preview.reasons.length === 0 ? null : (
        <p className="muted">
          {preview.reasons[0]?.sentence} {preview.reasons[0]?.wayOut}
        </p>
      )}
      <Submit
        job={preview.claimable > 0n ? job : undefined}
        idle="Claim"
        running={running}
        reasons={own.isNobody || preview.claimable === 0n ? [] : preview.reasons}
      />
    </Card>
  );
}

function AboutCertificates({ own: { market } }: { own: Own }) {
  const { certificates, asset } = market;
  return (
    <Card title="How money comes back">
      <dl className="stats spaced">
        <Stat label="Owed to all who bore a haircut">
          <Amount value={certificates.unpaidFace} token={asset} />
        </Stat>
        <Stat label="Held for their claims">
          <Amount value={certificates.held} token={asset} />
        </Stat>
      </dl>
      <ul className="risk">
        <li>
          When a loss lowers the price of shares, everybody who holds shares in that moment gets a certificate over
          their part, without doing anything. It stays theirs when they leave or sell the shares.
        </li>
        <li>
          What is recovered is paid to all certificates in the proportion of what they are still owed, never more than
          their face. Nobody promises that anything is: a certificate can stay unpaid for ever.
        </li>
        <li>Reserve and fund get nothing of it until all certificates are paid, and then only the reserve.</li>
      </ul>
    </Card>
  );
}
