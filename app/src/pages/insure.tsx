// Staking in the insurance fund, and asking to leave it.
import { useState } from "react";

import { MutuaFund } from "../../../sdk/fund.js";
import { atLeast, exitValue } from "../../../sdk/market.js";
import { COOLING_PERIOD } from "../../../sdk/model/numbers.js";
import { Lines, Limit, linkTo, type Own, reasonsFor, Submit, useOwn, usePart, useSteady } from "../actions/form.js";
import { claimsOn, requestLeave, stakeAssets, type StakePreview, stakeShares, unitsWorth } from "../actions/insure.js";
import { argsOf, type Job, useJob } from "../actions/job.js";
import { Requests } from "../actions/requests.js";
import { slippage } from "../actions/slippage.js";
import { depositStops, mostToDeposit } from "../actions/supply.js";
import { apyText } from "../actions/words.js";
import { useStore } from "../chain/store.js";
import type { ReadyMarket } from "../chain/types.js";
import type { MarketPageProps } from "../shell/router.js";
import {
  Amount,
  AmountField,
  amountText,
  Card,
  durationText,
  exactText,
  Notice,
  percentText,
  Stat,
  Tabs,
  Time,
  useAmount,
} from "../ui/index.js";

const PARTS = [
  { name: "stake", title: "Stake" },
  { name: "leave", title: "Leave" },
] as const;

export function Page({ market: view }: MarketPageProps) {
  const own = useOwn(view);
  const [part, choose] = usePart(["stake", "leave"]);
  return (
    <div className="action">
      <div className="stack">
        <div className="card">
          <Tabs label="Stake or leave" tabs={PARTS} chosen={part} onChoose={choose}>
            {part === "stake" ? <Stake view={view} own={own} /> : <Leave view={view} own={own} />}
          </Tabs>
        </div>
        {own.isNobody ? null : (
          <Card title="Your requests to leave" aside={<a href={linkTo("claim", view.name)}>Claim what has cooled</a>}>
            <Requests view={view} own={own} />
          </Card>
        )}
      </div>
      <div className="stack">
        <Earnings own={own} />
        <Risk own={own} />
      </div>
    </div>
  );
}

type FormProps = { readonly view: ReadyMarket; readonly own: Own };

