// Borrowing against collateral, repaying, and taking collateral back.
import { useState } from "react";

import { MutuaPool } from "../../../sdk/pool.js";
import type { Plan } from "../../../sdk/health.js";
import {
  borrowStops,
  loan,
  type LoanPreview,
  mostToAdd,
  mostToBorrow,
  mostToRepay,
  mostToTake,
  roundAmount,
  safeBorrows,
} from "../actions/borrow.js";
import { type Line, Lines, type Own, reasonsFor, Submit, useOwn, usePart, useSteady } from "../actions/form.js";
import { argsOf, type Job, useJob } from "../actions/job.js";
import { apyText, fallText, healthText, liquidationText, ltvText, toneOf } from "../actions/words.js";
import type { ReadyMarket } from "../chain/types.js";
import type { MarketPageProps } from "../shell/router.js";
import {
  Amount,
  AmountField,
  type AmountInput,
  amountText,
  bpsText,
  Card,
  exactText,
  Notice,
  priceText,
  Stat,
  Tabs,
  useAmount,
} from "../ui/index.js";

const PARTS = [
  { name: "borrow", title: "Borrow" },
  { name: "repay", title: "Repay" },
  { name: "collateral", title: "Take collateral" },
] as const;

export function Page({ market: view }: MarketPageProps) {
  const own = useOwn(view);
  const [part, choose] = usePart(["borrow", "repay", "collateral"]);
  const props = { view, own };
  return (
    <div className="action">
      <div className="card">
        <Tabs label="Borrow, repay or take collateral" tabs={PARTS} chosen={part} onChoose={choose}>
          {part === "borrow" ? <Borrow {...props} /> : part === "repay" ? <Repay {...props} /> : <Take {...props} />}
        </Tabs>
      </div>
      <div className="stack">
        {own.isNobody ? null : <Position own={own} />}
        <Risk own={own} />
      </div>
    </div>
  );
}

type FormProps = { readonly view: ReadyMarket; readonly own: Own };

// ---------------------------------------------------------------- in

function Borrow({ view, own: present }: FormProps) {
  const { market } = present;
  const { asset, collateral } = market;
  const added = useAmount(collateral);
  const borrowed = useAmount(asset);
  const running = useJob(view, () => {
    added.setText("");
    borrowed.setText("");
  });
  const own = useSteady(present, running.isBusy);
  const plan: Plan = { addCollateral: added.value, borrow: borrowed.value };
  const preview = loan(own, plan);
  const [amount, what] = [amountText(borrowed.value, asset), amountText(added.value, collateral)];
  const job: Job = {
    label: labelOf(added.value, borrowed.value, what, amount),
    async act({ signer, onStep }) {
      const pool = new MutuaPool(view.addresses, signer);
      if (borrowed.value === 0n) return await pool.supplyCollateral(added.value, { onStep });
      if (added.value > 0n) return await pool.open(added.value, borrowed.value, { onStep });
      onStep("send");
      return await pool.borrow(borrowed.value);
    },
    told(events) {
      const put = argsOf(events, "pool", "CollateralSupplied");
      const got = argsOf(events, "pool", "Borrowed");
      return [
        put === undefined ? "" : `${amountText(put.amount, collateral)} put up.`,
        got === undefined ? "" : `${amountText(got.assets, asset)} came to your wallet.`,
      ].join(" ");
    },
  };
  const isReady =
    (added.value > 0n || borrowed.value > 0n) && added.problem === undefined && borrowed.problem === undefined;
  return (
    <>
      <AmountField
        label="Collateral to add"
        token={collateral}
        amount={added}
        {...(own.isNobody ? {} : { max: mostToAdd(own), maxLabel: "You can add" })}
        hint={own.account.position.collateral > 0n ? "Leave it empty to borrow on what is there." : undefined}
      />
      <AmountField
        label="Amount to borrow"
        token={asset}
        amount={borrowed}
        hint="Leave it empty to add collateral only."
      />
      <HowMuch own={own} added={added.value} borrowed={borrowed} />
      <Changes preview={preview} own={own} />
      <Submit
        job={isReady ? job : undefined}
        idle="Borrow"
        running={running}
        reasons={reasonsFor(own, preview.reasons)}
        stops={borrowStops(own)}
        what={`exactly ${exactText(added.value, collateral)}`}
      />
    </>
  );
}

function labelOf(added: bigint, borrowed: bigint, what: string, amount: string): string {
  if (borrowed === 0n) return `Add ${what}`;
  return added === 0n ? `Borrow ${amount}` : `Add ${what} and borrow ${amount}`;
}

const NOTCHES = 200n;

