// What the pages of actions have in common: a preview, what stands in the way, the limit, the button, and how it goes.
import { type ReactNode, useId, useMemo, useState, useSyncExternalStore } from "react";

import type { Step } from "../../../sdk/pay.js";
import { useWallet } from "../chain/app.js";
import { useStore } from "../chain/store.js";
import type { ReadyMarket } from "../chain/types.js";
import { to } from "../shell/router.js";
import { ActionButton, bpsText, Notice, Transaction } from "../ui/index.js";
import type { Job, Running } from "./job.js";
import { nobody } from "./nobody.js";
import type { Reason } from "./reason.js";
import { CHOICES, slippage } from "./slippage.js";
import type { Moment } from "./supply.js";
import "./actions.css";

// ---------------------------------------------------------------- the account

export type Own = Moment & {
  /** No wallet is connected, or its account is still being read: previews start from nothing then. */
  readonly isNobody: boolean;
};

/** The market with the account that is connected at this moment; another's, of before, is not shown as one's own. */
export function useOwn({ market, account, timestamp }: ReadyMarket): Own {
  const { address } = useWallet();
  return useMemo(() => {
    const isOwn = account !== undefined && account.user.toLowerCase() === address?.toLowerCase();
    return { market, account: isOwn ? account : nobody(market), timestamp, isNobody: !isOwn };
  }, [market, account, timestamp, address]);
}

/**
 * What a preview starts from: while its own transaction is under way, what it started from. Else it would be counted twice
 * as soon as its block is read.
 */
export function useSteady(own: Own, isBusy: boolean): Own {
  const [steady, setSteady] = useState(own);
  if (!isBusy && steady !== own) setSteady(own);
  return isBusy ? steady : own;
}

/** Of a visitor without a wallet nothing is asked of it. */
export const reasonsFor = ({ isNobody }: Own, reasons: readonly Reason[]): readonly Reason[] =>
  isNobody ? reasons.filter(({ by }) => by !== "wallet") : reasons;

// ---------------------------------------------------------------- which part of a page

