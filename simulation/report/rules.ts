// The same path under other rules for bad debt: the picture that explains why Mutua exists.
import type { Comparison, Fate } from "../comparison.js";
import { amount, brief, count, moment, percent } from "./format.js";
import { html, type Html } from "./html.js";
import { details, plot, sum, table } from "./parts.js";
import { scaleOf, scatter } from "./scatter.js";
import { comparisonLine, comparisonTable } from "./tables.js";
import { KEY } from "./who.js";

export function comparisonSection(comparison: Comparison): Html {
  const { from, until, results } = comparison;
  const most = scaleOf(results.flatMap(({ suppliers }) => suppliers));
  const [header = [], ...rows] = comparisonTable(comparison);
  return html`<p>
      The same prices, the same people and the same reasons to leave, under four rules for bad debt.
      <strong>${comparisonLine(comparison)}</strong>
    </p>
    <p>
      Under Mutua's rule marks rise only as the shortfall itself grows: whoever leaves at a moment, first or last, is
      paid the same. Under the others early marks lie low because late ones pay for them.
    </p>
    ${table(
      "Who bears the bad debt, in the loan asset and as a part of what was supplied; below zero where interest was more",
      header.map((name) => ({ name })),
      rows,
    )}
    <div class="panels">
      ${results.map(
        ({ mechanism, title, about, suppliers, booked, open }) =>
          html`<figure>
            <h3>${title}</h3>
            <p class="muted">${about}</p>
            ${scatter(suppliers, from, until, most, `${title}: loss of each supplier by the time it left`)}
            <figcaption>
              Bad debt
              ${brief(booked + open)}${open > 0 ? `, of it ${brief(open)} not yet booked` : ""}.${mechanism === "firstCome" || mechanism === "unpriced" ? paperNote(suppliers) : ""}
            </figcaption>
          </figure>`,
      )}
    </div>
    <p class="muted">${KEY}</p>
    ${plot(
      "paid",
      "What a share is paid at under each rule, over time",
      html`Assets per share that a leaver is paid, under each rule.`,
      220,
    )}
    <p class="muted">
      What is left at the end counts at what could really be paid then: cash, and debt less the open shortfall. Where
      every claim is lowered alike it is shared by shares; where a deficit is never priced, claims are paid in full in
      the order of who comes, first those who had begun to leave, until nothing is left. Liquidations follow each
      protocol's own terms too, so the bad debt itself differs: Morpho's premium for any part of a loan, and Aave's
      close factor; Mutua's premium that grows with the loan-to-value and its repayment up to a target.
    </p>
    ${details("Each supplier under each rule", fatesTable(results))}`;
}

function paperNote(suppliers: readonly Fate[]): string {
  const paper = sum(suppliers, (fate) => fate.paper);
  const left = sum(suppliers, (fate) => fate.left);
  const gap = paper - left;
  if (gap <= paper / 10_000) return "";
  const empty = suppliers.filter((fate) => fate.paper > 1 && fate.left < fate.paper / 1_000).length;
  const last = empty > 0 ? ` The last ${count(empty, "supplier")} would get nothing.` : "";
  return ` The books still promise ${brief(paper)}, of which ${brief(left)} can be paid.${last}`;
}

function fatesTable(results: Comparison["results"]): Html {
  const first = results[0]?.suppliers ?? [];
  return table(
    "Loss and last exit of each supplier under each rule",
    [
      { name: "who" },
      { name: "supplied" },
      ...results.flatMap(({ title }) => [{ name: `${title}: loss` }, { name: "last exit", isText: true as const }]),
    ],
    first.map(({ name, supplied }, i) => [
      name,
      amount(supplied),
      ...results.flatMap(({ suppliers }) => {
        const fate = suppliers[i];
        if (fate === undefined) return ["–", "–"];
        return [percent(fate.loss), fate.lastExit === undefined ? "still in" : moment(fate.lastExit)];
      }),
    ]),
  );
}
