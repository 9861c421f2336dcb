// What liquidators did and earned, and what nobody did, with the reason.
import type { Outcome } from "../run.js";
import { amount, brief, count, moment, whole } from "./format.js";
import { html, type Html, NOTHING } from "./html.js";
import { details, MOST_ROWS, plot, sum, table } from "./parts.js";
import { BARS } from "./plots.js";

export function liquidationSection(outcome: Outcome): Html {
  const { notes, overdue } = outcome;
  const done = notes.filter((note) => note.kind === "liquidated");
  const missed = notes.filter((note) => note.kind === "missed");
  const summary = html`<p>
    ${done.length === 0 ? "No position was liquidated." : `${count(done.length, "liquidation")} repaid ${brief(sum(done, ({ repaid }) => repaid))} and earned liquidators ${brief(sum(done, ({ profit }) => profit))} after gas and price impact.`}
    ${overdue > 0 ? `At the end ${brief(overdue)} of debt could be liquidated and had not been.` : ""}
  </p>`;
  const largest = done.toSorted((a, b) => b.repaid - a.repaid).slice(0, MOST_ROWS);
  return html`${summary}${
    done.length === 0
      ? NOTHING
      : html`${plot("repaid", "Debt repaid by liquidators over time", html`Loan asset repaid by liquidators in each of ${BARS} equal stretches of time.`, 200)}${details(
          done.length > MOST_ROWS ? `The ${MOST_ROWS} largest liquidations` : "Each liquidation",
          table(
            "Liquidations by what was repaid",
            [
              { name: "when" },
              { name: "borrower", isText: true },
              { name: "by", isText: true },
              { name: "repaid" },
              { name: "seized (collateral)" },
              { name: "loss" },
              { name: "profit" },
            ],
            largest.map(({ time, borrower, by, repaid, seized, loss, profit }) => [
              moment(time),
              borrower,
              by,
              amount(repaid),
              amount(seized),
              amount(loss),
              amount(profit),
            ]),
          ),
        )}`
  }${
    missed.length === 0
      ? html`<p>Nothing that could be liquidated was passed over.</p>`
      : html`${plot("missed", "Positions at once that could be liquidated and that nobody took", html`Positions at once that could be liquidated and that nobody took.`, 200)}${missedTable(missed)}`
  }`;
}

const REASONS: Readonly<Record<string, string>> = {
  "does not pay": "after gas and price impact too little was to be earned",
  "nobody is there": "no liquidator was at work",
  "the transaction waits": "the chain was congested: a transaction took longer than a step",
  "all capital is at work": "what liquidators had was tied up until they had sold what they took",
  "the oracle is not ok": "without a price that can be trusted nobody is liquidated",
};

function missedTable(missed: readonly { time: number; borrower: string; reason: string }[]): Html {
  const reasons = [...new Set(missed.map(({ reason }) => reason))];
  return table(
    "Missed, and why",
    [
      { name: "reason" },
      { name: "positions" },
      { name: "attempts" },
      { name: "first", isText: true },
      { name: "last", isText: true },
    ],
    reasons.map((reason) => {
      const of = missed.filter((note) => note.reason === reason);
      const why = REASONS[reason];
      return [
        why === undefined ? reason : html`${reason}<small>${why}</small>`,
        whole(new Set(of.map(({ borrower }) => borrower)).size),
        whole(of.length),
        moment(of[0]?.time ?? 0),
        moment(of.at(-1)?.time ?? 0),
      ];
    }),
  );
}