function subscribe(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

const asked = (): string | null => new URLSearchParams(/\?(.*)$/.exec(location.hash)?.[1] ?? "").get("do");

/** One of the page's parts by the address: "#/market/usd-eth/supply?do=withdraw", so that it can be linked. */
export function usePart<Name extends string>(names: readonly [Name, ...Name[]]): readonly [Name, (name: Name) => void] {
  const part = useSyncExternalStore(subscribe, asked);
  const chosen = names.find((name) => name === part) ?? names[0];
  const choose = (name: Name): void => location.replace(`${location.hash.replace(/\?.*$/, "")}?do=${name}`);
  return [chosen, choose];
}

/** The address of a page of the market, at one of its parts. */
export const linkTo = (page: string, name: string, part?: string): string =>
  `${to(`market/:name/${page}`, { name })}${part === undefined ? "" : `?do=${part}`}`;

// ---------------------------------------------------------------- the preview

export type Line = {
  readonly label: string;
  readonly before?: string;
  readonly after: string;
  readonly tone?: "good" | "warning" | "bad";
  readonly note?: ReactNode;
};

/** Names with values, before → after; what does not change is said once. */
export function Lines({ lines, label }: { lines: readonly Line[]; label: string }) {
  return (
    <dl className="lines" aria-label={label}>
      {lines.map(({ label: name, before, after, tone, note }) => (
        <div key={name}>
          <dt>
            {name}
            {note === undefined ? null : <small className="line-note">{note}</small>}
          </dt>
          <dd>
            {before === undefined || before === after ? null : (
              <>
                <span className="muted">{before}</span> <span aria-hidden="true">→</span>
                <span className="unseen"> becomes</span>{" "}
              </>
            )}
            <strong className={tone === undefined ? "" : `tone-${tone}`}>{after}</strong>
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** Why it can't be done now; each with what helps. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  if (reasons.length === 0) return null;
  return (
    <Notice tone="warning" title="This can't be done now">
      {reasons.map(({ name, sentence, wayOut }) => (
        <p key={`${name} ${sentence}`}>
          {sentence} {wayOut}
        </p>
      ))}
    </Notice>
  );
}

/** The one place of the limit: it is shown and changed here, and holds for every action that has a price. */
export function Limit({ children }: { children: ReactNode }) {
  const id = useId();
  const chosen = useStore(slippage);
  return (
    <div className="limit">
      <p>{children}</p>
      <label htmlFor={id}>
        Price may move by{" "}
        <select id={id} value={chosen.toString()} onChange={({ target }) => slippage.set(BigInt(target.value))}>
          {CHOICES.map((bps) => (
            <option key={bps.toString()} value={bps.toString()}>
              {bpsText(bps)}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

// ---------------------------------------------------------------- the transaction

type SubmitProps = {
  /** Nothing while there is nothing to do yet: then the button says `idle`. */
  readonly job: Job | undefined;
  readonly idle: string;
  readonly running: Running;
  readonly reasons?: readonly Reason[];
  /** What stands in the way of any amount: said before one is typed. */
  readonly stops?: readonly Reason[];
  /** What is allowed or signed for, in the steps: "exactly 10 USDT". */
  readonly what?: string | undefined;
};

/** The button, what stands in the way of it, and how far it is. */
export function Submit({ job, idle, running, reasons = [], stops = [], what }: SubmitProps) {
  return (
    <div className="stack submit">
      {running.isBusy ? null : <Reasons reasons={job === undefined ? stops : reasons} />}
      <ActionButton
        sending={running.sending}
        isDisabled={job === undefined || reasons.length > 0}
        onClick={() => void (job === undefined ? undefined : running.start(job))}
      >
        {running.isBusy ? running.label : (job?.label ?? idle)}
      </ActionButton>
      <Progress running={running} what={what} />
    </div>
  );
}

/** Always in the page, so that a screen reader hears what changes in it. */
export function Progress({ running, what }: { running: Running; what?: string | undefined }) {
  const { state, label, steps, result, reset } = running;
  const isDeclined = state.phase === "failed" && state.explanation.name === "ACTION_REJECTED";
  return (
    <>
      <div role="status" aria-live="polite" className="send-status">
        {running.isBusy ? (
          <Notice title={label}>
            <Steps running={running} what={what} />
          </Notice>
        ) : null}
        {state.phase === "mined" && result !== undefined ? (
          <Notice tone="good" title={`Done: ${label}`}>
            <p>{result}</p>
            <p>
              <Transaction hash={state.hash}>Transaction</Transaction>
              {" · "}
              <a href={to("positions")}>My positions</a>
            </p>
          </Notice>
        ) : null}
        {isDeclined ? (
          <Notice>
            You declined in the wallet, and nothing was sent.
            {steps.includes("approve") && steps.at(-1) === "send"
              ? " The allowance from the step before stays: next time it takes one step less."
              : ""}
          </Notice>
        ) : null}
      </div>
      {state.phase === "failed" && !isDeclined ? (
        <Notice tone="bad" title={`Not done: ${label}`} isUrgent>
          <p>{state.explanation.sentence}</p>
          <p>{state.explanation.wayOut}</p>
          <p>
            {state.hash === undefined ? null : <Transaction hash={state.hash}>Transaction</Transaction>}{" "}
            <button type="button" className="button small" onClick={reset}>
              Close
            </button>
          </p>
        </Notice>
      ) : null}
    </>
  );
}

const STEP_WORDS: Record<Step, (what: string) => string> = {
  approve: (what) => `Allow ${what}`,
  sign: (what) => `Sign for ${what}: it costs nothing`,
  send: () => "Send the transaction",
};

/** "1 of 2: allow …". How many there will be is known when the wallet is asked for the first. */
function Steps({ running: { state, steps }, what = "this amount" }: { running: Running; what?: string | undefined }) {
  if (steps.length === 0) return <p>{spinner} Reading the limits, and trying it on the node …</p>;
  const all = steps.at(-1) === "send" ? steps : [...steps, "send" as const];
  const current = steps.length - 1;
  return (
    <ol className="steps">
      {all.map((step, place) => (
        // The same step can come twice: some tokens take an allowance only from zero.
        <li key={`${place} ${step}`} className={place > current ? "muted" : ""}>
          {place === current ? spinner : <span aria-hidden="true">{place < current ? "✓" : "·"}</span>}{" "}
          {all.length === 1 ? "" : `${place + 1} of ${all.length}: `}
          {STEP_WORDS[step](what)}
          {place < current ? <span className="unseen"> (done)</span> : null}
          {place === current ? ` — ${WAITING[state.phase === "sent" ? "sent" : "asked"]}` : ""}
          {place === current && state.phase === "sent" ? (
            <>
              {" "}
              <Transaction hash={state.hash} />
            </>
          ) : null}
        </li>
      ))}
    </ol>
  );
}

const WAITING = { asked: "your wallet asks you", sent: "sent, waiting for its block" };
const spinner = <span className="spinner" aria-hidden="true" />;