function Stake({ view, own: present }: FormProps) {
  const { market, account } = present;
  const { asset } = market;
  const [source, setSource] = useState<"asset" | "shares">("asset");
  const amount = useAmount(asset);
  const running = useJob(view, () => amount.setText(""));
  const own = useSteady(present, running.isBusy);
  const slippageBps = useStore(slippage);
  const isShares = source === "shares" && account.shares > 0n;
  const isAll = isShares && amount.isMax;
  const shares = isAll ? account.shares : sharesWorth(own, amount.value);
  const preview = isShares ? stakeShares(own, isAll ? "all" : shares) : stakeAssets(own, amount.value);
  const what = amountText(amount.value, asset);
  const minUnits = atLeast(preview.units, slippageBps);
  const job: Job = {
    label: isShares ? `Stake shares worth ${what}` : `Stake ${what}`,
    async act({ signer, onStep }) {
      const fund = new MutuaFund(view.addresses, signer);
      const options = { onStep, minUnits };
      return isShares
        ? await fund.stake(isAll ? "all" : shares, options)
        : await fund.depositAndStake(amount.value, options);
    },
    told(events) {
      const args = argsOf(events, "fund", "Deposit");
      if (args === undefined) return "";
      return `Shares worth ${amountText(exitValue(market, args.assets), asset)} are staked. They earn the premium from now on, and pay before other suppliers.`;
    },
  };
  const choose = (next: "asset" | "shares"): void => {
    setSource(next);
    amount.setText("");
  };
  return (
    <>
      {account.shares === 0n ? null : (
        <fieldset className="radios">
          <legend className="unseen">What to stake</legend>
          <label>
            <input type="radio" name="source" checked={!isShares} onChange={() => choose("asset")} /> {asset.symbol}{" "}
            from the wallet
          </label>
          <label>
            <input type="radio" name="source" checked={isShares} onChange={() => choose("shares")} /> What you have
            supplied
          </label>
        </fieldset>
      )}
      <AmountField
        label="Amount to stake"
        token={asset}
        amount={amount}
        {...(own.isNobody
          ? {}
          : {
              max: isShares ? account.exitAssets : mostToDeposit(own),
              maxLabel: isShares ? "Supplied" : "You can stake",
            })}
        hint={isShares ? undefined : `It is supplied to the pool on the way.`}
      />
      {preview.claimsTaken > 0n && amount.value > 0n ? (
        <Notice tone="warning" title="You would step into losses that show">
          The oracle shows losses that the fund would bear. {amountText(preview.claimsTaken, asset)} of this stake would
          go for them if they become final at this price.
        </Notice>
      ) : null}
      <Changes preview={preview} own={own} />
      <p className="muted">
        The way out takes {durationText(COOLING_PERIOD)}: if you asked to leave now, you could claim from{" "}
        <Time at={requestLeave(own, 0n).claimableAt} /> to <Time at={requestLeave(own, 0n).expiresAt} />.
      </p>
      <Limit>
        {amount.value === 0n
          ? "A stake gets units of the fund."
          : `You get at least ${amountText(minUnits, market.fund.unit, { isCompact: true })} units, or nothing happens.`}
      </Limit>
      <Submit
        job={amount.value === 0n ? undefined : job}
        idle="Stake"
        running={running}
        reasons={reasonsFor(own, preview.reasons)}
        stops={isShares ? [] : depositStops(own)}
        what={isShares ? `shares worth ${what}` : `exactly ${exactText(amount.value, asset)}`}
      />
    </>
  );
}

/** Shares of the account that are worth so much now; more than it has where it is worth more. */
function sharesWorth({ account }: Own, assets: bigint): bigint {
  return account.exitAssets === 0n ? 0n : (account.shares * assets) / account.exitAssets;
}

function Leave({ view, own: present }: FormProps) {
  const { market, account } = present;
  const { asset } = market;
  const amount = useAmount(asset);
  const running = useJob(view, () => amount.setText(""));
  const own = useSteady(present, running.isBusy);
  const isAll = amount.isMax;
  const isTooMuch = amount.value > account.stake.assets;
  const units = isTooMuch ? account.stake.units + 1n : unitsWorth(own, amount.value);
  const preview = requestLeave(own, isAll ? "all" : units);
  const what = amountText(amount.value, asset);
  const job: Job = {
    label: isAll ? `Ask back all, ${amountText(account.stake.assets, asset)}` : `Ask back ${what}`,
    async act({ signer, onStep }) {
      onStep("send");
      return await new MutuaFund(view.addresses, signer).requestRedeem(isAll ? "all" : units);
    },
    told(events) {
      const args = argsOf(events, "fund", "CoolingStarted");
      if (args === undefined) return "";
      return `Request ${args.requestId}: shares worth ${amountText(exitValue(market, args.poolShares), asset)} are cooling.`;
    },
  };
  return (
    <>
      <AmountField
        label="Amount to ask back"
        token={asset}
        amount={amount}
        {...(own.isNobody ? {} : { max: account.stake.assets, maxLabel: "Active stake" })}
        hint={own.isNobody || account.stake.units > 0n ? undefined : "You have no active stake in this fund."}
      />
      <Changes preview={preview} own={own} />
      <Notice title="What a request does">
        What you ask back earns no premium from the moment you ask, and bears losses until it is claimed. It can be
        claimed from <Time at={preview.claimableAt} /> to <Time at={preview.expiresAt} />. Later it has to be asked for
        again. While losses show, a claim is paid net of them.
      </Notice>
      <Submit
        job={amount.isEmpty || amount.problem !== undefined ? undefined : job}
        idle="Ask back"
        running={running}
        reasons={reasonsFor(own, preview.reasons)}
      />
    </>
  );
}

