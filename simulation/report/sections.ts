// The page's sections, each with its words, its tables and the places where plots are drawn.
import { figuresOf } from "../figures.js";
import type { Distribution, Summary } from "../montecarlo/summary.js";
import type { Outcome, Row } from "../run.js";
import { FIGURES, type Figure } from "../scenario.js";
import { amount, brief, count, instant, moment, percent, price } from "./format.js";
import { html, type Html, NOTHING } from "./html.js";
import { notOk } from "./plots.js";
import { type Dot, scaleOf, scatter } from "./scatter.js";
import { comparisonTable, groupsOf } from "./tables.js";
import { type ReportInput, withoutPlace } from "./input.js";

export type Section = { readonly id: string; readonly title: string; readonly body: Html };

const MOST_ROWS = 40;

const sum = <T>(list: readonly T[], of: (item: T) => number): number =>
  list.reduce((total, item) => total + of(item), 0);

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

// ---------------------------------------------------------------- parts

function plot(id: string, label: string, caption: Html, height = 260): Html {
  return html`<figure>
    <div
      class="plot"
      data-plot="${id}"
      data-height="${height}"
      tabindex="0"
      role="img"
      aria-label="${label}. Arrow keys move along it."
    ></div>
    <figcaption>${caption}</figcaption>
  </figure>`;
}

type Column = { readonly name: string; readonly isText?: true };

