// Supplying a market's asset, and taking it out again.
import { MutuaPool } from "../../../sdk/pool.js";
import { atLeast, atMost } from "../../../sdk/market.js";
import { Lines, Limit, type Own, reasonsFor, Submit, useOwn, usePart, useSteady } from "../actions/form.js";
import { argsOf, type Job, useJob } from "../actions/job.js";
import { slippage } from "../actions/slippage.js";
import { deposit, depositStops, mostToDeposit, type SupplyPreview, withdraw } from "../actions/supply.js";
import { apyText } from "../actions/words.js";
import { useStore } from "../chain/store.js";
import type { ReadyMarket } from "../chain/types.js";
import type { MarketPageProps } from "../shell/router.js";
import {
  Amount,
  AmountField,
  amountText,
  Card,
  exactText,
  Notice,
  percentText,
  sharePriceText,
  Stat,
  Tabs,
  useAmount,
} from "../ui/index.js";

const PARTS = [
  { name: "supply", title: "Supply" },
  { name: "withdraw", title: "Withdraw" },
] as const;

export function Page({ market: view }: MarketPageProps) {
  const own = useOwn(view);
  const [part, choose] = usePart(["supply", "withdraw"]);
  return (
    <div className="action">
      <div className="card">
        <Tabs label="Supply or withdraw" tabs={PARTS} chosen={part} onChoose={choose}>
          {part === "supply" ? <Deposit view={view} own={own} /> : <Withdraw view={view} own={own} />}
        </Tabs>
      </div>
      <div className="stack">
        {own.isNobody ? null : <Holding own={own} />}
        <Risk own={own} />
      </div>
    </div>
  );
}

type FormProps = { readonly view: ReadyMarket; readonly own: Own };

function Deposit({ view, own: present }: FormProps) {
  const { market } = present;
  const { asset } = market;
  const amount = useAmount(asset);
  const running = useJob(view, () => amount.setText(""));
  const own = useSteady(present, running.isBusy);
  const slippageBps = useStore(slippage);
  const preview = deposit(own, amount.value);
  const minShares = atLeast(preview.shares, slippageBps);
  const job: Job = {
    label: `Supply ${amountText(amount.value, asset)}`,
    act: async ({ signer, onStep }) =>
      await new MutuaPool(view.addresses, signer).deposit(amount.value, { onStep, minShares }),
    told(events) {
      const args = argsOf(events, "pool", "Deposit");
      if (args === undefined) return "";
      return `${amountText(args.assets, asset)} supplied for ${amountText(args.shares, market.share)} shares.`;
    },
  };
  return (
    <>
      <AmountField
        label="Amount to supply"
        token={asset}
        amount={amount}
        {...(own.isNobody ? {} : { max: mostToDeposit(own), maxLabel: "You can supply" })}
      />
      <Changes preview={preview} own={own} />
      <Limit>
        {amount.value === 0n
          ? "A deposit gets shares at the gross price."
          : `You get at least ${amountText(minShares, market.share)} shares, or nothing happens.`}
      </Limit>
      <Submit
        job={amount.value === 0n ? undefined : job}
        idle="Supply"
        running={running}
        reasons={reasonsFor(own, preview.reasons)}
        stops={depositStops(own)}
        what={`exactly ${exactText(amount.value, asset)}`}
      />
    </>
  );
}

function Withdraw({ view, own: present }: FormProps) {
  const { market, account } = present;
  const { asset } = market;
  const amount = useAmount(asset);
  const running = useJob(view, () => amount.setText(""));
  const own = useSteady(present, running.isBusy);
  const slippageBps = useStore(slippage);
  const wanted = amount.isMax ? ("all" as const) : amount.value;
  const preview = withdraw(own, wanted);
  const what = amountText(preview.assets, asset);
  const isWhole = wanted === "all" && preview.waiting === 0n;
  // What is promised below, and not what the chain says when the button is pressed.
  const [minAssets, maxShares] = [atLeast(preview.assets, slippageBps), atMost(preview.shares, slippageBps)];
  const job: Job = {
    label: isWhole ? `Withdraw all, ${what}` : `Withdraw ${what}`,
    async act({ signer, onStep }) {
      const pool = new MutuaPool(view.addresses, signer);
      onStep("send");
      return isWhole ? await pool.redeem("max", { minAssets }) : await pool.withdraw(preview.assets, { maxShares });
    },
    told(events) {
      const args = argsOf(events, "pool", "Withdraw");
      if (args === undefined) return "";
      return `${amountText(args.assets, asset)} came to your wallet for ${amountText(args.shares, market.share)} shares.`;
    },
  };
  const waiting = account.exitAssets - account.withdrawableAssets;
  return (
    <>
      <AmountField
        label="Amount to withdraw"
        token={asset}
        amount={amount}
        {...(own.isNobody ? {} : { max: account.withdrawableAssets, maxLabel: "You can take now" })}
        hint={own.isNobody || account.shares > 0n ? undefined : "You have supplied nothing to this market."}
      />
      {waiting > 0n ? (
        <Notice tone="warning" title="Not all of it can be taken now">
          Your shares are worth {amountText(account.exitAssets, asset)}, and the pool has{" "}
          {amountText(market.totals.cash, asset)} at hand. The rest can be taken when loans are repaid or others supply;
          until then the rate rises.
        </Notice>
      ) : null}
      {market.cover.uncovered > 0n && account.shares > 0n ? (
        <Notice tone="warning" title="The exit price is below the gross price">
          {amountText(market.cover.uncovered, asset)} of bad debt shows that reserve and fund don't cover. Who leaves
          now pays a part of it for good: without a share in it if the price of {market.collateral.symbol} comes back,
          and without a certificate if the loss becomes final and money is recovered.
        </Notice>
      ) : null}
      <Changes preview={preview} own={own} />
      <Limit>
        {preview.assets === 0n
          ? "Withdrawals get the exit price."
          : isWhole
            ? `You get at least ${amountText(minAssets, asset)}, or nothing happens.`
            : `It takes at most ${amountText(maxShares, market.share)} shares, or nothing happens.`}
      </Limit>
      <Submit
        job={amount.isEmpty || amount.problem !== undefined ? undefined : job}
        idle="Withdraw"
        running={running}
        reasons={reasonsFor(own, preview.reasons)}
      />
    </>
  );
}