function Changes({ preview: { before, after }, own: { market } }: { preview: StakePreview; own: Own }) {
  const { asset } = market;
  return (
    <Lines
      label="What changes"
      lines={[
        {
          label: "Your active stake",
          before: amountText(before.assets, asset),
          after: amountText(after.assets, asset),
        },
        ...(before.coolingAssets === 0n && after.coolingAssets === 0n
          ? []
          : [
              {
                label: "Cooling",
                before: amountText(before.coolingAssets, asset),
                after: amountText(after.coolingAssets, asset),
              },
            ]),
        {
          label: "Your part of the active stake",
          before: percentText(before.partWad),
          after: percentText(after.partWad),
        },
        {
          label: "Premium APY",
          before: apyText(before.premiumRateWad),
          after: apyText(after.premiumRateWad),
          note: `on top of the supply APY of ${apyText(after.supplyRateWad)}`,
        },
        {
          label: "Reserve and fund cover",
          before: coverText(before.coverageWad),
          after: coverText(after.coverageWad),
          note: "of all that is lent",
        },
      ]}
    />
  );
}

const coverText = (ratioWad: bigint): string =>
  ratioWad > 10n ** 24n ? "all: nothing is lent" : percentText(ratioWad);

function Earnings({ own }: { own: Own }) {
  const { market, account } = own;
  const now = stakeShares(own, 0n).before;
  const claims = claimsOn(market, account.stake.poolShares);
  return (
    <Card title="The fund now">
      <dl className="stats spaced">
        <Stat label="Premium APY" note="for active stakes">
          {apyText(now.premiumRateWad)}
        </Stat>
        <Stat label="Premium and supply">{apyText(now.premiumRateWad + now.supplyRateWad)}</Stat>
        <Stat
          label="Staked"
          note={`${amountText(exitValue(market, market.fund.coolingShares), market.asset)} of it leaving`}
        >
          <Amount
            value={exitValue(market, market.fund.activeShares + market.fund.coolingShares)}
            token={market.asset}
          />
        </Stat>
        {account.stake.units === 0n ? null : (
          <Stat
            label="Your stake"
            note={claims > 0n ? `${amountText(claims, market.asset)} of it for losses that show` : undefined}
          >
            <Amount value={account.stake.assets} token={market.asset} />
          </Stat>
        )}
      </dl>
      {market.fund.generation === 0n ? null : (
        <p className="muted">
          Losses have used this fund up before. Stakes and requests from before that are void; new ones are not touched
          by it.
        </p>
      )}
    </Card>
  );
}

function Risk({ own: { market } }: { own: Own }) {
  const { asset, cover, totals } = market;
  const reserve = totals.shares === 0n ? 0n : (cover.reserveShares * totals.grossAssets) / totals.shares;
  return (
    <Card title="What you can lose">
      <ul className="risk">
        <li>
          All of your stake. When the pool has a loss, the reserve pays first, {amountText(reserve, asset)} now. Then
          this fund pays, all stakes in the same proportion, before any other supplier loses anything.
        </li>
        <li>
          The premium is the price for that: {market.terms.fundFeePercent.toString()}% of the interest that borrowers
          pay, shared by the active stakes. With more stakes each gets less.
        </li>
        <li>
          The fund is shares of its own pool. It brings no money from outside, and when the pool as a whole fails, a
          stake is worth nothing.
        </li>
        <li>
          Nobody leaves ahead of a loss that is near: it takes {durationText(COOLING_PERIOD)} until a request can be
          claimed, it bears losses all the while, and what shows as lost is withheld from a claim.
        </li>
        <li>
          What was paid for a loss does not come back: recovered money goes to the suppliers who bore a haircut, and
          only what is above that to the reserve.
        </li>
      </ul>
    </Card>
  );
}