function table(caption: string, columns: readonly Column[], rows: readonly (readonly (string | Html)[])[]): Html {
  const cell = (value: string | Html, i: number): Html => {
    if (i === 0) return html`<th scope="row">${value}</th>`;
    return columns[i]?.isText ? html`<td class="text">${value}</td>` : html`<td>${value}</td>`;
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}">
    <table>
      <caption>
        ${caption}
      </caption>
      <thead>
        <tr>
          ${columns.map(
            ({ name, isText }, i) =>
              html`<th scope="col" ${i === 0 || isText ? html` class="text"` : NOTHING}>${name}</th>`,
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          (row) =>
            html`<tr>
              ${row.map(cell)}
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}

const details = (title: string, body: Html): Html =>
  html`<details>
    <summary>${title}</summary>
    ${body}
  </details>`;

// ---------------------------------------------------------------- the run

function cards({ scenario, outcome, comparison: _ }: ReportInput): Html {
  const { rows, losses, notes } = outcome;
  const first = rows[0] as Row;
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
    ["A share lost", percent(figures.haircut), "by haircuts, alike for all"],
    ["Cover at its least", percent(figures.coverage), "reserve and fund to debt"],
    ["Highest utilisation", percent(fullest, 1), fullest > 0.9999 ? "no cash for a time" : "cash never ran out"],
    ["Liquidations", String(done), `${count(distinctMissed(outcome), "position")} missed for a time`],
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
    [{ name: "assertion" }, { name: "found" }, { name: "holds", isText: true }, { name: "what it is", isText: true }],
    assert.map(({ figure, sign, bound, text }) => {
      const value = figures[figure];
      const isSo = { "<=": value <= bound, ">=": value >= bound, "<": value < bound, ">": value > bound }[sign];
      return [text, percent(value, 3), isSo ? "yes" : html`<strong>no</strong>`, FIGURES[figure]];
    }),
  );
}

function priceSection({ rows }: Outcome): Html {
  const spans = notOk(rows);
  const said =
    spans.length === 0
      ? html`The oracle was in order all the time.`
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
    "Utilisation and yearly borrow rate over time",
    html`The part of the pool's money that is lent, and what a loan costs a year.`,
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
      [{ name: "layer" }, { name: "had" }, { name: "bore" }, { name: "of its own" }, { name: "of the loss" }],
      [
        ...layers.map(({ name, had, paid }) => [
          name,
          amount(had),
          amount(paid),
          had === 0 ? "–" : percent(paid / had),
          percent(paid / all, 1),
        ]),
        ["together", "", amount(all), "", percent(1, 1)],
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

// ---------------------------------------------------------------- who

function whoSection(report: ReportInput): Html {
  const { outcome } = report;
  const { suppliers, insurers, rows } = outcome;
  const from = (rows[0] as Row).time;
  const until = (rows.at(-1) as Row).time;
  const dots = suppliers.map((each): Dot => ({ ...each, loss: lossOf(each) }));
  const groups = groupsOf(report);
  const change = (put: number, has: number): string => (put === 0 ? "–" : percent(has / put - 1, 3));
  return html`<p>What everyone put in, got out and still has, at what it is worth at the end. Interest is in it.</p>
    ${table(
      "By group, in the loan asset",
      [
        { name: "group" },
        { name: "put in" },
        { name: "got out" },
        { name: "still in" },
        { name: "change" },
        { name: "" },
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
    <figure class="narrow">
      ${scatter(dots, from, until, scaleOf(dots), "Loss of each supplier by the time it left")}
      <figcaption>
        ${KEY} Who left before a shortfall was in sight lost nothing; from then on the exit price is the same for all.
      </figcaption>
    </figure>
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

const lossOf = ({ supplied, taken, left }: { supplied: number; taken: number; left: number }): number =>
  1 - (taken + left) / supplied;

const POLICIES: Readonly<Record<string, string>> = {
  stay: "never",
  price: "when the price falls",
  utilisation: "when cash runs short",
  news: "when a shortfall shows",
};

const KEY = html`Each mark is a supplier, the larger the more it supplied: <span class="key gone">●</span> left with all
  it had, <span class="key partly">◐</span> got a part out, <span class="key stays">■</span> still in. Upwards: the part
  of what it supplied that is lost, by its root.`;

/** Those on the other side: what they earned or paid. */
function othersTable({ notes, rows }: Outcome): Html {
  const priceAt = new Map(rows.map(({ time, price: value }) => [time, value]));
  const liquidated = notes.filter((note) => note.kind === "liquidated");
  const sold = notes.filter((note) => note.kind === "sold");
  const penalty = sum(liquidated, ({ time, seized, repaid, loss }) =>
    Math.max(0, seized * (priceAt.get(time) ?? 0) - repaid - loss),
  );
  const liquidators = new Set(liquidated.map(({ by }) => by));
  const lines: string[][] = [];
  if (liquidated.length > 0) {
    lines.push([
      `liquidators (${liquidators.size})`,
      `profit of ${count(liquidated.length, "liquidation")}, after gas and price impact`,
      amount(sum(liquidated, ({ profit }) => profit)),
    ]);
    lines.push([
      "liquidated borrowers",
      "collateral taken beyond the debt that went, at the market's price",
      amount(-penalty),
    ]);
  }
  if (sold.length > 0) {
    lines.push([
      "buyers of the estate",
      `profit of ${count(sold.length, "purchase")}, after gas and price impact`,
      amount(sum(sold, ({ profit }) => profit)),
    ]);
  }
  if (lines.length === 0) return NOTHING;
  return table(
    "On the other side, in the loan asset",
    [{ name: "who" }, { name: "what", isText: true }, { name: "change" }],
    lines,
  );
}

// ---------------------------------------------------------------- liquidations

function liquidationSection(outcome: Outcome): Html {
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
      : html`${plot("repaid", "Debt repaid by liquidators over time", html`Loan asset repaid by liquidators, in ${String(72)} equal stretches of time.`, 200)}${details(
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
  "does not pay": "after gas and price impact nothing was to be earned",
  "nobody there": "no liquidator was at work",
  "all waiting for their transactions": "every liquidator was waiting for a transaction in a congested chain",
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
        String(new Set(of.map(({ borrower }) => borrower)).size),
        String(of.length),
        moment(of[0]?.time ?? 0),
        moment(of.at(-1)?.time ?? 0),
      ];
    }),
  );
}

// ---------------------------------------------------------------- comparison

function comparisonSection(comparison: NonNullable<ReportInput["comparison"]>): Html {
  const { from, until, results } = comparison;
  const most = scaleOf(results.flatMap(({ suppliers }) => suppliers));
  const [header = [], ...rows] = comparisonTable(comparison);
  return html`<p>
      The same prices, the same people and the same reasons to leave, under four rules for bad debt. A flat row of marks
      means that all lost alike; a slope means that who ran first was paid by who came late.
    </p>
    ${table(
      "Who bears the bad debt, in the loan asset and as a part of what was supplied; below zero where interest was more",
      header.map((name) => ({ name })),
      rows,
    )}
    <div class="panels">
      ${results.map(
        ({ title, about, suppliers, booked, open }) =>
          html`<figure>
            <h3>${title}</h3>
            <p class="muted">${about}</p>
            ${scatter(suppliers, from, until, most, `${title}: loss of each supplier by the time it left`)}
            <figcaption>
              Bad debt
              ${brief(booked + open)}${open > 0 ? `, of it ${brief(open)} not yet booked` : ""}.${paperNote(suppliers)}
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

type Fates = NonNullable<ReportInput["comparison"]>["results"];

function paperNote(suppliers: Fates[number]["suppliers"]): string {
  const paper = sum(suppliers, (fate) => fate.paper);
  const left = sum(suppliers, (fate) => fate.left);
  const gap = paper - left;
  if (gap <= paper / 10_000) return "";
  const empty = suppliers.filter((fate) => fate.paper > 1 && fate.left < fate.paper / 1_000).length;
  const last = empty > 0 ? ` The last ${count(empty, "supplier")} would get nothing.` : "";
  return ` The books still promise ${brief(paper)}, of which ${brief(left)} can be paid.${last}`;
}

function fatesTable(results: Fates): Html {
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

// ---------------------------------------------------------------- many paths

const SPREADS: readonly { column: Figure; title: string }[] = [
  { column: "haircut", title: "haircut of a share" },
  { column: "loss", title: "bad debt, of what was lent" },
  { column: "fundLoss", title: "loss of the fund, of its stake" },
  { column: "shortfall", title: "largest shortfall, of assets" },
  { column: "coverage", title: "least cover, of debt" },
];

function monteCarloSection({ meta, distributions }: Summary): Html {
  const nameOf = ({ changes }: Distribution): string =>
    Object.entries(changes)
      .map(([key, value]) => `${key} = ${value}`)
      .join(", ") || "the market as it is";
  return html`<p>
      ${count(meta.paths, "path")} of ${count(meta.steps, "step")}, made of blocks of ${String(meta.block)} rows of real
      prices, seed ${String(meta.seed)}. p95: 95 of 100 paths end no worse. Lines are 95${"\u202f"}% intervals: how sure
      so many paths make it.
    </p>
    ${table(
      "How likely is a haircut",
      [{ name: "market" }, { name: "paths with one" }, { name: "probability" }, { name: "from" }, { name: "to" }],
      distributions.map((each) => [
        nameOf(each),
        `${amountOf(each.haircuts)} of ${amountOf(each.paths)}`,
        percent(each.haircutProbability.value),
        percent(each.haircutProbability.low),
        percent(each.haircutProbability.high),
      ]),
    )}${SPREADS.map(({ column, title }) => spreadFigure(title, column, distributions, nameOf))}`;
}

const amountOf = (value: number): string => value.toLocaleString("en-GB");

/** Median, p95, p99 and the worst of each market on one scale, with the lines of what is sure. */
function spreadFigure(
  title: string,
  column: Figure,
  distributions: readonly Distribution[],
  nameOf: (distribution: Distribution) => string,
): Html {
  const spreads = distributions.map((each) => each.columns[column]);
  const most = Math.max(
    1e-6,
    ...spreads.flatMap(({ worst, p50, p99 }) => [worst, p50.value, p99.value, p99.high ?? 0]),
  );
  const x = (value: number): number => 100 * Math.max(0, Math.min(1, value / most));
  const at = (value: number): string => `${x(value).toFixed(2)}%`;
  return html`<figure class="spread">
    <h3>${title}</h3>
    ${distributions.map((each, i) => {
      const spread = spreads[i];
      if (spread === undefined) return NOTHING;
      const marks = (["p50", "p95", "p99"] as const).map((name) => ({ name, ...spread[name] }));
      const told = [...marks.map(({ name, value }) => `${name} ${percent(value)}`), `worst ${percent(spread.worst)}`];
      return html`<div class="spread-row">
        <span class="spread-name">${nameOf(each)}</span>
        <div class="spread-line" role="img" aria-label="${told.join(", ")}">
          ${marks.map(
            ({ name, value, low, high }) =>
              html`<i
                  class="sure"
                  style="left:${at(Math.min(low ?? value, high ?? value))};width:${(x(Math.max(low ?? value, high ?? value)) - x(Math.min(low ?? value, high ?? value))).toFixed(2)}%"
                ></i
                ><i class="mark ${name}" style="left:${at(value)}"></i>`,
          )}<i class="mark worst" style="left:${at(spread.worst)}"></i>
        </div>
        <span class="spread-told">${told.join(" · ")}</span>
      </div>`;
    })}
  </figure>`;
}

// ---------------------------------------------------------------- timeline

type Event = { readonly time: number; readonly text: string };

function timelineSection(outcome: Outcome): Html {
  const events = eventsOf(outcome);
  return html`<ol class="timeline">
    ${events.map(
      ({ time, text }) =>
        html`<li>
          <time datetime="${new Date(time * 1_000).toISOString()}">${moment(time)}</time> <span>${text}</span>
        </li>`,
    )}
  </ol>`;
}

const MOST_EVENTS = 60;

function eventsOf({ rows, losses, notes, suppliers }: Outcome): Event[] {
  const first = rows[0] as Row;
  const last = rows.at(-1) as Row;
  const events: Event[] = [
    { time: first.time, text: `begins at a price of ${price(first.price)}, ${percent(first.utilisation, 1)} lent` },
  ];
  const lowest = rows.reduce((low, row) => (row.price < low.price ? row : low), first);
  if (lowest !== first) events.push({ time: lowest.time, text: `lowest price, ${price(lowest.price)}` });
  for (const [from, until] of notOk(rows).slice(0, 12)) {
    events.push({ time: from, text: `the oracle is not in order, until ${moment(until)}` });
  }
  const seen = rows.find(({ shortfall }) => shortfall > 0);
  if (seen !== undefined) events.push({ time: seen.time, text: `a shortfall is in sight, ${brief(seen.shortfall)}` });
  const worst = rows.reduce((most, row) => (row.shortfall > most.shortfall ? row : most), first);
  if (worst.shortfall > 0) events.push({ time: worst.time, text: `the largest shortfall, ${brief(worst.shortfall)}` });
  const bare = rows.find(({ uncovered }) => uncovered > 1);
  if (bare !== undefined) {
    events.push({ time: bare.time, text: `the cover no longer suffices: the exit price falls under the gross price` });
  }
  const empty = rows.find(({ utilisation }) => utilisation > 0.9999);
  if (empty !== undefined) events.push({ time: empty.time, text: "cash is out: who wants to leave waits" });
  const done = notes.find((note) => note.kind === "liquidated");
  if (done !== undefined) events.push({ time: done.time, text: `first liquidation, of ${done.borrower}` });
  for (const { time, loss, borrower, haircut } of losses.toSorted((a, b) => b.loss - a.loss).slice(0, 8)) {
    const who = borrower === "nobody" ? "the estate" : borrower;
    events.push({
      time,
      text: `${brief(loss)} lost on ${who}${haircut > 0 ? `, suppliers bear ${brief(haircut)}` : ""}`,
    });
  }
  const exits = suppliers.flatMap(({ firstExit }) => (firstExit === undefined ? [] : [firstExit]));
  if (exits.length > 0) {
    events.push({ time: Math.min(...exits), text: "the first supplier leaves" });
    events.push({
      time: Math.max(...suppliers.map(({ lastExit }) => lastExit ?? 0)),
      text: `the last exit: ${count(exits.length, "supplier")} got money out`,
    });
  }
  events.push(...deeds(notes));
  events.push({
    time: last.time,
    text: `ends at a price of ${price(last.price)}, ${percent(last.utilisation, 1)} lent`,
  });
  return events.toSorted((a, b) => a.time - b.time).slice(0, MOST_EVENTS);
}

/** What guardian, governor, keeper and insurers did: alike things once, with how many there were. */
function deeds(notes: Outcome["notes"]): Event[] {
  const kinds = new Map<string, { time: number; until: number; times: number }>();
  for (const note of notes) {
    if (note.kind !== "did") continue;
    const who = note.who.replace(/ \d+$/u, "");
    const text = `${who}: ${note.what.replace(/ (borrower|insurer) \d+$/u, " $1")}`;
    const kind = kinds.get(text);
    if (kind === undefined) kinds.set(text, { time: note.time, until: note.time, times: 1 });
    else Object.assign(kind, { until: note.time, times: kind.times + 1 });
  }
  return [...kinds].map(([text, { time, until, times }]) => ({
    time,
    text: times === 1 ? text : `${text}, ${count(times, "time")} until ${moment(until)}`,
  }));
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
      [{ name: "what" }, { name: "", isText: true }],
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