/** Picks by the fall of the price that a loan bears, and a slider over all that the pool would lend. */
function HowMuch({ own, added, borrowed }: { own: Own; added: bigint; borrowed: AmountInput }) {
  const { market, account } = own;
  const most = mostToBorrow(own, added);
  const picks = safeBorrows(own, added);
  if (most === 0n) return null;
  const notch = borrowed.value >= most ? NOTCHES : (borrowed.value * NOTCHES + most / 2n) / most;
  const { ltvWad } = loan(own, { addCollateral: added, borrow: borrowed.value }).after;
  const set = (value: bigint) => (value === 0n ? borrowed.setText("") : borrowed.setMax(value));
  // The least debt there can be: below it the slider gives nothing.
  const least = account.position.debtShares === 0n ? market.terms.minDebt : 0n;
  return (
    <>
      <div className="slider">
        <input
          type="range"
          min="0"
          max={NOTCHES.toString()}
          value={notch.toString()}
          aria-label="How much of what the pool would lend"
          aria-valuetext={`${amountText(borrowed.value, market.asset)}, loan-to-value ${ltvText(ltvWad)}`}
          onChange={({ target }) => {
            const place = BigInt(target.value);
            const value = place === NOTCHES ? most : roundAmount((most * place) / NOTCHES);
            set(value < least ? 0n : value);
          }}
        />
        <div className="row">
          <span>nothing</span>
          <span>all it would lend: {amountText(most, market.asset)}</span>
        </div>
      </div>
      {picks.length === 0 ? null : (
        <div className="picks" role="group" aria-label="Amounts that bear a fall of the price">
          <span>Borrow so much that you are not liquidated when {market.collateral.symbol} falls by</span>
          {picks.map(({ fallBps, assets }) => (
            <button key={fallBps.toString()} type="button" className="button small" onClick={() => set(assets)}>
              {bpsText(fallBps)}: {amountText(assets, market.asset)}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

// ---------------------------------------------------------------- back

function Repay({ view, own: present }: FormProps) {
  const { market, account } = present;
  const { asset, collateral } = market;
  const amount = useAmount(asset);
  const [isClosing, setClosing] = useState(false);
  const running = useJob(view, () => {
    amount.setText("");
    setClosing(false);
  });
  const own = useSteady(present, running.isBusy);
  const most = mostToRepay(own);
  const debt = loan(own, {}).before.debtAssets;
  const isAll = most === "all" && (amount.isMax || amount.value >= debt);
  const closes = isAll && isClosing && account.position.collateral > 0n;
  const plan: Plan = { repay: isAll ? "all" : amount.value, ...(closes ? { removeCollateral: "all" as const } : {}) };
  const preview = loan(own, plan);
  const what = amountText(preview.repaid, asset);
  const job: Job = {
    label: closes
      ? `Repay all and take ${amountText(preview.taken, collateral)} back`
      : isAll
        ? `Repay all, ${what}`
        : `Repay ${what}`,
    async act({ signer, onStep }) {
      const pool = new MutuaPool(view.addresses, signer);
      return closes ? await pool.close({ onStep }) : await pool.repay(isAll ? "all" : amount.value, { onStep });
    },
    told(events) {
      const paid = argsOf(events, "pool", "Repaid");
      const taken = argsOf(events, "pool", "CollateralWithdrawn");
      return [
        paid === undefined ? "" : `${amountText(paid.assets, asset)} repaid.`,
        taken === undefined ? "" : `${amountText(taken.amount, collateral)} came back to your wallet.`,
      ].join(" ");
    },
  };
  return (
    <>
      <AmountField
        label="Amount to repay"
        token={asset}
        amount={amount}
        {...(own.isNobody
          ? {}
          : { max: most === "all" ? debt : most, maxLabel: most === "all" ? "You owe" : "You can repay" })}
        hint={
          own.isNobody || debt > 0n
            ? "All of it is what you owe in the second of the transaction; a little more is allowed for, and not taken."
            : "You owe nothing in this market."
        }
      />
      {isAll && account.position.collateral > 0n ? (
        <label className="check">
          <input type="checkbox" checked={isClosing} onChange={({ target }) => setClosing(target.checked)} />
          Take all collateral back in the same transaction
        </label>
      ) : null}
      <Changes preview={preview} own={own} />
      <Submit
        job={amount.isEmpty || amount.problem !== undefined ? undefined : job}
        idle="Repay"
        running={running}
        reasons={reasonsFor(own, preview.reasons)}
        what={isAll ? `${what} and a little more for interest` : `exactly ${exactText(amount.value, asset)}`}
      />
    </>
  );
}

function Take({ view, own: present }: FormProps) {
  const { market, account } = present;
  const { collateral } = market;
  const amount = useAmount(collateral);
  const running = useJob(view, () => amount.setText(""));
  const own = useSteady(present, running.isBusy);
  const isAll = amount.isMax && account.position.debtShares === 0n;
  const preview = loan(own, { removeCollateral: isAll ? "all" : amount.value });
  const what = amountText(preview.taken, collateral);
  const job: Job = {
    label: `Take ${what}`,
    async act({ signer, onStep }) {
      onStep("send");
      return await new MutuaPool(view.addresses, signer).withdrawCollateral(isAll ? "all" : amount.value);
    },
    told(events) {
      const taken = argsOf(events, "pool", "CollateralWithdrawn");
      return taken === undefined ? "" : `${amountText(taken.amount, collateral)} came back to your wallet.`;
    },
  };
  return (
    <>
      <AmountField
        label="Collateral to take"
        token={collateral}
        amount={amount}
        {...(own.isNobody ? {} : { max: mostToTake(own), maxLabel: "You can take" })}
        hint={own.isNobody || account.position.collateral > 0n ? undefined : "You have no collateral in this market."}
      />
      <Changes preview={preview} own={own} />
      <Submit
        job={amount.isEmpty || amount.problem !== undefined ? undefined : job}
        idle="Take collateral"
        running={running}
        reasons={reasonsFor(own, preview.reasons)}
      />
    </>
  );
}

// ---------------------------------------------------------------- what it would be

function Changes({ preview: { before, after }, own: { market } }: { preview: LoanPreview; own: Own }) {
  const { asset, collateral, terms } = market;
  const had = before.debtShares > 0n;
  const hasLoan = had || after.debtShares > 0n;
  const lines: Line[] = [
    {
      label: "Collateral",
      before: amountText(before.collateral, collateral),
      after: amountText(after.collateral, collateral),
    },
    { label: "Debt", before: amountText(before.debtAssets, asset), after: amountText(after.debtAssets, asset) },
  ];
  if (hasLoan) {
    const tone = toneOf(after);
    const from = (text: string) => (had ? { before: text } : {});
    lines.push(
      {
        label: "Health",
        ...from(healthText(before.healthWad)),
        after: healthText(after.healthWad),
        tone,
        note: "under 1 it can be liquidated",
      },
      {
        label: "Loan-to-value",
        ...from(ltvText(before.ltvWad)),
        after: ltvText(after.ltvWad),
        note: `lent up to ${bpsText(terms.borrowLtvBps)}, liquidated over ${bpsText(terms.lltvBps)}`,
      },
      {
        label: `Liquidated if ${collateral.symbol} is under`,
        ...from(liquidationText(before, market)),
        after: liquidationText(after, market),
        note: `now ${priceText(market.prices.high, market)} ${asset.symbol}`,
      },
      { label: "Fall of the price it bears", ...from(fallText(before)), after: fallText(after) },
    );
  }
  lines.push({
    label: "Borrow APY",
    before: apyText(before.borrowRateWad),
    after: apyText(after.borrowRateWad),
    note: "moves with what is lent; the debt grows by it",
  });
  return <Lines label="What changes" lines={lines} />;
}

function Position({ own }: { own: Own }) {
  const { market, account } = own;
  const { before } = loan(own, {});
  if (before.debtShares === 0n && before.collateral === 0n) return null;
  return (
    <Card title="Your position">
      <div className="stack">
        {before.status === "Healthy" || before.status === "None" ? null : (
          <Notice tone="bad" title="It can be liquidated now" isUrgent>
            Repay or add collateral until the health is over 1.
            {account.position.flaggedAt > 0n
              ? " It is flagged: a day after that the pool may take it over as a whole."
              : ""}
          </Notice>
        )}
        <dl className="stats">
          <Stat label="Debt">
            <Amount value={before.debtAssets} token={market.asset} />
          </Stat>
          <Stat label="Collateral">
            <Amount value={before.collateral} token={market.collateral} />
          </Stat>
          <Stat label="Health">
            <span className={`tone-${toneOf(before)}`}>{healthText(before.healthWad)}</span>
          </Stat>
          <Stat label="Liquidated under">{liquidationText(before, market)}</Stat>
        </dl>
      </div>
    </Card>
  );
}

/** Of a factor what is above one. */
const bonus = (factorBps: bigint): string => bpsText(factorBps - 10_000n);

function Risk({ own: { market } }: { own: Own }) {
  const { terms, asset, collateral } = market;
  return (
    <Card title="What liquidation means for you">
      <ul className="risk">
        <li>
          When your debt is over {bpsText(terms.lltvBps)} of what your {collateral.symbol} is worth, anybody may repay a
          part of it and take {collateral.symbol} worth {bonus(terms.lifMinBps)} to {bonus(terms.lifPeakBps)} more than
          what was repaid. There is no call, no delay and no grace. You keep what you borrowed, and the{" "}
          {collateral.symbol} that is left.
        </li>
        <li>
          A fall that is fast and deep can take all of your {collateral.symbol}. More than that you don't lose: what
          your collateral does not pay is a loss of the pool.
        </li>
        <li>
          The debt grows every second, and its rate moves with what is lent: health falls by time alone. A position that
          nobody touches for months can be liquidated at an unchanged price.
        </li>
        <li>
          Governance can lower the line of liquidation, by at most 1% a day. If the pool is wound down, it falls to zero
          over weeks, and you have to repay.
        </li>
        <li>
          Repaying and adding collateral always work, also when borrowing is paused. A debt is at least{" "}
          {amountText(terms.minDebt, asset)}.
        </li>
      </ul>
    </Card>
  );
}
