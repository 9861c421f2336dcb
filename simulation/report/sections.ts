// The page's sections, each with its words, its tables and the places where plots are drawn.
import { figuresOf } from "../figures.js";
import type { Outcome, Row } from "../run.js";
import { FIGURES, type Figure } from "../scenario.js";
import { amount, brief, count, instant, moment, percent, price, whole } from "./format.js";
import { html, type Html, NOTHING } from "./html.js";
import { type ReportInput, withoutPlace } from "./input.js";
import { liquidationSection } from "./liquidations.js";
import { monteCarloSection } from "./many.js";
import { details, MOST_ROWS, plot, sum, table } from "./parts.js";
import { notOk } from "./plots.js";
import { comparisonSection } from "./rules.js";
import { timelineSection } from "./timeline.js";
import { whoSection } from "./who.js";

export type Section = { readonly id: string; readonly title: string; readonly body: Html };

export function sectionsOf(report: ReportInput): Section[] {
  const { outcome, comparison, monteCarlo } = report;
  return [
    { id: "figures", title: "In figures", body: cards(report) },
    { id: "price", title: "Price and oracle", body: priceSection(outcome) },
    { id: "utilisation", title: "Utilisation and rates", body: utilisationSection() },
    { id: "book", title: "The book by loan-to-value", body: bookSection() },
    { id: "shortfall", title: "Shortfall, coverage and exit price", body: shortfallSection(outcome) },
    { id: "waterfall", title: "The waterfall", body: waterfallSection(outcome) },
    { id: "who", title: "Who lost what", body: whoSection(report) },
    { id: "liquidations", title: "Liquidations", body: liquidationSection(outcome) },
    ...(comparison === undefined
      ? []
      : [{ id: "comparison", title: "Under other rules", body: comparisonSection(comparison) }]),
    ...(monteCarlo === undefined
      ? []
      : [{ id: "monte-carlo", title: "On many paths", body: monteCarloSection(monteCarlo) }]),
    { id: "timeline", title: "What happened when", body: timelineSection(outcome) },
    { id: "provenance", title: "Where this comes from", body: provenanceSection(report) },
  ];
}

// ---------------------------------------------------------------- the run

function cards({ scenario, outcome }: ReportInput): Html {
  const { rows, losses, notes } = outcome;
  const first = rows[0] as Row;
  const last = rows.at(-1) as Row;
  const figures = figuresOf(scenario, outcome);
  const lowest = rows.reduce((low, row) => (row.price < low.price ? row : low), first);
  const worst = rows.reduce((most, row) => (row.shortfall > most.shortfall ? row : most), first);
  const fullest = Math.max(...rows.map(({ utilisation }) => utilisation));
  const done = notes.filter(({ kind }) => kind === "liquidated").length;
  const list: [string, string, string][] = [
    ["Lent at the start", brief(first.debt), `of ${brief(first.gross)} supplied`],
    ["Lowest price", price(lowest.price), `${percent(lowest.price / first.price - 1, 1)}, ${moment(lowest.time)}`],
    [
      "Largest shortfall in sight",
      brief(worst.shortfall),
      worst.shortfall === 0
        ? "never any"
        : `${percent(worst.shortfall / worst.gross)} of assets, ${moment(worst.time)}`,
    ],
    ["Bad debt", brief(sum(losses, ({ loss }) => loss)), `${percent(figures.loss)} of what was lent`],
    [
      "Exit price at the end",
      last.exitPrice.toFixed(4),
      `${percent(last.exitPrice / first.exitPrice - 1)}; by haircuts ${percent(-figures.haircut)}`,
    ],
    ["Cover at its least", percent(figures.coverage), "reserve and fund to debt"],
    ["Highest utilisation", percent(fullest, 1), fullest > 0.9999 ? "no cash for a time" : "cash never ran out"],
    ["Liquidations", whole(done), `${count(distinctMissed(outcome), "position")} missed for a time`],
  ];
  return html`<dl class="cards">
      ${list.map(
        ([name, value, note]) =>
          html`<div>
            <dt>${name}</dt>
            <dd>${value}<small>${note}</small></dd>
          </div>`,
      )}
    </dl>
    ${assertions(scenario.assert, figures)}`;
}

const distinctMissed = ({ notes }: Outcome): number =>
  new Set(notes.flatMap((note) => (note.kind === "missed" ? [note.borrower] : []))).size;

function assertions(assert: ReportInput["scenario"]["assert"], figures: Readonly<Record<Figure, number>>): Html {
  if (assert.length === 0) return NOTHING;
  return table(
    "What the scenario asserts",
    [{ name: "assertion" }, { name: "found" }, { name: "holds", isText: true }],
    assert.map(({ figure, sign, bound, text }) => {
      const value = figures[figure];
      const isSo = { "<=": value <= bound, ">=": value >= bound, "<": value < bound, ">": value > bound }[sign];
      return [
        html`${text}<small>${FIGURES[figure]}</small>`,
        percent(value, 3),
        isSo ? "yes" : html`<strong>no</strong>`,
      ];
    }),
  );
}

function priceSection({ rows }: Outcome): Html {
  const spans = notOk(rows);
  const said =
    spans.length === 0
      ? html`The oracle called itself in order all the time.`
      : html`Shaded: the oracle was not in order (${count(spans.length, "time")}), so nobody could borrow or be
        liquidated; exits went by its low price.`;
  return plot(
    "price",
    "Collateral price over time: market, oracle low, oracle high",
    html`Loan asset per unit of collateral. Low protects suppliers, high protects borrowers. ${said}`,
  );
}