function Changes({ preview: { before, after }, own }: { preview: SupplyPreview; own: Own }) {
  const { asset } = own.market;
  const isNothing = before.shares === 0n && after.shares === 0n;
  return (
    <Lines
      label="What changes"
      lines={[
        {
          label: "Your supply, at the exit price",
          before: amountText(before.exitAssets, asset),
          after: amountText(after.exitAssets, asset),
        },
        ...(isNothing
          ? []
          : [
              {
                label: "Your part of the pool",
                before: percentText(before.partWad),
                after: percentText(after.partWad),
              },
            ]),
        {
          label: "Supply APY",
          before: apyText(before.supplyRateWad),
          after: apyText(after.supplyRateWad),
          note: "moves with every loan and deposit",
        },
        { label: "Utilisation", before: percentText(before.utilisationWad), after: percentText(after.utilisationWad) },
      ]}
    />
  );
}

function Holding({ own: { market, account } }: { own: Own }) {
  const { asset } = market;
  return (
    <Card title="Your supply">
      <dl className="stats">
        <Stat
          label="Worth now"
          note={
            account.grossAssets > account.exitAssets
              ? `${amountText(account.grossAssets, asset)} without the shortfall`
              : undefined
          }
        >
          <Amount value={account.exitAssets} token={asset} />
        </Stat>
        <Stat label="Can be taken now">
          <Amount value={account.withdrawableAssets} token={asset} />
        </Stat>
        <Stat label="In your wallet">
          <Amount value={account.assetBalance} token={asset} />
        </Stat>
      </dl>
    </Card>
  );
}

function Risk({ own: { market } }: { own: Own }) {
  const { asset, collateral, totals, cover, prices, terms } = market;
  const gross = totals.grossAssets;
  const worth = (shares: bigint) => (totals.shares === 0n ? 0n : (shares * gross) / totals.shares);
  return (
    <Card title="What you can lose">
      <ul className="risk">
        <li>
          The pool lends your {asset.symbol} to those who put up {collateral.symbol}. If what a borrower put up no
          longer pays the debt, the rest is a loss. In the worst case you can lose all you supply.
        </li>
        <li>
          Who pays first: the reserve, {amountText(worth(cover.reserveShares), asset)} now; then the insurance fund,{" "}
          {amountText(worth(cover.fundShares), asset)} now. What is left lowers the price of all shares alike, from the
          moment the oracle shows it; who left before does not bear it. Nothing is insured beyond that fund, which is
          money of this same pool.
        </li>
        <li>
          {totals.debtAssets === 0n
            ? "Nothing is lent now."
            : `Reserve and fund are ${percentText(cover.coverageRatioWad)} of what is lent.`}{" "}
          A share is {sharePriceText(prices.exitPriceWad)} {asset.symbol} when you leave,{" "}
          {sharePriceText(prices.grossPriceWad)} when you come.
        </li>
        <li>
          Money that is lent can't be taken out until somebody repays or supplies:{" "}
          {percentText(market.rates.utilisationWad)} of the pool is lent now.
        </li>
        <li>
          The price comes from{" "}
          {terms.oraclePaths === 2n
            ? "two independent feeds"
            : terms.oraclePaths === 1n
              ? "a single feed"
              : "an oracle"}
          . A loss that no feed shows stays hidden, and a wrong feed can make one.
        </li>
        <li>The contracts are not audited.</li>
      </ul>
    </Card>
  );
}
