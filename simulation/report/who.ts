// Who is richer or poorer at the end, in groups and one by one, and by when each left.
import type { Outcome, Row } from "../run.js";
import { amount, count, moment, percent } from "./format.js";
import { html, type Html, NOTHING } from "./html.js";
import type { ReportInput } from "./input.js";
import { details, sum, table } from "./parts.js";
import { type Dot, scaleOf, scatter } from "./scatter.js";
import { groupsOf } from "./tables.js";

const change = (put: number, has: number): string => (put === 0 ? "–" : percent(has / put - 1, 3));

export function whoSection(report: ReportInput): Html {
  const { outcome } = report;
  const { suppliers, insurers, rows } = outcome;
  const from = (rows[0] as Row).time;
  const until = (rows.at(-1) as Row).time;
  const dots = suppliers.map((each): Dot => ({ ...each, loss: lossOf(each) }));
  const groups = groupsOf(report);
  return html`<p>What everyone put in, got out and still has, at what it is worth at the end. Interest is in it.</p>
    ${table(
      "By group, in the loan asset",
      [
        { name: "group" },
        { name: "put in" },
        { name: "got out" },
        { name: "still in" },
        { name: "change" },
        { name: "of what it put in" },
      ],
      groups.map(({ name, put, got, left }) => [
        name,
        amount(put),
        amount(got),
        amount(left),
        amount(got + left - put),
        change(put, got + left),
      ]),
    )}${othersTable(outcome)}
    ${exitFigure(dots, from, until)}
    ${details(
      `Each of ${count(suppliers.length, "supplier")}`,
      table(
        "Suppliers by their last exit, in the loan asset",
        [
          { name: "who" },
          { name: "leaves", isText: true },
          { name: "supplied" },
          { name: "got out" },
          { name: "still in" },
          { name: "loss" },
          { name: "first exit", isText: true },
          { name: "last exit", isText: true },
        ],
        suppliers
          .toSorted((a, b) => (a.lastExit ?? Infinity) - (b.lastExit ?? Infinity) || b.supplied - a.supplied)
          .map((each) => [
            each.name,
            POLICIES[each.policy] ?? each.policy,
            amount(each.supplied),
            amount(each.taken),
            amount(each.left),
            percent(lossOf(each), 3),
            each.firstExit === undefined ? "–" : moment(each.firstExit),
            each.lastExit === undefined ? "still in" : moment(each.lastExit),
          ]),
      ),
    )}${details(
      `Each of ${count(insurers.length, "insurer")}`,
      table(
        "Insurers, in the loan asset",
        [{ name: "who" }, { name: "staked" }, { name: "got out" }, { name: "still in" }, { name: "change" }],
        insurers.map(({ name, staked, taken, left }) => [
          name,
          amount(staked),
          amount(taken),
          amount(left),
          change(staked, taken + left),
        ]),
      ),
    )}`;
}

/** Less than what a mark's height would show. */
const NO_LOSS = 1e-6;

function exitFigure(dots: readonly Dot[], from: number, until: number): Html {
  if (dots.every(({ loss }) => loss < NO_LOSS)) return html`<p>No supplier lost anything, whenever it left.</p>`;
  return html`<figure class="narrow">
    ${scatter(dots, from, until, scaleOf(dots), "Loss of each supplier by the time it left")}
    <figcaption>
      ${KEY} Who leaves while a shortfall exceeds the cover gets the same price for a share as all others.
    </figcaption>
  </figure>`;
}

const lossOf = ({ supplied, taken, left }: { supplied: number; taken: number; left: number }): number =>
  1 - (taken + left) / supplied;

const POLICIES: Readonly<Record<string, string>> = {
  stay: "never",
  price: "when the price falls",
  utilisation: "when cash runs short",
  news: "when a shortfall shows",
};

export const KEY = html`Each mark is a supplier, the larger the more it supplied: <span class="key gone">●</span> left
  with all it had, <span class="key partly">◐</span> got a part out, <span class="key stays">■</span> still in. Height:
  the part of what it supplied that it lost, on a root scale, so that small and large losses fit into one picture.`;

/** Those on the other side: what they earned or paid. */
function othersTable({ notes, rows }: Outcome): Html {
  const priceAt = new Map(rows.map(({ time, price: value }) => [time, value]));
  const liquidated = notes.filter((note) => note.kind === "liquidated");
  const sold = notes.filter((note) => note.kind === "sold");
  const penalty = sum(liquidated, ({ time, seized, repaid, loss }) =>
    Math.max(0, seized * (priceAt.get(time) ?? 0) - repaid - loss),
  );
  const liquidators = new Set(liquidated.map(({ by }) => by));
  const lines: (string | Html)[][] = [];
  if (liquidated.length > 0) {
    lines.push([
      html`liquidators (${liquidators.size})<small
          >profit of ${count(liquidated.length, "liquidation")}, after gas and price impact</small
        >`,
      amount(sum(liquidated, ({ profit }) => profit)),
    ]);
    lines.push([
      html`liquidated borrowers<small>collateral taken beyond the debt that went, at the market's price</small>`,
      amount(-penalty),
    ]);
  }
  if (sold.length > 0) {
    lines.push([
      html`buyers of the estate<small>profit of ${count(sold.length, "purchase")}, after gas and price impact</small>`,
      amount(sum(sold, ({ profit }) => profit)),
    ]);
  }
  if (lines.length === 0) return NOTHING;
  return table("On the other side, in the loan asset", [{ name: "who" }, { name: "change" }], lines);
}