const utilisationSection = (): Html =>
  html`${plot(
    "utilisation",
    "Utilisation over time",
    html`The part of the pool's money that is lent. At 100 % there is no cash for who wants to leave.`,
    200,
  )}${plot(
    "rate",
    "Yearly borrow rate over time",
    html`What a loan costs a year. Above 90 % utilisation it climbs, to bring money back.`,
    180,
  )}${plot("money", "Debt, cash and estate over time", html`Loan asset. When cash is at zero, who wants to leave waits.`, 220)}`;

const bookSection = (): Html =>
  html`<figure>
    <div
      class="plot heat"
      data-heat
      data-height="300"
      tabindex="0"
      role="img"
      aria-label="Debt by loan-to-value over time"
    ></div>
    <figcaption>
      Debt by loan-to-value at the market's price: the darker (in the dark theme: the lighter), the more. Each cell
      shows the most of its time. <span class="readout" aria-live="polite"></span>
    </figcaption>
  </figure>`;

function shortfallSection({ rows }: Outcome): Html {
  const last = rows.at(-1) as Row;
  return html`${plot(
    "shortfall",
    "Shortfall in sight, cover by reserve and fund, and the part not covered, over time",
    html`Loan asset. The shortfall is what the oracle's low price says that debtors can't pay; at the end it is
    ${amount(last.shortfall)}.`,
  )}${plot(
    "share",
    "Gross and exit price of a share over time",
    html`Assets per share, 1 at the start of the pool. The exit price falls as soon as a shortfall exceeds the cover;
    recognising the loss later lowers the gross price to it, not the exit price further.`,
    220,
  )}`;
}

function waterfallSection({ rows, losses }: Outcome): Html {
  const all = sum(losses, ({ loss }) => loss);
  if (all === 0) return html`<p>No loss was realised: neither reserve nor fund nor suppliers bore anything.</p>`;
  const first = rows[0] as Row;
  const layers = [
    { name: "reserve", had: first.reserve, paid: sum(losses, ({ fromReserve }) => fromReserve), tone: "a" },
    { name: "insurance fund", had: first.fund, paid: sum(losses, ({ fromFund }) => fromFund), tone: "b" },
    {
      name: "suppliers, all alike",
      had: first.gross - first.reserve - first.fund,
      paid: sum(losses, ({ haircut }) => haircut),
      tone: "d",
    },
  ];
  const largest = losses.toSorted((a, b) => b.loss - a.loss).slice(0, MOST_ROWS);
  return html`<div
      class="bar"
      role="img"
      aria-label="${layers.map(({ name, paid }) => `${name} ${percent(paid / all, 1)}`).join(", ")}"
    >
      ${layers
        .filter(({ paid }) => paid > 0)
        .map(
          ({ name, paid, tone }) =>
            html`<span class="tone-${tone}" style="flex-grow:${Math.max(1, Math.round((1_000 * paid) / all))}"
              ><b>${name}</b> ${brief(paid)}</span
            >`,
        )}
    </div>
    ${table(
      "The loss by layer, in the loan asset",
      [{ name: "layer" }, { name: "had at the start" }, { name: "bore" }, { name: "of the loss" }],
      [
        ...layers.map(({ name, had, paid }) => [name, amount(had), amount(paid), percent(paid / all, 1)]),
        ["together", amount(first.gross), amount(all), percent(1, 1)],
      ],
    )}${plot(
      "layers",
      "Losses so far by layer, over time",
      html`Loan asset, losses so far: reserve first, then the fund, then suppliers.`,
      220,
    )}${details(
      `The largest of ${count(losses.length, "loss", "losses")}`,
      table(
        "Losses by size, in the loan asset",
        [
          { name: "when" },
          { name: "borrower", isText: true },
          { name: "loss" },
          { name: "reserve" },
          { name: "fund" },
          { name: "suppliers" },
          { name: "of a share" },
        ],
        largest.map(({ time, borrower, loss, fromReserve, fromFund, haircut, part }) => [
          moment(time),
          borrower === "nobody" ? "the estate" : borrower,
          amount(loss),
          amount(fromReserve),
          amount(fromFund),
          amount(haircut),
          percent(part, 3),
        ]),
      ),
    )}`;
}

// ---------------------------------------------------------------- provenance

function provenanceSection({ scenario, provenance, outcome }: ReportInput): Html {
  const { files, versions, commit, seed, engine, venue } = provenance;
  const first = outcome.rows[0] as Row;
  const last = outcome.rows.at(-1) as Row;
  const again = `npm run simulate -- ${provenance.scenario} --seed ${seed} --engine ${engine}`;
  const engines = {
    chain: "the deployed contracts, each action a transaction, held to the model",
    both: "the deployed contracts and the model beside them",
    model: "the exact model of the contracts",
  };
  return html`${table(
      "This run",
      [{ name: "item" }, { name: "value", isText: true }],
      [
        ["scenario", provenance.scenario],
        ["prices from", venue],
        ["window", `${instant(first.time)} to ${instant(last.time)} UTC`],
        ["seed", String(seed)],
        ["engine", `${engine}: ${engines[engine]}`],
        ["commit", commit],
        [
          "versions",
          Object.entries(versions)
            .map(([name, version]) => `${name} ${version}`)
            .join(", "),
        ],
        ...files.map(({ name, sha256 }) => [`sha256 of ${name}`, html`<code>${sha256}</code>`]),
        ["again", html`<code>${again}</code>`],
      ],
    )}${details(
      "Everything the scenario sets",
      html`<pre tabindex="0">${JSON.stringify(withoutPlace(scenario), undefined, 2)}</pre>`,
    )}
    <p class="muted">
      Beside this page: outcome.json has all of it, rows.csv every step, suppliers.csv and liquidations.csv the rest.
      This page asks nothing of the network.
    </p>`;
}
